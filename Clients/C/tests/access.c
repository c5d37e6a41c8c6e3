/* Who may do what at a real cutoverd (CUTOVERD): tokens, roles, TLS and client certificates. */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE 1

#include "check.h"
#include "cutover.h"
#include "cutoverd.h"
#include "identity.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char nobody[] = "00000000-0000-4000-8000-000000000000";

static void make_token(const struct cutoverd *server, const char *name, const char *role, char token[128]) {
    const char *words[] = {"token", "create", "--name", name, "--role", role, NULL};
    cutoverd_command(server, words, token, 128);
    CHECK(strncmp(token, "cut_", 4) == 0 && strlen(token) == 60);
}

static cutover_client *client_with(const cutover_options *options) {
    cutover_error error = {0};
    cutover_client *client = cutover_new(options, &error);
    if (client == NULL) fprintf(stderr, "%s\n", error.message);
    CHECK(client != NULL);
    return client;
}

/* Waits for the server, whatever it thinks of this caller. */
static cutover_status reach(const struct cutoverd *server, cutover_client *client, cutover_error *error) {
    cutover_status status;
    int64_t due = clock_ms() + 60000;
    do {
        status = cutover_connect(client, 30000, error);
    } while (status == CUTOVER_UNAVAILABLE && strcmp(error->reason, CUTOVER_REASON_CONNECT_FAILED) == 0 &&
             clock_ms() < due);
    if (status != CUTOVER_OK) fprintf(stderr, "%s: %s\n", error->reason, error->message);
    if (status != CUTOVER_OK) cutoverd_show_log(server);
    return status;
}

static cutover_status stop(cutover_client *client, Cutover__V1__StopMode mode, cutover_error *error) {
    Cutover__V1__StopTaskRequest request = CUTOVER__V1__STOP_TASK_REQUEST__INIT;
    request.task_id = cutover_text(nobody);
    request.mode = mode;
    request.reason = cutover_text("a test");
    return cutover_stop(client, &request, NULL, NULL, error);
}

static const char *detail_of(const cutover_error *error, const char *key) {
    for (size_t i = 0; i < error->detail_count; i++) {
        if (strcmp(error->details[i].key, key) == 0) return error->details[i].value;
    }
    return "";
}

static void tokens_and_roles(void) {
    char viewer[128], force[128], wrong[128];
    struct cutoverd server = cutoverd_place("roles", false);
    cutover_error error = {0};
    make_token(&server, "a viewer", "viewer", viewer);
    make_token(&server, "a breaker", "force", force);
    cutoverd_start(&server, NULL);
    cutover_client *client = client_with(&(cutover_options){.endpoints = server.endpoint, .token = viewer});
    CHECK(reach(&server, client, &error) == CUTOVER_OK);
    CHECK(stop(client, CUTOVER__V1__STOP_MODE__STOP_MODE_GRACEFUL, &error) == CUTOVER_PERMISSION_DENIED);
    CHECK_TEXT(error.reason, "ROLE_MISSING");
    CHECK_TEXT(detail_of(&error, "role"), "operator");
    CHECK_TEXT(detail_of(&error, "method"), "StopTask");
    CHECK(error.not_executed && error.retry_after_ms == CUTOVER_RETRY_NEVER);
    /* The connection lives. */
    CHECK(cutover_connect(client, 0, &error) == CUTOVER_OK);
    cutover_free(client);
    client = client_with(&(cutover_options){.endpoints = server.endpoint, .token = force});
    CHECK(stop(client, CUTOVER__V1__STOP_MODE__STOP_MODE_FORCED, &error) == CUTOVER_NOT_FOUND);
    cutover_free(client);
    snprintf(wrong, sizeof wrong, "%s", force);
    wrong[59] = wrong[59] == 'A' ? 'B' : 'A';
    const char *refused[] = {wrong, "nonsense", NULL};
    for (int i = 0; i < 3; i++) {
        client = client_with(&(cutover_options){.endpoints = server.endpoint, .token = refused[i]});
        CHECK(stop(client, CUTOVER__V1__STOP_MODE__STOP_MODE_FORCED, &error) == CUTOVER_UNAUTHENTICATED);
        CHECK_TEXT(error.reason, CUTOVER_REASON_SETUP_REFUSED);
        CHECK(error.not_executed);
        CHECK(refused[i] == NULL || strstr(error.message, refused[i]) == NULL);
        cutover_free(client);
    }
    /* Revoked while it is in use: the connection goes, and the next one is refused. */
    char id[13] = {0}, line[256];
    memcpy(id, viewer + 4, 12);
    client = client_with(&(cutover_options){.endpoints = server.endpoint, .token = viewer});
    CHECK(cutover_connect(client, 0, &error) == CUTOVER_OK);
    cutoverd_command(&server, (const char *const[]){"token", "revoke", id, NULL}, line, sizeof line);
    int64_t due = clock_ms() + 30000;
    cutover_status status;
    while ((status = cutover_connect(client, 0, &error)) == CUTOVER_OK && clock_ms() < due) cutover_wait(client, 100);
    CHECK_NUMBER(status, CUTOVER_UNAUTHENTICATED);
    cutover_free(client);
    cutover_error_clear(&error);
    cutoverd_stop(&server, SIGTERM);
}

static struct identity authority, server_identity, listed, unlisted;
static char *authority_file, *server_file, *server_key_file;

static void tls_and_certificates(void) {
    char token[128], line[256], settings[4][400];
    struct cutoverd server = cutoverd_place("tls", true);
    cutover_error error = {0};
    char *listed_file = identity_write_certificate("listed.pem", &listed);
    char *listed_key_file = identity_write_key("listed.key", &listed, NULL);
    char *unlisted_file = identity_write_certificate("unlisted.pem", &unlisted);
    char *unlisted_key_file = identity_write_key("unlisted.key", &unlisted, NULL);
    snprintf(settings[0], sizeof settings[0], "tls_certificate_file=%s", server_file);
    snprintf(settings[1], sizeof settings[1], "tls_key_file=%s", server_key_file);
    snprintf(settings[2], sizeof settings[2], "tls_client_ca_file=%s", authority_file);
    make_token(&server, "an operator", "operator", token);
    cutoverd_command(&server,
                     (const char *const[]){"identity", "grant", "spiffe://test/operator", "--role", "operator", NULL},
                     line, sizeof line);
    cutoverd_start(&server, (const char *const[]){settings[0], settings[1], settings[2],
                                                  "tls_client_certificates=optional", NULL});
    cutover_options options = {.endpoints = server.endpoint, .tls = true, .ca_file = authority_file, .token = token};
    cutover_client *client = client_with(&options);
    CHECK(reach(&server, client, &error) == CUTOVER_OK);
    CHECK(stop(client, CUTOVER__V1__STOP_MODE__STOP_MODE_GRACEFUL, &error) == CUTOVER_NOT_FOUND);
    cutover_free(client);
    /* Without a token, but with a certificate. */
    options.token = NULL;
    options.certificate_file = listed_file;
    options.key_file = listed_key_file;
    client = client_with(&options);
    CHECK(stop(client, CUTOVER__V1__STOP_MODE__STOP_MODE_GRACEFUL, &error) == CUTOVER_NOT_FOUND);
    CHECK(cutover_close(client, 10000));
    cutover_free(client);
    options.certificate_file = unlisted_file;
    options.key_file = unlisted_key_file;
    client = client_with(&options);
    CHECK(stop(client, CUTOVER__V1__STOP_MODE__STOP_MODE_GRACEFUL, &error) == CUTOVER_UNAUTHENTICATED);
    cutover_free(client);
    /* A server with another name, and one that does not get plaintext. */
    options = (cutover_options){
        .endpoints = server.endpoint, .tls = true, .ca_file = authority_file, .server_name = "other.test"};
    client = client_with(&options);
    CHECK(stop(client, CUTOVER__V1__STOP_MODE__STOP_MODE_GRACEFUL, &error) == CUTOVER_UNAVAILABLE);
    CHECK_TEXT(error.reason, CUTOVER_REASON_TLS_FAILED);
    cutover_free(client);
    options = (cutover_options){.endpoints = server.endpoint, .connect_wait_ms = 100};
    client = client_with(&options);
    CHECK(stop(client, CUTOVER__V1__STOP_MODE__STOP_MODE_GRACEFUL, &error) == CUTOVER_UNAVAILABLE);
    CHECK(error.not_executed);
    cutover_free(client);
    cutover_error_clear(&error);
    cutoverd_stop(&server, SIGTERM);
    free(listed_file);
    free(listed_key_file);
    free(unlisted_file);
    free(unlisted_key_file);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        {"tokens and roles", tokens_and_roles},
        {"TLS and certificates", tls_and_certificates},
    };
    authority = identity_make("authority", NULL, NULL, -1, 10);
    server_identity = identity_make("server", &authority, "IP:127.0.0.1", -1, 10);
    listed = identity_make("operator", &authority, "URI:spiffe://test/operator", -1, 10);
    unlisted = identity_make("stranger", &authority, "URI:spiffe://test/stranger", -1, 10);
    authority_file = identity_write_certificate("ca.pem", &authority);
    server_file = identity_write_certificate("server.pem", &server_identity);
    server_key_file = identity_write_key("server.key", &server_identity, NULL);
    int failed = RUN_TESTS(tests);
    identity_free(&authority);
    identity_free(&server_identity);
    identity_free(&listed);
    identity_free(&unlisted);
    free(authority_file);
    free(server_file);
    free(server_key_file);
    return failed;
}
