#define _GNU_SOURCE
#include "tocsin/portrait.h"

#include <stdio.h>
#include <stdlib.h>

#include <tocsin/centre.h>

#include "common/measures.h"
#include "common/numbers.h"
#include "common/say.h"
#include "common/words.h"
#include "tocsin/draft.h"

static void say_texts(const char *label, Tocsin__V1__Text *const *texts,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        say("%-14s%s  [%s]", i == 0 ? label : "", texts[i]->text,
            texts[i]->language);
}

static void say_text(const char *label, const char *text)
{
    if (text[0] != '\0')
        say("%-14s%s", label, text);
}

static void say_age(const Tocsin__V1__AgeRange *age, int64_t seen_ms, bool old)
{
    Tocsin__V1__AgeRange now = age_after(age, time_now_ms() - seen_ms);
    char words[AGE_WORDS_MAX];
    char now_words[AGE_WORDS_MAX];

    (void)age_words(age, words);
    if (old)
        say("%-14s%s now, %s when last seen", "age", age_words(&now, now_words),
            words);
    else
        say("%-14s%s", "age", words);
}

static void say_child(const Tocsin__V1__Child *child, int64_t seen_ms)
{
    bool old = age_is_old(seen_ms, time_now_ms());

    say("%-14s%s", "child", word_text(words_sex, child->sex));
    if (child->age != NULL)
        say_age(child->age, seen_ms, old);
    say_text("name", child->name);
    if (child->height != NULL)
        say("%-14s%u to %u cm%s", "height", child->height->min_cm,
            child->height->max_cm, old ? " when last seen" : "");
    say_texts("clothing", child->clothing, child->n_clothing);
    say_texts("appearance", child->appearance, child->n_appearance);
    say_text("speaks", child->languages_spoken);
}

static void put_place(FILE *out, const Tocsin__V1__Place *place)
{
    (void)fprintf(out, "%s", place->text);
    if (place->division[0] != '\0')
        (void)fprintf(out, " (%s)", place->division);
    if (place->point != NULL)
        (void)fprintf(out, " %.4f,%.4f", place->point->latitude,
                      place->point->longitude);
}

/* What f wrote, in the pool. */
static char *into_pool(FILE *out, char **text, struct pool *pool)
{
    char *copy;

    (void)fclose(out);
    copy = pool_text(pool, *text);
    free(*text);
    return copy;
}

static char *place_words(const Tocsin__V1__Place *place, struct pool *pool)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return pool_text(pool, "?");
    put_place(out, place);
    return into_pool(out, &text, pool);
}

static void say_company(const Tocsin__V1__Alert *alert)
{
    for (size_t i = 0; i < alert->n_companions; i++) {
        const Tocsin__V1__Companion *other = alert->companions[i];

        say_text("companion", other->name);
        say_texts("companion", other->description, other->n_description);
    }
    for (size_t i = 0; i < alert->n_vehicles; i++) {
        say_text("vehicle", alert->vehicles[i]->plate);
        say_texts("", alert->vehicles[i]->description,
                  alert->vehicles[i]->n_description);
    }
}

void portrait_alert(const Tocsin__V1__Alert *alert, struct pool *pool)
{
    char text[TIME_TEXT_MAX];

    if (alert->child != NULL)
        say_child(alert->child,
                  alert->last_seen != NULL ? alert->last_seen->time_ms : 0);
    if (alert->last_seen != NULL && alert->last_seen->place != NULL) {
        say("%-14s%s", "last seen", time_text(alert->last_seen->time_ms, text));
        say("%-14s%s", "", place_words(alert->last_seen->place, pool));
    }
    say_texts("action", alert->action, alert->n_action);
    say_texts("circumstances", alert->circumstances, alert->n_circumstances);
    say_company(alert);
    say_text("contact", alert->contact);
    if (alert->picture != NULL)
        say("%-14s%s, %u bytes", "picture", alert->picture->media_type,
            alert->picture->size);
    if (alert->target != NULL)
        say("%-14s%s", "target", target_words(alert->target, pool));
    if (alert->rings != NULL)
        say("%-14s%s", "rings", rings_words(alert->rings, pool));
    say("%-14s%s", "expires", time_text(alert->expires_ms, text));
}

void portrait_withdrawal(const Tocsin__V1__Withdrawal *withdrawal)
{
    char text[TIME_TEXT_MAX];

    say("%-14s%s, %s", "withdrawn", time_text(withdrawal->sent_ms, text),
        word_text(words_reason, withdrawal->reason));
    say_texts("", withdrawal->text, withdrawal->n_text);
}

/* ---- answers ---- */

static void put_more(FILE *out, const char *label, const char *text)
{
    if (text[0] != '\0')
        (void)fprintf(out, "; %s%s", label, text);
}

char *answer_words(const Tocsin__V1__Answer *answer, struct pool *pool)
{
    char *text = NULL;
    size_t size;
    char from[TIME_TEXT_MAX];
    char to[TIME_TEXT_MAX];
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return pool_text(pool, "?");
    (void)fprintf(out, "officer %s", answer->officer);
    if (answer->search != NULL)
        put_more(out, "searched ", answer->search->what);
    if (answer->search != NULL && answer->search->when != NULL)
        (void)fprintf(out, " from %s to %s",
                      time_text(answer->search->when->from_ms, from),
                      time_text(answer->search->when->to_ms, to));
    put_more(out, "", answer->text);
    if (answer->place != NULL) {
        (void)fputs("; at ", out);
        put_place(out, answer->place);
    }
    put_more(out, "vehicle ", answer->vehicle);
    put_more(out, "going ", answer->direction);
    put_more(out, "with ", answer->companion);
    if (answer->seen_ms != 0)
        (void)fprintf(out, "; seen %s", time_text(answer->seen_ms, from));
    if (answer->confidence != TOCSIN__V1__CONFIDENCE__CONFIDENCE_UNSPECIFIED)
        (void)fprintf(out, "; confidence %s",
                      word_text(words_confidence, answer->confidence));
    return into_pool(out, &text, pool);
}

void portrait_answer(const Tocsin__V1__Sighting *sighting)
{
    Tocsin__V1__Answer *answer =
        sighting->answer == NULL ? NULL : tocsin_answer_open(sighting->answer);
    struct pool pool = {NULL};
    char text[TIME_TEXT_MAX];

    if (answer == NULL) {
        say("%s  an answer that cannot be read",
            time_text(sighting->recorded_ms, text));
        return;
    }
    say("%s  %s  %s %s %s  revision %u%s%s",
        time_text(sighting->recorded_ms, text),
        word_text(words_rung, answer->rung), answer->node, sighting->node_name,
        sighting->node_name_en, answer->revision,
        sighting->relayed_by[0] == '\0' ? "" : "  by way of ",
        sighting->relayed_by);
    say("    %s", answer_words(answer, &pool));
    pool_done(&pool);
    tocsin_answer_free(answer);
}

void portrait_picture(const Tocsin__V1__Sighting *sighting)
{
    Tocsin__V1__Answer *answer =
        sighting->answer == NULL ? NULL : tocsin_answer_open(sighting->answer);
    char text[TIME_TEXT_MAX];

    if (answer != NULL && answer->picture != NULL) {
        if (sighting->pictured_ms != 0)
            say("    picture here, %s, %u bytes, since %s",
                answer->picture->media_type, answer->picture->size,
                time_text(sighting->pictured_ms, text));
        else
            say("    picture expected, %s, %u bytes",
                answer->picture->media_type, answer->picture->size);
    }
    tocsin_answer_free(answer);
}
