// SPDX-License-Identifier: Apache-2.0
#include "rules/base/addr.h"

#include "rules/base/err.h"
#include "rules/base/require.h"

#include <arpa/inet.h>
#include <stdio.h>

static const uint8_t V4_MAPPED[12] = {[10] = 0xff, [11] = 0xff};

bool addr_is_v4(const struct addr *a) {
  return memcmp(a->bytes, V4_MAPPED, 12) == 0;
}

struct addr addr_from_v4(const uint8_t four[4]) {
  struct addr a;
  memcpy(a.bytes, V4_MAPPED, 12);
  memcpy(a.bytes + 12, four, 4);
  return a;
}

int addr_parse(struct span text, struct addr *out) {
  char copy[ADDR_TEXT_MAX];
  if (text.len >= 2 && text.at[0] == '[' && text.at[text.len - 1] == ']') {
    text = span_from(text.at + 1, text.len - 2);
  }
  if (text.len == 0 || text.len >= sizeof(copy)) return ERR_SYNTAX;
  memcpy(copy, text.at, text.len);
  copy[text.len] = '\0';
  if (strlen(copy) != text.len) return ERR_SYNTAX;
  uint8_t four[4];
  if (inet_pton(AF_INET, copy, four) == 1) {
    *out = addr_from_v4(four);
    return OK;
  }
  return inet_pton(AF_INET6, copy, out->bytes) == 1 ? OK : ERR_SYNTAX;
}

/* inet_ntop prints IPv4 with printf; this is on the way of each request. */
static size_t format_v4(const uint8_t four[4], char *out) {
  char *at = out;
  for (int i = 0; i < 4; i++) {
    if (i) *at++ = '.';
    if (four[i] >= 100) *at++ = (char)('0' + four[i] / 100);
    if (four[i] >= 10) *at++ = (char)('0' + four[i] / 10 % 10);
    *at++ = (char)('0' + four[i] % 10);
  }
  *at = '\0';
  return (size_t)(at - out);
}

size_t addr_format(const struct addr *a, char out[ADDR_TEXT_MAX]) {
  if (addr_is_v4(a)) return format_v4(a->bytes + 12, out);
  require(inet_ntop(AF_INET6, a->bytes, out, ADDR_TEXT_MAX));
  return strlen(out);
}

static void clear_after(struct addr *a, unsigned bits) {
  for (unsigned byte = 0; byte < 16; byte++) {
    unsigned kept = bits >= byte * 8 + 8 ? 8 : bits > byte * 8 ? bits - byte * 8 : 0;
    a->bytes[byte] &= (uint8_t)(0xff00 >> kept);
  }
}

int prefix_parse(struct span text, struct prefix *out) {
  size_t slash = span_find(text, '/');
  int err = addr_parse(span_from(text.at, slash), &out->addr);
  if (err) return err;
  bool v4 = addr_is_v4(&out->addr) && memchr(text.at, ':', slash) == NULL;
  uint64_t bits = v4 ? 32 : 128;
  if (slash < text.len && span_to_u64(span_skip(text, slash + 1), &bits)) return ERR_SYNTAX;
  if (bits > (v4 ? 32 : 128)) return ERR_RANGE;
  out->bits = (uint8_t)(v4 ? bits + 96 : bits);
  struct addr masked = out->addr;
  clear_after(&masked, out->bits);
  return addr_eq(&masked, &out->addr) ? OK : ERR_RANGE;
}

size_t prefix_format(const struct prefix *p, char out[PREFIX_TEXT_MAX]) {
  size_t len = addr_format(&p->addr, out);
  bool v4 = addr_is_v4(&p->addr) && p->bits >= 96;
  if (p->bits == 128) return len;
  return len +
         (size_t)snprintf(out + len, PREFIX_TEXT_MAX - len, "/%u", v4 ? p->bits - 96u : p->bits);
}

struct prefix prefix_of(const struct addr *a, unsigned v4_bits, unsigned v6_bits) {
  struct prefix p = {.addr = *a, .bits = (uint8_t)(addr_is_v4(a) ? 96 + v4_bits : v6_bits)};
  clear_after(&p.addr, p.bits);
  return p;
}

bool prefix_holds(const struct prefix *p, const struct addr *a) {
  struct addr masked = *a;
  clear_after(&masked, p->bits);
  return addr_eq(&masked, &p->addr);
}
