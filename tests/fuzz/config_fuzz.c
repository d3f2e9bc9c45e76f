// SPDX-License-Identifier: Apache-2.0
// room: proxy
/* Any bytes are a configuration or a clear error: never a crash, a leak, or an error without a place. */
#include "proxy/config.h"
#include "proxy/resolve.h"

#include "rules/base/err.h"
#include "rules/base/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Linked instead of proxy/resolve.c: every name has one address, and nobody is asked. */
int resolve_host(const char *host, uint16_t port, struct arena *arena, struct endpoint **out,
                 size_t *count, const char **why) {
  *why = "the fuzzer says so";
  if (host[0] == 'x') return ERR_NOT_FOUND;
  *out = arena_zero(arena, sizeof(**out));
  if (!*out) return ERR_MEMORY;
  **out = (struct endpoint){.kind = ENDPOINT_TCP, .port = port};
  *count = 1;
  return OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct config c = {0};
  struct config_error why;
  int err = config_parse(span_from(data, size), "q.yaml", "/", &c, &why);
  size_t len = strnlen(why.text, sizeof(why.text));
  require(len < sizeof(why.text));
  if (err) {
    require(!c.setup && span_starts(span_from(why.text, len), SPAN("q.yaml:")));
    return 0;
  }
  require(len == 0 && c.setup->site_count > 0 && c.listen_count > 0 && c.workers > 0);
  require(setup_site(c.setup, c.setup->sites[0].hosts[0]));
  config_fini(&c);
  return 0;
}
