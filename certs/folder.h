// SPDX-License-Identifier: Apache-2.0
/** A folder of certificates: NAME.pem beside NAME.key; fullchain.pem beside privkey.pem, as certbot leaves them;
 *  cert.pem beside key.pem, as `qorgan certs dev` does. The latter two also in its subfolders, one level down. */
#ifndef CERTS_FOLDER_H
#define CERTS_FOLDER_H

#include "certs/why.h"

/** One pair of files that exist both. An error ends the scan and is its answer. */
typedef int folder_found(void *context, const char *certificate, const char *key, struct why *why);

/** Calls `found` for each pair, in the order of the names' bytes. Halves of a pair are left out, and the log says so.
 *  ERR_NOT_FOUND (no such folder, or no pair in it), ERR_ACCESS, ERR_UNSUPPORTED (not a folder), ERR_FULL (more than
 *  100,000 names), ERR_MEMORY, ERR_IO. Blocking; main thread and commands. */
int folder_scan(const char *path, folder_found *found, void *context, struct why *why);

#endif
