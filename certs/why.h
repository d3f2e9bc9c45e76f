// SPDX-License-Identifier: Apache-2.0
/** One sentence for people beside an error code: the file, what is wrong with it, and the mend. */
#ifndef CERTS_WHY_H
#define CERTS_WHY_H

#include "rules/base/err.h"

struct why {
  char text[1024]; /* ended by NUL; a longer sentence is cut */
};

/** Writes the sentence and answers `err`, so that a failing function ends with `return why_say(…)`. */
int why_say(struct why *why, enum err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** OpenSSL's last reason on this thread in words, and its error queue emptied. Static text, never NULL. */
const char *why_openssl(void);

#endif
