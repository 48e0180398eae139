/* Answers in the book: who climbed how far, and what persons said. */
#include "domain/apply_parts.h"

#include <string.h>

#include "wire/check.h"

struct cover *apply_cover_for(struct alert *alert, uint32_t node)
{
    struct cover *cover = alert_cover(alert, node);
    size_t at = 0;

    if (cover != NULL)
        return cover;
    alert->cover = must_realloc(alert->cover, alert->cover_count + 2,
                                sizeof *alert->cover);
    while (at < alert->cover_count && alert->cover[at].node < node)
        at++;
    memmove(alert->cover + at + 1, alert->cover + at,
            (alert->cover_count - at) * sizeof *alert->cover);
    alert->cover_count++;
    cover = &alert->cover[at];
    memset(cover, 0, sizeof *cover);
    cover->node = node;
    cover->extra = true;
    return cover;
}

static void note_times(struct alert *alert, int64_t now_ms)
{
    static const uint32_t share[3] = {50, 95, 100};
    uint64_t held = alert->reached[TOCSIN__V1__RUNG__RUNG_HELD];

    for (int i = 0; i < 3; i++) {
        if (alert->to_ms[i] < 0 &&
            held * 100 >= (uint64_t)alert->nodes * share[i])
            alert->to_ms[i] = now_ms - alert_due_ms(alert);
    }
}

/* The ladder: up to READ, which every person's answer implies. */
static bool climb(struct alert *alert, struct cover *cover,
                  Tocsin__V1__Rung rung, uint64_t sequence, int64_t now_ms)
{
    uint8_t to = rung > TOCSIN__V1__RUNG__RUNG_READ
                     ? TOCSIN__V1__RUNG__RUNG_READ
                     : (uint8_t)rung;

    if (cover->rung >= to)
        return false;
    if (cover->rung < TOCSIN__V1__RUNG__RUNG_HELD) {
        int64_t due_ms = alert->recorded_ms + cover->due_ms;

        cover->held_ms = (uint32_t)(now_ms > due_ms ? now_ms - due_ms : 0);
        cover->held_seq = sequence;
    }
    if (cover->rung < TOCSIN__V1__RUNG__RUNG_SHOWN &&
        to >= TOCSIN__V1__RUNG__RUNG_SHOWN)
        cover->shown_seq = sequence;
    alert->overdue -= cover->overdue;
    cover->overdue = false;
    for (uint8_t step = (uint8_t)(cover->rung + 1); step <= to; step++)
        alert->reached[step] += !cover->extra;
    cover->rung = to;
    note_times(alert, now_ms);
    return true;
}

struct testimony *apply_testimony(struct alert *alert)
{
    struct testimony *testimony;
    size_t count = alert->answer_count++;

    if ((count & (count - 1)) == 0) /* thousands may see one child */
        alert->answers =
            must_realloc(alert->answers, count * 2 + 1, sizeof *alert->answers);
    testimony = &alert->answers[count];
    memset(testimony, 0, sizeof *testimony);
    return testimony;
}

void apply_take_picture(struct testimony *testimony,
                        const ProtobufCBinaryData *hash, uint32_t size)
{
    testimony->has_picture = hash->len == sizeof testimony->picture;
    if (!testimony->has_picture)
        return;
    memcpy(testimony->picture, hash->data, sizeof testimony->picture);
    testimony->picture_size = size;
}

static void testify(const struct book *book, struct alert *alert,
                    uint64_t sequence, const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__Answered *answered = fact->answered;
    struct testimony *testimony = apply_testimony(alert);

    testimony->sequence = sequence;
    testimony->recorded_ms = fact->time_ms;
    testimony->node = answered->node;
    testimony->rung = answered->rung;
    /* it may have been on its way when the case was sealed */
    if (!case_is_sealed(&alert->file)) {
        apply_replace(&testimony->document, &testimony->size,
                      &answered->document);
        apply_take_picture(testimony, &answered->picture,
                           answered->picture_size);
    }
    strncpy(testimony->relayed_by, answered->relayed_by, ID_MAX);
    testimony->taken_ms = answered->taken_ms;
    testimony->relayed_ms = answered->relayed_ms;
    testimony->unreachable = answered->unreachable;
    testimony->outside = answered->outside;
    testimony->brought_outside = answered->brought_outside;
    testimony->cluster = answered->cluster;
    alert->sightings += answered->rung >= TOCSIN__V1__RUNG__RUNG_SIGHTING;
    if (case_is_sealed(&alert->file))
        apply_add_holders(book, alert, testimony);
}

/* What a handheld says is heard, and covers no checkpoint; and who speaks from
 * outside was not sent what it speaks of. */
static bool covers(const struct book *book,
                   const Tocsin__V1__Answered *answered)
{
    return !answered->outside && book_number(book, answered->node)->role !=
                                     TOCSIN__V1__ROLE__ROLE_DEVICE;
}

struct effect apply_answered(struct book *book, uint64_t sequence,
                             const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__Answered *answered = fact->answered;
    struct alert *alert = book_alert(book, answered->alert_id);
    struct effect effect = {.kind = EFFECT_ANSWER, .rung = answered->rung};
    bool personal = rung_is_personal(answered->rung);
    bool changed = false;
    uint8_t identity[IDENTITY_SIZE];

    REQUIRE(alert != NULL && book_number(book, answered->node) != NULL);
    if (personal) {
        identity_of_answer(identity, answered->node, answered->answer_id.data,
                           answered->answer_id.len);
        if (book_seen(book, identity) != NULL)
            return (struct effect){.kind = EFFECT_NONE};
        (void)apply_remember(book, &alert->seen, identity, sequence,
                             &answered->document_digest);
        changed = true;
        if (answered->rung > TOCSIN__V1__RUNG__RUNG_READ)
            testify(book, alert, sequence, fact);
    }
    if (covers(book, answered) && answered->revision == alert->revision) {
        struct cover *cover = apply_cover_for(alert, answered->node);

        changed |= climb(alert, cover, answered->rung, sequence, fact->time_ms);
        if (answered->rung > TOCSIN__V1__RUNG__RUNG_READ &&
            (cover->said & 1U << answered->rung) == 0) {
            cover->said |= (uint8_t)(1U << answered->rung);
            alert->said[answered->rung] += !cover->extra;
        }
    }
    if (covers(book, answered))
        apply_first_answer(alert, answered->node, answered->revision,
                           answered->rung, fact->time_ms);
    effect.alert = alert;
    effect.principal = book_number(book, answered->node);
    return changed ? effect : (struct effect){.kind = EFFECT_NONE};
}

struct effect apply_together(struct book *book, uint64_t sequence,
                             const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__AnsweredTogether *together = fact->answered_together;
    struct effect effect = {.kind = EFFECT_TOGETHER};

    effect.alert = book_alert(book, together->alert_id);
    REQUIRE(effect.alert != NULL && together->n_nodes <= TOGETHER_MAX);
    for (size_t i = 0; i < together->n_nodes; i++) {
        struct cover *cover;

        REQUIRE(book_number(book, together->nodes[i]) != NULL);
        if (together->revision != effect.alert->revision)
            continue;
        cover = apply_cover_for(effect.alert, together->nodes[i]);
        if (climb(effect.alert, cover, together->rungs[i], sequence,
                  fact->time_ms))
            effect.changed |= UINT64_C(1) << i;
        apply_first_answer(effect.alert, together->nodes[i], together->revision,
                           together->rungs[i], fact->time_ms);
    }
    return effect.changed != 0 ? effect : (struct effect){.kind = EFFECT_NONE};
}

struct effect apply_pictured(struct book *book, uint64_t sequence,
                             const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__SightingPictured *pictured = fact->sighting_pictured;
    struct alert *alert = book_alert(book, pictured->alert_id);
    struct effect effect = {.kind = EFFECT_PICTURED, .alert = alert};
    struct testimony *testimony;

    REQUIRE(alert != NULL);
    testimony = alert_testimony(alert, pictured->sighting);
    REQUIRE(testimony != NULL);
    /* sealed while it was on its way: there is nothing to show any more */
    if (!testimony->has_picture || testimony->pictured_ms != 0)
        return (struct effect){.kind = EFFECT_NONE};
    testimony->pictured_ms = fact->time_ms;
    testimony->pictured_seq = sequence;
    effect.principal = book_number(book, testimony->node);
    return effect;
}
