// SPDX-License-Identifier: Apache-2.0
/** Full TLS 1.3 handshakes, one HTTP/1.1 request each: `count` of them, `clients` at a time, over loopback.
 *  Prints {"completed": those with a whole answer of status 200, "failed": the others,
 *  "seconds": what it took}. */
#include "bench/swarm.h"
#include "bench/tool.h"

#include <stdio.h>

enum { HEAD_BYTES_MAX = 2048 };

static const struct span REQUEST =
    SPAN("GET / HTTP/1.1\r\nHost: bench.test\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n");

struct exchange {
  uint16_t head_len;
  bool in_body;
  bool completed;
  uint64_t body_left;
  char head[HEAD_BYTES_MAX];
};

static uint64_t begun, begun_max, completed, ended;

static void begin_closed(struct swarm *s) {
  for (uint32_t i = 0; i < s->count && begun < begun_max; i++) {
    if (s->conns[i].state != SWARM_CLOSED) continue;
    begun++;
    swarm_open(&s->conns[i]);
  }
}

static bool exchange_opened(struct swarm_conn *c) {
  return !SSL_session_reused(c->ssl) && swarm_send(c, REQUEST);
}

/** The body's length, if the head's status is 200 and it has a length. */
static bool head_read(struct span head, uint64_t *body_len) {
  if (!span_starts(head, SPAN("HTTP/1.1 200 "))) return false;
  while (head.len) {
    struct span value = span_cut(&head, '\n');
    struct span name = span_cut(&value, ':');
    if (!span_eq_nocase(name, SPAN("content-length"))) continue;
    return span_to_u64(span_trim(span_from(value.at, span_find(value, '\r'))), body_len) == 0;
  }
  return false;
}

static bool exchange_received(struct swarm_conn *c, struct span bytes) {
  struct exchange *x = c->own;
  if (!x->in_body) {
    size_t room = sizeof(x->head) - x->head_len;
    size_t taken = bytes.len < room ? bytes.len : room;
    memcpy(x->head + x->head_len, bytes.at, taken);
    size_t before = x->head_len;
    x->head_len = (uint16_t)(x->head_len + taken);
    const char *end = memmem(x->head, x->head_len, "\r\n\r\n", 4);
    if (!end) return x->head_len < sizeof(x->head);
    size_t whole = (size_t)(end - x->head) + 4;
    if (!head_read(span_from(x->head, whole), &x->body_left)) return false;
    x->in_body = true;
    bytes = span_skip(bytes, whole - before);
  }
  x->body_left -= bytes.len < x->body_left ? bytes.len : x->body_left;
  x->completed = x->body_left == 0;
  return !x->completed;
}

static void exchange_closed(struct swarm_conn *c, enum swarm_state was) {
  ended++;
  if (((struct exchange *)c->own)->completed) completed++;
}

int main(int argc, char **argv) {
  static const struct swarm_role role = {.alpn = "http/1.1",
                                         .own_bytes = sizeof(struct exchange),
                                         .opened = exchange_opened,
                                         .received = exchange_received,
                                         .closed = exchange_closed};
  struct tool_text texts[] = {{"target", NULL, "the proxy, on loopback"}, {0}};
  enum { COUNT, CLIENTS, SECONDS };
  struct tool_number numbers[] = {{"count", 1000, 1, 1000000, "handshakes in all"},
                                  {"clients", 32, 1, 1000, "at a time"},
                                  {"seconds", 60, 1, 600, "then it ends, done or not"},
                                  {0}};
  tool_options(argc, argv, numbers, texts);
  tool_end_after(numbers[SECONDS].value + 10);
  begun_max = numbers[COUNT].value;

  struct swarm swarm;
  swarm_init(&swarm, &role, texts[0].value, (uint32_t)numbers[CLIENTS].value);
  mono_us start = tool_now(), end = start + (mono_us)numbers[SECONDS].value * 1000000;
  while (ended < begun_max && tool_now() < end) {
    begin_closed(&swarm);
    swarm_turn(&swarm, 100);
  }
  printf("{\"completed\":%llu,\"failed\":%llu,\"seconds\":%.3f}\n", (unsigned long long)completed,
         (unsigned long long)(begun_max - completed), (double)(tool_now() - start) / 1e6);
  swarm_fini(&swarm);
  return completed == begun_max ? 0 : 1;
}
