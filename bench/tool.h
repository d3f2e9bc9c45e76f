// SPDX-License-Identifier: Apache-2.0
/** What every tool of the bench shares: options with bounds, targets on loopback only, an end in time.
 *  One thread. A tool's own fault or a wrong option ends the process with one line and exit 2. */
#ifndef BENCH_TOOL_H
#define BENCH_TOOL_H

#include "rules/base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/** One numeric option, `--name=value`; the text options are `tool_text`. */
struct tool_number {
  const char *name;
  uint64_t value; /* the default, overwritten by the command line */
  uint64_t least, most;
  const char *help;
};

struct tool_text {
  const char *name;
  const char *value; /* the default, or NULL where the option is required */
  const char *help;
};

/** Both tables end with a row whose name is NULL. Prints the help and exits 0 for `--help`. */
void tool_options(int argc, char **argv, struct tool_number *numbers, struct tool_text *texts);

/** "127.0.0.1:8443" or "[::1]:8443". Anything that is not in 127.0.0.0/8 or ::1 is refused: exit 2. */
socklen_t tool_loopback(const char *text, struct sockaddr_storage *out);

/** A non-blocking listening socket on a loopback address; port 0 takes a free one. */
int tool_listen(const char *text);
/** The port that a socket is bound to. */
uint16_t tool_port(int fd);

/** A non-blocking connect, under way. Answers the descriptor, or -1 with errno set.
 *  With `source` > 0 and an IPv4 target the connection leaves from 127.1.x.y, another address for each
 *  source (65,536 of them), so that no per-client bound or port range is met by accident. */
int tool_connect(const struct sockaddr_storage *to, socklen_t to_len, uint32_t source);

/** Raises RLIMIT_NOFILE to `count` at least, or ends the process saying what is needed. */
void tool_files(uint64_t count);

/** SIGALRM ends the process after `seconds`, whatever it does then. */
void tool_end_after(uint64_t seconds);

mono_us tool_now(void);

_Noreturn void tool_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
