// SPDX-License-Identifier: Apache-2.0
// room: proxy/net
/* A PROXY header from any bytes, in any pieces: whole or not yet whole or none, and the same whichever way it came. */
#include "proxy/net/proxy_protocol.h"

#include "rules/base/err.h"
#include "rules/base/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is not whole yet must not become malformed by waiting, nor be taken before its last byte. */
static void check_pieces(struct span in, long whole, const struct proxy_header *expected) {
  struct proxy_header h;
  for (long len = 0; len < whole; len++) {
    require(proxy_header_parse(span_from(in.at, (size_t)len), &h) == ERR_AGAIN);
  }
  require(proxy_header_parse(span_from(in.at, (size_t)whole), &h) == whole);
  require(h.local == expected->local && h.port == expected->port &&
          addr_eq(&h.from, &expected->from));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct proxy_header h;
  struct span in = span_from(data, size);
  long took = proxy_header_parse(in, &h);
  if (took < 0) {
    require(took == ERR_AGAIN || took == ERR_SYNTAX);
    require(took == ERR_SYNTAX || size < PROXY_HEADER_MAX);
    return 0;
  }
  require(took >= 15 && took <= PROXY_HEADER_MAX && (size_t)took <= size);
  check_pieces(in, took, &h);
  return 0;
}
