#include "network.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

enum { SOCKETS = 16, FIRST_FD = 1000, QUEUE_BYTES = 256 << 10 };

enum socket_state { SOCKET_FREE, SOCKET_MADE, SOCKET_CONNECTING, SOCKET_OPEN };

struct peer {
    enum socket_state state;
    bool fails; /* connecting ends in a refusal */
    bool ended, broken;
    uint32_t polled, data;
    uint64_t opened;
    size_t start, end;
    struct wire wire;
    uint8_t *queue;
};

struct network network;
static struct peer peers[SOCKETS];
static struct peer *turned; /* whose server is in question */
static uint64_t sockets_made;

void network_reset(void) {
    for (size_t i = 0; i < SOCKETS; i++) {
        peers[i].state = SOCKET_FREE;
        peers[i].polled = 0;
    }
    network = (struct network){.now_ms = 1000000, .takes_all = true, .memory_left = -1};
    turned = NULL;
    sockets_made = 0;
}

void network_found(const char *format, ...) {
    if (network.finding[0] != 0) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(network.finding, sizeof network.finding, format, arguments);
    va_end(arguments);
}

/* --- The server's side ------------------------------------------------------------------------------------------- */

static bool is_up(const struct peer *peer) { return peer != NULL && peer->state == SOCKET_OPEN && !peer->ended; }

static struct peer *in_question(void) {
    if (is_up(turned)) return turned;
    turned = NULL;
    for (size_t i = 0; i < SOCKETS; i++) {
        if (is_up(&peers[i]) && (turned == NULL || peers[i].opened > turned->opened)) turned = &peers[i];
    }
    return turned;
}

void network_turn(void) {
    struct peer *now = in_question(), *before = NULL;
    for (size_t i = 0; now != NULL && i < SOCKETS; i++) {
        if (!is_up(&peers[i]) || peers[i].opened >= now->opened) continue;
        if (before == NULL || peers[i].opened > before->opened) before = &peers[i];
    }
    turned = before;
}

static uint8_t *room_for(struct peer *peer, size_t length) {
    if (peer == NULL) return NULL;
    if (peer->queue == NULL) peer->queue = malloc(QUEUE_BYTES);
    if (peer->queue == NULL || length > QUEUE_BYTES - (peer->end - peer->start)) return NULL;
    if (length > QUEUE_BYTES - peer->end) {
        memmove(peer->queue, peer->queue + peer->start, peer->end - peer->start);
        peer->end -= peer->start;
        peer->start = 0;
    }
    uint8_t *room = peer->queue + peer->end;
    peer->end += length;
    return room;
}

void network_send(const uint8_t *bytes, size_t length) {
    uint8_t *room = room_for(in_question(), length);
    if (room != NULL && length > 0) memcpy(room, bytes, length);
}

void network_fill(uint8_t byte, size_t count) {
    uint8_t *room = room_for(in_question(), count);
    if (room != NULL) memset(room, byte, count);
}

void network_end(void) {
    struct peer *peer = in_question();
    if (peer != NULL) peer->ended = true;
}

void network_break(void) {
    struct peer *peer = in_question();
    if (peer == NULL) return;
    peer->ended = peer->broken = true;
    peer->start = peer->end = 0;
}

/* --- The client's side ------------------------------------------------------------------------------------------- */

static struct peer *peer_of(int fd) {
    int index = fd - FIRST_FD;
    if (index >= 0 && index < SOCKETS && peers[index].state != SOCKET_FREE) return &peers[index];
    network_found("a call for descriptor %d, which is not open", fd);
    return NULL;
}

size_t network_open_count(void) {
    size_t count = 0;
    for (size_t i = 0; i < SOCKETS; i++) count += peers[i].state != SOCKET_FREE;
    return count;
}

int network_socket(void) {
    for (int i = 0; i < SOCKETS; i++) {
        if (peers[i].state != SOCKET_FREE) continue;
        struct peer *peer = &peers[i];
        peer->state = SOCKET_MADE;
        peer->fails = peer->ended = peer->broken = false;
        peer->polled = peer->data = 0;
        peer->opened = ++sockets_made;
        peer->start = peer->end = 0;
        wire_begin(&peer->wire);
        return FIRST_FD + i;
    }
    network_found("more sockets than connections");
    errno = EMFILE;
    return -1;
}

int network_connect(int fd) {
    struct peer *peer = peer_of(fd);
    bool later = network.connecting == CONNECTS_LATER || network.connecting == REFUSED_LATER;
    bool refused = network.connecting == REFUSED || network.connecting == REFUSED_LATER;
    if (peer == NULL) return -1;
    peer->fails = refused;
    peer->state = later ? SOCKET_CONNECTING : SOCKET_OPEN;
    if (!later && !refused) return 0;
    errno = later ? EINPROGRESS : ECONNREFUSED;
    return -1;
}

int network_option(int fd, void *value) {
    struct peer *peer = peer_of(fd);
    if (peer == NULL) return -1;
    int problem = peer->fails ? ECONNREFUSED : 0;
    memcpy(value, &problem, sizeof problem);
    peer->state = SOCKET_OPEN;
    return 0;
}

ssize_t network_sent(int fd, const void *bytes, size_t length) {
    struct peer *peer = peer_of(fd);
    if (peer == NULL || peer->broken) {
        errno = EPIPE;
        return -1;
    }
    if (!network.takes_all && length > network.takes) length = network.takes;
    if (length == 0) {
        errno = EAGAIN;
        return -1;
    }
    if (!network.takes_all) network.takes -= length;
    wire_sent(&peer->wire, bytes, length);
    return (ssize_t)length;
}

ssize_t network_received(int fd, void *bytes, size_t room) {
    struct peer *peer = peer_of(fd);
    if (room == 0) network_found("nothing is to be received");
    size_t length = peer == NULL ? 0 : peer->end - peer->start;
    if (peer == NULL || length == 0) {
        errno = peer == NULL || peer->broken ? ECONNRESET : EAGAIN;
        return peer != NULL && peer->ended && !peer->broken ? 0 : -1;
    }
    if (length > room) length = room;
    if (network.piece != 0 && length > network.piece) length = network.piece;
    memcpy(bytes, peer->queue + peer->start, length);
    peer->start += length;
    wire_received(&peer->wire, bytes, length);
    return (ssize_t)length;
}

int network_close(int fd) {
    struct peer *peer = peer_of(fd);
    if (peer == NULL) return -1;
    peer->state = SOCKET_FREE;
    return 0;
}

int network_poll_change(int change, int fd, const struct epoll_event *event) {
    struct peer *peer = peer_of(fd);
    if (peer == NULL) return -1;
    if ((change == EPOLL_CTL_ADD) != (peer->polled == 0)) network_found("a descriptor is added twice, or not at all");
    peer->polled = event->events;
    peer->data = event->data.u32;
    return 0;
}

static uint32_t events_of(const struct peer *peer) {
    if (peer->state == SOCKET_CONNECTING) return peer->polled & EPOLLOUT;
    if (peer->state != SOCKET_OPEN || peer->polled == 0) return 0;
    uint32_t events = 0;
    if (peer->start < peer->end || peer->ended) events |= EPOLLIN;
    if (network.takes_all || network.takes > 0 || peer->broken) events |= EPOLLOUT;
    return (events & peer->polled) | (peer->broken ? EPOLLERR : 0);
}

bool network_is_ready(void) {
    for (size_t i = 0; i < SOCKETS; i++) {
        if (events_of(&peers[i]) != 0) return true;
    }
    return false;
}

int network_poll(struct epoll_event *events, int room, int timeout_ms) {
    int count = 0;
    for (size_t i = 0; i < SOCKETS && count < room; i++) {
        uint32_t found = events_of(&peers[i]);
        if (found == 0) continue;
        events[count].events = found;
        events[count++].data.u32 = peers[i].data;
    }
    if (count == 0 && timeout_ms > 0) network.now_ms += timeout_ms;
    return count;
}

int network_time(struct timespec *time) {
    time->tv_sec = (time_t)(network.now_ms / 1000);
    time->tv_nsec = (long)(network.now_ms % 1000) * 1000000;
    return 0;
}

/* --- Memory ------------------------------------------------------------------------------------------------------ */

static bool runs_out(void) { return network.memory_left >= 0 && network.memory_left-- == 0; }

static void *counted(void *memory) {
    if (memory != NULL) network.live++;
    return memory;
}

void *network_malloc(size_t size) { return runs_out() ? NULL : counted(malloc(size)); }

void *network_calloc(size_t count, size_t size) { return runs_out() ? NULL : counted(calloc(count, size)); }

void *network_realloc(void *memory, size_t size) {
    if (runs_out()) return NULL;
    return memory == NULL ? counted(malloc(size)) : realloc(memory, size);
}

char *network_strndup(const char *text, size_t length) { return runs_out() ? NULL : counted(strndup(text, length)); }

void network_free(void *memory) {
    if (memory != NULL) network.live--;
    free(memory);
}
