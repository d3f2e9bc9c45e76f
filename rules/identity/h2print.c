// SPDX-License-Identifier: Apache-2.0
#include "rules/identity/h2print.h"

#include "rules/base/require.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

enum { FRAME_HEAD_BYTES = 9, FRAME_HEADERS = 1 };

static const struct span PREFACE = {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24};

static uint32_t number(const uint8_t *at, unsigned bytes) {
  uint32_t value = 0;
  for (unsigned i = 0; i < bytes; i++) value = value << 8 | at[i];
  return value;
}

/* Counts past the bound too, so that the text can say that some were left out. */
static bool counted(uint8_t *count, unsigned max) {
  bool fits = *count < max;
  if (*count < UINT8_MAX) ++*count;
  return fits;
}

/* RFC 9113 §6.5.1: 16 bits of identifier, 32 bits of value. */
static void take_setting(struct h2print *p, const uint8_t *item) {
  unsigned at = p->setting_count;
  if (!counted(&p->setting_count, H2PRINT_SETTINGS_MAX)) return;
  p->settings[at].id = (uint16_t)number(item, 2);
  p->settings[at].value = number(item + 2, 4);
}

/* RFC 9113 §6.9: a reserved bit and 31 bits of increment. */
static void take_window(struct h2print *p, const uint8_t *item) {
  if (p->has_window || p->stream != 0) return;
  p->has_window = true;
  p->window = number(item, 4) & 0x7fffffff;
}

/* RFC 7540 §6.3: exclusive bit, 31 bits of parent, weight less one. */
static void take_priority(struct h2print *p, const uint8_t *item) {
  unsigned at = p->priority_count;
  if (!counted(&p->priority_count, H2PRINT_PRIORITIES_MAX)) return;
  p->priorities[at].stream = p->stream;
  p->priorities[at].exclusive = item[0] >> 7;
  p->priorities[at].parent = number(item, 4) & 0x7fffffff;
  p->priorities[at].weight = (uint16_t)(item[4] + 1);
}

/* Frames whose payload is looked at: it is a row of items of so many bytes. */
static const struct {
  uint8_t type, item_bytes;
  void (*take)(struct h2print *p, const uint8_t *item);
} FRAMES[] = {{2, 5, take_priority}, {4, 6, take_setting}, {8, 4, take_window}};
enum { FRAMES_COUNT = sizeof(FRAMES) / sizeof(FRAMES[0]) };

static unsigned frame_row(uint8_t type) {
  unsigned row = 0;
  while (row < FRAMES_COUNT && FRAMES[row].type != type) row++;
  return row;
}

/* Collects `want` bytes in `held`; true when they are all there. */
static bool collect(struct h2print *p, struct span *bytes, unsigned want) {
  size_t len = want - p->held_len;
  if (len > bytes->len) len = bytes->len;
  memcpy(p->held + p->held_len, bytes->at, len);
  p->held_len = (uint8_t)(p->held_len + len);
  *bytes = span_skip(*bytes, len);
  return p->held_len == want;
}

static void feed_preface(struct h2print *p, struct span *bytes) {
  size_t len = PREFACE.len - p->held_len;
  if (len > bytes->len) len = bytes->len;
  bool same = memcmp(bytes->at, PREFACE.at + p->held_len, len) == 0;
  p->held_len = (uint8_t)(p->held_len + len);
  *bytes = span_skip(*bytes, len);
  if (!same)
    p->state = H2PRINT_NOT_HTTP2;
  else if (p->held_len == PREFACE.len)
    p->state = H2PRINT_HEAD;
  if (p->state == H2PRINT_HEAD) p->held_len = 0;
}

/* RFC 9113 §4.1: 24 bits of length, type, flags, a reserved bit, 31 bits of stream. */
static void feed_head(struct h2print *p, struct span *bytes) {
  if (!collect(p, bytes, FRAME_HEAD_BYTES)) return;
  p->held_len = 0;
  p->left = number(p->held, 3);
  p->type = p->held[3];
  p->stream = number(p->held + 5, 4) & 0x7fffffff;
  if (p->type == FRAME_HEADERS)
    p->state = H2PRINT_DONE;
  else if (p->left)
    p->state = H2PRINT_PAYLOAD;
}

static void feed_payload(struct h2print *p, struct span *bytes) {
  struct span part = span_from(bytes->at, p->left < bytes->len ? p->left : bytes->len);
  *bytes = span_skip(*bytes, part.len);
  p->left -= (uint32_t)part.len;
  unsigned row = frame_row(p->type);
  while (row < FRAMES_COUNT && part.len && collect(p, &part, FRAMES[row].item_bytes)) {
    FRAMES[row].take(p, p->held);
    p->held_len = 0;
  }
  if (p->left) return;
  p->held_len = 0; /* a payload that ends within an item: the session will refuse it */
  p->state = H2PRINT_HEAD;
}

void h2print_init(struct h2print *p) {
  memset(p, 0, sizeof(*p));
}

static void (*const FEED[])(struct h2print *p, struct span *bytes) = {
    [H2PRINT_PREFACE] = feed_preface, [H2PRINT_HEAD] = feed_head, [H2PRINT_PAYLOAD] = feed_payload};

bool h2print_feed(struct h2print *p, struct span bytes) {
  size_t room = H2PRINT_BYTES_MAX - p->seen;
  bool last = bytes.len >= room;
  if (last) bytes.len = room;
  p->seen = (uint16_t)(p->seen + bytes.len);
  while (bytes.len && p->state < H2PRINT_DONE) FEED[p->state](p, &bytes);
  if (last && p->state < H2PRINT_DONE) {
    p->cut = true;
    p->state = p->state == H2PRINT_PREFACE ? H2PRINT_NOT_HTTP2 : H2PRINT_DONE;
  }
  return p->state < H2PRINT_DONE;
}

void h2print_pseudo(struct h2print *p, struct span name) {
  static const struct {
    struct span name;
    char letter;
  } LETTERS[] = {{{":method", 7}, 'm'},
                 {{":authority", 10}, 'a'},
                 {{":scheme", 7}, 's'},
                 {{":path", 5}, 'p'},
                 {{":protocol", 9}, 'r'}};
  char letter = '?';
  for (size_t i = 0; i < sizeof(LETTERS) / sizeof(LETTERS[0]); i++) {
    if (span_eq(name, LETTERS[i].name)) letter = LETTERS[i].letter;
  }
  if (p->pseudo_count < H2PRINT_PSEUDO_MAX) p->pseudo[p->pseudo_count++] = letter;
}

struct text {
  char *at;
  size_t len;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int len = vsnprintf(t->at + t->len, H2PRINT_TEXT_SIZE - t->len, format, args);
  va_end(args);
  t->len += (size_t)len;
  require(t->len < H2PRINT_TEXT_SIZE);
}

/* Longest: "65535:4294967295;" and "2147483647:1:2147483647:256," an item, "2147483647", "m,", bars and "+". */
static_assert(H2PRINT_SETTINGS_MAX * 17 + H2PRINT_PRIORITIES_MAX * 28 + 10 +
                      H2PRINT_PSEUDO_MAX * 2 + 8 <
                  H2PRINT_TEXT_SIZE,
              "the longest text fits");

static void put_settings(struct text *t, const struct h2print *p) {
  for (unsigned i = 0; i < p->setting_count && i < H2PRINT_SETTINGS_MAX; i++) {
    put(t, "%s%u:%u", i ? ";" : "", p->settings[i].id, p->settings[i].value);
  }
  if (p->setting_count > H2PRINT_SETTINGS_MAX || p->cut) put(t, ";+");
}

static void put_priorities(struct text *t, const struct h2print *p) {
  for (unsigned i = 0; i < p->priority_count && i < H2PRINT_PRIORITIES_MAX; i++) {
    put(t, "%s%u:%d:%u:%u", i ? "," : "", p->priorities[i].stream, p->priorities[i].exclusive,
        p->priorities[i].parent, p->priorities[i].weight);
  }
  if (p->priority_count > H2PRINT_PRIORITIES_MAX) put(t, ",+");
  if (p->priority_count == 0) put(t, "0");
}

size_t h2print_text(const struct h2print *p, char out[H2PRINT_TEXT_SIZE]) {
  struct text t = {.at = out};
  out[0] = '\0';
  if (p->state == H2PRINT_PREFACE || p->state == H2PRINT_NOT_HTTP2) return 0;
  put_settings(&t, p);
  if (p->has_window)
    put(&t, "|%u|", p->window);
  else
    put(&t, "|00|");
  put_priorities(&t, p);
  put(&t, "|");
  for (unsigned i = 0; i < p->pseudo_count; i++) put(&t, "%s%c", i ? "," : "", p->pseudo[i]);
  return t.len;
}
