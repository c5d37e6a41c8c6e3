/*
 * What the client promises, against a server made by hand: calls, deadlines, retries, drain, credit, keepalive, limits.
 */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE 1

#include "peer.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A listening server, a client of it, and the first connection. */
struct scene {
    int listener;
    cutover_client *client;
    struct peer peer;
};

static struct scene scene_with(const cutover_options *options) {
    struct scene scene = {.listener = peer_listen("p"), .client = peer_client("p", options)};
    struct outcome first;
    start(scene.client, &echo, "first", &first);
    scene.peer = peer_open(scene.listener, scene.client);
    peer_answer(&scene.peer, peer_next_of(&scene.peer, REQUEST)->id, "");
    await(scene.client, &first);
    return scene;
}

static struct scene scene_open(void) { return scene_with(NULL); }

static void scene_close(struct scene *scene) {
    peer_close(&scene->peer);
    cutover_free(scene->client);
    close(scene->listener);
}

static uint32_t get32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* --- The wire --- */

static void golden_vector(void) {
    static const uint8_t expected[] = {0, 0, 0, 8, 2, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0xF4, 0, 0, 0, 0};
    int listener = peer_listen("p");
    cutover_client *client = peer_client("p", NULL);
    Cutover__V1__HealthCheckRequest request = CUTOVER__V1__HEALTH_CHECK_REQUEST__INIT;
    cutover_call_options terms = {.timeout_ms = 500};
    cutover_handlers handlers = {0};
    struct outcome outcome;
    uint8_t bytes[sizeof expected];
    start(client, &echo, "before", &outcome);
    struct peer peer = peer_open(listener, client);
    peer_answer(&peer, peer_next_of(&peer, REQUEST)->id, "");
    await(client, &outcome);
    CHECK(cutover_start(client, &cutover_Health_Check, &request.base, &terms, &handlers, NULL) != 0);
    cutover_process(client);
    peer_read(&peer, bytes, sizeof bytes);
    /* The time may have gone on by some milliseconds. */
    uint32_t timeout = get32(bytes + 16);
    CHECK(timeout > 400 && timeout <= 500);
    memcpy(bytes + 16, expected + 16, 4);
    CHECK(memcmp(bytes, expected, sizeof expected) == 0);
    cutover_free(client);
    peer_close(&peer);
    close(listener);
}

static void method_numbers(void) {
    /* As the server's generated code has them. */
    CHECK_NUMBER(cutover_method_id("cutover.v1.StopService/StopTask"), 4185626647u);
    CHECK_NUMBER(cutover_method_id("cutover.v1.TaskService/WatchTasks"), 259944136u);
    CHECK_TEXT(cutover_StopService_StopTask.name, "cutover.v1.StopService/StopTask");
    CHECK(cutover_BatchStopService_BatchStop.stream && cutover_BatchStopService_BatchStop.idempotent);
    CHECK_NUMBER(cutover_Health_Check.id, 1);
}

static void settings_of_hello(void) {
    int listener = peer_listen("p");
    cutover_options options = {.token = "cut_0123456789ab_secret",
                               .agent = "test/1",
                               .max_frame = 65536,
                               .max_in_flight = 300,
                               .stream_credit = 4096};
    static const uint8_t expected[] = "\0\1\0\4\0\1\0\0"
                                      "\0\2\0\2\1\x2C"
                                      "\0\3\0\4\0\0\x10\0"
                                      "\0\5\0\x17"
                                      "cut_0123456789ab_secret"
                                      "\0\6\0\6"
                                      "test/1";
    cutover_client *client = peer_client("p", &options);
    struct outcome outcome;
    start(client, &echo, "", &outcome);
    struct peer peer = peer_accept(listener, client);
    struct frame *hello = peer_take_greeting(&peer);
    CHECK_NUMBER(hello->length, sizeof expected - 1);
    CHECK(memcmp(hello->body, expected, sizeof expected - 1) == 0);
    peer_close(&peer);
    cutover_free(client);
    close(listener);
}

static void many_calls_in_flight(void) {
    enum { CALLS = 600 };
    static struct outcome outcomes[CALLS];
    struct scene scene = scene_open();
    uint32_t slots[CALLS];
    char text[32];
    for (int i = 0; i < CALLS; i++) {
        snprintf(text, sizeof text, "call %d", i);
        start(scene.client, &echo_once, text, &outcomes[i]);
    }
    for (int i = 0; i < CALLS; i++) {
        struct frame *request = peer_next_of(&scene.peer, REQUEST);
        slots[i] = request->id;
        snprintf(text, sizeof text, "call %d", i);
        CHECK(memcmp(request->body + 10, text, strlen(text)) == 0);
    }
    for (int i = CALLS; i-- > 0;) {
        snprintf(text, sizeof text, "answer %d", i);
        peer_answer(&scene.peer, slots[i], text);
    }
    for (int i = 0; i < CALLS; i++) {
        await(scene.client, &outcomes[i]);
        snprintf(text, sizeof text, "answer %d", i);
        CHECK(strcmp(outcomes[i].text, text) == 0);
    }
    scene_close(&scene);
}

static void early_requests(void) {
    enum { CALLS = 20 };
    struct outcome outcomes[CALLS], once;
    int listener = peer_listen("p");
    cutover_client *client = peer_client("p", NULL);
    for (int i = 0; i < CALLS; i++) start(client, &echo, "early", &outcomes[i]);
    struct peer peer = peer_accept(listener, client);
    peer_take_greeting(&peer);
    for (uint32_t i = 1; i <= 16; i++) {
        struct frame *request = peer_next(&peer);
        CHECK(request->type == REQUEST && request->id == i);
    }
    CHECK(peer_poll(&peer) == NULL);
    peer_frame(&peer, HELLO, 0, 0, 0, 0, NULL, 0);
    for (int i = 16; i < CALLS; i++) CHECK_NUMBER(peer_next(&peer)->type, REQUEST);
    peer_close(&peer);
    cutover_free(client);
    /* One that may run once only does not go out before the set-up is known. */
    client = peer_client("p", NULL);
    start(client, &echo_once, "once", &once);
    peer = peer_accept(listener, client);
    peer_take_greeting(&peer);
    CHECK(peer_poll(&peer) == NULL);
    peer_frame(&peer, HELLO, 0, 0, 0, 0, NULL, 0);
    CHECK_NUMBER(peer_next(&peer)->type, REQUEST);
    peer_close(&peer);
    cutover_free(client);
    close(listener);
}

static void slots_run_out(void) {
    enum { CALLS = 17 };
    static const uint8_t sixteen[] = {0, 2, 0, 2, 0, 16};
    struct outcome outcomes[CALLS];
    int listener = peer_listen("p");
    cutover_client *client = peer_client("p", NULL);
    for (int i = 0; i < CALLS; i++) start(client, &echo_once, "", &outcomes[i]);
    struct peer peer = peer_accept(listener, client);
    peer_greet_with(&peer, sixteen, sizeof sixteen);
    for (int i = 0; i < 16; i++) CHECK(peer_next_of(&peer, REQUEST)->id <= 16);
    CHECK(peer_poll(&peer) == NULL);
    peer_answer(&peer, 7, "");
    struct frame *last = peer_next(&peer);
    CHECK(last->type == REQUEST && last->id == 7);
    peer_close(&peer);
    cutover_free(client);
    close(listener);
}

static void requests_too_large(void) {
    enum { SIZE = 70000 };
    static char text[SIZE + 1];
    struct outcome large, small;
    int listener = peer_listen("p");
    cutover_client *client = peer_client("p", NULL);
    memset(text, 'x', SIZE);
    start(client, &echo, text, &large);
    start(client, &echo, "small", &small);
    struct peer peer = peer_accept(listener, client);
    /* Without max_frame it is 65,536. */
    peer_greet_with(&peer, NULL, 0);
    peer_answer(&peer, peer_next_of(&peer, REQUEST)->id, "");
    await(client, &large);
    await(client, &small);
    CHECK_NUMBER(small.status, CUTOVER_OK);
    CHECK_NUMBER(large.status, CUTOVER_RESOURCE_EXHAUSTED);
    CHECK_TEXT(large.reason, CUTOVER_REASON_TOO_LARGE);
    CHECK(large.not_executed);
    peer_close(&peer);
    cutover_free(client);
    close(listener);
}

static void metadata_of_a_call(void) {
    static const uint8_t expected[] = "\13traceparent\0\2ab\1x\0\0";
    struct scene scene = scene_open();
    struct outcome outcome;
    cutover_metadata entries[] = {{"traceparent", "ab", 2}, {"x", NULL, 0}, {"Bad", "", 0}};
    cutover_call_options terms = {.metadata = entries, .metadata_count = 2};
    start_with(scene.client, &echo, "", &terms, &outcome);
    struct frame *request = peer_next_of(&scene.peer, REQUEST);
    CHECK_NUMBER(request->metadata, sizeof expected - 1);
    CHECK(memcmp(request->body + 8, expected, sizeof expected - 1) == 0);
    static const uint8_t answer[] = "\1k\0\1v\12\1a";
    peer_frame(&scene.peer, RESPONSE, 0, 5, request->id, 0, answer, 8);
    await(scene.client, &outcome);
    CHECK_NUMBER(outcome.metadata, 1);
    CHECK_TEXT(outcome.text, "a");
    terms.metadata_count = 3;
    Cutover__V1__EchoRequest message = CUTOVER__V1__ECHO_REQUEST__INIT;
    cutover_handlers handlers = {0};
    cutover_error error = {0};
    CHECK(cutover_start(scene.client, &echo, &message.base, &terms, &handlers, &error) == 0);
    CHECK_NUMBER(error.status, CUTOVER_INVALID_ARGUMENT);
    cutover_error_clear(&error);
    scene_close(&scene);
}

/* --- Ends before the answer --- */

static void deadline(void) {
    struct scene scene = scene_open();
    struct outcome outcome, next;
    cutover_call_options terms = {.timeout_ms = 30};
    start_with(scene.client, &echo, "slow", &terms, &outcome);
    struct frame *request = peer_next_of(&scene.peer, REQUEST);
    uint32_t slot = request->id, timeout = get32(request->body);
    CHECK(timeout >= 1 && timeout <= 30);
    await(scene.client, &outcome);
    CHECK_NUMBER(outcome.status, CUTOVER_DEADLINE_EXCEEDED);
    CHECK_TEXT(outcome.reason, CUTOVER_REASON_DEADLINE);
    CHECK(!outcome.not_executed);
    struct frame *cancel = peer_next(&scene.peer);
    CHECK(cancel->type == CANCEL && cancel->id == slot && cancel->aux == 2);
    /* The slot is busy until the RESPONSE; a late one is nobody's. */
    start(scene.client, &echo, "next", &next);
    CHECK(peer_next_of(&scene.peer, REQUEST)->id != slot);
    peer_answer(&scene.peer, slot, "late");
    linger(scene.client, 10);
    CHECK(!next.ended);
    start(scene.client, &echo, "third", &outcome);
    CHECK_NUMBER(peer_next_of(&scene.peer, REQUEST)->id, slot);
    scene_close(&scene);
}

static void deadline_without_a_server(void) {
    struct outcome outcome;
    cutover_client *client = peer_client("nobody", NULL);
    cutover_call_options terms = {.timeout_ms = 40};
    start_with(client, &echo, "", &terms, &outcome);
    await(client, &outcome);
    CHECK_NUMBER(outcome.status, CUTOVER_DEADLINE_EXCEEDED);
    CHECK(outcome.not_executed);
    CHECK_TEXT(outcome.message, "No such file");
    cutover_free(client);
}

static void server_stays_away(void) {
    struct outcome outcome;
    cutover_options options = {.connect_wait_ms = 30};
    cutover_client *client = peer_client("nobody", &options);
    start(client, &echo_once, "", &outcome);
    await(client, &outcome);
    CHECK_NUMBER(outcome.status, CUTOVER_UNAVAILABLE);
    CHECK(outcome.not_executed);
    CHECK_TEXT(outcome.reason, CUTOVER_REASON_CONNECT_FAILED);
    CHECK_TEXT(outcome.message, "No such file");
    cutover_free(client);
}

static void cancel(void) {
    struct scene scene = scene_open();
    struct outcome sent, waiting;
    cutover_call_id id = start(scene.client, &echo, "", &sent);
    uint32_t slot = peer_next_of(&scene.peer, REQUEST)->id;
    CHECK(cutover_cancel(scene.client, id));
    CHECK(!cutover_cancel(scene.client, id));
    CHECK_NUMBER(cutover_timeout_ms(scene.client), 0);
    CHECK(!sent.ended);
    await(scene.client, &sent);
    CHECK_NUMBER(sent.status, CUTOVER_CANCELLED);
    CHECK(!sent.not_executed);
    struct frame *frame = peer_next(&scene.peer);
    CHECK(frame->type == CANCEL && frame->id == slot && frame->aux == 1);
    CHECK(!cutover_cancel(scene.client, id));
    CHECK(!cutover_cancel(scene.client, 0) && !cutover_cancel(scene.client, UINT64_MAX));
    /* One that was not sent leaves no trace. */
    id = start(scene.client, &echo, "", &waiting);
    CHECK(cutover_cancel(scene.client, id));
    await(scene.client, &waiting);
    CHECK(waiting.not_executed);
    CHECK(peer_poll(&scene.peer) == NULL);
    scene_close(&scene);
}

/* --- Retries --- */

static void retry_of_what_was_not_executed(void) {
    struct scene scene = scene_open();
    struct outcome outcome;
    start(scene.client, &echo_once, "again", &outcome);
    for (int i = 0; i < 3; i++) {
        struct frame *request = peer_next_of(&scene.peer, REQUEST);
        CHECK(memcmp(request->body + 10, "again", 5) == 0);
        peer_refuse(&scene.peer, request->id, CUTOVER_RESOURCE_EXHAUSTED, true, 1);
    }
    peer_answer(&scene.peer, peer_next_of(&scene.peer, REQUEST)->id, "done");
    await(scene.client, &outcome);
    CHECK_TEXT(outcome.text, "done");
    /* The flag decides, whatever the status: a server that knows better says FFFFFF (RETRY-1). */
    start(scene.client, &echo_once, "", &outcome);
    peer_refuse(&scene.peer, peer_next_of(&scene.peer, REQUEST)->id, CUTOVER_FAILED_PRECONDITION, true, 0);
    peer_answer(&scene.peer, peer_next_of(&scene.peer, REQUEST)->id, "done");
    await(scene.client, &outcome);
    CHECK_TEXT(outcome.text, "done");
    scene_close(&scene);
}

/* Answers that end the call at once, and say why. */
static void answers_without_retry(void) {
    static const struct {
        const char *name;
        const cutover_method *method;
        cutover_status status;
        bool not_executed;
        uint32_t retry_after_ms;
    } answers[] = {
        {"may have run", &echo_once, CUTOVER_UNAVAILABLE, false, 0},
        {"idempotent, but answered", &echo, CUTOVER_UNAVAILABLE, false, 0},
        {"never to be tried again", &echo, CUTOVER_RESOURCE_EXHAUSTED, true, CUTOVER_RETRY_NEVER},
        {"no permission", &echo, CUTOVER_PERMISSION_DENIED, true, CUTOVER_RETRY_NEVER},
        {"wrong argument", &echo, CUTOVER_INVALID_ARGUMENT, false, 0},
        {"unknown method", &echo, CUTOVER_UNIMPLEMENTED, true, CUTOVER_RETRY_NEVER},
        {"cancelled", &echo, CUTOVER_CANCELLED, true, 5},
        {"out of time there", &echo, CUTOVER_DEADLINE_EXCEEDED, true, 5},
        {"retry after the deadline", &echo, CUTOVER_UNAVAILABLE, true, 60000},
    };
    struct scene scene = scene_open();
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct outcome outcome;
        check_case(answers[i].name);
        /* Without a deadline nothing but the answer itself ends the call, but where the deadline is what is tested. */
        cutover_call_options terms = {.timeout_ms = answers[i].retry_after_ms == 60000 ? 0 : CUTOVER_NO_TIMEOUT};
        start_with(scene.client, answers[i].method, "", &terms, &outcome);
        peer_refuse(&scene.peer, peer_next_of(&scene.peer, REQUEST)->id, answers[i].status, answers[i].not_executed,
                    answers[i].retry_after_ms);
        await(scene.client, &outcome);
        CHECK_NUMBER(outcome.status, answers[i].status);
        CHECK(outcome.not_executed == answers[i].not_executed);
        CHECK_NUMBER(outcome.retry_after_ms, answers[i].retry_after_ms);
        CHECK_TEXT(outcome.reason, "TRY_LATER");
        CHECK_TEXT(outcome.message, "not now");
        CHECK_NUMBER(outcome.details, 1);
        CHECK(peer_poll(&scene.peer) == NULL);
    }
    scene_close(&scene);
}

static void retries_are_limited(void) {
    cutover_options options = {.max_attempts = 3};
    struct scene scene = scene_with(&options);
    struct outcome outcome;
    start(scene.client, &echo, "", &outcome);
    for (int i = 0; i < 3; i++) {
        peer_refuse(&scene.peer, peer_next_of(&scene.peer, REQUEST)->id, CUTOVER_UNAVAILABLE, true, 0);
    }
    await(scene.client, &outcome);
    CHECK_NUMBER(outcome.status, CUTOVER_UNAVAILABLE);
    CHECK(peer_poll(&scene.peer) == NULL);
    scene_close(&scene);
}

static void retry_budget(void) {
    cutover_options options = {.retry_budget = 2, .max_attempts = 100};
    struct scene scene = scene_with(&options);
    struct outcome outcome, good;
    start(scene.client, &echo, "", &outcome);
    for (int i = 0; i < 3; i++) {
        peer_refuse(&scene.peer, peer_next_of(&scene.peer, REQUEST)->id, CUTOVER_UNAVAILABLE, true, 0);
    }
    await(scene.client, &outcome);
    CHECK_NUMBER(outcome.status, CUTOVER_UNAVAILABLE);
    /* Ten calls, the one that needs it among them, buy one further attempt. */
    for (int i = 0; i < 9; i++) {
        start(scene.client, &echo, "", &good);
        peer_answer(&scene.peer, peer_next_of(&scene.peer, REQUEST)->id, "");
        await(scene.client, &good);
    }
    start(scene.client, &echo, "", &outcome);
    peer_refuse(&scene.peer, peer_next_of(&scene.peer, REQUEST)->id, CUTOVER_UNAVAILABLE, true, 0);
    peer_refuse(&scene.peer, peer_next_of(&scene.peer, REQUEST)->id, CUTOVER_UNAVAILABLE, true, 0);
    await(scene.client, &outcome);
    CHECK_NUMBER(outcome.status, CUTOVER_UNAVAILABLE);
    scene_close(&scene);
}

static void lost_connection(void) {
    struct scene scene = scene_open();
    struct outcome idempotent, once, stream, begun;
    start(scene.client, &echo, "again", &idempotent);
    start(scene.client, &echo_once, "once", &once);
    start(scene.client, &echo_stream, "stream", &stream);
    start(scene.client, &echo_stream, "begun", &begun);
    for (int i = 0; i < 4; i++) {
        struct frame *request = peer_next_of(&scene.peer, REQUEST);
        if (memcmp(request->body + 10, "begun", 5) == 0) peer_item(&scene.peer, request->id, "1");
    }
    linger(scene.client, 10);
    CHECK_NUMBER(begun.items, 1);
    peer_close(&scene.peer);
    await(scene.client, &once);
    await(scene.client, &begun);
    CHECK_NUMBER(once.status, CUTOVER_UNAVAILABLE);
    CHECK(!once.not_executed);
    CHECK_TEXT(once.reason, CUTOVER_REASON_CONNECTION_LOST);
    /* A stream of which something was told is not begun again behind the caller's back. */
    CHECK_NUMBER(begun.status, CUTOVER_UNAVAILABLE);
    CHECK(!idempotent.ended && !stream.ended);
    scene.peer = peer_open(scene.listener, scene.client);
    for (int i = 0; i < 2; i++) {
        struct frame *request = peer_next_of(&scene.peer, REQUEST);
        if (request->flags & 1) peer_frame(&scene.peer, RESPONSE, 0, 0, request->id, 0, NULL, 0);
        else peer_answer(&scene.peer, request->id, "done");
    }
    await(scene.client, &idempotent);
    await(scene.client, &stream);
    CHECK_TEXT(idempotent.text, "done");
    CHECK_NUMBER(stream.status, CUTOVER_OK);
    scene_close(&scene);
}

/* Each call that is sent again is paid for: of fifty, ten are. */
static void lost_connection_with_many_calls(void) {
    enum { CALLS = 50, PAID = 10 };
    static struct outcome outcomes[CALLS];
    cutover_options options = {.retry_budget = PAID};
    struct scene scene = scene_with(&options);
    for (int i = 0; i < CALLS; i++) start(scene.client, &echo, "", &outcomes[i]);
    for (int i = 0; i < CALLS; i++) peer_next_of(&scene.peer, REQUEST);
    peer_close(&scene.peer);
    scene.peer = peer_open(scene.listener, scene.client);
    for (int i = 0; i < PAID; i++) peer_answer(&scene.peer, peer_next_of(&scene.peer, REQUEST)->id, "");
    int good = 0;
    for (int i = 0; i < CALLS; i++) {
        await(scene.client, &outcomes[i]);
        good += outcomes[i].status == CUTOVER_OK;
    }
    CHECK_NUMBER(good, PAID);
    scene_close(&scene);
}

static void end_ignored(cutover_client *client, cutover_call_id call, const cutover_result *result, void *context) {
    (void)client;
    (void)call;
    (void)result;
    (void)context;
}

/* A request that has a field for an id gets one, the same for each attempt (RETRY-10). */
static void request_id_is_made(void) {
    enum { NAME_BYTES = 3, ID_BYTES = 38 };
    struct scene scene = scene_open();
    Cutover__V1__CreateTaskRequest request = CUTOVER__V1__CREATE_TASK_REQUEST__INIT;
    cutover_handlers handlers = {.end = end_ignored};
    uint8_t first[NAME_BYTES + ID_BYTES];
    request.name = cutover_text("n");
    CHECK(cutover_start(scene.client, &cutover_TaskService_CreateTask, &request.base, NULL, &handlers, NULL) != 0);
    struct frame *sent = peer_next_of(&scene.peer, REQUEST);
    CHECK_NUMBER(sent->length, 8 + sizeof first);
    CHECK(sent->body[8 + NAME_BYTES] == (4 << 3 | 2) && sent->body[8 + NAME_BYTES + 1] == ID_BYTES - 2);
    memcpy(first, sent->body + 8, sizeof first);
    peer_close(&scene.peer);
    scene.peer = peer_open(scene.listener, scene.client);
    sent = peer_next_of(&scene.peer, REQUEST);
    CHECK_NUMBER(sent->length, 8 + sizeof first);
    CHECK(memcmp(sent->body + 8, first, sizeof first) == 0);
    /* Another call has another one, and a given one stays. */
    CHECK(cutover_start(scene.client, &cutover_TaskService_CreateTask, &request.base, NULL, &handlers, NULL) != 0);
    sent = peer_next_of(&scene.peer, REQUEST);
    CHECK(sent->length == 8 + sizeof first && memcmp(sent->body + 8, first, sizeof first) != 0);
    request.request_id = cutover_text("mine");
    CHECK(cutover_start(scene.client, &cutover_TaskService_CreateTask, &request.base, NULL, &handlers, NULL) != 0);
    CHECK_NUMBER(peer_next_of(&scene.peer, REQUEST)->length, 8 + NAME_BYTES + 2 + strlen("mine"));
    scene_close(&scene);
}

/* Unless it is told otherwise, the budget pays for all calls of one connection (RETRY-8). */
static void full_connection_is_sent_again(void) {
    enum { CALLS = 150 };
    static struct outcome outcomes[CALLS];
    cutover_options options = {.max_in_flight = CALLS};
    struct scene scene = scene_with(&options);
    for (int i = 0; i < CALLS; i++) start(scene.client, &echo, "", &outcomes[i]);
    for (int i = 0; i < CALLS; i++) peer_next_of(&scene.peer, REQUEST);
    peer_close(&scene.peer);
    scene.peer = peer_open(scene.listener, scene.client);
    for (int i = 0; i < CALLS; i++) peer_answer(&scene.peer, peer_next_of(&scene.peer, REQUEST)->id, "");
    for (int i = 0; i < CALLS; i++) {
        await(scene.client, &outcomes[i]);
        CHECK_NUMBER(outcomes[i].status, CUTOVER_OK);
    }
    scene_close(&scene);
}

/*
 * What never left the client may go out again, whatever it is (RETRY-1). A Unix socket takes some 200 KiB: of these
 * requests one was sent, perhaps one in part, two lie whole in the output, and one waits.
 */
static void requests_that_were_not_sent(void) {
    enum { SIZE = 130000, CALLS = 5 };
    static char text[SIZE + 1];
    struct scene scene = scene_open();
    struct outcome outcomes[CALLS];
    memset(text, 'x', SIZE);
    for (int i = 0; i < CALLS; i++) start(scene.client, &echo_once, text, &outcomes[i]);
    for (int i = 0; i < 5; i++) cutover_process(scene.client);
    peer_close(&scene.peer);
    scene.peer = peer_open(scene.listener, scene.client);
    int lost = 0, good = 0;
    for (int i = 0; i < CALLS; i++) lost += outcomes[i].ended;
    CHECK(lost >= 1 && lost <= 2);
    for (int i = lost; i < CALLS; i++) peer_answer(&scene.peer, peer_next_of(&scene.peer, REQUEST)->id, "");
    for (int i = 0; i < CALLS; i++) {
        await(scene.client, &outcomes[i]);
        good += outcomes[i].status == CUTOVER_OK;
    }
    CHECK_NUMBER(good, CALLS - lost);
    CHECK_NUMBER(outcomes[CALLS - 1].status, CUTOVER_OK);
    scene_close(&scene);
}

static void slots_are_the_lowest(void) {
    struct scene scene = scene_open();
    struct outcome outcomes[200];
    for (int i = 0; i < 130; i++) start(scene.client, &echo, "", &outcomes[i]);
    for (uint32_t i = 1; i <= 130; i++) CHECK_NUMBER(peer_next_of(&scene.peer, REQUEST)->id, i);
    static const uint32_t freed[] = {129, 5, 70};
    for (int i = 0; i < 3; i++) peer_answer(&scene.peer, freed[i], "");
    for (int i = 0; i < 3; i++) await(scene.client, &outcomes[freed[i] - 1]);
    static const uint32_t taken[] = {5, 70, 129, 131};
    for (int i = 0; i < 4; i++) {
        start(scene.client, &echo, "", &outcomes[150 + i]);
        CHECK_NUMBER(peer_next_of(&scene.peer, REQUEST)->id, taken[i]);
    }
    scene_close(&scene);
}

static void close_in_order(void) {
    struct scene scene = scene_open();
    struct outcome outcome;
    CHECK(!cutover_close(scene.client, 10));
    CHECK_NUMBER(peer_next(&scene.peer)->type, DRAINED);
    scene_close(&scene);
    scene = scene_open();
    start(scene.client, &echo, "", &outcome);
    uint32_t slot = peer_next_of(&scene.peer, REQUEST)->id;
    /* The answer and the end already lie in the socket. */
    peer_answer(&scene.peer, slot, "last");
    close(scene.peer.fd);
    scene.peer.fd = -1;
    CHECK(cutover_close(scene.client, 5000));
    CHECK_TEXT(outcome.text, "last");
    Cutover__V1__EchoRequest request = CUTOVER__V1__ECHO_REQUEST__INIT;
    cutover_handlers handlers = {0};
    CHECK(cutover_start(scene.client, &echo, &request.base, NULL, &handlers, NULL) == 0);
    scene_close(&scene);
}

/* --- GOAWAY --- */

static void drain(void) {
    static const uint8_t grace[] = "\0\0\x10\0"
                                   "restarting";
    for (uint32_t reason = 0; reason <= 11; reason += reason == 0 ? 8 : 3) {
        struct scene scene = scene_open();
        struct outcome old, new;
        start(scene.client, &echo_once, "old", &old);
        uint32_t slot = peer_next_of(&scene.peer, REQUEST)->id;
        peer_frame(&scene.peer, GOAWAY, 0, 0, 0, reason, grace, sizeof grace - 1);
        struct frame *drained = peer_next(&scene.peer);
        CHECK(drained->type == DRAINED && drained->length == 0 && drained->id == 0);
        start(scene.client, &echo_once, "new", &new);
        struct peer other = peer_open(scene.listener, scene.client);
        peer_answer(&other, peer_next_of(&other, REQUEST)->id, "on the new");
        await(scene.client, &new);
        CHECK_TEXT(new.text, "on the new");
        CHECK(!old.ended);
        /* Asked twice it says it once; then the last answer comes, and the server closes. */
        peer_frame(&scene.peer, GOAWAY, 0, 0, 0, reason, grace, sizeof grace - 1);
        CHECK(peer_poll(&scene.peer) == NULL);
        peer_answer(&scene.peer, slot, "on the old");
        await(scene.client, &old);
        CHECK_TEXT(old.text, "on the old");
        peer_close(&other);
        scene_close(&scene);
    }
}

/* A rolling restart: every answer comes, though each connection is drained after a few calls. */
static void rolling_restart(void) {
    enum { ROUNDS = 30, CALLS = 8 };
    static const uint8_t grace[4] = {0};
    struct scene scene = scene_open();
    struct outcome outcomes[CALLS];
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < CALLS; i++) start(scene.client, &echo_once, "", &outcomes[i]);
        uint32_t slots[CALLS];
        for (int i = 0; i < CALLS; i++) slots[i] = peer_next_of(&scene.peer, REQUEST)->id;
        peer_frame(&scene.peer, GOAWAY, 0, 0, 0, 0, grace, sizeof grace);
        peer_next_of(&scene.peer, DRAINED);
        for (int i = 0; i < CALLS; i++) peer_answer(&scene.peer, slots[i], "");
        for (int i = 0; i < CALLS; i++) {
            await(scene.client, &outcomes[i]);
            CHECK_NUMBER(outcomes[i].status, CUTOVER_OK);
        }
        peer_close(&scene.peer);
        struct outcome next;
        start(scene.client, &echo_once, "", &next);
        scene.peer = peer_open(scene.listener, scene.client);
        peer_answer(&scene.peer, peer_next_of(&scene.peer, REQUEST)->id, "");
        await(scene.client, &next);
    }
    scene_close(&scene);
}

/* Drained without anything to do, it does not come back by itself. */
static void idle_connection_goes(void) {
    static const uint8_t grace[4] = {0};
    struct scene scene = scene_open();
    peer_frame(&scene.peer, GOAWAY, 0, 0, 0, 8, grace, sizeof grace);
    peer_next_of(&scene.peer, DRAINED);
    /* The client keeps its side open until the server closes (CONN-6). */
    CHECK(peer_poll(&scene.peer) == NULL);
    CHECK(cutover_timeout_ms(scene.client) > 1000);
    peer_close(&scene.peer);
    linger(scene.client, 40);
    struct peer other;
    CHECK(!peer_accept_now(scene.listener, scene.client, &other));
    CHECK_NUMBER(cutover_timeout_ms(scene.client), -1);
    scene_close(&scene);
}

static void setup_refused(void) {
    static const uint8_t text[] = "\0\0\0\0no\x1b such";
    static const struct {
        uint32_t reason;
        cutover_status status;
    } refusals[] = {{3, CUTOVER_UNAVAILABLE}, {9, CUTOVER_UNAUTHENTICATED}};
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        int listener = peer_listen("p");
        cutover_client *client = peer_client("p", NULL);
        struct outcome outcome, once;
        start(client, &echo, "", &outcome);
        start(client, &echo_once, "", &once);
        struct peer peer = peer_open(listener, client);
        peer_next_of(&peer, REQUEST);
        peer_frame(&peer, GOAWAY, 0, 0, 0, refusals[i].reason, text, sizeof text - 1);
        peer_read_end(&peer);
        await(client, &outcome);
        await(client, &once);
        CHECK_NUMBER(outcome.status, refusals[i].status);
        CHECK_NUMBER(once.status, refusals[i].status);
        CHECK(outcome.not_executed && once.not_executed);
        CHECK_TEXT(outcome.reason, CUTOVER_REASON_SETUP_REFUSED);
        CHECK_TEXT(outcome.message, "no? such");
        peer_close(&peer);
        /*
         * Neither call goes out again (AUTH-4); a new one tries anew, for the credentials may have been let in by now.
         */
        linger(client, 30);
        CHECK(!peer_accept_now(listener, client, &peer));
        start(client, &echo, "", &outcome);
        peer = peer_open(listener, client);
        peer_answer(&peer, peer_next_of(&peer, REQUEST)->id, "");
        await(client, &outcome);
        CHECK_NUMBER(outcome.status, CUTOVER_OK);
        peer_close(&peer);
        cutover_free(client);
        close(listener);
    }
}

/* Overloaded passes: nothing ran, so that even calls that may run once are sent elsewhere. */
static void overloaded(void) {
    static const uint8_t text[4] = {0};
    int listener = peer_listen("p");
    cutover_client *client = peer_client("p", NULL);
    struct outcome once;
    start(client, &echo_once, "once", &once);
    for (int i = 0; i < 3; i++) {
        struct peer peer = peer_open(listener, client);
        peer_next_of(&peer, REQUEST);
        peer_frame(&peer, GOAWAY, 0, 0, 0, 10, text, sizeof text);
        peer_read_end(&peer);
        peer_close(&peer);
    }
    struct peer peer = peer_open(listener, client);
    peer_answer(&peer, peer_next_of(&peer, REQUEST)->id, "done");
    await(client, &once);
    CHECK_TEXT(once.text, "done");
    peer_close(&peer);
    cutover_free(client);
    close(listener);
}

static void goaway_after_answers(void) {
    static const uint8_t text[] = "\0\0\0\0faults";
    struct scene scene = scene_open();
    struct outcome outcome;
    start(scene.client, &echo_once, "", &outcome);
    peer_next_of(&scene.peer, REQUEST);
    /* Even a reason that says "nothing ran" cannot be true any more. */
    peer_frame(&scene.peer, GOAWAY, 0, 0, 0, 10, text, sizeof text - 1);
    await(scene.client, &outcome);
    CHECK_NUMBER(outcome.status, CUTOVER_UNAVAILABLE);
    CHECK(!outcome.not_executed);
    CHECK_TEXT(outcome.message, "faults");
    scene_close(&scene);
}

/* Nor after a message of a stream: that it was told is not undone by beginning the stream again (RETRY-5). */
static void goaway_after_items(void) {
    static const uint8_t text[4] = {0};
    int listener = peer_listen("p");
    cutover_client *client = peer_client("p", NULL);
    struct outcome outcome;
    start(client, &echo_stream, "", &outcome);
    struct peer peer = peer_open(listener, client);
    peer_item(&peer, peer_next_of(&peer, REQUEST)->id, "1");
    peer_frame(&peer, GOAWAY, 0, 0, 0, 10, text, sizeof text);
    await(client, &outcome);
    CHECK_NUMBER(outcome.status, CUTOVER_UNAVAILABLE);
    CHECK_NUMBER(outcome.items, 1);
    CHECK(!outcome.not_executed);
    peer_close(&peer);
    cutover_free(client);
    close(listener);
}

/* --- Streams --- */

static void credit_follows_consumption(void) {
    cutover_options options = {.stream_credit = 1024};
    struct scene scene = scene_with(&options);
    struct outcome outcome;
    start(scene.client, &echo_stream, "", &outcome);
    struct frame *request = peer_next_of(&scene.peer, REQUEST);
    uint32_t slot = request->id;
    CHECK_NUMBER(request->flags, 3);
    CHECK_NUMBER(get32(request->body + 4), 1024);
    /* Each costs 64: half of the credit is given back after eight. */
    for (int i = 0; i < 7; i++) peer_item(&scene.peer, slot, "x");
    CHECK(peer_poll(&scene.peer) == NULL);
    peer_item(&scene.peer, slot, "x");
    struct frame *credit = peer_next(&scene.peer);
    CHECK(credit->type == CREDIT && credit->id == slot && credit->aux == 512 && credit->length == 0);
    scene_close(&scene);
}

static void credit_by_hand(void) {
    cutover_options options = {.stream_credit = 128};
    cutover_call_options terms = {.manual_credit = true};
    struct scene scene = scene_with(&options);
    struct outcome outcome;
    cutover_call_id id = start_with(scene.client, &echo_stream, "", &terms, &outcome);
    uint32_t slot = peer_next_of(&scene.peer, REQUEST)->id;
    cutover_consumed(scene.client, id, 1000);
    peer_item(&scene.peer, slot, "1");
    peer_item(&scene.peer, slot, "2");
    CHECK(peer_poll(&scene.peer) == NULL);
    /* Not more than was delivered. */
    cutover_consumed(scene.client, id, 100000);
    struct frame *credit = peer_next(&scene.peer);
    CHECK(credit->type == CREDIT && credit->aux == 128);
    cutover_consumed(scene.client, id, 100000);
    CHECK(peer_poll(&scene.peer) == NULL);
    scene_close(&scene);
}

static void one_large_item(void) {
    enum { SIZE = 60000 };
    cutover_options options = {.stream_credit = 64};
    struct scene scene = scene_with(&options);
    struct outcome outcome;
    static uint8_t payload[SIZE + 4] = {0x0A, 0xE0, 0xD4, 0x03};
    start(scene.client, &echo_stream, "", &outcome);
    uint32_t slot = peer_next_of(&scene.peer, REQUEST)->id;
    for (int i = 0; i < 3; i++) {
        peer_frame(&scene.peer, ITEM, 0, 0, slot, 0, payload, sizeof payload);
        struct frame *credit = peer_next(&scene.peer);
        CHECK(credit->type == CREDIT && credit->aux == sizeof payload);
    }
    peer_frame(&scene.peer, RESPONSE, 0, 0, slot, 0, NULL, 0);
    await(scene.client, &outcome);
    CHECK_NUMBER(outcome.items, 3);
    CHECK_NUMBER(outcome.bytes, 3 * sizeof payload);
    scene_close(&scene);
}

/* --- Keepalive --- */

static void keepalive(void) {
    cutover_options options = {.keepalive_ms = 20, .keepalive_timeout_ms = 5000};
    struct scene scene = scene_with(&options);
    struct frame *ping = peer_next(&scene.peer);
    CHECK(ping->type == PING && ping->length == 8);
    uint8_t bytes[8];
    memcpy(bytes, ping->body, 8);
    /* At most one unanswered, however long it takes. */
    linger(scene.client, 60);
    CHECK(peer_poll(&scene.peer) == NULL);
    peer_frame(&scene.peer, PONG, 0, 0, 0, 0, bytes, 8);
    ping = peer_next(&scene.peer);
    CHECK(ping->type == PING && memcmp(ping->body, bytes, 8) != 0);
    scene_close(&scene);
}

static void silent_server(void) {
    cutover_options options = {.keepalive_ms = 20, .keepalive_timeout_ms = 20};
    struct scene scene = scene_with(&options);
    struct outcome outcome;
    start(scene.client, &echo_once, "", &outcome);
    await(scene.client, &outcome);
    CHECK_NUMBER(outcome.status, CUTOVER_UNAVAILABLE);
    CHECK_TEXT(outcome.message, "silent");
    scene_close(&scene);
}

static void pings_not_too_close(void) {
    static const uint8_t settings[] = {0, 7, 0, 4, 0, 0, 0xEA, 0x60};
    int listener = peer_listen("p");
    cutover_options options = {.keepalive_ms = 10};
    cutover_client *client = peer_client("p", &options);
    struct outcome outcome;
    start(client, &echo, "", &outcome);
    struct peer peer = peer_accept(listener, client);
    peer_greet_with(&peer, settings, sizeof settings);
    peer_answer(&peer, peer_next_of(&peer, REQUEST)->id, "");
    await(client, &outcome);
    linger(client, 60);
    CHECK(peer_poll(&peer) == NULL);
    int left = cutover_timeout_ms(client);
    CHECK(left > 50000 && left <= 60000);
    peer_close(&peer);
    cutover_free(client);
    close(listener);
}

/* --- Addresses and options --- */

static void endpoints_in_turn(void) {
    int listener = peer_listen("second");
    char endpoints[600];
    cutover_options options = {.endpoints = endpoints, .connect_timeout_ms = 300};
    snprintf(endpoints, sizeof endpoints, "unix:%s,127.0.0.1:1,%s", test_path("nobody"), peer_endpoint("second"));
    cutover_client *client = peer_client(NULL, &options);
    struct outcome outcome;
    start(client, &echo, "", &outcome);
    struct peer peer = peer_open(listener, client);
    peer_answer(&peer, peer_next_of(&peer, REQUEST)->id, "second");
    await(client, &outcome);
    CHECK_TEXT(outcome.text, "second");
    peer_close(&peer);
    cutover_free(client);
    /* One that accepts and says nothing takes its share of the time only. */
    int mute = peer_listen("mute");
    snprintf(endpoints, sizeof endpoints, "unix:%s,%s", test_path("mute"), peer_endpoint("second"));
    client = peer_client(NULL, &options);
    start(client, &echo, "", &outcome);
    peer = peer_open(listener, client);
    peer_answer(&peer, peer_next_of(&peer, REQUEST)->id, "second");
    await(client, &outcome);
    CHECK_TEXT(outcome.text, "second");
    peer_close(&peer);
    cutover_free(client);
    close(mute);
    close(listener);
}

static void token_is_not_sent_in_clear(void) {
    struct outcome outcome;
    cutover_options options = {.endpoints = "192.0.2.1:7450", .token = "cut_secret"};
    cutover_client *client = peer_client(NULL, &options);
    start(client, &echo, "", &outcome);
    await(client, &outcome);
    CHECK_NUMBER(outcome.status, CUTOVER_UNAUTHENTICATED);
    CHECK_TEXT(outcome.message, "without TLS");
    CHECK(strstr(outcome.message, "cut_secret") == NULL);
    cutover_free(client);
}

static void options_out_of_range(void) {
    static const struct {
        cutover_options options;
        const char *message;
    } wrong[] = {
        {{.endpoints = NULL}, "endpoints is empty"},
        {{.endpoints = "host:"}, "\"host:\" is none"},
        {{.endpoints = "[::1"}, "is none"},
        {{.endpoints = "[::1]7450"}, "is none"},
        {{.endpoints = "host:0"}, "is none"},
        {{.endpoints = "host:65536"}, "is none"},
        {{.endpoints = "host:+1"}, "is none"},
        {{.endpoints = ":1"}, "is none"},
        {{.endpoints = "[]:1"}, "is none"},
        {{.endpoints = "::1:7450"}, "is none"},
        {{.endpoints = "unix:relative"}, "is none"},
        {{.endpoints = "a:1,,b:1"}, "is none"},
        {{.endpoints = "a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1"}, "more than 8"},
        {{.endpoints = "a:1", .max_frame = 65535}, "max_frame"},
        {{.endpoints = "a:1", .max_frame = 16777216}, "max_frame"},
        {{.endpoints = "a:1", .max_in_flight = 15}, "max_in_flight"},
        {{.endpoints = "a:1", .stream_credit = 63}, "stream_credit"},
        {{.endpoints = "a:1", .ca_file = "/ca.pem"}, "need tls"},
        {{.endpoints = "a:1", .agent = "12345678901234567890123456789012345678901234567890123456789012345"}, "agent"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cutover_error error = {0};
        check_case(wrong[i].message);
        CHECK(cutover_new(&wrong[i].options, &error) == NULL);
        CHECK_NUMBER(error.status, CUTOVER_INVALID_ARGUMENT);
        CHECK_TEXT(error.reason, CUTOVER_REASON_BAD_OPTION);
        CHECK_TEXT(error.message, wrong[i].message);
        cutover_error_clear(&error);
        CHECK(cutover_new(&wrong[i].options, NULL) == NULL);
    }
}

static void calls_are_limited(void) {
    cutover_options options = {.max_calls = 3, .max_pending_bytes = 100};
    cutover_client *client = peer_client("nobody", &options);
    struct outcome outcomes[3];
    cutover_error error = {0};
    cutover_handlers handlers = {0};
    Cutover__V1__EchoRequest request = CUTOVER__V1__ECHO_REQUEST__INIT;
    for (int i = 0; i < 3; i++) start(client, &echo, "", &outcomes[i]);
    CHECK(cutover_start(client, &echo, &request.base, NULL, &handlers, &error) == 0);
    CHECK_NUMBER(error.status, CUTOVER_RESOURCE_EXHAUSTED);
    CHECK_TEXT(error.reason, CUTOVER_REASON_TOO_MANY_CALLS);
    CHECK(error.not_executed);
    cutover_free(client);
    options.max_calls = 1000;
    client = peer_client("nobody", &options);
    request.payload = cutover_text("0123456789012345678901234567890123456789");
    for (int i = 0; i < 2; i++) CHECK(cutover_start(client, &echo, &request.base, NULL, &handlers, &error) != 0);
    CHECK(cutover_start(client, &echo, &request.base, NULL, &handlers, &error) == 0);
    CHECK_TEXT(error.reason, CUTOVER_REASON_TOO_MANY_CALLS);
    cutover_error_clear(&error);
    /* A message of another kind. */
    Cutover__V1__GetTaskRequest other = CUTOVER__V1__GET_TASK_REQUEST__INIT;
    CHECK(cutover_start(client, &echo, &other.base, NULL, &handlers, &error) == 0);
    CHECK_TEXT(error.reason, CUTOVER_REASON_BAD_REQUEST);
    CHECK(cutover_start(client, &echo, NULL, NULL, &handlers, NULL) == 0);
    cutover_error_clear(&error);
    cutover_free(client);
}

/* --- Callbacks and loops --- */

struct chain {
    cutover_client *client;
    int left;
    bool ended;
};

static void chain_end(cutover_client *client, cutover_call_id id, const cutover_result *result, void *context) {
    struct chain *chain = context;
    Cutover__V1__EchoRequest request = CUTOVER__V1__ECHO_REQUEST__INIT;
    cutover_handlers handlers = {NULL, chain_end, chain};
    cutover_error error = {0};
    CHECK_NUMBER(result->status, CUTOVER_OK);
    /* What must not be done here is refused, and breaks nothing. */
    CHECK(cutover_call(client, &cutover_Echo_Echo, &request.base, NULL, NULL, &error) == CUTOVER_FAILED_PRECONDITION);
    CHECK_TEXT(error.reason, CUTOVER_REASON_IN_CALLBACK);
    cutover_error_clear(&error);
    CHECK(!cutover_process(client) && !cutover_wait(client, 1));
    cutover_free(client);
    CHECK(!cutover_cancel(client, id));
    if (chain->left-- > 0) CHECK(cutover_start(client, &echo, &request.base, NULL, &handlers, NULL) != 0);
    else chain->ended = true;
}

static void calls_started_in_callbacks(void) {
    struct scene scene = scene_open();
    struct chain chain = {scene.client, 20, false};
    Cutover__V1__EchoRequest request = CUTOVER__V1__ECHO_REQUEST__INIT;
    cutover_handlers handlers = {NULL, chain_end, &chain};
    CHECK(cutover_start(scene.client, &echo, &request.base, NULL, &handlers, NULL) != 0);
    while (!chain.ended) {
        struct frame *frame = peer_poll(&scene.peer);
        if (frame != NULL) peer_answer(&scene.peer, frame->id, "");
    }
    scene_close(&scene);
}

static void cancel_item(cutover_client *client, cutover_call_id id, const cutover_item *item, void *context) {
    (void)item;
    int *items = context;
    ++*items;
    CHECK(cutover_cancel(client, id));
}

static void nothing_end(cutover_client *client, cutover_call_id id, const cutover_result *result, void *context) {
    (void)client;
    (void)id;
    (void)context;
    CHECK_NUMBER(result->status, CUTOVER_CANCELLED);
}

static void cancelled_in_its_callback(void) {
    struct scene scene = scene_open();
    int items = 0;
    Cutover__V1__EchoRequest request = CUTOVER__V1__ECHO_REQUEST__INIT;
    cutover_handlers handlers = {cancel_item, nothing_end, &items};
    CHECK(cutover_start(scene.client, &echo_stream, &request.base, NULL, &handlers, NULL) != 0);
    uint32_t slot = peer_next_of(&scene.peer, REQUEST)->id;
    peer_item(&scene.peer, slot, "1");
    peer_item(&scene.peer, slot, "2");
    CHECK_NUMBER(peer_next_of(&scene.peer, CANCEL)->aux, 1);
    linger(scene.client, 10);
    CHECK_NUMBER(items, 1);
    scene_close(&scene);
}

/* Somebody else's loop: poll(2) on the descriptor, nothing else. */
static void any_poll_loop(void) {
    struct scene scene = scene_open();
    struct outcome outcome;
    int fd = cutover_fd(scene.client);
    start(scene.client, &echo, "", &outcome);
    CHECK_NUMBER(cutover_timeout_ms(scene.client), 0);
    cutover_process(scene.client);
    CHECK(cutover_timeout_ms(scene.client) > 1000);
    struct pollfd polled = {.fd = fd, .events = cutover_events(scene.client)};
    CHECK_NUMBER(poll(&polled, 1, 0), 0);
    struct frame *request = peer_poll(&scene.peer);
    CHECK(request != NULL && request->type == REQUEST);
    peer_answer(&scene.peer, request->id, "done");
    CHECK_NUMBER(poll(&polled, 1, 5000), 1);
    CHECK(polled.revents & POLLIN);
    CHECK(!outcome.ended);
    cutover_process(scene.client);
    CHECK(outcome.ended);
    CHECK_NUMBER(poll(&polled, 1, 0), 0);
    scene_close(&scene);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        {"golden vector", golden_vector},
        {"method numbers", method_numbers},
        {"settings of HELLO", settings_of_hello},
        {"many calls in flight", many_calls_in_flight},
        {"early requests", early_requests},
        {"slots run out", slots_run_out},
        {"requests too large", requests_too_large},
        {"metadata of a call", metadata_of_a_call},
        {"deadline", deadline},
        {"deadline without a server", deadline_without_a_server},
        {"server stays away", server_stays_away},
        {"cancel", cancel},
        {"retry of what was not executed", retry_of_what_was_not_executed},
        {"answers without retry", answers_without_retry},
        {"retries are limited", retries_are_limited},
        {"retry budget", retry_budget},
        {"lost connection", lost_connection},
        {"lost connection with many calls", lost_connection_with_many_calls},
        {"request id is made", request_id_is_made},
        {"full connection is sent again", full_connection_is_sent_again},
        {"requests that were not sent", requests_that_were_not_sent},
        {"slots are the lowest", slots_are_the_lowest},
        {"close in order", close_in_order},
        {"drain", drain},
        {"rolling restart", rolling_restart},
        {"idle connection goes", idle_connection_goes},
        {"set-up refused", setup_refused},
        {"overloaded", overloaded},
        {"GOAWAY after answers", goaway_after_answers},
        {"GOAWAY after items", goaway_after_items},
        {"credit follows consumption", credit_follows_consumption},
        {"credit by hand", credit_by_hand},
        {"one large item", one_large_item},
        {"keepalive", keepalive},
        {"silent server", silent_server},
        {"pings not too close", pings_not_too_close},
        {"endpoints in turn", endpoints_in_turn},
        {"token is not sent in clear", token_is_not_sent_in_clear},
        {"options out of range", options_out_of_range},
        {"calls are limited", calls_are_limited},
        {"calls started in callbacks", calls_started_in_callbacks},
        {"cancelled in its callback", cancelled_in_its_callback},
        {"any poll loop", any_poll_loop},
    };
    return RUN_TESTS(tests);
}
