// SPDX-License-Identifier: Apache-2.0
/** Who asks, behind proxies that the operator trusts. Pure. */
#ifndef PROXY_FLOW_ADDRESS_H
#define PROXY_FLOW_ADDRESS_H

#include "proxy/flow/setup.h"
#include "proxy/http/message.h"

/** The right-most address in the configured header that is not itself trusted, when `peer` is; else `peer`.
 *  Several fields of that name are one list (RFC 9110 §5.3). What does not parse ends the walk: to its left anybody
 *  may have written. An address may carry a port ("192.0.2.1:1234", "[2001:db8::1]:1234"). */
struct addr address_of_client(const struct setup *setup, const struct message *request,
                              struct addr peer);

#endif
