// SPDX-License-Identifier: Apache-2.0
/** One space of errors for the whole program: 0 or negative, one row each.
 *  A foreign library's code is translated in the file that includes the foreign header, and goes no
 * further. A refusal of a request is a verdict, never one of these. */
#ifndef RULES_BASE_ERR_H
#define RULES_BASE_ERR_H

#define ERR_TABLE(X)                                                                               \
  X(MEMORY, "out of memory")                                                                       \
  X(FULL, "a bound was reached")                                                                   \
  X(AGAIN, "not now: try again when there is more")                                                \
  X(CLOSED, "the peer closed")                                                                     \
  X(SYNTAX, "not well formed")                                                                     \
  X(RANGE, "a value out of its range")                                                             \
  X(NOT_FOUND, "not found")                                                                        \
  X(EXISTS, "exists already")                                                                      \
  X(ACCESS, "permission denied")                                                                   \
  X(BUSY, "in use by another process")                                                             \
  X(IO, "input or output failed")                                                                  \
  X(TLS, "TLS failed")                                                                             \
  X(PROTOCOL, "the peer broke the protocol")                                                       \
  X(TIMEOUT, "timed out")                                                                          \
  X(CORRUPT, "stored data is damaged")                                                             \
  X(VERSION, "of a version that this program does not know")                                       \
  X(UNSUPPORTED, "not supported here")

enum err_row {
#define X(name, text) ERR_ROW_##name,
  ERR_TABLE(X)
#undef X
};

enum err {
  OK = 0,
#define X(name, text) ERR_##name = -1 - (int)ERR_ROW_##name,
  ERR_TABLE(X)
#undef X
};

/** The row's text: static, never NULL. Any thread. */
const char *err_text(enum err err);

/** What errno says, in our space. Any thread. */
enum err err_from_errno(int code);

#endif
