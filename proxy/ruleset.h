// SPDX-License-Identifier: Apache-2.0
/** The rules that a configuration asks for, ready for the workers: the packs that the program carries, and behind them
 *  the store's active revision, or where none was applied yet the configuration's rule files. Main thread only. */
#ifndef PROXY_RULESET_H
#define PROXY_RULESET_H

#include "proxy/config.h"
#include "proxy/flow/policy.h"
#include "rules/store/env.h"

struct ruleset_wish {
  const char *command; /* for what is said on stderr: "qorgan COMMAND: " */
  const struct config *config;
  struct env *env;             /* NULL: no store */
  const struct policy *before; /* whose counts go on; or NULL */
  struct policy_keys keys;
  mono_ms now;
};

/** One reference, the caller's. ERR_SYNTAX, ERR_RANGE, ERR_NOT_FOUND, ERR_MEMORY, having said on stderr what is wrong:
 *  file, line, column, caret and mend. */
int ruleset_load(const struct ruleset_wish *wish, struct policy **out);

#endif
