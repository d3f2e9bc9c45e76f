// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/refusal.h"

static const struct {
  int status;
  const char *text;
} ROWS[] = {
#define X(id, status, text) {status, text},
    REFUSAL_TABLE(X)
#undef X
};

int refusal_status(enum refusal r) {
  return ROWS[r].status;
}

const char *refusal_text(enum refusal r) {
  return ROWS[r].text;
}
