/* Alerts in the book: their documents, coverage and topics. */
#include "domain/apply_parts.h"

#include <stdlib.h>
#include <string.h>

struct topic_state *apply_topic(struct book *book, const char *topic)
{
    struct topic_state *state = book_topic(book, topic);

    if (state == NULL) {
        state = must_calloc(1, sizeof *state);
        memcpy(state->topic, topic, strlen(topic) + 1);
        (void)map_put(book->topics, topic, strlen(topic), state);
    }
    return state;
}

void apply_toggle(struct book *book, const struct alert *alert, int step)
{
    uint8_t share[DIGEST_SIZE] = {0};

    digest_toggle(share, alert->id, alert->revision);
    for (size_t i = 0; i < alert->prefix_count; i++) {
        struct topic_state *state;
        char topic[TOPIC_MAX];

        topic_make(topic, alert->exercise, alert->prefixes[i]);
        state = apply_topic(book, topic);
        state->count = (uint32_t)((int64_t)state->count + step);
        for (int byte = 0; byte < DIGEST_SIZE; byte++)
            state->digest[byte] ^= share[byte];
    }
}

void apply_link(struct book *book, struct alert *alert, size_t i,
                uint64_t sequence)
{
    struct topic_state *state;
    char topic[TOPIC_MAX];

    topic_make(topic, alert->exercise, alert->prefixes[i]);
    state = apply_topic(book, topic);
    alert->previous[i] = state->last;
    alert->told[i] = sequence;
    state->last = sequence;
}

/* The chains of its topics go on with this sequence. */
static void link_topics(struct book *book, struct alert *alert,
                        uint64_t sequence)
{
    for (size_t i = 0; i < alert->prefix_count; i++)
        apply_link(book, alert, i, sequence);
    alert->sequence = sequence;
}

void apply_take_prefixes(struct alert *alert, char **prefixes, size_t count)
{
    free(alert->prefixes);
    free(alert->previous);
    free(alert->told);
    alert->prefix_count = count;
    alert->prefixes = must_calloc(count + 1, sizeof *alert->prefixes);
    alert->previous = must_calloc(count + 1, sizeof *alert->previous);
    alert->told = must_calloc(count + 1, sizeof *alert->told);
    for (size_t i = 0; i < count; i++)
        strncpy(alert->prefixes[i], prefixes[i], DIVISION_SIZE);
}

static void take_coverage(struct alert *alert,
                          const Tocsin__V1__AlertIssued *issued)
{
    struct cover *before = alert->cover;
    size_t before_count = alert->cover_count;
    uint32_t number = 0;

    alert->cover_count = issued->n_coverage;
    alert->nodes = (uint32_t)issued->n_coverage;
    alert->cover = must_calloc(issued->n_coverage + 1, sizeof *alert->cover);
    for (size_t i = 0; i < issued->n_coverage; i++) {
        number += issued->coverage[i];
        alert->cover[i].node = number;
    }
    apply_carry_firsts(alert, before, before_count, alert->recorded_ms);
    free(before);
    memset(alert->reached, 0, sizeof alert->reached);
    memset(alert->said, 0, sizeof alert->said);
    alert->overdue = 0;
    for (int i = 0; i < 3; i++)
        alert->to_ms[i] = issued->n_coverage == 0 ? 0 : -1;
}

struct alert *apply_add_alert(struct book *book, const char *id,
                              const char *case_number)
{
    struct alert *alert = must_calloc(1, sizeof *alert);
    size_t count = book->alert_count++;

    if ((count & (count - 1)) == 0)
        book->alerts =
            must_realloc(book->alerts, count * 2 + 1, sizeof *book->alerts);
    book->alerts[count] = alert;
    strncpy(alert->id, id, ULID_SIZE);
    strncpy(alert->case_number, case_number, CASE_NUMBER_MAX - 1);
    (void)map_put(book->by_alert, alert->id, strlen(alert->id), alert);
    (void)map_put(book->by_case, alert->case_number, strlen(alert->case_number),
                  alert);
    return alert;
}

static struct alert *report_alert(struct book *book, uint64_t sequence,
                                  const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__AlertIssued *issued = fact->alert_issued;
    struct alert *alert =
        apply_add_alert(book, issued->alert_id, issued->case_number);
    const struct principal *owner = book_principal(book, fact->principal);
    const char *serial = strrchr(issued->case_number, '-');

    REQUIRE(owner != NULL && serial != NULL);
    strncpy(alert->division, issued->division, DIVISION_SIZE);
    alert->owner = owner->number;
    alert->exercise = issued->exercise;
    alert->report_sequence = sequence;
    alert->reported_ms = fact->time_ms;
    case_file_begin(&alert->file, fact->time_ms);
    memcpy(alert->key_id, issued->key_id.data, sizeof alert->key_id);
    if (strtoul(serial + 1, NULL, 10) > book->serial)
        book->serial = (uint32_t)strtoul(serial + 1, NULL, 10);
    return alert;
}

void apply_take_ring(struct alert *alert, const Tocsin__V1__RingStand *ring)
{
    memset(&alert->ring, 0, sizeof alert->ring);
    if (ring == NULL)
        return;
    alert->ring.from_ms = ring->from_ms;
    alert->ring.reached_ms = ring->reached_ms;
    alert->ring.last_ms = ring->last_ms;
    alert->ring.step = ring->step;
    alert->ring.steps = ring->steps;
    alert->ring.widened_ms = ring->widened_ms;
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

        apply_take_ring(alert, issued->ring);
        apply_replace(&alert->last_alert, &alert->last_alert_size, &none);
        apply_replace(&alert->thumbnail, &alert->thumbnail_size,
                      &issued->thumbnail);
        alert->has_picture = issued->picture.len == sizeof alert->picture;
        if (alert->has_picture)
            memcpy(alert->picture, issued->picture.data, sizeof alert->picture);
    }
    apply_replace(&alert->document, &alert->document_size, &issued->document);
    alert->expires_ms = issued->expires_ms;
}

struct effect apply_issued(struct book *book, uint64_t sequence,
                           const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__AlertIssued *issued = fact->alert_issued;
    struct effect effect = {.kind = EFFECT_ALERT};
    struct alert *alert = book_alert(book, issued->alert_id);

    if (alert == NULL)
        alert = report_alert(book, sequence, fact);
    else if (alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE)
        apply_toggle(book, alert, -1);
    /* what was handed back may leave revisions out */
    REQUIRE(issued->revision > alert->revision &&
            (issued->revision == alert->revision + 1 ||
             issued->handed_back_by[0] != '\0'));
    alert->revision = issued->revision;
    alert->recorded_ms = fact->time_ms;
    alert->state = issued->withdrawal
                       ? TOCSIN__V1__ALERT_STATE__ALERT_STATE_WITHDRAWN
                       : TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE;
    take_content(alert, issued);
    apply_take_prefixes(alert, issued->prefixes, issued->n_prefixes);
    take_coverage(alert, issued);
    if (!issued->withdrawal) {
        apply_toggle(book, alert, 1);
        case_file_search(&alert->file, fact->time_ms);
    }
    link_topics(book, alert, sequence);
    effect.alert = alert;
    effect.principal = book_principal(book, fact->principal);
    if (issued->confirms != 0 && effect.principal != NULL) {
        apply_confirmed(alert, sequence, fact->time_ms,
                        effect.principal->number, issued);
        effect.testimony = alert_testimony(alert, issued->confirms);
    }
    return effect;
}

bool apply_end(struct book *book, struct alert *alert, uint64_t sequence)
{
    if (alert->state != TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE)
        return false;
    apply_toggle(book, alert, -1);
    alert->state = TOCSIN__V1__ALERT_STATE__ALERT_STATE_EXPIRED;
    link_topics(book, alert, sequence);
    return true;
}

struct effect apply_expired(struct book *book, uint64_t sequence,
                            const Tocsin__V1__AlertExpired *expired)
{
    struct effect effect = {.kind = EFFECT_ALERT};
    struct alert *alert = book_alert(book, expired->alert_id);

    REQUIRE(alert != NULL);
    if (!apply_end(book, alert, sequence))
        return (struct effect){.kind = EFFECT_NONE};
    effect.alert = alert;
    return effect;
}

struct effect apply_filed(struct book *book,
                          const Tocsin__V1__AlertFiled *filed)
{
    struct alert *alert = book_alert(book, filed->alert_id);

    REQUIRE(alert != NULL &&
            alert->state != TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE);
    apply_unsupervise(book, TOCSIN__V1__SUPERVISED__SUPERVISED_CASE, alert->id);
    book_drop(book, alert);
    return (struct effect){.kind = EFFECT_NONE};
}
