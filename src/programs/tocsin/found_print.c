#include "tocsin/found_print.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>
#include <tocsin/json.h>

#include "common/numbers.h"
#include "common/say.h"
#include "common/table.h"
#include "common/words.h"

static const char *age_text(const Tocsin__V1__AgeRange *age, char out[40])
{
    if (age == NULL)
        (void)snprintf(out, 40, "?");
    else if (age->max_months < 24)
        (void)snprintf(out, 40, "%u-%u months", age->min_months,
                       age->max_months);
    else
        (void)snprintf(out, 40, "%.1f-%.1f years", age->min_months / 12.0,
                       age->max_months / 12.0);
    return out;
}

void found_print_list(const Tocsin__V1__FoundList *list)
{
    static const char *const heads[] = {"FOUND", "STATE", "DIVISION",
                                        "WHEN",  "SEX",   "AGE",
                                        "WITH",  "BY",    "CASE"};
    struct table *table = table_new(heads, 9);
    char text[TIME_TEXT_MAX];
    char age[40];

    for (size_t i = 0; i < list->n_found; i++) {
        const Tocsin__V1__FoundSummary *summary = list->found[i];

        table_cell(table, "%s", summary->found_id);
        table_cell(table, "%s", word_text(words_found, (int)summary->state));
        table_cell(table, "%s", summary->division);
        table_cell(table, "%s", time_text(summary->found_ms, text));
        table_cell(table, "%s", word_text(words_sex, (int)summary->sex));
        table_cell(table, "%s", age_text(summary->age, age));
        table_cell(table, "%s", summary->keeper);
        table_cell(table, "%s", summary->by == NULL ? "?" : summary->by->id);
        table_cell(table, "%s", summary->case_number);
    }
    table_print(table, stdout);
    table_free(table);
    say_to(stderr, "%zu found children", list->n_found);
}

/* ---- suggestions --------------------------------------------------------- */

static const char *person(const Tocsin__V1__Person *who)
{
    return who == NULL ? "nobody yet" : who->id;
}

void found_print_likely(Tocsin__V1__Likeness *const *list, size_t count,
                        bool of_case)
{
    for (size_t i = 0; i < count; i++) {
        const Tocsin__V1__Likeness *likeness = list[i];

        if (of_case)
            say("%3u of 100%s  found %s in %s", likeness->score,
                likeness->likely ? ", LIKELY" : "", likeness->found_id,
                likeness->division);
        else
            say("%3u of 100%s  case %s of centre %s, lead %s", likeness->score,
                likeness->likely ? ", LIKELY" : "", likeness->case_number,
                person(likeness->centre), person(likeness->lead));
        for (size_t k = 0; k < likeness->n_reasons; k++)
            say("    %-11s%-9s%s",
                word_text(words_aspect, (int)likeness->reasons[k]->aspect),
                word_text(words_speaks, (int)likeness->reasons[k]->speaks),
                likeness->reasons[k]->text);
    }
}

/* ---- one of them --------------------------------------------------------- */

static void say_texts(const char *head, Tocsin__V1__Text *const *texts,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        say("%-14s%s (%s)", head, texts[i]->text, texts[i]->language);
}

static void say_field(const char *head, const char *text)
{
    if (text[0] != '\0')
        say("%-14s%s", head, text);
}

static void say_place(const Tocsin__V1__Place *place)
{
    if (place == NULL)
        return;
    if (place->point != NULL)
        say("%-14s%.5f,%.5f %s %s", "where", place->point->latitude,
            place->point->longitude, place->division, place->text);
    else
        say("%-14s%s %s", "where", place->division, place->text);
}

static void say_content(const Tocsin__V1__FoundChild *found)
{
    char text[TIME_TEXT_MAX];
    char age[40];

    say("%-14s%s, %s", "child", word_text(words_sex, (int)found->child->sex),
        age_text(found->child->age, age));
    if (found->child->height != NULL)
        say("%-14s%u-%u cm", "height", found->child->height->min_cm,
            found->child->height->max_cm);
    say_field("name given", found->child->name);
    say_field("speaks", found->child->languages_spoken);
    say_texts("appearance", found->child->appearance,
              found->child->n_appearance);
    say_texts("clothing", found->child->clothing, found->child->n_clothing);
    say("%-14s%s", "found", time_text(found->found_ms, text));
    say_place(found->place);
    say_field("text", found->text);
    say("%-14s%s, %s %s", "now with", found->keeper->name,
        found->keeper->division, found->keeper->contact);
    say_field("DNA kit", found->kit);
    say_field("officer", found->officer);
}

static const char *reason_of(const Tocsin__V1__FoundOrder *order)
{
    switch (order->step_case) {
    case TOCSIN__V1__FOUND_ORDER__STEP_IDENTIFY:
        return order->identify->reason;
    case TOCSIN__V1__FOUND_ORDER__STEP_CLOSE:
        return order->close->reason;
    case TOCSIN__V1__FOUND_ORDER__STEP_REOPEN:
        return order->reopen->reason;
    case TOCSIN__V1__FOUND_ORDER__STEP_SEAL:
        return order->seal->reason;
    default:
        return "";
    }
}

static void say_order(const Tocsin__V1__FoundDetail *detail)
{
    Tocsin__V1__FoundOrder *order = tocsin_found_order_open(detail->order);
    char text[TIME_TEXT_MAX];

    if (order != NULL)
        say("%-14s%s by %s, officer %s, since %s: %s", "",
            word_text(words_found, (int)detail->summary->state),
            person(detail->resolved_by), order->officer,
            time_text(detail->since_ms, text), reason_of(order));
    tocsin_found_order_free(order);
}

static void say_head(const Tocsin__V1__FoundSummary *summary)
{
    char text[TIME_TEXT_MAX];

    say("found child %s, revision %u", summary->found_id, summary->revision);
    say("%-14s%s%s%s", "state", word_text(words_found, (int)summary->state),
        summary->case_number[0] == '\0' ? "" : " with case ",
        summary->case_number);
    say("%-14s%s by %s%s%s, division %s", "registered",
        time_text(summary->registered_ms, text), person(summary->by),
        summary->relayed_by[0] == '\0' ? "" : " through ", summary->relayed_by,
        summary->division);
}

static void say_matches(const Tocsin__V1__FoundDetail *detail)
{
    static const char *const decided[] = {"WAITS for the lead", "accepted",
                                          "rejected", "to be made again"};

    if (detail->sample != TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_UNSPECIFIED)
        say("%-14s%s", "DNA sample",
            word_text(words_sample, (int)detail->sample));
    for (size_t i = 0; i < detail->n_matches; i++) {
        const Tocsin__V1__FoundMatch *match = detail->matches[i];

        say("%-14s%llu with case %s: %s", "DNA MATCH",
            (unsigned long long)match->match, match->case_number,
            (size_t)match->decision < 4 ? decided[match->decision] : "?");
    }
    if (detail->matches_hidden > 0)
        say("%-14s%u with cases of other jurisdictions", "DNA MATCH",
            detail->matches_hidden);
}

void found_print(const Tocsin__V1__FoundDetail *detail)
{
    Tocsin__V1__FoundChild *found = tocsin_found_open(detail->document);

    say_head(detail->summary);
    if (found != NULL && found->child != NULL && found->keeper != NULL)
        say_content(found);
    tocsin_found_free(found);
    say_order(detail);
    say_matches(detail);
    if (detail->summary->state !=
        TOCSIN__V1__FOUND_STATE__FOUND_STATE_REGISTERED)
        return;
    say("%zu cases that it may be of; an officer decides, not a figure",
        detail->n_suggestions);
    found_print_likely(detail->suggestions, detail->n_suggestions, false);
    if (detail->hidden > 0)
        say("and %u likely ones of other jurisdictions", detail->hidden);
}

/* ---- asking -------------------------------------------------------------- */

enum outcome found_ask(struct session *session, const char *found,
                       const Tocsin__V1__FoundDetail **detail)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ShowFound show = TOCSIN__V1__SHOW_FOUND__INIT;
    const Tocsin__V1__Reply *reply;
    enum outcome outcome;

    show.found = (char *)(uintptr_t)found;
    request.body_case = TOCSIN__V1__REQUEST__BODY_SHOW_FOUND;
    request.show_found = &show;
    outcome = session_ask(session, &request, &reply);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (reply->body_case != TOCSIN__V1__REPLY__BODY_FOUND_DETAIL ||
        reply->found_detail->summary == NULL) {
        complain("the broker answered something else");
        return OUTCOME_REFUSED;
    }
    *detail = reply->found_detail;
    return OUTCOME_DONE;
}

/* The reply, and which child it is about: the id is this program's own. */
static void print_json(const Tocsin__V1__Reply *reply, const char *found_id)
{
    char *text = tocsin_to_json(&reply->base, 0);
    json_t *json = text != NULL ? json_loads(text, 0, NULL) : NULL;

    free(text);
    json_object_set_new(json, "foundId", json_string(found_id));
    text = json != NULL ? json_dumps(json, JSON_INDENT(2)) : NULL;
    if (text != NULL)
        say_json(stdout, text);
    free(text);
    json_decref(json);
}

enum outcome found_send(struct session *session, uint8_t *request, size_t size,
                        const char *found_id)
{
    const Tocsin__V1__Reply *reply = NULL;
    struct tocsin_diag why = {0};
    enum outcome outcome;
    enum tocsin_status status = tocsin_client_call_packed(
        session->client, request, size, &reply, session->timeout_ms, &why);

    free(request);
    if (status != TOCSIN_OK) {
        outcome = outcome_say(status, &why, NULL);
        if (outcome == OUTCOME_UNREACHABLE)
            complain("it may have been recorded all the same; look with: "
                     "tocsin found show %s",
                     found_id);
        return outcome;
    }
    outcome = reply_outcome(reply);
    if (outcome == OUTCOME_DONE && session->json)
        print_json(reply, found_id);
    else if (outcome == OUTCOME_DONE)
        say("found child %s recorded as %llu", found_id,
            (unsigned long long)reply->sequence);
    return outcome;
}
