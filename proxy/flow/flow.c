// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/flow.h"

#include "proxy/flow/exchange.h"
#include "proxy/flow/front.h"
#include "proxy/flow/judge.h"
#include "proxy/flow/routes.h"
#include "rules/base/err.h"

#include <stdlib.h>

enum { SCRATCH_MAX = 1 << 20, RECORD_MAX = 16384 };

int flow_init(struct flow *f, struct loop *l, const uint8_t seed[16]) {
  *f = (struct flow){.loop = l};
  trim_begin(&f->trim, l);
  memcpy(f->id_state, seed, sizeof(f->id_state));
  list_init(&f->sessions);
  list_init(&f->spare);
  buf_init(&f->scratch, SCRATCH_MAX);
  buf_init(&f->record, RECORD_MAX);
  if (!buf_room(&f->record, RECORD_MAX)) return ERR_MEMORY;
  int err = client_table_init(&f->clients, f->id_state[0]);
  if (err) buf_fini(&f->record);
  return err;
}

void flow_fini(struct flow *f) {
  while (!list_empty(&f->spare)) {
    struct exchange *x = LIST_OF(list_pop(&f->spare), struct exchange, node);
    buf_fini(&x->h2.out);
    free(x);
  }
  routes_drop(&f->routes);
  judge_drop(&f->judge);
  setup_drop(&f->setup);
  tls_context_free(&f->tls);
  client_table_fini(&f->clients);
  buf_fini(&f->scratch);
  buf_fini(&f->record);
}

static void take_bounds(struct flow *f) {
  const struct limits *l = &f->setup->limits;
  f->http = (struct http_bounds){
      .head_bytes_max = (uint32_t)l->head_bytes_max,
      .header_count_max = (uint32_t)l->header_count_max,
      .url_bytes_max = (uint32_t)l->url_bytes_max,
      .chunk_extension_bytes_max = (uint32_t)l->chunk_extension_bytes_max,
      .trailer_bytes_max = (uint32_t)l->trailer_bytes_max,
  };
  bucket_init(&f->refusals, (uint32_t)l->journal_refusals_burst,
              (uint32_t)l->journal_refusals_per_second, f->loop->now);
  f->h2 = (struct h2_bounds){
      .streams_max = (uint32_t)l->streams_max,
      .stream_window_bytes = (uint32_t)l->stream_window_bytes,
      .connection_window_bytes = (uint32_t)l->connection_window_bytes,
      .resets_burst = (uint32_t)l->resets_burst,
      .resets_per_second = (uint32_t)l->resets_per_second,
      .control_burst = (uint32_t)l->control_frames_burst,
      .control_per_second = (uint32_t)l->control_frames_per_second,
  };
}

int flow_adopt(struct flow *f, struct setup *setup, struct tls_context *tls, struct judge *judge) {
  struct routes *routes;
  int err = routes_new(f, setup, f->routes, &routes);
  if (err) return err;
  routes_drop(&f->routes);
  f->routes = routes;
  judge_drop(&f->judge);
  f->judge = judge;
  setup_drop(&f->setup);
  f->setup = setup;
  tls_context_free(&f->tls);
  f->tls = tls;
  take_bounds(f);
  return OK;
}

void flow_drain(struct flow *f) {
  f->draining = true;
  struct list *next;
  for (struct list *node = f->sessions.next; node != &f->sessions; node = next) {
    next = node->next;
    struct session *s = LIST_OF(node, struct session, node);
    if (s->state == SESSION_HTTP) s->front->drain(s);
  }
}

/* Closing frees in a later turn, so the list stands still meanwhile. */
void flow_cut(struct flow *f) {
  for (struct list *node = f->sessions.next; node != &f->sessions; node = node->next) {
    session_close(LIST_OF(node, struct session, node));
  }
  routes_drop(&f->routes);
  judge_drop(&f->judge);
}

/* xoroshiro128+ (Blackman & Vigna, "Scrambled Linear Pseudorandom Number Generators", 2018): unique, not secret. */
void flow_make_id(struct flow *f, char out[16]) {
  static const char HEX[] = "0123456789abcdef";
  uint64_t a = f->id_state[0], b = f->id_state[1], id = a + b;
  b ^= a;
  f->id_state[0] = (a << 24 | a >> 40) ^ b ^ b << 16;
  f->id_state[1] = b << 37 | b >> 27;
  for (int i = 0; i < 16; i++, id >>= 4) out[i] = HEX[id & 15];
}
