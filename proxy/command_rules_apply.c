// SPDX-License-Identifier: Apache-2.0
/** `qorgan rules apply | rollback`: which rules are in force, changed on the live store. One transaction each, on the
 *  disk before the command ends; what the program would not run is refused before. */
#include "proxy/commands.h"

#include "proxy/rule_bundle.h"
#include "proxy/rule_change.h"
#include "proxy/rule_input.h"
#include "proxy/rule_store.h"
#include "proxy/when.h"
#include "rules/engine/examples.h"
#include "rules/engine/shared.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

/** Who is at the keyboard: behind sudo, who called it. */
static struct span author(char room[REVISIONS_AUTHOR_MAX]) {
  const char *caller = getenv("SUDO_USER");
  const struct passwd *user = getpwuid(getuid());
  if (caller && *caller)
    snprintf(room, REVISIONS_AUTHOR_MAX, "%s", caller);
  else if (user)
    snprintf(room, REVISIONS_AUTHOR_MAX, "%s", user->pw_name);
  else
    snprintf(room, REVISIONS_AUTHOR_MAX, "user %u", (unsigned)getuid());
  return span_of(room);
}

/** The examples that stand in the operator's own files must hold: what is said of a rule is true of it. */
static int try_examples(const struct invocation *in, const struct program *p, size_t own) {
  unsigned failed = 0;
  for (uint32_t i = 0; i < p->example_count; i++) {
    struct example_result result;
    if (p->examples[i].def.source < own) continue;
    int err = examples_run(p, i, &result);
    if (err) return rule_store_refuse(in, "%s", err_text(err));
    if (result.held) continue;
    failed++;
    rule_store_refuse(in, "%.*s:%u: the example '%.*s' does not hold",
                      SPAN_ARG(p->source_names[p->examples[i].def.source]), p->examples[i].def.line,
                      SPAN_ARG(p->examples[i].def.name));
  }
  if (!failed) return CLI_DONE;
  return rule_store_refuse(in, "nothing was applied; 'qorgan rules test' shows the verdicts");
}

/** A proxy has to find a table for every limit and signal. */
static int try_meters(const struct invocation *in, const struct program *p) {
  const struct shared_options options = {.sizes = SHARED_SIZES};
  struct shared_error why = {0};
  struct shared *shared;
  int err = shared_new(p, &options, NULL, 0, &shared, &why);
  if (!err) {
    shared_free(&shared);
    return CLI_DONE;
  }
  if (err != ERR_RANGE) return rule_store_refuse(in, "%s", err_text(err));
  return rule_store_refuse(in, "%.*s:%u: %.*s: %s", SPAN_ARG(why.file), why.line,
                           SPAN_ARG(why.statement), why.text);
}

static int check(const struct invocation *in, const struct source *sources, size_t count) {
  struct program *p = rule_input_compile(in, sources, count);
  int code = p ? try_meters(in, p) : CLI_REFUSED;
  if (!code) code = try_examples(in, p, packs_count);
  program_free(&p);
  return code;
}

static int join(const struct invocation *in, const struct rule_files *files, struct buf *out) {
  size_t at;
  int err = rule_bundle_join(files->sources + files->own, files->count - files->own, out, &at);
  if (!err) return CLI_DONE;
  struct span name = files->sources[files->own + at].name;
  if (err == ERR_EXISTS)
    return rule_store_refuse(in, "%.*s: another file has the same name; give each its own",
                             SPAN_ARG(name));
  if (err == ERR_RANGE)
    return rule_store_refuse(in, "%.*s: no name for a rule file", SPAN_ARG(name));
  return rule_store_refuse(in, "the files are longer than %d MiB together",
                           REVISIONS_SOURCE_MAX >> 20);
}

static void print_counts(const struct rule_revision *before, const struct rule_revision *now) {
  struct rule_changes c;
  if (rule_changes(before->files, before->count, now->files, now->count, &c) == OK) {
    printf("Statements: %zu added, %zu removed, %zu changed.\n", c.counts[RULE_ADDED],
           c.counts[RULE_REMOVED], c.counts[RULE_CHANGED]);
  }
  rule_changes_fini(&c);
}

static int say(const struct invocation *in, const struct rule_revision *before,
               const struct rule_revision *now) {
  bool same = before->is.number == now->is.number;
  unsigned long long is = now->is.number, was = before->is.number;
  if (in->json) {
    printf("{\"active\":%llu,\"before\":%llu,\"changed\":%s}\n", is, was, same ? "false" : "true");
    return CLI_DONE;
  }
  if (same)
    printf("Revision %llu is active already.\n", is);
  else if (was)
    printf("Revision %llu is active; before it was %llu.\n", is, was);
  else
    printf("Revision %llu is active, the first.\n", is);
  if (!same) print_counts(before, now);
  return CLI_DONE;
}

/** In one transaction: what was active into `before`, what now is into `now`. */
static int ship(struct txn *t, const struct revision *new, struct arena *arena,
                struct rule_revision *before, struct rule_revision *now) {
  struct revisions_active active = revisions_active(t);
  int err = rule_store_get(t, active.number, arena, before);
  if (err == ERR_CORRUPT && !t->err) err = OK; /* no bundle: a newer program's, to be replaced */
  if (err) return err;
  uint64_t number = active.number;
  if (!before->is.number || !span_eq(before->is.source, new->source)) {
    number = revisions_append(t, new);
    if (number) revisions_activate(t, number, new->at);
  }
  return number ? rule_store_get(t, number, arena, now) : t->err;
}

static int apply(const struct invocation *in, const struct buf *bundle) {
  char room[REVISIONS_AUTHOR_MAX];
  const char *why = cli_value(in, "--why");
  struct revision new = {.at = when_now(),
                         .author = author(room),
                         .note = span_of(why ? why : ""),
                         .source = buf_span(bundle)};
  if (new.note.len > REVISIONS_NOTE_MAX)
    return cli_usage(in, "--why is longer than %d bytes", REVISIONS_NOTE_MAX);
  struct env *env;
  int code = rule_store_open(in, ENV_COMMAND, &env);
  if (code) return code;
  struct rule_revision before, now;
  struct arena arena;
  struct txn t;
  arena_init(&arena, NULL, 0, 4 * REVISIONS_SOURCE_MAX);
  txn_write(&t, env);
  int err = ship(&t, &new, &arena, &before, &now);
  if (err) txn_fail(&t, err);
  err = txn_commit(&t);
  code = err ? rule_store_refuse(in, "%s", env_explain(err)) : say(in, &before, &now);
  arena_fini(&arena);
  env_close(&env);
  return code;
}

int command_rules_apply(const struct invocation *in) {
  struct rule_files files;
  struct buf bundle;
  buf_init(&bundle, REVISIONS_SOURCE_MAX);
  int code = rule_input_read(in, &files);
  if (!code && files.count == files.own)
    code = cli_usage(in, "no rule file is named here, and none under 'rules' in %s", in->config);
  if (!code) code = check(in, files.sources, files.count);
  if (!code) code = join(in, &files, &bundle);
  if (!code) code = apply(in, &bundle);
  buf_fini(&bundle);
  rule_files_fini(&files);
  return code;
}

/** Today's packs may be others than when it was shipped. */
static int check_again(const struct invocation *in, const struct rule_revision *r) {
  struct source sources[PACKS_SOURCES_MAX];
  int code = check(in, sources, packs_with(r->files, r->count, sources));
  if (code)
    rule_store_refuse(in,
                      "revision %llu does not hold with the packs of this program: it stays "
                      "out of force",
                      (unsigned long long)r->is.number);
  return code;
}

/** With the transaction begun; ends it in any case. */
static int go_back(const struct invocation *in, struct txn *t, struct arena *arena,
                   uint64_t number) {
  struct rule_revision before, now;
  struct revisions_active active = revisions_active(t);
  if (!number) number = active.before;
  int err = rule_store_get(t, active.number, arena, &before);
  if (err == ERR_CORRUPT && !t->err) err = OK;
  if (!err) err = rule_store_get(t, number, arena, &now);
  int code = CLI_DONE;
  if (!err && !number) code = rule_store_refuse(in, "there is no revision before this one");
  if (!err && number && !now.is.number)
    code = rule_store_refuse(in, "there is no revision %llu; 'qorgan rules history' lists them",
                             (unsigned long long)number);
  if (!err && !code && number != active.number) code = check_again(in, &now);
  if (err || code) {
    txn_end(t);
    return err ? rule_store_refuse(in, "%s", env_explain(err)) : code;
  }
  if (number != active.number) revisions_activate(t, number, when_now());
  err = txn_commit(t);
  return err ? rule_store_refuse(in, "%s", env_explain(err)) : say(in, &before, &now);
}

int command_rules_rollback(const struct invocation *in) {
  uint64_t number = 0;
  struct env *env;
  if (in->argc && rule_store_number(in->argv[0], &number))
    return cli_usage(in, "'%s' is no number of a revision", in->argv[0]);
  int code = rule_store_open(in, ENV_COMMAND, &env);
  if (code) return code;
  struct arena arena;
  struct txn t;
  arena_init(&arena, NULL, 0, 4 * REVISIONS_SOURCE_MAX);
  txn_write(&t, env);
  code = go_back(in, &t, &arena, number);
  arena_fini(&arena);
  env_close(&env);
  return code;
}
