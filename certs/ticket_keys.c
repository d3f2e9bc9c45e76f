// SPDX-License-Identifier: Apache-2.0
#include "certs/ticket_keys.h"

#include <openssl/crypto.h>
#include <stddef.h>
#include <string.h>

/* Words are stored with release and loaded with acquire: a reader who meets a word of a later set, in the buffer that
 * he took for the one in force, thereby also meets the generation that says otherwise. (Fences would do; the thread
 * sanitizer does not know them.) */

void ticket_keys_put(struct ticket_keys *k, const struct ticket_key set[TICKET_KEYS]) {
  uint64_t generation = atomic_load_explicit(&k->generation, memory_order_relaxed) + 1;
  for (int place = 0; place < TICKET_KEYS; place++) {
    uint64_t words[TICKET_KEY_WORDS];
    memcpy(words, &set[place], sizeof(words));
    for (int w = 0; w < TICKET_KEY_WORDS; w++) {
      atomic_store_explicit(&k->sets[generation % 2][place][w], words[w], memory_order_release);
    }
    OPENSSL_cleanse(words, sizeof(words));
  }
  atomic_store_explicit(&k->generation, generation, memory_order_release);
}

static void copy_key(struct ticket_keys *k, uint64_t generation, int place,
                     struct ticket_key *out) {
  uint64_t words[TICKET_KEY_WORDS];
  for (int w = 0; w < TICKET_KEY_WORDS; w++) {
    words[w] = atomic_load_explicit(&k->sets[generation % 2][place][w], memory_order_acquire);
  }
  memcpy(out, words, sizeof(*out));
  OPENSSL_cleanse(words, sizeof(words));
}

static int look_up(struct ticket_keys *k, uint64_t generation, const uint8_t *name,
                   struct ticket_key *out) {
  if (!name) {
    copy_key(k, generation, TICKET_CURRENT, out);
    return TICKET_CURRENT;
  }
  for (int place = 0; place < TICKET_KEYS; place++) {
    copy_key(k, generation, place, out);
    if (memcmp(out->name, name, TICKET_NAME_BYTES) == 0) return place;
  }
  return -1;
}

int ticket_keys_take(struct ticket_keys *k, const uint8_t *name, struct ticket_key *out) {
  for (;;) {
    uint64_t before = atomic_load_explicit(&k->generation, memory_order_acquire);
    int place = look_up(k, before, name, out);
    if (atomic_load_explicit(&k->generation, memory_order_relaxed) == before) return place;
  }
}
