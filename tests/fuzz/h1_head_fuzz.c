// SPDX-License-Identifier: Apache-2.0
// room: proxy/http
/* Any bytes as a head: refused, or a message in which nothing is left that another reader could take for something
 * else. Input: what it is to be, size of the pieces, then what the peer sent. */
#include "proxy/http/h1.h"

#include "rules/base/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 2, BYTES_MAX = 4096 };

static const struct http_bounds BOUNDS = {.head_bytes_max = BYTES_MAX,
                                          .header_count_max = 32,
                                          .url_bytes_max = 512,
                                          .chunk_extension_bytes_max = 64,
                                          .trailer_bytes_max = 1024};

/* The end of the head must not depend on how it came. */
static enum h1_found scan_both_ways(struct span in, size_t piece, struct h1_scan *scan) {
  struct h1_scan slow = {0};
  enum refusal why = REFUSED_NONE, slow_why = REFUSED_NONE;
  enum h1_found found = h1_scan(scan, in, BYTES_MAX, &why), slow_found = H1_MORE;
  for (size_t len = 0; len < in.len && slow_found == H1_MORE;) {
    len = len + piece < in.len ? len + piece : in.len;
    slow_found = h1_scan(&slow, span_from(in.at, len), BYTES_MAX, &slow_why);
  }
  if (in.len == 0) return found;
  require(found == slow_found && why == slow_why);
  require(found != H1_HEAD || (slow.at == scan->at && slow.skipped == scan->skipped));
  return found;
}

static void check_fields(const struct message *m) {
  for (unsigned i = 0; i < m->header_count; i++) {
    require(header_is_token(m->headers[i].name) && header_is_value(m->headers[i].value));
  }
}

static unsigned count_of(const struct message *m, enum header_id id) {
  unsigned count = 0;
  for (unsigned i = 0; i < m->header_count; i++) count += m->headers[i].id == id;
  return count;
}

static void check_request(const struct message *m) {
  check_fields(m);
  require(header_is_token(m->method) && m->path.len > 0);
  require(m->path.at[0] == '/' || span_eq(m->path, SPAN("*")));
  require(m->query.len == 0 || m->query.at[0] == '?');
  require(m->minor == 0 || m->host.len > 0);
  require(count_of(m, HEADER_HOST) <= 1 && count_of(m, HEADER_CONTENT_LENGTH) <= 1);
  require(m->body != BODY_CHUNKED || (count_of(m, HEADER_CONTENT_LENGTH) == 0 &&
                                      count_of(m, HEADER_TRANSFER_ENCODING) == 1 && m->minor == 1));
  require(m->body == BODY_CHUNKED || count_of(m, HEADER_TRANSFER_ENCODING) == 0);
  require(m->body != BODY_LENGTH || m->length > 0);
}

/* What was taken, written anew as the flow writes it, is taken again and is the same. */
static void check_again(const struct message *m, struct arena *a) {
  struct buf out;
  struct message again = {0};
  struct h1_scan scan = {0};
  enum refusal why = REFUSED_NONE;
  buf_init(&out, 4 * BYTES_MAX);
  buf_put(&out, m->method);
  buf_put_byte(&out, ' ');
  buf_put(&out, m->path);
  buf_put(&out, m->query);
  buf_put_text(&out, m->minor ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
  for (unsigned i = 0; i < m->header_count; i++) {
    h1_put_header(&out, m->headers[i].name, m->headers[i].value);
  }
  buf_put(&out, SPAN("\r\n"));
  require(h1_scan(&scan, buf_span(&out), 4 * BYTES_MAX, &why) == H1_HEAD);
  require(scan.at == buf_len(&out) && scan.skipped == 0);
  require(m->path.len == 0 || h1_request(buf_span(&out), &again, a, &BOUNDS) == REFUSED_NONE);
  require(again.header_count == m->header_count && again.body == m->body &&
          again.length == m->length && span_eq(again.path, m->path) &&
          span_eq(again.query, m->query));
  buf_fini(&out);
}

static void parse(struct span head, unsigned kind) {
  char first[2048];
  struct arena a;
  struct message m = {0};
  arena_init(&a, first, sizeof(first), 1 << 20);
  if (kind == 0) {
    if (h1_request(head, &m, &a, &BOUNDS) == REFUSED_NONE) {
      check_request(&m);
      /* An absolute URL may have brought the host without a field: 1.0 only; then there is nothing to repeat. */
      check_again(&m, &a);
    }
  } else if (h1_response(head, &m, &a, &BOUNDS, kind & 1, kind & 2) == REFUSED_NONE) {
    check_fields(&m);
    require(m.status >= 100 && m.status <= 599);
    require(m.body != BODY_TUNNEL || m.status == 101);
  }
  arena_fini(&a);
}

static void parse_trailers(struct span lines) {
  char first[2048];
  struct arena a;
  struct message m = {0};
  arena_init(&a, first, sizeof(first), 1 << 20);
  if (h1_trailers(lines, &m, &a, &BOUNDS) == REFUSED_NONE) {
    check_fields(&m);
    for (unsigned i = 0; i < m.header_count; i++) require(gate_trailer_allowed(&m.headers[i]));
  }
  arena_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < HEAD) return 0;
  struct span in = span_from(data + HEAD, size - HEAD);
  unsigned kind = data[0] % 5;
  struct h1_scan scan = {0};
  if (kind == 4) {
    parse_trailers(in);
    return 0;
  }
  if (scan_both_ways(in, 1 + data[1] % 64, &scan) != H1_HEAD) return 0;
  require(scan.at <= in.len && scan.at <= BYTES_MAX && scan.skipped < scan.at);
  parse(span_from(in.at + scan.skipped, scan.at - scan.skipped), kind);
  return 0;
}
