/* Samples and matches in the book. */
#include "domain/apply_parts.h"

#include <string.h>

#include "domain/samples.h"
#include "wire/decode.h"

#define ORDER_ARENA (64 * 1024)

#define RELATION_NONE TOCSIN__V1__RELATION__RELATION_UNSPECIFIED

/* What was signed; NULL: it cannot be read, its key is destroyed. */
static const Tocsin__V1__NoteSample *
read_note(struct arena *arena, const ProtobufCBinaryData *document)
{
    const Tocsin__V1__SignedOrder *sealed =
        decode(arena, &tocsin__v1__signed_order__descriptor, document->data,
               document->len, NULL);
    const Tocsin__V1__CaseOrder *order =
        sealed != NULL ? decode(arena, &tocsin__v1__case_order__descriptor,
                                sealed->content.data, sealed->content.len, NULL)
                       : NULL;

    return order != NULL &&
                   order->step_case == TOCSIN__V1__CASE_ORDER__STEP_NOTE_SAMPLE
               ? order->note_sample
               : NULL;
}

static void say(struct sample *sample, const ProtobufCBinaryData *document)
{
    Tocsin__V1__SampleWords words = TOCSIN__V1__SAMPLE_WORDS__INIT;
    const Tocsin__V1__NoteSample *note;
    struct arena arena;

    arena_init(&arena, ORDER_ARENA);
    note = read_note(&arena, document);
    if (note != NULL) {
        words.kit = note->kit;
        words.relation = note->relation;
        words.reason = note->reason;
    }
    sample_say(sample, note != NULL ? &words : NULL);
    arena_done(&arena);
}

/* Of an impossible one whose kit was never opened: a place of its own. Request
 * ids are of others' choosing and may come twice; a sequence does not. */
static struct sample *add_numberless(struct book *book, uint64_t sequence)
{
    uint8_t hash[32];
    struct sample *sample;

    hash_bytes(hash, (const uint8_t *)&sequence, sizeof sequence);
    sample = sample_add(book, hash);
    sample->numberless = true;
    return sample;
}

/* That the mother's could not be taken is over with the next word of it. */
static void drop_older(struct book *book, const struct sample *newest)
{
    struct alert *alert = newest->alert;
    size_t kept = 0;

    for (size_t i = 0; i < alert->sample_count; i++) {
        struct sample *sample = alert->samples[i];

        if (sample != newest && sample->numberless &&
            sample->relation == newest->relation &&
            sample->relation != RELATION_NONE) {
            (void)map_remove(book->samples, sample->digest, KIT_DIGEST_SIZE);
            sample_free(sample);
        } else {
            alert->samples[kept++] = sample;
        }
    }
    alert->sample_count = kept;
}

/* The word has come: of the case, and of one of the same person that failed. */
static void end_silence(const struct sample *sample)
{
    struct alert *alert = sample->alert;
    bool settled = sample_is_settled(sample);

    if (settled ||
        sample->state == TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_FAILED)
        alert->file.sample_overdue = false;
    for (size_t i = 0; settled && i < alert->sample_count; i++) {
        struct sample *other = alert->samples[i];

        if (other->relation == sample->relation &&
            other->state == TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_FAILED)
            other->overdue = false;
    }
}

static void enter(struct sample *sample, Tocsin__V1__SampleState state,
                  uint64_t sequence, int64_t time_ms)
{
    sample->state = state;
    sample->sequence = sequence;
    sample->since_ms = time_ms;
    sample->overdue = false;
    if (sample->alert != NULL)
        end_silence(sample);
}

void apply_noted_sample(struct book *book, struct alert *alert,
                        uint64_t sequence, const Tocsin__V1__Fact *fact,
                        uint32_t by)
{
    const Tocsin__V1__CaseChanged *changed = fact->case_changed;
    struct sample *sample = changed->kit.len == KIT_DIGEST_SIZE
                                ? sample_add(book, changed->kit.data)
                                : add_numberless(book, sequence);

    if (sample->alert == NULL)
        sample_hang(sample, alert);
    say(sample, &changed->document);
    if (sample->state == changed->sample) {
        end_silence(sample); /* the laboratory had it before, and said so */
    } else {
        sample->by = by;
        enter(sample, changed->sample, sequence, fact->time_ms);
    }
    drop_older(book, sample);
}

static bool holds(const struct match *match)
{
    return match->decision !=
           TOCSIN__V1__MATCH_DECISION__MATCH_DECISION_REJECTED;
}

void apply_decided_match(struct book *book, struct alert *alert,
                         const Tocsin__V1__Fact *fact, uint32_t by)
{
    const Tocsin__V1__CaseChanged *changed = fact->case_changed;
    struct match *match = alert_match(alert, changed->match);
    bool held;

    REQUIRE(match != NULL);
    held = holds(match);
    match->decision = changed->decision;
    match->decided_by = by;
    match->decided_ms = fact->time_ms;
    match->overdue = false;
    match_hold(book, match, (int)holds(match) - (int)held);
}

/* ---- laboratories ---------------------------------------------------------
 */

static void add_match(struct book *book, struct alert *alert, uint64_t sequence,
                      const Tocsin__V1__Fact *fact, uint32_t laboratory)
{
    const Tocsin__V1__LabReported *reported = fact->lab_reported;
    struct match *match = match_add(alert);
    struct sample *child = sample_add(book, reported->kit.data);

    match->sequence = sequence;
    match->recorded_ms = fact->time_ms;
    match->laboratory = laboratory;
    memcpy(match->child, reported->kit.data, KIT_DIGEST_SIZE);
    for (size_t i = 0; i < reported->n_kin && i < KIN_MAX; i++)
        memcpy(match->kin[match->kin_count++], reported->kin[i].data,
               KIT_DIGEST_SIZE);
    apply_replace(&match->document, &match->size, &reported->document);
    if (child->relation == RELATION_NONE)
        child->relation = TOCSIN__V1__RELATION__RELATION_CHILD;
    match_hold(book, match, 1);
}

struct effect apply_lab_reported(struct book *book, uint64_t sequence,
                                 const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__LabReported *reported = fact->lab_reported;
    struct effect effect = {.kind = EFFECT_LABORATORY};
    struct alert *alert = book_alert(book, reported->alert_id);
    struct principal *by = book_principal(book, fact->principal);
    struct sample *sample;

    REQUIRE(by != NULL && reported->kit.len == KIT_DIGEST_SIZE);
    effect.principal = by;
    effect.alert = alert;
    if (reported->n_kin > 0) {
        REQUIRE(alert != NULL);
        add_match(book, alert, sequence, fact, by->number);
        return effect;
    }
    sample = sample_add(book, reported->kit.data);
    sample->by = by->number;
    sample->laboratory = by->number;
    enter(sample, reported->state, sequence, fact->time_ms);
    return effect;
}

struct effect apply_sample_checked(const struct book *book,
                                   const Tocsin__V1__Fact *fact)
{
    struct effect effect = {.kind = EFFECT_CHECKED};

    effect.principal = book_principal(book, fact->principal);
    effect.answer = fact->sample_checked->answer;
    return effect;
}
