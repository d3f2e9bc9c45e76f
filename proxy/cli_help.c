// SPDX-License-Identifier: Apache-2.0
#include "proxy/cli_help.h"

#include "rules/base/buf.h"

enum { LEFT_COLUMN = 30, MANUAL_BYTES_MAX = 1 << 20 };

/* One table of commands and one of options for both forms: plain text, and troff. */
bool cli_help_takes(const struct cli_command *command, const struct cli_option *option) {
  if (!option->commands) return true;
  struct span rest = span_of(option->commands);
  while (rest.len) {
    if (span_eq(span_cut(&rest, ','), span_of(command->name))) return true;
  }
  return false;
}

static void print_row(FILE *out, const char *name, const char *argument, const char *help) {
  char left[128];
  bool spaced = argument && *argument;
  snprintf(left, sizeof(left), "%s%s%s", name, spaced ? " " : "", spaced ? argument : "");
  bool fits = strlen(left) < LEFT_COLUMN;
  fprintf(out, "  %-*s%s%s\n", LEFT_COLUMN, left, fits ? "" : "\n                                ",
          help);
}

void cli_help_usage(const struct cli *cli, const struct cli_command *command, FILE *out) {
  fprintf(out, "usage: %s %s", cli->name, command->name);
  if (*command->operands) fprintf(out, " %s", command->operands);
  for (size_t i = 0; i < cli->option_count; i++) {
    const struct cli_option *option = &cli->options[i];
    if (!cli_help_takes(command, option)) continue;
    fprintf(out, " [%s%s%s]", option->name, option->argument ? " " : "",
            option->argument ? option->argument : "");
  }
  fprintf(out, "\n");
}

void cli_help_program(const struct cli *cli, FILE *out) {
  fprintf(out, "%s: %s.\n\nusage: %s COMMAND [OPTION | OPERAND]...\n\n", cli->name, cli->about,
          cli->name);
  for (size_t i = 0; i < cli->command_count; i++) {
    const struct cli_command *c = &cli->commands[i];
    print_row(out, c->name, c->operands, c->help);
  }
  fprintf(out, "\nEvery command takes:\n");
  for (size_t i = 0; i < cli->option_count; i++) {
    const struct cli_option *o = &cli->options[i];
    if (!o->commands) print_row(out, o->name, o->argument, o->help);
  }
  print_row(out, "--help", NULL, "what a command does, and its options");
  fprintf(
      out,
      "\nExit code 0: done, or it holds; 1: it does not hold, or was refused; 2: usage or "
      "configuration.\n"
      "'%s check --defaults' prints every setting with its default; '%s --man' the manual page.\n",
      cli->name, cli->name);
}

void cli_help_command(const struct cli *cli, const struct cli_command *command, FILE *out) {
  cli_help_usage(cli, command, out);
  fprintf(out, "\n%s %s: %s.\n\n", cli->name, command->name, command->help);
  for (size_t i = 0; i < cli->option_count; i++) {
    const struct cli_option *o = &cli->options[i];
    if (cli_help_takes(command, o)) print_row(out, o->name, o->argument, o->help);
  }
}

/* Text for troff: its escape character is doubled, dashes are the ones that can be copied, and no line of text begins
 * with a control character. */
static void put_troff(FILE *out, struct span text) {
  bool fresh = true;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.at[i];
    if (fresh && (c == '.' || c == '\'')) fputs("\\&", out);
    if (c == '\\') {
      fputs("\\e", out);
    } else if (c == '-') {
      fputs("\\-", out);
    } else {
      fputc(c, out);
    }
    fresh = c == '\n';
  }
}

static void man_row(FILE *out, const char *name, const char *argument, const char *help) {
  fputs(".TP\n\\fB", out);
  put_troff(out, span_of(name));
  fputs("\\fR", out);
  if (argument && *argument) {
    fputs(" \\fI", out);
    put_troff(out, span_of(argument));
    fputs("\\fR", out);
  }
  fputs("\n", out);
  put_troff(out, span_of(help));
  fputs(".\n", out);
}

static void man_commands(const struct cli *cli, FILE *out) {
  fputs(".SH COMMANDS\n", out);
  for (size_t i = 0; i < cli->command_count; i++) {
    const struct cli_command *c = &cli->commands[i];
    man_row(out, c->name, c->operands, c->help);
    bool any = false;
    for (size_t j = 0; j < cli->option_count; j++) {
      const struct cli_option *o = &cli->options[j];
      if (!o->commands || !cli_help_takes(c, o)) continue;
      if (!any) fputs(".RS\n", out);
      any = true;
      man_row(out, o->name, o->argument, o->help);
    }
    if (any) fputs(".RE\n", out);
  }
}

static void man_options(const struct cli *cli, FILE *out) {
  fputs(".SH OPTIONS\nEvery command takes these.\n", out);
  for (size_t i = 0; i < cli->option_count; i++) {
    const struct cli_option *o = &cli->options[i];
    if (!o->commands) man_row(out, o->name, o->argument, o->help);
  }
}

static const char MAN_TAIL[] = ".SH SIGNALS\n"
                               ".TP\n\\fBSIGTERM\\fR, \\fBSIGINT\\fR\nDrain: exchanges under way "
                               "end, then the program exits with 0. "
                               "A second one exits at once.\n"
                               ".TP\n\\fBSIGHUP\\fR\nReload configuration, rules, certificates and "
                               "log files. A bad reload keeps the old state "
                               "and says why.\n"
                               ".SH EXIT STATUS\n"
                               ".TP\n0\nDone, or it holds.\n"
                               ".TP\n1\nIt does not hold, or was refused.\n"
                               ".TP\n2\nUsage or configuration.\n"
                               ".SH FILES\n"
                               ".TP\n\\fIqorgan.yaml\\fR, \\fI/etc/qorgan/qorgan.yaml\\fR\nThe "
                               "configuration when no other is named.\n";

bool cli_help_man(const struct cli *cli, FILE *out) {
  struct buf settings;
  buf_init(&settings, MANUAL_BYTES_MAX);
  config_print_defaults(&settings);
  bool whole = !settings.overflow;
  fprintf(out,
          ".TH QORGAN 8\n.SH NAME\n%s \\- %s\n.SH SYNOPSIS\n\\fB%s\\fR \\fICOMMAND\\fR [OPTION | "
          "OPERAND]...\n",
          cli->name, cli->about, cli->name);
  man_commands(cli, out);
  man_options(cli, out);
  fputs(".SH CONFIGURATION\nOne YAML file. Relative paths are relative to the file. Every setting, "
        "at its "
        "default:\n.PP\n.nf\n",
        out);
  put_troff(out, buf_span(&settings));
  fputs(".fi\n", out);
  fputs(MAN_TAIL, out);
  buf_fini(&settings);
  return whole && !ferror(out);
}
