// SPDX-License-Identifier: Apache-2.0
#include "rules/identity/hello.h"

#include "rules/base/buf.h"
#include "rules/base/err.h"
#include "tests/unit/rules/identity/hello_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static struct maker m;
static struct hello h;
static const uint16_t CIPHERS[] = {0x4a4a, 0x1301, 0xc02b};

static struct span ordinary(void) {
  maker_begin(&m, 0x0303, CIPHERS, 3);
  maker_extension(&m, 0x9a9a, SPAN(""));
  maker_extension(&m, 0, SPAN("\0\x10\0\0\x0dwww.exampl.kz"));
  maker_extension(&m, 0x7777, SPAN("???"));
  maker_extension(&m, 10, SPAN("\0\x04\x2a\x2a\0\x1d"));
  maker_extension(&m, 11, SPAN("\x02\0\x01"));
  maker_extension(&m, 13, SPAN("\0\x04\x04\x03\x08\x04"));
  maker_extension(&m, 16, SPAN("\0\x0c\x02h2\x08http/1.1"));
  maker_extension(&m, 43, SPAN("\x04\x03\x04\x03\x03"));
  return maker_end(&m);
}

/* A hello with the one extension. */
static int parse_with(unsigned type, struct span body) {
  maker_begin(&m, 0x0303, CIPHERS, 3);
  maker_extension(&m, type, body);
  return hello_parse(maker_end(&m), &h);
}

static void everything_stands_in_wire_order(void **state) {
  static const uint16_t ORDER[] = {0x9a9a, 0, 0x7777, 10, 11, 13, 16, 43};
  assert_int_equal(hello_parse(ordinary(), &h), OK);
  assert_int_equal(h.version, 0x0303);
  assert_int_equal(h.random.len, 32);
  assert_int_equal(hello_count(h.ciphers), 3);
  assert_int_equal(hello_at(h.ciphers, 0), 0x4a4a);
  assert_int_equal(hello_at(h.ciphers, 2), 0xc02b);
  assert_int_equal(h.extension_count, 8);
  for (size_t i = 0; i < 8; i++) assert_int_equal(h.extensions[i].type, ORDER[i]);
  assert_true(span_eq(h.extensions[2].body, SPAN("???")));
  assert_true(span_eq(h.server_name, SPAN("www.exampl.kz")));
  assert_int_equal(hello_at(h.groups, 1), 0x001d);
  assert_true(span_eq(h.point_formats, SPAN("\0\x01")));
  assert_int_equal(hello_at(h.signatures, 1), 0x0804);
  assert_int_equal(hello_at(h.versions, 0), 0x0304);
  struct span protocols = h.protocols;
  assert_true(span_eq(hello_protocol(&protocols), SPAN("h2")));
  assert_true(span_eq(hello_protocol(&protocols), SPAN("http/1.1")));
  assert_int_equal(hello_protocol(&protocols).len, 0);
}

static void old_hellos_have_no_extensions(void **state) {
  maker_begin(&m, 0x0300, CIPHERS, 3);
  m.len -= 2;
  size_t len = m.len - 4;
  m.bytes[2] = (uint8_t)(len >> 8);
  m.bytes[3] = (uint8_t)len;
  assert_int_equal(hello_parse(span_from(m.bytes, m.len), &h), OK);
  assert_int_equal(h.extension_count, 0);
  assert_false(h.has_server_name);
}

static void every_cut_is_said_to_be_one(void **state) {
  struct span whole = ordinary();
  for (size_t len = 0; len < whole.len; len++) {
    char *cut = malloc(len + 1); /* so that a sanitizer sees a read past the end */
    memcpy(cut, whole.at, len);
    assert_int_equal(hello_parse(span_from(cut, len), &h), ERR_AGAIN);
    free(cut);
  }
}

static void malformed_bodies_are_refused(void **state) {
  static const struct {
    unsigned type;
    struct span body;
  } BAD[] = {
      {0, {"", 0}},                          /* no list */
      {0, {"\0\0", 2}},                      /* an empty list */
      {0, {"\0\x04\0\0\x01", 5}},            /* a list longer than its body */
      {0, {"\0\x04\x01\0\x01x", 6}},         /* not a host name */
      {0, {"\0\x04\0\0\x01\0", 6}},          /* a NUL in the name */
      {0, {"\0\x03\0\0\0", 5}},              /* an empty name */
      {0, {"\0\x08\0\0\x01x\0\0\x01y", 10}}, /* two names */
      {10, {"\0\x03\0\x1d\0", 5}},           /* half a group */
      {11, {"\0", 1}},                       /* no point format */
      {13, {"\0\0", 2}},                     /* no algorithm */
      {13, {"\0\x02\x04\x03\x04", 5}},       /* something after the list */
      {16, {"\0\x03\x02h2\x03", 6}},         /* something after the list */
      {16, {"\0\x02\x02h", 4}},              /* a name longer than its list */
      {16, {"\0\x03\0\x01h", 5}},            /* an empty name */
      {43, {"\x03\x03\x04\x03", 4}},         /* half a version */
      {43, {"\0", 1}},                       /* no version */
  };
  for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
    if (parse_with(BAD[i].type, BAD[i].body) != ERR_SYNTAX) fail_msg("row %zu was accepted", i);
  }
}

static void twice_the_same_extension_is_refused(void **state) {
  maker_begin(&m, 0x0303, CIPHERS, 3);
  maker_extension(&m, 0x7777, SPAN(""));
  maker_extension(&m, 0x7777, SPAN(""));
  assert_int_equal(hello_parse(maker_end(&m), &h), ERR_SYNTAX);
}

static void lengths_must_agree(void **state) {
  struct span whole = ordinary();
  m.bytes[whole.len] = 0;
  assert_int_equal(hello_parse(span_from(whole.at, whole.len + 1), &h), ERR_SYNTAX);
  ordinary();
  m.bytes[m.block + 1]--;
  assert_int_equal(hello_parse(span_from(m.bytes, m.len), &h), ERR_SYNTAX);
  ordinary();
  m.bytes[38] = 33; /* a session of 33 bytes: RFC 8446 has 32 at most */
  assert_int_equal(hello_parse(span_from(m.bytes, m.len), &h), ERR_SYNTAX);
  ordinary();
  m.bytes[0] = 2;
  assert_int_equal(hello_parse(span_from(m.bytes, m.len), &h), ERR_SYNTAX);
}

static void bounds_hold(void **state) {
  static uint16_t many[HELLO_CIPHERS_MAX + 1];
  maker_begin(&m, 0x0303, many, HELLO_CIPHERS_MAX);
  assert_int_equal(hello_parse(maker_end(&m), &h), OK);
  maker_begin(&m, 0x0303, many, HELLO_CIPHERS_MAX + 1);
  assert_int_equal(hello_parse(maker_end(&m), &h), ERR_FULL);

  maker_begin(&m, 0x0303, CIPHERS, 3);
  for (unsigned i = 0; i < HELLO_EXTENSIONS_MAX; i++) maker_extension(&m, 1000 + i, SPAN(""));
  assert_int_equal(hello_parse(maker_end(&m), &h), OK);
  maker_extension(&m, 2000, SPAN(""));
  assert_int_equal(hello_parse(maker_end(&m), &h), ERR_FULL);

  static char signatures[2 + 2 * (HELLO_SIGNATURES_MAX + 1)] = {0x01, 0x02};
  assert_int_equal(parse_with(13, span_from(signatures, sizeof(signatures))), ERR_FULL);
  signatures[1] = 0;
  assert_int_equal(parse_with(13, span_from(signatures, sizeof(signatures) - 2)), OK);

  maker_begin(&m, 0x0303, CIPHERS, 3);
  static char large[65000];
  maker_extension(&m, 21, span_from(large, sizeof(large)));
  assert_int_equal(hello_parse(maker_end(&m), &h), OK);
  maker_extension(&m, 22, span_from(large, 1000));
  assert_int_equal(hello_parse(maker_end(&m), &h), ERR_FULL);
}

static void grease_is_what_rfc_8701_lists(void **state) {
  unsigned count = 0;
  for (unsigned value = 0; value <= 0xffff; value++) count += hello_is_grease((uint16_t)value);
  assert_int_equal(count, 16);
  assert_true(hello_is_grease(0x0a0a) && hello_is_grease(0xfafa));
  assert_false(hello_is_grease(0x1a2a));
}

/* The message in records of `piece` bytes. */
static struct span records_of(struct span message, size_t piece, struct buf *out) {
  buf_reset(out);
  while (message.len) {
    size_t len = message.len < piece ? message.len : piece;
    char head[5] = {22, 3, 1, (char)(len >> 8), (char)len};
    buf_put(out, span_from(head, 5));
    buf_put(out, span_from(message.at, len));
    message = span_skip(message, len);
  }
  return buf_span(out);
}

static void records_may_cut_it_anywhere(void **state) {
  struct buf wire, scratch;
  buf_init(&wire, 65536);
  buf_init(&scratch, HELLO_BYTES_MAX);
  struct span message = ordinary(), found;
  for (size_t piece = 1; piece <= message.len + 1; piece++) {
    struct span records = records_of(message, piece, &wire);
    assert_int_equal(hello_unwrap(records, &scratch, &found), OK);
    assert_true(span_eq(found, message));
    for (size_t len = 0; len < records.len; len += 1 + len / 8) {
      assert_int_equal(hello_unwrap(span_from(records.at, len), &scratch, &found), ERR_AGAIN);
    }
  }
  struct span one = records_of(message, message.len, &wire);
  assert_int_equal(hello_unwrap(one, &scratch, &found), OK);
  assert_true(found.at == one.at + 5);
  buf_fini(&wire);
  buf_fini(&scratch);
}

static void what_is_no_handshake_record_is_refused(void **state) {
  struct buf scratch;
  buf_init(&scratch, 32);
  struct span found;
  assert_int_equal(hello_unwrap(SPAN("GET / HTTP/1.1\r\n"), &scratch, &found), ERR_SYNTAX);
  assert_int_equal(hello_unwrap(SPAN("\x16\x02"), &scratch, &found), ERR_SYNTAX);
  assert_int_equal(hello_unwrap(SPAN("\x16\x03\x01\0\0"), &scratch, &found), ERR_SYNTAX);
  assert_int_equal(hello_unwrap(SPAN("\x16\x03\x01\x40\x01"), &scratch, &found), ERR_SYNTAX);
  assert_int_equal(hello_unwrap(SPAN("\x16\x03\x01\0\x01\x02"), &scratch, &found), ERR_SYNTAX);
  assert_int_equal(hello_unwrap(SPAN("\x16\x03\x01\0\x04\x01\x02\0\0"), &scratch, &found),
                   ERR_FULL);

  struct buf wire;
  buf_init(&wire, 65536);
  struct span records = records_of(ordinary(), 10, &wire);
  assert_int_equal(hello_unwrap(records, &scratch, &found), ERR_FULL);
  buf_fini(&wire);
  buf_fini(&scratch);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(everything_stands_in_wire_order),
      cmocka_unit_test(old_hellos_have_no_extensions),
      cmocka_unit_test(every_cut_is_said_to_be_one),
      cmocka_unit_test(malformed_bodies_are_refused),
      cmocka_unit_test(twice_the_same_extension_is_refused),
      cmocka_unit_test(lengths_must_agree),
      cmocka_unit_test(bounds_hold),
      cmocka_unit_test(grease_is_what_rfc_8701_lists),
      cmocka_unit_test(records_may_cut_it_anywhere),
      cmocka_unit_test(what_is_no_handshake_record_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
