/*
 * What one process does by itself: a target among the national fleet, and the
 * book rebuilt from a journal of a million facts.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/clock.h"
#include "broker/core.h"
#include "broker/fact_codec.h"
#include "domain/apply.h"
#include "domain/cover.h"
#include "fleet.h"
#include "journal/journal.h"
#include "wire/decode.h"

#define FLEET 7029
#define BATCH 1000
#define ROUNDS 51

struct local {
    char folder[64];
    char path[100];
    struct journal *journal;
    struct vault *vault;
    struct book *book; /* grows with the journal, to be compared */
    struct record records[BATCH];
    size_t waiting;
    uint64_t next;
    uint8_t key_id[KEY_ID_SIZE];
    char (*alerts)[ULID_SIZE + 1];
    size_t alert_count;
};

static void flush(struct local *local)
{
    if (local->waiting > 0 && journal_append(local->journal, local->records,
                                             local->waiting, NULL) != STATUS_OK)
        give_up("the journal");
    for (size_t i = 0; i < local->waiting; i++)
        free((void *)(uintptr_t)local->records[i].body);
    local->waiting = 0;
}

static void add_body(struct local *local, uint8_t *body, size_t size)
{
    struct record *record = &local->records[local->waiting++];

    memset(record, 0, sizeof *record);
    record->sequence = local->next++;
    record->principal = "";
    record->time_ms = clock_wall_ms();
    record->body = body;
    record->body_size = size;
    if (local->waiting == BATCH)
        flush(local);
}

static void add_fact(struct local *local, Tocsin__V1__Fact *fact)
{
    size_t size;
    uint8_t *body;

    fact->time_ms = clock_wall_ms();
    body = fact_for_disk(fact, local->book, local->vault, &size);
    if (body == NULL)
        give_up("sealing");
    (void)book_apply(local->book, local->next, fact);
    add_body(local, body, size);
}

static void enrol(struct local *local, const char *id, Tocsin__V1__Role role,
                  const struct place *place)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Enrolled enrolled = TOCSIN__V1__ENROLLED__INIT;
    Tocsin__V1__Principal principal = TOCSIN__V1__PRINCIPAL__INIT;
    Tocsin__V1__Point point = TOCSIN__V1__POINT__INIT;
    struct keypair key;

    keypair_make(&key);
    principal.id = (char *)(uintptr_t)id;
    principal.role = role;
    principal.kind = place->kind;
    principal.name = (char *)(uintptr_t)id;
    principal.division = (char *)(uintptr_t)place->division;
    principal.public_key = (ProtobufCBinaryData){KEY_SIZE, key.public_key};
    point.latitude = place->latitude;
    point.longitude = place->longitude;
    if (role == TOCSIN__V1__ROLE__ROLE_CHECKPOINT)
        principal.point = &point;
    enrolled.principal = &principal;
    fact.principal = (char *)(uintptr_t) "administrator";
    fact.body_case = TOCSIN__V1__FACT__BODY_ENROLLED;
    fact.enrolled = &enrolled;
    add_fact(local, &fact);
}

/* A case with a document of 700 bytes for 1,000 nodes. */
static void issue(struct local *local)
{
    static uint8_t document[700];
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__AlertIssued issued = TOCSIN__V1__ALERT_ISSUED__INIT;
    uint32_t coverage[1000];
    char prefix[] = "41";
    char *prefixes[] = {prefix};
    char *id = local->alerts[local->alert_count];
    char number[CASE_NUMBER_MAX];
    uint8_t random[10];

    randombytes_buf(random, sizeof random);
    ulid_make(id, clock_wall_ms(), random);
    snprintf(number, sizeof number, "410104-2026-%06zu", ++local->alert_count);
    for (int i = 0; i < 1000; i++)
        coverage[i] = i == 0 ? 3 : 1;
    issued.alert_id = id;
    issued.revision = 1;
    issued.case_number = number;
    issued.division = "410104";
    issued.document = (ProtobufCBinaryData){sizeof document, document};
    issued.n_prefixes = 1;
    issued.prefixes = prefixes;
    issued.n_coverage = 1000;
    issued.coverage = coverage;
    issued.key_id = (ProtobufCBinaryData){KEY_ID_SIZE, local->key_id};
    issued.expires_ms = clock_wall_ms() + 86400000;
    fact.principal = "centre-1";
    fact.body_case = TOCSIN__V1__FACT__BODY_ALERT_ISSUED;
    fact.alert_issued = &issued;
    add_fact(local, &fact);
}

static void hold(struct local *local, uint32_t node, Tocsin__V1__Rung rung)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Answered answered = TOCSIN__V1__ANSWERED__INIT;
    uint8_t request_id[16];

    randombytes_buf(request_id, sizeof request_id);
    answered.alert_id = local->alerts[local->alert_count - 1];
    answered.revision = 1;
    answered.node = node;
    answered.rung = rung;
    answered.at_ms = clock_wall_ms();
    fact.principal = local->book->principals[node - 1]->id;
    fact.request_id = (ProtobufCBinaryData){sizeof request_id, request_id};
    fact.body_case = TOCSIN__V1__FACT__BODY_ANSWERED;
    fact.answered = &answered;
    add_fact(local, &fact);
}

static void write_journal(struct local *local, const struct place *places,
                          uint64_t facts)
{
    struct bundle administrator = {.id = "administrator",
                                   .role = TOCSIN__V1__ROLE__ROLE_ADMINISTRATOR,
                                   .name = "Administrator",
                                   .division = "000000"};
    struct place centre = {.division = "000000"};
    struct case_key key;
    uint8_t epoch[EPOCH_SIZE] = {1};
    struct arena arena;
    size_t size;
    uint8_t *body;

    randombytes_buf(&key, sizeof key);
    memcpy(local->key_id, key.id, KEY_ID_SIZE);
    vault_add(local->vault, &key);
    keypair_make(&administrator.key);
    arena_init(&arena, 1 << 16);
    body = broker_founding(&administrator, epoch, clock_wall_ms(), &size);
    (void)book_apply(
        local->book, 1,
        decode(&arena, &tocsin__v1__fact__descriptor, body, size, NULL));
    add_body(local, body, size);
    arena_done(&arena);
    enrol(local, "centre-1", TOCSIN__V1__ROLE__ROLE_CENTRE, &centre);
    for (size_t i = 0; i < FLEET; i++)
        enrol(local, places[i].id, TOCSIN__V1__ROLE__ROLE_CHECKPOINT,
              &places[i]);
    while (local->next <= facts) {
        uint64_t step = (local->next - FLEET) % 2001;

        if (step == 0 || local->alert_count == 0)
            issue(local);
        else
            hold(local, (uint32_t)(3 + step % 1000),
                 step <= 1000 ? TOCSIN__V1__RUNG__RUNG_HELD
                              : TOCSIN__V1__RUNG__RUNG_SHOWN);
    }
    flush(local);
}

/* ---- measurements -------------------------------------------------------- */

static void measure_target(const struct book *book)
{
    Tocsin__V1__Target target = TOCSIN__V1__TARGET__INIT;
    Tocsin__V1__Circle circle = TOCSIN__V1__CIRCLE__INIT;
    Tocsin__V1__Circle *circles[] = {&circle};
    Tocsin__V1__Point point = TOCSIN__V1__POINT__INIT;
    double resolved[ROUNDS];
    double covered[ROUNDS];
    struct prefix_set set;
    size_t count = 0;

    point.latitude = 34.75;
    point.longitude = 113.65;
    circle.centre = &point;
    circle.radius_km = 500;
    target.n_circles = 1;
    target.circles = circles;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t start = clock_monotonic_us();
        uint32_t *numbers = book_resolve(book, &target, &count);

        resolved[i] = (double)(clock_monotonic_us() - start) / 1000;
        start = clock_monotonic_us();
        cover_make(&set, book, numbers, count, NULL);
        covered[i] = (double)(clock_monotonic_us() - start) / 1000;
        free(numbers);
    }
    printf("circle of 500 km among %d nodes: %zu nodes in %.3f ms (goal 2 ms), "
           "their %zu topics in %.3f ms\n",
           FLEET, count, median(resolved, ROUNDS), set.count,
           median(covered, ROUNDS));
}

static enum status replay(void *arg, const struct record *record,
                          struct diag *why)
{
    return broker_replay(arg, record, why);
}

static void measure_rebuild(struct local *local)
{
    struct broker_config config = {.syncs_per_second = 1};
    struct broker_ports ports = {0};
    struct broker *broker = broker_new(&config, &ports, NULL, local->vault);
    struct journal *journal;
    struct diag why = {0};
    int64_t start = clock_monotonic_ms();
    const struct book *book = broker_book(broker);

    if (journal_open_reading(&journal, local->path, &why) != STATUS_OK ||
        journal_read(journal, 1, replay, broker, &why) != STATUS_OK)
        give_up(why.text);
    printf("journal of %" PRIu64 " facts, chain verified, book rebuilt in "
           "%.2f s (goal 10 s)\n",
           journal_head(journal),
           (double)(clock_monotonic_ms() - start) / 1000);
    if (book->head != local->book->head ||
        book->alert_count != local->book->alert_count ||
        memcmp(book->alerts[0]->reached, local->book->alerts[0]->reached,
               sizeof book->alerts[0]->reached) != 0)
        give_up("the rebuilt book is another one");
    journal_close(journal);
    broker_free(broker);
}

int main(int argc, char **argv)
{
    struct local local = {.next = 1};
    uint64_t facts = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    struct place *places;
    double radius;
    char command[120];

    if (facts < 10000 || argc > 2) {
        fprintf(stderr, "usage: local_bench [FACTS (from 10000)]\n");
        return 2;
    }
    keys_start();
    strcpy(local.folder, "/tmp/tocsin-bench.XXXXXX");
    if (mkdtemp(local.folder) == NULL)
        give_up("no temporary folder");
    snprintf(local.path, sizeof local.path, "%s/journal.db", local.folder);
    if (journal_open(&local.journal, local.path, true, NULL) != STATUS_OK)
        give_up("no journal");
    local.vault = vault_new();
    local.book = book_new(NULL);
    local.alerts = must_calloc(facts / 2000 + 10, sizeof *local.alerts);
    places = places_near(34.75, 113.65, FLEET, &radius);
    write_journal(&local, places, facts);
    journal_close(local.journal);
    measure_target(local.book);
    measure_rebuild(&local);
    book_free(local.book);
    vault_free(local.vault);
    free(local.alerts);
    free(places);
    snprintf(command, sizeof command, "rm -rf '%s'", local.folder);
    (void)!system(command);
    return 0;
}
