// SPDX-License-Identifier: Apache-2.0
#include "proxy/config_check.h"

#include <stdlib.h>

void config_check_listen(struct config_reader *r, const struct config_slot *slot) {
  const struct listen_spec *listen = slot->into;
  if (listen->tls && listen->redirect_https) {
    config_report_at(r->report, slot->node->place,
                     "'tls' and 'redirect_https' exclude each other: the redirect leads to a "
                     "listener with tls.");
  }
}

void config_check_certificate(struct config_reader *r, const struct config_slot *slot) {
  const struct certificate_spec *c = slot->into;
  bool pair = c->certificate && c->key && !c->directory;
  bool folder = c->directory && !c->certificate && !c->key;
  if (pair || folder) return;
  config_report_at(r->report, slot->node->place,
                   "write { certificate: cert.pem, key: key.pem } or { directory: certs }.");
}

/* The default of journal_max must not make a small store a fault, so only a written one is held against size_max. */
void config_check_store(struct config_reader *r, const struct config_slot *slot) {
  struct store_spec *store = slot->into;
  uint64_t half = store->size_max_bytes / 2;
  const struct config_node *written = config_tree_member(slot->node, "journal_max");
  if (written && store->journal_max_bytes > store->size_max_bytes) {
    config_report_at(r->report, written->place,
                     "'journal_max' is more than 'size_max': the journal is a part of the store.");
  }
  if (store->journal_max_bytes > half) store->journal_max_bytes = half;
}

/* "format: off" and "access: off" say the same. */
void config_check_log(struct config_reader *r, const struct config_slot *slot) {
  if (r->config->setup->log_format == LOG_FORMAT_OFF) r->config->access_log = NULL;
  if (!r->config->access_log) r->config->setup->log_format = LOG_FORMAT_OFF;
}

void config_check_origin(struct config_reader *r, const struct config_slot *slot) {
  const struct origin_spec *origin = slot->into;
  if (origin->tls || !origin->ca.len) return;
  config_report_at(r->report, slot->node->place,
                   "'ca' is for https:// origins only. Leave it out.");
}

/* The node of the listener, or the root's when it comes from the default. */
static struct config_place place_of_listen(const struct config_node *root, size_t index) {
  const struct config_node *listens = config_tree_member(root, "listen");
  const struct config_node *item = listens ? config_tree_item(listens, index) : NULL;
  return item ? item->place : root->place;
}

static void check_tls(struct config_reader *r, const struct config_node *root) {
  const struct config *c = r->config;
  if (c->certificate_count) return;
  for (size_t i = 0; i < c->listen_count; i++) {
    char at[ENDPOINT_TEXT_MAX];
    if (!c->listens[i].tls) continue;
    endpoint_format(&c->listens[i].at, at);
    config_report_at(
        r->report, place_of_listen(root, i),
        "%s ends TLS and there is no certificate. Add certificates: [{ certificate: cert.pem, "
        "key: key.pem }]",
        at);
    return;
  }
}

static void check_proxy_protocol(struct config_reader *r, const struct config_node *root) {
  const struct config *c = r->config;
  if (c->setup->trusted_count) return;
  for (size_t i = 0; i < c->listen_count; i++) {
    if (!c->listens[i].proxy_protocol) continue;
    config_report_at(
        r->report, place_of_listen(root, i),
        "'proxy_protocol' takes headers from trusted peers only, and nobody is trusted. Add "
        "client_address: { trusted: [\"10.0.0.1\"] }");
    return;
  }
}

/* Lists of listeners are short (LISTENS_MAX in config_keys.c), so each is compared with each. */
static void check_addresses(struct config_reader *r, const struct config_node *root) {
  const struct config *c = r->config;
  for (size_t i = 1; i < c->listen_count; i++) {
    for (size_t j = 0; j < i; j++) {
      if (!endpoint_eq(&c->listens[i].at, &c->listens[j].at)) continue;
      config_report_at(r->report, place_of_listen(root, i),
                       "this address stands in line %u already. Leave one out.",
                       place_of_listen(root, j).line);
      break;
    }
  }
}

struct named {
  struct span host;
  const struct config_node *node;
};

static int by_host_then_place(const void *a, const void *b) {
  const struct named *x = a, *y = b;
  size_t len = x->host.len < y->host.len ? x->host.len : y->host.len;
  int order = memcmp(x->host.at, y->host.at, len);
  if (order) return order;
  if (x->host.len != y->host.len) return x->host.len < y->host.len ? -1 : 1;
  const struct config_place *p = &x->node->place, *q = &y->node->place;
  if (p->line != q->line) return p->line < q->line ? -1 : 1;
  return p->column < q->column ? -1 : p->column > q->column;
}

static struct named *collect_hosts(struct config_reader *r, const struct config_node *root,
                                   size_t *count) {
  const struct setup *s = r->config->setup;
  size_t total = 0, filled = 0;
  for (size_t i = 0; i < s->site_count; i++) total += s->sites[i].host_count;
  struct named *all = arena_zero(r->tree_arena, total * sizeof(*all));
  *count = all ? total : 0;
  const struct config_node *site = config_tree_item(config_tree_member(root, "sites"), 0);
  for (size_t i = 0; all && i < s->site_count; i++, site = site->next) {
    const struct config_node *host = config_tree_item(config_tree_member(site, "hosts"), 0);
    for (size_t j = 0; j < s->sites[i].host_count; j++, host = host->next) {
      all[filled++] = (struct named){.host = s->sites[i].hosts[j], .node = host};
    }
  }
  return all;
}

static void check_hosts(struct config_reader *r, const struct config_node *root) {
  size_t count;
  struct named *all = collect_hosts(r, root, &count);
  if (count) qsort(all, count, sizeof(*all), by_host_then_place);
  for (size_t i = 1; i < count; i++) {
    if (!span_eq(all[i].host, all[i - 1].host)) continue;
    config_report_at(r->report, all[i].node->place,
                     "the host '%s' stands in line %u already. A host belongs to one site.",
                     all[i].host.at, all[i - 1].node->place.line);
  }
}

void config_check_whole(struct config_reader *r, const struct config_node *root) {
  check_tls(r, root);
  check_proxy_protocol(r, root);
  check_addresses(r, root);
  check_hosts(r, root);
}
