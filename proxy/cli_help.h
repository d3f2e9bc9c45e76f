// SPDX-License-Identifier: Apache-2.0
/** What the tables of proxy/cli.h say, for people: help texts and the manual page. */
#ifndef PROXY_CLI_HELP_H
#define PROXY_CLI_HELP_H

#include "proxy/cli.h"

/** `qorgan --help`. */
void cli_help_program(const struct cli *cli, FILE *out);
/** `qorgan COMMAND --help`. */
void cli_help_command(const struct cli *cli, const struct cli_command *command, FILE *out);
/** "usage: qorgan ban PREFIX [--for DURATION] ..." in one line. */
void cli_help_usage(const struct cli *cli, const struct cli_command *command, FILE *out);
/** `qorgan --man`: troff with the man macros (man(7), groff_man(7)). False: out of memory. */
bool cli_help_man(const struct cli *cli, FILE *out);

/** Whether `command` takes `option`. Pure. */
bool cli_help_takes(const struct cli_command *command, const struct cli_option *option);

#endif
