// SPDX-License-Identifier: Apache-2.0
#include "certs/why.h"

#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>

int why_say(struct why *why, enum err err, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(why->text, sizeof(why->text), format, args);
  va_end(args);
  return err;
}

const char *why_openssl(void) {
  const char *reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason ? reason : "no reason given";
}
