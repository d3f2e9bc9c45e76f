// SPDX-License-Identifier: Apache-2.0
#include "certs/tickets.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define NOW ((real_ms)1790000000000)

static const uint8_t SECRET_A[SECRET_BYTES] = {1}, SECRET_B[SECRET_BYTES] = {2};

struct sealed {
  unsigned char name[TICKET_NAME_BYTES], iv[TICKETS_IV_BYTES];
  unsigned char text[64], tag[32];
  int len;
};

/* One side of OpenSSL's use of the callback: contexts, key, cipher, MAC over all that was sealed. */
struct side {
  EVP_CIPHER_CTX *cipher;
  EVP_MAC *hmac;
  EVP_MAC_CTX *mac;
};

static void side_init(struct side *s) {
  s->cipher = EVP_CIPHER_CTX_new();
  s->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
  s->mac = EVP_MAC_CTX_new(s->hmac);
}

static void side_fini(struct side *s) {
  EVP_CIPHER_CTX_free(s->cipher);
  EVP_MAC_CTX_free(s->mac);
  EVP_MAC_free(s->hmac);
}

static void tag_of(struct side *s, const struct sealed *sealed, unsigned char tag[32]) {
  size_t len;
  EVP_MAC_update(s->mac, sealed->name, sizeof(sealed->name));
  EVP_MAC_update(s->mac, sealed->iv, sizeof(sealed->iv));
  EVP_MAC_update(s->mac, sealed->text, (size_t)sealed->len);
  EVP_MAC_final(s->mac, tag, &len, 32);
}

static int seal(struct tickets *t, struct sealed *out) {
  struct side s;
  int last = 0;
  side_init(&s);
  int answer = tickets_apply(t, out->name, out->iv, s.cipher, s.mac, 1);
  if (answer == 1) {
    EVP_EncryptUpdate(s.cipher, out->text, &out->len, (const unsigned char *)"a session", 9);
    EVP_EncryptFinal_ex(s.cipher, out->text + out->len, &last);
    out->len += last;
    tag_of(&s, out, out->tag);
  }
  side_fini(&s);
  return answer;
}

/** The callback's answer; -2: it took the name, but MAC or text came out wrong. */
static int unseal(struct tickets *t, const struct sealed *in) {
  struct side s;
  struct sealed copy = *in;
  unsigned char text[64], tag[32];
  int len = 0, last = 0;
  side_init(&s);
  int answer = tickets_apply(t, copy.name, copy.iv, s.cipher, s.mac, 0);
  if (answer > 0) {
    tag_of(&s, in, tag);
    EVP_DecryptUpdate(s.cipher, text, &len, in->text, in->len);
    int whole = EVP_DecryptFinal_ex(s.cipher, text + len, &last);
    if (memcmp(tag, in->tag, 32) || !whole || len + last != 9 || memcmp(text, "a session", 9)) {
      answer = -2;
    }
  }
  side_fini(&s);
  return answer;
}

static void sealed_opens_with_the_same_key(void **state) {
  struct tickets *t;
  struct sealed a, b;
  assert_int_equal(tickets_new(NULL, NOW, &t), OK);
  assert_int_equal(seal(t, &a), 1);
  assert_int_equal(seal(t, &b), 1);
  assert_memory_equal(a.name, b.name, sizeof(a.name));
  assert_memory_not_equal(a.iv, b.iv, sizeof(a.iv));
  assert_int_equal(unseal(t, &a), 1);
  a.name[3] ^= 1;
  assert_int_equal(unseal(t, &a), 0);
  tickets_free(&t);
  assert_null(t);
}

static void a_key_is_accepted_for_three_epochs_and_renewed_after_the_first(void **state) {
  static const int want[] = {1, 2, 2, 0, 0};
  struct tickets *t;
  struct sealed old;
  real_ms start = NOW - NOW % TICKETS_EPOCH_MS;
  assert_int_equal(tickets_new(SECRET_A, start, &t), OK);
  assert_int_equal(seal(t, &old), 1);
  for (int epoch = 0; epoch < 5; epoch++) {
    assert_int_equal(tickets_rotate(t, start + epoch * TICKETS_EPOCH_MS), OK);
    assert_int_equal(unseal(t, &old), want[epoch]);
    assert_int_equal(tickets_rotate(t, start + (epoch + 1) * TICKETS_EPOCH_MS - 1), OK);
    assert_int_equal(unseal(t, &old), want[epoch]);
    struct sealed fresh;
    assert_int_equal(seal(t, &fresh), 1);
    assert_int_equal(unseal(t, &fresh), 1);
  }
  tickets_free(&t);
}

static void another_process_with_the_secret_takes_over(void **state) {
  struct tickets *old, *new, *ahead, *stranger;
  struct sealed ticket;
  assert_int_equal(tickets_new(SECRET_A, NOW, &old), OK);
  assert_int_equal(tickets_new(SECRET_A, NOW + TICKETS_EPOCH_MS, &new), OK);
  assert_int_equal(tickets_new(SECRET_A, NOW + 2 * TICKETS_EPOCH_MS, &ahead), OK);
  assert_int_equal(tickets_new(SECRET_B, NOW, &stranger), OK);
  assert_int_equal(seal(old, &ticket), 1);
  assert_int_equal(unseal(new, &ticket), 2);
  assert_int_equal(unseal(stranger, &ticket), 0);
  assert_int_equal(seal(new, &ticket), 1);
  assert_int_equal(unseal(old, &ticket), 1); /* old has not turned yet: its next key */
  assert_int_equal(seal(ahead, &ticket), 1);
  assert_int_equal(unseal(old, &ticket), 0);
  tickets_free(&old);
  tickets_free(&new);
  tickets_free(&ahead);
  tickets_free(&stranger);
}

static void a_clock_set_back_turns_the_keys_back(void **state) {
  struct tickets *t;
  struct sealed first;
  assert_int_equal(tickets_new(SECRET_A, 0, &t), OK);
  assert_int_equal(seal(t, &first), 1);
  assert_int_equal(tickets_rotate(t, 100 * TICKETS_EPOCH_MS), OK);
  assert_int_equal(unseal(t, &first), 0);
  assert_int_equal(tickets_rotate(t, -1), OK); /* the epoch before 1970: first is the next key */
  assert_int_equal(unseal(t, &first), 1);
  assert_int_equal(tickets_rotate(t, 1), OK);
  assert_int_equal(unseal(t, &first), 1);
  tickets_free(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sealed_opens_with_the_same_key),
      cmocka_unit_test(a_key_is_accepted_for_three_epochs_and_renewed_after_the_first),
      cmocka_unit_test(another_process_with_the_secret_takes_over),
      cmocka_unit_test(a_clock_set_back_turns_the_keys_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
