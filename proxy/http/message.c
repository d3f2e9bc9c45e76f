// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/message.h"

bool message_add(struct message *m, struct arena *a, struct span name, struct span value,
                 unsigned count_max) {
  if (m->header_count == count_max) return false;
  if (m->header_count == m->header_room) {
    unsigned room = m->header_room ? m->header_room * 2 : 8;
    struct header *grown = arena_take(a, room * sizeof(*grown));
    if (!grown) return false;
    if (m->header_count) memcpy(grown, m->headers, m->header_count * sizeof(*grown));
    m->headers = grown;
    m->header_room = room;
  }
  struct header *h = &m->headers[m->header_count++];
  h->name = name;
  h->value = value;
  header_identify(h);
  return true;
}

const struct header *message_find(const struct message *m, enum header_id id) {
  for (unsigned i = 0; i < m->header_count; i++) {
    if (m->headers[i].id == id) return &m->headers[i];
  }
  return NULL;
}

bool message_is_idempotent(const struct message *m) {
  static const struct span METHODS[] = {
      {"GET", 3}, {"HEAD", 4}, {"OPTIONS", 7}, {"PUT", 3}, {"DELETE", 6},
  };
  for (unsigned i = 0; i < sizeof(METHODS) / sizeof(METHODS[0]); i++) {
    if (message_is(m, METHODS[i])) return true;
  }
  return false;
}
