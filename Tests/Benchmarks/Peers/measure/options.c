#define _GNU_SOURCE
#include "measure.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        {"shape", required_argument, NULL, 'e'},      {"rate", required_argument, NULL, 'R'},
        {"allocations", required_argument, NULL, 'A'}, {"stream-items", required_argument, NULL, 'S'},
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
        case 'e':
            options.is_echo = strcmp(optarg, "echo") == 0;
            options.is_wire = strcmp(optarg, "wire") == 0;
            if (!options.is_echo && !options.is_wire && strcmp(optarg, "stop") != 0) {
                fputs("--shape is stop, echo or wire\n", stderr);
                exit(2);
            }
            break;
        case 'R': options.rate = number("rate", optarg, 1, 10000000); break;
        case 'A': options.allocations_file = optarg; break;
        case 'S': options.stream_items = number("stream-items", optarg, 1, 1 << 20); break;
        default: exit(2);
        }
    }
    if (options.port == 0 || options.server_pid == 0 || options.request == NULL || options.response == NULL) {
        fputs("--port, --server-pid, --request and --response are required\n", stderr);
        exit(2);
    }
    return options;
}

measure_server_options measure_parse_server_options(int argc, char **argv) {
    static const struct option known[] = {
        {"slow-percent", required_argument, NULL, 'p'}, {"slow-ms", required_argument, NULL, 'm'}, {NULL, 0, NULL, 0},
    };
    measure_server_options options = {.slow_ms = 5};
    int choice;
    while ((choice = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (choice) {
        case 'p': options.slow_every = 100 / number("slow-percent", optarg, 1, 100); break;
        case 'm': options.slow_ms = number("slow-ms", optarg, 1, 10000); break;
        default: exit(2);
        }
    }
    if (optind != argc - 1) {
        fprintf(stderr, "usage: %s RESPONSE_FILE [--slow-percent N --slow-ms N]\n", argv[0]);
        exit(2);
    }
    options.response = measure_read_file(argv[optind], &options.response_length);
    return options;
}
