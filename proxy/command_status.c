// SPDX-License-Identifier: Apache-2.0
/* `qorgan status`: whether a proxy runs on the store, what it says of itself, and what the store holds. */
#include "proxy/commands.h"
#include "proxy/status_live.h"

#include "rules/base/clock.h"
#include "rules/store/journal.h"
#include "rules/store/revisions.h"
#include "rules/store/schema.h"

#include <jansson.h>

struct status {
  bool running;
  uint64_t schema, counts[DATABASE_COUNT];
  struct env_usage usage;
  struct journal_ends journal;
  struct revisions_active rules;
  char install_id[2 * ENV_INSTALL_ID_BYTES + 1];
};

static const char *const NAMES[DATABASE_COUNT] = {
#define X(id, name, watched, help) [DATABASE_##id] = name,
    DATABASE_TABLE(X)
#undef X
};

static int look(struct env *env, struct status *s) {
  struct txn t;
  txn_read(&t, env);
  s->running = lock_has_proxy(&env->lock);
  s->schema = schema_version(&t);
  for (enum database db = 0; db < DATABASE_COUNT; db++) s->counts[db] = txn_count(&t, db);
  s->usage = env_usage(env);
  s->journal = journal_ends(&t);
  s->rules = revisions_active(&t);
  for (size_t i = 0; i < ENV_INSTALL_ID_BYTES; i++) {
    snprintf(s->install_id + 2 * i, 3, "%02x", env->install_id[i]);
  }
  return txn_end(&t);
}

static void print_text(const struct status *s) {
  printf("proxy        %s\n", s->running ? "running" : "not running");
  printf("store        %.1f of at most %.1f MiB, schema %llu, install %s\n",
         (double)s->usage.used_bytes / (1 << 20), (double)s->usage.size_max_bytes / (1 << 20),
         (unsigned long long)s->schema, s->install_id);
  printf("journal      %llu entries, %.1f MiB, up to %llu\n",
         (unsigned long long)(s->journal.last + 1 - s->journal.first),
         (double)s->journal.bytes / (1 << 20), (unsigned long long)s->journal.last);
  if (s->rules.number) printf("rules        revision %llu\n", (unsigned long long)s->rules.number);
  for (enum database db = 0; db < DATABASE_COUNT; db++) {
    if (db != DATABASE_META && db != DATABASE_JOURNAL) {
      printf("%-12s %llu\n", NAMES[db], (unsigned long long)s->counts[db]);
    }
  }
}

static void print_json(const struct status *s, json_t *live) {
  json_t *counts = json_object();
  for (enum database db = 0; db < DATABASE_COUNT; db++) {
    json_object_set_new(counts, NAMES[db], json_integer((json_int_t)s->counts[db]));
  }
  json_t *all = json_pack("{s:b, s:s, s:I, s:I, s:I, s:{s:I, s:I, s:I}, s:I, s:o, s:o?}", "running",
                          s->running, "install", s->install_id, "schema", (json_int_t)s->schema,
                          "store_bytes", (json_int_t)s->usage.used_bytes, "store_bytes_max",
                          (json_int_t)s->usage.size_max_bytes, "journal", "first",
                          (json_int_t)s->journal.first, "last", (json_int_t)s->journal.last,
                          "bytes", (json_int_t)s->journal.bytes, "rules_revision",
                          (json_int_t)s->rules.number, "records", counts, "live", live);
  json_dumpf(all, stdout, 0);
  printf("\n");
  json_decref(all);
}

/* What cannot be asked is said on stderr; whether a proxy runs, its lock on the store tells alone. */
static json_t *ask_live(const struct invocation *in, const struct config *config) {
  if (config->has_admin) return status_live_ask(&config->admin);
  fprintf(stderr,
          "qorgan status: traffic cannot be shown: %s names no admin address. Add\n"
          "  admin: { address: \"127.0.0.1:9180\" }\nand restart the proxy.\n",
          in->config);
  return NULL;
}

static int print_status(const struct invocation *in, const struct config *config, struct env *env) {
  struct status status;
  int err = look(env, &status);
  if (err) {
    fprintf(stderr, "qorgan status: %s\n", env_explain(err));
    return CLI_REFUSED;
  }
  json_t *live = status.running ? ask_live(in, config) : NULL;
  bool silent = status.running && config->has_admin && !live;
  if (in->json) {
    print_json(&status, live);
  } else {
    print_text(&status);
    if (live) status_live_print(live);
    json_decref(live);
  }
  return status.running && !silent ? CLI_DONE : CLI_REFUSED;
}

int command_status(const struct invocation *in) {
  struct config config;
  int code = cli_config(in, &config);
  if (code) return code;
  struct env_options options = {
      .path = config.store.path, .size_max_bytes = config.store.size_max_bytes, .mode = ENV_READ};
  struct env *env = NULL;
  struct env_error why;
  if (env_open(&options, &env, &why)) {
    fprintf(stderr, "qorgan status: %s\n", why.text);
    code = CLI_REFUSED;
  } else {
    code = print_status(in, &config, env);
  }
  env_close(&env);
  config_fini(&config);
  return code;
}
