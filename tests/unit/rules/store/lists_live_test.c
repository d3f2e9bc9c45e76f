// SPDX-License-Identifier: Apache-2.0
/** Tables are swapped under threads that look: nobody sees half of one, and each is freed when the last has moved on
 *  (which the address and thread sanitizers watch). */
#include "rules/store/lists_live.h"

#include "tests/unit/rules/store/folder.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <cmocka.h>

enum { LOOKERS = 3, SWAPS = 150, PAIRS = 50 };

static atomic_bool over;
static atomic_int torn;
static _Atomic uint64_t looks;

static struct addr address(unsigned net, unsigned host) {
  return addr_from_v4((uint8_t[4]){10, 0, (uint8_t)net, (uint8_t)host});
}

/** In each version either all of net 1 is banned and nothing of net 2, or the other way round. */
static void put_version(struct env *env, unsigned version) {
  struct txn t;
  txn_write(&t, env);
  for (unsigned host = 0; host < PAIRS; host++) {
    for (unsigned net = 1; net <= 2; net++) {
      struct addr a = address(net, host);
      struct lists_entry e = {.list = LISTS_OF_BANS,
                              .action = LISTS_BAN,
                              .prefix = prefix_of(&a, 32, 128),
                              .until = LISTS_FOREVER};
      if (net == 1 + version % 2) {
        lists_put(&t, &e);
      } else {
        lists_delete(&t, e.list, &e.prefix);
      }
    }
  }
  assert_int_equal(txn_commit(&t), OK);
}

static void *look(void *arg) {
  struct lists_view view;
  lists_view_open(&view, arg);
  while (!atomic_load(&over)) {
    const struct list_table *table = lists_view_table(&view);
    unsigned banned[3] = {0};
    for (unsigned net = 1; net <= 2; net++) {
      for (unsigned host = 0; host < PAIRS; host++) {
        struct addr a = address(net, host);
        banned[net] += list_table_bans(table, &a, 0);
      }
    }
    if (banned[1] % PAIRS || banned[1] + banned[2] != PAIRS) atomic_fetch_add(&torn, 1);
    atomic_fetch_add(&looks, 1);
  }
  lists_view_close(&view);
  return NULL;
}

static void tables_are_swapped_whole_under_those_who_look(void **state) {
  struct env *env = folder_open(ENV_PROXY);
  struct lists_live *live;
  pthread_t threads[LOOKERS];
  put_version(env, 0);
  assert_int_equal(lists_live_new(env, &live), OK);
  for (int i = 0; i < LOOKERS; i++) pthread_create(&threads[i], NULL, look, live);
  for (unsigned i = 1; i <= SWAPS; i++) {
    uint64_t before = atomic_load(&looks);
    put_version(env, i);
    assert_int_equal(lists_live_refresh(live), OK);
    while (atomic_load(&looks) == before) sched_yield();
  }
  atomic_store(&over, true);
  for (int i = 0; i < LOOKERS; i++) pthread_join(threads[i], NULL);
  struct lists_live_stats stats;
  lists_live_stats(live, &stats);
  assert_int_equal(atomic_load(&torn), 0);
  assert_true(stats.builds == SWAPS + 1 && stats.count == PAIRS && stats.err == OK);
  lists_live_free(&live);
  assert_null(live);
  env_close(&env);
}

static void other_commits_build_nothing(void **state) {
  struct env *env = folder_open(ENV_PROXY);
  struct lists_live *live;
  struct lists_live_stats before, after;
  struct txn t;
  put_version(env, 0);
  assert_int_equal(lists_live_new(env, &live), OK);
  lists_live_stats(live, &before);
  txn_write(&t, env);
  txn_put(&t, DATABASE_CLIENTS, SPAN("a"), SPAN("b"));
  assert_int_equal(txn_commit(&t), OK);
  assert_int_equal(lists_live_refresh(live), OK);
  lists_live_stats(live, &after);
  assert_true(after.builds == before.builds && after.generation == before.generation);
  lists_live_free(&live);
  env_close(&env);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(tables_are_swapped_whole_under_those_who_look),
      IN_FOLDER(other_commits_build_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
