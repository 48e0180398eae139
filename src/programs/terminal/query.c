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

int command_query(int argc, char **argv, struct shared_options *shared)
{
    struct command_line line = {
        .usage = "tocsin-terminal query NUMBER",
        .about = "Is this plate, or the number of an identity document, sought "
                 "in a live alert? Letters' case\nand the signs between do not "
                 "matter. Answers from what is kept here, line or not. Exit\n"
                 "code 0: sought, 1: not.",
        .shared = shared_table(shared),
        .word_min = 1,
        .word_max = 1};
    struct sought sought = {0};
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
    if (shared->json)
        sought.list = json_array();
    status =
        tocsin_store_query(place.store, line.words[0], take, &sought, &why);
    place_close(&place);
    if (shared->json)
        json_print(sought.list);
    if (status != TOCSIN_OK)
        return (int)outcome_say(status, &why, "query");
    if (sought.count == 0 && !shared->json)
        say("%s is not sought in any alert that is kept here", line.words[0]);
    return sought.count > 0 ? OUTCOME_DONE : OUTCOME_REFUSED;
}
