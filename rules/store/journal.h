// SPDX-License-Identifier: Apache-2.0
/** The journal: what was decided and what came of it, in order, each entry chained to the one before, so that nobody
 *  can change, remove or insert one unseen.
 *
 *      key     sequence (8, big-endian), from 1, without gaps
 *      value   record: at (8)   hash (32)   event bytes
 *      hash    SHA-256 over the hash before, sequence (8), at (8), event bytes; all integers little-endian
 *
 *  The hash before the first entry ever is the install id with zeros behind it. `meta` keeps both ends: the last hash
 *  that retention deleted, which the first entry is checked against, and the last hash written, so that a cut tail is
 *  seen. (An attacker with the whole file can make both anew: print the end now and then and keep it elsewhere.)
 *  Entries are never torn: an entry and the ends are one transaction. */
#ifndef RULES_STORE_JOURNAL_H
#define RULES_STORE_JOURNAL_H

#include "rules/base/clock.h"
#include "rules/store/txn.h"

enum { JOURNAL_HASH_BYTES = 32, JOURNAL_EVENT_MAX = 900, JOURNAL_DISORDER_MS = 10000 };

struct journal_ends {
  uint64_t first, last; /* sequences; first == last + 1: empty */
  uint64_t bytes;       /* of keys and values kept */
  uint8_t before_first[JOURNAL_HASH_BYTES], at_last[JOURNAL_HASH_BYTES];
};

struct journal_entry {
  uint64_t sequence;
  real_ms at;
  uint8_t hash[JOURNAL_HASH_BYTES];
  struct span event; /* event.h; borrowed from the snapshot */
};

/** Answers the sequence, or 0 with an error stuck: ERR_RANGE, an event past JOURNAL_EVENT_MAX. */
uint64_t journal_append(struct txn *t, real_ms at, struct span event);

/** ERR_CORRUPT sticks when they are not what was written. */
struct journal_ends journal_ends(struct txn *t);

/** Deletes the oldest, at most `count_max`: those before `oldest`, and while more than `bytes_max` are kept. Answers
 *  how many. The last entry always stays. */
uint64_t journal_trim(struct txn *t, uint64_t bytes_max, real_ms oldest, uint64_t count_max);

/** Walks forward. Damaged entries are passed over and counted. */
struct journal_walk {
  struct cursor cursor;
  uint64_t from; /* sequence to begin with */
  real_ms since, until;
  bool begun;
  uint64_t damaged;
};

/** From sequence `from` on (0: found by time), entries with since <= at < until. Events of several workers may be out
 *  of order by their time, but not by more than JOURNAL_DISORDER_MS. */
void journal_walk_open(struct journal_walk *w, struct txn *t, uint64_t from, real_ms since,
                       real_ms until);
bool journal_walk_next(struct journal_walk *w, struct journal_entry *entry);
void journal_walk_close(struct journal_walk *w);

struct journal_verdict {
  uint64_t checked; /* entries whose hash holds */
  uint64_t broken;  /* sequence where the chain breaks; 0: nowhere */
};

/** Walks the whole chain, end to end. False: it breaks, or an error sticks. About a microsecond an entry. */
bool journal_verify(struct txn *t, struct journal_verdict *verdict);

/** One stored entry from its bytes; any bytes are safe. ERR_CORRUPT, ERR_VERSION. Pure. */
int journal_decode(struct span key, struct span value, struct journal_entry *entry);

#endif
