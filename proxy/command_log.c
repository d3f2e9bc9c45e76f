// SPDX-License-Identifier: Apache-2.0
/* `qorgan log`: the journal, readable, from a store that may be in use. */
#include "proxy/commands.h"

#include "proxy/when.h"
#include "rules/base/buf.h"
#include "rules/store/event.h"
#include "rules/store/journal.h"

#include <unistd.h>

enum { LINE_BYTES_MAX = 16384, FOLLOW_US = 200000, FOLLOW_GROUP_MAX = 1000 };

/** What a line must have to be shown. */
struct filter {
  real_ms since, until;
  struct span verdict; /* empty: any */
  struct prefix client;
  bool has_client, has_user;
  struct memory_digest user;
};

static int refuse(const char *text) {
  fprintf(stderr, "qorgan log: %s\n", text);
  return CLI_REFUSED;
}

static int nibble(char c) {
  c = ascii_lower(c);
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_digest(struct span text, struct memory_digest *out) {
  if (text.len != 2 * MEMORY_DIGEST_BYTES) return false;
  for (size_t i = 0; i < MEMORY_DIGEST_BYTES; i++) {
    int high = nibble(text.at[2 * i]), low = nibble(text.at[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out->bytes[i] = (uint8_t)(high << 4 | low);
  }
  return true;
}

static int read_time(const struct invocation *in, const char *option, real_ms *out) {
  const char *text = cli_value(in, option);
  if (!text || when_instant(span_of(text), when_now(), out) == OK) return CLI_DONE;
  return cli_usage(in,
                   "%s wants a time such as 2h (ago), 2026-11-22 or 2026-11-22T03:28:51Z, not '%s'",
                   option, text);
}

static int read_filter(const struct invocation *in, struct filter *f) {
  const char *client = cli_value(in, "--client"), *user = cli_value(in, "--user");
  const char *verdict = cli_value(in, "--verdict");
  *f = (struct filter){.since = INT64_MIN, .until = INT64_MAX, .verdict = span_of(verdict)};
  f->has_client = client != NULL;
  f->has_user = user != NULL;
  if (client && prefix_parse(span_of(client), &f->client)) {
    return cli_usage(in, "'%s' is no address and no prefix such as 203.0.113.0/24", client);
  }
  if (user && !read_digest(span_of(user), &f->user)) {
    return cli_usage(in, "--user wants the 32 hex digits that stand in the log, not '%s'", user);
  }
  int code = read_time(in, "--since", &f->since);
  return code ? code : read_time(in, "--until", &f->until);
}

static bool passes(const struct filter *f, const struct memory_event *e) {
  return (f->verdict.len == 0 || span_eq(f->verdict, e->verdict)) &&
         (!f->has_client || prefix_holds(&f->client, &e->client)) &&
         (!f->has_user || memcmp(&f->user, &e->user, sizeof(f->user)) == 0);
}

/** 32 hex digits, or nothing when there is no user. */
static void format_user(const struct memory_event *e, char out[2 * MEMORY_DIGEST_BYTES + 1]) {
  uint8_t any = 0;
  for (size_t i = 0; i < MEMORY_DIGEST_BYTES; i++) {
    snprintf(out + 2 * i, 3, "%02x", e->user.bytes[i]);
    any |= e->user.bytes[i];
  }
  if (!any) out[0] = '\0';
}

static void put_member(struct buf *out, const char *name, struct span text) {
  if (text.len == 0) return;
  buf_printf(out, ",\"%s\":", name);
  buf_put_json(out, text);
}

static void put_json(struct buf *out, const struct journal_entry *entry,
                     const struct memory_event *e) {
  char time[25], client[ADDR_TEXT_MAX], user[2 * MEMORY_DIGEST_BYTES + 1];
  clock_format(entry->at, time);
  addr_format(&e->client, client);
  format_user(e, user);
  buf_printf(out, "{\"sequence\":%llu,\"time\":\"%s\",\"id\":\"%016llx\",\"client\":\"%s\"",
             (unsigned long long)entry->sequence, time, (unsigned long long)e->request, client);
  buf_printf(out, ",\"score\":%.1f,\"tier\":%u", e->score_db / 10.0, e->tier);
  const struct {
    const char *name;
    struct span text;
  } MEMBERS[] = {{"kind", e->kind},       {"verdict", e->verdict}, {"outcome", e->outcome},
                 {"rule", e->rule},       {"site", e->site},       {"path", e->path},
                 {"agent", e->agent},     {"ja4", e->ja4},         {"h2", e->h2},
                 {"headers", e->headers}, {"user", span_of(user)}};
  for (size_t i = 0; i < sizeof(MEMBERS) / sizeof(MEMBERS[0]); i++) {
    put_member(out, MEMBERS[i].name, MEMBERS[i].text);
  }
  buf_put_text(out, "}\n");
}

/** Control bytes of strangers must not reach a terminal. */
static void put_plain(struct buf *out, const char *before, struct span text) {
  if (text.len == 0) return;
  buf_put_text(out, before);
  for (size_t i = 0; i < text.len; i++) {
    char c = text.at[i];
    buf_put_byte(out, (unsigned char)c < 0x20 || c == 0x7f ? '?' : c);
  }
}

static void put_text(struct buf *out, const struct journal_entry *entry,
                     const struct memory_event *e) {
  char time[25], client[ADDR_TEXT_MAX], user[2 * MEMORY_DIGEST_BYTES + 1];
  clock_format(entry->at, time);
  addr_format(&e->client, client);
  format_user(e, user);
  buf_printf(out, "%s  %-9.*s %-8.*s %-15s", time, SPAN_ARG(e->verdict), SPAN_ARG(e->kind), client);
  put_plain(out, "  ", e->site);
  put_plain(out, e->site.len ? "" : "  ", e->path);
  put_plain(out, "  ", e->outcome);
  put_plain(out, "  rule ", e->rule);
  if (e->score_db) buf_printf(out, "  score %.1f", e->score_db / 10.0);
  put_plain(out, "  user ", span_of(user));
  buf_printf(out, "  id %016llx\n", (unsigned long long)e->request);
}

static void print_entry(const struct invocation *in, const struct journal_entry *entry,
                        const struct memory_event *event) {
  struct buf out;
  buf_init(&out, LINE_BYTES_MAX);
  if (in->json) {
    put_json(&out, entry, event);
  } else {
    put_text(&out, entry, event);
  }
  struct span line = buf_span(&out);
  if (out.overflow)
    fprintf(stderr, "note: entry %llu is too long to show\n", (unsigned long long)entry->sequence);
  if (!out.overflow) fwrite(line.at, 1, line.len, stdout);
  buf_fini(&out);
}

/** Prints what passes from `*next` on, and moves `*next` past what was looked at. */
static int print_from(const struct invocation *in, struct env *env, const struct filter *f,
                      uint64_t *next, uint64_t count_max) {
  struct txn t;
  struct journal_walk walk;
  struct journal_entry entry;
  struct memory_event event;
  uint64_t count = 0;
  txn_read(&t, env);
  journal_walk_open(&walk, &t, *next, f->since, f->until);
  while (count++ < count_max && journal_walk_next(&walk, &entry)) {
    if (event_decode(entry.event, &event)) {
      walk.damaged++;
    } else if (passes(f, &event)) {
      print_entry(in, &entry, &event);
    }
    *next = entry.sequence + 1;
  }
  journal_walk_close(&walk);
  if (walk.damaged) {
    fprintf(stderr, "note: %llu entries are damaged; 'qorgan log --verify' says where\n",
            (unsigned long long)walk.damaged);
  }
  int err = txn_end(&t);
  return err ? refuse(env_explain(err)) : CLI_DONE;
}

/** In short transactions: a long one would keep pages of the proxy's store from being used again. */
static int print_all(const struct invocation *in, struct env *env, const struct filter *f) {
  bool follow = cli_flag(in, "--follow");
  uint64_t next = 0, before, seen = 0;
  for (;;) {
    uint64_t commit = env_last_commit(env);
    do {
      before = next;
      int code = print_from(in, env, f, &next, FOLLOW_GROUP_MAX);
      if (code || fflush(stdout)) return code ? code : CLI_REFUSED;
    } while (next != before);
    if (!follow) return CLI_DONE;
    seen = commit;
    while (env_last_commit(env) == seen) usleep(FOLLOW_US);
  }
}

static int verify(const struct invocation *in, struct env *env) {
  struct txn t;
  struct journal_verdict verdict;
  txn_read(&t, env);
  struct journal_ends ends = journal_ends(&t);
  bool holds = journal_verify(&t, &verdict);
  int err = txn_end(&t);
  if (err) return refuse(env_explain(err));
  char hash[2 * JOURNAL_HASH_BYTES + 1];
  for (size_t i = 0; i < JOURNAL_HASH_BYTES; i++)
    snprintf(hash + 2 * i, 3, "%02x", ends.at_last[i]);
  if (in->json) {
    printf("{\"holds\":%s,\"checked\":%llu,\"broken\":%llu,\"last\":%llu,\"hash\":\"%s\"}\n",
           holds ? "true" : "false", (unsigned long long)verdict.checked,
           (unsigned long long)verdict.broken, (unsigned long long)ends.last, hash);
  } else if (holds) {
    printf("the chain holds: %llu entries, up to %llu with hash %s\n",
           (unsigned long long)verdict.checked, (unsigned long long)ends.last, hash);
  } else {
    printf("the chain breaks at entry %llu: it, or what stood there, was changed\n",
           (unsigned long long)verdict.broken);
  }
  return holds ? CLI_DONE : CLI_REFUSED;
}

int command_log(const struct invocation *in) {
  struct filter filter;
  struct config config;
  int code = read_filter(in, &filter);
  if (!code) code = cli_config(in, &config);
  if (code) return code;
  struct env_options options = {
      .path = config.store.path, .size_max_bytes = config.store.size_max_bytes, .mode = ENV_READ};
  struct env *env = NULL;
  struct env_error why;
  if (env_open(&options, &env, &why)) {
    code = refuse(why.text);
  } else {
    code = cli_flag(in, "--verify") ? verify(in, env) : print_all(in, env, &filter);
  }
  env_close(&env);
  config_fini(&config);
  return code;
}
