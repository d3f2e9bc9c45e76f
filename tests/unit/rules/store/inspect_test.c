// SPDX-License-Identifier: Apache-2.0
/** Damaged files: opening says so or reads what is there, and never takes the process down. QORGAN_SEED repeats a run,
 *  QORGAN_ROUNDS makes it longer. */
#include "rules/store/inspect.h"

#include "rules/store/lists.h"
#include "tests/unit/rules/store/folder.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

enum { ENTRIES = 3000, FEED_BYTES = 30000 };

static uint64_t seed;
static char file_path[128];
static struct span whole; /* data.mdb as it should be */

/** xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016. */
static uint64_t chance(uint64_t below) {
  seed ^= seed >> 12;
  seed ^= seed << 25;
  seed ^= seed >> 27;
  return (seed * 2685821657736338717u >> 16) % below;
}

static void put_entry(struct txn *t, unsigned number) {
  struct addr a = addr_from_v4((uint8_t[4]){10, 0, (uint8_t)(number >> 8), (uint8_t)number});
  struct lists_entry entry = {.list = LISTS_OF_BANS,
                              .prefix = prefix_of(&a, 32, 128),
                              .action = LISTS_BAN,
                              .until = number % 2 ? 1 : LISTS_FOREVER,
                              .reason = SPAN("it was rather loud")};
  lists_put(t, &entry);
}

/** Branch pages, overflow pages, free pages: all that the inspection looks at. */
static void fill(void) {
  struct env *env = folder_open(ENV_PROXY);
  struct txn t;
  static char feed[FEED_BYTES];
  for (unsigned i = 0; i < ENTRIES; i++) {
    if (i % 500 == 0) txn_write(&t, env);
    put_entry(&t, i);
    if (i % 500 == 499) assert_int_equal(txn_commit(&t), OK);
  }
  txn_write(&t, env);
  txn_put(&t, DATABASE_FEEDS, SPAN("tor"), span_from(feed, sizeof(feed)));
  txn_put(&t, DATABASE_FEEDS, SPAN("gone"), span_from(feed, sizeof(feed)));
  assert_int_equal(txn_commit(&t), OK);
  txn_write(&t, env);
  assert_true(txn_delete(&t, DATABASE_FEEDS, SPAN("gone")));
  assert_int_equal(lists_expire(&t, 2, ENTRIES), ENTRIES / 2);
  assert_int_equal(txn_commit(&t), OK);
  env_close(&env);
}

static int make(void **state) {
  if (folder_make(state)) return -1;
  snprintf(file_path, sizeof(file_path), "%s/data.mdb", folder_path);
  fill();
  int fd = open(file_path, O_RDONLY);
  struct stat is;
  fstat(fd, &is);
  char *bytes = malloc((size_t)is.st_size);
  assert_int_equal(read(fd, bytes, (size_t)is.st_size), is.st_size);
  close(fd);
  whole = span_from(bytes, (size_t)is.st_size);
  return 0;
}

static int unmake(void **state) {
  free((char *)whole.at);
  return folder_remove(state);
}

static void write_file(struct span bytes) {
  int fd = open(file_path, O_WRONLY | O_TRUNC);
  assert_int_equal(write(fd, bytes.at, bytes.len), bytes.len);
  close(fd);
}

static void whole_file_holds(void **state) {
  struct inspect_report report;
  assert_int_equal(inspect_file(whole, &report), OK);
  assert_string_equal(report.what, "");
  assert_true(report.map_bytes == FOLDER_STORE_BYTES);
  assert_true(report.pages_used > 20 && report.pages_free > 5);
  assert_true((report.pages_used + report.pages_free + 2) * 4096 <= whole.len + 4096);
}

static void every_truncation_is_seen(void **state) {
  struct inspect_report report;
  char *copy = malloc(whole.len);
  memcpy(copy, whole.at, whole.len);
  size_t last_used = 0;
  for (size_t len = 0; len < whole.len; len += 512) {
    int err = inspect_file(span_from(copy, len), &report);
    if (err) {
      assert_int_equal(err, ERR_CORRUPT);
      last_used = len;
    }
  }
  assert_true(last_used + 64 * 4096 > whole.len); /* only free pages at the end may be missed */
  free(copy);
}

/** What a command and a proxy do with a store, in a process of its own. */
static int use_store(void) {
  pid_t child = fork();
  if (child == 0) {
    struct env *env;
    struct env_error why;
    int err = folder_open_as(ENV_PROXY, &env, &why);
    if (err) _exit(why.text[0] ? 1 : 2);
    struct txn t;
    struct lists_walk w;
    struct lists_entry entry;
    txn_read(&t, env);
    lists_walk_open(&w, &t, SPAN(""));
    while (lists_walk_next(&w, &entry)) continue;
    lists_walk_close(&w);
    txn_end(&t);
    for (int i = 0; i < 5; i++) {
      txn_write(&t, env);
      for (unsigned j = 0; j < 200; j++) put_entry(&t, (unsigned)i * 700 + j);
      txn_commit(&t);
    }
    env_close(&env);
    _exit(0);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  if (!WIFEXITED(status)) return 128 + WTERMSIG(status);
  return WEXITSTATUS(status);
}

static void truncated_stores_open_with_a_message_or_whole(void **state) {
  for (int round = 0; round < 20; round++) {
    size_t len = 1 + chance(whole.len - 1);
    write_file(span_from(whole.at, len));
    int got = use_store();
    if (got > 1) fail_msg("cut to %zu bytes: %d", len, got);
  }
}

static void flipped_bits_never_crash(void **state) {
  const char *given = getenv("QORGAN_ROUNDS");
  int rounds = given ? atoi(given) : 300, refused = 0;
  char *copy = malloc(whole.len);
  for (int round = 0; round < rounds; round++) {
    memcpy(copy, whole.at, whole.len);
    uint64_t flips = 1 + chance(3), at = 0;
    for (uint64_t i = 0; i < flips; i++) {
      at = chance(2) ? chance(whole.len) : chance(whole.len / 4096) * 4096 + chance(64);
      copy[at] ^= (char)(1 << chance(8));
    }
    write_file(span_from(copy, whole.len));
    int got = use_store();
    if (got > 1)
      fail_msg("round %d, last flip at byte %llu: %d", round, (unsigned long long)at, got);
    refused += got;
  }
  printf("%d of %d refused\n", refused, rounds);
  assert_true(refused > 0 && refused < rounds);
  free(copy);
}

int main(void) {
  const char *given = getenv("QORGAN_SEED");
  seed = given ? strtoull(given, NULL, 0) : 0x51ed2702u;
  printf("QORGAN_SEED=%llu\n", (unsigned long long)seed);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whole_file_holds),
      cmocka_unit_test(every_truncation_is_seen),
      cmocka_unit_test(truncated_stores_open_with_a_message_or_whole),
      cmocka_unit_test(flipped_bits_never_crash),
  };
  return cmocka_run_group_tests(tests, make, unmake);
}
