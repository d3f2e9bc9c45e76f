// SPDX-License-Identifier: Apache-2.0
/** The policy that the program carries: it compiles, is written as fmt writes it, and its examples hold. */
#include "rules/engine/packs.h"

#include "rules/base/err.h"
#include "rules/engine/examples.h"
#include "rules/engine/fields.h"
#include "rules/lang/printer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

enum { TEXT_BYTES_MAX = 1 << 20 };

static void complain(const struct report *report) {
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  report_print(report, &text);
  fprintf(stderr, "%.*s", SPAN_ARG(buf_span(&text)));
  buf_fini(&text);
}

static struct program *compiled(void) {
  struct report report;
  struct program *p = NULL;
  report_init(&report, packs_sources, packs_count);
  int err = program_compile(&fields_schema, &report, &p);
  complain(&report);
  report_fini(&report);
  assert_int_equal(err, OK);
  return p;
}

static void all_packs_compile_together(void **state) {
  struct program *p = compiled();
  assert_true(p->login_count >= 8);
  assert_true(program_has_pack(p, SPAN("wordpress")));
  assert_false(program_has_pack(p, SPAN("base")));
  printf("  at worst %.2f ms a request\n", (double)p->cost_ns / 1e6);
  program_free(&p);
}

static void packs_are_written_as_fmt_writes_them(void **state) {
  for (size_t i = 0; i < packs_count; i++) {
    struct report report;
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    report_init(&report, packs_sources, packs_count);
    assert_int_equal(printer_run(&report, (uint32_t)i, &text), OK);
    if (!span_eq(buf_span(&text), packs_sources[i].text)) {
      fprintf(stderr, "%.*s should be:\n%.*s", SPAN_ARG(packs_sources[i].name),
              SPAN_ARG(buf_span(&text)));
      fail();
    }
    report_fini(&report);
    buf_fini(&text);
  }
}

static void every_example_holds(void **state) {
  struct program *p = compiled();
  unsigned failed = 0;
  for (uint32_t i = 0; i < p->example_count; i++) {
    struct example_result result;
    struct buf words;
    buf_init(&words, TEXT_BYTES_MAX);
    assert_int_equal(examples_run(p, i, &result), OK);
    verdict_explain(&result.verdict, &words);
    if (!result.held) {
      fprintf(stderr, "%.*s:%u: %.*s\n%.*s", SPAN_ARG(p->source_names[p->examples[i].def.source]),
              p->examples[i].def.line, SPAN_ARG(p->examples[i].def.name),
              SPAN_ARG(buf_span(&words)));
    }
    failed += !result.held;
    buf_fini(&words);
  }
  program_free(&p);
  assert_int_equal(failed, 0);
}

static void a_site_runs_the_packs_that_it_names(void **state) {
  struct program *p = compiled();
  const struct span wordpress = SPAN("wordpress");
  uint64_t sources = program_sources(p, &wordpress, 1);
  for (uint32_t i = 0; i < p->source_count; i++) {
    bool in_force =
        span_eq(p->source_names[i], SPAN("base")) || span_eq(p->source_names[i], wordpress);
    assert_int_equal(sources >> i & 1, in_force);
  }
  program_free(&p);
}

static void own_files_stand_behind_the_packs_and_replace_by_name(void **state) {
  struct source own = {
      .name = SPAN("site.rules"),
      .text = SPAN("limit pages_per_client 7 in 1m by client on page then deny\noff spraying\n")};
  struct source sources[PACKS_SOURCES_MAX];
  struct report report;
  struct program *p = NULL;
  report_init(&report, sources, packs_with(&own, 1, sources));
  assert_int_equal(program_compile(&fields_schema, &report, &p), OK);
  unsigned found = 0;
  for (uint32_t i = 0; i < p->limit_count; i++) {
    if (!span_eq(p->limits[i].def.name, SPAN("pages_per_client"))) continue;
    found++;
    assert_true(p->limits[i].quantity == 7 && p->limits[i].action == ACTION_DENY);
  }
  assert_int_equal(found, 1);
  for (uint32_t i = 0; i < p->score_count; i++)
    assert_false(span_eq(p->scores[i].def.name, SPAN("spraying")));
  program_free(&p);
  report_fini(&report);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_packs_compile_together),
      cmocka_unit_test(packs_are_written_as_fmt_writes_them),
      cmocka_unit_test(every_example_holds),
      cmocka_unit_test(a_site_runs_the_packs_that_it_names),
      cmocka_unit_test(own_files_stand_behind_the_packs_and_replace_by_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
