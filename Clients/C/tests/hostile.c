/* Servers that break the rules: the client closes, fails the calls or drops the message, and never more than that. */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE 1

#include "peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Frames as hexadecimal digits: length, type, flags, meta_len, id, aux, body. */
struct breach {
    const char *name;
    const char *bytes;
    const char *message; /* what the client says about it */
};

/* Slot 1 holds a unary call. */
static const struct breach unary_breaches[] = {
    {"length over max_frame", "00100001 03 00 0000 00000001 00000000", "(2): a frame is longer than max_frame"},
    {"length of 4 GiB", "FFFFFFFF 03 00 0000 00000001 00000000", "(2): a frame is longer than max_frame"},
    {"extension over max_frame", "FFFFFFFF 80 00 0000 00000000 00000000", "(2): a frame is longer than max_frame"},
    {"type 0", "00000000 00 00 0000 00000000 00000000", "(4): a frame of an unknown type"},
    {"type 0B", "00000000 0B 00 0000 00000000 00000000", "(4): a frame of an unknown type"},
    {"type 7F", "00000000 7F 00 0000 00000000 00000000", "(4): a frame of an unknown type"},
    {"second HELLO", "00000000 01 00 0000 00000000 00000000", "second HELLO"},
    {"REQUEST", "00000008 02 00 0000 00000001 00000001 0000000000000000", "only clients send"},
    {"CREDIT", "00000000 05 00 0000 00000001 00000001", "only clients send"},
    {"CANCEL", "00000000 06 00 0000 00000001 00000001", "only clients send"},
    {"DRAINED", "00000000 0A 00 0000 00000000 00000000", "only clients send"},
    {"RESPONSE in slot 0", "00000000 03 00 0000 00000000 00000000", "none where one does"},
    {"RESPONSE in a slot never used", "00000000 03 00 0000 00000002 00000000", "slot without a call"},
    {"RESPONSE in the last slot", "00000000 03 00 0000 0000FFFF 00000000", "slot without a call"},
    {"RESPONSE in slot 2^32 - 1", "00000000 03 00 0000 FFFFFFFF 00000000", "slot without a call"},
    {"RESPONSE with an undefined flag", "00000000 03 02 0000 00000001 00000000", "undefined flag"},
    {"RESPONSE with all flags", "00000000 03 FF 0000 00000001 00000000", "undefined flag"},
    {"metadata longer than RESPONSE", "00000002 03 00 0003 00000001 00000000 0000", "metadata longer"},
    {"metadata of 64 KiB in nothing", "00000000 03 00 FFFF 00000001 00000000", "metadata longer"},
    {"ITEM for a unary call", "00000000 04 00 0000 00000001 00000000", "(1): a message of a stream for a unary call"},
    {"ITEM in a free slot", "00000000 04 00 0000 00000002 00000000", "slot without a call"},
    {"PING of 7 bytes", "00000007 07 00 0000 00000000 00000000 00000000000000", "(2): a body of a wrong length"},
    {"PING of 1 MiB", "00100000 07 00 0000 00000000 00000000", "(2): a body of a wrong length"},
    {"PING in a slot", "00000008 07 00 0000 00000001 00000000 0000000000000000", "a slot where none"},
    {"PING with aux", "00000008 07 00 0000 00000000 00000001 0000000000000000", "reserved field"},
    {"PING with a flag", "00000008 07 01 0000 00000000 00000000 0000000000000000", "undefined flag"},
    {"PING with metadata", "00000008 07 00 0001 00000000 00000000 0000000000000000", "(1): metadata where none"},
    {"two PINGs at once",
     "00000008 07 00 0000 00000000 00000000 0000000000000001 00000008 07 00 0000 00000000 00000000 0000000000000002",
     "before the last was answered"},
    {"PONG without PING", "00000008 08 00 0000 00000000 00000000 0000000000000000", "without its PING"},
    {"GOAWAY of 3 bytes", "00000003 09 00 0000 00000000 00000000 000000", "(2): a body of a wrong length"},
    {"GOAWAY of 261 bytes", "00000105 09 00 0000 00000000 00000000", "(2): a body of a wrong length"},
    {"GOAWAY in a slot", "00000004 09 00 0000 00000001 00000000 00000000", "a slot where none"},
};

/* Slot 1 holds a stream with 64 bytes of credit. */
static const struct breach stream_breaches[] = {
    {"ITEM with aux", "00000000 04 00 0000 00000001 00000001", "reserved field"},
    {"ITEM with a flag", "00000000 04 01 0000 00000001 00000000", "undefined flag"},
    {"metadata longer than ITEM", "00000001 04 00 0002 00000001 00000000 00", "metadata longer"},
    {"ITEM after RESPONSE", "00000000 03 00 0000 00000001 00000000 00000000 04 00 0000 00000001 00000000",
     "slot without a call"},
};

static void breach_run(int listener, const struct breach *breach, const cutover_method *method) {
    check_case(breach->name);
    cutover_options options = {.stream_credit = 64, .max_attempts = 1};
    cutover_client *client = peer_client("hostile", &options);
    struct outcome outcome, other;
    start(client, method, "a", &outcome);
    struct peer peer = peer_open(listener, client);
    peer_next_of(&peer, REQUEST);
    peer_send_hex(&peer, breach->bytes);
    peer_read_end(&peer);
    peer_close(&peer);
    await(client, &outcome);
    if (outcome.status != CUTOVER_OK) {
        CHECK_NUMBER(outcome.status, CUTOVER_UNAVAILABLE);
        CHECK_TEXT(outcome.reason, CUTOVER_REASON_CONNECTION_LOST);
        CHECK_TEXT(outcome.message, breach->message);
        CHECK(!outcome.not_executed);
    }
    /* The client is as good as new. */
    start(client, &echo, "b", &other);
    peer = peer_open(listener, client);
    peer_answer(&peer, peer_next_of(&peer, REQUEST)->id, "b");
    await(client, &other);
    CHECK_TEXT(other.text, "b");
    peer_close(&peer);
    cutover_free(client);
}

static void frames_that_break_a_rule(void) {
    int listener = peer_listen("hostile");
    for (size_t i = 0; i < sizeof unary_breaches / sizeof unary_breaches[0]; i++) {
        breach_run(listener, &unary_breaches[i], &echo_once);
    }
    for (size_t i = 0; i < sizeof stream_breaches / sizeof stream_breaches[0]; i++) {
        breach_run(listener, &stream_breaches[i], &echo_stream);
    }
    close(listener);
}

static void response_twice(void) {
    int listener = peer_listen("hostile");
    cutover_client *client = peer_client("hostile", NULL);
    struct outcome outcome, other;
    start(client, &echo_once, "a", &outcome);
    start(client, &echo_once, "b", &other);
    struct peer peer = peer_open(listener, client);
    uint32_t slot = peer_next_of(&peer, REQUEST)->id;
    peer_next_of(&peer, REQUEST);
    peer_answer(&peer, slot, "a");
    peer_answer(&peer, slot, "again");
    peer_read_end(&peer);
    await(client, &outcome);
    await(client, &other);
    CHECK_TEXT(outcome.text, "a");
    CHECK_NUMBER(other.status, CUTOVER_UNAVAILABLE);
    CHECK_TEXT(other.message, "slot without a call");
    peer_close(&peer);
    cutover_free(client);
    close(listener);
}

static void items_beyond_credit(void) {
    int listener = peer_listen("hostile");
    cutover_options options = {.stream_credit = 128};
    cutover_call_options terms = {.manual_credit = true};
    cutover_client *client = peer_client("hostile", &options);
    struct outcome outcome;
    start_with(client, &echo_stream, "a", &terms, &outcome);
    struct peer peer = peer_open(listener, client);
    CHECK_NUMBER(peer_next_of(&peer, REQUEST)->body[7], 128);
    /* Two cost 64 each; the credit is used up exactly. */
    peer_item(&peer, 1, "1");
    peer_item(&peer, 1, "2");
    linger(client, 20);
    CHECK_NUMBER(outcome.items, 2);
    CHECK(!outcome.ended);
    peer_item(&peer, 1, "3");
    peer_read_end(&peer);
    await(client, &outcome);
    CHECK_NUMBER(outcome.items, 2);
    CHECK_TEXT(outcome.message, "(5): a message of a stream beyond its credit");
    peer_close(&peer);
    cutover_free(client);
    close(listener);
}

/* Also in a slot whose call was cancelled: it counts until the RESPONSE. */
static void items_beyond_credit_after_cancel(void) {
    int listener = peer_listen("hostile");
    cutover_options options = {.stream_credit = 64};
    cutover_client *client = peer_client("hostile", &options);
    struct outcome outcome;
    cutover_call_id id = start(client, &echo_stream, "a", &outcome);
    struct peer peer = peer_open(listener, client);
    peer_next_of(&peer, REQUEST);
    CHECK(cutover_cancel(client, id));
    CHECK_NUMBER(peer_next_of(&peer, CANCEL)->aux, 1);
    peer_item(&peer, 1, "1");
    CHECK(peer_poll(&peer) == NULL);
    peer_item(&peer, 1, "2");
    peer_read_end(&peer);
    CHECK_NUMBER(outcome.items, 0);
    CHECK_NUMBER(outcome.status, CUTOVER_CANCELLED);
    peer_close(&peer);
    cutover_free(client);
    close(listener);
}

struct greeting {
    const char *name;
    const char *bytes;   /* what the server sends instead of its HELLO */
    const char *message; /* NULL when it is accepted */
};

static const struct greeting greetings[] = {
    {"empty HELLO", "00000000 01 00 0000 00000000 00000000", NULL},
    {"unknown setting", "00000006 01 00 0000 00000000 00000000 7FFF 0002 0000", NULL},
    {"unknown setting twice", "00000008 01 00 0000 00000000 00000000 7FFF 0000 7FFF 0000", NULL},
    {"every setting",
     "0000005D 01 00 0000 00000000 00000000 0001 0004 00100000 0002 0002 0040 0003 0004 00010000"
     "0004 0008 0000000000000000 0006 0001 61 0007 0004 000003E8 0008 0004 00001388"
     "0009 0010 00112233445566778899AABBCCDDEEFF 000A 0008 0000000000000001 000B 0002 0101",
     NULL},
    {"extension first", "00000003 FF 00 0000 00000000 00000000 010203 00000000 01 00 0000 00000000 00000000", NULL},
    {"RESPONSE first", "00000000 03 00 0000 00000001 00000000", "first frame is not HELLO"},
    {"PING first", "00000008 07 00 0000 00000000 00000000 0000000000000000", "first frame is not HELLO"},
    {"HELLO over 8 KiB", "00002001 01 00 0000 00000000 00000000", "(2): a body of a wrong length"},
    {"HELLO with aux", "00000000 01 00 0000 00000000 00000001", "reserved field"},
    {"HELLO in a slot", "00000000 01 00 0000 00000001 00000000", "a slot where none"},
    {"HELLO with a flag", "00000000 01 01 0000 00000000 00000000", "undefined flag"},
    {"HELLO with metadata", "00000004 01 00 0004 00000000 00000000 7FFF 0000", "metadata where none"},
    {"key broken off", "00000003 01 00 0000 00000000 00000000 000100", "HELLO breaks off"},
    {"value broken off", "00000006 01 00 0000 00000000 00000000 0001 0004 0010", "HELLO breaks off"},
    {"length past the end", "00000004 01 00 0000 00000000 00000000 0006 FFFF", "HELLO breaks off"},
    {"max_frame twice", "00000010 01 00 0000 00000000 00000000 0001 0004 00100000 0001 0004 00100000",
     "(1): a setting twice"},
    {"max_frame of 2 bytes", "00000006 01 00 0000 00000000 00000000 0001 0002 0010", "(1): a setting twice"},
    {"max_frame under its floor", "00000008 01 00 0000 00000000 00000000 0001 0004 0000FFFF", "(1): a setting twice"},
    {"max_frame over its ceiling", "00000008 01 00 0000 00000000 00000000 0001 0004 01000000", "(1): a setting twice"},
    {"max_inflight of 15", "00000006 01 00 0000 00000000 00000000 0002 0002 000F", "(1): a setting twice"},
    {"instance of 15 bytes", "00000013 01 00 0000 00000000 00000000 0009 000F 000000000000000000000000000000",
     "(1): a setting twice"},
    {"versions 2 to 1", "00000006 01 00 0000 00000000 00000000 000B 0002 0201", "(1): a setting twice"},
    {"must understand", "00000004 01 00 0000 00000000 00000000 8001 0000", "(4): a setting that must be understood"},
    {"HTTP", "485454502F312E312034303020426164205265717565737420 0D0A0D0A", "does not speak Cutover's protocol"},
    {"TLS alert", "15 03 03 0002 0228 0000000000000000000000", "does not speak Cutover's protocol"},
};

static void greetings_that_break_a_rule(void) {
    int listener = peer_listen("hostile");
    for (size_t i = 0; i < sizeof greetings / sizeof greetings[0]; i++) {
        const struct greeting *greeting = &greetings[i];
        check_case(greeting->name);
        cutover_client *client = peer_client("hostile", NULL);
        struct outcome outcome;
        start(client, &echo_once, "a", &outcome);
        struct peer peer = peer_accept(listener, client);
        peer_take_greeting(&peer);
        peer_send_hex(&peer, greeting->bytes);
        if (greeting->message == NULL) {
            peer_answer(&peer, peer_next_of(&peer, REQUEST)->id, "a");
            await(client, &outcome);
            CHECK_NUMBER(outcome.status, CUTOVER_OK);
        } else {
            peer_read_end(&peer);
            await(client, &outcome);
            CHECK_NUMBER(outcome.status, CUTOVER_UNAVAILABLE);
            CHECK_TEXT(outcome.reason, CUTOVER_REASON_SETUP_REFUSED);
            CHECK_TEXT(outcome.message, greeting->message);
            CHECK(outcome.not_executed);
        }
        peer_close(&peer);
        cutover_free(client);
    }
    close(listener);
}

static void hello_with_too_many_settings(void) {
    int listener = peer_listen("hostile");
    for (unsigned count = 64; count <= 65; count++) {
        uint8_t settings[65 * 4] = {0};
        for (unsigned i = 0; i < count; i++) {
            settings[4 * i] = 0x40;
            settings[4 * i + 1] = (uint8_t)i;
        }
        cutover_client *client = peer_client("hostile", NULL);
        struct outcome outcome;
        start(client, &echo_once, "a", &outcome);
        struct peer peer = peer_accept(listener, client);
        peer_greet_with(&peer, settings, count * 4);
        if (count == 64) peer_answer(&peer, peer_next_of(&peer, REQUEST)->id, "a");
        await(client, &outcome);
        CHECK_NUMBER(outcome.status, count == 64 ? CUTOVER_OK : CUTOVER_UNAVAILABLE);
        peer_close(&peer);
        cutover_free(client);
    }
    close(listener);
}

/* Payloads: the call fails, the connection lives. */
static void payload_run(struct peer *peer, cutover_client *client, const char *name, uint32_t aux, const void *bytes,
                        size_t length, cutover_status expected, const char *reason) {
    check_case(name);
    struct outcome outcome, other;
    start(client, &echo_once, "a", &outcome);
    peer_frame(peer, RESPONSE, 0, 0, peer_next_of(peer, REQUEST)->id, aux, bytes, length);
    await(client, &outcome);
    CHECK_NUMBER(outcome.status, expected);
    if (reason != NULL) CHECK_TEXT(outcome.reason, reason);
    start(client, &echo_once, "b", &other);
    peer_answer(peer, peer_next_of(peer, REQUEST)->id, "b");
    await(client, &other);
    CHECK_TEXT(other.text, "b");
}

static void payloads_that_do_not_unpack(void) {
    static const struct {
        const char *name;
        uint8_t bytes[16];
        size_t length;
    } payloads[] = {
        {"field number 0", {0x00, 0x01}, 2},
        {"field number 2^29", {0x80, 0x80, 0x80, 0x80, 0x10, 0x01}, 6},
        {"tag of five full bytes", {0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0x01}, 6},
        {"tag without an end", {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, 6},
        {"tag broken off", {0x80}, 1},
        {"value broken off", {0x0A, 0x05, 'a', 'b'}, 4},
        {"length over 2^32", {0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F}, 6},
        {"length without an end", {0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, 7},
        {"varint of 11 bytes", {0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01}, 12},
        {"fixed 64 broken off", {0x11, 1, 2, 3}, 4},
        {"fixed 32 broken off", {0x15, 1, 2}, 3},
        {"group", {0x13, 0x14}, 2},
        {"wire type 7", {0x17, 0x00}, 2},
    };
    int listener = peer_listen("hostile");
    cutover_client *client = peer_client("hostile", NULL);
    struct outcome outcome;
    start(client, &echo, "", &outcome);
    struct peer peer = peer_open(listener, client);
    peer_answer(&peer, peer_next_of(&peer, REQUEST)->id, "");
    await(client, &outcome);
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        payload_run(&peer, client, payloads[i].name, 0, payloads[i].bytes, payloads[i].length, CUTOVER_INTERNAL,
                    CUTOVER_REASON_BAD_ANSWER);
        payload_run(&peer, client, payloads[i].name, CUTOVER_NOT_FOUND, payloads[i].bytes, payloads[i].length,
                    CUTOVER_NOT_FOUND, "");
    }
    payload_run(&peer, client, "status 99", 99, NULL, 0, CUTOVER_UNKNOWN, "");
    peer_close(&peer);
    cutover_free(client);
    close(listener);
}

/* What protobuf-c would merge, and lose numbers of the first: in the answer, and inside a message of it. */
static void single_message_twice(void) {
    static const cutover_method stop = {"cutover.v1.StopService/StopTask", 6, &cutover__v1__echo_request__descriptor,
                                        &cutover__v1__stop_task_response__descriptor, false, false};
    static const struct {
        const char *name;
        uint8_t bytes[16];
        size_t length;
        bool sound;
    } payloads[] = {
        {"once each", {0x12, 0, 0x1A, 0}, 4, true},
        {"a list of two", {0x2A, 0, 0x2A, 0}, 4, true},
        {"the same field twice", {0x12, 0, 0x12, 0}, 4, false},
        {"the same with another between", {0x12, 0, 0x1A, 0, 0x12, 0}, 6, false},
        {"inside a list", {0x2A, 4, 0x0A, 0, 0x0A, 0}, 6, false},
        {"once in each of a list", {0x2A, 2, 0x0A, 0, 0x2A, 2, 0x0A, 0}, 8, true},
    };
    int listener = peer_listen("hostile");
    cutover_client *client = peer_client("hostile", NULL);
    struct outcome outcome;
    start(client, &echo, "", &outcome);
    struct peer peer = peer_open(listener, client);
    peer_answer(&peer, peer_next_of(&peer, REQUEST)->id, "");
    await(client, &outcome);
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        check_case(payloads[i].name);
        start(client, &stop, "", &outcome);
        peer_frame(&peer, RESPONSE, 0, 0, peer_next_of(&peer, REQUEST)->id, 0, payloads[i].bytes, payloads[i].length);
        await(client, &outcome);
        CHECK_NUMBER(outcome.status, payloads[i].sound ? CUTOVER_OK : CUTOVER_INTERNAL);
    }
    peer_close(&peer);
    cutover_free(client);
    close(listener);
}

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

/* Two bytes of unknown fields take some ninety in protobuf-c: 1 MiB would become 45 MiB. */
static void payload_that_grows(void) {
    enum { SIZE = 1 << 20 };
    int listener = peer_listen("hostile");
    cutover_client *client = peer_client("hostile", NULL);
    struct outcome outcome;
    uint8_t *bomb = malloc(SIZE);
    CHECK(bomb != NULL);
    for (size_t i = 0; i < SIZE; i += 2) {
        bomb[i] = 0x78;
        bomb[i + 1] = 1;
    }
    start(client, &echo, "", &outcome);
    struct peer peer = peer_open(listener, client);
    peer_answer(&peer, peer_next_of(&peer, REQUEST)->id, "");
    await(client, &outcome);
    size_t before = peak_memory();
    payload_run(&peer, client, "1 MiB of two-byte fields", 0, bomb, SIZE, CUTOVER_INTERNAL, CUTOVER_REASON_BAD_ANSWER);
    payload_run(&peer, client, "1 MiB of two-byte fields as an error", 5, bomb, SIZE, CUTOVER_NOT_FOUND, "");
    /* 16 MiB and 64 KiB to unpack, 2 MiB of buffers, and as much again for the test and the allocator. */
    CHECK(peak_memory() - before < (size_t)36 << 20);
    free(bomb);
    peer_close(&peer);
    cutover_free(client);
    close(listener);
}

/* Too long, too many, not UTF-8, with control characters: what is told can be printed. */
static void error_texts_are_made_safe(void) {
    int listener = peer_listen("hostile");
    cutover_client *client = peer_client("hostile", NULL);
    struct outcome outcome;
    Cutover__V1__ErrorInfo info = CUTOVER__V1__ERROR_INFO__INIT;
    Cutover__V1__ErrorDetail detail = CUTOVER__V1__ERROR_DETAIL__INIT, *details[100];
    uint8_t bytes[8192], text[3000];
    for (size_t i = 0; i < 100; i++) details[i] = &detail;
    memset(text, 'x', sizeof text);
    info.message.data = text;
    info.message.len = sizeof text;
    info.reason = cutover_text("A\x1b[2J\xff\xc3\xa9\xed\xa0\x80\xc2\x9bZ");
    info.n_details = 100;
    info.details = details;
    start(client, &echo_once, "a", &outcome);
    struct peer peer = peer_open(listener, client);
    size_t size = cutover__v1__error_info__pack(&info, bytes);
    peer_frame(&peer, RESPONSE, 1, 0, peer_next_of(&peer, REQUEST)->id, 0xFFFFFF07, bytes, size);
    await(client, &outcome);
    CHECK_NUMBER(outcome.status, CUTOVER_PERMISSION_DENIED);
    CHECK(outcome.not_executed && outcome.retry_after_ms == CUTOVER_RETRY_NEVER);
    CHECK_NUMBER(outcome.details, 32);
    CHECK(strcmp(outcome.reason, "A?[2J?\xc3\xa9?????Z") == 0);
    peer_close(&peer);
    cutover_free(client);
    close(listener);
}

/* Blocks that break a rule are taken for none; call and connection live. */
static void metadata_that_breaks_a_rule(void) {
    static const struct {
        const char *name;
        const char *bytes;
        uint16_t length;
    } blocks[] = {
        {"key broken off", "\5a", 2},        {"value broken off", "\1a\0\5aa", 6}, {"no value length", "\1a", 2},
        {"half a value length", "\1a\0", 3}, {"empty key", "\0\0\0", 3},           {"key in capitals", "\1A\0\0", 4},
        {"key with a space", "\1 \0\0", 4},  {"key of 255 bytes", "\377aaaa", 5},
    };
    int listener = peer_listen("hostile");
    cutover_client *client = peer_client("hostile", NULL);
    struct outcome outcome;
    start(client, &echo, "", &outcome);
    struct peer peer = peer_open(listener, client);
    peer_answer(&peer, peer_next_of(&peer, REQUEST)->id, "");
    await(client, &outcome);
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        check_case(blocks[i].name);
        start(client, &echo_once, "", &outcome);
        peer_frame(&peer, RESPONSE, 0, blocks[i].length, peer_next_of(&peer, REQUEST)->id, 0, blocks[i].bytes,
                   blocks[i].length);
        await(client, &outcome);
        CHECK_NUMBER(outcome.status, CUTOVER_OK);
        CHECK_NUMBER(outcome.metadata, 0);
        start(client, &echo_stream, "", &outcome);
        uint32_t slot = peer_next_of(&peer, REQUEST)->id;
        peer_frame(&peer, ITEM, 0, blocks[i].length, slot, 0, blocks[i].bytes, blocks[i].length);
        /* A payload at the end of a stream is nothing, either. */
        peer_frame(&peer, RESPONSE, 0, 0, slot, 0, "x", 1);
        await(client, &outcome);
        CHECK_NUMBER(outcome.status, CUTOVER_OK);
        CHECK_NUMBER(outcome.items, 1);
    }
    peer_close(&peer);
    cutover_free(client);
    close(listener);
}

static void too_many_entries_of_metadata(void) {
    int listener = peer_listen("hostile");
    for (unsigned count = 64; count <= 65; count++) {
        uint8_t bytes[65 * 4];
        for (unsigned i = 0; i < count; i++) memcpy(bytes + 4 * i, "\1a\0\0", 4);
        cutover_client *client = peer_client("hostile", NULL);
        struct outcome outcome;
        start(client, &echo_once, "a", &outcome);
        struct peer peer = peer_open(listener, client);
        peer_frame(&peer, RESPONSE, 0, (uint16_t)(count * 4), peer_next_of(&peer, REQUEST)->id, 0, bytes, count * 4);
        await(client, &outcome);
        CHECK_NUMBER(outcome.status, CUTOVER_OK);
        CHECK_NUMBER(outcome.metadata, count == 64 ? 64 : 0);
        peer_close(&peer);
        cutover_free(client);
    }
    close(listener);
}

/* A whole conversation, byte by byte. */
static void drip_feed(void) {
    static const char conversation[] = "00000006010000000000000000000000 00020002 0040"
                                       "00000000FE0000000000000000000000"
                                       "00000008070000000000000000000000 0102030405060708"
                                       "00000003030000000000000100000000 0A0161";
    int listener = peer_listen("hostile");
    cutover_client *client = peer_client("hostile", NULL);
    struct outcome outcome;
    start(client, &echo, "a", &outcome);
    struct peer peer = peer_accept(listener, client);
    peer_take_greeting(&peer);
    CHECK_NUMBER(peer_next(&peer)->type, REQUEST);
    for (const char *at = conversation; *at != 0; at++) {
        if (*at == ' ') continue;
        char digits[3] = {at[0], at[1], 0};
        at++;
        CHECK(!outcome.ended);
        peer_send_hex(&peer, digits);
        cutover_process(client);
    }
    await(client, &outcome);
    CHECK_TEXT(outcome.text, "a");
    struct frame *pong = peer_next(&peer);
    CHECK(pong->type == PONG && pong->length == 8 && memcmp(pong->body, "\1\2\3\4\5\6\7\10", 8) == 0);
    peer_close(&peer);
    cutover_free(client);
    close(listener);
}

/* The connection ends in the middle of a frame, at every place of it. */
static void half_frames(void) {
    static const uint8_t answer[] = {0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0x0A, 1, 'a'};
    int listener = peer_listen("hostile");
    for (size_t length = 0; length <= sizeof answer; length++) {
        cutover_client *client = peer_client("hostile", NULL);
        struct outcome outcome;
        start(client, &echo_once, "a", &outcome);
        struct peer peer = peer_open(listener, client);
        peer_next_of(&peer, REQUEST);
        peer_send(&peer, answer, length);
        peer_close(&peer);
        await(client, &outcome);
        CHECK_NUMBER(outcome.status, length == sizeof answer ? CUTOVER_OK : CUTOVER_UNAVAILABLE);
        cutover_free(client);
    }
    close(listener);
}

/* A server that takes nothing while it sends: what waits to go out stays bounded, reading stops. */
static void server_that_never_reads(void) {
    enum { ITEMS = 400000, SIZE = 80 };
    int listener = peer_listen("hostile");
    cutover_options options = {.stream_credit = 64};
    cutover_client *client = peer_client("hostile", &options);
    struct outcome outcome;
    start(client, &echo_stream, "a", &outcome);
    struct peer peer = peer_open(listener, client);
    peer_next_of(&peer, REQUEST);
    /* Every ITEM is answered by a CREDIT of 16 bytes, which nobody takes: 6 MiB of them in all. */
    static uint8_t items[1000 * SIZE];
    for (size_t i = 0; i < 1000; i++) {
        uint8_t *item = items + i * SIZE;
        item[3] = 64;
        item[4] = ITEM;
        item[11] = 1;
        memcpy(item + 16, "\x0a\x3e", 2);
    }
    size_t before = peak_memory(), sent = 0;
    for (int idle = 0; idle < 20 && sent < (size_t)ITEMS * SIZE;) {
        size_t place = sent % sizeof items;
        ssize_t some = send(peer.fd, items + place, sizeof items - place, MSG_NOSIGNAL);
        idle = some > 0 ? 0 : idle + 1;
        if (some > 0) sent += (size_t)some;
        cutover_process(client);
    }
    CHECK(sent < (size_t)ITEMS * SIZE);
    CHECK(peak_memory() - before < (size_t)8 << 20);
    /* Once the server reads again, everything goes on. */
    while (sent % SIZE != 0 || peer_poll(&peer) != NULL) {
        if (sent % SIZE == 0) continue;
        size_t place = sent % sizeof items;
        peer_poll(&peer);
        ssize_t some = send(peer.fd, items + place, SIZE - sent % SIZE, MSG_NOSIGNAL);
        if (some > 0) sent += (size_t)some;
    }
    CHECK(!outcome.ended);
    peer_frame(&peer, RESPONSE, 0, 0, 1, 0, NULL, 0);
    await(client, &outcome);
    CHECK_NUMBER(outcome.status, CUTOVER_OK);
    CHECK_NUMBER(outcome.items, sent / SIZE);
    peer_close(&peer);
    cutover_free(client);
    close(listener);
}

static uint64_t random_state;

static uint32_t random_number(uint32_t below) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % below;
}

/* Sound frames with some bytes changed, cut, doubled or made up; whatever happens, the client lives and works. */
static void changed_bytes(void) {
    static const char *const frames[] = {
        "00000006 01 00 0000 00000000 00000000 0002 0002 0040",
        "00000003 03 00 0000 00000001 00000000 0A0161",
        "0000000B 03 00 0008 00000002 00000000 0161 0004 61626364 0A0161",
        "00000009 03 01 0000 00000002 00000A08 0A0161 1201621A00",
        "00000003 04 00 0000 00000003 00000000 0A0161",
        "00000008 07 00 0000 00000000 00000000 0102030405060708",
        "00000008 09 00 0000 00000000 00000000 00000000 61626364",
        "00000002 90 00 0000 00000000 00000000 0102",
    };
    enum { FRAMES = sizeof frames / sizeof frames[0] };
    const char *given = getenv("CUTOVER_TEST_SEED"), *rounds = getenv("CUTOVER_TEST_ROUNDS");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)clock_ms();
    unsigned long count = rounds != NULL ? strtoul(rounds, NULL, 10) : 1500;
    printf("    seed %llu, %lu rounds\n", (unsigned long long)seed, count);
    fflush(stdout);
    random_state = seed;
    int listener = peer_listen("hostile");
    for (unsigned long round = 0; round < count; round++) {
        cutover_options options = {.max_attempts = 2, .connect_wait_ms = 1, .retry_budget = 1};
        cutover_client *client = peer_client("hostile", &options);
        struct outcome outcomes[3];
        start(client, &echo, "a", &outcomes[0]);
        start(client, &echo_once, "b", &outcomes[1]);
        start(client, &echo_stream, "c", &outcomes[2]);
        struct peer peer = peer_accept(listener, client);
        uint8_t bytes[2048];
        size_t size = 0;
        for (uint32_t i = 0, frame_count = 1 + random_number(8); i < frame_count; i++) {
            const char *digits = frames[i == 0 ? 0 : random_number(FRAMES)];
            for (unsigned value; *digits != 0; digits++) {
                if (*digits == ' ') continue;
                if (sscanf(digits++, "%2x", &value) == 1) bytes[size++] = (uint8_t)value;
            }
        }
        for (uint32_t change = random_number(4); change > 0; change--) {
            size_t place = random_number((uint32_t)size);
            if (random_number(8) == 0) size = place + 1;
            else bytes[place] = (uint8_t)random_number(256);
        }
        peer_send(&peer, bytes, size);
        for (int i = 0; i < 4; i++) cutover_process(client);
        peer_close(&peer);
        for (int i = 0; i < 4; i++) cutover_process(client);
        cutover_free(client);
        struct peer left;
        while (peer_accept_now(listener, NULL, &left)) peer_close(&left);
    }
    close(listener);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        {"frames that break a rule", frames_that_break_a_rule},
        {"RESPONSE twice", response_twice},
        {"ITEMs beyond credit", items_beyond_credit},
        {"ITEMs beyond credit after a cancel", items_beyond_credit_after_cancel},
        {"greetings that break a rule", greetings_that_break_a_rule},
        {"HELLO with too many settings", hello_with_too_many_settings},
        {"payloads that do not unpack", payloads_that_do_not_unpack},
        {"single message twice", single_message_twice},
        {"payload that grows", payload_that_grows},
        {"error texts are made safe", error_texts_are_made_safe},
        {"metadata that breaks a rule", metadata_that_breaks_a_rule},
        {"too many entries of metadata", too_many_entries_of_metadata},
        {"drip feed", drip_feed},
        {"half frames", half_frames},
        {"server that never reads", server_that_never_reads},
        {"changed bytes", changed_bytes},
    };
    return RUN_TESTS(tests);
}
