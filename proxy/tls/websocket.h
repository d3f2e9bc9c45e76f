// SPDX-License-Identifier: Apache-2.0
/** The handshake of a WebSocket that we open towards an origin for a client that came over HTTP/2 (RFC 8441 §5): HTTP/2
 *  has no key, so the key is ours, and so is the check of the answer (RFC 6455 §4.1, §4.2.2). Pure. */
#ifndef PROXY_TLS_WEBSOCKET_H
#define PROXY_TLS_WEBSOCKET_H

#include "rules/base/span.h"

enum { WEBSOCKET_NONCE_BYTES = 16, WEBSOCKET_KEY_LEN = 24, WEBSOCKET_ACCEPT_LEN = 28 };

/** Sec-WebSocket-Key: base64 of 16 bytes. */
void websocket_key(const char nonce[WEBSOCKET_NONCE_BYTES], char out[WEBSOCKET_KEY_LEN + 1]);
/** The Sec-WebSocket-Accept that answers it. */
void websocket_accept(const char nonce[WEBSOCKET_NONCE_BYTES], char out[WEBSOCKET_ACCEPT_LEN + 1]);

#endif
