// SPDX-License-Identifier: Apache-2.0
#include "rules/base/span.h"

#include "rules/base/err.h"

bool span_eq_nocase(struct span a, struct span b) {
  if (a.len != b.len) return false;
  for (size_t i = 0; i < a.len; i++) {
    if (ascii_lower(a.at[i]) != ascii_lower(b.at[i])) return false;
  }
  return true;
}

struct span span_cut(struct span *rest, char byte) {
  size_t end = span_find(*rest, byte);
  struct span part = span_from(rest->at, end);
  *rest = span_skip(*rest, end + 1);
  return part;
}

struct span span_trim(struct span whole) {
  while (whole.len && (whole.at[0] == ' ' || whole.at[0] == '\t')) whole = span_skip(whole, 1);
  while (whole.len && (whole.at[whole.len - 1] == ' ' || whole.at[whole.len - 1] == '\t')) {
    whole.len--;
  }
  return whole;
}

int span_to_u64(struct span digits, uint64_t *out) {
  if (digits.len == 0) return ERR_SYNTAX;
  uint64_t value = 0;
  for (size_t i = 0; i < digits.len; i++) {
    unsigned digit = (unsigned char)digits.at[i] - '0';
    if (digit > 9) return ERR_SYNTAX;
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, digit, &value)) {
      return ERR_RANGE;
    }
  }
  *out = value;
  return OK;
}
