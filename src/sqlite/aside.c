#include "sqlite/aside.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "sqlite/sqlite.h"

#define MARK ".damaged-"
#define AHEAD_BYTES (256 * 1024)
#define AHEAD_MAX (1024LL * 1024 * 1024)

/* A check walks from page to page, for which a cold disk takes twenty times as
 * long as for all of them in their order: so they are fetched in that first.
 * What cannot be read the check meets again. */
static void read_ahead(sqlite3 *db)
{
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;
    char *bytes;

    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) !=
            SQLITE_OK ||
        file->pMethods == NULL ||
        file->pMethods->xFileSize(file, &size) != SQLITE_OK)
        return;
    bytes = must_calloc(1, AHEAD_BYTES);
    for (sqlite3_int64 at = 0; at < size && at < AHEAD_MAX; at += AHEAD_BYTES)
        (void)file->pMethods->xRead(file, bytes, AHEAD_BYTES, at);
    free(bytes);
}

bool sqlite_pages_good(sqlite3 *db, struct diag *why)
{
    sqlite3_stmt *query = NULL;
    const char *word = "ok";
    bool good = true;

    read_ahead(db);
    if (sqlite_prepare(db, "PRAGMA quick_check(1)", &query, why) != STATUS_OK)
        return why->status != STATUS_CORRUPT;
    if (sqlite3_step(query) == SQLITE_ROW)
        word = (const char *)sqlite3_column_text(query, 0);
    else
        good = sqlite_trouble(db, "checking it", why) != STATUS_CORRUPT;
    if (good && strcmp(word, "ok") != 0) {
        diag_set(why, STATUS_CORRUPT, "%.100s", word);
        for (char *at = why->text; (at = strchr(at, '\n')) != NULL;)
            *at = ' ';
        good = false;
    }
    sqlite3_finalize(query);
    return good;
}

void sqlite_drop(const char *path)
{
    static const char *const tails[] = {"", "-wal", "-shm"};
    char part[PATH_MAX];

    for (int i = 0; i < 3; i++) {
        snprintf(part, sizeof part, "%s%s", path, tails[i]);
        (void)unlink(part);
    }
}

/* Gives each name in the folder that has the mark, and where in it. */
static void
each_aside(const char *folder,
           void (*each)(void *to, const char *name, const char *mark), void *to)
{
    DIR *names = opendir(folder);
    const struct dirent *entry;

    while (names != NULL && (entry = readdir(names)) != NULL) {
        const char *mark = strstr(entry->d_name, MARK);

        if (mark != NULL)
            each(to, entry->d_name, mark);
    }
    if (names != NULL)
        (void)closedir(names);
}

struct numbering {
    const char *name; /* of the file */
    long last;
};

static void take_number(void *to, const char *name, const char *mark)
{
    struct numbering *numbering = to;
    size_t size = strlen(numbering->name);
    long number = strtol(mark + strlen(MARK), NULL, 10);

    if ((size_t)(mark - name) == size &&
        strncmp(name, numbering->name, size) == 0 && number > numbering->last)
        numbering->last = number;
}

void sqlite_name_aside(const char *path, char *out, size_t size)
{
    const char *slash = strrchr(path, '/');
    struct numbering numbering = {slash == NULL ? path : slash + 1, 0};
    char folder[PATH_MAX] = ".";

    if (slash != NULL)
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    each_aside(folder, take_number, &numbering);
    snprintf(out, size, "%s" MARK "%ld", path, numbering.last + 1);
}

enum status sqlite_change_places(const char *path, const char *aside,
                                 const char *beside, struct diag *why)
{
    char own[PATH_MAX];
    char other[PATH_MAX];
    enum status status = STATUS_OK;

    if (link(path, aside) != 0)
        return diag_errno(why, STATUS_DISK, "%s", aside);
    snprintf(own, sizeof own, "%s-wal", path);
    snprintf(other, sizeof other, "%s-wal", aside);
    if (access(own, F_OK) == 0)
        status = file_rename(own, other, why);
    snprintf(own, sizeof own, "%s-shm", path);
    (void)unlink(own);
    return status == STATUS_OK ? file_rename(beside, path, why) : status;
}

static void take_first(void *to, const char *name, const char *mark)
{
    char *first = to;

    (void)mark;
    if (first[0] == '\0' || strcmp(name, first) < 0)
        snprintf(first, ASIDE_NAME_MAX, "%s", name);
}

bool sqlite_lies_aside(const char *folder, char name[ASIDE_NAME_MAX])
{
    char first[ASIDE_NAME_MAX] = "";

    each_aside(folder, take_first, first);
    if (name != NULL)
        memcpy(name, first, sizeof first);
    return first[0] != '\0';
}
