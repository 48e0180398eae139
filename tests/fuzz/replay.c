/* Runs a target over every file of the folders named: its corpus, with each
 * input that has ever broken something. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

#define INPUT_MAX (1 << 20)

static void run_one(const char *folder, const char *name)
{
    char path[4096];
    uint8_t *bytes;
    size_t size;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    REQUIRE(file_read(path, INPUT_MAX, &bytes, &size, NULL) == STATUS_OK);
    (void)LLVMFuzzerTestOneInput(bytes, size);
    free(bytes);
}

static unsigned run_all(const char *folder)
{
    struct dirent **names;
    int count = scandir(folder, &names, NULL, alphasort);
    unsigned runs = 0;

    REQUIRE(count >= 0);
    for (int i = 0; i < count; i++) {
        if (names[i]->d_name[0] != '.') {
            run_one(folder, names[i]->d_name);
            runs++;
        }
        free(names[i]);
    }
    free(names);
    return runs;
}

int main(int argc, char **argv)
{
    unsigned runs = 0;

    for (int i = 1; i < argc; i++)
        runs += run_all(argv[i]);
    printf("%u inputs\n", runs);
    return runs > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
