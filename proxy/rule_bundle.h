// SPDX-License-Identifier: Apache-2.0
/** The rule files of one revision as one text, and back: what stands in the store under `rules`. Each file is a header
 *  and its bytes as they are, and a newline:
 *
 *      #: 1234 site.rules          length in bytes, name
 *
 *  A header is a comment of the language, so that a bundle of one file is a rule file itself. A text that does not
 *  begin with a header is one file of the name RULE_BUNDLE_UNNAMED. The packs are not in it: they are the program's.
 *  All functions are pure. */
#ifndef PROXY_RULE_BUNDLE_H
#define PROXY_RULE_BUNDLE_H

#include "rules/lang/report.h"

enum { RULE_BUNDLE_NAME_MAX = 255 };
#define RULE_BUNDLE_UNNAMED SPAN("revision")

/** The last part of a path: "site.rules" of "/etc/qorgan/site.rules"; "stdin.rules" of "-". Borrows. */
struct span rule_bundle_name(struct span path);

/** Puts all of them, by the names that rule_bundle_name gives. ERR_RANGE: a name past its bound or with control bytes;
 *  ERR_EXISTS: two of the same name; ERR_FULL: `out` is. `*at` is the source that it is about. */
int rule_bundle_join(const struct source *sources, size_t count, struct buf *out, size_t *at);

/** Any bytes are safe. Answers how many in `*count`; they borrow `text`. ERR_CORRUPT; ERR_FULL: more than `max`. */
int rule_bundle_split(struct span text, struct source *out, size_t max, size_t *count);

#endif
