/* The client against a real cutoverd (CUTOVERD), on a Unix socket and on a TCP port. */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE 1

#include "check.h"
#include "cutover.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    pid_t pid;
    char endpoint[300], data[300], log[300];
} server;

static void server_start(void) {
    char program[400], listen[320], data[320];
    snprintf(program, sizeof program, "%s", getenv("CUTOVERD") != NULL ? getenv("CUTOVERD") : "");
    snprintf(listen, sizeof listen, "%s", server.endpoint);
    snprintf(data, sizeof data, "%s", server.data);
    char run[] = "--listen", where[] = "--data-directory";
    char *arguments[] = {program, run, listen, where, data, NULL};
    server.pid = child_start(arguments, server.log);
}

static void server_stop(int signal) {
    int status = child_stop(server.pid, signal);
    if (signal == SIGTERM) CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    server.pid = 0;
}

/* A port that nobody listens on just now. */
static unsigned free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&address, &length) == 0);
    close(fd);
    return ntohs(address.sin_port);
}

static cutover_client *server_client(void) {
    cutover_error error = {0};
    cutover_options options = {.endpoints = server.endpoint, .connect_wait_ms = 60000};
    cutover_client *client = cutover_new(&options, &error);
    CHECK(client != NULL);
    if (cutover_connect(client, 60000, &error) != CUTOVER_OK) fprintf(stderr, "%s\n", error.message);
    CHECK(error.status == CUTOVER_OK);
    return client;
}

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

struct batch_count {
    unsigned accepted, items, final, summaries, stopped;
    cutover_client *client;
    const char *ask;
};

static bool count_batch(const Cutover__V1__BatchStopEvent *event, void *context) {
    struct batch_count *count = context;
    if (event->accepted != NULL) count->accepted++;
    if (event->item != NULL) {
        count->items++;
        count->final += event->item->final != 0;
        /* A blocking call of the same client, in the middle of its stream. */
        if (count->ask != NULL) task_status(count->client, count->ask);
    }
    if (event->summary != NULL) {
        count->summaries++;
        count->stopped = event->summary->stopped;
    }
    return true;
}

enum { BATCH = 300 };

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
    struct batch_count count = {.client = client, .ask = ids[0]};
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

int main(int argc, char **argv) {
    static const struct test tests[] = {{"stops a task", stops_a_task}, {"stops a batch", stops_a_batch}};
    int failed = 0;
    if (getenv("CUTOVERD") == NULL || access(getenv("CUTOVERD"), X_OK) != 0) {
        fprintf(stderr, "CUTOVERD must be the path of a cutoverd\n");
        return 1;
    }
    for (int tcp = 0; tcp < 2; tcp++) {
        if (tcp) snprintf(server.endpoint, sizeof server.endpoint, "127.0.0.1:%u", free_port());
        else snprintf(server.endpoint, sizeof server.endpoint, "unix:%s", test_path("s"));
        snprintf(server.data, sizeof server.data, "%s", test_path(tcp ? "data-tcp" : "data"));
        snprintf(server.log, sizeof server.log, "%s", test_path("log"));
        printf("on %s\n", tcp ? "TCP" : "a Unix socket");
        server_start();
        failed |= RUN_TESTS(tests);
        if (server.pid > 0) server_stop(SIGTERM);
    }
    return failed;
}
