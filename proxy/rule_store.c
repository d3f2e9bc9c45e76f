// SPDX-License-Identifier: Apache-2.0
#include "proxy/rule_store.h"

#include "proxy/rule_bundle.h"

#include <stdarg.h>

int rule_store_refuse(const struct invocation *in, const char *format, ...) {
  va_list args;
  va_start(args, format);
  fprintf(stderr, "qorgan %s: ", in->command->name);
  vfprintf(stderr, format, args);
  fprintf(stderr, "\n");
  va_end(args);
  return CLI_REFUSED;
}

int rule_store_open(const struct invocation *in, enum env_mode mode, struct env **env) {
  struct config config;
  struct env_error why;
  *env = NULL;
  int code = cli_config(in, &config);
  if (code) return code;
  struct env_options options = {
      .path = config.store.path, .size_max_bytes = config.store.size_max_bytes, .mode = mode};
  int err = env_open(&options, env, &why);
  bool nothing_yet = err == ERR_NOT_FOUND && mode == ENV_READ;
  config_fini(&config);
  return err && !nothing_yet ? rule_store_refuse(in, "%s", why.text) : CLI_DONE;
}

int rule_store_get(struct txn *t, uint64_t number, struct arena *arena, struct rule_revision *out) {
  struct revision r;
  *out = (struct rule_revision){0};
  if (number == 0 || !revisions_get(t, number, &r)) return t->err;
  r.author = arena_copy(arena, r.author);
  r.note = arena_copy(arena, r.note);
  r.source = arena_copy(arena, r.source);
  if (arena->failed) return ERR_MEMORY;
  out->is = r;
  return rule_bundle_split(r.source, out->files, PACKS_SOURCES_MAX - packs_count, &out->count);
}

int rule_store_number(const char *text, uint64_t *number) {
  return span_to_u64(span_of(text), number) || *number == 0 ? ERR_SYNTAX : OK;
}
