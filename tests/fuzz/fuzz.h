/**
 * What the fuzz targets share. A target is one file with
 * LLVMFuzzerTestOneInput; clang links it with libFuzzer, every other build with
 * replay.c, which runs the files of its corpus.
 */
#ifndef TOCSIN_FUZZ_FUZZ_H
#define TOCSIN_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "base/status.h"
#include "wire/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/**
 * Inputs that are one packed message after so many bytes for the target
 * itself: mutate.c then changes fields, not bytes only.
 */
struct fuzz_shape {
    const ProtobufCMessageDescriptor *type;
    size_t prefix;
    bool entries; /* many of them, each with its length in front */
};
extern const struct fuzz_shape fuzz_shape;

/** A path under which these bytes can be read, mode 0600, until the next call:
 *  for readers that want a file. */
const char *fuzz_file(const uint8_t *data, size_t size);

/** The same message packed again after `amend` has changed it: signatures that
 *  no fuzzer finds by itself. NULL when the bytes do not decode. In the arena.
 */
struct fuzz_bytes {
    const uint8_t *data;
    size_t size;
};
struct fuzz_bytes fuzz_pack(struct arena *arena,
                            const ProtobufCMessage *message);

#endif
