/* tocsin journal: verify, export, search. */
#define _GNU_SOURCE
#include "journal/journal.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "domain/keep.h"
#include "tocsind/choice.h"
#include "tocsind/chronicle.h"
#include "tocsind/commands.h"
#include "tocsind/fact_print.h"
#include "tocsind/shadow.h"
#include "wire/kit.h"

#define STATES 2

struct reading {
    struct home home;
    struct shadow shadow;
    struct chronicle chronicle;
    struct choice choice;
    struct state_mark states[STATES];
    uint64_t count;
    uint64_t printed;
    enum { VERIFY, EXPORT, SEARCH } what;
};

/* ---- reading ------------------------------------------------------------- */

static enum status compare(const struct book *book,
                           const struct state_mark *mark, struct diag *why)
{
    uint8_t digest[32];

    if (mark->sequence == 0 || book->head != mark->sequence)
        return STATUS_OK;
    book_digest(book, digest);
    if (memcmp(digest, mark->digest, sizeof digest) == 0)
        return STATUS_OK;
    return diag_set(why, STATUS_CORRUPT,
                    "%s at sequence %" PRIu64
                    " is not what the facts add up to",
                    mark->kind == STATE_BASE ? "the archived journal's state"
                                             : "the snapshot",
                    mark->sequence);
}

static enum status take_record(void *arg, const struct record *record,
                               struct diag *why)
{
    struct reading *reading = arg;
    const Tocsin__V1__Fact *fact;
    enum status status = shadow_take(&reading->shadow, record, &fact, why);

    if (status != STATUS_OK)
        return status;
    reading->count++;
    if (reading->what != VERIFY &&
        choice_takes(&reading->choice, reading->shadow.book, record, fact)) {
        fact_print(reading->shadow.book, &reading->shadow.arena,
                   record->sequence, fact);
        reading->printed++;
    }
    for (int i = 0; reading->what == VERIFY && i < STATES; i++) {
        status = compare(reading->shadow.book, &reading->states[i], why);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* The snapshot may be useless and is made anew; the base's state may not. */
static enum status find_states(struct reading *reading, struct diag *why)
{
    struct shadow *shadow = &reading->shadow;

    (void)!state_digest(&reading->states[0], STATE_SNAPSHOT, &reading->home,
                        shadow->journal, shadow->vault, NULL);
    return state_digest(&reading->states[1], STATE_BASE, &reading->home,
                        shadow->journal, shadow->vault, why);
}

static enum status open_all(struct reading *reading, struct diag *why)
{
    enum status status = chronicle_open_shadow(
        &reading->chronicle, &reading->shadow, &reading->home, why);

    if (status == STATUS_OK)
        choice_know_number(&reading->choice, reading->shadow.book);
    return status == STATUS_OK ? find_states(reading, why) : status;
}

static void tell_verified(const struct reading *reading)
{
    const struct journal *journal = reading->shadow.journal;
    uint8_t chain[CHAIN_SIZE];
    char hex[2 * CHAIN_SIZE + 1];

    journal_chain(journal, chain);
    printf("verified %" PRIu64 " facts, head %" PRIu64 ", chain %s\n",
           reading->count, journal_head(journal),
           hex_encode(hex, chain, CHAIN_SIZE));
    if (reading->chronicle.whole && reading->chronicle.count > 0)
        printf("facts 1 to %" PRIu64 " are in the archive, %zu %s\n",
               journal_base(journal), reading->chronicle.count,
               reading->chronicle.count == 1 ? "file" : "files");
    else if (journal_base(journal) > 0)
        printf("facts 1 to %" PRIu64 " are archived elsewhere: not checked\n",
               journal_base(journal));
}

/* Whoever asked for what is not here must not take the rest for all of it. */
static bool lacks_some(const struct reading *reading)
{
    uint64_t base = journal_base(reading->shadow.journal);

    if (reading->what == VERIFY || reading->chronicle.whole ||
        reading->choice.from > base)
        return false;
    fprintf(stderr,
            "tocsind: facts 1 to %" PRIu64
            " are archived elsewhere, and not among these\n",
            base);
    return true;
}

static int read_journal(struct reading *reading, struct diag *why)
{
    enum status status = open_all(reading, why);
    bool lacking;

    if (status == STATUS_OK)
        status = chronicle_read(&reading->chronicle,
                                chronicle_first(&reading->chronicle),
                                take_record, reading, why);
    if (status != STATUS_OK)
        return command_failed(why);
    if (reading->what == VERIFY)
        tell_verified(reading);
    lacking = lacks_some(reading);
    if (reading->what == SEARCH && reading->printed == 0) {
        fprintf(stderr, "tocsind: nothing found among %" PRIu64 " facts\n",
                reading->count);
        return EXIT_REFUSED;
    }
    return lacking && reading->what == EXPORT ? EXIT_LOCAL : EXIT_DONE;
}

/* ---- the command line ---------------------------------------------------- */

static const char usage[] =
    "usage: tocsind journal verify HOME\n"
    "       tocsind journal export HOME [--from SEQUENCE]\n"
    "       tocsind journal search HOME [--from SEQUENCE]\n"
    "                              [--alert ID|CASE] [--node ID]\n"
    "                              [--kit NUMBER] [--found ID]\n"
    "                              [--since TIME] [--until TIME]\n"
    "       tocsind journal archive HOME [--keep-days N]\n";

static bool take_time(const char *name, const char *text, int64_t *out)
{
    if (clock_parse(text, out))
        return true;
    fprintf(stderr,
            "tocsind: --%s: '%s' is not a time such as 2026-03-01T08:00Z\n",
            name, text);
    return false;
}

static bool take_option(struct choice *choice, int option)
{
    char *end = NULL;

    switch (option) {
    case 'f':
        errno = 0;
        choice->from = strtoull(optarg, &end, 10);
        /* strtoull takes signs and blanks, and -1 for the greatest of all */
        return optarg[0] >= '0' && optarg[0] <= '9' && *end == '\0' &&
               errno == 0;
    case 'a':
        choice->alert = optarg;
        return true;
    case 'n':
        choice->node = optarg;
        return true;
    case 'k':
        choice->kit = optarg;
        return kit_valid(optarg);
    case 'c':
        choice->found = optarg;
        return ulid_valid(optarg);
    case 's':
        return take_time("since", optarg, &choice->since_ms);
    case 'u':
        return take_time("until", optarg, &choice->until_ms);
    default:
        return false;
    }
}

static bool parse(int argc, char **argv, struct reading *reading)
{
    static const struct option options[] = {
        {"from", required_argument, NULL, 'f'},
        {"alert", required_argument, NULL, 'a'},
        {"node", required_argument, NULL, 'n'},
        {"kit", required_argument, NULL, 'k'},
        {"found", required_argument, NULL, 'c'},
        {"since", required_argument, NULL, 's'},
        {"until", required_argument, NULL, 'u'},
        {NULL, 0, NULL, 0}};
    struct choice *choice = &reading->choice;
    const char *what = argc > 1 ? argv[1] : "";
    bool good = true;

    for (int option;
         (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        good = take_option(choice, option) && good;
    if (!good || argc - optind != 2 ||
        strlen(argv[optind + 1]) >= sizeof reading->home.path)
        return false;
    what = argv[optind];
    strcpy(reading->home.path, argv[optind + 1]);
    reading->what = strcmp(what, "search") == 0   ? SEARCH
                    : strcmp(what, "export") == 0 ? EXPORT
                                                  : VERIFY;
    if (reading->what == SEARCH)
        return choice->from != 0 || choice->alert != NULL ||
               choice->node != NULL || choice->kit != NULL ||
               choice->found != NULL || choice->since_ms != 0 ||
               choice->until_ms != 0;
    return reading->what == EXPORT || strcmp(what, "verify") == 0;
}

int command_journal(int argc, char **argv)
{
    struct reading reading = {0};
    struct diag why = {0};
    int code;

    if (argc > 1 && strcmp(argv[1], "archive") == 0)
        return command_archive(argc - 1, argv + 1);
    if (!parse(argc, argv, &reading)) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    code = read_journal(&reading, &why);
    chronicle_close(&reading.chronicle);
    shadow_close(&reading.shadow);
    return code;
}
