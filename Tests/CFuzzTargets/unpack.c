/* protobuf-c where memory is counted, bounded, or runs out. */
#include "CFuzzTargets.h"

#include <stdlib.h>
#include <string.h>

/* --- Within an allocator ----------------------------------------------------------------------------------------- */

struct metered {
    ProtobufCAllocator *inner;
    struct cutover_fuzz_use use;
};

static void *metered_alloc(void *data, size_t size) {
    struct metered *metered = data;
    uint8_t *taken = metered->inner->alloc(metered->inner->allocator_data, size);
    if (taken == NULL) return NULL;
    metered->use.allocations++;
    metered->use.bytes += (size + 7) / 8 * 8;
    if ((uintptr_t)taken % 8 != 0) metered->use.misaligned = true;
    /* Whoever reads what was not written, or gets the same memory twice, will not read what is right. */
    memset(taken, 0xA5, size);
    return taken;
}

static void metered_free(void *data, void *pointer) {
    struct metered *metered = data;
    metered->inner->free(metered->inner->allocator_data, pointer);
}

struct cutover_fuzz_use cutover_fuzz_unpack_within(const ProtobufCMessageDescriptor *descriptor,
                                                   ProtobufCAllocator *allocator, size_t length,
                                                   const uint8_t *bytes) {
    struct metered metered = {.inner = allocator};
    ProtobufCAllocator counting = {metered_alloc, metered_free, &metered};
    metered.use.unpacked = protobuf_c_message_unpack(descriptor, &counting, length, bytes) != NULL;
    return metered.use;
}

/* --- With memory that runs out ----------------------------------------------------------------------------------- */

struct failing {
    size_t allocations, failing, live;
    bool all_after;
};

static void *failing_alloc(void *data, size_t size) {
    struct failing *failing = data;
    size_t number = failing->allocations++;
    if (number == failing->failing || (failing->all_after && number > failing->failing)) return NULL;
    void *taken = malloc(size);
    if (taken == NULL) return NULL;
    memset(taken, 0xA5, size);
    failing->live++;
    return taken;
}

static void failing_free(void *data, void *pointer) {
    struct failing *failing = data;
    if (pointer != NULL) failing->live--;
    free(pointer);
}

/* A message packed, in memory of its own; NULL when there is none, or when the packed size is not kept. */
static uint8_t *packed(const ProtobufCMessage *message, size_t *length) {
    *length = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = malloc(*length + 1);
    if (bytes == NULL || protobuf_c_message_pack(message, bytes) == *length) return bytes;
    free(bytes);
    return NULL;
}

/* What must be so of a message that was unpacked: packed and unpacked again it packs as the same bytes. */
static const char *repack(const ProtobufCMessageDescriptor *descriptor, const ProtobufCMessage *message) {
    const char *finding = NULL;
    size_t first_length, second_length = 0;
    uint8_t *first = packed(message, &first_length), *second = NULL;
    if (first == NULL) return "a message does not pack to its packed size";
    ProtobufCMessage *again = protobuf_c_message_unpack(descriptor, NULL, first_length, first);
    if (again != NULL) second = packed(again, &second_length);
    if (again == NULL) finding = "a packed message does not unpack";
    else if (second == NULL) finding = "a message unpacked again does not pack to its packed size";
    else if (first_length != second_length || memcmp(first, second, first_length) != 0) {
        finding = "a message unpacked again packs as other bytes";
    }
    free(first);
    free(second);
    if (again != NULL) protobuf_c_message_free_unpacked(again, NULL);
    return finding;
}

const char *cutover_fuzz_unpack_failing(const ProtobufCMessageDescriptor *descriptor, size_t length,
                                        const uint8_t *bytes, size_t failing, bool all_after, size_t *allocations) {
    struct failing state = {.failing = failing, .all_after = all_after};
    ProtobufCAllocator allocator = {failing_alloc, failing_free, &state};
    ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, &allocator, length, bytes);
    *allocations = state.allocations;
    const char *finding = NULL;
    if (message != NULL) {
        if (state.allocations > failing) finding = "unpacked though an allocation failed";
        if (finding == NULL) finding = repack(descriptor, message);
        protobuf_c_message_free_unpacked(message, &allocator);
    }
    if (finding == NULL && state.live != 0) finding = "memory is not given back";
    return finding;
}
