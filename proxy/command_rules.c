// SPDX-License-Identifier: Apache-2.0
/** `qorgan rules check | fmt | test`: rule files judged, put in order and tried, without a proxy and without a store.
 *  */
#include "proxy/commands.h"

#include "proxy/rule_input.h"
#include "rules/base/err.h"
#include "rules/engine/examples.h"
#include "rules/engine/fields.h"
#include "rules/lang/printer.h"

#include <errno.h>

enum { TEXT_BYTES_MAX = 16 << 20 };

static void print_counts(const struct program *p) {
  const struct {
    const char *what;
    uint32_t count;
  } rows[] = {{"logins", p->login_count},   {"routes", p->route_name_count},
              {"rules", p->rule_count},     {"limits", p->limit_count},
              {"signals", p->signal_count}, {"scores", p->score_count},
              {"lists", p->list_count},     {"examples", p->example_count}};
  printf("The rules hold:");
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    printf("%s %u %s", i ? "," : "", rows[i].count, rows[i].what);
  }
  printf(".\nAt worst they cost %.2f ms for one request.\n", (double)p->cost_ns / 1e6);
}

int command_rules_check(const struct invocation *in) {
  struct rule_files files;
  struct program *p = NULL;
  int code = rule_input_read(in, &files);
  if (!code) {
    p = rule_input_compile(in, files.sources, files.count);
    code = p ? CLI_DONE : CLI_REFUSED;
  }
  if (p && in->json)
    printf("{\"holds\":true,\"errors\":[],\"cost_ns\":%ju}\n", (uintmax_t)p->cost_ns);
  else if (p)
    print_counts(p);
  program_free(&p);
  rule_files_fini(&files);
  return code;
}

/* The new text beside the file, then in its place: a reader sees one or the other. */
static int replace_file(const struct invocation *in, const char *path, const struct buf *text) {
  char beside[4096];
  int len = snprintf(beside, sizeof(beside), "%s.fmt", path);
  FILE *file = len > 0 && (size_t)len < sizeof(beside) ? fopen(beside, "wbx") : NULL;
  bool whole = file && fwrite(text->at, 1, buf_len(text), file) == buf_len(text);
  if (file) whole = fclose(file) == 0 && whole;
  if (whole && rename(beside, path) == 0) return CLI_DONE;
  fprintf(stderr, "qorgan %s: %s: %s\n", in->command->name, path, strerror(errno));
  if (file) remove(beside);
  return CLI_REFUSED;
}

/* One file, which is the source `index`. */
static int format_file(const struct invocation *in, const struct rule_files *files, size_t index) {
  const struct source *source = &files->sources[index];
  struct report report;
  struct buf text;
  int code = CLI_REFUSED;
  buf_init(&text, TEXT_BYTES_MAX);
  report_init(&report, files->sources, files->count);
  if (printer_run(&report, (uint32_t)index, &text)) {
    buf_reset(&text);
    report_print(&report, &text);
    rule_input_print(&text, stderr);
  } else if (span_eq(source->name, SPAN("-"))) {
    rule_input_print(&text, stdout);
    code = CLI_DONE;
  } else if (span_eq(buf_span(&text), source->text)) {
    code = CLI_DONE;
  } else {
    printf("%.*s\n", SPAN_ARG(source->name));
    code = cli_flag(in, "--check") ? CLI_REFUSED : replace_file(in, source->name.at, &text);
  }
  report_fini(&report);
  buf_fini(&text);
  return code;
}

int command_rules_fmt(const struct invocation *in) {
  struct rule_files files;
  int code = rule_input_read(in, &files);
  for (size_t i = files.own; i < files.count && code != CLI_USAGE; i++) {
    int one = format_file(in, &files, i);
    if (one) code = one;
  }
  rule_files_fini(&files);
  return code;
}

static bool run_example(const struct invocation *in, const struct program *p, uint32_t index) {
  const struct example *x = &p->examples[index];
  struct example_result result = {0};
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  int err = examples_run(p, index, &result);
  struct span file = p->source_names[x->def.source];
  if (in->json) {
    buf_printf(&text, "{\"holds\":%s,\"line\":%u,\"file\":", result.held ? "true" : "false",
               x->def.line);
    buf_put_json(&text, file);
    buf_put_text(&text, ",\"example\":");
    buf_put_json(&text, x->def.name);
    buf_printf(&text, ",\"verdict\":\"%s\"}\n", verdict_name(result.verdict.action));
  } else {
    buf_printf(&text, "%-6s %.*s:%u: %.*s\n", result.held ? "holds" : "FAILS", SPAN_ARG(file),
               x->def.line, SPAN_ARG(x->def.name));
    if (!result.held) buf_printf(&text, "expected %s, got ", action_words[x->expect].text);
    if (!result.held && !err) verdict_explain(&result.verdict, &text);
    if (err) buf_printf(&text, "nothing: %s\n", err_text(err));
  }
  rule_input_print(&text, stdout);
  buf_fini(&text);
  return result.held;
}

int command_rules_test(const struct invocation *in) {
  struct rule_files files;
  struct program *p = NULL;
  int code = rule_input_read(in, &files);
  if (!code) {
    p = rule_input_compile(in, files.sources, files.count);
    code = p ? CLI_DONE : CLI_REFUSED;
  }
  /* With files named, only theirs: the packs' examples have to hold no more once a file has changed the packs. */
  uint32_t first = in->argc ? (uint32_t)files.own : 0, run = 0, failed = 0;
  for (uint32_t i = 0; p && i < p->example_count; i++) {
    if (p->examples[i].def.source < first) continue;
    run++;
    failed += !run_example(in, p, i);
  }
  if (p && !in->json) printf("%u examples, %u failed\n", run, failed);
  if (failed) code = CLI_REFUSED;
  program_free(&p);
  rule_files_fini(&files);
  return code;
}
