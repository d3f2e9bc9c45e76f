// SPDX-License-Identifier: Apache-2.0
/** For the tests of proxy/admin: an overview without a program behind it. */
#ifndef TESTS_UNIT_PROXY_ADMIN_LOOK_H
#define TESTS_UNIT_PROXY_ADMIN_LOOK_H

#include "proxy/admin/overview.h"

struct look {
  struct overview overview;
  struct setup setup;
  struct site_spec sites[2];
  struct origin_spec origins[3];
  struct span hosts[2];
};

/** Two sites, of two origins and one; `l` stands still as long as the overview is used. */
static inline void look_make(struct look *l) {
  *l = (struct look){.hosts = {SPAN("www.example.kz"), SPAN("*.\"odd\"\\")}};
  l->origins[0].text = SPAN("http://127.0.0.1:1");
  l->origins[1].text = SPAN("http://127.0.0.1:2");
  l->origins[2].text = SPAN("unix:/run/a\nb");
  l->sites[0] = (struct site_spec){
      .hosts = &l->hosts[0], .host_count = 1, .origins = &l->origins[0], .origin_count = 2};
  l->sites[1] = (struct site_spec){
      .hosts = &l->hosts[1], .host_count = 1, .origins = &l->origins[2], .origin_count = 1};
  l->setup = (struct setup){.sites = l->sites, .site_count = 2};
  l->overview = (struct overview){.version = "1.2.3",
                                  .started = 1795322297536,
                                  .now = 1795322297536 + 65000,
                                  .mono_now = 10000,
                                  .workers = 2,
                                  .setup = &l->setup};
}

#endif
