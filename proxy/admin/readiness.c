// SPDX-License-Identifier: Apache-2.0
#include "proxy/admin/readiness.h"

static bool site_is_up(const struct overview *o, const struct site_spec *site) {
  for (size_t i = 0; i < site->origin_count; i++) {
    if (overview_origin_up(o, &site->origins[i])) return true;
  }
  return false;
}

bool readiness(const struct overview *o, struct buf *why) {
  if (o->draining) {
    buf_put_text(why, "draining: this process takes no new connections\n");
    return false;
  }
  for (size_t i = 0; i < o->setup->site_count; i++) {
    const struct site_spec *site = &o->setup->sites[i];
    if (site_is_up(o, site)) continue;
    buf_printf(why, "no origin of site %.*s answers\n", SPAN_ARG(site->hosts[0]));
    return false;
  }
  buf_put_text(why, "ready\n");
  return true;
}
