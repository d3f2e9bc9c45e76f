// SPDX-License-Identifier: Apache-2.0
#include "rules/store/record.h"

#include "rules/base/err.h"
#include "rules/base/require.h"

enum { CHECK_BYTES = 4 };

/** FNV-1a, 32 bits: any change of one byte changes it (draft-eastlake-fnv). */
static uint32_t fnv(uint32_t hash, struct span bytes) {
  for (size_t i = 0; i < bytes.len; i++) hash = (hash ^ (uint8_t)bytes.at[i]) * 16777619u;
  return hash;
}

static uint32_t check_of(struct span key, struct span value) {
  return fnv(fnv(2166136261u, key), value);
}

static char *room(struct record_out *out, size_t len) {
  if (out->full || out->cap - out->len < len) {
    out->full = true;
    return NULL;
  }
  out->len += len;
  return out->at + out->len - len;
}

static void put_number(struct record_out *out, uint64_t value, size_t bytes) {
  char *at = room(out, bytes);
  for (size_t i = 0; at && i < bytes; i++) at[i] = (char)(value >> 8 * i);
}

void record_begin(struct record_out *out, char *at, size_t cap, uint8_t version) {
  *out = (struct record_out){.at = at, .cap = cap};
  record_put_u8(out, version);
}

void record_put_u8(struct record_out *out, uint8_t value) {
  put_number(out, value, 1);
}

void record_put_u16(struct record_out *out, uint16_t value) {
  put_number(out, value, 2);
}

void record_put_u32(struct record_out *out, uint32_t value) {
  put_number(out, value, 4);
}

void record_put_u64(struct record_out *out, uint64_t value) {
  put_number(out, value, 8);
}

void record_put_bytes(struct record_out *out, struct span bytes) {
  char *at = room(out, bytes.len);
  if (at && bytes.len) memcpy(at, bytes.at, bytes.len);
}

void record_put_text(struct record_out *out, struct span text) {
  if (text.len > UINT16_MAX) out->full = true;
  record_put_u16(out, (uint16_t)text.len);
  record_put_bytes(out, text);
}

int record_seal(struct record_out *out, struct span key, struct span *value) {
  put_number(out, check_of(key, span_from(out->at, out->len)), CHECK_BYTES);
  if (out->full) return ERR_RANGE;
  *value = span_from(out->at, out->len);
  return OK;
}

static const char *take(struct record_in *in, size_t len) {
  if (in->bad || in->rest.len < len) {
    in->bad = true;
    return NULL;
  }
  const char *at = in->rest.at;
  in->rest = span_skip(in->rest, len);
  return at;
}

static uint64_t get_number(struct record_in *in, size_t bytes) {
  const char *at = take(in, bytes);
  uint64_t value = 0;
  for (size_t i = 0; at && i < bytes; i++) value |= (uint64_t)(uint8_t)at[i] << 8 * i;
  return value;
}

int record_open(struct record_in *in, struct span key, struct span value, uint8_t version_max) {
  *in = (struct record_in){.bad = true};
  if (value.len < RECORD_OVERHEAD_BYTES) return ERR_CORRUPT;
  struct span body = span_from(value.at, value.len - CHECK_BYTES);
  struct record_in check = {.rest = span_skip(value, body.len)};
  if ((uint32_t)get_number(&check, CHECK_BYTES) != check_of(key, body)) return ERR_CORRUPT;
  *in = (struct record_in){.rest = body};
  in->version = record_get_u8(in);
  return in->version <= version_max ? OK : ERR_VERSION;
}

uint8_t record_get_u8(struct record_in *in) {
  return (uint8_t)get_number(in, 1);
}

uint16_t record_get_u16(struct record_in *in) {
  return (uint16_t)get_number(in, 2);
}

uint32_t record_get_u32(struct record_in *in) {
  return (uint32_t)get_number(in, 4);
}

uint64_t record_get_u64(struct record_in *in) {
  return get_number(in, 8);
}

void record_get_bytes(struct record_in *in, void *out, size_t len) {
  const char *at = take(in, len);
  if (at) {
    memcpy(out, at, len);
  } else {
    memset(out, 0, len);
  }
}

struct span record_get_text(struct record_in *in) {
  size_t len = record_get_u16(in);
  const char *at = take(in, len);
  return span_from(at ? at : "", at ? len : 0);
}

int record_close(const struct record_in *in) {
  return in->bad || in->rest.len ? ERR_CORRUPT : OK;
}

struct span record_write_u64(struct span key, uint64_t number, char out[RECORD_U64_BYTES]) {
  struct record_out record;
  struct span value;
  record_begin(&record, out, RECORD_U64_BYTES, 1);
  record_put_u64(&record, number);
  require(record_seal(&record, key, &value) == OK);
  return value;
}

int record_read_u64(struct span key, struct span value, uint64_t *number) {
  struct record_in record;
  int err = record_open(&record, key, value, 1);
  if (err) return err;
  uint64_t got = record_get_u64(&record);
  err = record_close(&record);
  if (!err) *number = got;
  return err;
}
