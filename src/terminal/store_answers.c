/* Answers in the store: put in by anyone, sent and ended by the daemon. */
#include <stdio.h>
#include <string.h>

#include "terminal/store_inside.h"

static void put(struct store *store, const struct new_answer *answer)
{
    sqlite3_stmt *row = store_stage(store, QUEUE);

    bind_blob(row, 1, (struct blob){answer->answer_id, 16});
    bind_text(row, 2, answer->alert_id);
    (void)sqlite3_bind_int64(row, 3, answer->revision);
    (void)sqlite3_bind_int(row, 4, (int)answer->rung);
    (void)sqlite3_bind_int(row, 5, answer->personal);
    (void)sqlite3_bind_int64(row, 6, answer->at_ms);
    bind_blob(row, 7, (struct blob){answer->request_id, 16});
    bind_blob(row, 8, answer->request);
    store_done(store, row);
    row = store_stage(store, RAISE_RUNG);
    bind_text(row, 1, answer->alert_id);
    (void)sqlite3_bind_int64(row, 2, answer->revision);
    (void)sqlite3_bind_int(row, 3, (int)answer->rung);
    store_done(store, row);
    if (answer->photograph != NULL)
        photographs_put(store, answer);
    store->own_answer = true;
}

void answers_queue(void *arg, const struct machine_answer *answer)
{
    struct new_answer put_in = {.alert_id = answer->alert_id,
                                .revision = answer->revision,
                                .rung = answer->rung,
                                .at_ms = answer->at_ms,
                                .answer_id = answer->answer_id,
                                .request_id = answer->request_id,
                                .request = answer->request};

    if (!store_in_memory(arg)) /* what is not kept is not said to be held */
        put(arg, &put_in);
}

static enum status begin_to_keep(struct store *store, struct diag *why)
{
    enum status status = store_look(store, why);

    if (status == STATUS_OK && store_in_memory(store))
        return diag_set(why, STATUS_FULL, "store %s: no space left",
                        store->folder);
    return status == STATUS_OK ? store_begin(store, why) : status;
}

/* What the daemon had staged at that time becomes durable with it, which is
 * always right. */
enum status store_answer(struct store *store, const struct new_answer *answer,
                         struct diag *why)
{
    enum status status = begin_to_keep(store, why);

    if (status != STATUS_OK)
        return status;
    put(store, answer);
    status = store_commit(store, why);
    if (!store->locked)
        store->failed = STATUS_OK; /* not the daemon: may try again */
    return status;
}

/* Not an answer of a person, who would read it among theirs, nor one of the
 * machine, of which there is one: its revision is the number of the look. */
enum status answers_look(struct store *store, const char *alert_id,
                         const struct new_look *look, struct diag *why)
{
    sqlite3_stmt *row;
    enum status status = begin_to_keep(store, why);

    if (status != STATUS_OK)
        return status;
    row = store_stage(store, QUEUE_LOOK);
    bind_blob(row, 1, (struct blob){look->request_id, 16});
    bind_text(row, 2, alert_id);
    (void)sqlite3_bind_int64(row, 3, look->at_ms);
    bind_blob(row, 4, look->request);
    store_done(store, row);
    store->own_answer = true;
    status = store_commit(store, why);
    if (!store->locked)
        store->failed = STATUS_OK; /* not the daemon: may try again */
    return status;
}

static bool is_found_child(struct store *store, int64_t row)
{
    sqlite3_stmt *query = store_say(store, IS_FOUND);
    bool is;

    (void)sqlite3_bind_int64(query, 1, row);
    is = sqlite3_step(query) == SQLITE_ROW;
    (void)sqlite3_reset(query);
    return is;
}

/* They go the way of what machines say, which must not wait for long when they
 * go once more: well within what a broker takes at once. */
#define LOOKS_KEPT 200

/* Nothing else has ended when it was none. */
static void keep_look(struct store *store, int64_t number)
{
    sqlite3_stmt *row = store_stage(store, END_LOOK);

    (void)sqlite3_bind_int64(row, 1, number);
    store_done(store, row);
    if (sqlite3_changes(store->db) == 0)
        return;
    row = store_stage(store, CUT_LOOKS);
    (void)sqlite3_bind_int64(row, 1, LOOKS_KEPT);
    store_done(store, row);
}

void answers_end(void *arg, const struct answer_end *end)
{
    struct store *store = arg;
    bool good = end->status == TOCSIN__V1__STATUS__STATUS_RECORDED ||
                end->status == TOCSIN__V1__STATUS__STATUS_DUPLICATE;
    sqlite3_stmt *row;

    if (!end->personal)
        keep_look(store, end->row);
    row = store_stage(store, end->personal ? END_PERSONAL : END_MACHINE);
    (void)sqlite3_bind_int64(row, 1, end->row);
    if (end->personal) {
        (void)sqlite3_bind_int(row, 2, good ? 1 : 2);
        (void)sqlite3_bind_int(row, 3, (int)end->status);
        (void)sqlite3_bind_int64(row, 4, (int64_t)end->sequence);
        bind_text(row, 5, end->reason);
    }
    store_done(store, row);
    /* what it said of the child is not left in the log either */
    if (end->personal && good && is_found_child(store, end->row))
        store->truncate = true;
    if (end->personal && !good)
        photographs_end_of(store, end);
}

void answers_say_again(void *arg)
{
    struct store *store = arg;

    store_done(store, store_stage(store, SAY_AGAIN));
    store_done(store, store_stage(store, PHOTOGRAPHS_AGAIN));
}

static void take_photograph(struct stored_fate *fate, sqlite3_stmt *row, int at)
{
    fate->photograph = (enum photograph_state)sqlite3_column_int(row, at);
    snprintf(fate->photograph_reason, sizeof fate->photograph_reason, "%s",
             (const char *)sqlite3_column_text(row, at + 1));
}

static bool take_answer(sqlite3_stmt *row, struct queued_answer *out)
{
    struct blob id = column_blob(row, 1);
    struct blob request = column_blob(row, 2);

    if (id.size != sizeof out->request_id || request.size == 0)
        return false;
    out->row = sqlite3_column_int64(row, 0);
    memcpy(out->request_id, id.data, id.size);
    out->request = must_memdup(request.data, request.size);
    out->size = request.size;
    return true;
}

bool answers_next(void *arg, enum lane_of lane, int64_t after,
                  struct queued_answer *out)
{
    struct store *store = arg;
    sqlite3_stmt *row = store_say(store, NEXT_ANSWER + (int)lane);
    bool taken = false;
    int step;

    (void)sqlite3_bind_int64(row, 1, after);
    while (!taken && (step = sqlite3_step(row)) == SQLITE_ROW)
        taken = take_answer(row, out);
    if (!taken && step != SQLITE_DONE)
        store_fail(store, "reading answers");
    (void)sqlite3_reset(row);
    return taken;
}

enum status store_fate(struct store *store, const uint8_t answer_id[16],
                       struct stored_fate *out, struct diag *why)
{
    sqlite3_stmt *row = store_say(store, FATE);
    enum status status = store_look(store, why);
    int step;

    memset(out, 0, sizeof *out);
    if (status != STATUS_OK)
        return status;
    bind_blob(row, 1, (struct blob){answer_id, 16});
    step = sqlite3_step(row);
    if (step == SQLITE_ROW) {
        out->waiting = sqlite3_column_int(row, 0) == 0;
        out->status = (Tocsin__V1__Status)sqlite3_column_int(row, 1);
        out->sequence = (uint64_t)sqlite3_column_int64(row, 2);
        snprintf(out->reason, sizeof out->reason, "%s",
                 (const char *)sqlite3_column_text(row, 3));
        take_photograph(out, row, 4);
    } else if (step == SQLITE_DONE) {
        status = diag_set(why, STATUS_MISSING, "no such answer");
    } else {
        status = sqlite_trouble(store->db, "reading an answer", why);
    }
    (void)sqlite3_reset(row);
    return status;
}

enum status store_forget_found(struct store *store, const char *found_id,
                               struct diag *why)
{
    enum status status = store_begin(store, why);
    sqlite3_stmt *row;

    if (status != STATUS_OK)
        return status;
    row = store_stage(store, FORGET_FOUND);
    bind_text(row, 1, found_id);
    store_done(store, row);
    store->truncate = true;
    status = store_commit(store, why);
    if (!store->locked)
        store->failed = STATUS_OK; /* not the daemon: may try again */
    return status;
}

void answers_keep_word(void *arg, const struct answer_word *word)
{
    sqlite3_stmt *row = store_stage(arg, KEEP_WORD);

    bind_blob(row, 1, (struct blob){word->answer_id, 16});
    bind_text(row, 2, word->alert_id);
    (void)sqlite3_bind_int64(row, 3, word->time_ms);
    (void)sqlite3_bind_int(row, 4, (int)word->verdict);
    bind_text(row, 5, word->officer);
    store_done(arg, row);
}

static void read_answer(sqlite3_stmt *row, const char *alert_id,
                        struct stored_answer *out)
{
    memset(out, 0, sizeof *out);
    out->answer_id = column_blob(row, 0).data;
    out->revision = (uint32_t)sqlite3_column_int64(row, 1);
    out->rung = (Tocsin__V1__Rung)sqlite3_column_int(row, 2);
    out->at_ms = sqlite3_column_int64(row, 3);
    out->fate.waiting = sqlite3_column_int(row, 4) == 0;
    out->fate.status = (Tocsin__V1__Status)sqlite3_column_int(row, 5);
    out->fate.sequence = (uint64_t)sqlite3_column_int64(row, 6);
    snprintf(out->fate.reason, sizeof out->fate.reason, "%s",
             (const char *)sqlite3_column_text(row, 7));
    out->word.answer_id = out->answer_id;
    out->word.alert_id = alert_id;
    out->word.verdict = (Tocsin__V1__Verdict)sqlite3_column_int(row, 8);
    out->word.officer = (const char *)sqlite3_column_text(row, 9);
    out->word.time_ms = sqlite3_column_int64(row, 10);
    take_photograph(&out->fate, row, 11);
}

enum status store_answers(struct store *store, const char *alert_id,
                          bool (*each)(void *arg,
                                       const struct stored_answer *answer),
                          void *arg, struct diag *why)
{
    sqlite3_stmt *row = store_say(store, EACH_ANSWER);
    enum status status = store_look(store, why);
    int step;

    if (status != STATUS_OK)
        return status;
    bind_text(row, 1, alert_id);
    while ((step = sqlite3_step(row)) == SQLITE_ROW) {
        struct stored_answer answer;

        read_answer(row, alert_id, &answer);
        if (!each(arg, &answer))
            break;
    }
    if (step != SQLITE_ROW && step != SQLITE_DONE)
        status = sqlite_trouble(store->db, "reading answers", why);
    (void)sqlite3_reset(row);
    return status;
}
