// SPDX-License-Identifier: Apache-2.0
#include "rules/store/lists.h"

enum { VERSION = 1 };

static bool name_holds(struct span name) {
  if (name.len == 0 || name.len > LISTS_NAME_MAX) return false;
  for (size_t i = 0; i < name.len; i++) {
    char c = name.at[i];
    bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!plain && !memchr("_-./", c, 4)) return false;
  }
  return true;
}

static struct span key_of(struct span list, const struct prefix *prefix, char out[LISTS_KEY_MAX]) {
  char *at = out;
  *at++ = (char)list.len;
  memcpy(at, list.at, list.len);
  at += list.len;
  memcpy(at, prefix->addr.bytes, 16);
  at += 16;
  *at++ = (char)prefix->bits;
  return span_from(out, (size_t)(at - out));
}

static int key_decode(struct span key, struct lists_entry *entry) {
  size_t name_len = key.len ? (uint8_t)key.at[0] : 0;
  if (key.len != 1 + name_len + 17) return ERR_CORRUPT;
  entry->list = span_from(key.at + 1, name_len);
  struct addr addr;
  memcpy(addr.bytes, key.at + 1 + name_len, 16);
  unsigned bits = (uint8_t)key.at[key.len - 1];
  if (bits > 128) return ERR_CORRUPT;
  entry->prefix = (struct prefix){.addr = addr, .bits = (uint8_t)bits};
  struct prefix first = entry->prefix;
  return name_holds(entry->list) && prefix_holds(&first, &addr) ? OK : ERR_CORRUPT;
}

int lists_decode(struct span key, struct span value, struct lists_entry *entry) {
  int err = key_decode(key, entry);
  if (err) return err;
  struct record_in in;
  err = record_open(&in, key, value, VERSION);
  if (err) return err;
  unsigned action = record_get_u8(&in);
  entry->since = (real_ms)record_get_u64(&in);
  entry->until = (real_ms)record_get_u64(&in);
  entry->reason = record_get_text(&in);
  entry->source = record_get_text(&in);
  err = record_close(&in);
  if (err) return err;
  if (action < LISTS_BAN || action > LISTS_MARK) return ERR_CORRUPT;
  entry->action = action;
  return OK;
}

void lists_put(struct txn *t, const struct lists_entry *entry) {
  if (!name_holds(entry->list) || entry->prefix.bits > 128 ||
      !prefix_holds(&entry->prefix, &entry->prefix.addr) || entry->reason.len > LISTS_REASON_MAX ||
      entry->source.len > LISTS_SOURCE_MAX) {
    txn_fail(t, ERR_RANGE);
    return;
  }
  char key_bytes[LISTS_KEY_MAX], bytes[LISTS_VALUE_MAX];
  struct span key = key_of(entry->list, &entry->prefix, key_bytes), value = {0};
  struct record_out out;
  record_begin(&out, bytes, sizeof(bytes), VERSION);
  record_put_u8(&out, (uint8_t)entry->action);
  record_put_u64(&out, (uint64_t)entry->since);
  record_put_u64(&out, (uint64_t)entry->until);
  record_put_text(&out, entry->reason);
  record_put_text(&out, entry->source);
  txn_fail(t, record_seal(&out, key, &value));
  txn_put(t, DATABASE_LISTS, key, value);
}

bool lists_get(struct txn *t, struct span list, const struct prefix *prefix,
               struct lists_entry *entry) {
  if (!name_holds(list)) return false;
  char bytes[LISTS_KEY_MAX];
  struct span key = key_of(list, prefix, bytes), value;
  if (!txn_get(t, DATABASE_LISTS, key, &value)) return false;
  if (lists_decode(key, value, entry) != OK) return false;
  entry->list = list; /* not the key on our stack */
  return true;
}

bool lists_delete(struct txn *t, struct span list, const struct prefix *prefix) {
  if (!name_holds(list)) return false;
  char bytes[LISTS_KEY_MAX];
  return txn_delete(t, DATABASE_LISTS, key_of(list, prefix, bytes));
}

void lists_walk_open(struct lists_walk *w, struct txn *t, struct span list) {
  *w = (struct lists_walk){.list = list};
  cursor_open(&w->cursor, t, DATABASE_LISTS);
}

static bool walk_first(struct lists_walk *w) {
  w->begun = true;
  if (w->list.len == 0) return cursor_step(&w->cursor, CURSOR_FIRST);
  char bytes[1 + LISTS_NAME_MAX];
  if (!name_holds(w->list)) return false;
  bytes[0] = (char)w->list.len;
  memcpy(bytes + 1, w->list.at, w->list.len);
  return cursor_seek(&w->cursor, span_from(bytes, 1 + w->list.len));
}

bool lists_walk_next(struct lists_walk *w, struct lists_entry *entry) {
  bool there = w->begun ? cursor_step(&w->cursor, CURSOR_NEXT) : walk_first(w);
  for (; there; there = cursor_step(&w->cursor, CURSOR_NEXT)) {
    struct span key = w->cursor.key;
    bool other = w->list.len && !(key.len > w->list.len && (uint8_t)key.at[0] == w->list.len &&
                                  memcmp(key.at + 1, w->list.at, w->list.len) == 0);
    if (other) return false;
    if (lists_decode(key, w->cursor.value, entry) == OK) return true;
    w->damaged++;
  }
  return false;
}

void lists_walk_close(struct lists_walk *w) {
  cursor_close(&w->cursor);
}

uint64_t lists_expire(struct txn *t, real_ms now, uint64_t count_max) {
  struct lists_walk w;
  struct lists_entry entry;
  uint64_t count = 0;
  lists_walk_open(&w, t, SPAN(""));
  while (count < count_max && lists_walk_next(&w, &entry)) {
    if (entry.until > now) continue;
    cursor_delete(&w.cursor);
    count++;
  }
  lists_walk_close(&w);
  return count;
}
