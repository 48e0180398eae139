#define _GNU_SOURCE
#include "terminal/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "terminal/store_inside.h"
#include "wire/bundle.h"

void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    (void)sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
}

void bind_blob(sqlite3_stmt *statement, int at, struct blob blob)
{
    (void)sqlite3_bind_blob64(statement, at, blob.data, blob.size,
                              SQLITE_TRANSIENT);
}

struct blob column_blob(sqlite3_stmt *statement, int at)
{
    struct blob blob = {sqlite3_column_blob(statement, at),
                        (size_t)sqlite3_column_bytes(statement, at)};

    return blob;
}

void store_fail(struct store *store, const char *doing)
{
    if (store->failed == STATUS_OK)
        store->failed = sqlite_trouble(store->db, doing, &store->why);
}

sqlite3_stmt *store_say(struct store *store, enum sentence which)
{
    sqlite3_stmt *statement = store->sentences[which];

    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return statement;
}

enum status store_prepare(struct store *store, struct diag *why)
{
    enum status status = STATUS_OK;

    for (int i = 0; i < SENTENCES && status == STATUS_OK; i++)
        status = sqlite_prepare(store->db, store_sentences[i],
                                &store->sentences[i], why);
    return status;
}

void store_unprepare(struct store *store)
{
    for (int i = 0; i < SENTENCES; i++) {
        sqlite3_finalize(store->sentences[i]);
        store->sentences[i] = NULL;
    }
}

enum status store_open_database(struct store *store, const char *name,
                                struct diag *why)
{
    char path[STORE_PATH_MAX + 16];
    struct stat facts;
    enum status status;

    snprintf(path, sizeof path, "%s/%s", store->folder, name);
    status = sqlite_open_durable(&store->db, path, true, why);
    if (stat(path, &facts) == 0)
        store->inode = facts.st_ino;
    if (status == STATUS_OK)
        status = sqlite_run(store->db, "PRAGMA secure_delete=ON", why);
    return status;
}

static enum status open_daemon_file(struct store *store, struct diag *why)
{
    char path[STORE_PATH_MAX + 16];

    snprintf(path, sizeof path, "%s/daemon", store->folder);
    store->daemon_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return store->daemon_fd >= 0 ? STATUS_OK
                                 : diag_errno(why, STATUS_SYSTEM, "%s", path);
}

static enum status make_folders(const char *folder, struct diag *why)
{
    char path[STORE_PATH_MAX + 16];
    enum status status = file_mkdir(folder, why);

    if (status != STATUS_OK && status != STATUS_EXISTS)
        return status;
    snprintf(path, sizeof path, "%s/pictures", folder);
    status = file_mkdir(path, why);
    return status == STATUS_EXISTS ? STATUS_OK : status;
}

enum status store_open(struct store **out, const char *folder,
                       const struct store_owner *owner, struct diag *why)
{
    struct store *store = must_calloc(1, sizeof *store);
    enum status status;

    *out = NULL;
    store->daemon_fd = -1;
    store->has_secret = owner->secret != NULL;
    if (store->has_secret)
        rest_key(store->rest, owner->secret, STORE_PURPOSE);
    if ((size_t)snprintf(store->folder, sizeof store->folder, "%s", folder) >=
        sizeof store->folder)
        status = diag_set(why, STATUS_USAGE, "the path is too long");
    else
        status = make_folders(folder, why);
    if (status == STATUS_OK)
        status = open_daemon_file(store, why);
    if (status == STATUS_OK)
        status = store_open_files(store, owner, why);
    if (status != STATUS_OK) {
        store_close(store);
        return diag_wrap(why, status, "store %s", folder);
    }
    (void)store_answers_came(store);
    *out = store;
    return STATUS_OK;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    store_unprepare(store);
    staged_forget(store);
    (void)sqlite3_close(store->db);
    (void)sqlite3_close(store->disk);
    (void)sqlite3_close(store->torn);
    if (store->daemon_fd >= 0)
        (void)close(store->daemon_fd);
    bytes_wipe(store->rest, sizeof store->rest);
    free(store);
}

bool store_answers_came(struct store *store)
{
    sqlite3_stmt *query = store_say(store, DATA_VERSION);
    bool came = store->own_answer;
    int64_t version = store->version;

    if (sqlite3_step(query) == SQLITE_ROW)
        version = sqlite3_column_int64(query, 0);
    (void)sqlite3_reset(query);
    came = came || version != store->version;
    store->own_answer = false;
    store->version = version;
    return came;
}

/* ---- state ------------------------------------------------------------------
 */

static void keep_state(void *arg, const struct terminal_state *state)
{
    struct store *store = arg;
    sqlite3_stmt *statement = store_stage(store, KEEP_STATE);

    bind_blob(statement, 1,
              (struct blob){(const uint8_t *)state, sizeof *state});
    store_done(store, statement);
}

/* A state of another size is of another version: as if there were none, and
 * a sync brings it back. */
static bool read_state(struct store *store, struct terminal_state *out)
{
    sqlite3_stmt *query = store_say(store, READ_STATE);
    bool good = false;

    memset(out, 0, sizeof *out);
    if (sqlite3_step(query) == SQLITE_ROW)
        good = store_take_state(out, query);
    (void)sqlite3_reset(query);
    return good;
}

static enum status commit(void *arg, struct diag *why)
{
    return store_commit(arg, why);
}

struct giving {
    void (*give)(void *to, struct blob document, struct blob thumbnail);
    void *to;
    bool given;
};

static bool give_document(void *arg, const struct stored *stored)
{
    struct giving *giving = arg;
    struct blob document =
        stored->holding.withdrawn ? stored->withdrawal : stored->alert;

    giving->given = document.size > 0;
    if (giving->given)
        giving->give(giving->to, document, stored->thumbnail);
    return false;
}

static bool load_document(void *arg, const char *alert_id,
                          void (*give)(void *to, struct blob document,
                                       struct blob thumbnail),
                          void *to)
{
    struct giving giving = {give, to, false};
    struct store_query query = {.alert_id = alert_id, .everything = true};

    return store_each(arg, &query, give_document, &giving, NULL) == STATUS_OK &&
           giving.given;
}

void store_port(struct store *store, struct terminal_store *port)
{
    *port = (struct terminal_store){.arg = store,
                                    .keep = alerts_keep,
                                    .strip = alerts_strip,
                                    .drop = alerts_drop,
                                    .keep_thumbnail = alerts_keep_thumbnail,
                                    .keep_picture = alerts_keep_picture,
                                    .keep_state = keep_state,
                                    .queue = answers_queue,
                                    .end_answer = answers_end,
                                    .load = load_document,
                                    .keep_word = answers_keep_word,
                                    .say_again = answers_say_again,
                                    .next_answer = answers_next,
                                    .next_photograph = photographs_next,
                                    .read_photograph = photographs_read,
                                    .end_photograph = photographs_end,
                                    .purge_photographs = photographs_purge,
                                    .commit = commit};
}

struct loading {
    struct terminal *terminal;
    struct moment now;
};

static bool load_one(void *arg, const struct stored *stored)
{
    const struct loading *loading = arg;
    struct holding holding = stored->holding;

    holding.picture_here = stored->picture_here;
    (void)terminal_load(loading->terminal, &holding,
                        stored->holding.withdrawn ? stored->withdrawal
                                                  : stored->alert,
                        loading->now);
    return true;
}

enum status store_load(struct store *store, struct terminal *terminal,
                       struct moment now, struct diag *why)
{
    struct loading loading = {terminal, now};
    struct store_query all = {.everything = true};
    struct terminal_state state;

    pictures_sweep(store);
    if (read_state(store, &state))
        terminal_load_state(terminal, &state, now);
    return store_each(store, &all, load_one, &loading, why);
}

struct live_count {
    int64_t wall_ms;
    unsigned live;
};

static bool count_live(void *arg, const struct stored *stored)
{
    struct live_count *count = arg;

    if (holding_on_screen(&stored->holding, count->wall_ms))
        count->live++;
    return true;
}

enum status store_count(struct store *store, int64_t wall_ms,
                        struct store_counts *out, struct diag *why)
{
    struct live_count count = {wall_ms, 0};
    struct store_query query = {0};
    sqlite3_stmt *answers = store_say(store, COUNT_ANSWERS);
    enum status status = store_look(store, why);

    memset(out, 0, sizeof *out);
    if (status != STATUS_OK)
        return status;
    if (sqlite3_step(answers) != SQLITE_ROW)
        return sqlite_trouble(store->db, "counting the answers", why);
    out->waiting = (unsigned)sqlite3_column_int64(answers, 0);
    out->refused = (unsigned)sqlite3_column_int64(answers, 1);
    (void)sqlite3_reset(answers);
    answers = store_say(store, COUNT_PHOTOGRAPHS);
    if (sqlite3_step(answers) == SQLITE_ROW)
        out->photographs = (unsigned)sqlite3_column_int64(answers, 0);
    (void)sqlite3_reset(answers);
    (void)read_state(store, &out->state);
    status = store_each(store, &query, count_live, &count, why);
    out->live = count.live;
    return status;
}
