/*
 * A client for Cutover, the service that runs online MariaDB migrations and stops them well.
 *
 * It speaks the protocol of proto/PROTOCOL.md: many calls in flight on one connection, streams with flow control,
 * deadlines, and a connection that is made anew without a failed call when its server is replaced.
 *
 * Two ways of use, which may be mixed:
 *
 * - Blocking: cutover_stop, cutover_batch_stop, cutover_watch, cutover_call, cutover_stream; each returns when done.
 * - In an event loop: cutover_start with callbacks. A loop of your own polls cutover_fd for cutover_events, for at most
 *   cutover_timeout_ms, and calls cutover_process.
 *
 * Threads: there are none inside, and no global state. A client belongs to one thread at a time; different clients do
 * not know of each other. No signal is raised (MSG_NOSIGNAL), none is handled.
 *
 * Text: every string field of a message is a ProtobufCBinaryData, pointer and length, not ended by a NUL; cutover_text
 * makes one. What a server sends is not to be trusted: texts inside a cutover_error are made safe to print (valid
 * UTF-8, no control characters), texts inside messages are as they came.
 *
 * Times are in milliseconds, sizes in bytes. Whatever option is 0 or NULL takes its default.
 */
#ifndef CUTOVER_H
#define CUTOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cutover/v1/alarm.pb-c.h"
#include "cutover/v1/error.pb-c.h"
#include "cutover/v1/status.pb-c.h"
#include "cutover/v1/stop.pb-c.h"
#include "cutover/v1/system.pb-c.h"
#include "cutover/v1/task.pb-c.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CUTOVER_CLIENT_VERSION "1.0"

/* --- Errors ------------------------------------------------------------------------------------------------------ */

/* How a call ended: gRPC's codes under their own numbers. */
typedef enum cutover_status {
    CUTOVER_OK = 0,
    CUTOVER_CANCELLED = 1,
    CUTOVER_UNKNOWN = 2,
    CUTOVER_INVALID_ARGUMENT = 3,
    CUTOVER_DEADLINE_EXCEEDED = 4,
    CUTOVER_NOT_FOUND = 5,
    CUTOVER_ALREADY_EXISTS = 6,
    CUTOVER_PERMISSION_DENIED = 7,
    CUTOVER_RESOURCE_EXHAUSTED = 8,
    CUTOVER_FAILED_PRECONDITION = 9,
    CUTOVER_ABORTED = 10,
    CUTOVER_OUT_OF_RANGE = 11,
    CUTOVER_UNIMPLEMENTED = 12,
    CUTOVER_INTERNAL = 13,
    CUTOVER_UNAVAILABLE = 14,
    CUTOVER_DATA_LOSS = 15,
    CUTOVER_UNAUTHENTICATED = 16
} cutover_status;

/* The name of a status, such as "UNAVAILABLE"; "UNKNOWN" for a number outside. */
const char *cutover_status_name(cutover_status status);

/* retry_after_ms of an error after which no retry can help. */
#define CUTOVER_RETRY_NEVER 0xFFFFFFu

/* One fact about an error, such as role=force. */
typedef struct cutover_detail {
    const char *key;
    const char *value;
} cutover_detail;

/*
 * Why a call failed.
 *
 * In a callback it belongs to the library and is valid until the callback returns. Given to a blocking function it is
 * the caller's: set it to {0} before its first use and release it with cutover_error_clear; each function that takes
 * one clears what was in it before. A NULL pointer instead of one is allowed everywhere.
 */
typedef struct cutover_error {
    cutover_status status;
    /* Nothing of the call was run: it may be made again, also when it is not idempotent. */
    bool not_executed;
    /* What the server asks to wait before a retry; 0 is no hint, CUTOVER_RETRY_NEVER means that none can help. */
    uint32_t retry_after_ms;
    /* Stable and machine-readable, such as "TASK_STOPPED"; never NULL after a failure. The client's own are below. */
    const char *reason;
    /* For people: what happened and what to do; never NULL after a failure. Holds no secret. */
    const char *message;
    size_t detail_count; /* at most 32 */
    const cutover_detail *details;
    void *memory; /* the library's */
} cutover_error;

/* Releases what an error holds and makes it {0}. */
void cutover_error_clear(cutover_error *error);

/* Reasons that the client gives by itself. */
#define CUTOVER_REASON_CONNECTION_LOST "CONNECTION_LOST" /* UNAVAILABLE: lost before the answer; it may have run */
#define CUTOVER_REASON_CONNECT_FAILED "CONNECT_FAILED"   /* UNAVAILABLE: no server was reached within connect_wait_ms */
#define CUTOVER_REASON_SETUP_REFUSED "SETUP_REFUSED"     /* the server ended the set-up; the message says why */
#define CUTOVER_REASON_TLS_FAILED "TLS_FAILED"           /* UNAVAILABLE: no handshake, wrong certificate, wrong ALPN */
#define CUTOVER_REASON_DEADLINE "DEADLINE"               /* DEADLINE_EXCEEDED by the client's own timer */
#define CUTOVER_REASON_CANCELLED "CANCELLED"             /* CANCELLED by cutover_cancel, or a callback returned false */
#define CUTOVER_REASON_TOO_MANY_CALLS "TOO_MANY_CALLS"   /* RESOURCE_EXHAUSTED: max_calls or max_pending_bytes */
#define CUTOVER_REASON_TOO_LARGE "MESSAGE_TOO_LARGE"     /* RESOURCE_EXHAUSTED: over the server's max_frame */
#define CUTOVER_REASON_BAD_ANSWER "BAD_ANSWER"           /* INTERNAL: the payload does not unpack, or takes too much */
#define CUTOVER_REASON_BAD_REQUEST "BAD_REQUEST"         /* INVALID_ARGUMENT: not a message, or bad metadata */
#define CUTOVER_REASON_BAD_OPTION "BAD_OPTION"           /* INVALID_ARGUMENT: the message names the option */
#define CUTOVER_REASON_IN_CALLBACK "IN_CALLBACK"         /* FAILED_PRECONDITION: a blocking function in a callback */
#define CUTOVER_REASON_NO_MEMORY "NO_MEMORY"             /* RESOURCE_EXHAUSTED */

/* --- The client -------------------------------------------------------------------------------------------------- */

typedef struct cutover_client cutover_client;

/* What a client is told. Begin with {0}: that is every default. All texts are copied. */
typedef struct cutover_options {
    /*
     * Required: where servers of one service listen, as "host", "host:port", "[v6]:port" or "unix:/path"; up to 8,
     * separated by commas. Without a port it is 7450. All addresses of a name are tried, 16 in all. A host name is
     * looked up with getaddrinfo, which blocks; give numbers where that matters.
     */
    const char *endpoints;
    /* The bearer token (HELLO key 5), at most 4096 bytes. Kept in memory until cutover_free wipes it; never logged. */
    const char *token;
    /* Without TLS a token is sent over Unix sockets and to loopback addresses only, unless this is true. */
    bool token_in_clear;
    /* What the client calls itself; at most 64 bytes; default "cutover-c/VERSION". */
    const char *agent;

    /* TLS 1.3 with ALPN cutover/1, for every endpoint. An error when built without CUTOVER_WITH_TLS. */
    bool tls;
    /* PEM file of the authorities to trust; default the system's. */
    const char *ca_file;
    /*
     * The name or address that the server's certificate must hold; default the endpoint's host. Required for Unix
     * sockets.
     */
    const char *server_name;
    /* PEM files of the client's certificate chain and its key, both or none. The key must not be encrypted. */
    const char *certificate_file;
    const char *key_file;

    /* One attempt over all addresses: TCP, TLS and HELLO together. Default 5000. */
    uint32_t connect_timeout_ms;
    /* How long calls wait while no server can be reached before they fail UNAVAILABLE. Default 10000. */
    uint32_t connect_wait_ms;
    /* The deadline of a unary call that gives none. Default 30000. Streams have none by default. */
    uint32_t default_timeout_ms;
    /* Silence after which the server is asked for a sign of life, and how long that may take. Defaults 30000, 10000. */
    uint32_t keepalive_ms;
    uint32_t keepalive_timeout_ms;
    /*
     * The first wait before connecting or calling again; it doubles up to the second, with jitter. Defaults 50, 5000.
     */
    uint32_t backoff_base_ms;
    uint32_t backoff_max_ms;
    /* How often one call is sent at most. Default 5. */
    uint32_t max_attempts;
    /*
     * How often calls may be sent again in a row: each time takes one, each new call gives a tenth back. Default
     * max_in_flight, and 100 at least, so that all calls of a lost connection can be sent again once.
     */
    uint32_t retry_budget;

    /* The greatest frame body accepted: 65536 to 16777215. Default 1 MiB. */
    uint32_t max_frame;
    /* Calls in flight on a connection: 16 to 65535; the server may allow fewer. Default 1024. */
    uint32_t max_in_flight;
    /* Calls that are not ended, those that wait included. Default 16384. */
    uint32_t max_calls;
    /* Bytes of the requests of all these calls. Default 64 MiB. */
    size_t max_pending_bytes;
    /* Bytes of a stream that may be under way or not yet consumed: 64 to 16 MiB. Default 256 KiB. */
    uint32_t stream_credit;
} cutover_options;

/*
 * Makes a client. It connects when the first call needs it.
 *
 * Returns NULL on failure, with the reason in *error (may be NULL): a bad option, unreadable TLS files, no memory, no
 * descriptor. Release it with cutover_free.
 */
cutover_client *cutover_new(const cutover_options *options, cutover_error *error);

/*
 * Ends everything in order: takes no more calls, waits until those that were started have ended and the server has
 * closed the connections, at most timeout_ms. Calls back meanwhile. Returns false when the time was up before that, or
 * in a callback.
 *
 * Only cutover_free is left to be called afterwards.
 */
bool cutover_close(cutover_client *client, uint32_t timeout_ms);

/*
 * Ends the connections without waiting and releases the client. Calls that are not ended are cancelled at the server
 * and their callbacks are not called. Accepts NULL. In a callback it does nothing.
 */
void cutover_free(cutover_client *client);

/*
 * Waits until a server has answered (Health.Check), at most timeout_ms (0 is connect_timeout_ms).
 *
 * Not needed before a call; it tells early that an address, a certificate or a token is wrong.
 */
cutover_status cutover_connect(cutover_client *client, uint32_t timeout_ms, cutover_error *error);

/* --- Methods ----------------------------------------------------------------------------------------------------- */

/* A method of the service. The table below holds those of this version; others may be described by hand. */
typedef struct cutover_method {
    /* "package.Service/Method". */
    const char *name;
    /* Its number on the wire; 0 takes FNV-1a-32 of the name. */
    uint32_t id;
    /* The message that is sent, and the one that is answered or streamed; NULL for the answer leaves it packed. */
    const ProtobufCMessageDescriptor *request;
    const ProtobufCMessageDescriptor *response;
    /* Running it twice is as running it once, so that it may be sent again after a lost connection. */
    bool idempotent;
    /* It answers with a stream of messages. */
    bool stream;
} cutover_method;

/* The number of a method by its full name. */
uint32_t cutover_method_id(const char *name);

/* Declares cutover_StopService_StopTask and so on. */
#define CUTOVER_DECLARE_METHOD(service, method, id, request, response, idempotent, stream)                             \
    extern const cutover_method cutover_##service##_##method;

/* clang-format off */
/* Made by generate-methods from proto/; do not edit between the marks. */
/* methods: begin */
#define CUTOVER_METHODS(X) \
    X(AlarmService, ListAlarms, 0, list_alarms_request, list_alarms_response, true, false) \
    X(AlarmService, WatchAlarms, 0, watch_alarms_request, watch_alarms_event, true, true) \
    X(StopService, StopTask, 0, stop_task_request, stop_task_response, true, false) \
    X(StopService, PlanStop, 0, plan_stop_request, stop_plan, true, false) \
    X(StopService, GetStop, 0, get_stop_request, stop_task_response, true, false) \
    X(StopService, CancelStop, 0, cancel_stop_request, stop_task_response, true, false) \
    X(StopService, FinishResidue, 0, finish_residue_request, stop_task_response, true, false) \
    X(BatchStopService, BatchStop, 0, batch_stop_request, batch_stop_event, true, true) \
    X(BatchStopService, GetBatchStop, 0, get_batch_stop_request, get_batch_stop_response, true, false) \
    X(BatchStopService, ListBatchStops, 0, list_batch_stops_request, list_batch_stops_response, true, false) \
    X(BatchStopService, WatchBatchStop, 0, watch_batch_stop_request, batch_stop_event, true, true) \
    X(BatchStopService, CancelBatchStop, 0, cancel_batch_stop_request, stop_batch, true, false) \
    X(AuditService, ReadAudit, 0, read_audit_request, read_audit_event, true, true) \
    X(Health, Check, 1, health_check_request, health_check_response, true, false) \
    X(Health, Watch, 2, health_check_request, health_check_response, true, true) \
    X(Reflection, List, 3, list_methods_request, list_methods_response, true, false) \
    X(Stats, Get, 4, get_stats_request, server_stats, true, false) \
    X(Echo, Echo, 5, echo_request, echo_response, true, false) \
    X(TaskService, CreateTask, 0, create_task_request, migration_task, true, false) \
    X(TaskService, ConfigureTask, 0, configure_task_request, migration_task, true, false) \
    X(TaskService, StartTask, 0, start_task_request, migration_task, true, false) \
    X(TaskService, PauseTask, 0, pause_task_request, migration_task, true, false) \
    X(TaskService, ResumeTask, 0, resume_task_request, migration_task, true, false) \
    X(TaskService, DeleteTask, 0, delete_task_request, delete_task_response, true, false) \
    X(TaskService, GetTask, 0, get_task_request, migration_task, true, false) \
    X(TaskService, ListTasks, 0, list_tasks_request, list_tasks_response, true, false) \
    X(TaskService, ListActions, 0, list_actions_request, list_actions_response, true, false) \
    X(TaskService, WatchTasks, 0, watch_tasks_request, watch_event, true, true)
/* methods: end */
/* clang-format on */

CUTOVER_METHODS(CUTOVER_DECLARE_METHOD)

/* --- Calls ------------------------------------------------------------------------------------------------------- */

/* A call that was started. Never given twice by one client; 0 is none. */
typedef uint64_t cutover_call_id;

/* One entry of metadata. */
typedef struct cutover_metadata {
    /* 1 to 64 bytes of [a-z0-9._-]. */
    const char *key;
    const void *value;
    size_t length; /* at most 65535; all entries together at most 8 KiB and 64 */
} cutover_metadata;

/* timeout_ms of a call that may take for ever. */
#define CUTOVER_NO_TIMEOUT UINT32_MAX

/* Terms of one call; NULL or {0} are the defaults. */
typedef struct cutover_call_options {
    /*
     * The deadline, from now, over all attempts. 0 takes the default. When it passes, the call fails at once and the
     * server is told. It bounds the waiting only: a stop that was accepted goes on.
     */
    uint32_t timeout_ms;
    const cutover_metadata *metadata;
    size_t metadata_count;
    /* For streams of cutover_start: credit is given back by cutover_consumed, not by the return of the callback. */
    bool manual_credit;
} cutover_call_options;

/* One message of a stream. Valid until the callback returns. */
typedef struct cutover_item {
    /* NULL when the method has no response descriptor. */
    const ProtobufCMessage *message;
    const uint8_t *payload;
    size_t payload_length;
    const cutover_metadata *metadata;
    size_t metadata_count;
    /* What it took of the stream's credit: what cutover_consumed has to give back. */
    uint32_t cost;
} cutover_item;

/* How a call ended. Valid until the callback returns. */
typedef struct cutover_result {
    cutover_status status;
    /* When the status is OK and the method is not a stream; NULL when it has no response descriptor. */
    const ProtobufCMessage *message;
    const uint8_t *payload;
    size_t payload_length;
    const cutover_metadata *metadata;
    size_t metadata_count;
    /* Its status is the one above. */
    cutover_error error;
} cutover_result;

/*
 * What is called about a call, always from inside cutover_process, cutover_wait or a blocking function.
 *
 * A callback may start and cancel calls; it must not block, process or free this client.
 */
typedef struct cutover_handlers {
    /* For each message of a stream; may be NULL. */
    void (*item)(cutover_client *client, cutover_call_id call, const cutover_item *item, void *context);
    /* Exactly once for each call that was started, as the last. */
    void (*end)(cutover_client *client, cutover_call_id call, const cutover_result *result, void *context);
    void *context;
} cutover_handlers;

/*
 * Starts a call of any method. The request is packed at once and not kept. It must be a whole message: no NULL where a
 * length or a count says that something is there. An empty request_id of it is replaced by a random one.
 *
 * Sent again by itself, as PROTOCOL.md says: when the answer is NOT_EXECUTED, unless it is CANCELLED, DEADLINE_EXCEEDED
 * or says that no retry can help; or when the connection is lost and the method is idempotent or no byte of the request
 * was sent; within the deadline, max_attempts and the retry budget; never after a message of a stream was delivered.
 *
 * Returns 0 when it could not be started, with the reason in *error (may be NULL); then no callback is called.
 */
cutover_call_id cutover_start(cutover_client *client, const cutover_method *method, const ProtobufCMessage *request,
                              const cutover_call_options *options, const cutover_handlers *handlers,
                              cutover_error *error);

/*
 * Cancels a call: it ends with CANCELLED at the next cutover_process, and the server is told.
 *
 * Returns false when there is no such call any more.
 */
bool cutover_cancel(cutover_client *client, cutover_call_id call);

/* With manual_credit: lets the server send that much more of a stream. Not more than was delivered is given back. */
void cutover_consumed(cutover_client *client, cutover_call_id call, size_t cost);

/* --- The event loop ---------------------------------------------------------------------------------------------- */

/* The descriptor to poll; the same for the client's whole life (an epoll instance). The library's: do not close it. */
int cutover_fd(const cutover_client *client);

/* The poll(2) events to wait for on cutover_fd: POLLIN. */
short cutover_events(const cutover_client *client);

/* How long the loop may sleep before cutover_process is due: 0 now, -1 until the descriptor is ready. */
int cutover_timeout_ms(const cutover_client *client);

/*
 * Does what can be done without waiting: sends, receives, calls back, minds the timers.
 *
 * Call it when the descriptor is ready, when the timeout has passed, and after calls were started or cancelled (the
 * timeout is 0 then). Reads at most 1 MiB of each connection, so that it does not hold up the loop. Returns false,
 * doing nothing, inside a callback.
 */
bool cutover_process(cutover_client *client);

/*
 * Waits until something has happened, at most max_ms (-1 is for ever), and processes it. Returns false inside a
 * callback.
 */
bool cutover_wait(cutover_client *client, int max_ms);

/* --- Blocking ---------------------------------------------------------------------------------------------------- */

/*
 * Makes a unary call of any method and waits for its answer. Other calls of the client go on meanwhile.
 *
 * *response is the caller's: release it with its free_unpacked function and NULL, or protobuf_c_message_free_unpacked.
 * NULL when the call failed. response and error may be NULL.
 */
cutover_status cutover_call(cutover_client *client, const cutover_method *method, const ProtobufCMessage *request,
                            const cutover_call_options *options, ProtobufCMessage **response, cutover_error *error);

/*
 * Takes one message of a stream, valid until it returns. May make other calls of the same client, blocking ones too.
 *
 * Returns false to end the stream: the function that called it then returns CUTOVER_CANCELLED.
 */
typedef bool (*cutover_take)(const ProtobufCMessage *message, void *context);

/* Makes a streaming call of any method that has a response descriptor and gives each message to take. */
cutover_status cutover_stream(cutover_client *client, const cutover_method *method, const ProtobufCMessage *request,
                              const cutover_call_options *options, cutover_take take, void *context,
                              cutover_error *error);

/*
 * Stops one task.
 *
 * Returns when the stop is accepted; *response (may be NULL) is the caller's, see cutover_call.
 */
cutover_status cutover_stop(cutover_client *client, const Cutover__V1__StopTaskRequest *request,
                            const cutover_call_options *options, Cutover__V1__StopTaskResponse **response,
                            cutover_error *error);

/* Takes one message of a batch; false stops listening, while the batch goes on at the server. */
typedef bool (*cutover_take_batch)(const Cutover__V1__BatchStopEvent *event, void *context);

/*
 * Stops many tasks: by ids, up to 100,000, or by a selector. The last message is the summary.
 *
 * An empty request_id is replaced by a random one. When the server is lost the stream is taken up again, up to
 * max_attempts times without a message in between, and goes on without gap or repetition. What was told is kept for
 * that, some 100 bytes for a task; only without memory for it may a result be told twice.
 */
cutover_status cutover_batch_stop(cutover_client *client, const Cutover__V1__BatchStopRequest *request,
                                  const cutover_call_options *options, cutover_take_batch take, void *context,
                                  cutover_error *error);

/* Takes one message of a watch; false ends it. */
typedef bool (*cutover_take_watch)(const Cutover__V1__WatchEvent *event, void *context);

/*
 * Watches tasks, stops or a batch until take returns false, the deadline passes, or the server stays away.
 *
 * A lost server is found again as in cutover_batch_stop, and the watch goes on behind the last change: no change is
 * missed or told twice. Where a list of present states broke off, a message of the kind RELIST comes first, as it does
 * from the server when changes are no longer kept: forget what you hold, the present state follows.
 */
cutover_status cutover_watch(cutover_client *client, const Cutover__V1__WatchTasksRequest *request,
                             const cutover_call_options *options, cutover_take_watch take, void *context,
                             cutover_error *error);

/* --- Texts ------------------------------------------------------------------------------------------------------- */

/* A text as a field's value. It points to the text, which must outlive the message. NULL is the empty text. */
ProtobufCBinaryData cutover_text(const char *text);

#define CUTOVER_REQUEST_ID_BYTES 37

/*
 * Writes a random request id (a UUID of version 4, 36 characters and a NUL). Returns false when there is no randomness.
 */
bool cutover_request_id(char id[CUTOVER_REQUEST_ID_BYTES]);

#ifdef __cplusplus
}
#endif

#endif
