// SPDX-License-Identifier: Apache-2.0
/** What the commands on rules begin with: the files that are meant, and the program they make. Says on stderr (or, of
 *  errors in rules with --json, on stdout) what is wrong. Main thread only. */
#ifndef PROXY_RULE_INPUT_H
#define PROXY_RULE_INPUT_H

#include "proxy/cli.h"
#include "proxy/rule_files.h"
#include "rules/base/buf.h"
#include "rules/lang/program.h"

/** `count` paths, behind the packs. The caller calls rule_files_fini in any case. CLI_DONE, CLI_USAGE. */
int rule_input_paths(const struct invocation *in, char *const *paths, size_t count,
                     struct rule_files *files);

/** The operands; when there are none, the files of the configuration. CLI_DONE, CLI_USAGE. */
int rule_input_read(const struct invocation *in, struct rule_files *files);

/** NULL: it has been said why. */
struct program *rule_input_compile(const struct invocation *in, const struct source *sources,
                                   size_t count);

void rule_input_print(const struct buf *text, FILE *to);

#endif
