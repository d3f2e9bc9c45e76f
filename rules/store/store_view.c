// SPDX-License-Identifier: Apache-2.0
/** One worker's way to the store, and the engine's memory in LMDB. */
#include "rules/store/store.h"

#include "rules/store/event.h"
#include "rules/store/journal.h"
#include "rules/store/record.h"

enum { VALUE_VERSION = 1 };

static const enum database DATABASES[] = {
    [MEMORY_ACCOUNT] = DATABASE_ACCOUNTS, [MEMORY_CLIENT] = DATABASE_CLIENTS};

void store_view_open(struct store_view *view, struct store *store) {
  *view = (struct store_view){.store = store, .reader = {.env = store->env}};
  lists_view_open(&view->lists, store->lists);
}

void store_view_close(struct store_view *view) {
  txn_end(&view->reader);
  lists_view_close(&view->lists);
}

void store_view_rest(struct store_view *view) {
  if (view->reading) txn_rest(&view->reader);
  view->reading = false;
}

bool store_view_bans(struct store_view *view, const struct addr *addr, real_ms now) {
  return list_table_bans(lists_view_table(&view->lists), addr, now);
}

static enum memory_listing listed(void *self, const struct addr *addr, real_ms now) {
  struct store_view *view = self;
  struct list_table_item hit;
  if (!list_table_find(lists_view_table(&view->lists), addr, now, &hit)) return MEMORY_UNLISTED;
  return hit.action == LISTS_ALLOW ? MEMORY_ALLOWED : MEMORY_BANNED;
}

/** Payload: until (8)   since (8)   prefix (17)   reason   source. */
static void apply_ban(struct txn *t, struct span payload) {
  struct record_in in = {.rest = payload};
  struct lists_entry entry = {.list = LISTS_OF_BANS, .action = LISTS_BAN}, before;
  entry.until = (real_ms)record_get_u64(&in);
  entry.since = (real_ms)record_get_u64(&in);
  record_get_bytes(&in, entry.prefix.addr.bytes, 16);
  entry.prefix.bits = record_get_u8(&in);
  entry.reason = record_get_text(&in);
  entry.source = record_get_text(&in);
  txn_fail(t, record_close(&in));
  /* What the operator said, or a longer ban, is not made shorter. */
  bool longer =
      !t->err && lists_get(t, entry.list, &entry.prefix, &before) && before.until >= entry.until;
  if (!longer) lists_put(t, &entry);
}

static struct span cut(struct span text, size_t len_max) {
  return text.len > len_max ? span_from(text.at, len_max) : text;
}

static int ban(void *self, const struct memory_ban *ban) {
  struct store_view *view = self;
  char bytes[QUEUE_PAYLOAD_MAX];
  struct record_out out = {.at = bytes, .cap = sizeof(bytes)};
  record_put_u64(&out, (uint64_t)ban->until);
  record_put_u64(&out, (uint64_t)ban->since);
  record_put_bytes(&out, span_from(ban->prefix.addr.bytes, 16));
  record_put_u8(&out, ban->prefix.bits);
  record_put_text(&out, cut(ban->reason, LISTS_REASON_MAX));
  record_put_text(&out, cut(ban->source, LISTS_SOURCE_MAX));
  struct writer_op op = {.apply = apply_ban, .class = WRITER_BAN};
  return writer_put(view->store->writer, &op, span_from(bytes, out.len));
}

static bool load(void *self, enum memory_kind kind, const struct memory_digest *key,
                 char out[MEMORY_VALUE_MAX], size_t *len) {
  struct store_view *view = self;
  struct span name = span_from(key->bytes, sizeof(key->bytes)), value;
  struct record_in in;
  if (!view->reading) txn_renew(&view->reader);
  view->reading = true;
  if (!txn_get(&view->reader, DATABASES[kind], name, &value)) return false;
  if (record_open(&in, name, value, VALUE_VERSION) || in.rest.len > MEMORY_VALUE_MAX) return false;
  *len = in.rest.len;
  memcpy(out, in.rest.at, in.rest.len);
  return true;
}

/** Payload: kind (1)   digest (16)   value. */
static void apply_save(struct txn *t, struct span payload) {
  enum database db = DATABASES[payload.at[0] == MEMORY_CLIENT ? MEMORY_CLIENT : MEMORY_ACCOUNT];
  struct span key = span_from(payload.at + 1, MEMORY_DIGEST_BYTES), value = {0};
  struct span body = span_skip(payload, 1 + MEMORY_DIGEST_BYTES);
  if (body.len == 0) {
    txn_delete(t, db, key);
    return;
  }
  char bytes[MEMORY_VALUE_MAX + RECORD_OVERHEAD_BYTES];
  struct record_out out;
  record_begin(&out, bytes, sizeof(bytes), VALUE_VERSION);
  record_put_bytes(&out, body);
  txn_fail(t, record_seal(&out, key, &value));
  txn_put(t, db, key, value);
}

static int save(void *self, enum memory_kind kind, const struct memory_digest *key,
                struct span value) {
  struct store_view *view = self;
  char bytes[1 + MEMORY_DIGEST_BYTES + MEMORY_VALUE_MAX];
  struct record_out out = {.at = bytes, .cap = sizeof(bytes)};
  record_put_u8(&out, (uint8_t)kind);
  record_put_bytes(&out, span_from(key->bytes, sizeof(key->bytes)));
  record_put_bytes(&out, value);
  if (out.full) return ERR_RANGE;
  struct writer_op op = {.apply = apply_save, .class = WRITER_COUNTER};
  return writer_put(view->store->writer, &op, span_from(bytes, out.len));
}

/** Payload: at (8)   event. */
static void apply_record(struct txn *t, struct span payload) {
  struct record_in in = {.rest = payload};
  real_ms at = (real_ms)record_get_u64(&in);
  journal_append(t, at, in.rest);
}

static int record(void *self, const struct memory_event *event) {
  struct store_view *view = self;
  char bytes[8 + EVENT_BYTES_MAX], encoded[EVENT_BYTES_MAX];
  struct span body;
  int err = event_encode(event, encoded, &body);
  if (err) return err;
  struct record_out out = {.at = bytes, .cap = sizeof(bytes)};
  record_put_u64(&out, (uint64_t)event->at);
  record_put_bytes(&out, body);
  struct writer_op op = {.apply = apply_record, .class = WRITER_EVIDENCE};
  return writer_put(view->store->writer, &op, span_from(bytes, out.len));
}

struct memory store_view_memory(struct store_view *view) {
  static const struct memory_calls CALLS = {
      .listed = listed, .ban = ban, .load = load, .save = save, .record = record};
  return (struct memory){.calls = &CALLS, .self = view};
}
