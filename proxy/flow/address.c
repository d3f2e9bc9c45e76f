// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/address.h"

#include "rules/base/err.h"

static struct span without_port(struct span text) {
  if (text.len && text.at[0] == '[') {
    size_t end = span_find(text, ']');
    return span_from(text.at, end < text.len ? end + 1 : text.len);
  }
  size_t colon = span_find(text, ':');
  bool one_colon =
      colon < text.len && span_find(span_skip(text, colon + 1), ':') == text.len - colon - 1;
  return one_colon ? span_from(text.at, colon) : text;
}

/* The last element of a comma-separated list, taken off its end. */
static struct span last_element(struct span *list) {
  size_t start = list->len;
  while (start && list->at[start - 1] != ',') start--;
  struct span element = span_trim(span_skip(*list, start));
  list->len = start ? start - 1 : 0;
  return element;
}

/* Walks one field from its right end. True: `*client` is found, or the walk must end with what it is. */
static bool walk(const struct setup *setup, struct span list, struct addr *client) {
  while (list.len) {
    struct addr hop;
    if (addr_parse(without_port(last_element(&list)), &hop)) return true;
    *client = hop;
    if (!setup_trusts(setup, &hop)) return true;
  }
  return false;
}

struct addr address_of_client(const struct setup *setup, const struct message *request,
                              struct addr peer) {
  struct addr client = peer;
  if (setup->address_header.len == 0 || !setup_trusts(setup, &peer)) return client;
  for (unsigned i = request->header_count; i > 0; i--) {
    const struct header *h = &request->headers[i - 1];
    if (span_eq_nocase(h->name, setup->address_header) && walk(setup, h->value, &client)) break;
  }
  return client;
}
