/* After a restore, or when an older copy of the home was put back by hand:
 * terminals hand back what their centre signed and the broker has lost. What
 * was signed cannot be invented, so a checkpoint may bring it. */
#include "domain/decide_issue.h"

#include <stdio.h>
#include <string.h>

#define INVALID TOCSIN__V1__STATUS__STATUS_INVALID
#define DENIED TOCSIN__V1__STATUS__STATUS_DENIED
#define NOT_FOUND TOCSIN__V1__STATUS__STATUS_NOT_FOUND

/* The centre that signed it, as it is enrolled now; NULL: refused. */
static const struct principal *signer(struct verdict *verdict,
                                      const struct book *book,
                                      const struct order *order,
                                      struct document *document)
{
    const struct principal *centre;
    enum status status =
        document_open(document, order->arena, order->request->hand_back->alert,
                      book->authority, &verdict->complaint);

    if (status != STATUS_OK) {
        verdict->status = status == STATUS_FORGED ? DENIED : INVALID;
        return NULL;
    }
    centre = book_principal(book, document->certificate->principal);
    if (centre == NULL || memcmp(document->certificate->public_key.data,
                                 centre->key, KEY_SIZE) != 0)
        refuse(verdict, NOT_FOUND, "certificate",
               "is of a centre that is not enrolled with this key");
    else if (centre->revoked || centre->role != TOCSIN__V1__ROLE__ROLE_CENTRE)
        refuse(verdict, DENIED, "certificate", "is of no centre any more");
    else
        return centre;
    return NULL;
}

/* Whoever brings it holds it live. By a clock that may be wrong it is taken,
 * and expires when that is known. */
static bool is_over(const struct document *document, const struct order *order)
{
    return document->alert != NULL && !order->clock_doubted &&
           document->alert->expires_ms <= order->now_ms;
}

/* Nothing is missing here, or it is over anyway. Of what is live here the
 * revision that ended it is missing. */
static bool is_needless(const struct alert *alert,
                        const struct document *document,
                        const struct order *order)
{
    bool over = is_over(document, order);

    if (alert == NULL)
        return over;
    return alert->revision >= document->revision ||
           case_is_sealed(&alert->file) ||
           alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_WITHDRAWN ||
           (over &&
            alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_EXPIRED);
}

/* As many as a restore can have lost, and more: behind the last number that
 * there is a case could never be revised or withdrawn again. */
#define SKIPPED_MAX 10000

static bool skips_too_many(const struct alert *alert,
                           const struct document *document)
{
    uint64_t newest = alert != NULL ? alert->revision : 0;

    return document->revision > newest + SKIPPED_MAX;
}

static bool may_issue(struct verdict *verdict, const struct alert *alert,
                      const struct principal *centre,
                      const struct document *document)
{
    if (document->exercise || (alert != NULL && alert->exercise))
        refuse(verdict, INVALID, "alert.exercise", "is not handed back");
    else if (skips_too_many(alert, document))
        refuse(verdict, INVALID, "alert.revision",
               "skips more than %d revisions", SKIPPED_MAX);
    else if (alert == NULL && document->alert == NULL)
        refuse(verdict, NOT_FOUND, "alert.alert_id",
               "no such alert to withdraw");
    else if (alert != NULL && alert->owner != centre->number &&
             !division_contains(centre->division, alert->division))
        refuse(verdict, DENIED, "alert.alert_id", "is another centre's");
    else
        return true;
    return false;
}

/* Of a later revision: where its number says that the case was filed. The child
 * may have been seen elsewhere since, and a case does not move with it. */
static const char *numbered_division(const struct book *book,
                                     const struct order *order,
                                     const struct principal *centre)
{
    const char *number = order->request->hand_back->case_number;
    const struct division *division;
    char code[DIVISION_SIZE + 1];

    if (strlen(number) <= DIVISION_SIZE || number[DIVISION_SIZE] != '-')
        return NULL;
    memcpy(code, number, DIVISION_SIZE);
    code[DIVISION_SIZE] = '\0';
    division = divisions_find(book->divisions, code);
    return division != NULL && division_contains(centre->division, code)
               ? division->code
               : NULL;
}

/* Where the case belongs, or all centres that may speak of it would be others
 * than before. A report belongs where the child was last seen; whoever signed a
 * later revision had the case in its jurisdiction. NULL: refused. */
static const char *case_division(struct verdict *verdict,
                                 const struct book *book,
                                 const struct order *order,
                                 const struct principal *centre,
                                 const struct document *document)
{
    const char *numbered = NULL;
    const char *seen;

    if (document->revision > 1)
        numbered = numbered_division(book, order, centre);
    if (numbered != NULL)
        return numbered;
    seen = issue_division(verdict, book, document);
    if (seen == NULL || division_contains(centre->division, seen))
        return seen;
    if (document->revision > 1)
        return centre->division;
    refuse(verdict, DENIED, "alert.last_seen.place",
           "lies outside its centre's jurisdiction");
    return NULL;
}

/* The number that officers know it by, when nothing speaks against it: one that
 * is above those of the book a report may have that is not in it yet. */
static char *old_number(const struct book *book, const struct order *order,
                        const char *division)
{
    const char *number = order->request->hand_back->case_number;
    char as_made[CASE_NUMBER_MAX];
    unsigned serial;
    unsigned year;

    if (sscanf(number, "%*6[0-9]-%4u-%9u", &year, &serial) != 2 ||
        serial > book->serial)
        return NULL;
    (void)snprintf(as_made, sizeof as_made, "%s-%04u-%06u", division, year,
                   serial);
    if (strcmp(number, as_made) != 0 ||
        map_get(book->by_case, number, strlen(number)) != NULL)
        return NULL;
    return issue_text(order, number);
}

static bool fill_new(struct verdict *verdict, const struct book *book,
                     const struct order *order, const struct principal *centre,
                     const struct document *document,
                     Tocsin__V1__AlertIssued *issued)
{
    const char *division =
        case_division(verdict, book, order, centre, document);

    if (division == NULL)
        return false;
    issued->division = issue_text(order, division);
    issued->case_number = old_number(book, order, division);
    verdict->uses_serial = issued->case_number == NULL;
    if (issued->case_number == NULL)
        issued->case_number = issue_case_number(order, division);
    issued->key_id.data = (uint8_t *)(uintptr_t)order->key_id;
    issued->key_id.len = sizeof order->key_id;
    return true;
}

static void issue_again(struct verdict *verdict, const struct book *book,
                        const struct order *order,
                        const struct principal *centre,
                        const struct document *document,
                        const struct alert *alert)
{
    const Tocsin__V1__HandBack *hand_back = order->request->hand_back;
    Tocsin__V1__AlertIssued *issued =
        issue_fact(verdict, order, document, hand_back->alert);

    verdict->fact->principal = (char *)(uintptr_t)centre->id;
    verdict->fact->request_id.len = 0; /* not the centre's */
    verdict->fact->request_digest.len = 0;
    issued->handed_back_by = issue_text(order, order->actor->id);
    if (document->withdrawal != NULL) {
        issued->withdrawal = true;
        issued->expires_ms = alert->expires_ms;
    } else {
        issued->thumbnail = hand_back->thumbnail;
    }
    if (alert != NULL) {
        issue_same_case(order, alert, issued);
        issue_keep_thumbnail(order, alert, document, issued);
    } else if (!fill_new(verdict, book, order, centre, document, issued)) {
        return;
    }
    issue_aim(book, order, document, alert, issued);
}

void decide_hand_back(struct verdict *verdict, const struct book *book,
                      const struct order *order)
{
    const struct principal *centre;
    const struct alert *alert;
    struct document document;

    centre = signer(verdict, book, order, &document);
    if (centre == NULL ||
        !issue_thumbnail_fits(verdict, &order->request->hand_back->thumbnail))
        return;
    alert = book_alert(book, document.alert_id);
    if (is_needless(alert, &document, order)) {
        verdict->status = TOCSIN__V1__STATUS__STATUS_OK;
        return;
    }
    if (!may_issue(verdict, alert, centre, &document))
        return;
    issue_again(verdict, book, order, centre, &document, alert);
}
