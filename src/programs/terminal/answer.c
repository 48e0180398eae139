/* read, negative, sighting, intercepted: what an officer says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/files.h"
#include "common/numbers.h"
#include "common/say.h"
#include "common/words.h"
#include "terminal/item.h"
#include "terminal/terminal.h"

struct answer_options {
    const char *officer;
    const char *text;
    const char *lat;
    const char *lon;
    const char *place_text;
    const char *what;
    const char *from;
    const char *to;
    const char *vehicle;
    const char *direction;
    const char *companion;
    const char *seen;
    const char *confidence;
    const char *wait;
    const char *picture;
};

/* Room for what an Answer points to. */
struct draft {
    Tocsin__V1__Answer answer;
    Tocsin__V1__Place place;
    Tocsin__V1__Point point;
    Tocsin__V1__Search search;
    Tocsin__V1__Interval when;
    struct tocsin_photograph photograph; /* bytes NULL: none */
};

static char *text_of(const char *text)
{
    return (char *)(uintptr_t)(text == NULL ? "" : text);
}

static bool take_place(struct draft *draft,
                       const struct answer_options *options)
{
    bool has_point = options->lat != NULL || options->lon != NULL;

    if (!has_point && options->place_text == NULL)
        return true;
    tocsin__v1__place__init(&draft->place);
    tocsin__v1__point__init(&draft->point);
    draft->place.text = text_of(options->place_text);
    draft->answer.place = &draft->place;
    if (!has_point)
        return true;
    if (options->lat == NULL || options->lon == NULL ||
        !number_real(options->lat, &draft->point.latitude) ||
        !number_real(options->lon, &draft->point.longitude) ||
        !number_is_place(draft->point.latitude, draft->point.longitude)) {
        complain("--lat, --lon: degrees, both of them");
        return false;
    }
    draft->place.point = &draft->point;
    return true;
}

static bool take_search(struct draft *draft,
                        const struct answer_options *options)
{
    bool negative = draft->answer.rung == TOCSIN__V1__RUNG__RUNG_NEGATIVE;
    int64_t now_ms = time_now_ms();

    if (!negative) {
        if (options->what == NULL && options->from == NULL &&
            options->to == NULL)
            return true;
        complain("--what, --from, --to: only for negative");
        return false;
    }
    tocsin__v1__search__init(&draft->search);
    tocsin__v1__interval__init(&draft->when);
    draft->when.to_ms = now_ms;
    if (options->what == NULL || options->from == NULL ||
        !time_parse(options->from, now_ms, &draft->when.from_ms) ||
        (options->to != NULL &&
         !time_parse(options->to, now_ms, &draft->when.to_ms))) {
        complain("negative: say --what was searched and --from and --to when");
        return false;
    }
    draft->search.what = text_of(options->what);
    draft->search.when = &draft->when;
    draft->answer.search = &draft->search;
    return true;
}

static bool take_rest(struct draft *draft, const struct answer_options *options)
{
    int confidence = 0;

    if (options->officer == NULL) {
        complain("who says so? give --officer NO");
        return false;
    }
    if (options->confidence != NULL &&
        !word_value(words_confidence, options->confidence, &confidence)) {
        word_complain(words_confidence, "confidence");
        return false;
    }
    if (options->seen != NULL &&
        !time_parse(options->seen, time_now_ms(), &draft->answer.seen_ms)) {
        complain("--seen: must be RFC 3339 or \"-20m\"");
        return false;
    }
    draft->answer.officer = text_of(options->officer);
    draft->answer.text = text_of(options->text);
    draft->answer.vehicle = text_of(options->vehicle);
    draft->answer.direction = text_of(options->direction);
    draft->answer.companion = text_of(options->companion);
    draft->answer.confidence = (Tocsin__V1__Confidence)confidence;
    return true;
}

#define PICTURE_MAX (1 << 20)

static bool take_picture(struct draft *draft,
                         const struct answer_options *options, uint8_t **bytes)
{
    if (options->picture == NULL)
        return true;
    if (!file_load(options->picture, PICTURE_MAX, bytes,
                   &draft->photograph.size))
        return false;
    draft->photograph.bytes = *bytes;
    return true;
}

/* ---- waiting for the broker's word ------------------------------------------
 */

#define LOOK_AGAIN_NS (50 * 1000 * 1000)

/* The store is where the daemon leaves the answer, so it is where to look. */
static enum tocsin_status wait_for_fate(struct tocsin_store *store,
                                        const uint8_t answer_id[16],
                                        struct tocsin_fate *fate,
                                        int64_t until_ms)
{
    const struct timespec pause = {0, LOOK_AGAIN_NS};
    enum tocsin_status status;

    while ((status = tocsin_store_fate(store, answer_id, fate, NULL)) ==
               TOCSIN_OK &&
           fate->waiting && time_steady_ms() < until_ms)
        (void)nanosleep(&pause, NULL);
    return status;
}

static bool recorded(const struct tocsin_fate *fate)
{
    return fate->status == TOCSIN__V1__STATUS__STATUS_RECORDED ||
           fate->status == TOCSIN__V1__STATUS__STATUS_DUPLICATE;
}

static const char *fate_word(const struct tocsin_fate *fate)
{
    if (fate->waiting)
        return "waiting";
    return recorded(fate) ? "recorded" : "refused";
}

static const char *photograph_words(const struct tocsin_fate *fate)
{
    switch (fate->photograph) {
    case TOCSIN_PHOTOGRAPH_WAITS:
        return "; its picture follows";
    case TOCSIN_PHOTOGRAPH_RECORDED:
        return ", with its picture";
    case TOCSIN_PHOTOGRAPH_REFUSED:
        return "; its picture was refused";
    case TOCSIN_PHOTOGRAPH_NONE:
        break;
    }
    return "";
}

static void print_fate(const struct shared_options *shared,
                       const uint8_t answer_id[16],
                       const struct tocsin_fate *fate)
{
    char hex[33];

    for (size_t i = 0; i < 16; i++)
        snprintf(hex + 2 * i, 3, "%02x", answer_id[i]);
    if (shared->json)
        json_print(json_pack("{ss ss sI ss ss}", "answerId", hex, "state",
                             fate_word(fate), "sequence",
                             (json_int_t)fate->sequence, "reason", fate->reason,
                             "picture", photograph_word(fate)));
    else if (fate->waiting)
        say("stored %s; the daemon sends it as soon as the centre can be "
            "reached%s",
            hex, photograph_words(fate));
    else if (recorded(fate))
        say("recorded by the centre as %llu%s",
            (unsigned long long)fate->sequence, photograph_words(fate));
    else
        complain("refused by the centre: %s", fate->reason);
}

static enum outcome outcome_of_fate(const struct tocsin_fate *fate, bool waited)
{
    if (fate->waiting)
        return waited ? OUTCOME_UNREACHABLE : OUTCOME_DONE;
    return recorded(fate) ? OUTCOME_DONE : OUTCOME_REFUSED;
}

/* What an answer with a picture is given with, or without. */
static enum tocsin_status leave(struct tocsin_store *store, const char *alert,
                                struct draft *draft, uint8_t answer_id[16],
                                struct tocsin_diag *why)
{
    return draft->photograph.bytes == NULL
               ? tocsin_store_answer(store, alert, &draft->answer, answer_id,
                                     why)
               : tocsin_store_answer_pictured(store, alert, &draft->answer,
                                              &draft->photograph, answer_id,
                                              why);
}

static int give(const struct shared_options *shared, const char *alert,
                struct draft *draft, double wait_s)
{
    struct tocsin_fate fate = {.waiting = true};
    struct tocsin_diag why = {0};
    uint8_t answer_id[16];
    struct place place;
    enum tocsin_status status;
    enum outcome outcome = place_open(&place, shared);

    if (outcome != OUTCOME_DONE)
        return (int)outcome;
    status = leave(place.store, alert, draft, answer_id, &why);
    if (status == TOCSIN_OK &&
        wait_for_fate(place.store, answer_id, &fate,
                      time_steady_ms() + (int64_t)(wait_s * 1000)) != TOCSIN_OK)
        complain("it is stored, but what became of it cannot be read");
    if (status == TOCSIN_OK && fate.waiting)
        place_warn_unsent(&place);
    place_close(&place);
    if (status != TOCSIN_OK)
        return (int)outcome_say(status, &why, NULL);
    print_fate(shared, answer_id, &fate);
    return (int)outcome_of_fate(&fate, wait_s > 0);
}

/* ---- the four commands ---- */

#define ROWS 15

static void fill_rows(struct option_row rows[ROWS],
                      struct answer_options *options)
{
    const struct option_row all[ROWS] = {
        {.name = "officer",
         .value = "NO",
         .help = "service number",
         .text = &options->officer},
        {.name = "text",
         .value = "TEXT",
         .help = "in words",
         .text = &options->text},
        {.name = "lat",
         .value = "DEG",
         .help = "where, WGS-84",
         .text = &options->lat},
        {.name = "lon",
         .value = "DEG",
         .help = "and its longitude",
         .text = &options->lon},
        {.name = "place-text",
         .value = "TEXT",
         .help = "where, in words",
         .text = &options->place_text},
        {.name = "what",
         .value = "TEXT",
         .help = "negative: what was searched",
         .text = &options->what},
        {.name = "from",
         .value = "TIME",
         .help = "negative: since when (RFC 3339, \"-20m\")",
         .text = &options->from},
        {.name = "to",
         .value = "TIME",
         .help = "negative: until when; default: now",
         .text = &options->to},
        {.name = "vehicle",
         .value = "TEXT",
         .help = "vehicle, train or flight",
         .text = &options->vehicle},
        {.name = "direction",
         .value = "TEXT",
         .help = "where to",
         .text = &options->direction},
        {.name = "companion",
         .value = "TEXT",
         .help = "who was with the child",
         .text = &options->companion},
        {.name = "seen",
         .value = "TIME",
         .help = "when, if not now (RFC 3339, \"-20m\")",
         .text = &options->seen},
        {.name = "confidence",
         .value = "HOW",
         .help = "low, medium or high",
         .text = &options->confidence},
        {.name = "picture",
         .value = "FILE",
         .help = "sighting, intercepted: a photograph, JPEG or PNG, at most "
                 "1 MiB; sent as it is, with its metadata",
         .text = &options->picture},
        {.name = "wait",
         .value = "SECONDS",
         .help = "wait so long for the centre's word",
         .text = &options->wait},
    };

    memcpy(rows, all, sizeof all);
}

int command_answer(int argc, char **argv, struct shared_options *shared)
{
    struct answer_options options = {0};
    struct option_row rows[ROWS];
    char usage[120];
    struct command_line line = {
        .usage = usage,
        .about = "Signs the answer and stores it; the daemon sends it, now or "
                 "when the line is back.",
        .own = OPTION_TABLE(rows),
        .shared = shared_table(shared),
        .word_min = 1,
        .word_max = 1};
    struct draft draft = {0};
    uint8_t *picture = NULL;
    double wait_s = 0;
    int rung = 0;
    int outcome;
    enum parsed parsed;

    snprintf(usage, sizeof usage,
             "tocsin-terminal %s ALERT --officer NO [options]", argv[0]);
    fill_rows(rows, &options);
    parsed = options_parse(&line, argc, argv);
    if (parsed != PARSED_GO)
        return parsed == PARSED_DONE ? OUTCOME_DONE : OUTCOME_USAGE;
    tocsin__v1__answer__init(&draft.answer);
    (void)word_value(words_rung, argv[0], &rung);
    draft.answer.rung = (Tocsin__V1__Rung)rung;
    if (options.wait != NULL && !number_real(options.wait, &wait_s)) {
        complain("--wait: how many seconds?");
        return OUTCOME_USAGE;
    }
    if (!take_place(&draft, &options) || !take_search(&draft, &options) ||
        !take_rest(&draft, &options))
        return OUTCOME_USAGE;
    if (!take_picture(&draft, &options, &picture))
        return OUTCOME_LOCAL;
    outcome = give(shared, line.words[0], &draft, wait_s);
    free(picture);
    return outcome;
}
