// SPDX-License-Identifier: Apache-2.0
#include "proxy/listeners.h"

#include "proxy/net/socket.h"
#include "rules/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SYSTEMD_FIRST_FD = 3 };

static bool terms_eq(const struct session_terms *a, const struct listen_spec *b) {
  return a->tls == b->tls && a->proxy_protocol == b->proxy_protocol &&
         a->redirect_https == b->redirect_https;
}

static struct listen_point *find(struct listeners *all, const struct listen_spec *spec) {
  for (struct listen_point *p = all->points; p; p = p->next) {
    if (p->wanted && endpoint_eq(&p->at, &spec->at) && terms_eq(&p->terms, spec)) return p;
  }
  return NULL;
}

/* The socket that systemd, or the process before us, handed over under this name (LISTEN_FDS, LISTEN_FDNAMES). */
static int systemd_fd(const char *name) {
  const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS"),
             *names = getenv("LISTEN_FDNAMES");
  if (!count || (pid && atol(pid) != (long)getpid())) return -1;
  struct span rest = span_of(names ? names : "");
  int total = atoi(count);
  for (int i = 0; i < total; i++) {
    struct span given = span_cut(&rest, ':');
    if (span_eq(given, span_of(name)) || (given.len == 0 && total == 1))
      return SYSTEMD_FIRST_FD + i;
  }
  return -1;
}

static int open_one(const struct listen_spec *spec, int *fd) {
  if (spec->at.kind == ENDPOINT_TCP) {
    int err = socket_is_free(&spec->at);
    if (err) return err;
  }
  if (spec->at.kind != ENDPOINT_SYSTEMD) return socket_listen(&spec->at, fd);
  int given = systemd_fd(spec->at.path);
  if (given < 0) return ERR_NOT_FOUND;
  *fd = fcntl(given, F_DUPFD_CLOEXEC, SYSTEMD_FIRST_FD);
  if (*fd < 0) return err_from_errno(errno);
  socket_adopt_listening(*fd);
  return OK;
}

static void free_point(struct listen_point **point) {
  struct listen_point *p = *point;
  *point = NULL;
  for (unsigned i = 0; p && p->fds && i < p->workers; i++) {
    if (p->fds[i] >= 0) close(p->fds[i]);
  }
  if (p) free(p->fds);
  free(p);
}

static int fill_point(struct listen_point *p, const struct listen_spec *spec) {
  for (unsigned i = 0; i < p->workers; i++) p->fds[i] = -1;
  int err = open_one(spec, &p->fds[0]);
  for (unsigned i = 1; !err && i < p->workers; i++) {
    if (spec->at.kind == ENDPOINT_TCP) {
      err = socket_listen(&spec->at, &p->fds[i]);
    } else {
      p->fds[i] = fcntl(p->fds[0], F_DUPFD_CLOEXEC, SYSTEMD_FIRST_FD);
      if (p->fds[i] < 0) err = err_from_errno(errno);
    }
  }
  return err;
}

static int new_point(const struct listen_spec *spec, unsigned workers, struct listen_point **out) {
  struct listen_point *p = calloc(1, sizeof(*p));
  if (p) p->fds = calloc(workers, sizeof(*p->fds));
  if (!p || !p->fds) {
    free(p);
    return ERR_MEMORY;
  }
  p->at = spec->at;
  p->terms = (struct session_terms){spec->tls, spec->proxy_protocol, spec->redirect_https};
  p->workers = workers;
  p->wanted = true;
  int err = fill_point(p, spec);
  if (err)
    free_point(&p);
  else
    *out = p;
  return err;
}

static int explain(int err, const struct listen_spec *spec, struct listeners_error *why) {
  char text[ENDPOINT_TEXT_MAX];
  endpoint_format(&spec->at, text);
  const char *mend =
      err == ERR_BUSY ? "another program listens there"
      : err == ERR_ACCESS
          ? "ports below 1024 need CAP_NET_BIND_SERVICE (see qorgan.service), or root"
      : err == ERR_NOT_FOUND ? "systemd handed over no socket of that name (FileDescriptorName=)"
                             : err_text((enum err)err);
  snprintf(why->text, sizeof(why->text), "cannot listen on %s: %s", text, mend);
  return err;
}

/* Opens what is missing into a list of its own first, so that a failure leaves all as it was. */
int listeners_open(struct listeners *all, const struct config *c, unsigned workers,
                   struct listeners_error *why) {
  struct listeners fresh = {NULL};
  for (size_t i = 0; i < c->listen_count; i++) {
    if (find(all, &c->listens[i])) continue;
    struct listen_point *p;
    int err = new_point(&c->listens[i], workers, &p);
    if (err) {
      listeners_fini(&fresh);
      return explain(err, &c->listens[i], why);
    }
    p->next = fresh.points;
    fresh.points = p;
  }
  for (struct listen_point *p = all->points; p; p = p->next) {
    bool named = false;
    for (size_t i = 0; i < c->listen_count; i++) named |= find(all, &c->listens[i]) == p;
    p->wanted = named;
  }
  struct listen_point **end = &all->points;
  while (*end) end = &(*end)->next;
  *end = fresh.points;
  return OK;
}

void listeners_fini(struct listeners *all) {
  while (all->points) {
    struct listen_point *p = all->points;
    all->points = p->next;
    free_point(&p);
  }
}
