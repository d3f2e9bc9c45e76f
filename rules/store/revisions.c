// SPDX-License-Identifier: Apache-2.0
#include "rules/store/revisions.h"

#include "rules/store/record.h"

#include <stdlib.h>

enum { VERSION = 1, KEY_BYTES = 9, HEAD_BYTES = RECORD_OVERHEAD_BYTES + 8 + 2 + 2 };
#define KEY_ACTIVE SPAN("active")

static struct span key_of(uint64_t number, char out[KEY_BYTES]) {
  out[0] = 'r';
  record_key_u64(out + 1, number);
  return span_from(out, KEY_BYTES);
}

uint64_t revisions_last(struct txn *t) {
  struct cursor c;
  uint64_t last = 0;
  cursor_open(&c, t, DATABASE_RULES);
  if (cursor_step(&c, CURSOR_LAST) && c.key.len == KEY_BYTES && c.key.at[0] == 'r') {
    last = record_key_number(c.key.at + 1);
  }
  cursor_close(&c);
  return last;
}

static void put(struct txn *t, const struct revision *r, uint64_t number, char *at, size_t cap) {
  char key_bytes[KEY_BYTES];
  struct span key = key_of(number, key_bytes), value = {0};
  struct record_out out;
  record_begin(&out, at, cap, VERSION);
  record_put_u64(&out, (uint64_t)r->at);
  record_put_text(&out, r->author);
  record_put_text(&out, r->note);
  record_put_bytes(&out, r->source);
  txn_fail(t, record_seal(&out, key, &value));
  txn_put(t, DATABASE_RULES, key, value);
}

uint64_t revisions_append(struct txn *t, const struct revision *revision) {
  if (revision->source.len > REVISIONS_SOURCE_MAX || revision->author.len > REVISIONS_AUTHOR_MAX ||
      revision->note.len > REVISIONS_NOTE_MAX) {
    txn_fail(t, ERR_RANGE);
    return 0;
  }
  size_t cap = HEAD_BYTES + revision->author.len + revision->note.len + revision->source.len;
  char *at = malloc(cap);
  uint64_t number = revisions_last(t) + 1;
  if (at) {
    put(t, revision, number, at, cap);
  } else {
    txn_fail(t, ERR_MEMORY);
  }
  free(at);
  return t->err ? 0 : number;
}

bool revisions_get(struct txn *t, uint64_t number, struct revision *out) {
  char bytes[KEY_BYTES];
  struct span key = key_of(number, bytes), value;
  struct record_in in;
  if (!txn_get(t, DATABASE_RULES, key, &value)) return false;
  txn_fail(t, record_open(&in, key, value, VERSION));
  out->number = number;
  out->at = (real_ms)record_get_u64(&in);
  out->author = record_get_text(&in);
  out->note = record_get_text(&in);
  out->source = in.rest;
  if (in.bad) txn_fail(t, ERR_CORRUPT);
  return !t->err;
}

struct revisions_active revisions_active(struct txn *t) {
  struct revisions_active active = {0};
  struct span value;
  struct record_in in;
  if (!txn_get(t, DATABASE_RULES, KEY_ACTIVE, &value)) return active;
  txn_fail(t, record_open(&in, KEY_ACTIVE, value, VERSION));
  active.number = record_get_u64(&in);
  active.before = record_get_u64(&in);
  active.at = (real_ms)record_get_u64(&in);
  txn_fail(t, record_close(&in));
  return active;
}

void revisions_activate(struct txn *t, uint64_t number, real_ms at) {
  struct revision revision;
  struct revisions_active active = revisions_active(t);
  if (!revisions_get(t, number, &revision)) txn_fail(t, ERR_NOT_FOUND);
  char bytes[RECORD_OVERHEAD_BYTES + 24];
  struct record_out out;
  struct span value = {0};
  record_begin(&out, bytes, sizeof(bytes), VERSION);
  record_put_u64(&out, number);
  record_put_u64(&out, active.number == number ? active.before : active.number);
  record_put_u64(&out, (uint64_t)at);
  txn_fail(t, record_seal(&out, KEY_ACTIVE, &value));
  txn_put(t, DATABASE_RULES, KEY_ACTIVE, value);
}
