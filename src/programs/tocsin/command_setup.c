/* tocsin init, journal, keygen: what needs no broker. */
#include <string.h>

#include "common/say.h"
#include "tocsin/commands.h"
#include "tocsin/maintenance.h"

#define WORDS_MAX 64

/* The home is tocsind's business: what stands here is handed on as it is. */
static enum outcome hand_on(int argc, char **argv)
{
    const char *words[WORDS_MAX + 2] = {NULL};

    if (argc > WORDS_MAX) {
        complain("too many words");
        return OUTCOME_USAGE;
    }
    for (int i = 0; i < argc; i++)
        words[i + 1] = argv[i];
    return tocsind_become(words);
}

enum outcome command_init(struct session *session, int argc, char **argv)
{
    (void)session;
    return hand_on(argc, argv);
}

enum outcome command_journal(struct session *session, int argc, char **argv)
{
    (void)session;
    return hand_on(argc, argv);
}

enum outcome command_keygen(struct session *session, int argc, char **argv)
{
    bool centre = false;
    const struct option_row rows[] = {
        {.name = "centre",
         .flag = &centre,
         .help = "with a second key for exercises, as centres need"}};
    struct command_line line = {
        .usage = "tocsin keygen FILE [--centre]",
        .about = "Makes a key on this machine: FILE holds the secret half and "
                 "stays here; FILE.pub\ngoes to the administrator (enrol "
                 "--public-key).",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session),
        .word_min = 1,
        .word_max = 1};
    struct tocsin_diag why = {0};
    enum tocsin_status status;
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    if (!go)
        return outcome;
    status = tocsin_keygen(line.words[0], centre, &why);
    if (status != TOCSIN_OK)
        return outcome_say(status, &why, NULL);
    say("%s  stays here", line.words[0]);
    say("%s.pub  goes to the administrator", line.words[0]);
    return OUTCOME_DONE;
}
