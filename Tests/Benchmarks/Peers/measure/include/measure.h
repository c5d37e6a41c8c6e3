// What every load client measures with, so that the clients differ in nothing but how they make their calls.
#ifndef CUTOVER_BENCH_MEASURE_H
#define CUTOVER_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Nanoseconds of a monotonic clock.
uint64_t measure_now_ns(void);

// CPU time that a process has used so far, user and system, in seconds, from /proc/PID/stat.
// The clock there ticks every 10 ms. Negative when the process is gone.
double measure_process_cpu_seconds(int pid);

// Memory that a process has resident now, in KiB. Negative when the process is gone.
long measure_process_resident_kib(int pid);

// A measurement: when it began and ended, what CPU time the server and this process used within it, how often the server
// allocated memory, and what memory they had resident at its end.
typedef struct {
    int server_pid;
    const char *allocations_file;  // what allocations/count_malloc.c writes, or NULL
    int64_t server_allocations;
    uint64_t begin_ns;
    double seconds;
    double server_cpu_seconds;
    double client_cpu_seconds;
    long server_kib;
    long client_kib;
} measure_window;

// Both read `allocations_file`, if it is given: exits with status 1 when it cannot be read.
measure_window measure_begin(int server_pid, const char *allocations_file);
void measure_end(measure_window *window);

// Counts of latencies in buckets at most 1/128 wide, so that a quantile is off by less than one percent.
// Roughly 32 KiB; not safe to share between threads.
typedef struct measure_histogram measure_histogram;

measure_histogram *measure_histogram_create(void);
void measure_histogram_free(measure_histogram *histogram);
void measure_histogram_reset(measure_histogram *histogram);
void measure_histogram_record(measure_histogram *histogram, uint64_t latency_ns);
void measure_histogram_merge(measure_histogram *into, const measure_histogram *from);
uint64_t measure_histogram_count(const measure_histogram *histogram);
// The latency that `quantile` (0 to 1) of the calls did not exceed, in microseconds; 0 when nothing was recorded.
double measure_histogram_quantile_us(const measure_histogram *histogram, double quantile);

// Prints the result of a measurement to standard output as one line: members of a JSON object, without its braces.
// `slow_calls` were answered too, and are not in the histogram: the server had marked them as slow.
// Exits with status 1 when the server is gone or no call was answered.
void measure_print(const measure_window *window, const measure_histogram *histogram, uint64_t slow_calls);

// The same for a stream of so many bytes.
void measure_print_stream(const measure_window *window, uint64_t bytes);

// What the driver tells every load client.
typedef struct {
    const char *host;           // an IPv4 address
    uint16_t port;
    int connections;            // 1 to 64
    int in_flight;              // calls in flight on each connection, 1 to 1024
    int warmup_ms;
    int measure_ms;
    int timeout_ms;             // the deadline of each call
    int server_pid;
    const char *protocol;       // "floor" or "cutover"; only the epoll client looks at it
    bool is_echo;               // --shape echo: EchoRequest and EchoResponse instead of StopTaskRequest and its response
    bool is_wire;               // --shape wire: bytes that Cutover's server sends back undecoded; only the epoll client
    uint8_t *request;           // the encoded request to send
    size_t request_length;
    uint8_t *response;          // the encoded response that must come back
    size_t response_length;
    int rate;                   // calls per second, over all connections, each due at its time; 0: each follows an answer
    int stream_items;           // receive a stream of so many items of 64 KiB and make no other calls
    const char *allocations_file;
    const char *ca_file;        // PEM of the authority to trust: speak TLS; NULL without; only stop-load looks at it
    int stalled_mib;            // a stream of so many MiB that is not read meanwhile, 0 to 1024; only stop-load
} measure_options;

// Reads the arguments of a load client; on a mistake prints what is wrong and exits with status 2.
measure_options measure_parse_options(int argc, char **argv);

// The contents of a file below 64 KiB; exits with status 2 when it cannot be read.
uint8_t *measure_read_file(const char *path, size_t *length);

// When each call of a fixed rate is due. A call that is late keeps its time, so that waiting for its turn counts as latency.
typedef struct {
    uint64_t begin_ns;
    double interval_ns;
    uint64_t sent;
} measure_schedule;

measure_schedule measure_schedule_begin(double calls_per_s);
// When the next call is due, on the clock of measure_now_ns.
uint64_t measure_schedule_due_ns(const measure_schedule *schedule);

// What the driver tells the servers of stop calls.
typedef struct {
    uint8_t *response;          // the encoded StopTaskResponse that answers are made from
    size_t response_length;
    int slow_every;             // each so many-th stop takes slow_ms; 0: none does
    int slow_ms;
} measure_server_options;

// Reads the arguments RESPONSE_FILE [--slow-percent N --slow-ms N] of a server; on a mistake prints the usage and exits with
// status 2.
measure_server_options measure_parse_server_options(int argc, char **argv);

// The items of the stream that is measured, see messages/bulk.proto: `measure_item_bytes` each.
enum { measure_item_bytes = 64 * 1024 };
// Writes the item of a number.
void measure_item_fill(uint8_t *item, uint64_t number);
// Whether it is that of the number; `filled` is any item that was written by measure_item_fill.
bool measure_item_is(const uint8_t *item, size_t length, uint64_t number, const uint8_t *filled);

#ifdef __cplusplus
}
#endif
#endif
