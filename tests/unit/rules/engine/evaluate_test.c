// SPDX-License-Identifier: Apache-2.0
#include "rules/engine/evaluate.h"

#include "rules/base/err.h"
#include "rules/engine/plain.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

/* One program on plain meters, one request. */
struct fixture {
  struct program *program;
  struct plain plain;
  struct meters meters;
  struct evaluator by;
  struct facts facts;
  struct evaluation e;
  struct addr addr;
};

struct pair {
  struct span name, value;
};

/* Messages of these tests: pairs, ended by an empty name. */
static struct span nth_of(const void *message, struct span name, size_t nth) {
  for (const struct pair *at = message; at->name.len; at++) {
    if (span_eq_nocase(at->name, name) && nth-- == 0) return at->value;
  }
  return span_from(NULL, 0);
}

static const struct facts_readers readers = {.header = nth_of, .form = nth_of};

static void request(struct fixture *f) {
  facts_init(&f->facts, &readers, UINT64_MAX);
  f->facts.ip_src = &f->addr;
  f->facts.ssl = TRUTH_YES;
  f->facts.http_method = SPAN("GET");
  f->facts.http_host = SPAN("example.kz");
  facts_set_uri(&f->facts, SPAN("/a/b.php?x=1&y=&x=2"));
  evaluate_begin(&f->e, &f->by, &f->facts);
}

static void begin(struct fixture *f, const char *rules) {
  struct source source = {.name = SPAN("t.rules"), .text = span_of(rules)};
  struct report report;
  struct buf errors;
  *f = (struct fixture){.addr = {{[10] = 0xff, [11] = 0xff, [12] = 192, 0, 2, 7}}};
  buf_init(&errors, 1 << 16);
  report_init(&report, &source, 1);
  int err = program_compile(&fields_schema, &report, &f->program);
  report_print(&report, &errors);
  if (err) fprintf(stderr, "%.*s", SPAN_ARG(buf_span(&errors)));
  assert_int_equal(err, OK);
  report_fini(&report);
  buf_fini(&errors);
  assert_int_equal(plain_init(&f->plain, f->program), OK);
  f->meters = plain_meters(&f->plain);
  assert_int_equal(evaluator_init(&f->by, f->program, &f->meters), OK);
  request(f);
}

static void end(struct fixture *f) {
  evaluator_fini(&f->by);
  plain_fini(&f->plain);
  program_free(&f->program);
}

static enum action head(struct fixture *f, mono_ms now) {
  request(f);
  evaluate_head(&f->e, now);
  return f->e.verdict.action;
}

/* Whether a condition holds of the fixture's request: `log` leaves a reason. */
static bool holds(const char *condition) {
  char rules[512];
  struct fixture f;
  static const struct pair headers[] = {
      {SPAN("X-A"), SPAN("one")}, {SPAN("x-a"), SPAN("Two")}, {SPAN(""), SPAN("")}};
  snprintf(rules, sizeof(rules), "list office {192.0.2.0/24}\nlist fed\nrule r when %s then log\n",
           condition);
  begin(&f, rules);
  request(&f);
  f.facts.request = headers;
  f.facts.http_agent = SPAN("curl/8.1");
  f.facts.http_cookie = SPAN("a=1; b=2");
  evaluate_head(&f.e, 1);
  bool held = f.e.verdict.reason_count == 1;
  end(&f);
  return held;
}

static void operators_hold(void **state) {
  static const char *const yes[] = {
      "http.request.method eq \"GET\"",
      "http.host ne \"other\"",
      "http.host lt \"f\" and http.host ge \"example.kz\"",
      "http.request.uri.path contains \"b.p\"",
      "http.user_agent matches r\"^curl/\\d\"",
      "http.user_agent ~ \"8\"",
      "http.request.uri.path wildcard \"/A/*.PHP\"",
      "http.request.uri.path strict wildcard \"/a/*\"",
      "not http.request.uri.path strict wildcard \"/A/*\"",
      "http.request.method in {\"POST\" \"GET\"}",
      "ip.src in {192.0.2.0/24}",
      "ip.src in {192.0.2.1..192.0.2.7}",
      "ip.src in $office and not ip.src in $fed",
      "ip.src eq 192.0.2.7 and ip.src eq ::ffff:192.0.2.7",
      "lower(\"ABC\") eq \"abc\" and upper(\"abc\") eq \"ABC\"",
      "url_decode(\"%41+%zz%2\") eq \"A %zz%2\"",
      "concat(http.host, \"/\", http.request.method) eq \"example.kz/GET\"",
      "starts_with(http.request.uri, \"/a\") and ends_with(http.request.uri.path, \".php\")",
      "len(http.host) eq 10",
      "1 + 2 * 3 eq 7 and (1 + 2) * 3 eq 9 and 7 / 2 eq 3.5 and -1 lt 0",
      "log2(8) eq 3 and abs(-2) eq 2 and min(3, 1, 2) eq 1 and max(1, 3) eq 3",
      "ssl xor false",
      "ssl eq true and ssl ne false",
      "8 in {1..5 7..9}",
      "http.request.headers[\"x-a\"] eq \"Two\"",
      "lower(http.request.headers[\"x-a\"]) eq \"two\"",
      "not http.request.headers[\"x-a\"] ne \"one\"",
      "http.request.headers[\"x-b\"] eq \"\"",
      "http.request.uri.args[\"x\"] eq \"2\" and http.request.uri.args[\"y\"] eq \"\"",
      "http.request.cookies[\"b\"] eq \"2\"",
      "http.request.uri.query eq \"x=1&y=&x=2\"",
  };
  for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
    if (!holds(yes[i])) fail_msg("should hold: %s", yes[i]);
    char negated[512];
    snprintf(negated, sizeof(negated), "not (%s)", yes[i]);
    if (holds(negated)) fail_msg("should not hold: %s", negated);
  }
}

static void nothing_hangs_on_what_is_not_known(void **state) {
  static const char *const unknown[] = {
      "ip.src.country eq \"KZ\"",
      "ip.src.asnum gt 5",
      "client.mismatch",
      "ip.src.country in {\"KZ\"}",
      "tls.ja4 matches \"x\"",
      "log2(0) eq 0",
      "ln(-1) eq 0",
      "len(tls.ja4) eq 0",
      "min(1, ip.src.asnum) eq 1",
      "ssl xor client.mismatch",
      "concat(tls.ja4, \"\") eq \"\"",
      "0 / 0 eq 0",
  };
  for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
    char negated[512];
    snprintf(negated, sizeof(negated), "not (%s)", unknown[i]);
    if (holds(unknown[i]) || holds(negated)) fail_msg("should be unknown: %s", unknown[i]);
  }
  assert_true(holds("ssl or client.mismatch"));
  assert_true(holds("not (not ssl and client.mismatch)"));
  assert_true(holds(
      "known(ssl) and not known(ip.src.country) and known(ip.src) and not known(ip.src.asnum)"));
}

static void the_first_rule_that_matches_decides(void **state) {
  struct fixture f;
  begin(&f, "rule log_it when ssl then log\n"
            "shadow rule tried when ssl then drop\n"
            "rule miss when not ssl then drop\n"
            "rule hit when ssl then deny because \"because\"\n"
            "rule late when ssl then allow\n");
  assert_int_equal(head(&f, 1), ACTION_DENY);
  assert_int_equal(f.e.verdict.reason_count, 3);
  assert_true(f.e.verdict.reasons[1].shadow);
  struct buf words;
  buf_init(&words, 4096);
  verdict_explain(&f.e.verdict, &words);
  buf_put_byte(&words, '\0');
  assert_string_equal(words.at, "deny: 403\n"
                                "  rule log_it: only written down\n"
                                "  (in shadow) rule tried: drop\n"
                                "  rule hit: deny: because\n");
  buf_reset(&words);
  verdict_reasons(&f.e.verdict, &words);
  buf_put_byte(&words, '\0');
  assert_string_equal(words.at, "rule log_it; shadow rule tried; rule hit");
  buf_fini(&words);
  end(&f);
}

static void lists_come_first_and_allow_wins(void **state) {
  struct fixture f;
  begin(&f, "rule all when ssl then deny\nlimit l 1 in 1h by client on request then throttle\n");
  for (int i = 0; i < 3; i++) {
    request(&f);
    f.facts.ip_src_banned = f.facts.ip_src_allowed = TRUTH_YES;
    evaluate_head(&f.e, 1);
    assert_int_equal(f.e.verdict.action, ACTION_ALLOW);
  }
  f.facts.ip_src_allowed = TRUTH_NO;
  evaluate_begin(&f.e, &f.by, &f.facts);
  evaluate_head(&f.e, 1);
  assert_int_equal(f.e.verdict.action, ACTION_DROP);
  assert_true(span_eq(f.e.verdict.reasons[0].rule, SPAN("ban")));
  end(&f);
}

static void a_limit_is_exceeded_and_drains(void **state) {
  struct fixture f;
  begin(&f, "limit l 10 in 10s burst 20 by client on request then throttle\n");
  for (int i = 0; i < 20; i++) assert_int_equal(head(&f, 1000), ACTION_ALLOW);
  assert_int_equal(head(&f, 1000), ACTION_THROTTLE);
  assert_in_range(f.e.verdict.retry_ms, 1000, 1001);
  assert_true(f.e.verdict.reasons[0].value == 21 && f.e.verdict.reasons[0].threshold == 10);
  assert_int_equal(head(&f, 1000 + f.e.verdict.retry_ms), ACTION_ALLOW);
  f.addr.bytes[15]++;
  assert_int_equal(head(&f, 1000), ACTION_ALLOW);
  end(&f);
}

static void an_action_is_held_as_long_as_it_says(void **state) {
  struct fixture f;
  begin(&f, "limit l 2 in 1s by client on request then challenge for 1m\n");
  head(&f, 1000);
  head(&f, 1000);
  assert_int_equal(head(&f, 1000), ACTION_CHALLENGE);
  assert_int_equal(head(&f, 60000), ACTION_CHALLENGE);
  assert_int_equal(head(&f, 61000), ACTION_ALLOW);
  end(&f);
}

static void a_ban_drops_and_says_for_how_long(void **state) {
  struct fixture f;
  begin(&f, "limit l 1 in 1m by client on request then ban for 30m\n");
  head(&f, 1000);
  assert_int_equal(head(&f, 1000), ACTION_DROP);
  assert_int_equal(f.e.verdict.ban_ms, 1800000);
  end(&f);
}

#define LOGIN                                                                                      \
  "login form { when http.request.method eq \"POST\" username form \"u\" password form \"p\""      \
  " success response.status eq 302 failure response.status eq 200 }\n"

static enum action log_in(struct fixture *f, mono_ms now, double status) {
  request(f);
  f->facts.http_method = SPAN("POST");
  evaluate_head(&f->e, now);
  assert_int_equal(f->e.login, 0);
  f->facts.login_user = SPAN("aigerim");
  evaluate_body(&f->e, now);
  enum action action = f->e.verdict.action;
  if (action == ACTION_ALLOW) f->facts.response_status = status;
  evaluate_settle(&f->e, evaluate_outcome(&f->e), now);
  return action;
}

static void only_failures_that_the_origin_saw_are_counted(void **state) {
  struct fixture f;
  begin(&f, LOGIN "limit l 3 in 1h by login.user on login_failed then deny\n");
  for (int i = 0; i < 10; i++) assert_int_equal(log_in(&f, 1, 302), ACTION_ALLOW);
  for (int i = 0; i < 10; i++) assert_int_equal(log_in(&f, 1, 500), ACTION_ALLOW);
  for (int i = 0; i < 3; i++) assert_int_equal(log_in(&f, 1, 200), ACTION_ALLOW);
  assert_int_equal(log_in(&f, 1, 200), ACTION_DENY);
  assert_int_equal(log_in(&f, 1, 200), ACTION_DENY);
  /* A third of the window frees one, however often the proxy refused in between. */
  assert_int_equal(log_in(&f, 1200002, 200), ACTION_ALLOW);
  assert_int_equal(log_in(&f, 1200002, 200), ACTION_DENY);
  end(&f);
}

/* Five hundred at once must not slip between two counts. */
static void attempts_under_way_are_counted(void **state) {
  struct fixture f;
  begin(&f, LOGIN "limit l 3 in 1h by client on login_failed then deny\n");
  static struct evaluation many[10];
  unsigned admitted = 0;
  request(&f);
  f.facts.http_method = SPAN("POST");
  for (int i = 0; i < 10; i++) {
    evaluate_begin(&many[i], &f.by, &f.facts);
    evaluate_head(&many[i], 1);
    evaluate_body(&many[i], 1);
    admitted += many[i].verdict.action == ACTION_ALLOW;
  }
  assert_int_equal(admitted, 3);
  for (int i = 0; i < 10; i++) evaluate_settle(&many[i], OUTCOME_SUCCEEDED, 2);
  assert_int_equal(log_in(&f, 3, 302), ACTION_ALLOW);
  end(&f);
}

static void answers_weigh_on_the_requests_that_follow(void **state) {
  struct fixture f;
  begin(&f, "limit scan 5 in 1m by client on answer when response.status eq 404 then deny\n");
  for (int i = 0; i < 20; i++) {
    assert_int_equal(head(&f, 1), ACTION_ALLOW);
    f.facts.response_status = 200;
    evaluate_settle(&f.e, OUTCOME_UNKNOWN, 1);
  }
  for (int i = 0; i < 5; i++) {
    assert_int_equal(head(&f, 1), ACTION_ALLOW);
    f.facts.response_status = 404;
    evaluate_settle(&f.e, OUTCOME_UNKNOWN, 1);
  }
  assert_int_equal(head(&f, 1), ACTION_DENY);
  end(&f);
}

static void what_hangs_on_the_body_waits_for_it(void **state) {
  static const struct pair form[] = {{SPAN("do"), SPAN("comment")}, {SPAN(""), SPAN("")}};
  struct fixture f;
  begin(&f, "route comment when http.request.method eq \"POST\" and http.request.body.form[\"do\"] "
            "eq \"comment\"\n"
            "limit l 1 in 1h by client on comment then throttle\n");
  assert_int_equal(head(&f, 1), ACTION_ALLOW);
  assert_false(f.e.wants_body);
  for (int i = 0; i < 2; i++) {
    request(&f);
    f.facts.http_method = SPAN("POST");
    evaluate_head(&f.e, 1);
    assert_true(f.e.wants_body);
    assert_int_equal(f.e.verdict.action, ACTION_ALLOW);
    f.facts.form = form;
    evaluate_body(&f.e, 1);
    assert_true(evaluate_is_on(&f.e, SPAN("comment")));
    assert_int_equal(f.e.verdict.action, i ? ACTION_THROTTLE : ACTION_ALLOW);
  }
  end(&f);
}

static void scores_add_up_and_denial_needs_own_evidence(void **state) {
  struct fixture f;
  begin(
      &f, LOGIN
      "score crowd 30 when http.host eq \"example.kz\"\n"
      "score mine 5 own when ip.src.asnum eq 1\n"
      "score more 9 own max 7 when ip.src.asnum eq 1 because \"as {ip.src.asnum}\"\n"
      "score unknown 40 own when client.mismatch\n"
      "shadow score tried 50 own\n"
      "decide login { prior -17 challenge at -3 step_up at 5 deny at 18 with 11 own\n"
      "  at most step_up when login.tier eq 2 at least challenge when login.role eq \"staff\" }\n");
  for (int own = 0; own < 2; own++) {
    request(&f);
    f.facts.http_method = SPAN("POST");
    f.facts.ip_src_asnum = own;
    evaluate_head(&f.e, 1);
    evaluate_body(&f.e, 1);
    assert_true(f.e.verdict.score == (own ? 25 : 13) && f.e.verdict.own == (own ? 12 : 0));
    assert_int_equal(f.e.verdict.action, own ? ACTION_DENY : ACTION_STEP_UP);
  }
  request(&f);
  f.facts.http_method = SPAN("POST");
  f.facts.ip_src_asnum = 1;
  f.facts.login_tier = 2;
  evaluate_head(&f.e, 1);
  evaluate_body(&f.e, 1);
  assert_int_equal(f.e.verdict.action, ACTION_STEP_UP);
  request(&f);
  f.facts.http_method = SPAN("POST");
  f.facts.http_host = SPAN("elsewhere");
  f.facts.login_role = SPAN("staff");
  evaluate_head(&f.e, 1);
  evaluate_body(&f.e, 1);
  assert_int_equal(f.e.verdict.action, ACTION_CHALLENGE);
  end(&f);
}

static void without_a_prior_nothing_is_decided(void **state) {
  struct fixture f;
  begin(&f, LOGIN "score bad 50 own\ndecide login { prior client.detour_ms deny at 18 }\n");
  assert_int_equal(log_in(&f, 1, 302), ACTION_ALLOW);
  assert_true(isnan(f.e.verdict.score));
  end(&f);
}

static void signals_count_distinct_things(void **state) {
  struct fixture f;
  begin(&f, LOGIN "signal spray distinct login.user by login.password in 24h on login_failed\n"
                  "score spraying 10 * spray own\ndecide login { deny at 30 }\n");
  static const char *const users[] = {"a", "b", "b", "a", "c"};
  static const enum action expected[] = {ACTION_ALLOW, ACTION_ALLOW, ACTION_ALLOW, ACTION_ALLOW,
                                         ACTION_DENY};
  for (int i = 0; i < 5; i++) {
    request(&f);
    f.facts.http_method = SPAN("POST");
    f.facts.login_user = span_of(users[i]);
    f.facts.login_password = SPAN("digest");
    evaluate_head(&f.e, i);
    evaluate_body(&f.e, i);
    assert_int_equal(f.e.verdict.action, expected[i]);
    evaluate_settle(&f.e, OUTCOME_FAILED, i);
  }
  end(&f);
}

static void at_the_hello_only_what_is_certain_drops(void **state) {
  struct fixture f;
  begin(&f, "rule robots when http.request.uri.path eq \"/robots.txt\" then allow\n"
            "rule bad when tls.ja4 eq \"bad\" then drop\n");
  f.facts.tls_ja4 = SPAN("bad");
  assert_int_equal(evaluate_hello(&f.by, &f.facts, 1).action, ACTION_ALLOW);
  f.facts.ip_src_banned = TRUTH_YES;
  assert_int_equal(evaluate_hello(&f.by, &f.facts, 1).action, ACTION_DROP);
  end(&f);
  begin(&f, "rule no when http.request.uri.path eq \"/x\" then deny\nrule bad when tls.ja4 eq "
            "\"bad\" then ban for 1h\n");
  assert_int_equal(evaluate_hello(&f.by, &f.facts, 1).action, ACTION_ALLOW);
  f.facts.tls_ja4 = SPAN("bad");
  struct verdict v = evaluate_hello(&f.by, &f.facts, 1);
  assert_true(v.action == ACTION_DROP && v.ban_ms == 3600000);
  end(&f);
}

static void a_pattern_past_its_bound_does_not_match_and_is_counted(void **state) {
  char text[4096];
  struct fixture f;
  memset(text, 'a', sizeof(text));
  memcpy(text + sizeof(text) - 2, "bc", 2);
  begin(&f, "rule r when http.user_agent matches \"(a+)+(a+)+(a+)+b$\" then deny\n");
  f.facts.http_agent = span_from(text, sizeof(text));
  evaluate_head(&f.e, 1);
  assert_int_equal(f.e.verdict.action, ACTION_ALLOW);
  assert_int_equal(f.by.regex_overruns, 1);
  end(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(operators_hold),
      cmocka_unit_test(nothing_hangs_on_what_is_not_known),
      cmocka_unit_test(the_first_rule_that_matches_decides),
      cmocka_unit_test(lists_come_first_and_allow_wins),
      cmocka_unit_test(a_limit_is_exceeded_and_drains),
      cmocka_unit_test(an_action_is_held_as_long_as_it_says),
      cmocka_unit_test(a_ban_drops_and_says_for_how_long),
      cmocka_unit_test(only_failures_that_the_origin_saw_are_counted),
      cmocka_unit_test(attempts_under_way_are_counted),
      cmocka_unit_test(answers_weigh_on_the_requests_that_follow),
      cmocka_unit_test(what_hangs_on_the_body_waits_for_it),
      cmocka_unit_test(scores_add_up_and_denial_needs_own_evidence),
      cmocka_unit_test(without_a_prior_nothing_is_decided),
      cmocka_unit_test(signals_count_distinct_things),
      cmocka_unit_test(at_the_hello_only_what_is_certain_drops),
      cmocka_unit_test(a_pattern_past_its_bound_does_not_match_and_is_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
