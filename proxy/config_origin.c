// SPDX-License-Identifier: Apache-2.0
#include "proxy/config_origin.h"

#include "proxy/config_value.h"
#include "proxy/resolve.h"
#include "rules/base/err.h"

static const struct {
  struct span start;
  bool tls, local;
  uint16_t port;
} SCHEMES[] = {
    {{"http://", 7}, false, false, 80},
    {{"https://", 8}, true, false, 443},
    {{"unix:", 5}, false, true, 0},
};

static bool is_host_byte(char c) {
  c = ascii_lower(c);
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

static const char *split_port(struct span text, uint16_t *port) {
  uint64_t value;
  if (text.len == 0) return NULL;
  if (text.at[0] != ':')
    return "Behind the host only a port may stand, as in http://127.0.0.1:8080";
  if (span_to_u64(span_skip(text, 1), &value) || value < 1 || value > 65535) {
    return "The port is a number from 1 to 65535";
  }
  *port = (uint16_t)value;
  return NULL;
}

/* RFC 3986 §3.2 without user information. */
static const char *split_authority(struct span text, struct config_origin_parts *out) {
  size_t slash = span_find(text, '/');
  if (slash + 1 < text.len) return "An origin has no path: each request keeps its own";
  text.len = slash;
  if (text.len && text.at[0] == '[') {
    size_t end = span_find(text, ']');
    struct addr addr;
    if (end == text.len || addr_parse(span_from(text.at, end + 1), &addr)) {
      return "An IPv6 address is written in brackets, as in http://[::1]:8080";
    }
    out->host = span_from(text.at + 1, end - 1);
    return split_port(span_skip(text, end + 1), &out->port);
  }
  size_t host = 0;
  while (host < text.len && is_host_byte(text.at[host])) host++;
  if (host == 0 || host > 253) return "A host name or an address is expected behind the scheme";
  out->host = span_from(text.at, host);
  return split_port(span_skip(text, host), &out->port);
}

const char *config_origin_split(struct span url, struct config_origin_parts *out) {
  for (size_t i = 0; i < sizeof(SCHEMES) / sizeof(*SCHEMES); i++) {
    if (!span_starts(url, SCHEMES[i].start)) continue;
    *out = (struct config_origin_parts){
        .tls = SCHEMES[i].tls, .local = SCHEMES[i].local, .port = SCHEMES[i].port};
    struct span rest = span_skip(url, SCHEMES[i].start.len);
    if (!out->local) return split_authority(rest, out);
    out->host = rest;
    return rest.len ? NULL : "A path is expected behind unix:";
  }
  return "Write http://host:port, https://host or unix:/path";
}

static void refuse(struct config_reader *r, const struct config_slot *slot, const char *why) {
  config_report_at(r->report, slot->node->place, "'%.200s' is no origin. %s.", slot->node->text.at,
                   why);
}

static void take_unix(struct config_reader *r, const struct config_slot *slot, struct span path) {
  struct origin_spec *origin = slot->into;
  const char *joined = config_value_join(r, path);
  origin->addrs = arena_zero(r->arena, sizeof(*origin->addrs));
  if (!joined || !origin->addrs) return; /* the arena remembers that it is full */
  origin->addr_count = 1;
  origin->addrs->kind = ENDPOINT_UNIX;
  size_t len = strlen(joined);
  if (len >= sizeof(origin->addrs->path)) {
    return refuse(r, slot, "The path of a socket has at most 107 bytes");
  }
  memcpy(origin->addrs->path, joined, len);
}

static void take_host(struct config_reader *r, const struct config_slot *slot,
                      const struct config_origin_parts *parts) {
  struct origin_spec *origin = slot->into;
  origin->tls = parts->tls;
  origin->host = arena_copy(r->arena, parts->host);
  if (!origin->host.at) return; /* the arena remembers that it is full */
  const char *why = NULL;
  int err = resolve_host(origin->host.at, parts->port, r->arena, &origin->addrs,
                         &origin->addr_count, &why);
  if (err != ERR_NOT_FOUND) return;
  config_report_at(r->report, slot->node->place,
                   "the name '%s' cannot be resolved: %s. Mend the name, or write the address.",
                   origin->host.at, why);
}

void config_origin_url(struct config_reader *r, const struct config_slot *slot) {
  struct origin_spec *origin = slot->into;
  struct config_origin_parts parts;
  const char *why = config_origin_split(slot->node->text, &parts);
  if (why) return refuse(r, slot, why);
  origin->text = arena_copy(r->arena, slot->node->text);
  if (parts.local) {
    take_unix(r, slot, parts.host);
  } else {
    take_host(r, slot, &parts);
  }
}

void config_origin_take(struct config_reader *r, const struct config_slot *slot) {
  switch (slot->node->shape) {
  case CONFIG_SCALAR: return config_origin_url(r, slot);
  case CONFIG_SECTION: return config_read_section(r, slot);
  case CONFIG_LIST: return config_read_refuse(r, slot);
  }
}
