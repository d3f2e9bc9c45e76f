// SPDX-License-Identifier: Apache-2.0
/** One certificate with its chain and its key, read, checked and described. Immutable once loaded. */
#ifndef CERTS_CERT_H
#define CERTS_CERT_H

#include "certs/why.h"
#include "rules/base/arena.h"
#include "rules/base/clock.h"

#include <openssl/types.h>
#include <openssl/x509.h>

/** Kinds of keys that browsers take, one row each: name, OpenSSL's type, least bits. */
#define CERT_KIND_TABLE(X)                                                                         \
  X(EC, EVP_PKEY_EC, 256)                                                                          \
  X(RSA, EVP_PKEY_RSA, 2048)

enum cert_kind {
#define X(name, type, bits) CERT_##name,
  CERT_KIND_TABLE(X)
#undef X
      CERT_KIND_COUNT
};

struct cert {
  X509 *leaf; /* owned, as chain and key are */
  STACK_OF(X509) * chain;
  EVP_PKEY *key;
  enum cert_kind kind;
  real_ms not_before, not_after;
  struct span *names; /* certs/names.h; these and the texts below are the arena's */
  size_t name_count;
  struct span certificate_path, key_path; /* ended by NUL, too */
  struct span kind_text;                  /* "EC P-256", "RSA 2048" */
  struct span issuer;                     /* for people */
  bool is_ca;                             /* says of itself that it may sign others */
};

/** Reads both files and checks that they belong together and that the key is strong enough; a validity that is over or
 *  has not begun is no error (certs/expiry.h). Advice goes to the log: a key that anybody may read, a chain out of
 *  order. Texts live in `arena`, which outlives `*out`.
 *  As certs/pem.h has it, and ERR_RANGE (weak key), ERR_UNSUPPORTED (kind of key), ERR_SYNTAX (they do not belong
 *  together, names broken); then `*out` is empty. Blocking; main thread and commands. */
int cert_load(const char *certificate_path, const char *key_path, struct arena *arena,
              struct cert *out, struct why *why);

/** Frees leaf, chain and key (and with it wipes the key, once no connection uses it). Safe on an empty one. */
void cert_fini(struct cert *c);

/** Within its validity. Pure. */
static inline bool cert_valid_at(const struct cert *c, real_ms now) {
  return now >= c->not_before && now < c->not_after;
}

#endif
