/* A damaged spool would end every start, and what it has would neither go to
 * the centre nor be there for who asks. What can be read of it is taken over
 * into another one, as SQLite gives it, and then what it does not find any more
 * (spool_leaves.c): receipts were given for it. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "spool/inside.h"
#include "sqlite/aside.h"
#include "sqlite/sqlite.h"

/* Rows that cannot be read are passed over one by one; so many in a row, and
 * what is left is read from the other end. */
#define PASSED_MAX 20000

struct table {
    const char *name;
    const char *columns; /* its order first */
    const char *order;
    bool numbered; /* by whole numbers from 1 */
};

/* What the centre says of handhelds comes again, not so of whom it does not
 * know now, or of whom only a proof is here. */
static const struct table tables[] = {
    {"about", "key, value", "key", false},
    {"devices", "id, key, own, revoked", "id", false},
    {"answers",
     "row, device, answer_id, alert_id, revision, rung, digest, content,"
     " signature, taken_ms, state, settled_ms, sequence, status, field, reason,"
     " kind, picture, picture_hash, picture_size, picture_sequence,"
     " picture_status, picture_reason",
     "row", true},
    {"pictures", "row, sealed", "row", true},
    {"looks", "row, device, alert_id, at_ms, thumbnail, request_id", "row",
     true},
    {"looked", "row, device, alert_id, at_ms, thumbnail, request_id", "row",
     true},
};
#define TABLES (sizeof tables / sizeof *tables)

/* A picture that was not taken over is expected from its handheld again. */
static const char settling[] =
    "DELETE FROM about WHERE key NOT IN ('gateway', 'seal');"
    "INSERT INTO about SELECT 'schema', '2' WHERE EXISTS("
    "SELECT 1 FROM about WHERE key = 'gateway');"
    "DELETE FROM pictures WHERE row NOT IN (SELECT row FROM answers);"
    "UPDATE answers SET picture = 1 WHERE picture = 2"
    " AND row NOT IN (SELECT row FROM pictures);";

struct taking {
    sqlite3 *old;
    sqlite3 *db;
    struct diag *why;
};

/* A page that is damaged, or that the disk does not give, or what such a one
 * has told of. All else, like a full disk, is no reason to leave anything
 * behind. */
static enum status passed_over(struct taking *taking)
{
    int code = sqlite3_errcode(taking->old) & 0xff;
    enum status status = sqlite_trouble(taking->old, "reading", taking->why);

    return code == SQLITE_DONE || code == SQLITE_ERROR ||
                   status == STATUS_CORRUPT ||
                   (code == SQLITE_IOERR && status != STATUS_FULL)
               ? STATUS_OK
               : status;
}

static enum status put(struct taking *taking, sqlite3_stmt *row,
                       sqlite3_stmt *take)
{
    enum status status = STATUS_OK;

    for (int i = 0; i < sqlite3_column_count(row); i++)
        (void)sqlite3_bind_value(take, i + 1, sqlite3_column_value(row, i));
    if (sqlite3_step(take) != SQLITE_DONE)
        status = sqlite_trouble(taking->db, "taking over", taking->why);
    (void)sqlite3_reset(take);
    return status;
}

static enum status take_passing(struct taking *taking, sqlite3_stmt *rows,
                                sqlite3_stmt *take)
{
    enum status status = STATUS_OK;
    int64_t next = 1;
    int passed = 0;
    int step = SQLITE_ERROR;

    while (step != SQLITE_DONE && passed < PASSED_MAX && status == STATUS_OK) {
        (void)sqlite3_reset(rows);
        (void)sqlite3_bind_int64(rows, 1, next);
        while (status == STATUS_OK &&
               (step = sqlite3_step(rows)) == SQLITE_ROW) {
            next = sqlite3_column_int64(rows, 0) + 1;
            passed = 0;
            status = put(taking, rows, take);
        }
        if (status == STATUS_OK)
            status = passed_over(taking);
        next++;
        passed++;
    }
    return status;
}

static enum status take_on(struct taking *taking, sqlite3_stmt *rows,
                           sqlite3_stmt *take)
{
    enum status status = STATUS_OK;

    while (status == STATUS_OK && sqlite3_step(rows) == SQLITE_ROW)
        status = put(taking, rows, take);
    return status == STATUS_OK ? passed_over(taking) : status;
}

static enum status prepare_taking(struct taking *taking,
                                  const struct table *table, sqlite3_stmt **out)
{
    char sql[600];
    size_t size = (size_t)snprintf(sql, sizeof sql,
                                   "INSERT OR IGNORE INTO %s(%s)"
                                   " VALUES(?",
                                   table->name, table->columns);

    for (const char *at = table->columns; (at = strchr(at, ',')) != NULL; at++)
        size += (size_t)snprintf(sql + size, sizeof sql - size, ",?");
    snprintf(sql + size, sizeof sql - size, ")");
    return sqlite_prepare(taking->db, sql, out, taking->why);
}

/* From one end, and from the other one. */
static enum status take_over(struct taking *taking, const struct table *table)
{
    static const char *const orders[] = {"ASC", "DESC"};
    sqlite3_stmt *take = NULL;
    enum status status = prepare_taking(taking, table, &take);

    for (int i = 0; i < 2 && status == STATUS_OK; i++) {
        bool passing = i == 0 && table->numbered;
        sqlite3_stmt *rows = NULL;
        char sql[600];

        snprintf(sql, sizeof sql, "SELECT %s FROM %s%s%s%s ORDER BY %s %s",
                 table->columns, table->name, passing ? " WHERE " : "",
                 passing ? table->order : "", passing ? " >= ?1" : "",
                 table->order, orders[i]);
        if (sqlite_prepare(taking->old, sql, &rows, NULL) != STATUS_OK)
            status = passed_over(taking);
        else
            status = passing ? take_passing(taking, rows, take)
                             : take_on(taking, rows, take);
        sqlite3_finalize(rows);
    }
    sqlite3_finalize(take);
    return status;
}

/* No number is given twice: handhelds ask for what came after one. */
static void keep_numbers(struct taking *taking)
{
    static const char *const words[] = {
        "SELECT name, seq FROM sqlite_sequence",
        "INSERT INTO sqlite_sequence(name, seq) VALUES(?, ?)"};
    sqlite3_stmt *rows = NULL;
    sqlite3_stmt *take = NULL;

    if (sqlite_prepare(taking->old, words[0], &rows, NULL) == STATUS_OK &&
        sqlite_prepare(taking->db, words[1], &take, NULL) == STATUS_OK)
        (void)take_on(taking, rows, take);
    sqlite3_finalize(rows);
    sqlite3_finalize(take);
}

static uint32_t count_of(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *query = NULL;
    uint32_t count = 0;

    if (sqlite_prepare(db, sql, &query, NULL) == STATUS_OK &&
        sqlite3_step(query) == SQLITE_ROW)
        count = (uint32_t)sqlite3_column_int64(query, 0);
    sqlite3_finalize(query);
    return count;
}

/* While they change places its log is not beside it, and what is read leaf by
 * leaf is the file. */
static void move_log(sqlite3 *old)
{
    if (old != NULL)
        (void)sqlite3_wal_checkpoint_v2(old, NULL, SQLITE_CHECKPOINT_PASSIVE,
                                        NULL, NULL);
}

static enum status take_all_over(struct taking *taking, const char *path,
                                 const struct spool_owner *owner,
                                 struct spool_mended *out)
{
    sqlite3 *db = taking->db;
    enum status status = sqlite_run(db, "BEGIN IMMEDIATE", taking->why);

    if (status == STATUS_OK)
        status = sqlite_run(db, spool_schema, taking->why);
    if (status == STATUS_OK && taking->old != NULL)
        keep_numbers(taking);
    for (size_t i = 0; i < TABLES && taking->old != NULL; i++) {
        if (status == STATUS_OK)
            status = take_over(taking, &tables[i]);
    }
    move_log(taking->old);
    if (status == STATUS_OK)
        status = spool_take_leaves(db, path, owner, taking->why);
    if (status == STATUS_OK)
        status = sqlite_run(db, settling, taking->why);
    if (status != STATUS_OK)
        return status;
    out->answers = count_of(db, "SELECT count(*) FROM answers");
    out->waiting = count_of(db, "SELECT count(*) FROM answers WHERE state = 1");
    out->pictures = count_of(db, "SELECT count(*) FROM pictures");
    return sqlite_run(db, "COMMIT", taking->why);
}

/* Whole, in one file, before it takes the name. Whose it is, and with which key
 * it is sealed, is then settled as at any start. */
static enum status make_beside(const char *path, const char *beside,
                               sqlite3 *old, const struct spool_owner *owner,
                               struct spool_mended *out, struct diag *why)
{
    struct taking taking = {.old = old, .why = why};
    struct spool *made = NULL;
    enum status status;

    sqlite_drop(beside);
    status = sqlite_open_durable(&taking.db, beside, true, why);
    if (status == STATUS_OK)
        status = take_all_over(&taking, path, owner, out);
    (void)sqlite3_close(taking.db);
    if (status == STATUS_OK)
        status = spool_open(&made, beside, owner, why);
    if (status == STATUS_OK)
        status = sqlite_run(made->db, "PRAGMA wal_checkpoint(TRUNCATE)", why);
    spool_close(made);
    return status;
}

static enum status mend(const char *path, const struct spool_owner *owner,
                        struct spool_mended *out, struct diag *why)
{
    char beside[PATH_MAX];
    sqlite3 *old = NULL;
    enum status status;

    snprintf(beside, sizeof beside, "%s.new", path);
    sqlite_name_aside(path, out->aside, sizeof out->aside);
    status = sqlite_open_durable(&old, path, false, why);
    if (status == STATUS_OK || status == STATUS_CORRUPT)
        status = make_beside(path, beside, old, owner, out, why);
    move_log(old);
    (void)sqlite3_close(old);
    if (status == STATUS_OK)
        status = sqlite_change_places(path, out->aside, beside, why);
    if (status != STATUS_OK)
        sqlite_drop(beside);
    out->mended = status == STATUS_OK;
    return out->mended
               ? STATUS_OK
               : diag_wrap(why, status,
                           "spool %s: another one for the damaged one", path);
}

enum status spool_open_mending(struct spool **out, const char *path,
                               const struct spool_owner *owner,
                               struct spool_mended *mended, struct diag *why)
{
    enum status status = spool_open(out, path, owner, why);
    bool opened = status == STATUS_OK;

    memset(mended, 0, sizeof *mended);
    if (status != STATUS_CORRUPT &&
        (!opened || sqlite_pages_good((*out)->db, why)))
        return status;
    snprintf(mended->reason, sizeof mended->reason, "%.150s", why->text);
    spool_close(*out);
    *out = NULL;
    status = mend(path, owner, mended, why);
    if (status != STATUS_OK && !(status == STATUS_FULL && opened))
        return status;
    status = spool_open(out, path, owner, why);
    if (status == STATUS_OK)
        (*out)->damaged = !mended->mended;
    return status;
}
