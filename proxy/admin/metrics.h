// SPDX-License-Identifier: Apache-2.0
/** GET /metrics: Prometheus text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats), made from the
 *  tables of proxy/net/counters.h and metrics.c. HELP and TYPE stand once before the samples of a name. */
#ifndef PROXY_ADMIN_METRICS_H
#define PROXY_ADMIN_METRICS_H

#include "proxy/admin/overview.h"
#include "rules/base/buf.h"

/** Pure but for the buffer. */
void metrics_put(struct buf *out, const struct overview *o);

#endif
