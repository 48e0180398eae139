/* tocsin sightings, triage: what was seen, and what is made of it. */
#include <stdio.h>
#include <stdlib.h>

#include "common/numbers.h"
#include "common/say.h"
#include "common/words.h"
#include "tocsin/case_file.h"
#include "tocsin/commands.h"
#include "tocsin/filing.h"
#include "tocsin/portrait.h"
#include "tocsin/sighting.h"

/* ---- sightings ---- */

static enum page take_sightings(struct session *session,
                                Tocsin__V1__Request *request,
                                const Tocsin__V1__Reply *reply,
                                ProtobufCMessage **whole)
{
    const Tocsin__V1__SightingList *page;

    (void)session;
    if (reply->body_case != TOCSIN__V1__REPLY__BODY_SIGHTING_LIST)
        return PAGE_STRANGE;
    page = reply->sighting_list;
    page_append(whole, &page->base);
    if (!page->more)
        return PAGE_LAST;
    if (page->n_sightings == 0)
        return PAGE_STRANGE;
    request->list_sightings->before =
        page->sightings[page->n_sightings - 1]->sequence;
    return PAGE_MORE;
}

static void print_verdict(const Tocsin__V1__Sighting *sighting)
{
    char text[TIME_TEXT_MAX];

    if (sighting->unreachable)
        say("    UNREACHABLE in the time since the child was last seen");
    if (sighting->outside)
        say("    came from outside of where the alert went");
    if (sighting->cluster != 0)
        say("    tells of the same as sighting %llu",
            (unsigned long long)sighting->cluster);
    if (sighting->verdict == TOCSIN__V1__VERDICT__VERDICT_UNSPECIFIED)
        say("    nobody has looked at it yet");
    else
        say("    %s, officer %s is on it, by %s, %s",
            word_text(words_verdict, (int)sighting->verdict), sighting->officer,
            sighting->triaged_by, time_text(sighting->triaged_ms, text));
    if (sighting->duplicate_of != 0)
        say("    of sighting %llu", (unsigned long long)sighting->duplicate_of);
}

static void print_sightings(const Tocsin__V1__SightingList *list)
{
    for (size_t i = 0; i < list->n_sightings; i++) {
        say("sighting %llu", (unsigned long long)list->sightings[i]->sequence);
        portrait_answer(list->sightings[i]);
        portrait_picture(list->sightings[i]);
        print_verdict(list->sightings[i]);
    }
    say_to(stderr, "%zu sightings", list->n_sightings);
}

static enum outcome sightings(struct session *session, const char *alert,
                              bool open)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ListSightings list = TOCSIN__V1__LIST_SIGHTINGS__INIT;
    ProtobufCMessage *whole = NULL;
    enum outcome outcome = session_open(session);

    list.alert = (char *)(uintptr_t)alert;
    list.open = open;
    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_SIGHTINGS;
    request.list_sightings = &list;
    if (outcome == OUTCOME_DONE)
        outcome = page_all(session, &request, take_sightings, &whole);
    if (outcome == OUTCOME_DONE && session->json)
        session_print(whole, false);
    else if (outcome == OUTCOME_DONE)
        print_sightings((Tocsin__V1__SightingList *)whole);
    if (whole != NULL)
        protobuf_c_message_free_unpacked(whole, NULL);
    return outcome;
}

enum outcome command_sightings(struct session *session, int argc, char **argv)
{
    bool open = false;
    const struct option_row rows[] = {
        {.name = "open",
         .flag = &open,
         .help = "only those that nobody has looked at"}};
    struct command_line line = {
        .usage = "tocsin sightings CASE [--open]",
        .about = "What was seen, newest first. The number of a sighting is "
                 "what tocsin triage takes.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session),
        .word_min = 1,
        .word_max = 1};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    return go ? sightings(session, line.words[0], open) : outcome;
}

/* ---- triage ---- */

struct triage_flags {
    const char *officer;
    const char *dismiss;
    const char *duplicate_of;
    const char *seen;
    bool check;
    bool confirm;
};

static enum outcome read_verdict(const struct triage_flags *flags,
                                 Tocsin__V1__Triage *triage)
{
    int64_t other = 0;

    if (flags->check + (flags->dismiss != NULL) +
            (flags->duplicate_of != NULL) !=
        1) {
        complain("say one of --check, --confirm, --dismiss REASON, "
                 "--duplicate-of N");
        return OUTCOME_USAGE;
    }
    if (flags->duplicate_of != NULL &&
        !number_whole(flags->duplicate_of, 1, INT64_MAX, &other)) {
        complain("--duplicate-of: must be a sighting's number");
        return OUTCOME_USAGE;
    }
    triage->duplicate_of = (uint64_t)other;
    if (flags->dismiss != NULL)
        triage->reason = (char *)(uintptr_t)flags->dismiss;
    triage->verdict = flags->check ? TOCSIN__V1__VERDICT__VERDICT_CHECKING
                      : other != 0 ? TOCSIN__V1__VERDICT__VERDICT_DUPLICATE
                                   : TOCSIN__V1__VERDICT__VERDICT_DISMISSED;
    return OUTCOME_DONE;
}

/* ---- confirming: the search starts from there ---- */

/* Its place and time as the flags of a revision say them. */
static enum outcome start_from(struct session *session,
                               const Tocsin__V1__Sighting *sighting,
                               const char *seen, struct alert_flags *flags)
{
    Tocsin__V1__Answer *answer =
        sighting->answer == NULL ? NULL : tocsin_answer_open(sighting->answer);
    char text[TIME_TEXT_MAX];

    if (answer == NULL) {
        complain("the sighting cannot be read; say where with --seen");
        return OUTCOME_REFUSED;
    }
    if (seen != NULL) {
        flags->seen = seen;
    } else if (answer->place == NULL && sighting->relayed_by[0] == '\0') {
        flags->seen_at = pool_text(&session->pool, answer->node);
    } else if (answer->place != NULL && answer->place->point != NULL) {
        (void)snprintf(text, sizeof text, "%.6f,%.6f",
                       answer->place->point->latitude,
                       answer->place->point->longitude);
        flags->seen = pool_text(&session->pool, text);
    }
    (void)time_utc(answer->seen_ms != 0 ? answer->seen_ms : answer->at_ms,
                   text);
    flags->seen_time = pool_text(&session->pool, text);
    tocsin_answer_free(answer);
    if (flags->seen != NULL || flags->seen_at != NULL)
        return OUTCOME_DONE;
    complain("the sighting does not say its place on the map; say where with "
             "--seen LAT,LON");
    return OUTCOME_USAGE;
}

static enum outcome sign_confirmation(struct draft *draft,
                                      Tocsin__V1__CaseOrder *order)
{
    struct tocsin_diag why = {0};
    enum tocsin_status status;

    tocsin_order_id(draft->order_id);
    order->order_id =
        (ProtobufCBinaryData){sizeof draft->order_id, draft->order_id};
    order->alert_id = draft->alert.alert_id;
    order->triage->verdict = TOCSIN__V1__VERDICT__VERDICT_CONFIRMED;
    status = tocsin_order_sign(&draft->confirms, order, draft->session->bundle,
                               &why);
    return status == TOCSIN_OK ? OUTCOME_DONE : outcome_say(status, &why, NULL);
}

static enum outcome confirm(struct session *session, const char *alert,
                            Tocsin__V1__CaseOrder *order, const char *seen)
{
    struct newest newest = {0};
    struct draft draft = {0};
    struct alert_flags flags = {.grown = true};
    int64_t seen_ms = 0;
    Tocsin__V1__SightingList *list = NULL;
    const ProtobufCBinaryData nothing = {0, NULL};
    enum outcome outcome = session_open(session);

    if (outcome == OUTCOME_DONE)
        outcome = newest_revise(&newest, &draft, session, alert);
    if (outcome == OUTCOME_DONE)
        outcome = sighting_find(session, alert, order->triage->sighting, &list);
    if (outcome == OUTCOME_DONE)
        outcome = start_from(session, list->sightings[0], seen, &flags);
    if (outcome == OUTCOME_DONE)
        seen_ms = draft.alert.last_seen->time_ms;
    if (outcome == OUTCOME_DONE)
        outcome = draft_apply(&draft, &flags);
    if (outcome == OUTCOME_DONE)
        draft_grow(&draft, seen_ms);
    if (outcome == OUTCOME_DONE)
        outcome = sign_confirmation(&draft, order);
    if (outcome == OUTCOME_DONE)
        outcome = filing_send(&draft, &nothing);
    tocsin_order_signed_free(draft.confirms);
    if (list != NULL)
        tocsin__v1__sighting_list__free_unpacked(list, NULL);
    newest_close(&newest);
    return outcome;
}

static enum outcome triage(struct session *session, const char *const *words,
                           const struct triage_flags *flags)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__Triage verdict = TOCSIN__V1__TRIAGE__INIT;
    int64_t sighting;

    if (!number_whole(words[1], 1, INT64_MAX, &sighting)) {
        complain("%s: must be a sighting's number; see tocsin sightings",
                 words[1]);
        return OUTCOME_USAGE;
    }
    if (flags->officer == NULL) {
        complain("who is on it? give --officer NO");
        return OUTCOME_USAGE;
    }
    verdict.sighting = (uint64_t)sighting;
    verdict.officer = (char *)(uintptr_t)flags->officer;
    order.step_case = TOCSIN__V1__CASE_ORDER__STEP_TRIAGE;
    order.triage = &verdict;
    if (flags->confirm && !flags->check && flags->dismiss == NULL &&
        flags->duplicate_of == NULL)
        return confirm(session, words[0], &order, flags->seen);
    if (flags->confirm || flags->seen != NULL) {
        complain("--confirm stands alone, and --seen goes with it");
        return OUTCOME_USAGE;
    }
    if (read_verdict(flags, &verdict) != OUTCOME_DONE)
        return OUTCOME_USAGE;
    return case_order(session, words[0], &order);
}

enum outcome command_triage(struct session *session, int argc, char **argv)
{
    struct triage_flags flags = {0};
    const struct option_row rows[] = {
        {.name = "officer",
         .value = "NO",
         .text = &flags.officer,
         .help = "service number of who is on it; whoever saw the child is "
                 "told"},
        {.name = "confirm",
         .flag = &flags.confirm,
         .help = "it was the child: the search starts again from there"},
        {.name = "seen",
         .value = "LAT,LON",
         .text = &flags.seen,
         .help = "with --confirm: where exactly"},
        {.name = "check", .flag = &flags.check, .help = "it is looked into"},
        {.name = "dismiss",
         .value = "REASON",
         .text = &flags.dismiss,
         .help = "it was not the child"},
        {.name = "duplicate-of",
         .value = "N",
         .text = &flags.duplicate_of,
         .help = "it tells of the same as sighting N"}};
    struct command_line line = {
        .usage = "tocsin triage CASE SIGHTING --officer NO --check | --confirm "
                 "[--seen LAT,LON] | --dismiss REASON | --duplicate-of N",
        .about = "What an officer makes of a sighting. Nothing else changes "
                 "by a sighting.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session),
        .word_min = 2,
        .word_max = 2};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    return go ? triage(session, line.words, &flags) : outcome;
}
