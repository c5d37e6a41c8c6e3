/*
 * The C client against hostile bytes. Compiled with the client's source, so that it meets the network of network.h
 * wherever it would call the system.
 */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE 1

#include "CFuzzTargets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/un.h>
#include <unistd.h>

#include "network.h"

/* Everything that the client includes is included by now, so that this renames its calls alone. */
enum { EPOLL_FD = 900 };

#define socket(family, type, protocol) network_socket()
#define connect(fd, address, length) network_connect(fd)
#define setsockopt(fd, level, name, value, length) ((void)(value))
#define getsockopt(fd, level, name, value, length) ((void)(length), network_option(fd, value))
#define send(fd, bytes, length, flags) network_sent(fd, bytes, length)
#define recv(fd, bytes, room, flags) network_received(fd, bytes, room)
#define close(fd) ((fd) == EPOLL_FD ? 0 : network_close(fd))
#define epoll_create1(flags) EPOLL_FD
#define epoll_ctl(epoll, change, fd, event) network_poll_change(change, fd, event)
#define epoll_wait(epoll, events, room, timeout_ms) network_poll(events, room, timeout_ms)
#define clock_gettime(clock, time) network_time(time)
#define getrandom(bytes, length, flags) (memset(bytes, 7, length), (ssize_t)(length))
#define malloc(size) network_malloc(size)
#define calloc(count, size) network_calloc(count, size)
#define realloc(memory, size) network_realloc(memory, size)
#define strndup(text, length) network_strndup(text, length)
#define free(memory) network_free(memory)
#include "../../Clients/C/cutover.c"

bool cutover_fuzz_is_sound(const ProtobufCMessageDescriptor *descriptor, size_t length, const uint8_t *bytes) {
    return payload_is_sound(descriptor, bytes, length);
}

/* --- Calls ------------------------------------------------------------------------------------------------------- */

enum { STEPS = 400, CALLS = 64, ROUNDS = 4096, RESTLESS_ROUNDS = 100, REQUEST_BYTES = 4096 };

/* What a call does by itself. */
enum manner { PLAIN, CANCELS_IN_ITEM, STARTS_IN_END, CONSUMES_IN_ITEM, MANNERS };

struct run_call {
    cutover_call_id id;
    const cutover_method *method;
    enum manner manner;
    bool ended;
    size_t held; /* of its credit, to be given back */
};

static struct run_call calls[CALLS];
static size_t call_count;

#define ADDRESS_OF_METHOD(service, method, id, request, response, idempotent, stream) &cutover_##service##_##method,
static const cutover_method *const methods[] = {CUTOVER_METHODS(ADDRESS_OF_METHOD)};

/* Not to be sent again, and with an answer that stays packed. */
static const cutover_method once = {"fuzz.Test/Once", 0, &cutover__v1__echo_request__descriptor, NULL, false, false};
static const cutover_method once_stream = {
    "fuzz.Test/OnceStream", 0, &cutover__v1__echo_request__descriptor, NULL, false, true};

static void start(cutover_client *client, uint8_t kind, uint8_t terms);

/* Texts of an error are printable UTF-8, whatever the server sent. */
static void check_text(const char *text) {
    if (text == NULL) {
        network_found("an error without a text");
        return;
    }
    for (const uint8_t *at = (const uint8_t *)text; *at != 0;) {
        size_t size = printable_character(at, strlen((const char *)at));
        if (size == 0) {
            network_found("a text of an error is not printable: %02X", *at);
            return;
        }
        at += size;
    }
}

/* Metadata lies whole in front of the payload, its keys are what keys may be. */
static void check_metadata(const cutover_metadata *entries, size_t count, const uint8_t *payload) {
    if (count > METADATA_ENTRIES_MAX) network_found("%zu entries of metadata", count);
    for (size_t i = 0; i < count && i < METADATA_ENTRIES_MAX; i++) {
        const uint8_t *value = entries[i].value;
        if (!key_is_sound((const uint8_t *)entries[i].key, strlen(entries[i].key))) network_found("a key that is none");
        if (value > payload || entries[i].length > (size_t)(payload - value)) network_found("metadata in the payload");
    }
}

static void check_result(const struct run_call *call, const cutover_result *result) {
    const cutover_error *error = &result->error;
    bool unpacks = call->method->response != NULL && !call->method->stream;
    if (result->status > CUTOVER_UNAUTHENTICATED) network_found("an unknown status: %d", (int)result->status);
    check_metadata(result->metadata, result->metadata_count, result->payload);
    if (result->status == CUTOVER_OK) {
        if ((result->message != NULL) != unpacks) network_found("a message where none belongs, or none");
        return;
    }
    if (error->status != result->status) network_found("an error with another status than its result");
    if (result->message != NULL) network_found("a message with an error");
    if (error->detail_count > 32) network_found("%zu details", error->detail_count);
    check_text(error->reason);
    check_text(error->message);
    for (size_t i = 0; i < error->detail_count; i++) {
        check_text(error->details[i].key);
        check_text(error->details[i].value);
    }
}

static void on_end(cutover_client *client, cutover_call_id id, const cutover_result *result, void *context) {
    struct run_call *call = context;
    if (call->ended) network_found("a call ends twice");
    /* A call that ends before cutover_start returns its id has none here. */
    if (call->id != 0 && call->id != id) network_found("the end of another call");
    call->ended = true;
    check_result(call, result);
    if (call->manner == STARTS_IN_END) start(client, 13, 0);
    if (cutover_process(client)) network_found("the client processes in a callback");
}

static void on_one_item(cutover_client *client, cutover_call_id id, const cutover_item *item, void *context) {
    struct run_call *call = context;
    if (call->ended) network_found("an item after the end");
    if (!call->method->stream) network_found("an item of a unary call");
    if (item->cost < 64 || item->cost < item->payload_length) network_found("an item of %u", (unsigned)item->cost);
    if ((item->message != NULL) != (call->method->response != NULL)) network_found("an item without its message");
    check_metadata(item->metadata, item->metadata_count, item->payload);
    call->held += item->cost;
    if (call->manner == CANCELS_IN_ITEM) cutover_cancel(client, id);
    if (call->manner == CONSUMES_IN_ITEM) cutover_consumed(client, id, item->cost);
}

/* Low bits of `kind` choose the method, `terms` the rest. */
static void start(cutover_client *client, uint8_t kind, uint8_t terms) {
    static _Alignas(16) uint8_t request[REQUEST_BYTES];
    static const cutover_metadata metadata[] = {{"traceparent", "00-1", 4}, {"x", "", 0}};
    if (call_count == CALLS) return;
    struct run_call *call = &calls[call_count++];
    const size_t count = sizeof methods / sizeof methods[0];
    size_t index = kind % (count + 2);
    *call = (struct run_call){.manner = (enum manner)(terms >> 2 & 3)};
    call->method = index < count ? methods[index] : index == count ? &once : &once_stream;
    if (call->method->request->sizeof_message > sizeof request) {
        network_found("a request of %zu bytes", call->method->request->sizeof_message);
        return;
    }
    protobuf_c_message_init(call->method->request, request);
    cutover_call_options options = {.manual_credit = terms & 1,
                                    .metadata = metadata,
                                    .metadata_count = terms & 2 ? 2 : 0,
                                    .timeout_ms = terms & 0x10 ? 50 : 0};
    cutover_handlers handlers = {.item = on_one_item, .end = on_end, .context = call};
    cutover_error error = {0};
    call->id = cutover_start(client, call->method, (const ProtobufCMessage *)request, &options, &handlers, &error);
    if (call->id == 0) {
        if (call->ended) network_found("the end of a call that was not started");
        call->ended = true;
        check_text(error.reason);
        check_text(error.message);
    }
    cutover_error_clear(&error);
}

/* --- Steps ------------------------------------------------------------------------------------------------------- */

struct script {
    const uint8_t *at, *end;
};

static uint8_t next(struct script *script) { return script->at < script->end ? *script->at++ : 0; }

static uint16_t next16(struct script *script) {
    uint16_t high = (uint16_t)(next(script) << 8);
    return (uint16_t)(high | next(script));
}

/* Processes until the client rests, which it must do unless the network has more for it. */
static void process(cutover_client *client) {
    int restless = 0;
    for (int round = 0; round < ROUNDS && restless < RESTLESS_ROUNDS; round++) {
        bool ready = network_is_ready();
        cutover_process(client);
        if (ready) continue;
        if (cutover_timeout_ms(client) != 0 && !network_is_ready()) return;
        restless++;
    }
    if (restless == RESTLESS_ROUNDS) network_found("the client does not come to rest");
}

static void send_frame(struct script *script) {
    uint8_t header[HEADER_BYTES] = {0};
    header[4] = next(script);
    header[5] = next(script);
    header[7] = next(script);
    header[11] = next(script);
    header[15] = next(script);
    size_t length = next(script), left = (size_t)(script->end - script->at);
    if (length > left) length = left;
    header[3] = (uint8_t)length;
    network_send(header, sizeof header);
    network_send(script->at, length);
    script->at += length;
}

static void send_raw(struct script *script) {
    size_t length = next(script), left = (size_t)(script->end - script->at);
    if (length > left) length = left;
    network_send(script->at, length);
    script->at += length;
}

static void step(cutover_client *client, struct script *script) {
    switch (next(script) % CUTOVER_FUZZ_STEPS) {
    case CUTOVER_FUZZ_RAW: send_raw(script); break;
    case CUTOVER_FUZZ_FRAME: send_frame(script); break;
    case CUTOVER_FUZZ_FILL: {
        size_t count = next16(script);
        network_fill(next(script), count);
        break;
    }
    case CUTOVER_FUZZ_PROCESS: process(client); break;
    case CUTOVER_FUZZ_START: {
        uint8_t kind = next(script);
        start(client, kind, next(script));
        break;
    }
    case CUTOVER_FUZZ_CANCEL: {
        size_t index = next(script);
        if (index < call_count) cutover_cancel(client, calls[index].id);
        break;
    }
    case CUTOVER_FUZZ_CONSUME: {
        size_t index = next(script), cost = next16(script);
        if (index < call_count) cutover_consumed(client, calls[index].id, cost == 0xFFFF ? SIZE_MAX : cost);
        break;
    }
    case CUTOVER_FUZZ_WAIT: {
        int64_t ms = next16(script);
        network.now_ms += ms > 0x8000 ? (ms - 0x8000) * 16 : ms;
        process(client);
        break;
    }
    case CUTOVER_FUZZ_END: network_end(); break;
    case CUTOVER_FUZZ_RESET: network_break(); break;
    case CUTOVER_FUZZ_TAKE:
        network.takes = next16(script);
        network.takes_all = network.takes == 0xFFFF;
        break;
    case CUTOVER_FUZZ_CONNECT: network.connecting = (enum connecting)(next(script) % CONNECTINGS); break;
    case CUTOVER_FUZZ_TURN: network_turn(); break;
    case CUTOVER_FUZZ_PIECES: network.piece = next(script); break;
    case CUTOVER_FUZZ_NO_MEMORY: network.memory_left = next(script); break;
    default: break;
    }
}

static cutover_client *make_client(uint8_t choice) {
    cutover_options options = {.endpoints = choice & 1 ? "unix:/a,unix:/b" : "unix:/a",
                               .token = choice & 2 ? "cut_token" : NULL,
                               .max_frame = choice & 4 ? FRAME_FLOOR : 0,
                               .stream_credit = choice & 8 ? CREDIT_FLOOR * 2 : 0,
                               .max_attempts = choice & 16 ? 2 : 0,
                               .max_in_flight = choice & 32 ? IN_FLIGHT_FLOOR : 128};
    cutover_error error = {0};
    cutover_client *client = cutover_new(&options, &error);
    if (client == NULL) network_found("no client: %s", error.message);
    cutover_error_clear(&error);
    return client;
}

/* The end: after an orderly one, in which all calls have ended, or at once. */
static void end_client(cutover_client *client, bool orderly) {
    network.memory_left = -1;
    if (orderly && cutover_close(client, 100)) {
        for (size_t i = 0; i < call_count; i++) {
            if (!calls[i].ended) network_found("a call without an end, after an orderly one");
        }
    }
    cutover_free(client);
    if (network.live != 0) network_found("%lld allocations are left", (long long)network.live);
    if (network_open_count() != 0) network_found("%zu sockets are left open", network_open_count());
}

const char *cutover_fuzz_client(const uint8_t *bytes, size_t length) {
    struct script script = {bytes, bytes + length};
    network_reset();
    call_count = 0;
    uint8_t choice = next(&script);
    cutover_client *client = make_client(choice);
    if (client == NULL) return network.finding;
    for (int steps = 0; steps < STEPS && script.at < script.end && network.finding[0] == 0; steps++) {
        step(client, &script);
    }
    end_client(client, choice & 64);
    return network.finding[0] == 0 ? NULL : network.finding;
}
