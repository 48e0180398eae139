/* tocsin drill: an exercise over a target, and its score. */
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/interrupt.h"
#include "common/numbers.h"
#include "common/say.h"
#include "tocsin/board_fetch.h"
#include "tocsin/commands.h"
#include "tocsin/filing.h"
#include "tocsin/score_print.h"

#define LOOK_EVERY_S 1
#define GRACE_MS (60 * 60 * 1000) /* it ends by itself if we cannot end it */
#define DEFAULT_FOR_MS (5 * 60 * 1000)

struct drill_flags {
    struct alert_flags alert;
    const char *duration;
    const char *by;
    const char *score;
    bool csv;
    int64_t for_ms;
    size_t digits;
};

/* ---- the exercise -------------------------------------------------------- */

static bool is_placed(const struct alert_flags *flags)
{
    return flags->seen_at != NULL || flags->seen != NULL ||
           flags->seen_division != NULL;
}

/* What nobody has to think of for a drill. */
static void fill_flags(struct alert_flags *flags, struct pool *pool)
{
    const struct target_flags *target = &flags->target;

    if (flags->sex == NULL)
        flags->sex = "unknown";
    if (flags->age == NULL)
        flags->age = "6";
    if (flags->seen_time == NULL)
        flags->seen_time = "now";
    if (is_placed(flags))
        return;
    if (target->divisions.count > 0) {
        flags->seen_division = target->divisions.at[0];
    } else if (target->circles.count > 0) {
        char *centre = pool_text(pool, target->circles.at[0]);
        char *last = strrchr(centre, ',');

        if (last != NULL)
            *last = '\0';
        flags->seen = centre;
    }
}

static enum outcome file(struct session *session, struct drill_flags *flags,
                         struct draft *draft)
{
    enum outcome outcome;

    fill_flags(&flags->alert, &session->pool);
    if (!is_placed(&flags->alert)) {
        complain("where? Give --division or --circle, or with another target "
                 "--seen LAT,LON");
        return OUTCOME_USAGE;
    }
    draft->alert.exercise = true;
    if (flags->alert.expires == NULL)
        draft->alert.expires_ms =
            draft->alert.sent_ms + flags->for_ms + GRACE_MS;
    outcome = draft_apply(draft, &flags->alert);
    if (outcome == OUTCOME_DONE)
        outcome = filing_complete(draft);
    return outcome == OUTCOME_DONE ? filing_quietly(draft) : outcome;
}

static void show_progress(const Tocsin__V1__Progress *progress, int64_t left_ms)
{
    if (isatty(STDERR_FILENO) != 1)
        return;
    (void)fprintf(stderr,
                  "\rdrill: nodes %u  held %u  shown %u  read %u  "
                  "%" PRId64 " s left ",
                  progress->nodes, progress->held, progress->shown,
                  progress->read, left_ms / 1000);
    (void)fflush(stderr);
}

/* All have read it. A broker that is away for a while is only waited for. */
static bool look(struct session *session, const char *alert, int64_t left_ms)
{
    Tocsin__V1__Board *board;
    bool over = false;

    if (board_fetch(session, alert, TOCSIN__V1__RUNG__RUNG_UNSPECIFIED,
                    &board) == OUTCOME_DONE) {
        const Tocsin__V1__Progress *progress = board->summary->progress;

        show_progress(progress, left_ms);
        over =
            progress->read == progress->nodes ||
            board->summary->state != TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE;
    }
    if (board != NULL)
        tocsin__v1__board__free_unpacked(board, NULL);
    return over;
}

static void wait_for_all(struct session *session, const char *alert,
                         int64_t for_ms)
{
    int64_t until_ms = time_steady_ms() + for_ms;
    const struct timespec pause = {LOOK_EVERY_S, 0};
    int64_t left_ms;

    while (!interrupted() && (left_ms = until_ms - time_steady_ms()) > 0 &&
           !look(session, alert, left_ms))
        (void)nanosleep(&pause, NULL);
    if (isatty(STDERR_FILENO) == 1)
        (void)fputc('\n', stderr);
}

/* ---- the score ----------------------------------------------------------- */

static enum outcome score(struct session *session, const char *alert,
                          const struct drill_flags *flags)
{
    Tocsin__V1__Board *board;
    struct score result;
    enum outcome outcome =
        board_fetch(session, alert, TOCSIN__V1__RUNG__RUNG_INTERCEPTED, &board);

    if (outcome == OUTCOME_DONE) {
        score_make(&result, board, flags->digits);
        score_print(&result, board->summary,
                    flags->csv      ? SCORE_CSV
                    : session->json ? SCORE_JSON
                                    : SCORE_TEXT);
        score_done(&result);
    }
    if (board != NULL)
        tocsin__v1__board__free_unpacked(board, NULL);
    return outcome;
}

/* Whatever number its newest revision has by now. */
static enum outcome withdraw(struct session *session, const char *alert)
{
    Tocsin__V1__Withdrawal withdrawal = TOCSIN__V1__WITHDRAWAL__INIT;
    struct newest newest = {0};
    enum outcome outcome = newest_open(&newest, session, alert);

    if (outcome == OUTCOME_DONE &&
        newest.detail->summary->state !=
            TOCSIN__V1__ALERT_STATE__ALERT_STATE_WITHDRAWN) {
        withdrawal.alert_id = (char *)(uintptr_t)alert;
        withdrawal.revision = newest.detail->summary->revision + 1;
        withdrawal.exercise = true;
        withdrawal.sent_ms = time_now_ms();
        withdrawal.reason =
            TOCSIN__V1__WITHDRAWAL_REASON__WITHDRAWAL_REASON_OTHER;
        outcome = filing_withdraw(session, &withdrawal, true);
    }
    newest_close(&newest);
    if (outcome != OUTCOME_DONE)
        complain("the exercise is still out; end it with: tocsin withdraw %s "
                 "--reason other",
                 alert);
    return outcome;
}

static enum outcome drill(struct session *session, struct drill_flags *flags)
{
    char alert[27] = "";
    struct draft draft;
    enum outcome withdrawn;
    enum outcome outcome;

    interrupt_watch();
    draft_new(&draft, session);
    outcome = file(session, flags, &draft);
    if (outcome == OUTCOME_DONE)
        strncpy(alert, draft.alert.alert_id, sizeof alert - 1);
    draft_done(&draft);
    if (outcome != OUTCOME_DONE)
        return outcome;
    say_to(stderr, "exercise %s is out", alert);
    wait_for_all(session, alert, flags->for_ms);
    withdrawn = withdraw(session, alert);
    outcome = score(session, alert, flags);
    return outcome == OUTCOME_DONE ? withdrawn : outcome;
}

/* ---- the command line ---------------------------------------------------- */

static enum outcome read_flags(struct drill_flags *flags)
{
    const char *by = flags->by == NULL ? "county" : flags->by;

    flags->for_ms = DEFAULT_FOR_MS;
    flags->digits = strcmp(by, "county") == 0       ? 6
                    : strcmp(by, "prefecture") == 0 ? 4
                                                    : 0;
    if (flags->digits == 0) {
        complain("--by %.20s: must be county or prefecture", by);
        return OUTCOME_USAGE;
    }
    if (flags->duration == NULL ||
        (duration_parse(flags->duration, &flags->for_ms) && flags->for_ms > 0 &&
         flags->for_ms <= 7 * 86400000LL))
        return OUTCOME_DONE;
    complain("--for %.20s: must be a stretch of at most 7 days (90s, 5m)",
             flags->duration);
    return OUTCOME_USAGE;
}

enum outcome command_drill(struct session *session, int argc, char **argv)
{
    struct drill_flags flags = {0};
    const struct option_row rows[] = {
        ALERT_ROWS(&flags.alert),
        {.name = "for",
         .value = "DURATION",
         .text = &flags.duration,
         .help = "how long at most (5m)"},
        {.name = "by",
         .value = "LEVEL",
         .text = &flags.by,
         .help = "districts: county or prefecture (county)"},
        {.name = "score",
         .value = "ALERT",
         .text = &flags.score,
         .help = "score one that is over, or an actual alert; nothing is sent"},
        {.name = "csv",
         .flag = &flags.csv,
         .help = "a table: total, districts, nodes; times in ms; ' before "
                 "what a spreadsheet takes for a formula"}};
    struct command_line line = {
        .usage = "tocsin drill TARGET [options] | tocsin drill --score ALERT",
        .about = "Files an exercise, signed with the exercise key and marked "
                 "as one on every screen,\nwaits until all nodes have read it, "
                 "for five minutes, or for ^C, withdraws it, and\nscores nodes "
                 "and districts: who held, showed and read it, how long after "
                 "it first\nhad to come to each, and who stayed dark. The "
                 "target is as in tocsin report; the place\nlast seen is, when "
                 "not said, its first division or circle.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session)};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    if (!go)
        return outcome;
    outcome = read_flags(&flags);
    if (outcome == OUTCOME_DONE)
        outcome = session_open(session);
    if (outcome != OUTCOME_DONE)
        return outcome;
    return flags.score != NULL ? score(session, flags.score, &flags)
                               : drill(session, &flags);
}
