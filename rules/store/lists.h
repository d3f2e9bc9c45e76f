// SPDX-License-Identifier: Apache-2.0
/** The database `lists`: which prefixes are banned, allowed or marked, until when, why and by whom.
 *  Several lists live side by side: the operator's "ban" and "allow", the engine's, a feed's. A prefix stands in a list
 *  at most once. What wins where lists meet is the table's to say (list_table.h).
 *
 *      key     length of the name (1)   name   address (16)   bits (1)
 *      value   record: action (1)   since (8)   until (8)   reason   source
 *
 *  One transaction each; errors stick in it. */
#ifndef RULES_STORE_LISTS_H
#define RULES_STORE_LISTS_H

#include "rules/base/addr.h"
#include "rules/base/clock.h"
#include "rules/store/record.h"
#include "rules/store/txn.h"

enum lists_action {
  LISTS_BAN = 1,   /* closed at accept */
  LISTS_ALLOW = 2, /* never banned, by whatever list */
  LISTS_MARK = 3   /* belongs to the list, which rules ask about; nothing more */
};

enum { LISTS_NAME_MAX = 64, LISTS_REASON_MAX = 255, LISTS_SOURCE_MAX = 64 };
enum { LISTS_KEY_MAX = 1 + LISTS_NAME_MAX + 16 + 1 };
enum { LISTS_VALUE_MAX = RECORD_OVERHEAD_BYTES + 17 + 4 + LISTS_REASON_MAX + LISTS_SOURCE_MAX };
#define LISTS_FOREVER INT64_MAX

/** The lists that commands and the engine write to. */
#define LISTS_OF_BANS SPAN("ban")
#define LISTS_OF_ALLOWS SPAN("allow")

struct lists_entry {
  struct span list; /* 1..LISTS_NAME_MAX bytes: a-z 0-9 _ - . / */
  struct prefix prefix;
  enum lists_action action;
  real_ms since, until;       /* in force while now < until; LISTS_FOREVER */
  struct span reason, source; /* texts for people; borrowed */
};

/** Replaces the entry of the same list and prefix. ERR_RANGE sticks: a name or text out of its bounds. */
void lists_put(struct txn *t, const struct lists_entry *entry);
/** False: absent, or damaged, which is the same to whoever asks. Texts are borrowed from the snapshot. */
bool lists_get(struct txn *t, struct span list, const struct prefix *prefix,
               struct lists_entry *entry);
bool lists_delete(struct txn *t, struct span list, const struct prefix *prefix);

/** Walks one list, or all of them (an empty name), in the order of list, address and length. */
struct lists_walk {
  struct cursor cursor;
  struct span list;
  bool begun;
  uint64_t damaged; /* values passed over because they are not what was written */
};

void lists_walk_open(struct lists_walk *w, struct txn *t, struct span list);
/** False: at the end, or an error sticks. */
bool lists_walk_next(struct lists_walk *w, struct lists_entry *entry);
void lists_walk_close(struct lists_walk *w);

/** Deletes entries that ended at or before `now`, at most `count_max`. Answers how many. */
uint64_t lists_expire(struct txn *t, real_ms now, uint64_t count_max);

/** One stored entry from its bytes, for readers and fuzzers: any bytes are safe. ERR_CORRUPT, ERR_VERSION. Pure. */
int lists_decode(struct span key, struct span value, struct lists_entry *entry);

#endif
