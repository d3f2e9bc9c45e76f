// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/header.h"

enum { LEN_MAX = 24 };

struct row {
  struct span name;
  uint8_t id, flags;
};

static const struct row ROWS[] = {
#define X(id, name, flags) {{name, sizeof(name) - 1}, HEADER_##id, flags},
    HEADER_TABLE(X)
#undef X
};
enum { ROW_COUNT = sizeof(ROWS) / sizeof(ROWS[0]) };

/* Names of one length stand together. One length has few rows, so a scan of them is a handful of comparisons. */
static inline unsigned first_of_len(size_t len) {
  /* How many rows are shorter; tests/unit/proxy/http/header_test.c holds it to the table. */
  static const uint8_t FIRST[LEN_MAX + 2] = {0,  0,  0,  1,  2,  4,  4,  7,  10, 11, 12, 16, 16,
                                             18, 20, 23, 25, 29, 32, 32, 33, 34, 34, 34, 34, 35};
  return FIRST[len];
}

void header_identify(struct header *h) {
  h->id = HEADER_OTHER;
  h->flags = 0;
  size_t len = h->name.len;
  if (len > LEN_MAX) return;
  for (unsigned i = first_of_len(len), end = first_of_len(len + 1); i < end; i++) {
    if (span_eq_nocase(ROWS[i].name, h->name)) {
      h->id = ROWS[i].id;
      h->flags = ROWS[i].flags;
      return;
    }
  }
}

/* RFC 9110 §5.6.2 tchar. */
static const bool TOKEN[256] = {
    ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1,         ['&'] = 1,         ['\''] = 1,
    ['*'] = 1, ['+'] = 1, ['-'] = 1, ['.'] = 1,         ['^'] = 1,         ['_'] = 1,
    ['`'] = 1, ['|'] = 1, ['~'] = 1, ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1,
};

bool header_is_token(struct span name) {
  for (size_t i = 0; i < name.len; i++) {
    if (!TOKEN[(unsigned char)name.at[i]]) return false;
  }
  return name.len > 0;
}

static bool blank(char c) {
  return c == ' ' || c == '\t';
}

bool header_is_value(struct span value) {
  for (size_t i = 0; i < value.len; i++) {
    unsigned char c = (unsigned char)value.at[i];
    if ((c < 0x20 && c != '\t') || c == 0x7f) return false;
  }
  return value.len == 0 || (!blank(value.at[0]) && !blank(value.at[value.len - 1]));
}

struct span header_element(struct span *rest) {
  return span_trim(span_cut(rest, ','));
}
