#include "domain/apply.h"

#include <stdlib.h>
#include <string.h>

#include "wire/check.h"
#include "wire/keys.h"

static void identify(uint8_t out[IDENTITY_SIZE], char kind, uint32_t who,
                     const void *what, size_t size)
{
    uint8_t bytes[96] = {(uint8_t)kind, (uint8_t)(who >> 24),
                         (uint8_t)(who >> 16), (uint8_t)(who >> 8),
                         (uint8_t)who};
    uint8_t hash[32];

    REQUIRE(size <= sizeof bytes - 5);
    if (size > 0)
        memcpy(bytes + 5, what, size);
    hash_bytes(hash, bytes, 5 + size);
    memcpy(out, hash, IDENTITY_SIZE);
}

void identity_of_command(uint8_t out[IDENTITY_SIZE], uint32_t principal,
                         const uint8_t *request_id, size_t size)
{
    identify(out, 'c', principal, request_id, size);
}

void identity_of_answer(uint8_t out[IDENTITY_SIZE], uint32_t node,
                        const uint8_t *answer_id, size_t size)
{
    identify(out, 'a', node, answer_id, size);
}

void identity_of_rung(uint8_t out[IDENTITY_SIZE], uint32_t node,
                      const char *alert_id, uint32_t revision,
                      Tocsin__V1__Rung rung)
{
    uint8_t bytes[ULID_SIZE + 5] = {0};

    memcpy(bytes, alert_id, strnlen(alert_id, ULID_SIZE));
    memcpy(bytes + ULID_SIZE, &revision, 4);
    bytes[ULID_SIZE + 4] = (uint8_t)rung;
    identify(out, 'r', node, bytes, sizeof bytes);
}

static struct seen *remember(struct book *book,
                             const uint8_t identity[IDENTITY_SIZE],
                             uint64_t sequence,
                             const ProtobufCBinaryData *digest)
{
    struct seen *seen = must_calloc(1, sizeof *seen);

    seen->sequence = sequence;
    memcpy(seen->digest, digest->data,
           digest->len < sizeof seen->digest ? digest->len
                                             : sizeof seen->digest);
    seen->next = book->all_seen;
    book->all_seen = seen;
    (void)map_put(book->seen, identity, IDENTITY_SIZE, seen);
    return seen;
}

/* ---- principals ---------------------------------------------------------- */

static void fill_principal(struct principal *principal,
                           const Tocsin__V1__Principal *from)
{
    free(principal->name);
    free(principal->name_en);
    principal->name = must_strdup(from->name);
    principal->name_en = must_strdup(from->name_en);
    principal->role = from->role;
    principal->kind = from->kind;
    principal->has_point = from->point != NULL;
    if (principal->has_point) {
        principal->point.latitude = from->point->latitude;
        principal->point.longitude = from->point->longitude;
    }
    memcpy(principal->division, from->division, DIVISION_SIZE);
    REQUIRE(from->public_key.len == KEY_SIZE);
    memcpy(principal->key, from->public_key.data, KEY_SIZE);
    REQUIRE(key_curve_public(principal->key, principal->curve));
    principal->revoked = false;
}

static struct principal *add_principal(struct book *book, const char *id)
{
    struct principal *principal = must_calloc(1, sizeof *principal);
    size_t count = book->principal_count++;

    if ((count & (count - 1)) == 0)
        book->principals = must_realloc(book->principals, count * 2 + 1,
                                        sizeof *book->principals);
    book->principals[count] = principal;
    principal->number = (uint32_t)count + 1;
    strncpy(principal->id, id, ID_MAX);
    (void)map_put(book->by_id, id, strlen(id), principal);
    return principal;
}

static struct principal *enrol(struct book *book,
                               const Tocsin__V1__Principal *from)
{
    struct principal *principal = book_principal(book, from->id);

    if (principal == NULL)
        principal = add_principal(book, from->id);
    else
        (void)map_remove(book->by_curve, principal->curve, KEY_SIZE);
    fill_principal(principal, from);
    (void)map_put(book->by_curve, principal->curve, KEY_SIZE, principal);
    return principal;
}

static struct effect apply_founded(struct book *book,
                                   const Tocsin__V1__Founded *founded)
{
    struct effect effect = {.kind = EFFECT_FOUNDED};

    REQUIRE(!book->founded && founded->epoch.len == EPOCH_SIZE &&
            founded->authority.len == KEY_SIZE &&
            founded->broker_key.len == KEY_SIZE);
    book->founded = true;
    book->generation = 1;
    memcpy(book->epoch, founded->epoch.data, EPOCH_SIZE);
    memcpy(book->authority, founded->authority.data, KEY_SIZE);
    memcpy(book->broker_key, founded->broker_key.data, KEY_SIZE);
    effect.principal = enrol(book, founded->administrator);
    return effect;
}

static struct effect apply_enrolled(struct book *book,
                                    const Tocsin__V1__Enrolled *enrolled)
{
    struct effect effect = {.kind = EFFECT_PRINCIPAL};

    effect.principal = enrol(book, enrolled->principal);
    effect.generation_raised = enrolled->generation > book->generation;
    if (effect.generation_raised)
        book->generation = enrolled->generation;
    return effect;
}

static struct effect apply_revoked(struct book *book,
                                   const Tocsin__V1__Revoked *revoked)
{
    struct effect effect = {.kind = EFFECT_PRINCIPAL};

    effect.principal = book_principal(book, revoked->id);
    REQUIRE(effect.principal != NULL);
    effect.principal->revoked = true;
    effect.generation_raised = revoked->generation > book->generation;
    if (effect.generation_raised)
        book->generation = revoked->generation;
    return effect;
}

/* ---- alerts -------------------------------------------------------------- */

static struct topic_state *topic_for(struct book *book, const char *topic)
{
    struct topic_state *state = book_topic(book, topic);

    if (state == NULL) {
        state = must_calloc(1, sizeof *state);
        memcpy(state->topic, topic, strlen(topic) + 1);
        (void)map_put(book->topics, topic, strlen(topic), state);
    }
    return state;
}

/* Take the alert's share out of its topics' digests, or put it in. */
static void toggle(struct book *book, const struct alert *alert, int step)
{
    for (size_t i = 0; i < alert->prefix_count; i++) {
        struct topic_state *state;
        char topic[TOPIC_MAX];

        topic_make(topic, alert->exercise, alert->prefixes[i]);
        state = topic_for(book, topic);
        state->count = (uint32_t)((int64_t)state->count + step);
        digest_toggle(state->digest, alert->id, alert->revision);
    }
}

/* The chains of its topics go on with this sequence. */
static void link_topics(struct book *book, struct alert *alert,
                        uint64_t sequence)
{
    for (size_t i = 0; i < alert->prefix_count; i++) {
        struct topic_state *state;
        char topic[TOPIC_MAX];

        topic_make(topic, alert->exercise, alert->prefixes[i]);
        state = topic_for(book, topic);
        alert->previous[i] = state->last;
        state->last = sequence;
    }
    alert->sequence = sequence;
}

static void replace(uint8_t **bytes, size_t *size,
                    const ProtobufCBinaryData *with)
{
    free(*bytes);
    *bytes = with->len > 0 ? must_memdup(with->data, with->len) : NULL;
    *size = with->len;
}

static void take_prefixes(struct alert *alert,
                          const Tocsin__V1__AlertIssued *issued)
{
    free(alert->prefixes);
    free(alert->previous);
    alert->prefix_count = issued->n_prefixes;
    alert->prefixes =
        must_calloc(issued->n_prefixes + 1, sizeof *alert->prefixes);
    alert->previous =
        must_calloc(issued->n_prefixes + 1, sizeof *alert->previous);
    for (size_t i = 0; i < issued->n_prefixes; i++)
        strncpy(alert->prefixes[i], issued->prefixes[i], DIVISION_SIZE);
}

static void take_coverage(struct alert *alert,
                          const Tocsin__V1__AlertIssued *issued)
{
    uint32_t number = 0;

    free(alert->cover);
    alert->cover_count = issued->n_coverage;
    alert->nodes = (uint32_t)issued->n_coverage;
    alert->cover = must_calloc(issued->n_coverage + 1, sizeof *alert->cover);
    for (size_t i = 0; i < issued->n_coverage; i++) {
        number += issued->coverage[i];
        alert->cover[i].node = number;
    }
    memset(alert->reached, 0, sizeof alert->reached);
    memset(alert->said, 0, sizeof alert->said);
    for (int i = 0; i < 3; i++)
        alert->to_ms[i] = issued->n_coverage == 0 ? 0 : -1;
}

static struct alert *add_alert(struct book *book, uint64_t sequence,
                               const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__AlertIssued *issued = fact->alert_issued;
    struct alert *alert = must_calloc(1, sizeof *alert);
    const struct principal *owner = book_principal(book, fact->principal);
    size_t count = book->alert_count++;
    const char *serial = strrchr(issued->case_number, '-');

    REQUIRE(owner != NULL && serial != NULL);
    if ((count & (count - 1)) == 0)
        book->alerts =
            must_realloc(book->alerts, count * 2 + 1, sizeof *book->alerts);
    book->alerts[count] = alert;
    alert->index = (uint32_t)count;
    strncpy(alert->id, issued->alert_id, ULID_SIZE);
    strncpy(alert->case_number, issued->case_number, CASE_NUMBER_MAX - 1);
    strncpy(alert->division, issued->division, DIVISION_SIZE);
    alert->owner = owner->number;
    alert->exercise = issued->exercise;
    alert->report_sequence = sequence;
    alert->reported_ms = fact->time_ms;
    memcpy(alert->key_id, issued->key_id.data, sizeof alert->key_id);
    (void)map_put(book->by_alert, alert->id, strlen(alert->id), alert);
    (void)map_put(book->by_case, alert->case_number, strlen(alert->case_number),
                  alert);
    if (strtoul(serial + 1, NULL, 10) > book->serial)
        book->serial = (uint32_t)strtoul(serial + 1, NULL, 10);
    return alert;
}

static void take_content(struct alert *alert,
                         const Tocsin__V1__AlertIssued *issued)
{
    if (issued->withdrawal) {
        free(alert->last_alert);
        alert->last_alert = alert->document;
        alert->last_alert_size = alert->document_size;
        alert->document = NULL;
    } else {
        ProtobufCBinaryData none = {0, NULL};

        replace(&alert->last_alert, &alert->last_alert_size, &none);
        replace(&alert->thumbnail, &alert->thumbnail_size, &issued->thumbnail);
        alert->has_picture = issued->picture.len == sizeof alert->picture;
        if (alert->has_picture)
            memcpy(alert->picture, issued->picture.data, sizeof alert->picture);
    }
    replace(&alert->document, &alert->document_size, &issued->document);
    alert->expires_ms = issued->expires_ms;
}

static struct effect apply_issued(struct book *book, uint64_t sequence,
                                  const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__AlertIssued *issued = fact->alert_issued;
    struct effect effect = {.kind = EFFECT_ALERT};
    struct alert *alert = book_alert(book, issued->alert_id);

    if (alert == NULL)
        alert = add_alert(book, sequence, fact);
    else if (alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE)
        toggle(book, alert, -1);
    REQUIRE(issued->revision == alert->revision + 1);
    alert->revision = issued->revision;
    alert->recorded_ms = fact->time_ms;
    alert->state = issued->withdrawal
                       ? TOCSIN__V1__ALERT_STATE__ALERT_STATE_WITHDRAWN
                       : TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE;
    take_content(alert, issued);
    take_prefixes(alert, issued);
    take_coverage(alert, issued);
    if (!issued->withdrawal)
        toggle(book, alert, 1);
    link_topics(book, alert, sequence);
    effect.alert = alert;
    effect.principal = book_principal(book, fact->principal);
    return effect;
}

static struct effect apply_expired(struct book *book, uint64_t sequence,
                                   const Tocsin__V1__AlertExpired *expired)
{
    struct effect effect = {.kind = EFFECT_ALERT};
    struct alert *alert = book_alert(book, expired->alert_id);

    REQUIRE(alert != NULL);
    if (alert->state != TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE)
        return (struct effect){.kind = EFFECT_NONE};
    toggle(book, alert, -1);
    alert->state = TOCSIN__V1__ALERT_STATE__ALERT_STATE_EXPIRED;
    link_topics(book, alert, sequence);
    effect.alert = alert;
    return effect;
}

/* ---- answers ------------------------------------------------------------- */

static struct cover *cover_for(struct alert *alert, uint32_t node)
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
            alert->to_ms[i] = now_ms - alert->recorded_ms;
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
        cover->held_ms =
            (uint32_t)(now_ms > alert->recorded_ms ? now_ms - alert->recorded_ms
                                                   : 0);
        cover->held_seq = sequence;
    }
    if (cover->rung < TOCSIN__V1__RUNG__RUNG_SHOWN &&
        to >= TOCSIN__V1__RUNG__RUNG_SHOWN)
        cover->shown_seq = sequence;
    for (uint8_t step = (uint8_t)(cover->rung + 1); step <= to; step++)
        alert->reached[step] += !cover->extra;
    cover->rung = to;
    note_times(alert, now_ms);
    return true;
}

static void testify(struct alert *alert, uint64_t sequence,
                    const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__Answered *answered = fact->answered;
    struct testimony *testimony;

    alert->answers = must_realloc(alert->answers, alert->answer_count + 1,
                                  sizeof *alert->answers);
    testimony = &alert->answers[alert->answer_count++];
    memset(testimony, 0, sizeof *testimony);
    testimony->sequence = sequence;
    testimony->recorded_ms = fact->time_ms;
    testimony->node = answered->node;
    testimony->rung = answered->rung;
    replace(&testimony->document, &testimony->size, &answered->document);
    strncpy(testimony->relayed_by, answered->relayed_by, ID_MAX);
    alert->sightings += answered->rung >= TOCSIN__V1__RUNG__RUNG_SIGHTING;
}

static struct effect apply_answered(struct book *book, uint64_t sequence,
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
        (void)remember(book, identity, sequence, &answered->document_digest);
        changed = true;
        if (answered->rung > TOCSIN__V1__RUNG__RUNG_READ)
            testify(alert, sequence, fact);
    }
    if (answered->revision == alert->revision) {
        struct cover *cover = cover_for(alert, answered->node);

        changed |= climb(alert, cover, answered->rung, sequence, fact->time_ms);
        if (answered->rung > TOCSIN__V1__RUNG__RUNG_READ &&
            (cover->said & 1U << answered->rung) == 0) {
            cover->said |= (uint8_t)(1U << answered->rung);
            alert->said[answered->rung] += !cover->extra;
        }
    }
    effect.alert = alert;
    effect.principal = book_number(book, answered->node);
    return changed ? effect : (struct effect){.kind = EFFECT_NONE};
}

/* ---- all ----------------------------------------------------------------- */

static struct effect apply_body(struct book *book, uint64_t sequence,
                                const Tocsin__V1__Fact *fact)
{
    switch (fact->body_case) {
    case TOCSIN__V1__FACT__BODY_FOUNDED:
        return apply_founded(book, fact->founded);
    case TOCSIN__V1__FACT__BODY_ENROLLED:
        return apply_enrolled(book, fact->enrolled);
    case TOCSIN__V1__FACT__BODY_REVOKED:
        return apply_revoked(book, fact->revoked);
    case TOCSIN__V1__FACT__BODY_ALERT_ISSUED:
        return apply_issued(book, sequence, fact);
    case TOCSIN__V1__FACT__BODY_ALERT_EXPIRED:
        return apply_expired(book, sequence, fact->alert_expired);
    case TOCSIN__V1__FACT__BODY_ANSWERED:
        return apply_answered(book, sequence, fact);
    case TOCSIN__V1__FACT__BODY__NOT_SET:
    case _TOCSIN__V1__FACT__BODY__CASE_IS_INT_SIZE:
        break;
    }
    REQUIRE(!"a fact of a kind that this program does not know");
    return (struct effect){.kind = EFFECT_NONE};
}

struct effect book_apply(struct book *book, uint64_t sequence,
                         const Tocsin__V1__Fact *fact)
{
    const struct principal *actor;
    struct effect effect;

    REQUIRE(sequence == book->head + 1);
    REQUIRE(book->founded || fact->body_case == TOCSIN__V1__FACT__BODY_FOUNDED);
    book->head = sequence;
    effect = apply_body(book, sequence, fact);
    actor = book_principal(book, fact->principal);
    if (fact->request_id.len > 0 && actor != NULL &&
        fact->body_case != TOCSIN__V1__FACT__BODY_ANSWERED) {
        uint8_t identity[IDENTITY_SIZE];
        struct seen *seen;

        identity_of_command(identity, actor->number, fact->request_id.data,
                            fact->request_id.len);
        seen = remember(book, identity, sequence, &fact->request_digest);
        if (effect.kind == EFFECT_ALERT) {
            seen->alert = effect.alert;
            seen->revision = effect.alert->revision;
            seen->nodes = effect.alert->nodes;
        }
    }
    return effect;
}
