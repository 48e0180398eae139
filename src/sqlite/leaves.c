/* Pages with rows as the file format of SQLite 3 has them (its "B-tree pages"
 * and "record format"). Nothing that is read is trusted. */
#include "sqlite/leaves.h"

#include <stdlib.h>
#include <string.h>

#include "sqlite/sqlite.h"

#define PAGE 4096 /* of each file that is made here */
#define LOCAL_MIN ((PAGE - 12) * 32 / 255 - 23) /* of a record, in its leaf */
#define CHAINED (PAGE - 4)            /* of a record, in a page behind it */
#define RECORD_MAX (16 * 1024 * 1024) /* larger than any that is written */
#define CHAINED_MAX 16                /* reads of each page behind a leaf */

/* The first byte of a page with rows, and how they lie in it. */
struct kind_of_page {
    uint8_t type;
    bool numbered;
    size_t cells_at;
    size_t before; /* each of them: the number of a page */
    size_t local_max;
};

static const struct kind_of_page kinds_of_pages[] = {
    {13, true, 8, 0, PAGE - 35},
    {10, false, 8, 0, (PAGE - 12) * 64 / 255 - 23},
    {2, false, 12, 4, (PAGE - 12) * 64 / 255 - 23}};

struct leaves {
    const struct kind_of_page *kind; /* of the page at hand */
    sqlite3_file *file;
    uint32_t pages;
    uint64_t chained_left; /* pages behind leaves that may still be read */
    uint8_t page[PAGE];
    uint8_t chained[PAGE];
    uint8_t *record; /* with a zero behind it */
    size_t room;
    size_t size;
};

static uint32_t number_at(const uint8_t *at, size_t bytes)
{
    uint32_t number = 0;

    for (size_t i = 0; i < bytes; i++)
        number = number << 8 | at[i];
    return number;
}

struct reading {
    const uint8_t *at;
    const uint8_t *end;
};

/* What is cut short is 0. */
static uint64_t read_varint(struct reading *reading)
{
    uint64_t number = 0;

    for (int i = 0; i < 9 && reading->at < reading->end; i++) {
        uint8_t byte = *reading->at++;

        if (i == 8)
            return number << 8 | byte;
        number = number << 7 | (byte & 0x7f);
        if ((byte & 0x80) == 0)
            return number;
    }
    return 0;
}

static bool read_page(const struct leaves *leaves, uint32_t number,
                      uint8_t page[PAGE])
{
    return number > 0 && number <= leaves->pages &&
           leaves->file->pMethods->xRead(leaves->file, page, PAGE,
                                         (int64_t)(number - 1) * PAGE) ==
               SQLITE_OK;
}

/* ---- a record ------------------------------------------------------------ */

/* So much of it is in its leaf. */
static size_t local_size(size_t size, size_t local_max)
{
    size_t some = LOCAL_MIN + (size - LOCAL_MIN) % CHAINED;

    if (size <= local_max)
        return size;
    return some <= local_max ? some : LOCAL_MIN;
}

static bool take_chain(struct leaves *leaves, uint32_t next, size_t have)
{
    while (have < leaves->size) {
        size_t part = leaves->size - have;

        if (leaves->chained_left == 0)
            return false;
        leaves->chained_left--;
        if (!read_page(leaves, next, leaves->chained))
            return false;
        if (part > CHAINED)
            part = CHAINED;
        memcpy(leaves->record + have, leaves->chained + 4, part);
        have += part;
        next = number_at(leaves->chained, 4);
    }
    return true;
}

static bool take_record(struct leaves *leaves, const uint8_t *cell,
                        int64_t *number)
{
    struct reading reading = {cell, leaves->page + PAGE};
    uint64_t size = read_varint(&reading);
    size_t local;

    *number = leaves->kind->numbered ? (int64_t)read_varint(&reading) : 0;
    if (size == 0 || size > RECORD_MAX)
        return false;
    local = local_size(size, leaves->kind->local_max);
    if ((size_t)(reading.end - reading.at) < local + (local < size ? 4 : 0) ||
        (size - local) / CHAINED > leaves->pages)
        return false;
    if (size > leaves->room) {
        free(leaves->record);
        leaves->room = size;
        leaves->record = must_calloc(1, leaves->room + 1);
    }
    leaves->size = size;
    memcpy(leaves->record, reading.at, local);
    return local == size ||
           take_chain(leaves, number_at(reading.at + local, 4), local);
}

/* ---- its values ---------------------------------------------------------- */

static int64_t integer_at(const uint8_t *at, size_t bytes)
{
    uint64_t number = bytes > 0 && (at[0] & 0x80) != 0 ? UINT64_MAX : 0;

    for (size_t i = 0; i < bytes; i++)
        number = number << 8 | at[i];
    return (int64_t)number;
}

/* of: its type as the record says it. */
static bool take_value(struct leaf_value *out, uint64_t of,
                       struct reading *body)
{
    static const size_t sizes[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
    size_t left = (size_t)(body->end - body->at);
    uint64_t size = of >= 12 ? (of - 12) / 2 : of < 10 ? sizes[of] : UINT64_MAX;

    if (size > left)
        return false;
    *out = (struct leaf_value){.bytes = body->at, .size = (size_t)size};
    body->at += size;
    if (of >= 12) {
        out->kind = of % 2 == 0 ? 'b' : 't';
    } else if (of == 0 || of == 7) {
        out->kind = of == 0 ? 'n' : 'f';
    } else {
        out->kind = 'i';
        out->number =
            of >= 8 ? (int64_t)of - 8 : integer_at(out->bytes, (size_t)size);
    }
    return true;
}

static bool take_values(const struct leaves *leaves, struct leaf_row *row)
{
    struct reading types = {leaves->record, leaves->record + leaves->size};
    struct reading body = types;
    uint64_t head = read_varint(&types);

    if (head > leaves->size)
        return false;
    types.end = leaves->record + head;
    body.at = types.end;
    for (row->count = 0; types.at < types.end; row->count++) {
        if (row->count == LEAF_COLUMNS_MAX ||
            !take_value(&row->values[row->count], read_varint(&types), &body))
            return false;
    }
    return body.at == body.end;
}

bool leaf_row_is(const struct leaf_row *row, const char *kinds)
{
    if (row->count != strlen(kinds))
        return false;
    for (size_t i = 0; i < row->count; i++) {
        char kind = row->values[i].kind;

        if (kind != kinds[i] &&
            !(kinds[i] == 'B' && (kind == 'b' || kind == 'n')))
            return false;
    }
    return true;
}

void leaf_row_bind(const struct leaf_row *row, sqlite3_stmt *statement)
{
    if (row->numbered)
        (void)sqlite3_bind_int64(statement, 1, row->number);
    for (size_t i = row->numbered ? 1 : 0; i < row->count; i++) {
        const struct leaf_value *value = &row->values[i];
        int at = (int)i + 1;

        if (value->kind == 'i')
            (void)sqlite3_bind_int64(statement, at, value->number);
        else if (value->kind == 't')
            (void)sqlite3_bind_text64(statement, at, (const char *)value->bytes,
                                      value->size, SQLITE_TRANSIENT,
                                      SQLITE_UTF8);
        else if (value->kind == 'b')
            (void)sqlite3_bind_blob64(statement, at, value->bytes, value->size,
                                      SQLITE_TRANSIENT);
        else
            (void)sqlite3_bind_null(statement, at);
    }
}

/* ---- all of them --------------------------------------------------------- */

static enum status give_leaf(struct leaves *leaves,
                             enum status (*give)(void *arg,
                                                 const struct leaf_row *row,
                                                 struct diag *why),
                             void *arg, struct diag *why)
{
    uint32_t cells = number_at(leaves->page + 3, 2);
    enum status status = STATUS_OK;
    struct leaf_row row = {.numbered = leaves->kind->numbered};

    for (uint32_t i = 0; i < cells && status == STATUS_OK; i++) {
        size_t at = leaves->kind->cells_at + 2 * (size_t)i;
        size_t cell;

        if (at + 2 > PAGE)
            break;
        cell = number_at(leaves->page + at, 2) + leaves->kind->before;
        if (cell < PAGE &&
            take_record(leaves, leaves->page + cell, &row.number) &&
            take_values(leaves, &row))
            status = give(arg, &row, why);
    }
    return status;
}

static bool has_rows(struct leaves *leaves)
{
    for (size_t i = 0; i < sizeof kinds_of_pages / sizeof *kinds_of_pages;
         i++) {
        leaves->kind = &kinds_of_pages[i];
        if (leaves->page[0] == leaves->kind->type)
            return true;
    }
    return false;
}

/* By its file of SQLite's alone: to close one of our own would drop the locks
 * of whoever has it open here. */
static enum status open_leaves(struct leaves *leaves, sqlite3 **db,
                               const char *path, struct diag *why)
{
    sqlite3_int64 size = 0;

    if (sqlite3_open_v2(path, db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
        sqlite3_file_control(*db, "main", SQLITE_FCNTL_FILE_POINTER,
                             &leaves->file) != SQLITE_OK ||
        leaves->file->pMethods->xFileSize(leaves->file, &size) != SQLITE_OK)
        return sqlite_trouble(*db, "reading its leaves", why);
    leaves->pages = (uint32_t)(size / PAGE);
    leaves->chained_left = (uint64_t)leaves->pages * CHAINED_MAX;
    return STATUS_OK;
}

enum status leaves_each(const char *path,
                        enum status (*give)(void *arg,
                                            const struct leaf_row *row,
                                            struct diag *why),
                        void *arg, struct diag *why)
{
    struct leaves leaves = {.pages = 0};
    sqlite3 *db = NULL;
    enum status status = open_leaves(&leaves, &db, path, why);

    for (uint32_t i = 2; i <= leaves.pages && status == STATUS_OK; i++) {
        if (read_page(&leaves, i, leaves.page) && has_rows(&leaves))
            status = give_leaf(&leaves, give, arg, why);
    }
    (void)sqlite3_close(db);
    free(leaves.record);
    return status;
}
