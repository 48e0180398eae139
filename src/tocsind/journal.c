/* tocsin journal: verify, export, search. */
#define _GNU_SOURCE
#include "journal/journal.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "domain/keep.h"
#include "tocsind/chronicle.h"
#include "tocsind/commands.h"
#include "tocsind/fact_print.h"
#include "tocsind/shadow.h"
#include "wire/kit.h"

#define STATES 2

/* Which facts are wanted; what is empty or 0 does not choose. */
struct choice {
    uint64_t from;
    int64_t since_ms;
    int64_t until_ms;
    const char *alert; /* id or case number */
    const char *node;
    const char *kit;              /* of a sample */
    const char *found;            /* id of a found child */
    char alert_id[ULID_SIZE + 1]; /* of the case number, once it was met */
};

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

/* ---- choosing ------------------------------------------------------------ */

static const char *alert_of(const Tocsin__V1__Fact *fact)
{
    switch (fact->body_case) {
    case TOCSIN__V1__FACT__BODY_ALERT_ISSUED:
        return fact->alert_issued->alert_id;
    case TOCSIN__V1__FACT__BODY_ALERT_EXPIRED:
        return fact->alert_expired->alert_id;
    case TOCSIN__V1__FACT__BODY_ALERT_FILED:
        return fact->alert_filed->alert_id;
    case TOCSIN__V1__FACT__BODY_ANSWERED:
        return fact->answered->alert_id;
    case TOCSIN__V1__FACT__BODY_ANSWERED_TOGETHER:
        return fact->answered_together->alert_id;
    case TOCSIN__V1__FACT__BODY_RING_WIDENED:
        return fact->ring_widened->alert_id;
    case TOCSIN__V1__FACT__BODY_CASE_CHANGED:
        return fact->case_changed->alert_id;
    case TOCSIN__V1__FACT__BODY_CASE_FORGOTTEN:
        return fact->case_forgotten->alert_id;
    case TOCSIN__V1__FACT__BODY_PURGED:
        return fact->purged->alert_id;
    case TOCSIN__V1__FACT__BODY_LOOKED:
        return fact->looked->alert_id;
    case TOCSIN__V1__FACT__BODY_SIGHTING_PICTURED:
        return fact->sighting_pictured->alert_id;
    case TOCSIN__V1__FACT__BODY_FELL_SILENT:
        return fact->fell_silent->alert_id;
    case TOCSIN__V1__FACT__BODY_FOUND_RESOLVED:
        return fact->found_resolved->alert_id;
    case TOCSIN__V1__FACT__BODY_LAB_REPORTED:
        return fact->lab_reported->alert_id;
    default:
        return "";
    }
}

static bool is_of_alert(struct choice *choice, const Tocsin__V1__Fact *fact)
{
    const char *id = alert_of(fact);

    if (fact->body_case == TOCSIN__V1__FACT__BODY_ALERT_ISSUED &&
        strcmp(fact->alert_issued->case_number, choice->alert) == 0 &&
        strlen(id) == ULID_SIZE)
        strcpy(choice->alert_id, id);
    return id[0] != '\0' && (strcmp(id, choice->alert) == 0 ||
                             strcmp(id, choice->alert_id) == 0);
}

static bool is_number_of(const struct book *book, uint32_t number,
                         const char *id)
{
    const struct principal *node = book_number(book, number);

    return node != NULL && strcmp(node->id, id) == 0;
}

static bool is_among(const struct book *book,
                     const Tocsin__V1__AnsweredTogether *together,
                     const char *id)
{
    for (size_t i = 0; i < together->n_nodes; i++) {
        if (is_number_of(book, together->nodes[i], id))
            return true;
    }
    return false;
}

static bool is_of_node(const struct choice *choice, const struct book *book,
                       const Tocsin__V1__Fact *fact)
{
    switch (fact->body_case) {
    case TOCSIN__V1__FACT__BODY_ANSWERED:
        return is_number_of(book, fact->answered->node, choice->node);
    case TOCSIN__V1__FACT__BODY_ANSWERED_TOGETHER:
        return is_among(book, fact->answered_together, choice->node);
    case TOCSIN__V1__FACT__BODY_ENROLLED:
        return strcmp(fact->enrolled->principal->id, choice->node) == 0;
    case TOCSIN__V1__FACT__BODY_REVOKED:
        return strcmp(fact->revoked->id, choice->node) == 0;
    default:
        return false;
    }
}

static bool is_kit(const ProtobufCBinaryData *digest, const char *kit)
{
    uint8_t wanted[KIT_DIGEST_SIZE];

    kit_digest(wanted, kit);
    return digest->len == sizeof wanted &&
           memcmp(digest->data, wanted, sizeof wanted) == 0;
}

/* Which sample, who said what of it, and who asked. */
static bool is_of_kit(const struct choice *choice, const Tocsin__V1__Fact *fact)
{
    bool found = false;

    switch (fact->body_case) {
    case TOCSIN__V1__FACT__BODY_CASE_CHANGED:
        return is_kit(&fact->case_changed->kit, choice->kit);
    case TOCSIN__V1__FACT__BODY_LAB_REPORTED:
        found = is_kit(&fact->lab_reported->kit, choice->kit);
        for (size_t i = 0; i < fact->lab_reported->n_kin; i++)
            found = found || is_kit(&fact->lab_reported->kin[i], choice->kit);
        return found;
    case TOCSIN__V1__FACT__BODY_SAMPLE_CHECKED:
        return is_kit(&fact->sample_checked->kit, choice->kit);
    case TOCSIN__V1__FACT__BODY_FOUND_REGISTERED:
        return is_kit(&fact->found_registered->kit, choice->kit);
    default:
        return false;
    }
}

static bool is_found(const Tocsin__V1__Fact *fact, const char *id)
{
    switch (fact->body_case) {
    case TOCSIN__V1__FACT__BODY_FOUND_REGISTERED:
        return strcmp(fact->found_registered->found_id, id) == 0;
    case TOCSIN__V1__FACT__BODY_FOUND_RESOLVED:
        return strcmp(fact->found_resolved->found_id, id) == 0;
    case TOCSIN__V1__FACT__BODY_FOUND_FORGOTTEN:
        return strcmp(fact->found_forgotten->found_id, id) == 0;
    case TOCSIN__V1__FACT__BODY_FOUND_FILED:
        return strcmp(fact->found_filed->found_id, id) == 0;
    default:
        return false;
    }
}

static bool is_chosen(struct reading *reading, const struct record *record,
                      const Tocsin__V1__Fact *fact)
{
    struct choice *choice = &reading->choice;
    bool alert = choice->alert == NULL || is_of_alert(choice, fact);

    return alert && record->sequence >= choice->from &&
           (choice->since_ms == 0 || record->time_ms >= choice->since_ms) &&
           (choice->until_ms == 0 || record->time_ms < choice->until_ms) &&
           (choice->kit == NULL || is_of_kit(choice, fact)) &&
           (choice->found == NULL || is_found(fact, choice->found)) &&
           (choice->node == NULL ||
            is_of_node(choice, reading->shadow.book, fact));
}

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
    if (reading->what != VERIFY && is_chosen(reading, record, fact)) {
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

/* A case that was reported before what is read begins. */
static void know_number(struct choice *choice, const struct book *book)
{
    const struct alert *alert =
        choice->alert != NULL
            ? map_get(book->by_case, choice->alert, strlen(choice->alert))
            : NULL;

    if (alert != NULL)
        strcpy(choice->alert_id, alert->id);
}

static enum status open_all(struct reading *reading, struct diag *why)
{
    enum status status = chronicle_open_shadow(
        &reading->chronicle, &reading->shadow, &reading->home, why);

    if (status == STATUS_OK)
        know_number(&reading->choice, reading->shadow.book);
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
        choice->from = strtoull(optarg, &end, 10);
        return end != optarg && *end == '\0';
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
