// SPDX-License-Identifier: Apache-2.0
#include "rules/identity/ja4.h"

#include "rules/base/buf.h"
#include "rules/base/err.h"
#include "tests/unit/rules/identity/hello_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

static struct maker m;
static struct hello h;
static char ja4[JA4_TEXT_SIZE], raw[JA4_RAW_SIZE];

/* The file beside this one. */
static FILE *vectors(void) {
  char path[4096];
  const char *slash = strrchr(__FILE__, '/');
  snprintf(path, sizeof(path), "%.*s/ja4_vectors.txt", (int)(slash - __FILE__), __FILE__);
  return fopen(path, "r");
}

static size_t from_hex(const char *hex, uint8_t *out) {
  size_t len = strlen(hex) / 2;
  for (size_t i = 0; i < len; i++) {
    char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
    out[i] = (uint8_t)strtoul(digits, NULL, 16);
  }
  return len;
}

static void print_of(struct span hello) {
  struct buf scratch;
  buf_init(&scratch, HELLO_BYTES_MAX);
  if (hello.at[0] == 22) assert_int_equal(hello_unwrap(hello, &scratch, &hello), OK);
  assert_int_equal(hello_parse(hello, &h), OK);
  ja4_print(&h, ja4);
  ja4_print_raw(&h, raw);
  buf_fini(&scratch);
}

static void published_vectors_are_exact(void **state) {
  static char line[20000];
  static uint8_t bytes[10000];
  FILE *file = vectors();
  assert_non_null(file);
  unsigned compared = 0;
  while (fgets(line, sizeof(line), file)) {
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "hello ", 6) == 0) print_of(span_from(bytes, from_hex(line + 6, bytes)));
    if (strncmp(line, "ja4 ", 4) == 0) assert_string_equal(ja4, line + 4);
    if (strncmp(line, "raw ", 4) == 0) assert_string_equal(raw, line + 4);
    compared += line[0] == 'j' || line[0] == 'r';
  }
  fclose(file);
  assert_int_equal(compared, 48);
}

/* The lists that the specification works through, with GREASE strewn in. */
static void worked_example_of_the_specification(void **state) {
  static const uint16_t CIPHERS[] = {0x4a4a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f,
                                     0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
                                     0x009c, 0x009d, 0x002f, 0x0035};
  static const uint16_t OPAQUE[] = {0x001b, 0x0033, 0x4469, 0x0017, 0x002d, 0x0005,
                                    0x0023, 0x0012, 0xff01, 0x000b, 0x000a, 0x0015};
  maker_begin(&m, 0x0303, CIPHERS, 16);
  maker_extension(&m, 0x1a1a, SPAN(""));
  maker_extension(&m, 0, SPAN("\0\x04\0\0\x01x"));
  maker_extension(&m, 16, SPAN("\0\x0c\x02h2\x08http/1.1"));
  maker_extension(
      &m, 13,
      SPAN("\0\x12\x5a\x5a\x04\x03\x08\x04\x04\x01\x05\x03\x08\x05\x05\x01\x08\x06\x06\x01"));
  maker_extension(&m, 43, SPAN("\x06\xba\xba\x03\x04\x03\x03"));
  for (size_t i = 0; i < 12; i++) {
    struct span body = OPAQUE[i] == 0x000b   ? SPAN("\x01\0")
                       : OPAQUE[i] == 0x000a ? SPAN("\0\x02\0\x1d")
                                             : SPAN("");
    maker_extension(&m, OPAQUE[i], body);
  }
  maker_extension(&m, 0x2a2a, SPAN("\0"));
  print_of(maker_end(&m));
  assert_int_equal(h.extension_count, 18);
  assert_string_equal(ja4, "t13d1516h2_8daaf6152771_e5627efa2ab1");
}

/* The first and last character, or their hex where one of them is neither letter nor digit. */
static void alpn_of_the_specification(void **state) {
  static const struct {
    struct span name;
    const char *text;
  } ROWS[] = {
      {{"h2", 2}, "h2"},
      {{"http/1.1", 8}, "h1"},
      {{"x", 1}, "xx"},
      {{"\xab", 1}, "ab"},
      {{" ", 1}, "20"},
      {{"\xab\xcd", 2}, "ad"},
      {{" a", 2}, "21"},
      {{"0\xab", 2}, "3b"},
      {{"a ", 2}, "60"},
      {{"01\xab\xcd", 4}, "3d"},
      {{"0\xab\xcd\x31", 4}, "01"},
      {{"Zz", 2}, "Zz"},
      {{"[`", 2}, "50"},
  };
  static const uint16_t CIPHER = 0x1301;
  for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
    char body[32] = {0, (char)(ROWS[i].name.len + 1), (char)ROWS[i].name.len};
    memcpy(body + 3, ROWS[i].name.at, ROWS[i].name.len);
    maker_begin(&m, 0x0303, &CIPHER, 1);
    maker_extension(&m, 16, span_from(body, 3 + ROWS[i].name.len));
    print_of(maker_end(&m));
    assert_memory_equal(ja4 + 8, ROWS[i].text, 2);
  }
}

static void version_is_the_highest_offered(void **state) {
  static const struct {
    unsigned own;
    struct span offered;
    const char *text;
  } ROWS[] = {
      {0x0303, {NULL, 0}, "12"},
      {0x0300, {NULL, 0}, "s3"},
      {0x0305, {NULL, 0}, "00"},
      {0x0303, {"\x04\x03\x02\x03\x01", 5}, "11"},
      {0x0303, {"\x04\xfa\xfa\x03\x04", 5}, "13"},
      {0x0303, {"\x02\xfa\xfa", 3}, "00"}, /* the extension is there, and names none */
  };
  static const uint16_t CIPHER = 0x1301;
  for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
    maker_begin(&m, ROWS[i].own, &CIPHER, 1);
    if (ROWS[i].offered.at) maker_extension(&m, 43, ROWS[i].offered);
    print_of(maker_end(&m));
    assert_memory_equal(ja4 + 1, ROWS[i].text, 2);
  }
}

static void counts_end_at_99_and_empty_lists_are_zeros(void **state) {
  uint16_t ciphers[150];
  for (unsigned i = 0; i < 150; i++) ciphers[i] = (uint16_t)(0xd000 - i);
  maker_begin(&m, 0x0303, ciphers, 150);
  for (unsigned i = 0; i < 120; i++) maker_extension(&m, 1000 + i, SPAN(""));
  print_of(maker_end(&m));
  assert_memory_equal(ja4, "t12i999900_", 11);
  assert_int_equal(strlen(raw), 10 + 1 + 150 * 5 - 1 + 1 + 120 * 5 - 1);

  ciphers[0] = 0x0a0a;
  maker_begin(&m, 0x0303, ciphers, 1);
  print_of(maker_end(&m));
  assert_string_equal(ja4, "t12i000000_000000000000_000000000000");
  assert_string_equal(raw, "t12i000000__");
}

static void cost_is_printed(void **state) {
  static const uint16_t CIPHERS[] = {0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9,
                                     0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035};
  enum { ROUNDS = 20000 };
  maker_begin(&m, 0x0303, CIPHERS, 15);
  maker_extension(&m, 13,
                  SPAN("\0\x10\x04\x03\x08\x04\x04\x01\x05\x03\x08\x05\x05\x01\x08\x06\x06\x01"));
  for (unsigned i = 0; i < 15; i++) maker_extension(&m, 0x4400 + i * 7 % 16, SPAN(""));
  struct span message = maker_end(&m);
  struct timespec from, to;
  clock_gettime(CLOCK_MONOTONIC, &from);
  for (unsigned i = 0; i < ROUNDS; i++) {
    assert_int_equal(hello_parse(message, &h), OK);
    ja4_print(&h, ja4);
  }
  clock_gettime(CLOCK_MONOTONIC, &to);
  double ns = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
  print_message("ja4: %.0f ns a hello, parsed and printed\n", ns / ROUNDS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(published_vectors_are_exact),
      cmocka_unit_test(worked_example_of_the_specification),
      cmocka_unit_test(alpn_of_the_specification),
      cmocka_unit_test(version_is_the_highest_offered),
      cmocka_unit_test(counts_end_at_99_and_empty_lists_are_zeros),
      cmocka_unit_test(cost_is_printed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
