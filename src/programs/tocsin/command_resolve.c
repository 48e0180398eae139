/* tocsin found resolve: what becomes of a found child. */
#include <string.h>

#include "common/say.h"
#include "tocsin/case_file.h"
#include "tocsin/commands.h"
#include "tocsin/found_print.h"

#define ULID_TEXT 26

struct resolve_flags {
    const char *as;
    const char *officer;
    const char *reason;
    bool close;
    bool reopen;
    bool seal;
    bool yes;
};

/* Room for what a FoundOrder points to. */
struct step {
    Tocsin__V1__IdentifyFound identify;
    Tocsin__V1__CloseFound close;
    Tocsin__V1__ReopenFound reopen;
    Tocsin__V1__SealFound seal;
};

static void draft_step(struct step *step, const struct resolve_flags *flags,
                       Tocsin__V1__FoundOrder *order)
{
    char *reason = (char *)(uintptr_t)flags->reason;

    tocsin__v1__identify_found__init(&step->identify);
    tocsin__v1__close_found__init(&step->close);
    tocsin__v1__reopen_found__init(&step->reopen);
    tocsin__v1__seal_found__init(&step->seal);
    step->identify.reason = step->close.reason = step->reopen.reason =
        step->seal.reason = reason;
    if (flags->as != NULL) {
        order->step_case = TOCSIN__V1__FOUND_ORDER__STEP_IDENTIFY;
        order->identify = &step->identify;
    } else if (flags->close) {
        order->step_case = TOCSIN__V1__FOUND_ORDER__STEP_CLOSE;
        order->close = &step->close;
    } else if (flags->reopen) {
        order->step_case = TOCSIN__V1__FOUND_ORDER__STEP_REOPEN;
        order->reopen = &step->reopen;
    } else {
        order->step_case = TOCSIN__V1__FOUND_ORDER__STEP_SEAL;
        order->seal = &step->seal;
    }
}

static enum outcome give(struct session *session,
                         const Tocsin__V1__FoundOrder *order)
{
    struct tocsin_diag why = {0};
    uint8_t *request;
    size_t size;
    enum tocsin_status status = tocsin_found_order_prepare(
        &request, &size, order, session->bundle, &why);

    return status == TOCSIN_OK
               ? found_send(session, request, size, order->found_id)
               : outcome_say(status, &why, NULL);
}

/* The whole id of one that was named by its beginning. Who leads the case that
 * it belongs to need not see it before: then the id is meant. */
static enum outcome resolve(struct session *session, const char *found,
                            const struct resolve_flags *flags)
{
    Tocsin__V1__FoundOrder order = TOCSIN__V1__FOUND_ORDER__INIT;
    const Tocsin__V1__FoundDetail *detail;
    const Tocsin__V1__CaseFile *file;
    struct step step;
    enum outcome outcome = session_open(session);

    order.found_id = (char *)(uintptr_t)found;
    order.officer = (char *)(uintptr_t)flags->officer;
    draft_step(&step, flags, &order);
    if (outcome == OUTCOME_DONE && flags->as != NULL) {
        outcome = case_ask(session, flags->as, &file);
        if (outcome == OUTCOME_DONE)
            step.identify.alert_id = pool_text(&session->pool, file->alert_id);
    }
    if (outcome == OUTCOME_DONE && strlen(found) < ULID_TEXT) {
        outcome = found_ask(session, found, &detail);
        if (outcome == OUTCOME_DONE)
            order.found_id =
                pool_text(&session->pool, detail->summary->found_id);
    }
    return outcome == OUTCOME_DONE ? give(session, &order) : outcome;
}

enum outcome found_resolve(struct session *session, int argc, char **argv)
{
    struct resolve_flags flags = {0};
    const struct option_row rows[] = {
        {.name = "as",
         .value = "CASE",
         .text = &flags.as,
         .help = "it is the child of this case; by its lead or a centre of it"},
        {.name = "close",
         .flag = &flags.close,
         .help = "it is no child that is missing"},
        {.name = "reopen",
         .flag = &flags.reopen,
         .help = "nobody knows after all who it is"},
        {.name = "seal",
         .flag = &flags.seal,
         .help = "destroy its data; of one that is closed, or whose case is "
                 "solved"},
        {.name = "yes",
         .flag = &flags.yes,
         .help = "with --seal: I mean it, it cannot be undone"},
        {.name = "reason",
         .value = "TEXT",
         .text = &flags.reason,
         .help = "what shows it; kept with it"},
        {.name = "officer",
         .value = "NO",
         .text = &flags.officer,
         .help = "service number of who says so"}};
    struct command_line line = {
        .usage = "tocsin found resolve FOUND --as CASE | --close | --reopen | "
                 "--seal --reason TEXT --officer NO",
        .about = "What becomes of a found child. No figure decides it: an "
                 "officer does, and says why.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session),
        .word_min = 1,
        .word_max = 1};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    if (!go)
        return outcome;
    if ((flags.as != NULL) + flags.close + flags.reopen + flags.seal != 1) {
        complain("say one of --as CASE, --close, --reopen, --seal");
        return OUTCOME_USAGE;
    }
    if (flags.reason == NULL || flags.officer == NULL) {
        complain("who says so, and why? give --officer NO and --reason TEXT");
        return OUTCOME_USAGE;
    }
    if (flags.seal && !flags.yes) {
        complain("--seal destroys what is known of the child and cannot be "
                 "undone; say --yes");
        return OUTCOME_USAGE;
    }
    return resolve(session, line.words[0], &flags);
}
