// SPDX-License-Identifier: Apache-2.0
/** What a request must be, whichever version it came in, before anything of it is believed: one host, one length,
 *  no field that means something else to the next reader. Judged once, here; HTTP/1's bytes are judged in h1.h
 *  before. Pure. */
#ifndef PROXY_HTTP_GATE_H
#define PROXY_HTTP_GATE_H

#include "proxy/http/message.h"

struct http_bounds {
  uint32_t head_bytes_max, header_count_max, url_bytes_max;
  uint32_t chunk_extension_bytes_max, trailer_bytes_max;
};

/** Takes the request's fields one by one into account and fills in `host`, `body`, `length`, `keep_alive`,
 *  `expects_continue`, `protocol`; marks fields that Connection names as HEADER_HOP. Copies into `a`. */
enum refusal gate_request(struct message *m, struct arena *a);

/** The same for an origin's answer to a request of this method (RFC 9112 §6.3). Any refusal is a 502. */
enum refusal gate_response(struct message *m, bool to_head, bool to_upgrade);

/** Splits a request target into path and query and, for the absolute form, authority. */
enum refusal gate_target(struct message *m, struct span target, const struct http_bounds *bounds);

/** Fields that may not stand in trailers (RFC 9110 §6.5.1). */
bool gate_trailer_allowed(const struct header *h);

#endif
