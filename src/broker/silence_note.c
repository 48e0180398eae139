/* What fell silent, as those who follow are told. */
#include "broker/core_private.h"

static uint8_t take_some(uint64_t out[SIGHTINGS_TOLD],
                         const uint64_t *sequences, size_t count)
{
    uint8_t told = 0;

    while (told < SIGHTINGS_TOLD && told < count) {
        out[told] = sequences[told];
        told++;
    }
    return told;
}

void silence_note(struct event_entry *entry,
                  const Tocsin__V1__FellSilent *silent)
{
    struct silence_note *note = &entry->silent;

    entry->nodes = (uint32_t)silent->n_nodes;
    note->lead = silent->lead;
    for (size_t i = 0; i < silent->n_duties; i++)
        note->duties |= (uint8_t)(1U << silent->duties[i]);
    note->sighting_count =
        take_some(note->sightings, silent->sightings, silent->n_sightings);
    note->sample = silent->sample;
    note->sample_count =
        take_some(note->samples, silent->samples, silent->n_samples);
    note->match_count =
        take_some(note->matches, silent->matches, silent->n_matches);
}

Tocsin__V1__FellSilent *silence_event(struct broker *broker,
                                      const struct principal *actor,
                                      const struct event_entry *entry)
{
    const struct silence_note *note = &entry->silent;
    Tocsin__V1__FellSilent *silent =
        arena_message(&broker->arena, &tocsin__v1__fell_silent__descriptor);

    silent->alert_id = entry->alert->id;
    silent->revision = entry->revision;
    if (view_of(broker->book, actor, entry->alert) != VIEW_CASE)
        return silent;
    silent->lead = note->lead;
    silent->duties =
        arena_take(&broker->arena, CASE_DUTIES * sizeof *silent->duties);
    for (int duty = 1; duty <= CASE_DUTIES; duty++) {
        if ((note->duties & 1U << duty) != 0)
            silent->duties[silent->n_duties++] = (Tocsin__V1__Duty)duty;
    }
    silent->n_sightings = note->sighting_count;
    silent->sightings = (uint64_t *)(uintptr_t)note->sightings;
    silent->sample = note->sample;
    silent->n_samples = note->sample_count;
    silent->samples = (uint64_t *)(uintptr_t)note->samples;
    silent->n_matches = note->match_count;
    silent->matches = (uint64_t *)(uintptr_t)note->matches;
    return silent;
}
