// SPDX-License-Identifier: Apache-2.0
/** The install's secret: 32 random bytes in a file of their own, outside the store, and the keys derived from them.
 *  Whoever copies the store without this file has digests that mean nothing. */
#ifndef CERTS_SECRET_H
#define CERTS_SECRET_H

#include "certs/why.h"

#include <stddef.h>
#include <stdint.h>

enum { SECRET_BYTES = 32, SECRET_LABEL_MAX = 64, SECRET_DERIVED_MAX = 255 * 32 };

struct secret {
  uint8_t key[SECRET_BYTES];
};

/** Reads the file, or makes it (mode 0600, complete or not at all) when it is not there; two processes that start at
 *  once get the same one. Refused: a file that group or others may read or write (ERR_ACCESS), of another length
 *  (ERR_CORRUPT), and what whole_file_read refuses. Blocking; main thread. On error `*out` is zero. */
int secret_open(const char *path, struct secret *out, struct why *why);

/** `len` bytes for one purpose, up to SECRET_DERIVED_MAX: HKDF-SHA256 without salt, `label` as info (RFC 5869 §2.2,
 *  §2.3). The same label gives the same bytes in every process of the install. Any thread. Labels are ours, so too
 *  long a one is our own fault. ERR_TLS when OpenSSL fails; then `out` is zero. */
int secret_derive(const struct secret *s, const char *label, uint8_t *out, size_t len);

/** Wipes. */
void secret_fini(struct secret *s);

/** HKDF-SHA256 of any key and info, for those who derive further (tickets: one key an epoch). ERR_TLS. Any thread. */
int secret_hkdf(const uint8_t key[SECRET_BYTES], const void *info, size_t info_len, uint8_t *out,
                size_t len);

#endif
