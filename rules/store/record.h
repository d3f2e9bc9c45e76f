// SPDX-License-Identifier: Apache-2.0
/** The layout that all stored values share, and nothing else knows:
 *
 *      version (1 byte)   body   check (4 bytes: FNV-1a over key, version and body)
 *
 *  Integers of a body are little-endian, texts are a 2-byte length and their bytes. LMDB keeps no checksums of its own:
 *  the check says that a value is what was written, under the key it was written under. Both sides have a sticky error,
 *  so a codec is a flat list of fields. All functions are pure. */
#ifndef RULES_STORE_RECORD_H
#define RULES_STORE_RECORD_H

#include "rules/base/span.h"

enum { RECORD_OVERHEAD_BYTES = 5, RECORD_U64_BYTES = 8 + RECORD_OVERHEAD_BYTES };

/** Writes into the caller's bytes. */
struct record_out {
  char *at;
  size_t len, cap;
  bool full; /* a field did not fit; sticks */
};

void record_begin(struct record_out *out, char *at, size_t cap, uint8_t version);
void record_put_u8(struct record_out *out, uint8_t value);
void record_put_u16(struct record_out *out, uint16_t value);
void record_put_u32(struct record_out *out, uint32_t value);
void record_put_u64(struct record_out *out, uint64_t value);
/** As they are, without a length. */
void record_put_bytes(struct record_out *out, struct span bytes);
/** At most 65,535 bytes. */
void record_put_text(struct record_out *out, struct span text);
/** The whole value; ERR_RANGE when something did not fit. */
int record_seal(struct record_out *out, struct span key, struct span *value);

/** Reads from borrowed bytes; texts are borrowed in turn. */
struct record_in {
  struct span rest;
  uint8_t version;
  bool bad; /* a field was missing or short; sticks */
};

/** ERR_CORRUPT: too short, or the check fails. ERR_VERSION: past `version_max`. */
int record_open(struct record_in *in, struct span key, struct span value, uint8_t version_max);
uint8_t record_get_u8(struct record_in *in);
uint16_t record_get_u16(struct record_in *in);
uint32_t record_get_u32(struct record_in *in);
uint64_t record_get_u64(struct record_in *in);
/** Exactly `len` bytes; all zero when `bad`. */
void record_get_bytes(struct record_in *in, void *out, size_t len);
struct span record_get_text(struct record_in *in);
/** ERR_CORRUPT when a field was bad or bytes are left. */
int record_close(const struct record_in *in);

/** A value that is one number. */
struct span record_write_u64(struct span key, uint64_t number, char out[RECORD_U64_BYTES]);
int record_read_u64(struct span key, struct span value, uint64_t *number);

/** Big-endian, so that keys sort as their numbers do. */
static inline void record_key_u64(char out[8], uint64_t number) {
  for (int i = 0; i < 8; i++) out[i] = (char)(number >> (56 - 8 * i));
}

static inline uint64_t record_key_number(const char at[8]) {
  uint64_t number = 0;
  for (int i = 0; i < 8; i++) number = number << 8 | (uint8_t)at[i];
  return number;
}

#endif
