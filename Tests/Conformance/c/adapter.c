/* Drives the C client for the conformance runner, by lines on stdin and stdout; see Tests/Conformance/README.md. */
#define _POSIX_C_SOURCE 200809L

#include "cutover.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A message of a held stream that was not taken yet. */
struct item {
    struct item *next;
    uint32_t cost;
    size_t length;
    uint8_t payload[];
};

/* A call that the runner asked for. It lives until the client is closed. */
struct call {
    struct call *next;
    unsigned id;
    char *name;
    cutover_method method;
    cutover_call_id handle; /* 0 when it has ended */
    bool held;
    unsigned long takes; /* messages that were asked for and have not come */
    struct item *first, *last;
    char *end; /* of a held stream, until it is taken */
};

static cutover_client *client;
static struct call *calls;

static void *need(void *memory) {
    if (memory != NULL) return memory;
    fprintf(stderr, "no memory\n");
    exit(1);
}

/* --- Words ------------------------------------------------------------------------------------------------------------------ */

static char *hex(const void *bytes, size_t length) {
    static const char digits[] = "0123456789ABCDEF";
    const uint8_t *from = bytes;
    char *text = need(malloc(length * 2 + 2));
    if (length == 0) memcpy(text, "-", 2);
    for (size_t i = 0; i < length; i++) {
        text[2 * i] = digits[from[i] >> 4];
        text[2 * i + 1] = digits[from[i] & 15];
    }
    if (length > 0) text[2 * length] = 0;
    return text;
}

static unsigned digit(char letter) {
    if (letter >= '0' && letter <= '9') return (unsigned)(letter - '0');
    return (unsigned)(letter - 'A' + 10) & 15;
}

/* The bytes of a word, in place of it. */
static size_t unhex(char *word) {
    size_t length = strcmp(word, "-") == 0 ? 0 : strlen(word) / 2;
    for (size_t i = 0; i < length; i++) word[i] = (char)(digit(word[2 * i]) << 4 | digit(word[2 * i + 1]));
    return length;
}

static void say(const char *line) {
    fputs(line, stdout);
    fputc('\n', stdout);
    fflush(stdout);
}

__attribute__((noreturn)) static void refuse(const char *word) {
    fprintf(stderr, "not understood: %s\n", word == NULL ? "(end of line)" : word);
    exit(2);
}

/* --- Calls ------------------------------------------------------------------------------------------------------------------ */

static struct call *find(const char *word) {
    unsigned id = word == NULL ? 0 : (unsigned)strtoul(word, NULL, 10);
    for (struct call *call = calls; call != NULL; call = call->next) {
        if (call->id == id) return call;
    }
    refuse(word);
}

static char *end_line(unsigned id, const cutover_error *error, const uint8_t *payload, size_t length) {
    const char *reason = error->reason == NULL ? "" : error->reason, *message = error->message == NULL ? "" : error->message;
    char *reason_word = hex(reason, strlen(reason)), *message_word = hex(message, strlen(message)), *bytes = hex(payload, length);
    size_t size = strlen(reason_word) + strlen(message_word) + strlen(bytes) + 128;
    char *line = need(malloc(size));
    snprintf(line, size, "end %u %d %" PRIu32 " %d %s %s %zu %s", id, (int)error->status, error->retry_after_ms, error->not_executed,
             reason_word, message_word, error->detail_count, bytes);
    free(reason_word);
    free(message_word);
    free(bytes);
    return line;
}

static void say_item(unsigned id, const uint8_t *payload, size_t length) {
    char *bytes = hex(payload, length);
    printf("item %u ", id);
    say(bytes);
    free(bytes);
}

/* Gives a held stream's messages, and its end, to the runner, as far as they were asked for. */
static void give(struct call *call) {
    while (call->takes > 0 && call->first != NULL) {
        struct item *item = call->first;
        call->first = item->next;
        if (call->first == NULL) call->last = NULL;
        call->takes--;
        say_item(call->id, item->payload, item->length);
        if (call->handle != 0) cutover_consumed(client, call->handle, item->cost);
        free(item);
    }
    if (call->takes > 0 && call->end != NULL) {
        say(call->end);
        free(call->end);
        call->end = NULL;
    }
}

static void on_item(cutover_client *from, cutover_call_id handle, const cutover_item *item, void *context) {
    (void)from;
    (void)handle;
    struct call *call = context;
    const Cutover__V1__EchoResponse *message = (const Cutover__V1__EchoResponse *)item->message;
    if (!call->held) {
        say_item(call->id, message->payload.data, message->payload.len);
        return;
    }
    struct item *kept = need(malloc(sizeof *kept + message->payload.len));
    kept->next = NULL;
    kept->cost = item->cost;
    kept->length = message->payload.len;
    if (kept->length > 0) memcpy(kept->payload, message->payload.data, kept->length);
    if (call->last == NULL) call->first = kept;
    else call->last->next = kept;
    call->last = kept;
    give(call);
}

static void on_end(cutover_client *from, cutover_call_id handle, const cutover_result *result, void *context) {
    (void)from;
    (void)handle;
    struct call *call = context;
    const Cutover__V1__EchoResponse *message = (const Cutover__V1__EchoResponse *)result->message;
    cutover_error error = result->error;
    error.status = result->status;
    char *line = message == NULL ? end_line(call->id, &error, NULL, 0)
                                 : end_line(call->id, &error, message->payload.data, message->payload.len);
    call->handle = 0;
    if (call->held && result->status != CUTOVER_CANCELLED) {
        call->end = line;
        give(call);
        return;
    }
    say(line);
    free(line);
}

/* ID NAME NUMBER IDEMPOTENT TIMEOUT_MS PAYLOAD [KEY=VALUE...] [hold] */
static void start(bool stream) {
    char *words[6];
    for (size_t i = 0; i < 6; i++) {
        words[i] = strtok(NULL, " ");
        if (words[i] == NULL) refuse(NULL);
    }
    struct call *call = need(calloc(1, sizeof *call));
    call->id = (unsigned)strtoul(words[0], NULL, 10);
    call->name = need(strdup(words[1]));
    call->method = (cutover_method){.name = call->name,
                                    .id = (uint32_t)strtoul(words[2], NULL, 10),
                                    .request = &cutover__v1__echo_request__descriptor,
                                    .response = &cutover__v1__echo_response__descriptor,
                                    .idempotent = strcmp(words[3], "1") == 0,
                                    .stream = stream};
    call->next = calls;
    calls = call;

    cutover_metadata metadata[64];
    cutover_call_options options = {.timeout_ms = (uint32_t)strtoul(words[4], NULL, 10), .metadata = metadata};
    if (options.timeout_ms == 0) options.timeout_ms = CUTOVER_NO_TIMEOUT;
    for (char *word; (word = strtok(NULL, " ")) != NULL;) {
        char *value = strchr(word, '=');
        if (value == NULL) call->held = strcmp(word, "hold") == 0;
        if (value == NULL) continue;
        if (options.metadata_count == 64) refuse(word);
        *value++ = 0;
        metadata[options.metadata_count++] = (cutover_metadata){.key = word, .value = value, .length = unhex(value)};
    }
    options.manual_credit = call->held;

    Cutover__V1__EchoRequest request = CUTOVER__V1__ECHO_REQUEST__INIT;
    request.payload.len = unhex(words[5]);
    request.payload.data = (uint8_t *)words[5];
    cutover_handlers handlers = {.item = on_item, .end = on_end, .context = call};
    cutover_error error = {0};
    call->handle = cutover_start(client, &call->method, &request.base, &options, &handlers, &error);
    if (call->handle == 0) {
        char *line = end_line(call->id, &error, NULL, 0);
        say(line);
        free(line);
    }
    cutover_error_clear(&error);
}

/* --- The client --------------------------------------------------------------------------------------------------------------- */

/* ADDRESS [NAME=NUMBER...] [token=TEXT] */
static void open_client(void) {
    cutover_options options = {.endpoints = strtok(NULL, " ")};
    struct {
        const char *name;
        uint32_t *number;
    } numbers[] = {{"max_frame", &options.max_frame},
                   {"max_inflight", &options.max_in_flight},
                   {"stream_credit", &options.stream_credit},
                   {"keepalive_ms", &options.keepalive_ms},
                   {"keepalive_timeout_ms", &options.keepalive_timeout_ms}};
    for (char *word; (word = strtok(NULL, " ")) != NULL;) {
        char *value = strchr(word, '=');
        if (value == NULL) refuse(word);
        *value++ = 0;
        bool known = strcmp(word, "token") == 0;
        if (known) options.token = value;
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
            if (strcmp(word, numbers[i].name) != 0) continue;
            *numbers[i].number = (uint32_t)strtoul(value, NULL, 10);
            known = true;
        }
        if (!known) refuse(word);
    }
    cutover_error error = {0};
    client = cutover_new(&options, &error);
    if (client == NULL) refuse(error.message);
    say("opened");
}

static void close_client(void) {
    cutover_free(client);
    client = NULL;
    while (calls != NULL) {
        struct call *call = calls;
        calls = call->next;
        while (call->first != NULL) {
            struct item *next = call->first->next;
            free(call->first);
            call->first = next;
        }
        free(call->end);
        free(call->name);
        free(call);
    }
}

static void obey(char *line) {
    const char *verb = strtok(line, " ");
    if (verb == NULL) return;
    if (client == NULL && strcmp(verb, "open") != 0) refuse(verb);
    if (strcmp(verb, "open") == 0) {
        open_client();
    } else if (strcmp(verb, "call") == 0) {
        start(false);
    } else if (strcmp(verb, "stream") == 0) {
        start(true);
    } else if (strcmp(verb, "take") == 0) {
        struct call *call = find(strtok(NULL, " "));
        const char *count = strtok(NULL, " ");
        call->takes += count == NULL ? 1 : strtoul(count, NULL, 10);
        give(call);
    } else if (strcmp(verb, "cancel") == 0) {
        cutover_cancel(client, find(strtok(NULL, " "))->handle);
    } else if (strcmp(verb, "close") == 0) {
        close_client();
        say("closed");
    } else {
        refuse(verb);
    }
}

/* Reads what there is and obeys its whole lines; false at the end of the input. */
static bool read_lines(void) {
    static char *buffer;
    static size_t used, room;
    if (room - used < 65536) {
        room += 1 << 20;
        buffer = need(realloc(buffer, room));
    }
    ssize_t got = read(STDIN_FILENO, buffer + used, room - used);
    if (got <= 0) {
        free(buffer);
        return false;
    }
    used += (size_t)got;
    size_t from = 0;
    for (char *newline; (newline = memchr(buffer + from, '\n', used - from)) != NULL;) {
        *newline = 0;
        obey(buffer + from);
        from = (size_t)(newline - buffer) + 1;
    }
    memmove(buffer, buffer + from, used - from);
    used -= from;
    return true;
}

int main(void) {
    say("ready");
    for (;;) {
        struct pollfd polled[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = -1}};
        if (client != NULL) polled[1] = (struct pollfd){.fd = cutover_fd(client), .events = cutover_events(client)};
        if (poll(polled, 2, client == NULL ? -1 : cutover_timeout_ms(client)) < 0) return 1;
        if (polled[0].revents != 0 && !read_lines()) break;
        if (client != NULL) cutover_process(client);
    }
    if (client != NULL) close_client();
    return 0;
}
