// SPDX-License-Identifier: Apache-2.0
/** What is counted, one row each: the metric's name, its labels, its kind and its help text.
 *  Each worker owns one `struct counters` and is its only writer (plain relaxed stores); proxy/admin/metrics.c
 *  reads them all and prints the sum. Names follow Prometheus: base unit, `_total` for what only grows. */
#ifndef PROXY_NET_COUNTERS_H
#define PROXY_NET_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

/* clang-format off */
#define COUNTER_TABLE(X)                                                                                              \
  X(connections,           "qorgan_connections_total", "", counter, "client connections accepted")                    \
  X(connections_open,      "qorgan_connections", "", gauge, "client connections open")                                \
  X(closed_client_bound,   "qorgan_connections_closed_total", "reason=\"client_bound\"", counter, "connections closed before a request") \
  X(closed_banned,         "qorgan_connections_closed_total", "reason=\"banned\"", counter, "connections closed before a request") \
  X(closed_proxy_header,   "qorgan_connections_closed_total", "reason=\"proxy_header\"", counter, "connections closed before a request") \
  X(closed_handshake,      "qorgan_connections_closed_total", "reason=\"handshake\"", counter, "connections closed before a request") \
  X(closed_slow,           "qorgan_connections_closed_total", "reason=\"slow\"", counter, "connections closed before a request") \
  X(closed_h2_abuse,       "qorgan_connections_closed_total", "reason=\"http2_abuse\"", counter, "connections closed before a request") \
  X(strikes_h2_abuse,      "qorgan_client_strikes_total", "reason=\"http2_abuse\"", counter, "connections that ended with a strike against their client") \
  X(strikes_slow,          "qorgan_client_strikes_total", "reason=\"slow\"", counter, "connections that ended with a strike against their client") \
  X(strikes_proxy_header,  "qorgan_client_strikes_total", "reason=\"proxy_header\"", counter, "connections that ended with a strike against their client") \
  X(accept_failed,         "qorgan_accept_failures_total", "", counter, "accept failed, descriptors used up most often") \
  X(handshakes_full,       "qorgan_tls_handshakes_total", "kind=\"full\"", counter, "TLS handshakes completed")       \
  X(handshakes_resumed,    "qorgan_tls_handshakes_total", "kind=\"resumed\"", counter, "TLS handshakes completed")    \
  X(requests_h1,           "qorgan_requests_total", "proto=\"http/1.1\"", counter, "requests whose head was complete") \
  X(requests_h2,           "qorgan_requests_total", "proto=\"h2\"", counter, "requests whose head was complete")      \
  X(requests_refused,      "qorgan_requests_refused_total", "", counter, "malformed, ambiguous or oversize requests") \
  X(verdict_allow,         "qorgan_verdicts_total", "verdict=\"allow\"", counter, "requests by what was decided")       \
  X(verdict_throttle,      "qorgan_verdicts_total", "verdict=\"throttle\"", counter, "requests by what was decided")    \
  X(verdict_challenge,     "qorgan_verdicts_total", "verdict=\"challenge\"", counter, "requests by what was decided")   \
  X(verdict_step_up,       "qorgan_verdicts_total", "verdict=\"step_up\"", counter, "requests by what was decided")     \
  X(verdict_tarpit,        "qorgan_verdicts_total", "verdict=\"tarpit\"", counter, "requests by what was decided")      \
  X(verdict_deny,          "qorgan_verdicts_total", "verdict=\"deny\"", counter, "requests by what was decided")        \
  X(verdict_drop,          "qorgan_verdicts_total", "verdict=\"drop\"", counter, "requests by what was decided")        \
  X(login_unknown,         "qorgan_logins_total", "outcome=\"unknown\"", counter, "logins by what the origin answered") \
  X(login_succeeded,       "qorgan_logins_total", "outcome=\"succeeded\"", counter, "logins by what the origin answered") \
  X(login_second_factor,   "qorgan_logins_total", "outcome=\"second_factor\"", counter, "logins by what the origin answered") \
  X(login_failed,          "qorgan_logins_total", "outcome=\"failed\"", counter, "logins by what the origin answered") \
  X(bans_put,              "qorgan_bans_total", "", counter, "addresses banned by rules and limits")                  \
  X(journal_left_out,      "qorgan_journal_left_out_total", "", counter, "events that the journal had no room for")    \
  X(exchanges_open,        "qorgan_exchanges", "", gauge, "requests under way")                                       \
  X(responses_1xx,         "qorgan_responses_total", "class=\"1xx\"", counter, "responses by class of status")        \
  X(responses_2xx,         "qorgan_responses_total", "class=\"2xx\"", counter, "responses by class of status")        \
  X(responses_3xx,         "qorgan_responses_total", "class=\"3xx\"", counter, "responses by class of status")        \
  X(responses_4xx,         "qorgan_responses_total", "class=\"4xx\"", counter, "responses by class of status")        \
  X(responses_5xx,         "qorgan_responses_total", "class=\"5xx\"", counter, "responses by class of status")        \
  X(responses_cut,         "qorgan_responses_cut_total", "", counter, "responses that ended before they were whole")  \
  X(bytes_in,              "qorgan_bytes_in_total", "", counter, "body bytes received from clients")                  \
  X(bytes_out,             "qorgan_bytes_out_total", "", counter, "body bytes sent to clients")                       \
  X(origin_connections,    "qorgan_origin_connections_total", "", counter, "connections opened to origins")           \
  X(origin_open,           "qorgan_origin_connections", "", gauge, "connections to origins, idle ones included")      \
  X(origin_reused,         "qorgan_origin_reused_total", "", counter, "requests sent on a kept connection")           \
  X(origin_retries,        "qorgan_origin_retries_total", "", counter, "requests repeated after a stale connection")  \
  X(origin_failures,       "qorgan_origin_failures_total", "", counter, "connections or answers of origins that failed") \
  X(origin_waiting,        "qorgan_origin_waiting", "", gauge, "requests waiting for an origin connection")           \
  X(log_lines,             "qorgan_log_lines_total", "", counter, "access log lines queued")                          \
  X(log_dropped,           "qorgan_log_dropped_total", "", counter, "access log lines dropped because the disk was slow")
/* clang-format on */

enum counter {
#define X(id, name, labels, kind, help) COUNTER_##id,
  COUNTER_TABLE(X)
#undef X
      COUNTER_COUNT
};

struct counters {
  _Atomic uint64_t at[COUNTER_COUNT];
};

/** The owner's thread only. */
static inline void counters_add(struct counters *c, enum counter which, int64_t by) {
  uint64_t now = atomic_load_explicit(&c->at[which], memory_order_relaxed);
  atomic_store_explicit(&c->at[which], now + (uint64_t)by, memory_order_relaxed);
}

/** Any thread. */
static inline uint64_t counters_get(const struct counters *c, enum counter which) {
  return atomic_load_explicit(&c->at[which], memory_order_relaxed);
}

#endif
