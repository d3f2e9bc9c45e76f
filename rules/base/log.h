// SPDX-License-Identifier: Apache-2.0
/** The program's own log: few lines, for the operator. (The access log is proxy/flow/access.h.)
 *  Where lines go is the program's to say: main sets a sink, tests set theirs, without one they are
 * dropped. Any thread; a line is cut at 1 KiB. Never a password, never a user's name in clear. */
#ifndef RULES_BASE_LOG_H
#define RULES_BASE_LOG_H

#include "rules/base/span.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

typedef void log_sink(enum log_level level, struct span line);

/** Set before threads start. */
void log_set_sink(log_sink *sink, enum log_level least);
/** Lines past this level are dropped. Any thread. */
void log_set_level(enum log_level least);

void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

#endif
