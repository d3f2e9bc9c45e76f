// SPDX-License-Identifier: Apache-2.0
/** Our own short answers: when the origin fails, when a request is refused, when http:// should be https://.
 *  Plain HTML in Kazakh, Russian or English by Accept-Language, with the request's id and nothing of why. */
#ifndef PROXY_FLOW_PAGE_H
#define PROXY_FLOW_PAGE_H

#include "proxy/flow/exchange.h"

/** Answers `x` with a page; the response is whole when it returns, and `x` may be gone. */
void page_answer(struct exchange *x, int status);
/** 308 to https:// (RFC 9110 §15.4.9 keeps the method). */
void page_redirect_https(struct exchange *x);

#endif
