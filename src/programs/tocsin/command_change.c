/* tocsin revise, widen, withdraw: the next revision of what is out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/numbers.h"
#include "common/say.h"
#include "common/words.h"
#include "tocsin/commands.h"
#include "tocsin/filing.h"

/* Two points that are the same place, in degrees. */
#define SAME_PLACE 1e-6
#define DEFAULT_LANGUAGE "zh-Hans"

static enum outcome send(struct draft *draft, const char *photo)
{
    ProtobufCBinaryData thumbnail = {0, NULL};
    enum outcome outcome;

    if (draft->alert.expires_ms <= draft->alert.sent_ms) {
        complain("it has expired; say until when with --expires");
        return OUTCOME_USAGE;
    }
    outcome = draft_photo(draft, photo, &thumbnail);
    if (outcome == OUTCOME_DONE)
        outcome = filing_send(draft, &thumbnail);
    free(thumbnail.data);
    return outcome;
}

/* ---- revise ---- */

static enum outcome revise(struct session *session, const char *alert,
                           const struct alert_flags *flags)
{
    struct newest newest = {0};
    struct draft draft;
    enum outcome outcome = session_open(session);

    if (outcome == OUTCOME_DONE)
        outcome = newest_revise(&newest, &draft, session, alert);
    if (outcome == OUTCOME_DONE)
        outcome = draft_apply(&draft, flags);
    if (outcome == OUTCOME_DONE)
        outcome = send(&draft, flags->photo);
    newest_close(&newest);
    return outcome;
}

enum outcome command_revise(struct session *session, int argc, char **argv)
{
    struct alert_flags flags = {0};
    const struct option_row rows[] = {ALERT_ROWS(&flags)};
    struct command_line line = {
        .usage = "tocsin revise ALERT [options]",
        .about =
            "Replaces the alert on every screen. What no option says stays "
            "as it is; target\noptions replace the whole target. An empty "
            "text takes out what was there: --clothing ''\nof one language, "
            "--vehicle '' all vehicles, --companion '' all who may be with "
            "the child,\nsuspects too.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session),
        .word_min = 1,
        .word_max = 1};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    return go ? revise(session, line.words[0], &flags) : outcome;
}

/* ---- widen ---- */

static bool same_place(const Tocsin__V1__Point *one,
                       const Tocsin__V1__Point *two)
{
    return fabs(one->latitude - two->latitude) < SAME_PLACE &&
           fabs(one->longitude - two->longitude) < SAME_PLACE;
}

/* The circle around the place last seen; its index, or the number of circles.
 */
static size_t find_ring(const Tocsin__V1__Target *target,
                        const Tocsin__V1__Point *seen)
{
    size_t found = target->n_circles;

    for (size_t i = 0; i < target->n_circles; i++) {
        if (same_place(target->circles[i]->centre, seen) &&
            (found == target->n_circles ||
             target->circles[i]->radius_km > target->circles[found]->radius_km))
            found = i;
    }
    return found;
}

static enum outcome next_ring(const char *km, double now_km, double *out)
{
    static const double rings_km[] = {100, 200, 300, 500};

    if (km != NULL) {
        if (number_real(km, out) && *out > now_km)
            return OUTCOME_DONE;
        complain("--km %.20s: must be more than the %g km that it reaches now",
                 km, now_km);
        return OUTCOME_USAGE;
    }
    for (size_t i = 0; i < sizeof rings_km / sizeof rings_km[0]; i++) {
        if (rings_km[i] > now_km) {
            *out = rings_km[i];
            return OUTCOME_DONE;
        }
    }
    complain("it reaches %g km, the last ring; say how far with --km, or name "
             "a target",
             now_km);
    return OUTCOME_USAGE;
}

static enum outcome widen_ring(struct draft *draft, Tocsin__V1__Target *target,
                               const char *km)
{
    struct pool *pool = &draft->session->pool;
    const Tocsin__V1__Point *seen = draft->alert.last_seen->place->point;
    size_t ring = find_ring(target, seen);
    double now_km =
        ring < target->n_circles ? target->circles[ring]->radius_km : 0;
    double next_km;
    enum outcome outcome = next_ring(km, now_km, &next_km);

    if (outcome != OUTCOME_DONE)
        return outcome;
    if (ring < target->n_circles) {
        target->circles = pool_copy(
            pool, target->circles, target->n_circles * sizeof *target->circles);
        target->circles[ring] = target->circles[--target->n_circles];
    }
    target_circle(target, seen, next_km, pool);
    return OUTCOME_DONE;
}

static enum outcome widen_areas(struct draft *draft, Tocsin__V1__Target *target,
                                const struct target_flags *flags)
{
    if (target->n_kinds == 0 && flags->kinds.count > 0) {
        complain("--kind: it reaches every kind already; to reach fewer, "
                 "revise it");
        return OUTCOME_USAGE;
    }
    return target_read(target, flags, &draft->session->pool);
}

static enum outcome widen(struct session *session, const char *alert,
                          const char *km, const struct target_flags *flags)
{
    struct newest newest = {0};
    struct draft draft;
    Tocsin__V1__Target target;
    enum outcome outcome = session_open(session);

    if (outcome == OUTCOME_DONE)
        outcome = newest_revise(&newest, &draft, session, alert);
    if (outcome == OUTCOME_DONE && draft.alert.rings != NULL &&
        (km != NULL || !target_given(flags)))
        outcome = draft_widen_rings(&draft, km);
    if (outcome == OUTCOME_DONE) {
        target = *draft.alert.target;
        draft.alert.target = &target;
        if (draft.alert.rings == NULL && (km != NULL || !target_given(flags)))
            outcome = widen_ring(&draft, &target, km);
    }
    if (outcome == OUTCOME_DONE)
        outcome = widen_areas(&draft, &target, flags);
    if (outcome == OUTCOME_DONE)
        outcome = send(&draft, NULL);
    newest_close(&newest);
    return outcome;
}

enum outcome command_widen(struct session *session, int argc, char **argv)
{
    struct target_flags flags = {0};
    const char *km = NULL;
    const struct option_row rows[] = {
        {.name = "km",
         .value = "KM",
         .text = &km,
         .help = "all nodes so far from where the child was last seen"},
        TARGET_ROWS(&flags)};
    struct command_line line = {
        .usage = "tocsin widen ALERT [--km KM | target options]",
        .about = "Reaches further: the alert's next ring at once, ahead of its "
                 "time; without rings\nthe next one of 100, 200, 300 and 500 "
                 "km around the place last seen; or what the\noptions add.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session),
        .word_min = 1,
        .word_max = 1};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    return go ? widen(session, line.words[0], km, &flags) : outcome;
}

/* ---- withdraw ---- */

struct withdraw_flags {
    const char *reason;
    const char *text;
    const char *language;
};

static enum outcome withdraw(struct session *session, const char *alert,
                             int reason, const struct withdraw_flags *flags)
{
    Tocsin__V1__Withdrawal withdrawal = TOCSIN__V1__WITHDRAWAL__INIT;
    Tocsin__V1__Text text = TOCSIN__V1__TEXT__INIT;
    Tocsin__V1__Text *texts[] = {&text};
    struct newest newest = {0};
    enum outcome outcome = session_open(session);

    if (outcome == OUTCOME_DONE)
        outcome = newest_open(&newest, session, alert);
    if (outcome == OUTCOME_DONE)
        outcome = newest_check_live(&newest);
    if (outcome == OUTCOME_DONE) {
        const Tocsin__V1__AlertSummary *summary = newest.detail->summary;

        withdrawal.alert_id = summary->alert_id;
        withdrawal.revision = summary->revision + 1;
        withdrawal.exercise = summary->exercise;
        withdrawal.sent_ms = time_now_ms();
        withdrawal.reason = (Tocsin__V1__WithdrawalReason)reason;
        text.language =
            (char *)(uintptr_t)(flags->language == NULL ? DEFAULT_LANGUAGE
                                                        : flags->language);
        text.text = (char *)(uintptr_t)flags->text;
        withdrawal.text = texts;
        withdrawal.n_text = flags->text == NULL ? 0 : 1;
        outcome = filing_withdraw(session, &withdrawal, false);
    }
    newest_close(&newest);
    return outcome;
}

enum outcome command_withdraw(struct session *session, int argc, char **argv)
{
    struct withdraw_flags flags = {0};
    const struct option_row rows[] = {
        {.name = "reason",
         .value = "REASON",
         .text = &flags.reason,
         .help = "found, error, duplicate or other"},
        {.name = "text",
         .value = "TEXT",
         .text = &flags.text,
         .help = "more in words"},
        {.name = "language",
         .value = "TAG",
         .text = &flags.language,
         .help = "of that text (zh-Hans)"}};
    struct command_line line = {
        .usage = "tocsin withdraw ALERT --reason REASON [options]",
        .about = "Takes the alert off every screen that it was ever sent to.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session),
        .word_min = 1,
        .word_max = 1};
    bool go;
    int reason = 0;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    if (!go)
        return outcome;
    if (flags.reason == NULL ||
        !word_value(words_reason, flags.reason, &reason)) {
        word_complain(words_reason, "reason");
        return OUTCOME_USAGE;
    }
    return withdraw(session, line.words[0], reason, &flags);
}
