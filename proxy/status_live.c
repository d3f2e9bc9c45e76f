// SPDX-License-Identifier: Apache-2.0
#include "proxy/status_live.h"

#include "proxy/admin/ask.h"
#include "proxy/admin/pages.h"
#include "rules/base/err.h"

#include <stdio.h>

enum { PATIENCE_MS = 2000 };

static long long number(const json_t *in, const char *name) {
  return (long long)json_integer_value(json_object_get(in, name));
}

static const char *text(const json_t *in, const char *name) {
  const char *value = json_string_value(json_object_get(in, name));
  return value ? value : "?";
}

static void print_uptime(long long seconds) {
  long long days = seconds / 86400, hours = seconds / 3600 % 24, minutes = seconds / 60 % 60;
  printf("up           ");
  if (days) printf("%lld d ", days);
  if (days || hours) printf("%lld h ", hours);
  printf("%lld min %lld s\n", minutes, seconds % 60);
}

static void print_traffic(const json_t *counters) {
  printf("connections  %lld open, %lld in all\n", number(counters, "connections_open"),
         number(counters, "connections"));
  printf("requests     %lld HTTP/2, %lld HTTP/1, %lld under way, %lld refused as malformed\n",
         number(counters, "requests_h2"), number(counters, "requests_h1"),
         number(counters, "exchanges_open"), number(counters, "requests_refused"));
  printf("answers      %lld 2xx, %lld 3xx, %lld 4xx, %lld 5xx, %lld cut short\n",
         number(counters, "responses_2xx"), number(counters, "responses_3xx"),
         number(counters, "responses_4xx"), number(counters, "responses_5xx"),
         number(counters, "responses_cut"));
}

static void print_origins(const json_t *origins) {
  size_t i;
  const json_t *o;
  json_array_foreach(origins, i, o) {
    printf("origin       %s for %s: ", text(o, "origin"), text(o, "site"));
    if (json_is_true(json_object_get(o, "up")))
      printf("answers\n");
    else
      printf("failed, is tried again in %.0f s\n",
             json_real_value(json_object_get(o, "rests_seconds")));
  }
}

static void print_certificates(const json_t *certificates) {
  size_t i;
  const json_t *c;
  json_array_foreach(certificates, i, c) {
    long long days = number(c, "days_left");
    printf("certificate  %s: until %.10s, ", text(c, "certificate"), text(c, "not_after"));
    if (days < 0)
      printf("over\n");
    else
      printf("%lld day%s left\n", days, days == 1 ? "" : "s");
  }
}

static void print_store(const json_t *store) {
  if (!json_is_object(store)) {
    printf("memory       none: the store did not open, so there are no bans\n");
    return;
  }
  printf("writer       %s, %lld of %lld operations waiting, last commit %.1f ms\n",
         json_is_true(json_object_get(store, "up")) ? "ok" : text(store, "state"),
         number(store, "queue_depth"), number(store, "queue_capacity"),
         (double)number(store, "commit_us_last") / 1000);
}

void status_live_print(const json_t *live) {
  printf("qorgan       %s, %lld workers\n", text(live, "version"), number(live, "workers"));
  printf("state        %s\n", text(live, "reason"));
  print_uptime(number(live, "uptime_seconds"));
  print_traffic(json_object_get(live, "counters"));
  print_origins(json_object_get(live, "origins"));
  print_certificates(json_object_get(live, "certificates"));
  print_store(json_object_get(live, "store"));
  const json_t *process = json_object_get(live, "process");
  printf("process      %.1f MiB resident, %lld of %lld descriptors\n",
         (double)number(process, "resident_bytes") / 1048576, number(process, "open_fds"),
         number(process, "max_fds"));
}

json_t *status_live_ask(const struct endpoint *at) {
  struct buf body;
  int status = 0;
  char where[ENDPOINT_TEXT_MAX];
  endpoint_format(at, where);
  buf_init(&body, PAGES_BYTES_MAX);
  int err = ask(at, "/status.json", PATIENCE_MS, &body, &status);
  json_t *live = NULL;
  if (!err && status == 200) live = json_loadb(buf_span(&body).at, buf_len(&body), 0, NULL);
  if (err)
    fprintf(stderr, "qorgan status: nobody answers at the admin address %s: %s\n", where,
            err_text((enum err)err));
  else if (!json_is_object(live))
    fprintf(stderr, "qorgan status: what answers at %s is no qorgan\n", where);
  buf_fini(&body);
  if (json_is_object(live)) return live;
  json_decref(live);
  return NULL;
}
