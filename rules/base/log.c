// SPDX-License-Identifier: Apache-2.0
#include "rules/base/log.h"

#include <stdarg.h>
#include <stdio.h>

static log_sink *the_sink;
static _Atomic int the_least = LOG_INFO;

void log_set_sink(log_sink *sink, enum log_level least) {
  the_sink = sink;
  the_least = (int)least;
}

void log_set_level(enum log_level least) {
  the_least = (int)least;
}

void log_line(enum log_level level, const char *format, ...) {
  if (!the_sink || (int)level > the_least) return;
  char line[1024];
  va_list args;
  va_start(args, format);
  int len = vsnprintf(line, sizeof(line), format, args);
  va_end(args);
  if (len < 0) return;
  the_sink(level, span_from(line, (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1));
}
