// A load client on one thread with epoll: as cheap as a client can be, so that the server sets the pace.
//
// --protocol cutover speaks the wire of proto/PROTOCOL.md with one frame encoded beforehand; --protocol floor sends
// the same bytes without preface and HELLO, and looks at nothing in the answer but its id. Every slot always holds
// one call: the answer to a call sends the next. All answers of one read are followed by one write.
//
// With --rate each call is sent when it is due, by the connection whose turn it is, or as soon as a slot is free; its latency
// counts from when it was due.
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
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"

enum {
    header_length = 16,
    request_prefix_length = 8,
    type_hello = 0x01,
    type_request = 0x02,
    type_response = 0x03,
    type_ping = 0x07,
    type_pong = 0x08,
    type_goaway = 0x09,
    flag_idempotent = 2,
    // In a StopTaskResponse the first field is its result, a byte behind its tag; StopItemResult has these values.
    result_offset = 1,
    result_accepted = 1,
    result_in_progress = 2,  // how a server here marks a call that it has made slow
    buffer_size = 512 * 1024,
};

typedef struct {
    int fd;
    bool open;  // the server's HELLO has arrived, or none is expected
    bool waits_for_room;
    size_t in_used;
    size_t out_used;
    size_t out_sent;
    uint64_t *sent_at_ns;  // by slot; when it was due, at a fixed rate
    uint32_t *free_slots;  // at a fixed rate
    int free_count;
    uint8_t in[buffer_size];
    uint8_t out[buffer_size];
} connection;

typedef struct {
    measure_options options;
    bool speaks_cutover;
    uint8_t *request;
    size_t request_size;
    size_t response_size;
    uint8_t *slow_response;  // what a slow call is answered with, NULL when there is no such answer
    uint64_t slow_calls;
    measure_histogram *histogram;
    measure_schedule schedule;
    connection **connections;
    int turn_of;  // the connection that the next call of a fixed rate goes to
    int epoll;
} load;

_Noreturn static void fail(const char *what) {
    fprintf(stderr, "load client: %s\n", what);
    exit(1);
}

static void put_u32(uint8_t *at, uint32_t value) {
    uint32_t big = htonl(value);
    memcpy(at, &big, 4);
}

static uint32_t get_u32(const uint8_t *at) {
    uint32_t big;
    memcpy(&big, at, 4);
    return ntohl(big);
}

// FNV-1a over 32 bits: the number of a method is the hash of its name.
static uint32_t method_id(const char *name) {
    uint32_t hash = 2166136261u;
    for (; *name != 0; name++) hash = (hash ^ (uint8_t)*name) * 16777619u;
    return hash;
}

static const char *method_name(const measure_options *options) {
    if (options->is_wire) return "cutover.benchmarks.Wire/Echo";
    return options->is_echo ? "cutover.v1.Echo/Echo" : "cutover.v1.StopService/StopTask";
}

static void encode_request(load *load) {
    const measure_options *options = &load->options;
    size_t body = request_prefix_length + options->request_length;
    load->request_size = header_length + body;
    load->response_size = header_length + options->response_length;
    load->request = calloc(1, load->request_size);
    if (load->request == NULL) fail("no memory");
    put_u32(load->request, (uint32_t)body);
    load->request[4] = type_request;
    load->request[5] = flag_idempotent;
    put_u32(load->request + 12, method_id(method_name(options)));
    put_u32(load->request + header_length, (uint32_t)options->timeout_ms);
    memcpy(load->request + header_length + request_prefix_length, options->request, options->request_length);
    if (options->is_echo || options->is_wire || options->response_length <= result_offset || options->response[result_offset] != result_accepted)
        return;
    load->slow_response = malloc(options->response_length);
    if (load->slow_response == NULL) fail("no memory");
    memcpy(load->slow_response, options->response, options->response_length);
    load->slow_response[result_offset] = result_in_progress;
}

static void append(connection *peer, const void *bytes, size_t length) {
    if (buffer_size - peer->out_used < length) fail("the server does not read");
    memcpy(peer->out + peer->out_used, bytes, length);
    peer->out_used += length;
}

static void append_request(load *load, connection *peer, uint32_t slot, uint64_t now) {
    uint8_t *frame = peer->out + peer->out_used;
    append(peer, load->request, load->request_size);
    put_u32(frame + 8, slot);
    peer->sent_at_ns[slot] = now;
}

static void fill(load *load, connection *peer) {
    peer->open = true;
    if (load->options.rate > 0) {
        for (int slot = load->options.in_flight; slot >= 1; slot--) peer->free_slots[peer->free_count++] = (uint32_t)slot;
        return;
    }
    uint64_t now = measure_now_ns();
    for (int slot = 1; slot <= load->options.in_flight; slot++) append_request(load, peer, (uint32_t)slot, now);
}

static void watch(load *load, connection *peer, int operation) {
    struct epoll_event event = {.events = EPOLLIN | (peer->waits_for_room ? EPOLLOUT : 0), .data.ptr = peer};
    if (epoll_ctl(load->epoll, operation, peer->fd, &event) != 0) fail("epoll_ctl");
}

static void flush(load *load, connection *peer) {
    bool waits = false;
    while (peer->out_sent < peer->out_used) {
        ssize_t sent = send(peer->fd, peer->out + peer->out_sent, peer->out_used - peer->out_sent, MSG_NOSIGNAL);
        if (sent >= 0) {
            peer->out_sent += (size_t)sent;
        } else if (errno == EAGAIN) {
            waits = true;
            break;
        } else if (errno != EINTR) {
            fail(strerror(errno));
        }
    }
    if (!waits) peer->out_sent = peer->out_used = 0;
    if (waits != peer->waits_for_room) {
        peer->waits_for_room = waits;
        watch(load, peer, EPOLL_CTL_MOD);
    }
}

static connection *open_connection(load *load) {
    connection *peer = calloc(1, sizeof *peer);
    if (peer == NULL) fail("no memory");
    peer->sent_at_ns = calloc((size_t)load->options.in_flight + 1, sizeof *peer->sent_at_ns);
    peer->free_slots = calloc((size_t)load->options.in_flight, sizeof *peer->free_slots);
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (peer->sent_at_ns == NULL || peer->free_slots == NULL || peer->fd < 0) fail("no memory or socket");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(load->options.port)};
    if (inet_pton(AF_INET, load->options.host, &address.sin_addr) != 1) fail("not an IPv4 address");
    if (connect(peer->fd, (struct sockaddr *)&address, sizeof address) != 0) fail(strerror(errno));
    int on = 1;
    setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (load->speaks_cutover) {
        static const uint8_t preface[8] = {0xB5, 0x52, 0x50, 0x43, 1, 0, 0, 0};
        static const uint8_t hello[header_length] = {0, 0, 0, 0, type_hello};
        append(peer, preface, sizeof preface);
        append(peer, hello, sizeof hello);
    } else {
        fill(load, peer);
    }
    watch(load, peer, EPOLL_CTL_ADD);
    flush(load, peer);
    return peer;
}

// One answer: note how long it took, and use the slot again.
static void answered(load *load, connection *peer, const uint8_t *frame, uint64_t now, bool is_slow) {
    uint32_t slot = get_u32(frame + 8);
    if (slot == 0 || slot > (uint32_t)load->options.in_flight) fail("an answer for a slot that was never used");
    if (is_slow)
        load->slow_calls += 1;
    else
        measure_histogram_record(load->histogram, now - peer->sent_at_ns[slot]);
    if (load->options.rate > 0)
        peer->free_slots[peer->free_count++] = slot;
    else
        append_request(load, peer, slot, now);
}

// The connection whose turn it is, or the next one with a free slot; NULL when there is none.
static connection *next_free(load *load) {
    for (int i = 0; i < load->options.connections; i++) {
        connection *peer = load->connections[load->turn_of];
        load->turn_of = (load->turn_of + 1) % load->options.connections;
        if (peer->free_count > 0) return peer;
    }
    return NULL;
}

// Sends every call that is due while there are slots; gives the nanoseconds until the next one is due.
static uint64_t send_due(load *load) {
    uint64_t deadline_ns = (uint64_t)load->options.timeout_ms * 1000000u;
    uint64_t now = measure_now_ns();
    uint64_t due = measure_schedule_due_ns(&load->schedule);
    connection *peer = NULL;
    while (due <= now) {
        // What is due at once goes by one connection, in one write; the next turn is another's.
        if (peer == NULL || peer->free_count == 0) peer = next_free(load);
        if (peer == NULL) break;
        append_request(load, peer, peer->free_slots[--peer->free_count], due);
        load->schedule.sent += 1;
        due = measure_schedule_due_ns(&load->schedule);
    }
    for (int i = 0; i < load->options.connections; i++) flush(load, load->connections[i]);
    return due > now ? due - now : deadline_ns;
}

static void control_frame(load *load, connection *peer, uint8_t *frame, size_t size) {
    switch (frame[4]) {
    case type_hello: fill(load, peer); break;
    case type_ping:
        frame[4] = type_pong;
        append(peer, frame, size);
        break;
    case type_goaway:
        fprintf(stderr, "GOAWAY %u %.*s\n", get_u32(frame + 12), (int)(size > 20 ? size - 20 : 0), frame + 20);
        fail("the server sent GOAWAY");
    default: fail("a frame of an unexpected type");
    }
}

// Takes every whole frame that was read.
static void take_frames(load *load, connection *peer) {
    uint64_t now = measure_now_ns();
    size_t position = 0;
    while (peer->in_used - position >= header_length) {
        uint8_t *frame = peer->in + position;
        bool is_response = true;
        size_t size = load->response_size;
        if (load->speaks_cutover) {
            size = header_length + (size_t)get_u32(frame);
            is_response = frame[4] == type_response;
            if (size > buffer_size) fail("a frame longer than the buffer");
        }
        if (peer->in_used - position < size) break;
        if (!is_response) {
            control_frame(load, peer, frame, size);
        } else {
            if (load->speaks_cutover && frame[15] != 0) fail("a call failed");
            if (size != load->response_size) fail("an answer of the wrong length");
            size_t length = load->options.response_length;
            bool is_slow = load->slow_response != NULL && memcmp(frame + header_length, load->slow_response, length) == 0;
            if (!is_slow && length > 0 && memcmp(frame + header_length, load->options.response, length) != 0)
                fail("a wrong answer");
            answered(load, peer, frame, now, is_slow);
        }
        position += size;
    }
    memmove(peer->in, peer->in + position, peer->in_used - position);
    peer->in_used -= position;
}

static void turn(load *load) {
    struct epoll_event events[64];
    uint64_t deadline_ns = (uint64_t)load->options.timeout_ms * 1000000u;
    uint64_t wait_ns = load->options.rate > 0 ? send_due(load) : deadline_ns;
    struct timespec wait = {.tv_sec = (time_t)(wait_ns / 1000000000u), .tv_nsec = (long)(wait_ns % 1000000000u)};
    int count = epoll_pwait2(load->epoll, events, 64, &wait, NULL);
    if (count == 0 && wait_ns == deadline_ns) fail("no answer within the deadline of a call");
    for (int i = 0; i < count; i++) {
        connection *peer = events[i].data.ptr;
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
            ssize_t got = recv(peer->fd, peer->in + peer->in_used, buffer_size - peer->in_used, MSG_DONTWAIT);
            if (got == 0) fail("the server closed the connection");
            if (got < 0 && errno != EAGAIN && errno != EINTR) fail(strerror(errno));
            if (got > 0) {
                peer->in_used += (size_t)got;
                take_frames(load, peer);
            }
        }
        flush(load, peer);
    }
}

static void run_until(load *load, uint64_t end_ns) {
    while (measure_now_ns() < end_ns) turn(load);
}

int main(int argc, char **argv) {
    load load = {.options = measure_parse_options(argc, argv)};
    load.speaks_cutover = strcmp(load.options.protocol, "cutover") == 0;
    if (!load.speaks_cutover && strcmp(load.options.protocol, "floor") != 0) fail("--protocol is floor or cutover");
    load.histogram = measure_histogram_create();
    load.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (load.epoll < 0) fail("epoll_create1");
    encode_request(&load);
    load.connections = calloc((size_t)load.options.connections, sizeof *load.connections);
    if (load.connections == NULL) fail("no memory");
    for (int i = 0; i < load.options.connections; i++) load.connections[i] = open_connection(&load);
    if (load.options.rate > 0) {
        // The kernel may otherwise wake a waiting process 50 us late.
        prctl(PR_SET_TIMERSLACK, 1);
        load.schedule = measure_schedule_begin(load.options.rate);
    }

    run_until(&load, measure_now_ns() + (uint64_t)load.options.warmup_ms * 1000000u);
    measure_histogram_reset(load.histogram);
    load.slow_calls = 0;
    measure_window window = measure_begin(load.options.server_pid, load.options.allocations_file);
    run_until(&load, window.begin_ns + (uint64_t)load.options.measure_ms * 1000000u);
    measure_end(&window);
    measure_print(&window, load.histogram, load.slow_calls);
    return 0;
}
