// SPDX-License-Identifier: Apache-2.0
#include "proxy/digest_map.h"

#include "rules/base/err.h"
#include "rules/base/siphash.h"

#include <stdlib.h>

enum { ROOM_LEAST = 64 };

void digest_map_fini(struct digest_map *m) {
  free(m->slots);
  *m = (struct digest_map){0};
}

uint64_t digest_map_key(uint64_t space, struct span text) {
  const struct siphash_key key = {space, ~space};
  uint64_t digest = siphash_64(&key, text);
  return digest ? digest : 1;
}

/* The key's slot, or the free one where it belongs. */
static struct digest_slot *slot_of(const struct digest_map *m, uint64_t key) {
  size_t at = key & (m->room - 1);
  while (m->slots[at].key && m->slots[at].key != key) at = (at + 1) & (m->room - 1);
  return &m->slots[at];
}

const int64_t *digest_map_get(const struct digest_map *m, uint64_t key) {
  if (m->room == 0) return NULL;
  const struct digest_slot *slot = slot_of(m, key);
  return slot->key ? &slot->value : NULL;
}

static int grow(struct digest_map *m) {
  if (m->count >= DIGEST_MAP_MAX) return ERR_FULL;
  struct digest_map wider = {.count = m->count, .room = m->room ? 2 * m->room : ROOM_LEAST};
  wider.slots = calloc(wider.room, sizeof(*wider.slots));
  if (!wider.slots) return ERR_MEMORY;
  for (size_t i = 0; i < m->room; i++) {
    if (m->slots[i].key) *slot_of(&wider, m->slots[i].key) = m->slots[i];
  }
  free(m->slots);
  *m = wider;
  return OK;
}

int digest_map_put(struct digest_map *m, uint64_t key, int64_t value) {
  int err = 2 * m->count >= m->room ? grow(m) : OK;
  if (err) return err;
  struct digest_slot *slot = slot_of(m, key);
  m->count += slot->key == 0;
  *slot = (struct digest_slot){key, value};
  return OK;
}
