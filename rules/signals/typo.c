// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/typo.h"

/* What was typed, changed into what was meant. `text` has the span's bytes and may be changed; an empty answer: no such
 * correction. */
static struct span caps_lock(char *text, size_t len) {
  bool changed = false;
  for (size_t i = 0; i < len; i++) {
    char lower = ascii_lower(text[i]);
    if (lower < 'a' || lower > 'z') continue;
    text[i] ^= 0x20;
    changed = true;
  }
  return span_from(text, changed ? len : 0);
}

static struct span first_case(char *text, size_t len) {
  char lower = ascii_lower(text[0]);
  bool letter = lower >= 'a' && lower <= 'z';
  if (letter) text[0] ^= 0x20;
  return span_from(text, letter ? len : 0);
}

static struct span last_too_many(char *text, size_t len) {
  return span_from(text, len - 1);
}

static struct span outer_blanks(char *text, size_t len) {
  struct span inner = span_trim(span_from(text, len));
  return span_from(inner.at, inner.len < len ? inner.len : 0);
}

/* A missing last character cannot be guessed: the right password without its last is compared with what was typed. */
static struct span last_too_few(char *text, size_t len) {
  return span_from(text, len);
}

enum { LAST_TOO_FEW = 4 };
static struct span (*const MEANT[TYPO_DIGESTS])(char *text, size_t len) = {
    caps_lock, first_case, last_too_many, outer_blanks, [LAST_TOO_FEW] = last_too_few};

static uint32_t digest(const struct siphash_key *key, uint64_t user, struct span password) {
  struct siphash_key own = {key->k0 ^ user, key->k1};
  uint32_t value = (uint32_t)siphash_64(&own, password);
  return value ? value : 1;
}

struct typo typo_of(const struct siphash_key *key, uint64_t user, struct span password) {
  struct typo t = {{0}};
  char copy[TYPO_PASSWORD_BYTES_MAX];
  if (password.len == 0 || password.len > sizeof(copy)) return t;
  for (unsigned i = 0; i < TYPO_DIGESTS; i++) {
    memcpy(copy, password.at, password.len);
    struct span meant = MEANT[i](copy, password.len);
    if (meant.len) t.at[i] = digest(key, user, meant);
  }
  explicit_bzero(copy, sizeof(copy));
  return t;
}

bool typo_explains(const struct typo *t, const struct siphash_key *key, uint64_t user,
                   struct span right) {
  if (right.len == 0 || right.len > TYPO_PASSWORD_BYTES_MAX) return false;
  uint32_t whole = digest(key, user, right);
  for (unsigned i = 0; i < LAST_TOO_FEW; i++) {
    if (t->at[i] == whole) return true;
  }
  if (right.len == 1) return false;
  return t->at[LAST_TOO_FEW] == digest(key, user, span_from(right.at, right.len - 1));
}
