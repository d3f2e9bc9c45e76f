// SPDX-License-Identifier: Apache-2.0
/** Bytes borrowed from somebody else: a pointer and a length, not ended by NUL.
 *  A span never owns; who hands one out says how long it lives. All functions are pure. */
#ifndef RULES_BASE_SPAN_H
#define RULES_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
  const char *at;
  size_t len;
};

/** A span over a string literal, its length known to the compiler. */
#define SPAN(literal) ((struct span){.at = "" literal "", .len = sizeof(literal) - 1})

/** For printf's "%.*s". */
#define SPAN_ARG(span) (int)(span).len, (span).at

static inline struct span span_from(const void *at, size_t len) {
  return (struct span){.at = at, .len = len};
}

static inline struct span span_of(const char *text) {
  return (struct span){.at = text, .len = text ? strlen(text) : 0};
}

static inline bool span_eq(struct span a, struct span b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/** ASCII letters compare without case; every other byte exactly. */
bool span_eq_nocase(struct span a, struct span b);

static inline bool span_starts(struct span whole, struct span start) {
  return whole.len >= start.len && memcmp(whole.at, start.at, start.len) == 0;
}

static inline struct span span_skip(struct span whole, size_t count) {
  return count >= whole.len ? span_from(whole.at + whole.len, 0)
                            : span_from(whole.at + count, whole.len - count);
}

/** Index of the first `byte`, or `whole.len`. */
static inline size_t span_find(struct span whole, char byte) {
  const char *hit = whole.len ? memchr(whole.at, byte, whole.len) : NULL;
  return hit ? (size_t)(hit - whole.at) : whole.len;
}

/** Takes the part before `byte` off the front of `*rest`, and the byte with it. The last part
 * leaves `*rest` empty. */
struct span span_cut(struct span *rest, char byte);

/** Without spaces and tabs at both ends. */
struct span span_trim(struct span whole);

/** Decimal digits only, no sign, no overflow. ERR_SYNTAX or ERR_RANGE. */
int span_to_u64(struct span digits, uint64_t *out);

static inline char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

#endif
