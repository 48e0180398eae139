#include "domain/silence.h"

#include "domain/decide_case.h"
#include "domain/samples.h"

#define NODES_PER_FACT 2000
#define SIGHTINGS_PER_FACT 200

/* What the parts below add to. */
struct hearing {
    const struct book *book;
    const struct alert *alert;
    const struct silence_policy *policy;
    const struct silence_clocks *clocks;
    struct order order; /* for its arena */
    Tocsin__V1__FellSilent *silent;
};

bool silence_is_over(const struct silence_clocks *clocks, int64_t since_ms,
                     int64_t most_ms)
{
    int64_t later_ms =
        clocks->now_ms > clocks->steady_ms ? clocks->now_ms : clocks->steady_ms;

    return most_ms > 0 && (clocks->steady_ms - since_ms >= most_ms ||
                           since_ms - later_ms > CLOCK_TOLERANCE_MS);
}

static bool is_over(const struct hearing *hearing, int64_t since_ms,
                    int64_t most_ms)
{
    return silence_is_over(hearing->clocks, since_ms, most_ms);
}

static bool node_is_silent(const struct hearing *hearing,
                           const struct cover *cover)
{
    return !cover->extra && !cover->overdue &&
           cover->rung < TOCSIN__V1__RUNG__RUNG_HELD &&
           is_over(hearing, hearing->alert->recorded_ms + cover->due_ms,
                   hearing->policy->node_ms) &&
           book_is_active_node(book_number(hearing->book, cover->node));
}

static void hear_nodes(struct hearing *hearing)
{
    const struct alert *alert = hearing->alert;
    uint32_t before = 0;

    if (alert->state != TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE ||
        hearing->policy->node_ms == 0 ||
        alert->reached[TOCSIN__V1__RUNG__RUNG_HELD] == alert->nodes)
        return;
    hearing->silent->nodes = order_take(
        &hearing->order, NODES_PER_FACT * sizeof *hearing->silent->nodes);
    for (size_t i = 0;
         i < alert->cover_count && hearing->silent->n_nodes < NODES_PER_FACT;
         i++) {
        if (!node_is_silent(hearing, &alert->cover[i]))
            continue;
        hearing->silent->nodes[hearing->silent->n_nodes++] =
            alert->cover[i].node - before;
        before = alert->cover[i].node;
    }
}

static void hear_lead(struct hearing *hearing)
{
    hearing->silent->lead =
        !case_lead_is_missed(hearing->book, hearing->alert) &&
        case_lead(hearing->book, hearing->alert) == NULL &&
        is_over(hearing, case_leaderless_ms(hearing->book, hearing->alert),
                hearing->policy->lead_ms);
}

static void hear_duties(struct hearing *hearing)
{
    const struct case_file *file = &hearing->alert->file;

    if (file->state != TOCSIN__V1__CASE_STATE__CASE_STATE_OPEN)
        return;
    hearing->silent->duties = order_take(
        &hearing->order, CASE_DUTIES * sizeof *hearing->silent->duties);
    for (int i = 0; i < CASE_DUTIES; i++) {
        if (!file->duties[i].overdue &&
            is_over(hearing, case_duty_since_ms(file, i),
                    hearing->policy->duty_ms))
            hearing->silent->duties[hearing->silent->n_duties++] =
                (Tocsin__V1__Duty)(i + 1);
    }
}

static void hear_sightings(struct hearing *hearing)
{
    const struct alert *alert = hearing->alert;

    if (alert_unanswered(alert) == 0)
        return;
    hearing->silent->sightings =
        order_take(&hearing->order,
                   SIGHTINGS_PER_FACT * sizeof *hearing->silent->sightings);
    for (size_t i = 0; i < alert->answer_count &&
                       hearing->silent->n_sightings < SIGHTINGS_PER_FACT;
         i++) {
        const struct testimony *testimony = &alert->answers[i];

        if (testimony->rung >= TOCSIN__V1__RUNG__RUNG_SIGHTING &&
            testimony->verdict == TOCSIN__V1__VERDICT__VERDICT_UNSPECIFIED &&
            !testimony->overdue &&
            is_over(hearing, testimony->recorded_ms,
                    hearing->policy->sighting_ms))
            hearing->silent->sightings[hearing->silent->n_sightings++] =
                testimony->sequence;
    }
}

/* That of the same person which came later and was taken. */
static bool has_another(const struct alert *alert, const struct sample *failed)
{
    for (size_t i = 0; i < alert->sample_count; i++) {
        const struct sample *other = alert->samples[i];

        if (other->relation == failed->relation &&
            other->sequence > failed->sequence && sample_is_settled(other))
            return true;
    }
    return false;
}

static bool is_to_be_taken(const struct alert *alert,
                           const struct sample *sample)
{
    return sample->state == TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_DUE ||
           (sample->state == TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_FAILED &&
            !has_another(alert, sample));
}

/* One that failed was taken: it is waited for by itself. */
static bool has_none(const struct alert *alert)
{
    for (size_t i = 0; i < alert->sample_count; i++) {
        if (sample_is_settled(alert->samples[i]) ||
            alert->samples[i]->state ==
                TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_FAILED)
            return false;
    }
    return true;
}

static void hear_samples(struct hearing *hearing)
{
    const struct alert *alert = hearing->alert;

    hearing->silent->sample =
        !alert->file.sample_overdue && has_none(alert) &&
        is_over(hearing, case_unsampled_ms(alert), hearing->policy->dna_ms);
    if (alert->sample_count == 0)
        return;
    hearing->silent->samples =
        order_take(&hearing->order,
                   alert->sample_count * sizeof *hearing->silent->samples);
    for (size_t i = 0; i < alert->sample_count; i++) {
        const struct sample *sample = alert->samples[i];

        if (!sample->overdue && is_to_be_taken(alert, sample) &&
            is_over(hearing, sample->since_ms, hearing->policy->dna_ms))
            hearing->silent->samples[hearing->silent->n_samples++] =
                sample->sequence;
    }
}

static void hear_matches(struct hearing *hearing)
{
    const struct alert *alert = hearing->alert;

    if (alert->match_count == 0)
        return;
    hearing->silent->matches = order_take(
        &hearing->order, alert->match_count * sizeof *hearing->silent->matches);
    for (size_t i = 0; i < alert->match_count; i++) {
        const struct match *match = &alert->matches[i];

        if (match_waits(match) && !match->overdue &&
            is_over(hearing, match->recorded_ms, hearing->policy->match_ms))
            hearing->silent->matches[hearing->silent->n_matches++] =
                match->sequence;
    }
}

static bool all_is_heard(const Tocsin__V1__FellSilent *silent)
{
    return silent->n_nodes == 0 && !silent->lead && silent->n_duties == 0 &&
           silent->n_sightings == 0 && !silent->sample &&
           silent->n_samples == 0 && silent->n_matches == 0;
}

Tocsin__V1__Fact *decide_silence(const struct book *book,
                                 const struct alert *alert,
                                 const struct silence_policy *policy,
                                 const struct silence_clocks *clocks,
                                 struct arena *arena)
{
    struct hearing hearing = {
        .book = book,
        .alert = alert,
        .policy = policy,
        .clocks = clocks,
        .order = {.arena = arena, .now_ms = clocks->now_ms}};
    size_t before = arena->used;
    Tocsin__V1__FellSilent *silent;
    Tocsin__V1__Fact *fact;

    silent = order_take(&hearing.order, sizeof *silent);
    tocsin__v1__fell_silent__init(silent);
    hearing.silent = silent;
    silent->alert_id = (char *)(uintptr_t)alert->id;
    silent->revision = alert->revision;
    hear_nodes(&hearing);
    if (!case_is_closed(&alert->file)) {
        hear_lead(&hearing);
        hear_duties(&hearing);
        hear_sightings(&hearing);
        if (!alert->exercise)
            hear_samples(&hearing);
    }
    if (!alert->exercise) /* of a solved case too: it is not sealed before */
        hear_matches(&hearing);
    if (all_is_heard(silent)) {
        arena->used = before;
        return NULL;
    }
    fact = own_fact(&hearing.order, TOCSIN__V1__FACT__BODY_FELL_SILENT);
    fact->fell_silent = silent;
    silent->at_ms = steady_if_apart(clocks->steady_ms, clocks->now_ms);
    return fact;
}
