/* tocsin backup: a copy of a home, verified, in a folder of its own. */
#define _GNU_SOURCE
#include "tocsind/backup.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "tocsind/commands.h"
#include "tocsind/shadow.h"

/* ---- checking the copy --------------------------------------------------- */

static enum status take_record(void *arg, const struct record *record,
                               struct diag *why)
{
    return shadow_take(arg, record, NULL, why);
}

/* What the home says now: a case may have ended since its journal was copied,
 * and its pictures have been swept. */
static enum status count_lost(const struct home *from,
                              const struct home_lacks *lacks, size_t *lost,
                              struct diag *why)
{
    struct shadow shadow;
    enum status status = shadow_open(&shadow, from, SHADOW_NEWEST, why);

    if (status == STATUS_OK)
        status = journal_read(shadow.journal, shadow.book->head + 1,
                              take_record, &shadow, why);
    for (size_t i = 0; status == STATUS_OK && i < lacks->count; i++)
        *lost += picture_is_named(shadow.book, lacks->names[i]);
    shadow_close(&shadow);
    return status;
}

static enum status look_at_pictures(const struct home_copying *copying,
                                    const struct book *book, struct diag *why)
{
    struct home_lacks lacks = {0};
    size_t lost = 0;
    enum status status = home_prune(copying, book, &lacks, why);

    if (status == STATUS_OK && lacks.count > 0)
        status = count_lost(copying->from, &lacks, &lost, why);
    free(lacks.names);
    if (status == STATUS_OK && lost > 0)
        status = diag_set(why, STATUS_MISSING,
                          "%s/pictures: lacks %zu that an alert shows and the "
                          "backup has: is its disk there?",
                          copying->from->path, lost);
    return status;
}

/* Read its journal to the end, chain, decoding, keys; what it says may go of
 * the pictures goes. */
static enum status check_copy(const struct home_copying *copying,
                              uint64_t *head, char hex[2 * CHAIN_SIZE + 1],
                              struct diag *pictures, struct diag *why)
{
    uint8_t chain[CHAIN_SIZE];
    struct shadow shadow;
    enum status status = shadow_open(&shadow, copying->to, SHADOW_BASE, why);

    if (status == STATUS_OK)
        status = journal_read(shadow.journal, journal_base(shadow.journal) + 1,
                              take_record, &shadow, why);
    if (status == STATUS_OK) {
        *head = journal_head(shadow.journal);
        journal_chain(shadow.journal, chain);
        hex_encode(hex, chain, CHAIN_SIZE);
        (void)!look_at_pictures(copying, shadow.book, pictures);
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
    if (!taken || home_has(to, "lock"))
        return STATUS_OK;
    return diag_set(why, STATUS_EXISTS,
                    "%s: has other files and no backup; take a folder of its "
                    "own",
                    to->path);
}

static enum status take_new(struct home *to, struct diag *why)
{
    enum status status = check_new(to, why);

    if (status != STATUS_OK)
        return status;
    status = file_mkdir(to->path, why);
    return status == STATUS_OK || status == STATUS_EXISTS ? home_lock(to, why)
                                                          : status;
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

    if (!home_has(to, "journal.db"))
        return take_new(to, why);
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

/* Whoever brings the copy up to date next must be able to open it. */
static bool have_one_owner(const struct home *from, const struct home *to)
{
    struct stat one;
    struct stat other;

    return stat(from->path, &one) == 0 && stat(to->path, &other) == 0 &&
           one.st_uid == other.st_uid;
}

/* It may be the only one that is left, so that nothing but words is done. */
static void tell_of_authority(const struct home *from, const struct home *to)
{
    if (home_has(to, "keys/authority.key") &&
        !home_has(from, "keys/authority.key"))
        fprintf(stderr,
                "tocsind: backup: %s/keys/authority.key is no longer in the "
                "home: whoever has it can sign for any centre; move it away "
                "from here, too\n",
                to->path);
}

/* The copy is whole in any case; of the pictures and the archive it may have a
 * word to say. */
static int tell(const struct home_copying *copying, uint64_t head,
                const char *hex, struct diag *pictures)
{
    struct diag archive = copying->archive;
    int code = EXIT_DONE;

    printf("backup of %" PRIu64 " facts in %s, verified, chain %s\n", head,
           copying->to->path, hex);
    if (archive.status != STATUS_OK) {
        diag_wrap(&archive, archive.status,
                  "backup: without a file of the archive");
        code = command_failed(&archive);
    }
    if (pictures->status != STATUS_OK) {
        diag_wrap(pictures, pictures->status,
                  "backup: %s keeps the pictures that it has",
                  copying->to->path);
        code = command_failed(pictures);
    }
    return code;
}

static enum status check_source(const struct home *from, const struct home *to,
                                struct diag *why)
{
    enum status status = home_expect(from, "journal.db", HOME_NAMED, why);

    if (status != STATUS_OK)
        return status;
    if (is_same_folder(from, to))
        return diag_set(why, STATUS_EXISTS, "%s: is the home itself", to->path);
    return have_one_owner(from, to) ? home_as_owner(to->path, why) : STATUS_OK;
}

int command_backup(int argc, char **argv)
{
    struct home from = {.lock = -1};
    struct home to = {.lock = -1};
    struct home_copying copying = {
        .from = &from, .to = &to, .progress = show_progress};
    struct diag why = {0};
    struct diag pictures = {0};
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
    status = check_source(&from, &to, &why);
    if (status == STATUS_OK)
        status = check_target(&from, &to, &why);
    if (status == STATUS_OK)
        status = home_copy(&copying, &why);
    if (status == STATUS_OK)
        status = check_copy(&copying, &head, hex, &pictures, &why);
    if (to.lock >= 0)
        (void)close(to.lock);
    if (status == STATUS_OK)
        tell_of_authority(&from, &to);
    if (status == STATUS_OK)
        return tell(&copying, head, hex, &pictures);
    diag_wrap(&why, status, "backup");
    return command_failed(&why);
}
