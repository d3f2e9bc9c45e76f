// SPDX-License-Identifier: Apache-2.0
/* `qorgan check`: loads the configuration as `run` would and says what it would do. */
#include "proxy/commands.h"
#include "proxy/ruleset.h"
#include "rules/base/buf.h"

#include <jansson.h>

enum { TEXT_BYTES_MAX = 1 << 20 };

static const char *listen_does(const struct listen_spec *listen) {
  if (listen->tls) return "HTTPS";
  return listen->redirect_https ? "redirect to HTTPS" : "HTTP";
}

static void print_spans(const char *before, const struct span *spans, size_t count) {
  for (size_t i = 0; i < count; i++) printf("%s%.*s", i ? ", " : before, SPAN_ARG(spans[i]));
}

static void print_listens(const struct config *c) {
  for (size_t i = 0; i < c->listen_count; i++) {
    char at[ENDPOINT_TEXT_MAX];
    endpoint_format(&c->listens[i].at, at);
    printf("listen       %s: %s%s\n", at, listen_does(&c->listens[i]),
           c->listens[i].proxy_protocol ? ", behind a PROXY header" : "");
  }
  for (size_t i = 0; i < c->certificate_count; i++) {
    const struct certificate_spec *spec = &c->certificates[i];
    printf("certificate  %s\n", spec->directory ? spec->directory : spec->certificate);
  }
}

static void print_origin(const struct origin_spec *origin) {
  printf("  origin     %.*s", SPAN_ARG(origin->text));
  for (size_t i = 0; i < origin->addr_count; i++) {
    char at[ENDPOINT_TEXT_MAX];
    endpoint_format(&origin->addrs[i], at);
    printf("%s%s", i ? ", " : " at ", at);
  }
  if (origin->tls) {
    bool own = origin->ca.len > 0;
    printf(", verified against %s", own ? origin->ca.at : "the system's authorities");
  }
  printf("\n");
}

static void print_sites(const struct setup *s) {
  for (size_t i = 0; i < s->site_count; i++) {
    const struct site_spec *site = &s->sites[i];
    print_spans("site         ", site->hosts, site->host_count);
    printf("\n");
    for (size_t j = 0; j < site->origin_count; j++) print_origin(&site->origins[j]);
    print_spans("  packs      ", site->packs, site->pack_count);
    printf("%s\n", site->pack_count ? "" : "  packs      none: no login is watched on this site");
  }
}

static void print_rest(const struct config *c) {
  const struct setup *s = c->setup;
  char admin[ENDPOINT_TEXT_MAX] = "off";
  if (c->has_admin) endpoint_format(&c->admin, admin);
  for (size_t i = 0; i < c->rules_count; i++) printf("rules        %s\n", c->rules[i]);
  printf("workers      %u\nstore        %s, at most %ju MiB, journal of %u days\nsecret       %s\n",
         c->workers, c->store.path, (uintmax_t)(c->store.size_max_bytes >> 20),
         c->store.journal_days, c->secret);
  printf("clients      ");
  if (s->trusted_count) {
    printf("named in %.*s by %zu trusted prefixes\n", SPAN_ARG(s->address_header),
           s->trusted_count);
  } else {
    printf("by the address of their connection: nobody is trusted\n");
  }
  printf("admin        %s\naccess log   %s\n", admin, c->access_log ? c->access_log : "off");
  if (c->user) printf("user         %s\n", c->user);
}

static json_t *json_spans(const struct span *spans, size_t count) {
  json_t *list = json_array();
  for (size_t i = 0; i < count; i++)
    json_array_append_new(list, json_stringn(spans[i].at, spans[i].len));
  return list;
}

static json_t *json_endpoints(const struct endpoint *endpoints, size_t count) {
  json_t *list = json_array();
  for (size_t i = 0; i < count; i++) {
    char at[ENDPOINT_TEXT_MAX];
    endpoint_format(&endpoints[i], at);
    json_array_append_new(list, json_string(at));
  }
  return list;
}

static json_t *json_sites(const struct setup *s) {
  json_t *sites = json_array();
  for (size_t i = 0; i < s->site_count; i++) {
    const struct site_spec *site = &s->sites[i];
    json_t *origins = json_array();
    for (size_t j = 0; j < site->origin_count; j++) {
      const struct origin_spec *o = &site->origins[j];
      json_array_append_new(origins,
                            json_pack("{s:s%, s:o}", "url", o->text.at, o->text.len, "addresses",
                                      json_endpoints(o->addrs, o->addr_count)));
    }
    json_array_append_new(
        sites, json_pack("{s:o, s:o, s:o}", "hosts", json_spans(site->hosts, site->host_count),
                         "origins", origins, "packs", json_spans(site->packs, site->pack_count)));
  }
  return sites;
}

static json_t *json_listens(const struct config *c) {
  json_t *listens = json_array();
  for (size_t i = 0; i < c->listen_count; i++) {
    const struct listen_spec *spec = &c->listens[i];
    char at[ENDPOINT_TEXT_MAX];
    endpoint_format(&spec->at, at);
    json_array_append_new(listens, json_pack("{s:s, s:b, s:b, s:b}", "address", at, "tls",
                                             spec->tls, "proxy_protocol", spec->proxy_protocol,
                                             "redirect_https", spec->redirect_https));
  }
  return listens;
}

static int print_json(const struct invocation *in, const struct config *c) {
  char admin[ENDPOINT_TEXT_MAX];
  if (c->has_admin) endpoint_format(&c->admin, admin);
  json_t *all = json_pack("{s:s, s:i, s:o, s:o, s:s, s:s, s:s?, s:s?}", "config", in->config,
                          "workers", (int)c->workers, "listen", json_listens(c), "sites",
                          json_sites(c->setup), "store", c->store.path, "secret", c->secret,
                          "access_log", c->access_log, "admin", c->has_admin ? admin : NULL);
  bool whole = all && json_dumpf(all, stdout, 0) == 0;
  json_decref(all);
  printf("\n");
  return whole ? CLI_DONE : CLI_REFUSED;
}

static int print_defaults(void) {
  struct buf text;
  buf_init(&text, TEXT_BYTES_MAX);
  config_print_defaults(&text);
  bool whole = !text.overflow && fwrite(text.at, 1, buf_len(&text), stdout) == buf_len(&text);
  buf_fini(&text);
  return whole ? CLI_DONE : CLI_REFUSED;
}

int command_check(const struct invocation *in) {
  if (cli_flag(in, "--defaults")) return print_defaults();
  struct config config;
  int code = cli_config(in, &config);
  if (code) return code;
  struct policy *policy = NULL;
  const struct ruleset_wish wish = {.command = "check", .config = &config};
  if (ruleset_load(&wish, &policy)) {
    config_fini(&config);
    return CLI_USAGE;
  }
  policy_drop(&policy);
  if (in->json) {
    code = print_json(in, &config);
  } else {
    printf("%s holds.\n", in->config);
    print_listens(&config);
    print_sites(config.setup);
    print_rest(&config);
  }
  config_fini(&config);
  return code;
}
