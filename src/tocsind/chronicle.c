#define _GNU_SOURCE
#include "tocsind/chronicle.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status look_into(struct volume *volume, struct diag *why)
{
    struct journal *journal;
    enum status status = journal_open_reading(&journal, volume->path, why);

    if (status != STATUS_OK)
        return diag_wrap(why, status, "%s", volume->path);
    volume->base = journal_base(journal);
    volume->head = journal_head(journal);
    journal_close(journal);
    return STATUS_OK;
}

bool is_volume(const char *name)
{
    size_t size = strlen(name);

    return name[0] != '.' && size > 3 && strcmp(name + size - 3, ".db") == 0;
}

static enum status pass_by(void *arg, const struct record *record,
                           struct diag *why)
{
    (void)arg;
    (void)record;
    (void)why;
    return STATUS_OK;
}

enum status volume_check(const char *path, struct diag *why)
{
    struct journal *journal = NULL;
    enum status status = journal_open_reading(&journal, path, why);

    if (status == STATUS_OK)
        status = journal_read(journal, journal_base(journal) + 1, pass_by, NULL,
                              why);
    journal_close(journal);
    return status;
}

static enum status add_volume(struct chronicle *chronicle, const char *folder,
                              const char *name, struct diag *why)
{
    struct volume *volume;

    chronicle->volumes = must_realloc(chronicle->volumes, chronicle->count + 1,
                                      sizeof *chronicle->volumes);
    volume = &chronicle->volumes[chronicle->count++];
    memset(volume, 0, sizeof *volume);
    if ((size_t)snprintf(volume->path, sizeof volume->path, "%s/%s", folder,
                         name) >= sizeof volume->path)
        return diag_set(why, STATUS_USAGE, "%s: path too long", name);
    return look_into(volume, why);
}

static int by_base(const void *a, const void *b)
{
    const struct volume *left = a;
    const struct volume *right = b;

    return (left->base > right->base) - (left->base < right->base);
}

static bool is_whole(const struct chronicle *chronicle)
{
    uint64_t reached = 0;

    for (size_t i = 0; i < chronicle->count; i++) {
        if (chronicle->volumes[i].base > reached)
            break;
        if (chronicle->volumes[i].head > reached)
            reached = chronicle->volumes[i].head;
    }
    return reached >= journal_base(chronicle->journal);
}

static enum status find_volumes(struct chronicle *chronicle, struct diag *why)
{
    char folder[PATH_MAX];
    DIR *dir = opendir(home_file(chronicle->home, ARCHIVE_FOLDER, folder));
    struct dirent *entry;
    enum status status = STATUS_OK;

    if (dir == NULL) /* one that cannot be read is not elsewhere */
        return errno == ENOENT ? STATUS_OK
                               : diag_errno(why, STATUS_SYSTEM, "%s", folder);
    errno = 0;
    while (status == STATUS_OK && (entry = readdir(dir)) != NULL) {
        if (is_volume(entry->d_name))
            status = add_volume(chronicle, folder, entry->d_name, why);
        errno = 0;
    }
    if (status == STATUS_OK && errno != 0)
        status = diag_errno(why, STATUS_SYSTEM, "%s", folder);
    (void)closedir(dir);
    if (chronicle->count > 0)
        qsort(chronicle->volumes, chronicle->count, sizeof *chronicle->volumes,
              by_base);
    return status;
}

enum status chronicle_open(struct chronicle *chronicle, const struct home *home,
                           struct journal *journal, struct diag *why)
{
    enum status status;

    *chronicle = (struct chronicle){.home = home, .journal = journal};
    status = find_volumes(chronicle, why);
    chronicle->whole = status == STATUS_OK && is_whole(chronicle);
    return status;
}

enum status chronicle_open_shadow(struct chronicle *chronicle,
                                  struct shadow *shadow,
                                  const struct home *home, struct diag *why)
{
    enum status status = shadow_open(shadow, home, SHADOW_FIRST, why);

    if (status == STATUS_OK)
        status = chronicle_open(chronicle, home, shadow->journal, why);
    if (status != STATUS_OK || chronicle->whole)
        return status;
    shadow_close(shadow);
    status = shadow_open(shadow, home, SHADOW_BASE, why);
    chronicle->journal = shadow->journal;
    return status;
}

uint64_t chronicle_first(const struct chronicle *chronicle)
{
    return chronicle->whole ? 1 : journal_base(chronicle->journal) + 1;
}

void chronicle_close(struct chronicle *chronicle)
{
    free(chronicle->volumes);
    *chronicle = (struct chronicle){0};
}

/* Two parts of one chain agree on the hash where they meet. */
static enum status meet(struct journal *before, struct journal *after,
                        struct diag *why)
{
    uint64_t at = journal_base(after);
    uint8_t left[CHAIN_SIZE];
    uint8_t right[CHAIN_SIZE];
    enum status status = journal_chain_at(before, at, left, why);

    if (status == STATUS_OK)
        status = journal_chain_at(after, at, right, why);
    if (status == STATUS_OK && memcmp(left, right, CHAIN_SIZE) != 0)
        status = diag_set(why, STATUS_CORRUPT,
                          "the chain breaks at sequence %" PRIu64
                          ", where an archive ends",
                          at);
    return status;
}

/* What comes after a volume: the next one, or the journal itself. */
struct passing {
    enum status (*each)(void *arg, const struct record *record,
                        struct diag *why);
    void *arg;
    uint64_t next;
    uint64_t last; /* a volume that came meanwhile may have more */
};

static enum status pass_on(void *arg, const struct record *record,
                           struct diag *why)
{
    struct passing *passing = arg;

    if (record->sequence < passing->next || record->sequence > passing->last)
        return STATUS_OK; /* two volumes may overlap */
    passing->next = record->sequence + 1;
    return passing->each(passing->arg, record, why);
}

static enum status read_volume(const struct chronicle *chronicle, size_t index,
                               struct passing *passing, struct diag *why)
{
    const struct volume *volume = &chronicle->volumes[index];
    struct journal *journal = NULL;
    struct journal *after = NULL;
    bool last = index + 1 == chronicle->count;
    enum status status = journal_open_reading(&journal, volume->path, why);

    if (status == STATUS_OK)
        status = journal_read(journal, journal_base(journal) + 1, pass_on,
                              passing, why);
    if (status == STATUS_OK && !last)
        status = journal_open_reading(&after,
                                      chronicle->volumes[index + 1].path, why);
    if (status == STATUS_OK &&
        volume->head >= journal_base(last ? chronicle->journal : after))
        status = meet(journal, last ? chronicle->journal : after, why);
    journal_close(after);
    journal_close(journal);
    return status == STATUS_OK ? status
                               : diag_wrap(why, status, "%s", volume->path);
}

static enum status read_on(const struct chronicle *chronicle,
                           struct passing *passing, struct diag *why)
{
    uint64_t from = passing->next;
    enum status status = STATUS_OK;

    for (size_t i = 0; status == STATUS_OK && i < chronicle->count &&
                       from <= journal_base(chronicle->journal);
         i++) {
        if (chronicle->volumes[i].head >= passing->next)
            status = read_volume(chronicle, i, passing, why);
    }
    if (status == STATUS_OK && passing->next <= passing->last)
        status = journal_read_slowly(chronicle->journal, passing->next, pass_on,
                                     passing, why);
    return status;
}

/* What was still to be read is in the archive now. */
static enum status look_again(struct chronicle *chronicle, struct diag *why)
{
    free(chronicle->volumes);
    chronicle->volumes = NULL;
    chronicle->count = 0;
    return find_volumes(chronicle, why);
}

enum status chronicle_read(struct chronicle *chronicle, uint64_t from,
                           enum status (*each)(void *arg,
                                               const struct record *record,
                                               struct diag *why),
                           void *arg, struct diag *why)
{
    struct passing passing = {each, arg, from,
                              journal_head(chronicle->journal)};
    uint64_t base = journal_base(chronicle->journal);
    enum status status = read_on(chronicle, &passing, why);

    while (status == STATUS_MISSING &&
           journal_base(chronicle->journal) > base) {
        base = journal_base(chronicle->journal);
        status = look_again(chronicle, why);
        if (status == STATUS_OK)
            status = read_on(chronicle, &passing, why);
    }
    return status;
}
