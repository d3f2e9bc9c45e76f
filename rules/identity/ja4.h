// SPDX-License-Identifier: Apache-2.0
/** JA4, the fingerprint of a TLS client over TCP, made of its ClientHello alone:
 *
 *    t13d1516h2_8daaf6152771_e5627efa2ab1
 *    │││││ │ │  │            └ 12 digits of SHA-256 of "extensions_signature algorithms": the extensions sorted,
 *    │││││ │ │  │              without 0000 and 0010; the algorithms in wire order; no "_" without one
 *    │││││ │ │  └ 12 digits of SHA-256 of the ciphers, sorted
 *    │││││ │ └ first and last character of the first ALPN name, "00" without one
 *    │││└┴─┴ ciphers and extensions, two digits each, 99 at most
 *    ││└ d: a server name was sent, i: none
 *    │└ the highest version offered
 *    └ t: TLS over TCP
 *
 *  Lists are four lower-case hex digits a value, between commas, GREASE left out. An empty list's hash is 000000000000.
 *  A match proves nothing, as a hello can be imitated; a mismatch with what a client claims to be is evidence.
 *  All functions are pure. Source: the JA4 specification of its authors (FoxIO), under the BSD 3-Clause licence.
 *  Its siblings (JA4S, JA4H, JA4T and the others) are under another licence, and are not made here. */
#ifndef RULES_IDENTITY_JA4_H
#define RULES_IDENTITY_JA4_H

#include "rules/identity/hello.h"

enum {
  JA4_TEXT_SIZE = 37, /* 36 characters and a NUL */
  JA4_RAW_SIZE = 12 + 5 * (HELLO_CIPHERS_MAX + HELLO_EXTENSIONS_MAX + HELLO_SIGNATURES_MAX),
};

void ja4_print(const struct hello *hello, char out[JA4_TEXT_SIZE]);

/** JA4_r: the lists themselves where JA4 has their hashes. */
void ja4_print_raw(const struct hello *hello, char out[JA4_RAW_SIZE]);

#endif
