/* The client against a real cutoverd (CUTOVERD), on a Unix socket and on a TCP port. */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE 1

#include "check.h"
#include "cutover.h"
#include "cutoverd.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct cutoverd server;

/* With a stream credit (0 is the default), that says how far ahead of its reader the server may be. */
static cutover_client *server_client_with(uint32_t stream_credit) {
    cutover_error error = {0};
    cutover_options options = {.endpoints = server.endpoint, .connect_wait_ms = 60000, .stream_credit = stream_credit};
    cutover_client *client = cutover_new(&options, &error);
    CHECK(client != NULL);
    if (cutover_connect(client, 60000, &error) != CUTOVER_OK) fprintf(stderr, "%s\n", error.message);
    CHECK(error.status == CUTOVER_OK);
    return client;
}

static cutover_client *server_client(void) { return server_client_with(0); }

static void make_task(cutover_client *client, const char *name, char id[64]) {
    cutover_error error = {0};
    char request_id[CUTOVER_REQUEST_ID_BYTES];
    ProtobufCMessage *answer;
    Cutover__V1__CreateTaskRequest request = CUTOVER__V1__CREATE_TASK_REQUEST__INIT;
    CHECK(cutover_request_id(request_id));
    request.name = cutover_text(name);
    request.request_id = cutover_text(request_id);
    cutover_status status = cutover_call(client, &cutover_TaskService_CreateTask, &request.base, NULL, &answer, &error);
    if (status != CUTOVER_OK) fprintf(stderr, "%s: %s\n", error.reason, error.message);
    CHECK(status == CUTOVER_OK);
    const Cutover__V1__MigrationTask *task = (const Cutover__V1__MigrationTask *)answer;
    snprintf(id, 64, "%.*s", (int)task->id.len, (const char *)task->id.data);
    protobuf_c_message_free_unpacked(answer, NULL);
}

static Cutover__V1__TaskStatus task_status(cutover_client *client, const char *id) {
    ProtobufCMessage *answer;
    Cutover__V1__GetTaskRequest request = CUTOVER__V1__GET_TASK_REQUEST__INIT;
    request.task_id = cutover_text(id);
    CHECK(cutover_call(client, &cutover_TaskService_GetTask, &request.base, NULL, &answer, NULL) == CUTOVER_OK);
    Cutover__V1__TaskStatus status = ((const Cutover__V1__MigrationTask *)answer)->status;
    protobuf_c_message_free_unpacked(answer, NULL);
    return status;
}

static void stops_a_task(void) {
    char id[64];
    cutover_error error = {0};
    cutover_client *client = server_client();
    make_task(client, "one", id);
    Cutover__V1__StopTaskRequest request = CUTOVER__V1__STOP_TASK_REQUEST__INIT;
    Cutover__V1__StopTaskResponse *response;
    request.task_id = cutover_text(id);
    request.reason = cutover_text("a test");
    CHECK(cutover_stop(client, &request, NULL, &response, &error) == CUTOVER_OK);
    CHECK(response->receipt != NULL && response->receipt->hash.len == 32);
    CHECK_NUMBER(response->status, CUTOVER__V1__TASK_STATUS__TASK_STATUS_STOPPED);
    cutover__v1__stop_task_response__free_unpacked(response, NULL);
    CHECK_NUMBER(task_status(client, id), CUTOVER__V1__TASK_STATUS__TASK_STATUS_STOPPED);
    request.task_id = cutover_text("00000000-0000-4000-8000-000000000000");
    CHECK(cutover_stop(client, &request, NULL, &response, &error) == CUTOVER_NOT_FOUND);
    CHECK(response == NULL);
    CHECK_TEXT(error.reason, "UNKNOWN_TASK");
    cutover_error_clear(&error);
    cutover_free(client);
}

enum { BATCH = 300 };

struct batch_count {
    unsigned accepted, items, final, summaries, stopped;
    cutover_client *client;
    const char *ask;
    /* Of each task the result that was told last. */
    unsigned told_count;
    struct {
        char task[64];
        Cutover__V1__StopItemResult result;
        Cutover__V1__TaskStatus status;
        bool final;
    } told[BATCH];
};

/* A result is told once: nothing behind the final one, and nothing twice. */
static void note_result(struct batch_count *count, const Cutover__V1__BatchItem *item) {
    unsigned i = 0;
    while (i < count->told_count &&
           (strlen(count->told[i].task) != item->task_id.len ||
            memcmp(count->told[i].task, item->task_id.data, item->task_id.len) != 0)) {
        i++;
    }
    if (i < count->told_count) {
        CHECK(!count->told[i].final);
        CHECK(count->told[i].result != item->result || count->told[i].status != item->status || item->final);
    } else {
        CHECK(i < BATCH && item->task_id.len < sizeof count->told[i].task);
        memcpy(count->told[i].task, item->task_id.data, item->task_id.len);
        count->told_count++;
    }
    count->told[i].result = item->result;
    count->told[i].status = item->status;
    count->told[i].final = item->final != 0;
}

static bool count_batch(const Cutover__V1__BatchStopEvent *event, void *context) {
    struct batch_count *count = context;
    if (event->accepted != NULL) count->accepted++;
    if (event->item != NULL) {
        count->items++;
        count->final += event->item->final != 0;
        note_result(count, event->item);
        /* A blocking call of the same client, in the middle of its stream. */
        if (count->ask != NULL) task_status(count->client, count->ask);
    }
    if (event->summary != NULL) {
        count->summaries++;
        count->stopped = event->summary->stopped;
    }
    return true;
}

static void stops_a_batch(void) {
    static char ids[BATCH][64];
    ProtobufCBinaryData texts[BATCH + 1];
    cutover_error error = {0};
    cutover_client *client = server_client();
    for (int i = 0; i < BATCH; i++) {
        make_task(client, "of a batch", ids[i]);
        texts[i] = cutover_text(ids[i]);
    }
    texts[BATCH] = texts[0];
    static struct batch_count count;
    count = (struct batch_count){.client = client, .ask = ids[0]};
    Cutover__V1__BatchStopRequest request = CUTOVER__V1__BATCH_STOP_REQUEST__INIT;
    request.task_ids = texts;
    request.n_task_ids = BATCH + 1;
    request.wait = true;
    cutover_status status = cutover_batch_stop(client, &request, NULL, count_batch, &count, &error);
    if (status != CUTOVER_OK) fprintf(stderr, "%s: %s\n", error.reason, error.message);
    CHECK(status == CUTOVER_OK);
    CHECK_NUMBER(count.accepted, 1);
    CHECK_NUMBER(count.final, BATCH);
    CHECK_NUMBER(count.summaries, 1);
    CHECK_NUMBER(count.stopped, BATCH);
    cutover_free(client);
}

/* The server is killed in the middle of a batch, and started again. */
static bool kill_in_a_batch(const Cutover__V1__BatchStopEvent *event, void *context) {
    struct batch_count *count = context;
    count_batch(event, context);
    if (count->items == 1 && event->item != NULL) {
        cutoverd_stop(&server, SIGKILL);
        cutoverd_start(&server, NULL);
    }
    return true;
}

static void batch_over_a_crash(void) {
    static char ids[BATCH][64];
    ProtobufCBinaryData texts[BATCH];
    cutover_error error = {0};
    cutover_client *client = server_client_with(256);
    for (int i = 0; i < BATCH; i++) {
        make_task(client, "of a batch", ids[i]);
        texts[i] = cutover_text(ids[i]);
    }
    static struct batch_count count;
    count = (struct batch_count){0};
    Cutover__V1__BatchStopRequest request = CUTOVER__V1__BATCH_STOP_REQUEST__INIT;
    request.task_ids = texts;
    request.n_task_ids = BATCH;
    request.wait = true;
    cutover_status status = cutover_batch_stop(client, &request, NULL, kill_in_a_batch, &count, &error);
    if (status != CUTOVER_OK) fprintf(stderr, "%s: %s\n", error.reason, error.message);
    CHECK(status == CUTOVER_OK);
    CHECK_NUMBER(count.accepted, 1);
    CHECK_NUMBER(count.final, BATCH);
    CHECK_NUMBER(count.summaries, 1);
    for (int i = 0; i < BATCH; i++) {
        CHECK_NUMBER(task_status(client, ids[i]), CUTOVER__V1__TASK_STATUS__TASK_STATUS_STOPPED);
    }
    cutover_free(client);
}

static bool refuse_batch(const Cutover__V1__BatchStopEvent *event, void *context) {
    (void)event;
    ++*(int *)context;
    return false;
}

static void batch_that_nobody_reads(void) {
    char id[64];
    int events = 0;
    cutover_error error = {0};
    cutover_client *client = server_client();
    make_task(client, "one", id);
    ProtobufCBinaryData text = cutover_text(id);
    Cutover__V1__BatchStopRequest request = CUTOVER__V1__BATCH_STOP_REQUEST__INIT;
    request.task_ids = &text;
    request.n_task_ids = 1;
    CHECK(cutover_batch_stop(client, &request, NULL, refuse_batch, &events, &error) == CUTOVER_CANCELLED);
    CHECK_NUMBER(events, 1);
    CHECK_TEXT(error.reason, CUTOVER_REASON_CANCELLED);
    /* What the server refuses is told as it is. */
    request.n_task_ids = 0;
    CHECK(cutover_batch_stop(client, &request, NULL, refuse_batch, &events, &error) == CUTOVER_INVALID_ARGUMENT);
    CHECK(error.message != NULL && *error.message != 0);
    cutover_error_clear(&error);
    cutover_free(client);
}

/* --- Watches --- */

struct watched {
    cutover_client *client;
    unsigned present, ends, changes, relists;
    uint64_t revision;
    uint32_t index;
    bool restart;
    char created[64];
    bool seen;
};

static bool watch_tasks(const Cutover__V1__WatchEvent *event, void *context) {
    struct watched *watched = context;
    switch (event->kind) {
    case CUTOVER__V1__WATCH_KIND__WATCH_KIND_PRESENT: watched->present++; return true;
    case CUTOVER__V1__WATCH_KIND__WATCH_KIND_RELIST: watched->relists++; return true;
    case CUTOVER__V1__WATCH_KIND__WATCH_KIND_PRESENT_END:
        watched->ends++;
        make_task(watched->client, "before the crash", watched->created);
        return true;
    default: break;
    }
    if (event->event == NULL) return true;
    const Cutover__V1__TaskEvent *change = event->event;
    CHECK(change->revision > watched->revision ||
          (change->revision == watched->revision && change->index > watched->index));
    watched->revision = change->revision;
    watched->index = change->index;
    watched->changes++;
    if (watched->changes == 1) {
        cutoverd_stop(&server, watched->restart ? SIGTERM : SIGKILL);
        cutoverd_start(&server, NULL);
        make_task(watched->client, "after the crash", watched->created);
    }
    size_t length = strlen(watched->created);
    watched->seen = event->task_id.len == length && memcmp(event->task_id.data, watched->created, length) == 0;
    return watched->changes < 2 || !watched->seen;
}

static void watch_run(bool restart) {
    cutover_error error = {0};
    cutover_client *client = server_client();
    struct watched watched = {.client = client, .restart = restart};
    Cutover__V1__WatchTasksRequest request = CUTOVER__V1__WATCH_TASKS_REQUEST__INIT;
    cutover_call_options terms = {.timeout_ms = 60000};
    cutover_status status = cutover_watch(client, &request, &terms, watch_tasks, &watched, &error);
    if (status != CUTOVER_CANCELLED) fprintf(stderr, "%s: %s\n", error.reason, error.message);
    CHECK(status == CUTOVER_CANCELLED);
    CHECK(watched.seen);
    CHECK_NUMBER(watched.ends, 1);
    CHECK_NUMBER(watched.relists, 0);
    cutover_error_clear(&error);
    cutover_free(client);
}

static void watch_over_a_crash(void) { watch_run(false); }
static void watch_over_a_restart(void) { watch_run(true); }

static bool watch_nothing(const Cutover__V1__WatchEvent *event, void *context) {
    (void)event;
    ++*(int *)context;
    return true;
}

static void watch_with_a_deadline(void) {
    int events = 0;
    cutover_error error = {0};
    cutover_client *client = server_client();
    Cutover__V1__WatchTasksRequest request = CUTOVER__V1__WATCH_TASKS_REQUEST__INIT;
    cutover_call_options terms = {.timeout_ms = 200};
    CHECK(cutover_watch(client, &request, &terms, watch_nothing, &events, &error) == CUTOVER_DEADLINE_EXCEEDED);
    CHECK(events > 0);
    cutover_error_clear(&error);
    cutover_free(client);
}

/* --- Deadline, cancel, retry --- */

struct ended {
    unsigned ends, good;
    cutover_status last;
};

static void count_end(cutover_client *client, cutover_call_id call, const cutover_result *result, void *context) {
    struct ended *ended = context;
    (void)client;
    (void)call;
    ended->ends++;
    ended->good += result->status == CUTOVER_OK;
    ended->last = result->status;
    if (result->status != CUTOVER_OK && result->status != CUTOVER_CANCELLED)
        fprintf(stderr, "    (%s: %s)\n", result->error.reason, result->error.message);
}

static void deadline(void) {
    char id[64];
    cutover_error error = {0};
    cutover_client *client = server_client();
    make_task(client, "one", id);
    Cutover__V1__GetTaskRequest request = CUTOVER__V1__GET_TASK_REQUEST__INIT;
    cutover_call_options terms = {.timeout_ms = 50};
    request.task_id = cutover_text(id);
    /* A server that stands still: the signal is sent at once, but its threads stop when they see it. */
    kill(server.pid, SIGSTOP);
    CHECK(waitpid(server.pid, NULL, WUNTRACED) == server.pid);
    cutover_status status = cutover_call(client, &cutover_TaskService_GetTask, &request.base, &terms, NULL, &error);
    kill(server.pid, SIGCONT);
    CHECK_NUMBER(status, CUTOVER_DEADLINE_EXCEEDED);
    CHECK_TEXT(error.reason, CUTOVER_REASON_DEADLINE);
    cutover_error_clear(&error);
    CHECK_NUMBER(task_status(client, id), CUTOVER__V1__TASK_STATUS__TASK_STATUS_CONFIGURATION);
    cutover_free(client);
}

static void cancel(void) {
    struct ended ended = {0};
    cutover_client *client = server_client();
    Cutover__V1__WatchTasksRequest request = CUTOVER__V1__WATCH_TASKS_REQUEST__INIT;
    cutover_handlers handlers = {.end = count_end, .context = &ended};
    cutover_call_id id = cutover_start(client, &cutover_TaskService_WatchTasks, &request.base, NULL, &handlers, NULL);
    for (int i = 0; i < 20; i++) cutover_wait(client, 10);
    CHECK_NUMBER(ended.ends, 0);
    CHECK(cutover_cancel(client, id));
    cutover_wait(client, 10);
    CHECK_NUMBER(ended.ends, 1);
    CHECK_NUMBER(ended.last, CUTOVER_CANCELLED);
    /* The connection lives, and closes in order once the server has answered the cancelled call. */
    CHECK(cutover_connect(client, 0, NULL) == CUTOVER_OK);
    CHECK(cutover_close(client, 10000));
    cutover_free(client);
}

/* Stops that are under way while the server is killed or restarted all end well, each exactly once. */
static void stops_over_a_lost_server(int signal) {
    enum { STOPS = 60 };
    static char ids[STOPS][64], requests[STOPS][CUTOVER_REQUEST_ID_BYTES];
    struct ended ended = {0};
    cutover_client *client = server_client();
    cutover_handlers handlers = {.end = count_end, .context = &ended};
    cutover_call_options terms = {.timeout_ms = 60000};
    for (int i = 0; i < STOPS; i++) make_task(client, "of many", ids[i]);
    if (signal == SIGKILL) kill(server.pid, SIGSTOP);
    for (int i = 0; i < STOPS; i++) {
        Cutover__V1__StopTaskRequest request = CUTOVER__V1__STOP_TASK_REQUEST__INIT;
        CHECK(cutover_request_id(requests[i]));
        request.task_id = cutover_text(ids[i]);
        request.request_id = cutover_text(requests[i]);
        CHECK(cutover_start(client, &cutover_StopService_StopTask, &request.base, &terms, &handlers, NULL) != 0);
    }
    cutover_process(client);
    cutoverd_stop(&server, signal);
    cutoverd_start(&server, NULL);
    for (int64_t due = clock_ms() + 60000; ended.ends < STOPS && clock_ms() < due;) cutover_wait(client, 1000);
    CHECK_NUMBER(ended.good, STOPS);
    for (int i = 0; i < STOPS; i++) {
        CHECK_NUMBER(task_status(client, ids[i]), CUTOVER__V1__TASK_STATUS__TASK_STATUS_STOPPED);
    }
    cutover_free(client);
}

static void stops_over_a_crash(void) { stops_over_a_lost_server(SIGKILL); }
static void stops_over_a_restart(void) { stops_over_a_lost_server(SIGTERM); }

/* --- The example of the README --- */

static void example(void) {
    char one[64], two[64], text[512] = "", *program = getenv("CUTOVER_EXAMPLE");
    cutover_client *client = server_client();
    make_task(client, "one", one);
    make_task(client, "two", two);
    cutover_free(client);
    CHECK(program != NULL);
    const char *output = test_path("example");
    char *arguments[] = {program, server.endpoint, one, two, NULL};
    unlink(output);
    CHECK_NUMBER(child_wait(child_start(arguments, output)), 0);
    FILE *file = fopen(output, "r");
    CHECK(file != NULL && fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    CHECK_TEXT(text, one);
    CHECK_TEXT(text, two);
    CHECK_TEXT(text, "2 of 2 stopped");
    CHECK_TEXT(text, "status of the first: 15");
    /* A task that is not there is told in its own place. */
    char nobody[] = "00000000-0000-4000-8000-000000000000";
    arguments[2] = nobody;
    arguments[3] = NULL;
    CHECK_NUMBER(child_wait(child_start(arguments, output)), 1);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        {"stops a task", stops_a_task},
        {"stops a batch", stops_a_batch},
        {"batch over a crash", batch_over_a_crash},
        {"batch that nobody reads", batch_that_nobody_reads},
        {"watch over a crash", watch_over_a_crash},
        {"watch over a restart", watch_over_a_restart},
        {"watch with a deadline", watch_with_a_deadline},
        {"deadline", deadline},
        {"cancel", cancel},
        {"stops over a crash", stops_over_a_crash},
        {"stops over a restart", stops_over_a_restart},
        {"example", example},
    };
    int failed = 0;
    for (int tcp = 0; tcp < 2; tcp++) {
        server = cutoverd_place(tcp ? "tcp" : "unix", tcp);
        printf("on %s\n", tcp ? "TCP" : "a Unix socket");
        cutoverd_start(&server, NULL);
        failed |= RUN_TESTS(tests);
        if (server.pid > 0) cutoverd_stop(&server, SIGTERM);
    }
    return failed;
}
