// A load client on Clients/C: messages packed and unpacked for each call, as its users do; every slot always holds one
// call. One connection: the client has no more of them to a server.
#define _GNU_SOURCE
#include <cutover.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

typedef struct {
    measure_options options;
    cutover_client *client;
    Cutover__V1__StopTaskRequest *request;
    measure_histogram *histogram;
} load;

typedef struct {
    load *load;
    uint64_t sent_at_ns;
} slot;

_Noreturn static void fail(const char *what) {
    fprintf(stderr, "load client: %s\n", what);
    exit(1);
}

static void start(slot *slot);

static void ended(cutover_client *client, cutover_call_id call, const cutover_result *result, void *context) {
    (void)client;
    (void)call;
    slot *slot = context;
    if (result->status != CUTOVER_OK) fail(result->error.message);
    const Cutover__V1__StopTaskResponse *response = (const Cutover__V1__StopTaskResponse *)result->message;
    const ProtobufCBinaryData *asked = &slot->load->request->task_id;
    if (result->payload_length != slot->load->options.response_length || response->stop == NULL
        || response->stop->task_id.len != asked->len || memcmp(response->stop->task_id.data, asked->data, asked->len) != 0)
        fail("a wrong answer");
    measure_histogram_record(slot->load->histogram, measure_now_ns() - slot->sent_at_ns);
    start(slot);
}

static void start(slot *slot) {
    const cutover_handlers handlers = {.end = ended, .context = slot};
    const cutover_call_options terms = {.timeout_ms = (uint32_t)slot->load->options.timeout_ms};
    cutover_error error = {0};
    slot->sent_at_ns = measure_now_ns();
    if (cutover_start(slot->load->client, &cutover_StopService_StopTask, &slot->load->request->base, &terms, &handlers,
            &error)
        == 0)
        fail(error.message);
}

static void run_until(load *load, uint64_t end_ns) {
    while (measure_now_ns() < end_ns) cutover_wait(load->client, load->options.timeout_ms);
}

int main(int argc, char **argv) {
    load load = {.options = measure_parse_options(argc, argv), .histogram = measure_histogram_create()};
    const measure_options *options = &load.options;
    if (options->connections != 1) fail("one connection is all this client has");
    load.request = cutover__v1__stop_task_request__unpack(NULL, options->request_length, options->request);
    if (load.request == NULL) fail("the request file holds no StopTaskRequest");
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "%s:%u", options->host, (unsigned)options->port);
    const cutover_options settings = {.endpoints = endpoint};
    cutover_error error = {0};
    load.client = cutover_new(&settings, &error);
    slot *slots = calloc((size_t)options->in_flight, sizeof *slots);
    if (load.client == NULL || slots == NULL) fail(load.client == NULL ? error.message : "no memory");
    for (int i = 0; i < options->in_flight; i++) {
        slots[i].load = &load;
        start(&slots[i]);
    }

    run_until(&load, measure_now_ns() + (uint64_t)options->warmup_ms * 1000000u);
    measure_histogram_reset(load.histogram);
    measure_window window = measure_begin(options->server_pid, options->allocations_file);
    run_until(&load, window.begin_ns + (uint64_t)options->measure_ms * 1000000u);
    measure_end(&window);
    measure_print(&window, load.histogram, 0);
    // The calls in flight are abandoned with the process.
    return 0;
}
