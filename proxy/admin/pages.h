// SPDX-License-Identifier: Apache-2.0
/** What stands under which path, and how an answer is written. Pure but for the buffers. */
#ifndef PROXY_ADMIN_PAGES_H
#define PROXY_ADMIN_PAGES_H

#include "proxy/admin/overview.h"
#include "proxy/http/message.h"
#include "rules/base/buf.h"

/** Of one answer, its head included: 20000 certificates with long paths. Past it 500. */
enum { PAGES_BYTES_MAX = 8 << 20 };

/** Puts the whole answer to a request: GET and HEAD of the paths in pages.c; else 404 or 405. The connection ends after
 *  it. False: no memory even for a refusal. */
bool pages_answer(struct buf *out, const struct message *request, const struct overview *o);
/** The answer to what was no request. */
bool pages_refuse(struct buf *out, enum refusal why);

#endif
