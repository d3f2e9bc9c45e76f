// SPDX-License-Identifier: Apache-2.0
#include "proxy/server.h"

#include "certs/expiry.h"
#include "proxy/admin/admin.h"
#include "proxy/cli.h"
#include "proxy/flow/prints.h"
#include "proxy/net/socket.h"
#include "proxy/notify.h"
#include "proxy/privileges.h"
#include "rules/base/err.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

enum { MINUTE_MS = 60000, LOOK_MS = 200 };

static int complain(const char *what) {
  fprintf(stderr, "qorgan: %s\n", what);
  return CLI_USAGE;
}

/* ---- certificates ---- */

static int load_certificates(const struct config *c, real_ms now, struct cert_store **out,
                             struct why *why) {
  *out = NULL;
  if (c->certificate_count == 0) return OK;
  struct cert_source *sources = calloc(c->certificate_count, sizeof(*sources));
  if (!sources) return why_say(why, ERR_MEMORY, "out of memory");
  for (size_t i = 0; i < c->certificate_count; i++) {
    const struct certificate_spec *spec = &c->certificates[i];
    sources[i] = (struct cert_source){spec->certificate, spec->key, spec->directory};
  }
  int err = cert_store_new(sources, c->certificate_count, now, out, why);
  free(sources);
  return err;
}

static void warn_of_expiry(struct server *s) {
  real_ms now = loop_real(s->loop);
  for (size_t i = 0; s->certs && i < cert_store_count(s->certs); i++) {
    char text[EXPIRY_TEXT_MAX];
    if (expiry_is_news(cert_store_at(s->certs, i), s->certs_checked, now, text))
      log_warn("%s", text);
  }
  s->certs_checked = now;
}

static void on_minute(struct deadline *d) {
  struct server *s = LIST_OF(d, struct server, minute);
  if (s->tickets && tickets_rotate(s->tickets, loop_real(s->loop)))
    log_error("ticket keys could not be turned");
  warn_of_expiry(s);
  loop_deadline(s->loop, &s->minute, MINUTE_MS);
}

static int open_tickets(struct server *s, struct why *why) {
  int err = secret_open(s->config.secret, &s->secret, why);
  if (err) return err;
  uint8_t key[SECRET_BYTES];
  err = secret_derive(&s->secret, "session tickets", key, sizeof(key));
  if (!err) err = tickets_new(key, loop_real(s->loop), &s->tickets);
  explicit_bzero(key, sizeof(key));
  return err ? why_say(why, (enum err)err, "session ticket keys: %s", err_text((enum err)err)) : OK;
}

/* ---- plans ---- */

/* One plan a worker, all made before the first is handed out: all workers change, or none. */
static int make_plans(struct server *s, struct setup *setup, struct cert_store *certs,
                      struct policy *policy, struct worker_plan **plans) {
  for (unsigned i = 0; i < s->worker_count; i++) {
    plans[i] = calloc(1, sizeof(*plans[i]));
    if (!plans[i]) return ERR_MEMORY;
    plans[i]->pending = &s->pending;
    int err = certs ? tls_server_new(certs, s->tickets, prints_hello, &plans[i]->tls) : OK;
    if (err) return err;
    plans[i]->setup = setup_hold(setup);
    plans[i]->policy = policy_hold(policy);
  }
  return OK;
}

/* Takes `policy` over. */
static int adopt(struct server *s, struct setup *setup, struct cert_store *certs,
                 struct policy *policy) {
  struct worker_plan **plans = calloc(s->worker_count, sizeof(struct worker_plan *));
  int err = plans ? make_plans(s, setup, certs, policy, plans) : ERR_MEMORY;
  for (unsigned i = 0; plans && i < s->worker_count; i++) {
    if (!err) {
      atomic_fetch_add(&s->pending, 1);
      worker_adopt(&s->workers[i], plans[i]);
    } else if (plans[i]) {
      tls_context_free(&plans[i]->tls);
      setup_drop(&plans[i]->setup);
      policy_drop(&plans[i]->policy);
      free(plans[i]);
    }
  }
  free(plans);
  if (!err) {
    policy_drop(&s->policy);
    s->policy = policy;
  } else {
    policy_drop(&policy);
  }
  return err;
}

/* ---- rules ---- */

static int load_rules(const struct server *s, const struct config *config, struct policy **out) {
  const struct ruleset_wish wish = {.command = "run",
                                    .config = config,
                                    .env = s->has_store ? s->store.env : NULL,
                                    .before = s->policy,
                                    .keys = s->keys,
                                    .now = s->loop->now};
  return ruleset_load(&wish, out);
}

/* Keys of what must not outlive this process are made now; usernames stay the same names in the journal. */
static int make_keys(struct server *s) {
  uint8_t users[SIPHASH_KEY_BYTES];
  int err = secret_derive(&s->secret, "usernames", users, sizeof(users));
  s->keys.users = siphash_key(users);
  explicit_bzero(users, sizeof(users));
  struct siphash_key made[2];
  if (getrandom(made, sizeof(made), 0) != sizeof(made)) err = ERR_IO;
  s->keys.meters = made[0];
  s->keys.passwords = made[1];
  explicit_bzero(made, sizeof(made));
  return err;
}

/* `qorgan rules apply` of whatever process: the same configuration under other rules. */
static void on_look(struct deadline *d) {
  struct server *s = LIST_OF(d, struct server, look);
  struct policy *policy;
  loop_deadline(s->loop, &s->look, LOOK_MS);
  if (s->stops || atomic_load(&s->pending))
    return; /* what changed meanwhile is seen at the next look */
  if (!(news_look(&s->news) & 1u << DATABASE_RULES)) return;
  if (load_rules(s, &s->config, &policy))
    log_error("rules refused, the old ones stay: see above");
  else if (adopt(s, s->config.setup, s->certs, policy))
    log_error("rules refused, the old ones stay: out of memory");
  else
    log_info("rules taken over");
}

/* ---- reload ---- */

static void warn_of_unchanged(const struct server *s, const struct config *next) {
  const char *log = s->config.access_log ? s->config.access_log : "",
             *next_log = next->access_log ? next->access_log : "";
  if (next->workers != s->config.workers)
    log_warn("reload: another number of workers needs a restart");
  if (strcmp(log, next_log) != 0) log_warn("reload: another access log file needs a restart");
  if (strcmp(next->store.path, s->config.store.path) != 0)
    log_warn("reload: another store needs a restart");
  if (next->has_admin != s->config.has_admin || !endpoint_eq(&next->admin, &s->config.admin))
    log_warn("reload: another admin address needs a restart");
}

static int load_next(struct server *s, struct config *next, struct cert_store **certs) {
  struct config_error wrong;
  struct why why;
  if (config_load(s->config_path, next, &wrong)) {
    log_error("reload refused, the old configuration stays: %s", wrong.text);
    return ERR_SYNTAX;
  }
  if (load_certificates(next, loop_real(s->loop), certs, &why)) {
    log_error("reload refused, the old certificates stay: %s", why.text);
    config_fini(next);
    return ERR_TLS;
  }
  return OK;
}

/* Workers read the listen points while they take a plan over: the next plan waits until all have. */
static bool plans_are_under_way(struct server *s) {
  if (atomic_load(&s->pending) == 0) return false;
  loop_deadline(s->loop, &s->reload_again, 20);
  return true;
}

static void reload(struct server *s) {
  struct config next;
  struct cert_store *certs = NULL;
  struct policy *policy;
  struct listeners_error why;
  if (s->spool) spool_reopen(s->spool);
  if (s->stops || !s->config_path || plans_are_under_way(s)) return;
  notify_reloading();
  if (load_next(s, &next, &certs) == OK) {
    int err = load_rules(s, &next, &policy);
    if (err) log_error("reload refused, the old rules stay: see above");
    if (!err && listeners_open(&s->listeners, &next, s->worker_count, &why)) {
      log_error("reload refused, the old listeners stay: %s", why.text);
      policy_drop(&policy);
      err = ERR_IO;
    }
    if (!err && adopt(s, next.setup, certs, policy)) {
      log_error("reload refused: out of memory");
      err = ERR_MEMORY;
    }
    if (err) {
      cert_store_drop(&certs);
      config_fini(&next);
    } else {
      warn_of_unchanged(s, &next);
      config_fini(&s->config);
      s->config = next;
      log_set_level(next.log_level);
      cert_store_drop(&s->certs);
      s->certs = certs;
      s->certs_checked = EXPIRY_NEVER;
      warn_of_expiry(s);
      log_info("reloaded: %zu sites", s->config.setup->site_count);
    }
  }
  notify_ready();
}

static void on_reload_again(struct deadline *d) {
  reload(LIST_OF(d, struct server, reload_again));
}

/* ---- signals ---- */

static void on_signal(void *owner, int number) {
  struct server *s = owner;
  if (number == SIGHUP) {
    reload(s);
    return;
  }
  s->stops++;
  if (s->stops == 1) {
    log_info("draining: no new connections; a second signal ends at once");
    notify_stopping();
  }
  for (unsigned i = 0; i < s->running; i++) {
    if (s->stops == 1)
      worker_drain(&s->workers[i]);
    else
      worker_cut(&s->workers[i]);
  }
  if (s->stops > 2) _exit(CLI_REFUSED);
}

static void on_worker_ended(void *owner) {
  struct server *s = owner;
  bool all = true;
  for (unsigned i = 0; i < s->worker_count; i++) all &= atomic_load(&s->workers[i].done);
  if (all) loop_stop(s->loop);
}

/* ---- start ---- */

static int open_store(struct server *s) {
  const struct store_spec *spec = &s->config.store;
  struct store_options options = {
      .env = {.path = spec->path, .size_max_bytes = spec->size_max_bytes, .mode = ENV_PROXY},
      .journal_bytes_max = spec->journal_max_bytes,
      .journal_days = spec->journal_days,
  };
  struct env_error why;
  int err = store_open(&options, &s->store, &why);
  /* Two proxies on one store would lose each other's memory; any other trouble is no reason to be down. */
  if (err == ERR_BUSY) return complain(why.text);
  if (err) log_error("%s; going on without a store: no bans, no memory", why.text);
  s->has_store = !err;
  if (s->has_store) news_init(&s->news, s->store.env);
  return CLI_DONE;
}

static int open_workers(struct server *s) {
  s->workers = calloc(s->config.workers, sizeof(*s->workers));
  if (!s->workers) return complain("out of memory");
  for (unsigned i = 0; i < s->config.workers; i++) {
    struct spool_lane *lane = s->spool ? spool_lane(s->spool, i) : NULL;
    if (worker_init(&s->workers[i], i, &s->listeners, s->has_store ? &s->store : NULL, lane)) {
      return complain("a worker cannot start: out of memory or descriptors");
    }
    s->workers[i].ended = on_worker_ended;
    s->workers[i].owner = s;
    s->worker_count++;
  }
  return CLI_DONE;
}

static int start_workers(struct server *s) {
  struct policy *policy;
  if (load_rules(s, &s->config, &policy)) return CLI_USAGE;
  if (adopt(s, s->config.setup, s->certs, policy))
    return complain("out of memory, or a certificate that no handshake can be made with");
  for (; s->running < s->worker_count; s->running++) {
    if (worker_start(&s->workers[s->running])) return complain("a worker's thread cannot start");
  }
  return CLI_DONE;
}

static int open_rest(struct server *s) {
  const struct config *c = &s->config;
  struct why why;
  if (open_tickets(s, &why)) return complain(why.text);
  if (make_keys(s)) return complain("keys could not be made");
  int code = open_store(s);
  if (code) return code;
  if (c->access_log) {
    uint32_t lane = (uint32_t)c->setup->limits.log_queue_bytes_max;
    int err = spool_new(c->access_log, c->workers, lane, &s->spool);
    if (err) {
      fprintf(stderr, "qorgan: access log %s: %s\n", c->access_log, err_text((enum err)err));
      return CLI_USAGE;
    }
  }
  return open_workers(s);
}

/* Bound early, for as long as privileges are there; served once the workers run. */
static int bind_admin(struct server *s) {
  char at[ENDPOINT_TEXT_MAX];
  if (!s->config.has_admin) return CLI_DONE;
  int err = socket_listen(&s->config.admin, &s->admin_fd);
  if (!err) return CLI_DONE;
  endpoint_format(&s->config.admin, at);
  fprintf(stderr, "qorgan: admin address %s: %s\n", at, err_text((enum err)err));
  return CLI_USAGE;
}

static int open_admin(struct server *s) {
  if (s->admin_fd < 0) return CLI_DONE;
  struct admin_source source = {.owner = s, .look = server_overview};
  if (admin_open(s->loop, s->admin_fd, source, &s->admin)) return complain("out of memory");
  s->admin_fd = -1;
  return CLI_DONE;
}

static int start(struct server *s) {
  struct why why;
  struct listeners_error unbound;
  log_set_level(s->config.log_level);
  s->loop = loop_new();
  if (!s->loop || signals_open(s->loop, on_signal, s, &s->signals))
    return complain("out of memory or descriptors");
  if (load_certificates(&s->config, loop_real(s->loop), &s->certs, &why)) return complain(why.text);
  if (listeners_open(&s->listeners, &s->config, s->config.workers, &unbound))
    return complain(unbound.text);
  int code = bind_admin(s);
  if (code) return code;
  if (privileges_drop(s->config.user, false))
    return complain("privileges could not be dropped: see `user:`");
  if (privileges_no_core()) log_warn("core dumps could not be turned off");
  code = open_rest(s);
  if (!code) code = start_workers(s);
  if (!code) code = open_admin(s);
  if (code) return code;
  s->started = loop_real(s->loop);
  s->certs_checked = EXPIRY_NEVER;
  s->minute.expired = on_minute;
  s->reload_again.expired = on_reload_again;
  on_minute(&s->minute);
  s->look.expired = on_look;
  if (s->has_store) loop_deadline(s->loop, &s->look, LOOK_MS);
  return CLI_DONE;
}

static void finish(struct server *s) {
  for (unsigned i = 0; i < s->running; i++) {
    if (!atomic_load(&s->workers[i].done)) worker_cut(&s->workers[i]);
  }
  admin_close(&s->admin);
  if (s->admin_fd >= 0) close(s->admin_fd);
  for (unsigned i = 0; i < s->running; i++) pthread_join(s->workers[i].thread, NULL);
  for (unsigned i = 0; i < s->worker_count; i++) worker_fini(&s->workers[i]);
  free(s->workers);
  spool_free(&s->spool);
  if (s->has_store) store_close(&s->store);
  listeners_fini(&s->listeners);
  cert_store_drop(&s->certs);
  tickets_free(&s->tickets);
  secret_fini(&s->secret);
  signals_close(&s->signals);
  deadline_clear(&s->minute);
  deadline_clear(&s->look);
  policy_drop(&s->policy);
  explicit_bzero(&s->keys, sizeof(s->keys));
  deadline_clear(&s->reload_again);
  loop_free(&s->loop);
  config_fini(&s->config);
}

int server_start(struct server *s, struct config *config, const char *config_path) {
  *s = (struct server){.config = *config, .config_path = config_path, .admin_fd = -1};
  *config = (struct config){0};
  int code = start(s);
  if (code) finish(s);
  return code;
}

int server_run(struct server *s) {
  notify_ready();
  notify_status("serving %zu sites", s->config.setup->site_count);
  log_info("serving %zu sites with %u workers", s->config.setup->site_count, s->worker_count);
  loop_run(s->loop);
  finish(s);
  return CLI_DONE;
}
