// SPDX-License-Identifier: Apache-2.0
/** Why a message was refused, one row each: status for the visitor, and the words for the log.
 *  The visitor sees the status and a reference only. */
#ifndef PROXY_HTTP_REFUSAL_H
#define PROXY_HTTP_REFUSAL_H

/* clang-format off */
#define REFUSAL_TABLE(X)                                                                                              \
  X(NONE,                 0, "")                                                                                      \
  X(BARE_LF,            400, "a line ends without CR (RFC 9112 §2.2)")                                                \
  X(BARE_CR,            400, "CR without LF (RFC 9112 §2.2)")                                                         \
  X(CONTROL_BYTE,       400, "a control byte in the head (RFC 9110 §5.5)")                                            \
  X(REQUEST_LINE,       400, "the request line is not METHOD SP target SP HTTP/1.x (RFC 9112 §3)")                    \
  X(METHOD,             400, "the method is no token (RFC 9110 §9.1)")                                                \
  X(VERSION,            505, "an HTTP version that is not spoken here (RFC 9112 §2.3)")                               \
  X(TARGET,             400, "the target is no origin-form, nor an absolute http URL (RFC 9112 §3.2)")                \
  X(TARGET_BYTE,        400, "a byte that a request target may not hold (RFC 3986 §2)")                               \
  X(TARGET_LONG,        414, "the target is longer than url_bytes_max")                                               \
  X(HEAD_LONG,          431, "the head is longer than head_bytes_max")                                                \
  X(HEADERS_MANY,       431, "more header fields than header_count_max")                                              \
  X(OBS_FOLD,           400, "a folded header line (RFC 9112 §5.2)")                                                  \
  X(HEADER_NAME,        400, "a header name is no token, or blank stands before its colon (RFC 9112 §5.1)")           \
  X(HEADER_VALUE,       400, "a header value holds what it may not (RFC 9110 §5.5)")                                  \
  X(HOST_MISSING,       400, "no Host (RFC 9112 §3.2)")                                                               \
  X(HOST_BAD,           400, "Host is no host and port (RFC 9110 §7.2)")                                              \
  X(HOST_TWICE,         400, "more than one Host (RFC 9112 §3.2)")                                                    \
  X(HOST_DISAGREES,     400, "Host and the target's authority disagree (RFC 9112 §3.2.2)")                            \
  X(HOST_UNKNOWN,       421, "no site of this name is served here (RFC 9110 §15.5.20)")                               \
  X(LENGTH_BAD,         400, "Content-Length is no number (RFC 9110 §8.6)")                                           \
  X(LENGTH_TWICE,       400, "more than one Content-Length (RFC 9112 §6.3)")                                          \
  X(LENGTH_AND_CODING,  400, "Content-Length and Transfer-Encoding (RFC 9112 §6.3)")                                  \
  X(LENGTH_DISAGREES,   400, "the body is not as long as Content-Length says (RFC 9113 §8.1.1)")                      \
  X(CODING_BAD,         400, "a Transfer-Encoding that is not one final chunked (RFC 9112 §6.1)")                     \
  X(CODING_IN_1_0,      400, "Transfer-Encoding in HTTP/1.0 (RFC 9112 §6.1)")                                         \
  X(CHUNK_BAD,          400, "a chunk is malformed (RFC 9112 §7.1)")                                                  \
  X(CHUNK_EXTENSION,    400, "chunk extensions longer than chunk_extension_bytes_max")                                \
  X(TRAILER_BAD,        400, "trailers that are malformed or frame the message (RFC 9110 §6.5.1)")                    \
  X(CONNECTION_NAMES,   400, "Connection names a field that it may not take away (RFC 9110 §7.6.1)")                  \
  X(UPGRADE_BAD,        400, "an Upgrade that is not a WebSocket handshake (RFC 6455 §4.1)")                          \
  X(EXPECT_UNKNOWN,     417, "an Expect that is not 100-continue (RFC 9110 §10.1.1)")                                 \
  X(CONNECT_HERE,       405, "CONNECT: this is no forward proxy")                                                     \
  X(TRACE_HERE,         405, "TRACE would show the visitor's cookies to scripts (RFC 9110 §9.3.8)")                   \
  X(PSEUDO_BAD,         400, "pseudo-header fields that RFC 9113 §8.3 forbids")                                       \
  X(SLOW_HEAD,          408, "the head did not come within request_head")                                             \
  X(SLOW_BODY,          408, "the body came slower than allowed")                                                     \
  X(OVER_HTTP,          400, "an HTTP request on a TLS port")
/* clang-format on */

enum refusal {
#define X(id, status, text) REFUSED_##id,
  REFUSAL_TABLE(X)
#undef X
};

int refusal_status(enum refusal r);
/** Static text, for the log. */
const char *refusal_text(enum refusal r);

#endif
