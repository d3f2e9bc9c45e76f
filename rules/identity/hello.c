// SPDX-License-Identifier: Apache-2.0
#include "rules/identity/hello.h"

#include "rules/base/buf.h"
#include "rules/base/err.h"

enum {
  RECORD_HANDSHAKE = 22,
  RECORD_BYTES_MAX = 16384,
  MESSAGE_HEAD_BYTES = 4,
  MESSAGE_CLIENT_HELLO = 1,
  NAME_HOST = 0,
};

/* Bytes taken from the front. A read past the end sets `bad` and gives nothing, from then on. */
struct reader {
  struct span rest;
  bool bad;
};

static struct span take(struct reader *r, size_t len) {
  if (r->bad || r->rest.len < len) {
    r->bad = true;
    return span_from(NULL, 0);
  }
  struct span part = span_from(r->rest.at, len);
  r->rest = span_skip(r->rest, len);
  return part;
}

static uint32_t take_number(struct reader *r, size_t bytes) {
  struct span part = take(r, bytes);
  uint32_t value = 0;
  for (size_t i = 0; i < part.len; i++) value = value << 8 | (uint8_t)part.at[i];
  return value;
}

/* A vector (RFC 8446 §3.4): `length_bytes` of length, then at least `least` bytes in whole units. */
static struct span take_vector(struct reader *r, size_t length_bytes, size_t least, size_t unit) {
  uint32_t len = take_number(r, length_bytes);
  if (len < least || len % unit) r->bad = true;
  return take(r, len);
}

/* A vector that is all of an extension's body. */
static int whole_vector(struct span body, size_t length_bytes, size_t least, size_t unit,
                        struct span *out) {
  struct reader r = {.rest = body};
  *out = take_vector(&r, length_bytes, least, unit);
  return r.bad || r.rest.len ? ERR_SYNTAX : OK;
}

/* RFC 6066 §3. Of the list's kinds only host names were ever defined, and one may stand there. */
static int parse_server_name(struct span body, struct hello *h) {
  struct span names;
  if (whole_vector(body, 2, 4, 1, &names)) return ERR_SYNTAX;
  struct reader r = {.rest = names};
  uint32_t kind = take_number(&r, 1);
  struct span name = take_vector(&r, 2, 1, 1);
  if (r.bad || r.rest.len || kind != NAME_HOST) return ERR_SYNTAX;
  h->server_name = name;
  h->has_server_name = true;
  return span_find(name, '\0') == name.len ? OK : ERR_SYNTAX;
}

static int parse_groups(struct span body, struct hello *h) {
  return whole_vector(body, 2, 2, 2, &h->groups);
}

static int parse_point_formats(struct span body, struct hello *h) {
  return whole_vector(body, 1, 1, 1, &h->point_formats);
}

static int parse_signatures(struct span body, struct hello *h) {
  return whole_vector(body, 2, 2, 2, &h->signatures);
}

static int parse_versions(struct span body, struct hello *h) {
  h->has_versions = true;
  return whole_vector(body, 1, 2, 2, &h->versions);
}

static int parse_protocols(struct span body, struct hello *h) {
  if (whole_vector(body, 2, 2, 1, &h->protocols)) return ERR_SYNTAX;
  struct reader r = {.rest = h->protocols};
  while (r.rest.len && !r.bad) take_vector(&r, 1, 1, 1);
  return r.bad ? ERR_SYNTAX : OK;
}

static const struct {
  uint16_t type;
  int (*parse)(struct span body, struct hello *h);
} KNOWN[] = {
    {0, parse_server_name}, {10, parse_groups},    {11, parse_point_formats},
    {13, parse_signatures}, {16, parse_protocols}, {43, parse_versions},
};

static int parse_known(const struct hello_extension *e, struct hello *h) {
  for (size_t i = 0; i < sizeof(KNOWN) / sizeof(KNOWN[0]); i++) {
    if (KNOWN[i].type == e->type) return KNOWN[i].parse(e->body, h);
  }
  return OK;
}

static bool has_extension(const struct hello *h, uint16_t type) {
  for (size_t i = 0; i < h->extension_count; i++) {
    if (h->extensions[i].type == type) return true;
  }
  return false;
}

static int parse_extensions(struct span block, struct hello *h) {
  struct reader r = {.rest = block};
  while (r.rest.len) {
    struct hello_extension e = {.type = (uint16_t)take_number(&r, 2)};
    e.body = take_vector(&r, 2, 0, 1);
    /* RFC 8446 §4.2: not more than one of a type. */
    if (r.bad || has_extension(h, e.type)) return ERR_SYNTAX;
    if (h->extension_count == HELLO_EXTENSIONS_MAX) return ERR_FULL;
    h->extensions[h->extension_count++] = e;
    if (parse_known(&e, h)) return ERR_SYNTAX;
  }
  return hello_count(h->signatures) > HELLO_SIGNATURES_MAX ? ERR_FULL : OK;
}

/* The 3 KiB of `extensions` are left as they are: `extension_count` says how many of them hold. */
static void forget(struct hello *h) {
  h->extension_count = 0;
  h->has_server_name = h->has_versions = false;
  h->server_name = h->groups = h->point_formats = span_from(NULL, 0);
  h->signatures = h->protocols = h->versions = span_from(NULL, 0);
}

/* The message's body, its head checked. */
static int open_message(struct span message, struct reader *body) {
  if (message.len && message.at[0] != MESSAGE_CLIENT_HELLO) return ERR_SYNTAX;
  if (message.len < MESSAGE_HEAD_BYTES) return ERR_AGAIN;
  *body = (struct reader){.rest = span_skip(message, 1)};
  uint32_t len = take_number(body, 3);
  if (len > HELLO_BYTES_MAX - MESSAGE_HEAD_BYTES) return ERR_FULL;
  if (len > body->rest.len) return ERR_AGAIN;
  return len < body->rest.len ? ERR_SYNTAX : OK;
}

int hello_parse(struct span message, struct hello *out) {
  struct reader r;
  int err = open_message(message, &r);
  if (err) return err;
  forget(out);
  out->version = (uint16_t)take_number(&r, 2);
  out->random = take(&r, 32);
  out->session = take_vector(&r, 1, 0, 1);
  out->ciphers = take_vector(&r, 2, 2, 2);
  out->compressions = take_vector(&r, 1, 1, 1);
  if (r.bad || out->session.len > 32) return ERR_SYNTAX;
  if (hello_count(out->ciphers) > HELLO_CIPHERS_MAX) return ERR_FULL;
  if (r.rest.len == 0) return OK; /* RFC 5246 §7.4.1.2: old hellos end here */
  struct span block = take_vector(&r, 2, 0, 1);
  return r.bad || r.rest.len ? ERR_SYNTAX : parse_extensions(block, out);
}

/* One record's fragment. RFC 8446 §5.1: of a handshake it is never empty, and has at most 2^14 bytes. */
static int take_record(struct span *records, struct span *fragment) {
  struct reader r = {.rest = *records};
  if (records->len > 0 && records->at[0] != RECORD_HANDSHAKE) return ERR_SYNTAX;
  if (records->len > 1 && records->at[1] != 3) return ERR_SYNTAX;
  take(&r, 3);
  uint32_t len = take_number(&r, 2);
  if (r.bad) return ERR_AGAIN;
  if (len == 0 || len > RECORD_BYTES_MAX) return ERR_SYNTAX;
  *fragment = take(&r, len);
  *records = r.rest;
  return r.bad ? ERR_AGAIN : OK;
}

/* OK when `joined` holds the whole message, ERR_AGAIN while it does not. */
static int find_message(struct span joined, struct span *message) {
  if (joined.at[0] != MESSAGE_CLIENT_HELLO) return ERR_SYNTAX;
  struct reader r = {.rest = span_skip(joined, 1)};
  uint32_t len = take_number(&r, 3);
  if (r.bad) return ERR_AGAIN;
  if (len > HELLO_BYTES_MAX - MESSAGE_HEAD_BYTES) return ERR_FULL;
  *message = span_from(joined.at, MESSAGE_HEAD_BYTES + len);
  return len > r.rest.len ? ERR_AGAIN : OK;
}

int hello_unwrap(struct span records, struct buf *scratch, struct span *message) {
  struct span joined, fragment;
  int err = take_record(&records, &joined);
  if (err) return err;
  err = find_message(joined, message);
  if (err != ERR_AGAIN) return err;
  buf_reset(scratch);
  if (!buf_put(scratch, joined)) return ERR_FULL;
  do {
    err = take_record(&records, &fragment);
    if (err) return err;
    if (!buf_put(scratch, fragment)) return ERR_FULL;
    err = find_message(buf_span(scratch), message);
  } while (err == ERR_AGAIN);
  return err;
}

struct span hello_protocol(struct span *protocols) {
  struct reader r = {.rest = *protocols};
  struct span name = take_vector(&r, 1, 1, 1);
  *protocols = r.rest;
  return name;
}
