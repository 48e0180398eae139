/* picture: an officer looks at the photograph of an alert. */
#include <stdlib.h>

#include "common/files.h"
#include "common/say.h"
#include "terminal/item.h"
#include "terminal/terminal.h"

struct picture_options {
    const char *officer;
    const char *save;
};

static enum outcome look(struct place *place, const char *alert,
                         const struct picture_options *options)
{
    struct tocsin_diag why = {0};
    enum outcome outcome;
    uint8_t *bytes;
    size_t size;
    enum tocsin_status status = tocsin_store_look(
        place->store, alert, options->officer, &bytes, &size, &why);

    if (status != TOCSIN_OK)
        return outcome_say(status, &why, "picture");
    outcome =
        file_save(options->save, bytes, size) ? OUTCOME_DONE : OUTCOME_LOCAL;
    free(bytes);
    return outcome;
}

int command_picture(int argc, char **argv, struct shared_options *shared)
{
    struct picture_options options = {0};
    const struct option_row rows[] = {{.name = "officer",
                                       .value = "NO",
                                       .help = "service number of who looks",
                                       .text = &options.officer},
                                      {.name = "save",
                                       .value = "FILE",
                                       .help = "write it there",
                                       .text = &options.save}};
    struct command_line line = {
        .usage = "tocsin-terminal picture ALERT --officer NO --save FILE",
        .about = "The photograph of an alert. That the officer looks at it is "
                 "noted first, and told to the\ncentre. It lies sealed in the "
                 "store; delete the copy when it has been looked at.",
        .own = OPTION_TABLE(rows),
        .shared = shared_table(shared),
        .word_min = 1,
        .word_max = 1};
    struct place place;
    enum parsed parsed = options_parse(&line, argc, argv);
    enum outcome outcome;

    if (parsed != PARSED_GO)
        return parsed == PARSED_DONE ? OUTCOME_DONE : OUTCOME_USAGE;
    if (options.officer == NULL || options.save == NULL) {
        complain("who looks, and where to? give --officer NO and --save FILE");
        return OUTCOME_USAGE;
    }
    outcome = place_open(&place, shared);
    if (outcome != OUTCOME_DONE)
        return (int)outcome;
    warn_of_full_disk(place.store);
    outcome = look(&place, line.words[0], &options);
    place_close(&place);
    return (int)outcome;
}
