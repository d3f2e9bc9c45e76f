// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/access.h"

#include "proxy/flow/routes.h"

#include <stdio.h>

static struct span header_value(const struct exchange *x, enum header_id id) {
  const struct header *h = message_find(&x->request, id);
  return h ? h->value : span_from("", 0);
}

static struct span protocol_of(const struct exchange *x) {
  if (x->request.http2) return SPAN("h2");
  return x->request.minor ? SPAN("http/1.1") : SPAN("http/1.0");
}

static void put_text(struct buf *b, struct span key, struct span value) {
  buf_put(b, key);
  buf_put_json(b, value);
}

static void put_number(struct buf *b, struct span key, uint64_t value) {
  buf_put(b, key);
  buf_put_u64(b, value);
}

/* Milliseconds with one decimal, of microseconds. */
static void put_ms(struct buf *b, struct span key, mono_us us) {
  uint64_t tenths = us > 0 ? (uint64_t)us / 100 : 0;
  put_number(b, key, tenths / 10);
  char decimal[2] = {'.', (char)('0' + tenths % 10)};
  buf_put(b, span_from(decimal, 2));
}

static void put_path(struct buf *b, struct exchange *x) {
  if (!x->routes->setup->log_query || x->request.query.len == 0) {
    put_text(b, SPAN(",\"path\":"), x->request.path);
    return;
  }
  struct span target =
      arena_printf(&x->arena, "%.*s%.*s", SPAN_ARG(x->request.path), SPAN_ARG(x->request.query));
  put_text(b, SPAN(",\"path\":"), target);
}

/* What was decided and what came of it; the user as the journal knows him. */
static void put_ruling(struct buf *b, const struct ruling *r) {
  if (r->scored) buf_printf(b, ",\"score\":%.1f", r->score);
  if (r->rules.len) {
    buf_put(b, SPAN(",\"reasons\":"));
    buf_put(b, r->rules);
  }
  if (r->login.len) put_text(b, SPAN(",\"login\":"), r->login);
  if (r->outcome) put_text(b, SPAN(",\"outcome\":"), span_of(r->outcome));
  if (r->user.low || r->user.high) {
    const uint8_t *bytes = (const uint8_t *)&r->user;
    buf_put(b, SPAN(",\"user\":\""));
    for (size_t i = 0; i < sizeof(r->user); i++) buf_printf(b, "%02x", bytes[i]);
    buf_put_byte(b, '"');
  }
}

static void put_json(struct buf *b, struct exchange *x, mono_us now_us) {
  char time[25], client[ADDR_TEXT_MAX];
  clock_format(x->began_real, time);
  size_t client_len = addr_format(&x->client, client);
  buf_put(b, SPAN("{\"time\":\""));
  buf_put(b, span_from(time, 24));
  buf_put(b, SPAN("\",\"id\":\""));
  buf_put(b, span_from(x->id, EXCHANGE_ID_LEN));
  buf_put(b, SPAN("\",\"client\":\""));
  buf_put(b, span_from(client, client_len));
  put_number(b, SPAN("\",\"port\":"), x->port);
  put_text(b, SPAN(",\"site\":"), x->request.host);
  put_text(b, SPAN(",\"method\":"), x->request.method);
  put_path(b, x);
  put_text(b, SPAN(",\"proto\":"), protocol_of(x));
  put_number(b, SPAN(",\"status\":"), (uint64_t)x->status);
  put_number(b, SPAN(",\"bytes_in\":"), x->bytes_in);
  put_number(b, SPAN(",\"bytes_out\":"), x->bytes_out);
  put_ms(b, SPAN(",\"ms\":"), now_us - x->began_us);
  if (x->answered_us) put_ms(b, SPAN(",\"origin_ms\":"), x->answered_us - x->began_us);
  if (x->session->ja4[0]) put_text(b, SPAN(",\"ja4\":"), span_of(x->session->ja4));
  if (x->session->h2) put_text(b, SPAN(",\"h2\":"), span_of(x->session->h2));
  put_text(b, SPAN(",\"headers\":"), span_of(x->headers));
  put_text(b, SPAN(",\"agent\":"), header_value(x, HEADER_USER_AGENT));
  put_text(b, SPAN(",\"verdict\":"), span_of(x->verdict));
  if (x->ruling) put_ruling(b, x->ruling);
  if (x->refusal) put_text(b, SPAN(",\"refused\":"), span_of(refusal_text(x->refusal)));
  if (x->cut) buf_put(b, SPAN(",\"cut\":true"));
  buf_put(b, SPAN("}\n"));
}

/* The "combined" format that log tools know; what could break out of its quotes is escaped as in JSON. */
static void put_combined(struct buf *b, const struct exchange *x) {
  char time[25], client[ADDR_TEXT_MAX];
  clock_format(x->began_real, time);
  addr_format(&x->client, client);
  static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  int month = (time[5] - '0') * 10 + time[6] - '0';
  buf_printf(b, "%s - - [%.2s/%.3s/%.4s:%.8s +0000] ", client, time + 8, MONTHS + (month - 1) * 3,
             time, time + 11);
  struct span query = x->routes->setup->log_query ? x->request.query : span_from("", 0);
  static const char *const VERSIONS[] = {"HTTP/1.0", "HTTP/1.1", "HTTP/2.0"};
  char line[2048];
  int len = snprintf(line, sizeof(line), "%.*s %.*s%.*s %s", SPAN_ARG(x->request.method),
                     SPAN_ARG(x->request.path), SPAN_ARG(query),
                     VERSIONS[x->request.http2 ? 2 : x->request.minor]);
  buf_put_json(b, span_from(line, len < (int)sizeof(line) ? (size_t)len : sizeof(line) - 1));
  buf_printf(b, " %d %llu ", x->status, (unsigned long long)x->bytes_out);
  buf_put_json(b, header_value(x, HEADER_REFERER));
  buf_put_byte(b, ' ');
  buf_put_json(b, header_value(x, HEADER_USER_AGENT));
  buf_put_byte(b, '\n');
}

void access_format(struct buf *out, struct exchange *x, mono_us now_us) {
  if (x->routes->setup->log_format == LOG_FORMAT_COMBINED)
    put_combined(out, x);
  else
    put_json(out, x, now_us);
}

void access_write(struct exchange *x) {
  struct flow *f = x->flow;
  if (!f->access || x->routes->setup->log_format == LOG_FORMAT_OFF) return;
  buf_reset(&f->scratch);
  access_format(&f->scratch, x, loop_clock_us());
  bool put = !f->scratch.overflow && spool_put(f->access, buf_span(&f->scratch));
  counters_add(&f->loop->counters, COUNTER_log_dropped, (int64_t)spool_lost(f->access));
  flow_count(f, put ? COUNTER_log_lines : COUNTER_log_dropped);
  buf_reset(&f->scratch);
}
