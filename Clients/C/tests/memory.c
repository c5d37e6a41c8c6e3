/*
 * Every allocation of the client fails once, one run for each: nothing crashes or leaks, and each call still ends once,
 * well or with an error. Compiled with the client's source, so that only its own allocations fail.
 */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE 1

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static long failing_allocation = -1; /* from 0; -1 is none */
static long allocations;

static bool fails(void) { return allocations++ == failing_allocation; }

#define malloc(size) (fails() ? NULL : malloc(size))
#define calloc(count, size) (fails() ? NULL : calloc(count, size))
#define realloc(memory, size) (fails() ? NULL : realloc(memory, size))
#define strndup(text, length) (fails() ? NULL : strndup(text, length))
#include "../cutover.c"
#undef malloc
#undef calloc
#undef realloc
#undef strndup

#include "peer.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* --- A server in a process of its own: Echo in each kind, "big" with a large answer, "error" with an error --- */

enum { BIG = 200000 };

static void write_all(int fd, const uint8_t *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = send(fd, bytes, length, MSG_NOSIGNAL);
        if (written <= 0) return;
        bytes += written;
        length -= (size_t)written;
    }
}

static void write_frame(int fd, uint8_t type, uint32_t slot, uint32_t aux, const void *body, size_t length) {
    uint8_t header[HEADER_BYTES] = {0};
    put32(header, (uint32_t)length);
    header[4] = type;
    put32(header + 8, slot);
    put32(header + 12, aux);
    write_all(fd, header, sizeof header);
    write_all(fd, body, length);
}

static bool read_all(int fd, uint8_t *bytes, size_t length) {
    while (length > 0) {
        ssize_t got = recv(fd, bytes, length, 0);
        if (got <= 0) return false;
        bytes += got;
        length -= (size_t)got;
    }
    return true;
}

static void serve_request(int fd, const uint8_t *header, const uint8_t *body, size_t length) {
    static uint8_t big[BIG + 4] = {0x0A, 0xC0, 0x9A, 0x0C};
    static const uint8_t item[] = {0x0A, 2, 'h', 'i'},
                         error[] = {0x0A, 1, 'm', 0x12, 1, 'R', 0x1A, 6, 0x0A, 1, 'k', 0x12, 1, 'v'};
    uint32_t slot = get32(header + 8);
    char text[64] = "";
    if (length >= 10 && length < 64) memcpy(text, body + 10, length - 10);
    if (header[5] & REQUEST_STREAM) {
        for (int i = 0; i < 20; i++) write_frame(fd, FRAME_ITEM, slot, 0, item, sizeof item);
        write_frame(fd, FRAME_RESPONSE, slot, 0, NULL, 0);
    } else if (strcmp(text, "big") == 0) {
        write_frame(fd, FRAME_RESPONSE, slot, 0, big, sizeof big);
    } else if (strcmp(text, "error") == 0) {
        write_frame(fd, FRAME_RESPONSE, slot, CUTOVER_NOT_FOUND, error, sizeof error);
    } else write_frame(fd, FRAME_RESPONSE, slot, 0, item, sizeof item);
}

/* One connection after the other, each until its end. */
_Noreturn static void serve(int listener) {
    static uint8_t body[1 << 16];
    for (;;) {
        struct pollfd polled = {.fd = listener, .events = POLLIN};
        poll(&polled, 1, -1);
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) continue;
        uint8_t header[HEADER_BYTES];
        if (read_all(fd, header, sizeof PREFACE)) write_frame(fd, FRAME_HELLO, 0, 0, NULL, 0);
        while (read_all(fd, header, sizeof header) && get32(header) <= sizeof body &&
               read_all(fd, body, get32(header))) {
            if (header[4] == FRAME_REQUEST) serve_request(fd, header, body, get32(header));
        }
        close(fd);
    }
}

/* --- What is tried --- */

static bool take_one(const ProtobufCMessage *message, void *context) {
    (void)message;
    ++*(unsigned *)context;
    return true;
}

/* A call that is right or has an error, never neither. */
static void sound(cutover_status status, const cutover_error *error) {
    CHECK(status == error->status);
    CHECK(status == CUTOVER_OK || (error->reason != NULL && error->message != NULL));
}

static void run_calls(cutover_client *client) {
    static const char *const texts[] = {"small", "big", "error"};
    static const cutover_metadata metadata[] = {{"traceparent", "x", 1}};
    cutover_call_options terms = {.timeout_ms = 5000, .metadata = metadata, .metadata_count = 1};
    Cutover__V1__EchoRequest request = CUTOVER__V1__ECHO_REQUEST__INIT;
    cutover_error error = {0};
    for (int i = 0; i < 3; i++) {
        ProtobufCMessage *answer;
        request.payload = cutover_text(texts[i]);
        cutover_status status =
            cutover_call(client, &cutover_Echo_Echo, &request.base, i == 0 ? &terms : NULL, &answer, &error);
        sound(status, &error);
        CHECK((answer != NULL) == (status == CUTOVER_OK));
        if (answer != NULL) protobuf_c_message_free_unpacked(answer, NULL);
    }
    unsigned items = 0;
    cutover_status status = cutover_stream(client, &echo_stream, &request.base, NULL, take_one, &items, &error);
    sound(status, &error);
    CHECK(status != CUTOVER_OK || items == 20);
    cutover_error_clear(&error);
}

/* Many at once, so that the tables grow. */
static void run_many(cutover_client *client) {
    enum { CALLS = 100 };
    struct waiter waiters[CALLS] = {0};
    Cutover__V1__EchoRequest request = CUTOVER__V1__ECHO_REQUEST__INIT;
    for (int i = 0; i < CALLS; i++) {
        cutover_error error = {0};
        cutover_handlers handlers = {.end = waiter_end, .context = &waiters[i]};
        if (cutover_start(client, &cutover_Echo_Echo, &request.base, NULL, &handlers, &error) == 0) {
            waiters[i].ended = true;
            CHECK(error.status != CUTOVER_OK);
        }
        cutover_error_clear(&error);
    }
    for (int i = 0; i < CALLS; i++) {
        while (!waiters[i].ended) cutover_wait(client, 100);
    }
}

static void run_all(const char *endpoint) {
    cutover_error error = {0};
    cutover_options options = {
        .endpoints = endpoint, .token = "cut_x", .stream_credit = 128, .backoff_base_ms = 1, .backoff_max_ms = 2};
    cutover_client *client = cutover_new(&options, &error);
    CHECK(client != NULL || error.status != CUTOVER_OK);
    cutover_error_clear(&error);
    if (client == NULL) return;
    run_calls(client);
    run_many(client);
    cutover_free(client);
}

static void each_allocation_fails_once(void) {
    char endpoint[400];
    int listener = peer_listen("p");
    snprintf(endpoint, sizeof endpoint, "%s", peer_endpoint("p"));
    pid_t server = fork();
    CHECK(server >= 0);
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(listener);
    }
    close(listener);
    long run = 0;
    do {
        allocations = 0;
        failing_allocation = run++;
        run_all(endpoint);
    } while (allocations > failing_allocation);
    failing_allocation = -1;
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    printf("    %ld runs\n", run);
    CHECK(run > 100);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {{"each allocation fails once", each_allocation_fails_once}};
    return RUN_TESTS(tests);
}
