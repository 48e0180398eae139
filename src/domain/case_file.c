#include "domain/case_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/status.h"

#define STEPS (TOCSIN__V1__CASE_STEP__CASE_STEP_MATCH + 1)
#define STATES (TOCSIN__V1__CASE_STATE__CASE_STATE_SEALED + 1)

/* The legal moves: the state that a step leads to, 0 where there is no such
 * step. Nothing leads from open or standing to closed but Solve and its
 * confirmation. */
enum { NONE = 0, OPEN = 1, STANDING = 2, SOLVED = 3, SEALED = 4 };
static const uint8_t moves[STEPS][STATES] = {
    /*                                    -     open      standing  solved    */
    [TOCSIN__V1__CASE_STEP__CASE_STEP_OFFER_LEAD] = {0, OPEN, STANDING},
    [TOCSIN__V1__CASE_STEP__CASE_STEP_ACCEPT_LEAD] = {0, OPEN, STANDING},
    [TOCSIN__V1__CASE_STEP__CASE_STEP_DECLINE_LEAD] = {0, OPEN, STANDING},
    [TOCSIN__V1__CASE_STEP__CASE_STEP_ASSIGN_DUTY] = {0, OPEN, STANDING,
                                                      SOLVED},
    [TOCSIN__V1__CASE_STEP__CASE_STEP_LOG_DUTY] = {0, OPEN, STANDING, SOLVED},
    [TOCSIN__V1__CASE_STEP__CASE_STEP_STAND] = {0, STANDING},
    [TOCSIN__V1__CASE_STEP__CASE_STEP_REOPEN] = {0, NONE, OPEN, OPEN},
    [TOCSIN__V1__CASE_STEP__CASE_STEP_SOLVE] = {0, SOLVED, SOLVED},
    [TOCSIN__V1__CASE_STEP__CASE_STEP_CONFIRM_OUTCOME] = {0, SOLVED, SOLVED},
    [TOCSIN__V1__CASE_STEP__CASE_STEP_TRIAGE] = {0, OPEN, STANDING},
    [TOCSIN__V1__CASE_STEP__CASE_STEP_SEAL] = {0, NONE, NONE, SEALED},
    [TOCSIN__V1__CASE_STEP__CASE_STEP_SAMPLE] = {0, OPEN, STANDING},
    [TOCSIN__V1__CASE_STEP__CASE_STEP_MATCH] = {0, OPEN, STANDING, SOLVED},
};

void case_file_begin(struct case_file *file, int64_t now_ms)
{
    memset(file, 0, sizeof *file);
    file->state = TOCSIN__V1__CASE_STATE__CASE_STATE_OPEN;
    file->since_ms = now_ms;
    for (int i = 0; i < CASE_DUTIES; i++)
        file->duties[i].since_ms = now_ms;
}

void case_file_done(struct case_file *file)
{
    for (size_t i = 0; i < file->entry_count; i++)
        free(file->entries[i].document);
    free(file->entries);
}

static uint8_t after(Tocsin__V1__CaseState state, Tocsin__V1__CaseStep step)
{
    return (unsigned)step < STEPS && (unsigned)state < STATES
               ? moves[step][state]
               : NONE;
}

bool case_step_fits(Tocsin__V1__CaseState state, Tocsin__V1__CaseStep step)
{
    return after(state, step) != NONE;
}

int64_t case_duty_since_ms(const struct case_file *file, int duty)
{
    const struct duty_state *state = &file->duties[duty];
    int64_t since_ms =
        state->logged_ms > state->since_ms ? state->logged_ms : state->since_ms;

    return file->state == TOCSIN__V1__CASE_STATE__CASE_STATE_OPEN &&
                   file->since_ms > since_ms
               ? file->since_ms
               : since_ms;
}

int64_t case_sought_again_ms(const struct case_file *file)
{
    bool solved = false;
    int64_t again_ms = 0;

    for (size_t i = 0; i < file->entry_count; i++) {
        const struct case_entry *entry = &file->entries[i];

        if (entry->step == TOCSIN__V1__CASE_STEP__CASE_STEP_SOLVE) {
            solved = true;
        } else if (entry->step == TOCSIN__V1__CASE_STEP__CASE_STEP_REOPEN) {
            if (solved)
                again_ms = entry->recorded_ms;
            solved = false;
        }
    }
    return again_ms;
}

bool case_is_closed(const struct case_file *file)
{
    return file->state == TOCSIN__V1__CASE_STATE__CASE_STATE_SOLVED ||
           file->state == TOCSIN__V1__CASE_STATE__CASE_STATE_SEALED;
}

bool case_is_sealed(const struct case_file *file)
{
    return file->state == TOCSIN__V1__CASE_STATE__CASE_STATE_SEALED;
}

bool outcome_needs_two(Tocsin__V1__Outcome outcome)
{
    return outcome == TOCSIN__V1__OUTCOME__OUTCOME_DEATH ||
           outcome == TOCSIN__V1__OUTCOME__OUTCOME_FALSE_REPORT;
}

static void enter(struct case_file *file, Tocsin__V1__CaseState state,
                  int64_t now_ms)
{
    if (file->state == state)
        return;
    file->state = state;
    file->since_ms = now_ms;
}

/* Who was to be the second has nothing to confirm any more. */
static void drop_outcome(struct case_file *file)
{
    file->waiting = TOCSIN__V1__OUTCOME__OUTCOME_UNSPECIFIED;
    file->waiting_by = 0;
}

/* The next lead has the case, and every duty that was the former one's. */
static void hand_over(struct case_file *file, uint32_t lead, int64_t now_ms)
{
    for (int i = 0; i < CASE_DUTIES; i++) {
        struct duty_state *duty = &file->duties[i];

        if (duty->owner == 0 || duty->owner == lead) {
            duty->owner = 0;
            duty->since_ms = now_ms;
            duty->overdue = false;
        }
    }
    file->lead = lead;
    file->lead_since_ms = now_ms;
    file->lead_overdue = false;
    file->offered = 0;
    file->offered_ms = 0;
    drop_outcome(file);
}

static void assign(struct case_file *file, const struct case_move *move)
{
    struct duty_state *duty = &file->duties[move->duty - 1];

    duty->owner = move->whom == file->lead ? 0 : move->whom;
    duty->since_ms = move->now_ms;
    duty->overdue = false;
}

static void conclude(struct case_file *file, const struct case_move *move)
{
    file->waiting =
        move->waits ? move->outcome : TOCSIN__V1__OUTCOME__OUTCOME_UNSPECIFIED;
    file->waiting_by = move->waits ? move->by : 0;
    if (move->waits)
        return;
    file->outcome = move->outcome;
    file->offered = 0;
    file->offered_ms = 0;
    enter(file, TOCSIN__V1__CASE_STATE__CASE_STATE_SOLVED, move->now_ms);
}

static void reopen(struct case_file *file, int64_t now_ms)
{
    drop_outcome(file);
    file->outcome = TOCSIN__V1__OUTCOME__OUTCOME_UNSPECIFIED;
    enter(file, TOCSIN__V1__CASE_STATE__CASE_STATE_OPEN, now_ms);
}

void case_file_forget(struct case_file *file, int64_t now_ms)
{
    drop_outcome(file);
    file->offered = 0;
    file->offered_ms = 0;
    enter(file, TOCSIN__V1__CASE_STATE__CASE_STATE_SEALED, now_ms);
}

void case_file_move(struct case_file *file, const struct case_move *move)
{
    REQUIRE(case_step_fits(file->state, move->step));
    switch (move->step) {
    case TOCSIN__V1__CASE_STEP__CASE_STEP_OFFER_LEAD:
        file->offered = move->whom;
        file->offered_ms = move->now_ms;
        break;
    case TOCSIN__V1__CASE_STEP__CASE_STEP_ACCEPT_LEAD:
        hand_over(file, move->by, move->now_ms);
        break;
    case TOCSIN__V1__CASE_STEP__CASE_STEP_DECLINE_LEAD:
        file->offered = 0;
        file->offered_ms = 0;
        break;
    case TOCSIN__V1__CASE_STEP__CASE_STEP_ASSIGN_DUTY:
        assign(file, move);
        break;
    case TOCSIN__V1__CASE_STEP__CASE_STEP_LOG_DUTY:
        file->duties[move->duty - 1].logged_ms = move->now_ms;
        file->duties[move->duty - 1].entries++;
        file->duties[move->duty - 1].overdue = false;
        break;
    case TOCSIN__V1__CASE_STEP__CASE_STEP_STAND:
        enter(file, TOCSIN__V1__CASE_STATE__CASE_STATE_STANDING, move->now_ms);
        break;
    case TOCSIN__V1__CASE_STEP__CASE_STEP_REOPEN:
        reopen(file, move->now_ms);
        break;
    case TOCSIN__V1__CASE_STEP__CASE_STEP_SOLVE:
    case TOCSIN__V1__CASE_STEP__CASE_STEP_CONFIRM_OUTCOME:
        conclude(file, move);
        break;
    case TOCSIN__V1__CASE_STEP__CASE_STEP_SEAL:
        enter(file, TOCSIN__V1__CASE_STATE__CASE_STATE_SEALED, move->now_ms);
        break;
    case TOCSIN__V1__CASE_STEP__CASE_STEP_TRIAGE: /* the sighting has it */
    case TOCSIN__V1__CASE_STEP__CASE_STEP_SAMPLE: /* samples have it */
    case TOCSIN__V1__CASE_STEP__CASE_STEP_MATCH:
    case TOCSIN__V1__CASE_STEP__CASE_STEP_UNSPECIFIED:
    case _TOCSIN__V1__CASE_STEP_IS_INT_SIZE:
        break;
    }
}

void case_file_search(struct case_file *file, int64_t now_ms)
{
    drop_outcome(file);
    if (file->state == TOCSIN__V1__CASE_STATE__CASE_STATE_STANDING)
        enter(file, TOCSIN__V1__CASE_STATE__CASE_STATE_OPEN, now_ms);
}

struct case_entry *case_file_entry(struct case_file *file)
{
    if (file->entries == NULL)
        file->entries = must_calloc(CASE_ENTRIES_KEPT, sizeof *file->entries);
    if (file->entry_count == CASE_ENTRIES_KEPT) {
        free(file->entries[0].document);
        memmove(file->entries, file->entries + 1,
                (CASE_ENTRIES_KEPT - 1) * sizeof *file->entries);
        file->entry_count--;
    }
    memset(&file->entries[file->entry_count], 0, sizeof *file->entries);
    file->entries_ever++;
    return &file->entries[file->entry_count++];
}
