// SPDX-License-Identifier: Apache-2.0
/** The versions of the foreign libraries of this room, as loaded now and not as compiled against. */
#ifndef PROXY_TLS_VERSION_H
#define PROXY_TLS_VERSION_H

/** OpenSSL, "3.0.15". Static. Any thread. */
const char *version_openssl(void);

#endif
