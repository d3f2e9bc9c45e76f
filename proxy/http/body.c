// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/body.h"

enum { SIZE_DIGITS_MAX = 15 };

void body_init(struct body_reader *b, enum body_kind kind, uint64_t length,
               uint32_t extension_bytes_max, uint32_t trailer_bytes_max) {
  *b = (struct body_reader){
      .kind = kind,
      .left = kind == BODY_LENGTH ? length : 0,
      .extension_bytes_max = extension_bytes_max,
      .trailer_bytes_max = trailer_bytes_max,
      .trailer_line = 2, /* the last chunk's own line ended with CRLF */
  };
}

static enum body_event refuse(struct body_reader *b, enum refusal why) {
  b->refusal = why;
  return BODY_REFUSED;
}

static enum body_event take(struct body_reader *b, struct span *input, struct span *data) {
  size_t len = input->len < b->left ? input->len : (size_t)b->left;
  *data = span_from(input->at, len);
  *input = span_skip(*input, len);
  b->left -= len;
  return BODY_DATA;
}

static int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* One byte of the size line. BODY_MORE: go on. */
static enum body_event size_byte(struct body_reader *b, char c) {
  int digit = hex(c);
  if (digit >= 0) {
    if (++b->digits > SIZE_DIGITS_MAX) return refuse(b, REFUSED_CHUNK_BAD);
    b->left = b->left << 4 | (unsigned)digit;
    return BODY_MORE;
  }
  if (b->digits == 0) return refuse(b, REFUSED_CHUNK_BAD);
  if (c == '\r')
    b->state = CHUNK_SIZE_LF;
  else if (c == ';')
    b->state = CHUNK_EXTENSION;
  else
    return refuse(b, REFUSED_CHUNK_BAD);
  return BODY_MORE;
}

static enum body_event extension_byte(struct body_reader *b, char c) {
  if (c == '\r') {
    b->state = CHUNK_SIZE_LF;
    return BODY_MORE;
  }
  unsigned char u = (unsigned char)c;
  if ((u < 0x20 && u != '\t') || u == 0x7f) return refuse(b, REFUSED_CHUNK_BAD);
  if (++b->extension_bytes > b->extension_bytes_max) return refuse(b, REFUSED_CHUNK_EXTENSION);
  return BODY_MORE;
}

static enum body_event size_line_end(struct body_reader *b, char c) {
  if (c != '\n') return refuse(b, REFUSED_CHUNK_BAD);
  b->state = b->left ? CHUNK_DATA : CHUNK_TRAILER;
  b->digits = b->extension_bytes = 0;
  return BODY_MORE;
}

static enum body_event line_byte(struct body_reader *b, char c) {
  switch (b->state) {
  case CHUNK_SIZE: return size_byte(b, c);
  case CHUNK_EXTENSION: return extension_byte(b, c);
  case CHUNK_SIZE_LF: return size_line_end(b, c);
  case CHUNK_DATA_CR:
    b->state = CHUNK_DATA_LF;
    return c == '\r' ? BODY_MORE : refuse(b, REFUSED_CHUNK_BAD);
  case CHUNK_DATA_LF:
    b->state = CHUNK_SIZE;
    return c == '\n' ? BODY_MORE : refuse(b, REFUSED_CHUNK_BAD);
  case CHUNK_DATA:
  case CHUNK_TRAILER: break;
  }
  return BODY_MORE;
}

/* Up to and with the empty line. Its lines are parsed as header lines by who collects them. */
static enum body_event trailer(struct body_reader *b, struct span *input, struct span *data) {
  size_t i = 0;
  while (i < input->len && b->trailer_line < 4) {
    char c = input->at[i++];
    bool cr_expected = b->trailer_line == 0 || b->trailer_line == 2;
    if (c == '\r') {
      if (!cr_expected) return refuse(b, REFUSED_TRAILER_BAD);
      b->trailer_line++;
    } else if (c == '\n') {
      if (cr_expected) return refuse(b, REFUSED_TRAILER_BAD);
      b->trailer_line++;
    } else {
      if (!cr_expected) return refuse(b, REFUSED_TRAILER_BAD);
      b->trailer_line = 0;
    }
    if (++b->trailer_bytes > b->trailer_bytes_max + 2) return refuse(b, REFUSED_TRAILER_BAD);
  }
  *data = span_from(input->at, i);
  *input = span_skip(*input, i);
  b->ended = b->trailer_line == 4;
  return BODY_TRAILER;
}

static enum body_event next_of_chunks(struct body_reader *b, struct span *input,
                                      struct span *data) {
  while (input->len) {
    if (b->state == CHUNK_TRAILER) return trailer(b, input, data);
    if (b->state == CHUNK_DATA) {
      enum body_event event = take(b, input, data);
      if (b->left == 0) b->state = CHUNK_DATA_CR;
      return event;
    }
    enum body_event event = line_byte(b, input->at[0]);
    if (event == BODY_REFUSED) return event;
    *input = span_skip(*input, 1);
  }
  return BODY_MORE;
}

enum body_event body_next(struct body_reader *b, struct span *input, struct span *data) {
  if (b->ended) return BODY_END;
  switch (b->kind) {
  case BODY_NONE: return BODY_END;
  case BODY_LENGTH:
    if (b->left == 0) return BODY_END;
    return input->len ? take(b, input, data) : BODY_MORE;
  case BODY_CHUNKED: return next_of_chunks(b, input, data);
  case BODY_UNTIL_CLOSE:
  case BODY_TUNNEL: break;
  }
  if (input->len == 0) return BODY_MORE;
  *data = *input;
  *input = span_skip(*input, input->len);
  return BODY_DATA;
}
