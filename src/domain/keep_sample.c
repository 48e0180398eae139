/* Writing samples and matches down, and taking them again. */
#include "domain/keep_parts.h"

#include <stdlib.h>
#include <string.h>

#include "domain/apply_parts.h"
#include "domain/samples.h"
#include "wire/decode.h"

#define WORDS_ARENA (16 * 1024)

/* ---- down ---------------------------------------------------------------- */

/* What is personal of one on a case, packed; NULL: nothing is known. */
static uint8_t *pack_words(const struct sample *sample, size_t *size)
{
    Tocsin__V1__SampleWords words = TOCSIN__V1__SAMPLE_WORDS__INIT;

    *size = 0;
    if (sample->alert == NULL ||
        sample->relation == TOCSIN__V1__RELATION__RELATION_UNSPECIFIED)
        return NULL;
    words.kit = keep_text(sample->kit);
    words.relation = sample->relation;
    if (sample->reason != NULL)
        words.reason = sample->reason;
    return encode(&words.base, size);
}

static void keep_sample(const struct keeping *keeping,
                        const struct sample *sample)
{
    Tocsin__V1__KeptSample kept = TOCSIN__V1__KEPT_SAMPLE__INIT;
    size_t size;
    uint8_t *words = pack_words(sample, &size);

    kept.kit = keep_borrow(sample->digest, KIT_DIGEST_SIZE);
    kept.numberless = sample->numberless;
    kept.on_case = sample->alert != NULL;
    kept.state = sample->state;
    if (sample->alert == NULL)
        kept.relation = sample->relation;
    kept.words = keep_borrow(words, size);
    kept.since_ms = sample->since_ms;
    kept.by = sample->by;
    kept.laboratory = sample->laboratory;
    kept.sequence = sample->sequence;
    kept.holds = sample->holds;
    kept.overdue = sample->overdue;
    kept.found_filed = sample->found_filed;
    keep_tell(keeping, TOCSIN__V1__BOOK_ENTRY__KIND_SAMPLE, &kept);
    if (words != NULL)
        bytes_wipe(words, size);
    free(words);
}

static void keep_match(const struct keeping *keeping, const struct match *match)
{
    Tocsin__V1__KeptMatch kept = TOCSIN__V1__KEPT_MATCH__INIT;
    ProtobufCBinaryData kin[KIN_MAX];

    kept.sequence = match->sequence;
    kept.recorded_ms = match->recorded_ms;
    kept.laboratory = match->laboratory;
    kept.child = keep_borrow(match->child, KIT_DIGEST_SIZE);
    for (size_t i = 0; i < match->kin_count; i++)
        kin[i] = keep_borrow(match->kin[i], KIT_DIGEST_SIZE);
    kept.n_kin = match->kin_count;
    kept.kin = kin;
    kept.document = keep_borrow(match->document, match->size);
    kept.decision = match->decision;
    kept.decided_by = match->decided_by;
    kept.decided_ms = match->decided_ms;
    kept.overdue = match->overdue;
    keep_tell(keeping, TOCSIN__V1__BOOK_ENTRY__KIND_MATCH, &kept);
}

void keep_alert_samples(const struct keeping *keeping,
                        const struct alert *alert)
{
    for (size_t i = 0; i < alert->sample_count; i++)
        keep_sample(keeping, alert->samples[i]);
    for (size_t i = 0; i < alert->match_count; i++)
        keep_match(keeping, &alert->matches[i]);
}

static int by_digest(const void *a, const void *b)
{
    const struct sample *left = *(struct sample *const *)a;
    const struct sample *right = *(struct sample *const *)b;

    return memcmp(left->digest, right->digest, KIT_DIGEST_SIZE);
}

void keep_loose_samples(const struct keeping *keeping, const struct book *book)
{
    const struct sample **loose =
        must_calloc(map_count(book->samples) + 1, sizeof *loose);
    const struct sample *sample;
    size_t count = 0;
    size_t cursor = 0;

    while ((sample = map_next(book->samples, &cursor)) != NULL) {
        if (sample->alert == NULL)
            loose[count++] = sample;
    }
    qsort(loose, count, sizeof *loose, by_digest);
    for (size_t i = 0; i < count; i++)
        keep_sample(keeping, loose[i]);
    free(loose);
}

/* ---- up ------------------------------------------------------------------ */

static bool take_words(struct sample *sample, const ProtobufCBinaryData *bytes)
{
    const Tocsin__V1__SampleWords *words;
    struct arena arena;

    if (bytes->len == 0)
        return true;
    arena_init(&arena, WORDS_ARENA);
    words = decode(&arena, &tocsin__v1__sample_words__descriptor, bytes->data,
                   bytes->len, NULL);
    if (words != NULL)
        sample_say(sample, words);
    arena_done(&arena);
    return words != NULL;
}

/* Whose it is stands in its words when it is on a case, and in clear when it is
 * on none. */
static bool says_it_in_its_place(const Tocsin__V1__KeptSample *kept)
{
    return kept->on_case
               ? kept->relation == TOCSIN__V1__RELATION__RELATION_UNSPECIFIED
               : kept->words.len == 0;
}

bool keep_take_sample(struct book *book, struct alert *newest,
                      const Tocsin__V1__KeptSample *kept)
{
    struct sample *sample;

    if (kept->kit.len != KIT_DIGEST_SIZE ||
        book_sample_of(book, kept->kit.data) != NULL ||
        (kept->on_case && newest == NULL) || !says_it_in_its_place(kept) ||
        kept->state > TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_IMPOSSIBLE ||
        kept->by > book->principal_count ||
        kept->laboratory > book->principal_count ||
        !times_are_sound(&kept->since_ms, 1))
        return false;
    sample = sample_add(book, kept->kit.data);
    if (kept->on_case)
        sample_hang(sample, newest);
    sample->numberless = kept->numberless;
    sample->state = kept->state;
    sample->relation = kept->relation;
    sample->since_ms = kept->since_ms;
    sample->by = kept->by;
    sample->laboratory = kept->laboratory;
    sample->sequence = kept->sequence;
    sample->holds = kept->holds;
    sample->overdue = kept->overdue;
    sample->found_filed = kept->found_filed;
    return take_words(sample, &kept->words);
}

bool keep_take_match(const struct book *book, struct alert *newest,
                     const Tocsin__V1__KeptMatch *kept)
{
    struct match *match;

    if (newest == NULL || kept->child.len != KIT_DIGEST_SIZE ||
        kept->n_kin > KIN_MAX ||
        kept->decision > TOCSIN__V1__MATCH_DECISION__MATCH_DECISION_AGAIN ||
        book_number(book, kept->laboratory) == NULL ||
        kept->decided_by > book->principal_count ||
        !times_are_sound((const int64_t[]){kept->recorded_ms, kept->decided_ms},
                         2))
        return false;
    for (size_t i = 0; i < kept->n_kin; i++) {
        if (kept->kin[i].len != KIT_DIGEST_SIZE)
            return false;
    }
    match = match_add(newest);
    match->sequence = kept->sequence;
    match->recorded_ms = kept->recorded_ms;
    match->laboratory = kept->laboratory;
    memcpy(match->child, kept->child.data, KIT_DIGEST_SIZE);
    for (size_t i = 0; i < kept->n_kin; i++)
        memcpy(match->kin[match->kin_count++], kept->kin[i].data,
               KIT_DIGEST_SIZE);
    apply_replace(&match->document, &match->size, &kept->document);
    match->decision = kept->decision;
    match->decided_by = kept->decided_by;
    match->decided_ms = kept->decided_ms;
    match->overdue = kept->overdue;
    return true;
}
