// SPDX-License-Identifier: Apache-2.0
#include "proxy/net/signals.h"

#include "proxy/net/handles.h"
#include "rules/base/err.h"

#include <signal.h>
#include <stdlib.h>

static const int CAUGHT[] = {SIGTERM, SIGINT, SIGHUP};
enum { COUNT = sizeof(CAUGHT) / sizeof(CAUGHT[0]) };

struct signals {
  uv_signal_t handles[COUNT];
  void (*caught)(void *owner, int signal);
  void *owner;
  int open;
};

static void on_signal(uv_signal_t *handle, int number) {
  struct signals *s = handle->data;
  s->caught(s->owner, number);
}

static void on_closed(uv_handle_t *handle) {
  struct signals *s = handle->data;
  if (--s->open == 0) free(s);
}

int signals_open(struct loop *l, void (*caught)(void *owner, int signal), void *owner,
                 struct signals **out) {
  struct signals *s = calloc(1, sizeof(*s));
  if (!s) return ERR_MEMORY;
  s->caught = caught;
  s->owner = owner;
  signal(SIGPIPE, SIG_IGN);
  for (int i = 0; i < COUNT; i++) {
    uv_signal_init(&l->handles->uv, &s->handles[i]);
    s->handles[i].data = s;
    s->open++;
    int code = uv_signal_start(&s->handles[i], on_signal, CAUGHT[i]);
    if (code) {
      signals_close(&s);
      return err_from_uv(code);
    }
  }
  *out = s;
  return OK;
}

void signals_close(struct signals **signals) {
  struct signals *s = *signals;
  *signals = NULL;
  for (int i = 0, count = s ? s->open : 0; i < count; i++)
    uv_close((uv_handle_t *)&s->handles[i], on_closed);
}
