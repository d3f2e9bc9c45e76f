// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/readiness.h"
#include "proxy/admin/status.h"
#include "rules/base/err.h"
#include "tests/unit/proxy/admin/look.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static bool ready(const struct overview *o, const char *expected) {
  struct buf why;
  buf_init(&why, 1024);
  bool answer = readiness(o, &why);
  assert_true(span_eq(buf_span(&why), span_of(expected)));
  buf_fini(&why);
  return answer;
}

static void each_site_needs_an_origin(void **state) {
  struct look l;
  look_make(&l);
  assert_true(ready(&l.overview, "ready\n"));
  l.origins[0].rests_until = 20000;
  assert_true(ready(&l.overview, "ready\n"));
  l.origins[1].rests_until = 20000;
  assert_false(ready(&l.overview, "no origin of site www.example.kz answers\n"));
  l.origins[0].rests_until = 0;
  l.origins[2].rests_until = 20000;
  assert_false(ready(&l.overview, "no origin of site *.\"odd\"\\ answers\n"));
}

/* Else a balancer that sends nothing to who is not ready would never let it learn that its origin is back. */
static void a_rest_that_is_over_counts_as_ready(void **state) {
  struct look l;
  look_make(&l);
  l.origins[2].rests_until = l.overview.mono_now + 1;
  assert_false(ready(&l.overview, "no origin of site *.\"odd\"\\ answers\n"));
  l.overview.mono_now++;
  assert_true(ready(&l.overview, "ready\n"));
}

static void who_drains_is_not_ready(void **state) {
  struct look l;
  look_make(&l);
  l.overview.draining = true;
  assert_false(ready(&l.overview, "draining: this process takes no new connections\n"));
}

static json_t *status_of(const struct overview *o) {
  struct buf out;
  buf_init(&out, 1 << 20);
  assert_int_equal(status_put(&out, o), OK);
  json_t *all = json_loadb(buf_span(&out).at, buf_len(&out), 0, NULL);
  assert_non_null(all);
  buf_fini(&out);
  return all;
}

static void the_status_is_one_object_with_all_that_is_promised(void **state) {
  struct look l;
  const char *version, *started, *reason, *site, *origin;
  int uptime, workers, draining, is_ready, up;
  json_int_t requests;
  double rests;
  look_make(&l);
  l.overview.counters[COUNTER_requests_h1] = 5000000000;
  l.origins[2].rests_until = l.overview.mono_now + 1500;
  json_t *all = status_of(&l.overview);
  assert_int_equal(json_unpack(all, "{s:s, s:s, s:s, s:i, s:i, s:b, s:b, s:{s:I}, s:n, s:[]}",
                               "version", &version, "started", &started, "reason", &reason,
                               "uptime_seconds", &uptime, "workers", &workers, "draining",
                               &draining, "ready", &is_ready, "counters", "requests_h1", &requests,
                               "store", "certificates"),
                   0);
  assert_string_equal(version, "1.2.3");
  assert_string_equal(started, "2026-11-22T04:38:17.536Z");
  assert_string_equal(reason, "no origin of site *.\"odd\"\\ answers");
  assert_int_equal(uptime, 65);
  assert_int_equal(workers, 2);
  assert_false(draining || is_ready);
  assert_true(requests == 5000000000);
  assert_int_equal(json_object_size(json_object_get(all, "counters")), COUNTER_COUNT);
  json_t *origins = json_object_get(all, "origins");
  assert_int_equal(json_array_size(origins), 3);
  assert_int_equal(json_unpack(json_array_get(origins, 2), "{s:s, s:s, s:b, s:F}", "site", &site,
                               "origin", &origin, "up", &up, "rests_seconds", &rests),
                   0);
  assert_string_equal(site, "*.\"odd\"\\");
  assert_string_equal(origin, "unix:/run/a\nb");
  assert_false(up);
  assert_true(rests == 1.5);
  json_decref(all);
}

static void a_store_shows_how_it_does(void **state) {
  struct look l;
  const char *words;
  int up;
  look_make(&l);
  l.overview.has_store = true;
  l.overview.writer.err = ERR_FULL;
  json_t *all = status_of(&l.overview);
  assert_int_equal(json_unpack(all, "{s:{s:b, s:s}}", "store", "up", &up, "state", &words), 0);
  assert_false(up);
  assert_string_equal(words, env_explain(ERR_FULL));
  json_decref(all);
}

static void this_process_has_memory_and_descriptors(void **state) {
  struct look l;
  look_make(&l);
  overview_take_process(&l.overview);
  uint64_t before = l.overview.open_fds;
  assert_true(l.overview.resident_bytes > 4096 && before >= 3 && l.overview.max_fds >= before);
  FILE *one = fopen("/dev/null", "re");
  assert_non_null(one);
  overview_take_process(&l.overview);
  assert_int_equal(l.overview.open_fds, before + 1);
  fclose(one);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_site_needs_an_origin),
      cmocka_unit_test(a_rest_that_is_over_counts_as_ready),
      cmocka_unit_test(who_drains_is_not_ready),
      cmocka_unit_test(the_status_is_one_object_with_all_that_is_promised),
      cmocka_unit_test(a_store_shows_how_it_does),
      cmocka_unit_test(this_process_has_memory_and_descriptors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
