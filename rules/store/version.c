// SPDX-License-Identifier: Apache-2.0
#include "rules/store/version.h"

#include <lmdb.h>
#include <stdio.h>

const char *version_lmdb(void) {
  static _Thread_local char text[24];
  int major, minor, patch;
  mdb_version(&major, &minor, &patch);
  snprintf(text, sizeof(text), "%d.%d.%d", major, minor, patch);
  return text;
}
