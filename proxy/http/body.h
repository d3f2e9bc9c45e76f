// SPDX-License-Identifier: Apache-2.0
/** Where an HTTP/1 body begins and ends: by length, by chunks, or with the connection (RFC 9112 §6, §7). Strict,
 *  because llhttp 8.1 lets pass what others read differently: a chunk size is 1 to 15 hexadecimal digits, each
 *  line ends with CRLF, extensions are bounded and dropped. Copies nothing. Pure. */
#ifndef PROXY_HTTP_BODY_H
#define PROXY_HTTP_BODY_H

#include "proxy/http/message.h"

enum body_event {
  BODY_MORE,    /* the input is used up */
  BODY_DATA,    /* `*data` holds bytes of the body, borrowed from the input */
  BODY_TRAILER, /* `*data` holds bytes of the trailer section, the empty line included at its end */
  BODY_END,     /* the message is over; what is left of the input belongs to the next one */
  BODY_REFUSED, /* `reader->refusal` says why */
};

enum chunk_state {
  CHUNK_SIZE,
  CHUNK_EXTENSION,
  CHUNK_SIZE_LF,
  CHUNK_DATA,
  CHUNK_DATA_CR,
  CHUNK_DATA_LF,
  CHUNK_TRAILER
};

struct body_reader {
  enum body_kind kind;
  enum chunk_state state;
  enum refusal refusal;
  uint64_t left; /* of the length, or of this chunk */
  uint32_t digits, extension_bytes, extension_bytes_max;
  uint32_t trailer_bytes, trailer_bytes_max;
  uint8_t trailer_line; /* how much of CRLF CRLF was seen at the end */
  bool ended;
};

void body_init(struct body_reader *b, enum body_kind kind, uint64_t length,
               uint32_t extension_bytes_max, uint32_t trailer_bytes_max);

/** Takes from the front of `*input`. Call until BODY_MORE, BODY_END or BODY_REFUSED. */
enum body_event body_next(struct body_reader *b, struct span *input, struct span *data);

#endif
