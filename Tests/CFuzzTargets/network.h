/* The system that the C client meets while it is fuzzed: a network, a clock and a memory that the input rules. */
#ifndef CFUZZTARGETS_NETWORK_H
#define CFUZZTARGETS_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

/* How a connection attempt goes. */
enum connecting { CONNECTS, CONNECTS_LATER, REFUSED, REFUSED_LATER, CONNECTINGS };

struct network {
    int64_t now_ms;
    enum connecting connecting;
    /* What may be received in one piece; 0 is any. */
    size_t piece;
    /* Bytes that servers take, when they do not take all. */
    bool takes_all;
    size_t takes;
    /* Allocations until one fails; -1 is none. */
    int64_t memory_left;
    /* Allocations that were not given back. */
    int64_t live;
    char finding[240];
};

extern struct network network;

/* Everything as at the start of a process. */
void network_reset(void);

/* Notes what must not be; only the first counts. */
__attribute__((format(printf, 1, 2))) void network_found(const char *format, ...);

/* What the server of the connection in question does. */
void network_send(const uint8_t *bytes, size_t length);
void network_fill(uint8_t byte, size_t count);
void network_end(void);
void network_break(void);
/* Turns to the connection that was opened before this one, or again to the last. */
void network_turn(void);

/* Whether a client that waits has something to do. */
bool network_is_ready(void);
/* How many sockets are open. */
size_t network_open_count(void);

/* The calls of the system. */
int network_socket(void);
int network_connect(int fd);
int network_option(int fd, void *value);
ssize_t network_sent(int fd, const void *bytes, size_t length);
ssize_t network_received(int fd, void *bytes, size_t room);
int network_close(int fd);
int network_poll_change(int change, int fd, const struct epoll_event *event);
int network_poll(struct epoll_event *events, int room, int timeout_ms);
int network_time(struct timespec *time);

void *network_malloc(size_t size);
void *network_calloc(size_t count, size_t size);
void *network_realloc(void *memory, size_t size);
char *network_strndup(const char *text, size_t length);
void network_free(void *memory);

#endif
