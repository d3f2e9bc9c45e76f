// SPDX-License-Identifier: Apache-2.0
#include "rules/store/event.h"

#include "rules/store/record.h"

#include <stddef.h>

/* Tag, member. A tag, once released, keeps its meaning. */
/* clang-format off */
#define NUMBER_TABLE(X)                                                                                               \
  X(1, at)                                                                                                            \
  X(2, request)                                                                                                       \
  X(3, score_db)                                                                                                      \
  X(4, tier)
#define TEXT_TABLE(X)                                                                                                 \
  X(16, kind)                                                                                                         \
  X(17, verdict)                                                                                                      \
  X(18, outcome)                                                                                                      \
  X(19, rule)                                                                                                         \
  X(20, site)                                                                                                         \
  X(21, path)                                                                                                         \
  X(22, agent)                                                                                                        \
  X(23, ja4)                                                                                                          \
  X(24, facts)                                                                                                        \
  X(25, h2)                                                                                                           \
  X(26, headers)
/* clang-format on */
enum { TAG_CLIENT = 32, TAG_USER = 33 };
enum { FIELD_HEAD = 3, FIXED_MAX = 4 * (FIELD_HEAD + 8) + 2 * (FIELD_HEAD + 16) + 11 * FIELD_HEAD };

static void put_field(struct record_out *out, uint8_t tag, struct span bytes) {
  if (bytes.len == 0) return;
  record_put_u8(out, tag);
  record_put_text(out, bytes);
}

static void put_number(struct record_out *out, uint8_t tag, uint64_t value) {
  if (value == 0) return;
  record_put_u8(out, tag);
  record_put_u16(out, 8);
  record_put_u64(out, value);
}

static struct span cut(struct span text, size_t len_max) {
  return text.len > len_max ? span_from(text.at, len_max) : text;
}

/** Cuts texts so that the whole fits: each at the bound, then the agent, then the path, then the rest alike. */
static struct memory_event fit(const struct memory_event *event) {
  struct memory_event e = *event;
  struct span *texts[] = {&e.agent, &e.path, &e.site,    &e.rule,    &e.h2,
                          &e.ja4,   &e.kind, &e.verdict, &e.outcome, &e.headers};
  size_t total = FIXED_MAX + e.facts.len, count = sizeof(texts) / sizeof(texts[0]);
  for (size_t i = 0; i < count; i++) {
    *texts[i] = cut(*texts[i], MEMORY_TEXT_MAX);
    total += texts[i]->len;
  }
  for (size_t i = 0; i < count && total > EVENT_BYTES_MAX; i++) {
    size_t over = total - EVENT_BYTES_MAX;
    size_t kept = texts[i]->len > over ? texts[i]->len - over : 0;
    total -= texts[i]->len - kept;
    *texts[i] = cut(*texts[i], kept);
  }
  return e;
}

int event_encode(const struct memory_event *event, char out[EVENT_BYTES_MAX], struct span *bytes) {
  if (event->facts.len > MEMORY_FACTS_MAX) return ERR_RANGE;
  struct memory_event e = fit(event);
  struct record_out fields = {.at = out, .cap = EVENT_BYTES_MAX};
#define X(tag, member) put_number(&fields, tag, (uint64_t)e.member);
  NUMBER_TABLE(X)
#undef X
  put_field(&fields, TAG_CLIENT, span_from(e.client.bytes, sizeof(e.client.bytes)));
  if (e.user.bytes[0] || memcmp(e.user.bytes, e.user.bytes + 1, sizeof(e.user.bytes) - 1) != 0) {
    put_field(&fields, TAG_USER, span_from(e.user.bytes, sizeof(e.user.bytes)));
  }
#define X(tag, member) put_field(&fields, tag, e.member);
  TEXT_TABLE(X)
#undef X
  if (fields.full) return ERR_RANGE;
  *bytes = span_from(out, fields.len);
  return OK;
}

static bool get_number(struct span bytes, uint64_t *value) {
  struct record_in in = {.rest = bytes};
  *value = record_get_u64(&in);
  return record_close(&in) == OK;
}

static bool get_bytes(struct span bytes, void *out, size_t len) {
  if (bytes.len != len) return false;
  memcpy(out, bytes.at, len);
  return true;
}

static bool get_field(struct memory_event *e, uint8_t tag, struct span bytes) {
  uint64_t number;
  switch (tag) {
#define X(tag, member)                                                                             \
  case tag:                                                                                        \
    if (!get_number(bytes, &number)) return false;                                                 \
    e->member = (__typeof__(e->member))number;                                                     \
    return true;
    NUMBER_TABLE(X)
#undef X
#define X(tag, member)                                                                             \
  case tag: e->member = bytes; return true;
    TEXT_TABLE(X)
#undef X
  case TAG_CLIENT: return get_bytes(bytes, e->client.bytes, sizeof(e->client.bytes));
  case TAG_USER: return get_bytes(bytes, e->user.bytes, sizeof(e->user.bytes));
  default: return true;
  }
}

int event_decode(struct span bytes, struct memory_event *event) {
  *event = (struct memory_event){0};
  struct record_in in = {.rest = bytes};
  while (in.rest.len && !in.bad) {
    uint8_t tag = record_get_u8(&in);
    struct span field = record_get_text(&in);
    if (in.bad || !get_field(event, tag, field)) return ERR_CORRUPT;
  }
  return OK;
}
