// SPDX-License-Identifier: Apache-2.0
/** What the engine remembers, and how little it must know to do so. The engine is pure: it keeps nothing between two
 *  calls but through this interface, which rules/store fulfils with LMDB and the simulator with plain memory.
 *
 *  No call waits: a read is answered from what is at hand, a write is taken or refused at once. Refused (ERR_AGAIN)
 *  means "later": a counter goes on counting and saves the sum next time, a ban or an event is kept and given again.
 *  One `struct memory` belongs to one worker; its `self` may share with others what it needs. */
#ifndef RULES_ENGINE_MEMORY_H
#define RULES_ENGINE_MEMORY_H

#include "rules/base/addr.h"
#include "rules/base/clock.h"
#include "rules/base/err.h"

/** What is known of something, under a digest of its name: bytes of the engine's own making, which begin with their
 *  version. */
enum memory_kind {
  MEMORY_ACCOUNT, /* by username digest: trust history, failures, flags */
  MEMORY_CLIENT   /* by prefix or fingerprint: decayed counters */
};

enum { MEMORY_DIGEST_BYTES = 16, MEMORY_VALUE_MAX = 928 };

struct memory_digest {
  uint8_t bytes[MEMORY_DIGEST_BYTES]; /* keyed; all zero: none */
};

enum memory_listing { MEMORY_UNLISTED, MEMORY_BANNED, MEMORY_ALLOWED };

struct memory_ban {
  struct prefix prefix;
  real_ms since, until;
  struct span reason, source; /* for people; the source is the rule */
};

enum { MEMORY_TEXT_MAX = 200, MEMORY_FACTS_MAX = 320 };

/** One line of the journal. Texts are cut at MEMORY_TEXT_MAX, `facts` past MEMORY_FACTS_MAX are an error. Names of
 *  verdicts, outcomes and kinds are those of the access log. An absent text is empty. */
struct memory_event {
  real_ms at;
  struct addr client;
  uint64_t
      request; /* the 16 hex digits of its id in the access log and on refusal pages, as a number */
  struct memory_digest user; /* digest of the username */
  int32_t score_db;          /* tenths of a deciban */
  uint8_t tier;              /* of trust, 0..3 */
  struct span kind;          /* "page", "login", "ban", "apply"... */
  struct span verdict, outcome, rule;
  struct span site, path, agent;
  struct span ja4, h2, headers; /* prints */
  struct span facts;            /* what a replay needs beside these: the engine's own bytes */
};

struct memory_calls {
  /** What lists say of an address at `now`. */
  enum memory_listing (*listed)(void *self, const struct addr *addr, real_ms now);
  /** OK: in force as soon as it is on the disk. ERR_AGAIN, ERR_RANGE. Borrows. */
  int (*ban)(void *self, const struct memory_ban *ban);
  /** True with a copy in `out` and its length; false: nothing. What was saved within the last second may not be seen
   *  yet: who saves keeps it as long. */
  bool (*load)(void *self, enum memory_kind kind, const struct memory_digest *key,
               char out[MEMORY_VALUE_MAX], size_t *len);
  /** Replaces; an empty value forgets. ERR_AGAIN, ERR_RANGE (past MEMORY_VALUE_MAX). Borrows. */
  int (*save)(void *self, enum memory_kind kind, const struct memory_digest *key,
              struct span value);
  /** To the journal. ERR_AGAIN, ERR_RANGE. Borrows. */
  int (*record)(void *self, const struct memory_event *event);
};

struct memory {
  const struct memory_calls *calls;
  void *self;
};

#endif
