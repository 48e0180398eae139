#include "terminal/shown.h"

#include <stdlib.h>
#include <string.h>

#define TRY_MS 1000

struct shown {
    struct tocsin_store *store;
    void (*log)(const char *level, const char *event,
                const struct hook_job *job, const char *text);
    struct hook_job *late; /* one of each alert */
    size_t count;
    size_t room;
    int64_t try_ms;
};

struct shown *shown_new(struct tocsin_store *store,
                        void (*log)(const char *level, const char *event,
                                    const struct hook_job *job,
                                    const char *text))
{
    struct shown *shown = calloc(1, sizeof *shown);

    if (shown == NULL)
        abort();
    shown->store = store;
    shown->log = log;
    return shown;
}

void shown_free(struct shown *shown)
{
    if (shown == NULL)
        return;
    free(shown->late);
    free(shown);
}

static enum tocsin_status say(struct shown *shown, const struct hook_job *job,
                              struct tocsin_diag *why)
{
    Tocsin__V1__Answer answer = TOCSIN__V1__ANSWER__INIT;
    bool ended = job->change == TOCSIN_ALERT_ENDED;
    enum tocsin_status status = TOCSIN_OK;
    uint8_t answer_id[16];

    answer.rung = TOCSIN__V1__RUNG__RUNG_SHOWN;
    answer.revision = job->revision;
    if (!ended)
        status = tocsin_store_answer(shown->store, job->alert_id, &answer,
                                     answer_id, why);
    if (status == TOCSIN_OK)
        status = tocsin_store_told(shown->store, job->alert_id,
                                   ended ? 0 : job->revision, why);
    return status;
}

static struct hook_job *place_for(struct shown *shown, const char *alert_id)
{
    for (size_t i = 0; i < shown->count; i++) {
        if (strcmp(shown->late[i].alert_id, alert_id) == 0)
            return &shown->late[i];
    }
    if (shown->count == shown->room) {
        shown->room = 2 * shown->room + 16;
        shown->late = realloc(shown->late, shown->room * sizeof *shown->late);
        if (shown->late == NULL)
            abort();
    }
    return &shown->late[shown->count++];
}

void shown_say(struct shown *shown, const struct hook_job *job)
{
    struct tocsin_diag why = {0};
    enum tocsin_status status = say(shown, job, &why);

    if (status == TOCSIN_LOCAL) {
        *place_for(shown, job->alert_id) = *job;
        shown->log("warn", "answer.late", job, why.text);
    } else if (status != TOCSIN_OK) {
        shown->log("error", "answer.lost", job, why.text);
    }
}

static int take_revision(void *arg, const struct tocsin_item *item)
{
    *(uint32_t *)arg = item->revision;
    return 0;
}

/* What the store does not have, because it came while there was no room for
 * it, comes anew and is shown anew. */
static bool is_kept(struct shown *shown, const struct hook_job *job)
{
    uint32_t revision = 0;

    return tocsin_store_show(shown->store, job->alert_id, take_revision,
                             &revision, NULL) == TOCSIN_OK &&
           revision == job->revision;
}

void shown_turn(struct shown *shown, int64_t now_ms)
{
    if (shown->count == 0 || now_ms < shown->try_ms)
        return;
    shown->try_ms = now_ms + TRY_MS;
    while (shown->count > 0) {
        const struct hook_job *job = &shown->late[shown->count - 1];

        if (is_kept(shown, job) && say(shown, job, NULL) == TOCSIN_LOCAL)
            return;
        shown->count--;
    }
}
