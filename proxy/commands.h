// SPDX-License-Identifier: Apache-2.0
/** The commands of the program, each in the file of its name: command_NAME is in proxy/command_NAME.c or beside what
 *  it commands. Each answers an exit code of proxy/cli.h. Main thread only. */
#ifndef PROXY_COMMANDS_H
#define PROXY_COMMANDS_H

#include "proxy/cli.h"

/** The tables of all commands and options: proxy/commands.c. */
extern const struct cli COMMANDS;

int command_run(const struct invocation *in);
int command_demo(const struct invocation *in);
int command_check(const struct invocation *in);
int command_version(const struct invocation *in);
int command_status(const struct invocation *in);

int command_ban(const struct invocation *in);
int command_unban(const struct invocation *in);
int command_allow(const struct invocation *in);
int command_bans(const struct invocation *in);

int command_log(const struct invocation *in);

int command_certs(const struct invocation *in); /* argv[0] is "dev" or "list" */

int command_rules_check(const struct invocation *in);
int command_rules_fmt(const struct invocation *in);
int command_rules_test(const struct invocation *in);
int command_rules_explain(const struct invocation *in);
int command_rules_apply(const struct invocation *in);
int command_rules_diff(const struct invocation *in);
int command_rules_history(const struct invocation *in);
int command_rules_rollback(const struct invocation *in);

int command_simulate(const struct invocation *in);

#endif
