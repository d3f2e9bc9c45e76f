// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/pages.h"

#include "proxy/admin/dashboard.h"
#include "proxy/admin/metrics.h"
#include "proxy/admin/readiness.h"
#include "proxy/admin/status.h"
#include "proxy/http/h1.h"

/* Each puts a body and answers its status. */
static int put_metrics(struct buf *body, const struct overview *o) {
  metrics_put(body, o);
  return 200;
}

static int put_status(struct buf *body, const struct overview *o) {
  return status_put(body, o) ? 500 : 200;
}

static int put_health(struct buf *body, const struct overview *o) {
  buf_put_text(body, "ok\n");
  return 200;
}

static int put_readiness(struct buf *body, const struct overview *o) {
  return readiness(o, body) ? 200 : 503;
}

static int put_dashboard(struct buf *body, const struct overview *o) {
  buf_put_text(body, DASHBOARD_HTML);
  return 200;
}

static int put_script(struct buf *body, const struct overview *o) {
  buf_put_text(body, DASHBOARD_SCRIPT);
  return 200;
}

static int put_style(struct buf *body, const struct overview *o) {
  buf_put_text(body, DASHBOARD_STYLE);
  return 200;
}

static const char PLAIN[] = "text/plain; charset=utf-8";

static const struct page {
  const char *path, *type;
  int (*put)(struct buf *body, const struct overview *o);
} PAGES[] = {
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", put_metrics},
    {"/healthz", PLAIN, put_health},
    {"/readyz", PLAIN, put_readiness},
    {"/status.json", "application/json", put_status},
    {"/", "text/html; charset=utf-8", put_dashboard},
    {"/dashboard.js", "text/javascript; charset=utf-8", put_script},
    {"/dashboard.css", "text/css; charset=utf-8", put_style},
};

static const struct page *page_at(struct span path) {
  for (size_t i = 0; i < sizeof(PAGES) / sizeof(*PAGES); i++) {
    if (span_eq(path, span_of(PAGES[i].path))) return &PAGES[i];
  }
  return NULL;
}

static bool put_answer(struct buf *out, int status, const char *type, struct span body, bool head) {
  char length[24];
  snprintf(length, sizeof(length), "%zu", body.len);
  h1_put_status(out, status);
  h1_put_header(out, SPAN("Content-Type"), span_of(type));
  h1_put_header(out, SPAN("Content-Length"), span_of(length));
  h1_put_header(out, SPAN("Connection"), SPAN("close"));
  h1_put_header(out, SPAN("Cache-Control"), SPAN("no-store"));
  h1_put_header(out, SPAN("X-Content-Type-Options"), SPAN("nosniff"));
  h1_put_header(out, SPAN("Referrer-Policy"), SPAN("no-referrer"));
  h1_put_header(out, SPAN("Content-Security-Policy"),
                SPAN("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                     "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"));
  if (status == 405) h1_put_header(out, SPAN("Allow"), SPAN("GET, HEAD"));
  buf_put(out, SPAN("\r\n"));
  if (!head) buf_put(out, body);
  return !out->overflow;
}

static bool put_words(struct buf *out, int status, const char *words, bool head) {
  char line[256];
  int len = snprintf(line, sizeof(line), "%d %s%s%s\n", status, h1_reason(status),
                     *words ? ": " : "", words);
  buf_reset(out);
  return put_answer(out, status, PLAIN, span_from(line, (size_t)len), head);
}

bool pages_answer(struct buf *out, const struct message *request, const struct overview *o) {
  bool head = message_is(request, SPAN("HEAD"));
  if (!head && !message_is(request, SPAN("GET"))) return put_words(out, 405, "", false);
  const struct page *page = page_at(request->path);
  if (!page) return put_words(out, 404, "see /", head);
  struct buf body;
  buf_init(&body, PAGES_BYTES_MAX - 1024);
  int status = page->put(&body, o);
  bool put =
      !body.overflow && status != 500 && put_answer(out, status, page->type, buf_span(&body), head);
  buf_fini(&body);
  return put || put_words(out, 500, "out of memory, or too much to show", head);
}

bool pages_refuse(struct buf *out, enum refusal why) {
  return put_words(out, refusal_status(why), refusal_text(why), false);
}
