// SPDX-License-Identifier: Apache-2.0
/** The commands on the lists, as a shell would call them: exit codes, and what then stands in the store. */
#include "proxy/commands.h"

#include "rules/store/lists.h"
#include "tests/unit/rules/store/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <cmocka.h>

static char config_path[128];

static int make(void **state) {
  if (folder_make(state)) return -1;
  snprintf(config_path, sizeof(config_path), "%s/qorgan.yaml", folder_path);
  FILE *f = fopen(config_path, "w");
  if (!f) return -1;
  fprintf(
      f,
      "sites: [{hosts: [\"*\"], origin: [\"http://127.0.0.1:9\"]}]\n"
      "listen: [{address: \"127.0.0.1:0\"}]\n"
      "store: {path: \"%s\"}\n"
      "client_address: {trusted: [\"10.0.0.0/8\", \"2001:db8:1::/48\"], header: X-Forwarded-For}\n",
      folder_path);
  return fclose(f);
}

/** Runs "qorgan LINE -c CONFIG" with what is said to people thrown away. */
static int run(const char *line) {
  char words[512], *argv[32] = {"qorgan"};
  int argc = 1;
  snprintf(words, sizeof(words), "%s -c %s", line, config_path);
  for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) argv[argc++] = word;
  int out = dup(1), err = dup(2);
  fflush(stdout);
  assert_non_null(freopen("/dev/null", "w", stdout));
  assert_non_null(freopen("/dev/null", "w", stderr));
  int code = cli_run(&COMMANDS, argc, argv, stdout, stderr);
  fflush(stdout);
  fflush(stderr);
  dup2(out, 1);
  dup2(err, 2);
  close(out);
  close(err);
  return code;
}

static bool stored(struct span list, const char *text, struct lists_entry *entry) {
  struct env *env = folder_open(ENV_READ);
  struct prefix prefix;
  struct txn t;
  assert_int_equal(prefix_parse(span_of(text), &prefix), OK);
  txn_read(&t, env);
  bool found = lists_get(&t, list, &prefix, entry);
  txn_end(&t);
  env_close(&env);
  return found;
}

static void bans_and_allowances_come_and_go(void **state) {
  struct lists_entry e;
  assert_int_equal(run("bans"), CLI_DONE);
  assert_int_equal(run("ban 203.0.113.9 --for 1h --why guessing"), CLI_DONE);
  assert_true(stored(LISTS_OF_BANS, "203.0.113.9", &e));
  assert_true(e.action == LISTS_BAN && e.until == e.since + 3600000);
  assert_int_equal(run("allow 203.0.113.0/24"), CLI_DONE);
  assert_true(stored(LISTS_OF_ALLOWS, "203.0.113.0/24", &e));
  assert_true(e.action == LISTS_ALLOW && e.until == LISTS_FOREVER);
  assert_int_equal(run("ban 203.0.113.0/24"),
                   CLI_DONE); /* beside the allowance, not in its place */
  assert_true(stored(LISTS_OF_ALLOWS, "203.0.113.0/24", &e));
  assert_int_equal(run("bans --json"), CLI_DONE);
  assert_int_equal(run("unban 203.0.113.9"), CLI_DONE);
  assert_false(stored(LISTS_OF_BANS, "203.0.113.9", &e));
  assert_int_equal(run("unban 203.0.113.9"), CLI_REFUSED);
  assert_int_equal(run("allow 203.0.113.0/24 --remove"), CLI_DONE);
  assert_false(stored(LISTS_OF_ALLOWS, "203.0.113.0/24", &e));
}

static void harm_needs_force(void **state) {
  static const char *const HARMFUL[] = {"10.1.2.3",      "10.0.0.0/8", "8.0.0.0/6",
                                        "0.0.0.0/0",     "::/0",       "2001:db8:1::/64",
                                        "2001:db8::/32", "64.0.0.0/7", "2400::/12"};
  char line[128];
  struct lists_entry e;
  assert_int_equal(run("ban 64.0.0.0/8"), CLI_DONE);
  assert_int_equal(run("ban 2400::/16"), CLI_DONE);
  for (size_t i = 0; i < sizeof(HARMFUL) / sizeof(HARMFUL[0]); i++) {
    snprintf(line, sizeof(line), "ban %s", HARMFUL[i]);
    if (run(line) != CLI_REFUSED) fail_msg("%s", line);
    assert_false(stored(LISTS_OF_BANS, HARMFUL[i], &e));
    snprintf(line, sizeof(line), "ban %s --force", HARMFUL[i]);
    if (run(line) != CLI_DONE) fail_msg("%s", line);
    assert_true(stored(LISTS_OF_BANS, HARMFUL[i], &e));
  }
}

static void nonsense_is_usage(void **state) {
  static const char *const LINES[] = {"ban",
                                      "ban foo",
                                      "ban 1.2.3.4/33",
                                      "ban 1.2.3.4/24",
                                      "ban 1.2.3.4 --for never",
                                      "ban 1.2.3.4 --for 0s",
                                      "ban 1.2.3.4 5.6.7.8",
                                      "unban",
                                      "allow 300.1.1.1",
                                      "log --since yesterday",
                                      "log --user aigerim",
                                      "log --client foo"};
  for (size_t i = 0; i < sizeof(LINES) / sizeof(LINES[0]); i++) {
    if (run(LINES[i]) != CLI_USAGE) fail_msg("%s", LINES[i]);
  }
}

static void damaged_store_is_refused(void **state) {
  char path[128];
  assert_int_equal(run("ban 203.0.113.9"), CLI_DONE);
  snprintf(path, sizeof(path), "%s/data.mdb", folder_path);
  assert_int_equal(truncate(path, 9000), 0);
  static const char *const LINES[] = {"ban 203.0.113.9", "unban 203.0.113.9", "bans", "log",
                                      "status"};
  for (size_t i = 0; i < sizeof(LINES) / sizeof(LINES[0]); i++) {
    if (run(LINES[i]) != CLI_REFUSED) fail_msg("%s", LINES[i]);
  }
}

static void status_says_whether_a_proxy_runs(void **state) {
  assert_int_equal(run("ban 203.0.113.9"), CLI_DONE);
  assert_int_equal(run("status"), CLI_REFUSED);
  assert_int_equal(run("log"), CLI_DONE);
  assert_int_equal(run("log --verify"), CLI_DONE);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make, folder_remove)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(bans_and_allowances_come_and_go),
      IN_FOLDER(harm_needs_force),
      IN_FOLDER(nonsense_is_usage),
      IN_FOLDER(damaged_store_is_refused),
      IN_FOLDER(status_says_whether_a_proxy_runs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
