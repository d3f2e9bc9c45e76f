// SPDX-License-Identifier: Apache-2.0
/** Reads one origin: "http://host[:port]", "https://host[:port]", "unix:/path", or the section {url, ca}. */
#ifndef PROXY_CONFIG_ORIGIN_H
#define PROXY_CONFIG_ORIGIN_H

#include "proxy/config_read.h"

config_take config_origin_take; /* struct origin_spec */
config_take config_origin_url;  /* the same, of a scalar */

/** What an origin's URL says, before names are looked up. Spans borrow from the URL. */
struct config_origin_parts {
  bool tls, local;  /* local: a unix socket, whose path is `host` */
  struct span host; /* without brackets */
  uint16_t port;
};

/** NULL, or what is wrong with it (static). Pure. */
const char *config_origin_split(struct span url, struct config_origin_parts *out);

#endif
