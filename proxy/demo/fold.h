// SPDX-License-Identifier: Apache-2.0
/** Searching without regard to case in Latin and Cyrillic text, Kazakh letters included (Unicode 15, blocks Basic Latin
 *  and Cyrillic). All other letters compare exactly. Pure. */
#ifndef PROXY_DEMO_FOLD_H
#define PROXY_DEMO_FOLD_H

#include "rules/base/span.h"

/** Whether `part` stands in `whole`; both UTF-8. The empty text stands in every one. */
bool fold_contains(struct span whole, struct span part);

#endif
