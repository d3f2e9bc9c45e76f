// SPDX-License-Identifier: Apache-2.0
#include "certs/tickets.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct tickets {
  uint8_t secret[SECRET_BYTES];
  int64_t epoch;      /* of the current key; the writer's own */
  EVP_CIPHER *cipher; /* fetched once: a fetch a handshake costs a lock */
  struct ticket_keys keys;
};

static int64_t epoch_of(real_ms now) {
  return now / TICKETS_EPOCH_MS - (now % TICKETS_EPOCH_MS < 0);
}

static int derive(const struct tickets *t, int64_t epoch, struct ticket_key *out) {
  uint8_t info[] = "ticket key 00000000"; /* the zeros give way to the epoch, big-endian */
  for (int i = 0; i < 8; i++) info[11 + i] = (uint8_t)((uint64_t)epoch >> (56 - 8 * i));
  return secret_hkdf(t->secret, info, sizeof(info) - 1, (uint8_t *)out, sizeof(*out));
}

static int turn_to(struct tickets *t, int64_t epoch) {
  struct ticket_key keys[TICKET_KEYS];
  int err = OK;
  for (int place = 0; place < TICKET_KEYS && !err; place++) {
    err = derive(t, epoch + TICKET_CURRENT - place, &keys[place]);
  }
  if (!err) {
    ticket_keys_put(&t->keys, keys);
    t->epoch = epoch;
  }
  OPENSSL_cleanse(keys, sizeof(keys));
  return err;
}

int tickets_rotate(struct tickets *t, real_ms now) {
  int64_t epoch = epoch_of(now);
  return epoch == t->epoch ? OK : turn_to(t, epoch);
}

int tickets_new(const uint8_t secret[SECRET_BYTES], real_ms now, struct tickets **out) {
  struct tickets *t = calloc(1, sizeof(*t));
  if (!t) return ERR_MEMORY;
  if (secret) memcpy(t->secret, secret, SECRET_BYTES);
  bool drawn = secret || RAND_bytes(t->secret, SECRET_BYTES) == 1;
  t->cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
  int err = drawn && t->cipher ? turn_to(t, epoch_of(now)) : ERR_TLS;
  if (err) {
    ERR_clear_error();
    tickets_free(&t);
    return err;
  }
  *out = t;
  return OK;
}

void tickets_free(struct tickets **t) {
  if (!*t) return;
  EVP_CIPHER_free((*t)->cipher);
  OPENSSL_cleanse(*t, sizeof(**t));
  free(*t);
  *t = NULL;
}

static bool arm(struct tickets *t, const struct ticket_key *key, const unsigned char *iv,
                EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seal) {
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)key->mac, sizeof(key->mac)),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
      OSSL_PARAM_construct_end(),
  };
  return EVP_CipherInit_ex(cipher, t->cipher, NULL, key->cipher, iv, seal) == 1 &&
         EVP_MAC_CTX_set_params(mac, params) == 1;
}

int tickets_apply(struct tickets *t, unsigned char name[TICKET_NAME_BYTES], unsigned char *iv,
                  EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seal) {
  if (seal && RAND_bytes(iv, TICKETS_IV_BYTES) != 1) return -1;
  struct ticket_key key;
  int place = ticket_keys_take(&t->keys, seal ? NULL : name, &key);
  bool armed = place >= 0 && arm(t, &key, iv, cipher, mac, seal);
  if (seal) memcpy(name, key.name, TICKET_NAME_BYTES);
  OPENSSL_cleanse(&key, sizeof(key));
  if (place < 0) return 0;
  if (!armed) return -1;
  return place > TICKET_CURRENT ? 2 : 1;
}
