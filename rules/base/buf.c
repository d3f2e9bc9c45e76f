// SPDX-License-Identifier: Apache-2.0
#include "rules/base/buf.h"

#include "rules/base/require.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { CAP_MIN = 512 };

void buf_fini(struct buf *b) {
  free(b->at);
  *b = (struct buf){.bytes_max = b->bytes_max};
}

void buf_skip(struct buf *b, size_t count) {
  require(count <= buf_len(b));
  b->start += (uint32_t)count;
  if (b->start == b->end) b->start = b->end = 0;
}

static bool grow(struct buf *b, size_t need) {
  /* The first piece often stays the only one: it gets what it needs. */
  size_t cap = b->cap ? b->cap : need > CAP_MIN ? (need + 63) & ~(size_t)63 : CAP_MIN;
  while (cap < need) cap *= 2;
  if (cap > b->bytes_max) cap = b->bytes_max;
  char *at = realloc(b->at, cap);
  if (!at) return false;
  b->at = at;
  b->cap = (uint32_t)cap;
  return true;
}

char *buf_room(struct buf *b, size_t count) {
  size_t len = buf_len(b);
  if (count > b->bytes_max || len > b->bytes_max - count) {
    b->overflow = true;
    return NULL;
  }
  if (b->end + count > b->cap && b->start) {
    memmove(b->at, b->at + b->start, len);
    b->start = 0;
    b->end = (uint32_t)len;
  }
  if (b->end + count > b->cap && !grow(b, b->end + count)) {
    b->overflow = true;
    return NULL;
  }
  return b->at + b->end;
}

bool buf_put(struct buf *b, struct span bytes) {
  if (bytes.len == 0) return true;
  char *room = buf_room(b, bytes.len);
  if (!room) return false;
  memcpy(room, bytes.at, bytes.len);
  buf_added(b, bytes.len);
  return true;
}

bool buf_put_byte(struct buf *b, char byte) {
  return buf_put(b, span_from(&byte, 1));
}

bool buf_put_text(struct buf *b, const char *text) {
  return buf_put(b, span_of(text));
}

bool buf_put_u64(struct buf *b, uint64_t value) {
  char digits[20];
  size_t at = sizeof(digits);
  do {
    digits[--at] = (char)('0' + value % 10);
    value /= 10;
  } while (value);
  return buf_put(b, span_from(digits + at, sizeof(digits) - at));
}

/* Prints into the room that is there; only what does not fit is printed a second time. */
bool buf_printf(struct buf *b, const char *format, ...) {
  size_t room_len = b->cap - b->end;
  va_list args;
  va_start(args, format);
  int len = vsnprintf(room_len ? b->at + b->end : NULL, room_len, format, args);
  va_end(args);
  if (len < 0) return false;
  if ((size_t)len >= room_len) {
    char *room = buf_room(b, (size_t)len + 1);
    if (!room) return false;
    va_start(args, format);
    vsnprintf(room, (size_t)len + 1, format, args);
    va_end(args);
  }
  buf_added(b, (size_t)len);
  return true;
}

/* Length of the well-formed UTF-8 sequence at `at`, or 0 (RFC 3629 §4). */
static size_t utf8_len(const unsigned char *at, size_t len) {
  unsigned char c = at[0];
  size_t need = c < 0x80                 ? 1
                : c >= 0xc2 && c <= 0xdf ? 2
                : (c & 0xf0) == 0xe0     ? 3
                : c >= 0xf0 && c <= 0xf4 ? 4
                                         : 0;
  if (need == 0 || need > len) return 0;
  for (size_t i = 1; i < need; i++) {
    if ((at[i] & 0xc0) != 0x80) return 0;
  }
  if ((c == 0xe0 && at[1] < 0xa0) || (c == 0xed && at[1] > 0x9f) || (c == 0xf0 && at[1] < 0x90) ||
      (c == 0xf4 && at[1] > 0x8f)) {
    return 0;
  }
  return need;
}

static bool put_json_escape(struct buf *b, unsigned char c) {
  if (c == '"' || c == '\\') return buf_put_byte(b, '\\') && buf_put_byte(b, (char)c);
  return buf_printf(b, "\\u%04x", c);
}

bool buf_put_json(struct buf *b, struct span text) {
  const unsigned char *at = (const unsigned char *)text.at;
  size_t plain = 0, i = 0;
  buf_put_byte(b, '"');
  while (i < text.len) {
    if (at[i] >= 0x20 && at[i] < 0x7f && at[i] != '"' && at[i] != '\\') {
      i++;
      continue;
    }
    size_t len = at[i] >= 0x80 ? utf8_len(at + i, text.len - i) : 0;
    if (len) {
      i += len;
      continue;
    }
    buf_put(b, span_from(text.at + plain, i - plain));
    if (at[i] >= 0x80)
      buf_put_text(b, "\\ufffd");
    else
      put_json_escape(b, at[i]);
    plain = ++i;
  }
  buf_put(b, span_from(text.at + plain, i - plain));
  return buf_put_byte(b, '"') && !b->overflow;
}
