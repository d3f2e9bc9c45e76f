// SPDX-License-Identifier: Apache-2.0
#include "rules/base/sha256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* The example messages of FIPS 180-4's companion (NIST, "SHA-256 examples") and the empty one. */
static const struct {
  const char *message, *digest;
} EXAMPLES[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
     "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
};

static void examples_of_the_standard(void **state) {
  char hex[65];
  for (size_t i = 0; i < sizeof(EXAMPLES) / sizeof(EXAMPLES[0]); i++) {
    sha256_hex(span_of(EXAMPLES[i].message), hex, 64);
    assert_string_equal(hex, EXAMPLES[i].digest);
  }
}

static void a_million_bytes_in_uneven_pieces(void **state) {
  static const uint8_t A_MILLION[32] = {0xcd, 0xc7, 0x6e, 0x5c, 0x99, 0x14, 0xfb, 0x92,
                                        0x81, 0xa1, 0xc7, 0xe2, 0x84, 0xd7, 0x3e, 0x67,
                                        0xf1, 0x80, 0x9a, 0x48, 0xa4, 0x97, 0x20, 0x0e,
                                        0x04, 0x6d, 0x39, 0xcc, 0xc7, 0x11, 0x2c, 0xd0};
  char piece[257];
  memset(piece, 'a', sizeof(piece));
  struct sha256 s;
  sha256_init(&s);
  size_t len;
  for (size_t left = 1000000, i = 0; left; left -= len, i++) {
    len = i * 37 % sizeof(piece);
    if (len > left) len = left;
    sha256_add(&s, span_from(piece, len));
  }
  uint8_t digest[32];
  sha256_finish(&s, digest);
  assert_memory_equal(digest, A_MILLION, 32);
}

static void fewer_digits_are_the_first_ones(void **state) {
  char hex[13];
  sha256_hex(SPAN("abc"), hex, 12);
  assert_string_equal(hex, "ba7816bf8f01");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(examples_of_the_standard),
      cmocka_unit_test(a_million_bytes_in_uneven_pieces),
      cmocka_unit_test(fewer_digits_are_the_first_ones),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
