/* Reports, revisions, withdrawals: who may issue them, whom they reach. */
#include "domain/decide_issue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/concern.h"
#include "domain/decide_case.h"
#include "wire/document.h"

#define INVALID TOCSIN__V1__STATUS__STATUS_INVALID
#define DENIED TOCSIN__V1__STATUS__STATUS_DENIED
#define CONFLICT TOCSIN__V1__STATUS__STATUS_CONFLICT

static bool agrees_on_time(struct verdict *verdict, int64_t sent_ms,
                           int64_t now_ms)
{
    if (sent_ms >= now_ms - CLOCK_TOLERANCE_MS &&
        sent_ms <= now_ms + CLOCK_TOLERANCE_MS)
        return true;
    refuse(verdict, INVALID, "alert.sent_ms",
           "is more than 10 minutes from the broker's clock");
    verdict->apart_ms = sent_ms - now_ms;
    return false;
}

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
    verdict->certified_until_ms = document->certificate->not_after_ms;
    return agrees_on_time(verdict, document->sent_ms, order->now_ms);
}

bool issue_thumbnail_fits(struct verdict *verdict,
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
const char *issue_division(struct verdict *verdict, const struct book *book,
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
    else if (case_is_sealed(&alert->file))
        refuse(verdict, CONFLICT, "alert.alert_id", "is sealed");
    else if (alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_WITHDRAWN)
        refuse(verdict, CONFLICT, "alert.alert_id", "is withdrawn");
    else if (case_is_closed(&alert->file) && document->alert != NULL)
        refuse(verdict, CONFLICT, "alert.alert_id",
               "is solved: its lead reopens it first");
    else if (document->revision != alert->revision + 1)
        refuse(verdict, CONFLICT, "alert.revision", "is %u; the next one is %u",
               document->revision, alert->revision + 1);
    else
        return alert;
    return NULL;
}

void decide_report(struct verdict *verdict, const struct book *book,
                   const struct order *order)
{
    const Tocsin__V1__Report *report = order->request->report;
    Tocsin__V1__AlertIssued *issued;
    struct document document;
    const char *division;

    if (!open_own(verdict, book, order, report->alert, &document) ||
        !issue_thumbnail_fits(verdict, &report->thumbnail))
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
    division = issue_division(verdict, book, &document);
    if (division == NULL)
        return;
    if (!division_contains(order->actor->division, division)) {
        refuse(verdict, DENIED, "alert.last_seen.place",
               "lies in %s, outside this centre's jurisdiction %s", division,
               order->actor->division);
        return;
    }
    issued = issue_fact(verdict, order, &document, report->alert);
    issued->division = issue_text(order, division);
    issued->case_number = issue_case_number(order, division);
    issued->key_id.data = (uint8_t *)(uintptr_t)order->key_id;
    issued->key_id.len = sizeof order->key_id;
    issued->thumbnail = report->thumbnail;
    issue_aim(book, order, &document, NULL, issued);
    verdict->uses_serial = true;
}

/* Also one that is not here any more. */
static bool shows_the_same(const struct order *order, const struct alert *alert,
                           const Tocsin__V1__Picture *picture)
{
    size_t before = order->arena->used;
    const Tocsin__V1__Alert *content = alert_content(alert, order->arena);
    bool same = content != NULL && content->picture != NULL &&
                content->picture->hash.len == picture->hash.len &&
                memcmp(content->picture->hash.data, picture->hash.data,
                       picture->hash.len) == 0;

    order->arena->used = before;
    return same;
}

/* Whom a revision reaches first sees the face as soon as those before. */
void issue_keep_thumbnail(const struct order *order, const struct alert *alert,
                          const struct document *document,
                          Tocsin__V1__AlertIssued *issued)
{
    uint8_t *copy;

    if (issued->thumbnail.len > 0 || alert->thumbnail_size == 0 ||
        document->alert == NULL || document->alert->picture == NULL ||
        !shows_the_same(order, alert, document->alert->picture))
        return;
    copy = order_take(order, alert->thumbnail_size);
    memcpy(copy, alert->thumbnail, alert->thumbnail_size);
    issued->thumbnail = (ProtobufCBinaryData){alert->thumbnail_size, copy};
}

void decide_revise(struct verdict *verdict, const struct book *book,
                   const struct order *order)
{
    const Tocsin__V1__Revise *revise = order->request->revise;
    Tocsin__V1__AlertIssued *issued;
    struct document document;
    const struct alert *alert;

    if (!open_own(verdict, book, order, revise->alert, &document) ||
        !issue_thumbnail_fits(verdict, &revise->thumbnail))
        return;
    if (document.alert == NULL) {
        refuse(verdict, INVALID, "alert", "is a withdrawal");
        return;
    }
    alert = alert_to_change(verdict, book, order, &document);
    if (alert == NULL || issue_division(verdict, book, &document) == NULL)
        return;
    issued = issue_fact(verdict, order, &document, revise->alert);
    issued->thumbnail = revise->thumbnail;
    issue_keep_thumbnail(order, alert, &document, issued);
    issue_same_case(order, alert, issued);
    if (revise->confirms != NULL &&
        !decide_confirms(verdict, book, order, revise->confirms, issued))
        return;
    issue_aim(book, order, &document, alert, issued);
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
    issued = issue_fact(verdict, order, &document, withdraw->alert);
    issued->withdrawal = true;
    issued->expires_ms = alert->expires_ms;
    issue_same_case(order, alert, issued);
    issue_aim(book, order, &document, alert, issued);
}
