// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/version.h"

#include <uv.h>

const char *version_uv(void) {
  return uv_version_string();
}
