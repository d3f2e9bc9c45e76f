// SPDX-License-Identifier: Apache-2.0
#include "rules/signals/prefix_charge.h"

const struct prefix_plan PREFIX_PLAN = {
    .v4 = {{32, 1}, {24, 8}, {20, 64}},
    .v6 = {{128, 1}, {64, 1}, {56, 4}, {48, 16}},
};

/* The keys of one client, longest prefix first. */
struct keys {
  const struct prefix_step *steps;
  uint64_t at[PREFIX_CHARGE_MAX];
  unsigned count;
};

static struct keys keys_of(const struct kru *k, const struct prefix_plan *plan, uint64_t space,
                           const struct addr *client) {
  struct keys keys = {.steps = addr_is_v4(client) ? plan->v4 : plan->v6};
  while (keys.count < PREFIX_CHARGE_MAX && keys.steps[keys.count].bits) {
    unsigned bits = keys.steps[keys.count].bits;
    struct prefix p = prefix_of(client, bits, bits);
    uint8_t bytes[17];
    memcpy(bytes, p.addr.bytes, 16);
    bytes[16] = p.bits;
    keys.at[keys.count] = kru_key(k, space, span_from(bytes, sizeof(bytes)));
    kru_prefetch(k, keys.at[keys.count++]);
  }
  return keys;
}

static uint64_t share(uint64_t price, uint32_t times) {
  return price / times + (price % times != 0);
}

struct prefix_load prefix_charge(struct kru *k, mono_ms now, const struct prefix_plan *plan,
                                 uint64_t space, const struct addr *client, uint64_t price,
                                 uint64_t most) {
  struct keys keys = keys_of(k, plan, space, client);
  struct prefix_load highest = {0, 0};
  for (unsigned i = 0; i < keys.count; i++) {
    const struct prefix_step *step = &keys.steps[i];
    uint64_t load = kru_charge(k, now, keys.at[i], share(price, step->times), most);
    if (load >= highest.load) highest = (struct prefix_load){load, step->bits};
    if (load <= most) continue;
    while (i-- > 0) kru_refund(k, now, keys.at[i], share(price, keys.steps[i].times));
    break;
  }
  return highest;
}

struct prefix_load prefix_peek(const struct kru *k, mono_ms now, const struct prefix_plan *plan,
                               uint64_t space, const struct addr *client) {
  struct keys keys = keys_of(k, plan, space, client);
  struct prefix_load highest = {0, 0};
  for (unsigned i = 0; i < keys.count; i++) {
    uint64_t load = kru_peek(k, now, keys.at[i]);
    if (load >= highest.load) highest = (struct prefix_load){load, keys.steps[i].bits};
  }
  return highest;
}

void prefix_refund(struct kru *k, mono_ms now, const struct prefix_plan *plan, uint64_t space,
                   const struct addr *client, uint64_t price) {
  struct keys keys = keys_of(k, plan, space, client);
  for (unsigned i = 0; i < keys.count; i++) {
    kru_refund(k, now, keys.at[i], share(price, keys.steps[i].times));
  }
}
