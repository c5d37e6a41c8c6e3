/*
 * The vectors of proto/vectors that a client has to read. Compiled with the client's source, so that each of its
 * readers is asked by itself. The first argument is what vectors.py made of them.
 */
#include "../cutover.c"

#include "check.h"

enum { TEXT_ROOM = 1 << 20 };

static uint8_t bytes[TEXT_ROOM];
static char got[TEXT_ROOM];
static size_t got_length;

/* Adds to what was got. */
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(got + got_length, sizeof got - got_length, format, arguments);
    va_end(arguments);
    CHECK(written >= 0 && got_length + (size_t)written < sizeof got);
    got_length += (size_t)written;
}

static void say_hex(const uint8_t *from, size_t length) {
    for (size_t i = 0; i < length; i++) say("%02X", from[i]);
}

static size_t read_hex(const char *digits, uint8_t *to, size_t room) {
    size_t length = strlen(digits) / 2;
    CHECK(length <= room);
    for (size_t i = 0; i < length; i++) {
        unsigned value;
        CHECK(sscanf(digits + 2 * i, "%2x", &value) == 1);
        to[i] = (uint8_t)value;
    }
    return length;
}

static void say_metadata(const uint8_t *block, size_t length) {
    static cutover_metadata entries[METADATA_ENTRIES_MAX];
    static char keys[METADATA_ENTRIES_MAX * (METADATA_KEY_MAX + 1)];
    int count = length <= METADATA_BYTES_MAX ? metadata_entries(block, length, entries, keys) : -1;
    for (int i = 0; i < count; i++) {
        say("%s%s=", i > 0 ? " " : "", entries[i].key);
        say_hex(entries[i].value, entries[i].length);
    }
}

/* --- frame --- */

static void say_frame(const struct header *header, const uint8_t *body) {
    const uint8_t *payload = body + header->metadata;
    size_t length = header->length - header->metadata;
    uint32_t status = header->aux & 0xFF;
    switch (header->type) {
    case FRAME_HELLO: say("HELLO "); break;
    case FRAME_PING: say("PING "); break;
    case FRAME_PONG: say("PONG "); break;
    case FRAME_RESPONSE:
        say("RESPONSE %u %u %u %d [", header->id, status > CUTOVER_UNAUTHENTICATED ? CUTOVER_UNKNOWN : status,
            header->aux >> 8, header->flags & RESPONSE_NOT_EXECUTED);
        say_metadata(body, header->metadata);
        say("] ");
        break;
    case FRAME_ITEM:
        say("ITEM %u [", header->id);
        say_metadata(body, header->metadata);
        say("] ");
        break;
    default: say("GOAWAY %u %u %.*s", header->aux, get32(body), (int)(length - 4), (const char *)body + 4); return;
    }
    say_hex(payload, length);
}

static void run_frame(size_t length, char **more) {
    uint32_t max_frame = (uint32_t)strtoul(more[0], NULL, 10);
    const uint8_t *at = bytes, *end = bytes + length;
    const char *divider = "";
    while ((size_t)(end - at) >= HEADER_BYTES) {
        struct header header = {get32(at), at[4], at[5], get16(at + 6), get32(at + 8), get32(at + 12)};
        enum fault fault = frame_fault(&header, max_frame);
        if (fault != FAULT_NONE) {
            say("%sviolation %u", divider, FAULTS[fault].kind);
            return;
        }
        at += HEADER_BYTES;
        if ((size_t)(end - at) < header.length) {
            say("%sincomplete", divider);
            return;
        }
        if (!(header.type & FRAME_EXTENSION_BIT)) {
            say("%s", divider);
            say_frame(&header, at);
            divider = "; ";
        }
        at += header.length;
    }
    if (at < end) say("%sincomplete", divider);
}

/* --- hello, metadata, error, method --- */

static void run_hello(size_t length, char **more) {
    (void)more;
    static struct cutover_client client;
    struct connection connection = {.client = &client};
    client.options.max_in_flight = IN_FLIGHT_CEILING;
    enum fault fault = hello_read(&connection, bytes, length);
    if (fault != FAULT_NONE) say("violation %u", FAULTS[fault].kind);
    else say("%u %u %u", connection.peer_max_frame, connection.slot_limit, connection.peer_min_ping_ms);
}

static void run_metadata(size_t length, char **more) {
    (void)more;
    say_metadata(bytes, length);
    if (got_length == 0) say("none");
}

static void run_error(size_t length, char **more) {
    (void)more;
    struct arena arena = {0};
    cutover_error error = {0};
    arena_reset(&arena, unpack_budget(length));
    read_error(&arena, bytes, length, &error);
    if (strcmp(error.message, "the server's error text could not be read") == 0) say("unreadable");
    else say("%s | %s | ", error.message, error.reason);
    for (size_t i = 0; i < error.detail_count; i++) {
        say("%s%s=%s", i > 0 ? " " : "", error.details[i].key, error.details[i].value);
    }
    arena_free(&arena);
}

static void run_method(size_t length, char **more) {
    (void)more;
    bytes[length] = 0;
    say("%u", cutover_method_id((const char *)bytes));
}

/* --- connection --- */

/* A connection in the state that a vector begins with, over a pair of sockets whose other end is never read. */
struct bench {
    cutover_client *client;
    struct connection *connection;
    int other;
    unsigned ends, pongs, drained;
};

static void bench_end(cutover_client *client, cutover_call_id id, const cutover_result *result, void *context) {
    (void)client;
    (void)id;
    (void)result;
    (void)context;
}

static void bench_receive(struct bench *bench, const uint8_t *from, size_t length) {
    struct connection *connection = bench->connection;
    for (size_t i = 0; i < length; i++) {
        if (!is_live(connection)) return;
        CHECK(input_room(connection, INPUT_BYTES));
        connection->in[connection->in_end++] = from[i];
        input_parse(connection);
    }
}

static struct bench bench_open(bool open) {
    static const uint8_t hello[] = {0, 0, 0, 6, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2, 0, 16};
    int pair[2];
    cutover_options options = {.endpoints = "unix:/nobody", .stream_credit = 1000, .max_attempts = 1};
    struct bench bench = {.client = cutover_new(&options, NULL)};
    CHECK(bench.client != NULL && socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
    bench.other = pair[1];
    bench.connection = bench.client->current = &bench.client->connections[0];
    bench.connection->client = bench.client;
    bench.connection->fd = pair[0];
    bench.client->now = now_ms();
    connection_greet(bench.connection);
    if (open) bench_receive(&bench, hello, sizeof hello);
    return bench;
}

/* What the client did before: the frame itself tells. */
static void bench_act(struct bench *bench, const uint8_t *frame) {
    static const cutover_method unary = {
        "vectors.Test/Wait", 0, &cutover__v1__echo_request__descriptor, NULL, false, false};
    static const cutover_method stream = {
        "vectors.Test/Watch", 0, &cutover__v1__echo_request__descriptor, NULL, false, true};
    Cutover__V1__EchoRequest request = CUTOVER__V1__ECHO_REQUEST__INIT;
    cutover_handlers handlers = {.end = bench_end};
    cutover_call_options terms = {.manual_credit = true};
    struct connection *connection = bench->connection;
    struct slot *slot = &connection->slots[get32(frame + 8)];
    switch (frame[4]) {
    case FRAME_REQUEST: {
        /* The credit of a vector may be below what an option takes. */
        bench->client->options.stream_credit = get32(frame + 20);
        const cutover_method *method = frame[5] & REQUEST_STREAM ? &stream : &unary;
        CHECK(cutover_start(bench->client, method, &request.base, &terms, &handlers, NULL) != 0);
        /* Also behind HELLO, though none of these methods is idempotent. */
        struct call *call = bench->client->waiting.first;
        request_put(connection, call, slot_take(connection));
        CHECK_NUMBER(call->slot, get32(frame + 8));
        CHECK_NUMBER(call->method.id, get32(frame + 12));
        break;
    }
    case FRAME_CANCEL: cutover_cancel(bench->client, call_id(slot->call)); break;
    case FRAME_CREDIT:
        put_frame(connection, FRAME_CREDIT, 0, 0, get32(frame + 8), get32(frame + 12), 0);
        slot->credit += get32(frame + 12);
        break;
    case FRAME_PING: connection_ping(connection); break;
    default: break; /* PONG and DRAINED it has said by itself */
    }
}

static size_t calls_in_slots(const struct connection *connection) {
    size_t count = 0;
    for (uint32_t i = 1; i <= connection->top_slot; i++) count += connection->slots[i].state != SLOT_FREE;
    return count;
}

/* One frame, and the word of the client's table for what was done about it. */
static bool bench_frame(struct bench *bench, const uint8_t *frame, size_t length, const char *divider) {
    struct connection *connection = bench->connection;
    enum phase phase = connection->phase;
    bool pinged = connection->ping_at != 0;
    unsigned pongs = bench->pongs, drained = bench->drained;
    size_t calls = calls_in_slots(connection), start = connection->out_end;
    int64_t credit = frame[4] == FRAME_ITEM && get32(frame + 8) <= 16 ? connection->slots[get32(frame + 8)].credit : 0;
    bench_receive(bench, frame, length);
    if (!is_live(connection)) {
        if (connection->fault == FAULT_NONE) say("%sclose", divider);
        else say("%sviolation %u", divider, FAULTS[connection->fault].kind);
        return false;
    }
    for (size_t at = start; at + HEADER_BYTES <= connection->out_end;
         at += HEADER_BYTES + get32(connection->out + at)) {
        bench->pongs += connection->out[at + 4] == FRAME_PONG;
        bench->drained += connection->out[at + 4] == FRAME_DRAINED;
    }
    if (frame[4] & FRAME_EXTENSION_BIT) return true;
    const char *word = "?";
    if (phase == PHASE_GREETING && connection->phase == PHASE_OPEN) word = "accept";
    else if (calls_in_slots(connection) < calls) word = "end";
    else if (bench->pongs > pongs) word = "pong";
    else if (bench->drained > drained) word = "drain";
    else if (pinged && connection->ping_at == 0) word = "note";
    else if (frame[4] == FRAME_ITEM && connection->slots[get32(frame + 8)].credit < credit) word = "deliver";
    else if (frame[4] == FRAME_GOAWAY) word = "nothing";
    say("%s%s", divider, word);
    return true;
}

static void run_connection(size_t length, char **more) {
    static uint8_t step[TEXT_ROOM];
    struct bench bench = bench_open(strcmp(more[0], "open") == 0);
    for (char *before = strtok(more[1], " "); before != NULL; before = strtok(NULL, " ")) {
        size_t size = read_hex(before + 1, step, sizeof step);
        if (*before == 's') bench_receive(&bench, step, size);
        else bench_act(&bench, step);
        transport_flush(bench.connection);
    }
    const char *divider = "";
    for (size_t at = 0; at < length;) {
        size_t size = HEADER_BYTES + get32(bytes + at);
        if (size > length - at) size = length - at;
        if (!bench_frame(&bench, bytes + at, size, divider)) break;
        if (got_length > 0) divider = " ";
        at += size;
    }
    close(bench.other);
    cutover_free(bench.client);
}

static const struct {
    const char *kind;
    void (*run)(size_t length, char **more);
} kinds[] = {{"frame", run_frame}, {"hello", run_hello},   {"metadata", run_metadata},
             {"error", run_error}, {"method", run_method}, {"connection", run_connection}};

int main(int argc, char **argv) {
    static char line[4 * TEXT_ROOM];
    unsigned counts[sizeof kinds / sizeof kinds[0]] = {0}, failed = 0;
    FILE *lines = argc > 1 ? fopen(argv[1], "r") : NULL;
    CHECK(lines != NULL);
    while (fgets(line, sizeof line, lines) != NULL) {
        char *fields[6] = {"", "", "", "", "", ""}, *rest = line;
        line[strcspn(line, "\n")] = 0;
        for (int i = 0; i < 6 && rest != NULL; i++) fields[i] = strsep(&rest, "\t");
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
            if (strcmp(fields[0], kinds[i].kind) != 0) continue;
            got_length = 0;
            got[0] = 0;
            kinds[i].run(read_hex(fields[2], bytes, sizeof bytes - 1), fields + 4);
            counts[i]++;
            if (strcmp(got, fields[3]) == 0) continue;
            failed++;
            fprintf(stderr, "%s %s\n  expected %.300s\n  got      %.300s\n", fields[0], fields[1], fields[3], got);
        }
    }
    fclose(lines);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        printf("%s%u %s", i > 0 ? ", " : "", counts[i], kinds[i].kind);
        failed += counts[i] == 0;
    }
    printf("\n");
    return failed > 0;
}
