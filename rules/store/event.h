// SPDX-License-Identifier: Apache-2.0
/** The bytes of one journal event: what happened, without the chain around it (journal.h).
 *  Fields are (tag 1, length 2, bytes); one that is empty or zero is left out; one whose tag is not known is passed
 *  over, so that an older program reads a newer journal. All functions are pure. */
#ifndef RULES_STORE_EVENT_H
#define RULES_STORE_EVENT_H

#include "rules/engine/memory.h"

enum { EVENT_BYTES_MAX = 896 };

/** Texts past MEMORY_TEXT_MAX are cut; when all do not fit, the agent and then the path are cut shorter. Answers the
 *  bytes in `out`; ERR_RANGE: `facts` are too long. */
int event_encode(const struct memory_event *event, char out[EVENT_BYTES_MAX], struct span *bytes);

/** Any bytes are safe. Texts are borrowed from `bytes`. ERR_CORRUPT. */
int event_decode(struct span bytes, struct memory_event *event);

#endif
