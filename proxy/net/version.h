// SPDX-License-Identifier: Apache-2.0
/** The versions of the foreign libraries of this room, as loaded now and not as compiled against. */
#ifndef PROXY_NET_VERSION_H
#define PROXY_NET_VERSION_H

/** libuv, "1.44.2". Static. Any thread. */
const char *version_uv(void);

#endif
