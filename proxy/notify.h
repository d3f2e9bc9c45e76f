// SPDX-License-Identifier: Apache-2.0
/** Tells systemd how far the program is (sd_notify(3)): a datagram to the socket that $NOTIFY_SOCKET names. Without
 *  that variable nothing is sent. Never waits: a datagram that does not fit into the socket's queue is lost.
 *  Any thread. Every function answers OK, or the error that a caller may log and ignore. */
#ifndef PROXY_NOTIFY_H
#define PROXY_NOTIFY_H

/** Accepting. */
int notify_ready(void);
/** A reload began (with the monotonic time that Type=notify-reload asks for); notify_ready ends it. */
int notify_reloading(void);
/** Draining. */
int notify_stopping(void);
/** One line for `systemctl status`: "serving 3 sites". Newlines become blanks, text past 200 bytes is cut. */
int notify_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
