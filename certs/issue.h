// SPDX-License-Identifier: Apache-2.0
/** Makes keys and X.509 certificates (RFC 5280) for development and tests: a CA bound by name constraints, and the
 *  server certificates that it signs. Files and policy are certs/dev_ca.h's. */
#ifndef CERTS_ISSUE_H
#define CERTS_ISSUE_H

#include "certs/cert.h"

/** What a certificate says. `names`: host names, wildcards and IP addresses, at least one; a CA's are what it may sign
 *  for, where a prefix ("10.0.0.0/8") may stand, too, and "example.kz" includes all names below it. */
struct issue_terms {
  const char *common_name;
  const struct span *names;
  size_t name_count;
  real_ms not_before, not_after;
};

/** P-256 or RSA-2048, the caller's to free. NULL: OpenSSL failed. */
EVP_PKEY *issue_key(enum cert_kind kind);

/** Self-signed; may sign server certificates (path length 0) within its names only (RFC 5280 §4.2.1.10).
 *  NULL: OpenSSL failed, or a name was not one. */
X509 *issue_ca(EVP_PKEY *key, const struct issue_terms *terms);

/** A TLS server's, for `key`, signed by that CA. NULL as above. */
X509 *issue_leaf(EVP_PKEY *key, const struct issue_terms *terms, X509 *ca, EVP_PKEY *ca_key);

/** Whether the CA's name constraints let it sign this leaf. */
bool issue_permits(X509 *ca, X509 *leaf);

#endif
