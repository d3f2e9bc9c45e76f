// SPDX-License-Identifier: Apache-2.0
#include "certs/ticket_keys.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/** Set number `n`: every byte of the key at `place` is n * TICKET_KEYS + place. */
static void put(struct ticket_keys *k, unsigned n) {
  struct ticket_key set[TICKET_KEYS];
  for (unsigned place = 0; place < TICKET_KEYS; place++) {
    memset(&set[place], (int)(n * TICKET_KEYS + place) & 0xff, sizeof(set[place]));
  }
  ticket_keys_put(k, set);
}

static bool is_whole(const struct ticket_key *key) {
  const uint8_t *bytes = (const uint8_t *)key;
  return memcmp(bytes, bytes + 1, sizeof(*key) - 1) == 0;
}

static void keys_are_found_by_name_in_the_last_set(void **state) {
  static struct ticket_keys k;
  struct ticket_key key, old;
  uint8_t name[TICKET_NAME_BYTES];
  for (unsigned n = 0; n < 5; n++) {
    put(&k, n);
    assert_int_equal(ticket_keys_take(&k, NULL, &key), TICKET_CURRENT);
    assert_int_equal(key.mac[31], n * TICKET_KEYS + TICKET_CURRENT);
    for (int place = 0; place < TICKET_KEYS; place++) {
      memset(name, (int)n * TICKET_KEYS + place, sizeof(name));
      assert_int_equal(ticket_keys_take(&k, name, &key), place);
      assert_true(is_whole(&key));
      memset(name, (int)(n - 1) * TICKET_KEYS + place, sizeof(name));
      assert_int_equal(ticket_keys_take(&k, name, &old), -1);
    }
  }
}

enum { READERS = 2, ROUNDS = 200000 };

struct race {
  struct ticket_keys keys;
  atomic_int left; /* readers at work */
  atomic_int torn;
};

static void *reader(void *context) {
  struct race *r = context;
  struct ticket_key key;
  for (int i = 0; i < ROUNDS; i++) {
    ticket_keys_take(&r->keys, NULL, &key);
    if (!is_whole(&key)) atomic_fetch_add(&r->torn, 1);
  }
  atomic_fetch_sub(&r->left, 1);
  return NULL;
}

static void readers_never_see_half_a_key(void **state) {
  static struct race r;
  pthread_t threads[READERS];
  atomic_store(&r.left, READERS);
  put(&r.keys, 0);
  for (int i = 0; i < READERS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, reader, &r), 0);
  }
  for (unsigned n = 1; atomic_load(&r.left); n++) put(&r.keys, n);
  for (int i = 0; i < READERS; i++) pthread_join(threads[i], NULL);
  assert_int_equal(atomic_load(&r.torn), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keys_are_found_by_name_in_the_last_set),
      cmocka_unit_test(readers_never_see_half_a_key),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
