#include "domain/samples.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"

#define STATES (TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_IMPOSSIBLE + 1)

/* The legal moves, by state: from, to. The table stands in sample.proto too. */
static const bool moves[STATES][STATES] = {
    /*               -  DUE TAKEN SENT IN_LIBRARY FAILED IMPOSSIBLE */
    /* new */ {0, 1, 1, 1, 1, 0, 1},
    /* DUE */ {0, 0, 1, 1, 1, 1, 1},
    /* TAKEN */ {0, 0, 0, 1, 1, 1, 0},
    /* SENT */ {0, 0, 0, 0, 1, 1, 0},
    /* IN_LIBRARY */ {0, 0, 0, 0, 0, 1, 0},
    /* FAILED */ {0, 1, 1, 1, 1, 0, 1},
    /* IMPOSSIBLE */ {0, 1, 1, 1, 1, 0, 0},
};

struct sample *book_sample_of(const struct book *book,
                              const uint8_t digest[KIT_DIGEST_SIZE])
{
    return map_get(book->samples, digest, KIT_DIGEST_SIZE);
}

struct sample *book_sample(const struct book *book, const char *kit)
{
    uint8_t digest[KIT_DIGEST_SIZE];

    kit_digest(digest, kit);
    return book_sample_of(book, digest);
}

bool sample_may_move(Tocsin__V1__SampleState from, Tocsin__V1__SampleState to)
{
    return (unsigned)from < STATES && (unsigned)to < STATES && moves[from][to];
}

bool sample_is_settled(const struct sample *sample)
{
    switch (sample->state) {
    case TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_TAKEN:
    case TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_SENT:
    case TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_IN_LIBRARY:
    case TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_IMPOSSIBLE:
        return true;
    case TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_UNSPECIFIED:
    case TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_DUE:
    case TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_FAILED:
    case _TOCSIN__V1__SAMPLE_STATE_IS_INT_SIZE:
        break;
    }
    return false;
}

bool sample_may_be_found(const struct sample *sample)
{
    return sample->alert == NULL && !sample_is_spent(sample) &&
           !sample->found_filed &&
           (sample->relation == TOCSIN__V1__RELATION__RELATION_UNSPECIFIED ||
            sample->relation == TOCSIN__V1__RELATION__RELATION_CHILD);
}

bool sample_is_spent(const struct sample *sample)
{
    return sample->state == TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_UNSPECIFIED;
}

/* What a match once held is never clear by being forgotten. */
Tocsin__V1__SampleAnswer sample_answer(const struct sample *sample)
{
    if (sample == NULL)
        return TOCSIN__V1__SAMPLE_ANSWER__SAMPLE_ANSWER_NO_SAMPLE;
    if (sample->holds > 0)
        return TOCSIN__V1__SAMPLE_ANSWER__SAMPLE_ANSWER_HOLD;
    switch (sample->state) {
    case TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_DUE:
    case TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_TAKEN:
    case TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_SENT:
        return TOCSIN__V1__SAMPLE_ANSWER__SAMPLE_ANSWER_HOLD;
    case TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_IN_LIBRARY:
        return TOCSIN__V1__SAMPLE_ANSWER__SAMPLE_ANSWER_CLEAR;
    case TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_UNSPECIFIED:
    case TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_FAILED:
    case TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_IMPOSSIBLE:
    case _TOCSIN__V1__SAMPLE_STATE_IS_INT_SIZE:
        break;
    }
    return TOCSIN__V1__SAMPLE_ANSWER__SAMPLE_ANSWER_NO_SAMPLE;
}

struct match *alert_match(const struct alert *alert, uint64_t sequence)
{
    for (size_t i = alert->match_count; i > 0; i--) {
        if (alert->matches[i - 1].sequence == sequence)
            return &alert->matches[i - 1];
    }
    return NULL;
}

bool match_waits(const struct match *match)
{
    return match->decision ==
           TOCSIN__V1__MATCH_DECISION__MATCH_DECISION_UNSPECIFIED;
}

bool matches_wait(const struct alert *alert)
{
    for (size_t i = 0; i < alert->match_count; i++) {
        if (match_waits(&alert->matches[i]))
            return true;
    }
    return false;
}

/* ---- for apply ----------------------------------------------------------- */

struct sample *sample_add(struct book *book,
                          const uint8_t digest[KIT_DIGEST_SIZE])
{
    struct sample *sample = book_sample_of(book, digest);

    if (sample != NULL)
        return sample;
    sample = must_calloc(1, sizeof *sample);
    memcpy(sample->digest, digest, KIT_DIGEST_SIZE);
    (void)map_put(book->samples, digest, KIT_DIGEST_SIZE, sample);
    return sample;
}

void sample_hang(struct sample *sample, struct alert *alert)
{
    sample->alert = alert;
    alert->samples = must_realloc(alert->samples, alert->sample_count + 1,
                                  sizeof *alert->samples);
    alert->samples[alert->sample_count++] = sample;
}

static void say_reason(struct sample *sample, const char *reason)
{
    if (sample->reason != NULL)
        bytes_wipe(sample->reason, strlen(sample->reason));
    free(sample->reason);
    sample->reason =
        reason != NULL && reason[0] != '\0' ? must_strdup(reason) : NULL;
}

void sample_say(struct sample *sample, const Tocsin__V1__SampleWords *words)
{
    say_reason(sample, words != NULL ? words->reason : NULL);
    if (words == NULL)
        return;
    sample->relation = words->relation;
    if (kit_valid(words->kit))
        (void)kit_upper(sample->kit, words->kit);
}

struct match *match_add(struct alert *alert)
{
    struct match *match;

    alert->matches = must_realloc(alert->matches, alert->match_count + 1,
                                  sizeof *alert->matches);
    match = &alert->matches[alert->match_count++];
    memset(match, 0, sizeof *match);
    return match;
}

static void hold(struct sample *sample, int step)
{
    if (sample != NULL)
        sample->holds += (uint32_t)step;
}

void match_hold(struct book *book, const struct match *match, int step)
{
    hold(book_sample_of(book, match->child), step);
    for (size_t i = 0; i < match->kin_count; i++)
        hold(book_sample_of(book, match->kin[i]), step);
}

/* ---- forgetting ---------------------------------------------------------- */

void sample_free(struct sample *sample)
{
    say_reason(sample, NULL);
    bytes_wipe(sample, sizeof *sample);
    free(sample);
}

static void forget(struct book *book, struct sample *sample)
{
    struct sample kept = {.holds = sample->holds};

    if (sample->numberless) {
        (void)map_remove(book->samples, sample->digest, KIT_DIGEST_SIZE);
        sample_free(sample);
        return;
    }
    memcpy(kept.digest, sample->digest, KIT_DIGEST_SIZE);
    say_reason(sample, NULL);
    *sample = kept;
}

static void wipe_matches(struct alert *alert)
{
    for (size_t i = 0; i < alert->match_count; i++) {
        if (alert->matches[i].document != NULL)
            bytes_wipe(alert->matches[i].document, alert->matches[i].size);
        free(alert->matches[i].document);
    }
    free(alert->matches);
    alert->matches = NULL;
    alert->match_count = 0;
}

void samples_forget(struct book *book, struct alert *alert)
{
    for (size_t i = 0; i < alert->sample_count; i++)
        forget(book, alert->samples[i]);
    free(alert->samples);
    alert->samples = NULL;
    alert->sample_count = 0;
    wipe_matches(alert);
}

void samples_done(struct alert *alert)
{
    free(alert->samples);
    wipe_matches(alert);
}
