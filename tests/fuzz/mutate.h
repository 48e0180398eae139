/* Changing one message at random, field by field. */
#ifndef TOCSIN_FUZZ_MUTATE_H
#define TOCSIN_FUZZ_MUTATE_H

#include "fuzz.h"

/* Of libFuzzer. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

/* From here on the same draws and changes as after the same seed. */
void mutate_seed(unsigned seed);
/* 0 to bound - 1. */
uint32_t mutate_draw(uint32_t bound);
/* One field of it or of what is inside it. Owned by malloc, as unpacked. */
void mutate_message(ProtobufCMessage *message);

#endif
