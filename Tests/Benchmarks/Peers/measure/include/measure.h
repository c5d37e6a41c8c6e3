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

// A measurement: when it began and ended, what CPU time the server and this process used within it, and what memory they
// had resident at its end.
typedef struct {
    int server_pid;
    uint64_t begin_ns;
    double seconds;
    double server_cpu_seconds;
    double client_cpu_seconds;
    long server_kib;
    long client_kib;
} measure_window;

measure_window measure_begin(int server_pid);
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
// Exits with status 1 when the server is gone or no call was answered.
void measure_print(const measure_window *window, const measure_histogram *histogram);

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
    uint8_t *request;           // the encoded StopTaskRequest to send
    size_t request_length;
    uint8_t *response;          // the encoded StopTaskResponse that must come back
    size_t response_length;
    const char *ca_file;        // PEM of the authority to trust: speak TLS; NULL without; only stop-load looks at it
    int stalled_mib;            // a stream of so many MiB that is not read meanwhile, 0 to 1024; only stop-load
} measure_options;

// Reads the arguments of a load client; on a mistake prints what is wrong and exits with status 2.
measure_options measure_parse_options(int argc, char **argv);

// The contents of a file of at most 64 KiB; exits with status 2 when it cannot be read.
uint8_t *measure_read_file(const char *path, size_t *length);

#ifdef __cplusplus
}
#endif
#endif
