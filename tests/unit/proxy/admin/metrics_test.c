// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/metrics.h"
#include "tests/unit/proxy/admin/look.h"

#include "rules/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* The text of an overview, ended by NUL. */
static char *text_of(const struct overview *o) {
  static char text[1 << 16];
  struct buf out;
  buf_init(&out, sizeof(text) - 1);
  metrics_put(&out, o);
  assert_false(out.overflow);
  memcpy(text, buf_span(&out).at, buf_len(&out));
  text[buf_len(&out)] = '\0';
  buf_fini(&out);
  return text;
}

static void assert_line(const char *text, const char *line) {
  const char *at = strstr(text, line);
  if (!at) print_error("no line: %s\n", line);
  assert_non_null(at);
  assert_true((at == text || at[-1] == '\n') && at[strlen(line)] == '\n');
}

static void workers_are_summed(void **state) {
  struct look l;
  static struct counters one, other;
  look_make(&l);
  counters_add(&one, COUNTER_requests_h2, 40);
  counters_add(&other, COUNTER_requests_h2, 2);
  counters_add(&one, COUNTER_exchanges_open, 3);
  counters_add(&one, COUNTER_exchanges_open, -1);
  overview_add(&l.overview, &one);
  overview_add(&l.overview, &other);
  char *text = text_of(&l.overview);
  assert_line(text, "qorgan_requests_total{proto=\"h2\"} 42");
  assert_line(text, "qorgan_requests_total{proto=\"http/1.1\"} 0");
  assert_line(text, "qorgan_exchanges 2");
  assert_line(text, "process_start_time_seconds 1795322297.536");
  assert_line(text, "qorgan_build_info{version=\"1.2.3\"} 1");
}

static void an_origin_is_down_while_it_rests(void **state) {
  struct look l;
  look_make(&l);
  l.origins[0].rests_until = 10001;
  l.origins[1].rests_until = 10000; /* its rest is over: it may be tried */
  char *text = text_of(&l.overview);
  assert_line(text, "qorgan_origin_up{site=\"www.example.kz\",origin=\"http://127.0.0.1:1\"} 0");
  assert_line(text, "qorgan_origin_up{site=\"www.example.kz\",origin=\"http://127.0.0.1:2\"} 1");
  assert_line(text, "qorgan_origin_up{site=\"*.\\\"odd\\\"\\\\\",origin=\"unix:/run/a\\nb\"} 1");
}

static void the_store_is_shown_when_there_is_one(void **state) {
  struct look l;
  look_make(&l);
  assert_null(strstr(text_of(&l.overview), "qorgan_store"));
  l.overview.has_store = true;
  l.overview.writer = (struct writer_stats){.depth = 7,
                                            .commits = 3,
                                            .commit_us_last = 1500,
                                            .refused = {[WRITER_COUNTER] = 9},
                                            .err = ERR_FULL};
  char *text = text_of(&l.overview);
  assert_line(text, "qorgan_store_up 0");
  assert_line(text, "qorgan_store_queue_depth 7");
  assert_line(text, "qorgan_store_commit_last_seconds 0.0015");
  assert_line(text, "qorgan_store_refused_total{class=\"counter\"} 9");
}

static bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* The format's own rules: HELP and TYPE once a name, before its samples, which stand together. */
static void the_text_is_what_a_scraper_expects(void **state) {
  struct look l;
  char typed[128][64], *save = NULL;
  size_t types = 0;
  look_make(&l);
  l.overview.has_store = true;
  for (char *line = strtok_r(text_of(&l.overview), "\n", &save); line;
       line = strtok_r(NULL, "\n", &save)) {
    if (strncmp(line, "# HELP ", 7) == 0) continue;
    if (strncmp(line, "# TYPE ", 7) == 0) {
      char kind[16];
      assert_true(types < 128);
      assert_int_equal(sscanf(line, "# TYPE %63s %15s", typed[types], kind), 2);
      assert_true(!strcmp(kind, "counter") || !strcmp(kind, "gauge"));
      size_t len = strlen(typed[types]);
      if (len > 6 && !strcmp(typed[types] + len - 6, "_total"))
        assert_string_equal(kind, "counter");
      for (size_t i = 0; i < types; i++) assert_string_not_equal(typed[i], typed[types]);
      types++;
      continue;
    }
    size_t name = 0;
    while (is_name(line[name])) name++;
    assert_int_equal(name, strlen(typed[types - 1]));
    assert_memory_equal(line, typed[types - 1], name);
    assert_true(line[name] == '{' || line[name] == ' ');
    char *end, *value = strrchr(line, ' ');
    assert_non_null(value);
    strtod(value + 1, &end);
    assert_true(end > value + 1 && *end == '\0');
  }
  assert_true(types > 30);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(workers_are_summed),
      cmocka_unit_test(an_origin_is_down_while_it_rests),
      cmocka_unit_test(the_store_is_shown_when_there_is_one),
      cmocka_unit_test(the_text_is_what_a_scraper_expects),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
