/* A real cutoverd (CUTOVERD is its path) in the test's folder. */
#ifndef CUTOVERD_H
#define CUTOVERD_H

#include <stdbool.h>
#include <sys/types.h>

struct cutoverd {
    pid_t pid; /* 0 while it does not run */
    char program[300], endpoint[300], data[300], log[300];
};

/* Where one is to be: its name tells it from others; on a free TCP port or on a Unix socket. Fails the test without
 * CUTOVERD. */
struct cutoverd cutoverd_place(const char *name, bool tcp);

/* Starts it, with settings as "name=value", ended by a NULL (or NULL for none). It serves some time later. */
void cutoverd_start(struct cutoverd *server, const char *const *settings);

/* Sends a signal and waits for the end; after SIGTERM that must be an orderly one. */
void cutoverd_stop(struct cutoverd *server, int signal);

/* Prints the end of its log, for a test that is about to fail. */
void cutoverd_show_log(const struct cutoverd *server);

/* Runs one of its commands on the server's data, such as token create, and gives the last line of its output. */
void cutoverd_command(const struct cutoverd *server, const char *const *words, char *line, size_t size);

#endif
