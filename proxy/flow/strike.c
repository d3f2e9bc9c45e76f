// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/strike.h"

#include "rules/base/log.h"

enum { LOG_EACH_MS = 1000 };

static void say(struct flow *f, const struct addr *client, const char *why, uint32_t strikes) {
  if (f->strike_said && f->loop->now - f->strike_said < LOG_EACH_MS) {
    f->strikes_unsaid++;
    return;
  }
  char text[ADDR_TEXT_MAX];
  addr_format(client, text);
  if (f->strikes_unsaid)
    log_warn("client %s: %s, strike %u (and %u strikes that were not logged)", text, why, strikes,
             f->strikes_unsaid);
  else
    log_warn("client %s: %s, strike %u", text, why, strikes);
  f->strike_said = f->loop->now;
  f->strikes_unsaid = 0;
}

void strike(struct session *s, enum strike why) {
  static const struct {
    enum counter counter;
    const char *text;
  } ROWS[] = {
#define X(name, counter, text) {counter, text},
    STRIKE_TABLE(X)
#undef X
  };
  if (s->struck) return;
  s->struck = true;
  flow_count(s->flow, ROWS[why].counter);
  uint32_t strikes = client_table_strike(&s->flow->clients, &s->client);
  say(s->flow, &s->client, ROWS[why].text, strikes);
}
