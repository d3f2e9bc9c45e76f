// SPDX-License-Identifier: Apache-2.0
#include "proxy/cli.h"
#include "proxy/cli_help.h"
#include "proxy/commands.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

/* What the last command was given. */
static struct invocation seen;
static char operands[256];

static int take(const struct invocation *in) {
  seen = *in;
  operands[0] = '\0';
  for (int i = 0; i < in->argc; i++) {
    strcat(operands, in->argv[i]);
    strcat(operands, "|");
  }
  assert_null(in->argv[in->argc]);
  return 1;
}

static const struct cli_command ROWS[] = {
    {"ban", "PREFIX", 1, 2, take, "bans"},
    {"rules check", "", 0, 1, take, "checks"},
    {"rules", "X", 0, 1, take, "rules"},
    {"log tail", "", 0, 0, take, "follows"},
};
static const struct cli_option OPTIONS[] = {
    {"-c", NULL, "FILE", "file"},
    {"--json", NULL, NULL, "json"},
    {"--for", "rules,ban", "DURATION", "how long"},
};
static const struct cli PROGRAM = {.name = "q",
                                   .about = "a program",
                                   .commands = ROWS,
                                   .command_count = 4,
                                   .options = OPTIONS,
                                   .option_count = 3};

static char *said[2]; /* on out, on err */

/* Runs the words of `line`; answers the exit code. */
static int run(const struct cli *cli, const char *line) {
  static char words[256];
  char *argv[16];
  int argc = 0;
  size_t len[2];
  seen = (struct invocation){0};
  snprintf(words, sizeof(words), "%s", line);
  for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) argv[argc++] = word;
  argv[argc] = NULL;
  FILE *files[2];
  for (int i = 0; i < 2; i++) {
    free(said[i]);
    said[i] = NULL;
    files[i] = open_memstream(&said[i], &len[i]);
    assert_non_null(files[i]);
  }
  int code = cli_run(cli, argc, argv, files[0], files[1]);
  for (int i = 0; i < 2; i++) fclose(files[i]);
  return code;
}

static int fini(void **state) {
  for (int i = 0; i < 2; i++) free(said[i]);
  return 0;
}

static void options_and_operands_come_in_any_order(void **state) {
  assert_int_equal(run(&PROGRAM, "q ban one --for 1h two --json -c x.yaml"), 1);
  assert_string_equal(operands, "one|two|");
  assert_string_equal(cli_value(&seen, "--for"), "1h");
  assert_true(seen.json);
  assert_string_equal(seen.config, "x.yaml");
  assert_int_equal(run(&PROGRAM, "q ban - --for=1h --for=2h -- --json"), 1);
  assert_string_equal(operands, "-|--json|");
  assert_string_equal(cli_value(&seen, "--for"), "2h");
  assert_false(seen.json);
}

static void the_longest_command_is_meant(void **state) {
  run(&PROGRAM, "q rules check x");
  assert_string_equal(seen.command->name, "rules check");
  run(&PROGRAM, "q rules x");
  assert_string_equal(seen.command->name, "rules");
}

static void wrong_usage_is_said(void **state) {
  static const struct {
    const char *line, *complaint;
  } CASES[] = {
      {"q bna x",
       "q: there is no command 'bna'. Did you mean 'ban'?\n'q --help' lists them all.\n"},
      {"q qqqqqq", "q: there is no command 'qqqqqq'.\n'q --help' lists them all.\n"},
      {"q log", "q: 'log' needs one word more:\n  q log tail\n"},
      {"q ban",
       "q ban: PREFIX is missing\nusage: q ban PREFIX [-c FILE] [--json] [--for DURATION]\n"},
      {"q log tail x",
       "q log tail: 'x' is one word too many\nusage: q log tail [-c FILE] [--json]\n"},
      {"q log tail --jsno", "q log tail: there is no option '--jsno' here. Did you mean "
                            "'--json'?\nusage: q log tail [-c FILE] [--json]\n"},
      {"q log tail --for 1h",
       "q log tail: there is no option '--for' here\nusage: q log tail [-c FILE] [--json]\n"},
      {"q log tail --json=1",
       "q log tail: --json takes no argument\nusage: q log tail [-c FILE] [--json]\n"},
      {"q log tail -c", "q log tail: -c needs FILE\nusage: q log tail [-c FILE] [--json]\n"},
  };
  for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
    assert_int_equal(run(&PROGRAM, CASES[i].line), CLI_USAGE);
    assert_string_equal(said[1], CASES[i].complaint);
    assert_null(seen.command);
  }
  assert_int_equal(run(&PROGRAM, "q"), CLI_USAGE);
}

static void help_helps_even_with_a_wrong_line(void **state) {
  assert_int_equal(run(&PROGRAM, "q log tail --nonsense --help"), CLI_DONE);
  assert_non_null(strstr(said[0], "q log tail: follows.\n"));
  assert_int_equal(run(&PROGRAM, "q --help"), CLI_DONE);
  assert_non_null(strstr(said[0], "  rules check "));
}

static void every_command_of_the_program_is_in_its_help_and_manual(void **state) {
  assert_int_equal(run(&COMMANDS, "qorgan --man"), CLI_DONE);
  char *manual = strdup(said[0]);
  assert_int_equal(run(&COMMANDS, "qorgan --help"), CLI_DONE);
  for (size_t i = 0; i < COMMANDS.command_count; i++) {
    char row[128];
    snprintf(row, sizeof(row), "\n  %s ", COMMANDS.commands[i].name);
    assert_non_null(strstr(said[0], row));
    snprintf(row, sizeof(row), ".TP\n\\fB%s\\fR", COMMANDS.commands[i].name);
    assert_non_null(strstr(manual, row));
  }
  assert_non_null(strstr(manual, "  journal_max: 1GiB\n"));
  free(manual);
}

static void every_option_belongs_to_commands_that_exist(void **state) {
  for (size_t i = 0; i < COMMANDS.option_count; i++) {
    const struct cli_option *option = &COMMANDS.options[i];
    size_t takers = 0, named = 1;
    for (size_t j = 0; j < COMMANDS.command_count; j++) {
      takers += cli_help_takes(&COMMANDS.commands[j], option);
    }
    for (const char *c = option->commands; c && *c; c++) named += *c == ',';
    assert_int_equal(takers, option->commands ? named : COMMANDS.command_count);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(options_and_operands_come_in_any_order),
      cmocka_unit_test(the_longest_command_is_meant),
      cmocka_unit_test(wrong_usage_is_said),
      cmocka_unit_test(help_helps_even_with_a_wrong_line),
      cmocka_unit_test(every_command_of_the_program_is_in_its_help_and_manual),
      cmocka_unit_test(every_option_belongs_to_commands_that_exist),
  };
  return cmocka_run_group_tests(tests, NULL, fini);
}
