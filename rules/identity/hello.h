// SPDX-License-Identifier: Apache-2.0
/** A TLS ClientHello, taken apart without judging it: every cipher and extension in wire order, GREASE (RFC 8701) and
 *  unknown ones included, because the order and the oddities are what tell clients apart.
 *  All functions are pure. What is malformed is ERR_SYNTAX and has no fingerprint, so it can never pass as a browser.
 *  Source: RFC 8446 §4.1.2 and §5.1; RFC 5246 §7.4.1.2; RFC 6066 §3; RFC 7301 §3.1; RFC 8422 §5.1. */
#ifndef RULES_IDENTITY_HELLO_H
#define RULES_IDENTITY_HELLO_H

#include "rules/base/span.h"

struct buf;

enum {
  HELLO_BYTES_MAX =
      65536, /* one handshake message; long honest ones have 4 KiB. Past it ERR_FULL */
  HELLO_CIPHERS_MAX = 512,    /* IANA knows about 350. Past it ERR_FULL */
  HELLO_EXTENSIONS_MAX = 128, /* IANA knows about 60. Past it ERR_FULL */
  HELLO_SIGNATURES_MAX = 128, /* IANA knows about 50. Past it ERR_FULL */
};

struct hello_extension {
  uint16_t type;
  struct span body;
};

/** Spans borrow from the message. A "list" holds big-endian 16-bit values in wire order, to be read with hello_count
 *  and hello_at. An extension that is absent leaves its list empty; one that is present and empty is malformed. */
struct hello {
  uint16_t version;         /* legacy_version: the protocol version that the message itself names */
  struct span random;       /* 32 bytes */
  struct span session;      /* legacy_session_id, at most 32 bytes */
  struct span ciphers;      /* list */
  struct span compressions; /* one byte each */
  struct hello_extension extensions[HELLO_EXTENSIONS_MAX];
  size_t extension_count;
  struct span server_name; /* extension 0: the host name as sent */
  bool has_server_name;
  struct span groups;        /* extension 10: list */
  struct span point_formats; /* extension 11: one byte each */
  struct span signatures;    /* extension 13: list */
  struct span protocols;     /* extension 16, ALPN: to be taken apart with hello_protocol */
  struct span versions;      /* extension 43: list */
  bool has_versions;
};

/** `message` is one whole handshake message: type 1, three bytes of length, body; nothing after it. Borrows it.
 *  ERR_AGAIN: it is longer than what is there. ERR_SYNTAX, ERR_FULL. `out` is filled only by OK. */
int hello_parse(struct span message, struct hello *out);

/** Finds the handshake message in TLS records, which may cut it anywhere. In one record: `*message` borrows from
 *  `records`; in several: it is joined in `scratch` (emptied first). ERR_AGAIN: more records are needed, call again
 *  with all of them. ERR_SYNTAX: not a handshake, or not a ClientHello. ERR_FULL: a bound of ours or of `scratch`. */
int hello_unwrap(struct span records, struct buf *scratch, struct span *message);

static inline size_t hello_count(struct span list) {
  return list.len / 2;
}

static inline uint16_t hello_at(struct span list, size_t index) {
  const uint8_t *at = (const uint8_t *)list.at + 2 * index;
  return (uint16_t)(at[0] << 8 | at[1]);
}

/** RFC 8701 §2: 0x0a0a, 0x1a1a .. 0xfafa. */
static inline bool hello_is_grease(uint16_t value) {
  return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/** Takes the next name off `*protocols`; an empty span at the end. */
struct span hello_protocol(struct span *protocols);

#endif
