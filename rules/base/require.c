// SPDX-License-Identifier: Apache-2.0
#include "rules/base/require.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void require_failed(const char *held, const char *file, int line) {
  fprintf(stderr, "qorgan: broken invariant at %s:%d: %s\n", file, line, held);
  abort();
}
