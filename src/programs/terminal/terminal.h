/** What the commands of tocsin-terminal share. */
#ifndef TOCSIN_PROGRAMS_TERMINAL_H
#define TOCSIN_PROGRAMS_TERMINAL_H

#include <stdbool.h>

#include <tocsin/terminal.h>

#include "common/options.h"
#include "common/outcome.h"

/** What every command takes. */
struct shared_options {
    const char *bundle;
    const char *own_key;
    const char *store;
    const char *languages;
    bool json;
};

/** The rows of those options for a table; valid as long as shared is. */
struct option_table shared_table(struct shared_options *shared);

#define PLACE_PATH_MAX 4096

/** A bundle and its store, opened. */
struct place {
    const char *path;            /* of the bundle */
    char folder[PLACE_PATH_MAX]; /* of the store */
    struct tocsin_bundle *bundle;
    struct tocsin_store *store;
};

/** On failure it has been said on stderr; the outcome to exit with. */
enum outcome place_open(struct place *place,
                        const struct shared_options *shared);
void place_close(struct place *place);
/** On stderr, where something was left here that nobody sends. */
void place_warn_unsent(const struct place *place);

/** "none", "waiting", "recorded", "refused". */
const char *photograph_word(const struct tocsin_fate *fate);

/* One command each; argv[0] is the command's name. */
int command_run(int argc, char **argv, struct shared_options *shared);
int command_list(int argc, char **argv, struct shared_options *shared);
int command_show(int argc, char **argv, struct shared_options *shared);
int command_status(int argc, char **argv, struct shared_options *shared);
int command_picture(int argc, char **argv, struct shared_options *shared);
int command_query(int argc, char **argv, struct shared_options *shared);
int command_answers(int argc, char **argv, struct shared_options *shared);
int command_answer(int argc, char **argv, struct shared_options *shared);
int command_found(int argc, char **argv, struct shared_options *shared);
int command_keygen(int argc, char **argv, struct shared_options *shared);

#endif
