// SPDX-License-Identifier: Apache-2.0
#include "proxy/ruleset.h"

#include "proxy/rule_bundle.h"
#include "proxy/rule_files.h"
#include "rules/base/err.h"
#include "rules/base/log.h"
#include "rules/store/revisions.h"

#include <stdio.h>

enum { TEXT_BYTES_MAX = 1 << 20 };

/* The files of the active revision; ERR_NOT_FOUND: none was applied yet. */
static int add_revision(struct rule_files *f, const struct ruleset_wish *wish) {
  struct txn t;
  struct revision r;
  txn_read(&t, wish->env);
  uint64_t number = revisions_active(&t).number;
  int err = number && revisions_get(&t, number, &r) ? OK : ERR_NOT_FOUND;
  struct span text = err ? SPAN("") : arena_copy(&f->arena, r.source);
  txn_end(&t);
  size_t count = 0;
  if (!err && !text.at) err = ERR_MEMORY;
  if (!err)
    err = rule_bundle_split(text, &f->sources[f->count], PACKS_SOURCES_MAX - f->count, &count);
  f->count += count;
  if (err && err != ERR_NOT_FOUND)
    fprintf(stderr, "qorgan %s: revision %llu of the rules: %s\n", wish->command,
            (unsigned long long)number, err_text((enum err)err));
  if (!err) log_info("rules: revision %llu of the store", (unsigned long long)number);
  return err;
}

static int add_files(struct rule_files *f, const struct ruleset_wish *wish) {
  const struct config *c = wish->config;
  int err = wish->env ? add_revision(f, wish) : ERR_NOT_FOUND;
  if (err != ERR_NOT_FOUND) return err;
  err = OK;
  for (size_t i = 0; i < c->rules_count && !err; i++)
    err = rule_files_add(f, wish->command, c->rules[i]);
  return err;
}

static int compile(const struct rule_files *f, const struct ruleset_wish *wish,
                   struct program **out) {
  struct report report;
  report_init(&report, f->sources, f->count);
  int err = program_compile(&fields_schema, &report, out);
  if (err) {
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    report_print(&report, &text);
    fprintf(stderr, "qorgan %s: the rules do not hold\n%.*s", wish->command,
            SPAN_ARG(buf_span(&text)));
    buf_fini(&text);
  }
  report_fini(&report);
  return err;
}

static int check_packs(const struct program *p, const struct ruleset_wish *wish) {
  const struct setup *s = wish->config->setup;
  for (size_t i = 0; i < s->site_count; i++) {
    for (size_t j = 0; j < s->sites[i].pack_count; j++) {
      if (program_has_pack(p, s->sites[i].packs[j])) continue;
      fprintf(stderr, "qorgan %s: there is no pack '%.*s'; there are", wish->command,
              SPAN_ARG(s->sites[i].packs[j]));
      for (size_t k = 0; k < packs_count; k++) {
        if (packs_sources[k].pack) fprintf(stderr, " %.*s", SPAN_ARG(packs_sources[k].name));
      }
      fprintf(stderr, "\n");
      return ERR_NOT_FOUND;
    }
  }
  return OK;
}

static int make_policy(struct program *p, const struct ruleset_wish *wish, struct policy **out) {
  struct shared_error why;
  int err = policy_new(p, wish->config->setup, &wish->keys, wish->before, wish->now, out, &why);
  if (err == ERR_RANGE) {
    fprintf(stderr, "qorgan %s: %.*s:%u: %.*s: %s\n", wish->command, SPAN_ARG(why.file), why.line,
            SPAN_ARG(why.statement), why.text);
    policy_drop(out);
  } else if (err) {
    fprintf(stderr, "qorgan %s: the rules: %s\n", wish->command, err_text((enum err)err));
  }
  return err;
}

int ruleset_load(const struct ruleset_wish *wish, struct policy **out) {
  struct rule_files files;
  struct program *p = NULL;
  rule_files_init(&files);
  int err = add_files(&files, wish);
  if (!err) err = compile(&files, wish, &p);
  rule_files_fini(&files);
  if (!err) err = check_packs(p, wish);
  if (!err) return make_policy(p, wish, out);
  program_free(&p);
  return err;
}
