// SPDX-License-Identifier: Apache-2.0
#include "proxy/rule_input.h"

#include "rules/base/err.h"
#include "rules/engine/fields.h"

enum { TEXT_BYTES_MAX = 1 << 20 };

void rule_input_print(const struct buf *text, FILE *to) {
  fwrite(text->at ? text->at + text->start : "", 1, buf_len(text), to);
}

int rule_input_paths(const struct invocation *in, char *const *paths, size_t count,
                     struct rule_files *files) {
  rule_files_init(files);
  for (size_t i = 0; i < count; i++) {
    if (rule_files_add(files, in->command->name, paths[i])) return CLI_USAGE;
  }
  return CLI_DONE;
}

int rule_input_read(const struct invocation *in, struct rule_files *files) {
  if (in->argc) return rule_input_paths(in, in->argv, (size_t)in->argc, files);
  struct config config;
  rule_files_init(files);
  int code = cli_config(in, &config);
  if (code) return code;
  for (size_t i = 0; i < config.rules_count && !code; i++) {
    if (rule_files_add(files, in->command->name, config.rules[i])) code = CLI_USAGE;
  }
  config_fini(&config);
  return code;
}

static void json_errors(const struct report *report, struct buf *out) {
  uint32_t kept = report->count < REPORT_ERRORS_MAX ? report->count : REPORT_ERRORS_MAX;
  buf_printf(out, "{\"holds\":%s,\"errors\":[", report->count ? "false" : "true");
  for (uint32_t i = 0; i < kept; i++) {
    const struct report_error *e = &report->errors[i];
    uint32_t line, column;
    report_locate(&report->sources[e->place.source], e->place.at, &line, &column);
    buf_put_text(out, i ? ",{\"file\":" : "{\"file\":");
    buf_put_json(out, report->sources[e->place.source].name);
    buf_printf(out, ",\"line\":%u,\"column\":%u,\"text\":", line, column);
    buf_put_json(out, e->text);
    buf_put_text(out, ",\"mend\":");
    buf_put_json(out, e->mend);
    buf_put_byte(out, '}');
  }
  buf_put_text(out, "]}\n");
}

struct program *rule_input_compile(const struct invocation *in, const struct source *sources,
                                   size_t count) {
  struct report report;
  struct program *p = NULL;
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  report_init(&report, sources, count);
  int err = program_compile(&fields_schema, &report, &p);
  if (err == ERR_MEMORY) buf_put_text(&text, "out of memory\n");
  if (err && in->json)
    json_errors(&report, &text);
  else
    report_print(&report, &text);
  rule_input_print(&text, in->json ? stdout : stderr);
  buf_fini(&text);
  report_fini(&report);
  return p;
}
