/* TLS 1.3 with ALPN cutover/1, against a server made by hand that presents what each test wants. */
#define _POSIX_C_SOURCE 200809L
#define _GNU_SOURCE 1

#include "identity.h"
#include "peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct identity authority, other_authority, server_identity, client_identity;
static char *authority_file, *other_authority_file, *client_file, *client_key_file, *server_key_file,
    *encrypted_key_file;

static void make_identities(void) {
    authority = identity_make("authority", NULL, NULL, -1, 10);
    other_authority = identity_make("another", NULL, NULL, -1, 10);
    server_identity = identity_make("server", &authority, "DNS:cutover.test,IP:127.0.0.1", -1, 10);
    client_identity = identity_make("operator", &authority, "URI:spiffe://test/operator", -1, 10);
    authority_file = identity_write_certificate("ca.pem", &authority);
    other_authority_file = identity_write_certificate("other.pem", &other_authority);
    client_file = identity_write_certificate("client.pem", &client_identity);
    client_key_file = identity_write_key("client.key", &client_identity, NULL);
    server_key_file = identity_write_key("server.key", &server_identity, NULL);
    encrypted_key_file = identity_write_key("encrypted.key", &client_identity, "secret");
}

static void free_identities(void) {
    identity_free(&authority);
    identity_free(&other_authority);
    identity_free(&server_identity);
    identity_free(&client_identity);
    free(authority_file);
    free(other_authority_file);
    free(client_file);
    free(client_key_file);
    free(server_key_file);
    free(encrypted_key_file);
}

/* --- A TLS server --- */

struct terms {
    const struct identity *identity;
    const char *protocol; /* that ALPN selects; NULL is no ALPN */
    int version;
    bool asks_client;
};

struct tls_server {
    SSL_CTX *context;
    struct terms terms;
    int listener;
    char endpoint[40];
};

static int select_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_length, const unsigned char *in,
                           unsigned int in_length, void *argument) {
    const char *protocol = argument;
    (void)ssl;
    CHECK(in_length == 10 && memcmp(in, "\11cutover/1", 10) == 0);
    *out = (const unsigned char *)protocol;
    *out_length = (unsigned char)strlen(protocol);
    return SSL_TLSEXT_ERR_OK;
}

static struct tls_server server_open(struct terms terms) {
    struct tls_server server = {.context = SSL_CTX_new(TLS_server_method()), .terms = terms};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    CHECK(SSL_CTX_use_certificate(server.context, terms.identity->certificate) == 1);
    CHECK(SSL_CTX_use_PrivateKey(server.context, terms.identity->key) == 1);
    if (terms.version != 0) SSL_CTX_set_max_proto_version(server.context, terms.version);
    if (terms.protocol != NULL)
        SSL_CTX_set_alpn_select_cb(server.context, select_protocol, (void *)(uintptr_t)terms.protocol);
    if (terms.asks_client) {
        SSL_CTX_set_verify(server.context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        CHECK(SSL_CTX_load_verify_file(server.context, authority_file) == 1);
    }
    server.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    CHECK(bind(server.listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(server.listener, 8) == 0);
    CHECK(getsockname(server.listener, (struct sockaddr *)&address, &length) == 0);
    snprintf(server.endpoint, sizeof server.endpoint, "127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    return server;
}

static void server_close(struct tls_server *server) {
    SSL_CTX_free(server->context);
    close(server->listener);
}

/* Accepts and shakes hands; false when that fails. */
static bool server_accept(struct tls_server *server, cutover_client *client, struct peer *peer) {
    *peer = peer_accept(server->listener, client);
    SSL *ssl = SSL_new(server->context);
    SSL_set_fd(ssl, peer->fd);
    SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    peer->secured = ssl;
    int64_t due = clock_ms() + 10000;
    for (;;) {
        int result = SSL_accept(ssl);
        if (result == 1) return true;
        int why = SSL_get_error(ssl, result);
        ERR_clear_error();
        if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return false;
        CHECK(clock_ms() < due);
        cutover_wait(client, 1);
    }
}

static cutover_client *tls_client(const struct tls_server *server, cutover_options options) {
    options.endpoints = server->endpoint;
    options.tls = true;
    if (options.ca_file == NULL) options.ca_file = authority_file;
    return peer_client(NULL, &options);
}

static const struct terms usual = {&server_identity, "cutover/1", 0, false};

/* --- Tests --- */

static void calls_over_tls(void) {
    enum { SIZE = 900000 };
    static char text[SIZE + 1];
    struct tls_server server = server_open(usual);
    cutover_client *client = tls_client(&server, (cutover_options){.token = "cut_secret"});
    struct outcome outcome, large, stream;
    struct peer peer;
    start(client, &echo, "a", &outcome);
    CHECK(server_accept(&server, client, &peer));
    CHECK(strcmp(SSL_get_version(peer.secured), "TLSv1.3") == 0);
    struct frame *hello = peer_take_greeting(&peer);
    CHECK(memmem(hello->body, hello->length, "\0\5\0\12cut_secret", 14) != NULL);
    static const uint8_t settings[] = {0, 1, 0, 4, 0, 0x10, 0, 0};
    peer_frame(&peer, HELLO, 0, 0, 0, 0, settings, sizeof settings);
    peer_answer(&peer, peer_next_of(&peer, REQUEST)->id, "b");
    await(client, &outcome);
    CHECK_TEXT(outcome.text, "b");
    /* Many records each way. */
    memset(text, 'x', SIZE);
    start(client, &echo, text, &large);
    struct frame *request = peer_next_of(&peer, REQUEST);
    CHECK(request->length > SIZE);
    uint32_t slot = request->id;
    static uint8_t answer[SIZE + 4] = {0x0A, 0xA0, 0xF7, 0x36};
    peer_frame(&peer, RESPONSE, 0, 0, slot, 0, answer, sizeof answer);
    await(client, &large);
    CHECK_NUMBER(large.status, CUTOVER_OK);
    start(client, &echo_stream, "", &stream);
    slot = peer_next_of(&peer, REQUEST)->id;
    for (int i = 0; i < 2000; i++) peer_item(&peer, slot, "item");
    peer_frame(&peer, RESPONSE, 0, 0, slot, 0, NULL, 0);
    await(client, &stream);
    CHECK_NUMBER(stream.items, 2000);
    /* An end without a word is a lost connection. */
    start(client, &echo_once, "", &outcome);
    peer_next_of(&peer, REQUEST);
    peer_close(&peer);
    await(client, &outcome);
    CHECK_NUMBER(outcome.status, CUTOVER_UNAVAILABLE);
    CHECK_TEXT(outcome.reason, CUTOVER_REASON_CONNECTION_LOST);
    cutover_free(client);
    server_close(&server);
}

/* One attempt that must fail at once, and why. */
static void expect_failure(const char *name, struct terms terms, cutover_options options, const char *message) {
    check_case(name);
    struct tls_server server = server_open(terms);
    cutover_client *client = tls_client(&server, options);
    struct outcome outcome;
    struct peer peer;
    start(client, &echo_once, "a", &outcome);
    if (server_accept(&server, client, &peer)) {
        /* The client must not say anything to the wrong server; a TLS 1.3 server may learn late that it was refused. */
        peer_read_end(&peer);
        CHECK(peer.in_size == 0);
    }
    await(client, &outcome);
    CHECK_NUMBER(outcome.status, CUTOVER_UNAVAILABLE);
    CHECK_TEXT(outcome.reason, CUTOVER_REASON_TLS_FAILED);
    CHECK_TEXT(outcome.message, message);
    CHECK(outcome.not_executed);
    peer_close(&peer);
    cutover_free(client);
    server_close(&server);
}

static void servers_that_are_refused(void) {
    struct identity expired = identity_make("server", &authority, "IP:127.0.0.1", -10, -1);
    struct identity nameless = identity_make("127.0.0.1", &authority, NULL, -1, 10);
    struct identity self = identity_make("server", NULL, "IP:127.0.0.1", -1, 10);
    cutover_options none = {0};
    struct terms terms = usual;
    expect_failure("another name", usual, (cutover_options){.server_name = "other.test"}, "mismatch");
    expect_failure("another authority", usual, (cutover_options){.ca_file = other_authority_file},
                   "certificate is refused");
    terms.identity = &expired;
    expect_failure("expired", terms, none, "expired");
    terms.identity = &nameless;
    expect_failure("name in the subject only", terms, none, "mismatch");
    terms.identity = &self;
    expect_failure("self-signed", terms, none, "self");
    terms = usual;
    terms.protocol = NULL;
    expect_failure("no ALPN", terms, none, "ALPN");
    terms = usual;
    terms.version = TLS1_2_VERSION;
    expect_failure("TLS 1.2", terms, none, "no handshake");
    identity_free(&expired);
    identity_free(&nameless);
    identity_free(&self);
}

static void names_of_the_server(void) {
    struct tls_server server = server_open(usual);
    cutover_client *client = tls_client(&server, (cutover_options){.server_name = "cutover.test"});
    struct outcome outcome;
    struct peer peer;
    start(client, &echo, "a", &outcome);
    CHECK(server_accept(&server, client, &peer));
    const char *indicated = SSL_get_servername(peer.secured, TLSEXT_NAMETYPE_host_name);
    CHECK(indicated != NULL && strcmp(indicated, "cutover.test") == 0);
    peer_close(&peer);
    cutover_free(client);
    server_close(&server);
}

static void client_certificates(void) {
    struct terms terms = usual;
    terms.asks_client = true;
    struct tls_server server = server_open(terms);
    cutover_options options = {.certificate_file = client_file, .key_file = client_key_file};
    cutover_client *client = tls_client(&server, options);
    struct outcome outcome;
    struct peer peer;
    start(client, &echo, "a", &outcome);
    CHECK(server_accept(&server, client, &peer));
    X509 *shown = SSL_get1_peer_certificate(peer.secured);
    CHECK(shown != NULL && X509_cmp(shown, client_identity.certificate) == 0);
    X509_free(shown);
    peer_greet(&peer);
    peer_answer(&peer, peer_next_of(&peer, REQUEST)->id, "known");
    await(client, &outcome);
    CHECK_TEXT(outcome.text, "known");
    peer_close(&peer);
    cutover_free(client);
    /* Without one the server refuses; in TLS 1.3 the client learns it behind its own handshake. */
    client = tls_client(&server, (cutover_options){0});
    start(client, &echo_once, "a", &outcome);
    CHECK(!server_accept(&server, client, &peer));
    await(client, &outcome);
    CHECK_NUMBER(outcome.status, CUTOVER_UNAVAILABLE);
    CHECK_TEXT(outcome.reason, CUTOVER_REASON_TLS_FAILED);
    CHECK_TEXT(outcome.message, "certificate required");
    peer_close(&peer);
    cutover_free(client);
    server_close(&server);
}

/* A plaintext server, and bytes that are no TLS. */
static void no_tls_there(void) {
    struct tls_server server = server_open(usual);
    for (int i = 0; i < 2; i++) {
        cutover_client *client = tls_client(&server, (cutover_options){0});
        struct outcome outcome;
        start(client, &echo_once, "a", &outcome);
        struct peer peer = peer_accept(server.listener, client);
        if (i == 0) peer_frame(&peer, HELLO, 0, 0, 0, 0, NULL, 0);
        else peer_send_hex(&peer, "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
        await(client, &outcome);
        CHECK_NUMBER(outcome.status, CUTOVER_UNAVAILABLE);
        CHECK_TEXT(outcome.reason, CUTOVER_REASON_TLS_FAILED);
        peer_close(&peer);
        cutover_free(client);
    }
    server_close(&server);
}

/* Bytes behind a good handshake that are no record. */
static void garbage_behind_the_handshake(void) {
    struct tls_server server = server_open(usual);
    cutover_client *client = tls_client(&server, (cutover_options){0});
    struct outcome outcome;
    struct peer peer;
    start(client, &echo_once, "a", &outcome);
    CHECK(server_accept(&server, client, &peer));
    peer_greet(&peer);
    peer_next_of(&peer, REQUEST);
    SSL_free(peer.secured);
    peer.secured = NULL;
    peer_send_hex(&peer, "17030300200000000000000000000000000000000000000000000000000000000000000000");
    await(client, &outcome);
    CHECK_NUMBER(outcome.status, CUTOVER_UNAVAILABLE);
    CHECK(!outcome.not_executed);
    peer_close(&peer);
    cutover_free(client);
    server_close(&server);
}

/* Over a Unix socket too: TLS is the client's, not the address's. */
static void over_a_unix_socket(void) {
    struct tls_server server = server_open(usual);
    close(server.listener);
    server.listener = peer_listen("tls");
    cutover_options options = {
        .endpoints = peer_endpoint("tls"), .tls = true, .ca_file = authority_file, .server_name = "cutover.test"};
    cutover_client *client = peer_client(NULL, &options);
    struct outcome outcome;
    struct peer peer;
    start(client, &echo, "a", &outcome);
    CHECK(server_accept(&server, client, &peer));
    peer_greet(&peer);
    peer_answer(&peer, peer_next_of(&peer, REQUEST)->id, "b");
    await(client, &outcome);
    CHECK_TEXT(outcome.text, "b");
    peer_close(&peer);
    cutover_free(client);
    server_close(&server);
}

static void options_that_are_wrong(void) {
    const struct {
        cutover_options options;
        const char *message;
    } wrong[] = {
        {{.ca_file = "/nowhere/ca.pem"}, "ca_file"},
        {{.ca_file = client_key_file}, "ca_file"},
        {{.certificate_file = client_file}, "belong together"},
        {{.key_file = client_key_file}, "belong together"},
        {{.certificate_file = client_key_file, .key_file = client_key_file}, "certificate_file"},
        {{.certificate_file = client_file, .key_file = server_key_file}, "key_file"},
        {{.certificate_file = client_file, .key_file = encrypted_key_file}, "key_file"},
        {{.endpoints = "unix:/s"}, "needs server_name"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cutover_options options = wrong[i].options;
        cutover_error error = {0};
        options.tls = true;
        if (options.endpoints == NULL) options.endpoints = "localhost";
        check_case(wrong[i].message);
        CHECK(cutover_new(&options, &error) == NULL);
        CHECK_TEXT(error.reason, CUTOVER_REASON_BAD_OPTION);
        CHECK_TEXT(error.message, wrong[i].message);
        cutover_error_clear(&error);
    }
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        {"calls over TLS", calls_over_tls},
        {"servers that are refused", servers_that_are_refused},
        {"names of the server", names_of_the_server},
        {"client certificates", client_certificates},
        {"no TLS there", no_tls_there},
        {"garbage behind the handshake", garbage_behind_the_handshake},
        {"over a Unix socket", over_a_unix_socket},
        {"options that are wrong", options_that_are_wrong},
    };
    /* For the server of this test, which writes as OpenSSL does; the client raises none. */
    signal(SIGPIPE, SIG_IGN);
    make_identities();
    int failed = RUN_TESTS(tests);
    free_identities();
    return failed;
}
