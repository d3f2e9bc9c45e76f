// SPDX-License-Identifier: Apache-2.0
#include "rules/store/journal.h"

#include "rules/store/record.h"

#include <openssl/evp.h>

enum { VERSION = 1, ENDS_VERSION = 1 };
enum { VALUE_MAX = RECORD_OVERHEAD_BYTES + 8 + JOURNAL_HASH_BYTES + JOURNAL_EVENT_MAX };
enum { ENDS_BYTES = RECORD_OVERHEAD_BYTES + 3 * 8 + 2 * JOURNAL_HASH_BYTES };
#define KEY_ENDS SPAN("journal")

static bool chain(const uint8_t before[JOURNAL_HASH_BYTES], uint64_t sequence, real_ms at,
                  struct span event, uint8_t out[JOURNAL_HASH_BYTES]) {
  char bytes[JOURNAL_HASH_BYTES + 16 + JOURNAL_EVENT_MAX];
  struct record_out link = {.at = bytes, .cap = sizeof(bytes)};
  record_put_bytes(&link, span_from(before, JOURNAL_HASH_BYTES));
  record_put_u64(&link, sequence);
  record_put_u64(&link, (uint64_t)at);
  record_put_bytes(&link, event);
  return !link.full && EVP_Digest(bytes, link.len, out, NULL, EVP_sha256(), NULL) == 1;
}

static struct journal_ends new_ends(const struct env *env) {
  struct journal_ends ends = {.first = 1};
  memcpy(ends.before_first, env->install_id, ENV_INSTALL_ID_BYTES);
  memcpy(ends.at_last, ends.before_first, JOURNAL_HASH_BYTES);
  return ends;
}

struct journal_ends journal_ends(struct txn *t) {
  struct journal_ends ends = new_ends(t->env);
  struct span value;
  struct record_in in;
  if (!txn_get(t, DATABASE_META, KEY_ENDS, &value)) return ends;
  int err = record_open(&in, KEY_ENDS, value, ENDS_VERSION);
  ends.first = record_get_u64(&in);
  ends.last = record_get_u64(&in);
  ends.bytes = record_get_u64(&in);
  record_get_bytes(&in, ends.before_first, JOURNAL_HASH_BYTES);
  record_get_bytes(&in, ends.at_last, JOURNAL_HASH_BYTES);
  txn_fail(t, err ? err : record_close(&in));
  return ends;
}

static void put_ends(struct txn *t, const struct journal_ends *ends) {
  char bytes[ENDS_BYTES];
  struct record_out out;
  struct span value = {0};
  record_begin(&out, bytes, sizeof(bytes), ENDS_VERSION);
  record_put_u64(&out, ends->first);
  record_put_u64(&out, ends->last);
  record_put_u64(&out, ends->bytes);
  record_put_bytes(&out, span_from(ends->before_first, JOURNAL_HASH_BYTES));
  record_put_bytes(&out, span_from(ends->at_last, JOURNAL_HASH_BYTES));
  txn_fail(t, record_seal(&out, KEY_ENDS, &value));
  txn_put(t, DATABASE_META, KEY_ENDS, value);
}

uint64_t journal_append(struct txn *t, real_ms at, struct span event) {
  struct journal_ends ends = journal_ends(t);
  char key_bytes[8], bytes[VALUE_MAX];
  struct span key = span_from(key_bytes, 8), value = {0};
  ends.last++;
  record_key_u64(key_bytes, ends.last);
  if (event.len > JOURNAL_EVENT_MAX) txn_fail(t, ERR_RANGE);
  if (!t->err && !chain(ends.at_last, ends.last, at, event, ends.at_last)) txn_fail(t, ERR_MEMORY);
  if (t->err) return 0;
  struct record_out out;
  record_begin(&out, bytes, sizeof(bytes), VERSION);
  record_put_u64(&out, (uint64_t)at);
  record_put_bytes(&out, span_from(ends.at_last, JOURNAL_HASH_BYTES));
  record_put_bytes(&out, event);
  txn_fail(t, record_seal(&out, key, &value));
  ends.bytes += key.len + value.len;
  txn_append(t, DATABASE_JOURNAL, key, value);
  put_ends(t, &ends);
  return t->err ? 0 : ends.last;
}

int journal_decode(struct span key, struct span value, struct journal_entry *entry) {
  struct record_in in;
  if (key.len != 8) return ERR_CORRUPT;
  int err = record_open(&in, key, value, VERSION);
  if (err) return err;
  entry->sequence = record_key_number(key.at);
  entry->at = (real_ms)record_get_u64(&in);
  record_get_bytes(&in, entry->hash, JOURNAL_HASH_BYTES);
  entry->event = in.rest;
  return in.bad || in.rest.len > JOURNAL_EVENT_MAX ? ERR_CORRUPT : OK;
}

uint64_t journal_trim(struct txn *t, uint64_t bytes_max, real_ms oldest, uint64_t count_max) {
  struct journal_ends ends = journal_ends(t);
  struct journal_entry entry = {0};
  struct cursor c;
  uint64_t count = 0;
  cursor_open(&c, t, DATABASE_JOURNAL);
  while (count < count_max && ends.first < ends.last && cursor_step(&c, CURSOR_FIRST)) {
    int err = journal_decode(c.key, c.value, &entry);
    if (!err && ends.bytes <= bytes_max && entry.at >= oldest) break;
    uint64_t len = c.key.len + c.value.len;
    ends.bytes -= len < ends.bytes ? len : ends.bytes;
    if (!err) memcpy(ends.before_first, entry.hash, JOURNAL_HASH_BYTES);
    ends.first = (c.key.len == 8 ? record_key_number(c.key.at) : ends.first) + 1;
    cursor_delete(&c);
    count++;
  }
  cursor_close(&c);
  if (count) put_ends(t, &ends);
  return count;
}

/** The first sequence whose time is not before `at`, as if times never went backwards: halving. */
static uint64_t sequence_at(struct txn *t, real_ms at) {
  struct journal_ends ends = journal_ends(t);
  struct journal_entry entry;
  uint64_t low = ends.first, high = ends.last + 1;
  while (low < high && !t->err) {
    uint64_t middle = low + (high - low) / 2;
    char key_bytes[8];
    struct span key = span_from(key_bytes, 8), value;
    record_key_u64(key_bytes, middle);
    bool before = txn_get(t, DATABASE_JOURNAL, key, &value) &&
                  journal_decode(key, value, &entry) == OK && entry.at < at;
    if (before) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

void journal_walk_open(struct journal_walk *w, struct txn *t, uint64_t from, real_ms since,
                       real_ms until) {
  bool search = from == 0 && since > INT64_MIN + JOURNAL_DISORDER_MS;
  if (search) from = sequence_at(t, since - JOURNAL_DISORDER_MS);
  *w = (struct journal_walk){.from = from, .since = since, .until = until};
  cursor_open(&w->cursor, t, DATABASE_JOURNAL);
}

static bool walk_step(struct journal_walk *w) {
  if (w->begun) return cursor_step(&w->cursor, CURSOR_NEXT);
  char key[8];
  record_key_u64(key, w->from);
  w->begun = true;
  return cursor_seek(&w->cursor, span_from(key, 8));
}

bool journal_walk_next(struct journal_walk *w, struct journal_entry *entry) {
  while (walk_step(w)) {
    if (journal_decode(w->cursor.key, w->cursor.value, entry) != OK) {
      w->damaged++;
    } else if (entry->at >= w->since && entry->at < w->until) {
      return true;
    }
  }
  return false;
}

void journal_walk_close(struct journal_walk *w) {
  cursor_close(&w->cursor);
}

bool journal_verify(struct txn *t, struct journal_verdict *verdict) {
  struct journal_ends ends = journal_ends(t);
  uint8_t hash[JOURNAL_HASH_BYTES];
  struct cursor c;
  struct journal_entry entry;
  uint64_t next = ends.first;
  bool holds = !t->err;
  *verdict = (struct journal_verdict){0};
  memcpy(hash, ends.before_first, JOURNAL_HASH_BYTES);
  cursor_open(&c, t, DATABASE_JOURNAL);
  for (; holds && cursor_step(&c, CURSOR_NEXT); next++) {
    holds = journal_decode(c.key, c.value, &entry) == OK && entry.sequence == next &&
            chain(hash, next, entry.at, entry.event, hash) &&
            memcmp(hash, entry.hash, JOURNAL_HASH_BYTES) == 0;
    verdict->checked += holds;
    if (!holds) verdict->broken = next;
  }
  cursor_close(&c);
  if (!holds || t->err) return false;
  if (next == ends.last + 1 && memcmp(hash, ends.at_last, JOURNAL_HASH_BYTES) == 0) return true;
  verdict->broken = next;
  return false;
}
