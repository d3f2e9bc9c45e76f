// SPDX-License-Identifier: Apache-2.0
/** packs_sources itself is made from rules/packs by the build: see CMakeLists.txt. */
#include "rules/engine/packs.h"

size_t packs_with(const struct source *own, size_t count, struct source out[PACKS_SOURCES_MAX]) {
  if (count > PACKS_SOURCES_MAX - packs_count) return 0;
  memcpy(out, packs_sources, packs_count * sizeof(out[0]));
  if (count) memcpy(out + packs_count, own, count * sizeof(out[0]));
  return packs_count + count;
}
