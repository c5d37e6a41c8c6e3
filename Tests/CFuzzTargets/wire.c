#include "wire.h"

#include <string.h>

#include "network.h"

struct frame {
    uint32_t length, id, aux;
    uint8_t type, flags;
    uint32_t metadata;
    const uint8_t *body; /* the first 8 bytes at most */
};

static uint32_t number(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void cut(struct wire *wire, struct wire_cutter *cutter, const uint8_t *bytes, size_t length,
                void (*take)(struct wire *, const struct frame *)) {
    while (length > 0) {
        size_t part;
        if (cutter->header_length < sizeof cutter->header) {
            part = sizeof cutter->header - cutter->header_length;
            if (part > length) part = length;
            memcpy(cutter->header + cutter->header_length, bytes, part);
            cutter->header_length += part;
            cutter->body_left = number(cutter->header);
            cutter->body_length = 0;
        } else {
            part = cutter->body_left < length ? (size_t)cutter->body_left : length;
            for (size_t i = 0; i < part && cutter->body_length < sizeof cutter->body; i++) {
                cutter->body[cutter->body_length++] = bytes[i];
            }
            cutter->body_left -= part;
        }
        bytes += part;
        length -= part;
        if (cutter->header_length == sizeof cutter->header && cutter->body_left == 0) {
            const uint8_t *at = cutter->header;
            struct frame frame = {number(at), number(at + 8),          number(at + 12), at[4], at[5],
                                  (uint32_t)at[6] << 8 | at[7], cutter->body};
            cutter->header_length = 0;
            take(wire, &frame);
        }
    }
}

static struct wire_slot *slot_of(struct wire *wire, const struct frame *frame) {
    static struct wire_slot beyond;
    beyond = (struct wire_slot){0};
    return frame->id < sizeof wire->slots / sizeof wire->slots[0] ? &wire->slots[frame->id] : &beyond;
}

static void take_request(struct wire *wire, const struct frame *frame) {
    struct wire_slot *slot = slot_of(wire, frame);
    bool stream = frame->flags & 1;
    if (wire->drained) network_found("a REQUEST after DRAINED");
    if (frame->flags > 3 || frame->id == 0 || frame->length < 8 || frame->metadata > frame->length - 8) {
        network_found("a REQUEST against the rules of frames");
    }
    if (slot->busy && !slot->forestalled) network_found("a REQUEST in slot %u, which is busy", (unsigned)frame->id);
    if (frame->length >= 8 && (stream ? number(frame->body + 4) > 0x7FFFFFFF : number(frame->body + 4) != 0)) {
        network_found("a REQUEST with a wrong credit");
    }
    *slot = (struct wire_slot){.busy = true, .stream = stream, .forestalled = slot->forestalled};
}

static void take_sent(struct wire *wire, const struct frame *frame) {
    struct wire_slot *slot = slot_of(wire, frame);
    bool plain = frame->flags == 0 && frame->metadata == 0;
    if ((frame->type == 1) == wire->greeted) network_found("HELLO is not the first frame, or comes twice");
    switch (frame->type) {
    case 1:
        wire->greeted = true;
        if (!plain || frame->id != 0 || frame->aux != 0 || frame->length > 8192) network_found("a wrong HELLO");
        break;
    case 2: take_request(wire, frame); break;
    case 5:
        slot->granted += frame->aux;
        if (!plain || frame->id == 0 || frame->aux == 0 || frame->aux > 0x7FFFFFFF || frame->length != 0) {
            network_found("a wrong CREDIT");
        }
        if (!slot->forestalled && (!slot->stream || slot->granted > slot->received)) {
            network_found("more CREDIT than was consumed");
        }
        break;
    case 6:
        if (!plain || frame->id == 0 || frame->aux == 0 || frame->aux > 3 || frame->length != 0) {
            network_found("a wrong CANCEL");
        }
        break;
    case 7:
    case 8:
        if (!plain || frame->id != 0 || frame->aux != 0 || frame->length != 8) network_found("a wrong PING or PONG");
        if (frame->type == 8 && ++wire->pongs > wire->pings) network_found("a PONG without a PING");
        break;
    case 10:
        if (!plain || frame->id != 0 || frame->aux != 0 || frame->length != 0) network_found("a wrong DRAINED");
        if (wire->drained) network_found("a second DRAINED");
        wire->drained = true;
        break;
    default: network_found("a frame of type %u, which no client sends", frame->type);
    }
}

static void take_received(struct wire *wire, const struct frame *frame) {
    struct wire_slot *slot = slot_of(wire, frame);
    if (frame->type == 3) {
        if (!slot->busy) slot->forestalled = true;
        slot->busy = false;
    }
    if (frame->type == 4) slot->received += frame->length < 64 ? 64 : frame->length;
    if (frame->type == 7) wire->pings++;
}

void wire_begin(struct wire *wire) {
    memset(wire, 0, sizeof *wire);
    wire->sent.preface_left = 8;
}

void wire_sent(struct wire *wire, const uint8_t *bytes, size_t length) {
    static const uint8_t preface[8] = {0xB5, 0x52, 0x50, 0x43, 1, 0, 0, 0};
    while (wire->sent.preface_left > 0 && length > 0) {
        if (*bytes != preface[8 - wire->sent.preface_left]) network_found("a wrong preface");
        wire->sent.preface_left--;
        bytes++;
        length--;
    }
    cut(wire, &wire->sent, bytes, length, take_sent);
}

void wire_received(struct wire *wire, const uint8_t *bytes, size_t length) {
    cut(wire, &wire->received, bytes, length, take_received);
}
