// SPDX-License-Identifier: Apache-2.0
#include "proxy/flow/policy.h"

#include "rules/base/err.h"

#include <stdlib.h>

/* Addresses of all origins: what base.rules calls $origins. */
static int list_origins(struct policy *p) {
  const struct setup *s = p->setup;
  size_t count = 0;
  for (size_t i = 0; i < s->site_count; i++) {
    for (size_t j = 0; j < s->sites[i].origin_count; j++)
      count += s->sites[i].origins[j].addr_count;
  }
  p->origins = calloc(count + 1, sizeof(*p->origins));
  if (!p->origins) return ERR_MEMORY;
  p->origin_list = (struct shared_list){SPAN("origins"), p->origins, 0};
  for (size_t i = 0; i < s->site_count; i++) {
    for (size_t j = 0; j < s->sites[i].origin_count; j++) {
      const struct origin_spec *o = &s->sites[i].origins[j];
      for (size_t k = 0; k < o->addr_count; k++) {
        if (o->addrs[k].kind == ENDPOINT_TCP)
          p->origins[p->origin_list.count++] = (struct prefix){o->addrs[k].addr, 128};
      }
    }
  }
  return OK;
}

static int list_sources(struct policy *p) {
  const struct setup *s = p->setup;
  p->sources = calloc(s->site_count + 1, sizeof(*p->sources));
  if (!p->sources) return ERR_MEMORY;
  for (size_t i = 0; i < s->site_count; i++)
    p->sources[i] = program_sources(p->program, s->sites[i].packs, s->sites[i].pack_count);
  return OK;
}

static bool asks_answers(const struct program *p) {
  for (uint32_t i = 0; i < p->limit_count; i++) {
    if (p->limits[i].on.event == EVENT_ANSWER) return true;
  }
  for (uint32_t i = 0; i < p->signal_count; i++) {
    if (p->signals[i].on.event == EVENT_ANSWER) return true;
  }
  return false;
}

int policy_new(struct program *program, struct setup *setup, const struct policy_keys *keys,
               const struct policy *before, mono_ms now, struct policy **out,
               struct shared_error *why) {
  struct policy *p = calloc(1, sizeof(*p));
  *out = p;
  if (!p) {
    program_free(&program);
    return ERR_MEMORY;
  }
  atomic_init(&p->refs, 1);
  p->program = program;
  p->setup = setup_hold(setup);
  p->keys = *keys;
  p->asks_answers = asks_answers(program);
  int err = list_origins(p);
  if (!err) err = list_sources(p);
  const struct shared_options options = {
      .key = keys->meters, .sizes = SHARED_SIZES, .lists = &p->origin_list, .list_count = 1};
  if (!err)
    err = shared_new(program, &options, before ? before->shared : NULL, now, &p->shared, why);
  if (!err) p->meters = shared_meters(p->shared);
  if (err && err != ERR_RANGE) policy_drop(out);
  return err;
}

struct policy *policy_hold(struct policy *p) {
  atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
  return p;
}

void policy_drop(struct policy **policy) {
  struct policy *p = *policy;
  *policy = NULL;
  if (!p || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) > 1) return;
  shared_free(&p->shared);
  program_free(&p->program);
  setup_drop(&p->setup);
  free(p->sources);
  free(p->origins);
  free(p);
}
