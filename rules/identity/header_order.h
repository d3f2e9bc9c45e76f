// SPDX-License-Identifier: Apache-2.0
/** The header-order print: 12 hex digits of the names of a request's headers, their order and their case.
 *  Libraries and browsers write them in habits of their own, and an impersonator seldom gets all of them right.
 *  It tells builds of clients apart, not people: values, cookies and what depends on the single request stay out.
 *
 *  To make it:
 *    1. Take the names as they were sent, in order. Leave out pseudo-headers (":method"; rules/identity/h2print.h has
 *       them) and, in any case of letters, the names of HEADER_ORDER_LEFT_OUT.
 *    2. Write each name, followed by one byte 0x0a. Cut each such piece into words of 8 bytes, the first byte lowest,
 *       the last word filled up with zeros.
 *    3. hash := 0x9e3779b97f4a7c15, and for each word, all modulo 2^64:
 *         hash := (hash xor word) * 0xff51afd7ed558ccd; hash := hash xor (hash >> 32)
 *    4. hash := hash * 0xc4ceb9fe1a85ec53; hash := hash xor (hash >> 29). Print its highest 48 bits as 12 lower-case
 *       hex digits. Without any name the print is 000000000000.
 *
 *  The hash has no key, so that prints can be compared between machines; it is no defence against one who seeks two
 *  orders with the same print, which would gain him nothing. One thread; nothing is allocated. */
#ifndef RULES_IDENTITY_HEADER_ORDER_H
#define RULES_IDENTITY_HEADER_ORDER_H

#include "rules/base/span.h"

enum { HEADER_ORDER_TEXT_SIZE = 13 };

/* What a client sends with one request and not with the next: state, conditions, bodies, where it came from. */
#define HEADER_ORDER_LEFT_OUT(X)                                                                   \
  X("cookie")                                                                                      \
  X("authorization")                                                                               \
  X("referer")                                                                                     \
  X("origin")                                                                                      \
  X("content-length")                                                                              \
  X("content-type")                                                                                \
  X("transfer-encoding")                                                                           \
  X("cache-control")                                                                               \
  X("pragma")                                                                                      \
  X("range")                                                                                       \
  X("if-range")                                                                                    \
  X("if-match")                                                                                    \
  X("if-none-match")                                                                               \
  X("if-modified-since")                                                                           \
  X("if-unmodified-since")

struct header_order {
  uint64_t hash;
  uint32_t count; /* names that were taken */
};

void header_order_init(struct header_order *o);

/** The next name as it was sent, any bytes. */
void header_order_add(struct header_order *o, struct span name);

void header_order_finish(const struct header_order *o, char out[HEADER_ORDER_TEXT_SIZE]);

#endif
