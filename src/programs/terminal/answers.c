/* answers: what this node's officers said, and what became of it. */
#include <stdio.h>

#include "common/numbers.h"
#include "common/say.h"
#include "common/table.h"
#include "common/words.h"
#include "terminal/item.h"
#include "terminal/terminal.h"

/* What the officer who gave it must know. */
static void fate_words(const struct tocsin_own_answer *answer, char *out,
                       size_t room)
{
    const struct tocsin_fate *fate = &answer->fate;

    if (fate->waiting)
        snprintf(out, room, "waits here");
    else if (fate->sequence == 0)
        snprintf(out, room, "refused: %s", fate->reason);
    else if (answer->said_ms == 0)
        snprintf(out, room, "recorded as %llu",
                 (unsigned long long)fate->sequence);
    else if (answer->verdict == TOCSIN__V1__VERDICT__VERDICT_CHECKING)
        snprintf(out, room, "received, officer %s is on it", answer->officer);
    else
        snprintf(out, room, "%s by officer %s",
                 word_text(words_verdict, (int)answer->verdict),
                 answer->officer);
}

const char *photograph_word(const struct tocsin_fate *fate)
{
    switch (fate->photograph) {
    case TOCSIN_PHOTOGRAPH_WAITS:
        return "waiting";
    case TOCSIN_PHOTOGRAPH_RECORDED:
        return "recorded";
    case TOCSIN_PHOTOGRAPH_REFUSED:
        return "refused";
    case TOCSIN_PHOTOGRAPH_NONE:
        break;
    }
    return "none";
}

static void photograph_cell(struct table *table, const struct tocsin_fate *fate)
{
    if (fate->photograph == TOCSIN_PHOTOGRAPH_REFUSED)
        table_cell(table, "refused: %s", fate->photograph_reason);
    else
        table_cell(table, "%s", photograph_word(fate));
}

static int answer_row(void *arg, const struct tocsin_own_answer *answer)
{
    struct table *table = arg;
    char text[300];

    table_cell(table, "%s", time_text(answer->at_ms, text));
    table_cell(table, "%s", word_text(words_rung, (int)answer->rung));
    table_cell(table, "%u", answer->revision);
    fate_words(answer, text, sizeof text);
    table_cell(table, "%s", text);
    photograph_cell(table, &answer->fate);
    return 1;
}

static int answer_json(void *arg, const struct tocsin_own_answer *answer)
{
    char id[33];

    for (int i = 0; i < 16; i++)
        snprintf(id + 2 * i, 3, "%02x", answer->answer_id[i]);
    json_array_append_new(
        arg,
        json_pack("{ss ss si sI sb ss sI ss ss sI ss}", "answerId", id, "rung",
                  word_text(words_rung, (int)answer->rung), "revision",
                  (int)answer->revision, "atMs", (json_int_t)answer->at_ms,
                  "waiting", (int)answer->fate.waiting, "reason",
                  answer->fate.reason, "sequence",
                  (json_int_t)answer->fate.sequence, "verdict",
                  word_text(words_verdict, (int)answer->verdict), "officer",
                  answer->officer, "saidMs", (json_int_t)answer->said_ms,
                  "picture", photograph_word(&answer->fate)));
    return 1;
}

static enum tocsin_status print_table(struct tocsin_store *store,
                                      const char *alert,
                                      struct tocsin_diag *why)
{
    static const char *const heads[] = {"given", "what", ">rev", "became",
                                        "picture"};
    struct table *table = table_new(heads, sizeof heads / sizeof heads[0]);
    enum tocsin_status status =
        tocsin_store_answers(store, alert, answer_row, table, why);

    if (status == TOCSIN_OK)
        table_print(table, stdout);
    table_free(table);
    return status;
}

static enum tocsin_status print_all_json(struct tocsin_store *store,
                                         const char *alert,
                                         struct tocsin_diag *why)
{
    json_t *list = json_array();
    enum tocsin_status status =
        tocsin_store_answers(store, alert, answer_json, list, why);

    if (status == TOCSIN_OK)
        json_print(list);
    else
        json_decref(list);
    return status;
}

int command_answers(int argc, char **argv, struct shared_options *shared)
{
    struct command_line line = {
        .usage = "tocsin-terminal answers ALERT",
        .about = "What the officers of this node said of an alert, newest "
                 "first, and what became of it:\nwaits here, recorded, "
                 "received by an officer, confirmed, dismissed, refused.",
        .shared = shared_table(shared),
        .word_min = 1,
        .word_max = 1};
    struct place place;
    struct tocsin_diag why = {0};
    enum parsed parsed = options_parse(&line, argc, argv);
    enum tocsin_status status;
    enum outcome outcome;

    if (parsed != PARSED_GO)
        return parsed == PARSED_DONE ? OUTCOME_DONE : OUTCOME_USAGE;
    outcome = place_open(&place, shared);
    if (outcome != OUTCOME_DONE)
        return (int)outcome;
    warn_of_full_disk(place.store);
    status = shared->json ? print_all_json(place.store, line.words[0], &why)
                          : print_table(place.store, line.words[0], &why);
    place_close(&place);
    return status == TOCSIN_OK ? OUTCOME_DONE
                               : (int)outcome_say(status, &why, "answers");
}
