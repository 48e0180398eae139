/* The log's lines of what was recorded. Identifiers only: never a name, picture
 * or description of a child. */
#include "broker/core_private.h"

#include <stdio.h>

/* Someone administers from now on whom no administrator has enrolled. */
static bool is_rescue(const Tocsin__V1__Fact *fact)
{
    return fact->body_case == TOCSIN__V1__FACT__BODY_ENROLLED &&
           fact->enrolled->rescue;
}

static const char *name_of_issue(const Tocsin__V1__AlertIssued *issued)
{
    if (issued->handed_back_by[0] != '\0')
        return "alert.handed_back";
    if (issued->withdrawal)
        return "alert.withdrawn";
    return issued->revision == 1 ? "alert.reported" : "alert.revised";
}

/* Taken back, and no fact says that the home was restored: somebody has put an
 * older copy of it back by hand. */
static void say_older(struct broker *broker, const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__AlertIssued *issued = fact->alert_issued;
    char text[120];

    if (fact->body_case != TOCSIN__V1__FACT__BODY_ALERT_ISSUED ||
        issued->handed_back_by[0] == '\0' || broker->book->restored)
        return;
    snprintf(text, sizeof text, "alert=%s by=%s", issued->alert_id,
             issued->handed_back_by);
    broker->ports.say(broker->ports.arg, LEVEL_ERROR, "journal.older", text);
}

static void say_widened(struct broker *broker, uint64_t sequence,
                        const Tocsin__V1__RingWidened *widened,
                        const struct alert *alert)
{
    char text[300];

    snprintf(text, sizeof text,
             "alert=%s revision=%u case=%s exercise=%d step=%u steps=%u "
             "reached_s=%lld new=%zu nodes=%u told=%zu sequence=%llu",
             alert->id, alert->revision, alert->case_number, alert->exercise,
             alert->ring.step, alert->ring.steps,
             (long long)alert->ring.reached_ms / 1000, widened->n_coverage,
             alert->nodes, widened->n_told, (unsigned long long)sequence);
    broker->ports.say(broker->ports.arg, LEVEL_INFO, "alert.widened", text);
}

static const char *step_word(Tocsin__V1__CaseStep step)
{
    static const char *const words[] = {
        "none",     "offer-lead", "accept-lead", "decline-lead", "assign-duty",
        "log-duty", "stand",      "reopen",      "solve",        "confirm",
        "triage",   "seal",       "sample",      "match"};

    return (size_t)step < sizeof words / sizeof words[0] ? words[step] : "?";
}

/* What became of a case and of those who answer for it; NULL: nothing to say.
 */
static const char *of_case(char *text, size_t size, uint64_t sequence,
                           const Tocsin__V1__Fact *fact,
                           const struct effect *effect)
{
    const char *event = NULL;

    if (effect->kind == EFFECT_CASE) {
        event = "case.step";
        snprintf(text, size,
                 "alert=%s case=%s step=%s by=%s state=%d sequence=%llu",
                 effect->alert->id, effect->alert->case_number,
                 step_word(effect->step),
                 fact->principal[0] == '\0' ? "broker" : fact->principal,
                 (int)effect->alert->file.state, (unsigned long long)sequence);
    } else if (effect->kind == EFFECT_PURGED) {
        event = "case.purged";
        snprintf(text, size, "alert=%s case=%s node=%s sequence=%llu",
                 effect->alert->id, effect->alert->case_number,
                 effect->principal->id, (unsigned long long)sequence);
    } else if (effect->kind == EFFECT_SUPERVISION) {
        event = fact->body_case == TOCSIN__V1__FACT__BODY_SUPERVISION_LIFTED
                    ? "supervision.lifted"
                    : "supervision.put";
        snprintf(text, size, "subject=%s by=%s sequence=%llu", effect->subject,
                 fact->principal[0] == '\0' ? "rule" : fact->principal,
                 (unsigned long long)sequence);
    } else if (effect->kind == EFFECT_LABORATORY) {
        event = fact->lab_reported->n_kin > 0 ? "sample.matched"
                                              : "sample.reported";
        snprintf(text, size, "alert=%s by=%s state=%d sequence=%llu",
                 effect->alert != NULL ? effect->alert->id : "none",
                 fact->principal, (int)fact->lab_reported->state,
                 (unsigned long long)sequence);
    } else if (effect->kind == EFFECT_CHECKED) {
        event = "sample.checked";
        snprintf(text, size, "by=%s answer=%d sequence=%llu", fact->principal,
                 (int)effect->answer, (unsigned long long)sequence);
    } else if (effect->kind == EFFECT_SILENCE) {
        event = "silence.noted";
        snprintf(text, size,
                 "alert=%s case=%s nodes=%zu lead=%d duties=%zu sightings=%zu "
                 "sample=%d samples=%zu matches=%zu sequence=%llu",
                 effect->alert->id, effect->alert->case_number,
                 fact->fell_silent->n_nodes, fact->fell_silent->lead,
                 fact->fell_silent->n_duties, fact->fell_silent->n_sightings,
                 fact->fell_silent->sample, fact->fell_silent->n_samples,
                 fact->fell_silent->n_matches, (unsigned long long)sequence);
    }
    return event;
}

static const char *of_found(char *text, size_t size, uint64_t sequence,
                            const Tocsin__V1__Fact *fact,
                            const struct effect *effect)
{
    const struct found_child *found = effect->found;

    snprintf(text, size,
             "found=%s revision=%zu state=%d division=%s by=%s alert=%s "
             "sequence=%llu",
             found->id, found->revision_count, (int)found->state,
             found->division,
             effect->principal != NULL ? effect->principal->id : "broker",
             found->alert_id, (unsigned long long)sequence);
    return fact->body_case == TOCSIN__V1__FACT__BODY_FOUND_REGISTERED
               ? "found.registered"
               : "found.resolved";
}

static const char *of_alert(char *text, size_t size, uint64_t sequence,
                            const Tocsin__V1__Fact *fact,
                            const struct alert *alert)
{
    snprintf(text, size,
             "alert=%s revision=%u case=%s centre=%s exercise=%d nodes=%u "
             "topics=%zu sequence=%llu",
             alert->id, alert->revision, alert->case_number, fact->principal,
             alert->exercise, alert->nodes, alert->prefix_count,
             (unsigned long long)sequence);
    return fact->body_case == TOCSIN__V1__FACT__BODY_ALERT_EXPIRED
               ? "alert.expired"
               : name_of_issue(fact->alert_issued);
}

static const char *of_principal(const Tocsin__V1__Fact *fact)
{
    if (fact->body_case == TOCSIN__V1__FACT__BODY_REVOKED)
        return "principal.revoked";
    return is_rescue(fact) ? "administrator.rescued" : "principal.enrolled";
}

void say_done(struct broker *broker, uint64_t sequence,
              const Tocsin__V1__Fact *fact, const struct effect *effect)
{
    char text[300];
    const char *event;

    if (fact->body_case == TOCSIN__V1__FACT__BODY_RING_WIDENED) {
        say_widened(broker, sequence, fact->ring_widened, effect->alert);
        return;
    }
    say_older(broker, fact);
    if (effect->kind == EFFECT_ALERT) {
        event = of_alert(text, sizeof text, sequence, fact, effect->alert);
    } else if (effect->kind == EFFECT_PRINCIPAL) {
        event = of_principal(fact);
        snprintf(text, sizeof text, "id=%s by=%s generation=%u sequence=%llu",
                 effect->principal->id, is_rescue(fact) ? "-" : fact->principal,
                 broker->book->generation, (unsigned long long)sequence);
    } else if (effect->kind == EFFECT_ANSWER &&
               effect->rung >= TOCSIN__V1__RUNG__RUNG_SIGHTING) {
        event = "answer.sighting";
        snprintf(text, sizeof text, "alert=%s node=%s rung=%d sequence=%llu",
                 effect->alert->id, effect->principal->id, (int)effect->rung,
                 (unsigned long long)sequence);
    } else if (effect->kind == EFFECT_PICTURED) {
        event = "sighting.pictured";
        snprintf(text, sizeof text,
                 "alert=%s node=%s by=%s sighting=%llu sequence=%llu",
                 effect->alert->id, effect->principal->id, fact->principal,
                 (unsigned long long)fact->sighting_pictured->sighting,
                 (unsigned long long)sequence);
    } else if (effect->kind == EFFECT_LOOKED) {
        event = fact->looked->machine ? "picture.fetched" : "picture.looked";
        snprintf(text, sizeof text, "alert=%s who=%s sequence=%llu",
                 effect->alert->id, effect->principal->id,
                 (unsigned long long)sequence);
    } else if (fact->body_case == TOCSIN__V1__FACT__BODY_INVITED) {
        event = fact->invited->withdrawn[0] == '\0' ? "device.invited"
                                                    : "device.uninvited";
        snprintf(text, sizeof text, "id=%s gateway=%s by=%s sequence=%llu",
                 fact->invited->device, fact->invited->gateway, fact->principal,
                 (unsigned long long)sequence);
    } else if (effect->kind == EFFECT_FOUND) {
        event = of_found(text, sizeof text, sequence, fact, effect);
    } else {
        event = of_case(text, sizeof text, sequence, fact, effect);
    }
    if (event != NULL)
        broker->ports.say(broker->ports.arg,
                          is_rescue(fact) ? LEVEL_WARN : LEVEL_INFO, event,
                          text);
}

#define DAY_MS (24LL * 3600 * 1000)
#define ENDING_MS (183 * DAY_MS)

void say_certified(struct broker *broker, const struct caller *caller,
                   const struct verdict *verdict, int64_t now_ms)
{
    int64_t left_ms = verdict->certified_until_ms - now_ms;
    struct presence *presence = broker_presence(broker, caller->principal);
    char end[CLOCK_TEXT_MAX];
    char text[160];

    if (verdict->certified_until_ms == 0 || left_ms > ENDING_MS ||
        broker->monotonic_ms < presence->ending_next_ms)
        return;
    presence->ending_next_ms = broker->monotonic_ms + DAY_MS;
    snprintf(text, sizeof text, "centre=%s days=%lld at=%s",
             book_number(broker->book, caller->principal)->id,
             (long long)(left_ms / DAY_MS),
             clock_text(verdict->certified_until_ms, end));
    broker->ports.say(broker->ports.arg, LEVEL_WARN, "certificate.ends", text);
}
