/* tocsin-terminal: the checkpoint's daemon and what an officer says to it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/files.h"
#include "common/say.h"
#include "terminal/item.h"
#include "terminal/terminal.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv, struct shared_options *shared);
    const char *about;
} commands[] = {
    {"run", command_run, "hold the feed, keep and answer alerts"},
    {"list", command_list, "the alerts on the screen"},
    {"show", command_show, "one alert, all of it"},
    {"read", command_answer, "an officer has read it"},
    {"negative", command_answer, "searched, the child is not here"},
    {"sighting", command_answer, "the child has been seen"},
    {"intercepted", command_answer, "the child is with the officers"},
    {"found", command_found, "register a child of unknown origin"},
    {"query", command_query, "is this plate or document sought?"},
    {"picture", command_picture, "the photograph of one; the look is noted"},
    {"answers", command_answers, "what we said of one, and what became of it"},
    {"status", command_status, "how this terminal stands"},
    {"keygen", command_keygen, "make this node's own key"},
};
#define COMMANDS (sizeof commands / sizeof commands[0])

struct option_table shared_table(struct shared_options *shared)
{
    static struct option_row rows[5];

    rows[0] = (struct option_row){.name = "bundle",
                                  .value = "FILE",
                                  .help = "the node's bundle "
                                          "(or TOCSIN_BUNDLE)",
                                  .text = &shared->bundle};
    rows[1] = (struct option_row){.name = "own-key",
                                  .value = "FILE",
                                  .help = "the node's own key, when the bundle "
                                          "has none",
                                  .text = &shared->own_key};
    rows[2] = (struct option_row){.name = "store",
                                  .value = "DIR",
                                  .help = "where alerts and answers are kept; "
                                          "default: BUNDLE.store",
                                  .text = &shared->store};
    rows[3] = (struct option_row){
        .name = "json", .help = "print JSON", .flag = &shared->json};
    rows[4] = (struct option_row){
        .name = "languages",
        .value = "TAGS",
        .help = "texts in these, the best first: bo,zh-Hans (or "
                "TOCSIN_LANGUAGES, or the locale)",
        .text = &shared->languages};
    return OPTION_TABLE(rows);
}

/* "/etc/tocsin/BC-093.json" has its store in "/etc/tocsin/BC-093.store". */
static bool default_store(const char *bundle, char out[PLACE_PATH_MAX])
{
    size_t size = strlen(bundle);

    if (size > 5 && strcmp(bundle + size - 5, ".json") == 0)
        size -= 5;
    return (size_t)snprintf(out, PLACE_PATH_MAX, "%.*s.store", (int)size,
                            bundle) < PLACE_PATH_MAX;
}

#define WRITER_PATIENCE_MS (60 * 1000)

static void tell_writer(void *arg, const char *who)
{
    (void)arg;
    complain("waiting: %s writes to the store (^C: nothing was stored)", who);
}

enum outcome place_open(struct place *place,
                        const struct shared_options *shared)
{
    const char *bundle = shared->bundle;
    struct tocsin_diag why = {0};
    enum tocsin_status status;

    memset(place, 0, sizeof *place);
    languages_set(shared->languages);
    if (bundle == NULL)
        bundle = getenv("TOCSIN_BUNDLE");
    if (bundle == NULL || !default_store(bundle, place->folder)) {
        complain("whose terminal? give --bundle FILE");
        return OUTCOME_USAGE;
    }
    if (shared->store != NULL &&
        (size_t)snprintf(place->folder, sizeof place->folder, "%s",
                         shared->store) >= sizeof place->folder) {
        complain("--store: the path is too long");
        return OUTCOME_USAGE;
    }
    place->path = bundle;
    status = tocsin_bundle_load(&place->bundle, bundle, shared->own_key, &why);
    if (status == TOCSIN_OK && tocsin_bundle_role(place->bundle) !=
                                   TOCSIN__V1__ROLE__ROLE_CHECKPOINT) {
        complain("%s: is not a checkpoint's bundle", bundle);
        place_close(place);
        return OUTCOME_USAGE;
    }
    if (status == TOCSIN_OK)
        status = tocsin_store_open(&place->store, place->folder, place->bundle,
                                   &why);
    if (status == TOCSIN_OK) {
        tocsin_store_wait(place->store, WRITER_PATIENCE_MS, tell_writer, NULL);
        return OUTCOME_DONE;
    }
    place_close(place);
    (void)outcome_say(status, &why, NULL);
    return status == TOCSIN_MISSING ? OUTCOME_LOCAL : outcome_of(status);
}

void place_close(struct place *place)
{
    tocsin_store_close(place->store);
    tocsin_bundle_free(place->bundle);
    memset(place, 0, sizeof *place);
}

void place_warn_unsent(const struct place *place)
{
    struct tocsin_standing standing;

    if (tocsin_store_standing(place->store, &standing, NULL) == TOCSIN_OK &&
        !standing.running)
        complain("NO DAEMON IS RUNNING on %s: nothing goes to the centre from "
                 "there before `tocsin-terminal run --bundle %s --store %s` "
                 "does",
                 place->folder, place->path, place->folder);
}

int command_keygen(int argc, char **argv, struct shared_options *shared)
{
    struct command_line line = {
        .usage = "tocsin-terminal keygen FILE",
        .about = "Makes this node's key in FILE (mode 0600) and its public "
                 "half in FILE.pub,\nwhich is what `tocsin enrol --public-key` "
                 "takes. FILE never leaves this machine.",
        .shared = shared_table(shared),
        .word_min = 1,
        .word_max = 1};
    struct tocsin_diag why = {0};
    enum tocsin_status status;
    enum parsed parsed = options_parse(&line, argc, argv);

    if (parsed != PARSED_GO)
        return parsed == PARSED_DONE ? OUTCOME_DONE : OUTCOME_USAGE;
    status = tocsin_keygen(line.words[0], false, &why);
    if (status != TOCSIN_OK)
        return (int)outcome_say(status, &why, "keygen");
    say("made %s and %s.pub", line.words[0], line.words[0]);
    return OUTCOME_DONE;
}

static char *command_lines(void)
{
    static char text[1200];
    size_t used = 0;

    used += (size_t)snprintf(text, sizeof text, "commands:");
    for (size_t i = 0; i < COMMANDS && used < sizeof text; i++)
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "\n  %-12s %s",
                             commands[i].name, commands[i].about);
    return text;
}

/* What was printed only in part is not done. */
static int printed(int code)
{
    if ((fflush(stdout) == 0 && ferror(stdout) == 0) || code != OUTCOME_DONE)
        return code;
    complain("standard output cannot be written");
    return OUTCOME_LOCAL;
}

int main(int argc, char **argv)
{
    struct shared_options shared = {0};
    struct command_line line = {.usage = "tocsin-terminal COMMAND [options]",
                                .about = command_lines(),
                                .shared = shared_table(&shared)};
    int command;
    enum parsed parsed;

    files_keep_standard();
    parsed = options_before(&line, argc, argv, &command);

    if (parsed != PARSED_GO)
        return parsed == PARSED_DONE ? printed(OUTCOME_DONE) : OUTCOME_USAGE;
    for (size_t i = 0; command < argc && i < COMMANDS; i++) {
        int code;

        if (strcmp(argv[command], commands[i].name) != 0)
            continue;
        code = commands[i].run(argc - command, argv + command, &shared);
        return commands[i].run == command_run ? code : printed(code);
    }
    if (command < argc)
        complain("%s: no such command; see --help", argv[command]);
    else
        complain("no command; see --help");
    return OUTCOME_USAGE;
}
