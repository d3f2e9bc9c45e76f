// SPDX-License-Identifier: Apache-2.0
/** Heads written anew: nothing that one side sent reaches the other raw. Pure but for the buffers. */
#ifndef PROXY_FLOW_REWRITE_H
#define PROXY_FLOW_REWRITE_H

#include "proxy/flow/origin.h"

/** The request of `x` for an origin, as HTTP/1.1. False: `out` is full. */
bool rewrite_request(struct buf *out, const struct exchange *x, const struct origin *o);

/** How the body goes to the origin. */
bool rewrite_sends_chunks(const struct message *request);

/** A response's head for an HTTP/1 client. `keep`: the connection lives on. `chunked`: the body goes in chunks. */
bool rewrite_response(struct buf *out, const struct message *m, bool client_is_1_0, bool keep,
                      bool chunked);

#endif
