#define _GNU_SOURCE
#include "measure.h"

#include <errno.h>
#include <getopt.h>
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

measure_window measure_begin(int server_pid) {
    return (measure_window){
        .server_pid = server_pid,
        .begin_ns = measure_now_ns(),
        .server_cpu_seconds = measure_process_cpu_seconds(server_pid),
        .client_cpu_seconds = measure_process_cpu_seconds(getpid()),
    };
}

void measure_end(measure_window *window) {
    window->seconds = (double)(measure_now_ns() - window->begin_ns) / 1e9;
    double server = measure_process_cpu_seconds(window->server_pid);
    bool alive = window->server_cpu_seconds >= 0 && server >= 0;
    window->server_cpu_seconds = alive ? server - window->server_cpu_seconds : -1;
    window->client_cpu_seconds = measure_process_cpu_seconds(getpid()) - window->client_cpu_seconds;
    window->server_kib = measure_process_resident_kib(window->server_pid);
    window->client_kib = measure_process_resident_kib(getpid());
}

void measure_print(const measure_window *window, const measure_histogram *histogram) {
    if (window->server_cpu_seconds < 0 || histogram->count == 0) {
        fputs("the server is gone, or no call was answered\n", stderr);
        exit(1);
    }
    double calls = (double)histogram->count;
    double per_100k = 100000.0 / calls;
    printf("\"calls\":%.0f,\"seconds\":%.4f,\"calls_per_s\":%.1f,\"p50_us\":%.2f,\"p99_us\":%.2f,"
           "\"server_cpu_s_per_100k\":%.4f,\"client_cpu_s_per_100k\":%.4f,"
           "\"server_kib\":%ld,\"client_kib\":%ld\n",
        calls, window->seconds, calls / window->seconds, measure_histogram_quantile_us(histogram, 0.5),
        measure_histogram_quantile_us(histogram, 0.99), window->server_cpu_seconds * per_100k,
        window->client_cpu_seconds * per_100k, window->server_kib, window->client_kib);
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
    if (*length == 0 || *length == file_limit) {
        fprintf(stderr, "%s must hold 1 to 65535 bytes\n", path);
        exit(2);
    }
    return bytes;
}

static int number(const char *name, const char *text, int low, int high) {
    char *end = NULL;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != 0 || value < low || value > high) {
        fprintf(stderr, "--%s must be a number from %d to %d\n", name, low, high);
        exit(2);
    }
    return (int)value;
}

measure_options measure_parse_options(int argc, char **argv) {
    static const struct option known[] = {
        {"port", required_argument, NULL, 'p'},       {"connections", required_argument, NULL, 'c'},
        {"in-flight", required_argument, NULL, 'f'},  {"warmup-ms", required_argument, NULL, 'w'},
        {"measure-ms", required_argument, NULL, 'm'}, {"timeout-ms", required_argument, NULL, 't'},
        {"server-pid", required_argument, NULL, 's'}, {"protocol", required_argument, NULL, 'o'},
        {"request", required_argument, NULL, 'q'},    {"response", required_argument, NULL, 'r'},
        {"ca-file", required_argument, NULL, 'a'},    {"stalled-mib", required_argument, NULL, 'l'},
        {NULL, 0, NULL, 0},
    };
    measure_options options = {
        .host = "127.0.0.1", .connections = 1, .in_flight = 1, .warmup_ms = 200, .measure_ms = 1000,
        .timeout_ms = 30000, .protocol = "floor",
    };
    int choice;
    while ((choice = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (choice) {
        case 'p': options.port = (uint16_t)number("port", optarg, 1, 65535); break;
        case 'c': options.connections = number("connections", optarg, 1, 64); break;
        case 'f': options.in_flight = number("in-flight", optarg, 1, 1024); break;
        case 'w': options.warmup_ms = number("warmup-ms", optarg, 0, 60000); break;
        case 'm': options.measure_ms = number("measure-ms", optarg, 1, 60000); break;
        case 't': options.timeout_ms = number("timeout-ms", optarg, 1, 600000); break;
        case 's': options.server_pid = number("server-pid", optarg, 1, 1 << 30); break;
        case 'o': options.protocol = optarg; break;
        case 'q': options.request = measure_read_file(optarg, &options.request_length); break;
        case 'r': options.response = measure_read_file(optarg, &options.response_length); break;
        case 'a': options.ca_file = optarg; break;
        case 'l': options.stalled_mib = number("stalled-mib", optarg, 0, 1024); break;
        default: exit(2);
        }
    }
    if (options.port == 0 || options.server_pid == 0 || options.request == NULL || options.response == NULL) {
        fputs("--port, --server-pid, --request and --response are required\n", stderr);
        exit(2);
    }
    return options;
}
