// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/endpoint.h"

#include "rules/base/err.h"
#include "rules/base/require.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/un.h>

static int parse_path(struct span path, enum endpoint_kind kind, struct endpoint *out) {
  if (path.len == 0) return ERR_SYNTAX;
  if (path.len >= sizeof(out->path)) return ERR_RANGE;
  *out = (struct endpoint){.kind = kind};
  memcpy(out->path, path.at, path.len);
  return OK;
}

int endpoint_parse(struct span text, struct endpoint *out) {
  if (span_starts(text, SPAN("unix:"))) return parse_path(span_skip(text, 5), ENDPOINT_UNIX, out);
  if (span_starts(text, SPAN("systemd:"))) {
    return parse_path(span_skip(text, 8), ENDPOINT_SYSTEMD, out);
  }
  size_t colon = text.len;
  while (colon && text.at[colon - 1] != ':') colon--;
  if (colon < 2) return ERR_SYNTAX;
  struct span host = span_from(text.at, colon - 1);
  bool bracketed = host.at[0] == '[';
  if (!bracketed && span_find(host, ':') < host.len) return ERR_SYNTAX;
  uint64_t port;
  int err = span_to_u64(span_skip(text, colon), &port);
  if (err) return err;
  if (port > 65535) return ERR_RANGE;
  *out = (struct endpoint){.kind = ENDPOINT_TCP, .port = (uint16_t)port};
  return addr_parse(host, &out->addr);
}

size_t endpoint_format(const struct endpoint *e, char out[ENDPOINT_TEXT_MAX]) {
  char addr[ADDR_TEXT_MAX];
  int len = 0;
  switch (e->kind) {
  case ENDPOINT_UNIX: len = snprintf(out, ENDPOINT_TEXT_MAX, "unix:%s", e->path); break;
  case ENDPOINT_SYSTEMD: len = snprintf(out, ENDPOINT_TEXT_MAX, "systemd:%s", e->path); break;
  case ENDPOINT_TCP:
    addr_format(&e->addr, addr);
    len =
        snprintf(out, ENDPOINT_TEXT_MAX, addr_is_v4(&e->addr) ? "%s:%u" : "[%s]:%u", addr, e->port);
    break;
  }
  return (size_t)len;
}

bool endpoint_eq(const struct endpoint *a, const struct endpoint *b) {
  if (a->kind != b->kind) return false;
  if (a->kind == ENDPOINT_TCP) return addr_eq(&a->addr, &b->addr) && a->port == b->port;
  return strcmp(a->path, b->path) == 0;
}

socklen_t endpoint_sockaddr(const struct endpoint *e, struct sockaddr_storage *out) {
  memset(out, 0, sizeof(*out));
  if (e->kind == ENDPOINT_UNIX) {
    struct sockaddr_un *un = (struct sockaddr_un *)out;
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, e->path, sizeof(un->sun_path));
    return sizeof(*un);
  }
  require(e->kind == ENDPOINT_TCP);
  if (addr_is_v4(&e->addr)) {
    struct sockaddr_in *in = (struct sockaddr_in *)out;
    in->sin_family = AF_INET;
    in->sin_port = htons(e->port);
    memcpy(&in->sin_addr, e->addr.bytes + 12, 4);
    return sizeof(*in);
  }
  struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
  in6->sin6_family = AF_INET6;
  in6->sin6_port = htons(e->port);
  memcpy(&in6->sin6_addr, e->addr.bytes, 16);
  return sizeof(*in6);
}

void endpoint_from_sockaddr(const struct sockaddr *from, struct addr *addr, uint16_t *port) {
  *addr = (struct addr){0};
  *port = 0;
  if (from->sa_family == AF_INET) {
    const struct sockaddr_in *in = (const struct sockaddr_in *)from;
    *addr = addr_from_v4((const uint8_t *)&in->sin_addr);
    *port = ntohs(in->sin_port);
  } else if (from->sa_family == AF_INET6) {
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;
    memcpy(addr->bytes, &in6->sin6_addr, 16);
    *port = ntohs(in6->sin6_port);
  }
}
