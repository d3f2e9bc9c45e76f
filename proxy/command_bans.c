// SPDX-License-Identifier: Apache-2.0
/** `qorgan ban | unban | allow | bans`: the address lists, on the live store. Each change is one transaction, on the
 *  disk before the command ends; a running proxy takes it up within a second. */
#include "proxy/commands.h"

#include "proxy/when.h"
#include "rules/base/buf.h"
#include "rules/store/lists.h"

enum { WIDE_V4_BITS = 8, WIDE_V6_BITS = 16 }; /* a ban as wide as that needs --force */
#define SOURCE_OPERATOR SPAN("operator")

/** The first `bits` of it, of 128; those past them are zero. */
static struct prefix prefix_cut(const struct prefix *p, unsigned bits) {
  return prefix_of(&p->addr, bits - 96u, bits);
}

static int refuse(const struct invocation *in, const char *text) {
  fprintf(stderr, "qorgan %s: %s\n", in->command->name, text);
  return CLI_REFUSED;
}

/** Says why not, but for ERR_NOT_FOUND of a reader: there is no store yet. */
static int open_store(const struct invocation *in, const struct config *config, enum env_mode mode,
                      struct env **env) {
  struct env_options options = {
      .path = config->store.path, .size_max_bytes = config->store.size_max_bytes, .mode = mode};
  struct env_error why;
  int err = env_open(&options, env, &why);
  bool nothing_yet = err == ERR_NOT_FOUND && mode == ENV_READ;
  if (err && !nothing_yet) refuse(in, why.text);
  return err;
}

static int read_prefix(const struct invocation *in, struct prefix *out) {
  const char *text = in->argv[0];
  *out = (struct prefix){.bits = UINT8_MAX};
  int err = prefix_parse(span_of(text), out);
  if (!err) return CLI_DONE;
  if (err != ERR_RANGE || out->bits > 128) {
    return cli_usage(in, "'%s' is no address and no prefix such as 203.0.113.0/24", text);
  }
  char meant[PREFIX_TEXT_MAX];
  struct prefix first = prefix_cut(out, out->bits);
  prefix_format(&first, meant);
  return cli_usage(in, "'%s' has bits past its length. Did you mean '%s'?", text, meant);
}

/** What --for and --why say, and since when. */
static int read_terms(const struct invocation *in, struct lists_entry *entry) {
  entry->since = when_now();
  entry->until = LISTS_FOREVER;
  const char *lasts = cli_value(in, "--for"), *why = cli_value(in, "--why");
  int64_t ms;
  if (lasts && when_duration(span_of(lasts), &ms)) {
    return cli_usage(in, "--for wants a duration such as 30m, 1h or 7d, not '%s'", lasts);
  }
  if (lasts) entry->until = entry->since + ms;
  entry->reason = span_of(why ? why : "");
  entry->source = SOURCE_OPERATOR;
  if (entry->reason.len <= LISTS_REASON_MAX) return CLI_DONE;
  return cli_usage(in, "--why is longer than %d bytes", LISTS_REASON_MAX);
}

static void print_until(const struct lists_entry *entry, char out[32]) {
  if (entry->until == LISTS_FOREVER) {
    strcpy(out, "for good");
  } else {
    strcpy(out, "until ");
    clock_format(entry->until, out + 6);
  }
}

static bool overlaps(const struct prefix *a, const struct prefix *b) {
  return a->bits <= b->bits ? prefix_holds(a, &b->addr) : prefix_holds(b, &a->addr);
}

/** Bans that an operator would regret: of those he trusts, and of a large part of the world. */
static int check_harm(const struct invocation *in, const struct setup *setup,
                      const struct prefix *prefix) {
  if (cli_flag(in, "--force")) return CLI_DONE;
  char text[PREFIX_TEXT_MAX], line[256];
  for (size_t i = 0; i < setup->trusted_count; i++) {
    if (!overlaps(&setup->trusted[i], prefix)) continue;
    prefix_format(&setup->trusted[i], text);
    snprintf(line, sizeof(line),
             "%s has to do with %s, which client_address.trusted names: banning it may cut off the "
             "whole site. Use --force if you mean it",
             in->argv[0], text);
    return refuse(in, line);
  }
  bool v4 = addr_is_v4(&prefix->addr) && prefix->bits >= 96;
  if (v4 ? prefix->bits >= 96 + WIDE_V4_BITS : prefix->bits >= WIDE_V6_BITS) return CLI_DONE;
  snprintf(line, sizeof(line), "%s is a large part of all addresses. Use --force if you mean it",
           in->argv[0]);
  return refuse(in, line);
}

/** The entry of `list` with the longest prefix around `prefix` (or of it) that is in force. */
static bool find_around(struct txn *t, struct span list, const struct prefix *prefix, real_ms now,
                        struct lists_entry *found) {
  struct prefix around = *prefix;
  for (int bits = prefix->bits; bits >= 0; bits--) {
    around.bits = (uint8_t)bits;
    if (bits < 128) around.addr.bytes[bits / 8] &= (uint8_t) ~(0x80u >> bits % 8);
    if (lists_get(t, list, &around, found) && found->until > now) return true;
  }
  return false;
}

static void print_entry_json(struct buf *out, const struct lists_entry *entry) {
  static const char *const ACTIONS[] = {
      [LISTS_BAN] = "ban", [LISTS_ALLOW] = "allow", [LISTS_MARK] = "mark"};
  char prefix[PREFIX_TEXT_MAX], since[25], until[25];
  prefix_format(&entry->prefix, prefix);
  clock_format(entry->since, since);
  buf_printf(out, "{\"prefix\":\"%s\",\"action\":\"%s\",\"list\":", prefix, ACTIONS[entry->action]);
  buf_put_json(out, entry->list);
  buf_printf(out, ",\"since\":\"%s\",\"until\":", since);
  if (entry->until == LISTS_FOREVER) {
    buf_put_text(out, "null");
  } else {
    clock_format(entry->until, until);
    buf_printf(out, "\"%s\"", until);
  }
  buf_put_text(out, ",\"reason\":");
  buf_put_json(out, entry->reason);
  buf_put_text(out, ",\"source\":");
  buf_put_json(out, entry->source);
  buf_put_text(out, "}");
}

static void print_json(const struct lists_entry *entry, const char *before, const char *after) {
  struct buf out;
  buf_init(&out, 16384);
  print_entry_json(&out, entry);
  printf("%s%.*s%s", before, SPAN_ARG(buf_span(&out)), after);
  buf_fini(&out);
}

static void print_done(const struct invocation *in, const struct lists_entry *entry) {
  if (in->json) {
    print_json(entry, "", "\n");
    return;
  }
  char prefix[PREFIX_TEXT_MAX], until[32];
  prefix_format(&entry->prefix, prefix);
  print_until(entry, until);
  printf("%s %s %s\n", prefix, entry->action == LISTS_BAN ? "is banned" : "is allowed", until);
}

/** A ban inside an allow is kept, but has no effect while the allow lasts: that must be said. */
static void warn_of_allow(struct txn *t, const struct lists_entry *entry) {
  struct lists_entry allow;
  if (!find_around(t, LISTS_OF_ALLOWS, &entry->prefix, entry->since, &allow)) return;
  char text[PREFIX_TEXT_MAX], until[32];
  prefix_format(&allow.prefix, text);
  print_until(&allow, until);
  fprintf(stderr, "note: %s is allowed %s, and allow wins: this ban has no effect so long\n", text,
          until);
}

static int put(const struct invocation *in, const struct config *config,
               const struct lists_entry *entry) {
  struct env *env = NULL;
  if (open_store(in, config, ENV_COMMAND, &env)) return CLI_REFUSED;
  struct txn t;
  txn_write(&t, env);
  if (entry->action == LISTS_BAN) warn_of_allow(&t, entry);
  lists_put(&t, entry);
  int err = txn_commit(&t);
  env_close(&env);
  if (err) return refuse(in, env_explain(err));
  print_done(in, entry);
  return CLI_DONE;
}

static int change(const struct invocation *in, struct lists_entry *entry) {
  int code = read_prefix(in, &entry->prefix);
  if (!code) code = read_terms(in, entry);
  struct config config;
  if (!code) code = cli_config(in, &config);
  if (code) return code;
  if (entry->action == LISTS_BAN) code = check_harm(in, config.setup, &entry->prefix);
  if (!code) code = put(in, &config, entry);
  config_fini(&config);
  return code;
}

static int not_there(const struct invocation *in, struct txn *t, struct span list,
                     const struct prefix *prefix) {
  const char *what = span_eq(list, LISTS_OF_BANS) ? "banned" : "allowed";
  struct lists_entry around;
  char line[256], text[PREFIX_TEXT_MAX];
  if (find_around(t, list, prefix, when_now(), &around)) {
    prefix_format(&around.prefix, text);
    snprintf(line, sizeof(line), "%s is not %s by itself, but within %s", in->argv[0], what, text);
  } else {
    snprintf(line, sizeof(line), "%s is not %s", in->argv[0], what);
  }
  return refuse(in, line);
}

static int delete_from(const struct invocation *in, struct env *env, struct span list,
                       const struct prefix *prefix) {
  struct txn t;
  txn_write(&t, env);
  if (!lists_delete(&t, list, prefix) && !t.err) {
    int code = not_there(in, &t, list, prefix);
    txn_end(&t);
    return code;
  }
  int err = txn_commit(&t);
  if (err) return refuse(in, env_explain(err));
  char text[PREFIX_TEXT_MAX];
  prefix_format(prefix, text);
  printf("%s is no longer %s\n", text, span_eq(list, LISTS_OF_BANS) ? "banned" : "allowed");
  return CLI_DONE;
}

static int take_back(const struct invocation *in, struct span list) {
  struct prefix prefix;
  int code = read_prefix(in, &prefix);
  struct config config;
  if (!code) code = cli_config(in, &config);
  if (code) return code;
  struct env *env = NULL;
  code = CLI_REFUSED;
  if (open_store(in, &config, ENV_COMMAND, &env) == OK) code = delete_from(in, env, list, &prefix);
  env_close(&env);
  config_fini(&config);
  return code;
}

int command_ban(const struct invocation *in) {
  struct lists_entry entry = {.list = LISTS_OF_BANS, .action = LISTS_BAN};
  return change(in, &entry);
}

int command_unban(const struct invocation *in) {
  return take_back(in, LISTS_OF_BANS);
}

int command_allow(const struct invocation *in) {
  struct lists_entry entry = {.list = LISTS_OF_ALLOWS, .action = LISTS_ALLOW};
  return cli_flag(in, "--remove") ? take_back(in, LISTS_OF_ALLOWS) : change(in, &entry);
}

static void print_row(const struct lists_entry *entry) {
  char prefix[PREFIX_TEXT_MAX], until[32];
  prefix_format(&entry->prefix, prefix);
  print_until(entry, until);
  printf("%-5s  %-20s  %-30s  %.*s%s%.*s\n", entry->action == LISTS_BAN ? "ban" : "allow", prefix,
         until, SPAN_ARG(entry->source), entry->reason.len ? ": " : "", SPAN_ARG(entry->reason));
}

/** What is in force now; entries that ended are on their way out and not shown. */
static int print_lists(const struct invocation *in, struct env *env) {
  struct txn t;
  struct lists_walk walk;
  struct lists_entry entry;
  real_ms now = when_now();
  size_t shown = 0;
  if (in->json) printf("[");
  txn_read(&t, env);
  lists_walk_open(&walk, &t, SPAN(""));
  while (lists_walk_next(&walk, &entry)) {
    if (entry.action == LISTS_MARK || entry.until <= now) continue;
    if (in->json) {
      print_json(&entry, shown ? ",\n " : "", "");
    } else {
      print_row(&entry);
    }
    shown++;
  }
  lists_walk_close(&walk);
  int err = txn_end(&t);
  if (in->json) printf("]\n");
  if (walk.damaged) {
    fprintf(stderr, "note: %llu entries are damaged and were passed over\n",
            (unsigned long long)walk.damaged);
  }
  return err ? refuse(in, env_explain(err)) : CLI_DONE;
}

int command_bans(const struct invocation *in) {
  struct config config;
  int code = cli_config(in, &config);
  if (code) return code;
  struct env *env = NULL;
  int err = open_store(in, &config, ENV_READ, &env);
  if (err == OK) code = print_lists(in, env);
  if (err == ERR_NOT_FOUND && in->json) printf("[]\n"); /* no store yet: nothing is banned */
  if (err && err != ERR_NOT_FOUND) code = CLI_REFUSED;
  env_close(&env);
  config_fini(&config);
  return code;
}
