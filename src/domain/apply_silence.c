/* What fell silent, in the book; what was heard meanwhile is not noted. */
#include "domain/apply_parts.h"

#include <string.h>

#include "domain/samples.h"

static void note_nodes(struct book *book, struct alert *alert,
                       uint64_t sequence, int64_t time_ms,
                       const Tocsin__V1__FellSilent *silent)
{
    const struct silence silence = {alert->report_sequence, sequence, time_ms};
    uint32_t number = 0;

    if (silent->revision != alert->revision)
        return;
    for (size_t i = 0; i < silent->n_nodes; i++) {
        struct cover *cover = alert_cover(alert, number += silent->nodes[i]);

        if (cover == NULL || cover->overdue ||
            cover->rung >= TOCSIN__V1__RUNG__RUNG_HELD)
            continue;
        cover->overdue = true;
        alert->overdue++;
        if (!alert->exercise)
            apply_note_silence(book_number(book, number), &silence);
    }
}

static void note_samples(struct alert *alert,
                         const Tocsin__V1__FellSilent *silent)
{
    alert->file.sample_overdue = alert->file.sample_overdue || silent->sample;
    for (size_t i = 0; i < silent->n_samples; i++) {
        for (size_t j = 0; j < alert->sample_count; j++) {
            if (alert->samples[j]->sequence == silent->samples[i])
                alert->samples[j]->overdue = true;
        }
    }
    for (size_t i = 0; i < silent->n_matches; i++) {
        struct match *match = alert_match(alert, silent->matches[i]);

        if (match != NULL && match_waits(match))
            match->overdue = true;
    }
}

struct effect apply_silent(struct book *book, uint64_t sequence,
                           const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__FellSilent *silent = fact->fell_silent;
    struct effect effect = {.kind = EFFECT_SILENCE};
    struct alert *alert = book_alert(book, silent->alert_id);
    int64_t at_ms = apply_at_ms(fact, silent->at_ms);

    REQUIRE(alert != NULL);
    note_nodes(book, alert, sequence, at_ms, silent);
    if (silent->lead) {
        alert->file.lead_overdue = true;
        alert->file.silent_seq = sequence;
        alert->file.silent_ms = at_ms;
    }
    for (size_t i = 0; i < silent->n_duties; i++)
        alert->file.duties[silent->duties[i] - 1].overdue = true;
    for (size_t i = 0; i < silent->n_sightings; i++) {
        struct testimony *testimony =
            alert_testimony(alert, silent->sightings[i]);

        if (testimony != NULL &&
            testimony->verdict == TOCSIN__V1__VERDICT__VERDICT_UNSPECIFIED)
            testimony->overdue = true;
    }
    note_samples(alert, silent);
    effect.alert = alert;
    return effect;
}
