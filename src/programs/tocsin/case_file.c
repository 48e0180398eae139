#include "tocsin/case_file.h"

#include <stdlib.h>
#include <string.h>

#include <tocsin/json.h>
#include <tocsin/laboratory.h>

#include "common/numbers.h"
#include "common/say.h"
#include "common/words.h"

/* ---- in words ---- */

static const char *person_words(const Tocsin__V1__Person *person,
                                struct pool *pool)
{
    char text[600];

    if (person == NULL)
        return "nobody";
    if (person->officer == NULL)
        (void)snprintf(text, sizeof text, "%s, %s%s", person->id, person->name,
                       person->revoked ? " (revoked)" : "");
    else
        (void)snprintf(text, sizeof text, "%s, %s, %s, rank %s%s", person->id,
                       person->name, person->officer->unit,
                       word_text(words_rank, (int)person->officer->rank),
                       person->revoked ? " (revoked)" : "");
    return pool_text(pool, text);
}

static void say_end(const Tocsin__V1__CaseFile *file, struct pool *pool)
{
    if (file->outcome != TOCSIN__V1__OUTCOME__OUTCOME_UNSPECIFIED)
        say("%-14s%s", "outcome", word_text(words_outcome, (int)file->outcome));
    if (file->waiting != TOCSIN__V1__OUTCOME__OUTCOME_UNSPECIFIED)
        say("%-14s%s, said by %s: a second principal must confirm it", "waits",
            word_text(words_outcome, (int)file->waiting),
            person_words(file->waiting_by, pool));
}

static void say_head(const Tocsin__V1__CaseFile *file, struct pool *pool)
{
    char text[TIME_TEXT_MAX];

    if (file->exercise)
        say("EXERCISE EXERCISE EXERCISE");
    say("%-14s%s", "case", file->case_number);
    say("%-14s%s", "alert", file->alert_id);
    say("%-14s%s since %s", "state", word_text(words_case, (int)file->state),
        time_text(file->since_ms, text));
    say_end(file, pool);
    say("%-14s%s by %s", "reported", time_text(file->reported_ms, text),
        person_words(file->centre, pool));
    if (file->lead == NULL)
        say("%-14snobody yet: the centre that filed it answers", "lead");
    else
        say("%-14s%s, since %s", "lead", person_words(file->lead, pool),
            time_text(file->lead_since_ms, text));
    if (file->offered != NULL)
        say("%-14s%s, since %s", "offered to",
            person_words(file->offered, pool),
            time_text(file->offered_ms, text));
    say("%-14s%u, %u of them not looked at", "sightings", file->sightings,
        file->unanswered);
}

static bool is_doubled(const Tocsin__V1__CaseFile *file, const char *node)
{
    for (size_t i = 0; i < file->n_doubled; i++) {
        if (strcmp(file->doubled[i], node) == 0)
            return true;
    }
    return false;
}

static void say_purges(const Tocsin__V1__CaseFile *file, struct pool *pool)
{
    size_t due = file->purge_nodes - file->purged;

    if (file->purge_nodes == 0)
        return;
    say("%-14s%u of %u nodes have said so", "purged", file->purged,
        file->purge_nodes);
    for (size_t i = 0; i < file->n_unpurged; i++)
        say("%-14s%s%s", i == 0 ? "not yet" : "",
            person_words(file->unpurged[i], pool),
            is_doubled(file, file->unpurged[i]->id)
                ? ": two machines use its key"
                : "");
    if (due > file->n_unpurged)
        say("%-14sand %zu more; who says so, or is revoked, makes room here",
            "", due - file->n_unpurged);
}

static void say_duties(const Tocsin__V1__CaseFile *file, struct pool *pool)
{
    char text[TIME_TEXT_MAX];

    for (size_t i = 0; i < file->n_duties; i++) {
        const Tocsin__V1__DutyState *duty = file->duties[i];

        say("%-14s%s; %u entries, the last %s",
            word_text(words_duty, (int)duty->duty),
            person_words(duty->owner, pool), duty->entries,
            time_text(duty->logged_ms, text));
    }
}

static void say_samples(const Tocsin__V1__CaseFile *file)
{
    char text[TIME_TEXT_MAX];

    if (file->sample_overdue)
        say("%-14sof the child's kin: none was taken in time", "no sample");
    for (size_t i = 0; i < file->n_samples; i++) {
        const Tocsin__V1__CaseSample *sample = file->samples[i];

        say("%-14s%s of the %s: %s since %s, says %s%s%s%s",
            i == 0 ? "samples" : "",
            sample->kit[0] == '\0' ? "no kit" : sample->kit,
            word_text(words_relation, (int)sample->relation),
            word_text(words_sample, (int)sample->state),
            time_text(sample->since_ms, text), sample->by,
            sample->reason[0] == '\0' ? "" : ": ", sample->reason,
            sample->overdue ? "  OVERDUE" : "");
    }
}

static const char *match_words(const Tocsin__V1__CaseMatch *match,
                               struct pool *pool)
{
    Tocsin__V1__LabWord *word = tocsin_lab_open(match->word);
    char text[300] = "?";

    if (word != NULL && word->word_case == TOCSIN__V1__LAB_WORD__WORD_MATCH &&
        word->match->n_kin_kits > 0)
        (void)snprintf(text, sizeof text, "child %s with %s%s%s, report %s",
                       word->match->child_kit, word->match->kin_kits[0],
                       word->match->n_kin_kits > 1 ? " and " : "",
                       word->match->n_kin_kits > 1 ? word->match->kin_kits[1]
                                                   : "",
                       word->report);
    tocsin_lab_free(word);
    return pool_text(pool, text);
}

static void say_matches(const Tocsin__V1__CaseFile *file, struct pool *pool)
{
    static const char *const decided[] = {"WAITS for the lead", "accepted",
                                          "rejected", "to be made again"};
    char text[TIME_TEXT_MAX];

    for (size_t i = 0; i < file->n_matches; i++) {
        const Tocsin__V1__CaseMatch *match = file->matches[i];

        say("%-14s%llu  %s  %s by %s: %s%s%s", i == 0 ? "matches" : "",
            (unsigned long long)match->sequence,
            time_text(match->recorded_ms, text), match_words(match, pool),
            match->laboratory,
            (size_t)match->decision < 4 ? decided[match->decision] : "?",
            match->decided_by[0] == '\0' ? "" : " by ", match->decided_by);
    }
    if (file->matches_in_all > file->n_matches)
        say("... and %zu more matches", file->matches_in_all - file->n_matches);
}

static const char *sample_words(const Tocsin__V1__NoteSample *note,
                                struct pool *pool)
{
    char text[400];

    (void)snprintf(text, sizeof text, "%s of the %s %s%s%s",
                   note->kit[0] == '\0' ? "no kit" : note->kit,
                   word_text(words_relation, (int)note->relation),
                   word_text(words_sample, (int)note->state),
                   note->reason[0] == '\0' ? "" : ": ", note->reason);
    return pool_text(pool, text);
}

static const char *decision_words(const Tocsin__V1__DecideMatch *decide,
                                  struct pool *pool)
{
    char text[1100];

    (void)snprintf(text, sizeof text, "match %llu %s: %s",
                   (unsigned long long)decide->match,
                   word_text(words_decision, (int)decide->decision),
                   decide->reason);
    return pool_text(pool, text);
}

static const char *verdict_words(const Tocsin__V1__Triage *triage,
                                 struct pool *pool)
{
    char text[1400];

    (void)snprintf(text, sizeof text, "sighting %llu %s, officer %s%s%s",
                   (unsigned long long)triage->sighting,
                   word_text(words_verdict, (int)triage->verdict),
                   triage->officer, triage->reason[0] == '\0' ? "" : ": ",
                   triage->reason);
    return pool_text(pool, text);
}

static const char *solve_words(const Tocsin__V1__Solve *solve,
                               struct pool *pool)
{
    char text[2600];

    (void)snprintf(text, sizeof text, "%s%s%s%s%s%s%s",
                   word_text(words_outcome, (int)solve->outcome),
                   solve->receiver[0] == '\0' ? "" : "; with ", solve->receiver,
                   solve->papers[0] == '\0' ? "" : "; papers ", solve->papers,
                   solve->text[0] == '\0' ? "" : "; ", solve->text);
    return pool_text(pool, text);
}

/* What was said with a step. */
static const char *order_words(const Tocsin__V1__CaseOrder *order,
                               struct pool *pool)
{
    char text[2400] = "";

    switch (order->step_case) {
    case TOCSIN__V1__CASE_ORDER__STEP_OFFER_LEAD:
        (void)snprintf(text, sizeof text, "to %s  %s",
                       order->offer_lead->officer, order->offer_lead->reason);
        break;
    case TOCSIN__V1__CASE_ORDER__STEP_DECLINE_LEAD:
        return order->decline_lead->reason;
    case TOCSIN__V1__CASE_ORDER__STEP_ASSIGN_DUTY:
        (void)snprintf(text, sizeof text, "%s to %s",
                       word_text(words_duty, (int)order->assign_duty->duty),
                       order->assign_duty->owner);
        break;
    case TOCSIN__V1__CASE_ORDER__STEP_LOG_DUTY:
        (void)snprintf(text, sizeof text, "%s: %s",
                       word_text(words_duty, (int)order->log_duty->duty),
                       order->log_duty->text);
        break;
    case TOCSIN__V1__CASE_ORDER__STEP_STAND:
        return order->stand->reason;
    case TOCSIN__V1__CASE_ORDER__STEP_REOPEN:
        return order->reopen->reason;
    case TOCSIN__V1__CASE_ORDER__STEP_SOLVE:
        return solve_words(order->solve, pool);
    case TOCSIN__V1__CASE_ORDER__STEP_CONFIRM_OUTCOME:
        (void)snprintf(
            text, sizeof text, "%s  %s",
            word_text(words_outcome, (int)order->confirm_outcome->outcome),
            order->confirm_outcome->text);
        break;
    case TOCSIN__V1__CASE_ORDER__STEP_SEAL:
        return order->seal->reason;
    case TOCSIN__V1__CASE_ORDER__STEP_TRIAGE:
        return verdict_words(order->triage, pool);
    case TOCSIN__V1__CASE_ORDER__STEP_NOTE_SAMPLE:
        return sample_words(order->note_sample, pool);
    case TOCSIN__V1__CASE_ORDER__STEP_DECIDE_MATCH:
        return decision_words(order->decide_match, pool);
    default:
        break;
    }
    return pool_text(pool, text);
}

static void say_entry(const Tocsin__V1__CaseEntry *entry)
{
    Tocsin__V1__CaseOrder *order = tocsin_order_open(entry->order);
    struct pool pool = {NULL};
    char text[TIME_TEXT_MAX];

    say("%s  %s  by %s", time_text(entry->recorded_ms, text),
        word_text(words_step, (int)entry->step),
        entry->by == NULL ? "?" : entry->by->id);
    if (order != NULL && order_words(order, &pool)[0] != '\0')
        say("    %s", order_words(order, &pool));
    pool_done(&pool);
    tocsin_order_free(order);
}

static void say_found(const Tocsin__V1__CaseFile *file)
{
    for (size_t i = 0; i < file->n_found_matches; i++)
        say("%-14s%s, says match %llu", "found child",
            file->found_matches[i]->found_id,
            (unsigned long long)file->found_matches[i]->match);
    if (file->likely_found > 0)
        say("%-14s%u may be this child, LIKELY; see tocsin likely %s",
            "found child", file->likely_found, file->case_number);
    for (size_t i = 0; i < file->n_identified_found; i++)
        say("%-14sis %s", "found child", file->identified_found[i]);
}

void case_print(const struct session *session, const Tocsin__V1__CaseFile *file)
{
    struct pool pool = {NULL};

    if (session->json) {
        session_print(&file->base, false);
        return;
    }
    say_head(file, &pool);
    say_duties(file, &pool);
    say_samples(file);
    say_matches(file, &pool);
    say_purges(file, &pool);
    say_found(file);
    if (file->entries_in_all > 0)
        say("%-14s%u, newest first", "steps", file->entries_in_all);
    for (size_t i = 0; i < file->n_entries; i++)
        say_entry(file->entries[i]);
    if (file->entries_in_all > file->n_entries)
        say("... and %zu more", file->entries_in_all - file->n_entries);
    pool_done(&pool);
}

/* ---- asking and ordering ---- */

static enum outcome take_file(const Tocsin__V1__Reply *reply,
                              const Tocsin__V1__CaseFile **file)
{
    if (reply->body_case != TOCSIN__V1__REPLY__BODY_CASE_FILE) {
        complain("the broker answered something else");
        return OUTCOME_REFUSED;
    }
    *file = reply->case_file;
    return OUTCOME_DONE;
}

enum outcome case_ask(struct session *session, const char *alert,
                      const Tocsin__V1__CaseFile **file)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ShowCase show = TOCSIN__V1__SHOW_CASE__INIT;
    const Tocsin__V1__Reply *reply;
    enum outcome outcome;

    show.alert = (char *)(uintptr_t)alert;
    request.body_case = TOCSIN__V1__REQUEST__BODY_SHOW_CASE;
    request.show_case = &show;
    outcome = session_ask(session, &request, &reply);
    return outcome == OUTCOME_DONE ? take_file(reply, file) : outcome;
}

/* The same bytes until there is an answer: it is one order. */
static enum outcome give(struct session *session,
                         const Tocsin__V1__CaseOrder *order,
                         const Tocsin__V1__CaseFile **file)
{
    struct tocsin_diag why = {0};
    const Tocsin__V1__Reply *reply = NULL;
    enum outcome outcome;
    uint8_t *request;
    size_t size;
    enum tocsin_status status =
        tocsin_order_prepare(&request, &size, order, session->bundle, &why);

    if (status != TOCSIN_OK)
        return outcome_say(status, &why, NULL);
    status = tocsin_client_call_packed(session->client, request, size, &reply,
                                       session->timeout_ms, &why);
    free(request);
    if (status != TOCSIN_OK) {
        outcome = outcome_say(status, &why, NULL);
        if (outcome == OUTCOME_UNREACHABLE)
            complain("it may have been recorded all the same; look with: "
                     "tocsin case %s",
                     order->alert_id);
        return outcome;
    }
    outcome = reply_outcome(reply);
    if (outcome != OUTCOME_DONE)
        return outcome;
    return reply->status == TOCSIN__V1__STATUS__STATUS_DUPLICATE
               ? case_ask(session, order->alert_id, file)
               : take_file(reply, file);
}

enum outcome case_order(struct session *session, const char *alert,
                        Tocsin__V1__CaseOrder *order)
{
    const Tocsin__V1__CaseFile *file;
    enum outcome outcome = session_open(session);

    if (outcome == OUTCOME_DONE)
        outcome = case_ask(session, alert, &file);
    if (outcome != OUTCOME_DONE)
        return outcome;
    order->alert_id = pool_text(&session->pool, file->alert_id);
    outcome = give(session, order, &file);
    if (outcome == OUTCOME_DONE)
        case_print(session, file);
    return outcome;
}
