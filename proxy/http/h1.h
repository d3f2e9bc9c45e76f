// SPDX-License-Identifier: Apache-2.0
/** HTTP/1.0 and 1.1 heads: found, judged byte by byte, split by llhttp, written. RFC 9112. llhttp 8.1 is lenient
 *  in places that later releases closed (a bare CR ends a line, CVE-2023-30589), so h1_scan judges the raw bytes
 *  before it. It also knows a closed list of methods, so the request line is read here. Pure; one thread. */
#ifndef PROXY_HTTP_H1_H
#define PROXY_HTTP_H1_H

#include "proxy/http/gate.h"
#include "rules/base/buf.h"

/** How far the search for the end of a head went. Begins all zero. */
struct h1_scan {
  uint32_t at;      /* bytes judged */
  uint32_t lines;   /* that ended */
  uint32_t skipped; /* empty lines before a request: one is forgiven (RFC 9112 §2.2) */
  bool after_cr, line_empty;
};

enum h1_found { H1_MORE, H1_HEAD, H1_REFUSED };

/** Looks at what came since the last call. H1_HEAD: the head is in[skipped, at). H1_REFUSED: `*why`. */
enum h1_found h1_scan(struct h1_scan *s, struct span in, uint32_t bytes_max, enum refusal *why);

/** Parses a whole head, its empty line included, into `m`; spans borrow `head`, arrays are in `a`. */
enum refusal h1_request(struct span head, struct message *m, struct arena *a,
                        const struct http_bounds *bounds);
enum refusal h1_response(struct span head, struct message *m, struct arena *a,
                         const struct http_bounds *bounds, bool to_head, bool to_upgrade);
/** Trailer lines with their closing empty line, into m->headers; forbidden ones are left out. */
enum refusal h1_trailers(struct span lines, struct message *m, struct arena *a,
                         const struct http_bounds *bounds);

/** "HTTP/1.1 200 OK\r\n". The reason is ours: the origin's is not passed on. */
bool h1_put_status(struct buf *b, int status);
bool h1_put_header(struct buf *b, struct span name, struct span value);
/** The size line of a chunk; its data and CRLF follow. */
bool h1_put_chunk_size(struct buf *b, size_t len);

/** RFC 9110 §15 reason phrase; "" for an unknown status. */
const char *h1_reason(int status);

#endif
