// SPDX-License-Identifier: Apache-2.0
/** `qorgan simulate`: rules on a trace, with the trace's clock; what would have become of each event, and of all. */
#include "proxy/commands.h"

#include "proxy/rule_input.h"
#include "proxy/rule_store.h"
#include "proxy/simulation_tally.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

enum { LINE_BYTES_MAX = 1 << 20, SUMMARY_BYTES_MAX = 16 << 20, OUT_BUFFER_BYTES = 1 << 18 };

/** What a run needs; all of it may be empty. */
struct run {
  const struct invocation *in;
  struct program *program;
  struct list_table *lists;
  struct simulation simulation;
  struct tally *tally;
  FILE *trace, *verdicts;
  const char *trace_path;
  struct buf line;
};

/* ---- one verdict line ---- */

static void put_number(struct buf *out, const char *name, double number) {
  if (isfinite(number))
    buf_printf(out, "%s%.10g", name, round(number * 100) / 100);
  else
    buf_printf(out, "%snull", name);
}

static void put_text(struct buf *out, const char *name, struct span text) {
  buf_put_text(out, name);
  if (text.at)
    buf_put_json(out, text);
  else
    buf_put_text(out, "null");
}

static void put_reason(struct buf *out, const struct reason *r) {
  put_text(out, "{\"rule\":", r->rule);
  if (r->kind == REASON_SCORE) put_number(out, ",\"db\":", r->decibans);
  if (!isnan(r->value)) put_number(out, ",\"value\":", r->value);
  if (!isnan(r->threshold)) put_number(out, ",\"threshold\":", r->threshold);
  if (r->shadow) buf_put_text(out, ",\"shadow\":true");
  buf_put_byte(out, '}');
}

static void put_verdict(struct buf *out, uint64_t line, const struct trace_hidden *h,
                        const struct simulated *s) {
  const struct verdict *v = &s->verdict;
  buf_printf(out, "{\"line\":%llu,\"verdict\":\"%s\"", (unsigned long long)line,
             verdict_name(v->action));
  put_number(out, ",\"score\":", v->score);
  put_number(out, ",\"tier\":", s->tier);
  buf_put_text(out, ",\"reasons\":[");
  for (uint32_t i = 0; i < v->reason_count; i++) {
    if (i) buf_put_byte(out, ',');
    put_reason(out, &v->reasons[i]);
  }
  buf_printf(out, "],\"reached_origin\":%s,\"succeeded\":%s", s->reached_origin ? "true" : "false",
             s->succeeded ? "true" : "false");
  put_text(out, ",\"label\":", h->label);
  put_text(out, ",\"cohort\":", h->cohort);
  buf_put_text(out, "}\n");
}

/* ---- the run ---- */

static int run_line(struct run *run, uint64_t number, const struct trace_line *line) {
  struct simulated s;
  int err = simulation_run(&run->simulation, line, &s);
  if (!err) err = tally_add(run->tally, line, &s);
  if (err || !run->verdicts) return err;
  buf_reset(&run->line);
  put_verdict(&run->line, number, &line->hidden, &s);
  struct span text = buf_span(&run->line);
  if (run->line.overflow) return ERR_FULL;
  return fwrite(text.at, 1, text.len, run->verdicts) == text.len ? OK : ERR_IO;
}

static int64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void print_summary(const struct run *run, uint64_t events, int64_t us) {
  struct buf out;
  /* With the verdicts on standard output, what is for people goes to the other stream. */
  FILE *to = run->verdicts == stdout ? stderr : stdout;
  double seconds = (double)(us > 0 ? us : 1) / 1e6;
  buf_init(&out, SUMMARY_BYTES_MAX);
  tally_print(run->tally, run->in->json, &out);
  if (!run->in->json)
    buf_printf(&out, "%llu events in %.2f s: %.0f events per second\n", (unsigned long long)events,
               seconds, (double)events / seconds);
  rule_input_print(&out, to);
  buf_fini(&out);
}

static int run_trace(struct run *run) {
  struct trace trace;
  struct trace_line line;
  struct trace_error why = {""};
  uint64_t events = 0;
  int64_t begun = now_us();
  if (trace_init(&trace, run->trace)) return rule_store_refuse(run->in, "out of memory");
  int err, failed = OK;
  while (!failed && (err = trace_next(&trace, &line, &why)) == OK) {
    failed = run_line(run, trace.line, &line);
    trace_line_fini(&line);
    events++;
  }
  int code = CLI_DONE;
  unsigned long long at = trace.line;
  if (failed)
    code = rule_store_refuse(run->in, "%s:%llu: %s", run->trace_path, at, err_text(failed));
  else if (err != ERR_CLOSED)
    code = rule_store_refuse(run->in, "%s:%llu: %s", run->trace_path, at, why.text);
  trace_fini(&trace);
  if (run->verdicts && fflush(run->verdicts) && !code)
    code = rule_store_refuse(run->in, "the verdicts: %s", strerror(errno));
  if (!code) print_summary(run, events, now_us() - begun);
  return code;
}

/* ---- what it begins with ---- */

/** The bans and allowances of a store, as they are now. */
static int read_lists(struct txn *t, struct list_table **out) {
  struct lists_walk walk;
  struct lists_entry entry;
  struct list_table_item *items = NULL;
  size_t count = 0, room = 0;
  int err = OK;
  lists_walk_open(&walk, t, SPAN(""));
  while (!err && lists_walk_next(&walk, &entry)) {
    if (count == room) {
      room = room ? 2 * room : 64;
      struct list_table_item *more = realloc(items, room * sizeof(*items));
      if (!more) err = ERR_MEMORY;
      if (more) items = more;
    }
    if (!err) items[count++] = (struct list_table_item){entry.prefix, entry.action, entry.until};
  }
  lists_walk_close(&walk);
  if (!err) err = t->err ? t->err : list_table_new(items, count, out);
  free(items);
  return err;
}

/** With -c: its lists and, when no file is named, the rules in force. */
static int read_store(struct run *run, struct rule_files *files) {
  struct env *env;
  struct txn t;
  struct rule_revision active = {0};
  int code = rule_store_open(run->in, ENV_READ, &env);
  if (code) return code;
  if (!env) return rule_store_refuse(run->in, "the store of %s is not there yet", run->in->config);
  txn_read(&t, env);
  int err = read_lists(&t, &run->lists);
  if (!err && files->count == files->own)
    err = rule_store_get(&t, revisions_active(&t).number, &files->arena, &active);
  if (!err && active.count) files->count = packs_with(active.files, active.count, files->sources);
  txn_end(&t);
  env_close(&env);
  return err ? rule_store_refuse(run->in, "%s", env_explain(err)) : CLI_DONE;
}

/** The files of every --rules, and the operands behind it, in their order. */
static int read_files(const struct invocation *in, struct rule_files *files) {
  int code = CLI_DONE;
  rule_files_init(files);
  for (size_t i = 0; i < in->given_count && !code; i++) {
    if (strcmp(in->given[i].option->name, "--rules") != 0) continue;
    if (rule_files_add(files, in->command->name, in->given[i].value)) code = CLI_USAGE;
  }
  for (int i = 0; i < in->argc && !code; i++) {
    if (rule_files_add(files, in->command->name, in->argv[i])) code = CLI_USAGE;
  }
  return code;
}

static int begin_rules(struct run *run) {
  struct rule_files files;
  struct shared_error why = {0};
  int code = read_files(run->in, &files);
  bool with_store = cli_value(run->in, "-c") != NULL;
  if (!code && !with_store && files.count == files.own)
    code = cli_usage(run->in, "no rules are named: --rules FILE, or -c for those in force");
  if (!code && with_store) code = read_store(run, &files);
  if (!code) run->program = rule_input_compile(run->in, files.sources, files.count);
  if (!code && !run->program) code = CLI_REFUSED;
  if (!code && simulation_init(&run->simulation, run->program, run->lists, &why))
    code = rule_store_refuse(run->in, "%.*s:%u: %s", SPAN_ARG(why.file), why.line,
                             why.text ? why.text : "out of memory");
  rule_files_fini(&files);
  return code;
}

static FILE *open_file(const struct invocation *in, const char *path, const char *mode,
                       FILE *standard) {
  FILE *file = strcmp(path, "-") == 0 ? standard : fopen(path, mode);
  if (!file) fprintf(stderr, "qorgan %s: %s: %s\n", in->command->name, path, strerror(errno));
  if (file) setvbuf(file, NULL, _IOFBF, OUT_BUFFER_BYTES);
  return file;
}

static int begin_files(struct run *run) {
  const char *verdicts = cli_value(run->in, "--verdicts");
  run->trace_path = cli_value(run->in, "--trace");
  if (!run->trace_path) return cli_usage(run->in, "--trace is missing");
  run->trace = open_file(run->in, run->trace_path, "rb", stdin);
  if (run->trace && verdicts) run->verdicts = open_file(run->in, verdicts, "wb", stdout);
  return run->trace && !verdicts == !run->verdicts ? CLI_DONE : CLI_USAGE;
}

int command_simulate(const struct invocation *in) {
  struct run run = {.in = in, .tally = malloc(sizeof(*run.tally))};
  if (!run.tally) return rule_store_refuse(in, "out of memory");
  buf_init(&run.line, LINE_BYTES_MAX);
  tally_init(run.tally);
  int code = begin_files(&run);
  if (!code) code = begin_rules(&run);
  if (!code) code = run_trace(&run);
  if (run.trace && run.trace != stdin) fclose(run.trace);
  if (run.verdicts && run.verdicts != stdout && fclose(run.verdicts) && !code)
    code = rule_store_refuse(in, "the verdicts: %s", strerror(errno));
  simulation_fini(&run.simulation);
  list_table_free(&run.lists);
  program_free(&run.program);
  tally_fini(run.tally);
  free(run.tally);
  buf_fini(&run.line);
  return code;
}
