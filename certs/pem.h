// SPDX-License-Identifier: Apache-2.0
/** Certificates and keys from and to PEM files (RFC 7468). Errors name the file, the reason and the mend.
 *  Blocking: main thread and commands, never a worker's loop. */
#ifndef CERTS_PEM_H
#define CERTS_PEM_H

#include "certs/why.h"

#include <openssl/types.h>
#include <openssl/x509.h>

enum {
  PEM_CHAIN_MAX = 10
}; /* certificates after the first; more are refused: clients give up there too */

/** The first certificate and those after it, in the file's order. Both are the caller's to free (X509_free,
 *  sk_X509_pop_free); `*chain` is never NULL. What stands between the certificates is not looked at.
 *  As whole_file_read, and ERR_SYNTAX, ERR_FULL, ERR_MEMORY. */
int pem_read_chain(const char *path, X509 **leaf, STACK_OF(X509) * *chain, struct why *why);

/** The first private key, without a passphrase. EVP_PKEY_free wipes it. As whole_file_read, and ERR_SYNTAX,
 *  ERR_UNSUPPORTED (behind a passphrase). `*mode` as stat gives it, if wanted. */
int pem_read_key(const char *path, EVP_PKEY **key, mode_t *mode, struct why *why);

/** One certificate, mode 0644; a key as PKCS #8, mode 0600. As whole_file_replace, and ERR_MEMORY. */
int pem_write_certificate(const char *path, const X509 *certificate, struct why *why);
int pem_write_key(const char *path, const EVP_PKEY *key, struct why *why);

#endif
