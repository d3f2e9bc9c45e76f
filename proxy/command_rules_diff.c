// SPDX-License-Identifier: Apache-2.0
/** `qorgan rules diff [A B | FILE...]`: what differs between two revisions, or between the active one and files; with
 *  nothing named, what the active revision changed. Lines first, then statements. */
#include "proxy/commands.h"

#include "proxy/line_diff.h"
#include "proxy/rule_bundle.h"
#include "proxy/rule_change.h"
#include "proxy/rule_input.h"
#include "proxy/rule_store.h"

enum { TEXT_BYTES_MAX = 32 << 20 };

/** One of the two that are compared. */
struct version {
  char title[64];
  uint64_t number; /* 0: files, or nothing */
  const struct source *files;
  size_t count;
};

static const struct source *file_of(const struct version *v, struct span name) {
  for (size_t i = 0; i < v->count; i++) {
    if (span_eq(rule_bundle_name(v->files[i].name), name)) return &v->files[i];
  }
  return NULL;
}

static int diff_file(const struct version *before, const struct version *after, struct span name,
                     struct buf *out) {
  const struct source *was = file_of(before, name), *is = file_of(after, name);
  struct buf hunks;
  buf_init(&hunks, TEXT_BYTES_MAX);
  int err = line_diff(was ? was->text : SPAN(""), is ? is->text : SPAN(""), &hunks);
  if (buf_len(&hunks) || !was != !is)
    buf_printf(out, "--- %.*s  (%s)\n+++ %.*s  (%s)\n", SPAN_ARG(name),
               was ? before->title : "not there", SPAN_ARG(name), is ? after->title : "not there");
  buf_put(out, buf_span(&hunks));
  buf_fini(&hunks);
  return err;
}

static int put_lines(const struct version *before, const struct version *after, struct buf *out) {
  int err = OK;
  for (size_t i = 0; i < before->count && !err; i++)
    err = diff_file(before, after, rule_bundle_name(before->files[i].name), out);
  for (size_t i = 0; i < after->count && !err; i++) {
    struct span name = rule_bundle_name(after->files[i].name);
    if (!file_of(before, name)) err = diff_file(before, after, name, out);
  }
  return out->overflow ? ERR_FULL : err;
}

static void put_changes(const struct rule_changes *c, struct buf *out) {
  buf_printf(out, "Statements: %zu added, %zu removed, %zu changed%s\n", c->counts[RULE_ADDED],
             c->counts[RULE_REMOVED], c->counts[RULE_CHANGED], c->count ? ":" : ".");
  for (size_t i = 0; i < c->count; i++) {
    const struct rule_change *x = &c->items[i];
    buf_printf(out, "  %-8s %s %.*s\n", rule_change_text(x->kind),
               statement_rows[x->statement].word, SPAN_ARG(x->name));
  }
}

static void put_json(const struct version *before, const struct version *after,
                     const struct rule_changes *c, struct span lines, struct buf *out) {
  buf_printf(out, "{\"before\":%llu,\"after\":%llu,\"statements\":[",
             (unsigned long long)before->number, (unsigned long long)after->number);
  for (size_t i = 0; i < c->count; i++) {
    const struct rule_change *x = &c->items[i];
    buf_printf(out, "%s{\"change\":\"%s\",\"statement\":\"%s\",\"name\":", i ? "," : "",
               rule_change_text(x->kind), statement_rows[x->statement].word);
    buf_put_json(out, x->name);
    buf_put_text(out, ",\"file\":");
    buf_put_json(out, rule_bundle_name(x->file));
    buf_put_byte(out, '}');
  }
  buf_put_text(out, "],\"lines\":");
  buf_put_json(out, lines);
  buf_put_text(out, "}\n");
}

static int compare(const struct invocation *in, const struct version *before,
                   const struct version *after) {
  struct rule_changes changes;
  struct buf lines, out;
  buf_init(&lines, TEXT_BYTES_MAX);
  buf_init(&out, 2 * TEXT_BYTES_MAX);
  int err = put_lines(before, after, &lines);
  int read = rule_changes(before->files, before->count, after->files, after->count, &changes);
  if (in->json) {
    put_json(before, after, &changes, buf_span(&lines), &out);
  } else {
    buf_put(&out, buf_span(&lines));
    if (!read) put_changes(&changes, &out);
  }
  if (err) rule_store_refuse(in, "%s", err_text(err));
  if (!err) rule_input_print(&out, stdout);
  if (read)
    rule_store_refuse(in, "the statements: %s; 'qorgan rules check' says where", err_text(read));
  rule_changes_fini(&changes);
  buf_fini(&lines);
  buf_fini(&out);
  return err || read ? CLI_REFUSED : CLI_DONE;
}

static int get(const struct invocation *in, struct txn *t, uint64_t number, struct arena *arena,
               struct rule_revision *r, struct version *out) {
  int err = rule_store_get(t, number, arena, r);
  if (err)
    return rule_store_refuse(in, "revision %llu: %s", (unsigned long long)number, err_text(err));
  if (number && !r->is.number)
    return rule_store_refuse(in, "there is no revision %llu; 'qorgan rules history' lists them",
                             (unsigned long long)number);
  *out = (struct version){.number = number, .files = r->files, .count = r->count};
  snprintf(out->title, sizeof(out->title), number ? "revision %llu" : "nothing",
           (unsigned long long)number);
  return CLI_DONE;
}

/** Two numbers, or one, or none: revisions. Then `*a` and `*b` are they. */
static bool asks_for_revisions(const struct invocation *in, struct txn *t, uint64_t *a,
                               uint64_t *b) {
  struct revisions_active active = revisions_active(t);
  *a = active.before;
  *b = active.number;
  if (in->argc == 0) return true;
  if (in->argc > 2 || rule_store_number(in->argv[0], a)) return false;
  return in->argc == 1 || rule_store_number(in->argv[1], b) == OK;
}

static int diff_in(const struct invocation *in, struct txn *t, struct arena *arena) {
  struct rule_revision one, other;
  struct rule_files files;
  struct version before, after;
  uint64_t a, b;
  if (asks_for_revisions(in, t, &a, &b)) {
    int code = get(in, t, a, arena, &one, &before);
    if (!code) code = get(in, t, b, arena, &other, &after);
    return code ? code : compare(in, &before, &after);
  }
  int code = rule_input_read(in, &files);
  if (!code) code = get(in, t, b, arena, &one, &before);
  after = (struct version){
      .title = "here", .files = files.sources + files.own, .count = files.count - files.own};
  if (!code) code = compare(in, &before, &after);
  rule_files_fini(&files);
  return code;
}

int command_rules_diff(const struct invocation *in) {
  struct env *env;
  struct arena arena;
  struct txn t;
  int code = rule_store_open(in, ENV_READ, &env);
  if (code) return code;
  if (!env) return rule_store_refuse(in, "there is no store yet: nothing was ever applied");
  arena_init(&arena, NULL, 0, 4 * REVISIONS_SOURCE_MAX);
  txn_read(&t, env);
  code = diff_in(in, &t, &arena);
  txn_end(&t);
  arena_fini(&arena);
  env_close(&env);
  return code;
}
