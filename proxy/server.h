// SPDX-License-Identifier: Apache-2.0
/** The running program: configuration, certificates, store, log, workers; and what happens to them at signals.
 *  `qorgan run` and `qorgan demo` both are this. Main thread. */
#ifndef PROXY_SERVER_H
#define PROXY_SERVER_H

#include "certs/secret.h"
#include "certs/store.h"
#include "certs/tickets.h"
#include "proxy/config.h"
#include "proxy/net/signals.h"
#include "proxy/net/spool.h"
#include "proxy/ruleset.h"
#include "proxy/worker.h"
#include "rules/store/news.h"

struct admin;
struct overview;

struct server {
  const char *
      config_path; /* NULL: the configuration was given, a reload reads only certificates and logs anew */
  struct config config;
  struct loop *loop;
  struct signals *signals;
  struct secret secret;
  struct cert_store *certs; /* NULL without TLS */
  struct tickets *tickets;
  struct listeners listeners;
  struct store store;
  bool has_store;
  struct news news; /* of the store, for another revision of the rules */
  struct deadline look;
  struct policy_keys keys;
  struct policy *policy; /* of the last plan; the workers hold their own references */
  struct spool *spool;
  struct worker *workers;
  unsigned worker_count;
  unsigned running; /* threads that were started and not joined */
  unsigned stops;   /* SIGTERMs so far */
  atomic_uint pending;
  struct deadline reload_again; /* a reload that waits for the one before it */
  real_ms certs_checked;
  struct deadline minute;
  real_ms started;
  int admin_fd; /* bound before privileges go; -1 once `admin` has it */
  struct admin *admin;
};

/** Starts all; takes `config` over. CLI_DONE, or the exit code, having said why on stderr. */
int server_start(struct server *s, struct config *config, const char *config_path);
/** What the admin pages show of a `struct server`: proxy/server_overview.c. */
void server_overview(void *server, struct overview *out);
/** Serves until it has drained after a signal. Answers the exit code; all is freed. */
int server_run(struct server *s);

#endif
