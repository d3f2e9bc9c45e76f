// SPDX-License-Identifier: Apache-2.0
#include "rules/identity/h2print.h"

#include "tests/unit/chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define HEADERS "\0\0\x01\x01\x05\0\0\0\x01\x82"

/* HEADER_TABLE_SIZE 65536, ENABLE_PUSH 0, INITIAL_WINDOW_SIZE 6291456, MAX_HEADER_LIST_SIZE 262144. */
static const struct span CHROME = SPAN(PREFACE "\0\0\x18\x04\0\0\0\0\0"
                                               "\0\x01\0\x01\0\0"
                                               "\0\x02\0\0\0\0"
                                               "\0\x04\0\x60\0\0"
                                               "\0\x06\0\x04\0\0"
                                               "\0\0\x04\x08\0\0\0\0\0"
                                               "\0\xef\0\x01" HEADERS);
static const struct span FIREFOX = SPAN(PREFACE "\0\0\x18\x04\0\0\0\0\0"
                                                "\0\x01\0\x01\0\0"
                                                "\0\x02\0\0\0\0"
                                                "\0\x04\0\x02\0\0"
                                                "\0\x05\0\0\x40\0"
                                                "\0\0\x04\x08\0\0\0\0\0"
                                                "\0\xbf\0\x01" HEADERS);

static struct h2print p;
static char text[H2PRINT_TEXT_SIZE];

static void pseudo(const char *names) {
  struct span rest = span_of(names);
  while (rest.len) h2print_pseudo(&p, span_cut(&rest, ' '));
}

static const char *print_of(struct span bytes) {
  h2print_init(&p);
  h2print_feed(&p, bytes);
  h2print_text(&p, text);
  return text;
}

static void chrome_and_firefox(void **state) {
  h2print_init(&p);
  assert_false(h2print_feed(&p, CHROME));
  pseudo(":method :authority :scheme :path");
  h2print_text(&p, text);
  assert_string_equal(text, "1:65536;2:0;4:6291456;6:262144|15663105|0|m,a,s,p");

  h2print_init(&p);
  assert_false(h2print_feed(&p, FIREFOX));
  pseudo(":method :path :authority :scheme");
  size_t len = h2print_text(&p, text);
  assert_int_equal(len, strlen(text));
  assert_string_equal(text, "1:65536;2:0;4:131072;5:16384|12517377|0|m,p,a,s");
}

static void cut_anywhere_it_is_the_same(void **state) {
  for (size_t piece = 1; piece <= CHROME.len; piece++) {
    h2print_init(&p);
    bool wanted = true;
    for (size_t at = 0; at < CHROME.len; at += piece) {
      assert_true(wanted);
      size_t len = CHROME.len - at < piece ? CHROME.len - at : piece;
      char *copy = malloc(len);
      memcpy(copy, CHROME.at + at, len);
      wanted = h2print_feed(&p, span_from(copy, len));
      free(copy);
      if (!wanted) break;
    }
    assert_false(wanted);
    h2print_text(&p, text);
    assert_string_equal(text, "1:65536;2:0;4:6291456;6:262144|15663105|0|");
  }
}

static void repeats_and_priorities_are_kept_in_order(void **state) {
  assert_string_equal(print_of(SPAN(PREFACE "\0\0\x0c\x04\0\0\0\0\0"
                                            "\0\x03\0\0\0\x64"
                                            "\0\x03\0\0\0\x65"
                                            "\0\0\x05\x02\0\0\0\0\x03"
                                            "\0\0\0\0\xc8"
                                            "\0\0\x05\x02\0\0\0\0\x05"
                                            "\x80\0\0\x03\0"
                                            "\0\0\x06\x04\0\0\0\0\0"
                                            "\xff\xff\xff\xff\xff\xff" HEADERS)),
                      "3:100;3:101;65535:4294967295|00|3:0:0:201,5:1:3:1|");
}

static void only_the_connections_first_window_counts(void **state) {
  assert_string_equal(print_of(SPAN(PREFACE "\0\0\0\x04\0\0\0\0\0"
                                            "\0\0\x04\x08\0\0\0\0\x01"
                                            "\0\0\0\x07"
                                            "\0\0\x04\x08\0\0\0\0\0"
                                            "\x80\0\0\x08"
                                            "\0\0\x04\x08\0\0\0\0\0"
                                            "\0\0\0\x09" HEADERS)),
                      "|8|0|");
}

static void unknown_frames_are_stepped_over(void **state) {
  assert_string_equal(print_of(SPAN(PREFACE "\0\0\x06\x04\0\0\0\0\0"
                                            "\0\x01\0\0\0\x01"
                                            "\0\0\x07\xab\0\0\0\0\0"
                                            "\0\0\x05\x02\0\0\0"
                                            "\0\0\x08\x06\0\0\0\0\0"
                                            "12345678" HEADERS)),
                      "1:1|00|0|");
}

static void what_follows_the_first_headers_does_not_count(void **state) {
  print_of(SPAN(PREFACE "\0\0\0\x04\0\0\0\0\0" HEADERS "\0\0\x06\x04\0\0\0\0\0"
                        "\0\x01\0\0\0\x01"));
  assert_string_equal(text, "|00|0|");
  assert_false(h2print_feed(&p, SPAN("\0\0\x06\x04\0\0\0\0\0"
                                     "\0\x01\0\0\0\x01")));
  h2print_text(&p, text);
  assert_string_equal(text, "|00|0|");
}

static void other_protocols_have_no_print(void **state) {
  assert_string_equal(print_of(SPAN("GET / HTTP/1.1\r\n")), "");
  assert_string_equal(print_of(SPAN("PRI * HTTP/2.0\r\n\r\nSM\r\n\rX")), "");
  assert_int_equal(p.state, H2PRINT_NOT_HTTP2);
  assert_string_equal(print_of(SPAN("PRI")), "");
}

static void bounds_hold_and_say_so(void **state) {
  h2print_init(&p);
  assert_true(h2print_feed(&p, SPAN(PREFACE)));
  for (unsigned i = 0; i < 20; i++) {
    h2print_feed(&p, SPAN("\0\0\x06\x04\0\0\0\0\0"
                          "\xff\xff\xff\xff\xff\xff"));
    h2print_feed(&p, SPAN("\0\0\x05\x02\0\x7f\xff\xff\xff"
                          "\xff\xff\xff\xff\xff"));
  }
  for (unsigned i = 0; i < 20; i++) pseudo(":method");
  h2print_text(&p, text);
  assert_non_null(strstr(text, ";+|00|2147483647:1:2147483647:256,"));
  assert_non_null(strstr(text, ",+|m,m,m,m,m,m"));
  h2print_init(&p);
  h2print_feed(&p, SPAN(PREFACE));
  bool wanted = true;
  unsigned fed = 0;
  while (wanted && fed++ < H2PRINT_BYTES_MAX)
    wanted = h2print_feed(&p, SPAN("\0\0\0\x04\x01\0\0\0\0"));
  assert_false(wanted);
  assert_int_equal(p.seen, H2PRINT_BYTES_MAX);
  h2print_text(&p, text);
  assert_string_equal(text, ";+|00|0|");
}

/* Frames of chance, with lengths that lie now and then: whole and in pieces they give the same text. */
static void strange_frames_give_one_text_however_cut(void **state) {
  struct chance c = chance_seed("h2print");
  static char bytes[5000], whole[H2PRINT_TEXT_SIZE];
  for (unsigned round = 0; round < 3000; round++) {
    size_t len = 24;
    memcpy(bytes, PREFACE, 24);
    while (len < sizeof(bytes) - 100 && chance_below(&c, 30)) {
      size_t payload = (size_t)chance_below(&c, 40);
      char head[9] = {0, 0, (char)(payload + !chance_below(&c, 9)), (char)chance_below(&c, 10)};
      if (head[3] == 1 && chance_below(&c, 4)) head[3] = 4;
      memcpy(bytes + len, head, 9);
      for (size_t i = 0; i < payload; i++) bytes[len + 9 + i] = (char)chance_next(&c);
      len += 9 + payload;
    }
    print_of(span_from(bytes, len));
    memcpy(whole, text, sizeof(whole));
    h2print_init(&p);
    for (size_t at = 0; at < len;) {
      size_t piece = 1 + (size_t)chance_below(&c, 20);
      if (piece > len - at) piece = len - at;
      h2print_feed(&p, span_from(bytes + at, piece));
      at += piece;
    }
    h2print_text(&p, text);
    assert_string_equal(text, whole);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(chrome_and_firefox),
      cmocka_unit_test(cut_anywhere_it_is_the_same),
      cmocka_unit_test(repeats_and_priorities_are_kept_in_order),
      cmocka_unit_test(only_the_connections_first_window_counts),
      cmocka_unit_test(unknown_frames_are_stepped_over),
      cmocka_unit_test(what_follows_the_first_headers_does_not_count),
      cmocka_unit_test(other_protocols_have_no_print),
      cmocka_unit_test(bounds_hold_and_say_so),
      cmocka_unit_test(strange_frames_give_one_text_however_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
