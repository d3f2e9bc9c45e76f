// SPDX-License-Identifier: Apache-2.0
#include "rules/lang/program.h"

#include <stdlib.h>

void program_free(struct program **program) {
  struct program *p = *program;
  if (!p) return;
  for (uint32_t i = 0; i < p->regex_count; i++) regex_free(&p->regexes[i]);
  arena_fini(&p->arena);
  free(p);
  *program = NULL;
}

uint64_t program_sources(const struct program *p, const struct span *packs, size_t count) {
  uint64_t sources = ~p->packs;
  for (uint32_t i = 0; i < p->source_count; i++) {
    bool pack = p->packs >> i & 1;
    for (size_t j = 0; pack && j < count; j++) {
      if (span_eq(p->source_names[i], packs[j])) sources |= UINT64_C(1) << i;
    }
  }
  return sources;
}

bool program_has_pack(const struct program *p, struct span name) {
  for (uint32_t i = 0; i < p->source_count; i++) {
    if ((p->packs >> i & 1) && span_eq(p->source_names[i], name)) return true;
  }
  return false;
}

int program_list(const struct program *p, struct span name) {
  for (uint32_t i = 0; i < p->list_count; i++) {
    if (span_eq(p->lists[i].def.name, name)) return (int)i;
  }
  return -1;
}
