#ifndef CUTOVER_DESCRIPTORS_H
#define CUTOVER_DESCRIPTORS_H

#include <stddef.h>
#include <stdint.h>

// The schema as a google.protobuf.FileDescriptorSet: every file it needs, without comments. Sets its length in bytes.
const uint8_t *_Nonnull cutover_file_descriptor_set(size_t *_Nonnull length);

#endif
