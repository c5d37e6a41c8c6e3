#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE 1

#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char folder[256];
static const char *current_test = "", *current_case = "";
static pid_t children[8];

static void remove_folder(const char *path) {
    DIR *directory = opendir(path);
    if (directory == NULL) return;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char inner[sizeof folder + 512];
        struct stat status;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (lstat(inner, &status) == 0 && S_ISDIR(status.st_mode)) remove_folder(inner);
        else unlink(inner);
    }
    closedir(directory);
    rmdir(path);
}

static void clean_up(void) {
    for (size_t i = 0; i < sizeof children / sizeof children[0]; i++) {
        if (children[i] > 0) child_stop(children[i], SIGKILL);
    }
    if (*folder != 0) remove_folder(folder);
}

static void fail(const char *file, int line) {
    fprintf(stderr, "FAILED %s%s%s at %s:%d\n", current_test, *current_case ? ", " : "", current_case, file, line);
    exit(1);
}

void check(bool holds, const char *what, const char *file, int line) {
    if (holds) return;
    fprintf(stderr, "not so: %s\n", what);
    fail(file, line);
}

void check_text(const char *text, const char *part, const char *file, int line) {
    if (text != NULL && strstr(text, part) != NULL) return;
    fprintf(stderr, "\"%s\" does not hold \"%s\"\n", text == NULL ? "(none)" : text, part);
    fail(file, line);
}

void check_number(long long actual, long long expected, const char *what, const char *file, int line) {
    if (actual == expected) return;
    fprintf(stderr, "%s is %lld, not %lld\n", what, actual, expected);
    fail(file, line);
}

void check_case(const char *name) { current_case = name; }

int run_tests(const struct test *tests, size_t count, int argc, char **argv) {
    size_t ran = 0;
    for (size_t i = 0; i < count; i++) {
        if (argc > 1 && strstr(tests[i].name, argv[1]) == NULL) continue;
        current_test = tests[i].name;
        current_case = "";
        tests[i].run();
        printf("ok  %s\n", tests[i].name);
        fflush(stdout);
        ran++;
    }
    printf("%zu tests\n", ran);
    return ran == 0;
}

const char *test_path(const char *name) {
    static char paths[4][sizeof folder + 128];
    static unsigned next;
    if (*folder == 0) {
        const char *base = getenv("TMPDIR");
        snprintf(folder, sizeof folder, "%s/cutover-c-XXXXXX", base != NULL ? base : "/tmp");
        CHECK(mkdtemp(folder) != NULL);
        atexit(clean_up);
    }
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

int64_t clock_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

pid_t child_start(char *const *arguments, const char *output) {
    size_t place = 0;
    while (place < sizeof children / sizeof children[0] && children[place] != 0) place++;
    CHECK(place < sizeof children / sizeof children[0]);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        int file = open(output, O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (file < 0 || dup2(file, 1) < 0 || dup2(file, 2) < 0) _exit(126);
        execv(arguments[0], arguments);
        _exit(127);
    }
    children[place] = child;
    return child;
}

static int child_reap(pid_t child, int64_t due) {
    int status = -1;
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (clock_ms() > due) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            break;
        }
        usleep(2000);
    }
    for (size_t i = 0; i < sizeof children / sizeof children[0]; i++) {
        if (children[i] == child) children[i] = 0;
    }
    return status;
}

int child_stop(pid_t child, int signal) {
    kill(child, signal);
    return child_reap(child, clock_ms() + 30000);
}

int child_wait(pid_t child) {
    int status = child_reap(child, clock_ms() + 60000);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
