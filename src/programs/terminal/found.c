/* found: a child of unknown origin is registered from here. */
#include <string.h>
#include <time.h>

#include "common/found_draft.h"
#include "common/numbers.h"
#include "common/say.h"
#include "terminal/item.h"
#include "terminal/terminal.h"

#define LOOK_AGAIN_NS (50 * 1000 * 1000)

static bool recorded(const struct tocsin_fate *fate)
{
    return fate->status == TOCSIN__V1__STATUS__STATUS_RECORDED ||
           fate->status == TOCSIN__V1__STATUS__STATUS_DUPLICATE;
}

static const char *fate_word(const struct tocsin_fate *fate)
{
    if (fate->waiting)
        return "waiting";
    return recorded(fate) ? "recorded" : "refused";
}

static void print_fate(const struct shared_options *shared,
                       const char *found_id, uint32_t revision,
                       const struct tocsin_fate *fate)
{
    if (shared->json)
        json_print(
            json_pack("{ss si ss sI ss}", "foundId", found_id, "revision",
                      (int)revision, "state", fate_word(fate), "sequence",
                      (json_int_t)fate->sequence, "reason", fate->reason));
    else if (fate->waiting)
        say("stored %s; the daemon sends it as soon as the centre can be "
            "reached",
            found_id);
    else if (recorded(fate))
        say("%s recorded by the centre as %llu", found_id,
            (unsigned long long)fate->sequence);
    else
        complain("%s refused by the centre: %s", found_id, fate->reason);
}

static enum outcome outcome_of_fate(const struct tocsin_fate *fate, bool waited)
{
    if (fate->waiting)
        return waited ? OUTCOME_UNREACHABLE : OUTCOME_DONE;
    return recorded(fate) ? OUTCOME_DONE : OUTCOME_REFUSED;
}

/* The store is where the daemon leaves the broker's word. */
static enum outcome tell_fate(const struct shared_options *shared,
                              const struct place *place, const char *found_id,
                              double wait_s)
{
    const struct timespec pause = {0, LOOK_AGAIN_NS};
    int64_t until_ms = time_steady_ms() + (int64_t)(wait_s * 1000);
    struct tocsin_diag why = {0};
    struct tocsin_fate fate;
    uint32_t revision = 0;
    enum tocsin_status status;

    while ((status = tocsin_store_found_fate(place->store, found_id, &fate,
                                             &revision, &why)) == TOCSIN_OK &&
           fate.waiting && time_steady_ms() < until_ms)
        (void)nanosleep(&pause, NULL);
    if (status != TOCSIN_OK)
        return outcome_say(status, &why, NULL);
    if (fate.waiting)
        place_warn_unsent(place);
    print_fate(shared, found_id, revision, &fate);
    return outcome_of_fate(&fate, wait_s > 0);
}

static enum outcome leave(const struct shared_options *shared,
                          const struct found_flags *flags, double wait_s)
{
    struct tocsin_diag why = {0};
    struct found_draft draft;
    struct place place;
    char found_id[27];
    enum tocsin_status status;
    enum outcome outcome = found_draft_read(&draft, flags, NULL);

    if (outcome == OUTCOME_DONE)
        outcome = place_open(&place, shared);
    if (outcome != OUTCOME_DONE) {
        found_draft_done(&draft);
        return outcome;
    }
    status = tocsin_store_found(place.store, &draft.content, found_id, &why);
    outcome = status == TOCSIN_OK ? tell_fate(shared, &place, found_id, wait_s)
                                  : outcome_say(status, &why, NULL);
    place_close(&place);
    found_draft_done(&draft);
    return outcome;
}

static enum outcome ask(const struct shared_options *shared,
                        const char *found_id, bool forget, double wait_s)
{
    struct tocsin_diag why = {0};
    struct place place;
    enum tocsin_status status;
    enum outcome outcome = place_open(&place, shared);

    if (outcome != OUTCOME_DONE)
        return outcome;
    outcome = tell_fate(shared, &place, found_id, wait_s);
    if (forget) {
        status = tocsin_store_found_forget(place.store, found_id, &why);
        outcome = status == TOCSIN_OK ? OUTCOME_DONE
                                      : outcome_say(status, &why, NULL);
    }
    place_close(&place);
    return outcome;
}

int command_found(int argc, char **argv, struct shared_options *shared)
{
    struct found_flags flags = {0};
    struct option_row rows[FOUND_ROW_COUNT + 2];
    const char *wait = NULL;
    bool forget = false;
    struct command_line line = {
        .usage = "tocsin-terminal found [--file FILE] [options] | FOUND_ID",
        .about = "Registers a child of unknown origin: signs what is said of "
                 "it and stores it; the daemon\nsends it, now or when the line "
                 "is back, and then keeps nothing of it here. With the id "
                 "of\none that was registered here: what became of it. A "
                 "correction is a file with foundId and\nthe next revision.",
        .own = OPTION_TABLE(rows),
        .shared = shared_table(shared),
        .word_max = 1};
    double wait_s = 0;
    enum parsed parsed;

    found_rows(rows, &flags);
    rows[FOUND_ROW_COUNT] =
        (struct option_row){.name = "wait",
                            .value = "SECONDS",
                            .text = &wait,
                            .help = "wait so long for the centre's word"};
    rows[FOUND_ROW_COUNT + 1] =
        (struct option_row){.name = "forget",
                            .flag = &forget,
                            .help = "of one that was refused: keep it no "
                                    "longer"};
    parsed = options_parse(&line, argc, argv);
    if (parsed != PARSED_GO)
        return parsed == PARSED_DONE ? OUTCOME_DONE : OUTCOME_USAGE;
    if (wait != NULL && !number_real(wait, &wait_s)) {
        complain("--wait: how many seconds?");
        return OUTCOME_USAGE;
    }
    return (int)(line.word_count > 0
                     ? ask(shared, line.words[0], forget, wait_s)
                     : leave(shared, &flags, wait_s));
}
