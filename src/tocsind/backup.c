/* tocsin backup: a copy of a home while the broker works. The keyring is copied
 * apart and replaced each time, never kept in an old version: what a destroyed
 * key sealed stays unreadable in every backup too. */
#define _GNU_SOURCE
#include "tocsind/backup.h"

#include <dirent.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "sqlite/sqlite.h"
#include "tocsind/chronicle.h"
#include "tocsind/commands.h"
#include "tocsind/shadow.h"

#define FILE_BYTES_MAX ((size_t)64 << 20)
#define PATTERN_SIZE 65536

/* ---- single files -------------------------------------------------------- */

static enum status copy_file(const struct home *from, const struct home *to,
                             const char *name, struct diag *why)
{
    char path[PATH_MAX];
    uint8_t *bytes;
    size_t size;
    enum status status = file_read(home_file(from, name, path), FILE_BYTES_MAX,
                                   &bytes, &size, why);

    if (status != STATUS_OK)
        return status;
    status = file_write(home_file(to, name, path), 0600, bytes, size, why);
    memset(bytes, 0, size);
    free(bytes);
    return status;
}

/* Old keys must not be found again in blocks that are free now. */
static enum status overwrite(const char *path, struct diag *why)
{
    uint8_t *zeros = must_calloc(1, PATTERN_SIZE);
    struct stat facts;
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && fstat(fd, &facts) == 0;

    for (off_t at = 0; good && at < facts.st_size; at += PATTERN_SIZE)
        good = pwrite(fd, zeros, PATTERN_SIZE, at) == PATTERN_SIZE;
    good = good && fsync(fd) == 0;
    if (fd >= 0)
        (void)close(fd);
    free(zeros);
    return good ? STATUS_OK : diag_errno(why, STATUS_DISK, "%s", path);
}

/* What the name stood for before, unless it still does. */
static enum status end_old(const char *path, const char *old, struct diag *why)
{
    struct stat now;
    struct stat before;
    enum status status = STATUS_OK;

    if (stat(old, &before) != 0)
        return STATUS_OK;
    if (stat(path, &now) != 0 || now.st_ino != before.st_ino)
        status = overwrite(old, why);
    (void)unlink(old);
    return status;
}

/* A database, beside and then in place of the one that is there. */
static enum status copy_database(const struct home *from, const struct home *to,
                                 const char *name, bool secret,
                                 void (*progress)(void *, int, int),
                                 struct diag *why)
{
    char source[PATH_MAX];
    char path[PATH_MAX];
    char beside[PATH_MAX + 8];
    char old[PATH_MAX + 8];
    enum status status;

    (void)home_file(from, name, source);
    (void)home_file(to, name, path);
    snprintf(beside, sizeof beside, "%s.new", path);
    snprintf(old, sizeof old, "%s.old", path);
    (void)unlink(beside);
    status = sqlite_copy(source, beside, progress, NULL, why);
    if (status != STATUS_OK)
        (void)unlink(beside);
    if (status == STATUS_OK && secret)
        status = end_old(path, old, why); /* of a copying that was ended */
    if (status == STATUS_OK && secret && link(path, old) != 0 &&
        access(path, F_OK) == 0)
        status = diag_errno(why, STATUS_DISK, "%s", old);
    if (status == STATUS_OK)
        status = file_publish(beside, path, why);
    if (status == STATUS_OK && secret)
        status = end_old(path, old, why);
    return status;
}

/* ---- folders ------------------------------------------------------------- */

static bool is_there(const struct home *home, const char *name)
{
    char path[PATH_MAX];

    return access(home_file(home, name, path), F_OK) == 0;
}

/* What the source has and the copy lacks is copied; these files never change.
 * What the source has no more is removed, unless it may be kept. */
static enum status sync_folder(const struct home *from, const struct home *to,
                               const char *folder, bool prune, size_t *count,
                               struct diag *why)
{
    char path[PATH_MAX];
    char name[PATH_MAX / 2];
    const struct home *sides[] = {from, to};
    enum status status = file_mkdir(home_file(to, folder, path), why);

    if (status == STATUS_EXISTS)
        status = STATUS_OK;
    for (int side = 0; side < 2 && status == STATUS_OK; side++) {
        DIR *dir = opendir(home_file(sides[side], folder, path));

        for (struct dirent *entry; dir != NULL && status == STATUS_OK &&
                                   (entry = readdir(dir)) != NULL;) {
            if (entry->d_name[0] == '.')
                continue;
            snprintf(name, sizeof name, "%s/%.200s", folder, entry->d_name);
            *count += side == 0;
            if (side == 0 && !is_there(to, name))
                status = copy_file(from, to, name, why);
            else if (side == 1 && prune && !is_there(from, name))
                (void)unlink(home_file(to, name, path));
            if (status == STATUS_MISSING)
                status = STATUS_OK; /* swept while we looked */
        }
        if (dir != NULL)
            (void)closedir(dir);
    }
    return status;
}

static enum status copy_archive(const struct home *from, const struct home *to,
                                struct diag *why)
{
    char path[PATH_MAX];
    char name[PATH_MAX / 2];
    DIR *dir = opendir(home_file(from, ARCHIVE_FOLDER, path));
    enum status status = STATUS_OK;

    if (dir == NULL)
        return STATUS_OK;
    status = file_mkdir(home_file(to, ARCHIVE_FOLDER, path), why);
    if (status == STATUS_EXISTS)
        status = STATUS_OK;
    for (struct dirent *entry;
         status == STATUS_OK && (entry = readdir(dir)) != NULL;) {
        snprintf(name, sizeof name, ARCHIVE_FOLDER "/%.200s", entry->d_name);
        if (entry->d_name[0] != '.' && !is_there(to, name))
            status = copy_database(from, to, name, false, NULL, why);
    }
    (void)closedir(dir);
    return status;
}

enum status home_copy(const struct home *from, const struct home *to,
                      void (*progress)(void *, int, int), struct diag *why)
{
    static const char *const files[] = {"tocsin.conf", "divisions.csv",
                                        "administrator.json"};
    size_t ignored = 0;
    char path[PATH_MAX];
    enum status status = file_mkdir(to->path, why);

    if (status == STATUS_EXISTS)
        status = STATUS_OK;
    if (status == STATUS_OK && !is_there(to, "lock"))
        status = file_write(home_file(to, "lock", path), 0600, "", 0, why);
    for (size_t i = 0; status == STATUS_OK && i < 3; i++) {
        if (is_there(from, files[i]))
            status = copy_file(from, to, files[i], why);
    }
    if (status == STATUS_OK)
        status = sync_folder(from, to, "keys", false, &ignored, why);
    /* the archive first and the keys last: whatever moves between, the copy has
     * each fact and each key that a fact needs */
    if (status == STATUS_OK)
        status = copy_database(from, to, "journal.db", false, progress, why);
    if (status == STATUS_OK)
        status = copy_archive(from, to, why);
    if (status == STATUS_OK)
        status = sync_folder(from, to, "pictures", true, &ignored, why);
    if (status == STATUS_OK)
        status = copy_database(from, to, "keyring.db", true, NULL, why);
    return status;
}

/* ---- checking the copy --------------------------------------------------- */

static enum status take_record(void *arg, const struct record *record,
                               struct diag *why)
{
    return shadow_take(arg, record, NULL, why);
}

enum status home_check(const struct home *home, uint64_t *head,
                       char hex[2 * CHAIN_SIZE + 1], struct diag *why)
{
    uint8_t chain[CHAIN_SIZE];
    struct shadow shadow;
    enum status status = shadow_open(&shadow, home, SHADOW_BASE, why);

    if (status == STATUS_OK)
        status = journal_read(shadow.journal, journal_base(shadow.journal) + 1,
                              take_record, &shadow, why);
    if (status == STATUS_OK) {
        *head = journal_head(shadow.journal);
        journal_chain(shadow.journal, chain);
        hex_encode(hex, chain, CHAIN_SIZE);
    }
    shadow_close(&shadow);
    return status;
}

static void show_progress(void *arg, int done, int all)
{
    (void)arg;
    if (isatty(STDERR_FILENO) && all > 0)
        fprintf(stderr, "\r%3d %% of the journal%s", (int)(100LL * done / all),
                done == all ? "\n" : "");
}

/* ---- where to ------------------------------------------------------------ */

static enum status compare_journals(const struct home *from,
                                    const struct home *to,
                                    struct journal *source,
                                    struct journal *copy, struct diag *why)
{
    uint8_t own[CHAIN_SIZE];
    uint8_t other[CHAIN_SIZE];
    enum status status = STATUS_MISSING;

    if (journal_head(copy) < journal_base(source))
        return STATUS_OK; /* archived since */
    if (journal_head(copy) <= journal_head(source))
        status = journal_chain_at(source, journal_head(copy), own, why);
    journal_chain(copy, other);
    if (status == STATUS_MISSING ||
        (status == STATUS_OK && memcmp(own, other, CHAIN_SIZE) != 0))
        status = diag_set(why, STATUS_EXISTS,
                          "%s: has facts that %s lacks, and is no earlier "
                          "backup of it; take another folder",
                          to->path, from->path);
    return status;
}

/* "lock" is what a backup writes first. */
static enum status check_new(const struct home *to, struct diag *why)
{
    DIR *dir = opendir(to->path);
    bool taken = false;

    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
        taken = taken || (entry->d_name[0] != '.' &&
                          strcmp(entry->d_name, "lost+found") != 0);
    if (dir != NULL)
        (void)closedir(dir);
    if (!taken || is_there(to, "lock"))
        return STATUS_OK;
    return diag_set(why, STATUS_EXISTS,
                    "%s: has other files and no backup; take a folder of its "
                    "own",
                    to->path);
}

/* Nothing there, or an earlier copy: one that is behind. A home that a broker
 * works in is none. */
static enum status check_target(const struct home *from, struct home *to,
                                struct diag *why)
{
    struct journal *source = NULL;
    struct journal *copy = NULL;
    char path[PATH_MAX];
    enum status status;

    if (!is_there(to, "journal.db"))
        return check_new(to, why);
    status = home_lock(to, why);
    if (status == STATUS_OK)
        status = journal_open_reading(&source,
                                      home_file(from, "journal.db", path), why);
    if (status == STATUS_OK)
        status =
            journal_open_reading(&copy, home_file(to, "journal.db", path), why);
    if (status == STATUS_OK)
        status = compare_journals(from, to, source, copy, why);
    journal_close(copy);
    journal_close(source);
    return status;
}

static bool is_same_folder(const struct home *from, const struct home *to)
{
    struct stat one;
    struct stat other;

    return stat(from->path, &one) == 0 && stat(to->path, &other) == 0 &&
           one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

int command_backup(int argc, char **argv)
{
    struct home from = {.lock = -1};
    struct home to = {.lock = -1};
    struct diag why = {0};
    char hex[2 * CHAIN_SIZE + 1];
    uint64_t head = 0;
    enum status status;

    if (argc != 3 || argv[1][0] == '-' || strlen(argv[1]) >= sizeof from.path ||
        strlen(argv[2]) >= sizeof to.path) {
        fprintf(stderr, "usage: tocsind backup HOME FOLDER\n");
        return EXIT_USAGE;
    }
    strcpy(from.path, argv[1]);
    strcpy(to.path, argv[2]);
    if (!is_there(&from, "journal.db"))
        status = diag_set(&why, STATUS_MISSING, "%s: is no home of a broker",
                          from.path);
    else if (is_same_folder(&from, &to))
        status =
            diag_set(&why, STATUS_EXISTS, "%s: is the home itself", to.path);
    else
        status = check_target(&from, &to, &why);
    if (status == STATUS_OK)
        status = home_copy(&from, &to, show_progress, &why);
    if (status == STATUS_OK)
        status = home_check(&to, &head, hex, &why);
    if (status != STATUS_OK) {
        diag_wrap(&why, status, "backup");
        return command_failed(&why);
    }
    printf("backup of %" PRIu64 " facts in %s, verified, chain %s\n", head,
           to.path, hex);
    if (to.lock >= 0)
        (void)close(to.lock);
    return EXIT_DONE;
}
