// SPDX-License-Identifier: Apache-2.0
/** `count` slow clients over TLS and HTTP/1.1 on loopback, a third of each kind: one sends a request head that does
 *  not end, one uploads a login of 1 MiB, one downloads 1 MiB with the smallest receive buffer; each at `rate` bytes
 *  a second (a head at 32 at most, to stay within the bounds on heads) until standard input ends.
 *  Prints {"opened": N} when all handshakes are done and each client has been slow for `settle` seconds, and at the
 *  end {"held": those still open}. */
#include "bench/swarm.h"
#include "bench/tool.h"

#include <poll.h>
#include <stdio.h>

enum { AT_ONCE = 64, TURN_MS = 20, SLICES = 50, RECEIVE_BUFFER_BYTES = 4096, HEAD_RATE_MAX = 32 };

enum kind { HEAD, UPLOAD, DOWNLOAD, KINDS };

static const struct span OPENINGS[KINDS] = {
    [HEAD] = SPAN("GET / HTTP/1.1\r\nHost: bench.test\r\nCookie: "),
    [UPLOAD] = SPAN("POST /wp-login.php HTTP/1.1\r\nHost: bench.test\r\nContent-Length: 1048576\r\n"
                    "Content-Type: application/x-www-form-urlencoded\r\n\r\nlog=aigerim&pwd="),
    [DOWNLOAD] = SPAN("GET /big HTTP/1.1\r\nHost: bench.test\r\n\r\n"),
};

static uint64_t ended;

static enum kind kind_of(const struct swarm_conn *c) {
  return (enum kind)(c->index % KINDS);
}

static bool slow_opened(struct swarm_conn *c) {
  return swarm_send(c, OPENINGS[kind_of(c)]);
}

static bool slow_received(struct swarm_conn *c, struct span bytes) {
  return true; /* what comes is not looked at: how long the connection lasts is the question */
}

static void slow_closed(struct swarm_conn *c, enum swarm_state was) {
  ended++;
}

/** One client's share of a second, at once. */
static void dribble(struct swarm_conn *c, size_t rate) {
  static const char filler[SWARM_SEND_BYTES_MAX] = {[0 ... SWARM_SEND_BYTES_MAX - 1] = 'a'};
  if (c->state != SWARM_OPEN) return;
  if (kind_of(c) == DOWNLOAD) {
    swarm_read(c, rate);
    return;
  }
  rate = kind_of(c) == HEAD && rate > HEAD_RATE_MAX ? HEAD_RATE_MAX : rate;
  size_t room = sizeof(c->out) - c->unsent;
  if (!swarm_send(c, span_from(filler, rate < room ? rate : room))) swarm_close(c);
}

/** Each turn serves one slice of the clients, so that each gets its bytes once a second. */
static void dribble_slice(struct swarm *s, unsigned slice, size_t rate) {
  for (uint32_t i = slice; i < s->count; i += SLICES) dribble(&s->conns[i], rate);
}

static bool input_ended(void) {
  struct pollfd input = {.fd = 0, .events = POLLIN};
  return poll(&input, 1, 0) > 0;
}

int main(int argc, char **argv) {
  static const struct swarm_role role = {.alpn = "http/1.1",
                                         .own_bytes = 1,
                                         .opened = slow_opened,
                                         .received = slow_received,
                                         .closed = slow_closed,
                                         .paced = true,
                                         .receive_buffer_bytes = RECEIVE_BUFFER_BYTES};
  struct tool_text texts[] = {{"target", NULL, "the proxy, on loopback"}, {0}};
  enum { COUNT, RATE, SETTLE, SECONDS };
  struct tool_number numbers[] = {{"count", 10000, 1, 20000, "clients"},
                                  {"rate", 400, 1, SWARM_SEND_BYTES_MAX, "bytes a second each"},
                                  {"settle", 5, 0, 60, "seconds of slowness before the report"},
                                  {"seconds", 180, 1, 600, "then it ends"},
                                  {0}};
  tool_options(argc, argv, numbers, texts);
  tool_end_after(numbers[SECONDS].value + 10);

  struct swarm swarm;
  swarm_init(&swarm, &role, texts[0].value, (uint32_t)numbers[COUNT].value);
  mono_us now = tool_now(), turn_at = now, end = now + (mono_us)numbers[SECONDS].value * 1000000;
  mono_us settled = end;
  uint32_t begun = 0;
  bool reported = false;
  for (unsigned slice = 0; now < end && !input_ended(); now = tool_now()) {
    while (begun < swarm.count && swarm.handshakes < AT_ONCE) swarm_open(&swarm.conns[begun++]);
    swarm_turn(&swarm, now < turn_at ? (int)((turn_at - now) / 1000) : 0);
    if (tool_now() >= turn_at) {
      dribble_slice(&swarm, slice++ % SLICES, numbers[RATE].value);
      turn_at += TURN_MS * 1000;
    }
    bool all_open = begun == swarm.count && swarm.handshakes == 0;
    if (all_open && settled == end) settled = tool_now() + (mono_us)numbers[SETTLE].value * 1000000;
    if (reported || now < settled) continue;
    printf("{\"opened\":%llu}\n", (unsigned long long)swarm.opened);
    fflush(stdout);
    reported = true;
  }
  printf("{\"held\":%u}\n", swarm.open);
  swarm_fini(&swarm);
  return 0;
}
