// Opens connections to a Cutover server, each with preface and HELLO, and keeps them without a call until SIGTERM.
//
//     idle_connections --port N --connections N
//
// Prints one line when all are set up: how many, and how long it took. PINGs are answered. Ends with status 1 when a
// connection cannot be made or is lost. One thread, 1 KiB for each connection, so that it costs the machine little.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
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
    lifetime_s = 900,
    header_length = 16,
    type_hello = 0x01,
    type_ping = 0x07,
    type_pong = 0x08,
    buffer_size = 1024,
    // Set-ups under way at once: fewer than a listening server queues by default.
    under_way_limit = 256,
    // A source address has some 28,000 ports to one destination.
    ports_per_address = 20000,
    most_connections = 1000000,
    set_up_ms = 30000,
};

typedef struct {
    int fd;
    bool open;  // the server's HELLO has arrived
    size_t used;
    uint8_t in[buffer_size];
} connection;

typedef struct {
    uint16_t port;
    int wanted;
    int started;
    int opened;
    int epoll;
} opener;

static volatile sig_atomic_t ended;

static void on_end(int signal) {
    (void)signal;
    ended = 1;
}

_Noreturn static void fail(const char *what) {
    fprintf(stderr, "idle connections: %s\n", what);
    exit(1);
}

// Starts to connect. What has to be sent goes out when the socket becomes writable.
static void start(opener *opener) {
    connection *peer = calloc(1, sizeof *peer);
    if (peer == NULL) fail("no memory");
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (peer->fd < 0) fail(strerror(errno));
    int on = 1;
    setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(peer->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    struct sockaddr_in source = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(opener->started / ports_per_address)),
    };
    if (bind(peer->fd, (struct sockaddr *)&source, sizeof source) != 0) fail(strerror(errno));
    struct sockaddr_in target = {
        .sin_family = AF_INET, .sin_port = htons(opener->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    if (connect(peer->fd, (struct sockaddr *)&target, sizeof target) != 0 && errno != EINPROGRESS)
        fail(strerror(errno));
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = peer};
    if (epoll_ctl(opener->epoll, EPOLL_CTL_ADD, peer->fd, &event) != 0) fail("epoll_ctl");
    opener->started += 1;
}

static void send_all(const connection *peer, const uint8_t *bytes, size_t length) {
    ssize_t sent = send(peer->fd, bytes, length, MSG_NOSIGNAL);
    // So few bytes always find room.
    if (sent != (ssize_t)length) fail(sent < 0 ? strerror(errno) : "the server does not read");
}

static void connected(opener *opener, connection *peer) {
    static const uint8_t set_up[8 + header_length] = {
        0xB5, 0x52, 0x50, 0x43, 1, 0, 0, 0,  // preface
        0, 0, 0, 0, type_hello,              // HELLO without settings
    };
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(peer->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0) fail(strerror(error));
    send_all(peer, set_up, sizeof set_up);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
    if (epoll_ctl(opener->epoll, EPOLL_CTL_MOD, peer->fd, &event) != 0) fail("epoll_ctl");
}

static void take_frames(opener *opener, connection *peer) {
    size_t position = 0;
    while (peer->used - position >= header_length) {
        uint8_t *frame = peer->in + position;
        uint32_t body;
        memcpy(&body, frame, 4);
        size_t size = header_length + (size_t)ntohl(body);
        if (size > buffer_size) fail("a frame longer than the buffer");
        if (peer->used - position < size) break;
        if (frame[4] == type_hello && !peer->open) {
            peer->open = true;
            opener->opened += 1;
        } else if (frame[4] == type_ping) {
            frame[4] = type_pong;
            send_all(peer, frame, size);
        } else {
            fprintf(stderr, "a frame of type %d\n", frame[4]);
            fail("the server does not keep an idle connection");
        }
        position += size;
    }
    memmove(peer->in, peer->in + position, peer->used - position);
    peer->used -= position;
}

static void readable(opener *opener, connection *peer) {
    ssize_t got = recv(peer->fd, peer->in + peer->used, buffer_size - peer->used, MSG_DONTWAIT);
    if (got == 0) fail("the server closed a connection");
    if (got < 0 && errno != EAGAIN && errno != EINTR) fail(strerror(errno));
    if (got > 0) {
        peer->used += (size_t)got;
        take_frames(opener, peer);
    }
}

static void turn(opener *opener, int wait_ms) {
    struct epoll_event events[256];
    int count = epoll_wait(opener->epoll, events, 256, wait_ms);
    if (count < 0 && errno != EINTR) fail(strerror(errno));
    if (count == 0 && opener->opened < opener->wanted) fail("no answer to a set-up");
    for (int i = 0; i < count; i++) {
        connection *peer = events[i].data.ptr;
        if (events[i].events & EPOLLOUT) connected(opener, peer);
        else readable(opener, peer);
    }
}

static int number(const char *text, int high) {
    char *end = NULL;
    long value = strtol(text, &end, 10);
    if (end == text || *end != 0 || value < 1 || value > high) {
        fputs("usage: idle_connections --port N --connections N\n", stderr);
        exit(2);
    }
    return (int)value;
}

int main(int argc, char **argv) {
    static const struct option known[] = {
        {"port", required_argument, NULL, 'p'}, {"connections", required_argument, NULL, 'c'}, {NULL, 0, NULL, 0},
    };
    opener opener = {.epoll = epoll_create1(EPOLL_CLOEXEC)};
    int choice;
    while ((choice = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (choice == 'p') opener.port = (uint16_t)number(optarg, 65535);
        else if (choice == 'c') opener.wanted = number(optarg, most_connections);
        else exit(2);
    }
    if (opener.port == 0 || opener.wanted == 0) number("", 0);
    if (opener.epoll < 0) fail("epoll_create1");
    alarm(lifetime_s);
    struct sigaction action = {.sa_handler = on_end};
    sigaction(SIGTERM, &action, NULL);

    uint64_t begin = measure_now_ns();
    while (!ended && opener.opened < opener.wanted) {
        while (opener.started < opener.wanted && opener.started - opener.opened < under_way_limit) start(&opener);
        turn(&opener, set_up_ms);
    }
    printf("\"connections\":%d,\"seconds\":%.4f\n", opener.opened, (double)(measure_now_ns() - begin) / 1e9);
    fflush(stdout);
    while (!ended) turn(&opener, 1000);
    return 0;
}
