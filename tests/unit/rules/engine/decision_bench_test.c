// SPDX-License-Identifier: Apache-2.0
/** What a decision costs, without the meters' own work and with it: printed, and held only to bounds that a slow
 *  machine keeps. */
#include "rules/base/err.h"
#include "rules/engine/evaluate.h"
#include "rules/engine/packs.h"
#include "rules/engine/shared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <cmocka.h>

enum { ROUNDS = 200000, TEXT_BYTES_MAX = 4 << 20 };

static struct charge charge(void *self, uint32_t limit, struct meter_key key, mono_ms now,
                            double price) {
  return (struct charge){.count = 1};
}
static void refund(void *self, uint32_t limit, struct meter_key key, mono_ms now, double price) {}
static bool note(void *self, uint32_t signal, struct meter_key key, uint64_t item, mono_ms now) {
  return true;
}
static void unnote(void *self, uint32_t signal, struct meter_key key, uint64_t item, mono_ms now) {}
static double reading(void *self, uint32_t signal, struct meter_key key, mono_ms now) {
  return 1;
}
static bool listed(void *self, uint32_t list, const struct addr *addr) {
  return false;
}

static const struct meters no_work = {.charge = charge,
                                      .refund = refund,
                                      .note = note,
                                      .unnote = unnote,
                                      .reading = reading,
                                      .listed = listed};

static struct span no_header(const void *message, struct span name, size_t nth) {
  return span_from(NULL, 0);
}

static const struct facts_readers readers = {.header = no_header, .form = no_header};
static const struct addr reader = {{[10] = 0xff, [11] = 0xff, [12] = 203, 0, 113, 9}};

static void page_view(struct facts *f, uint64_t sources) {
  facts_init(f, &readers, sources);
  f->request = f;
  f->ip_src = &reader;
  f->ssl = TRUTH_YES;
  f->http_host = SPAN("www.example.kz");
  f->http_method = SPAN("GET");
  f->http_version = SPAN("HTTP/2");
  f->http_agent = SPAN("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0");
  f->http_referer = f->http_cookie = f->body_mime = SPAN("");
  facts_set_uri(f, SPAN("/2026/11/22/a-long-headline-of-the-day/?utm_source=telegram"));
}

static struct program *compiled(const struct source *sources, size_t count) {
  struct report report;
  struct program *p = NULL;
  report_init(&report, sources, count);
  assert_int_equal(program_compile(&fields_schema, &report, &p), OK);
  report_fini(&report);
  return p;
}

static double since_ns(const struct timespec *start) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)(now.tv_sec - start->tv_sec) * 1e9 + (double)(now.tv_nsec - start->tv_nsec);
}

static double measure(const struct program *p, const struct meters *meters, uint64_t sources,
                      unsigned clients, bool login) {
  struct evaluator by;
  struct facts facts;
  struct evaluation e;
  struct timespec start;
  assert_int_equal(evaluator_init(&by, p, meters), OK);
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (int i = 0; i < ROUNDS; i++) {
    page_view(&facts, sources);
    struct addr client = reader;
    uint32_t number = (uint32_t)i % clients * 2654435761u;
    memcpy(&client.bytes[12], &number, sizeof(number));
    client.bytes[12] = (uint8_t)(client.bytes[12] % 120 + 1); /* not of loopback */
    facts.ip_src = &client;
    if (login) {
      facts.http_method = SPAN("POST");
      facts_set_uri(&facts, SPAN("/wp-login.php"));
    }
    evaluate_begin(&e, &by, &facts);
    static mono_ms now; /* goes on from one measurement to the next */
    now += 10;
    evaluate_head(&e, now);
    if (login) {
      facts.login_user = SPAN("aigerim");
      facts.login_password = SPAN("0123456789abcdef");
      facts.login_credentials = 1;
      evaluate_body(&e, now);
    }
    assert_true(e.verdict.action == ACTION_ALLOW && (e.login >= 0) == login);
    evaluate_settle(&e, OUTCOME_UNKNOWN, now);
  }
  double ns = since_ns(&start) / ROUNDS;
  evaluator_fini(&by);
  return ns;
}

static void the_default_policy(void **state) {
  const struct span wordpress = SPAN("wordpress");
  struct program *p = compiled(packs_sources, packs_count);
  uint64_t sources = program_sources(p, &wordpress, 1);
  double view = measure(p, &no_work, sources, 1, false),
         login = measure(p, &no_work, sources, 1, true);
  printf("  page view %.0f ns, login %.0f ns (default policy, WordPress)\n", view, login);
  assert_true(view < 1e6 && login < 1e6);
  program_free(&p);
}

static void shared_meters_too(void **state) {
  const struct span wordpress = SPAN("wordpress");
  struct program *p = compiled(packs_sources, packs_count);
  uint64_t sources = program_sources(p, &wordpress, 1);
  const struct shared_options options = {.key = {1, 2}, .sizes = SHARED_SIZES};
  struct shared_error why;
  struct shared *shared = NULL;
  assert_int_equal(shared_new(p, &options, NULL, 0, &shared, &why), OK);
  struct meters meters = shared_meters(shared);
  for (unsigned clients = 1000; clients <= 1000000; clients *= 1000) {
    double view = measure(p, &meters, sources, clients, false);
    printf("  page view %.0f ns of %u clients (shared meters)\n", view, clients);
    assert_true(view < 1e6);
  }
  double login = measure(p, &meters, sources, 100000, true);
  printf("  login %.0f ns (shared meters)\n", login);
  assert_true(login < 1e6);
  shared_free(&shared);
  program_free(&p);
}

static void many_rules(void **state) {
  for (int count = 10; count <= 1000; count *= 10) {
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    for (int i = 0; i < count; i++) {
      buf_printf(&text,
                 "rule r%d when http.request.uri.path eq \"/attack-%d\" and ip.src in "
                 "{10.%d.%d.0/24} then deny\n",
                 i, i, i / 256, i % 256);
    }
    const struct source source = {.name = SPAN("many.rules"), .text = buf_span(&text)};
    struct program *p = compiled(&source, 1);
    double view = measure(p, &no_work, UINT64_MAX, 1, false);
    printf("  %d rules: %.0f ns\n", count, view);
    assert_true(view < 1e6);
    program_free(&p);
    buf_fini(&text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_default_policy),
      cmocka_unit_test(shared_meters_too),
      cmocka_unit_test(many_rules),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
