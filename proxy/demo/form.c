// SPDX-License-Identifier: Apache-2.0
#include "proxy/demo/form.h"

static int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = ascii_lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/** Takes one byte, encoded or not, off the front of `*rest`. */
static char take(struct span *rest) {
  char c = rest->at[0];
  if (c == '%' && rest->len >= 3 && hex(rest->at[1]) >= 0 && hex(rest->at[2]) >= 0) {
    c = (char)(hex(rest->at[1]) << 4 | hex(rest->at[2]));
    *rest = span_skip(*rest, 3);
    return c;
  }
  *rest = span_skip(*rest, 1);
  return c == '+' ? ' ' : c;
}

static bool continues(char c) {
  return ((unsigned char)c & 0xC0) == 0x80;
}

static struct span decode(struct span text, char *out, size_t room) {
  size_t len = 0;
  char next = 0;
  while (text.len) {
    next = take(&text);
    if (len + 1 >= room) break;
    if (next) out[len++] = next;
    next = 0;
  }
  if (continues(next)) {
    while (len && continues(out[len - 1])) len--;
    if (len) len--;
  }
  out[len] = 0;
  return span_from(out, len);
}

struct span form_field(struct span form, struct span name, char *out, size_t room) {
  while (form.len) {
    struct span value = span_cut(&form, '&');
    struct span key = span_cut(&value, '=');
    if (span_eq(key, name)) return decode(value, out, room);
  }
  out[0] = 0;
  return span_from(out, 0);
}

struct span form_cookie(struct span cookies, struct span name) {
  while (cookies.len) {
    struct span value = span_trim(span_cut(&cookies, ';'));
    if (span_eq(span_cut(&value, '='), name)) return value;
  }
  return span_from("", 0);
}
