/* A file whose first page is lost. The first two bytes say how much of the
 * input stands at the beginning of the second page, where a leaf says what its
 * rows are; as much as there is room for stands at its end, where they lie; the
 * rest is in the third page, which long rows go on in. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "sqlite/leaves.h"

#define PAGE 4096
#define PAGES 4

static volatile unsigned touched;

static enum status take(void *arg, const struct leaf_row *row, struct diag *why)
{
    sqlite3_stmt *statement = arg;
    unsigned sum = 0;

    (void)why;
    REQUIRE(row->count <= LEAF_COLUMNS_MAX);
    for (size_t i = 0; i < row->count; i++) {
        const struct leaf_value *value = &row->values[i];

        REQUIRE(strchr("nitbf", value->kind) != NULL);
        for (size_t k = 0; k < value->size; k++)
            sum += value->bytes[k];
    }
    (void)leaf_row_is(row, "nbtiB");
    leaf_row_bind(row, statement);
    REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
    (void)sqlite3_reset(statement);
    touched = sum;
    return STATUS_OK;
}

static sqlite3_stmt *all_columns(void)
{
    static sqlite3 *db;
    static sqlite3_stmt *statement;

    if (statement == NULL)
        REQUIRE(sqlite3_open(":memory:", &db) == SQLITE_OK &&
                sqlite3_prepare_v2(db, "SELECT ?32", -1, &statement, NULL) ==
                    SQLITE_OK);
    return statement;
}

/* In memory, under a name that every connection of this program finds. */
static const char path[] = "file:/leaves?vfs=memdb";

static void write_file(const uint8_t *bytes, int size)
{
    static sqlite3 *db;
    static sqlite3_file *file;

    if (db == NULL)
        REQUIRE(sqlite3_config(SQLITE_CONFIG_URI, 1) == SQLITE_OK &&
                sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) == SQLITE_OK &&
                sqlite3_open(path, &db) == SQLITE_OK &&
                sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER,
                                     &file) == SQLITE_OK);
    REQUIRE(file->pMethods->xWrite(file, bytes, size, 0) == SQLITE_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t file[PAGES * PAGE];
    uint8_t *second = file + PAGE;
    size_t head;
    size_t tail;

    if (size < 2 || size > 2 + 2 * PAGE)
        return 0;
    head = (size_t)(data[0] << 8 | data[1]) % PAGE;
    data += 2;
    size -= 2;
    if (head > size)
        head = size;
    memset(file, 0xa5, sizeof file);
    memset(second, 0, 2 * PAGE);
    memcpy(second, data, head);
    data += head;
    size -= head;
    tail = size < PAGE - head ? size : PAGE - head;
    memcpy(second + PAGE - tail, data, tail);
    memcpy(second + PAGE, data + tail,
           size - tail < PAGE ? size - tail : (size_t)PAGE);
    write_file(file, sizeof file);
    REQUIRE(leaves_each(path, take, all_columns(), NULL) == STATUS_OK);
    return 0;
}
