// SPDX-License-Identifier: Apache-2.0
// room: rules/engine
/** Any bytes as a rule file. What parses is printed, and what is printed is printed again: nothing changes. What
 *  compiles,
 *  compiles after printing to the same program, and is evaluated on a request made of the same bytes. */
#include "rules/base/err.h"
#include "rules/engine/evaluate.h"
#include "rules/lang/dump.h"
#include "rules/lang/printer.h"

#include <stdio.h>
#include <stdlib.h>

enum { TEXT_BYTES_MAX = 16 << 20 };

static void expect(bool held, const char *what) {
  if (held) return;
  fprintf(stderr, "lang_fuzz: %s\n", what);
  abort();
}

static struct charge charge(void *self, uint32_t limit, struct meter_key key, mono_ms now,
                            double price) {
  return (struct charge){.over = key.digest & 1, .count = price, .retry_ms = 1000};
}

static void refund(void *self, uint32_t limit, struct meter_key key, mono_ms now, double price) {}
static bool note(void *self, uint32_t signal, struct meter_key key, uint64_t item, mono_ms now) {
  return item & 1;
}
static void unnote(void *self, uint32_t signal, struct meter_key key, uint64_t item, mono_ms now) {}

static double count(void *self, uint32_t signal, struct meter_key key, mono_ms now) {
  return (double)(key.digest % 100);
}

static bool listed(void *self, uint32_t list, const struct addr *addr) {
  return addr->bytes[15] & 1;
}

static struct span header(const void *message, struct span name, size_t nth) {
  const struct span *text = message;
  return nth < name.len % 3 ? *text : span_from(NULL, 0);
}

static void evaluate(const struct program *p, struct span text) {
  static const struct facts_readers readers = {.header = header, .form = header};
  const struct meters meters = {.charge = charge,
                                .refund = refund,
                                .note = note,
                                .unnote = unnote,
                                .reading = count,
                                .listed = listed};
  struct addr addr = {{[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}};
  struct evaluator by;
  struct evaluation e;
  struct facts facts;
  if (evaluator_init(&by, p, &meters) != OK) return;
  facts_init(&facts, &readers, UINT64_MAX);
  facts.ip_src = &addr;
  facts.request = &text;
  facts.http_method = SPAN("POST");
  facts.http_agent = text;
  facts_set_uri(&facts, text);
  evaluate_hello(&by, &facts, 1);
  evaluate_begin(&e, &by, &facts);
  evaluate_head(&e, 1);
  facts.form = &text;
  facts.login_user = text;
  facts.login_credentials = 1;
  evaluate_body(&e, 2);
  facts.response = &text;
  facts.response_status = 200;
  evaluate_settle(&e, evaluate_outcome(&e), 3);
  struct buf words;
  buf_init(&words, TEXT_BYTES_MAX);
  verdict_explain(&e.verdict, &words);
  verdict_reasons(&e.verdict, &words);
  buf_fini(&words);
  evaluator_fini(&by);
}

/* True with the canonical text in `out`. */
static bool print(struct span text, struct buf *out) {
  struct source source = {.name = SPAN("fuzz.rules"), .text = text};
  struct report report;
  report_init(&report, &source, 1);
  bool printed = printer_run(&report, 0, out) == OK;
  report_fini(&report);
  return printed;
}

static bool compile(struct span text, struct program **out) {
  struct source source = {.name = SPAN("fuzz.rules"), .text = text};
  struct report report;
  struct buf words;
  report_init(&report, &source, 1);
  buf_init(&words, TEXT_BYTES_MAX);
  int err = program_compile(&fields_schema, &report, out);
  report_print(&report, &words);
  expect(err != ERR_SYNTAX || report.count > 0, "refused without a word");
  buf_fini(&words);
  report_fini(&report);
  return err == OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
  struct span text = span_from(data, len);
  struct buf once, twice, before, after;
  buf_init(&once, TEXT_BYTES_MAX);
  buf_init(&twice, TEXT_BYTES_MAX);
  buf_init(&before, TEXT_BYTES_MAX);
  buf_init(&after, TEXT_BYTES_MAX);
  struct program *p = NULL, *again = NULL;
  bool compiled = compile(text, &p);
  if (print(text, &once)) {
    expect(print(buf_span(&once), &twice), "what was printed does not parse");
    expect(span_eq(buf_span(&once), buf_span(&twice)), "printing twice differs");
    expect(compile(buf_span(&once), &again) == compiled, "what was printed is judged otherwise");
  } else {
    expect(!compiled, "compiles, but is not printed");
  }
  if (p && again) {
    dump_program(p, &before);
    dump_program(again, &after);
    expect(span_eq(buf_span(&before), buf_span(&after)), "printing changed the program");
    evaluate(p, text);
  }
  program_free(&p);
  program_free(&again);
  buf_fini(&once);
  buf_fini(&twice);
  buf_fini(&before);
  buf_fini(&after);
  return 0;
}
