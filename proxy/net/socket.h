// SPDX-License-Identifier: Apache-2.0
/** Sockets as descriptors: made, bound, connected; always non-blocking and close-on-exec. Any thread. */
#ifndef PROXY_NET_SOCKET_H
#define PROXY_NET_SOCKET_H

#include "proxy/net/endpoint.h"

#include <sys/types.h>

/** A listening socket, in *fd. SO_REUSEPORT, so each worker has its own. ERR_BUSY, ERR_ACCESS, ERR_IO.
 *  A unix socket's stale file is removed first when nobody answers there; mode 0660. */
int socket_listen(const struct endpoint *at, int *fd);

/** Whether nobody listens there. SO_REUSEPORT would let two programs share a port without a word; a bind without it
 *  tells. OK, ERR_BUSY, ERR_ACCESS, ERR_IO. */
int socket_is_free(const struct endpoint *at);

/** A listening socket that somebody else made: non-blocking, TCP_NODELAY for what it accepts. */
void socket_adopt_listening(int fd);

/** Begins to connect: OK or ERR_AGAIN leave a descriptor in *fd that becomes writable when it is decided. */
int socket_connect(const struct endpoint *to, int *fd);
/** What became of it. */
int socket_connected(int fd);

/** The next connection of a listening socket, TCP_NODELAY set: descriptor, peer. ERR_AGAIN: none; ERR_FULL: no
 *  descriptors. */
int socket_accept(int listening, int *fd, struct addr *peer, uint16_t *port);

/** Bytes read; 0 never: ERR_CLOSED at the end, ERR_AGAIN, ERR_IO (a reset, too). */
ssize_t socket_read(int fd, char *into, size_t room);
/** Bytes taken (perhaps fewer), ERR_AGAIN, ERR_CLOSED, ERR_IO. */
ssize_t socket_send(int fd, struct span bytes);

/** Resets the connection instead of waiting for a peer that does not read. For the next close. */
void socket_linger_none(int fd);

/** True when nothing came on an idle connection: no byte and no end. */
bool socket_quiet(int fd);

#endif
