// The floor: what one thread with epoll can answer when it does nothing but move the same bytes.
//
// Requests and responses have the sizes of Cutover's frames, but nothing in them is read except the 4-byte id at
// offset 8, which is copied into the response. No length is looked at, no message decoded.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"

enum {
    header_length = 16,
    request_prefix_length = 8,
    id_offset = 8,
    buffer_size = 256 * 1024,
    lifetime_s = 900,
};

typedef struct {
    int fd;
    bool waits_for_room;
    size_t in_used;
    size_t out_used;
    size_t out_sent;
    uint8_t in[buffer_size];
    uint8_t out[buffer_size];
} connection;

_Noreturn static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int listen_on_loopback(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) fail("socket");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(fd, (struct sockaddr *)&address, length) != 0) fail("bind");
    if (listen(fd, 128) != 0) fail("listen");
    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0) fail("getsockname");
    printf("listening %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void watch(int epoll, connection *peer, int operation) {
    struct epoll_event event = {.events = peer->waits_for_room ? EPOLLOUT : EPOLLIN, .data.ptr = peer};
    if (epoll_ctl(epoll, operation, peer->fd, &event) != 0) fail("epoll_ctl");
}

static void accept_all(int listener, int epoll) {
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connection *peer = calloc(1, sizeof *peer);
        if (peer == NULL) fail("calloc");
        peer->fd = fd;
        watch(epoll, peer, EPOLL_CTL_ADD);
    }
    if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) fail("accept4");
}

// Writes what is ready; false when the connection is gone.
static bool flush(int epoll, connection *peer) {
    while (peer->out_sent < peer->out_used) {
        ssize_t sent = send(peer->fd, peer->out + peer->out_sent, peer->out_used - peer->out_sent, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR) continue;
            if (errno != EAGAIN) return false;
            if (!peer->waits_for_room) {
                peer->waits_for_room = true;
                watch(epoll, peer, EPOLL_CTL_MOD);
            }
            return true;
        }
        peer->out_sent += (size_t)sent;
    }
    peer->out_sent = peer->out_used = 0;
    if (peer->waits_for_room) {
        peer->waits_for_room = false;
        watch(epoll, peer, EPOLL_CTL_MOD);
    }
    return true;
}

// Answers every whole request that there is room for.
static void answer(connection *peer, size_t request_size, const uint8_t *response, size_t response_size) {
    size_t position = 0;
    while (peer->in_used - position >= request_size && buffer_size - peer->out_used >= response_size) {
        uint8_t *out = peer->out + peer->out_used;
        memcpy(out, response, response_size);
        memcpy(out + id_offset, peer->in + position + id_offset, 4);
        peer->out_used += response_size;
        position += request_size;
    }
    memmove(peer->in, peer->in + position, peer->in_used - position);
    peer->in_used -= position;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fputs("usage: floor_server REQUEST_FILE RESPONSE_FILE\n", stderr);
        return 2;
    }
    alarm(lifetime_s);
    size_t request_size = 0, response_size = 0;
    free(measure_read_file(argv[1], &request_size));
    uint8_t *body = measure_read_file(argv[2], &response_size);
    request_size += header_length + request_prefix_length;
    response_size += header_length;
    uint8_t *response = calloc(1, response_size);
    if (response == NULL) fail("calloc");
    memcpy(response + header_length, body, response_size - header_length);

    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) fail("epoll_create1");
    int listener = listen_on_loopback();
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0) fail("epoll_ctl");

    struct epoll_event events[64];
    for (;;) {
        int count = epoll_wait(epoll, events, 64, -1);
        for (int i = 0; i < count; i++) {
            connection *peer = events[i].data.ptr;
            if (peer == NULL) {
                accept_all(listener, epoll);
                continue;
            }
            bool alive = true;
            if (!peer->waits_for_room) {
                ssize_t got = recv(peer->fd, peer->in + peer->in_used, buffer_size - peer->in_used, 0);
                if (got > 0) peer->in_used += (size_t)got;
                alive = got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
            }
            if (alive) {
                answer(peer, request_size, response, response_size);
                alive = flush(epoll, peer);
            }
            if (!alive) {
                close(peer->fd);
                free(peer);
            }
        }
    }
}
