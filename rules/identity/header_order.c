// SPDX-License-Identifier: Apache-2.0
#include "rules/identity/header_order.h"

#define X(name) SPAN(name),
static const struct span LEFT_OUT[] = {HEADER_ORDER_LEFT_OUT(X)};
#undef X

/* Bit n: some left-out name has n letters; some begins with the n-th letter. They let most names through. */
#define X(name) | 1u << (sizeof(name) - 1)
static const uint32_t LENGTHS = 0 HEADER_ORDER_LEFT_OUT(X);
#undef X
#define X(name) | 1u << (name[0] & 31)
static const uint32_t INITIALS = 0 HEADER_ORDER_LEFT_OUT(X);
#undef X

static bool left_out(struct span name) {
  if (name.len == 0 || name.at[0] == ':') return true;
  if (name.len > 31 || !(LENGTHS >> name.len & 1)) return false;
  if (!(INITIALS >> (name.at[0] & 31) & 1)) return false;
  for (size_t i = 0; i < sizeof(LEFT_OUT) / sizeof(LEFT_OUT[0]); i++) {
    if (span_eq_nocase(name, LEFT_OUT[i])) return true;
  }
  return false;
}

static uint64_t mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * 0xff51afd7ed558ccd;
  return hash ^ hash >> 32;
}

/* Eight bytes, the first one lowest. */
static uint64_t word_at(const char *at) {
  uint64_t word;
  memcpy(&word, at, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}

/* The last `count` bytes, fewer than eight, of a name. A longer name is read over its last eight. */
static uint64_t tail_of(struct span name, size_t count) {
  if (count == 0) return 0;
  if (name.len >= 8) return word_at(name.at + name.len - 8) >> 8 * (8 - count);
  uint64_t word = 0;
  for (size_t i = 0; i < count; i++) word |= (uint64_t)(uint8_t)name.at[i] << 8 * i;
  return word;
}

void header_order_init(struct header_order *o) {
  *o = (struct header_order){.hash = 0x9e3779b97f4a7c15};
}

void header_order_add(struct header_order *o, struct span name) {
  if (left_out(name)) return;
  o->count++;
  size_t at = 0, tail = name.len % 8;
  for (; at + 8 <= name.len; at += 8) o->hash = mix(o->hash, word_at(name.at + at));
  o->hash = mix(o->hash, tail_of(name, tail) | (uint64_t)'\n' << 8 * tail);
}

void header_order_finish(const struct header_order *o, char out[HEADER_ORDER_TEXT_SIZE]) {
  uint64_t hash = o->count ? o->hash * 0xc4ceb9fe1a85ec53 : 0;
  hash ^= hash >> 29;
  for (unsigned i = 0; i < HEADER_ORDER_TEXT_SIZE - 1; i++) {
    out[i] = "0123456789abcdef"[hash >> (60 - 4 * i) & 0xf];
  }
  out[HEADER_ORDER_TEXT_SIZE - 1] = '\0';
}
