// SPDX-License-Identifier: Apache-2.0
/** `qorgan prints hello FILE`: the JA4 of a ClientHello and what it is made of, as JSON on standard output. */
#ifndef PROXY_COMMAND_PRINTS_H
#define PROXY_COMMAND_PRINTS_H

#include "proxy/commands.h"

/** argv[0] is the file or "-": raw bytes or hex digits, one handshake message or TLS records. CLI_REFUSED: no
 *  such file, or no well-formed ClientHello in it; then stderr says why. */
int command_prints(const struct invocation *in);

#endif
