// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/spool.h"

#include "rules/base/buf.h"
#include "rules/base/err.h"
#include "rules/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { WAKE_MS = 200 };

struct spool_lane {
  struct spool *spool;
  pthread_mutex_t lock;
  struct buf filling;
  _Atomic uint64_t lost; /* lines that the file refused, not yet reported */
};

struct spool {
  char *path;
  int fd;
  pthread_t thread;
  pthread_mutex_t lock; /* of what stands below */
  pthread_cond_t wake;
  bool urgent, reopen, ending;
  bool failing; /* the last write failed: said once */
  unsigned count;
  struct spool_lane lanes[];
};

static int open_file(const char *path, int *fd) {
  *fd = strcmp(path, "-") == 0 ? dup(STDOUT_FILENO)
                               : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  return *fd < 0 ? err_from_errno(errno) : OK;
}

static uint64_t count_lines(struct span bytes) {
  uint64_t lines = 0;
  while (bytes.len) {
    span_cut(&bytes, '\n');
    lines++;
  }
  return lines;
}

/* Answers how many lines were lost. */
static uint64_t write_all(struct spool *s, struct span bytes) {
  while (bytes.len) {
    ssize_t wrote = write(s->fd, bytes.at, bytes.len);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      if (!s->failing)
        log_error("access log %s: %s; lines are lost until it can be written", s->path,
                  strerror(errno));
      s->failing = true;
      return count_lines(bytes);
    }
    s->failing = false;
    bytes = span_skip(bytes, (size_t)wrote);
  }
  return 0;
}

static void empty_lanes(struct spool *s, struct buf *spare) {
  for (unsigned i = 0; i < s->count; i++) {
    struct spool_lane *lane = &s->lanes[i];
    pthread_mutex_lock(&lane->lock);
    struct buf full = lane->filling;
    lane->filling = *spare;
    pthread_mutex_unlock(&lane->lock);
    uint64_t lost = write_all(s, buf_span(&full));
    if (lost) atomic_fetch_add(&lane->lost, lost);
    buf_reset(&full);
    *spare = full;
  }
}

static void do_reopen(struct spool *s) {
  int fd;
  int err = open_file(s->path, &fd);
  if (err) {
    log_error("access log %s cannot be reopened: %s; the old file stays in use", s->path,
              err_text(err));
    return;
  }
  close(s->fd);
  s->fd = fd;
}

/* True while there is more to do. */
static bool wait_for_work(struct spool *s, bool *reopen) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += WAKE_MS * 1000000L;
  until.tv_sec += until.tv_nsec / 1000000000L;
  until.tv_nsec %= 1000000000L;
  pthread_mutex_lock(&s->lock);
  while (!s->urgent && !s->ending && !s->reopen) {
    if (pthread_cond_timedwait(&s->wake, &s->lock, &until) == ETIMEDOUT) break;
  }
  s->urgent = false;
  *reopen = s->reopen;
  s->reopen = false;
  bool ending = s->ending;
  pthread_mutex_unlock(&s->lock);
  return !ending;
}

static void *run(void *argument) {
  struct spool *s = argument;
  struct buf spare;
  buf_init(&spare, s->lanes[0].filling.bytes_max);
  bool reopen = false, more = true;
  while (more) {
    more = wait_for_work(s, &reopen);
    empty_lanes(s, &spare);
    if (reopen) do_reopen(s);
  }
  buf_fini(&spare);
  return NULL;
}

int spool_new(const char *path, unsigned lanes, uint32_t lane_bytes_max, struct spool **out) {
  struct spool *s = calloc(1, sizeof(*s) + lanes * sizeof(s->lanes[0]));
  if (!s) return ERR_MEMORY;
  s->path = strdup(path);
  int err = s->path ? open_file(path, &s->fd) : ERR_MEMORY;
  if (err) {
    free(s->path);
    free(s);
    return err;
  }
  s->count = lanes;
  pthread_mutex_init(&s->lock, NULL);
  pthread_cond_init(&s->wake, NULL);
  for (unsigned i = 0; i < lanes; i++) {
    s->lanes[i].spool = s;
    pthread_mutex_init(&s->lanes[i].lock, NULL);
    buf_init(&s->lanes[i].filling, lane_bytes_max);
  }
  if (pthread_create(&s->thread, NULL, run, s)) {
    close(s->fd);
    free(s->path);
    free(s);
    return ERR_MEMORY;
  }
  *out = s;
  return OK;
}

static void tell(struct spool *s, bool *what) {
  pthread_mutex_lock(&s->lock);
  *what = true;
  pthread_cond_signal(&s->wake);
  pthread_mutex_unlock(&s->lock);
}

void spool_free(struct spool **spool) {
  struct spool *s = *spool;
  if (!s) return;
  tell(s, &s->ending);
  pthread_join(s->thread, NULL);
  for (unsigned i = 0; i < s->count; i++) {
    buf_fini(&s->lanes[i].filling);
    pthread_mutex_destroy(&s->lanes[i].lock);
  }
  pthread_mutex_destroy(&s->lock);
  pthread_cond_destroy(&s->wake);
  close(s->fd);
  free(s->path);
  free(s);
  *spool = NULL;
}

void spool_reopen(struct spool *s) {
  tell(s, &s->reopen);
}

struct spool_lane *spool_lane(struct spool *s, unsigned index) {
  return &s->lanes[index];
}

uint64_t spool_lost(struct spool_lane *lane) {
  if (atomic_load_explicit(&lane->lost, memory_order_relaxed) == 0) return 0;
  return atomic_exchange(&lane->lost, 0);
}

bool spool_put(struct spool_lane *lane, struct span line) {
  pthread_mutex_lock(&lane->lock);
  bool was_low = buf_len(&lane->filling) < lane->filling.bytes_max / 2;
  bool put = buf_put(&lane->filling, line);
  if (!put) lane->filling.overflow = false;
  bool is_high = buf_len(&lane->filling) >= lane->filling.bytes_max / 2;
  pthread_mutex_unlock(&lane->lock);
  if (was_low && is_high) tell(lane->spool, &lane->spool->urgent);
  return put;
}
