/* Making the fact that an alert goes out: whom it reaches, and on which topics.
 */
#include "domain/decide_issue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "domain/concern.h"
#include "domain/cover.h"

char *issue_text(const struct order *order, const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(order_take(order, size), text, size);
}

static void take_prefixes(const struct order *order,
                          Tocsin__V1__AlertIssued *issued,
                          const struct prefix_set *set)
{
    issued->n_prefixes = set->count;
    issued->prefixes =
        order_take(order, (set->count + 1) * sizeof *issued->prefixes);
    for (size_t i = 0; i < set->count; i++)
        issued->prefixes[i] = issue_text(order, set->prefixes[i]);
}

static void take_coverage(const struct order *order,
                          Tocsin__V1__AlertIssued *issued,
                          const uint32_t *numbers, size_t count)
{
    uint32_t before = 0;

    issued->n_coverage = count;
    issued->coverage =
        order_take(order, (count + 1) * sizeof *issued->coverage);
    for (size_t i = 0; i < count; i++) {
        issued->coverage[i] = numbers[i] - before;
        before = numbers[i];
    }
}

/* Nodes of the earlier coverage stay in it while they are enrolled: what they
 * show must be replaced. */
static uint32_t *with_earlier(const struct book *book, uint32_t *numbers,
                              size_t *count, const struct alert *alert)
{
    uint32_t *merged =
        must_calloc(*count + alert->cover_count + 1, sizeof *merged);
    size_t next = 0;
    size_t used = 0;

    for (size_t i = 0; i < alert->cover_count; i++) {
        uint32_t node = alert->cover[i].node;

        while (next < *count && numbers[next] < node)
            merged[used++] = numbers[next++];
        if (next < *count && numbers[next] == node)
            next++;
        if (book_is_active_node(book_number(book, node)))
            merged[used++] = node;
    }
    while (next < *count)
        merged[used++] = numbers[next++];
    free(numbers);
    *count = used;
    return merged;
}

static int by_number(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;

    return (left > right) - (left < right);
}

/* Nodes that were enrolled in the old target after it went out had it with
 * their first sync: they too must be told. */
static uint32_t *with_late(const struct book *book, const struct order *order,
                           uint32_t *numbers, size_t *count,
                           const struct alert *before)
{
    const Tocsin__V1__Target *target = alert_target(before, order->arena);
    size_t late_count = 0;
    uint32_t *late = target != NULL ? book_resolve(book, target, &late_count)
                                    : must_calloc(1, sizeof *late);
    size_t before_count = *count;

    numbers = must_realloc(numbers, *count + late_count + 1, sizeof *numbers);
    for (size_t i = 0; i < late_count; i++) {
        if (bsearch(&late[i], numbers, before_count, sizeof *numbers,
                    by_number) == NULL)
            numbers[(*count)++] = late[i];
    }
    free(late);
    qsort(numbers, *count, sizeof *numbers, by_number);
    return numbers;
}

/* Whom it reaches: coverage and feed topics. before: the alert so far. */
void issue_aim(const struct book *book, const struct order *order,
               const struct document *document, const struct alert *before,
               Tocsin__V1__AlertIssued *issued)
{
    struct prefix_set set;
    uint32_t *numbers;
    size_t count = 0;

    if (document->alert != NULL)
        numbers = book_resolve(book, document->alert->target, &count);
    else
        numbers = must_calloc(1, sizeof *numbers);
    if (before != NULL) {
        numbers = with_earlier(book, numbers, &count, before);
        numbers = with_late(book, order, numbers, &count, before);
    }
    cover_make(&set, book, numbers, count, before);
    if (set.count == 0) {
        /* nobody there yet: whoever is enrolled in the county later has it */
        memcpy(set.prefixes[0], issued->division, DIVISION_SIZE + 1);
        set.prefixes[0][division_prefix(issued->division)] = '\0';
        set.count = 1;
    }
    take_prefixes(order, issued, &set);
    take_coverage(order, issued, numbers, count);
    free(numbers);
}

/* What is signed, its signature and its certificate: nothing else that a
 * stranger's frame may carry is kept, or it would outgrow every message that
 * has to bring it. */
static void take_document(const struct order *order,
                          const Tocsin__V1__SignedAlert *sealed,
                          ProtobufCBinaryData *out)
{
    Tocsin__V1__SignedAlert bare = TOCSIN__V1__SIGNED_ALERT__INIT;
    Tocsin__V1__SignedCertificate certificate =
        TOCSIN__V1__SIGNED_CERTIFICATE__INIT;

    certificate.content = sealed->certificate->content;
    certificate.signature = sealed->certificate->signature;
    bare.content = sealed->content;
    bare.signature = sealed->signature;
    bare.certificate = &certificate;
    out->data =
        order_take(order, protobuf_c_message_get_packed_size(&bare.base));
    out->len = protobuf_c_message_pack(&bare.base, out->data);
}

Tocsin__V1__AlertIssued *issue_fact(struct verdict *verdict,
                                    const struct order *order,
                                    const struct document *document,
                                    const Tocsin__V1__SignedAlert *sealed)
{
    Tocsin__V1__AlertIssued *issued = order_take(order, sizeof *issued);

    tocsin__v1__alert_issued__init(issued);
    issued->alert_id = (char *)(uintptr_t)document->alert_id;
    issued->revision = document->revision;
    issued->exercise = document->exercise;
    take_document(order, sealed, &issued->document);
    if (document->alert != NULL) {
        issued->expires_ms = document->alert->expires_ms;
        if (document->alert->picture != NULL)
            issued->picture = document->alert->picture->hash;
    }
    verdict->fact = order_fact(order, TOCSIN__V1__FACT__BODY_ALERT_ISSUED);
    verdict->fact->alert_issued = issued;
    verdict->status = TOCSIN__V1__STATUS__STATUS_RECORDED;
    return issued;
}

/* "440305-2026-000017" */
char *issue_case_number(const struct order *order, const char *division)
{
    time_t now = (time_t)(order->now_ms / 1000);
    char *text = order_take(order, CASE_NUMBER_MAX);
    struct tm parts;

    REQUIRE(gmtime_r(&now, &parts) != NULL);
    snprintf(text, CASE_NUMBER_MAX, "%s-%04d-%06u", division,
             parts.tm_year + 1900, order->serial);
    return text;
}

void issue_same_case(const struct order *order, const struct alert *alert,
                     Tocsin__V1__AlertIssued *issued)
{
    issued->division = issue_text(order, alert->division);
    issued->case_number = issue_text(order, alert->case_number);
    issued->key_id.data = memcpy(order_take(order, sizeof alert->key_id),
                                 alert->key_id, sizeof alert->key_id);
    issued->key_id.len = sizeof alert->key_id;
}
