/* Samples and matches, as those who answer for a case read them, and as the
 * laboratory that spoke of them does. */
#include "broker/core_private.h"

#include <string.h>

#include "domain/samples.h"

#define MATCHES_SHOWN 8
#define MATCHES_TOLD 16

static char *id_of(const struct broker *broker, uint32_t number)
{
    static const char none[] = "";
    const struct principal *who = book_number(broker->book, number);

    return (char *)(uintptr_t)(who != NULL ? who->id : none);
}

static Tocsin__V1__CaseSample *make_sample(struct broker *broker,
                                           const struct sample *sample)
{
    Tocsin__V1__CaseSample *out =
        arena_message(&broker->arena, &tocsin__v1__case_sample__descriptor);

    out->kit = (char *)(uintptr_t)sample->kit;
    out->relation = sample->relation;
    out->state = sample->state;
    out->since_ms = sample->since_ms;
    out->by = id_of(broker, sample->by);
    if (sample->reason != NULL)
        out->reason = sample->reason;
    out->overdue = sample->overdue;
    out->sequence = sample->sequence;
    return out;
}

static Tocsin__V1__CaseMatch *make_match(struct broker *broker,
                                         const struct match *match)
{
    Tocsin__V1__CaseMatch *out =
        arena_message(&broker->arena, &tocsin__v1__case_match__descriptor);

    out->sequence = match->sequence;
    out->recorded_ms = match->recorded_ms;
    out->laboratory = id_of(broker, match->laboratory);
    if (match->document != NULL)
        out->word =
            decode(&broker->arena, &tocsin__v1__signed_lab_word__descriptor,
                   match->document, match->size, NULL);
    out->decision = match->decision;
    out->decided_by = id_of(broker, match->decided_by);
    out->decided_ms = match->decided_ms;
    out->overdue = match->overdue;
    return out;
}

void case_fill_samples(struct broker *broker, const struct alert *alert,
                       Tocsin__V1__CaseFile *out)
{
    out->samples =
        arena_take(&broker->arena, SAMPLES_PER_CASE * sizeof *out->samples);
    while (out->n_samples < alert->sample_count &&
           out->n_samples < SAMPLES_PER_CASE) {
        out->samples[out->n_samples] =
            make_sample(broker, alert->samples[out->n_samples]);
        out->n_samples++;
    }
    out->matches =
        arena_take(&broker->arena, MATCHES_SHOWN * sizeof *out->matches);
    for (size_t i = alert->match_count; i > 0 && out->n_matches < MATCHES_SHOWN;
         i--)
        out->matches[out->n_matches++] =
            make_match(broker, &alert->matches[i - 1]);
    out->matches_in_all = (uint32_t)alert->match_count;
    out->sample_overdue = alert->file.sample_overdue;
}

/* ---- to the laboratory ----------------------------------------------------
 */

static bool match_names(const struct match *match, const struct sample *sample)
{
    bool found = memcmp(match->child, sample->digest, KIT_DIGEST_SIZE) == 0;

    for (size_t i = 0; i < match->kin_count; i++)
        found = found ||
                memcmp(match->kin[i], sample->digest, KIT_DIGEST_SIZE) == 0;
    return found;
}

static void add_matches(struct broker *broker, const struct alert *alert,
                        const struct sample *sample,
                        Tocsin__V1__SampleStatus *status)
{
    for (size_t i = alert->match_count;
         i > 0 && status->n_matches < MATCHES_TOLD; i--) {
        const struct match *match = &alert->matches[i - 1];
        Tocsin__V1__LabMatchState *state;

        if (!match_names(match, sample))
            continue;
        state = arena_message(&broker->arena,
                              &tocsin__v1__lab_match_state__descriptor);
        state->match = match->sequence;
        state->decision = match->decision;
        status->matches[status->n_matches++] = state;
    }
}

void sample_show(struct broker *broker, const struct caller *caller,
                 const Tocsin__V1__ShowSample *ask, int64_t now_ms)
{
    const struct book *book = broker->book;
    const struct principal *who = book_number(book, caller->principal);
    const struct sample *sample =
        kit_valid(ask->kit) ? book_sample(book, ask->kit) : NULL;
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__SampleStatus status = TOCSIN__V1__SAMPLE_STATUS__INIT;
    struct complaint complaint;

    if (sample == NULL || sample->laboratory != who->number) {
        complain(&complaint, "kit", "this laboratory has said nothing of it");
        reply_refused(broker, caller, TOCSIN__V1__STATUS__STATUS_NOT_FOUND,
                      &complaint, now_ms);
        return;
    }
    status.state = sample->state;
    status.since_ms = sample->since_ms;
    status.matches =
        arena_take(&broker->arena, MATCHES_TOLD * sizeof *status.matches);
    for (size_t i = book->alert_count; i > 0; i--) {
        const struct alert *alert = book->alerts[i - 1];

        if (division_contains(who->division, alert->division))
            add_matches(broker, alert, sample, &status);
    }
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_SAMPLE_STATUS;
    reply.sample_status = &status;
    reply_send(broker, caller, &reply, now_ms);
}
