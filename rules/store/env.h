// SPDX-License-Identifier: Apache-2.0
/** One LMDB environment: the folder in which everything lives that must survive. The proxy and the commands open the
 *  same one at the same time; only a second proxy is refused. Every commit is synced before it is answered.
 *
 *  Files, all mode 0600 in a folder of mode 0700: data.mdb, lock.mdb (LMDB's), use.lock (ours, see lock.h).
 *  Threads: open and close on one thread; in between any thread may begin transactions (txn.h).
 *  Never carry an open environment over a fork. */
#ifndef RULES_STORE_ENV_H
#define RULES_STORE_ENV_H

#include "rules/base/err.h"
#include "rules/base/span.h"
#include "rules/store/lock.h"

/* Identifier, name, watched: a commit that changed it raises its generation, which other processes notice. */
/* clang-format off */
#define DATABASE_TABLE(X)                                                                                             \
  X(META,      "meta",      false, "schema version, install id, generations, ends of the journal")                    \
  X(RULES,     "rules",     true,  "revision -> source text, author, note, time")                                     \
  X(LISTS,     "lists",     true,  "list, prefix, length -> action, until, reason, source")                           \
  X(ACCOUNTS,  "accounts",  false, "username digest -> what is remembered of an account")                             \
  X(CLIENTS,   "clients",   false, "prefix or fingerprint -> counters")                                               \
  X(JOURNAL,   "journal",   false, "sequence -> event, hash-chained")                                                 \
  X(INCIDENTS, "incidents", true,  "id -> start, end, counts, accounts to reset")                                     \
  X(FEEDS,     "feeds",     true,  "name -> compiled set, used in place")
/* clang-format on */

enum database {
#define X(id, name, watched, help) DATABASE_##id,
  DATABASE_TABLE(X)
#undef X
      DATABASE_COUNT
};

enum env_mode {
  ENV_PROXY,   /* reads and writes; ERR_BUSY while another proxy has the store */
  ENV_COMMAND, /* reads and writes, beside a running proxy or alone */
  ENV_READ     /* reads only; creates and changes nothing */
};

struct env_options {
  const char *path;        /* folder; made if its parent is there, unless the mode is ENV_READ */
  uint64_t size_max_bytes; /* of data.mdb; a store never shrinks below the largest it was given */
  enum env_mode mode;
};

/** What is wrong and how to mend it, for people. */
struct env_error {
  char text[512];
};

enum { ENV_INSTALL_ID_BYTES = 16 };

struct env {
  struct MDB_env *mdb;
  unsigned dbi[DATABASE_COUNT];
  enum env_mode mode;
  struct lock lock;
  uint8_t install_id[ENV_INSTALL_ID_BYTES]; /* made by chance when the store was made */
  char path[4096];
};

struct env_usage {
  uint64_t used_bytes;     /* pages in use and pages free for reuse */
  uint64_t size_max_bytes; /* the map */
  unsigned readers, readers_max;
};

/** ERR_NOT_FOUND (ENV_READ, no store there), ERR_ACCESS, ERR_BUSY, ERR_CORRUPT, ERR_VERSION, ERR_FULL, ERR_IO,
 *  ERR_MEMORY; then `*why` is filled and `*out` untouched. The first to open a store checks all of it (inspect.h). */
int env_open(const struct env_options *options, struct env **out, struct env_error *why);
/** All transactions must be over. Nulls the caller's pointer. */
void env_close(struct env **env);

/** Number of the last commit by any process: two loads, no transaction. Any thread. */
uint64_t env_last_commit(const struct env *env);

/** Any thread. */
struct env_usage env_usage(const struct env *env);

/** Frees the reader slots of processes that died. Answers how many. Any thread. */
int env_drop_dead_readers(struct env *env);

/** LMDB's code, or errno's, in our space. ENOSPC, EDQUOT, EFBIG, EIO (what LMDB answers when it grows into the end of
 *  a disk) and MDB_MAP_FULL all are ERR_FULL: the same to the operator, and what was committed is safe in each. */
enum err env_translate(int code);

/** One sentence that says what `err` means for this store and what to do about it. Static. */
const char *env_explain(enum err err);

#endif
