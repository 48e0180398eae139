#include "period/period_case.h"

#include <stdlib.h>
#include <string.h>

#include "domain/apply.h"

struct watched_case *case_begin(const Tocsin__V1__Fact *report)
{
    const Tocsin__V1__AlertIssued *issued = report->alert_issued;
    struct watched_case *watched = must_calloc(1, sizeof *watched);

    strncpy(watched->id, issued->alert_id, ULID_SIZE);
    strncpy(watched->division, issued->division, DIVISION_SIZE);
    watched->exercise = issued->exercise;
    watched->reported_ms = report->time_ms;
    watched->reached_ms = -1;
    watched->sampled_ms = -1;
    case_file_begin(&watched->file, report->time_ms);
    return watched;
}

void case_free(struct watched_case *watched)
{
    if (watched == NULL)
        return;
    case_file_done(&watched->file);
    free(watched->lines);
    free(watched->sightings);
    free(watched);
}

/* ---- coverage ------------------------------------------------------------ */

static size_t place_of(const struct watched_case *watched, uint32_t node)
{
    size_t low = 0;
    size_t high = watched->line_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (watched->lines[middle].node < node)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The line of a node, made when there is none. */
static struct line *line_of(struct watched_case *watched, uint32_t node)
{
    size_t at = place_of(watched, node);
    struct line *line;

    if (at < watched->line_count && watched->lines[at].node == node)
        return &watched->lines[at];
    watched->lines = must_realloc(watched->lines, watched->line_count + 1,
                                  sizeof *watched->lines);
    line = &watched->lines[at];
    memmove(line + 1, line, (watched->line_count - at) * sizeof *line);
    watched->line_count++;
    *line = (struct line){.node = node};
    return line;
}

struct coverage {
    const uint32_t *deltas;
    size_t count;
    int64_t now_ms;
    bool first;
    bool withdrawal;
};

static void cover(struct line *line, const struct coverage *coverage)
{
    line->first = line->first || coverage->first;
    if (line->due || coverage->withdrawal)
        return;
    line->due = true;
    line->due_ms = coverage->now_ms;
}

/* Both ascend: one pass. */
static void take_coverage(struct watched_case *watched,
                          const struct coverage *coverage)
{
    size_t room = watched->line_count + coverage->count + 1;
    struct line *lines = must_calloc(room, sizeof *lines);
    uint32_t number = 0;
    size_t used = 0;
    size_t at = 0;

    for (size_t i = 0; i < coverage->count; i++) {
        number += coverage->deltas[i];
        while (at < watched->line_count && watched->lines[at].node < number)
            lines[used++] = watched->lines[at++];
        if (at < watched->line_count && watched->lines[at].node == number)
            lines[used] = watched->lines[at++];
        else
            lines[used] = (struct line){.node = number};
        cover(&lines[used++], coverage);
    }
    while (at < watched->line_count)
        lines[used++] = watched->lines[at++];
    free(watched->lines);
    watched->lines = lines;
    watched->line_count = used;
}

static void triage(struct watched_case *watched, uint64_t sighting,
                   int64_t now_ms)
{
    for (size_t i = 0; i < watched->sighting_count; i++) {
        if (watched->sightings[i].sequence == sighting &&
            watched->sightings[i].triaged_ms < 0)
            watched->sightings[i].triaged_ms = now_ms;
    }
}

static void take_issued(struct watched_case *watched,
                        const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__AlertIssued *issued = fact->alert_issued;
    struct coverage coverage = {.deltas = issued->coverage,
                                .count = issued->n_coverage,
                                .now_ms = fact->time_ms,
                                .first = watched->revision == 0,
                                .withdrawal = issued->withdrawal};

    coverage.first = coverage.first && !issued->withdrawal;
    watched->revision = issued->revision;
    if (issued->withdrawal)
        watched->withdrawal = issued->revision;
    else
        case_file_search(&watched->file, fact->time_ms);
    take_coverage(watched, &coverage);
    if (coverage.first)
        watched->first_count = issued->n_coverage;
    if (issued->confirms != 0)
        triage(watched, issued->confirms, fact->time_ms);
}

static void take_widened(struct watched_case *watched,
                         const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__RingWidened *widened = fact->ring_widened;
    struct coverage coverage = {.deltas = widened->coverage,
                                .count = widened->n_coverage,
                                .now_ms = widened->at_ms != 0 ? widened->at_ms
                                                              : fact->time_ms};

    take_coverage(watched, &coverage);
}

/* ---- answers ------------------------------------------------------------- */

static void hold(struct watched_case *watched, struct line *line,
                 int64_t now_ms)
{
    if (line->held)
        return;
    line->held = true;
    line->held_ms = now_ms;
    watched->first_held += line->first;
    if (line->first && watched->reached_ms < 0 &&
        watched->first_held * 100 >= watched->first_count * 95)
        watched->reached_ms =
            now_ms > watched->reported_ms ? now_ms - watched->reported_ms : 0;
}

/* The second of two that are the same is none. */
static bool is_known(const struct watched_case *watched,
                     const struct sighting *sighting)
{
    for (size_t i = 0; i < watched->sighting_count; i++) {
        if (watched->sightings[i].node == sighting->node &&
            memcmp(watched->sightings[i].answer_id, sighting->answer_id,
                   IDENTITY_SIZE) == 0)
            return true;
    }
    return false;
}

static void see(struct watched_case *watched, struct line *line,
                uint64_t sequence, const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__Answered *answered = fact->answered;
    struct sighting sighting = {.sequence = sequence,
                                .node = answered->node,
                                .recorded_ms = fact->time_ms,
                                .triaged_ms = -1};

    if (answered->answer_id.len == IDENTITY_SIZE)
        memcpy(sighting.answer_id, answered->answer_id.data, IDENTITY_SIZE);
    if (is_known(watched, &sighting))
        return;
    watched->sightings =
        must_realloc(watched->sightings, watched->sighting_count + 1,
                     sizeof *watched->sightings);
    watched->sightings[watched->sighting_count++] = sighting;
    line->sightings++;
}

static struct line *hear(struct watched_case *watched, uint32_t node,
                         uint32_t revision, int64_t now_ms)
{
    struct line *line = line_of(watched, node);

    if (revision != watched->withdrawal)
        hold(watched, line, now_ms);
    return line;
}

static void take_together(struct watched_case *watched,
                          const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__AnsweredTogether *together = fact->answered_together;

    for (size_t i = 0; i < together->n_nodes; i++)
        (void)hear(watched, together->nodes[i], together->revision,
                   fact->time_ms);
}

/* Who speaks from outside was not sent it, and holds what it said. */
static void take_from_outside(struct watched_case *watched,
                              const struct book *book,
                              const Tocsin__V1__Answered *answered)
{
    const struct principal *node = book_number(book, answered->node);
    const struct principal *by = book_principal(book, answered->relayed_by);

    if (!case_is_sealed(&watched->file))
        return;
    if (answered->outside && role_is_field(node->role))
        line_of(watched, node->number)->heard = true;
    if (answered->brought_outside && by != NULL)
        line_of(watched, by->number)->heard = true;
}

static void take_answer(struct watched_case *watched, const struct book *book,
                        uint64_t sequence, const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__Answered *answered = fact->answered;

    if (!answered->outside)
        (void)hear(watched, answered->node, answered->revision, fact->time_ms);
    if (answered->rung == TOCSIN__V1__RUNG__RUNG_SIGHTING ||
        answered->rung == TOCSIN__V1__RUNG__RUNG_INTERCEPTED)
        see(watched, line_of(watched, answered->node), sequence, fact);
    take_from_outside(watched, book, answered);
}

/* ---- samples --------------------------------------------------------------
 */

static void take_sample(struct watched_case *watched,
                        Tocsin__V1__SampleState state, int64_t now_ms)
{
    if (watched->sampled_ms >= 0 ||
        state < TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_TAKEN ||
        state > TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_IN_LIBRARY)
        return;
    watched->sampled_ms =
        now_ms > watched->reported_ms ? now_ms - watched->reported_ms : 0;
}

/* ---- the case ------------------------------------------------------------ */

/* Those who may hold it, and must purge it: as the book has them. */
static void take_sealing(struct watched_case *watched, const struct book *book)
{
    const struct alert *alert = book_alert(book, watched->id);

    for (size_t i = 0; alert != NULL && i < alert->cover_count; i++)
        line_of(watched, alert->cover[i].node)->heard = true;
}

static void take_step(struct watched_case *watched, const struct book *book,
                      const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__CaseChanged *changed = fact->case_changed;
    const struct principal *by = book_principal(book, fact->principal);
    struct case_move move = {.step = changed->step,
                             .by = by != NULL ? by->number : 0,
                             .whom = changed->whom,
                             .duty = changed->duty,
                             .outcome = changed->outcome,
                             .waits = changed->waits,
                             .now_ms = fact->time_ms};

    case_file_move(&watched->file, &move);
    if (changed->sighting != 0)
        triage(watched, changed->sighting, fact->time_ms);
    take_sample(watched, changed->sample, fact->time_ms);
    if (case_is_sealed(&watched->file))
        take_sealing(watched, book);
}

static void take_forgotten(struct watched_case *watched,
                           const struct book *book, int64_t now_ms)
{
    case_file_forget(&watched->file, now_ms);
    take_sealing(watched, book);
}

/* Whose word was in front of the fact on its way to the disk was not. */
static bool was_silent(const struct alert *alert, uint32_t node)
{
    const struct cover *cover = alert_cover(alert, node);

    return cover != NULL && cover->overdue;
}

static void take_silence(struct watched_case *watched, const struct book *book,
                         const Tocsin__V1__FellSilent *silent)
{
    const struct alert *alert = book_alert(book, watched->id);
    uint32_t number = 0;

    for (size_t i = 0; i < silent->n_nodes; i++) {
        number += silent->nodes[i];
        if (was_silent(alert, number))
            line_of(watched, number)->silent++;
    }
    watched->silent_leads += silent->lead;
    watched->silent_duties += (uint32_t)silent->n_duties;
    watched->silent_sightings += (uint32_t)silent->n_sightings;
    watched->silent_samples += silent->sample + (uint32_t)silent->n_samples;
    watched->silent_matches += (uint32_t)silent->n_matches;
}

void case_take(struct watched_case *watched, const struct book *book,
               uint64_t sequence, const Tocsin__V1__Fact *fact)
{
    if (fact->body_case == TOCSIN__V1__FACT__BODY_ALERT_ISSUED)
        take_issued(watched, fact);
    else if (fact->body_case == TOCSIN__V1__FACT__BODY_RING_WIDENED)
        take_widened(watched, fact);
    else if (fact->body_case == TOCSIN__V1__FACT__BODY_ANSWERED)
        take_answer(watched, book, sequence, fact);
    else if (fact->body_case == TOCSIN__V1__FACT__BODY_ANSWERED_TOGETHER)
        take_together(watched, fact);
    else if (fact->body_case == TOCSIN__V1__FACT__BODY_CASE_CHANGED)
        take_step(watched, book, fact);
    else if (fact->body_case == TOCSIN__V1__FACT__BODY_LAB_REPORTED)
        take_sample(watched, fact->lab_reported->state, fact->time_ms);
    else if (fact->body_case == TOCSIN__V1__FACT__BODY_FELL_SILENT)
        take_silence(watched, book, fact->fell_silent);
    else if (fact->body_case == TOCSIN__V1__FACT__BODY_CASE_FORGOTTEN)
        take_forgotten(watched, book, fact->time_ms);
    else if (fact->body_case == TOCSIN__V1__FACT__BODY_PURGED)
        line_of(watched, fact->purged->node)->purged = true;
}

bool case_purge_is_due(const struct line *line, const struct book *book)
{
    return line->purged ||
           (line->heard && book_is_listener(book_number(book, line->node)));
}
