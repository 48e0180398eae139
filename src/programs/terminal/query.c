/* query: is this plate or document sought? Asked of the store, without a line.
 */
#include <stdio.h>

#include "common/say.h"
#include "terminal/item.h"
#include "terminal/terminal.h"

struct sought {
    json_t *list; /* or NULL: print */
    unsigned count;
};

static int take(void *arg, const struct tocsin_item *item)
{
    struct sought *sought = arg;

    sought->count++;
    if (sought->list != NULL)
        json_array_append_new(sought->list, item_json(item));
    else
        item_print(item);
    return 1;
}

/* 1 lets the car pass: it is the answer "not sought" and nothing else. */
static enum outcome trouble(enum outcome outcome)
{
    return outcome == OUTCOME_REFUSED ? OUTCOME_LOCAL : outcome;
}

/* What was never told here may be sought all the same. */
static enum outcome not_found(const struct tocsin_standing *standing,
                              const char *number,
                              const struct shared_options *shared)
{
    if (standing->picture_ms == 0)
        return OUTCOME_LOCAL;
    if (shared->json)
        json_print(json_array());
    else
        say("%s is not sought in any alert that is kept here", number);
    return OUTCOME_REFUSED;
}

static enum outcome ask(const struct place *place, const char *number,
                        const struct shared_options *shared)
{
    struct sought sought = {0};
    struct tocsin_standing standing;
    struct tocsin_diag why = {0};
    enum outcome outcome = OUTCOME_DONE;
    enum tocsin_status status =
        tocsin_store_standing(place->store, &standing, &why);

    if (shared->json)
        sought.list = json_array();
    if (status == TOCSIN_OK) {
        warn_of_standing(&standing);
        status = tocsin_store_query(place->store, number, take, &sought, &why);
    }
    if (status != TOCSIN_OK)
        outcome = trouble(outcome_say(status, &why, "query"));
    else if (sought.count == 0)
        outcome = not_found(&standing, number, shared);
    else if (shared->json)
        json_print(json_incref(sought.list));
    json_decref(sought.list);
    return outcome;
}

int command_query(int argc, char **argv, struct shared_options *shared)
{
    struct command_line line = {
        .usage = "tocsin-terminal query NUMBER",
        .about = "Is this plate, or the number of an identity document, sought "
                 "in a live alert? Letters' case\nand the signs between do not "
                 "matter. Answers from what is kept here, line or not, and "
                 "says on\nstandard error when that is not the centre's "
                 "picture of now. Exit code 0: sought, 1: not; 2, 4:\nit could "
                 "not be found out, or the centre was never heard here.",
        .shared = shared_table(shared),
        .word_min = 1,
        .word_max = 1};
    struct place place;
    enum parsed parsed = options_parse(&line, argc, argv);
    enum outcome outcome;

    if (parsed != PARSED_GO)
        return parsed == PARSED_DONE ? OUTCOME_DONE : OUTCOME_USAGE;
    outcome = place_open(&place, shared);
    if (outcome != OUTCOME_DONE)
        return (int)trouble(outcome);
    outcome = ask(&place, line.words[0], shared);
    place_close(&place);
    return (int)outcome;
}
