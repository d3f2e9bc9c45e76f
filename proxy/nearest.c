// SPDX-License-Identifier: Apache-2.0
#include "proxy/nearest.h"

enum { WORD_MAX = 64 };

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

size_t nearest_distance(struct span a, struct span b) {
  if (a.len > WORD_MAX || b.len > WORD_MAX) return SIZE_MAX;
  size_t rows[3][WORD_MAX + 1];
  size_t *before = rows[0], *above = rows[1], *row = rows[2];
  for (size_t j = 0; j <= b.len; j++) above[j] = before[j] = j;
  for (size_t i = 1; i <= a.len; i++) {
    row[0] = i;
    for (size_t j = 1; j <= b.len; j++) {
      char x = ascii_lower(a.at[i - 1]), y = ascii_lower(b.at[j - 1]);
      row[j] = least(least(above[j] + 1, row[j - 1] + 1), above[j - 1] + (x != y));
      bool swapped =
          i > 1 && j > 1 && x == ascii_lower(b.at[j - 2]) && y == ascii_lower(a.at[i - 2]);
      if (swapped) row[j] = least(row[j], before[j - 2] + 1);
    }
    size_t *spare = before;
    before = above;
    above = row;
    row = spare;
  }
  return above[b.len];
}

const char *nearest_name(struct span word, const void *rows, size_t count, size_t stride) {
  const char *best = NULL;
  size_t best_edits = (word.len + 2) / 3 + 1;
  for (size_t i = 0; i < count; i++) {
    const char *name = *(const char *const *)((const char *)rows + i * stride);
    size_t edits = nearest_distance(word, span_of(name));
    if (edits >= best_edits) continue;
    best = name;
    best_edits = edits;
  }
  return best;
}
