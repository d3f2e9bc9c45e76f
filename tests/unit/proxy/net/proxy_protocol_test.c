// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/proxy_protocol.h"

#include "rules/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

static void assert_from(const struct proxy_header *h, const char *addr, uint16_t port) {
  struct addr expected;
  assert_int_equal(addr_parse(span_of(addr), &expected), OK);
  assert_false(h->local);
  assert_true(addr_eq(&h->from, &expected));
  assert_int_equal(h->port, port);
}

/* Whole, it takes `took` bytes; with one less it waits. */
static struct proxy_header parsed(struct span in, long took) {
  struct proxy_header h;
  assert_int_equal(proxy_header_parse(in, &h), took);
  for (long len = 0; len < took; len++) {
    struct proxy_header part;
    assert_int_equal(proxy_header_parse(span_from(in.at, (size_t)len), &part), ERR_AGAIN);
  }
  return h;
}

static void the_text_form_names_who_asks(void **state) {
  struct proxy_header h = parsed(SPAN("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\nGET /"), 45);
  assert_from(&h, "192.0.2.1", 56324);
  h = parsed(SPAN("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n"), 44);
  assert_from(&h, "2001:db8::1", 1);
  assert_true(parsed(SPAN("PROXY UNKNOWN\r\n"), 15).local);
  assert_true(parsed(SPAN("PROXY UNKNOWN anything at all\r\n"), 31).local);
}

static void the_binary_form_names_who_asks(void **state) {
  struct proxy_header h =
      parsed(SPAN(SIGNATURE "\x21\x11\x00\x0c\xc0\x00\x02\x01\xc6\x33\x64\x02\xdc\x04\x01\xbb"
                            "GET"),
             28);
  assert_from(&h, "192.0.2.1", 56324);
  h = parsed(SPAN(SIGNATURE "\x21\x21\x00\x24"
                            "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
                            "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
                            "\x12\x34\x01\xbb"),
             52);
  assert_from(&h, "2001:db8::1", 0x1234);
}

static void what_comes_after_the_addresses_is_passed_over(void **state) {
  struct proxy_header h = parsed(
      SPAN(SIGNATURE "\x21\x11\x00\x12\xc0\x00\x02\x01\xc6\x33\x64\x02\x00\x01\x01\xbb\x04\x00\x03"
                     "abc"),
      34);
  assert_from(&h, "192.0.2.1", 1);
}

static void a_balancer_may_speak_for_itself(void **state) {
  assert_true(parsed(SPAN(SIGNATURE "\x20\x00\x00\x00"), 16).local);
  assert_true(parsed(SPAN(SIGNATURE "\x21\x00\x00\x00"), 16).local);
}

static void what_is_no_header_is_refused(void **state) {
  static const struct span BAD[] = {
      {"GET / HTTP/1.1\r\n", 16},
      {"PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n", 34},
      {"PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n", 38},
      {"PROXY TCP4 192.0.2.1  192.0.2.2 1 2\r\n", 37},
      {"PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n", 40},
      {"PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n", 37},
      {"PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n", 37},
      {"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n", 40},
      {"PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n", 36},
      {"PROXY TCP4 nobody 192.0.2.2 1 2\r\n", 33},
      {"PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n", 36},
      {"PROXY \r\n", 8},
      {SIGNATURE "\x11\x11\x00\x00", 16},
      {SIGNATURE "\x22\x11\x00\x00", 16},
      {SIGNATURE "\x21\x11\x00\x04\x01\x02\x03\x04", 20},
      {SIGNATURE "\x21\x21\x00\x0c\0\0\0\0\0\0\0\0\0\0\0\0", 28},
      {SIGNATURE "\x21\x41\x00\x00", 16},
      {SIGNATURE "\x21\x11\xff\xff", 16},
  };
  for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++) {
    struct proxy_header h;
    long took = proxy_header_parse(BAD[i], &h);
    if (took != ERR_SYNTAX) print_error("case %zu: %ld\n", i, took);
    assert_int_equal(took, ERR_SYNTAX);
  }
}

static void a_line_without_end_is_refused_in_time(void **state) {
  char line[108] = "PROXY UNKNOWN ";
  struct proxy_header h;
  memset(line + 14, 'x', sizeof(line) - 14);
  assert_int_equal(proxy_header_parse(span_from(line, 106), &h), ERR_AGAIN);
  assert_int_equal(proxy_header_parse(span_from(line, 107), &h), ERR_SYNTAX);
  memcpy(line + 105, "\r\n", 2); /* 107 bytes with its end: the longest there is */
  assert_int_equal(proxy_header_parse(span_from(line, 107), &h), 107);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_text_form_names_who_asks),
      cmocka_unit_test(the_binary_form_names_who_asks),
      cmocka_unit_test(what_comes_after_the_addresses_is_passed_over),
      cmocka_unit_test(a_balancer_may_speak_for_itself),
      cmocka_unit_test(what_is_no_header_is_refused),
      cmocka_unit_test(a_line_without_end_is_refused_in_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
