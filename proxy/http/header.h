// SPDX-License-Identifier: Apache-2.0
/** The header fields that the proxy itself knows, one row each: name and what is special about it.
 *  All others pass as they are. Pure. */
#ifndef PROXY_HTTP_HEADER_H
#define PROXY_HTTP_HEADER_H

#include "rules/base/span.h"

enum {
  HEADER_HOP = 1, /* belongs to one connection (RFC 9110 §7.6.1): never copied to the other side */
  HEADER_OURS = 2,  /* set anew for the origin: what the client sent under this name is dropped */
  HEADER_GUARD = 4, /* a Connection header that names it changes what the message means: refused */
  HEADER_ONCE = 8,  /* more than one is ambiguous: refused in a request */
};

/* clang-format off */
/* Sorted by length, then as listed: header_find looks at one length only. */
#define HEADER_TABLE(X)                                                            \
  X(TE,                   "te",                       HEADER_HOP)                  \
  X(VIA,                  "via",                      0)                           \
  X(HOST,                 "host",                     HEADER_GUARD | HEADER_ONCE)  \
  X(DATE,                 "date",                     0)                           \
  X(COOKIE,               "cookie",                   HEADER_GUARD)                \
  X(EXPECT,               "expect",                   HEADER_HOP | HEADER_GUARD)   \
  X(SERVER,               "server",                   0)                           \
  X(UPGRADE,              "upgrade",                  HEADER_HOP)                  \
  X(TRAILER,              "trailer",                  HEADER_GUARD)                \
  X(REFERER,              "referer",                  0)                           \
  X(LOCATION,             "location",                 0)                           \
  X(FORWARDED,            "forwarded",                HEADER_OURS | HEADER_GUARD)  \
  X(CONNECTION,           "connection",               HEADER_HOP)                  \
  X(KEEP_ALIVE,           "keep-alive",               HEADER_HOP)                  \
  X(SET_COOKIE,           "set-cookie",               0)                           \
  X(USER_AGENT,           "user-agent",               0)                           \
  X(X_REQUEST_ID,         "x-request-id",             HEADER_OURS | HEADER_GUARD)  \
  X(CONTENT_TYPE,         "content-type",             HEADER_GUARD)                \
  X(AUTHORIZATION,        "authorization",            HEADER_GUARD)                \
  X(X_QORGAN_TIER,        "x-qorgan-tier",            HEADER_OURS | HEADER_GUARD)  \
  X(CONTENT_LENGTH,       "content-length",           HEADER_HOP | HEADER_GUARD)   \
  X(HTTP2_SETTINGS,       "http2-settings",           HEADER_HOP)                  \
  X(X_QORGAN_SCORE,       "x-qorgan-score",           HEADER_OURS | HEADER_GUARD)  \
  X(ACCEPT_LANGUAGE,      "accept-language",          0)                           \
  X(X_FORWARDED_FOR,      "x-forwarded-for",          HEADER_OURS | HEADER_GUARD)  \
  X(PROXY_CONNECTION,     "proxy-connection",         HEADER_HOP)                  \
  X(X_QORGAN_VERDICT,     "x-qorgan-verdict",         HEADER_OURS | HEADER_GUARD)  \
  X(X_QORGAN_REASONS,     "x-qorgan-reasons",         HEADER_OURS | HEADER_GUARD)  \
  X(X_FORWARDED_HOST,     "x-forwarded-host",         HEADER_OURS | HEADER_GUARD)  \
  X(SEC_WEBSOCKET_KEY,    "sec-websocket-key",        0)                           \
  X(TRANSFER_ENCODING,    "transfer-encoding",        HEADER_HOP | HEADER_GUARD)   \
  X(X_FORWARDED_PROTO,    "x-forwarded-proto",        HEADER_OURS | HEADER_GUARD)  \
  X(PROXY_AUTHORIZATION,  "proxy-authorization",      HEADER_HOP)                  \
  X(SEC_WEBSOCKET_ACCEPT, "sec-websocket-accept",     0)                           \
  X(EXPOSED_CREDENTIAL,   "exposed-credential-check", HEADER_OURS | HEADER_GUARD)
/* clang-format on */

enum header_id {
  HEADER_OTHER,
#define X(id, name, flags) HEADER_##id,
  HEADER_TABLE(X)
#undef X
};

struct header {
  struct span name, value; /* as received: HTTP/1 names keep their case */
  uint8_t id, flags;       /* enum header_id and its row's flags */
};

/** Fills in `id` and `flags` from `name`. */
void header_identify(struct header *h);

/** RFC 9110 §5.6.2: a name is a token, not empty. */
bool header_is_token(struct span name);
/** No CR, LF, NUL or other control but the tab; no blanks at the ends (RFC 9113 §8.2.1, RFC 9110 §5.5). */
bool header_is_value(struct span value);

/** Takes the next element of a comma-separated list off the front of `*rest`, trimmed, perhaps empty. */
struct span header_element(struct span *rest);

#endif
