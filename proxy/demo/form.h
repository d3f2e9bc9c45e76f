// SPDX-License-Identifier: Apache-2.0
/** application/x-www-form-urlencoded, of bodies and of queries (WHATWG URL Standard §5.1), and the fields of a Cookie
 *  header (RFC 6265 §5.4). Pure. */
#ifndef PROXY_DEMO_FORM_H
#define PROXY_DEMO_FORM_H

#include "rules/base/span.h"

/** The first field of this name, decoded into `out` and ended by a NUL that is not counted; empty when there is none.
 *  A value that does not fit in `room` is cut there, never within a UTF-8 sequence. A '%' without two hexadecimal
 *  digits stands for itself; NUL is left out. */
struct span form_field(struct span form, struct span name, char *out, size_t room);

/** The first cookie of this name, borrowed from `cookies`, or empty. */
struct span form_cookie(struct span cookies, struct span name);

#endif
