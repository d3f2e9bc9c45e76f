// SPDX-License-Identifier: Apache-2.0
#include "proxy/commands.h"
#include "rules/base/log.h"

static void to_stderr(enum log_level level, struct span line) {
  static const char *const NAMES[] = {"error", "warning", "info", "debug"};
  fprintf(stderr, "qorgan: %s: %.*s\n", NAMES[level], SPAN_ARG(line));
}

int main(int argc, char **argv) {
  log_set_sink(to_stderr, LOG_INFO);
  return cli_run(&COMMANDS, argc, argv, stdout, stderr);
}
