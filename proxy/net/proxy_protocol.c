// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/proxy_protocol.h"

#include "rules/base/err.h"

enum { V1_MAX = 107, V2_FIXED = 16 };

static const struct span V2_SIGNATURE = {"\r\n\r\n\0\r\nQUIT\n", 12};

static bool could_start(struct span in, struct span with) {
  size_t len = in.len < with.len ? in.len : with.len;
  return memcmp(in.at, with.at, len) == 0;
}

static int parse_port(struct span text, uint16_t *out) {
  uint64_t port;
  if (span_to_u64(text, &port) || port > 65535) return ERR_SYNTAX;
  if (text.len > 1 && text.at[0] == '0') return ERR_SYNTAX;
  *out = (uint16_t)port;
  return OK;
}

/* "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443": every field is there, one space between, nothing behind. */
static int parse_v1_line(struct span line, struct proxy_header *out) {
  struct span rest = span_skip(line, 6);
  struct span family = span_cut(&rest, ' ');
  if (span_eq(family, SPAN("UNKNOWN"))) {
    out->local = true;
    return OK;
  }
  bool v4 = span_eq(family, SPAN("TCP4"));
  if (!v4 && !span_eq(family, SPAN("TCP6"))) return ERR_SYNTAX;
  struct span from = span_cut(&rest, ' '), to = span_cut(&rest, ' ');
  struct span from_port = span_cut(&rest, ' '), to_port = rest;
  struct addr destination;
  uint16_t destination_port;
  if (addr_parse(from, &out->from) || addr_parse(to, &destination)) return ERR_SYNTAX;
  if ((span_find(from, ':') == from.len) != v4) return ERR_SYNTAX;
  if (parse_port(from_port, &out->port) || parse_port(to_port, &destination_port))
    return ERR_SYNTAX;
  return OK;
}

static long parse_v1(struct span in, struct proxy_header *out) {
  size_t end = 0;
  size_t most = in.len < V1_MAX ? in.len : V1_MAX;
  while (end + 1 < most && !(in.at[end] == '\r' && in.at[end + 1] == '\n')) end++;
  if (end + 1 >= most) return most == V1_MAX ? ERR_SYNTAX : ERR_AGAIN;
  int err = parse_v1_line(span_from(in.at, end), out);
  return err ? err : (long)end + 2;
}

static unsigned be16(const unsigned char *at) {
  return (unsigned)at[0] << 8 | at[1];
}

static long parse_v2(struct span in, struct proxy_header *out) {
  if (in.len < V2_FIXED) return ERR_AGAIN;
  const unsigned char *at = (const unsigned char *)in.at;
  unsigned len = be16(at + 14), version = at[12] >> 4, command = at[12] & 15, family = at[13] >> 4;
  if (version != 2 || command > 1) return ERR_SYNTAX;
  if (len > PROXY_HEADER_MAX - V2_FIXED) return ERR_SYNTAX;
  if (in.len < V2_FIXED + len) return ERR_AGAIN;
  const unsigned char *body = at + V2_FIXED;
  if (command == 0 || family == 0 || family == 3) {
    out->local = true;
  } else if (family == 1 && len >= 12) {
    out->from = addr_from_v4(body);
    out->port = (uint16_t)be16(body + 8);
  } else if (family == 2 && len >= 36) {
    memcpy(out->from.bytes, body, 16);
    out->port = (uint16_t)be16(body + 32);
  } else {
    return ERR_SYNTAX;
  }
  return (long)(V2_FIXED + len);
}

long proxy_header_parse(struct span in, struct proxy_header *out) {
  *out = (struct proxy_header){0};
  if (in.len == 0) return ERR_AGAIN;
  if (could_start(in, V2_SIGNATURE)) return in.len < 12 ? ERR_AGAIN : parse_v2(in, out);
  if (could_start(in, SPAN("PROXY "))) return in.len < 6 ? ERR_AGAIN : parse_v1(in, out);
  return ERR_SYNTAX;
}
