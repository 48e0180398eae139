/* What is in the spool, for who looks into it beside the gateway. */
#include <stdlib.h>
#include <string.h>

#include "spool/inside.h"
#include "spool/spool.h"
#include "sqlite/sqlite.h"

#define PAGE_FATES 500

enum status spool_count(struct spool *spool, struct spool_counts *out,
                        struct diag *why)
{
    sqlite3_stmt *query = spool_say(spool, COUNT);

    memset(out, 0, sizeof *out);
    if (sqlite3_step(query) != SQLITE_ROW)
        return sqlite_trouble(spool->db, "counting", why);
    out->waiting = (uint64_t)sqlite3_column_int64(query, 0);
    out->recorded = (uint64_t)sqlite3_column_int64(query, 1);
    out->refused = (uint64_t)sqlite3_column_int64(query, 2);
    out->revoked = (uint64_t)sqlite3_column_int64(query, 3);
    out->oldest_ms = sqlite3_column_int64(query, 4);
    out->pictures = (uint64_t)sqlite3_column_int64(query, 5);
    out->picture_bytes = (uint64_t)sqlite3_column_int64(query, 6);
    (void)sqlite3_reset(query);
    return STATUS_OK;
}

/* What is printed may be read slowly: nothing is printed while the log cannot
 * begin anew for us. */
struct page {
    struct fate fates[PAGE_FATES];
    size_t count;
};

static bool take_into(void *to, const struct fate *fate)
{
    struct page *page = to;

    page->fates[page->count++] = *fate;
    return true;
}

enum status spool_each(struct spool *spool,
                       bool (*each)(void *to, const struct fate *fate),
                       void *to, struct diag *why)
{
    struct page *page = must_calloc(1, sizeof *page);
    enum status status = STATUS_OK;
    int64_t after = 0;
    bool more = true;

    while (status == STATUS_OK && more) {
        sqlite3_stmt *query = spool_say(spool, EVERY);

        (void)sqlite3_bind_int64(query, 1, after);
        (void)sqlite3_bind_int(query, 2, PAGE_FATES);
        page->count = 0;
        if (!spool_give_fates(query, take_into, page))
            status = sqlite_trouble(spool->db, "reading the answers", why);
        for (size_t i = 0; more && i < page->count; i++)
            more = each(to, &page->fates[i]);
        more = more && page->count == PAGE_FATES;
        if (more)
            after = page->fates[PAGE_FATES - 1].row;
    }
    free(page);
    return status;
}
