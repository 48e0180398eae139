/* A node table, as `tocsin enrol --csv` reads it. */
#include "fuzz.h"

#include "tocsin/node_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct node_table table;

    if (node_table_load(&table, fuzz_file(data, size)) == OUTCOME_DONE)
        node_table_done(&table);
    return 0;
}
