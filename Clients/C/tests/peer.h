/*
 * A server made by hand: it sends exactly the bytes it is told, well-formed or not, and sees what the client sends.
 *
 * It runs in the client's own thread: whatever waits for something processes the client meanwhile, and fails the test
 * after ten seconds.
 */
#ifndef PEER_H
#define PEER_H

#include "check.h"
#include "cutover.h"

struct frame {
    uint32_t length;
    uint8_t type, flags;
    uint16_t metadata;
    uint32_t id, aux;
    uint8_t body[70000]; /* the beginning of a longer one */
};

enum { HELLO = 1, REQUEST, RESPONSE, ITEM, CREDIT, CANCEL, PING, PONG, GOAWAY, DRAINED };

/* One accepted connection. */
struct peer {
    int fd;
    cutover_client *client;
    void *secured; /* SSL *, or NULL */
    uint8_t *in;
    size_t in_start, in_size, in_room;
};

/* Listens at a path in the test's folder; its endpoint is "unix:" and the path. */
int peer_listen(const char *name);
const char *peer_endpoint(const char *name);

/* A client of that server with these options (NULL for {0}, with short waits), whose endpoint is filled in. */
cutover_client *peer_client(const char *name, const cutover_options *options);

/* Waits for a connection. */
struct peer peer_accept(int listener, cutover_client *client);
bool peer_accept_now(int listener, cutover_client *client, struct peer *peer);
void peer_close(struct peer *peer);

void peer_send(struct peer *peer, const void *bytes, size_t length);
/* Bytes as hexadecimal digits with spaces. */
void peer_send_hex(struct peer *peer, const char *digits);
void peer_frame(struct peer *peer, uint8_t type, uint8_t flags, uint16_t metadata, uint32_t id, uint32_t aux,
                const void *body, size_t length);

/* Waits for so many bytes. */
void peer_read(struct peer *peer, void *bytes, size_t length);
/* Waits for the next frame. */
struct frame *peer_next(struct peer *peer);
/* Waits for the next frame of a type; others are dropped. */
struct frame *peer_next_of(struct peer *peer, uint8_t type);
/* The next frame, if it is there once the client has done all it can; NULL if not. */
struct frame *peer_poll(struct peer *peer);
/* Waits until the client has closed the connection. */
void peer_read_end(struct peer *peer);

/* Preface and HELLO of the client are taken, an ordinary HELLO is sent. */
void peer_greet(struct peer *peer);
/* Sends a HELLO with these settings instead. */
void peer_greet_with(struct peer *peer, const void *settings, size_t length);
/* Takes the preface and HELLO of the client. */
struct frame *peer_take_greeting(struct peer *peer);
/* Accepts and greets. */
struct peer peer_open(int listener, cutover_client *client);

/* Answers of Echo. */
void peer_answer(struct peer *peer, uint32_t slot, const char *text);
void peer_item(struct peer *peer, uint32_t slot, const char *text);
/* RESPONSE with a status other than OK and an ErrorInfo. */
void peer_refuse(struct peer *peer, uint32_t slot, cutover_status status, bool not_executed, uint32_t retry_after_ms);

/* The end of one call, as its callback got it. */
struct outcome {
    bool ended;
    cutover_status status;
    bool not_executed;
    uint32_t retry_after_ms;
    char reason[64], message[400], text[256];
    unsigned details, items, metadata;
    size_t bytes;
};

/* Echo, described by hand: as it is, run only once, and as a stream. */
extern const cutover_method echo, echo_once, echo_stream;

/* Starts a call of one of them. */
cutover_call_id start(cutover_client *client, const cutover_method *method, const char *text, struct outcome *outcome);
cutover_call_id start_with(cutover_client *client, const cutover_method *method, const char *text,
                           const cutover_call_options *options, struct outcome *outcome);
/* Processes the client until the call has ended. */
void await(cutover_client *client, const struct outcome *outcome);
/* Processes the client for some milliseconds. */
void linger(cutover_client *client, int64_t ms);

#endif
