#include "terminal/item.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tocsin/json.h>
#include <tocsin/language.h>

#include "common/measures.h"
#include "common/numbers.h"
#include "common/say.h"
#include "common/words.h"

/* ---- languages --------------------------------------------------------------
 */

static char own_languages[200];

void languages_set(const char *list)
{
    const char *locale = getenv("LC_ALL");

    if (list == NULL)
        list = getenv("TOCSIN_LANGUAGES");
    if (list != NULL) {
        snprintf(own_languages, sizeof own_languages, "%s", list);
        return;
    }
    if (locale == NULL || locale[0] == '\0')
        locale = getenv("LANG");
    tocsin_language_of_locale(own_languages, sizeof own_languages,
                              locale == NULL ? "" : locale);
}

const char *text_for_us(Tocsin__V1__Text *const *texts, size_t count)
{
    const Tocsin__V1__Text *text =
        tocsin_text_choose(texts, count, own_languages, NULL);

    return text != NULL ? text->text : "";
}

bool item_falls_back(const struct tocsin_item *item)
{
    bool fell_back = false;

    if (item->alert == NULL || own_languages[0] == '\0')
        return false; /* who asks for no language gets what there is */
    (void)tocsin_text_choose(item->alert->action, item->alert->n_action,
                             own_languages, &fell_back);
    return fell_back;
}

/* ---- lines ------------------------------------------------------------------
 */

const char *item_kind(const struct tocsin_item *item)
{
    return item->exercise ? "EXERCISE 演习" : "actual";
}

void item_child(const struct tocsin_item *item, char *out, size_t room)
{
    const Tocsin__V1__Child *child;
    Tocsin__V1__AgeRange age;
    int64_t seen_ms;
    char words[AGE_WORDS_MAX];

    if (item->alert == NULL) {
        snprintf(out, room, "-");
        return;
    }
    child = item->alert->child;
    seen_ms = item->alert->last_seen->time_ms;
    age = age_is_old(seen_ms, time_now_ms())
              ? age_after(child->age, time_now_ms() - seen_ms)
              : *child->age;
    snprintf(out, room, "%s, %s%s%s",
             child->sex == TOCSIN__V1__SEX__SEX_FEMALE ? "girl"
             : child->sex == TOCSIN__V1__SEX__SEX_MALE ? "boy"
                                                       : "child",
             age_words(&age, words), child->name[0] == '\0' ? "" : ", ",
             child->name);
}

static void line_of(const char *head, const char *text)
{
    if (text[0] != '\0')
        say("  %-14s %s", head, text);
}

static void texts_of(const char *head, Tocsin__V1__Text *const *texts,
                     size_t count)
{
    line_of(head, text_for_us(texts, count));
}

static void place_lines(const Tocsin__V1__LastSeen *seen)
{
    const Tocsin__V1__Place *place = seen->place;
    char time[TIME_TEXT_MAX];

    say("  %-14s %s", "last seen", time_text(seen->time_ms, time));
    line_of("where", place->text);
    say("  %-14s %.5f, %.5f  %s", "", place->point->latitude,
        place->point->longitude, place->division);
}

static void company_lines(const Tocsin__V1__Alert *alert)
{
    for (size_t i = 0; i < alert->n_companions; i++) {
        const Tocsin__V1__Companion *other = alert->companions[i];

        say("  %-14s %s %s %s", "with", other->name,
            text_for_us(other->description, other->n_description),
            other->document);
    }
    for (size_t i = 0; i < alert->n_vehicles; i++) {
        const Tocsin__V1__Vehicle *vehicle = alert->vehicles[i];

        say("  %-14s %s %s", "vehicle", vehicle->plate,
            text_for_us(vehicle->description, vehicle->n_description));
    }
}

/* An officer looks for a child as old as it is now. */
static void measure_lines(const Tocsin__V1__Child *child, int64_t seen_ms)
{
    bool old = age_is_old(seen_ms, time_now_ms());
    char words[AGE_WORDS_MAX];

    if (old)
        say("  %-14s %s when last seen", "age", age_words(child->age, words));
    if (child->height != NULL)
        say("  %-14s %u to %u cm%s", "height", child->height->min_cm,
            child->height->max_cm, old ? " when last seen" : "");
}

static void alert_lines(const struct tocsin_item *item)
{
    const Tocsin__V1__Alert *alert = item->alert;
    const Tocsin__V1__Child *child = alert->child;
    char text[200];

    texts_of("DO THIS", alert->action, alert->n_action);
    if (item_falls_back(item))
        say("  %-14s not in %s: in %s", "language", own_languages,
            alert->action[0]->language);
    item_child(item, text, sizeof text);
    say("  %-14s %s", "child", text);
    measure_lines(child, alert->last_seen->time_ms);
    texts_of("clothing", child->clothing, child->n_clothing);
    texts_of("appearance", child->appearance, child->n_appearance);
    line_of("speaks", child->languages_spoken);
    place_lines(alert->last_seen);
    texts_of("circumstances", alert->circumstances, alert->n_circumstances);
    company_lines(alert);
    line_of("contact", alert->contact);
}

static void withdrawal_lines(const Tocsin__V1__Withdrawal *withdrawal)
{
    char time[TIME_TEXT_MAX];

    say("  %-14s %s, reason: %s", "WITHDRAWN",
        time_text(withdrawal->sent_ms, time),
        word_text(words_reason, (int)withdrawal->reason));
    texts_of("", withdrawal->text, withdrawal->n_text);
}

#define EXERCISE_RULE "*** EXERCISE 演习 EXERCISE 演习 - not a real case ***"

void item_print(const struct tocsin_item *item)
{
    char time[TIME_TEXT_MAX];

    if (item->exercise)
        say("%s", EXERCISE_RULE);
    say("%s  %s  revision %u  %s%s",
        item->case_number[0] == '\0' ? "(no case number)" : item->case_number,
        item->alert_id, item->revision,
        word_text(words_state, (int)item->state),
        !item->for_us ? "  (not for this node)"
        : item->waits ? "  (its ring has not come to this node)"
                      : "");
    if (item->withdrawal != NULL)
        withdrawal_lines(item->withdrawal);
    if (item->alert != NULL)
        alert_lines(item);
    if (item->picture_here)
        line_of("picture", "here: tocsin-terminal picture shows it");
    else if (item->alert != NULL && item->alert->picture != NULL)
        line_of("picture", "not here yet");
    say("  %-14s %s", "received", time_text(item->received_ms, time));
    say("  %-14s %s", "answered", word_text(words_rung, (int)item->rung));
    if (item->exercise)
        say("%s", EXERCISE_RULE);
}

/* ---- JSON -------------------------------------------------------------------
 */

static void put_message(json_t *json, const char *name,
                        const ProtobufCMessage *message)
{
    char *text;

    if (message == NULL)
        return;
    text = tocsin_to_json(message, 0);
    json_object_set_new(json, name, json_loads(text, 0, NULL));
    free(text);
}

json_t *item_json(const struct tocsin_item *item)
{
    json_t *json = json_pack(
        "{ss ss si sb ss sb sI sI ss sb}", "alertId", item->alert_id,
        "caseNumber", item->case_number, "revision", (int)item->revision,
        "exercise", (int)item->exercise, "state",
        word_text(words_state, (int)item->state), "forUs", (int)item->for_us,
        "receivedMs", (json_int_t)item->received_ms, "recordedMs",
        (json_int_t)item->recorded_ms, "rung",
        word_text(words_rung, (int)item->rung), "pictureHere",
        (int)item->picture_here);

    if (item->waits)
        json_object_set_new(json, "waits", json_true());
    if (item->alert != NULL)
        put_message(json, "alert", &item->alert->base);
    if (item->withdrawal != NULL)
        put_message(json, "withdrawal", &item->withdrawal->base);
    return json;
}

void json_print(json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(15));

    if (text != NULL)
        say_json(stdout, text);
    free(text);
    json_decref(json);
}

/* ---- standing ---------------------------------------------------------------
 */

static void full_disk_sentence(const struct tocsin_standing *standing,
                               char *out, size_t room)
{
    char since[TIME_TEXT_MAX + 20] = "was never whole";
    char age[TIME_TEXT_MAX];

    if (standing->picture_ms != 0)
        snprintf(since, sizeof since, "is as of %s ago",
                 duration_text(time_now_ms() - standing->picture_ms, age));
    snprintf(
        out, room,
        "%s: what is kept here %s and lacks what has come "
        "or ended since; %s, it goes on by itself",
        standing->store_held ? "A PROGRAM HOLDS THE STORE" : "THE DISK IS FULL",
        since, standing->store_held ? "end what writes to it" : "make room");
}

void warn_of_full_disk(struct tocsin_store *store)
{
    struct tocsin_standing standing;
    char text[STANDING_TEXT_MAX];

    if (tocsin_store_standing(store, &standing, NULL) != TOCSIN_OK ||
        (!standing.disk_full && !standing.other_version))
        return;
    if (standing.disk_full)
        full_disk_sentence(&standing, text, sizeof text);
    else
        standing_sentence(&standing, text, sizeof text);
    complain("%s", text);
}

void standing_sentence(const struct tocsin_standing *standing, char *out,
                       size_t room)
{
    char age[TIME_TEXT_MAX];

    duration_text(time_now_ms() - standing->picture_ms, age);
    if (standing->revoked)
        snprintf(out, room,
                 "THE CENTRE REFUSES THIS NODE (revoked, or not enrolled): "
                 "nothing new comes in");
    else if (standing->other_version)
        snprintf(out, room,
                 "THE RUNNING DAEMON IS OF ANOTHER VERSION than this program, "
                 "which cannot tell how old the picture is: start the daemon "
                 "anew");
    else if (standing->disk_full)
        full_disk_sentence(standing, out, room);
    else if (standing->picture_ms == 0)
        snprintf(out, room, "NO PICTURE YET: the centre was never heard%s",
                 standing->running ? "" : ", and no daemon is running");
    else if (!standing->running)
        snprintf(out, room, "NO DAEMON IS RUNNING; the picture is %s old", age);
    else if (standing->complete)
        snprintf(out, room, "same picture as the centre, %s ago", age);
    else
        snprintf(out, room, "NO WORD FROM THE CENTRE for %s%s", age,
                 standing->connected ? " on the feed" : "");
}

void warn_of_standing(const struct tocsin_standing *standing)
{
    char text[STANDING_TEXT_MAX];

    if (standing->complete && !standing->revoked && !standing->disk_full)
        return;
    standing_sentence(standing, text, sizeof text);
    complain("%s", text);
}
