// SPDX-License-Identifier: Apache-2.0
#include "proxy/server.h"

#include "proxy/admin/overview.h"

void server_overview(void *server, struct overview *out) {
  const struct server *s = server;
  *out = (struct overview){
      .version = QORGAN_VERSION,
      .started = s->started,
      .now = loop_real(s->loop),
      .mono_now = s->loop->now,
      .workers = s->worker_count,
      .draining = s->stops > 0,
      .setup = s->config.setup,
      .certs = s->certs,
  };
  for (unsigned i = 0; i < s->worker_count; i++) overview_add(out, &s->workers[i].loop->counters);
  overview_take_process(out);
  if (s->has_store) overview_take_store(out, &s->store);
}
