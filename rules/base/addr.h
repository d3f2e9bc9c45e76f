// SPDX-License-Identifier: Apache-2.0
/** Network addresses and prefixes, always as 16 bytes: IPv4 lives at ::ffff:0:0/96 (RFC 4291
 * §2.5.5.2), so an IPv4-mapped IPv6 address and the IPv4 address are one and the same. All
 * functions are pure. */
#ifndef RULES_BASE_ADDR_H
#define RULES_BASE_ADDR_H

#include "rules/base/span.h"

struct addr {
  uint8_t bytes[16];
};

struct prefix {
  struct addr addr; /* bits past `bits` are zero */
  uint8_t bits;     /* 0..128; IPv4 /24 is 120 here */
};

enum { ADDR_TEXT_MAX = 46, PREFIX_TEXT_MAX = 50 };

bool addr_is_v4(const struct addr *a);
struct addr addr_from_v4(const uint8_t four[4]);

/** "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "[2001:db8::1]". ERR_SYNTAX. */
int addr_parse(struct span text, struct addr *out);
/** IPv4 as dotted quad, IPv6 as RFC 5952 has it. Answers the length. */
size_t addr_format(const struct addr *a, char out[ADDR_TEXT_MAX]);

/** "192.0.2.0/24", "2001:db8::/32", or an address alone. Bits past the length must be zero:
 * ERR_RANGE. ERR_SYNTAX. */
int prefix_parse(struct span text, struct prefix *out);
size_t prefix_format(const struct prefix *p, char out[PREFIX_TEXT_MAX]);

/** The first `v4_bits` (of 32) of an IPv4 address, the first `v6_bits` (of 128) of an IPv6 one. */
struct prefix prefix_of(const struct addr *a, unsigned v4_bits, unsigned v6_bits);
bool prefix_holds(const struct prefix *p, const struct addr *a);

static inline bool addr_eq(const struct addr *a, const struct addr *b) {
  return memcmp(a->bytes, b->bytes, 16) == 0;
}

#endif
