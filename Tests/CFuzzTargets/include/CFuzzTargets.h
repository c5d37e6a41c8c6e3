/*
 * What is fuzzed in C: protobuf-c with memory that runs out, and the receive path of the C client.
 *
 * Tests/FuzzTargets calls it, so that it is fuzzed and replayed as everything else. One thread at a time.
 */
#ifndef CFUZZTARGETS_H
#define CFUZZTARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

/* --- Messages ---------------------------------------------------------------------------------------------------- */

/* The descriptor of a message by its full name; NULL when it is not in the list of descriptors.c. */
const ProtobufCMessageDescriptor *_Nullable cutover_fuzz_descriptor(const char *_Nonnull name);

/* What an unpacking took of the allocator that it was given. */
struct cutover_fuzz_use {
    size_t bytes, allocations; /* bytes in steps of 8 */
    bool misaligned; /* memory that is not aligned to 8 bytes */
    bool unpacked;
};

/* Unpacks with an allocator that never takes anything back, and writes over all memory that it gives. */
struct cutover_fuzz_use cutover_fuzz_unpack_within(const ProtobufCMessageDescriptor *_Nonnull descriptor,
                                                   ProtobufCAllocator *_Nonnull allocator, size_t length,
                                                   const uint8_t *_Nonnull bytes);

/*
 * Unpacks with malloc, where the allocation of this number fails (from 0), and all others with all_after. Afterwards
 * everything must have been given back; what was unpacked must be the same when it is packed and unpacked again.
 *
 * Returns NULL, or what must not be. *allocations is how many there were.
 */
const char *_Nullable cutover_fuzz_unpack_failing(const ProtobufCMessageDescriptor *_Nonnull descriptor, size_t length,
                                                  const uint8_t *_Nonnull bytes, size_t failing, bool all_after,
                                                  size_t *_Nonnull allocations);

/* Whether the C client lets protobuf-c unpack the bytes. */
bool cutover_fuzz_is_sound(const ProtobufCMessageDescriptor *_Nonnull descriptor, size_t length,
                           const uint8_t *_Nonnull bytes);

/* --- The C client ------------------------------------------------------------------------------------------------ */

/* The steps of an input of cutover_fuzz_client; each is one byte, and what is said behind it. */
enum cutover_fuzz_step {
    CUTOVER_FUZZ_RAW,         /* u8 length, bytes: the server sends them as they are */
    CUTOVER_FUZZ_FRAME,       /* u8 type, u8 flags, u8 metadata, u8 slot, u8 aux, u8 length, bytes: a frame is sent */
    CUTOVER_FUZZ_FILL,        /* u16 count, u8: so many bytes of this value are sent */
    CUTOVER_FUZZ_PROCESS,     /* the client processes until it rests */
    CUTOVER_FUZZ_START,       /* u8 kind: a call is started */
    CUTOVER_FUZZ_CANCEL,      /* u8: one of the calls is cancelled */
    CUTOVER_FUZZ_CONSUME,     /* u8, u16: bytes of a stream are given back */
    CUTOVER_FUZZ_WAIT,        /* u16: so many milliseconds pass, times 16 above 0x8000 */
    CUTOVER_FUZZ_END,         /* the server closes, behind all that it has sent */
    CUTOVER_FUZZ_RESET,       /* the connection is reset, and what was sent is lost */
    CUTOVER_FUZZ_TAKE,        /* u16: the server takes so many bytes more; FFFF takes all from now on */
    CUTOVER_FUZZ_CONNECT,     /* u8: how the next connection attempts go: at once, later, refused */
    CUTOVER_FUZZ_TURN,        /* what follows is sent on the connection that was opened before this one */
    CUTOVER_FUZZ_PIECES,      /* u8: what is received comes in pieces of so many bytes at most; 0 is any */
    CUTOVER_FUZZ_NO_MEMORY,   /* u8: the allocation after so many fails */
    CUTOVER_FUZZ_STEPS
};

/*
 * Runs a client over a network, a clock and a memory that the input rules. Nothing of the system is used.
 *
 * Returns NULL, or what must not be; the text is valid until the next run.
 */
const char *_Nullable cutover_fuzz_client(const uint8_t *_Nonnull bytes, size_t length);

#endif
