// SPDX-License-Identifier: Apache-2.0
#include "proxy/simulation.h"

#include "rules/base/err.h"

#include <math.h>

enum { SPACE_DEVICE = 1, SPACE_BAN = 2, USER_BYTES_MAX = 255 };

/* What the facts of one login point to. */
struct attempt {
  char user[USER_BYTES_MAX];
  struct digest128 password;
};

/* The keys of a simulation are no secret: nobody invents colliding names for it, and it is to be repeated. */
static const struct siphash_key METER_KEY = {0x73696d756c617465, 1}, PASSWORD_KEY = {2, 3};

/* What a WordPress site is asked. */
static const struct {
  const char *method, *uri;
} REQUESTS[TRACE_KIND_COUNT] = {
    [TRACE_LOGIN] = {"POST", "/wp-login.php"},
    [TRACE_PAGE] = {"GET", "/"},
    [TRACE_REGISTER] = {"POST", "/wp-login.php?action=register"},
    [TRACE_COMMENT] = {"POST", "/wp-comments-post.php"},
    [TRACE_COMPLAINT] = {"POST", "/complaint"},
    [TRACE_RESET] = {"POST", "/wp-login.php?action=lostpassword"},
};

int simulation_init(struct simulation *s, const struct program *program,
                    const struct list_table *lists, struct shared_error *why) {
  const struct shared_options options = {.key = METER_KEY, .sizes = SHARED_SIZES};
  const struct span packs[] = {SPAN("wordpress")};
  *s = (struct simulation){
      .lists = lists, .sources = program_sources(program, packs, 1), .first = -1};
  int err = shared_new(program, &options, NULL, 0, &s->shared, why);
  if (err) return err;
  s->meters = shared_meters(s->shared);
  err = evaluator_init(&s->by, program, &s->meters);
  if (err) shared_free(&s->shared);
  return err;
}

void simulation_fini(struct simulation *s) {
  if (!s->shared) return;
  evaluator_fini(&s->by);
  shared_free(&s->shared);
  digest_map_fini(&s->devices);
  digest_map_fini(&s->bans);
}

/* ---- facts ---- */

/* No header and no form is in a trace: all that are asked for are known, and absent. */
static struct span no_value(const void *message, struct span name, size_t nth) {
  return span_from(NULL, 0);
}

static const struct facts_readers READERS = {.header = no_value, .form = no_value};

/* As wide as the proxy bans: an IPv4 address, an IPv6 /64. */
static uint64_t ban_key(const struct addr *ip) {
  struct prefix p = prefix_of(ip, 32, 64);
  return digest_map_key(SPACE_BAN, span_from(p.addr.bytes, sizeof(p.addr.bytes)));
}

static void set_lists(const struct simulation *s, const struct trace_seen *seen, struct facts *f) {
  struct list_table_item hit;
  bool listed = s->lists && list_table_find(s->lists, &seen->ip, seen->t, &hit);
  const int64_t *until = digest_map_get(&s->bans, ban_key(&seen->ip));
  bool banned = (listed && hit.action == LISTS_BAN) || (until && seen->t < *until);
  f->ip_src_allowed = truth_of(listed && hit.action == LISTS_ALLOW);
  f->ip_src_banned = truth_of(banned);
}

static struct span or_empty(struct span text) {
  return text.at ? text : SPAN("");
}

static void set_head(const struct simulation *s, const struct trace_seen *seen, struct facts *f) {
  bool page = seen->kind == TRACE_PAGE && seen->path.at;
  uint64_t device = seen->device.at ? digest_map_key(SPACE_DEVICE, seen->device) : 0;
  f->ip_src = &seen->ip;
  f->ip_src_asnum = seen->asn;
  f->ip_src_country = seen->country;
  f->ssl = TRUTH_YES;
  f->tls_ja4 = seen->ja4;
  f->http2_print = seen->h2;
  f->headers_print = seen->headers;
  f->tls_sni = f->http_host = SPAN("site.example");
  f->http_method = span_of(REQUESTS[seen->kind].method);
  f->http_version = seen->h2.len ? SPAN("HTTP/2") : SPAN("HTTP/1.1");
  f->http_agent = or_empty(seen->agent);
  f->http_referer = f->http_cookie = f->body_mime = SPAN("");
  f->client_detour_ms = seen->detour_ms;
  f->session_known = truth_of(device && digest_map_get(&s->devices, device));
  f->request = f; /* there is a message, though it has no headers beside these */
  facts_set_uri(f, page ? seen->path : span_of(REQUESTS[seen->kind].uri));
  set_lists(s, seen, f);
}

/* As the proxy reads a name: without blanks around it, in small letters; here cut to what rules can ask for. */
static struct span user_of(struct span value, char room[USER_BYTES_MAX]) {
  struct span name = span_trim(or_empty(value));
  if (name.len > USER_BYTES_MAX) name.len = USER_BYTES_MAX;
  for (size_t i = 0; i < name.len; i++) room[i] = ascii_lower(name.at[i]);
  return span_from(room, name.len);
}

static void set_login(const struct trace_seen *seen, const struct login *login,
                      struct attempt *attempt, struct facts *f) {
  f->login_name = login->def.name;
  f->login_user = user_of(seen->user, attempt->user);
  f->login_role = seen->role;
  f->login_credentials = 1;
  if (!seen->password.at) return;
  attempt->password = siphash_128(&PASSWORD_KEY, seen->password);
  f->login_password = span_from(&attempt->password, sizeof(attempt->password));
}

/* ---- what happens next ---- */

static bool goes_on(enum action action, const struct trace_hidden *hidden) {
  return action == ACTION_ALLOW || (action == ACTION_CHALLENGE && hidden->solves) ||
         (action == ACTION_STEP_UP && hidden->confirms);
}

static void settle(struct evaluation *e, struct facts *f, const struct trace_line *line,
                   mono_ms now, const struct simulated *out) {
  enum outcome outcome = OUTCOME_UNKNOWN;
  if (out->reached_origin) {
    f->response = f;
    f->response_status = line->seen.kind == TRACE_LOGIN && out->succeeded ? 302 : 200;
    f->response_location = f->response_mime = f->response_body = SPAN("");
  }
  if (out->reached_origin && e->login >= 0)
    outcome = out->succeeded ? OUTCOME_SUCCEEDED : OUTCOME_FAILED;
  evaluate_settle(e, outcome, now);
}

static int remember(struct simulation *s, const struct trace_seen *seen,
                    const struct simulated *out) {
  int err = OK;
  if (out->verdict.ban_ms)
    err = digest_map_put(&s->bans, ban_key(&seen->ip), seen->t + (int64_t)out->verdict.ban_ms);
  if (!err && seen->device.at && out->reached_origin)
    err = digest_map_put(&s->devices, digest_map_key(SPACE_DEVICE, seen->device), seen->t);
  return err;
}

int simulation_run(struct simulation *s, const struct trace_line *line, struct simulated *out) {
  struct attempt attempt;
  struct facts facts;
  struct evaluation e;
  if (s->first < 0) s->first = line->seen.t;
  mono_ms now = line->seen.t - s->first;
  facts_init(&facts, &READERS, s->sources);
  set_head(s, &line->seen, &facts);
  evaluate_begin(&e, &s->by, &facts);
  evaluate_head(&e, now);
  /* Nobody waits for the body of what its head has decided. */
  bool decided = e.verdict.final || !goes_on(e.verdict.action, &line->hidden);
  if (!decided && (e.wants_body || e.login >= 0)) {
    facts.body_readable = TRUTH_YES;
    facts.form = &facts;
    int login = evaluate_login(&e);
    if (login >= 0) set_login(&line->seen, &s->by.program->logins[login], &attempt, &facts);
    evaluate_body(&e, now);
  }
  *out = (struct simulated){.verdict = e.verdict, .tier = facts.login_tier};
  out->reached_origin = goes_on(e.verdict.action, &line->hidden);
  out->succeeded = out->reached_origin && line->hidden.correct;
  settle(&e, &facts, line, now, out);
  return remember(s, &line->seen, out);
}
