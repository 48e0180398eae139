/* Where and when the child was last seen, from whichever flags tell it. */
#include <stdio.h>
#include <string.h>

#include "common/measures.h"
#include "common/numbers.h"
#include "common/say.h"
#include "tocsin/draft.h"

static Tocsin__V1__Point *copy_point(struct pool *pool,
                                     const Tocsin__V1__Point *from)
{
    Tocsin__V1__Point *point = pool_take(pool, sizeof *point);

    tocsin__v1__point__init(point);
    point->latitude = from->latitude;
    point->longitude = from->longitude;
    return point;
}

static enum outcome place_of_node(struct draft *draft, const char *id,
                                  Tocsin__V1__Place *place)
{
    struct session *session = draft->session;
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ListPrincipals list = TOCSIN__V1__LIST_PRINCIPALS__INIT;
    const Tocsin__V1__Reply *reply;
    const Tocsin__V1__Principal *node;
    enum outcome outcome;

    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_PRINCIPALS;
    request.list_principals = &list;
    list.id = (char *)(uintptr_t)id;
    outcome = session_ask(session, &request, &reply);
    if (outcome != OUTCOME_DONE)
        return outcome;
    node = reply->body_case == TOCSIN__V1__REPLY__BODY_PRINCIPAL_LIST &&
                   reply->principal_list->n_principals == 1
               ? reply->principal_list->principals[0]
               : NULL;
    if (node == NULL || node->point == NULL) {
        complain("--seen-at %s: %s", id,
                 node == NULL ? "no node of this id"
                              : "its place is not known");
        return OUTCOME_REFUSED;
    }
    place->point = copy_point(&session->pool, node->point);
    place->division = pool_text(&session->pool, node->division);
    place->text = pool_text(&session->pool, node->name);
    return OUTCOME_DONE;
}

static enum outcome place_of_division(struct draft *draft, const char *code,
                                      Tocsin__V1__Place *place)
{
    struct session *session = draft->session;
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ListDivisions list = TOCSIN__V1__LIST_DIVISIONS__INIT;
    const Tocsin__V1__Reply *reply;
    const Tocsin__V1__Division *division = NULL;
    enum outcome outcome;

    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_DIVISIONS;
    request.list_divisions = &list;
    list.match = (char *)(uintptr_t)code;
    outcome = session_ask(session, &request, &reply);
    if (outcome != OUTCOME_DONE)
        return outcome;
    for (size_t i = 0;
         reply->body_case == TOCSIN__V1__REPLY__BODY_DIVISION_LIST &&
         i < reply->division_list->n_divisions;
         i++) {
        if (strcmp(reply->division_list->divisions[i]->code, code) == 0)
            division = reply->division_list->divisions[i];
    }
    if (division == NULL || division->point == NULL) {
        complain("--seen-division %s: %s", code,
                 division == NULL ? "no such division"
                                  : "its place is not known; give --seen too");
        return OUTCOME_REFUSED;
    }
    place->point = copy_point(&session->pool, division->point);
    place->text = pool_text(&session->pool, division->name);
    return OUTCOME_DONE;
}

static enum outcome place_of_point(struct draft *draft, const char *text,
                                   Tocsin__V1__Place *place)
{
    Tocsin__V1__Point point = TOCSIN__V1__POINT__INIT;
    double parts[2];

    if (!number_list(text, parts, 2) || !number_is_place(parts[0], parts[1])) {
        complain("--seen %.40s: must be LAT,LON, for instance 22.53,114.11",
                 text);
        return OUTCOME_USAGE;
    }
    point.latitude = parts[0];
    point.longitude = parts[1];
    place->point = copy_point(&draft->session->pool, &point);
    return OUTCOME_DONE;
}

static enum outcome check_flags(const struct alert_flags *flags)
{
    const char *code = flags->seen_division;

    if (flags->seen_at != NULL &&
        (flags->seen != NULL || flags->seen_division != NULL)) {
        complain("--seen-at: already says the place; leave --seen and "
                 "--seen-division out");
        return OUTCOME_USAGE;
    }
    if (code != NULL &&
        (strlen(code) != 6 || strspn(code, "0123456789") != 6)) {
        complain("--seen-division %.40s: must be a code of 6 digits", code);
        return OUTCOME_USAGE;
    }
    return OUTCOME_DONE;
}

/* A new place, when the flags name one. */
static enum outcome find_place(struct draft *draft,
                               const struct alert_flags *flags,
                               Tocsin__V1__Place **out)
{
    struct pool *pool = &draft->session->pool;
    Tocsin__V1__Place *place;
    enum outcome outcome = check_flags(flags);

    if (outcome != OUTCOME_DONE ||
        (flags->seen_at == NULL && flags->seen == NULL &&
         flags->seen_division == NULL))
        return outcome;
    place = pool_take(pool, sizeof *place);
    tocsin__v1__place__init(place);
    if (flags->seen_at != NULL)
        outcome = place_of_node(draft, flags->seen_at, place);
    else if (flags->seen != NULL)
        outcome = place_of_point(draft, flags->seen, place);
    else
        outcome = place_of_division(draft, flags->seen_division, place);
    if (flags->seen_division != NULL)
        place->division = pool_text(pool, flags->seen_division);
    *out = place;
    return outcome;
}

static enum outcome put_time(struct draft *draft, Tocsin__V1__LastSeen *seen,
                             const char *text)
{
    if (text == NULL || time_parse(text, draft->alert.sent_ms, &seen->time_ms))
        return OUTCOME_DONE;
    complain("--seen-time %.40s: must be 2026-03-01T08:15Z or -20m", text);
    return OUTCOME_USAGE;
}

enum outcome draft_place(struct draft *draft, const struct alert_flags *flags)
{
    struct pool *pool = &draft->session->pool;
    Tocsin__V1__LastSeen *seen = pool_take(pool, sizeof *seen);
    Tocsin__V1__Place *place = NULL;
    enum outcome outcome = find_place(draft, flags, &place);

    tocsin__v1__last_seen__init(seen);
    if (draft->alert.last_seen != NULL)
        *seen = *draft->alert.last_seen;
    if (place != NULL)
        seen->place = place;
    if (outcome == OUTCOME_DONE)
        outcome = put_time(draft, seen, flags->seen_time);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (draft->alert.last_seen != NULL && flags->age == NULL && !flags->grown &&
        age_is_old(draft->alert.last_seen->time_ms, seen->time_ms))
        complain("the child's age goes by when it was last seen: is it still "
                 "right? --age");
    if (flags->seen_text != NULL && seen->place != NULL) {
        place = pool_take(pool, sizeof *place);
        *place = *seen->place;
        place->text = pool_text(pool, flags->seen_text);
        seen->place = place;
    }
    draft->alert.last_seen = seen;
    return OUTCOME_DONE;
}

#define AGE_MONTHS_MAX 300 /* of the protocol */

void draft_grow(struct draft *draft, int64_t seen_before_ms)
{
    struct pool *pool = &draft->session->pool;
    int64_t seen_ms = draft->alert.last_seen->time_ms;
    bool later = seen_ms > seen_before_ms;
    Tocsin__V1__Child *child;
    Tocsin__V1__AgeRange *age;
    char words[AGE_WORDS_MAX];
    char time[TIME_TEXT_MAX];

    if (draft->alert.child == NULL || draft->alert.child->age == NULL)
        return;
    child = pool_copy(pool, draft->alert.child, sizeof *child);
    age = pool_take(pool, sizeof *age);
    *age = age_after(child->age, seen_ms - seen_before_ms);
    if (age->max_months > AGE_MONTHS_MAX)
        age->max_months = AGE_MONTHS_MAX;
    if (age->min_months > AGE_MONTHS_MAX)
        age->min_months = AGE_MONTHS_MAX;
    child->age = age;
    draft->alert.child = child;
    if (!age_is_old(seen_before_ms, seen_ms) &&
        !age_is_old(seen_ms, seen_before_ms))
        return;
    complain("it was last seen %s: its age %s %s %s%s",
             time_text(seen_before_ms, time), later ? "is" : "was",
             age_words(age, words), later ? "by now" : "then",
             child->height == NULL
                 ? ""
                 : ", and its height is left out; say what is known with "
                   "tocsin revise --age, --height");
    child->height = NULL;
}
