// SPDX-License-Identifier: Apache-2.0
#include "rules/identity/ja4.h"

#include "rules/base/sha256.h"

#include <assert.h>
#include <stdio.h>

enum {
  HEAD_SIZE = 11, /* "t13d1516h2" and a NUL */
  HASH_DIGITS = 12,
  VALUE_CHARS = 5, /* "c02b," */
  COUNT_MAX = 99,
  EXTENSION_SERVER_NAME = 0,
  EXTENSION_ALPN = 16,
};

static const struct {
  uint16_t version;
  char text[3];
} VERSIONS[] = {
    {0x0304, "13"}, {0x0303, "12"}, {0x0302, "11"}, {0x0301, "10"}, {0x0300, "s3"},
    {0x0002, "s2"}, {0xfeff, "d1"}, {0xfefd, "d2"}, {0xfefc, "d3"},
};

/* The highest of supported_versions, which may be none of them when all are GREASE; else the message's own. */
static const char *version_text(const struct hello *h) {
  uint16_t highest = h->has_versions ? 0 : h->version;
  for (size_t i = 0; i < hello_count(h->versions); i++) {
    uint16_t version = hello_at(h->versions, i);
    if (!hello_is_grease(version) && version > highest) highest = version;
  }
  for (size_t i = 0; i < sizeof(VERSIONS) / sizeof(VERSIONS[0]); i++) {
    if (VERSIONS[i].version == highest) return VERSIONS[i].text;
  }
  return "00";
}

static bool is_alphanumeric(uint8_t c) {
  uint8_t lower = c | 0x20;
  return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z');
}

/* Of a name with other than letters and digits at its ends: the first and last digit of its bytes in hex. */
static void alpn_text(const struct hello *h, char out[2]) {
  static const char HEX[] = "0123456789abcdef";
  struct span rest = h->protocols;
  struct span name = hello_protocol(&rest);
  uint8_t first = name.len ? (uint8_t)name.at[0] : '0';
  uint8_t last = name.len ? (uint8_t)name.at[name.len - 1] : '0';
  bool plain = is_alphanumeric(first) && is_alphanumeric(last);
  out[0] = plain ? (char)first : HEX[first >> 4];
  out[1] = plain ? (char)last : HEX[last & 0xf];
}

static size_t count_without_grease(const struct hello *h, bool extensions) {
  size_t count = 0, all = extensions ? h->extension_count : hello_count(h->ciphers);
  for (size_t i = 0; i < all; i++) {
    uint16_t value = extensions ? h->extensions[i].type : hello_at(h->ciphers, i);
    count += !hello_is_grease(value);
  }
  return count < COUNT_MAX ? count : COUNT_MAX;
}

static void head(const struct hello *h, char out[HEAD_SIZE]) {
  char alpn[2];
  alpn_text(h, alpn);
  snprintf(out, HEAD_SIZE, "t%s%c%02u%02u%c%c", version_text(h), h->has_server_name ? 'd' : 'i',
           (unsigned)count_without_grease(h, false), (unsigned)count_without_grease(h, true),
           alpn[0], alpn[1]);
}

/* Hellos list a few dozen values: the place is searched, and the larger ones move up together. */
static void insert_sorted(uint16_t *values, size_t count, uint16_t value) {
  size_t low = 0, high = count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (values[middle] < value)
      low = middle + 1;
    else
      high = middle;
  }
  memmove(values + low + 1, values + low, (count - low) * sizeof(*values));
  values[low] = value;
}

/* Answers where the text ends. */
static char *put_value(char *at, uint16_t value, bool first) {
  static const char HEX[] = "0123456789abcdef";
  if (!first) *at++ = ',';
  for (int shift = 12; shift >= 0; shift -= 4) *at++ = HEX[value >> shift & 0xf];
  return at;
}

static char *put_values(char *at, const uint16_t *values, size_t count) {
  for (size_t i = 0; i < count; i++) at = put_value(at, values[i], i == 0);
  *at = '\0';
  return at;
}

static char *put_ciphers(char *at, const struct hello *h) {
  uint16_t sorted[HELLO_CIPHERS_MAX];
  size_t count = 0;
  for (size_t i = 0; i < hello_count(h->ciphers); i++) {
    uint16_t cipher = hello_at(h->ciphers, i);
    if (!hello_is_grease(cipher)) insert_sorted(sorted, count++, cipher);
  }
  return put_values(at, sorted, count);
}

static char *put_extensions(char *at, const struct hello *h) {
  uint16_t sorted[HELLO_EXTENSIONS_MAX];
  size_t count = 0;
  for (size_t i = 0; i < h->extension_count; i++) {
    uint16_t type = h->extensions[i].type;
    bool in_head = type == EXTENSION_SERVER_NAME || type == EXTENSION_ALPN;
    if (!in_head && !hello_is_grease(type)) insert_sorted(sorted, count++, type);
  }
  return put_values(at, sorted, count);
}

static char *put_signatures(char *at, const struct hello *h) {
  uint16_t kept[HELLO_SIGNATURES_MAX];
  size_t count = 0;
  for (size_t i = 0; i < hello_count(h->signatures); i++) {
    uint16_t algorithm = hello_at(h->signatures, i);
    if (!hello_is_grease(algorithm)) kept[count++] = algorithm;
  }
  if (count == 0) return at;
  *at++ = '_';
  return put_values(at, kept, count);
}

static void hash(const char *list, const char *end, char out[HASH_DIGITS + 1]) {
  if (end == list)
    memcpy(out, "000000000000", HASH_DIGITS + 1);
  else
    sha256_hex(span_from(list, (size_t)(end - list)), out, HASH_DIGITS);
}

void ja4_print(const struct hello *h, char out[JA4_TEXT_SIZE]) {
  char list[VALUE_CHARS * HELLO_CIPHERS_MAX + 1];
  static_assert(sizeof(list) > VALUE_CHARS * (HELLO_EXTENSIONS_MAX + HELLO_SIGNATURES_MAX) + 1,
                "the longer of the two lists fits");
  head(h, out);
  out[10] = out[23] = '_';
  char text[HASH_DIGITS + 1];
  hash(list, put_ciphers(list, h), text);
  memcpy(out + 11, text, HASH_DIGITS);
  char *end = put_extensions(list, h);
  if (end != list) end = put_signatures(end, h);
  hash(list, end, out + 24);
}

void ja4_print_raw(const struct hello *h, char out[JA4_RAW_SIZE]) {
  head(h, out);
  char *at = out + 10;
  *at++ = '_';
  at = put_ciphers(at, h);
  *at++ = '_';
  put_signatures(put_extensions(at, h), h);
}
