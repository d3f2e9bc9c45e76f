// SPDX-License-Identifier: Apache-2.0
#include "proxy/tls/version.h"

#include <openssl/crypto.h>

const char *version_openssl(void) {
  return OpenSSL_version(OPENSSL_VERSION_STRING);
}
