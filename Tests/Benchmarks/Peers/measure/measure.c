#define _GNU_SOURCE
#include "measure.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    sub_bits = 7,
    sub_count = 1 << sub_bits,
    exponents = 34,  // up to 2^41 ns, about 36 minutes; longer latencies fall into the last bucket
    bucket_count = exponents * sub_count,
    file_limit = 64 * 1024,
};

struct measure_histogram {
    uint64_t count;
    uint64_t buckets[bucket_count];
};

uint64_t measure_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

double measure_process_cpu_seconds(int pid) {
    char path[64];
    char text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) return -1;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    // The second field, the name in parentheses, may hold spaces: count from the last parenthesis.
    const char *rest = strrchr(text, ')');
    unsigned long user = 0, system = 0;
    if (rest == NULL
        || sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        return -1;
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

long measure_process_resident_kib(int pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) return -1;
    long pages = -1;
    if (fscanf(file, "%*d %ld", &pages) != 1) pages = -1;
    fclose(file);
    return pages < 0 ? -1 : pages * (sysconf(_SC_PAGESIZE) / 1024);
}

measure_histogram *measure_histogram_create(void) {
    measure_histogram *histogram = calloc(1, sizeof *histogram);
    if (histogram == NULL) {
        fputs("no memory for a histogram\n", stderr);
        exit(1);
    }
    return histogram;
}

void measure_histogram_free(measure_histogram *histogram) { free(histogram); }

void measure_histogram_reset(measure_histogram *histogram) { memset(histogram, 0, sizeof *histogram); }

// Values below 2^7 have a bucket each; above, the exponent and the next 7 bits choose it.
static size_t bucket_of(uint64_t value) {
    if (value < sub_count) return (size_t)value;
    unsigned top = 63u - (unsigned)__builtin_clzll(value);
    unsigned exponent = top - sub_bits + 1;
    size_t bucket = (size_t)exponent * sub_count + (size_t)((value >> (top - sub_bits)) & (sub_count - 1));
    return bucket < bucket_count ? bucket : bucket_count - 1;
}

// The middle of a bucket.
static double value_of(size_t bucket) {
    size_t exponent = bucket / sub_count;
    size_t sub = bucket % sub_count;
    if (exponent == 0) return (double)sub;
    double width = (double)(1ull << (exponent - 1));
    return ((double)sub_count + (double)sub + 0.5) * width;
}

void measure_histogram_record(measure_histogram *histogram, uint64_t latency_ns) {
    histogram->count += 1;
    histogram->buckets[bucket_of(latency_ns)] += 1;
}

void measure_histogram_merge(measure_histogram *into, const measure_histogram *from) {
    into->count += from->count;
    for (size_t i = 0; i < bucket_count; i++) into->buckets[i] += from->buckets[i];
}

uint64_t measure_histogram_count(const measure_histogram *histogram) { return histogram->count; }

double measure_histogram_quantile_us(const measure_histogram *histogram, double quantile) {
    if (histogram->count == 0) return 0;
    double wanted = quantile * (double)histogram->count;
    uint64_t seen = 0;
    for (size_t i = 0; i < bucket_count; i++) {
        seen += histogram->buckets[i];
        if ((double)seen >= wanted && histogram->buckets[i] > 0) return value_of(i) / 1000.0;
    }
    return value_of(bucket_count - 1) / 1000.0;
}

// The counter that allocations/count_malloc.c keeps in a file of eight bytes.
static int64_t allocations(const char *path) {
    uint64_t count = 0;
    if (path == NULL) return 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL || fread(&count, sizeof count, 1, file) != 1) {
        fprintf(stderr, "cannot read the number of allocations from %s\n", path);
        exit(1);
    }
    fclose(file);
    return (int64_t)count;
}

measure_window measure_begin(int server_pid, const char *allocations_file) {
    return (measure_window){
        .server_pid = server_pid,
        .allocations_file = allocations_file,
        .server_allocations = allocations(allocations_file),
        .begin_ns = measure_now_ns(),
        .server_cpu_seconds = measure_process_cpu_seconds(server_pid),
        .client_cpu_seconds = measure_process_cpu_seconds(getpid()),
    };
}

void measure_end(measure_window *window) {
    window->seconds = (double)(measure_now_ns() - window->begin_ns) / 1e9;
    window->server_allocations = allocations(window->allocations_file) - window->server_allocations;
    double server = measure_process_cpu_seconds(window->server_pid);
    bool alive = window->server_cpu_seconds >= 0 && server >= 0;
    window->server_cpu_seconds = alive ? server - window->server_cpu_seconds : -1;
    window->client_cpu_seconds = measure_process_cpu_seconds(getpid()) - window->client_cpu_seconds;
    window->server_kib = measure_process_resident_kib(window->server_pid);
    window->client_kib = measure_process_resident_kib(getpid());
}

void measure_print(const measure_window *window, const measure_histogram *histogram, uint64_t slow_calls) {
    if (window->server_cpu_seconds < 0 || histogram->count == 0) {
        fputs("the server is gone, or no call was answered\n", stderr);
        exit(1);
    }
    double calls = (double)(histogram->count + slow_calls);
    double per_100k = 100000.0 / calls;
    printf("\"calls\":%.0f,\"seconds\":%.4f,\"calls_per_s\":%.1f,\"p50_us\":%.2f,\"p99_us\":%.2f,"
           "\"server_cpu_s_per_100k\":%.4f,\"client_cpu_s_per_100k\":%.4f,"
           "\"server_kib\":%ld,\"client_kib\":%ld,\"p999_us\":%.2f,\"slow_calls\":%" PRIu64,
        calls, window->seconds, calls / window->seconds, measure_histogram_quantile_us(histogram, 0.5),
        measure_histogram_quantile_us(histogram, 0.99), window->server_cpu_seconds * per_100k,
        window->client_cpu_seconds * per_100k, window->server_kib, window->client_kib,
        measure_histogram_quantile_us(histogram, 0.999), slow_calls);
    if (window->allocations_file != NULL)
        printf(",\"server_allocations_per_call\":%.4f", (double)window->server_allocations / calls);
    putchar('\n');
    fflush(stdout);
}

void measure_print_stream(const measure_window *window, uint64_t bytes) {
    if (window->server_cpu_seconds < 0) {
        fputs("the server is gone\n", stderr);
        exit(1);
    }
    double megabytes = (double)bytes / 1e6;
    printf("\"seconds\":%.4f,\"mb_per_s\":%.1f,\"server_cpu_s_per_gb\":%.4f,\"client_cpu_s_per_gb\":%.4f,"
           "\"server_kib\":%ld,\"client_kib\":%ld\n",
        window->seconds, megabytes / window->seconds, window->server_cpu_seconds / megabytes * 1000,
        window->client_cpu_seconds / megabytes * 1000, window->server_kib, window->client_kib);
    fflush(stdout);
}

uint8_t *measure_read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "cannot open %s: %s\n", path, strerror(errno));
        exit(2);
    }
    uint8_t *bytes = malloc(file_limit);
    *length = bytes == NULL ? 0 : fread(bytes, 1, file_limit, file);
    fclose(file);
    if (bytes == NULL || *length == file_limit) {
        fprintf(stderr, "%s must hold less than 65536 bytes\n", path);
        exit(2);
    }
    return bytes;
}
