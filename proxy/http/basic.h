// SPDX-License-Identifier: Apache-2.0
/** Name and password of HTTP Basic authentication (RFC 7617): base64 of "name:password". Pure. */
#ifndef PROXY_HTTP_BASIC_H
#define PROXY_HTTP_BASIC_H

#include "rules/base/span.h"

enum { BASIC_BYTES_MAX = 512 }; /* name, colon and password; longer ones are not read */

/** Of an Authorization header's value, into `room`, which the caller wipes. False: no Basic, or not well formed. */
bool basic_parse(struct span value, char room[BASIC_BYTES_MAX], struct span *user,
                 struct span *password);

#endif
