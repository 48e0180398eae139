/* Making the fact that an alert goes out: whom it reaches, and on which topics.
 */
#include "domain/decide_issue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "domain/concern.h"

#define CHINA_AHEAD_S 28800 /* of UTC */

char *issue_text(const struct order *order, const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(order_take(order, size), text, size);
}

char **issue_prefixes(const struct order *order, const struct prefix_set *set)
{
    char **prefixes = order_take(order, (set->count + 1) * sizeof *prefixes);

    for (size_t i = 0; i < set->count; i++)
        prefixes[i] = issue_text(order, set->prefixes[i]);
    return prefixes;
}

uint32_t *issue_numbers(const struct order *order, const uint32_t *numbers,
                        size_t count)
{
    uint32_t *differences =
        order_take(order, (count + 1) * sizeof *differences);
    uint32_t before = 0;

    for (size_t i = 0; i < count; i++) {
        differences[i] = numbers[i] - before;
        before = numbers[i];
    }
    return differences;
}

/* A node outside of the coverage that has said no more than that it holds it:
 * where the rings will come to it, that is all it does until then. */
static bool waits_for_its_ring(const struct book *book,
                               const struct cover *cover,
                               const struct document *document)
{
    struct whereabouts where = book_whereabouts(book_number(book, cover->node));

    return cover->extra && cover->rung <= TOCSIN__V1__RUNG__RUNG_HELD &&
           cover->said == 0 && document->alert != NULL &&
           document->alert->rings != NULL &&
           target_holds(document->alert->target, &where);
}

/* Nodes of the earlier coverage stay in it while they are enrolled: what they
 * show must be replaced. */
static uint32_t *with_earlier(const struct book *book,
                              const struct document *document,
                              uint32_t *numbers, size_t *count,
                              const struct alert *alert)
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
            merged[used++] = numbers[next++];
        else if (book_is_active_node(book_number(book, node)) &&
                 !waits_for_its_ring(book, &alert->cover[i], document))
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

/* The caller frees. */
static uint32_t *resolve_at(const struct book *book,
                            const Tocsin__V1__Alert *alert, int64_t reached_ms,
                            size_t *count)
{
    struct scope scope;

    *count = 0;
    if (alert == NULL)
        return must_calloc(1, sizeof(uint32_t));
    scope = scope_at(alert, reached_ms);
    return book_resolve(book, &scope, count);
}

/* Nodes that were enrolled in the old target after it went out had it with
 * their first sync: they too must be told. */
static uint32_t *with_late(const struct book *book, const struct order *order,
                           uint32_t *numbers, size_t *count,
                           const struct alert *before)
{
    size_t late_count;
    uint32_t *late = resolve_at(book, alert_content(before, order->arena),
                                before->ring.reached_ms, &late_count);
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

/* How far its rings reach at this moment: an old report begins far out. */
static int64_t take_ring(const struct order *order,
                         const struct document *document,
                         Tocsin__V1__AlertIssued *issued)
{
    const Tocsin__V1__Alert *alert = document->alert;
    const Tocsin__V1__Rings *rings = alert != NULL ? alert->rings : NULL;
    Tocsin__V1__RingStand *ring;

    if (rings == NULL)
        return 0;
    ring = issued->ring = order_take(order, sizeof *ring);
    tocsin__v1__ring_stand__init(ring);
    ring->from_ms = alert->last_seen->time_ms;
    ring->reached_ms = rings_reach(rings, order->now_ms - ring->from_ms);
    ring->step = rings_step(rings, ring->reached_ms);
    ring->steps = (uint32_t)rings->n_steps;
    ring->last_ms = rings_last_ms(rings);
    return ring->reached_ms;
}

/* Whom it reaches: coverage and feed topics. before: the alert so far. */
void issue_aim(const struct book *book, const struct order *order,
               const struct document *document, const struct alert *before,
               Tocsin__V1__AlertIssued *issued)
{
    struct prefix_set set;
    size_t count;
    uint32_t *numbers = resolve_at(book, document->alert,
                                   take_ring(order, document, issued), &count);

    if (before != NULL) {
        numbers = with_earlier(book, document, numbers, &count, before);
        numbers = with_late(book, order, numbers, &count, before);
    }
    cover_make(&set, book, numbers, count, before);
    if (set.count == 0) {
        /* nobody there yet: whoever is enrolled in the county later has it */
        memcpy(set.prefixes[0], issued->division, DIVISION_SIZE + 1);
        set.prefixes[0][division_prefix(issued->division)] = '\0';
        set.count = 1;
    }
    issued->n_prefixes = set.count;
    issued->prefixes = issue_prefixes(order, &set);
    issued->n_coverage = count;
    issued->coverage = issue_numbers(order, numbers, count);
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

/* "440305-2026-000017": of the year in which it is reported where the child is
 * missed, and all of China has one time. */
char *issue_case_number(const struct order *order, const char *division)
{
    time_t now = (time_t)(order->now_ms / 1000) + CHINA_AHEAD_S;
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
