// SPDX-License-Identifier: Apache-2.0
#include "proxy/demo/fold.h"

static unsigned lower(unsigned c) {
  if (c >= 'A' && c <= 'Z') return c + 0x20;
  if (c >= 0x400 && c <= 0x40F) return c + 0x50;
  if (c >= 0x410 && c <= 0x42F) return c + 0x20;
  if (c >= 0x460 && c <= 0x4BF) return c | 1; /* pairs: Ғ ғ, Қ қ, Ң ң, Ү ү, Ұ ұ, Һ һ */
  if (c >= 0x4D0 && c <= 0x4FF) return c | 1; /* Ә ә, Ө ө */
  return c;
}

/** One folded letter off the front; sequences of three and more bytes go byte by byte. */
static unsigned take(struct span *rest) {
  unsigned first = (unsigned char)rest->at[0];
  if ((first & 0xE0) == 0xC0 && rest->len >= 2) {
    unsigned second = (unsigned char)rest->at[1];
    *rest = span_skip(*rest, 2);
    return lower((first & 0x1F) << 6 | (second & 0x3F));
  }
  *rest = span_skip(*rest, 1);
  return first < 0x80 ? lower(first) : 0x100000 | first; /* no letter of two bytes is as high */
}

static bool starts(struct span whole, struct span part) {
  while (part.len && whole.len) {
    if (take(&whole) != take(&part)) return false;
  }
  return part.len == 0;
}

bool fold_contains(struct span whole, struct span part) {
  for (;;) {
    if (starts(whole, part)) return true;
    if (whole.len == 0) return false;
    take(&whole);
  }
}
