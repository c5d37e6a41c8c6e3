/* See cutover.h. Every "PROTOCOL.md" below is proto/PROTOCOL.md. */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE 1

#include "cutover.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#ifdef CUTOVER_WITH_TLS
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#endif

/* --- Limits ------------------------------------------------------------------------------------------------------ */

enum {
    /* PROTOCOL.md, "Frame" and "Limits". */
    HEADER_BYTES = 16,
    REQUEST_PREFIX_BYTES = 8,
    FRAME_FLOOR = 65536,
    FRAME_CEILING = 16777215,
    FRAME_DEFAULT = 1 << 20,
    IN_FLIGHT_FLOOR = 16,
    IN_FLIGHT_CEILING = 65535,
    IN_FLIGHT_DEFAULT = 1024,
    CREDIT_FLOOR = 64,
    CREDIT_CEILING = 16 << 20,
    CREDIT_DEFAULT = 256 << 10,
    ITEM_COST_MIN = 64,
    /* Calls sent behind HELLO without waiting for the server's. */
    EARLY_SLOTS = 16,
    EARLY_BODY = 65536,
    HELLO_BYTES_MAX = 8192,
    HELLO_SETTINGS_MAX = 64,
    HELLO_KEY_LAST = 11,
    AGENT_BYTES_MAX = 64,
    TOKEN_BYTES_MAX = 4096,
    METADATA_BYTES_MAX = 8192,
    METADATA_ENTRIES_MAX = 64,
    METADATA_KEY_MAX = 64,
    ERROR_DETAILS_MAX = 32,
    ERROR_TEXT_MAX = 1024,
    GOAWAY_TEXT_MAX = 256,
    /* Reading stops while so much waits to be sent; without progress for so long the connection is lost. */
    OUTPUT_STOPS_READING = 1 << 20,
    STALL_MS = 30000,
    /* A frame that was begun must be whole after this time. */
    FRAME_MS = 10000,

    /* Our own. Requests are added to the output up to here, so that a cancelled one need not be sent. */
    OUTPUT_TARGET = 256 << 10,
    INPUT_BYTES = 64 << 10,
    /* What one call of cutover_process reads of one connection. */
    READ_QUOTA = 1 << 20,
    ENDPOINTS_MAX = 8,
    ADDRESSES_MAX = 16,
    ADDRESS_MS_MIN = 100,
    /* One for new calls, the others are being drained. */
    CONNECTIONS_MAX = 5,
    /* Beyond the grace that the server gave, at most DRAIN_MS_MAX. */
    DRAIN_SLACK_MS = 10000,
    DRAIN_MS_MAX = 3600000,
    /* What unpacking may take: so much and 16 times the payload. */
    UNPACK_BASE = 64 << 10,
    UNPACK_FACTOR = 16,
    ARENA_KEEPS = 64 << 10,
    /* Messages inside messages; the schema needs 6. */
    MESSAGE_DEPTH_MAX = 32,
    FAILURE_TEXT = 320,
    /* A connection that has lasted so long has worked, answer or not. */
    PROOF_MS = 1000
};

static const uint8_t PREFACE[8] = {0xB5, 0x52, 0x50, 0x43, 1, 0, 0, 0};

enum frame_type {
    FRAME_HELLO = 1,
    FRAME_REQUEST,
    FRAME_RESPONSE,
    FRAME_ITEM,
    FRAME_CREDIT,
    FRAME_CANCEL,
    FRAME_PING,
    FRAME_PONG,
    FRAME_GOAWAY,
    FRAME_DRAINED,
    FRAME_EXTENSION_BIT = 0x80
};

enum { REQUEST_STREAM = 1, REQUEST_IDEMPOTENT = 2, RESPONSE_NOT_EXECUTED = 1 };
enum { CANCEL_BY_USER = 1, CANCEL_BY_DEADLINE = 2 };
enum {
    GOAWAY_DRAIN = 0,
    GOAWAY_VERSION = 3,
    GOAWAY_UNSUPPORTED = 4,
    GOAWAY_IDLE = 8,
    GOAWAY_UNAUTHENTICATED = 9,
    GOAWAY_OVERLOADED = 10,
    GOAWAY_AGE = 11
};

/* --- Small things ------------------------------------------------------------------------------------------------ */

static int64_t now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static uint16_t get16(const uint8_t *bytes) { return (uint16_t)(bytes[0] << 8 | bytes[1]); }

static uint32_t get32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void put16(uint8_t *bytes, uint32_t value) {
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static void put32(uint8_t *bytes, uint32_t value) {
    put16(bytes, value >> 16);
    put16(bytes + 2, value);
}

static int64_t least(int64_t left, int64_t right) { return left < right ? left : right; }

/* The earlier of two times, where 0 is never. */
static int64_t earlier(int64_t left, int64_t right) {
    if (left == 0) return right;
    return right == 0 ? left : least(left, right);
}

/* How many bytes the UTF-8 character at the front has; 0 when it is none, or a control character. */
static size_t printable_character(const uint8_t *bytes, size_t length) {
    uint8_t first = bytes[0];
    if (first < 0x80) return first >= 0x20 && first != 0x7F;
    size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (first < 0xC2 || first > 0xF4 || size > length) return 0;
    for (size_t i = 1; i < size; i++) {
        if ((bytes[i] & 0xC0) != 0x80) return 0;
    }
    /* C1 controls; overlong forms, surrogates and what is above U+10FFFF. */
    if (first == 0xC2 && bytes[1] < 0xA0) return 0;
    if (first == 0xE0 && bytes[1] < 0xA0) return 0;
    if (first == 0xED && bytes[1] >= 0xA0) return 0;
    if (first == 0xF0 && bytes[1] < 0x90) return 0;
    if (first == 0xF4 && bytes[1] >= 0x90) return 0;
    return size;
}

/*
 * Writes a text of a peer so that it can be printed, ended by a NUL; `to` has room for length + 1. Returns its length.
 */
static size_t copy_printable(char *to, const uint8_t *bytes, size_t length) {
    size_t at = 0;
    while (at < length) {
        size_t size = printable_character(bytes + at, length - at);
        if (size == 0) {
            to[at++] = '?';
        } else {
            memcpy(to + at, bytes + at, size);
            at += size;
        }
    }
    to[at] = 0;
    return at;
}

static char *copy_string(const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy != NULL) memcpy(copy, text, size);
    return copy;
}

ProtobufCBinaryData cutover_text(const char *text) {
    /* protobuf-c has no pointer to constant bytes; packing only reads. */
    ProtobufCBinaryData data = {0, NULL};
    if (text == NULL || *text == 0) return data;
    data.len = strlen(text);
    data.data = (uint8_t *)(uintptr_t)text;
    return data;
}

bool cutover_request_id(char id[CUTOVER_REQUEST_ID_BYTES]) {
    static const char digits[] = "0123456789abcdef";
    uint8_t random[16];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) return false;
    random[6] = (uint8_t)((random[6] & 0x0F) | 0x40);
    random[8] = (uint8_t)((random[8] & 0x3F) | 0x80);
    char *to = id;
    for (size_t i = 0; i < sizeof random; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
        *to++ = digits[random[i] >> 4];
        *to++ = digits[random[i] & 15];
    }
    *to = 0;
    return true;
}

/* FNV-1a of 32 bits. */
static uint32_t hash_bytes(uint32_t hash, const void *bytes, size_t length) {
    const uint8_t *at = bytes;
    for (size_t i = 0; i < length; i++) hash = (hash ^ at[i]) * 16777619u;
    return hash;
}

uint32_t cutover_method_id(const char *name) { return hash_bytes(2166136261u, name, strlen(name)); }

#define DEFINE_METHOD(service, method, id, request, response, idempotent, stream)                                      \
    const cutover_method cutover_##service##_##method = {                                                              \
        "cutover.v1." #service "/" #method,     (id),       &cutover__v1__##request##__descriptor,                     \
        &cutover__v1__##response##__descriptor, idempotent, stream};
CUTOVER_METHODS(DEFINE_METHOD)

const char *cutover_status_name(cutover_status status) {
    static const char *const names[] = {
        "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
        "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
        "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
        "DATA_LOSS", "UNAUTHENTICATED"};
    size_t number = (size_t)status;
    return number < sizeof names / sizeof names[0] ? names[number] : "UNKNOWN";
}

/* --- Unpacking --------------------------------------------------------------------------------------------------- */

/* Memory that is only ever given back as a whole, up to a budget: a payload of two-byte fields would grow 44-fold. */
struct block {
    struct block *next;
    size_t size;
    size_t used;
    max_align_t bytes[];
};

struct arena {
    struct block *first;
    size_t budget;
};

static void arena_reset(struct arena *arena, size_t budget) {
    while (arena->first != NULL && (arena->first->next != NULL || arena->first->size > ARENA_KEEPS)) {
        struct block *next = arena->first->next;
        free(arena->first);
        arena->first = next;
    }
    if (arena->first != NULL) arena->first->used = 0;
    arena->budget = budget;
}

static void arena_free(struct arena *arena) {
    arena_reset(arena, 0);
    free(arena->first);
    arena->first = NULL;
}

static void *arena_take(struct arena *arena, size_t size) {
    const size_t grain = sizeof(max_align_t);
    if (size > arena->budget) return NULL;
    size = size == 0 ? grain : (size + grain - 1) / grain * grain;
    if (size > arena->budget) return NULL;
    struct block *block = arena->first;
    if (block == NULL || size > block->size - block->used) {
        size_t room = block == NULL ? 4096 : block->size * 2;
        if (room > ((size_t)1 << 20)) room = (size_t)1 << 20;
        if (room < size) room = size;
        block = malloc(sizeof *block + room);
        if (block == NULL) return NULL;
        block->size = room;
        block->used = 0;
        block->next = arena->first;
        arena->first = block;
    }
    void *taken = (uint8_t *)block->bytes + block->used;
    block->used += size;
    arena->budget -= size;
    return taken;
}

static void *arena_alloc(void *arena, size_t size) { return arena_take(arena, size); }

static void arena_ignore(void *arena, void *pointer) {
    (void)arena;
    (void)pointer;
}

static size_t unpack_budget(size_t payload) { return (size_t)UNPACK_BASE + (size_t)UNPACK_FACTOR * payload; }

/* Reads a varint of at most `limit` bytes; returns how many it has, 0 when it is broken off or too long. */
static size_t get_varint(const uint8_t *bytes, const uint8_t *end, size_t limit, uint64_t *value) {
    *value = 0;
    for (size_t i = 0; i < limit && bytes + i < end; i++) {
        *value |= (uint64_t)(bytes[i] & 0x7F) << (7 * i);
        if ((bytes[i] & 0x80) == 0) return i + 1;
    }
    return 0;
}

/*
 * Whether a payload is well-formed for a message, looked at without recursion before protobuf-c unpacks it: that shifts
 * a field number above 2^29 - 1 out of its type, and recurses without a limit of its own. A message field that is no list
 * must not come twice: protobuf-c 1.4.1 loses numbers of the first one when it merges them, and no server sends such a
 * thing. No type of the schema has more than 64 fields.
 */
static bool payload_is_sound(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t length) {
    struct {
        const ProtobufCMessageDescriptor *descriptor;
        const uint8_t *end;
        uint64_t seen; /* the single message fields that came */
    } stack[MESSAGE_DEPTH_MAX];
    size_t depth = 0;
    const uint8_t *at = bytes, *end = bytes + length;
    stack[0].descriptor = descriptor;
    stack[0].end = end;
    stack[0].seen = 0;
    for (;;) {
        while (at == stack[depth].end) {
            if (depth-- == 0) return true;
        }
        end = stack[depth].end;
        uint64_t tag, value;
        size_t size = get_varint(at, end, 5, &tag);
        uint64_t number = tag >> 3;
        if (size == 0 || number == 0 || number > 536870911u) return false;
        at += size;
        size_t left = (size_t)(end - at);
        switch (tag & 7) {
        case 0:
            size = get_varint(at, end, 10, &value);
            if (size == 0) return false;
            break;
        case 1: size = 8; break;
        case 5: size = 4; break;
        case 2: {
            size_t prefix = get_varint(at, end, 5, &value);
            if (prefix == 0 || value > left - prefix) return false;
            size = prefix + (size_t)value;
            const ProtobufCFieldDescriptor *field =
                protobuf_c_message_descriptor_get_field(stack[depth].descriptor, (unsigned)number);
            if (field == NULL || field->type != PROTOBUF_C_TYPE_MESSAGE) break;
            if (field->label != PROTOBUF_C_LABEL_REPEATED) {
                uint64_t bit = UINT64_C(1) << ((field - stack[depth].descriptor->fields) & 63);
                if (stack[depth].seen & bit) return false;
                stack[depth].seen |= bit;
            }
            if (++depth == MESSAGE_DEPTH_MAX) return false;
            stack[depth].descriptor = field->descriptor;
            stack[depth].end = at + size;
            stack[depth].seen = 0;
            at += prefix;
            continue;
        }
        default: return false;
        }
        if (size > left) return false;
        at += size;
    }
}

/* Unpacks into the arena, within what is left of its budget; NULL when that fails. */
static ProtobufCMessage *unpack(struct arena *arena, const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes,
                                size_t length) {
    static const uint8_t nothing[1];
    if (length == 0) bytes = nothing;
    if (!payload_is_sound(descriptor, bytes, length)) return NULL;
    ProtobufCAllocator allocator = {arena_alloc, arena_ignore, arena};
    return protobuf_c_message_unpack(descriptor, &allocator, length, bytes);
}

/* --- Errors ------------------------------------------------------------------------------------------------------ */

/* A failure that arose in the client, or on the way. */
struct failure {
    cutover_status status;
    bool not_executed;
    uint32_t retry_after_ms;
    const char *reason; /* static */
    char message[FAILURE_TEXT];
};

__attribute__((format(printf, 4, 5))) static void fail_with(struct failure *failure, cutover_status status,
                                                            const char *reason, const char *format, ...) {
    failure->status = status;
    failure->not_executed = false;
    failure->retry_after_ms = 0;
    failure->reason = reason;
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(failure->message, sizeof failure->message, format, arguments);
    va_end(arguments);
    /* Cut off in the middle of a character: it is made printable again. */
    if (written >= (int)sizeof failure->message) {
        char cut[FAILURE_TEXT];
        memcpy(cut, failure->message, sizeof cut);
        copy_printable(failure->message, (const uint8_t *)cut, sizeof cut - 1);
    }
}

static const char *system_text(int number, char *text, size_t size) {
    if (strerror_r(number, text, size) != 0) snprintf(text, size, "error %d", number);
    return text;
}

void cutover_error_clear(cutover_error *error) {
    if (error == NULL) return;
    free(error->memory);
    *error = (cutover_error){0};
}

/* The failure as an error that points into it. */
static cutover_error error_of(const struct failure *failure) {
    return (cutover_error){.status = failure->status,
                           .not_executed = failure->not_executed,
                           .retry_after_ms = failure->retry_after_ms,
                           .reason = failure->reason,
                           .message = failure->message};
}

/* Appends a text with its NUL, and goes on behind it. */
static const char *keep(char **at, const char *text) {
    size_t size = strlen(text) + 1;
    const char *kept = memcpy(*at, text, size);
    *at += size;
    return kept;
}

/* Copies an error, texts included, into one block that the caller owns. */
static void error_copy(cutover_error *to, const cutover_error *from) {
    if (to == NULL) return;
    cutover_error_clear(to);
    size_t texts = strlen(from->reason) + strlen(from->message) + 2;
    for (size_t i = 0; i < from->detail_count; i++) {
        texts += strlen(from->details[i].key) + strlen(from->details[i].value) + 2;
    }
    cutover_detail *details = malloc(from->detail_count * sizeof *details + texts);
    *to = *from;
    to->memory = details;
    if (details == NULL) {
        to->reason = CUTOVER_REASON_NO_MEMORY;
        to->message = "no memory for the text of an error";
        to->detail_count = 0;
        to->details = NULL;
        return;
    }
    char *text = (char *)(details + from->detail_count);
    to->reason = keep(&text, from->reason);
    to->message = keep(&text, from->message);
    for (size_t i = 0; i < from->detail_count; i++) {
        details[i].key = keep(&text, from->details[i].key);
        details[i].value = keep(&text, from->details[i].value);
    }
    to->details = details;
}

static cutover_status fail_to(cutover_error *error, const struct failure *failure) {
    cutover_error lent = error_of(failure);
    error_copy(error, &lent);
    return failure->status;
}

static const char *arena_text(struct arena *arena, ProtobufCBinaryData text) {
    size_t length = text.len < ERROR_TEXT_MAX ? text.len : ERROR_TEXT_MAX;
    char *copy = arena_take(arena, length + 1);
    if (copy == NULL) return "";
    copy_printable(copy, text.data, length);
    return copy;
}

/*
 * Reads the payload of a RESPONSE that is not OK. What cannot be read is left empty: the status says enough to go on.
 */
static void read_error(struct arena *arena, const uint8_t *bytes, size_t length, cutover_error *error) {
    error->reason = "";
    error->message = "the server's error text could not be read";
    const Cutover__V1__ErrorInfo *info =
        (const Cutover__V1__ErrorInfo *)unpack(arena, &cutover__v1__error_info__descriptor, bytes, length);
    if (info == NULL) return;
    error->reason = arena_text(arena, info->reason);
    error->message = arena_text(arena, info->message);
    size_t count = info->n_details < ERROR_DETAILS_MAX ? info->n_details : ERROR_DETAILS_MAX;
    cutover_detail *details = arena_take(arena, count * sizeof *details);
    if (count == 0 || details == NULL) return;
    for (size_t i = 0; i < count; i++) {
        details[i].key = arena_text(arena, info->details[i]->key);
        details[i].value = arena_text(arena, info->details[i]->value);
    }
    error->details = details;
    error->detail_count = count;
}

/* --- Metadata (PROTOCOL.md, "Calls") ----------------------------------------------------------------------------- */

static bool key_is_sound(const uint8_t *key, size_t length) {
    if (length == 0 || length > METADATA_KEY_MAX) return false;
    for (size_t i = 0; i < length; i++) {
        uint8_t c = key[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-')) return false;
    }
    return true;
}

/* The packed size of a caller's metadata; -1 when it breaks a rule. */
static int metadata_size(const cutover_metadata *entries, size_t count) {
    if (count > METADATA_ENTRIES_MAX || (count > 0 && entries == NULL)) return -1;
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        if (entries[i].key == NULL || (entries[i].value == NULL && entries[i].length > 0)) return -1;
        size_t key = strlen(entries[i].key);
        if (!key_is_sound((const uint8_t *)entries[i].key, key) || entries[i].length > UINT16_MAX) return -1;
        size += 3 + key + entries[i].length;
        if (size > METADATA_BYTES_MAX) return -1;
    }
    return (int)size;
}

static void put_metadata(uint8_t *to, const cutover_metadata *entries, size_t count) {
    for (size_t i = 0; i < count; i++) {
        size_t key = strlen(entries[i].key);
        *to++ = (uint8_t)key;
        memcpy(to, entries[i].key, key);
        put16(to + key, (uint32_t)entries[i].length);
        to += key + 2;
        if (entries[i].length > 0) memcpy(to, entries[i].value, entries[i].length);
        to += entries[i].length;
    }
}

/*
 * Reads a block into room for all entries and their keys, each ended by a NUL; values stay where they are. -1: not
 * sound.
 */
static int metadata_entries(const uint8_t *bytes, size_t length, cutover_metadata *entries, char *keys) {
    int count = 0;
    for (const uint8_t *end = bytes + length; bytes < end; count++) {
        size_t key = *bytes++;
        if (count == METADATA_ENTRIES_MAX || (size_t)(end - bytes) < key + 2 || !key_is_sound(bytes, key)) return -1;
        memcpy(keys, bytes, key);
        keys[key] = 0;
        size_t value = get16(bytes + key);
        bytes += key + 2;
        if ((size_t)(end - bytes) < value) return -1;
        entries[count] = (cutover_metadata){keys, bytes, value};
        keys += key + 1;
        bytes += value;
    }
    return count;
}

/* Reads a server's metadata; a block that breaks a rule is none (META-5). Returns the number of entries. */
static size_t metadata_read(struct arena *arena, const uint8_t *bytes, size_t length,
                            const cutover_metadata **entries) {
    *entries = NULL;
    if (length == 0 || length > METADATA_BYTES_MAX) return 0;
    cutover_metadata *read = arena_take(arena, METADATA_ENTRIES_MAX * sizeof *read);
    char *keys = arena_take(arena, METADATA_ENTRIES_MAX * (METADATA_KEY_MAX + 1));
    if (read == NULL || keys == NULL) return 0;
    int count = metadata_entries(bytes, length, read, keys);
    if (count <= 0) return 0;
    *entries = read;
    return (size_t)count;
}

/* --- Violations -------------------------------------------------------------------------------------------------- */

/* What a server can do wrong; the kinds are the reasons of GOAWAY. */
enum fault {
    FAULT_NONE,
    FAULT_LENGTH,
    FAULT_BODY_LENGTH,
    FAULT_TYPE,
    FAULT_DIRECTION,
    FAULT_FLAGS,
    FAULT_METADATA,
    FAULT_METADATA_LENGTH,
    FAULT_ID,
    FAULT_AUX,
    FAULT_NOT_HELLO,
    FAULT_SECOND_HELLO,
    FAULT_SETTINGS,
    FAULT_SETTING,
    FAULT_MUST_UNDERSTAND,
    FAULT_SECOND_PING,
    FAULT_PONG,
    FAULT_SLOT,
    FAULT_NOT_A_STREAM,
    FAULT_CREDIT
};

static const struct {
    uint8_t kind;
    const char *text;
} FAULTS[] = {
    [FAULT_LENGTH] = {2, "a frame is longer than max_frame"},
    [FAULT_BODY_LENGTH] = {2, "a body of a wrong length"},
    [FAULT_TYPE] = {4, "a frame of an unknown type"},
    [FAULT_DIRECTION] = {1, "a frame that only clients send"},
    [FAULT_FLAGS] = {1, "an undefined flag"},
    [FAULT_METADATA] = {1, "metadata where none belongs"},
    [FAULT_METADATA_LENGTH] = {2, "metadata longer than its frame"},
    [FAULT_ID] = {1, "a slot where none belongs, or none where one does"},
    [FAULT_AUX] = {1, "a reserved field is not 0"},
    [FAULT_NOT_HELLO] = {1, "the first frame is not HELLO"},
    [FAULT_SECOND_HELLO] = {1, "a second HELLO"},
    [FAULT_SETTINGS] = {1, "HELLO breaks off, or has too many settings"},
    [FAULT_SETTING] = {1, "a setting twice, of a wrong length or out of its range"},
    [FAULT_MUST_UNDERSTAND] = {4, "a setting that must be understood is not"},
    [FAULT_SECOND_PING] = {1, "a PING before the last was answered"},
    [FAULT_PONG] = {1, "a PONG without its PING"},
    [FAULT_SLOT] = {1, "an answer in a slot without a call"},
    [FAULT_NOT_A_STREAM] = {1, "a message of a stream for a unary call"},
    [FAULT_CREDIT] = {5, "a message of a stream beyond its credit"},
};

/* --- The client's parts ------------------------------------------------------------------------------------------ */

enum call_state {
    CALL_WAITING, /* for a connection and a slot */
    CALL_BACKOFF, /* to be sent again later */
    CALL_SENT,
    CALL_ENDED /* its end is to be told */
};

struct call {
    uint32_t index, generation;
    enum call_state state;
    cutover_method method;
    cutover_handlers handlers;
    bool manual_credit, items_seen;
    uint32_t attempts;
    /* Metadata, then the payload. */
    uint8_t *body;
    size_t body_length;
    uint16_t metadata_length;
    int64_t deadline;  /* 0 is none */
    int64_t wake_at;   /* while in backoff */
    size_t heap_place; /* from 1; 0 is not in the heap */
    struct connection *connection;
    uint32_t slot;
    uint64_t queued_at; /* where its request begins in all that the connection ever sent */
    /* In the list of those that wait, or of those that ended. */
    struct call *previous, *next;
    struct failure failure;
};

struct call_list {
    struct call *first, *last;
};

enum slot_state {
    SLOT_FREE,
    SLOT_BUSY,
    SLOT_ABANDONED /* its call has ended here; the RESPONSE is still to come */
};

struct slot {
    struct call *call;
    enum slot_state state;
    bool stream;
    int64_t credit;
    /* Delivered to the application but not consumed; consumed but not yet given back to the server. */
    int64_t held, owed;
};

enum phase {
    PHASE_NONE,
    PHASE_CONNECTING,
    PHASE_SECURING,
    PHASE_GREETING, /* HELLO sent, the server's awaited */
    PHASE_OPEN,
    PHASE_DRAINING, /* DRAINED sent */
    PHASE_CLOSED    /* its memory goes at the end of the step */
};

struct connection {
    struct cutover_client *client;
    enum phase phase;
    int fd;
    uint32_t polled; /* what epoll waits for */
#ifdef CUTOVER_WITH_TLS
    SSL *ssl;
    bool ssl_wants_write;
#endif
    const char *lost_why; /* what TLS says about it; static, may be NULL */
    /* A failure that is to end it as soon as nobody holds it. */
    bool broken;
    bool more;       /* reading ended though there may be more, which epoll does not tell */
    bool write_dead; /* the peer takes nothing any more; what it said last is still to be read */
    size_t endpoint;
    bool answered; /* a RESPONSE or an ITEM came: it works */
    uint8_t *in;
    size_t in_start, in_end, in_room;
    uint8_t *out;
    size_t out_start, out_end, out_room;
    uint64_t out_queued, out_sent, pong_queued;
    struct slot *slots;   /* from 1 */
    uint64_t *free_slots; /* a bit each */
    uint32_t free_word;   /* none is free in the words before it */
    uint32_t slot_limit, top_slot, busy_count;
    uint32_t peer_max_frame, peer_min_ping_ms;
    int64_t setup_due, opened_at, heard_at, ping_at, frame_at, output_at, drain_due;
    uint64_t ping_number;
    enum fault fault; /* what the server did wrong */
};

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un local;
    } to;
    socklen_t length;
    size_t endpoint;
};

struct endpoint {
    char *text; /* as given */
    char *host; /* a path when there is no port */
    char *port; /* NULL for a Unix socket */
};

struct cutover_client {
    int epoll_fd;
    bool inside;  /* a step is under way */
    bool closing; /* no call is taken any more */
    bool changed; /* calls were started, cancelled or consumed since the last step */
    int64_t now;
    uint64_t random;
    struct endpoint endpoints[ENDPOINTS_MAX];
    size_t endpoint_count;
    cutover_options options; /* numbers only */
    char *token, *agent, *server_name;
#ifdef CUTOVER_WITH_TLS
    SSL_CTX *tls;
    BIO_METHOD *bio;
#endif
    struct connection connections[CONNECTIONS_MAX];
    struct connection *current; /* that new calls go to, once it is open */

    /* One attempt over all addresses. */
    struct address addresses[ADDRESSES_MAX];
    size_t address_count, address_first, address_tried;
    int64_t attempt_due;
    bool attempting;
    uint32_t failures;
    int64_t retry_at, down_since;
    struct failure last_failure;
    bool last_failure_stays;

    struct call **calls;
    uint32_t calls_room, calls_used, *free_calls, free_call_count, call_count;
    size_t pending_bytes;
    uint32_t generation;
    struct call **heap; /* from 1, as many places as calls */
    size_t heap_count;
    struct call_list waiting, ended;
    uint32_t budget; /* tenths of a retry */
    struct arena arena;
};

/* A random number by xorshift*; for jitter only. */
static uint32_t random_below(cutover_client *client, uint32_t limit) {
    uint64_t x = client->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    client->random = x;
    return limit == 0 ? 0 : (uint32_t)((x * 2685821657736338717u) >> 32) % limit;
}

/* The wait before attempt `step` + 1: doubling, between half and the whole. */
static uint32_t backoff_ms(cutover_client *client, uint32_t step) {
    uint64_t whole = (uint64_t)client->options.backoff_base_ms << (step > 20 ? 20 : step > 0 ? step - 1 : 0);
    if (whole > client->options.backoff_max_ms) whole = client->options.backoff_max_ms;
    uint32_t half = (uint32_t)(whole / 2);
    return half + random_below(client, half + 1);
}

static void list_add(struct call_list *list, struct call *call) {
    call->previous = list->last;
    call->next = NULL;
    if (list->last != NULL) list->last->next = call;
    else list->first = call;
    list->last = call;
}

static void list_add_first(struct call_list *list, struct call *call) {
    call->previous = NULL;
    call->next = list->first;
    if (list->first != NULL) list->first->previous = call;
    else list->last = call;
    list->first = call;
}

static void list_remove(struct call_list *list, struct call *call) {
    if (call->previous != NULL) call->previous->next = call->next;
    else list->first = call->next;
    if (call->next != NULL) call->next->previous = call->previous;
    else list->last = call->previous;
    call->previous = call->next = NULL;
}

/* --- The timers of calls: a heap, the earliest first ------------------------------------------------------------- */

static int64_t call_due(const struct call *call) {
    return earlier(call->deadline, call->state == CALL_BACKOFF ? call->wake_at : 0);
}

static void heap_set(cutover_client *client, size_t place, struct call *call) {
    client->heap[place] = call;
    call->heap_place = place;
}

/* Finds a call's place, beginning at `place`, which is free for it. */
static void heap_settle(cutover_client *client, size_t place, struct call *call) {
    int64_t due = call_due(call);
    while (place > 1 && call_due(client->heap[place / 2]) > due) {
        heap_set(client, place, client->heap[place / 2]);
        place /= 2;
    }
    for (;;) {
        size_t child = place * 2;
        if (child > client->heap_count) break;
        if (child < client->heap_count && call_due(client->heap[child + 1]) < call_due(client->heap[child])) child++;
        if (call_due(client->heap[child]) >= due) break;
        heap_set(client, place, client->heap[child]);
        place = child;
    }
    heap_set(client, place, call);
}

static void heap_remove(cutover_client *client, struct call *call) {
    size_t place = call->heap_place;
    if (place == 0) return;
    call->heap_place = 0;
    struct call *last = client->heap[client->heap_count--];
    if (last != call) heap_settle(client, place, last);
}

/* After a call's times have changed. */
static void heap_update(cutover_client *client, struct call *call) {
    heap_remove(client, call);
    if (call_due(call) != 0 && call->state != CALL_ENDED) heap_settle(client, ++client->heap_count, call);
}

/* --- Calls ------------------------------------------------------------------------------------------------------- */

static cutover_call_id call_id(const struct call *call) { return (uint64_t)call->generation << 32 | (call->index + 1); }

static struct call *call_find(const cutover_client *client, cutover_call_id id) {
    uint32_t index = (uint32_t)id - 1;
    if ((uint32_t)id == 0 || index >= client->calls_used) return NULL;
    struct call *call = client->calls[index];
    return call != NULL && call->generation == (uint32_t)(id >> 32) ? call : NULL;
}

/* Makes room for one more call, in the table and in the heap. */
static bool calls_grow(cutover_client *client) {
    if (client->free_call_count > 0 || client->calls_used < client->calls_room) return true;
    uint32_t room = client->calls_room == 0 ? 64 : client->calls_room * 2;
    if (room > client->options.max_calls) room = client->options.max_calls;
    struct call **calls = realloc(client->calls, room * sizeof *calls);
    if (calls == NULL) return false;
    client->calls = calls;
    struct call **heap = realloc(client->heap, ((size_t)room + 1) * sizeof *heap);
    if (heap == NULL) return false;
    client->heap = heap;
    uint32_t *free_calls = realloc(client->free_calls, room * sizeof *free_calls);
    if (free_calls == NULL) return false;
    client->free_calls = free_calls;
    client->calls_room = room;
    return true;
}

/* Takes a call out of the table; its id is unknown from here on. */
static void call_forget(cutover_client *client, struct call *call) {
    heap_remove(client, call);
    client->calls[call->index] = NULL;
    client->free_calls[client->free_call_count++] = call->index;
    client->call_count--;
    client->pending_bytes -= call->body_length;
    free(call->body);
    call->body = NULL;
}

/* Ends a call here: its end is told in the next round. */
static void call_end(cutover_client *client, struct call *call, const struct failure *failure) {
    if (call->state == CALL_WAITING) list_remove(&client->waiting, call);
    call->failure = *failure;
    call->state = CALL_ENDED;
    heap_remove(client, call);
    list_add(&client->ended, call);
}

static void call_wait(cutover_client *client, struct call *call, bool first) {
    call->state = CALL_WAITING;
    call->connection = NULL;
    if (first) list_add_first(&client->waiting, call);
    else list_add(&client->waiting, call);
    heap_update(client, call);
}

/*
 * Puts a call aside, to be sent again, and takes that from the budget (RETRY-5 to RETRY-8). False when it has been sent
 * often enough, a message of its stream was told, or there is no time or budget for it.
 */
static bool call_retry(cutover_client *client, struct call *call, uint32_t retry_after_ms) {
    if (call->items_seen || call->attempts >= client->options.max_attempts || client->budget < 10) return false;
    uint32_t wait = backoff_ms(client, call->attempts);
    if (wait < retry_after_ms) wait = retry_after_ms;
    int64_t wake_at = client->now + wait;
    if (call->deadline != 0 && wake_at >= call->deadline) return false;
    client->budget -= 10;
    call->state = CALL_BACKOFF;
    call->wake_at = wake_at;
    call->connection = NULL;
    heap_update(client, call);
    return true;
}

/* Tells the ends of calls that ended in the client. */
static unsigned tell_ends(cutover_client *client) {
    unsigned told = 0;
    struct call *last = client->ended.last;
    while (last != NULL && client->ended.first != NULL) {
        struct call *call = client->ended.first;
        bool done = call == last;
        list_remove(&client->ended, call);
        cutover_call_id id = call_id(call);
        call_forget(client, call);
        cutover_result result = {.status = call->failure.status, .error = error_of(&call->failure)};
        call->handlers.end(client, id, &result, call->handlers.context);
        free(call);
        told++;
        if (done) break;
    }
    return told;
}

/* --- Output ------------------------------------------------------------------------------------------------------ */

static size_t output_size(const struct connection *connection) { return connection->out_end - connection->out_start; }

/*
 * Room for `size` more bytes; NULL, and the connection is broken, when there is no memory. A broken one takes nothing
 * more: behind what is missing it would mean something else.
 */
static uint8_t *output_room(struct connection *connection, size_t size) {
    if (connection->broken) return NULL;
    if (connection->out_start > 0 && connection->out_room - connection->out_end < size) {
        memmove(connection->out, connection->out + connection->out_start, output_size(connection));
        connection->out_end -= connection->out_start;
        connection->out_start = 0;
    }
    if (connection->out_room - connection->out_end < size) {
        size_t room = connection->out_room == 0 ? 4096 : connection->out_room;
        while (room - connection->out_end < size) room *= 2;
        uint8_t *grown = realloc(connection->out, room);
        if (grown == NULL) {
            connection->broken = true;
            return NULL;
        }
        connection->out = grown;
        connection->out_room = room;
    }
    if (output_size(connection) == 0) connection->output_at = connection->client->now;
    uint8_t *at = connection->out + connection->out_end;
    connection->out_end += size;
    connection->out_queued += size;
    return at;
}

static void put_bytes(struct connection *connection, const void *bytes, size_t length) {
    uint8_t *at = output_room(connection, length);
    if (at != NULL) memcpy(at, bytes, length);
}

/* Writes a header and leaves `length` bytes for the body; returns where that goes, or NULL. */
static uint8_t *put_frame(struct connection *connection, enum frame_type type, uint8_t flags, uint16_t metadata,
                          uint32_t id, uint32_t aux, size_t length) {
    uint8_t *at = output_room(connection, HEADER_BYTES + length);
    if (at == NULL) return NULL;
    put32(at, (uint32_t)length);
    at[4] = (uint8_t)type;
    at[5] = flags;
    put16(at + 6, metadata);
    put32(at + 8, id);
    put32(at + 12, aux);
    return at + HEADER_BYTES;
}

static uint8_t *put_setting(uint8_t *at, uint32_t key, const void *value, size_t length) {
    put16(at, key);
    put16(at + 2, (uint32_t)length);
    memcpy(at + 4, value, length);
    return at + 4 + length;
}

/* The preface and HELLO (PROTOCOL.md, "Connection"). */
static void put_greeting(struct connection *connection) {
    const cutover_client *client = connection->client;
    size_t agent = strlen(client->agent), token = client->token == NULL ? 0 : strlen(client->token);
    uint8_t number[4];
    put_bytes(connection, PREFACE, sizeof PREFACE);
    uint8_t *at = put_frame(connection, FRAME_HELLO, 0, 0, 0, 0, 8 + 6 + 8 + 4 + agent + (token > 0 ? 4 + token : 0));
    if (at == NULL) return;
    put32(number, client->options.max_frame);
    at = put_setting(at, 1, number, 4);
    put16(number, client->options.max_in_flight);
    at = put_setting(at, 2, number, 2);
    put32(number, client->options.stream_credit);
    at = put_setting(at, 3, number, 4);
    if (token > 0) at = put_setting(at, 5, client->token, token);
    put_setting(at, 6, client->agent, agent);
}

/* --- TLS --------------------------------------------------------------------------------------------------------- */

enum transfer { TRANSFER_DONE, TRANSFER_AGAIN, TRANSFER_LOST };

/*
 * Sends some bytes; -1 when the peer takes none just now. One that has gone takes none either, but is no failure here:
 * the reason, such as a GOAWAY, may still lie unread, and reading finds the end soon enough.
 */
static ssize_t socket_send(struct connection *connection, const void *bytes, size_t length) {
    if (connection->write_dead) return -1;
    ssize_t sent = send(connection->fd, bytes, length, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) connection->write_dead = true;
    return sent;
}

#ifdef CUTOVER_WITH_TLS

static const uint8_t ALPN[] = {9, 'c', 'u', 't', 'o', 'v', 'e', 'r', '/', '1'};

/* OpenSSL's own socket BIO would raise SIGPIPE. */
static int bio_write(BIO *bio, const char *bytes, int length) {
    struct connection *connection = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t sent = socket_send(connection, bytes, (size_t)length);
    if (sent < 0) BIO_set_retry_write(bio);
    return (int)sent;
}

static int bio_read(BIO *bio, char *bytes, int length) {
    const struct connection *connection = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t got = recv(connection->fd, bytes, (size_t)length, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
    return (int)got;
}

static long bio_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

/* What OpenSSL says was wrong; static. */
static const char *tls_text(void) {
    unsigned long code = ERR_get_error();
    const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);
    ERR_clear_error();
    return reason;
}

static const char *tls_reason(void) {
    const char *text = tls_text();
    return text == NULL ? "the connection was closed" : text;
}

/* An encrypted key is refused: the library must not ask at the terminal. */
static int no_password(char *buffer, int size, int writing, void *data) {
    (void)writing;
    (void)data;
    if (size > 0) *buffer = 0;
    return -1;
}

static bool tls_configure(cutover_client *client, const cutover_options *options, struct failure *failure) {
    ERR_clear_error();
    client->tls = SSL_CTX_new(TLS_client_method());
    client->bio = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "cutover");
    if (client->tls == NULL || client->bio == NULL || !BIO_meth_set_write(client->bio, bio_write) ||
        !BIO_meth_set_read(client->bio, bio_read) || !BIO_meth_set_ctrl(client->bio, bio_control) ||
        !SSL_CTX_set_min_proto_version(client->tls, TLS1_3_VERSION) ||
        SSL_CTX_set_alpn_protos(client->tls, ALPN, sizeof ALPN) != 0) {
        fail_with(failure, CUTOVER_INTERNAL, CUTOVER_REASON_TLS_FAILED, "TLS cannot be set up: %s", tls_reason());
        return false;
    }
    SSL_CTX_set_mode(client->tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(client->tls, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_default_passwd_cb(client->tls, no_password);
    int trusted = options->ca_file != NULL ? SSL_CTX_load_verify_file(client->tls, options->ca_file)
                                           : SSL_CTX_set_default_verify_paths(client->tls);
    if (!trusted) {
        fail_with(failure, CUTOVER_INVALID_ARGUMENT, CUTOVER_REASON_BAD_OPTION,
                  "ca_file holds no readable certificates: %s", tls_reason());
        return false;
    }
    if (options->certificate_file == NULL) return true;
    if (SSL_CTX_use_certificate_chain_file(client->tls, options->certificate_file) != 1) {
        fail_with(failure, CUTOVER_INVALID_ARGUMENT, CUTOVER_REASON_BAD_OPTION,
                  "certificate_file holds no readable certificate: %s", tls_reason());
        return false;
    }
    if (SSL_CTX_use_PrivateKey_file(client->tls, options->key_file, SSL_FILETYPE_PEM) != 1) {
        fail_with(failure, CUTOVER_INVALID_ARGUMENT, CUTOVER_REASON_BAD_OPTION,
                  "key_file holds no key that fits the certificate, or an encrypted one: %s", tls_reason());
        return false;
    }
    return true;
}

static bool tls_begin(struct connection *connection, const struct endpoint *endpoint) {
    cutover_client *client = connection->client;
    const char *name = client->server_name != NULL ? client->server_name : endpoint->host;
    uint8_t address[16];
    bool is_address = inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
    ERR_clear_error();
    connection->ssl = SSL_new(client->tls);
    BIO *bio = BIO_new(client->bio);
    if (connection->ssl == NULL || bio == NULL) {
        BIO_free(bio);
        return false;
    }
    BIO_set_data(bio, connection);
    BIO_set_init(bio, 1);
    SSL_set_bio(connection->ssl, bio, bio);
    if (is_address) {
        if (!X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection->ssl), name)) return false;
    } else {
        SSL_set_hostflags(connection->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        if (!SSL_set1_host(connection->ssl, name) || !SSL_set_tlsext_host_name(connection->ssl, name)) return false;
    }
    SSL_set_connect_state(connection->ssl);
    return true;
}

/* What an SSL function's result means; notes what it waits for. */
static enum transfer tls_outcome(struct connection *connection, int result) {
    switch (SSL_get_error(connection->ssl, result)) {
    case SSL_ERROR_WANT_READ: return TRANSFER_AGAIN;
    case SSL_ERROR_WANT_WRITE: connection->ssl_wants_write = true; return TRANSFER_AGAIN;
    default: return TRANSFER_LOST;
    }
}

/* Goes on with the handshake. */
static enum transfer tls_shake(struct connection *connection, struct failure *failure, bool *stays) {
    ERR_clear_error();
    connection->ssl_wants_write = false;
    int result = SSL_do_handshake(connection->ssl);
    if (result == 1) {
        const unsigned char *protocol = NULL;
        unsigned int length = 0;
        SSL_get0_alpn_selected(connection->ssl, &protocol, &length);
        if (length == ALPN[0] && memcmp(protocol, ALPN + 1, length) == 0) return TRANSFER_DONE;
        fail_with(failure, CUTOVER_UNAVAILABLE, CUTOVER_REASON_TLS_FAILED,
                  "TLS: the server does not speak cutover/1 (ALPN)");
        *stays = true;
        return TRANSFER_LOST;
    }
    enum transfer outcome = tls_outcome(connection, result);
    if (outcome == TRANSFER_AGAIN) return outcome;
    long verified = SSL_get_verify_result(connection->ssl);
    if (verified != X509_V_OK) {
        fail_with(failure, CUTOVER_UNAVAILABLE, CUTOVER_REASON_TLS_FAILED,
                  "TLS: the server's certificate is refused: %s", X509_verify_cert_error_string(verified));
        *stays = true;
        ERR_clear_error();
        return TRANSFER_LOST;
    }
    *stays = ERR_peek_error() != 0;
    fail_with(failure, CUTOVER_UNAVAILABLE, CUTOVER_REASON_TLS_FAILED, "TLS: no handshake: %s", tls_reason());
    return TRANSFER_LOST;
}

#endif

/* --- Transport --------------------------------------------------------------------------------------------------- */

/* Reads what there is into `bytes`; *got says how much when the outcome is DONE. */
static enum transfer transport_read(struct connection *connection, uint8_t *bytes, size_t room, size_t *got) {
#ifdef CUTOVER_WITH_TLS
    if (connection->ssl != NULL) {
        ERR_clear_error();
        connection->ssl_wants_write = false;
        int read = SSL_read(connection->ssl, bytes, room > INT_MAX ? INT_MAX : (int)room);
        if (read <= 0) {
            enum transfer outcome = tls_outcome(connection, read);
            if (outcome == TRANSFER_LOST) connection->lost_why = tls_text();
            return outcome;
        }
        *got = (size_t)read;
        return TRANSFER_DONE;
    }
#endif
    ssize_t read = recv(connection->fd, bytes, room, 0);
    if (read == 0) return TRANSFER_LOST;
    if (read < 0) return errno == EAGAIN || errno == EINTR ? TRANSFER_AGAIN : TRANSFER_LOST;
    *got = (size_t)read;
    return TRANSFER_DONE;
}

/* Sends as much of the output as the peer takes. */
static enum transfer transport_flush(struct connection *connection) {
    while (output_size(connection) > 0) {
        size_t sent;
        const uint8_t *from = connection->out + connection->out_start;
#ifdef CUTOVER_WITH_TLS
        if (connection->ssl != NULL) {
            ERR_clear_error();
            connection->ssl_wants_write = false;
            size_t size = output_size(connection);
            int written = SSL_write(connection->ssl, from, size > INT_MAX ? INT_MAX : (int)size);
            if (written <= 0) return tls_outcome(connection, written);
            sent = (size_t)written;
        } else
#endif
        {
            ssize_t written = socket_send(connection, from, output_size(connection));
            if (written < 0) return TRANSFER_AGAIN;
            sent = (size_t)written;
        }
        connection->out_start += sent;
        connection->out_sent += sent;
        connection->output_at = connection->client->now;
    }
    connection->out_start = connection->out_end = 0;
    if (connection->out_room > 2 * OUTPUT_TARGET) {
        free(connection->out);
        connection->out = NULL;
        connection->out_room = 0;
    }
    return TRANSFER_DONE;
}

static bool is_secured(const struct connection *connection) {
#ifdef CUTOVER_WITH_TLS
    return connection->ssl != NULL;
#else
    (void)connection;
    return false;
#endif
}

/* --- Slots ------------------------------------------------------------------------------------------------------- */

/* The slot that a frame names, or NULL when it is out of range. */
static struct slot *slot_at(const struct connection *connection, uint32_t number) {
    return number >= 1 && number <= connection->slot_limit ? &connection->slots[number] : NULL;
}

/* Makes slots usable. */
static void slots_add(struct connection *connection, uint32_t first, uint32_t last) {
    for (uint32_t number = first; number <= last; number++) connection->free_slots[number / 64] |= 1ull << number % 64;
}

/* The lowest free slot (SLOT-5); 0 when there is none. */
static uint32_t slot_take(struct connection *connection) {
    for (uint32_t word = connection->free_word; word <= connection->slot_limit / 64; word++) {
        uint64_t *bits = &connection->free_slots[word];
        connection->free_word = word;
        if (*bits == 0) continue;
        uint32_t number = word * 64 + (uint32_t)__builtin_ctzll(*bits);
        *bits &= *bits - 1;
        if (number > connection->top_slot) connection->top_slot = number;
        return number;
    }
    return 0;
}

static void slot_free(struct connection *connection, uint32_t number) {
    connection->slots[number] = (struct slot){0};
    connection->free_slots[number / 64] |= 1ull << number % 64;
    if (number / 64 < connection->free_word) connection->free_word = number / 64;
    connection->busy_count--;
}

/* The call in a slot ends here; the slot stays busy until its RESPONSE (PROTOCOL.md, "Cancel"). */
static void slot_abandon(struct call *call, uint32_t reason) {
    struct connection *connection = call->connection;
    struct slot *slot = &connection->slots[call->slot];
    slot->call = NULL;
    slot->state = SLOT_ABANDONED;
    slot->held = slot->owed = 0;
    call->connection = NULL;
    put_frame(connection, FRAME_CANCEL, 0, 0, call->slot, reason, 0);
}

/* Ends a call before its RESPONSE. */
static void call_abort(cutover_client *client, struct call *call, struct failure *failure, uint32_t reason) {
    failure->not_executed = call->attempts == 0;
    if (call->state == CALL_SENT) slot_abandon(call, reason);
    call_end(client, call, failure);
}

/* Gives credit back once it is worth a frame: half of the usual credit. */
static void slot_give(struct connection *connection, uint32_t number) {
    struct slot *slot = &connection->slots[number];
    int64_t worth = connection->client->options.stream_credit / 2;
    if (slot->owed == 0 || (slot->owed < worth && slot->credit > 0)) return;
    put_frame(connection, FRAME_CREDIT, 0, 0, number, (uint32_t)slot->owed, 0);
    slot->credit += slot->owed;
    slot->owed = 0;
}

static void slot_consume(struct connection *connection, uint32_t number, int64_t cost) {
    struct slot *slot = &connection->slots[number];
    if (cost > slot->held) cost = slot->held;
    slot->held -= cost;
    slot->owed += cost;
    slot_give(connection, number);
}

/* --- The life of a connection ------------------------------------------------------------------------------------ */

static bool is_live(const struct connection *connection) {
    return connection->phase != PHASE_NONE && connection->phase != PHASE_CLOSED;
}

/*
 * Ends the transport; the calls were taken care of. The memory stays until the end of the step, for those that look at
 * it.
 */
static void connection_close(struct connection *connection) {
    if (!is_live(connection)) return;
    cutover_client *client = connection->client;
    if (client->current == connection) client->current = NULL;
#ifdef CUTOVER_WITH_TLS
    if (connection->ssl != NULL) {
        ERR_clear_error();
        if (SSL_is_init_finished(connection->ssl)) SSL_shutdown(connection->ssl);
        SSL_free(connection->ssl);
        connection->ssl = NULL;
        ERR_clear_error();
    }
#endif
    close(connection->fd);
    connection->fd = -1;
    connection->phase = PHASE_CLOSED;
}

static void connection_release(struct connection *connection) {
    free(connection->in);
    free(connection->out);
    free(connection->slots);
    free(connection->free_slots);
    *connection = (struct connection){0};
}

/* The calls of a connection that is gone: sent again if that is allowed, else failed. */
static void connection_drop_calls(struct connection *connection, const struct failure *failure, bool nothing_ran) {
    cutover_client *client = connection->client;
    /* From the last to the first, since those that go first again are put in front. */
    for (uint32_t number = connection->top_slot; number >= 1; number--) {
        struct call *call = connection->slots[number].call;
        connection->slots[number].call = NULL;
        if (call == NULL) continue;
        /* Of what still lies in the output no byte was sent (RETRY-1). */
        if (nothing_ran || call->queued_at >= connection->out_sent) {
            call->attempts--;
            call_wait(client, call, true);
            continue;
        }
        call->connection = NULL;
        if (!call->method.idempotent || !call_retry(client, call, 0)) call_end(client, call, failure);
    }
}

static void fail_waiting(cutover_client *client, const struct failure *failure) {
    while (client->waiting.first != NULL) call_end(client, client->waiting.first, failure);
    client->down_since = 0;
}

/* No address is left: the next attempt waits. */
static void attempt_failed(cutover_client *client) {
    client->attempting = false;
    client->failures++;
    client->retry_at = client->now + backoff_ms(client, client->failures);
    if (client->last_failure_stays) fail_waiting(client, &client->last_failure);
}

/* A connection did not come to be; the next address is tried. Calls that were sent early are idempotent. */
static void setup_failed(struct connection *connection, const struct failure *failure, bool stays) {
    cutover_client *client = connection->client;
    client->last_failure = *failure;
    client->last_failure.not_executed = true;
    client->last_failure_stays = stays;
    connection_drop_calls(connection, failure, true);
    connection_close(connection);
    if (!client->attempting) {
        client->attempting = true;
        client->attempt_due = client->now + client->options.connect_timeout_ms;
    }
    client->address_tried++;
    if (client->address_tried >= client->address_count) attempt_failed(client);
}

/*
 * Forgets what went wrong before, once a connection has shown that it works: by an answer, or by its age. A server's
 * HELLO is no such sign, since the client's may still be refused.
 */
static void connection_prove(struct connection *connection, bool works) {
    if (!works) return;
    connection->answered = true;
    connection->client->failures = 0;
    connection->client->down_since = 0;
}

/* A connection that had been set up is gone. */
static void connection_lost(struct connection *connection, const struct failure *failure) {
    cutover_client *client = connection->client;
    if (connection->phase < PHASE_OPEN) {
        setup_failed(connection, failure, false);
        return;
    }
    if (client->current == connection) {
        connection_prove(connection, client->now - connection->opened_at >= PROOF_MS);
        client->failures++;
        client->retry_at = client->now + backoff_ms(client, client->failures);
        client->address_first++;
    }
    connection_drop_calls(connection, failure, false);
    connection_close(connection);
}

static const char *connection_name(const struct connection *connection) {
    return connection->client->endpoints[connection->endpoint].text;
}

/* The server broke a rule: the connection is closed, and nothing more is parsed (VIOL-2). */
static void connection_breach(struct connection *connection, enum fault fault) {
    struct failure failure;
    unsigned kind = FAULTS[fault].kind;
    connection->fault = fault;
    if (connection->phase == PHASE_GREETING) {
        fail_with(&failure, CUTOVER_UNAVAILABLE, CUTOVER_REASON_SETUP_REFUSED,
                  "%s does not speak Cutover's protocol, or not without TLS (%u): %s", connection_name(connection),
                  kind, FAULTS[fault].text);
        setup_failed(connection, &failure, true);
        return;
    }
    fail_with(&failure, CUTOVER_UNAVAILABLE, CUTOVER_REASON_CONNECTION_LOST, "the server broke the protocol (%u): %s",
              kind, FAULTS[fault].text);
    connection_lost(connection, &failure);
}

static void poll_for(struct connection *connection) {
    uint32_t events = EPOLLIN;
    if (connection->phase == PHASE_CONNECTING) events = EPOLLOUT;
    else if (connection->write_dead) events = EPOLLIN;
    else if (output_size(connection) > OUTPUT_STOPS_READING) events = EPOLLOUT;
    else if (connection->phase != PHASE_SECURING && output_size(connection) > 0) events |= EPOLLOUT;
#ifdef CUTOVER_WITH_TLS
    if (connection->ssl_wants_write && !connection->write_dead) events |= EPOLLOUT;
#endif
    if (events == connection->polled) return;
    struct epoll_event event = {.events = events};
    event.data.u32 = (uint32_t)(connection - connection->client->connections);
    int change = connection->polled == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (epoll_ctl(connection->client->epoll_fd, change, connection->fd, &event) != 0) connection->broken = true;
    connection->polled = events;
}

/* Sends what waits, and says what to poll for. */
static void connection_flush(struct connection *connection) {
    struct failure failure;
    if (connection->phase >= PHASE_GREETING && transport_flush(connection) == TRANSFER_LOST) {
        fail_with(&failure, CUTOVER_UNAVAILABLE, CUTOVER_REASON_CONNECTION_LOST,
                  "the connection to the server was lost");
        connection_lost(connection, &failure);
        return;
    }
    poll_for(connection);
    if (connection->broken) {
        fail_with(&failure, CUTOVER_UNAVAILABLE, CUTOVER_REASON_CONNECTION_LOST, "no memory for the connection");
        connection_lost(connection, &failure);
    }
}

/* --- Frames from the server -------------------------------------------------------------------------------------- */

struct header {
    uint32_t length;
    uint8_t type, flags;
    uint16_t metadata;
    uint32_t id, aux;
};

/* What is wrong with a frame by the rules of frames alone (FRAME-2 to FRAME-11); its body is not needed for it. */
static enum fault frame_fault(const struct header *header, uint32_t max_frame) {
    if (header->length > max_frame) return FAULT_LENGTH;
    if (header->type & FRAME_EXTENSION_BIT) return FAULT_NONE;
    bool on_slot = false, has_aux = false;
    uint8_t flags = 0;
    switch (header->type) {
    case FRAME_HELLO:
        if (header->length > HELLO_BYTES_MAX) return FAULT_BODY_LENGTH;
        break;
    case FRAME_RESPONSE:
        flags = RESPONSE_NOT_EXECUTED;
        on_slot = has_aux = true;
        break;
    case FRAME_ITEM: on_slot = true; break;
    case FRAME_PING:
    case FRAME_PONG:
        if (header->length != 8) return FAULT_BODY_LENGTH;
        break;
    case FRAME_GOAWAY:
        if (header->length < 4 || header->length > 4 + GOAWAY_TEXT_MAX) return FAULT_BODY_LENGTH;
        has_aux = true;
        break;
    case FRAME_REQUEST:
    case FRAME_CREDIT:
    case FRAME_CANCEL:
    case FRAME_DRAINED: return FAULT_DIRECTION;
    default: return FAULT_TYPE;
    }
    if (header->flags & ~flags) return FAULT_FLAGS;
    if (header->metadata > 0 && !on_slot) return FAULT_METADATA;
    if (header->metadata > header->length) return FAULT_METADATA_LENGTH;
    if ((header->id != 0) != on_slot) return FAULT_ID;
    return !has_aux && header->aux != 0 ? FAULT_AUX : FAULT_NONE;
}

/* What is wrong with a sound frame in the present state (CLI-1 to CLI-14). */
static enum fault state_fault(const struct connection *connection, const struct header *header) {
    if (header->type & FRAME_EXTENSION_BIT) return FAULT_NONE;
    if (connection->phase == PHASE_GREETING) {
        return header->type == FRAME_HELLO || header->type == FRAME_GOAWAY ? FAULT_NONE : FAULT_NOT_HELLO;
    }
    if (header->type == FRAME_HELLO) return FAULT_SECOND_HELLO;
    if (header->type == FRAME_PING && connection->out_sent < connection->pong_queued) return FAULT_SECOND_PING;
    if (header->type == FRAME_PONG && connection->ping_at == 0) return FAULT_PONG;
    if (header->type != FRAME_RESPONSE && header->type != FRAME_ITEM) return FAULT_NONE;
    const struct slot *slot = slot_at(connection, header->id);
    if (slot == NULL || slot->state == SLOT_FREE) return FAULT_SLOT;
    if (header->type == FRAME_RESPONSE) return FAULT_NONE;
    if (!slot->stream) return FAULT_NOT_A_STREAM;
    return slot->credit <= 0 ? FAULT_CREDIT : FAULT_NONE;
}

/* Notes one setting of the server. */
static enum fault setting_read(struct connection *connection, uint16_t key, const uint8_t *value, size_t length) {
    static const uint8_t lengths[] = {0, 4, 2, 4, 8, 0, 0, 4, 4, 16, 8, 2};
    if (key >= 1 && key <= HELLO_KEY_LAST && lengths[key] != 0 && length != lengths[key]) return FAULT_SETTING;
    uint32_t number = length == 4 ? get32(value) : length == 2 ? get16(value) : 0;
    switch (key) {
    case 1:
        if (number < FRAME_FLOOR || number > FRAME_CEILING) return FAULT_SETTING;
        connection->peer_max_frame = number;
        return FAULT_NONE;
    case 2:
        if (number < IN_FLIGHT_FLOOR) return FAULT_SETTING;
        if (number < connection->slot_limit) connection->slot_limit = number;
        return FAULT_NONE;
    case 5: return length > TOKEN_BYTES_MAX ? FAULT_SETTING : FAULT_NONE;
    case 6: return length > AGENT_BYTES_MAX ? FAULT_SETTING : FAULT_NONE;
    case 7: connection->peer_min_ping_ms = number; return FAULT_NONE;
    case 11: return value[0] > value[1] ? FAULT_SETTING : FAULT_NONE;
    default: return key & 0x8000 ? FAULT_MUST_UNDERSTAND : FAULT_NONE;
    }
}

/* Takes the body of the server's HELLO. */
static enum fault hello_read(struct connection *connection, const uint8_t *at, size_t length) {
    const uint8_t *end = at + length;
    uint32_t seen = 0;
    connection->peer_max_frame = FRAME_FLOOR;
    connection->slot_limit = connection->client->options.max_in_flight;
    for (unsigned count = 0; at < end; count++) {
        if (count == HELLO_SETTINGS_MAX) return FAULT_SETTINGS;
        if (end - at < 4) return FAULT_SETTINGS;
        uint16_t key = get16(at);
        size_t size = get16(at + 2);
        at += 4;
        if ((size_t)(end - at) < size) return FAULT_SETTINGS;
        bool known = key >= 1 && key <= HELLO_KEY_LAST;
        if (known && seen & 1u << key) return FAULT_SETTING;
        if (known) seen |= 1u << key;
        enum fault fault = setting_read(connection, key, at, size);
        if (fault != FAULT_NONE) return fault;
        at += size;
    }
    return FAULT_NONE;
}

static void on_hello(struct connection *connection, const uint8_t *body, size_t length) {
    enum fault fault = hello_read(connection, body, length);
    if (fault != FAULT_NONE) {
        connection_breach(connection, fault);
        return;
    }
    slots_add(connection, EARLY_SLOTS + 1, connection->slot_limit);
    connection->phase = PHASE_OPEN;
    connection->opened_at = connection->client->now;
    connection->client->attempting = false;
}

static void on_ping(struct connection *connection, const uint8_t *body) {
    uint8_t *at = put_frame(connection, FRAME_PONG, 0, 0, 0, 0, 8);
    if (at != NULL) memcpy(at, body, 8);
    connection->pong_queued = connection->out_queued;
}

/* No new call goes here; those in flight are awaited (PROTOCOL.md, "Drain"). */
static void connection_drain(struct connection *connection, uint32_t grace_ms) {
    cutover_client *client = connection->client;
    if (connection->phase == PHASE_DRAINING) return;
    put_frame(connection, FRAME_DRAINED, 0, 0, 0, 0, 0);
    connection->phase = PHASE_DRAINING;
    connection->drain_due = client->now + (grace_ms < DRAIN_MS_MAX ? grace_ms : DRAIN_MS_MAX) + DRAIN_SLACK_MS;
    if (client->current != connection) return;
    client->current = NULL;
    client->address_first++;
    connection_prove(connection, client->now - connection->opened_at >= PROOF_MS);
    /* At once, unless servers send connections away that never worked. */
    if (!connection->answered) client->failures++;
    client->retry_at = connection->answered ? 0 : client->now + backoff_ms(client, client->failures);
}

static void on_goaway(struct connection *connection, uint32_t reason, const uint8_t *body, size_t length) {
    bool orderly = reason == GOAWAY_DRAIN || reason == GOAWAY_IDLE || reason == GOAWAY_AGE;
    if (orderly && connection->phase >= PHASE_OPEN) {
        connection_drain(connection, get32(body));
        return;
    }
    char text[GOAWAY_TEXT_MAX + 1];
    copy_printable(text, body + 4, length - 4);
    const char *colon = *text == 0 ? "" : ": ";
    struct failure failure;
    bool nothing_ran = reason == GOAWAY_VERSION || reason == GOAWAY_UNAUTHENTICATED || reason == GOAWAY_OVERLOADED;
    if (connection->answered || connection->phase == PHASE_DRAINING ||
        (connection->phase == PHASE_OPEN && !nothing_ran)) {
        fail_with(&failure, CUTOVER_UNAVAILABLE, CUTOVER_REASON_CONNECTION_LOST,
                  "the server ended the connection (GOAWAY %u)%s%s", (unsigned)reason, colon, text);
        connection_lost(connection, &failure);
        return;
    }
    cutover_status status = reason == GOAWAY_UNAUTHENTICATED ? CUTOVER_UNAUTHENTICATED : CUTOVER_UNAVAILABLE;
    bool stays = reason == GOAWAY_UNAUTHENTICATED || reason == GOAWAY_VERSION || reason == GOAWAY_UNSUPPORTED;
    fail_with(&failure, status, CUTOVER_REASON_SETUP_REFUSED, "%s refused the connection (GOAWAY %u)%s%s",
              connection_name(connection), (unsigned)reason, colon, text);
    setup_failed(connection, &failure, stays);
}

/* The payload of a frame is unusable: the call fails and the connection lives. */
static void fail_bad_answer(struct failure *failure, const struct call *call) {
    fail_with(failure, CUTOVER_INTERNAL, CUTOVER_REASON_BAD_ANSWER,
              "a message from %s does not unpack, or would take more memory than it may", call->method.name);
}

static void on_item(struct connection *connection, const struct header *header, const uint8_t *body) {
    cutover_client *client = connection->client;
    struct slot *slot = &connection->slots[header->id];
    uint32_t cost = header->length < ITEM_COST_MIN ? ITEM_COST_MIN : header->length;
    slot->credit -= cost;
    if (client->current == connection) connection_prove(connection, true);
    struct call *call = slot->call;
    if (call == NULL) return;
    slot->held += cost;
    cutover_item item = {
        .payload = body + header->metadata, .payload_length = header->length - header->metadata, .cost = cost};
    arena_reset(&client->arena, unpack_budget(header->length));
    item.metadata_count = metadata_read(&client->arena, body, header->metadata, &item.metadata);
    if (call->method.response != NULL) {
        item.message = unpack(&client->arena, call->method.response, item.payload, item.payload_length);
        if (item.message == NULL) {
            struct failure failure;
            fail_bad_answer(&failure, call);
            call_abort(client, call, &failure, CANCEL_BY_USER);
            return;
        }
    }
    call->items_seen = true;
    cutover_call_id id = call_id(call);
    bool manual = call->manual_credit;
    if (call->handlers.item != NULL) call->handlers.item(client, id, &item, call->handlers.context);
    /* The callback may have cancelled it. */
    if (!manual && slot->call == call && call_id(call) == id) slot_consume(connection, header->id, cost);
}

/* Whether another attempt may be made after this answer (RETRY-1, RETRY-4). */
static bool may_pass(const cutover_result *result) {
    if (!result->error.not_executed || result->error.retry_after_ms == CUTOVER_RETRY_NEVER) return false;
    return result->status != CUTOVER_CANCELLED && result->status != CUTOVER_DEADLINE_EXCEEDED;
}

static void call_answer(cutover_client *client, struct call *call, cutover_result *result) {
    cutover_call_id id = call_id(call);
    result->error.status = result->status;
    call_forget(client, call);
    call->handlers.end(client, id, result, call->handlers.context);
    free(call);
}

static void on_response(struct connection *connection, const struct header *header, const uint8_t *body) {
    cutover_client *client = connection->client;
    struct call *call = connection->slots[header->id].call;
    size_t payload = header->length - header->metadata;
    uint32_t code = header->aux & 0xFF;
    cutover_result result = {.status = code > CUTOVER_UNAUTHENTICATED ? CUTOVER_UNKNOWN : (cutover_status)code};
    if (client->current == connection) connection_prove(connection, true);
    connection->answered = true;
    slot_free(connection, header->id);
    if (call == NULL) return;
    call->connection = NULL;
    arena_reset(&client->arena, unpack_budget(header->length));
    result.metadata_count = metadata_read(&client->arena, body, header->metadata, &result.metadata);
    result.payload = body + header->metadata;
    result.payload_length = payload;
    if (result.status == CUTOVER_OK) {
        if (!call->method.stream && call->method.response != NULL) {
            result.message = unpack(&client->arena, call->method.response, result.payload, payload);
            if (result.message == NULL) {
                struct failure failure;
                fail_bad_answer(&failure, call);
                result = (cutover_result){.status = CUTOVER_INTERNAL, .error = error_of(&failure)};
                call_answer(client, call, &result);
                return;
            }
        }
        call_answer(client, call, &result);
        return;
    }
    result.error.not_executed = header->flags & RESPONSE_NOT_EXECUTED;
    result.error.retry_after_ms = header->aux >> 8;
    if (may_pass(&result) && call_retry(client, call, result.error.retry_after_ms)) return;
    read_error(&client->arena, result.payload, payload, &result.error);
    call_answer(client, call, &result);
}

static void frame_take(struct connection *connection, const struct header *header, const uint8_t *body) {
    switch (header->type) {
    case FRAME_HELLO: on_hello(connection, body, header->length); break;
    case FRAME_RESPONSE: on_response(connection, header, body); break;
    case FRAME_ITEM: on_item(connection, header, body); break;
    case FRAME_PING: on_ping(connection, body); break;
    case FRAME_PONG: connection->ping_at = 0; break;
    case FRAME_GOAWAY: on_goaway(connection, header->aux, body, header->length); break;
    default: break; /* an extension that is not known */
    }
}

/* Not while too much waits to be sent. */
static bool may_read(const struct connection *connection) {
    return connection->write_dead || output_size(connection) <= OUTPUT_STOPS_READING;
}

/* Takes all whole frames of the input; returns how many bytes the next one needs. */
static size_t input_parse(struct connection *connection) {
    for (;;) {
        size_t size = connection->in_end - connection->in_start;
        if (size < HEADER_BYTES) return HEADER_BYTES;
        const uint8_t *at = connection->in + connection->in_start;
        struct header header = {get32(at), at[4], at[5], get16(at + 6), get32(at + 8), get32(at + 12)};
        enum fault fault = frame_fault(&header, connection->client->options.max_frame);
        if (fault == FAULT_NONE) fault = state_fault(connection, &header);
        if (fault != FAULT_NONE) {
            connection_breach(connection, fault);
            return 0;
        }
        if (size - HEADER_BYTES < header.length) return HEADER_BYTES + header.length;
        connection->in_start += HEADER_BYTES + header.length;
        connection->frame_at = 0;
        frame_take(connection, &header, at + HEADER_BYTES);
        if (!is_live(connection)) return 0;
    }
}

/* Makes room for the rest of a frame of `need` bytes, and some more. */
static bool input_room(struct connection *connection, size_t need) {
    size_t size = connection->in_end - connection->in_start;
    if (connection->in_start > 0) memmove(connection->in, connection->in + connection->in_start, size);
    connection->in_start = 0;
    connection->in_end = size;
    size_t room = need > INPUT_BYTES ? need : INPUT_BYTES;
    if (room <= connection->in_room && (size > 0 || connection->in_room == INPUT_BYTES)) return true;
    uint8_t *input = realloc(connection->in, room);
    if (input == NULL) return false;
    connection->in = input;
    connection->in_room = room;
    return true;
}

/* The server has closed the connection. */
static void connection_ended(struct connection *connection) {
    struct failure failure;
    const char *why = connection->lost_why, *name = connection_name(connection);
    bool greeting = connection->phase == PHASE_GREETING;
    fail_with(&failure, CUTOVER_UNAVAILABLE, why == NULL ? CUTOVER_REASON_CONNECTION_LOST : CUTOVER_REASON_TLS_FAILED,
              "%s closed the connection%s%s%s", name, greeting ? " before its HELLO" : "", why == NULL ? "" : ": ",
              why == NULL ? "" : why);
    /* In TLS 1.3 a refused client certificate is told here. */
    if (greeting) setup_failed(connection, &failure, why != NULL);
    else connection_lost(connection, &failure);
}

/* Reads and takes what the server sent, up to the quota. */
static void connection_read(struct connection *connection) {
    size_t quota = READ_QUOTA, need = HEADER_BYTES;
    connection->more = false;
    while (may_read(connection)) {
        if (!input_room(connection, need)) {
            connection->broken = true;
            return;
        }
        size_t got = 0, room = connection->in_room - connection->in_end;
        enum transfer outcome = transport_read(connection, connection->in + connection->in_end, room, &got);
        if (outcome == TRANSFER_AGAIN) return;
        if (outcome == TRANSFER_LOST) {
            connection_ended(connection);
            return;
        }
        connection->heard_at = connection->client->now;
        connection->in_end += got;
        need = input_parse(connection);
        if (!is_live(connection)) return;
        if (connection->in_end > connection->in_start && connection->frame_at == 0) {
            connection->frame_at = connection->client->now;
        }
        /* A socket that gave less than there was room for is empty; TLS may hold a record back. */
        if (got < room && !is_secured(connection)) return;
        if (got >= quota) {
            connection->more = true;
            return;
        }
        quota -= got;
    }
    /* What TLS has decrypted already nobody will announce. */
    connection->more = is_secured(connection);
}

/* --- Addresses --------------------------------------------------------------------------------------------------- */

static const char DEFAULT_PORT[] = "7450";

/* Divides "host", "host:port", "[v6]:port" or "unix:/path"; false when it is none of these. */
static bool endpoint_parse(struct endpoint *endpoint, const char *text, size_t length) {
    static const char local[] = "unix:";
    endpoint->text = strndup(text, length);
    if (endpoint->text == NULL) return false;
    char *host = endpoint->text;
    if (strncmp(host, local, sizeof local - 1) == 0) {
        const char *path = host + sizeof local - 1;
        endpoint->host = copy_string(path);
        return endpoint->host != NULL && *path == '/' && strlen(path) < sizeof(((struct sockaddr_un *)NULL)->sun_path);
    }
    char *last = strrchr(host, ':'), *closing = strrchr(host, ']');
    bool bracketed = *host == '[' && closing != NULL && (closing[1] == 0 || last == closing + 1);
    const char *port = last != NULL && (!bracketed || last > closing) ? last + 1 : DEFAULT_PORT;
    size_t size = port == DEFAULT_PORT ? strlen(host) : (size_t)(last - host);
    if (bracketed) {
        host++;
        size -= 2;
    }
    if (size == 0 || (!bracketed && memchr(host, ':', size) != NULL)) return false;
    char *end;
    unsigned long number = strtoul(port, &end, 10);
    if (*port < '0' || *port > '9' || *end != 0 || number == 0 || number > 65535) return false;
    endpoint->host = strndup(host, size);
    endpoint->port = copy_string(port);
    return endpoint->host != NULL && endpoint->port != NULL;
}

static bool endpoints_parse(cutover_client *client, const char *text, struct failure *failure) {
    while (text != NULL && *text != 0) {
        size_t length = strcspn(text, ",");
        if (client->endpoint_count == ENDPOINTS_MAX) {
            fail_with(failure, CUTOVER_INVALID_ARGUMENT, CUTOVER_REASON_BAD_OPTION,
                      "endpoints names more than 8 servers");
            return false;
        }
        if (!endpoint_parse(&client->endpoints[client->endpoint_count++], text, length)) {
            fail_with(failure, CUTOVER_INVALID_ARGUMENT, CUTOVER_REASON_BAD_OPTION,
                      "endpoints: \"%.*s\" is none; give host:port, [v6]:port or unix:/path",
                      (int)(length < 128 ? length : 128), text);
            return false;
        }
        text += length;
        if (*text == ',') text++;
    }
    if (client->endpoint_count > 0) return true;
    fail_with(failure, CUTOVER_INVALID_ARGUMENT, CUTOVER_REASON_BAD_OPTION,
              "endpoints is empty; give host:port, [v6]:port or unix:/path");
    return false;
}

static void address_add(cutover_client *client, const void *address, socklen_t length, size_t endpoint) {
    if (client->address_count == ADDRESSES_MAX || length > sizeof client->addresses[0].to) return;
    struct address *added = &client->addresses[client->address_count++];
    memcpy(&added->to, address, length);
    added->length = length;
    added->endpoint = endpoint;
}

/* Finds the addresses of all endpoints; what could not be found is noted in last_failure. */
static void addresses_find(cutover_client *client) {
    client->address_count = 0;
    for (size_t i = 0; i < client->endpoint_count; i++) {
        const struct endpoint *endpoint = &client->endpoints[i];
        if (endpoint->port == NULL) {
            struct sockaddr_un local = {.sun_family = AF_UNIX};
            memcpy(local.sun_path, endpoint->host, strlen(endpoint->host) + 1);
            address_add(client, &local, sizeof local, i);
            continue;
        }
        struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
        struct addrinfo *found = NULL;
        int problem = getaddrinfo(endpoint->host, endpoint->port, &hints, &found);
        if (problem != 0) {
            fail_with(&client->last_failure, CUTOVER_UNAVAILABLE, CUTOVER_REASON_CONNECT_FAILED, "no address of %s: %s",
                      endpoint->text, gai_strerror(problem));
            client->last_failure.not_executed = true;
            client->last_failure_stays = false;
            continue;
        }
        for (const struct addrinfo *next = found; next != NULL; next = next->ai_next) {
            address_add(client, next->ai_addr, next->ai_addrlen, i);
        }
        freeaddrinfo(found);
    }
}

/* Whether what is sent there can be read by this machine only. */
static bool is_local(const struct address *address) {
    if (address->to.any.sa_family == AF_UNIX) return true;
    if (address->to.any.sa_family == AF_INET) return ntohl(address->to.v4.sin_addr.s_addr) >> 24 == 127;
    return address->to.any.sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&address->to.v6.sin6_addr);
}

/* --- Connecting -------------------------------------------------------------------------------------------------- */

/* A place for a connection. When all are being drained, the one that has to be done first gives way. */
static struct connection *connection_place(cutover_client *client) {
    struct connection *oldest = NULL;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *connection = &client->connections[i];
        if (connection->phase == PHASE_NONE) return connection;
        if (connection->phase == PHASE_DRAINING && (oldest == NULL || connection->drain_due < oldest->drain_due)) {
            oldest = connection;
        }
    }
    if (oldest == NULL) return NULL;
    struct failure failure;
    fail_with(&failure, CUTOVER_UNAVAILABLE, CUTOVER_REASON_CONNECTION_LOST, "too many connections are being drained");
    connection_lost(oldest, &failure);
    return NULL;
}

/* The transport is ready: preface and HELLO go out, and calls may follow at once. */
static void connection_greet(struct connection *connection) {
    cutover_client *client = connection->client;
    uint32_t slots = client->options.max_in_flight;
    connection->slots = calloc((size_t)slots + 1, sizeof *connection->slots);
    connection->free_slots = calloc((size_t)slots / 64 + 1, sizeof *connection->free_slots);
    if (connection->slots == NULL || connection->free_slots == NULL) connection->broken = true;
    connection->phase = PHASE_GREETING;
    connection->heard_at = client->now;
    connection->slot_limit = connection->broken ? 0 : EARLY_SLOTS;
    if (!connection->broken) slots_add(connection, 1, EARLY_SLOTS);
    put_greeting(connection);
}

#ifdef CUTOVER_WITH_TLS
static void connection_secure(struct connection *connection) {
    struct failure failure;
    bool stays = false;
    switch (tls_shake(connection, &failure, &stays)) {
    case TRANSFER_DONE: connection_greet(connection); break;
    case TRANSFER_AGAIN: break;
    case TRANSFER_LOST: setup_failed(connection, &failure, stays); break;
    }
}
#endif

static void connection_connected(struct connection *connection) {
    int yes = 1;
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
#ifdef CUTOVER_WITH_TLS
    if (connection->client->tls != NULL) {
        connection->phase = PHASE_SECURING;
        if (tls_begin(connection, &connection->client->endpoints[connection->endpoint])) {
            connection_secure(connection);
            return;
        }
        struct failure failure;
        fail_with(&failure, CUTOVER_UNAVAILABLE, CUTOVER_REASON_TLS_FAILED, "TLS cannot be set up: %s", tls_reason());
        setup_failed(connection, &failure, true);
        return;
    }
#endif
    connection_greet(connection);
}

static void connect_refused(struct connection *connection, int number) {
    char text[96];
    struct failure failure;
    fail_with(&failure, CUTOVER_UNAVAILABLE, CUTOVER_REASON_CONNECT_FAILED, "cannot connect to %s: %s",
              connection_name(connection), system_text(number, text, sizeof text));
    setup_failed(connection, &failure, false);
}

/* Begins to connect to one address. */
static void connection_begin(struct connection *connection, const struct address *address) {
    cutover_client *client = connection->client;
    client->current = connection;
    connection->phase = PHASE_CONNECTING;
    connection->endpoint = address->endpoint;
    int64_t left = (client->attempt_due - client->now) / (int64_t)(client->address_count - client->address_tried);
    connection->setup_due = client->now + (left > ADDRESS_MS_MIN ? left : ADDRESS_MS_MIN);
    connection->fd = socket(address->to.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->fd < 0) {
        connect_refused(connection, errno);
        return;
    }
    bool secured = client->options.tls;
    if (client->token != NULL && !secured && !client->options.token_in_clear && !is_local(address)) {
        struct failure failure;
        fail_with(&failure, CUTOVER_UNAUTHENTICATED, CUTOVER_REASON_SETUP_REFUSED,
                  "the token is not sent to %s without TLS; use TLS, or allow it with token_in_clear",
                  connection_name(connection));
        setup_failed(connection, &failure, true);
        return;
    }
    if (connect(connection->fd, &address->to.any, address->length) == 0) connection_connected(connection);
    else if (errno != EINPROGRESS) connect_refused(connection, errno);
}

/* Goes on connecting, when calls wait for it and the time has come. */
static void connect_next(cutover_client *client) {
    while (client->current == NULL) {
        if (!client->attempting) {
            if (client->waiting.first == NULL || client->now < client->retry_at) return;
            client->attempting = true;
            client->attempt_due = client->now + client->options.connect_timeout_ms;
            client->address_tried = 0;
            if (client->down_since == 0) client->down_since = client->now;
            addresses_find(client);
        }
        if (client->address_tried >= client->address_count) {
            attempt_failed(client);
            return;
        }
        struct connection *connection = connection_place(client);
        if (connection == NULL) return;
        connection->client = client;
        connection_begin(connection,
                         &client->addresses[(client->address_first + client->address_tried) % client->address_count]);
    }
}

/* --- Requests ---------------------------------------------------------------------------------------------------- */

/* Writes the request of a call into a slot (PROTOCOL.md, "Frame types"). */
static void request_put(struct connection *connection, struct call *call, uint32_t number) {
    cutover_client *client = connection->client;
    struct slot *slot = &connection->slots[number];
    bool stream = call->method.stream;
    uint32_t timeout = 0;
    if (call->deadline != 0) timeout = call->deadline > client->now ? (uint32_t)(call->deadline - client->now) : 1;
    *slot = (struct slot){.call = call, .state = SLOT_BUSY, .stream = stream};
    if (stream) slot->credit = client->options.stream_credit;
    connection->busy_count++;
    list_remove(&client->waiting, call);
    call->state = CALL_SENT;
    call->connection = connection;
    call->slot = number;
    call->attempts++;
    call->queued_at = connection->out_queued;
    uint8_t flags = (uint8_t)((stream ? REQUEST_STREAM : 0) | (call->method.idempotent ? REQUEST_IDEMPOTENT : 0));
    uint8_t *at = put_frame(connection, FRAME_REQUEST, flags, call->metadata_length, number, call->method.id,
                            REQUEST_PREFIX_BYTES + call->body_length);
    if (at == NULL) return;
    put32(at, timeout);
    put32(at + 4, (uint32_t)slot->credit);
    if (call->body_length > 0) memcpy(at + REQUEST_PREFIX_BYTES, call->body, call->body_length);
}

/* Writes requests of calls that wait, as far as there are slots and room. Returns whether any was. */
static bool requests_put(cutover_client *client) {
    struct connection *connection = client->current;
    if (connection == NULL || connection->phase < PHASE_GREETING || connection->broken) return false;
    bool early = connection->phase == PHASE_GREETING, any = false;
    struct call *call;
    while ((call = client->waiting.first) != NULL && output_size(connection) < OUTPUT_TARGET) {
        size_t size = REQUEST_PREFIX_BYTES + call->body_length;
        /* One that may run once only waits: the fate of an early request is not always known. */
        if (early && (!call->method.idempotent || size > EARLY_BODY)) break;
        if (!early && size > connection->peer_max_frame) {
            struct failure failure;
            fail_with(&failure, CUTOVER_RESOURCE_EXHAUSTED, CUTOVER_REASON_TOO_LARGE,
                      "the request has %zu bytes, the server takes %u", size, (unsigned)connection->peer_max_frame);
            failure.not_executed = true;
            failure.retry_after_ms = CUTOVER_RETRY_NEVER;
            call_end(client, call, &failure);
            continue;
        }
        uint32_t number = slot_take(connection);
        if (number == 0) break;
        request_put(connection, call, number);
        any = true;
    }
    return any;
}

/* --- Timers ------------------------------------------------------------------------------------------------------ */

enum due { DUE_NOTHING, DUE_SETUP, DUE_FRAME, DUE_STALL, DUE_PING, DUE_SILENCE, DUE_DRAIN };

static void due_note(int64_t *at, enum due *what, int64_t candidate, enum due reason) {
    if (candidate == 0 || (*at != 0 && *at <= candidate)) return;
    *at = candidate;
    *what = reason;
}

/* What a connection has to do next, and when; 0 is never. The one place for its timers. */
static int64_t connection_due(const struct connection *connection, enum due *what) {
    const cutover_options *options = &connection->client->options;
    int64_t at = 0;
    *what = DUE_NOTHING;
    if (connection->phase < PHASE_OPEN) due_note(&at, what, connection->setup_due, DUE_SETUP);
    if (connection->phase < PHASE_GREETING) return at;
    if (connection->frame_at != 0) due_note(&at, what, connection->frame_at + FRAME_MS, DUE_FRAME);
    if (output_size(connection) > 0) due_note(&at, what, connection->output_at + STALL_MS, DUE_STALL);
    if (connection->phase < PHASE_OPEN) return at;
    uint32_t least_ms = connection->peer_min_ping_ms;
    int64_t interval = options->keepalive_ms > least_ms ? options->keepalive_ms : least_ms;
    if (connection->ping_at == 0) due_note(&at, what, connection->heard_at + interval, DUE_PING);
    else if (connection->heard_at > connection->ping_at) {
        due_note(&at, what, connection->heard_at + interval + options->keepalive_timeout_ms, DUE_SILENCE);
    } else due_note(&at, what, connection->ping_at + options->keepalive_timeout_ms, DUE_SILENCE);
    if (connection->phase == PHASE_DRAINING) due_note(&at, what, connection->drain_due, DUE_DRAIN);
    return at;
}

static void connection_ping(struct connection *connection) {
    uint8_t *at = put_frame(connection, FRAME_PING, 0, 0, 0, 0, 8);
    connection->ping_number++;
    connection->ping_at = connection->client->now;
    if (at != NULL) memcpy(at, &connection->ping_number, 8);
}

static void connection_mind(struct connection *connection) {
    static const char *const texts[] = {[DUE_FRAME] = "a frame from the server was not completed in time",
                                        [DUE_STALL] = "the server has stopped reading",
                                        [DUE_SILENCE] = "the server is silent",
                                        [DUE_DRAIN] = "the server has not closed within its grace"};
    cutover_client *client = connection->client;
    struct failure failure;
    enum due what;
    int64_t at = connection_due(connection, &what);
    if (at == 0 || at > client->now) return;
    switch (what) {
    case DUE_NOTHING: return;
    case DUE_PING: connection_ping(connection); return;
    case DUE_SETUP:
        fail_with(&failure, CUTOVER_UNAVAILABLE, CUTOVER_REASON_CONNECT_FAILED, "%s was not reached in time",
                  connection_name(connection));
        setup_failed(connection, &failure, false);
        return;
    default:
        fail_with(&failure, CUTOVER_UNAVAILABLE, CUTOVER_REASON_CONNECTION_LOST, "%s", texts[what]);
        connection_lost(connection, &failure);
    }
}

/* Why a call that is out of time had not been answered. */
static void fail_deadline(const cutover_client *client, const struct call *call, struct failure *failure) {
    bool down = call->state == CALL_WAITING && client->current == NULL && client->last_failure.reason != NULL;
    fail_with(failure, CUTOVER_DEADLINE_EXCEEDED, CUTOVER_REASON_DEADLINE, "%s was not answered in time%s%s",
              call->method.name, down ? ": " : "", down ? client->last_failure.message : "");
}

/* Deadlines, retries that are due, and calls that have waited long enough for a server. */
static void calls_mind(cutover_client *client) {
    struct failure failure;
    while (client->heap_count > 0 && call_due(client->heap[1]) <= client->now) {
        struct call *call = client->heap[1];
        if (call->deadline == 0 || call->deadline > client->now) {
            call_wait(client, call, false);
            continue;
        }
        fail_deadline(client, call, &failure);
        call_abort(client, call, &failure, CANCEL_BY_DEADLINE);
    }
    bool down = client->current == NULL || client->current->phase < PHASE_OPEN;
    if (!down || client->waiting.first == NULL || client->down_since == 0) return;
    if (client->now - client->down_since < client->options.connect_wait_ms) return;
    failure = client->last_failure;
    if (failure.reason == NULL) {
        fail_with(&failure, CUTOVER_UNAVAILABLE, CUTOVER_REASON_CONNECT_FAILED, "no server was reached in time");
    }
    failure.not_executed = true;
    fail_waiting(client, &failure);
}

/* When the client has to be called again; 0 is never. */
static int64_t client_due(const cutover_client *client) {
    int64_t due = client->heap_count > 0 ? call_due(client->heap[1]) : 0;
    if (client->current == NULL && client->waiting.first != NULL) due = earlier(due, client->retry_at);
    if (client->waiting.first != NULL && client->down_since != 0 &&
        (client->current == NULL || client->current->phase < PHASE_OPEN)) {
        due = earlier(due, client->down_since + client->options.connect_wait_ms);
    }
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        enum due what;
        if (is_live(&client->connections[i])) due = earlier(due, connection_due(&client->connections[i], &what));
    }
    return due;
}

int cutover_timeout_ms(const cutover_client *client) {
    if (client->changed || client->ended.first != NULL) return 0;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (client->connections[i].more && may_read(&client->connections[i])) return 0;
    }
    int64_t due = client_due(client);
    if (due == 0) return -1;
    int64_t left = due - now_ms();
    return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* --- The loop ---------------------------------------------------------------------------------------------------- */

/* Does all that needs no input: tells ends, connects, sends. Returns how many ends were told. */
static unsigned client_work(cutover_client *client) {
    unsigned told = 0;
    for (int round = 0; round < 4; round++) {
        client->changed = false;
        told += tell_ends(client);
        connect_next(client);
        bool again;
        do {
            again = requests_put(client);
            for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
                if (is_live(&client->connections[i])) connection_flush(&client->connections[i]);
            }
        } while (again && client->waiting.first != NULL);
        if (!client->changed && client->ended.first == NULL) break;
    }
    return told;
}

static void connection_ready(struct connection *connection, uint32_t events) {
    if (connection->phase == PHASE_CONNECTING) {
        int problem = 0;
        socklen_t size = sizeof problem;
        if (getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &problem, &size) != 0) problem = errno;
        if (problem != 0) connect_refused(connection, problem);
        else connection_connected(connection);
        return;
    }
#ifdef CUTOVER_WITH_TLS
    if (connection->phase == PHASE_SECURING) {
        connection_secure(connection);
        return;
    }
#endif
    if (is_live(connection) && events & (EPOLLIN | EPOLLHUP | EPOLLERR)) connection_read(connection);
}

/* One round: works, waits at most wait_ms (-1 is for ever), takes what came, works again. */
static void client_step(cutover_client *client, int wait_ms) {
    struct epoll_event events[CONNECTIONS_MAX];
    uint32_t ready[CONNECTIONS_MAX] = {0};
    client->inside = true;
    client->now = now_ms();
    int timeout = client_work(client) > 0 ? 0 : cutover_timeout_ms(client);
    if (timeout < 0 || (wait_ms >= 0 && wait_ms < timeout)) timeout = wait_ms;
    int count = epoll_wait(client->epoll_fd, events, CONNECTIONS_MAX, timeout);
    client->now = now_ms();
    for (int i = 0; i < count; i++) ready[events[i].data.u32] = events[i].events;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (client->connections[i].more) ready[i] |= EPOLLIN;
        if (ready[i] != 0) connection_ready(&client->connections[i], ready[i]);
    }
    calls_mind(client);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (is_live(&client->connections[i])) connection_mind(&client->connections[i]);
    }
    client_work(client);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (client->connections[i].phase == PHASE_CLOSED) connection_release(&client->connections[i]);
    }
    client->inside = false;
}

bool cutover_process(cutover_client *client) {
    if (client->inside) return false;
    client_step(client, 0);
    return true;
}

bool cutover_wait(cutover_client *client, int max_ms) {
    if (client->inside) return false;
    client_step(client, max_ms);
    return true;
}

int cutover_fd(const cutover_client *client) { return client->epoll_fd; }

short cutover_events(const cutover_client *client) {
    (void)client;
    return POLLIN;
}

/* --- Making and freeing a client --------------------------------------------------------------------------------- */

/* One number of the options: its default when 0, an error when out of its range. */
static bool option_number(uint32_t *value, uint32_t usual, uint32_t low, uint32_t high, const char *name,
                          struct failure *failure) {
    if (*value == 0) *value = usual;
    if (*value >= low && *value <= high) return true;
    fail_with(failure, CUTOVER_INVALID_ARGUMENT, CUTOVER_REASON_BAD_OPTION, "%s is %u; it may be %u to %u", name,
              (unsigned)*value, (unsigned)low, (unsigned)high);
    return false;
}

static bool option_numbers(cutover_options *options, struct failure *failure) {
    const uint32_t day = 86400000;
    if (options->max_pending_bytes == 0) options->max_pending_bytes = (size_t)64 << 20;
    return option_number(&options->connect_timeout_ms, 5000, 1, day, "connect_timeout_ms", failure) &&
           option_number(&options->connect_wait_ms, 10000, 1, day, "connect_wait_ms", failure) &&
           option_number(&options->default_timeout_ms, 30000, 1, UINT32_MAX, "default_timeout_ms", failure) &&
           option_number(&options->keepalive_ms, 30000, 1, day, "keepalive_ms", failure) &&
           option_number(&options->keepalive_timeout_ms, 10000, 1, day, "keepalive_timeout_ms", failure) &&
           option_number(&options->backoff_base_ms, 50, 1, day, "backoff_base_ms", failure) &&
           option_number(&options->backoff_max_ms, 5000, 1, day, "backoff_max_ms", failure) &&
           option_number(&options->max_attempts, 5, 1, 1000, "max_attempts", failure) &&
           option_number(&options->max_frame, FRAME_DEFAULT, FRAME_FLOOR, FRAME_CEILING, "max_frame", failure) &&
           option_number(&options->max_in_flight, IN_FLIGHT_DEFAULT, IN_FLIGHT_FLOOR, IN_FLIGHT_CEILING,
                         "max_in_flight", failure) &&
           option_number(&options->retry_budget, options->max_in_flight > 100 ? options->max_in_flight : 100, 1,
                         1000000, "retry_budget", failure) &&
           option_number(&options->max_calls, 16384, 1, 1 << 24, "max_calls", failure) &&
           option_number(&options->stream_credit, CREDIT_DEFAULT, CREDIT_FLOOR, CREDIT_CEILING, "stream_credit",
                         failure);
}

static bool option_texts(cutover_client *client, const cutover_options *options, struct failure *failure) {
    const char *problem = NULL;
    const char *agent = options->agent != NULL ? options->agent : "cutover-c/" CUTOVER_CLIENT_VERSION;
    if (strlen(agent) > AGENT_BYTES_MAX) problem = "agent is longer than 64 bytes";
    if (options->token != NULL && strlen(options->token) > TOKEN_BYTES_MAX) problem = "token is longer than 4096 bytes";
    if ((options->certificate_file == NULL) != (options->key_file == NULL)) {
        problem = "certificate_file and key_file belong together";
    }
    if (!options->tls &&
        (options->ca_file != NULL || options->server_name != NULL || options->certificate_file != NULL)) {
        problem = "ca_file, server_name and certificate_file need tls";
    }
    for (size_t i = 0; options->tls && options->server_name == NULL && i < client->endpoint_count; i++) {
        if (client->endpoints[i].port == NULL) problem = "tls over a Unix socket needs server_name";
    }
#ifndef CUTOVER_WITH_TLS
    if (options->tls) problem = "tls: this library was built without it";
#endif
    if (problem != NULL) {
        fail_with(failure, CUTOVER_INVALID_ARGUMENT, CUTOVER_REASON_BAD_OPTION, "%s", problem);
        return false;
    }
    client->agent = copy_string(agent);
    if (options->token != NULL && *options->token != 0) client->token = copy_string(options->token);
    if (options->server_name != NULL) client->server_name = copy_string(options->server_name);
    if (client->agent != NULL && (client->token != NULL || options->token == NULL || *options->token == 0) &&
        (client->server_name != NULL || options->server_name == NULL)) {
        return true;
    }
    fail_with(failure, CUTOVER_RESOURCE_EXHAUSTED, CUTOVER_REASON_NO_MEMORY, "no memory for a client");
    return false;
}

static bool client_prepare(cutover_client *client, const cutover_options *options, struct failure *failure) {
    client->options = *options;
    if (!endpoints_parse(client, options->endpoints, failure) || !option_numbers(&client->options, failure) ||
        !option_texts(client, options, failure)) {
        return false;
    }
    client->budget = client->options.retry_budget * 10;
    if (getrandom(&client->random, sizeof client->random, 0) != (ssize_t)sizeof client->random) client->random = 0;
    client->random |= 1;
    client->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (client->epoll_fd < 0) {
        char text[96];
        fail_with(failure, CUTOVER_RESOURCE_EXHAUSTED, CUTOVER_REASON_NO_MEMORY, "no descriptor for a client: %s",
                  system_text(errno, text, sizeof text));
        return false;
    }
#ifdef CUTOVER_WITH_TLS
    if (options->tls && !tls_configure(client, options, failure)) return false;
#endif
    /* The caller's texts are not looked at again. */
    client->options.endpoints = client->options.token = client->options.agent = NULL;
    client->options.ca_file = client->options.server_name = NULL;
    client->options.certificate_file = client->options.key_file = NULL;
    return true;
}

static bool any_live(const cutover_client *client) {
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (is_live(&client->connections[i])) return true;
    }
    return false;
}

bool cutover_close(cutover_client *client, uint32_t timeout_ms) {
    if (client->inside) return false;
    int64_t due = now_ms() + timeout_ms, left;
    client->closing = true;
    while (client->call_count > 0 && (left = due - now_ms()) > 0)
        client_step(client, left > INT_MAX ? INT_MAX : (int)left);
    bool in_order = client->call_count == 0;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *connection = &client->connections[i];
        if (connection->phase == PHASE_OPEN) connection_drain(connection, timeout_ms);
        else if (connection->phase < PHASE_OPEN) connection_close(connection);
    }
    while (any_live(client) && (left = due - now_ms()) > 0) client_step(client, left > INT_MAX ? INT_MAX : (int)left);
    return in_order && !any_live(client);
}

cutover_client *cutover_new(const cutover_options *options, cutover_error *error) {
    struct failure failure;
    cutover_client *client = calloc(1, sizeof *client);
    cutover_error_clear(error);
    if (client == NULL) {
        fail_with(&failure, CUTOVER_RESOURCE_EXHAUSTED, CUTOVER_REASON_NO_MEMORY, "no memory for a client");
        fail_to(error, &failure);
        return NULL;
    }
    client->epoll_fd = -1;
    if (client_prepare(client, options, &failure)) return client;
    fail_to(error, &failure);
    cutover_free(client);
    return NULL;
}

void cutover_free(cutover_client *client) {
    if (client == NULL || client->inside) return;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *connection = &client->connections[i];
        if (connection->phase == PHASE_OPEN) {
            put_frame(connection, FRAME_DRAINED, 0, 0, 0, 0, 0);
            transport_flush(connection);
        }
        connection_close(connection);
        connection_release(connection);
    }
    for (uint32_t i = 0; i < client->calls_used; i++) {
        if (client->calls[i] == NULL) continue;
        free(client->calls[i]->body);
        free(client->calls[i]);
    }
    free(client->calls);
    free(client->free_calls);
    free(client->heap);
    arena_free(&client->arena);
    for (size_t i = 0; i < client->endpoint_count; i++) {
        free(client->endpoints[i].text);
        free(client->endpoints[i].host);
        free(client->endpoints[i].port);
    }
    if (client->token != NULL) explicit_bzero(client->token, strlen(client->token));
    free(client->token);
    free(client->agent);
    free(client->server_name);
#ifdef CUTOVER_WITH_TLS
    SSL_CTX_free(client->tls);
    BIO_meth_free(client->bio);
#endif
    if (client->epoll_fd >= 0) close(client->epoll_fd);
    free(client);
}

/* --- Starting calls ---------------------------------------------------------------------------------------------- */

/* Packs metadata and message into the call; false when one of them breaks a rule. */
enum { REQUEST_ID_FIELD_BYTES = 2 + CUTOVER_REQUEST_ID_BYTES - 1 };

/*
 * A random id for a request that has a field for one and none in it: without it, what is sent again would be done again
 * (RETRY-10). Written as the field that is appended to the request. False when there is no randomness.
 */
static bool request_id_make(const ProtobufCMessage *request, uint8_t field[REQUEST_ID_FIELD_BYTES], size_t *length) {
    const ProtobufCFieldDescriptor *known =
        protobuf_c_message_descriptor_get_field_by_name(request->descriptor, "request_id");
    if (known == NULL || known->type != PROTOBUF_C_TYPE_BYTES || known->label == PROTOBUF_C_LABEL_REPEATED) return true;
    const void *given = (const char *)request + known->offset;
    char id[CUTOVER_REQUEST_ID_BYTES];
    /* Its tag is one byte. */
    if (((const ProtobufCBinaryData *)given)->len > 0 || known->id > 15) return true;
    if (!cutover_request_id(id)) return false;
    *length = REQUEST_ID_FIELD_BYTES;
    field[0] = (uint8_t)(known->id << 3 | 2);
    field[1] = CUTOVER_REQUEST_ID_BYTES - 1;
    memcpy(field + 2, id, CUTOVER_REQUEST_ID_BYTES - 1);
    return true;
}

static bool call_pack(struct call *call, const ProtobufCMessage *request, const cutover_call_options *options,
                      struct failure *failure) {
    int metadata = metadata_size(options->metadata, options->metadata_count);
    if (metadata < 0) {
        fail_with(failure, CUTOVER_INVALID_ARGUMENT, CUTOVER_REASON_BAD_REQUEST,
                  "metadata: keys are 1 to 64 of [a-z0-9._-]; at most 64 entries and 8 KiB");
        return false;
    }
    if (request == NULL || request->descriptor != call->method.request || !protobuf_c_message_check(request)) {
        fail_with(failure, CUTOVER_INVALID_ARGUMENT, CUTOVER_REASON_BAD_REQUEST,
                  "the request of %s is not a whole message of its kind", call->method.name);
        return false;
    }
    uint8_t id[REQUEST_ID_FIELD_BYTES] = {0};
    size_t id_length = 0;
    if (!request_id_make(request, id, &id_length)) {
        fail_with(failure, CUTOVER_INTERNAL, CUTOVER_REASON_BAD_REQUEST,
                  "there is no randomness for a request id; give one");
        return false;
    }
    size_t payload = protobuf_c_message_get_packed_size(request) + id_length;
    if (payload > (size_t)FRAME_CEILING - REQUEST_PREFIX_BYTES - (size_t)metadata) {
        fail_with(failure, CUTOVER_RESOURCE_EXHAUSTED, CUTOVER_REASON_TOO_LARGE, "the request has %zu bytes", payload);
        failure->retry_after_ms = CUTOVER_RETRY_NEVER;
        return false;
    }
    call->metadata_length = (uint16_t)metadata;
    call->body_length = (size_t)metadata + payload;
    call->body = malloc(call->body_length + 1);
    if (call->body == NULL) {
        fail_with(failure, CUTOVER_RESOURCE_EXHAUSTED, CUTOVER_REASON_NO_MEMORY, "no memory for a call");
        return false;
    }
    put_metadata(call->body, options->metadata, options->metadata_count);
    size_t packed = protobuf_c_message_pack(request, call->body + metadata);
    memcpy(call->body + metadata + packed, id, id_length);
    return true;
}

/* Gives a call its place in the table; false when there is none. */
static bool call_register(cutover_client *client, struct call *call, struct failure *failure) {
    const cutover_options *options = &client->options;
    if (client->closing) {
        fail_with(failure, CUTOVER_CANCELLED, CUTOVER_REASON_CANCELLED, "the client is being closed");
        return false;
    }
    if (client->call_count >= options->max_calls || call->body_length > options->max_pending_bytes ||
        client->pending_bytes > options->max_pending_bytes - call->body_length) {
        fail_with(failure, CUTOVER_RESOURCE_EXHAUSTED, CUTOVER_REASON_TOO_MANY_CALLS,
                  "%u calls with %zu bytes have not ended; wait for some to end", (unsigned)client->call_count,
                  client->pending_bytes);
        return false;
    }
    if (!calls_grow(client)) {
        fail_with(failure, CUTOVER_RESOURCE_EXHAUSTED, CUTOVER_REASON_NO_MEMORY, "no memory for a call");
        return false;
    }
    call->index = client->free_call_count > 0 ? client->free_calls[--client->free_call_count] : client->calls_used++;
    call->generation = ++client->generation;
    client->calls[call->index] = call;
    client->call_count++;
    client->pending_bytes += call->body_length;
    return true;
}

cutover_call_id cutover_start(cutover_client *client, const cutover_method *method, const ProtobufCMessage *request,
                              const cutover_call_options *options, const cutover_handlers *handlers,
                              cutover_error *error) {
    static const cutover_call_options usual = {0};
    struct failure failure;
    struct call *call = calloc(1, sizeof *call);
    cutover_error_clear(error);
    if (call == NULL) {
        fail_with(&failure, CUTOVER_RESOURCE_EXHAUSTED, CUTOVER_REASON_NO_MEMORY, "no memory for a call");
        fail_to(error, &failure);
        return 0;
    }
    if (options == NULL) options = &usual;
    call->method = *method;
    if (call->method.id == 0) call->method.id = cutover_method_id(method->name);
    call->handlers = *handlers;
    call->manual_credit = options->manual_credit;
    if (!call_pack(call, request, options, &failure) || !call_register(client, call, &failure)) {
        failure.not_executed = true;
        fail_to(error, &failure);
        free(call->body);
        free(call);
        return 0;
    }
    uint32_t timeout = options->timeout_ms;
    if (timeout == 0) timeout = method->stream ? CUTOVER_NO_TIMEOUT : client->options.default_timeout_ms;
    if (timeout != CUTOVER_NO_TIMEOUT) call->deadline = now_ms() + timeout;
    call_wait(client, call, false);
    client->changed = true;
    if (client->budget < client->options.retry_budget * 10) client->budget++;
    return call_id(call);
}

bool cutover_cancel(cutover_client *client, cutover_call_id id) {
    struct call *call = call_find(client, id);
    if (call == NULL || call->state == CALL_ENDED) return false;
    struct failure failure;
    client->now = now_ms();
    fail_with(&failure, CUTOVER_CANCELLED, CUTOVER_REASON_CANCELLED, "%s was cancelled", call->method.name);
    call_abort(client, call, &failure, CANCEL_BY_USER);
    client->changed = true;
    return true;
}

void cutover_consumed(cutover_client *client, cutover_call_id id, size_t cost) {
    struct call *call = call_find(client, id);
    if (call == NULL || call->state != CALL_SENT || !call->method.stream) return;
    client->now = now_ms();
    slot_consume(call->connection, call->slot, cost < INT32_MAX ? (int64_t)cost : INT32_MAX);
    client->changed = true;
}

/* --- Blocking calls ---------------------------------------------------------------------------------------------- */

static cutover_status fail_inside(cutover_error *error) {
    struct failure failure;
    fail_with(&failure, CUTOVER_FAILED_PRECONDITION, CUTOVER_REASON_IN_CALLBACK,
              "a blocking function was called in a callback of the same client");
    failure.not_executed = true;
    return fail_to(error, &failure);
}

struct waiter {
    bool ended;
    cutover_status status;
    const ProtobufCMessageDescriptor *descriptor;
    ProtobufCMessage **response;
    cutover_error *error;
    /* Messages of a stream that were not taken yet; bounded by its credit. */
    struct parcel *first, *last;
};

struct parcel {
    struct parcel *next;
    uint32_t cost;
    size_t length;
    uint8_t payload[];
};

static void waiter_end(cutover_client *client, cutover_call_id id, const cutover_result *result, void *context) {
    (void)client;
    (void)id;
    struct waiter *waiter = context;
    waiter->ended = true;
    waiter->status = result->status;
    if (result->status != CUTOVER_OK) {
        error_copy(waiter->error, &result->error);
        return;
    }
    if (waiter->response == NULL) return;
    /* Once more, into memory of the caller's: that it can be unpacked, and within the budget, is known. */
    *waiter->response = protobuf_c_message_unpack(waiter->descriptor, NULL, result->payload_length, result->payload);
    if (*waiter->response != NULL) return;
    struct failure failure;
    fail_with(&failure, CUTOVER_RESOURCE_EXHAUSTED, CUTOVER_REASON_NO_MEMORY, "no memory for the answer");
    waiter->status = fail_to(waiter->error, &failure);
}

cutover_status cutover_call(cutover_client *client, const cutover_method *method, const ProtobufCMessage *request,
                            const cutover_call_options *options, ProtobufCMessage **response, cutover_error *error) {
    cutover_error failure = {0};
    cutover_error_clear(error);
    if (response != NULL) *response = NULL;
    if (client->inside) return fail_inside(error);
    if (method->stream || method->response == NULL) {
        struct failure wrong;
        fail_with(&wrong, CUTOVER_INVALID_ARGUMENT, CUTOVER_REASON_BAD_REQUEST,
                  "%s is not a unary method with an answer", method->name);
        return fail_to(error, &wrong);
    }
    struct waiter waiter = {.descriptor = method->response, .response = response, .error = error};
    cutover_handlers handlers = {.end = waiter_end, .context = &waiter};
    if (cutover_start(client, method, request, options, &handlers, &failure) == 0) {
        cutover_status status = failure.status;
        if (error != NULL) *error = failure;
        else cutover_error_clear(&failure);
        return status;
    }
    while (!waiter.ended) client_step(client, -1);
    return waiter.status;
}

static void waiter_item(cutover_client *client, cutover_call_id id, const cutover_item *item, void *context) {
    struct waiter *waiter = context;
    struct parcel *parcel = malloc(sizeof *parcel + item->payload_length);
    if (parcel == NULL) {
        cutover_cancel(client, id);
        return;
    }
    parcel->next = NULL;
    parcel->cost = item->cost;
    parcel->length = item->payload_length;
    memcpy(parcel->payload, item->payload, item->payload_length);
    if (waiter->last == NULL) waiter->first = parcel;
    else waiter->last->next = parcel;
    waiter->last = parcel;
}

/* Gives the messages that have come to the caller; false when it wants no more, or one does not unpack. */
static bool waiter_deliver(cutover_client *client, cutover_call_id id, struct waiter *waiter, cutover_take take,
                           void *context, struct failure *failure, bool *any) {
    struct arena arena = {0};
    bool goes_on = true;
    while (goes_on && waiter->first != NULL) {
        struct parcel *parcel = waiter->first;
        waiter->first = parcel->next;
        if (waiter->first == NULL) waiter->last = NULL;
        arena_reset(&arena, unpack_budget(parcel->length));
        const ProtobufCMessage *message = unpack(&arena, waiter->descriptor, parcel->payload, parcel->length);
        if (message == NULL) {
            fail_with(failure, CUTOVER_INTERNAL, CUTOVER_REASON_BAD_ANSWER,
                      "a message of a stream does not unpack, or would take more memory than it may");
            goes_on = false;
        } else {
            *any = true;
            goes_on = take(message, context);
            if (!goes_on)
                fail_with(failure, CUTOVER_CANCELLED, CUTOVER_REASON_CANCELLED, "the stream was ended by its reader");
        }
        cutover_consumed(client, id, parcel->cost);
        free(parcel);
    }
    arena_free(&arena);
    return goes_on;
}

/* One streaming call from its start to its end. *any says whether a message was delivered. */
static cutover_status stream_once(cutover_client *client, const cutover_method *method, const ProtobufCMessage *request,
                                  const cutover_call_options *options, cutover_take take, void *context, bool *any,
                                  cutover_error *error) {
    cutover_call_options terms = options == NULL ? (cutover_call_options){0} : *options;
    cutover_error ended = {0}, failed = {0};
    struct waiter waiter = {.descriptor = method->response, .error = &ended};
    cutover_handlers handlers = {.item = waiter_item, .end = waiter_end, .context = &waiter};
    cutover_method packed = *method;
    struct failure failure;
    packed.response = NULL;
    terms.manual_credit = true;
    cutover_call_id id = cutover_start(client, &packed, request, &terms, &handlers, &failed);
    if (id == 0) {
        cutover_status status = failed.status;
        if (error != NULL) *error = failed;
        else cutover_error_clear(&failed);
        return status;
    }
    bool goes_on = true;
    while (goes_on && (!waiter.ended || waiter.first != NULL)) {
        if (waiter.first == NULL) client_step(client, -1);
        goes_on = waiter_deliver(client, id, &waiter, take, context, &failure, any);
    }
    if (!goes_on) {
        cutover_cancel(client, id);
        while (!waiter.ended) client_step(client, -1);
    }
    while (waiter.first != NULL) {
        struct parcel *next = waiter.first->next;
        free(waiter.first);
        waiter.first = next;
    }
    cutover_status status = waiter.status;
    if (!goes_on) status = fail_to(error, &failure);
    else if (status != CUTOVER_OK) error_copy(error, &ended);
    cutover_error_clear(&ended);
    return status;
}

cutover_status cutover_stream(cutover_client *client, const cutover_method *method, const ProtobufCMessage *request,
                              const cutover_call_options *options, cutover_take take, void *context,
                              cutover_error *error) {
    bool any = false;
    cutover_error_clear(error);
    if (client->inside) return fail_inside(error);
    if (!method->stream || method->response == NULL) {
        struct failure wrong;
        fail_with(&wrong, CUTOVER_INVALID_ARGUMENT, CUTOVER_REASON_BAD_REQUEST,
                  "%s is not a method with a stream of messages", method->name);
        return fail_to(error, &wrong);
    }
    return stream_once(client, method, request, options, take, context, &any, error);
}

cutover_status cutover_connect(cutover_client *client, uint32_t timeout_ms, cutover_error *error) {
    Cutover__V1__HealthCheckRequest request = CUTOVER__V1__HEALTH_CHECK_REQUEST__INIT;
    cutover_call_options options = {.timeout_ms = timeout_ms != 0 ? timeout_ms : client->options.connect_timeout_ms};
    return cutover_call(client, &cutover_Health_Check, &request.base, &options, NULL, error);
}

/* --- Stops ------------------------------------------------------------------------------------------------------- */

/* The same over several calls; `id` must live as long as the request. */
static bool request_id_fill(ProtobufCBinaryData *field, char id[CUTOVER_REQUEST_ID_BYTES], cutover_error *error) {
    if (field->len > 0) return true;
    if (cutover_request_id(id)) {
        *field = cutover_text(id);
        return true;
    }
    struct failure failure;
    fail_with(&failure, CUTOVER_INTERNAL, CUTOVER_REASON_BAD_REQUEST,
              "there is no randomness for a request id; give one");
    fail_to(error, &failure);
    return false;
}

cutover_status cutover_stop(cutover_client *client, const Cutover__V1__StopTaskRequest *request,
                            const cutover_call_options *options, Cutover__V1__StopTaskResponse **response,
                            cutover_error *error) {
    ProtobufCMessage *answer = NULL;
    cutover_status status = cutover_call(client, &cutover_StopService_StopTask, &request->base, options,
                                         response == NULL ? NULL : &answer, error);
    if (response != NULL) *response = (Cutover__V1__StopTaskResponse *)answer;
    return status;
}

/* --- Streams that are taken up again ----------------------------------------------------------------------------- */

/* A stream that goes on over lost servers, within one deadline. */
struct resumption {
    cutover_client *client;
    const cutover_method *method;
    cutover_call_options options;
    int64_t deadline;
    uint32_t fruitless;
};

static struct resumption resumption_begin(cutover_client *client, const cutover_method *method,
                                          const cutover_call_options *options) {
    struct resumption resumption = {.client = client, .method = method};
    if (options != NULL) resumption.options = *options;
    uint32_t timeout = resumption.options.timeout_ms;
    if (timeout != 0 && timeout != CUTOVER_NO_TIMEOUT) resumption.deadline = now_ms() + timeout;
    return resumption;
}

/* Opens the stream once, for the time that is left. */
static cutover_status resumption_open(struct resumption *resumption, const ProtobufCMessage *request, cutover_take take,
                                      void *context, cutover_error *error) {
    bool any = false;
    if (resumption->deadline != 0) {
        int64_t left = resumption->deadline - now_ms();
        resumption->options.timeout_ms = left > 0 ? (uint32_t)left : 1;
    }
    cutover_status status =
        stream_once(resumption->client, resumption->method, request, &resumption->options, take, context, &any, error);
    resumption->fruitless = any ? 0 : resumption->fruitless + 1;
    return status;
}

/* Whether the stream is to be opened again; waits before that, while other calls go on. */
static bool resumption_again(struct resumption *resumption, cutover_status status, const cutover_error *error) {
    cutover_client *client = resumption->client;
    /* A server may also end a stream in order while it shuts down, or be full (RESUME-1). */
    bool full = status == CUTOVER_RESOURCE_EXHAUSTED && error->not_executed;
    if (status != CUTOVER_OK && status != CUTOVER_UNAVAILABLE && !full) return false;
    if (status != CUTOVER_OK && error->retry_after_ms == CUTOVER_RETRY_NEVER) return false;
    if (resumption->fruitless >= client->options.max_attempts) return false;
    int64_t until = now_ms() + backoff_ms(client, resumption->fruitless + 1);
    if (status != CUTOVER_OK && until < now_ms() + error->retry_after_ms) until = now_ms() + error->retry_after_ms;
    if (resumption->deadline != 0 && until >= resumption->deadline) return false;
    for (int64_t left; (left = until - now_ms()) > 0;) client_step(client, left > INT_MAX ? INT_MAX : (int)left);
    return true;
}

/* The end of a stream that was not taken up again, in *error and as the result. */
static cutover_status resumption_end(const struct resumption *resumption, cutover_status status, cutover_error *local,
                                     cutover_error *error) {
    struct failure failure;
    if (status == CUTOVER_OK) {
        fail_with(&failure, CUTOVER_UNAVAILABLE, CUTOVER_REASON_CONNECTION_LOST,
                  "the server ended the stream of %s early", resumption->method->name);
        return fail_to(error, &failure);
    }
    if (error != NULL) *error = *local;
    else cutover_error_clear(local);
    return status;
}

enum {
    TOLD_BUCKETS = 4096,
    /* Beyond any batch that a server takes, and any id that one gives. */
    TOLD_MAX = 1 << 18,
    TOLD_ID_MAX = 64
};

/* The result of one task of a batch that was told last. */
struct told {
    struct told *next; /* of the same bucket */
    Cutover__V1__StopItemResult result;
    Cutover__V1__TaskStatus status;
    Cutover__V1__StopMode mode;
    bool final;
    uint8_t id_length, id[TOLD_ID_MAX];
};

/* How far a batch has been told. */
struct batch_reader {
    cutover_take_batch take;
    void *context;
    bool announced, complete;
    struct told **told; /* TOLD_BUCKETS of them; NULL before the first result */
    uint32_t told_count, told_seed;
};

/* What was told of a task; made if it is new. NULL when it cannot be kept, with *known false. */
static struct told *told_find(struct batch_reader *reader, ProtobufCBinaryData id, bool *known) {
    *known = false;
    if (id.len > TOLD_ID_MAX) return NULL;
    if (reader->told == NULL) reader->told = calloc(TOLD_BUCKETS, sizeof *reader->told);
    if (reader->told == NULL) return NULL;
    /* Seeded, so that no server can choose ids that fall together. */
    struct told **bucket = &reader->told[hash_bytes(reader->told_seed, id.data, id.len) % TOLD_BUCKETS];
    for (struct told *told = *bucket; told != NULL; told = told->next) {
        *known = told->id_length == id.len && memcmp(told->id, id.data, id.len) == 0;
        if (*known) return told;
    }
    if (reader->told_count >= TOLD_MAX) return NULL;
    struct told *told = calloc(1, sizeof *told);
    if (told == NULL) return NULL;
    told->id_length = (uint8_t)id.len;
    if (id.len > 0) memcpy(told->id, id.data, id.len);
    told->next = *bucket;
    *bucket = told;
    reader->told_count++;
    return told;
}

static void told_free(struct batch_reader *reader) {
    if (reader->told == NULL) return;
    for (size_t i = 0; i < TOLD_BUCKETS; i++) {
        for (struct told *told = reader->told[i], *next; told != NULL; told = next) {
            next = told->next;
            free(told);
        }
    }
    free(reader->told);
}

/* Whether a result says something that was not told (RESUME-4). */
static bool item_is_new(struct batch_reader *reader, const Cutover__V1__BatchItem *item) {
    bool known;
    struct told *told = told_find(reader, item->task_id, &known);
    if (told == NULL) return true;
    bool same = told->result == item->result && told->status == item->status && told->mode == item->mode_taken &&
                told->final == (item->final != 0);
    if (known && (told->final || same)) return false;
    told->result = item->result;
    told->status = item->status;
    told->mode = item->mode_taken;
    told->final = item->final != 0;
    return true;
}

static bool batch_take(const ProtobufCMessage *message, void *context) {
    struct batch_reader *reader = context;
    const Cutover__V1__BatchStopEvent *event = (const Cutover__V1__BatchStopEvent *)message;
    if (event->accepted != NULL) {
        if (reader->announced) return true;
        reader->announced = true;
    }
    if (event->item != NULL && !item_is_new(reader, event->item)) return true;
    if (event->summary != NULL) reader->complete = true;
    return reader->take(event, reader->context);
}

cutover_status cutover_batch_stop(cutover_client *client, const Cutover__V1__BatchStopRequest *request,
                                  const cutover_call_options *options, cutover_take_batch take, void *context,
                                  cutover_error *error) {
    char id[CUTOVER_REQUEST_ID_BYTES];
    cutover_error local = {0};
    Cutover__V1__BatchStopRequest copy = *request;
    struct batch_reader reader = {.take = take, .context = context, .told_seed = random_below(client, UINT32_MAX)};
    struct resumption resumption = resumption_begin(client, &cutover_BatchStopService_BatchStop, options);
    cutover_error_clear(error);
    if (client->inside) return fail_inside(error);
    if (!request_id_fill(&copy.request_id, id, error)) return CUTOVER_INTERNAL;
    cutover_status status;
    do {
        cutover_error_clear(&local);
        status = resumption_open(&resumption, &copy.base, batch_take, &reader, &local);
    } while (!reader.complete && resumption_again(&resumption, status, &local));
    told_free(&reader);
    if (!reader.complete) return resumption_end(&resumption, status, &local, error);
    /* After the summary nothing can be missing, whatever the end. */
    cutover_error_clear(&local);
    return CUTOVER_OK;
}

/* How far a watch has been told. */
struct watch_reader {
    cutover_take_watch take;
    void *context;
    uint64_t asked;    /* where the caller began; 0 once that is not kept any more */
    uint64_t revision; /* of the last change that was told */
    uint32_t index;    /* its place in that revision */
    bool whole;        /* all of that revision was told */
    bool began;        /* revision means something */
    bool listing;      /* present states were told, and not their end */
};

static bool watch_take(const ProtobufCMessage *message, void *context) {
    struct watch_reader *reader = context;
    const Cutover__V1__WatchEvent *event = (const Cutover__V1__WatchEvent *)message;
    const Cutover__V1__TaskEvent *change = event->event;
    switch (event->kind) {
    case CUTOVER__V1__WATCH_KIND__WATCH_KIND_RELIST:
        reader->asked = reader->revision = 0;
        reader->began = reader->whole = true;
        break;
    case CUTOVER__V1__WATCH_KIND__WATCH_KIND_PRESENT: reader->listing = true; break;
    case CUTOVER__V1__WATCH_KIND__WATCH_KIND_PRESENT_END:
        reader->listing = false;
        reader->revision = event->revision;
        reader->began = reader->whole = true;
        break;
    default:
        if (change == NULL) break;
        bool told = reader->began &&
                    (change->revision < reader->revision ||
                     (change->revision == reader->revision && (reader->whole || change->index <= reader->index)));
        if (told) return true;
        reader->revision = change->revision;
        reader->index = change->index;
        reader->began = true;
        reader->whole = false;
    }
    return reader->take(event, reader->context);
}

/* Where to go on: a revision may hold several changes, and the connection may have been lost between two of them. */
static uint64_t watch_after(const struct watch_reader *reader) {
    if (!reader->began) return reader->asked;
    if (reader->whole) return reader->revision;
    uint64_t before = reader->revision > 0 ? reader->revision - 1 : 0;
    return before > reader->asked ? before : reader->asked;
}

cutover_status cutover_watch(cutover_client *client, const Cutover__V1__WatchTasksRequest *request,
                             const cutover_call_options *options, cutover_take_watch take, void *context,
                             cutover_error *error) {
    cutover_error local = {0};
    Cutover__V1__WatchTasksRequest copy = *request;
    struct watch_reader reader = {.take = take, .context = context, .asked = request->after_revision};
    struct resumption resumption = resumption_begin(client, &cutover_TaskService_WatchTasks, options);
    cutover_error_clear(error);
    if (client->inside) return fail_inside(error);
    for (;;) {
        cutover_error_clear(&local);
        copy.after_revision = watch_after(&reader);
        cutover_status status = resumption_open(&resumption, &copy.base, watch_take, &reader, &local);
        if (!resumption_again(&resumption, status, &local)) return resumption_end(&resumption, status, &local, error);
        if (!reader.listing) continue;
        /* A listing begins anew; what was deleted meanwhile would not be in it. */
        Cutover__V1__WatchEvent relist = CUTOVER__V1__WATCH_EVENT__INIT;
        relist.kind = CUTOVER__V1__WATCH_KIND__WATCH_KIND_RELIST;
        reader.listing = false;
        if (watch_take(&relist.base, &reader)) continue;
        struct failure failure;
        fail_with(&failure, CUTOVER_CANCELLED, CUTOVER_REASON_CANCELLED, "the stream was ended by its reader");
        cutover_error_clear(&local);
        return fail_to(error, &failure);
    }
}
