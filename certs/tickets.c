// SPDX-License-Identifier: Apache-2.0
#include "certs/tickets.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* One epoch's key: what HKDF gives, in this order. */
struct ticket_key {
  uint8_t name[TICKETS_NAME_BYTES];
  uint8_t cipher[32];
  uint8_t mac[32];
};

enum { KEY_WORDS = sizeof(struct ticket_key) / sizeof(uint64_t) };
static_assert(sizeof(struct ticket_key) == KEY_WORDS * sizeof(uint64_t), "whole words");

/* Places of a set, newest first. */
enum { NEXT, CURRENT };

struct tickets {
  uint8_t secret[SECRET_BYTES];
  int64_t epoch;               /* of CURRENT; the writer's own */
  EVP_CIPHER *cipher;          /* fetched once: a fetch a handshake costs a lock */
  _Atomic uint64_t generation; /* sets[generation % 2] is in force */
  _Atomic uint64_t sets[2][TICKETS_KEYS][KEY_WORDS];
};

static int64_t epoch_of(real_ms now) {
  return now / TICKETS_EPOCH_MS - (now % TICKETS_EPOCH_MS < 0);
}

static int derive(const struct tickets *t, int64_t epoch, struct ticket_key *out) {
  uint8_t info[] = "ticket key 00000000"; /* the zeros give way to the epoch, big-endian */
  for (int i = 0; i < 8; i++) info[11 + i] = (uint8_t)((uint64_t)epoch >> (56 - 8 * i));
  return secret_hkdf(t->secret, info, sizeof(info) - 1, (uint8_t *)out, sizeof(*out));
}

/** Writes the set that is not in force. Release, so that a reader who meets one of these words in a set that he took
 *  for the one in force also meets the generation that says otherwise. */
static void write_set(struct tickets *t, uint64_t generation, const struct ticket_key *keys) {
  for (int k = 0; k < TICKETS_KEYS; k++) {
    uint64_t words[KEY_WORDS];
    memcpy(words, &keys[k], sizeof(words));
    for (int w = 0; w < KEY_WORDS; w++) {
      atomic_store_explicit(&t->sets[generation % 2][k][w], words[w], memory_order_release);
    }
    OPENSSL_cleanse(words, sizeof(words));
  }
}

static int turn_to(struct tickets *t, int64_t epoch) {
  struct ticket_key keys[TICKETS_KEYS];
  int err = OK;
  for (int k = 0; k < TICKETS_KEYS && !err; k++) err = derive(t, epoch + 1 - k, &keys[k]);
  if (!err) {
    uint64_t generation = atomic_load_explicit(&t->generation, memory_order_relaxed) + 1;
    write_set(t, generation, keys);
    atomic_store_explicit(&t->generation, generation, memory_order_release);
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

static void copy_key(struct tickets *t, uint64_t generation, int place, struct ticket_key *out) {
  uint64_t words[KEY_WORDS];
  for (int w = 0; w < KEY_WORDS; w++) {
    words[w] = atomic_load_explicit(&t->sets[generation % 2][place][w], memory_order_acquire);
  }
  memcpy(out, words, sizeof(*out));
  OPENSSL_cleanse(words, sizeof(words));
}

/** The key of that name in one generation (`name` NULL: the sealing one). Answers its place, or -1. */
static int look_up(struct tickets *t, uint64_t generation, const uint8_t *name,
                   struct ticket_key *out) {
  if (!name) {
    copy_key(t, generation, CURRENT, out);
    return CURRENT;
  }
  for (int place = 0; place < TICKETS_KEYS; place++) {
    copy_key(t, generation, place, out);
    if (memcmp(out->name, name, TICKETS_NAME_BYTES) == 0) return place;
  }
  return -1;
}

/** The same, from a set that stayed in force for the whole look-up; again only if a rotation ended meanwhile. */
static int take_key(struct tickets *t, const uint8_t *name, struct ticket_key *out) {
  for (;;) {
    uint64_t before = atomic_load_explicit(&t->generation, memory_order_acquire);
    int place = look_up(t, before, name, out);
    if (atomic_load_explicit(&t->generation, memory_order_relaxed) == before) return place;
  }
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

int tickets_apply(struct tickets *t, unsigned char name[TICKETS_NAME_BYTES], unsigned char *iv,
                  EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seal) {
  if (seal && RAND_bytes(iv, TICKETS_IV_BYTES) != 1) return -1;
  struct ticket_key key;
  int place = take_key(t, seal ? NULL : name, &key);
  bool armed = place >= 0 && arm(t, &key, iv, cipher, mac, seal);
  if (seal) memcpy(name, key.name, TICKETS_NAME_BYTES);
  OPENSSL_cleanse(&key, sizeof(key));
  if (place < 0) return 0;
  if (!armed) return -1;
  return place > CURRENT ? 2 : 1;
}
