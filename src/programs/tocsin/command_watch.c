/* tocsin watch: everything that happens, a line each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <tocsin/centre.h>
#include <tocsin/json.h>

#include "common/numbers.h"
#include "common/say.h"
#include "common/words.h"
#include "tocsin/commands.h"
#include "tocsin/portrait.h"

/* Shorter than the 2 s after which a question is asked again. */
#define WAIT_MS 1500
#define EPOCH_MAX 32 /* bytes, also of a mark */

/* Where the next question goes on, and in which journal. */
struct place {
    Tocsin__V1__Follow question;
    Tocsin__V1__Mark mark;
    uint8_t epoch[EPOCH_MAX];
    uint8_t chain[EPOCH_MAX];
};

static const struct word event_words[] = {
    {"reported", TOCSIN__V1__EVENT_KIND__EVENT_KIND_REPORTED},
    {"revised", TOCSIN__V1__EVENT_KIND__EVENT_KIND_REVISED},
    {"withdrawn", TOCSIN__V1__EVENT_KIND__EVENT_KIND_WITHDRAWN},
    {"expired", TOCSIN__V1__EVENT_KIND__EVENT_KIND_EXPIRED},
    {"answered", TOCSIN__V1__EVENT_KIND__EVENT_KIND_ANSWERED},
    {"enrolled", TOCSIN__V1__EVENT_KIND__EVENT_KIND_ENROLLED},
    {"revoked", TOCSIN__V1__EVENT_KIND__EVENT_KIND_REVOKED},
    {"widened", TOCSIN__V1__EVENT_KIND__EVENT_KIND_WIDENED},
    {"purged", TOCSIN__V1__EVENT_KIND__EVENT_KIND_PURGED},
    {"silent", TOCSIN__V1__EVENT_KIND__EVENT_KIND_SILENT},
    {"ordered", TOCSIN__V1__EVENT_KIND__EVENT_KIND_ORDERED},
    {"pictured", TOCSIN__V1__EVENT_KIND__EVENT_KIND_PICTURED},
    {"match", TOCSIN__V1__EVENT_KIND__EVENT_KIND_MATCHED},
    {"sample", TOCSIN__V1__EVENT_KIND__EVENT_KIND_SAMPLED},
    {NULL, 0}};

static Tocsin__V1__Answer *open_answer(const Tocsin__V1__Event *event)
{
    return event->answer == NULL ? NULL : tocsin_answer_open(event->answer);
}

static void print_json(const Tocsin__V1__Event *event)
{
    Tocsin__V1__Answer *answer = open_answer(event);
    char *text = tocsin_to_json(&event->base, 0);

    if (answer == NULL) {
        say_json(stdout, text);
    } else {
        char *opened = tocsin_to_json(&answer->base, 0);
        size_t room = strlen(text) + strlen(opened) + 16;
        char *both = malloc(room);

        if (both == NULL)
            abort();
        snprintf(both, room, "%.*s,\"opened\":%s}", (int)strlen(text) - 1, text,
                 opened);
        say_json(stdout, both);
        free(both);
        free(opened);
    }
    free(text);
    tocsin_answer_free(answer);
}

static void print_answer(const Tocsin__V1__Event *event, const char *time)
{
    Tocsin__V1__Answer *answer = open_answer(event);
    struct pool pool = {NULL};

    say("%s  %s%s  revision %u  %s %s%s%s", time,
        event->exercise ? "EXERCISE " : "", event->case_number, event->revision,
        event->principal, word_text(words_rung, event->rung),
        answer == NULL ? "" : ": ",
        answer == NULL ? "" : answer_words(answer, &pool));
    pool_done(&pool);
    tocsin_answer_free(answer);
}

static void print_silence(const Tocsin__V1__Event *event, const char *time)
{
    const Tocsin__V1__FellSilent none = TOCSIN__V1__FELL_SILENT__INIT;
    const Tocsin__V1__FellSilent *silent =
        event->silent != NULL ? event->silent : &none;

    say("%s  %s%s  silent for too long: %u nodes%s, %zu duties, %zu "
        "sightings%s, %zu samples, %zu matches; see tocsin overdue",
        time, event->exercise ? "EXERCISE " : "", event->case_number,
        event->nodes, silent->lead ? ", no lead" : "", silent->n_duties,
        silent->n_sightings, silent->sample ? ", no sample of kin" : "",
        silent->n_samples, silent->n_matches);
}

static void print_found(const Tocsin__V1__Event *event, const char *time)
{
    if (event->kind == TOCSIN__V1__EVENT_KIND__EVENT_KIND_FOUND)
        say("%s  found child %s %s by %s; see tocsin found show", time,
            event->found_id, word_text(words_found, (int)event->found_state),
            event->principal);
    else
        say("%s  %s  a found child is LIKELY this one, %u of 100: %s; see "
            "tocsin likely",
            time, event->case_number, event->score, event->found_id);
}

static void print_event(const Tocsin__V1__Event *event)
{
    char time[TIME_TEXT_MAX];
    const char *what = word_text(event_words, event->kind);

    time_text(event->time_ms, time);
    switch (event->kind) {
    case TOCSIN__V1__EVENT_KIND__EVENT_KIND_ANSWERED:
        print_answer(event, time);
        break;
    case TOCSIN__V1__EVENT_KIND__EVENT_KIND_ENROLLED:
    case TOCSIN__V1__EVENT_KIND__EVENT_KIND_REVOKED:
        say("%s  %s %s%s", time, event->principal, what,
            event->rescue ? " as an ADMINISTRATOR by who has the broker's home "
                            "and the authority's key: was that you?"
                          : "");
        break;
    case TOCSIN__V1__EVENT_KIND__EVENT_KIND_EXPIRED:
        say("%s  %s%s  revision %u  %s  alert %s", time,
            event->exercise ? "EXERCISE " : "", event->case_number,
            event->revision, what, event->alert_id);
        break;
    case TOCSIN__V1__EVENT_KIND__EVENT_KIND_WIDENED:
        say("%s  %s%s  revision %u  %s by its rings, %u nodes  alert %s", time,
            event->exercise ? "EXERCISE " : "", event->case_number,
            event->revision, what, event->nodes, event->alert_id);
        break;
    case TOCSIN__V1__EVENT_KIND__EVENT_KIND_SILENT:
        print_silence(event, time);
        break;
    case TOCSIN__V1__EVENT_KIND__EVENT_KIND_MATCHED:
    case TOCSIN__V1__EVENT_KIND__EVENT_KIND_SAMPLED:
        say("%s  %s%s  %s, says laboratory %s; see tocsin case", time,
            event->exercise ? "EXERCISE " : "", event->case_number, what,
            event->principal);
        break;
    case TOCSIN__V1__EVENT_KIND__EVENT_KIND_FOUND:
    case TOCSIN__V1__EVENT_KIND__EVENT_KIND_LIKELY:
        print_found(event, time);
        break;
    case TOCSIN__V1__EVENT_KIND__EVENT_KIND_ORDERED:
        say("%s  %s%s  %s by %s  alert %s", time,
            event->exercise ? "EXERCISE " : "", event->case_number,
            word_text(words_step, (int)event->step), event->principal,
            event->alert_id);
        break;
    case TOCSIN__V1__EVENT_KIND__EVENT_KIND_PICTURED:
        say("%s  %s%s  the picture of sighting %llu is here, by %s; see tocsin "
            "picture",
            time, event->exercise ? "EXERCISE " : "", event->case_number,
            (unsigned long long)event->sighting, event->principal);
        break;
    default:
        say("%s  %s%s  revision %u  %s by %s, %u nodes  alert %s", time,
            event->exercise ? "EXERCISE " : "", event->case_number,
            event->revision, what, event->principal, event->nodes,
            event->alert_id);
    }
}

static ProtobufCBinaryData keep(uint8_t room[EPOCH_MAX],
                                ProtobufCBinaryData bytes)
{
    size_t size = bytes.len <= EPOCH_MAX ? bytes.len : 0;

    if (size > 0)
        memcpy(room, bytes.data, size);
    return (ProtobufCBinaryData){size, room};
}

/* true: a restore has put another journal in the place of that which was
 * followed so far. */
static bool go_on(struct place *place, const Tocsin__V1__EventList *list)
{
    Tocsin__V1__Follow *question = &place->question;
    ProtobufCBinaryData epoch = question->epoch;
    bool anew = epoch.len > 0 && list->epoch.len > 0 &&
                (epoch.len != list->epoch.len ||
                 memcmp(epoch.data, list->epoch.data, epoch.len) != 0);

    question->epoch = keep(place->epoch, list->epoch);
    question->after = list->last;
    if (list->mark != NULL) {
        place->mark.sequence = list->mark->sequence;
        place->mark.chain = keep(place->chain, list->mark->chain);
        question->mark = &place->mark;
    } else if (anew) {
        question->mark = NULL;
    }
    return anew;
}

static void print_events(const struct session *session,
                         const Tocsin__V1__EventList *list, bool anew)
{
    if (anew)
        complain("the broker was restored from a backup and may not know what "
                 "was told before; what came since is told from here on. See "
                 "tocsin alerts and tocsin cases");
    else if (list->missed)
        complain("some events are not told: they came too fast, or too long "
                 "ago, or an older copy of the broker's home was put back. See "
                 "tocsin alerts and tocsin cases");
    for (size_t i = 0; i < list->n_events; i++) {
        if (session->json)
            print_json(list->events[i]);
        else
            print_event(list->events[i]);
    }
    (void)fflush(stdout);
}

/* Shorter than our own patience, too: a quiet line is no broker that is away.
 */
static uint32_t wait_ms_of(const struct session *session)
{
    int longest = session->timeout_ms / 2;

    return longest < WAIT_MS ? (uint32_t)longest : WAIT_MS;
}

/* One question. That the broker is away, and answers again, is said once. */
static enum outcome ask(struct session *session, Tocsin__V1__Request *request,
                        const Tocsin__V1__Reply **reply, bool *away)
{
    struct tocsin_diag why = {0};
    enum tocsin_status status = session_try(session, request, reply, &why);

    if (outcome_of(status) == OUTCOME_UNREACHABLE) {
        if (!*away)
            complain("%s; it goes on when the broker answers again", why.text);
        *away = true;
        return OUTCOME_UNREACHABLE;
    }
    if (status != TOCSIN_OK)
        return outcome_say(status, &why, NULL);
    if (*away)
        complain("the broker answers again");
    *away = false;
    return reply_outcome(*reply);
}

static enum outcome follow(struct session *session, const char *alert)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    struct place place = {.question = TOCSIN__V1__FOLLOW__INIT,
                          .mark = TOCSIN__V1__MARK__INIT};

    request.body_case = TOCSIN__V1__REQUEST__BODY_FOLLOW;
    request.follow = &place.question;
    if (alert != NULL)
        place.question.alert = (char *)(uintptr_t)alert;
    for (bool away = false;;) {
        const Tocsin__V1__Reply *reply;
        enum outcome outcome = ask(session, &request, &reply, &away);
        bool anew;

        if (away && outcome == OUTCOME_UNREACHABLE)
            continue;
        if (outcome != OUTCOME_DONE)
            return outcome;
        if (reply->body_case != TOCSIN__V1__REPLY__BODY_EVENT_LIST) {
            complain("the broker's answer is not what was asked for");
            return OUTCOME_REFUSED;
        }
        anew = go_on(&place, reply->event_list);
        place.question.wait_ms = wait_ms_of(session);
        print_events(session, reply->event_list, anew);
        if (ferror(stdout) != 0)
            return OUTCOME_DONE; /* nobody reads them: main says so */
    }
}

enum outcome command_watch(struct session *session, int argc, char **argv)
{
    struct command_line line = {
        .usage = "tocsin watch [ALERT]",
        .about = "Follows everything that happens, or all about one alert, "
                 "until interrupted.",
        .shared = session_options(session),
        .word_max = 1};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    session->waits = true;
    if (go)
        outcome = session_open(session);
    return go && outcome == OUTCOME_DONE ? follow(session, line.words[0])
                                         : outcome;
}
