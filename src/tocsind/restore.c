/* tocsin restore: a home out of a backup, under a new epoch. What was recorded
 * after the backup is lost, and nothing that it may have used is used again. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/clock.h"
#include "base/file.h"
#include "tocsind/backup.h"
#include "tocsind/commands.h"
#include "tocsind/shadow.h"

/* Far above what the lost time can have used, however long it was; and two
 * restores of one backup go on at different places. */
#define SKIPPED 1000
#define GENERATION_MS 1000
#define SERIAL_MS (15 * 1000)
#define LOST_MAX_MS (366 * (int64_t)86400000) /* or a clock was wrong */

struct last {
    struct shadow shadow;
    int64_t time_ms; /* 0: all is archived, and it is not known */
};

static enum status take_record(void *arg, const struct record *record,
                               struct diag *why)
{
    struct last *last = arg;

    last->time_ms = record->time_ms;
    return shadow_take(&last->shadow, record, NULL, why);
}

static int64_t lost_ms(const struct last *last, int64_t now_ms)
{
    int64_t lost = now_ms - last->time_ms;

    if (lost < 0)
        return 0;
    return lost < LOST_MAX_MS ? lost : LOST_MAX_MS;
}

static uint8_t *make_fact(const struct last *last, int64_t now_ms, size_t *size)
{
    const struct book *book = last->shadow.book;
    int64_t lost = lost_ms(last, now_ms);
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Restored restored = TOCSIN__V1__RESTORED__INIT;
    uint8_t epoch[EPOCH_SIZE];

    randombytes_buf(epoch, sizeof epoch);
    restored.epoch = (ProtobufCBinaryData){sizeof epoch, epoch};
    restored.generation =
        book->generation + SKIPPED + (uint32_t)(lost / GENERATION_MS);
    restored.serial = book->serial + SKIPPED + (uint32_t)(lost / SERIAL_MS);
    fact.time_ms = now_ms;
    fact.body_case = TOCSIN__V1__FACT__BODY_RESTORED;
    fact.restored = &restored;
    return encode(&fact.base, size);
}

static enum status append(const struct home *home, const struct last *last,
                          struct diag *why)
{
    struct record record = {.principal = "", .time_ms = clock_wall_ms()};
    struct journal *journal = NULL;
    char path[PATH_MAX];
    uint8_t *body;
    enum status status =
        journal_open(&journal, home_file(home, "journal.db", path), false, why);

    if (status != STATUS_OK)
        return status;
    record.sequence = journal_head(journal) + 1;
    body = make_fact(last, record.time_ms, &record.body_size);
    record.body = body;
    status = journal_append(journal, &record, 1, why);
    free(body);
    journal_close(journal);
    return status;
}

static void tell(const struct last *last, const char *path)
{
    char text[CLOCK_TEXT_MAX];
    bool known = last->time_ms != 0;

    printf("restored into %s: %" PRIu64 " facts%s%s\n"
           "Terminals hand back the alerts, revisions and withdrawals that "
           "came after it, as\nfar as one of them holds them, and send "
           "their answers once more. What nobody\nhands back is lost: make "
           "enrolments again and, above all, repeat revocations\nbefore "
           "the broker is started: tocsin revoke ID --home %s\n",
           path, last->shadow.book->head, known ? ", the last of " : "",
           known ? clock_text(last->time_ms, text) : "", path);
}

/* beside: where it is made; home: where it will be. */
static enum status begin_epoch(struct home *beside, const struct home *home,
                               struct diag *why)
{
    struct last last = {.time_ms = 0};
    enum status status = shadow_open(&last.shadow, beside, SHADOW_BASE, why);

    if (status == STATUS_OK)
        status = journal_read(last.shadow.journal,
                              journal_base(last.shadow.journal) + 1,
                              take_record, &last, why);
    if (status == STATUS_OK)
        status = append(beside, &last, why);
    if (status == STATUS_OK)
        status = home_finish(beside, home->path, why);
    if (status == STATUS_OK)
        tell(&last, home->path);
    shadow_close(&last.shadow);
    return status;
}

/* The home is whole or not there. */
static enum status restore(const struct home *from, struct home *to,
                           struct diag *why)
{
    struct home beside = {.lock = -1};
    struct home_copying copying = {.from = from, .to = &beside};
    enum status status = home_begin(&beside, to->path, why);

    if (status != STATUS_OK)
        return status;
    status = home_copy(&copying, why);
    if (status == STATUS_OK && copying.pictures.status != STATUS_OK)
        fprintf(stderr, "tocsind: restore without all pictures: %s\n",
                copying.pictures.text);
    if (status == STATUS_OK && copying.archive.status != STATUS_OK)
        fprintf(stderr,
                "tocsind: restore without a file of the archive, which stays "
                "where it is: %s\n",
                copying.archive.text);
    if (status == STATUS_OK)
        status = begin_epoch(&beside, to, why);
    if (status != STATUS_OK)
        home_abandon(&beside);
    return status;
}

int command_restore(int argc, char **argv)
{
    struct home from = {.lock = -1};
    struct home to = {.lock = -1};
    struct diag why = {0};
    enum status status;

    if (argc != 3 || argv[1][0] == '-' || strlen(argv[1]) >= sizeof from.path ||
        strlen(argv[2]) >= sizeof to.path) {
        fprintf(stderr, "usage: tocsind restore BACKUP HOME\n");
        return EXIT_USAGE;
    }
    strcpy(from.path, argv[1]);
    strcpy(to.path, argv[2]);
    status = home_expect(&from, "journal.db", "backup", &why);
    if (status == STATUS_OK)
        status = restore(&from, &to, &why);
    if (status == STATUS_OK)
        return EXIT_DONE;
    diag_wrap(&why, status, "restore");
    return command_failed(&why);
}
