// SPDX-License-Identifier: Apache-2.0
#include "proxy/http/version.h"

#include <llhttp.h>
#include <nghttp2/nghttp2.h>

#define QUOTED(text) #text
#define TEXT_OF(number) QUOTED(number)
#define DOTTED(major, minor, patch) TEXT_OF(major) "." TEXT_OF(minor) "." TEXT_OF(patch)

const char *version_nghttp2(void) {
  return nghttp2_version(0)->version_str;
}

const char *version_llhttp(void) {
  return DOTTED(LLHTTP_VERSION_MAJOR, LLHTTP_VERSION_MINOR, LLHTTP_VERSION_PATCH);
}
