// SPDX-License-Identifier: Apache-2.0
#include "rules/identity/prefixes.h"

#include "rules/base/err.h"
#include "rules/identity/prefixes_block.h"

int prefixes_open(struct span block, struct prefixes *out) {
  struct prefixes_head h;
  if (block.len < sizeof(h)) return ERR_CORRUPT;
  memcpy(&h, block.at, sizeof(h));
  if (h.magic != PREFIXES_MAGIC) return ERR_CORRUPT;
  if (h.version != PREFIXES_VERSION) return ERR_VERSION;
  if (h.v4_bits > PREFIXES_INDEX_BITS_MAX || h.v6_bits > PREFIXES_INDEX_BITS_MAX)
    return ERR_CORRUPT;
  if (h.v4_count == 0 || h.v6_count == 0) return ERR_CORRUPT;
  struct prefixes_layout l = prefixes_layout(&h);
  if (l.bytes != block.len) return ERR_CORRUPT;
  *out = (struct prefixes){
      .v4_index = block.at + l.v4_index,
      .v4_starts = block.at + l.v4_starts,
      .v4_values = block.at + l.v4_values,
      .v6_index = block.at + l.v6_index,
      .v6_starts = block.at + l.v6_starts,
      .v6_values = block.at + l.v6_values,
      .v4_count = h.v4_count,
      .v6_count = h.v6_count,
      .v4_bits = (uint8_t)h.v4_bits,
      .v6_bits = (uint8_t)h.v6_bits,
  };
  return OK;
}

static uint32_t load_u32(const char *array, size_t i) {
  uint32_t value;
  memcpy(&value, array + 4 * i, 4);
  return value;
}

static uint64_t load_u64(const char *array, size_t i) {
  uint64_t value;
  memcpy(&value, array + 8 * i, 8);
  return value;
}

struct bounds {
  uint32_t low, high; /* the range sought is in [low - 1, high - 1] */
};

/* From the index, held inside the array whatever the index says. */
static struct bounds bounds_of(const char *index, uint32_t slot, uint32_t count) {
  struct bounds b = {load_u32(index, slot), load_u32(index, slot + 1)};
  if (b.high > count) b.high = count;
  if (b.low > b.high) b.low = b.high;
  return b;
}

static uint32_t value_before(const char *values, uint32_t after) {
  return after ? load_u32(values, after - 1) : PREFIXES_NONE;
}

static uint32_t find_v4(const struct prefixes *p, uint32_t a) {
  struct bounds b =
      bounds_of(p->v4_index, (uint32_t)((uint64_t)a >> (32 - p->v4_bits)), p->v4_count);
  while (b.low < b.high) {
    uint32_t middle = b.low + (b.high - b.low) / 2;
    if (load_u32(p->v4_starts, middle) <= a)
      b.low = middle + 1;
    else
      b.high = middle;
  }
  return value_before(p->v4_values, b.low);
}

static uint32_t find_v6(const struct prefixes *p, uint64_t high, uint64_t low) {
  uint32_t slot = p->v6_bits ? (uint32_t)(high >> (64 - p->v6_bits)) : 0;
  struct bounds b = bounds_of(p->v6_index, slot, p->v6_count);
  while (b.low < b.high) {
    uint32_t middle = b.low + (b.high - b.low) / 2;
    uint64_t start = load_u64(p->v6_starts, 2 * (size_t)middle);
    bool before =
        start < high || (start == high && load_u64(p->v6_starts, 2 * (size_t)middle + 1) <= low);
    if (before)
      b.low = middle + 1;
    else
      b.high = middle;
  }
  return value_before(p->v6_values, b.low);
}

static uint64_t big_endian(const uint8_t *at, unsigned bytes) {
  uint64_t value = 0;
  for (unsigned i = 0; i < bytes; i++) value = value << 8 | at[i];
  return value;
}

uint32_t prefixes_find(const struct prefixes *p, const struct addr *a) {
  if (addr_is_v4(a)) return find_v4(p, (uint32_t)big_endian(a->bytes + 12, 4));
  return find_v6(p, big_endian(a->bytes, 8), big_endian(a->bytes + 8, 8));
}
