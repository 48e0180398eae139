#include "papers.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "photographs.h"
#include "wire/document.h"
#include "wire/seal.h"

/* A whole alert, with all that its shortest form needs. */
struct draft {
    Tocsin__V1__AlertDocument document;
    Tocsin__V1__Alert alert;
    Tocsin__V1__Child child;
    Tocsin__V1__AgeRange age;
    Tocsin__V1__LastSeen seen;
    Tocsin__V1__Place place;
    Tocsin__V1__Point point;
    Tocsin__V1__Target target;
    Tocsin__V1__Circle circles[AREAS_MAX];
    Tocsin__V1__Circle *circle_list[AREAS_MAX];
    Tocsin__V1__Point centres[AREAS_MAX];
    char *divisions[AREAS_MAX];
    Tocsin__V1__Text action;
    Tocsin__V1__Text *actions[1];
    Tocsin__V1__Rings rings;
    Tocsin__V1__RingStep steps[RINGS_MAX];
    Tocsin__V1__RingStep *step_list[RINGS_MAX];
    Tocsin__V1__Withdrawal withdrawal;
    Tocsin__V1__Picture picture;
};

void papers_init(struct papers *papers)
{
    memset(papers, 0, sizeof *papers);
    papers->by_digest = map_new();
}

void papers_done(struct papers *papers)
{
    for (size_t i = 0; i < papers->count; i++) {
        free(papers->list[i]->bytes);
        free(papers->list[i]);
    }
    free(papers->list);
    map_free(papers->by_digest);
}

static void draft_target(struct draft *draft, const struct aim *aim)
{
    Tocsin__V1__Target *target = &draft->target;

    tocsin__v1__target__init(target);
    for (size_t i = 0; i < aim->circle_count; i++) {
        Tocsin__V1__Circle *circle = &draft->circles[i];

        tocsin__v1__point__init(&draft->centres[i]);
        draft->centres[i].latitude = aim->circles[i].latitude;
        draft->centres[i].longitude = aim->circles[i].longitude;
        tocsin__v1__circle__init(circle);
        circle->centre = &draft->centres[i];
        circle->radius_km = aim->circles[i].km;
        draft->circle_list[i] = circle;
    }
    for (size_t i = 0; i < aim->division_count; i++)
        draft->divisions[i] = (char *)(uintptr_t)aim->divisions[i];
    target->n_circles = aim->circle_count;
    target->circles = draft->circle_list;
    target->n_divisions = aim->division_count;
    target->divisions = draft->divisions;
    target->n_kinds = aim->kind_count;
    target->kinds = (Tocsin__V1__NodeKind *)(uintptr_t)aim->kinds;
}

static void draft_rings(struct draft *draft, const struct rings *rings)
{
    if (rings->count == 0)
        return;
    tocsin__v1__rings__init(&draft->rings);
    for (size_t i = 0; i < rings->count; i++) {
        tocsin__v1__ring_step__init(&draft->steps[i]);
        draft->steps[i].after_ms = rings->steps[i].after_ms;
        draft->steps[i].radius_km = rings->steps[i].km;
        draft->step_list[i] = &draft->steps[i];
    }
    draft->rings.n_steps = rings->count;
    draft->rings.steps = draft->step_list;
    draft->rings.air_kmh = rings->kmh[0];
    draft->rings.rail_kmh = rings->kmh[1];
    draft->rings.road_kmh = rings->kmh[2];
    draft->rings.water_kmh = rings->kmh[3];
    draft->seen.time_ms = rings->seen_ms;
    draft->alert.rings = &draft->rings;
}

static void draft_alert(struct draft *draft, const struct paper *paper,
                        const struct bundle *centre)
{
    Tocsin__V1__Alert *alert = &draft->alert;

    tocsin__v1__alert__init(alert);
    tocsin__v1__child__init(&draft->child);
    tocsin__v1__age_range__init(&draft->age);
    tocsin__v1__last_seen__init(&draft->seen);
    tocsin__v1__place__init(&draft->place);
    tocsin__v1__point__init(&draft->point);
    tocsin__v1__text__init(&draft->action);
    draft->point.latitude = centre->latitude;
    draft->point.longitude = centre->longitude;
    draft->place.point = &draft->point;
    draft->place.division = (char *)(uintptr_t)centre->division;
    draft->seen.place = &draft->place;
    draft->seen.time_ms = paper->sent_ms - 60000;
    draft->age.max_months = 71;
    draft->child.sex = TOCSIN__V1__SEX__SEX_FEMALE;
    draft->child.age = &draft->age;
    draft->action.language = (char *)(uintptr_t) "en";
    draft->action.text = (char *)(uintptr_t) "Stop and call.";
    draft->actions[0] = &draft->action;
    alert->alert_id = (char *)(uintptr_t)paper->alert_id;
    alert->revision = paper->revision;
    alert->exercise = paper->exercise;
    alert->sent_ms = paper->sent_ms;
    alert->expires_ms = paper->expires_ms;
    alert->child = &draft->child;
    alert->last_seen = &draft->seen;
    alert->target = &draft->target;
    alert->n_action = 1;
    alert->action = draft->actions;
    if (paper->picture != NULL) {
        shot_name(paper->picture, &draft->picture);
        alert->picture = &draft->picture;
    }
    draft_target(draft, &paper->aim);
    draft_rings(draft, &paper->aim.rings);
    draft->document.kind_case = TOCSIN__V1__ALERT_DOCUMENT__KIND_ALERT;
    draft->document.alert = alert;
}

static void draft_withdrawal(struct draft *draft, const struct paper *paper)
{
    Tocsin__V1__Withdrawal *withdrawal = &draft->withdrawal;

    tocsin__v1__withdrawal__init(withdrawal);
    withdrawal->alert_id = (char *)(uintptr_t)paper->alert_id;
    withdrawal->revision = paper->revision;
    withdrawal->exercise = paper->exercise;
    withdrawal->sent_ms = paper->sent_ms;
    withdrawal->reason =
        TOCSIN__V1__WITHDRAWAL_REASON__WITHDRAWAL_REASON_CHILD_FOUND;
    draft->document.kind_case = TOCSIN__V1__ALERT_DOCUMENT__KIND_WITHDRAWAL;
    draft->document.withdrawal = withdrawal;
}

static void digest_of(const Tocsin__V1__SignedAlert *sealed, uint8_t out[32])
{
    size_t size = sealed->content.len + sealed->signature.len;
    uint8_t *bytes = must_calloc(1, size + 1);

    if (sealed->content.len > 0)
        memcpy(bytes, sealed->content.data, sealed->content.len);
    if (sealed->signature.len > 0)
        memcpy(bytes + sealed->content.len, sealed->signature.data,
               sealed->signature.len);
    hash_bytes(out, bytes, size);
    free(bytes);
}

struct paper *paper_sign(struct papers *papers, const struct paper *paper,
                         const struct bundle *centre)
{
    struct paper *out = must_memdup(paper, sizeof *paper);
    Tocsin__V1__SignedAlert *sealed;
    struct draft draft;
    struct diag why = {0};

    out->centre = centre;
    tocsin__v1__alert_document__init(&draft.document);
    if (out->withdrawal)
        draft_withdrawal(&draft, out);
    else
        draft_alert(&draft, out, centre);
    REQUIRE(document_sign(&draft.document, centre, &out->bytes, &out->size,
                          &why) == STATUS_OK);
    sealed = tocsin__v1__signed_alert__unpack(NULL, out->size, out->bytes);
    REQUIRE(sealed != NULL);
    digest_of(sealed, out->digest);
    tocsin__v1__signed_alert__free_unpacked(sealed, NULL);
    papers->list =
        must_realloc(papers->list, papers->count + 1, sizeof *papers->list);
    papers->list[papers->count++] = out;
    (void)map_put(papers->by_digest, out->digest, sizeof out->digest, out);
    return out;
}

const struct paper *paper_of(const struct papers *papers,
                             const Tocsin__V1__SignedAlert *sealed)
{
    uint8_t digest[32];

    if (sealed == NULL)
        return NULL;
    digest_of(sealed, digest);
    return map_get(papers->by_digest, digest, sizeof digest);
}

const struct paper *paper_of_bytes(const struct papers *papers,
                                   const uint8_t *bytes, size_t size)
{
    Tocsin__V1__SignedAlert *sealed =
        tocsin__v1__signed_alert__unpack(NULL, size, bytes);
    const struct paper *paper = paper_of(papers, sealed);

    if (sealed != NULL)
        tocsin__v1__signed_alert__free_unpacked(sealed, NULL);
    return paper;
}
