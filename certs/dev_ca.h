// SPDX-License-Identifier: Apache-2.0
/** A development CA and a server certificate, made on the spot and kept in a folder:
 *
 *    ca.pem    the CA: to be trusted by the developer's own browser or curl, nobody else's   mode 0644
 *    ca.key    its key                                                                       mode 0600
 *    cert.pem  the server's certificate                                                      mode 0644
 *    key.pem   its key                                                                       mode 0600
 *
 *  Should ca.key leak, its harm is bounded: name constraints hold the CA to local names, private addresses and the
 *  names that were asked for when it was made. Making is idempotent: what still serves is kept. */
#ifndef CERTS_DEV_CA_H
#define CERTS_DEV_CA_H

#include "certs/cert.h"

#define DEV_CA_COMMON_NAME "Qorgan development CA (do not trust elsewhere)"

enum { DEV_CA_DAYS = 730, DEV_CA_LEAF_DAYS = 90, DEV_CA_RENEW_DAYS = 30, DEV_CA_NAMES_MAX = 100 };

struct dev_ca_wish {
  const char *folder; /* made with mode 0700 when it is not there; its parent must be */
  const struct span
      *names;          /* host names, wildcards, IP addresses; none: localhost, 127.0.0.1 and ::1 */
  size_t name_count;   /* up to DEV_CA_NAMES_MAX */
  enum cert_kind kind; /* of the server's key; the CA's is P-256 */
};

struct dev_ca {
  struct arena arena; /* holds all texts below and those of the certificates */
  struct cert ca, leaf;
  bool ca_made, leaf_made; /* made now; else they were there and good */
};

/** Reads what the folder holds and makes what is missing, has other names or another kind of key, or ends within
 *  DEV_CA_RENEW_DAYS of `now`. Refused, with nothing touched: a name that is none (ERR_SYNTAX); a name that an existing
 *  CA may not sign for (ERR_RANGE); certificates in the folder that this function did not make (ERR_EXISTS); a CA of
 *  which one file is missing (ERR_NOT_FOUND). And as whole_file_replace, cert_load; ERR_TLS.
 *  On OK the caller ends `*out` with dev_ca_fini. Blocking; main thread and commands. */
int dev_ca_make(const struct dev_ca_wish *wish, real_ms now, struct dev_ca *out, struct why *why);

void dev_ca_fini(struct dev_ca *d);

#endif
