// SPDX-License-Identifier: Apache-2.0
/** Revisions of rules in the store, as the commands see them: rule files again, copied out of the snapshot. Says on
 *  stderr what is wrong. Main thread only. */
#ifndef PROXY_RULE_STORE_H
#define PROXY_RULE_STORE_H

#include "proxy/cli.h"
#include "rules/base/arena.h"
#include "rules/engine/packs.h"
#include "rules/store/revisions.h"

struct rule_revision {
  struct revision is; /* number 0: there is none */
  struct source files[PACKS_SOURCES_MAX];
  size_t count;
};

/** The store of the configuration. CLI_DONE and the caller closes `*env`; `*env` is NULL when there is no store yet and
 *  the mode is ENV_READ. CLI_REFUSED, CLI_USAGE. */
int rule_store_open(const struct invocation *in, enum env_mode mode, struct env **env);

/** Revision `number`, copied into `arena`; 0 and one that is not there give an empty one of number 0. ERR_CORRUPT (the
 *  transaction's error then sticks too, or it is no bundle), ERR_FULL, ERR_MEMORY. */
int rule_store_get(struct txn *t, uint64_t number, struct arena *arena, struct rule_revision *out);

/** "qorgan COMMAND: TEXT". Answers CLI_REFUSED. */
int rule_store_refuse(const struct invocation *in, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** A number from 1 of an operand. ERR_SYNTAX. */
int rule_store_number(const char *text, uint64_t *number);

#endif
