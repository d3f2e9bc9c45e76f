// SPDX-License-Identifier: Apache-2.0
// room: rules/store
/* Any bytes are a stored value, or a store's file, or refused: never a read past their end. The first byte says how
 * many bytes are the key; what follows is the value, once as it is and once with a check that holds, as if a program
 * had been at fault. */
#include "rules/base/require.h"
#include "rules/store/event.h"
#include "rules/store/inspect.h"
#include "rules/store/journal.h"
#include "rules/store/lists.h"
#include "rules/store/record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(struct span key, struct span value) {
  struct lists_entry entry;
  struct journal_entry line;
  uint64_t number;
  if (lists_decode(key, value, &entry) == OK) {
    require(entry.prefix.bits <= 128 && entry.list.len <= LISTS_NAME_MAX);
    require(entry.reason.len + entry.source.len < value.len);
  }
  if (journal_decode(key, value, &line) == OK) require(line.event.len <= JOURNAL_EVENT_MAX);
  record_read_u64(key, value, &number);
}

/** What was read is written and read again: the same. */
static void event_round_trip(struct span bytes) {
  struct memory_event event, again;
  char out[EVENT_BYTES_MAX];
  struct span body;
  if (event_decode(bytes, &event) || event_encode(&event, out, &body)) return;
  require(event_decode(body, &again) == OK);
  require(again.at == event.at && again.request == event.request && again.tier == event.tier);
  require(again.kind.len <= event.kind.len && span_eq(again.facts, event.facts));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct inspect_report report;
  struct span all = span_from(data, size);
  inspect_head(all, &report);
  inspect_file(all, &report);
  event_round_trip(all);
  size_t key_len = size ? data[0] : 0;
  if (size < 1 + key_len) return 0;
  struct span key = span_from(data + 1, key_len), value = span_skip(all, 1 + key_len);
  decode(key, value);
  struct record_out out;
  char *sealed = malloc(value.len + RECORD_OVERHEAD_BYTES);
  require(sealed);
  record_begin(&out, sealed, value.len + RECORD_OVERHEAD_BYTES, 1);
  record_put_bytes(&out, value);
  require(record_seal(&out, key, &value) == OK);
  decode(key, value);
  free(sealed);
  return 0;
}
