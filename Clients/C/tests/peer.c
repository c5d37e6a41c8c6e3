#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE 1

#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#ifdef CUTOVER_WITH_TLS
#include <openssl/ssl.h>
#endif

enum { PATIENCE_MS = 10000, STEP_MS = 1 };

const cutover_method echo = {"cutover.v1.Echo/Echo",
                             5,
                             &cutover__v1__echo_request__descriptor,
                             &cutover__v1__echo_response__descriptor,
                             true,
                             false};
const cutover_method echo_once = {"cutover.v1.Echo/Echo",
                                  5,
                                  &cutover__v1__echo_request__descriptor,
                                  &cutover__v1__echo_response__descriptor,
                                  false,
                                  false};
const cutover_method echo_stream = {"cutover.v1.Echo/Echo",
                                    5,
                                    &cutover__v1__echo_request__descriptor,
                                    &cutover__v1__echo_response__descriptor,
                                    true,
                                    true};

static void put32(uint8_t *bytes, uint32_t value) {
    for (int i = 0; i < 4; i++) bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t get32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

const char *peer_endpoint(const char *name) {
    static char endpoint[512];
    snprintf(endpoint, sizeof endpoint, "unix:%s", test_path(name));
    return endpoint;
}

int peer_listen(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = test_path(name);
    CHECK(strlen(path) < sizeof address.sun_path);
    strcpy(address.sun_path, path);
    unlink(path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    CHECK(listener >= 0);
    CHECK(bind(listener, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(listen(listener, 64) == 0);
    return listener;
}

cutover_client *peer_client(const char *name, const cutover_options *options) {
    cutover_error error = {0};
    cutover_options given = {0};
    if (options != NULL) given = *options;
    if (given.endpoints == NULL) given.endpoints = peer_endpoint(name);
    if (given.backoff_base_ms == 0) given.backoff_base_ms = 2;
    if (given.backoff_max_ms == 0) given.backoff_max_ms = 20;
    cutover_client *client = cutover_new(&given, &error);
    if (client == NULL) fprintf(stderr, "%s\n", error.message);
    CHECK(client != NULL);
    return client;
}

bool peer_accept_now(int listener, cutover_client *client, struct peer *peer) {
    int fd = accept(listener, NULL, NULL);
    if (fd < 0) return false;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    *peer = (struct peer){.fd = fd, .client = client};
    return true;
}

struct peer peer_accept(int listener, cutover_client *client) {
    struct peer peer;
    int64_t due = clock_ms() + PATIENCE_MS;
    while (!peer_accept_now(listener, client, &peer)) {
        CHECK(clock_ms() < due);
        cutover_wait(client, STEP_MS);
    }
    return peer;
}

void peer_close(struct peer *peer) {
#ifdef CUTOVER_WITH_TLS
    SSL_free(peer->secured);
#endif
    if (peer->fd >= 0) close(peer->fd);
    free(peer->in);
    *peer = (struct peer){.fd = -1};
}

static ssize_t put_some(struct peer *peer, const uint8_t *bytes, size_t length) {
#ifdef CUTOVER_WITH_TLS
    if (peer->secured != NULL) {
        int written = SSL_write(peer->secured, bytes, (int)length);
        if (written > 0) return written;
        return SSL_get_error(peer->secured, written) == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
#endif
    ssize_t sent = send(peer->fd, bytes, length, MSG_NOSIGNAL);
    return sent < 0 && errno == EAGAIN ? 0 : sent;
}

/* What a closed connection does not take is lost, as on a network. */
void peer_send(struct peer *peer, const void *bytes, size_t length) {
    const uint8_t *at = bytes;
    int64_t due = clock_ms() + PATIENCE_MS;
    while (length > 0) {
        ssize_t sent = put_some(peer, at, length);
        if (sent < 0) return;
        if (sent == 0) {
            CHECK(clock_ms() < due);
            cutover_wait(peer->client, STEP_MS);
        }
        at += sent;
        length -= (size_t)sent;
    }
}

void peer_send_hex(struct peer *peer, const char *digits) {
    uint8_t bytes[1024];
    size_t count = 0;
    for (; *digits != 0; digits++) {
        if (*digits == ' ') continue;
        unsigned value;
        CHECK(count < sizeof bytes && sscanf(digits, "%2x", &value) == 1);
        bytes[count++] = (uint8_t)value;
        digits++;
    }
    peer_send(peer, bytes, count);
}

void peer_frame(struct peer *peer, uint8_t type, uint8_t flags, uint16_t metadata, uint32_t id, uint32_t aux,
                const void *body, size_t length) {
    uint8_t *bytes = malloc(16 + length);
    CHECK(bytes != NULL);
    put32(bytes, (uint32_t)length);
    bytes[4] = type;
    bytes[5] = flags;
    bytes[6] = (uint8_t)(metadata >> 8);
    bytes[7] = (uint8_t)metadata;
    put32(bytes + 8, id);
    put32(bytes + 12, aux);
    if (length > 0) memcpy(bytes + 16, body, length);
    peer_send(peer, bytes, 16 + length);
    free(bytes);
}

/* Reads what there is; false at the end. */
static bool take_some(struct peer *peer) {
    if (peer->in_start > 0 && peer->in_room - peer->in_size < 65536) {
        memmove(peer->in, peer->in + peer->in_start, peer->in_size - peer->in_start);
        peer->in_size -= peer->in_start;
        peer->in_start = 0;
    }
    if (peer->in_room - peer->in_size < 65536) {
        peer->in_room += 1 << 20;
        peer->in = realloc(peer->in, peer->in_room);
        CHECK(peer->in != NULL);
    }
    ssize_t got;
#ifdef CUTOVER_WITH_TLS
    if (peer->secured != NULL) {
        int read = SSL_read(peer->secured, peer->in + peer->in_size, (int)(peer->in_room - peer->in_size));
        if (read <= 0) return SSL_get_error(peer->secured, read) == SSL_ERROR_WANT_READ;
        got = read;
    } else
#endif
    {
        got = recv(peer->fd, peer->in + peer->in_size, peer->in_room - peer->in_size, 0);
        if (got == 0) return false;
        if (got < 0) return errno == EAGAIN;
    }
    peer->in_size += (size_t)got;
    return true;
}

static void await_bytes(struct peer *peer, size_t length) {
    int64_t due = clock_ms() + PATIENCE_MS;
    while (peer->in_size - peer->in_start < length) {
        bool open = take_some(peer);
        if (peer->in_size - peer->in_start >= length) return;
        CHECK(open);
        CHECK(clock_ms() < due);
        cutover_wait(peer->client, STEP_MS);
    }
}

void peer_read(struct peer *peer, void *bytes, size_t length) {
    await_bytes(peer, length);
    memcpy(bytes, peer->in + peer->in_start, length);
    peer->in_start += length;
}

struct frame *peer_next(struct peer *peer) {
    static struct frame frame;
    await_bytes(peer, 16);
    uint8_t at[16];
    memcpy(at, peer->in + peer->in_start, sizeof at);
    frame.length = get32(at);
    frame.type = at[4];
    frame.flags = at[5];
    frame.metadata = (uint16_t)(at[6] << 8 | at[7]);
    frame.id = get32(at + 8);
    frame.aux = get32(at + 12);
    await_bytes(peer, 16 + (size_t)frame.length);
    size_t kept = frame.length < sizeof frame.body ? frame.length : sizeof frame.body;
    memcpy(frame.body, peer->in + peer->in_start + 16, kept);
    peer->in_start += 16 + (size_t)frame.length;
    return &frame;
}

struct frame *peer_next_of(struct peer *peer, uint8_t type) {
    struct frame *frame;
    do {
        frame = peer_next(peer);
    } while (frame->type != type);
    return frame;
}

struct frame *peer_poll(struct peer *peer) {
    for (int i = 0; i < 3; i++) {
        cutover_process(peer->client);
        take_some(peer);
    }
    return peer->in_size - peer->in_start >= 16 ? peer_next(peer) : NULL;
}

void peer_read_end(struct peer *peer) {
    int64_t due = clock_ms() + PATIENCE_MS;
    while (take_some(peer)) {
        CHECK(clock_ms() < due);
        peer->in_size = peer->in_start = 0;
        cutover_wait(peer->client, STEP_MS);
    }
}

struct frame *peer_take_greeting(struct peer *peer) {
    static const uint8_t expected[8] = {0xB5, 0x52, 0x50, 0x43, 1, 0, 0, 0};
    uint8_t preface[8];
    peer_read(peer, preface, sizeof preface);
    CHECK(memcmp(preface, expected, sizeof preface) == 0);
    struct frame *hello = peer_next(peer);
    CHECK_NUMBER(hello->type, HELLO);
    CHECK(hello->id == 0 && hello->aux == 0 && hello->flags == 0 && hello->metadata == 0);
    return hello;
}

void peer_greet_with(struct peer *peer, const void *settings, size_t length) {
    peer_take_greeting(peer);
    peer_frame(peer, HELLO, 0, 0, 0, 0, settings, length);
}

void peer_greet(struct peer *peer) {
    /* max_frame 1 MiB, max_inflight 1024. */
    static const uint8_t settings[] = {0, 1, 0, 4, 0, 0x10, 0, 0, 0, 2, 0, 2, 4, 0};
    peer_greet_with(peer, settings, sizeof settings);
}

struct peer peer_open(int listener, cutover_client *client) {
    struct peer peer = peer_accept(listener, client);
    peer_greet(&peer);
    return peer;
}

static size_t pack_text(uint8_t *bytes, const char *text) {
    Cutover__V1__EchoResponse message = CUTOVER__V1__ECHO_RESPONSE__INIT;
    message.payload = cutover_text(text);
    return cutover__v1__echo_response__pack(&message, bytes);
}

void peer_answer(struct peer *peer, uint32_t slot, const char *text) {
    uint8_t bytes[512];
    peer_frame(peer, RESPONSE, 0, 0, slot, 0, bytes, pack_text(bytes, text));
}

void peer_item(struct peer *peer, uint32_t slot, const char *text) {
    uint8_t bytes[512];
    peer_frame(peer, ITEM, 0, 0, slot, 0, bytes, pack_text(bytes, text));
}

void peer_refuse(struct peer *peer, uint32_t slot, cutover_status status, bool not_executed, uint32_t retry_after_ms) {
    uint8_t bytes[512];
    Cutover__V1__ErrorDetail detail = CUTOVER__V1__ERROR_DETAIL__INIT, *details[] = {&detail};
    Cutover__V1__ErrorInfo info = CUTOVER__V1__ERROR_INFO__INIT;
    detail.key = cutover_text("role");
    detail.value = cutover_text("force");
    info.message = cutover_text("not now");
    info.reason = cutover_text("TRY_LATER");
    info.n_details = 1;
    info.details = details;
    size_t size = cutover__v1__error_info__pack(&info, bytes);
    peer_frame(peer, RESPONSE, not_executed, 0, slot, retry_after_ms << 8 | (uint32_t)status, bytes, size);
}

static void on_item(cutover_client *client, cutover_call_id call, const cutover_item *item, void *context) {
    struct outcome *outcome = context;
    (void)client;
    (void)call;
    CHECK(!outcome->ended);
    outcome->items++;
    outcome->bytes += item->payload_length;
}

static void on_end(cutover_client *client, cutover_call_id call, const cutover_result *result, void *context) {
    struct outcome *outcome = context;
    (void)client;
    (void)call;
    CHECK(!outcome->ended);
    outcome->ended = true;
    outcome->status = result->status;
    outcome->metadata = (unsigned)result->metadata_count;
    if (result->status == CUTOVER_OK) {
        const Cutover__V1__EchoResponse *answer = (const Cutover__V1__EchoResponse *)result->message;
        if (answer == NULL || answer->base.descriptor != &cutover__v1__echo_response__descriptor) return;
        snprintf(outcome->text, sizeof outcome->text, "%.*s", (int)answer->payload.len,
                 (const char *)answer->payload.data);
        return;
    }
    CHECK(result->error.status == result->status);
    outcome->not_executed = result->error.not_executed;
    outcome->retry_after_ms = result->error.retry_after_ms;
    outcome->details = (unsigned)result->error.detail_count;
    snprintf(outcome->reason, sizeof outcome->reason, "%s", result->error.reason);
    snprintf(outcome->message, sizeof outcome->message, "%s", result->error.message);
}

cutover_call_id start_with(cutover_client *client, const cutover_method *method, const char *text,
                           const cutover_call_options *options, struct outcome *outcome) {
    Cutover__V1__EchoRequest request = CUTOVER__V1__ECHO_REQUEST__INIT;
    cutover_handlers handlers = {on_item, on_end, outcome};
    cutover_error error = {0};
    *outcome = (struct outcome){0};
    request.payload = cutover_text(text);
    cutover_call_id id = cutover_start(client, method, &request.base, options, &handlers, &error);
    if (id == 0) fprintf(stderr, "%s\n", error.message);
    CHECK(id != 0);
    return id;
}

cutover_call_id start(cutover_client *client, const cutover_method *method, const char *text, struct outcome *outcome) {
    return start_with(client, method, text, NULL, outcome);
}

void await(cutover_client *client, const struct outcome *outcome) {
    int64_t due = clock_ms() + PATIENCE_MS;
    while (!outcome->ended) {
        CHECK(clock_ms() < due);
        cutover_wait(client, STEP_MS);
    }
}

void linger(cutover_client *client, int64_t ms) {
    for (int64_t due = clock_ms() + ms; clock_ms() < due;) cutover_wait(client, 1);
}
