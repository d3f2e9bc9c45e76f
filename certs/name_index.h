// SPDX-License-Identifier: Apache-2.0
/** From a host name to the certificates for it: a sorted array, two binary searches a look-up (the name, then the
 *  wildcard one label up), nothing allocated. 10,000 names: 14 comparisons each. Immutable once built. */
#ifndef CERTS_NAME_INDEX_H
#define CERTS_NAME_INDEX_H

#include "certs/cert.h"

/** The certificates for one name, one a kind of key; NULL where there is none. Borrowed from the store that holds
 *  them. */
struct cert_pair {
  const struct cert *of[CERT_KIND_COUNT];
};

struct name_row {
  struct span name;
  struct cert_pair pair;
};

struct name_index {
  struct name_row *rows; /* sorted by length, then bytes; each name once */
  size_t count;
};

/** Borrows the certificates and their names; the rows are the arena's. Of two certificates of one kind for one name the
 *  first counts, unless only the other is valid at `now`. ERR_MEMORY. */
int name_index_build(const struct cert *certs, size_t count, real_ms now, struct arena *arena,
                     struct name_index *out);

/** Case does not matter, nor one dot at the end. "*.example.kz" stands for exactly one label (RFC 6125 §6.4.3, RFC 9525
 *  §6.3). A kind that the exact name lacks is filled from the wildcard. Empty pair: no certificate. Any thread. */
struct cert_pair name_index_find(const struct name_index *index, struct span host);

#endif
