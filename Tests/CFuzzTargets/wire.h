/* What one connection of a client under fuzzing sends and is sent, judged by PROTOCOL.md. */
#ifndef CFUZZTARGETS_WIRE_H
#define CFUZZTARGETS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Cuts bytes into frames; bodies are skipped. */
struct wire_cutter {
    uint8_t header[16];
    size_t header_length, preface_left;
    uint64_t body_left;
    /* The first bytes of the body: the credit of a REQUEST is there. */
    uint8_t body[8];
    size_t body_length;
};

struct wire_slot {
    bool busy, stream;
    bool forestalled; /* by a RESPONSE that came before its REQUEST was sent: whose slot it is cannot be told any more */
    uint64_t received, granted; /* costs of ITEMs, and credit beyond that of the REQUEST */
};

/* A connection. */
struct wire {
    struct wire_cutter sent, received;
    bool greeted, drained;
    unsigned pings, pongs;
    struct wire_slot slots[256]; /* calls are few, and take the lowest slots */
};

void wire_begin(struct wire *wire);
/* The client sent these bytes; notes what it must not send. */
void wire_sent(struct wire *wire, const uint8_t *bytes, size_t length);
/* The client took these bytes of the server. */
void wire_received(struct wire *wire, const uint8_t *bytes, size_t length);

#endif
