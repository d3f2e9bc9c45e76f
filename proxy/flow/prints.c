// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/prints.h"

#include "rules/base/err.h"
#include "rules/identity/hello.h"
#include "rules/identity/ja4.h"

#include <stdlib.h>

bool prints_hello(void *owner, struct span bytes) {
  struct session *s = owner;
  struct hello hello;
  if (hello_parse(bytes, &hello) == OK) ja4_print(&hello, s->ja4);
  return true;
}

static struct span pseudo_name(char letter) {
  switch (letter) {
  case 'm': return SPAN(":method");
  case 'a': return SPAN(":authority");
  case 's': return SPAN(":scheme");
  case 'p': return SPAN(":path");
  case 'r': return SPAN(":protocol");
  default: return SPAN(":");
  }
}

void prints_first_request(struct h2print *p, const struct exchange *x) {
  struct session *s = x->session;
  char text[H2PRINT_TEXT_SIZE];
  for (unsigned i = 0; i < x->h2.pseudo_count; i++) h2print_pseudo(p, pseudo_name(x->h2.pseudo[i]));
  if (h2print_text(p, text)) s->h2 = strdup(text); /* no memory: no print */
}

void prints_headers(struct exchange *x) {
  struct header_order order;
  header_order_init(&order);
  for (unsigned i = 0; i < x->request.header_count; i++)
    header_order_add(&order, x->request.headers[i].name);
  header_order_finish(&order, x->headers);
}
