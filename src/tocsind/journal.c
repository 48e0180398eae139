#define _GNU_SOURCE
#include "journal/journal.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "broker/fact_codec.h"
#include "domain/apply.h"
#include "tocsind/commands.h"
#include "tocsind/home.h"
#include "wire/json.h"

#define ARENA_BYTES (1024 * 1024)

/* Reading a home's journal beside a broker that may be running. */
struct reading {
    struct home home;
    struct book *book;
    struct vault *vault;
    struct arena arena;
    uint64_t from;
    uint64_t count;
    bool print;
};

static void put_inner(json_t *json, const char *field, struct arena *arena,
                      const ProtobufCMessageDescriptor *type,
                      const ProtobufCBinaryData *bytes)
{
    ProtobufCMessage *inner =
        bytes->len > 0 ? decode(arena, type, bytes->data, bytes->len, NULL)
                       : NULL;

    if (inner != NULL)
        json_object_set_new(json, field, json_from_message(inner));
}

/* What was signed, readable, beside the bytes that were signed. */
static void put_documents(json_t *json, struct arena *arena,
                          const Tocsin__V1__Fact *fact)
{
    if (fact->body_case == TOCSIN__V1__FACT__BODY_ALERT_ISSUED) {
        const Tocsin__V1__SignedAlert *sealed =
            decode(arena, &tocsin__v1__signed_alert__descriptor,
                   fact->alert_issued->document.data,
                   fact->alert_issued->document.len, NULL);

        if (sealed != NULL)
            put_inner(json, "content", arena,
                      &tocsin__v1__alert_document__descriptor,
                      &sealed->content);
    } else if (fact->body_case == TOCSIN__V1__FACT__BODY_ANSWERED &&
               fact->answered->document.len > 0) {
        const Tocsin__V1__SignedAnswer *sealed = decode(
            arena, &tocsin__v1__signed_answer__descriptor,
            fact->answered->document.data, fact->answered->document.len, NULL);

        if (sealed != NULL)
            put_inner(json, "content", arena, &tocsin__v1__answer__descriptor,
                      &sealed->content);
    }
}

static void print_fact(struct reading *reading, const struct record *record,
                       const Tocsin__V1__Fact *fact)
{
    json_t *json = json_object();
    char *text;

    json_object_set_new(json, "sequence",
                        json_integer((json_int_t)record->sequence));
    json_object_set_new(json, "fact", json_from_message(&fact->base));
    if (fact->body_case == TOCSIN__V1__FACT__BODY_ANSWERED) {
        const struct principal *node =
            book_number(reading->book, fact->answered->node);

        if (node != NULL)
            json_object_set_new(json, "node", json_string(node->id));
    }
    put_documents(json, &reading->arena, fact);
    text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(15));
    REQUIRE(text != NULL);
    puts(text);
    free(text);
    json_decref(json);
}

static enum status take_record(void *arg, const struct record *record,
                               struct diag *why)
{
    struct reading *reading = arg;
    const Tocsin__V1__Fact *fact;

    arena_reset(&reading->arena);
    fact = fact_from_disk(&reading->arena, record->body, record->body_size,
                          reading->book, reading->vault, why);
    if (fact == NULL)
        return diag_wrap(why, STATUS_CORRUPT, "record %" PRIu64,
                         record->sequence);
    (void)book_apply(reading->book, record->sequence, fact);
    reading->count++;
    if (reading->print && record->sequence >= reading->from)
        print_fact(reading, record, fact);
    return STATUS_OK;
}

static void add_key(void *arg, const struct case_key *key)
{
    vault_add(arg, key);
}

static enum status read_keys(struct reading *reading, struct diag *why)
{
    struct keyring *keyring = NULL;
    char path[PATH_MAX];
    enum status status = keyring_open(
        &keyring, home_file(&reading->home, "keyring.db", path), false, why);

    if (status == STATUS_OK)
        status = keyring_read(keyring, add_key, reading->vault, why);
    keyring_close(keyring);
    return status;
}

static int read_journal(struct reading *reading, struct diag *why)
{
    struct journal *journal = NULL;
    uint8_t chain[CHAIN_SIZE];
    char hex[2 * CHAIN_SIZE + 1];
    char path[PATH_MAX];
    enum status status = read_keys(reading, why);

    if (status == STATUS_OK)
        status = journal_open_reading(
            &journal, home_file(&reading->home, "journal.db", path), why);
    if (status == STATUS_OK)
        status = journal_read(journal, 1, take_record, reading, why);
    if (status == STATUS_OK && !reading->print) {
        journal_chain(journal, chain);
        printf("verified %" PRIu64 " facts, head %" PRIu64 ", chain %s\n",
               reading->count, journal_head(journal),
               hex_encode(hex, chain, CHAIN_SIZE));
    }
    journal_close(journal);
    return status == STATUS_OK ? EXIT_DONE : command_failed(why);
}

static bool parse(int argc, char **argv, struct reading *reading)
{
    static const struct option options[] = {
        {"from", required_argument, NULL, 'f'}, {NULL, 0, NULL, 0}};
    bool good = true;

    for (int option;
         (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        char *end = NULL;

        if (option == 'f')
            reading->from = strtoull(optarg, &end, 10);
        good = good && end != NULL && end != optarg && *end == '\0';
    }
    if (!good || argc - optind != 2 ||
        strlen(argv[optind + 1]) >= sizeof reading->home.path)
        return false;
    strcpy(reading->home.path, argv[optind + 1]);
    reading->print = strcmp(argv[optind], "export") == 0;
    return reading->print || strcmp(argv[optind], "verify") == 0;
}

int command_journal(int argc, char **argv)
{
    struct reading reading = {.from = 1};
    struct diag why = {0};
    int code;

    if (!parse(argc, argv, &reading)) {
        fprintf(stderr, "usage: tocsind journal verify HOME\n"
                        "       tocsind journal export HOME "
                        "[--from SEQUENCE]\n");
        return EXIT_USAGE;
    }
    arena_init(&reading.arena, ARENA_BYTES);
    reading.vault = vault_new();
    reading.book = book_new(NULL);
    code = read_journal(&reading, &why);
    book_free(reading.book);
    vault_free(reading.vault);
    arena_done(&reading.arena);
    return code;
}
