// SPDX-License-Identifier: Apache-2.0
/** The ticket keys in force, shared between one writer and any number of readers. Readers take no lock and never wait
 *  for a writer: he fills the set that nobody reads and then turns the generation; a reader copies a key and looks at
 *  the generation again (a sequence lock over two buffers; H. Boehm, "Can seqlocks get along with programming language
 *  memory models?", MSPC 2012). certs/tickets.h says which keys these are. */
#ifndef CERTS_TICKET_KEYS_H
#define CERTS_TICKET_KEYS_H

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>

enum { TICKET_KEYS = 4, TICKET_NAME_BYTES = 16 };

/* Places of a set, newest first; behind the current one, the older ones. */
enum { TICKET_NEXT, TICKET_CURRENT };

struct ticket_key {
  uint8_t name[TICKET_NAME_BYTES];
  uint8_t cipher[32]; /* AES-256 */
  uint8_t mac[32];    /* HMAC-SHA256 */
};

enum { TICKET_KEY_WORDS = sizeof(struct ticket_key) / sizeof(uint64_t) };
static_assert(sizeof(struct ticket_key) == TICKET_KEY_WORDS * sizeof(uint64_t), "whole words");

/** All zero is an empty one. */
struct ticket_keys {
  _Atomic uint64_t generation; /* sets[generation % 2] is in force */
  _Atomic uint64_t sets[2][TICKET_KEYS][TICKET_KEY_WORDS];
};

/** Puts a whole set in force. One thread at a time. */
void ticket_keys_put(struct ticket_keys *k, const struct ticket_key set[TICKET_KEYS]);

/** Copies the key of that name, or the current one if `name` is NULL; answers its place, or -1: no such key. The caller
 *  wipes `*out`, in either case. Any thread. Looks again only when a put ended meanwhile. */
int ticket_keys_take(struct ticket_keys *k, const uint8_t *name, struct ticket_key *out);

#endif
