// SPDX-License-Identifier: Apache-2.0
#include "rules/store/writer.h"

#include "rules/store/record.h"
#include "tests/unit/rules/store/folder.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <cmocka.h>

enum { THREADS = 4, PUTS = 2000 };

/** Payload: database (1)   key (8)   value. */
static void put_it(struct txn *t, struct span p) {
  txn_put(t, (enum database)p.at[0], span_from(p.at + 1, 8), span_skip(p, 9));
}

static void fail_it(struct txn *t, struct span p) {
  txn_fail(t, ERR_RANGE);
}

static sem_t gate;
static void wait_at_gate(struct txn *t, struct span p) {
  while (sem_wait(&gate)) continue;
}

static int put_number(struct writer *w, enum writer_class class, uint64_t number, writer_done *done,
                      void *arg) {
  char payload[9] = {DATABASE_CLIENTS};
  record_key_u64(payload + 1, number);
  struct writer_op op = {.apply = put_it, .class = class, .done = done, .arg = arg};
  return writer_put(w, &op, span_from(payload, sizeof(payload)));
}

static uint64_t stored(struct env *env) {
  struct txn t;
  txn_read(&t, env);
  uint64_t count = txn_count(&t, DATABASE_CLIENTS);
  assert_int_equal(txn_end(&t), OK);
  return count;
}

static void answered_is_on_the_disk(void **state) {
  struct env *env = folder_open(ENV_PROXY);
  struct writer *w;
  assert_int_equal(writer_start(env, 64, &w), OK);
  struct writer_op op = {.apply = put_it, .class = WRITER_BAN};
  for (int i = 0; i < 10; i++) {
    char payload[9] = {DATABASE_CLIENTS, [8] = (char)i};
    assert_int_equal(writer_put_and_wait(w, &op, span_from(payload, 9)), OK);
    assert_int_equal(stored(env), i + 1);
  }
  struct writer_stats stats;
  writer_stats(w, &stats);
  assert_true(stats.commits == 10 && stats.operations == 10);
  assert_true(stats.commit_us_max >= stats.commit_us_last);
  writer_stop(&w);
  assert_null(w);
  env_close(&env);
}

static atomic_int answered;
static void count_answer(void *arg, int err) {
  if (err == OK) atomic_fetch_add(&answered, 1);
}

struct producer {
  struct writer *writer;
  int number;
};

static void *produce(void *arg) {
  struct producer *p = arg;
  for (int i = 0; i < PUTS; i++) {
    uint64_t number = (uint64_t)p->number * PUTS + (uint64_t)i;
    enum writer_class class = (enum writer_class)(i % WRITER_CLASS_COUNT);
    while (put_number(p->writer, class, number, count_answer, NULL) == ERR_AGAIN) sched_yield();
  }
  return NULL;
}

static void many_threads_lose_nothing_and_share_commits(void **state) {
  struct env *env = folder_open(ENV_PROXY);
  struct writer *w;
  struct producer producers[THREADS];
  pthread_t threads[THREADS];
  atomic_store(&answered, 0);
  assert_int_equal(writer_start(env, 256, &w), OK);
  for (int i = 0; i < THREADS; i++) {
    producers[i] = (struct producer){w, i};
    assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
  }
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  struct writer_stats stats;
  writer_stats(w, &stats);
  writer_stop(&w); /* drains */
  assert_int_equal(atomic_load(&answered), THREADS * PUTS);
  assert_int_equal(stored(env), THREADS * PUTS);
  assert_true(stats.commits < THREADS * PUTS / 4);
  env_close(&env);
}

static void counters_are_refused_before_evidence_and_bans(void **state) {
  struct env *env = folder_open(ENV_PROXY);
  struct writer *w;
  sem_init(&gate, 0, 0);
  assert_int_equal(writer_start(env, 100, &w), OK); /* 128 slots */
  struct writer_op op = {.apply = wait_at_gate, .class = WRITER_BAN};
  assert_int_equal(writer_put(w, &op, SPAN("")), OK);
  uint64_t number = 0;
  while (put_number(w, WRITER_COUNTER, number, NULL, NULL) == OK) number++;
  assert_int_equal(number, 63);
  while (put_number(w, WRITER_EVIDENCE, number, NULL, NULL) == OK) number++;
  assert_int_equal(number, 115);
  while (put_number(w, WRITER_BAN, number, NULL, NULL) == OK) number++;
  assert_int_equal(number, 127);
  struct writer_stats stats;
  writer_stats(w, &stats);
  for (int i = 0; i < WRITER_CLASS_COUNT; i++) assert_int_equal(stats.refused[i], 1);
  assert_int_equal(stats.depth, 128);
  for (int i = 0; i < 3; i++) sem_post(&gate);
  writer_stop(&w);
  assert_int_equal(stored(env), 127);
  env_close(&env);
}

static void one_at_fault_does_not_harm_the_others(void **state) {
  struct env *env = folder_open(ENV_PROXY);
  struct writer *w;
  sem_init(&gate, 0, 0);
  atomic_store(&answered, 0);
  assert_int_equal(writer_start(env, 64, &w), OK);
  struct writer_op hold = {.apply = wait_at_gate, .class = WRITER_BAN};
  struct writer_op bad = {.apply = fail_it, .class = WRITER_BAN, .done = count_answer};
  assert_int_equal(writer_put(w, &hold, SPAN("")), OK); /* so that the rest is one group */
  for (uint64_t i = 0; i < 10; i++) {
    assert_int_equal(put_number(w, WRITER_BAN, i, count_answer, NULL), OK);
    if (i == 4) assert_int_equal(writer_put(w, &bad, SPAN("")), OK);
  }
  for (int i = 0; i < 3; i++) sem_post(&gate);
  struct writer_op last = {.apply = put_it, .class = WRITER_BAN};
  assert_int_equal(writer_put_and_wait(w, &last, span_from("\4lastlast", 9)), OK);
  assert_int_equal(atomic_load(&answered), 10);
  assert_int_equal(stored(env), 11);
  writer_stop(&w);
  env_close(&env);
}

static sem_t done;
static atomic_int done_err;
static void post_done(void *arg, int err) {
  atomic_store(&done_err, err);
  sem_post(&done);
}

/** A file that may not grow is what a full disk is to LMDB (EFBIG for ENOSPC). */
static void full_disk_keeps_bans_waiting_until_there_is_room(void **state) {
  struct env *env = folder_open(ENV_PROXY);
  struct writer *w;
  assert_int_equal(writer_start(env, 64, &w), OK);
  struct rlimit before, tight;
  struct stat is;
  char path[128];
  snprintf(path, sizeof(path), "%s/data.mdb", folder_path);
  assert_int_equal(stat(path, &is), 0);
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  tight = (struct rlimit){.rlim_cur = (rlim_t)is.st_size, .rlim_max = before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);

  sem_init(&done, 0, 0);
  char payload[900] = {DATABASE_CLIENTS};
  struct writer_op op = {.apply = put_it, .class = WRITER_BAN, .done = post_done};
  for (int i = 0; i < 30; i++) {
    record_key_u64(payload + 1, (uint64_t)i);
    if (i < 20) assert_int_equal(writer_put(w, &op, span_from(payload, sizeof(payload))), OK);
  }
  struct writer_op counter = {.apply = put_it, .class = WRITER_COUNTER};
  assert_int_equal(writer_put_and_wait(w, &counter, span_from(payload, sizeof(payload))), ERR_FULL);
  struct writer_stats stats;
  writer_stats(w, &stats);
  assert_int_equal(stats.err, ERR_FULL);
  assert_true(stats.failures > 0 && stats.given_up[WRITER_COUNTER] == 1);
  assert_int_equal(stats.given_up[WRITER_BAN], 0);

  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  int durable = 0;
  for (; durable < 20; durable++) {
    while (sem_wait(&done)) continue;
    assert_int_equal(atomic_load(&done_err), OK);
  }
  assert_int_equal(stored(env), 20);
  writer_stats(w, &stats);
  assert_int_equal(stats.err, OK);
  writer_stop(&w);
  env_close(&env);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(answered_is_on_the_disk),
      IN_FOLDER(many_threads_lose_nothing_and_share_commits),
      IN_FOLDER(counters_are_refused_before_evidence_and_bans),
      IN_FOLDER(one_at_fault_does_not_harm_the_others),
      IN_FOLDER(full_disk_keeps_bans_waiting_until_there_is_room),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
