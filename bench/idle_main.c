// SPDX-License-Identifier: Apache-2.0
/** Opens `count` HTTP/2 connections, makes one request on each, and then holds them idle, over loopback, until its
 *  standard input ends: so that a bench can read the proxy's memory meanwhile.
 *  Prints {"answered": N} when all are open and answered, and at the end {"held": those still open}.
 *  Source of the frames: RFC 9113 §3.4, §4.1, §6.5, §6.7; of the header block: RFC 7541, static table only. */
#include "bench/swarm.h"
#include "bench/tool.h"

#include <poll.h>
#include <stdio.h>

enum { FRAME_HEAD_BYTES = 9, PING_BYTES = 8, AT_ONCE = 64 };
enum { FRAME_DATA, FRAME_HEADERS, FRAME_SETTINGS = 4, FRAME_PING = 6 };
enum { FLAG_END_STREAM = 1, FLAG_ACK = 1 };

/** Preface, SETTINGS (push off, windows of 64 KiB), and on stream 1: GET https bench.test /. */
static const struct span OPENING = SPAN("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                                        "\0\0\14\4\0\0\0\0\0\0\2\0\0\0\0\0\4\0\1\0\0"
                                        "\0\0\17\1\5\0\0\0\1\202\207\204\101\12"
                                        "bench.test");
static const struct span SETTINGS_ACK = SPAN("\0\0\0\4\1\0\0\0\0");

struct session {
  uint8_t head[FRAME_HEAD_BYTES];
  uint8_t head_len;
  uint8_t ping[PING_BYTES];
  uint32_t payload_len, payload_left;
  bool answered;
};

static uint64_t answered, lost;

static bool session_opened(struct swarm_conn *c) {
  return swarm_send(c, OPENING);
}

/** A whole frame has passed. False: the connection cannot go on. */
static bool frame_done(struct swarm_conn *c, struct session *s) {
  uint8_t type = s->head[3], flags = s->head[4];
  bool stream_1 = s->head[8] == 1;
  if (type == FRAME_SETTINGS && !(flags & FLAG_ACK)) return swarm_send(c, SETTINGS_ACK);
  if (type == FRAME_PING && !(flags & FLAG_ACK)) {
    return swarm_send(c, SPAN("\0\0\10\6\1\0\0\0\0")) &&
           swarm_send(c, span_from(s->ping, PING_BYTES));
  }
  if ((type == FRAME_DATA || type == FRAME_HEADERS) && (flags & FLAG_END_STREAM) && stream_1) {
    s->answered = true;
    answered++;
  }
  return true;
}

static void frame_begin(struct session *s) {
  s->payload_len = (uint32_t)s->head[0] << 16 | (uint32_t)s->head[1] << 8 | s->head[2];
  s->payload_left = s->payload_len;
}

static bool session_received(struct swarm_conn *c, struct span bytes) {
  struct session *s = c->own;
  while (bytes.len) {
    if (s->head_len < FRAME_HEAD_BYTES) {
      s->head[s->head_len++] = (uint8_t)bytes.at[0];
      bytes = span_skip(bytes, 1);
      if (s->head_len < FRAME_HEAD_BYTES) continue;
      frame_begin(s);
    } else {
      size_t taken = bytes.len < s->payload_left ? bytes.len : s->payload_left;
      size_t before = s->payload_len - s->payload_left;
      for (size_t i = 0; i < taken && before + i < PING_BYTES; i++) {
        s->ping[before + i] = (uint8_t)bytes.at[i];
      }
      s->payload_left -= (uint32_t)taken;
      bytes = span_skip(bytes, taken);
    }
    if (s->payload_left) continue;
    s->head_len = 0;
    if (!frame_done(c, s)) return false;
  }
  return true;
}

static void session_closed(struct swarm_conn *c, enum swarm_state was) {
  if (!((struct session *)c->own)->answered) lost++;
}

static bool input_ended(void) {
  struct pollfd input = {.fd = 0, .events = POLLIN};
  return poll(&input, 1, 0) > 0;
}

int main(int argc, char **argv) {
  static const struct swarm_role role = {.alpn = "h2",
                                         .own_bytes = sizeof(struct session),
                                         .opened = session_opened,
                                         .received = session_received,
                                         .closed = session_closed};
  struct tool_text texts[] = {{"target", NULL, "the proxy, on loopback"}, {0}};
  enum { COUNT, SECONDS };
  struct tool_number numbers[] = {
      {"count", 2000, 1, 50000, "connections"}, {"seconds", 120, 1, 600, "then it ends"}, {0}};
  tool_options(argc, argv, numbers, texts);
  tool_end_after(numbers[SECONDS].value + 10);

  struct swarm swarm;
  swarm_init(&swarm, &role, texts[0].value, (uint32_t)numbers[COUNT].value);
  mono_us end = tool_now() + (mono_us)numbers[SECONDS].value * 1000000;
  uint32_t begun = 0;
  while (answered + lost < swarm.count && tool_now() < end) {
    while (begun < swarm.count && swarm.handshakes < AT_ONCE) swarm_open(&swarm.conns[begun++]);
    swarm_turn(&swarm, 10);
  }
  printf("{\"answered\":%llu}\n", (unsigned long long)answered);
  fflush(stdout);
  while (!input_ended() && tool_now() < end) swarm_turn(&swarm, 50);
  printf("{\"held\":%u}\n", swarm.open);
  swarm_fini(&swarm);
  return 0;
}
