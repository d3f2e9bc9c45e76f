// SPDX-License-Identifier: Apache-2.0
/** Names that a certificate is for: host names as A-labels in lower case, one wildcard as the whole left-most label
 *  (RFC 9525 §6.3), and IP addresses as text. Others in it (e-mail, URI) mean nothing to a server. */
#ifndef CERTS_NAMES_H
#define CERTS_NAMES_H

#include "rules/base/arena.h"

#include <openssl/types.h>

enum { NAMES_HOST_MAX = 253 }; /* bytes of a host name, RFC 1035 §2.3.4 without the final dot */

/** Letters, digits, '-', '_' in labels of 1 to 63 bytes; "*." may stand before. Any case. No final dot. Pure. */
bool names_is_host(struct span name);

/** The subject alternative names, in order; without any host name there, the common name if it looks like a host name
 *  (browsers ignore it, curl and older clients do not). Texts and array are the arena's.
 *  ERR_SYNTAX: the extension does not parse. ERR_MEMORY: the arena is full. */
int names_of(const X509 *certificate, struct arena *arena, struct span **out, size_t *count);

/** The common name of a subject or issuer, else its organisation, else "-"; what is not printable becomes '?'. */
struct span names_for_people(const X509_NAME *who, struct arena *arena);

#endif
