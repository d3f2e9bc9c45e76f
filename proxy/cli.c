// SPDX-License-Identifier: Apache-2.0
#include "proxy/cli.h"

#include "proxy/cli_help.h"
#include "proxy/nearest.h"
#include "rules/base/err.h"

#include <stdarg.h>
#include <unistd.h>

static const char CONFIG_HERE[] = "qorgan.yaml", CONFIG_OF_SYSTEM[] = "/etc/qorgan/qorgan.yaml";

static const char *default_config(void) {
  bool elsewhere = access(CONFIG_HERE, F_OK) != 0 && access(CONFIG_OF_SYSTEM, F_OK) == 0;
  return elsewhere ? CONFIG_OF_SYSTEM : CONFIG_HERE;
}

/* How many words of argv the command's name takes: 0, when they are others. */
static int words_of(const char *name, int argc, char **argv) {
  struct span rest = span_of(name);
  int words = 0;
  while (rest.len) {
    struct span word = span_cut(&rest, ' ');
    if (words == argc || !span_eq(word, span_of(argv[words]))) return 0;
    words++;
  }
  return words;
}

static const struct cli_command *find_command(const struct cli *cli, int argc, char **argv,
                                              int *words) {
  const struct cli_command *found = NULL;
  *words = 0;
  for (size_t i = 0; i < cli->command_count; i++) {
    int taken = words_of(cli->commands[i].name, argc, argv);
    if (taken <= *words) continue;
    *words = taken;
    found = &cli->commands[i];
  }
  return found;
}

/* "rules" alone is the start of several commands: they are shown. */
static bool print_family(const struct cli *cli, const char *word, FILE *err) {
  size_t len = strlen(word);
  bool found = false;
  for (size_t i = 0; i < cli->command_count; i++) {
    const struct cli_command *c = &cli->commands[i];
    if (strncmp(c->name, word, len) != 0 || c->name[len] != ' ') continue;
    if (!found) fprintf(err, "%s: '%s' needs one word more:\n", cli->name, word);
    fprintf(err, "  %s %s\n", cli->name, c->name);
    found = true;
  }
  return found;
}

static int unknown_command(const struct cli *cli, int argc, char **argv, FILE *err) {
  if (print_family(cli, argv[0], err)) return CLI_USAGE;
  char words[64];
  bool second = argc > 1 && argv[1][0] != '-';
  snprintf(words, sizeof(words), "%s%s%s", argv[0], second ? " " : "", second ? argv[1] : "");
  size_t stride = sizeof(*cli->commands);
  const char *meant = nearest_name(span_of(argv[0]), cli->commands, cli->command_count, stride);
  if (!meant) meant = nearest_name(span_of(words), cli->commands, cli->command_count, stride);
  fprintf(err, "%s: there is no command '%s'.", cli->name, argv[0]);
  if (meant) fprintf(err, " Did you mean '%s'?", meant);
  fprintf(err, "\n'%s --help' lists them all.\n", cli->name);
  return CLI_USAGE;
}

static int complain(const struct invocation *in, FILE *err, const char *format, va_list args) {
  fprintf(err, "%s %s: ", in->cli->name, in->command->name);
  vfprintf(err, format, args);
  fprintf(err, "\n");
  cli_help_usage(in->cli, in->command, err);
  return CLI_USAGE;
}

__attribute__((format(printf, 3, 4))) static int refuse(const struct invocation *in, FILE *err,
                                                        const char *format, ...) {
  va_list args;
  va_start(args, format);
  int code = complain(in, err, format, args);
  va_end(args);
  return code;
}

int cli_usage(const struct invocation *in, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int code = complain(in, stderr, format, args);
  va_end(args);
  return code;
}

static const struct cli_option *find_option(const struct invocation *in, struct span name) {
  for (size_t i = 0; i < in->cli->option_count; i++) {
    const struct cli_option *option = &in->cli->options[i];
    if (span_eq(name, span_of(option->name)) && cli_help_takes(in->command, option)) return option;
  }
  return NULL;
}

static int unknown_option(const struct invocation *in, struct span name, FILE *err) {
  const char *takes[128];
  size_t count = 0;
  for (size_t i = 0; i < in->cli->option_count && count < 128; i++) {
    const struct cli_option *option = &in->cli->options[i];
    if (cli_help_takes(in->command, option)) takes[count++] = option->name;
  }
  const char *meant = nearest_name(name, takes, count, sizeof(*takes));
  if (!meant) return refuse(in, err, "there is no option '%.*s' here", SPAN_ARG(name));
  return refuse(in, err, "there is no option '%.*s' here. Did you mean '%s'?", SPAN_ARG(name),
                meant);
}

/* Takes one option off `argv`, with the argument that follows it; `*at` moves past what was taken. */
static int take_option(struct invocation *in, int argc, char **argv, int *at, FILE *err) {
  struct span rest = span_of(argv[(*at)++]);
  bool joined = span_starts(rest, SPAN("--")) && span_find(rest, '=') < rest.len;
  struct span name = joined ? span_cut(&rest, '=') : rest;
  const struct cli_option *option = find_option(in, name);
  if (!option) return unknown_option(in, name, err);
  if (joined && !option->argument) return refuse(in, err, "%s takes no argument", option->name);
  if (option->argument && !joined && *at == argc) {
    return refuse(in, err, "%s needs %s", option->name, option->argument);
  }
  if (in->given_count == CLI_GIVEN_MAX) return refuse(in, err, "too many options");
  const char *value = !option->argument ? "" : joined ? rest.at : argv[(*at)++];
  in->given[in->given_count++] = (struct cli_given){.option = option, .value = value};
  return CLI_DONE;
}

/* Divides the words after the command's name into options and operands; these are moved together at the front. */
static int take_words(struct invocation *in, int argc, char **argv, FILE *err) {
  bool options = true;
  in->argv = argv;
  for (int at = 0; at < argc;) {
    if (options && strcmp(argv[at], "--") == 0) {
      options = false;
      at++;
    } else if (options && argv[at][0] == '-' && argv[at][1]) {
      int code = take_option(in, argc, argv, &at, err);
      if (code) return code;
    } else {
      char *operand = argv[at++];
      argv[in->argc++] = operand;
    }
  }
  argv[in->argc] = NULL;
  return CLI_DONE;
}

static int check_operands(const struct invocation *in, FILE *err) {
  const struct cli_command *c = in->command;
  if ((unsigned)in->argc > c->most) {
    return refuse(in, err, "'%s' is one word too many", in->argv[c->most]);
  }
  if ((unsigned)in->argc < c->least) return refuse(in, err, "%s is missing", c->operands);
  return CLI_DONE;
}

static bool is(const char *word, const char *one, const char *other) {
  return strcmp(word, one) == 0 || strcmp(word, other) == 0;
}

/* "--help" counts before "--" wherever it stands, so that it helps with a line that is not yet right. */
static bool asks_for_help(int argc, char **argv) {
  for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
    if (is(argv[i], "--help", "-h")) return true;
  }
  return false;
}

int cli_run(const struct cli *cli, int argc, char **argv, FILE *out, FILE *err) {
  if (argc < 2) {
    cli_help_program(cli, err);
    return CLI_USAGE;
  }
  argc--, argv++;
  if (is(argv[0], "--help", "-h")) {
    cli_help_program(cli, out);
    return CLI_DONE;
  }
  if (strcmp(argv[0], "--man") == 0) return cli_help_man(cli, out) ? CLI_DONE : CLI_REFUSED;
  if (is(argv[0], "--version", "-V")) argv[0] = "version";
  int words;
  struct invocation in = {.cli = cli, .command = find_command(cli, argc, argv, &words)};
  if (!in.command) return unknown_command(cli, argc, argv, err);
  if (asks_for_help(argc - words, argv + words)) {
    cli_help_command(cli, in.command, out);
    return CLI_DONE;
  }
  int code = take_words(&in, argc - words, argv + words, err);
  if (!code) code = check_operands(&in, err);
  if (code) return code;
  in.config = cli_value(&in, "-c");
  if (!in.config) in.config = default_config();
  in.json = cli_flag(&in, "--json");
  return in.command->run(&in);
}

const char *cli_value(const struct invocation *in, const char *option) {
  for (size_t i = in->given_count; i-- > 0;) {
    if (strcmp(in->given[i].option->name, option) == 0) return in->given[i].value;
  }
  return NULL;
}

int cli_config(const struct invocation *in, struct config *out) {
  struct config_error why;
  if (config_load(in->config, out, &why) == OK) return CLI_DONE;
  fprintf(stderr, "%s\n", why.text);
  return CLI_USAGE;
}
