// SPDX-License-Identifier: Apache-2.0
#include "rules/lang/words.h"

#define X(name, text, help) {text, help},
const struct word action_words[] = {ACTION_TABLE(X)};
const struct word event_words[] = {EVENT_TABLE(X)};
const struct word carrier_words[] = {CARRIER_TABLE(X)};
#undef X

#define X(name, text) {text, ""},
const struct word outcome_words[] = {OUTCOME_TABLE(X)};
#undef X

int word_find(const struct word *words, size_t count, struct span text) {
  for (size_t i = 0; i < count; i++) {
    if (text.len && span_eq(text, span_of(words[i].text))) return (int)i;
  }
  return -1;
}
