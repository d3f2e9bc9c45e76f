// SPDX-License-Identifier: Apache-2.0
/** kill -9 at random moments: a proxy and a command write at once to one store, say over a pipe what was answered
 *  "done", and are killed. Then the store must be whole, hold all that was answered, in every round so far, and its
 *  journal's chain must hold. QORGAN_SEED repeats a run, QORGAN_ROUNDS makes it longer. */
#include "rules/store/inspect.h"
#include "rules/store/journal.h"
#include "rules/store/lists.h"
#include "rules/store/revisions.h"
#include "rules/store/writer.h"
#include "tests/unit/rules/store/folder.h"

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <cmocka.h>

enum { ROUND_IDS = 1 << 16, IN_FLIGHT_MAX = 200, KILL_AFTER_US_MAX = 30000 };

enum what { BAN, REVISION, EVENT, WHAT_COUNT };

/** What a child says once it is durable; one write of a pipe, never torn (pipe(7), PIPE_BUF). */
struct answer {
  uint64_t what, id;
};

static uint64_t seed;
static int pipe_out;

/** xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016. */
static uint64_t chance(uint64_t below) {
  seed ^= seed >> 12;
  seed ^= seed << 25;
  seed ^= seed >> 27;
  return (seed * 2685821657736338717u >> 16) % below;
}

static void say(uint64_t what, uint64_t id) {
  struct answer a = {what, id};
  if (write(pipe_out, &a, sizeof(a)) != sizeof(a)) _exit(3);
}

static struct prefix prefix_of_id(uint64_t id) {
  struct addr a = {{0x20, 0x01}};
  for (int i = 0; i < 8; i++) a.bytes[8 + i] = (uint8_t)(id >> (56 - 8 * i));
  return prefix_of(&a, 32, 128);
}

static void put_ban(struct txn *t, uint64_t id) {
  struct lists_entry entry = {.list = LISTS_OF_BANS,
                              .action = LISTS_BAN,
                              .prefix = prefix_of_id(id),
                              .until = LISTS_FOREVER,
                              .reason = SPAN("crash test")};
  lists_put(t, &entry);
}

static void apply_ban(struct txn *t, struct span payload) {
  uint64_t id;
  memcpy(&id, payload.at, sizeof(id));
  put_ban(t, id);
}

static void apply_event(struct txn *t, struct span payload) {
  journal_append(t, 1, payload);
}

static atomic_int in_flight;
static void ban_done(void *arg, int err) {
  atomic_fetch_sub(&in_flight, 1);
  if (!err) say(BAN, (uint64_t)(uintptr_t)arg);
}

static void event_done(void *arg, int err) {
  atomic_fetch_sub(&in_flight, 1);
  if (!err) say(EVENT, (uint64_t)(uintptr_t)arg);
}

/** Bans and evidence through the writer, until killed. */
static void be_proxy(uint64_t first) {
  struct env *env = folder_open(ENV_PROXY);
  struct writer *w;
  if (writer_start(env, WRITER_SLOTS, &w)) _exit(4);
  for (uint64_t id = first;; id++) {
    while (atomic_load(&in_flight) >= IN_FLIGHT_MAX) sched_yield();
    bool ban = id % 3 == 0;
    struct writer_op op = {.apply = ban ? apply_ban : apply_event,
                           .done = ban ? ban_done : event_done,
                           .arg = (void *)(uintptr_t)id,
                           .class = ban ? WRITER_BAN : WRITER_EVIDENCE};
    atomic_fetch_add(&in_flight, 1);
    if (writer_put(w, &op, span_from(&id, sizeof(id)))) _exit(5);
  }
}

/** Revisions and bans in transactions of its own, until killed. */
static void be_command(uint64_t first) {
  struct env *env = folder_open(ENV_COMMAND);
  for (uint64_t id = first;; id++) {
    struct revision r = {.at = (real_ms)id, .source = span_from(&id, sizeof(id))};
    struct txn t;
    txn_write(&t, env);
    uint64_t number = revisions_append(&t, &r);
    revisions_activate(&t, number, (real_ms)id);
    put_ban(&t, id);
    if (txn_commit(&t)) _exit(6);
    say(REVISION, number);
    say(BAN, id);
  }
}

/** Ids that were answered, of all rounds. */
struct answered {
  uint64_t *ids;
  size_t count, cap;
};
static struct answered kept[WHAT_COUNT];

static void keep(const struct answer *a) {
  struct answered *k = &kept[a->what];
  if (k->count == k->cap) {
    k->cap = k->cap ? 2 * k->cap : 1024;
    k->ids = realloc(k->ids, k->cap * sizeof(*k->ids));
    assert_non_null(k->ids);
  }
  k->ids[k->count++] = a->id;
}

static pid_t start(void (*be)(uint64_t), uint64_t first) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) be(first);
  return child;
}

static void kill_and_reap(pid_t child) {
  int status;
  assert_int_equal(kill(child, SIGKILL), 0);
  assert_int_equal(waitpid(child, &status, 0), child);
  if (!WIFSIGNALED(status)) fail_msg("the child ended by itself: %x", (unsigned)status);
}

static void write_and_kill(uint64_t first) {
  int ends[2];
  struct answer a;
  assert_int_equal(pipe(ends), 0);
  pipe_out = ends[1];
  pid_t proxy = start(be_proxy, first);
  assert_int_equal(read(ends[0], &a, sizeof(a)), sizeof(a)); /* it is at work */
  keep(&a);
  pid_t command = start(be_command, first + ROUND_IDS / 2);
  struct timespec moment = {.tv_nsec = (long)chance(KILL_AFTER_US_MAX) * 1000};
  nanosleep(&moment, NULL);
  bool proxy_first = chance(2);
  kill_and_reap(proxy_first ? proxy : command);
  kill_and_reap(proxy_first ? command : proxy);
  close(ends[1]);
  while (read(ends[0], &a, sizeof(a)) == sizeof(a)) keep(&a);
  close(ends[0]);
}

static void check_bans(struct txn *t) {
  struct lists_entry entry;
  for (size_t i = 0; i < kept[BAN].count; i++) {
    struct prefix p = prefix_of_id(kept[BAN].ids[i]);
    if (!lists_get(t, LISTS_OF_BANS, &p, &entry))
      fail_msg("ban %llu is lost", (unsigned long long)kept[BAN].ids[i]);
  }
}

static void check_revisions(struct txn *t) {
  struct revision revision;
  uint64_t newest = 0;
  for (size_t i = 0; i < kept[REVISION].count; i++) {
    uint64_t number = kept[REVISION].ids[i];
    assert_true(revisions_get(t, number, &revision));
    newest = number > newest ? number : newest;
  }
  assert_true(revisions_active(t).number >= newest);
}

static int compare(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

/** Each event in the journal is marked off among those that were answered. */
static void check_events(struct txn *t) {
  struct journal_verdict verdict;
  struct journal_walk w;
  struct journal_entry entry;
  size_t found = 0;
  if (!journal_verify(t, &verdict))
    fail_msg("the chain breaks at %llu", (unsigned long long)verdict.broken);
  qsort(kept[EVENT].ids, kept[EVENT].count, sizeof(uint64_t), compare);
  journal_walk_open(&w, t, 0, INT64_MIN, INT64_MAX);
  while (journal_walk_next(&w, &entry)) {
    uint64_t id;
    assert_int_equal(entry.event.len, sizeof(id));
    memcpy(&id, entry.event.at, sizeof(id));
    found += bsearch(&id, kept[EVENT].ids, kept[EVENT].count, sizeof(id), compare) != NULL;
  }
  journal_walk_close(&w);
  assert_int_equal(w.damaged, 0);
  assert_int_equal(found, kept[EVENT].count); /* ids are never used twice */
}

static void acknowledged_writes_survive_kill_9(void **state) {
  const char *given = getenv("QORGAN_ROUNDS");
  int rounds = given ? atoi(given) : 50;
  for (int round = 0; round < rounds; round++) {
    write_and_kill((uint64_t)(round + 1) * ROUND_IDS);
    struct env *env = folder_open(ENV_PROXY); /* inspects the whole file: it is alone */
    struct txn t;
    txn_read(&t, env);
    check_bans(&t);
    check_revisions(&t);
    check_events(&t);
    assert_int_equal(txn_end(&t), OK);
    env_close(&env);
  }
  printf("%d rounds: %zu bans, %zu revisions, %zu events answered, all there\n", rounds,
         kept[BAN].count, kept[REVISION].count, kept[EVENT].count);
  assert_true(kept[BAN].count > 0 && kept[REVISION].count > 0 && kept[EVENT].count > 0);
  for (int i = 0; i < WHAT_COUNT; i++) free(kept[i].ids);
}

int main(void) {
  const char *given = getenv("QORGAN_SEED");
  seed = given ? strtoull(given, NULL, 0) : 0x51ed2703u;
  printf("QORGAN_SEED=%llu\n", (unsigned long long)seed);
  fflush(stdout);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(acknowledged_writes_survive_kill_9, folder_make,
                                      folder_remove),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
