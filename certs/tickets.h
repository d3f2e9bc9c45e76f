// SPDX-License-Identifier: Apache-2.0
/** Keys of TLS session tickets (RFC 5077 §4, RFC 8446 §4.6.1), one set for all workers, turning with time.
 *
 *  Time is cut into epochs of TICKETS_EPOCH_MS by the wall clock. The key of an epoch is HKDF(secret, epoch), so the
 *  process that takes over from this one, or starts again, accepts the tickets that it finds, without telling. Held at
 *  any time, newest first: the *next* epoch (a process whose clock is ahead), the *current* one, the only one that
 *  seals, and the *previous* two; so a key is accepted for three epochs, 24 hours.
 *
 *  One writer (tickets_rotate), any number of readers, who take no lock and never wait (certs/ticket_keys.h). Keys that
 *  were copied are wiped before the callback answers. */
#ifndef CERTS_TICKETS_H
#define CERTS_TICKETS_H

#include "certs/secret.h"
#include "certs/ticket_keys.h"
#include "rules/base/clock.h"

#include <openssl/types.h>

#define TICKETS_EPOCH_MS ((real_ms)8 * 3600 * 1000)

enum { TICKETS_IV_BYTES = 16 };

struct tickets;

/** `secret` is copied: give bytes derived for this purpose, secret_derive(s, "session tickets", …); NULL draws one
 *  that dies with this process. ERR_MEMORY, ERR_TLS. */
int tickets_new(const uint8_t secret[SECRET_BYTES], real_ms now, struct tickets **out);
/** After the last reader. Wipes. */
void tickets_free(struct tickets **t);

/** Turns the keys to the epoch of `now`; nothing to do within the same epoch, so call it as often as is handy (each
 *  minute, from one thread). A clock set back turns them back. ERR_TLS: the old keys stay. */
int tickets_rotate(struct tickets *t, real_ms now);

/** The body of SSL_CTX_set_tlsext_ticket_key_evp_cb's callback, under its contract. AES-256-CBC, HMAC-SHA256.
 *  `seal` 1: writes name and IV, answers 1. `seal` 0: answers 0 for an unknown name (full handshake), 1 for the
 *  current and the next key, 2 for an older one (accept, and give a new ticket). -1: OpenSSL failed. Any thread. */
int tickets_apply(struct tickets *t, unsigned char name[TICKET_NAME_BYTES], unsigned char *iv,
                  EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seal);

#endif
