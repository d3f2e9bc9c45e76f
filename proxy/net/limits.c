// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/limits.h"

void limits_default(struct limits *limits, struct timeouts *timeouts) {
  *limits = (struct limits) {
#define X(name, value, least, most, unit, help) .name = value,
    LIMIT_TABLE(X)
#undef X
  };
  *timeouts = (struct timeouts) {
#define X(name, value, least, most, help) .name = value,
    TIMEOUT_TABLE(X)
#undef X
  };
}
