// SPDX-License-Identifier: Apache-2.0
#include "rules/store/schema.h"

#include "rules/store/record.h"

#include <sys/random.h>

#define KEY_VERSION SPAN("schema")
#define KEY_INSTALL SPAN("install")

/** Version 1: the named databases (which opening made) are empty; the store gets its name. */
static void make_install_id(struct txn *t) {
  char id[ENV_INSTALL_ID_BYTES], bytes[ENV_INSTALL_ID_BYTES + RECORD_OVERHEAD_BYTES];
  if (getrandom(id, sizeof(id), 0) != (ssize_t)sizeof(id)) {
    txn_fail(t, ERR_IO);
    return;
  }
  struct record_out record;
  struct span value;
  record_begin(&record, bytes, sizeof(bytes), 1);
  record_put_bytes(&record, span_from(id, sizeof(id)));
  txn_fail(t, record_seal(&record, KEY_INSTALL, &value));
  txn_put(t, DATABASE_META, KEY_INSTALL, value);
}

/** STEPS[n] leads from version n to n + 1. */
static void (*const STEPS[])(struct txn *t) = {make_install_id};

const uint64_t SCHEMA_VERSION = sizeof(STEPS) / sizeof(STEPS[0]);

uint64_t schema_version(struct txn *t) {
  struct span value;
  uint64_t version = 0;
  if (!txn_get(t, DATABASE_META, KEY_VERSION, &value)) return 0;
  txn_fail(t, record_read_u64(KEY_VERSION, value, &version));
  return version;
}

void schema_migrate(struct txn *t) {
  uint64_t version = schema_version(t);
  if (version > SCHEMA_VERSION) txn_fail(t, ERR_VERSION);
  if (t->err || version == SCHEMA_VERSION) return;
  while (version < SCHEMA_VERSION) STEPS[version++](t);
  char bytes[RECORD_U64_BYTES];
  txn_put(t, DATABASE_META, KEY_VERSION, record_write_u64(KEY_VERSION, version, bytes));
}

void schema_install_id(struct txn *t, uint8_t out[ENV_INSTALL_ID_BYTES]) {
  struct span value = {0};
  memset(out, 0, ENV_INSTALL_ID_BYTES);
  if (!txn_get(t, DATABASE_META, KEY_INSTALL, &value)) {
    txn_fail(t, ERR_CORRUPT);
    return;
  }
  struct record_in record;
  txn_fail(t, record_open(&record, KEY_INSTALL, value, 1));
  record_get_bytes(&record, out, ENV_INSTALL_ID_BYTES);
  txn_fail(t, record_close(&record));
}
