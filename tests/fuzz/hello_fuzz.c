// SPDX-License-Identifier: Apache-2.0
// room: rules/identity
/* Bytes of a stranger, as a handshake message and as TLS records: never a crash, and a fingerprint only of
 * what parses. */
#include "rules/base/buf.h"
#include "rules/base/err.h"
#include "rules/base/require.h"
#include "rules/identity/ja4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool inside(struct span part, struct span whole) {
  return part.len == 0 || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

static void check(struct span message) {
  static struct hello h;
  static char text[JA4_TEXT_SIZE], raw[JA4_RAW_SIZE];
  if (hello_parse(message, &h)) return;
  require(inside(h.random, message) && inside(h.ciphers, message) &&
          inside(h.server_name, message));
  require(inside(h.protocols, message) && inside(h.signatures, message));
  for (size_t i = 0; i < h.extension_count; i++) require(inside(h.extensions[i].body, message));
  ja4_print(&h, text);
  require(strlen(text) == JA4_TEXT_SIZE - 1);
  ja4_print_raw(&h, raw);
  require(strlen(raw) < JA4_RAW_SIZE && memcmp(raw, text, 11) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct buf scratch;
  buf_init(&scratch, HELLO_BYTES_MAX);
  struct span bytes = span_from(data, size), message;
  check(bytes);
  if (hello_unwrap(bytes, &scratch, &message) == OK) check(message);
  buf_fini(&scratch);
  return 0;
}
