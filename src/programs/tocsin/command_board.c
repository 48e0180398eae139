/* tocsin board: the coverage ledger, once or as it fills. */
#define _DEFAULT_SOURCE /* struct winsize */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "common/numbers.h"
#include "common/say.h"
#include "common/words.h"
#include "tocsin/board_fetch.h"
#include "tocsin/board_print.h"
#include "tocsin/commands.h"

#define POLL_SECONDS 1
#define HEAD_ROWS 16 /* what stands above the nodes, and a row to spare */

struct board_flags {
    const char *alert;
    Tocsin__V1__Rung up_to;
    bool watch;
    bool by_arrival;
};

/* Where the child can be soonest first; what is not known last. */
static int by_arrival(const void *a, const void *b)
{
    const Tocsin__V1__NodeState *left = *(Tocsin__V1__NodeState *const *)a;
    const Tocsin__V1__NodeState *right = *(Tocsin__V1__NodeState *const *)b;

    if ((left->earliest_ms == 0) != (right->earliest_ms == 0))
        return left->earliest_ms == 0 ? 1 : -1;
    if (left->earliest_ms != right->earliest_ms)
        return left->earliest_ms < right->earliest_ms ? -1 : 1;
    return strcmp(left->node, right->node);
}

/* As board_fetch. */
static enum outcome fetch(struct session *session,
                          const struct board_flags *flags,
                          Tocsin__V1__Board **board)
{
    enum outcome outcome =
        board_fetch(session, flags->alert, flags->up_to, board);

    if (outcome == OUTCOME_DONE && flags->by_arrival && (*board)->n_nodes > 0)
        qsort((*board)->nodes, (*board)->n_nodes, sizeof *(*board)->nodes,
              by_arrival);
    return outcome;
}

/* ---- watching ---- */

static size_t rows_below(const Tocsin__V1__Board *board)
{
    size_t above = HEAD_ROWS + board->summary->n_rings + 1;
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row <= above)
        return 4;
    return size.ws_row - above;
}

static void redraw(const Tocsin__V1__Board *board)
{
    (void)fputs("\033[H\033[J", stdout);
    board_print_head(board);
    board_print_nodes(board, rows_below(board));
    (void)fflush(stdout);
}

static void print_change(const struct session *session,
                         const Tocsin__V1__Board *board)
{
    const Tocsin__V1__Progress *progress = board->summary->progress;
    char text[TIME_TEXT_MAX];

    if (session->json) {
        session_print(&board->base, true);
        return;
    }
    say("%s  revision %u %s  nodes %u  held %u  shown %u  read %u  negative %u "
        " sighting %u  intercepted %u  dark %u",
        time_text(time_now_ms(), text), board->summary->revision,
        word_text(words_state, board->summary->state), progress->nodes,
        progress->held, progress->shown, progress->read, progress->negative,
        progress->sighting, progress->intercepted, board->dark);
}

static bool same(const Tocsin__V1__Board *one, const Tocsin__V1__Board *two)
{
    const Tocsin__V1__Progress *a = one->summary->progress;
    const Tocsin__V1__Progress *b = two->summary->progress;

    return one->dark == two->dark &&
           one->summary->widened_ms == two->summary->widened_ms &&
           one->summary->revision == two->summary->revision &&
           one->summary->state == two->summary->state && a->nodes == b->nodes &&
           a->held == b->held && a->shown == b->shown && a->read == b->read &&
           a->negative == b->negative && a->sighting == b->sighting &&
           a->intercepted == b->intercepted;
}

/* Until interrupted, or refused. A broker that is away for a while is only
 * told of: the one who watches wants to go on watching. */
static enum outcome watch(struct session *session,
                          const struct board_flags *flags)
{
    bool terminal = isatty(STDOUT_FILENO) == 1 && !session->json;
    Tocsin__V1__Board *last = NULL;
    enum outcome outcome = OUTCOME_DONE;

    while (ferror(stdout) == 0) { /* else nobody reads it: main says so */
        const struct timespec pause = {POLL_SECONDS, 0};
        Tocsin__V1__Board *board;

        outcome = fetch(session, flags, &board);
        if (outcome == OUTCOME_DONE) {
            if (terminal)
                redraw(board);
            else if (last == NULL || !same(last, board))
                print_change(session, board);
            if (last != NULL)
                tocsin__v1__board__free_unpacked(last, NULL);
            last = board;
        } else {
            if (board != NULL)
                tocsin__v1__board__free_unpacked(board, NULL);
            if (outcome != OUTCOME_UNREACHABLE)
                break;
        }
        (void)nanosleep(&pause, NULL);
    }
    if (last != NULL)
        tocsin__v1__board__free_unpacked(last, NULL);
    return outcome;
}

/* ---- the command ---- */

static enum outcome once(struct session *session,
                         const struct board_flags *flags)
{
    Tocsin__V1__Board *board;
    enum outcome outcome = fetch(session, flags, &board);

    if (outcome == OUTCOME_DONE && session->json) {
        session_print(&board->base, false);
    } else if (outcome == OUTCOME_DONE) {
        board_print_head(board);
        board_print_nodes(board, ALL_ROWS);
    }
    if (board != NULL)
        tocsin__v1__board__free_unpacked(board, NULL);
    return outcome;
}

static enum outcome read_rung(const char *word, Tocsin__V1__Rung *up_to)
{
    int rung = TOCSIN__V1__RUNG__RUNG_UNSPECIFIED;

    if (word != NULL && strcmp(word, "all") == 0)
        rung = TOCSIN__V1__RUNG__RUNG_INTERCEPTED;
    else if (word != NULL && strcmp(word, "unsearched") == 0)
        rung = TOCSIN__V1__RUNG__RUNG_READ;
    else if (word != NULL && !word_value(words_rung, word, &rung)) {
        complain("--list: must be dark, held, shown, read, negative, sighting, "
                 "unsearched or all");
        return OUTCOME_USAGE;
    }
    *up_to = (Tocsin__V1__Rung)rung;
    return OUTCOME_DONE;
}

enum outcome command_board(struct session *session, int argc, char **argv)
{
    struct board_flags flags = {0};
    const char *list = NULL;
    const struct option_row rows[] = {
        {.name = "list",
         .value = "RUNG",
         .text = &list,
         .help = "name the nodes up to dark, held, shown, read, negative, "
                 "sighting; unsearched; or all (dark)"},
        {.name = "by-arrival",
         .flag = &flags.by_arrival,
         .help = "where the child can be soonest first"},
        {.name = "watch",
         .flag = &flags.watch,
         .help = "go on, once a second, until interrupted"}};
    struct command_line line = {
        .usage = "tocsin board ALERT [--watch] [--list RUNG] [--by-arrival]",
        .about = "How many nodes must have the alert, how many hold it, have "
                 "shown it, have read it,\nwhat they found, how long it took; "
                 "how far its rings have come and when they come\nfurther; and "
                 "each node that is dark, with the time when a child could be "
                 "there.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session),
        .word_min = 1,
        .word_max = 1};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    if (!go)
        return outcome;
    flags.alert = line.words[0];
    session->waits = flags.watch;
    outcome = read_rung(list, &flags.up_to);
    if (outcome == OUTCOME_DONE)
        outcome = session_open(session);
    if (outcome != OUTCOME_DONE)
        return outcome;
    return flags.watch ? watch(session, &flags) : once(session, &flags);
}
