/* Reports, revisions, withdrawals: who may issue them, whom they reach. */
#include "domain/decide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "domain/concern.h"
#include "domain/cover.h"
#include "wire/document.h"

#define INVALID TOCSIN__V1__STATUS__STATUS_INVALID
#define DENIED TOCSIN__V1__STATUS__STATUS_DENIED
#define CONFLICT TOCSIN__V1__STATUS__STATUS_CONFLICT

/* Verified, and by the very centre that is asking. */
static bool open_own(struct verdict *verdict, const struct book *book,
                     const struct order *order,
                     const Tocsin__V1__SignedAlert *sealed,
                     struct document *document)
{
    enum status status = document_open(document, order->arena, sealed,
                                       book->authority, &verdict->complaint);

    if (status != STATUS_OK) {
        verdict->status = status == STATUS_FORGED ? DENIED : INVALID;
        return false;
    }
    if (strcmp(document->certificate->principal, order->actor->id) != 0 ||
        memcmp(document->certificate->public_key.data, order->actor->key,
               KEY_SIZE) != 0) {
        refuse(verdict, DENIED, "certificate", "is another centre's");
        return false;
    }
    if (document->sent_ms < order->now_ms - CLOCK_TOLERANCE_MS ||
        document->sent_ms > order->now_ms + CLOCK_TOLERANCE_MS) {
        refuse(verdict, INVALID, "alert.sent_ms",
               "is more than 10 minutes from the broker's clock");
        return false;
    }
    return true;
}

static bool thumbnail_fits(struct verdict *verdict,
                           const ProtobufCBinaryData *thumbnail)
{
    if (thumbnail->len == 0)
        return true;
    if (thumbnail->len <= THUMBNAIL_MAX && thumbnail->len > 2 &&
        thumbnail->data[0] == 0xff && thumbnail->data[1] == 0xd8)
        return true;
    refuse(verdict, INVALID, "thumbnail", "is not a JPEG of at most %d bytes",
           THUMBNAIL_MAX);
    return false;
}

/* A place may lie outside its division's outline, which is not known here, but
 * not far from its point. A province is larger: its nearest county tells. */
static bool lies_about(const struct book *book, struct point point,
                       const struct division *division)
{
    size_t size = division_prefix(division->code);
    const struct division *nearest;

    if (size == 0 || !division->has_point ||
        geo_distance_km(point, division->point) <= PLACE_TOLERANCE_KM)
        return true;
    nearest = divisions_nearest(book->divisions, point);
    return size == 2 && nearest != NULL &&
           division_contains(division->code, nearest->code);
}

/* The division that the case belongs to: as stated and plausible, or the
 * nearest. */
static const char *case_division(struct verdict *verdict,
                                 const struct book *book,
                                 const struct document *document)
{
    const Tocsin__V1__Place *place = document->alert->last_seen->place;
    struct point point = {place->point->latitude, place->point->longitude};
    const struct division *division;

    if (place->division[0] == '\0') {
        division = divisions_nearest(book->divisions, point);
        return division != NULL ? division->code : "000000";
    }
    division = divisions_find(book->divisions, place->division);
    if (division == NULL) {
        refuse(verdict, INVALID, "alert.last_seen.place.division",
               "is not in the table of divisions");
        return NULL;
    }
    if (!lies_about(book, point, division)) {
        refuse(verdict, INVALID, "alert.last_seen.place",
               "lies too far from division %s", division->code);
        return NULL;
    }
    return division->code;
}

/* An alert known already, as the asker may change it. */
static struct alert *alert_to_change(struct verdict *verdict,
                                     const struct book *book,
                                     const struct order *order,
                                     const struct document *document)
{
    struct alert *alert = book_alert(book, document->alert_id);

    if (alert == NULL) {
        refuse(verdict, TOCSIN__V1__STATUS__STATUS_NOT_FOUND, "alert.alert_id",
               "no such alert");
        return NULL;
    }
    if (alert->owner != order->actor->number &&
        !division_contains(order->actor->division, alert->division))
        refuse(verdict, DENIED, "alert.alert_id",
               "is another centre's, outside this one's jurisdiction");
    else if (alert->exercise != document->exercise)
        refuse(verdict, INVALID, "alert.exercise",
               "differs from the revision before");
    else if (alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_WITHDRAWN)
        refuse(verdict, CONFLICT, "alert.alert_id", "is withdrawn");
    else if (document->revision != alert->revision + 1)
        refuse(verdict, CONFLICT, "alert.revision", "is %u; the next one is %u",
               document->revision, alert->revision + 1);
    else
        return alert;
    return NULL;
}

static char *take_text(const struct order *order, const char *text)
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
        issued->prefixes[i] = take_text(order, set->prefixes[i]);
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
static void aim(const struct book *book, const struct order *order,
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

static Tocsin__V1__AlertIssued *issue(struct verdict *verdict,
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
static char *case_number(const struct order *order, const char *division)
{
    time_t now = (time_t)(order->now_ms / 1000);
    char *text = order_take(order, CASE_NUMBER_MAX);
    struct tm parts;

    REQUIRE(gmtime_r(&now, &parts) != NULL);
    snprintf(text, CASE_NUMBER_MAX, "%s-%04d-%06u", division,
             parts.tm_year + 1900, order->serial);
    return text;
}

void decide_report(struct verdict *verdict, const struct book *book,
                   const struct order *order)
{
    const Tocsin__V1__Report *report = order->request->report;
    Tocsin__V1__AlertIssued *issued;
    struct document document;
    const char *division;

    if (!open_own(verdict, book, order, report->alert, &document) ||
        !thumbnail_fits(verdict, &report->thumbnail))
        return;
    if (document.alert == NULL || document.revision != 1) {
        refuse(verdict, INVALID, "alert.revision",
               "a report is an alert of revision 1");
        return;
    }
    if (book_alert(book, document.alert_id) != NULL) {
        refuse(verdict, CONFLICT, "alert.alert_id", "is taken");
        return;
    }
    division = case_division(verdict, book, &document);
    if (division == NULL)
        return;
    if (!division_contains(order->actor->division, division)) {
        refuse(verdict, DENIED, "alert.last_seen.place",
               "lies in %s, outside this centre's jurisdiction %s", division,
               order->actor->division);
        return;
    }
    issued = issue(verdict, order, &document, report->alert);
    issued->division = take_text(order, division);
    issued->case_number = case_number(order, division);
    issued->key_id.data = (uint8_t *)(uintptr_t)order->key_id;
    issued->key_id.len = sizeof order->key_id;
    issued->thumbnail = report->thumbnail;
    aim(book, order, &document, NULL, issued);
    verdict->uses_serial = true;
}

static void carry_on(const struct order *order, const struct alert *alert,
                     Tocsin__V1__AlertIssued *issued)
{
    issued->division = take_text(order, alert->division);
    issued->case_number = take_text(order, alert->case_number);
    issued->key_id.data = memcpy(order_take(order, sizeof alert->key_id),
                                 alert->key_id, sizeof alert->key_id);
    issued->key_id.len = sizeof alert->key_id;
}

void decide_revise(struct verdict *verdict, const struct book *book,
                   const struct order *order)
{
    const Tocsin__V1__Revise *revise = order->request->revise;
    Tocsin__V1__AlertIssued *issued;
    struct document document;
    const struct alert *alert;

    if (!open_own(verdict, book, order, revise->alert, &document) ||
        !thumbnail_fits(verdict, &revise->thumbnail))
        return;
    if (document.alert == NULL) {
        refuse(verdict, INVALID, "alert", "is a withdrawal");
        return;
    }
    alert = alert_to_change(verdict, book, order, &document);
    if (alert == NULL || case_division(verdict, book, &document) == NULL)
        return;
    issued = issue(verdict, order, &document, revise->alert);
    issued->thumbnail = revise->thumbnail;
    carry_on(order, alert, issued);
    aim(book, order, &document, alert, issued);
}

void decide_withdraw(struct verdict *verdict, const struct book *book,
                     const struct order *order)
{
    const Tocsin__V1__Withdraw *withdraw = order->request->withdraw;
    Tocsin__V1__AlertIssued *issued;
    struct document document;
    const struct alert *alert;

    if (!open_own(verdict, book, order, withdraw->alert, &document))
        return;
    if (document.withdrawal == NULL) {
        refuse(verdict, INVALID, "alert", "is not a withdrawal");
        return;
    }
    alert = alert_to_change(verdict, book, order, &document);
    if (alert == NULL)
        return;
    issued = issue(verdict, order, &document, withdraw->alert);
    issued->withdrawal = true;
    issued->expires_ms = alert->expires_ms;
    carry_on(order, alert, issued);
    aim(book, order, &document, alert, issued);
}
