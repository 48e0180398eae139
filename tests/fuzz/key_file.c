/* A key file, whole or its public half only. */
#include "fuzz.h"

#include "wire/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct keypair pair;
    struct public_half half;

    keys_start();
    (void)!keyfile_load(&pair, fuzz_file(data, size), NULL);
    (void)!keyfile_public(&half, fuzz_file(data, size), NULL);
    return 0;
}
