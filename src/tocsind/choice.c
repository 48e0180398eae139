#include "tocsind/choice.h"

#include <string.h>

#include "domain/samples.h"
#include "wire/kit.h"

/* What has come under supervision as that, or does no more; "" for others. */
static const char *subject_of(const Tocsin__V1__Fact *fact,
                              Tocsin__V1__Supervised kind)
{
    if (fact->body_case == TOCSIN__V1__FACT__BODY_PUT_UNDER_SUPERVISION &&
        fact->put_under_supervision->kind == kind)
        return fact->put_under_supervision->subject;
    if (fact->body_case == TOCSIN__V1__FACT__BODY_SUPERVISION_LIFTED &&
        fact->supervision_lifted->kind == kind)
        return fact->supervision_lifted->subject;
    return "";
}

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
        return subject_of(fact, TOCSIN__V1__SUPERVISED__SUPERVISED_CASE);
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

static bool was_silent(const struct book *book,
                       const Tocsin__V1__FellSilent *fell, const char *id)
{
    uint32_t number = 0;

    for (size_t i = 0; i < fell->n_nodes; i++) {
        number += fell->nodes[i];
        if (is_number_of(book, number, id))
            return true;
    }
    return false;
}

/* What it says of itself, what is said of it, and what a gateway has brought.
 * Whatever anybody asked for has its name in front. */
static bool is_of_node(const struct choice *choice, const struct book *book,
                       const Tocsin__V1__Fact *fact)
{
    const char *id = choice->node;

    if (strcmp(fact->principal, id) == 0 ||
        strcmp(subject_of(fact, TOCSIN__V1__SUPERVISED__SUPERVISED_NODE), id) ==
            0)
        return true;
    switch (fact->body_case) {
    case TOCSIN__V1__FACT__BODY_ANSWERED:
        return is_number_of(book, fact->answered->node, id) ||
               strcmp(fact->answered->relayed_by, id) == 0;
    case TOCSIN__V1__FACT__BODY_ANSWERED_TOGETHER:
        return is_among(book, fact->answered_together, id);
    case TOCSIN__V1__FACT__BODY_ENROLLED:
        return strcmp(fact->enrolled->principal->id, id) == 0;
    case TOCSIN__V1__FACT__BODY_INVITED:
        return strcmp(fact->invited->device, id) == 0;
    case TOCSIN__V1__FACT__BODY_REVOKED:
        return strcmp(fact->revoked->id, id) == 0;
    case TOCSIN__V1__FACT__BODY_FELL_SILENT:
        return was_silent(book, fact->fell_silent, id);
    case TOCSIN__V1__FACT__BODY_PURGED:
        return is_number_of(book, fact->purged->node, id);
    case TOCSIN__V1__FACT__BODY_LOOKED:
        return is_number_of(book, fact->looked->who, id) ||
               strcmp(fact->looked->relayed_by, id) == 0;
    case TOCSIN__V1__FACT__BODY_FOUND_REGISTERED:
        return is_number_of(book, fact->found_registered->by, id) ||
               strcmp(fact->found_registered->relayed_by, id) == 0;
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

/* The decision names the match alone; the book knows whose it is. */
static bool is_decided_of(const struct book *book, const char *kit,
                          const Tocsin__V1__CaseChanged *changed)
{
    const struct alert *alert = book_alert(book, changed->alert_id);
    const struct match *match =
        alert != NULL ? alert_match(alert, changed->match) : NULL;
    uint8_t wanted[KIT_DIGEST_SIZE];
    bool found;

    if (match == NULL)
        return false;
    kit_digest(wanted, kit);
    found = memcmp(match->child, wanted, sizeof wanted) == 0;
    for (size_t i = 0; i < match->kin_count; i++)
        found = found || memcmp(match->kin[i], wanted, sizeof wanted) == 0;
    return found;
}

/* Which sample, who said what of it, who decided, and who asked. */
static bool is_of_kit(const struct choice *choice, const struct book *book,
                      const Tocsin__V1__Fact *fact)
{
    bool found = false;

    switch (fact->body_case) {
    case TOCSIN__V1__FACT__BODY_CASE_CHANGED:
        return is_kit(&fact->case_changed->kit, choice->kit) ||
               is_decided_of(book, choice->kit, fact->case_changed);
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

bool choice_takes(struct choice *choice, const struct book *book,
                  const struct record *record, const Tocsin__V1__Fact *fact)
{
    bool alert = choice->alert == NULL || is_of_alert(choice, fact);

    return alert && record->sequence >= choice->from &&
           (choice->since_ms == 0 || record->time_ms >= choice->since_ms) &&
           (choice->until_ms == 0 || record->time_ms < choice->until_ms) &&
           (choice->kit == NULL || is_of_kit(choice, book, fact)) &&
           (choice->found == NULL || is_found(fact, choice->found)) &&
           (choice->node == NULL || is_of_node(choice, book, fact));
}

void choice_know_number(struct choice *choice, const struct book *book)
{
    const struct alert *alert =
        choice->alert != NULL
            ? map_get(book->by_case, choice->alert, strlen(choice->alert))
            : NULL;

    if (alert != NULL)
        strcpy(choice->alert_id, alert->id);
}
