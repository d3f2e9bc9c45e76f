// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/access.h"

#include "proxy/flow/routes.h"
#include "rules/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

/* An exchange that was served, with no connection behind it. */
struct served {
  struct exchange x;
  struct session session;
  struct routes routes;
  struct setup setup;
  struct header headers[2];
};

static struct served *served(void) {
  struct served *s = calloc(1, sizeof(*s));
  assert_non_null(s);
  s->routes.setup = &s->setup;
  s->headers[0] = (struct header){.name = SPAN("User-Agent"), .value = SPAN("Mozilla/5.0 \"x\"\n")};
  s->headers[1] = (struct header){.name = SPAN("Referer"), .value = SPAN("https://a.kz/")};
  header_identify(&s->headers[0]);
  header_identify(&s->headers[1]);
  static const char TARGET[] = "/a\\b?password=1";
  s->x = (struct exchange){
      .session = &s->session,
      .routes = &s->routes,
      .request = {.method = SPAN("GET"),
                  .path = span_from(TARGET, 4),
                  .query = span_from(TARGET + 4, sizeof(TARGET) - 1 - 4),
                  .host = SPAN("a.kz"),
                  .headers = s->headers,
                  .header_count = 2,
                  .minor = 1},
      .port = 56324,
      .began_real = 1795322297536,
      .began_us = 1000000,
      .answered_us = 1002345,
      .bytes_in = 7,
      .bytes_out = 1234,
      .status = 200,
      .verdict = "allow",
  };
  arena_init(&s->x.arena, s->x.first, sizeof(s->x.first), 1 << 16);
  memcpy(s->x.id, "0123456789abcdef", EXCHANGE_ID_LEN);
  assert_int_equal(addr_parse(SPAN("203.0.113.9"), &s->x.client), OK);
  return s;
}

static void served_free(struct served **s) {
  arena_fini(&(*s)->x.arena);
  free(*s);
  *s = NULL;
}

static char *line_of(struct served *s) {
  static char text[8192];
  struct buf out;
  buf_init(&out, sizeof(text) - 1);
  access_format(&out, &s->x, 1005678);
  assert_false(out.overflow);
  memcpy(text, buf_span(&out).at, buf_len(&out));
  text[buf_len(&out)] = '\0';
  buf_fini(&out);
  return text;
}

static void assert_has(const char *line, const char *part) {
  if (!strstr(line, part)) print_error("%s has no %s\n", line, part);
  assert_non_null(strstr(line, part));
}

static void a_line_is_one_object_with_what_was_promised(void **state) {
  struct served *s = served();
  static const char *const PARTS[] = {
      "{\"time\":\"2026-11-22T04:38:17.536Z\",\"id\":\"0123456789abcdef\",\"client\":\"203.0.113."
      "9\"",
      ",\"port\":56324,\"site\":\"a.kz\",\"method\":\"GET\",\"path\":\"/a\\\\b\",\"proto\":\"http/"
      "1.1\"",
      ",\"status\":200,\"bytes_in\":7,\"bytes_out\":1234,\"ms\":5.6,\"origin_ms\":2.3,",
      ",\"agent\":\"Mozilla/5.0 \\\"x\\\"\\u000a\"",
      ",\"verdict\":\"allow\"",
  };
  char *line = line_of(s);
  for (size_t i = 0; i < sizeof(PARTS) / sizeof(*PARTS); i++) assert_has(line, PARTS[i]);
  assert_true(strchr(line, '\n') == line + strlen(line) - 1);
  assert_null(strstr(line, "refused"));
  served_free(&s);
}

static void a_query_is_written_only_when_asked_for(void **state) {
  struct served *s = served();
  assert_null(strstr(line_of(s), "password"));
  s->setup.log_query = true;
  assert_has(line_of(s), "\"path\":\"/a\\\\b?password=1\"");
  /* Of "http://a.kz?b" the path is a word of ours, and the query is not behind it. */
  s->x.request.path = SPAN("/");
  assert_has(line_of(s), "\"path\":\"/?password=1\"");
  served_free(&s);
}

static void a_refusal_says_why(void **state) {
  struct served *s = served();
  s->x.refusal = REFUSED_OBS_FOLD;
  s->x.cut = true;
  char *line = line_of(s);
  assert_has(line, "\"refused\":\"a folded header line (RFC 9112 §5.2)\"");
  assert_has(line, ",\"cut\":true");
  served_free(&s);
}

/* A head that was refused at its first line has no method, no path, no host. */
static void what_is_not_known_is_empty(void **state) {
  struct served *s = served();
  s->x.request = (struct message){.minor = 1};
  s->x.answered_us = 0;
  s->setup.log_query = true;
  char *line = line_of(s);
  assert_has(line, "\"site\":\"\",\"method\":\"\",\"path\":\"\"");
  assert_null(strstr(line, "origin_ms"));
  s->setup.log_format = LOG_FORMAT_COMBINED;
  assert_has(line_of(s), "203.0.113.9 - - [22/Nov/2026:04:38:17 +0000] ");
  served_free(&s);
}

static void the_combined_format_is_what_log_tools_know(void **state) {
  struct served *s = served();
  s->setup.log_format = LOG_FORMAT_COMBINED;
  assert_string_equal(
      line_of(s), "203.0.113.9 - - [22/Nov/2026:04:38:17 +0000] \"GET /a\\\\b HTTP/1.1\" 200 1234 "
                  "\"https://a.kz/\" \"Mozilla/5.0 \\\"x\\\"\\u000a\"\n");
  s->x.request.http2 = true;
  assert_has(line_of(s), "\"GET /a\\\\b HTTP/2.0\"");
  served_free(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_line_is_one_object_with_what_was_promised),
      cmocka_unit_test(a_query_is_written_only_when_asked_for),
      cmocka_unit_test(a_refusal_says_why),
      cmocka_unit_test(what_is_not_known_is_empty),
      cmocka_unit_test(the_combined_format_is_what_log_tools_know),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
