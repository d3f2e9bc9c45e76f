// SPDX-License-Identifier: Apache-2.0
/** One client charged under all the prefixes of its address at once, because an attacker has a whole IPv6 network, or a
 *  neighbourhood of IPv4 addresses, as easily as one address. A wider prefix may spend `times` what an address may:
 *  its charges are that much cheaper, against the same bound. IPv4-mapped addresses are IPv4 (rules/base/addr.h).
 *  Threads and errors as in rules/signals/kru.h, which holds the loads. */
#ifndef RULES_SIGNALS_PREFIX_CHARGE_H
#define RULES_SIGNALS_PREFIX_CHARGE_H

#include "rules/base/addr.h"
#include "rules/signals/kru.h"

enum { PREFIX_CHARGE_MAX = 4 };

struct prefix_step {
  uint8_t bits;   /* of 32 or of 128; 0 ends the plan */
  uint32_t times; /* at least 1 */
};

struct prefix_plan {
  struct prefix_step v4[PREFIX_CHARGE_MAX], v6[PREFIX_CHARGE_MAX]; /* longest first */
};

/** IPv4 /32 × 1, /24 × 8, /20 × 64. IPv6 /128 × 1, /64 × 1, /56 × 4, /48 × 16: a /64 is one household. */
extern const struct prefix_plan PREFIX_PLAN;

/** What was answered, and by which prefix: the one that refused, else the one with the highest load. */
struct prefix_load {
  uint64_t load; /* in shares of that prefix: `most` is as much for each */
  uint8_t bits;  /* of 32 or of 128 */
};

/** As kru_charge for every prefix, or for none when one would get past `most`: only then the answer is above it. */
struct prefix_load prefix_charge(struct kru *k, mono_ms now, const struct prefix_plan *plan,
                                 uint64_t space, const struct addr *client, uint64_t price,
                                 uint64_t most);

/** The highest load among the prefixes. */
struct prefix_load prefix_peek(const struct kru *k, mono_ms now, const struct prefix_plan *plan,
                               uint64_t space, const struct addr *client);

/** As kru_refund for every prefix. */
void prefix_refund(struct kru *k, mono_ms now, const struct prefix_plan *plan, uint64_t space,
                   const struct addr *client, uint64_t price);

#endif
