// SPDX-License-Identifier: Apache-2.0
/** `qorgan rules history`: what was shipped, newest first, by whom and why, and which revision is active. */
#include "proxy/commands.h"

#include "proxy/rule_store.h"
#include "rules/base/buf.h"

enum { LINE_BYTES_MAX = 1 << 16 };

static void put_files(const struct rule_revision *r, struct buf *out) {
  for (size_t i = 0; i < r->count; i++) {
    buf_put_text(out, i ? "," : "");
    buf_put_json(out, r->files[i].name);
  }
}

static void put_json(const struct rule_revision *r, bool active, struct buf *out) {
  char at[25];
  clock_format(r->is.at, at);
  buf_printf(out, "{\"revision\":%llu,\"active\":%s,\"time\":\"%s\",\"author\":",
             (unsigned long long)r->is.number, active ? "true" : "false", at);
  buf_put_json(out, r->is.author);
  buf_put_text(out, ",\"note\":");
  buf_put_json(out, r->is.note);
  buf_put_text(out, ",\"files\":[");
  put_files(r, out);
  buf_put_text(out, "]}\n");
}

static void put_text(const struct rule_revision *r, bool active, struct buf *out) {
  char at[25];
  clock_format(r->is.at, at);
  buf_printf(out, "%c %4llu  %s  %-10.*s ", active ? '*' : ' ', (unsigned long long)r->is.number,
             at, SPAN_ARG(r->is.author));
  for (size_t i = 0; i < r->count; i++) buf_printf(out, " %.*s", SPAN_ARG(r->files[i].name));
  buf_printf(out, "%s%.*s\n", r->is.note.len ? "  " : "", SPAN_ARG(r->is.note));
}

static void print(const struct invocation *in, const struct rule_revision *r, bool active) {
  struct buf out;
  buf_init(&out, LINE_BYTES_MAX);
  if (in->json)
    put_json(r, active, &out);
  else
    put_text(r, active, &out);
  struct span line = buf_span(&out);
  for (size_t i = 0; i + 1 < line.len && !in->json; i++) {
    if ((unsigned char)line.at[i] < 0x20) out.at[out.start + i] = '?'; /* a note's control bytes */
  }
  fwrite(line.at, 1, line.len, stdout);
  buf_fini(&out);
}

/** Each revision in a snapshot of its own: a damaged one is passed over, and the others are still shown. */
static int print_one(const struct invocation *in, struct env *env, uint64_t number, bool active) {
  struct rule_revision r;
  struct arena arena;
  struct txn t;
  arena_init(&arena, NULL, 0, 2 * REVISIONS_SOURCE_MAX);
  txn_read(&t, env);
  int err = rule_store_get(&t, number, &arena, &r);
  txn_end(&t);
  if (err)
    rule_store_refuse(in, "revision %llu: %s", (unsigned long long)number, err_text(err));
  else
    print(in, &r, active);
  arena_fini(&arena);
  return err;
}

int command_rules_history(const struct invocation *in) {
  struct env *env;
  struct txn t;
  int code = rule_store_open(in, ENV_READ, &env);
  if (code || !env) return code;
  txn_read(&t, env);
  struct revisions_active active = revisions_active(&t);
  uint64_t last = revisions_last(&t);
  int err = txn_end(&t);
  if (err) code = rule_store_refuse(in, "%s", env_explain(err));
  for (uint64_t n = last; n > 0 && !err; n--) {
    if (print_one(in, env, n, n == active.number)) code = CLI_REFUSED;
  }
  env_close(&env);
  return code;
}
