// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/basic.h"

static int sextet(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* RFC 4648 §4; as PHP does it, without caring for the padding. False: another character, or no room. */
static bool decode(struct span text, char room[BASIC_BYTES_MAX], size_t *len) {
  unsigned held = 0, bits = 0;
  while (text.len && text.at[text.len - 1] == '=') text.len--;
  for (size_t i = 0; i < text.len; i++) {
    int six = sextet(text.at[i]);
    if (six < 0) return false;
    held = (held << 6 | (unsigned)six) & 0xfff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    if (*len == BASIC_BYTES_MAX) return false;
    room[(*len)++] = (char)(held >> bits);
  }
  return true;
}

bool basic_parse(struct span value, char room[BASIC_BYTES_MAX], struct span *user,
                 struct span *password) {
  size_t len = 0;
  struct span scheme = span_cut(&value, ' ');
  if (!span_eq_nocase(scheme, SPAN("basic"))) return false;
  if (!decode(span_trim(value), room, &len)) return false;
  struct span pair = span_from(room, len);
  size_t colon = span_find(pair, ':');
  if (colon == len) return false;
  *user = span_from(room, colon);
  *password = span_skip(pair, colon + 1);
  return true;
}
