// SPDX-License-Identifier: Apache-2.0
/** The store as a running proxy has it: changes by other processes, the engine's memory, upkeep. */
#include "rules/store/store.h"

#include "rules/store/journal.h"
#include "tests/unit/rules/store/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <cmocka.h>

enum { WAIT_MS = 20000 }; /* before a condition that must come true counts as never true */

static struct store store;
static struct store_view view;

static real_ms now(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (real_ms)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void open_store(uint64_t journal_bytes_max) {
  struct store_options options = {
      .env = {.path = folder_path, .size_max_bytes = FOLDER_STORE_BYTES, .mode = ENV_PROXY},
      .journal_bytes_max = journal_bytes_max,
      .journal_days = 30};
  struct env_error why;
  assert_int_equal(store_open(&options, &store, &why), OK);
  store_view_open(&view, &store);
}

static void close_store(void) {
  store_view_close(&view);
  store_close(&store);
}

static struct addr address(const char *text) {
  struct addr a;
  assert_int_equal(addr_parse(span_of(text), &a), OK);
  return a;
}

static bool banned(const char *text) {
  struct addr a = address(text);
  return store_view_bans(&view, &a, now());
}

/** True once `text` is (or is not) banned, and how long that took. */
static bool becomes(const char *text, bool ban, real_ms *took_ms) {
  real_ms begun = now();
  const struct timespec step = {.tv_nsec = 5000000};
  while (banned(text) != ban && now() - begun < WAIT_MS) nanosleep(&step, NULL);
  *took_ms = now() - begun;
  return banned(text) == ban;
}

/** As the command does it, in a process of its own. */
static void command(const char *text, enum lists_action action, bool put) {
  pid_t child = fork();
  if (child == 0) {
    struct env *env = folder_open(ENV_COMMAND);
    struct lists_entry entry = {.list = action == LISTS_BAN ? LISTS_OF_BANS : LISTS_OF_ALLOWS,
                                .action = action,
                                .until = LISTS_FOREVER};
    prefix_parse(span_of(text), &entry.prefix);
    struct txn t;
    txn_write(&t, env);
    if (put) {
      lists_put(&t, &entry);
    } else {
      lists_delete(&t, entry.list, &entry.prefix);
    }
    int err = txn_commit(&t);
    env_close(&env);
    _exit(err ? 1 : 0);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
}

static void commands_are_in_force_within_a_second(void **state) {
  open_store(1 << 20);
  real_ms took, worst = 0;
  assert_false(banned("203.0.113.9"));
  command("203.0.113.0/24", LISTS_BAN, true);
  assert_true(becomes("203.0.113.9", true, &took));
  worst = took > worst ? took : worst;
  command("203.0.113.9", LISTS_ALLOW, true);
  assert_true(becomes("203.0.113.9", false, &took));
  worst = took > worst ? took : worst;
  assert_true(banned("203.0.113.8"));
  command("203.0.113.0/24", LISTS_BAN, false);
  assert_true(becomes("203.0.113.8", false, &took));
  worst = took > worst ? took : worst;
  printf("in force after at most %lld ms\n", (long long)worst);
  close_store();
}

static void bans_of_the_engine_are_in_force_and_survive(void **state) {
  open_store(1 << 20);
  struct memory memory = store_view_memory(&view);
  struct memory_ban ban = {
      .since = now(), .until = now() + 60000, .reason = SPAN("guessing"), .source = SPAN("spray")};
  assert_int_equal(prefix_parse(SPAN("2001:db8::/64"), &ban.prefix), OK);
  assert_int_equal(memory.calls->ban(memory.self, &ban), OK);
  real_ms took;
  assert_true(becomes("2001:db8::1", true, &took));
  struct addr a = address("2001:db8::2");
  assert_int_equal(memory.calls->listed(memory.self, &a, now()), MEMORY_BANNED);
  ban.until = now() + 1000; /* a shorter one does not end it earlier */
  assert_int_equal(memory.calls->ban(memory.self, &ban), OK);
  close_store();
  open_store(1 << 20);
  assert_true(banned("2001:db8::1"));
  assert_int_equal(store_view_memory(&view).calls->listed(&view, &a, now() + 30000), MEMORY_BANNED);
  assert_int_equal(store_view_memory(&view).calls->listed(&view, &a, now() + 70000),
                   MEMORY_UNLISTED);
  close_store();
}

static void memory_comes_back_after_a_restart(void **state) {
  open_store(1 << 20);
  struct memory memory = store_view_memory(&view);
  struct memory_digest key = {{1, 2, 3}};
  struct memory_event event = {.at = now(), .kind = SPAN("login"), .verdict = SPAN("deny")};
  char value[MEMORY_VALUE_MAX], big[MEMORY_VALUE_MAX + 1] = {0};
  size_t len = 0;
  assert_false(memory.calls->load(memory.self, MEMORY_ACCOUNT, &key, value, &len));
  assert_int_equal(memory.calls->save(memory.self, MEMORY_ACCOUNT, &key, SPAN("trusted")), OK);
  assert_int_equal(
      memory.calls->save(memory.self, MEMORY_CLIENT, &key, span_from(big, MEMORY_VALUE_MAX)), OK);
  assert_int_equal(
      memory.calls->save(memory.self, MEMORY_CLIENT, &key, span_from(big, sizeof(big))), ERR_RANGE);
  assert_int_equal(memory.calls->record(memory.self, &event), OK);
  store_view_rest(&view);
  close_store();
  open_store(1 << 20);
  assert_true(memory.calls->load(memory.self, MEMORY_ACCOUNT, &key, value, &len));
  assert_true(span_eq(span_from(value, len), SPAN("trusted")));
  assert_true(memory.calls->load(memory.self, MEMORY_CLIENT, &key, value, &len));
  assert_int_equal(len, MEMORY_VALUE_MAX);
  assert_int_equal(memory.calls->save(memory.self, MEMORY_ACCOUNT, &key, SPAN("")), OK);
  struct txn t;
  struct journal_verdict verdict;
  txn_read(&t, store.env);
  assert_true(journal_verify(&t, &verdict));
  assert_int_equal(verdict.checked, 1);
  txn_end(&t);
  close_store();
  open_store(1 << 20);
  assert_false(memory.calls->load(memory.self, MEMORY_ACCOUNT, &key, value, &len));
  close_store();
}

static uint64_t count_of(enum database db) {
  struct txn t;
  txn_read(&t, store.env);
  uint64_t count = txn_count(&t, db);
  txn_end(&t);
  return count;
}

static void upkeep_deletes_what_ended_and_trims_the_journal(void **state) {
  open_store(10000);
  struct memory memory = store_view_memory(&view);
  struct memory_ban ban = {.since = now(), .until = now() - 1};
  assert_int_equal(prefix_parse(SPAN("192.0.2.1"), &ban.prefix), OK);
  assert_int_equal(memory.calls->ban(memory.self, &ban), OK);
  struct memory_event event = {.at = now(), .kind = SPAN("login"), .verdict = SPAN("deny")};
  for (int i = 0; i < 1000; i++) assert_int_equal(memory.calls->record(memory.self, &event), OK);
  real_ms begun = now();
  const struct timespec step = {.tv_nsec = 20000000};
  while (now() - begun < WAIT_MS) {
    struct txn t;
    txn_read(&t, store.env);
    struct journal_ends ends = journal_ends(&t);
    txn_end(&t);
    if (ends.last == 1000 && ends.bytes <= 10000 && count_of(DATABASE_LISTS) == 0) break;
    nanosleep(&step, NULL);
  }
  assert_int_equal(count_of(DATABASE_LISTS), 0);
  assert_true(count_of(DATABASE_JOURNAL) > 10 && count_of(DATABASE_JOURNAL) < 200);
  close_store();
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(commands_are_in_force_within_a_second),
      IN_FOLDER(bans_of_the_engine_are_in_force_and_survive),
      IN_FOLDER(memory_comes_back_after_a_restart),
      IN_FOLDER(upkeep_deletes_what_ended_and_trims_the_journal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
