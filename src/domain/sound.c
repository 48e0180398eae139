/* A fact read from a disk, before it is applied: would apply keep its promise?
 * What a chain of hashes cannot show is a fact that was written wrong. */
#include <string.h>

#include "domain/apply_parts.h"
#include "domain/samples.h"
#include "domain/looks.h"
#include "wire/rings.h"

#define COMMAND_ID_SIZE 16
#define DIGEST_BYTES 8
#define PICTURE_HASH 32

static bool sound_principal(const struct book *book,
                            const Tocsin__V1__Principal *principal,
                            struct complaint *complaint)
{
    if (principal == NULL || !principal_id_valid(principal->id))
        return complain(complaint, "principal.id", "is missing or bad");
    if (!division_valid(principal->division))
        return complain(complaint, "principal.division", "is not a code");
    if (principal->public_key.len != KEY_SIZE)
        return complain(complaint, "principal.public_key", "is not a key");
    if (book->principal_count >= UINT32_MAX)
        return complain(complaint, "principal", "is one too many");
    return true;
}

static bool sound_founding(const struct book *book,
                           const Tocsin__V1__Founded *founded,
                           struct complaint *complaint)
{
    if (book->founded)
        return complain(complaint, "founded", "for the second time");
    if (founded->epoch.len != EPOCH_SIZE ||
        founded->authority.len != KEY_SIZE ||
        founded->broker_key.len != KEY_SIZE)
        return complain(complaint, "founded", "lacks an epoch or a key");
    return sound_principal(book, founded->administrator, complaint);
}

/* What a fact says once, with the first revision. */
static bool sound_report(const struct book *book, const Tocsin__V1__Fact *fact,
                         struct complaint *complaint)
{
    const Tocsin__V1__AlertIssued *issued = fact->alert_issued;
    const char *serial = strrchr(issued->case_number, '-');

    if (issued->withdrawal)
        return complain(complaint, "withdrawal", "of an unknown alert");
    if (book_principal(book, fact->principal) == NULL)
        return complain(complaint, "principal", "is not enrolled");
    if (!ulid_valid(issued->alert_id))
        return complain(complaint, "alert_id", "is not a ULID");
    if (serial == NULL || strlen(issued->case_number) >= CASE_NUMBER_MAX ||
        map_get(book->by_case, issued->case_number,
                strlen(issued->case_number)) != NULL)
        return complain(complaint, "case_number", "is bad or another's");
    if (!division_valid(issued->division))
        return complain(complaint, "division", "is not a code");
    if (issued->key_id.len != sizeof((struct alert *)0)->key_id)
        return complain(complaint, "key_id", "is not 16 bytes");
    return true;
}

struct numbers {
    const uint32_t *differences;
    size_t count;
};

static bool sound_numbers(const struct book *book,
                          const struct numbers *numbers,
                          struct complaint *complaint)
{
    uint64_t number = 0;

    for (size_t i = 0; i < numbers->count; i++) {
        number += numbers->differences[i];
        if (numbers->differences[i] == 0 || number > book->principal_count)
            return complain(complaint, "coverage", "names an unknown node");
    }
    return true;
}

struct texts {
    char *const *list;
    size_t count;
};

static bool sound_prefixes(const struct texts *prefixes,
                           struct complaint *complaint)
{
    if (prefixes->count > PREFIXES_MAX)
        return complain(complaint, "prefixes", "are too many");
    for (size_t i = 0; i < prefixes->count; i++) {
        if (!prefix_valid(prefixes->list[i]))
            return complain(complaint, "prefixes", "are not all prefixes");
    }
    return true;
}

static bool is_span(int64_t ms)
{
    return ms >= 0 && ms <= TIME_MAX_MS;
}

bool times_are_sound(const int64_t *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_span(list[i]))
            return false;
    }
    return true;
}

bool ring_is_sound(const Tocsin__V1__RingStand *ring)
{
    return ring == NULL ||
           (ring->step >= 1 && ring->step <= ring->steps &&
            ring->steps <= RING_STEPS_MAX && is_span(ring->from_ms) &&
            is_span(ring->reached_ms) && is_span(ring->last_ms) &&
            is_span(ring->widened_ms));
}

static bool sound_coverage(const struct book *book,
                           const Tocsin__V1__AlertIssued *issued,
                           struct complaint *complaint)
{
    const struct numbers coverage = {issued->coverage, issued->n_coverage};
    const struct texts prefixes = {issued->prefixes, issued->n_prefixes};

    if (!ring_is_sound(issued->ring))
        return complain(complaint, "ring", "is none");
    return sound_numbers(book, &coverage, complaint) &&
           sound_prefixes(&prefixes, complaint);
}

static bool sound_issue(const struct book *book, const Tocsin__V1__Fact *fact,
                        struct complaint *complaint)
{
    const Tocsin__V1__AlertIssued *issued = fact->alert_issued;
    const struct alert *alert = book_alert(book, issued->alert_id);
    uint32_t newest = alert == NULL ? 0 : alert->revision;

    /* what was handed back may leave revisions out */
    if (issued->revision <= newest ||
        (issued->revision != newest + 1 && issued->handed_back_by[0] == '\0'))
        return complain(complaint, "revision", "is not the next one");
    if (!times_are_sound(&issued->expires_ms, 1))
        return complain(complaint, "expires_ms", "is no time");
    return (alert != NULL || sound_report(book, fact, complaint)) &&
           sound_coverage(book, issued, complaint);
}

static bool sound_widening(const struct book *book,
                           const Tocsin__V1__RingWidened *widened,
                           struct complaint *complaint)
{
    const struct alert *alert = book_alert(book, widened->alert_id);
    const struct numbers coverage = {widened->coverage, widened->n_coverage};
    const struct texts prefixes = {widened->prefixes, widened->n_prefixes};
    const struct texts told = {widened->told, widened->n_told};

    if (alert == NULL)
        return complain(complaint, "alert_id", "is unknown");
    if (alert->revision != widened->revision)
        return complain(complaint, "revision", "is not the newest");
    if (!alert_widens(alert) || widened->reached_ms <= alert->ring.reached_ms ||
        widened->reached_ms > alert->ring.last_ms ||
        widened->step < alert->ring.step || widened->step > alert->ring.steps)
        return complain(complaint, "reached_ms", "is no widening");
    if (!times_are_sound(&widened->at_ms, 1))
        return complain(complaint, "at_ms", "is no time");
    return sound_numbers(book, &coverage, complaint) &&
           sound_prefixes(&prefixes, complaint) &&
           sound_prefixes(&told, complaint);
}

static bool sound_filing(const struct book *book,
                         const Tocsin__V1__AlertFiled *filed,
                         struct complaint *complaint)
{
    const struct alert *alert = book_alert(book, filed->alert_id);

    if (alert == NULL)
        return complain(complaint, "alert_id", "is unknown");
    if (alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE)
        return complain(complaint, "alert_id", "is live");
    return true;
}

static bool sound_answer(const struct book *book,
                         const Tocsin__V1__Answered *answered,
                         struct complaint *complaint)
{
    if (book_alert(book, answered->alert_id) == NULL)
        return complain(complaint, "alert_id", "is unknown");
    if (book_number(book, answered->node) == NULL)
        return complain(complaint, "node", "is unknown");
    if (answered->rung < TOCSIN__V1__RUNG__RUNG_HELD ||
        answered->rung > TOCSIN__V1__RUNG__RUNG_INTERCEPTED)
        return complain(complaint, "rung", "is not one of the ladder");
    if (rung_is_personal(answered->rung) &&
        (answered->answer_id.len != COMMAND_ID_SIZE ||
         answered->document_digest.len != DIGEST_BYTES))
        return complain(complaint, "answer_id", "or its digest is missing");
    if (answered->picture.len != 0 && answered->picture.len != PICTURE_HASH)
        return complain(complaint, "picture", "is not a hash");
    return true;
}

static bool sound_pictured(const struct book *book,
                           const Tocsin__V1__SightingPictured *pictured,
                           struct complaint *complaint)
{
    const struct alert *alert = book_alert(book, pictured->alert_id);

    if (alert == NULL)
        return complain(complaint, "alert_id", "is unknown");
    if (alert_testimony(alert, pictured->sighting) == NULL)
        return complain(complaint, "sighting", "is unknown");
    return true;
}

static bool sound_together(const struct book *book,
                           const Tocsin__V1__AnsweredTogether *together,
                           struct complaint *complaint)
{
    if (book_alert(book, together->alert_id) == NULL)
        return complain(complaint, "alert_id", "is unknown");
    if (together->n_nodes == 0 || together->n_nodes > TOGETHER_MAX ||
        together->n_rungs != together->n_nodes ||
        together->n_at_ms != together->n_nodes)
        return complain(complaint, "nodes", "and what they say do not match");
    for (size_t i = 0; i < together->n_nodes; i++) {
        if (book_number(book, together->nodes[i]) == NULL)
            return complain(complaint, "nodes", "has one that is unknown");
        if (together->rungs[i] != TOCSIN__V1__RUNG__RUNG_HELD &&
            together->rungs[i] != TOCSIN__V1__RUNG__RUNG_SHOWN)
            return complain(complaint, "rungs", "has one that persons give");
    }
    return true;
}

static bool sound_invitation(const Tocsin__V1__Invited *invited,
                             struct complaint *complaint)
{
    if (!principal_id_valid(invited->device) ||
        !principal_id_valid(invited->gateway))
        return complain(complaint, "device", "or its gateway is no id");
    if (!times_are_sound(&invited->expires_ms, 1))
        return complain(complaint, "expires_ms", "is no time");
    return invited->secret_key.len == KEY_SIZE ||
           complain(complaint, "secret_key", "is not a key");
}

/* Of its step alone. */
static bool sound_sample_step(const struct book *book,
                              const struct alert *alert,
                              const Tocsin__V1__Fact *fact,
                              struct complaint *complaint)
{
    const Tocsin__V1__CaseChanged *changed = fact->case_changed;
    const struct sample *sample;

    if (changed->step == TOCSIN__V1__CASE_STEP__CASE_STEP_MATCH)
        return alert_match(alert, changed->match) != NULL ||
               complain(complaint, "match", "is unknown");
    if (changed->step != TOCSIN__V1__CASE_STEP__CASE_STEP_SAMPLE)
        return true;
    if (changed->sample < TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_DUE ||
        changed->sample > TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_IMPOSSIBLE)
        return complain(complaint, "sample", "is no state");
    if (changed->kit.len == 0)
        return fact->request_id.len > 0 ||
               complain(complaint, "kit", "is missing");
    if (changed->kit.len != KIT_DIGEST_SIZE)
        return complain(complaint, "kit", "is no digest");
    sample = book_sample_of(book, changed->kit.data);
    return sample == NULL || sample->alert == NULL || sample->alert == alert ||
           complain(complaint, "kit", "hangs on another case");
}

static bool sound_lab_report(const struct book *book,
                             const Tocsin__V1__Fact *fact,
                             struct complaint *complaint)
{
    const Tocsin__V1__LabReported *reported = fact->lab_reported;
    bool match = reported->n_kin > 0;
    bool state =
        reported->state == TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_IN_LIBRARY ||
        reported->state == TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_FAILED;

    if (book_principal(book, fact->principal) == NULL)
        return complain(complaint, "principal", "is not enrolled");
    if ((match || reported->alert_id[0] != '\0') &&
        book_alert(book, reported->alert_id) == NULL)
        return complain(complaint, "alert_id", "is unknown");
    if (reported->kit.len != KIT_DIGEST_SIZE)
        return complain(complaint, "kit", "is no digest");
    if (reported->n_kin > KIN_MAX || match == state)
        return complain(complaint, "state", "is none, or of a match");
    for (size_t i = 0; i < reported->n_kin; i++) {
        if (reported->kin[i].len != KIT_DIGEST_SIZE)
            return complain(complaint, "kin", "are not digests");
    }
    return true;
}

static bool sound_question(const struct book *book,
                           const Tocsin__V1__Fact *fact,
                           struct complaint *complaint)
{
    if (book_principal(book, fact->principal) == NULL)
        return complain(complaint, "principal", "is not enrolled");
    return fact->sample_checked->kit.len == KIT_DIGEST_SIZE ||
           complain(complaint, "kit", "is no digest");
}

static bool sound_case(const struct book *book, const Tocsin__V1__Fact *fact,
                       struct complaint *complaint)
{
    const Tocsin__V1__CaseChanged *changed = fact->case_changed;
    const struct alert *alert = book_alert(book, changed->alert_id);
    bool duty = changed->step == TOCSIN__V1__CASE_STEP__CASE_STEP_ASSIGN_DUTY ||
                changed->step == TOCSIN__V1__CASE_STEP__CASE_STEP_LOG_DUTY;

    if (alert == NULL)
        return complain(complaint, "alert_id", "is unknown");
    if (book_principal(book, fact->principal) == NULL)
        return complain(complaint, "principal", "is not enrolled");
    if (!case_step_fits(alert->file.state, changed->step))
        return complain(complaint, "step", "is no move of this case");
    if (changed->whom > book->principal_count)
        return complain(complaint, "whom", "is unknown");
    if (duty && (changed->duty < TOCSIN__V1__DUTY__DUTY_INVESTIGATION ||
                 changed->duty > TOCSIN__V1__DUTY__DUTY_COMFORT))
        return complain(complaint, "duty", "is unknown");
    return sound_sample_step(book, alert, fact, complaint);
}

static bool sound_silence(const struct book *book,
                          const Tocsin__V1__FellSilent *silent,
                          struct complaint *complaint)
{
    if (book_alert(book, silent->alert_id) == NULL)
        return complain(complaint, "alert_id", "is unknown");
    if (!times_are_sound(&silent->at_ms, 1))
        return complain(complaint, "at_ms", "is no time");
    for (size_t i = 0; i < silent->n_duties; i++) {
        if (silent->duties[i] < TOCSIN__V1__DUTY__DUTY_INVESTIGATION ||
            silent->duties[i] > TOCSIN__V1__DUTY__DUTY_COMFORT)
            return complain(complaint, "duties", "are not all known");
    }
    return true;
}

static bool sound_found(const struct book *book,
                        const Tocsin__V1__FoundRegistered *registered,
                        struct complaint *complaint)
{
    const struct found_child *found = book_found(book, registered->found_id);
    size_t revisions = found != NULL ? found->revision_count : 0;

    if (!ulid_valid(registered->found_id))
        return complain(complaint, "found_id", "is not a ULID");
    if (found != NULL && found_is_sealed(found))
        return complain(complaint, "found_id", "is sealed");
    if (registered->revision != revisions + 1)
        return complain(complaint, "revision", "is not the next one");
    if (book_number(book, registered->by) == NULL)
        return complain(complaint, "by", "is unknown");
    if (!division_valid(registered->division))
        return complain(complaint, "division", "is not a code");
    if (registered->key_id.len != sizeof found->key_id ||
        registered->document_digest.len != DIGEST_BYTES ||
        (registered->kit.len != 0 && registered->kit.len != KIT_DIGEST_SIZE))
        return complain(complaint, "key_id", "or a digest is missing");
    return true;
}

static bool sound_resolution(const struct book *book,
                             const Tocsin__V1__Fact *fact,
                             struct complaint *complaint)
{
    const Tocsin__V1__FoundResolved *resolved = fact->found_resolved;
    const struct found_child *found = book_found(book, resolved->found_id);
    bool identified =
        resolved->state == TOCSIN__V1__FOUND_STATE__FOUND_STATE_IDENTIFIED;

    if (found == NULL)
        return complain(complaint, "found_id", "is unknown");
    if (book_principal(book, fact->principal) == NULL)
        return complain(complaint, "principal", "is not enrolled");
    if (!found_move_fits(found->state, resolved->state))
        return complain(complaint, "state", "is no move of this one");
    if (identified != (resolved->alert_id[0] != '\0') ||
        (identified && !ulid_valid(resolved->alert_id)))
        return complain(complaint, "alert_id", "does not fit the state");
    return true;
}

static bool sound_found_filing(const struct book *book,
                               const Tocsin__V1__FoundFiled *filed,
                               struct complaint *complaint)
{
    const struct found_child *found = book_found(book, filed->found_id);

    if (found == NULL)
        return complain(complaint, "found_id", "is unknown");
    return found_is_over(book, found) ||
           complain(complaint, "found_id", "is not over");
}

static bool sound_body(const struct book *book, const Tocsin__V1__Fact *fact,
                       struct complaint *complaint)
{
    switch (fact->body_case) {
    case TOCSIN__V1__FACT__BODY_FOUNDED:
        return sound_founding(book, fact->founded, complaint);
    case TOCSIN__V1__FACT__BODY_ENROLLED:
        return sound_principal(book, fact->enrolled->principal, complaint);
    case TOCSIN__V1__FACT__BODY_REVOKED:
        return book_principal(book, fact->revoked->id) != NULL ||
               complain(complaint, "id", "is not enrolled");
    case TOCSIN__V1__FACT__BODY_ALERT_ISSUED:
        return sound_issue(book, fact, complaint);
    case TOCSIN__V1__FACT__BODY_ALERT_EXPIRED:
        return book_alert(book, fact->alert_expired->alert_id) != NULL ||
               complain(complaint, "alert_id", "is unknown");
    case TOCSIN__V1__FACT__BODY_RING_WIDENED:
        return sound_widening(book, fact->ring_widened, complaint);
    case TOCSIN__V1__FACT__BODY_ALERT_FILED:
        return sound_filing(book, fact->alert_filed, complaint);
    case TOCSIN__V1__FACT__BODY_RESTORED:
        return fact->restored->epoch.len == EPOCH_SIZE ||
               complain(complaint, "epoch", "is not 16 bytes");
    case TOCSIN__V1__FACT__BODY_ANSWERED:
        return sound_answer(book, fact->answered, complaint);
    case TOCSIN__V1__FACT__BODY_ANSWERED_TOGETHER:
        return sound_together(book, fact->answered_together, complaint);
    case TOCSIN__V1__FACT__BODY_INVITED:
        return sound_invitation(fact->invited, complaint);
    case TOCSIN__V1__FACT__BODY_CASE_CHANGED:
        return sound_case(book, fact, complaint);
    case TOCSIN__V1__FACT__BODY_FELL_SILENT:
        return sound_silence(book, fact->fell_silent, complaint);
    case TOCSIN__V1__FACT__BODY_PUT_UNDER_SUPERVISION:
        return strlen(fact->put_under_supervision->subject) <= SUBJECT_MAX ||
               complain(complaint, "subject", "is too long");
    case TOCSIN__V1__FACT__BODY_CASE_FORGOTTEN:
        return book_alert(book, fact->case_forgotten->alert_id) != NULL ||
               complain(complaint, "alert_id", "is unknown");
    case TOCSIN__V1__FACT__BODY_SIGHTING_PICTURED:
        return sound_pictured(book, fact->sighting_pictured, complaint);
    case TOCSIN__V1__FACT__BODY_LOOKED:
        return (book_alert(book, fact->looked->alert_id) != NULL &&
                look_is_sound(book, fact->looked)) ||
               complain(complaint, "looked", "names nobody or nothing");
    case TOCSIN__V1__FACT__BODY_PURGED:
        return (book_alert(book, fact->purged->alert_id) != NULL &&
                book_number(book, fact->purged->node) != NULL) ||
               complain(complaint, "purged", "names nobody or nothing");
    case TOCSIN__V1__FACT__BODY_LAB_REPORTED:
        return sound_lab_report(book, fact, complaint);
    case TOCSIN__V1__FACT__BODY_SAMPLE_CHECKED:
        return sound_question(book, fact, complaint);
    case TOCSIN__V1__FACT__BODY_SUPERVISION_LIFTED:
        return true;
    case TOCSIN__V1__FACT__BODY_FOUND_REGISTERED:
        return sound_found(book, fact->found_registered, complaint);
    case TOCSIN__V1__FACT__BODY_FOUND_RESOLVED:
        return sound_resolution(book, fact, complaint);
    case TOCSIN__V1__FACT__BODY_FOUND_FORGOTTEN:
        return book_found(book, fact->found_forgotten->found_id) != NULL ||
               complain(complaint, "found_id", "is unknown");
    case TOCSIN__V1__FACT__BODY_FOUND_FILED:
        return sound_found_filing(book, fact->found_filed, complaint);
    default:
        return complain(complaint, "body", "is missing or of a later version");
    }
}

bool book_takes(const struct book *book, uint64_t sequence,
                const Tocsin__V1__Fact *fact, struct complaint *complaint)
{
    if (sequence != book->head + 1)
        return complain(complaint, "sequence", "is not the next one");
    if (!is_span(fact->time_ms))
        return complain(complaint, "time_ms", "is no time");
    if (!book->founded && fact->body_case != TOCSIN__V1__FACT__BODY_FOUNDED)
        return complain(complaint, "body", "comes before the founding");
    if (fact->request_id.len > 0 && !tells_by_itself(fact) &&
        (fact->request_id.len != COMMAND_ID_SIZE ||
         fact->request_digest.len != DIGEST_BYTES))
        return complain(complaint, "request_id", "or its digest is too long");
    return sound_body(book, fact, complaint);
}
