// SPDX-License-Identifier: Apache-2.0
#include "certs/secret.h"
#include "tests/unit/certs/making.h"

static void made_once_and_then_the_same(void **state) {
  struct why why;
  struct secret first, again;
  struct stat st;
  const char *path = making_path(state, "secret.key");
  assert_int_equal(secret_open(path, &first, &why), OK);
  assert_int_equal(stat(path, &st), 0);
  assert_int_equal(st.st_mode & 07777, 0600);
  assert_int_equal(st.st_size, SECRET_BYTES);
  assert_int_equal(secret_open(path, &again, &why), OK);
  assert_memory_equal(first.key, again.key, SECRET_BYTES);
  assert_int_equal(secret_open(making_path(state, "other.key"), &again, &why), OK);
  assert_memory_not_equal(first.key, again.key, SECRET_BYTES);
  secret_fini(&first);
  const uint8_t zero[SECRET_BYTES] = {0};
  assert_memory_equal(first.key, zero, SECRET_BYTES);
}

static void a_file_open_to_others_is_refused(void **state) {
  struct why why;
  struct secret s;
  const char *path = making_path(state, "secret.key");
  static const mode_t open_modes[] = {0640, 0604, 0620, 0602, 0601};
  assert_int_equal(secret_open(path, &s, &why), OK);
  for (size_t i = 0; i < sizeof(open_modes) / sizeof(open_modes[0]); i++) {
    assert_int_equal(chmod(path, open_modes[i]), 0);
    assert_int_equal(secret_open(path, &s, &why), ERR_ACCESS);
    assert_non_null(strstr(why.text, "chmod 600"));
  }
  assert_int_equal(chmod(path, 0400), 0);
  assert_int_equal(secret_open(path, &s, &why), OK);
}

static void another_length_is_refused_and_kept(void **state) {
  struct why why;
  struct secret s;
  struct whole_file file;
  const char *path = making_path(state, "secret.key");
  making_write(path, "0123456789012345678901234567890", 0600); /* 31 */
  assert_int_equal(secret_open(path, &s, &why), ERR_CORRUPT);
  assert_int_equal(whole_file_read(path, &file, &why), OK);
  assert_int_equal(file.len, 31);
  whole_file_fini(&file);
  making_write(path, "", 0600);
  assert_int_equal(secret_open(path, &s, &why), ERR_CORRUPT);
  assert_int_equal(secret_open(making_path(state, "no/secret.key"), &s, &why), ERR_NOT_FOUND);
}

/* RFC 5869's vectors have keys of other lengths; this one was computed by its §2 with Python's hmac module: key 0..31,
 * info "qorgan". */
static void derivation_is_hkdf(void **state) {
  struct secret s;
  uint8_t got[42], other[42];
  static const uint8_t want[42] = {
      0x15, 0x51, 0xca, 0xa0, 0xed, 0xf8, 0x47, 0xc6, 0x71, 0xba, 0x98, 0x98, 0x15, 0x48,
      0x8f, 0x21, 0x35, 0xe3, 0xab, 0x3b, 0x7e, 0x84, 0x1e, 0xd1, 0xa9, 0x1a, 0xc2, 0x89,
      0x79, 0x18, 0x87, 0x61, 0xeb, 0x7d, 0xfe, 0x08, 0x65, 0xe9, 0x9c, 0x61, 0xc7, 0x49,
  };
  for (int i = 0; i < SECRET_BYTES; i++) s.key[i] = (uint8_t)i;
  assert_int_equal(secret_derive(&s, "qorgan", got, sizeof(got)), OK);
  assert_memory_equal(got, want, sizeof(want));
  assert_int_equal(secret_derive(&s, "qorgan2", other, sizeof(other)), OK);
  assert_memory_not_equal(got, other, sizeof(got));
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, making_setup, making_teardown)
  const struct CMUnitTest tests[] = {
      T(derivation_is_hkdf),
      T(made_once_and_then_the_same),
      T(a_file_open_to_others_is_refused),
      T(another_length_is_refused_and_kept),
  };
  return cmocka_run_group_tests(tests, NULL, making_end);
}
