// SPDX-License-Identifier: Apache-2.0
#include "proxy/demo/visitors.h"

#include <stdio.h>
#include <sys/random.h>

bool visitors_right(struct span user, struct span password) {
  return span_eq(user, SPAN(VISITORS_USER)) && span_eq(password, SPAN(VISITORS_PASSWORD));
}

static void put_hex(const uint8_t token[VISITORS_TOKEN_BYTES], char text[VISITORS_TOKEN_TEXT + 1]) {
  for (int i = 0; i < VISITORS_TOKEN_BYTES; i++) snprintf(text + 2 * i, 3, "%02x", token[i]);
}

bool visitors_enter(struct visitors *v, real_ms now, char text[VISITORS_TOKEN_TEXT + 1]) {
  struct visitor *one = &v->ring[v->next % VISITORS_MAX];
  struct visitor made = {.until = now + VISITORS_LAST_MS};
  if (getrandom(made.token, sizeof(made.token), 0) != sizeof(made.token)) return false;
  *one = made;
  v->next++;
  put_hex(made.token, text);
  return true;
}

/** Index of the token's place, or VISITORS_MAX. */
static unsigned find(const struct visitors *v, struct span token) {
  char text[VISITORS_TOKEN_TEXT + 1];
  unsigned i = 0;
  for (; i < VISITORS_MAX; i++) {
    put_hex(v->ring[i].token, text);
    if (v->ring[i].until && span_eq(token, span_from(text, VISITORS_TOKEN_TEXT))) break;
  }
  return i;
}

bool visitors_known(const struct visitors *v, real_ms now, struct span token) {
  unsigned i = find(v, token);
  return i < VISITORS_MAX && now < v->ring[i].until;
}

void visitors_leave(struct visitors *v, struct span token) {
  unsigned i = find(v, token);
  if (i < VISITORS_MAX) v->ring[i] = (struct visitor){0};
}
