// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/body.h"

#include "rules/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { EXTENSION_MAX = 8, TRAILER_MAX = 20 };

struct outcome {
  char data[256], trailers[256];
  enum body_event end;
  enum refusal why;
  size_t left;
};

/* Fed in pieces of `piece` bytes, until it ends, is refused, or the input is used up. */
static struct outcome read_in(enum body_kind kind, uint64_t length, struct span in, size_t piece) {
  struct outcome o = {.end = BODY_MORE};
  struct body_reader b;
  body_init(&b, kind, length, EXTENSION_MAX, TRAILER_MAX);
  do {
    struct span part = span_from(in.at, in.len < piece ? in.len : piece), data;
    size_t given = part.len;
    while ((o.end = body_next(&b, &part, &data)) == BODY_DATA || o.end == BODY_TRAILER) {
      strncat(o.end == BODY_DATA ? o.data : o.trailers, data.at, data.len);
    }
    in = span_skip(in, given - part.len);
  } while (o.end == BODY_MORE && in.len);
  o.why = b.refusal;
  o.left = in.len;
  return o;
}

static void a_length_ends_where_it_says(void **state) {
  for (size_t piece = 1; piece < 12; piece++) {
    struct outcome o = read_in(BODY_LENGTH, 5, SPAN("helloNEXT"), piece);
    assert_int_equal(o.end, BODY_END);
    assert_string_equal(o.data, "hello");
    assert_int_equal(o.left, 4);
  }
  assert_int_equal(read_in(BODY_LENGTH, 9, SPAN("hello"), 9).end, BODY_MORE);
  assert_int_equal(read_in(BODY_NONE, 0, SPAN("NEXT"), 9).left, 4);
}

static void chunks_come_together_however_they_are_cut(void **state) {
  static const char IN[] = "5\r\nhello\r\n2;a=b\r\n, \r\n00A\r\n0123456789\r\n0\r\n\r\nNEXT";
  for (size_t piece = 1; piece < sizeof(IN); piece++) {
    struct outcome o = read_in(BODY_CHUNKED, 0, span_of(IN), piece);
    assert_int_equal(o.end, BODY_END);
    assert_string_equal(o.data, "hello, 0123456789");
    assert_string_equal(o.trailers, "\r\n");
    assert_int_equal(o.left, 4);
  }
}

static void trailers_come_with_their_empty_line(void **state) {
  static const char IN[] = "1\r\na\r\n0\r\nX: 1\r\nY: 22\r\n\r\nNEXT";
  for (size_t piece = 1; piece < sizeof(IN); piece++) {
    struct outcome o = read_in(BODY_CHUNKED, 0, span_of(IN), piece);
    assert_int_equal(o.end, BODY_END);
    assert_string_equal(o.trailers, "X: 1\r\nY: 22\r\n\r\n");
    assert_int_equal(o.left, 4);
  }
}

/* RFC 9112 §7.1, and what other readers forgive: each would let one body be read as two. */
static void what_is_no_chunk_is_refused(void **state) {
  static const struct {
    const char *in;
    enum refusal why;
  } BAD[] = {
      {"\r\n", REFUSED_CHUNK_BAD},
      {"g\r\n", REFUSED_CHUNK_BAD},
      {"-1\r\n", REFUSED_CHUNK_BAD},
      {"+1\r\n", REFUSED_CHUNK_BAD},
      {"0x1\r\n", REFUSED_CHUNK_BAD},
      {" 1\r\n", REFUSED_CHUNK_BAD},
      {"1 \r\n", REFUSED_CHUNK_BAD},
      {"1\n", REFUSED_CHUNK_BAD},
      {"1\r\r\n", REFUSED_CHUNK_BAD},
      {"1;a\n", REFUSED_CHUNK_BAD},
      {"1;a\x7f\r\n", REFUSED_CHUNK_BAD},
      {"1\r\nab", REFUSED_CHUNK_BAD},
      {"1\r\na\n", REFUSED_CHUNK_BAD},
      {"1\r\na\rb", REFUSED_CHUNK_BAD},
      {"1\r\na\r\n\r\n", REFUSED_CHUNK_BAD},
      {"0000000000000001\r\n", REFUSED_CHUNK_BAD},
      {"ffffffffffffffff\r\n", REFUSED_CHUNK_BAD},
      {"1;123456789\r\n", REFUSED_CHUNK_EXTENSION},
      {"0\r\n\n", REFUSED_TRAILER_BAD},
      {"0\r\nX: 1\n", REFUSED_TRAILER_BAD},
      {"0\r\nX: 1\rY", REFUSED_TRAILER_BAD},
      {"0\r\n\rX", REFUSED_TRAILER_BAD},
      {"0\r\nX: 12345678901234567890\r\n\r\n", REFUSED_TRAILER_BAD},
  };
  for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++) {
    for (size_t piece = 1; piece <= 40; piece += 39) {
      struct outcome o = read_in(BODY_CHUNKED, 0, span_of(BAD[i].in), piece);
      if (o.end != BODY_REFUSED || o.why != BAD[i].why) print_error("case %zu\n", i);
      assert_int_equal(o.end, BODY_REFUSED);
      assert_int_equal(o.why, BAD[i].why);
    }
  }
}

static void each_chunk_has_its_own_allowance_of_extensions(void **state) {
  struct outcome o =
      read_in(BODY_CHUNKED, 0, SPAN("1;1234567\r\na\r\n1;1234567\r\nb\r\n0\r\n\r\n"), 99);
  assert_int_equal(o.end, BODY_END);
  assert_string_equal(o.data, "ab");
}

static void the_largest_chunk_is_counted_right(void **state) {
  struct body_reader b;
  struct span in = SPAN("fffffffffffffff\r\nx"), data;
  body_init(&b, BODY_CHUNKED, 0, 0, 0);
  assert_int_equal(body_next(&b, &in, &data), BODY_DATA);
  assert_int_equal(data.len, 1);
  assert_true(b.left == 0xffffffffffffffe);
}

static void a_tunnel_and_an_open_end_pass_all(void **state) {
  assert_string_equal(read_in(BODY_TUNNEL, 0, SPAN("a\r\n\r\nb"), 2).data, "a\r\n\r\nb");
  struct outcome o = read_in(BODY_UNTIL_CLOSE, 0, SPAN("abc"), 9);
  assert_string_equal(o.data, "abc");
  assert_int_equal(o.end, BODY_MORE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_length_ends_where_it_says),
      cmocka_unit_test(chunks_come_together_however_they_are_cut),
      cmocka_unit_test(trailers_come_with_their_empty_line),
      cmocka_unit_test(what_is_no_chunk_is_refused),
      cmocka_unit_test(each_chunk_has_its_own_allowance_of_extensions),
      cmocka_unit_test(the_largest_chunk_is_counted_right),
      cmocka_unit_test(a_tunnel_and_an_open_end_pass_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
