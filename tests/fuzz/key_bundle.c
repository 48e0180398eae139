/* A key bundle, as every program loads it. */
#include "fuzz.h"

#include "wire/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bundle bundle;

    keys_start();
    if (bundle_load(&bundle, fuzz_file(data, size), NULL, NULL) == STATUS_OK)
        bundle_wipe(&bundle);
    return 0;
}
