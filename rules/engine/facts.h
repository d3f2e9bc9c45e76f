// SPDX-License-Identifier: Apache-2.0
/** What is known of one request, for the rules to ask. Its members are the rows of fields.h:
 *
 *      BOOL    enum truth            0: not known
 *      NUMBER  double                NaN: not known
 *      TEXT    struct span           at == NULL: not known; SPAN(""): known, and empty or absent
 *      SECRET  struct span           a keyed digest, never the thing itself
 *      ADDR    const struct addr *   NULL: not known
 *
 *  Facts own nothing: what they point to must live as long as the exchange. One thread. */
#ifndef RULES_ENGINE_FACTS_H
#define RULES_ENGINE_FACTS_H

#include "rules/base/addr.h"
#include "rules/engine/fields.h"

/** Kleene's three: `and` is the least, `or` the greatest, `not` the sign turned. */
enum truth { TRUTH_NO = -1, TRUTH_UNKNOWN = 0, TRUTH_YES = 1 };

/** How to look into a message whose layout the engine need not know. */
struct facts_readers {
  /** The nth (from 0) value of the header `name`, whose case does not matter; at == NULL past the last. */
  struct span (*header)(const void *message, struct span name, size_t nth);
  /** The nth value of a form's field, decoded; at == NULL past the last. */
  struct span (*form)(const void *form, struct span name, size_t nth);
};

struct facts {
#define FACT_ONE_BOOL(member) enum truth member;
#define FACT_ONE_NUMBER(member) double member;
#define FACT_ONE_TEXT(member) struct span member;
#define FACT_ONE_SECRET(member) struct span member;
#define FACT_ONE_ADDR(member) const struct addr *member;
#define FACT_MANY_TEXT(member)
#define FACT_MAP_TEXT(member)
#define X(member, name, type, shape, phase, bytes, from, help) FACT_##shape##_##type(member)
  FIELD_TABLE(X)
#undef X
  const struct facts_readers *readers;
  const void *request, *response; /* for readers->header; NULL: not known */
  const void *form;               /* for readers->form; NULL: not known */
  uint64_t sources;               /* rule files in force at this site: program_sources() */
};

static inline enum truth truth_of(bool held) {
  return held ? TRUTH_YES : TRUTH_NO;
}

/** Nothing is known yet, but that no good bot is verified and no alarm stands. `readers` may be NULL: then no header,
 *  and no form, is. */
void facts_init(struct facts *f, const struct facts_readers *readers, uint64_t sources);

/** Path and query of a request target in origin form. Borrows. */
void facts_set_uri(struct facts *f, struct span uri);

/** The media type in a Content-Type: without parameters, in small letters in `room`. Longer ones are cut. */
enum { FACTS_MIME_MAX = 64 };
struct span facts_mime(struct span content_type, char room[FACTS_MIME_MAX]);

enum facts_found { FACTS_VALUE, FACTS_END, FACTS_UNKNOWN };

/** The nth value of a field with several; one that is absent has the one value "". */
enum facts_found facts_value(const struct facts *f, enum field_id field, struct span key,
                             size_t nth, struct span *out);

/** The nth `name=value` of a query (RFC 3986 §3.4, as forms write it) or, between semicolons, of a Cookie header
 *  (RFC 6265 §4.2.1): the value as sent. False past the last. Pure. */
bool facts_pair(struct span text, char between, struct span name, size_t nth, struct span *value);

#endif
