// SPDX-License-Identifier: Apache-2.0
/** Who is logged in at the demonstration newsroom. There is one account, shown to everybody; its password is a constant
 *  of the program and what a visitor typed is compared and forgotten. Past VISITORS_MAX the oldest is logged out. */
#ifndef PROXY_DEMO_VISITORS_H
#define PROXY_DEMO_VISITORS_H

#include "rules/base/clock.h"
#include "rules/base/span.h"

#define VISITORS_USER "aigerim"
#define VISITORS_PASSWORD "steppe-morning-42"
/* WordPress ends the name with a digest of the site's address; ours is made up. */
#define VISITORS_COOKIE "wordpress_logged_in_5d41da1a7a6b"

enum { VISITORS_MAX = 64, VISITORS_TOKEN_BYTES = 16, VISITORS_LAST_MS = 12 * 3600 * 1000 };

struct visitors {
  struct visitor {
    uint8_t token[VISITORS_TOKEN_BYTES];
    real_ms until; /* 0: nobody */
  } ring[VISITORS_MAX];
  unsigned next;
};

enum { VISITORS_TOKEN_TEXT = 2 * VISITORS_TOKEN_BYTES };

bool visitors_right(struct span user, struct span password);

/** Lets one in; its token's hex digits and a NUL go to `text`. False: the system gives no chance. */
bool visitors_enter(struct visitors *v, real_ms now, char text[VISITORS_TOKEN_TEXT + 1]);
bool visitors_known(const struct visitors *v, real_ms now, struct span token);
void visitors_leave(struct visitors *v, struct span token);

#endif
