/*
 * Servers that flood the client or hold it up: what is legal is borne in bounded memory, and no caller is held longer than
 * its deadline. What breaks a rule is in hostile.c.
 */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE 1

#include "peer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MIB = 1 << 20 };

/* Under AddressSanitizer 0: it keeps what was freed. */
static size_t peak_memory(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
#ifdef __SANITIZE_ADDRESS__
    return 0;
#else
    return (size_t)usage.ru_maxrss * 1024;
#endif
}

/* A call is under way at a server that is about to attack. */
struct stage {
    int listener;
    cutover_client *client;
    struct peer peer;
    uint32_t slot;
};

static struct stage stage_open(const cutover_call_options *terms, struct outcome *outcome) {
    struct stage stage = {.listener = peer_listen("floods"), .client = peer_client("floods", NULL)};
    start_with(stage.client, &echo_once, "a", terms, outcome);
    stage.peer = peer_open(stage.listener, stage.client);
    stage.slot = peer_next_of(&stage.peer, REQUEST)->id;
    return stage;
}

static void stage_close(struct stage *stage) {
    peer_close(&stage->peer);
    cutover_free(stage->client);
    close(stage->listener);
}

/* The client is as good as new: a further call is answered on a further connection. */
static void recover(struct stage *stage) {
    struct outcome other;
    start(stage->client, &echo_once, "b", &other);
    struct peer peer = peer_open(stage->listener, stage->client);
    peer_answer(&peer, peer_next_of(&peer, REQUEST)->id, "b");
    await(stage->client, &other);
    CHECK_TEXT(other.text, "b");
    peer_close(&peer);
}

static void garbage(void) {
    struct outcome outcome;
    struct stage stage = stage_open(NULL, &outcome);
    static uint8_t bytes[MIB];
    memset(bytes, 0xA5, sizeof bytes);
    size_t before = peak_memory();
    for (int i = 0; i < 16; i++) peer_send(&stage.peer, bytes, sizeof bytes);
    await(stage.client, &outcome);
    CHECK_NUMBER(outcome.status, CUTOVER_UNAVAILABLE);
    CHECK(!outcome.not_executed);
    CHECK(peak_memory() - before < (size_t)4 * MIB);
    recover(&stage);
    stage_close(&stage);
}

/* 64 MiB that are legal and mean nothing, and then the answer. */
static void extensions_without_end(void) {
    struct outcome outcome;
    struct stage stage = stage_open(NULL, &outcome);
    static uint8_t body[MIB];
    size_t before = peak_memory();
    for (int i = 0; i < 64; i++) peer_frame(&stage.peer, 0x80, 0xFF, 0xFFFF, 7, 7, body, sizeof body);
    /* The smallest there are. */
    static uint8_t small[64 * 1024];
    for (size_t i = 0; i < sizeof small; i += 16) small[i + 4] = 0xFE;
    for (int i = 0; i < 64; i++) peer_send(&stage.peer, small, sizeof small);
    CHECK(!outcome.ended);
    peer_answer(&stage.peer, stage.slot, "a");
    await(stage.client, &outcome);
    CHECK_TEXT(outcome.text, "a");
    /* One frame of each side. */
    CHECK(peak_memory() - before < (size_t)6 * MIB);
    stage_close(&stage);
}

static void pings_without_end(void) {
    struct outcome outcome;
    struct stage stage = stage_open(NULL, &outcome);
    for (uint8_t i = 0; i < 250; i++) {
        uint8_t body[8] = {i};
        peer_frame(&stage.peer, PING, 0, 0, 0, 0, body, sizeof body);
        CHECK_NUMBER(peer_next_of(&stage.peer, PONG)->body[0], i);
    }
    CHECK(!outcome.ended);
    uint8_t flood[1000 * 24] = {0};
    for (size_t i = 0; i < sizeof flood; i += 24) {
        flood[i + 3] = 8;
        flood[i + 4] = PING;
    }
    peer_send(&stage.peer, flood, sizeof flood);
    await(stage.client, &outcome);
    CHECK_NUMBER(outcome.status, CUTOVER_UNAVAILABLE);
    CHECK_TEXT(outcome.message, "before the last was answered");
    recover(&stage);
    stage_close(&stage);
}

/* Asked to go once or ten thousand times, the client goes once; its call is answered. */
static void goaways_without_end(void) {
    struct outcome outcome;
    struct stage stage = stage_open(NULL, &outcome);
    uint8_t body[260] = {0xFF, 0xFF, 0xFF, 0xFF};
    memset(body + 4, 'x', sizeof body - 4);
    for (int i = 0; i < 10000; i++) peer_frame(&stage.peer, GOAWAY, 0, 0, 0, 0, body, sizeof body);
    peer_answer(&stage.peer, stage.slot, "a");
    await(stage.client, &outcome);
    CHECK_TEXT(outcome.text, "a");
    unsigned drained = 0;
    for (struct frame *frame; (frame = peer_poll(&stage.peer)) != NULL;) drained += frame->type == DRAINED;
    CHECK_NUMBER(drained, 1);
    struct peer extra;
    CHECK(!peer_accept_now(stage.listener, stage.client, &extra));
    recover(&stage);
    stage_close(&stage);
}

/* A HELLO that arrives byte by byte holds no caller longer than its deadline. */
static void hello_without_end(void) {
    int listener = peer_listen("floods");
    cutover_client *client = peer_client("floods", NULL);
    cutover_call_options terms = {.timeout_ms = 100};
    struct outcome outcome;
    start_with(client, &echo_once, "a", &terms, &outcome);
    struct peer peer = peer_accept(listener, client);
    peer_take_greeting(&peer);
    peer_send_hex(&peer, "00002000 01 00 0000 00000000 00000000");
    for (int i = 0; i < 8191 && !outcome.ended; i++) {
        peer_send_hex(&peer, "00");
        linger(client, 2);
    }
    CHECK(outcome.ended);
    CHECK_NUMBER(outcome.status, CUTOVER_DEADLINE_EXCEEDED);
    peer_close(&peer);
    cutover_free(client);
    close(listener);
}

/* All but the last byte of an answer of 1 MiB. */
static void answer_without_its_end(void) {
    struct outcome outcome;
    cutover_call_options terms = {.timeout_ms = 200};
    struct stage stage = stage_open(&terms, &outcome);
    static uint8_t part[MIB - 1];
    peer_send_hex(&stage.peer, "00100000 03 00 0000");
    uint8_t slot[8] = {0, 0, 0, (uint8_t)stage.slot};
    peer_send(&stage.peer, slot, sizeof slot);
    peer_send(&stage.peer, part, sizeof part);
    await(stage.client, &outcome);
    CHECK_NUMBER(outcome.status, CUTOVER_DEADLINE_EXCEEDED);
    stage_close(&stage);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        {"16 MiB of garbage", garbage},
        {"extensions without end", extensions_without_end},
        {"PINGs without end", pings_without_end},
        {"GOAWAYs without end", goaways_without_end},
        {"HELLO without end", hello_without_end},
        {"answer without its end", answer_without_its_end},
    };
    return RUN_TESTS(tests);
}
