/* Years of cases: each with a report, a thousand nodes that hold it and show
 * it, and, when it is over, its withdrawal and filing. */
#include "history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/clock.h"
#include "broker/core.h"
#include "broker/fact_codec.h"
#include "domain/apply.h"
#include "wire/decode.h"

#define COVERED 1000
#define KEYS_AT_ONCE 100

static void flush(struct history *history)
{
    if (history->waiting > 0 &&
        journal_append(history->journal, history->records, history->waiting,
                       NULL) != STATUS_OK)
        give_up("the journal");
    for (size_t i = 0; i < history->waiting; i++) {
        free((void *)(uintptr_t)history->records[i].body);
        free((void *)(uintptr_t)history->records[i].marks);
    }
    history->waiting = 0;
}

static void add_body(struct history *history, uint8_t *body, size_t size,
                     struct mark *marks, size_t mark_count)
{
    struct record *record = &history->records[history->waiting++];

    memset(record, 0, sizeof *record);
    record->sequence = history->next++;
    record->principal = "";
    record->time_ms = clock_wall_ms();
    record->body = body;
    record->body_size = size;
    record->marks = marks;
    record->mark_count = mark_count;
    if (history->waiting == HISTORY_BATCH)
        flush(history);
}

static void add_fact(struct history *history, Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__AlertFiled *filed =
        fact->body_case == TOCSIN__V1__FACT__BODY_ALERT_FILED
            ? fact->alert_filed
            : NULL;
    struct mark *marks = NULL;
    size_t mark_count = 0;
    size_t size;
    uint8_t *body;

    fact->time_ms = clock_wall_ms();
    body = fact_for_disk(fact, history->book, history->vault, &size);
    if (body == NULL)
        give_up("sealing");
    if (filed != NULL)
        marks = broker_filing_marks(book_alert(history->book, filed->alert_id),
                                    &mark_count);
    (void)book_apply(history->book, history->next, fact);
    add_body(history, body, size, marks, mark_count);
}

void history_enrol(struct history *history, const char *id,
                   Tocsin__V1__Role role, const struct place *place)
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
    add_fact(history, &fact);
}

/* Each case has its own; without a keyring all have the same one. */
static void take_key(struct history *history, uint8_t key_id[KEY_ID_SIZE])
{
    struct case_key keys[KEYS_AT_ONCE];

    if (vault_take(history->vault, history->key_id) ||
        history->keyring == NULL) {
        memcpy(key_id, history->key_id, KEY_ID_SIZE);
        return;
    }
    if (keyring_make(history->keyring, keys, KEYS_AT_ONCE, NULL) != STATUS_OK)
        give_up("the keyring");
    for (int i = 0; i < KEYS_AT_ONCE; i++)
        vault_add(history->vault, &keys[i]);
    if (!vault_take(history->vault, key_id))
        give_up("no key");
}

/* A case with a document of 700 bytes for 1,000 nodes. */
static void issue(struct history *history)
{
    static uint8_t document[700];
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__AlertIssued issued = TOCSIN__V1__ALERT_ISSUED__INIT;
    uint32_t coverage[1000];
    char prefix[] = "41";
    char *prefixes[] = {prefix};
    char *id = history->alert_id;
    char number[CASE_NUMBER_MAX];
    uint8_t key_id[KEY_ID_SIZE];
    uint8_t random[10];

    randombytes_buf(random, sizeof random);
    ulid_make(id, clock_wall_ms(), random);
    snprintf(number, sizeof number, "410104-2026-%06zu",
             ++history->alert_count);
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
    take_key(history, key_id);
    issued.key_id = (ProtobufCBinaryData){KEY_ID_SIZE, key_id};
    issued.expires_ms = clock_wall_ms() + 86400000;
    fact.principal = "centre-1";
    fact.body_case = TOCSIN__V1__FACT__BODY_ALERT_ISSUED;
    fact.alert_issued = &issued;
    add_fact(history, &fact);
}

static void hold(struct history *history, uint32_t node, Tocsin__V1__Rung rung)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Answered answered = TOCSIN__V1__ANSWERED__INIT;
    uint8_t request_id[16];

    randombytes_buf(request_id, sizeof request_id);
    answered.alert_id = history->alert_id;
    answered.revision = 1;
    answered.node = node;
    answered.rung = rung;
    answered.at_ms = clock_wall_ms();
    fact.principal = history->book->principals[node - 1]->id;
    fact.request_id = (ProtobufCBinaryData){sizeof request_id, request_id};
    fact.body_case = TOCSIN__V1__FACT__BODY_ANSWERED;
    fact.answered = &answered;
    add_fact(history, &fact);
}

static void withdraw(struct history *history)
{
    static uint8_t document[300];
    const struct alert *alert = book_alert(history->book, history->alert_id);
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__AlertIssued issued = TOCSIN__V1__ALERT_ISSUED__INIT;
    char prefix[] = "41";
    char *prefixes[] = {prefix};

    issued.alert_id = history->alert_id;
    issued.revision = 2;
    issued.withdrawal = true;
    issued.case_number = (char *)(uintptr_t)alert->case_number;
    issued.division = "410104";
    issued.document = (ProtobufCBinaryData){sizeof document, document};
    issued.n_prefixes = 1;
    issued.prefixes = prefixes;
    issued.key_id =
        (ProtobufCBinaryData){KEY_ID_SIZE, (uint8_t *)(uintptr_t)alert->key_id};
    fact.principal = "centre-1";
    fact.body_case = TOCSIN__V1__FACT__BODY_ALERT_ISSUED;
    fact.alert_issued = &issued;
    add_fact(history, &fact);
}

static void file_away(struct history *history)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__AlertFiled filed = TOCSIN__V1__ALERT_FILED__INIT;
    uint8_t key_id[KEY_ID_SIZE];

    memcpy(key_id, book_alert(history->book, history->alert_id)->key_id,
           KEY_ID_SIZE);
    filed.alert_id = history->alert_id;
    fact.body_case = TOCSIN__V1__FACT__BODY_ALERT_FILED;
    fact.alert_filed = &filed;
    add_fact(history, &fact);
    if (history->keyring != NULL)
        vault_forget(history->vault, key_id);
}

void history_enrol_fleet(struct history *history, const struct place *places,
                         size_t count)
{
    struct place centre = {.division = "000000"};

    history_enrol(history, "centre-1", TOCSIN__V1__ROLE__ROLE_CENTRE, &centre);
    for (size_t i = 0; i < count; i++)
        history_enrol(history, places[i].id, TOCSIN__V1__ROLE__ROLE_CHECKPOINT,
                      &places[i]);
}

/* One case: the report, and who holds and shows it. */
static void live_a_case(struct history *history, uint64_t last)
{
    issue(history);
    for (uint32_t i = 0; i < 2 * COVERED && history->next <= last; i++)
        hold(history, 3 + i % COVERED,
             i < COVERED ? TOCSIN__V1__RUNG__RUNG_HELD
                         : TOCSIN__V1__RUNG__RUNG_SHOWN);
}

void history_go_on(struct history *history, uint64_t last, size_t open)
{
    const uint64_t a_case = 2 * COVERED + 3;

    while (history->next <= last) {
        live_a_case(history, last);
        if (open == 0 || history->next + open * a_case > last)
            continue;
        withdraw(history);
        file_away(history);
    }
    flush(history);
}

void history_open(struct history *history, const char *path)
{
    if (journal_open(&history->journal, path, true, NULL) != STATUS_OK)
        give_up("no journal");
    history->next = 1;
    history->vault = vault_new();
    history->book = book_new(NULL);
    history_found(history);
}

void history_close(struct history *history)
{
    flush(history);
    journal_close(history->journal);
    book_free(history->book);
    vault_free(history->vault);
}

void history_found(struct history *history)
{
    struct bundle administrator = {.id = "administrator",
                                   .role = TOCSIN__V1__ROLE__ROLE_ADMINISTRATOR,
                                   .name = "Administrator",
                                   .division = "000000"};
    uint8_t epoch[EPOCH_SIZE] = {1};
    struct case_key key;
    size_t size;
    uint8_t *body;

    randombytes_buf(&key, sizeof key);
    vault_add(history->vault, &key);
    keypair_make(&administrator.key);
    body = broker_founding(&administrator, epoch, clock_wall_ms(), &size);
    history_take(history, body, size);
    add_body(history, body, size, NULL, 0);
}

void history_take(struct history *history, const uint8_t *body, size_t size)
{
    struct arena arena;
    const Tocsin__V1__Fact *fact;

    arena_init(&arena, 1 << 16);
    fact = decode(&arena, &tocsin__v1__fact__descriptor, body, size, NULL);
    if (fact == NULL)
        give_up("a fact");
    (void)book_apply(history->book, history->book->head + 1, fact);
    arena_done(&arena);
}
