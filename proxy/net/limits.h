// SPDX-License-Identifier: Apache-2.0
/** Every bound of the program, one row each: name, default, least, most, unit, and what happens there.
 *  The configuration's `limits:` and `timeouts:` keys, `qorgan check --defaults` and the manual are made from these
 *  tables. Timeouts are milliseconds. */
#ifndef PROXY_NET_LIMITS_H
#define PROXY_NET_LIMITS_H

#include <stdint.h>

/* clang-format off */
#define LIMIT_TABLE(X)                                                                                                \
  X(connections_max,            20000, 1, 1000000, "connections", "client connections per worker; past it the listener waits") \
  X(connections_per_client_max,   512, 1,  100000, "connections", "per worker and address (IPv6: /64); past it closed at accept") \
  X(head_bytes_max,             32768, 1024, 1048576, "bytes", "request line and headers; past it 431")               \
  X(header_count_max,             128, 8,    1000, "headers", "header fields of one request; past it 431")            \
  X(url_bytes_max,               8192, 256, 65536, "bytes", "request target; past it 414")                            \
  X(chunk_extension_bytes_max,    256, 0,   16384, "bytes", "extensions of one chunk; past it 400")                   \
  X(trailer_bytes_max,           8192, 0,   65536, "bytes", "trailers of one message; past it 400")                   \
  X(requests_per_connection_max, 100000, 1, 1000000000, "requests", "then the connection is closed gracefully")      \
  X(streams_max,                  100, 1,    1000, "streams", "concurrent HTTP/2 streams of one connection; past it GOAWAY (RFC 9113 §5.1.2)") \
  X(stream_window_bytes,       131072, 65535, 16777216, "bytes", "HTTP/2 receive window of one stream: upload bytes held for the origin") \
  X(connection_window_bytes,  1048576, 65535, 67108864, "bytes", "HTTP/2 receive window of one connection")           \
  X(resets_burst,                 100, 1,   10000, "resets", "streams that a client may reset, or make us reset, at once; past it GOAWAY") \
  X(resets_per_second,             10, 1,    1000, "resets/s", "and how fast that allowance returns")                 \
  X(control_frames_burst,        2000, 10, 100000, "frames", "PING, SETTINGS, empty and unknown frames at once; past it GOAWAY") \
  X(control_frames_per_second,    100, 1,   10000, "frames/s", "and how fast that allowance returns")                 \
  X(response_buffer_bytes_max,  65536, 16384, 1048576, "bytes", "response held for one slow reader; past it the origin waits") \
  X(inspect_bytes_max,          65536, 1024, 1048576, "bytes", "body of a login kept for inspection, never more than stream_window_bytes; past it unread") \
  X(journal_refusals_burst,      1000, 0,  100000, "events", "refused requests written to the journal at once; past it only counted") \
  X(journal_refusals_per_second,   50, 0,   10000, "events/s", "and how fast that allowance returns, per worker")      \
  X(origin_connections_max,      1024, 1,   65536, "connections", "to one origin per worker; past it requests wait")  \
  X(origin_idle_max,             1024, 0,   65536, "connections", "kept open to one origin per worker; past it closed") \
  X(origin_waiting_max,          1024, 0,   65536, "requests", "waiting for an origin connection per worker; past it 503") \
  X(origin_head_bytes_max,      65536, 1024, 1048576, "bytes", "response line and headers of the origin; past it 502") \
  X(log_queue_bytes_max,      4194304, 65536, 1073741824, "bytes", "access log waiting for the disk per worker; past it lines are dropped and counted") \
  X(slow_body_bytes_per_second,   256, 0, 1000000, "bytes/s", "least rate of an upload after a grace of one `request_body`; below it 408") \
  X(slow_reader_bytes_per_second, 256, 0, 1000000, "bytes/s", "least rate of a download after a grace of one `response_write`; below it cut")

#define TIMEOUT_TABLE(X)                                                                                              \
  X(handshake,           10000, 100,  600000, "TLS handshake complete, PROXY header included; else closed")           \
  X(request_head,        10000, 100,  600000, "request head complete since its first byte; else 408")                 \
  X(request_body,        30000, 100, 3600000, "between two bytes of an upload; else 408")                             \
  X(keep_alive,          75000, 0,   3600000, "idle client connection; then closed")                                  \
  X(response_write,      30000, 100, 3600000, "no progress towards the reader; then cut")                             \
  X(origin_connect,       5000, 10,   600000, "connection to the origin, TLS included; else the next origin or 504")  \
  X(origin_answer,       60000, 100, 3600000, "first byte of the origin's answer; else 504")                          \
  X(origin_body,         60000, 100, 3600000, "between two bytes of the origin's answer; else cut")                   \
  X(origin_keep_alive,   30000, 0,   3600000, "idle origin connection; then closed")                                  \
  X(origin_probe,         2000, 10,   600000, "a failed origin is tried again after this, doubling to 16 times")      \
  X(origin_wait,         10000, 0,    600000, "request waiting for an origin connection; else 503")                   \
  X(tarpit,              10000, 100,   60000, "a request that is kept waiting is then refused with 403")                \
  X(tunnel_idle,       3600000, 100, 86400000, "WebSocket without a byte either way; then closed")                    \
  X(drain,               30000, 0,   3600000, "for exchanges under way after SIGTERM; then cut")
/* clang-format on */

struct limits {
#define X(name, value, least, most, unit, help) uint64_t name;
  LIMIT_TABLE(X)
#undef X
};

struct timeouts {
#define X(name, value, least, most, help) uint64_t name;
  TIMEOUT_TABLE(X)
#undef X
};

void limits_default(struct limits *limits, struct timeouts *timeouts);

#endif
