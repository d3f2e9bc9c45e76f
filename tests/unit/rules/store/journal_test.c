// SPDX-License-Identifier: Apache-2.0
#include "rules/store/journal.h"

#include "rules/store/event.h"
#include "rules/store/record.h"
#include "tests/unit/rules/store/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

/** Entries 1..count at 1000, 2000, ... each with its number as text. */
static struct env *filled(int count) {
  struct env *env = folder_open(ENV_PROXY);
  struct txn t;
  txn_write(&t, env);
  for (int i = 1; i <= count; i++) {
    char text[16];
    snprintf(text, sizeof(text), "event %d", i);
    assert_int_equal(journal_append(&t, i * 1000, span_of(text)), i);
  }
  assert_int_equal(txn_commit(&t), OK);
  return env;
}

static uint64_t broken_at(struct env *env, uint64_t *checked) {
  struct journal_verdict verdict;
  struct txn t;
  txn_read(&t, env);
  bool holds = journal_verify(&t, &verdict);
  txn_end(&t);
  assert_int_equal(holds, verdict.broken == 0);
  if (checked) *checked = verdict.checked;
  return verdict.broken;
}

static void entries_come_back_in_order_and_the_chain_holds(void **state) {
  struct env *env = filled(200);
  uint64_t checked;
  assert_int_equal(broken_at(env, &checked), 0);
  assert_int_equal(checked, 200);
  struct txn t;
  struct journal_walk w;
  struct journal_entry entry;
  txn_read(&t, env);
  journal_walk_open(&w, &t, 0, 50 * 1000, 60 * 1000);
  for (uint64_t i = 50; i < 60; i++) {
    assert_true(journal_walk_next(&w, &entry));
    assert_true(entry.sequence == i && entry.at == (real_ms)i * 1000);
  }
  assert_true(span_eq(entry.event, SPAN("event 59")));
  assert_false(journal_walk_next(&w, &entry));
  journal_walk_close(&w);
  journal_walk_open(&w, &t, 199, INT64_MIN, INT64_MAX);
  assert_true(journal_walk_next(&w, &entry) && entry.sequence == 199);
  journal_walk_close(&w);
  txn_end(&t);
  env_close(&env);
}

static void empty_journal_holds(void **state) {
  struct env *env = folder_open(ENV_PROXY);
  uint64_t checked;
  assert_int_equal(broken_at(env, &checked), 0);
  assert_int_equal(checked, 0);
  env_close(&env);
}

enum tamper { CHANGE, REMOVE, REMOVE_LAST, SWAP };

/** With every check of a value made right again, as one would who knows the format. */
static void tamper(struct env *env, enum tamper how) {
  struct txn t;
  struct span value, other;
  char key[8], key_other[8], copy[1000], copy_other[1000];
  txn_write(&t, env);
  record_key_u64(key, how == REMOVE_LAST ? 20 : 7);
  record_key_u64(key_other, 8);
  assert_true(txn_get(&t, DATABASE_JOURNAL, span_from(key, 8), &value));
  assert_true(txn_get(&t, DATABASE_JOURNAL, span_from(key_other, 8), &other));
  struct record_out out, out_other;
  if (how == REMOVE || how == REMOVE_LAST) {
    assert_true(txn_delete(&t, DATABASE_JOURNAL, span_from(key, 8)));
  } else {
    record_begin(&out, copy, sizeof(copy), 1);
    record_begin(&out_other, copy_other, sizeof(copy_other), 1);
    record_put_bytes(&out, span_from(value.at + 1, value.len - RECORD_OVERHEAD_BYTES));
    record_put_bytes(&out_other, span_from(other.at + 1, other.len - RECORD_OVERHEAD_BYTES));
    if (how == CHANGE) copy[out.len - 1]++;
    bool swaps = how == SWAP;
    assert_int_equal(record_seal(&out, span_from(swaps ? key_other : key, 8), &value), OK);
    txn_put(&t, DATABASE_JOURNAL, span_from(swaps ? key_other : key, 8), value);
    assert_int_equal(record_seal(&out_other, span_from(swaps ? key : key_other, 8), &other), OK);
    txn_put(&t, DATABASE_JOURNAL, span_from(swaps ? key : key_other, 8), other);
  }
  assert_int_equal(txn_commit(&t), OK);
}

static void tampering_breaks_the_chain_where_it_was(void **state) {
  static const uint64_t BROKEN_AT[] = {[CHANGE] = 7, [REMOVE] = 7, [REMOVE_LAST] = 20, [SWAP] = 7};
  for (enum tamper how = CHANGE; how <= SWAP; how++) {
    folder_make(NULL);
    struct env *env = filled(20);
    tamper(env, how);
    assert_int_equal(broken_at(env, NULL), BROKEN_AT[how]);
    env_close(&env);
    assert_int_equal(folder_remove(NULL), 0);
  }
}

static void trimming_keeps_the_chain_and_the_last_entry(void **state) {
  struct env *env = filled(100);
  struct txn t;
  uint64_t checked;
  txn_write(&t, env);
  assert_int_equal(journal_trim(&t, UINT64_MAX, 31 * 1000, 10), 10);
  assert_int_equal(journal_trim(&t, UINT64_MAX, 31 * 1000, 1000), 20);
  uint64_t bytes = journal_ends(&t).bytes;
  uint64_t trimmed = journal_trim(&t, bytes / 2, 0, 1000), kept = 70 - trimmed;
  assert_in_range(trimmed, 34, 37);
  assert_true(journal_ends(&t).bytes <= bytes / 2);
  assert_int_equal(txn_commit(&t), OK);
  assert_int_equal(broken_at(env, &checked), 0);
  assert_int_equal(checked, kept);
  txn_write(&t, env);
  assert_int_equal(journal_trim(&t, 0, INT64_MAX, 1000), kept - 1);
  assert_int_equal(journal_append(&t, 1, SPAN("goes on")), 101);
  assert_int_equal(txn_commit(&t), OK);
  assert_int_equal(broken_at(env, &checked), 0);
  assert_int_equal(checked, 2);
  env_close(&env);
}

static void event_comes_back_as_it_was(void **state) {
  struct memory_event want = {.at = 1789000000000,
                              .request = 77,
                              .user = {{1, 2, 3}},
                              .score_db = -305,
                              .tier = 3,
                              .kind = SPAN("login"),
                              .verdict = SPAN("step_up"),
                              .outcome = SPAN("failed"),
                              .rule = SPAN("spraying"),
                              .path = SPAN("/wp-login.php"),
                              .headers = SPAN("0123456789ab"),
                              .facts = SPAN("\0\1\2")};
  assert_int_equal(addr_parse(SPAN("203.0.113.9"), &want.client), OK);
  char bytes[EVENT_BYTES_MAX];
  struct span body;
  struct memory_event got;
  assert_int_equal(event_encode(&want, bytes, &body), OK);
  assert_int_equal(event_decode(body, &got), OK);
  assert_true(got.at == want.at && got.request == 77 && got.score_db == -305 && got.tier == 3);
  assert_memory_equal(&got.user, &want.user, sizeof(got.user));
  assert_true(addr_eq(&got.client, &want.client));
  assert_true(span_eq(got.kind, want.kind) && span_eq(got.verdict, want.verdict));
  assert_true(span_eq(got.outcome, want.outcome) && span_eq(got.rule, want.rule));
  assert_true(span_eq(got.path, want.path) && span_eq(got.headers, want.headers) &&
              span_eq(got.facts, want.facts));
  assert_int_equal(got.site.len + got.agent.len + got.ja4.len, 0);
  for (size_t len = 1; len < body.len;
       len++) { /* cut anywhere: an error or fewer fields, never past the end */
    char *copy = malloc(len);
    memcpy(copy, body.at, len);
    event_decode(span_from(copy, len), &got);
    free(copy);
  }
}

static void event_of_the_longest_texts_fits(void **state) {
  char long_text[1000];
  memset(long_text, 'x', sizeof(long_text));
  struct span text = span_from(long_text, sizeof(long_text));
  struct memory_event big = {.at = -1,
                             .request = UINT64_MAX,
                             .score_db = -1,
                             .tier = 3,
                             .user = {{1, 2}},
                             .kind = text,
                             .verdict = text,
                             .outcome = text,
                             .rule = text,
                             .site = text,
                             .path = text,
                             .agent = text,
                             .ja4 = text,
                             .facts = span_from(long_text, MEMORY_FACTS_MAX)},
                      got;
  char bytes[EVENT_BYTES_MAX];
  struct span body;
  assert_int_equal(event_encode(&big, bytes, &body), OK);
  assert_int_equal(event_decode(body, &got), OK);
  assert_true(got.facts.len == MEMORY_FACTS_MAX && got.agent.len == 0 && got.score_db == -1);
  big.facts.len++;
  assert_int_equal(event_encode(&big, bytes, &body), ERR_RANGE);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(event_comes_back_as_it_was),
      cmocka_unit_test(event_of_the_longest_texts_fits),
      IN_FOLDER(empty_journal_holds),
      IN_FOLDER(entries_come_back_in_order_and_the_chain_holds),
      IN_FOLDER(trimming_keeps_the_chain_and_the_last_entry),
      cmocka_unit_test(tampering_breaks_the_chain_where_it_was),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
