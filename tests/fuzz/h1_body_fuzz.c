// SPDX-License-Identifier: Apache-2.0
// room: proxy/http
/* A body cut in two ways must be the same body. Input: kind, length, size of the pieces, then what the peer sent. */
#include "proxy/http/body.h"

#include "rules/base/buf.h"
#include "rules/base/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 3, BYTES_MAX = 1 << 20 };

/* What came of it: the body's bytes, the trailers, and how it ended. */
struct read {
  struct buf body, trailers;
  enum body_event end;
  enum refusal why;
  size_t left;
};

static struct read read_all(const uint8_t head[HEAD], struct span in, size_t piece_max) {
  struct body_reader b;
  struct read r = {.end = BODY_MORE};
  buf_init(&r.body, BYTES_MAX);
  buf_init(&r.trailers, BYTES_MAX);
  body_init(&b, (enum body_kind)(head[0] % (BODY_TUNNEL + 1)), head[1], 16, 64);
  while (r.end == BODY_MORE) {
    struct span piece = span_from(in.at, in.len < piece_max ? in.len : piece_max), data;
    size_t given = piece.len;
    enum body_event event;
    do {
      size_t before = piece.len;
      event = body_next(&b, &piece, &data);
      require(piece.len <= before);
      if (event == BODY_DATA) {
        require(data.len > 0);
        buf_put(&r.body, data);
      }
      if (event == BODY_TRAILER) buf_put(&r.trailers, data);
    } while (event == BODY_DATA || event == BODY_TRAILER);
    in = span_skip(in, given - piece.len);
    r.end = event;
    if (event == BODY_MORE) require(piece.len == 0);
    if (in.len == 0) break;
  }
  r.why = b.refusal;
  r.left = in.len;
  return r;
}

static void read_fini(struct read *r) {
  buf_fini(&r->body);
  buf_fini(&r->trailers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size <= HEAD || size > BYTES_MAX) return 0;
  struct span in = span_from(data + HEAD, size - HEAD);
  struct read whole = read_all(data, in, in.len), pieces = read_all(data, in, 1 + data[2] % 32);
  require(whole.end == pieces.end && whole.why == pieces.why);
  if (whole.end != BODY_REFUSED) {
    require(span_eq(buf_span(&whole.body), buf_span(&pieces.body)));
    require(span_eq(buf_span(&whole.trailers), buf_span(&pieces.trailers)));
    require(whole.left == pieces.left);
  }
  require(buf_len(&whole.trailers) <= 64 + 2);
  read_fini(&whole);
  read_fini(&pieces);
  return 0;
}
