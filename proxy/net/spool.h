// SPDX-License-Identifier: Apache-2.0
/** Lines on their way to a file, written by a thread of their own, so that no worker ever waits for a disk. Each
 *  worker has a lane: it appends under a lock that the writer holds only to swap buffers. A full lane drops the
 *  line and says so. Lines of one lane keep their order; the writer wakes each 200 ms, or when a lane is half
 *  full. */
#ifndef PROXY_NET_SPOOL_H
#define PROXY_NET_SPOOL_H

#include "rules/base/span.h"

struct spool;
struct spool_lane;

/** `path` "-": standard output. ERR_ACCESS, ERR_NOT_FOUND, ERR_MEMORY. Starts the thread. Main thread. */
int spool_new(const char *path, unsigned lanes, uint32_t lane_bytes_max, struct spool **out);
/** Writes what is left, ends the thread. After the last spool_put. */
void spool_free(struct spool **s);

/** Opens the file anew, after it was moved away; the old one stays in use when that fails. Any thread. */
void spool_reopen(struct spool *s);

struct spool_lane *spool_lane(struct spool *s, unsigned index);

/** Lines of this lane that the file refused since the last call. Any thread. */
uint64_t spool_lost(struct spool_lane *lane);

/** Appends a line, its newline included. False: the lane is full, nothing was taken. The lane's own thread. */
bool spool_put(struct spool_lane *lane, struct span line);

#endif
