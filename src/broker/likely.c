/* Missing children and found ones beside each other: what is asked, and what
 * the centre and the lead of a case are told. Nothing here is recorded or
 * decided. */
#include "broker/core_private.h"

#include <stdlib.h>
#include <string.h>

#include "domain/concern.h"
#include "domain/likeness.h"
#include "domain/samples.h"
#include "domain/view.h"

/* Of a found child's registration and the order about it. */
#define DOCUMENT_BYTES 12000

/* Room for the two that are compared, and the one that stays while the other
 * changes. */
struct pair {
    struct broker *broker;
    struct described missing;
    struct described found;
    size_t opened; /* cases */
};

/* ---- what is compared ---------------------------------------------------- */

static bool is_searched(const struct alert *alert)
{
    return !alert->exercise && !case_is_closed(&alert->file) &&
           alert->document != NULL;
}

static bool is_nobodys(const struct found_child *found)
{
    return found->state == TOCSIN__V1__FOUND_STATE__FOUND_STATE_REGISTERED &&
           found->document != NULL;
}

static bool describe_case(struct pair *pair, struct alert *alert)
{
    const Tocsin__V1__Alert *content =
        alert_content(alert, &pair->broker->arena);

    pair->opened++;
    if (content == NULL)
        return false;
    described_missing(&pair->missing, content);
    alert->glance = pair->missing.glance;
    alert->glanced = alert->revision;
    return true;
}

static bool describe_child(struct pair *pair, struct found_child *found)
{
    const Tocsin__V1__FoundChild *content =
        found_content(found, &pair->broker->arena);

    if (content == NULL)
        return false;
    described_found(&pair->found, content, pair->broker->book->divisions);
    found->glance = pair->found.glance;
    found->glanced = found->revision_count;
    return true;
}

/* Most are ruled out before their documents are opened. */
static bool score_case(struct pair *pair, struct alert *alert, unsigned *score)
{
    size_t before = pair->broker->arena.used;
    bool possible = is_searched(alert) &&
                    (alert->glanced != alert->revision ||
                     likeness_possible(&alert->glance, &pair->found.glance)) &&
                    describe_case(pair, alert) &&
                    likeness_score(score, &pair->missing, &pair->found);

    pair->broker->arena.used = before;
    return possible;
}

static bool score_child(struct pair *pair, struct found_child *found,
                        unsigned *score)
{
    size_t before = pair->broker->arena.used;
    bool possible =
        is_nobodys(found) &&
        (found->glanced != found->revision_count ||
         likeness_possible(&pair->missing.glance, &found->glance)) &&
        describe_child(pair, found) &&
        likeness_score(score, &pair->missing, &pair->found);

    pair->broker->arena.used = before;
    return possible;
}

static struct pair *pair_new(struct broker *broker)
{
    struct pair *pair = must_calloc(1, sizeof *pair);

    pair->broker = broker;
    return pair;
}

/* ---- suggestions --------------------------------------------------------- */

/* What was opened since the arena held so much is done with: twenty documents
 * may be more than it holds. */
static Tocsin__V1__Likeness *make_likeness(struct pair *pair,
                                           const struct alert *alert,
                                           const struct found_child *found,
                                           size_t before)
{
    struct arena *arena = &pair->broker->arena;
    Tocsin__V1__Likeness *out;
    struct likeness *likeness;
    struct likeness explained;

    (void)likeness_explain(&explained, &pair->missing, &pair->found);
    arena->used = before;
    out = arena_message(arena, &tocsin__v1__likeness__descriptor);
    likeness = arena_take(arena, sizeof *likeness);
    *likeness = explained;
    out->alert_id = (char *)(uintptr_t)alert->id;
    out->case_number = (char *)(uintptr_t)alert->case_number;
    out->found_id = (char *)(uintptr_t)found->id;
    out->score = likeness->score;
    out->likely = likeness->score >= LIKELY_SCORE;
    out->reasons = arena_take(arena, LIKENESS_ASPECTS * sizeof *out->reasons);
    for (int i = 0; i < LIKENESS_ASPECTS; i++) {
        Tocsin__V1__LikenessReason *reason =
            arena_message(arena, &tocsin__v1__likeness_reason__descriptor);

        reason->aspect = (Tocsin__V1__Aspect)(i + 1);
        reason->speaks = likeness->reasons[i].speaks;
        reason->text = likeness->reasons[i].text;
        out->reasons[out->n_reasons++] = reason;
    }
    return out;
}

/* Of a found child: the cases, and who answers for them. */
static void fill_cases(struct pair *pair, const struct found_child *found,
                       const struct suggestions *suggestions,
                       Tocsin__V1__FoundDetail *detail)
{
    struct broker *broker = pair->broker;
    size_t bytes = 0;

    detail->suggestions = arena_take(
        &broker->arena, (suggestions->count + 1) * sizeof *detail->suggestions);
    for (size_t i = 0; i < suggestions->count; i++) {
        struct alert *alert =
            (struct alert *)(uintptr_t)suggestions->list[i].what;
        size_t before = broker->arena.used;
        Tocsin__V1__Likeness *likeness;

        (void)describe_case(pair, alert);
        likeness = make_likeness(pair, alert, found, before);
        likeness->division = alert->division;
        likeness->centre = case_person(broker, alert->owner);
        likeness->lead = case_person(broker, alert->file.lead);
        bytes += protobuf_c_message_get_packed_size(&likeness->base) + 8;
        if (bytes > PAGE_BYTES_MAX - DOCUMENT_BYTES)
            return;
        detail->suggestions[detail->n_suggestions++] = likeness;
    }
}

void likely_fill_found(struct broker *broker, const struct principal *who,
                       struct found_child *found,
                       Tocsin__V1__FoundDetail *detail)
{
    const struct book *book = broker->book;
    struct pair *pair = pair_new(broker);
    struct suggestions suggestions = {0};
    unsigned score;

    if (is_nobodys(found) && describe_child(pair, found)) {
        for (size_t i = 0; i < book->alert_count; i++) {
            struct alert *alert = book->alerts[i];

            if (!score_case(pair, alert, &score))
                continue;
            if (view_of(book, who, alert) >= VIEW_ALERT)
                suggestions_offer(&suggestions, alert, score);
            else
                detail->hidden += score >= LIKELY_SCORE;
        }
        fill_cases(pair, found, &suggestions, detail);
    }
    free(pair);
}

bool likely_may_see(struct broker *broker, const struct principal *who,
                    struct found_child *found)
{
    const struct book *book = broker->book;
    struct pair *pair = pair_new(broker);
    bool likely = false;
    unsigned score;

    if (is_nobodys(found) && describe_child(pair, found)) {
        for (size_t i = 0; i < book->alert_count && !likely; i++)
            likely = view_of(book, who, book->alerts[i]) == VIEW_CASE &&
                     score_case(pair, book->alerts[i], &score) &&
                     score >= LIKELY_SCORE;
    }
    free(pair);
    return likely;
}

/* Every found child beside this case. Returns how many were looked at. */
static uint32_t offer_children(struct pair *pair, struct alert *alert,
                               struct suggestions *suggestions)
{
    const struct book *book = pair->broker->book;
    uint32_t compared = 0;
    unsigned score;

    if (book->found_count == 0 || !is_searched(alert) ||
        !describe_case(pair, alert))
        return 0;
    for (size_t i = 0; i < book->found_count; i++) {
        compared += is_nobodys(book->found[i]);
        if (score_child(pair, book->found[i], &score))
            suggestions_offer(suggestions, book->found[i], score);
    }
    return compared;
}

void likely_list(struct broker *broker, const struct caller *caller,
                 const Tocsin__V1__ListLikely *ask, int64_t now_ms)
{
    struct alert *alert =
        board_alert(broker, caller, ask->alert, VIEW_CASE, now_ms);
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__LikelyList list = TOCSIN__V1__LIKELY_LIST__INIT;
    struct suggestions suggestions = {0};
    struct pair *pair;

    if (alert == NULL)
        return;
    pair = pair_new(broker);
    list.alert_id = alert->id;
    list.case_number = alert->case_number;
    list.compared = offer_children(pair, alert, &suggestions);
    list.found = arena_take(&broker->arena,
                            (suggestions.count + 1) * sizeof *list.found);
    for (size_t i = 0; i < suggestions.count; i++) {
        struct found_child *found =
            (struct found_child *)(uintptr_t)suggestions.list[i].what;
        size_t before = broker->arena.used;

        (void)describe_child(pair, found);
        list.found[list.n_found] = make_likeness(pair, alert, found, before);
        list.found[list.n_found++]->division = found->division;
    }
    free(pair);
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_LIKELY_LIST;
    reply.likely_list = &list;
    reply_send(broker, caller, &reply, now_ms);
}

/* Of its newest matches, as its file tells them. */
static void fill_matches(struct broker *broker, const struct alert *alert,
                         Tocsin__V1__CaseFile *file)
{
    file->found_matches = arena_take(
        &broker->arena, (file->n_matches + 1) * sizeof *file->found_matches);
    for (size_t i = 0; i < file->n_matches; i++) {
        const struct match *match =
            alert_match(alert, file->matches[i]->sequence);
        const struct found_child *found =
            match != NULL ? book_found_kit(broker->book, match->child) : NULL;

        if (found != NULL)
            file->found_matches[file->n_found_matches++] =
                found_match(broker, alert, match, found);
    }
}

void likely_fill_case(struct broker *broker, struct alert *alert,
                      Tocsin__V1__CaseFile *file)
{
    const struct book *book = broker->book;
    struct pair *pair = pair_new(broker);
    struct suggestions suggestions = {0};

    (void)offer_children(pair, alert, &suggestions);
    free(pair);
    fill_matches(broker, alert, file);
    file->likely_found = (uint32_t)suggestions.likely;
    file->identified_found =
        arena_take(&broker->arena, IDENTIFIED_SHOWN * sizeof(char *));
    for (size_t i = 0;
         i < book->found_count && file->n_identified_found < IDENTIFIED_SHOWN;
         i++) {
        if (book->found[i]->state ==
                TOCSIN__V1__FOUND_STATE__FOUND_STATE_IDENTIFIED &&
            strcmp(book->found[i]->alert_id, alert->id) == 0)
            file->identified_found[file->n_identified_found++] =
                book->found[i]->id;
    }
}

/* ---- what is told of itself ---------------------------------------------- */

/* Each suggestion that is likely, best first. One of the two is what the fact
 * was about, the other is suggested; either may be NULL for "the suggested". */
static void tell(struct broker *broker, uint64_t sequence, int64_t time_ms,
                 const struct suggestions *suggestions, struct alert *alert,
                 struct found_child *found)
{
    for (size_t i = 0;
         i < suggestions->count && suggestions->list[i].score >= LIKELY_SCORE;
         i++) {
        void *what = (void *)(uintptr_t)suggestions->list[i].what;
        const struct likely_note note = {.sequence = sequence,
                                         .time_ms = time_ms,
                                         .alert = alert != NULL ? alert : what,
                                         .found = found != NULL ? found : what,
                                         .score = suggestions->list[i].score};

        follow_likely(broker, &note);
    }
}

bool likely_rests(const struct broker *broker)
{
    return broker->monotonic_ms < broker->likely_ms;
}

static void look_at_found(struct broker *broker, uint64_t sequence,
                          int64_t time_ms, struct found_child *found)
{
    const struct book *book = broker->book;
    struct pair *pair = pair_new(broker);
    struct suggestions suggestions = {0};
    unsigned score;

    if (is_nobodys(found) && describe_child(pair, found)) {
        for (size_t i = 0; i < book->alert_count; i++) {
            if (score_case(pair, book->alerts[i], &score))
                suggestions_offer(&suggestions, book->alerts[i], score);
        }
    }
    if (!likely_rests(broker))
        broker->likely_ms = broker->monotonic_ms;
    broker->likely_ms +=
        (int64_t)(pair->opened * broker->config.compare_us / 1000);
    free(pair);
    tell(broker, sequence, time_ms, &suggestions, NULL, found);
}

static void look_at_case(struct broker *broker, uint64_t sequence,
                         int64_t time_ms, struct alert *alert)
{
    struct pair *pair = pair_new(broker);
    struct suggestions suggestions = {0};

    (void)offer_children(pair, alert, &suggestions);
    free(pair);
    tell(broker, sequence, time_ms, &suggestions, alert, NULL);
}

void likely_look(struct broker *broker, uint64_t sequence,
                 const Tocsin__V1__Fact *fact, const struct effect *effect)
{
    arena_reset(&broker->arena);
    if (effect->kind == EFFECT_FOUND)
        look_at_found(broker, sequence, fact->time_ms, effect->found);
    else if ((fact->body_case == TOCSIN__V1__FACT__BODY_ALERT_ISSUED &&
              !fact->alert_issued->withdrawal) ||
             (effect->kind == EFFECT_CASE &&
              effect->step == TOCSIN__V1__CASE_STEP__CASE_STEP_REOPEN))
        look_at_case(broker, sequence, fact->time_ms, effect->alert);
}
