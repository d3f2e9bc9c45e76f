// SPDX-License-Identifier: Apache-2.0
/** The words of the language that mean something outside it: what can be done to a request, and when things happen.
 *  One row each; the parser, the printer, the errors and the reference are made from these tables. */
#ifndef RULES_LANG_WORDS_H
#define RULES_LANG_WORDS_H

#include "rules/base/span.h"

/* clang-format off */
/* From the mildest to the severest; of several that apply the severest wins. The rows up to DROP are verdicts. */
#define ACTION_TABLE(X)                                                                                                \
  X(ALLOW,     "allow",     "let it through; as a rule's action also past all that follows")                           \
  X(THROTTLE,  "throttle",  "429 with a true Retry-After")                                                             \
  X(CHALLENGE, "challenge", "proof of work, unseen by most people")                                                    \
  X(STEP_UP,   "step_up",   "a second factor")                                                                         \
  X(TARPIT,    "tarpit",    "answered late and slowly, at little cost to us")                                          \
  X(DENY,      "deny",      "403")                                                                                     \
  X(DROP,      "drop",      "the connection is closed without an answer")                                              \
  X(BAN,       "ban",       "drop, and refuse the address at accept for the time after 'for'")                         \
  X(LOG,       "log",       "only counted and written to the journal")

/** What a limit, a signal or a score attends to, besides the routes that rule files name. */
#define EVENT_TABLE(X)                                                                                                 \
  X(REQUEST,         "request",         "every request; charged when its head is read")                                \
  X(LOGIN,           "login",           "every attempt to log in; charged on the attempt")                             \
  X(LOGIN_FAILED,    "login_failed",    "charged on the attempt, given back unless the origin said no")                \
  X(LOGIN_SUCCEEDED, "login_succeeded", "looked at on the attempt, charged when the origin said yes")                  \
  X(ANSWER,          "answer",          "looked at with the request, charged when the origin has answered")            \
  X(ROUTE,           "",                "a route of the rule files, charged when it is recognised")

/** How an attempt to log in ended, by the origin's answer. */
#define OUTCOME_TABLE(X)                                                                                               \
  X(UNKNOWN,       "unknown")                                                                                          \
  X(SUCCEEDED,     "succeeded")                                                                                        \
  X(SECOND_FACTOR, "second_factor") /* the password was right */                                                       \
  X(FAILED,        "failed")

/** Where a login statement finds a credential. */
#define CARRIER_TABLE(X)                                                                                               \
  X(FORM,   "form",   "a field of a form, URL-encoded or multipart")                                                   \
  X(JSON,   "json",   "a member of a JSON body, by its path: \"user.name\"")                                           \
  X(XMLRPC, "xmlrpc", "of an XML-RPC call: \"username\" or \"password\"; each call of a multicall counts")          \
  X(BASIC,  "basic",  "HTTP Basic: \"user\" or \"password\"")
/* clang-format on */

enum action {
#define X(name, text, help) ACTION_##name,
  ACTION_TABLE(X)
#undef X
      ACTION_COUNT
};

enum event {
#define X(name, text, help) EVENT_##name,
  EVENT_TABLE(X)
#undef X
      EVENT_COUNT
};

enum outcome {
#define X(name, text) OUTCOME_##name,
  OUTCOME_TABLE(X)
#undef X
      OUTCOME_COUNT
};

enum carrier {
#define X(name, text, help) CARRIER_##name,
  CARRIER_TABLE(X)
#undef X
      CARRIER_COUNT
};

struct word {
  const char *text, *help;
};

/** Each `…_COUNT` rows, by the enum. */
extern const struct word action_words[], event_words[], outcome_words[], carrier_words[];

/** Index of `text` among `count` words; -1 if it is not there. */
int word_find(const struct word *words, size_t count, struct span text);

#endif
