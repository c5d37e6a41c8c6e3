/*
 * What the tests check with. A failed check prints where, and ends the program with 1; folders and children are cleaned
 * up.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CHECK(condition) check((condition), #condition, __FILE__, __LINE__)
#define CHECK_TEXT(actual, expected) check_text((actual), (expected), __FILE__, __LINE__)
#define CHECK_NUMBER(actual, expected)                                                                                 \
    check_number((long long)(actual), (long long)(expected), #actual, __FILE__, __LINE__)

void check(bool holds, const char *what, const char *file, int line);
/* That `part` is in the text. */
void check_text(const char *text, const char *part, const char *file, int line);
void check_number(long long actual, long long expected, const char *what, const char *file, int line);

/* Names what the next checks are about, in the message of a failure. */
void check_case(const char *name);

/* A test that ran; run_tests prints each name and how many there were. */
struct test {
    const char *name;
    void (*run)(void);
};
/* Runs those whose names contain the first argument, or all. */
int run_tests(const struct test *tests, size_t count, int argc, char **argv);
#define RUN_TESTS(tests) run_tests((tests), sizeof(tests) / sizeof(tests)[0], argc, argv)

/* A folder of this program's own, removed at its end; the path of a file in it is valid until the fourth next call. */
const char *test_path(const char *name);

/* Milliseconds of a clock that only goes forward. */
int64_t clock_ms(void);

/* Starts a program with its output in a file; it is killed at the end of this one, if it has not ended. */
pid_t child_start(char *const *arguments, const char *output);
/* Sends a signal, waits for the end for at most 30 s, and returns the exit status as waitpid gives it. */
int child_stop(pid_t child, int signal);
/* Waits for the end; returns its exit code, or -1. */
int child_wait(pid_t child);

#endif
