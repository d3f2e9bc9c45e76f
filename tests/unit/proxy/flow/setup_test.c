// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/setup.h"

#include "rules/base/err.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct addr addr(const char *text) {
  struct addr a;
  assert_int_equal(addr_parse(span_of(text), &a), OK);
  return a;
}

static struct prefix prefix(const char *text) {
  struct prefix p;
  assert_int_equal(prefix_parse(span_of(text), &p), OK);
  return p;
}

/* The first host of the site that answers, or "none". */
static const char *site_of(const struct setup *s, const char *host) {
  const struct site_spec *site = setup_site(s, span_of(host));
  return site ? site->hosts[0].at : "none";
}

static void a_new_setup_has_the_default_bounds(void **state) {
  struct setup *s = setup_new();
  assert_non_null(s);
  assert_int_equal(s->limits.streams_max, 100);
  assert_int_equal(s->timeouts.handshake, 10000);
  assert_null(setup_site(s, SPAN("example.kz")));
  setup_drop(&s);
  assert_null(s);
  setup_drop(&s);
}

static void the_last_reference_frees(void **state) {
  struct setup *s = setup_new();
  assert_non_null(arena_zero(&s->arena, 1000));
  struct setup *other = setup_hold(s);
  assert_ptr_equal(other, s);
  setup_drop(&s);
  assert_null(s);
  memset(arena_zero(&other->arena, 100), 1, 100); /* still ours: the sanitizer would tell */
  assert_int_equal(atomic_load(&other->refs), 1);
  setup_drop(&other);
}

static void *hold_and_drop(void *arg) {
  for (int i = 0; i < 10000; i++) {
    struct setup *s = setup_hold(arg);
    setup_drop(&s);
  }
  return NULL;
}

static void references_are_counted_over_threads(void **state) {
  struct setup *s = setup_new();
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, hold_and_drop, s), 0);
  }
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  assert_int_equal(atomic_load(&s->refs), 1);
  setup_drop(&s);
}

static void the_most_exact_host_wins_in_any_order(void **state) {
  struct span any[] = {SPAN("*")}, wide[] = {SPAN("*.example.kz")};
  struct span narrow[] = {SPAN("*.news.example.kz")};
  struct span exact[] = {SPAN("www.news.example.kz"), SPAN("example.kz")};
  struct site_spec sites[] = {{.hosts = any, .host_count = 1},
                              {.hosts = exact, .host_count = 2},
                              {.hosts = wide, .host_count = 1},
                              {.hosts = narrow, .host_count = 1}};
  struct site_spec backwards[] = {sites[3], sites[2], sites[1], sites[0]};
  for (int turn = 0; turn < 2; turn++) {
    struct setup s = {.sites = turn ? backwards : sites, .site_count = 4};
    assert_string_equal(site_of(&s, "www.news.example.kz"), "www.news.example.kz");
    assert_string_equal(site_of(&s, "example.kz"), "www.news.example.kz");
    assert_string_equal(site_of(&s, "m.news.example.kz"), "*.news.example.kz");
    assert_string_equal(site_of(&s, "a.b.news.example.kz"), "*.news.example.kz");
    assert_string_equal(site_of(&s, "news.example.kz"), "*.example.kz");
    assert_string_equal(site_of(&s, "evilexample.kz"), "*");
    assert_string_equal(site_of(&s, ".example.kz"), "*");
    assert_string_equal(site_of(&s, ""), "*");
  }
}

static void without_a_catch_all_a_foreign_host_has_no_site(void **state) {
  struct span hosts[] = {SPAN("*.example.kz")};
  struct site_spec site = {.hosts = hosts, .host_count = 1};
  struct setup s = {.sites = &site, .site_count = 1};
  assert_string_equal(site_of(&s, "example.kz"), "none");
  assert_string_equal(site_of(&s, "192.0.2.1"), "none");
}

static void trust_is_given_to_prefixes_only(void **state) {
  struct prefix trusted[] = {prefix("10.1.0.0/16"), prefix("2001:db8::/32")};
  struct setup s = {.trusted = trusted, .trusted_count = 2};
  struct addr in4 = addr("10.1.255.1"), mapped = addr("::ffff:10.1.0.1"), in6 = addr("2001:db8::1");
  struct addr out4 = addr("10.2.0.1"), out6 = addr("2001:db9::1");
  assert_true(setup_trusts(&s, &in4));
  assert_true(setup_trusts(&s, &mapped));
  assert_true(setup_trusts(&s, &in6));
  assert_false(setup_trusts(&s, &out4));
  assert_false(setup_trusts(&s, &out6));
  s.trusted_count = 0;
  assert_false(setup_trusts(&s, &in4));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_new_setup_has_the_default_bounds),
      cmocka_unit_test(the_last_reference_frees),
      cmocka_unit_test(references_are_counted_over_threads),
      cmocka_unit_test(the_most_exact_host_wins_in_any_order),
      cmocka_unit_test(without_a_catch_all_a_foreign_host_has_no_site),
      cmocka_unit_test(trust_is_given_to_prefixes_only),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
