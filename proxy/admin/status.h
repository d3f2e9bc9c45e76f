// SPDX-License-Identifier: Apache-2.0
/** GET /status.json: the same look as /metrics, shaped for people's tools: `qorgan status` and the dashboard. */
#ifndef PROXY_ADMIN_STATUS_H
#define PROXY_ADMIN_STATUS_H

#include "proxy/admin/overview.h"
#include "rules/base/buf.h"

/** One JSON object:
 *    version, started (RFC 3339), uptime_seconds, workers, draining, ready, reason
 *    process       {resident_bytes, open_fds, max_fds}
 *    counters      {id of proxy/net/counters.h: sum}
 *    origins       [{site, origin, up, rests_seconds}]
 *    certificates  [{certificate, names, not_after, days_left}]
 *    store         null, or {up, state, used_bytes, size_max_bytes, queue_depth, queue_capacity, commits,
 *                  commit_us_last, commit_us_max, list_prefixes}
 *  ERR_MEMORY, and the buffer is as it was; a full buffer shows by its `overflow`. */
int status_put(struct buf *out, const struct overview *o);

#endif
