/* tocsin.conf: what is loaded can be written and loaded again. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tocsind/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config config;
    struct diag why = {0};

    (void)!config_load(&config, fuzz_file(data, size), &why);
    return 0;
}
