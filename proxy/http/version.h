// SPDX-License-Identifier: Apache-2.0
/** The versions of the foreign libraries of this room, as loaded now and not as compiled against. */
#ifndef PROXY_HTTP_VERSION_H
#define PROXY_HTTP_VERSION_H

/** nghttp2, "1.52.0". Static. Any thread. */
const char *version_nghttp2(void);
/** llhttp, "8.1.0": built into this program. Static. Any thread. */
const char *version_llhttp(void);

#endif
