/* tocsin show: one alert in full, and what the nodes found. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tocsin/json.h>

#include "common/files.h"
#include "common/numbers.h"
#include "common/say.h"
#include "common/words.h"
#include "tocsin/commands.h"
#include "tocsin/filing.h"
#include "tocsin/portrait.h"

static void print_summary(const Tocsin__V1__AlertSummary *summary)
{
    char text[TIME_TEXT_MAX];

    if (summary->exercise)
        say("EXERCISE EXERCISE EXERCISE");
    say("%-14s%s", "case", summary->case_number);
    say("%-14s%s", "alert", summary->alert_id);
    say("%-14s%u, %s, by %s", "revision", summary->revision,
        word_text(words_state, summary->state), summary->centre);
    say("%-14s%s", "recorded", time_text(summary->recorded_ms, text));
    if (summary->progress != NULL)
        say("%-14s%u nodes, %u held, %u shown, %u read, %u negative, %u "
            "sighting, %u intercepted",
            "coverage", summary->progress->nodes, summary->progress->held,
            summary->progress->shown, summary->progress->read,
            summary->progress->negative, summary->progress->sighting,
            summary->progress->intercepted);
}

static void print_all(const struct newest *newest, struct pool *pool)
{
    const Tocsin__V1__AlertDetail *detail = newest->detail;
    const Tocsin__V1__Alert *alert = newest_alert(newest);

    print_summary(detail->summary);
    if (newest->document != NULL &&
        newest->document->kind_case ==
            TOCSIN__V1__ALERT_DOCUMENT__KIND_WITHDRAWAL)
        portrait_withdrawal(newest->document->withdrawal);
    if (newest->document == NULL)
        complain("the document cannot be trusted: %s", newest->why.text);
    if (alert != NULL)
        portrait_alert(alert, pool);
    if (detail->answers_in_all > 0)
        say("%-14s%u, newest first", "answers", detail->answers_in_all);
    for (size_t i = 0; i < detail->n_answers; i++)
        portrait_answer(detail->answers[i]);
    if (detail->answers_in_all > detail->n_answers)
        say("... and %zu more", detail->answers_in_all - detail->n_answers);
}

static void put_json(FILE *out, const ProtobufCMessage *message)
{
    char *text = tocsin_to_json(message, 0);

    (void)fputs(text, out);
    free(text);
}

/* The reply as it came, and beside it what its signed parts say. */
static void print_json(const struct newest *newest)
{
    char *reply = tocsin_to_json(&newest->detail->base, 0);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        abort();
    (void)fprintf(out, "%.*s,\"opened\":", (int)strlen(reply) - 1, reply);
    if (newest->document != NULL)
        put_json(out, &newest->document->base);
    else
        (void)fputs("null", out);
    (void)fputs(",\"openedAnswers\":[", out);
    for (size_t i = 0; i < newest->detail->n_answers; i++) {
        Tocsin__V1__Answer *answer =
            tocsin_answer_open(newest->detail->answers[i]->answer);

        (void)fputs(i == 0 ? "" : ",", out);
        if (answer != NULL)
            put_json(out, &answer->base);
        else
            (void)fputs("null", out);
        tocsin_answer_free(answer);
    }
    (void)fputs("]}", out);
    (void)fclose(out);
    say_json(stdout, text);
    free(text);
    free(reply);
}

static enum outcome save_picture(struct session *session,
                                 const Tocsin__V1__Alert *alert,
                                 const char *path)
{
    struct tocsin_diag why = {0};
    enum tocsin_status status;
    enum outcome outcome;
    uint8_t *bytes;
    size_t size;

    if (path == NULL)
        return OUTCOME_DONE;
    if (alert == NULL || alert->picture == NULL) {
        complain("the alert has no picture");
        return OUTCOME_REFUSED;
    }
    status = tocsin_picture_get(session->client, alert->alert_id,
                                alert->picture->hash.data, &bytes, &size,
                                session->timeout_ms, &why);
    if (status != TOCSIN_OK)
        return outcome_say(status, &why, "picture");
    outcome = file_save(path, bytes, size) ? OUTCOME_DONE : OUTCOME_LOCAL;
    free(bytes);
    return outcome;
}

static enum outcome show(struct session *session, const char *alert,
                         const char *picture_path)
{
    struct newest newest = {0};
    enum outcome outcome = session_open(session);

    if (outcome == OUTCOME_DONE)
        outcome = newest_open(&newest, session, alert);
    if (outcome == OUTCOME_DONE) {
        if (session->json)
            print_json(&newest);
        else
            print_all(&newest, &session->pool);
        outcome = save_picture(session, newest_alert(&newest), picture_path);
    }
    newest_close(&newest);
    return outcome;
}

enum outcome command_show(struct session *session, int argc, char **argv)
{
    const char *picture = NULL;
    const struct option_row rows[] = {
        {.name = "save-picture",
         .value = "FILE",
         .text = &picture,
         .help = "fetch the picture, check it and write it there"}};
    struct command_line line = {
        .usage = "tocsin show ALERT [--save-picture FILE]",
        .about =
            "ALERT: its id, the beginning of it (4 letters or more), or the "
            "case number.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session),
        .word_min = 1,
        .word_max = 1};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    return go ? show(session, line.words[0], picture) : outcome;
}
