// SPDX-License-Identifier: Apache-2.0
#include "rules/base/err.h"

#include <errno.h>

const char *err_text(enum err err) {
  switch (err) {
  case OK: return "done";
#define X(name, text)                                                                              \
  case ERR_##name: return text;
    ERR_TABLE(X)
#undef X
  }
  return "an unknown error";
}

enum err err_from_errno(int code) {
  switch (code) {
  case 0: return OK;
  case ENOMEM: return ERR_MEMORY;
  case EAGAIN: return ERR_AGAIN;
  case ENOENT: return ERR_NOT_FOUND;
  case EEXIST: return ERR_EXISTS;
  case EACCES:
  case EPERM: return ERR_ACCESS;
  case EADDRINUSE:
  case EBUSY: return ERR_BUSY;
  case EPIPE:
  case ECONNRESET: return ERR_CLOSED;
  case ETIMEDOUT: return ERR_TIMEOUT;
  case ENOSPC:
  case EMFILE:
  case ENFILE: return ERR_FULL;
  default: return ERR_IO;
  }
}
