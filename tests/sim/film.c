#include "film.h"

#include <stdlib.h>
#include <string.h>

#include "photographs.h"
#include "shelf.h"

static void touch(struct film *film)
{
    if (film->touched)
        return;
    film->touched = true;
    film->old_count = film->count;
    film->old = must_calloc(film->count + 1, sizeof *film->old);
    if (film->count > 0)
        memcpy(film->old, film->list, film->count * sizeof *film->old);
}

void film_settle(struct film *film)
{
    free(film->old);
    film->old = NULL;
    film->touched = false;
}

void film_crash(struct film *film)
{
    if (!film->touched)
        return;
    free(film->list);
    film->list = film->old;
    film->count = film->old_count;
    film->old = NULL;
    film->touched = false;
}

void film_done(struct film *film)
{
    film_settle(film);
    free(film->list);
}

static void put(struct exposure **list, size_t *count, const struct shot *shot)
{
    *list = must_realloc(*list, *count + 1, sizeof **list);
    (*list)[*count] = (struct exposure){.row = (int64_t)*count + 1,
                                        .shot = shot,
                                        .here = true,
                                        .state = PHOTOGRAPH_WAITS};
    ++*count;
}

void film_add(struct film *film, const struct shot *shot)
{
    put(&film->list, &film->count, shot);
    if (film->touched)
        put(&film->old, &film->old_count, shot);
}

static void refuse(struct exposure *exposure, Tocsin__V1__Status status)
{
    exposure->state = PHOTOGRAPH_REFUSED;
    exposure->status = status;
    exposure->here =
        exposure->here && status == TOCSIN__V1__STATUS__STATUS_NOT_FOUND;
}

void film_answer_refused(struct film *film, const uint8_t answer_id[16],
                         Tocsin__V1__Status status)
{
    touch(film);
    for (size_t i = 0; i < film->count; i++) {
        if (memcmp(film->list[i].shot->answer_id, answer_id, 16) == 0)
            refuse(&film->list[i], status);
    }
}

void film_again(struct film *film)
{
    touch(film);
    for (size_t i = 0; i < film->count; i++) {
        if (film->list[i].state == PHOTOGRAPH_REFUSED && film->list[i].here)
            film->list[i].state = PHOTOGRAPH_WAITS;
    }
}

/* ---- the port ------------------------------------------------------------ */

static bool is_recorded(struct shelf *shelf, const uint8_t answer_id[16])
{
    size_t count;
    const struct shelf_answer *answers = shelf_answers(shelf, &count);

    for (size_t i = 0; i < count; i++) {
        if (memcmp(answers[i].answer_id, answer_id, 16) == 0)
            return answers[i].state == ANSWER_RECORDED;
    }
    return true; /* the answer is stripped, its photograph is not */
}

static bool next_photograph(void *arg, int64_t after, struct photograph *out)
{
    const struct film *film = shelf_film(arg);

    for (size_t i = 0; i < film->count; i++) {
        const struct exposure *exposure = &film->list[i];
        const struct shot *shot = exposure->shot;

        if (exposure->state != PHOTOGRAPH_WAITS || exposure->row <= after ||
            !is_recorded(arg, shot->answer_id))
            continue;
        *out = (struct photograph){.row = exposure->row, .size = shot->size};
        memcpy(out->alert_id, shot->alert_id, sizeof out->alert_id);
        memcpy(out->hash, shot->hash, sizeof out->hash);
        return true;
    }
    return false;
}

static size_t read_photograph(void *arg, int64_t row, uint32_t offset,
                              uint8_t *out, size_t room)
{
    const struct film *film = shelf_film(arg);
    const struct exposure *exposure = &film->list[row - 1];
    size_t left =
        exposure->shot->size > offset ? exposure->shot->size - offset : 0;

    if (!exposure->here || left == 0)
        return 0;
    if (left > room)
        left = room;
    memcpy(out, exposure->shot->bytes + offset, left);
    return left;
}

static void end_photograph(void *arg, const struct answer_end *end)
{
    struct film *film = shelf_film(arg);
    struct exposure *exposure = &film->list[end->row - 1];

    touch(film);
    if (end->status != TOCSIN__V1__STATUS__STATUS_RECORDED &&
        end->status != TOCSIN__V1__STATUS__STATUS_DUPLICATE) {
        refuse(exposure, end->status);
        return;
    }
    exposure->state = PHOTOGRAPH_RECORDED;
    exposure->status = end->status;
    exposure->here = false;
}

/* Of them nothing is left, but that there was one. */
static void purge_photographs(void *arg, const char *alert_id)
{
    struct film *film = shelf_film(arg);

    touch(film);
    for (size_t i = 0; i < film->count; i++) {
        if (strcmp(film->list[i].shot->alert_id, alert_id) != 0)
            continue;
        film->list[i].here = false;
        film->list[i].state = PHOTOGRAPH_NONE;
    }
}

void film_port(struct terminal_store *port)
{
    port->next_photograph = next_photograph;
    port->read_photograph = read_photograph;
    port->end_photograph = end_photograph;
    port->purge_photographs = purge_photographs;
}
