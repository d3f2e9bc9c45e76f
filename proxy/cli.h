// SPDX-License-Identifier: Apache-2.0
/** The command line. Commands and options are rows of two tables (proxy/commands.c); dispatch, `--help`, the manual
 *  page and "did you mean" are made from them.
 *    qorgan COMMAND [OPTION | OPERAND]...      options and operands in any order; "--" ends the options
 *    command     one or two words, "ban", "rules check"; the longest name that fits is meant
 *    option      "--for 1h" or "--for=1h"; one without an argument is a flag
 *    operand     every other word; "-" is one too
 *  Main thread only. */
#ifndef PROXY_CLI_H
#define PROXY_CLI_H

#include "proxy/config.h"
#include "rules/base/span.h"

#include <stdio.h>

/** Exit codes: done or it holds; it does not hold, or was refused; usage or configuration. */
enum { CLI_DONE = 0, CLI_REFUSED = 1, CLI_USAGE = 2 };

struct invocation;

struct cli_command {
  const char *name;
  const char *operands; /* as the help shows them: "PREFIX", "FILE..." */
  unsigned least, most; /* how many of them */
  int (*run)(const struct invocation *in);
  const char *help; /* one sentence without a full stop */
};

struct cli_option {
  const char *name;     /* with its dashes: "--for" */
  const char *commands; /* names divided by commas; NULL: every command has it */
  const char *argument; /* as the help shows it: "DURATION"; NULL: a flag */
  const char *help;
};

struct cli {
  const char *name, *about;
  const struct cli_command *commands;
  size_t command_count;
  const struct cli_option *options;
  size_t option_count;
};

/** Options that one invocation may hold; past it: usage. */
enum { CLI_GIVEN_MAX = 64 };

struct cli_given {
  const struct cli_option *option;
  const char *value; /* "" of a flag */
};

/** One command with what was given to it. Borrows the words of main's argv, whose order it may change. */
struct invocation {
  const struct cli *cli;
  const struct cli_command *command;
  const char *
      config; /* of -c, else "qorgan.yaml" here, or /etc/qorgan/qorgan.yaml when that exists and this does not */
  bool json;
  int argc; /* operands only; argv[argc] is NULL */
  char **argv;
  struct cli_given given[CLI_GIVEN_MAX];
  size_t given_count;
};

/** Runs what argv asks for; answers the exit code. Help goes to `out`, complaints to `err`. */
int cli_run(const struct cli *cli, int argc, char **argv, FILE *out, FILE *err);

/** The last value given to "--for"; NULL: not given. */
const char *cli_value(const struct invocation *in, const char *option);
static inline bool cli_flag(const struct invocation *in, const char *option) {
  return cli_value(in, option) != NULL;
}

/** "qorgan ban: ..." and the usage on stderr. Answers CLI_USAGE. */
int cli_usage(const struct invocation *in, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Loads in->config. CLI_DONE and the caller owns `*out`; or CLI_USAGE, having said why on stderr. */
int cli_config(const struct invocation *in, struct config *out);

#endif
