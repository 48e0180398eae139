/* tocsin board: the coverage ledger, once or as it fills. */
#define _DEFAULT_SOURCE /* struct winsize */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "common/numbers.h"
#include "common/say.h"
#include "common/table.h"
#include "common/words.h"
#include "tocsin/commands.h"

#define POLL_SECONDS 1
#define BAR_COLUMNS 30
#define HEAD_ROWS 16 /* what stands above the nodes, and a row to spare */
#define ALL_ROWS ((size_t)-1)

struct board_flags {
    const char *alert;
    Tocsin__V1__Rung up_to;
    bool watch;
};

static enum page take_board(struct session *session,
                            Tocsin__V1__Request *request,
                            const Tocsin__V1__Reply *reply,
                            ProtobufCMessage **whole)
{
    const Tocsin__V1__Board *page;

    if (reply->body_case != TOCSIN__V1__REPLY__BODY_BOARD ||
        reply->board->summary == NULL ||
        reply->board->summary->progress == NULL)
        return PAGE_STRANGE;
    page = reply->board;
    page_append(whole, &page->base);
    if (!page->more)
        return PAGE_LAST;
    if (page->n_nodes == 0)
        return PAGE_STRANGE;
    request->get_board->after =
        pool_text(&session->pool, page->nodes[page->n_nodes - 1]->node);
    return PAGE_MORE;
}

/* Gives: *board, freed by the caller with free_unpacked, also when it fails. */
static enum outcome fetch(struct session *session,
                          const struct board_flags *flags,
                          Tocsin__V1__Board **board)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__GetBoard question = TOCSIN__V1__GET_BOARD__INIT;
    ProtobufCMessage *whole = NULL;
    enum outcome outcome;

    request.body_case = TOCSIN__V1__REQUEST__BODY_GET_BOARD;
    request.get_board = &question;
    question.alert = (char *)(uintptr_t)flags->alert;
    question.up_to = flags->up_to;
    outcome = page_all(session, &request, take_board, &whole);
    pool_done(&session->pool); /* a watch must not grow */
    *board = (Tocsin__V1__Board *)whole;
    return outcome;
}

/* ---- printing ---- */

static void print_count(const char *label, uint32_t count, uint32_t of)
{
    double share = of == 0 ? 0 : (double)count / of;
    size_t full = (size_t)(share * BAR_COLUMNS);
    char bar[BAR_COLUMNS + 1];

    for (size_t i = 0; i < BAR_COLUMNS; i++)
        bar[i] = i < full ? '#' : '.';
    bar[BAR_COLUMNS] = '\0';
    say("%-12s %7u  %5.1f %%  %s", label, count, share * 100, bar);
}

static void print_time(const char *label, int64_t ms)
{
    char text[TIME_TEXT_MAX];

    say("%-12s %s", label, ms < 0 ? "not yet" : duration_text(ms, text));
}

static void print_head(const Tocsin__V1__Board *board)
{
    const Tocsin__V1__AlertSummary *summary = board->summary;
    const Tocsin__V1__Progress *progress = summary->progress;
    char text[TIME_TEXT_MAX];

    if (summary->exercise)
        say("EXERCISE EXERCISE EXERCISE");
    say("case %s  alert %s  revision %u  %s", summary->case_number,
        summary->alert_id, summary->revision,
        word_text(words_state, summary->state));
    say("recorded %s by %s", time_text(summary->recorded_ms, text),
        summary->centre);
    say("%-12s %7u", "must have it", progress->nodes);
    print_count("held", progress->held, progress->nodes);
    print_count("shown", progress->shown, progress->nodes);
    print_count("read", progress->read, progress->nodes);
    print_count("negative", progress->negative, progress->nodes);
    print_count("sighting", progress->sighting, progress->nodes);
    print_count("intercepted", progress->intercepted, progress->nodes);
    print_time("half had it", progress->to_50_ms);
    print_time("95 %", progress->to_95_ms);
    print_time("all", progress->to_100_ms);
    say("%-12s %7u", "dark", board->dark);
}

static void add_node(struct table *table, const Tocsin__V1__NodeState *node)
{
    char text[TIME_TEXT_MAX];
    bool dark = node->rung == TOCSIN__V1__RUNG__RUNG_UNSPECIFIED;

    table_cell(table, "%s", node->node);
    table_cell(table, "%s", node->name);
    table_cell(table, "%s", node->name_en);
    table_cell(table, "%s", word_text(words_kind, node->kind));
    table_cell(table, "%s", node->division);
    table_cell(table, "%s%s", word_text(words_rung, node->rung),
               node->revoked ? ", revoked" : "");
    table_cell(table, "%s", dark ? "-" : duration_text(node->held_ms, text));
    table_cell(table, "%u", node->direct_tries);
    table_cell(table, "%s", time_text(node->last_heard_ms, text));
}

static void print_nodes(const Tocsin__V1__Board *board, size_t rows)
{
    static const char *const heads[] = {
        "NODE", "NAME",        "ENGLISH",        "KIND",      "DIVISION",
        "RUNG", ">HELD AFTER", ">SENT DIRECTLY", "LAST HEARD"};
    struct table *table = table_new(heads, 9);

    for (size_t i = 0; i < board->n_nodes && i < rows; i++)
        add_node(table, board->nodes[i]);
    table_print(table, stdout);
    table_free(table);
    if (board->n_nodes > rows)
        say("... and %zu more", board->n_nodes - rows);
}

/* ---- watching ---- */

static size_t rows_below(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 ||
        size.ws_row <= HEAD_ROWS)
        return 4;
    return size.ws_row - HEAD_ROWS;
}

static void redraw(const Tocsin__V1__Board *board)
{
    (void)fputs("\033[H\033[J", stdout);
    print_head(board);
    print_nodes(board, rows_below());
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
    enum outcome outcome;

    for (;;) {
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
        print_head(board);
        print_nodes(board, ALL_ROWS);
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
    else if (word != NULL && !word_value(words_rung, word, &rung)) {
        word_complain(words_rung, "list");
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
                 "sighting, or all (dark)"},
        {.name = "watch",
         .flag = &flags.watch,
         .help = "go on, once a second, until interrupted"}};
    struct command_line line = {
        .usage = "tocsin board ALERT [--watch] [--list RUNG]",
        .about = "How many nodes must have the alert, how many hold it, have "
                 "shown it, have read it,\nwhat they found, how long it took, "
                 "and each node that is dark.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session),
        .word_min = 1,
        .word_max = 1};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    if (!go)
        return outcome;
    flags.alert = line.words[0];
    outcome = read_rung(list, &flags.up_to);
    if (outcome == OUTCOME_DONE)
        outcome = session_open(session);
    if (outcome != OUTCOME_DONE)
        return outcome;
    return flags.watch ? watch(session, &flags) : once(session, &flags);
}
