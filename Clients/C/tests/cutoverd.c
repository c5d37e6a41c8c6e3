#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE 1

#include "cutoverd.h"

#include "check.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS_MAX = 24 };

/* A port that nobody listens on just now. */
static unsigned free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&address, &length) == 0);
    close(fd);
    return ntohs(address.sin_port);
}

struct cutoverd cutoverd_place(const char *name, bool tcp) {
    struct cutoverd server = {0};
    char file[64];
    const char *program = getenv("CUTOVERD");
    if (program == NULL || access(program, X_OK) != 0) fprintf(stderr, "CUTOVERD must be the path of a cutoverd\n");
    CHECK(program != NULL && access(program, X_OK) == 0);
    snprintf(server.program, sizeof server.program, "%s", program);
    snprintf(file, sizeof file, "%s.s", name);
    if (tcp) snprintf(server.endpoint, sizeof server.endpoint, "127.0.0.1:%u", free_port());
    else snprintf(server.endpoint, sizeof server.endpoint, "unix:%s", test_path(file));
    snprintf(file, sizeof file, "%s.data", name);
    snprintf(server.data, sizeof server.data, "%s", test_path(file));
    CHECK(mkdir(server.data, 0700) == 0);
    snprintf(file, sizeof file, "%s.log", name);
    snprintf(server.log, sizeof server.log, "%s", test_path(file));
    return server;
}

/* Starts the program with these words; they are only read. */
static pid_t run(const struct cutoverd *server, const char *const *words, const char *output) {
    char *arguments[WORDS_MAX + 1] = {(char *)(uintptr_t)server->program};
    size_t count = 1;
    for (; *words != NULL; words++) {
        CHECK(count < WORDS_MAX);
        arguments[count++] = (char *)(uintptr_t)*words;
    }
    return child_start(arguments, output);
}

void cutoverd_start(struct cutoverd *server, const char *const *settings) {
    const char *words[WORDS_MAX] = {"--listen", server->endpoint, "--data-directory", server->data};
    for (size_t count = 4; settings != NULL && *settings != NULL; settings++) {
        CHECK(count + 3 < WORDS_MAX);
        words[count++] = "--set";
        words[count++] = *settings;
    }
    server->pid = run(server, words, server->log);
}

void cutoverd_stop(struct cutoverd *server, int signal) {
    int status = child_stop(server->pid, signal);
    server->pid = 0;
    if (signal == SIGTERM) CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void cutoverd_show_log(const struct cutoverd *server) {
    char text[4001] = "";
    FILE *file = fopen(server->log, "r");
    if (file == NULL) return;
    if (fseek(file, -4000, SEEK_END) != 0) rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    fprintf(stderr, "%s\n", text);
}

void cutoverd_command(const struct cutoverd *server, const char *const *words, char *line, size_t size) {
    const char *all[WORDS_MAX] = {NULL};
    size_t count = 0;
    for (; *words != NULL; words++) {
        CHECK(count + 3 < WORDS_MAX);
        all[count++] = *words;
    }
    all[count++] = "--data-directory";
    all[count] = server->data;
    char output[320];
    snprintf(output, sizeof output, "%s.out", server->log);
    unlink(output);
    CHECK_NUMBER(child_wait(run(server, all, output)), 0);
    FILE *file = fopen(output, "r");
    CHECK(file != NULL);
    /* The last line: what is said beside it goes to the same file. */
    *line = 0;
    while (fgets(line, (int)size, file) != NULL) continue;
    line[strcspn(line, "\n")] = 0;
    fclose(file);
}
