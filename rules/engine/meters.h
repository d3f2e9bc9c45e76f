// SPDX-License-Identifier: Apache-2.0
/** What limits and signals count with, and lists that live outside the program: the engine names a limit, signal or
 *  list
 *  by its place in the program's table and a key by a keyed digest; where the numbers are is for others to know (tables
 *  shared by all workers, plain memory in the simulator and in `rules test`).
 *
 *  Every call answers at once. Time is monotonic milliseconds, an argument, and may stand still but not go back. */
#ifndef RULES_ENGINE_METERS_H
#define RULES_ENGINE_METERS_H

#include "rules/base/addr.h"
#include "rules/base/clock.h"
#include "rules/base/siphash.h"

struct meter_key {
  uint64_t digest; /* of all parts but the client's address; 0 if there are none */
  const struct addr
      *client; /* NULL: the address is no part. Else count it alone and by its wider prefixes */
};

struct charge {
  bool over; /* past the limit, or held since it was: the limit's action applies */
  double
      count; /* what stands there now, in the limit's unit; of several prefixes that which is nearest its limit */
  int64_t retry_ms; /* when over: until it may be tried again */
};

struct meters {
  void *self;
  struct siphash_key digest_key;

  /** Charges program->limits[limit]. What would go past the limit is not added, so that who is refused does not push
   *  his own
   *  release away. A price of 0 only looks. A limit with hold_ms answers `over` for that long once it was exceeded. */
  struct charge (*charge)(void *self, uint32_t limit, struct meter_key key, mono_ms now,
                          double price);

  /** Takes back what was charged. */
  void (*refund)(void *self, uint32_t limit, struct meter_key key, mono_ms now, double price);

  /** One more for program->signals[signal]; `item` is the digest of what a `distinct` tells apart, else 0. False: it
   *  was counted already, and is not to be taken back. */
  bool (*note)(void *self, uint32_t signal, struct meter_key key, uint64_t item, mono_ms now);

  /** Takes one back, as far as the structure can: a success is not a failure. */
  void (*unnote)(void *self, uint32_t signal, struct meter_key key, uint64_t item, mono_ms now);

  /** How many stand there now; 0 if none. */
  double (*reading)(void *self, uint32_t signal, struct meter_key key, mono_ms now);

  /** Whether program->lists[list], one without a set of its own, holds the address. */
  bool (*listed)(void *self, uint32_t list, const struct addr *addr);
};

#endif
