#include "shelf.h"

#include <stdlib.h>
#include <string.h>

#include "terminal/says.h"
#include "wire/check.h"

/* One alert: how it stands now, and, once touched, how the disk has it. */
struct row {
    bool there;
    struct holding holding;
    uint8_t *alert;
    size_t alert_size;
    uint8_t *withdrawal;
    size_t withdrawal_size;
    uint8_t *face; /* its thumbnail */
    size_t face_size;
};

struct place {
    char alert_id[ULID_SIZE + 1];
    struct row now;
    struct row disk;
    bool touched;
    uint32_t had; /* the newest revision that the disk has ever had */
};

struct shelf {
    struct place *places;
    size_t place_count;
    struct shelf_answer *answers;
    size_t answer_count;
    struct shelf_answer *old_answers; /* as the disk has them, once touched */
    size_t old_count;
    bool answers_touched;
    int64_t next_row;
    struct terminal_state state;
    struct terminal_state old_state;
    bool has_state;
    bool had_state;
    bool state_touched;
    bool staged;
    struct film film;
    bool (*fails)(void *arg, bool *kept);
    void *arg;
    const unsigned *journal;
};

static uint8_t *copy(const uint8_t *bytes, size_t size)
{
    return bytes != NULL ? must_memdup(bytes, size) : NULL;
}

static void free_row(struct row *row)
{
    free(row->alert);
    free(row->withdrawal);
    free(row->face);
    memset(row, 0, sizeof *row);
}

static struct row copy_row(const struct row *row)
{
    struct row out = *row;

    out.alert = copy(row->alert, row->alert_size);
    out.withdrawal = copy(row->withdrawal, row->withdrawal_size);
    out.face = copy(row->face, row->face_size);
    return out;
}

static void free_answers(struct shelf_answer *answers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(answers[i].request);
    free(answers);
}

struct shelf *shelf_new(bool (*fails)(void *arg, bool *kept), void *arg,
                        const unsigned *journal)
{
    struct shelf *shelf = must_calloc(1, sizeof *shelf);

    shelf->fails = fails;
    shelf->arg = arg;
    shelf->journal = journal;
    shelf->next_row = 1;
    return shelf;
}

/* ---- staging ------------------------------------------------------------- */

static struct place *find(const struct shelf *shelf, const char *alert_id)
{
    for (size_t i = 0; i < shelf->place_count; i++) {
        if (strcmp(shelf->places[i].alert_id, alert_id) == 0)
            return &shelf->places[i];
    }
    return NULL;
}

static struct place *touch(struct shelf *shelf, const char *alert_id)
{
    struct place *place = find(shelf, alert_id);

    shelf->staged = true;
    if (place == NULL) {
        shelf->places = must_realloc(shelf->places, shelf->place_count + 1,
                                     sizeof *shelf->places);
        place = &shelf->places[shelf->place_count++];
        memset(place, 0, sizeof *place);
        memcpy(place->alert_id, alert_id, ULID_SIZE);
    }
    if (!place->touched)
        place->disk = copy_row(&place->now);
    place->touched = true;
    return place;
}

static void touch_answers(struct shelf *shelf)
{
    shelf->staged = true;
    if (shelf->answers_touched)
        return;
    shelf->answers_touched = true;
    shelf->old_count = shelf->answer_count;
    shelf->old_answers =
        must_calloc(shelf->answer_count + 1, sizeof *shelf->old_answers);
    for (size_t i = 0; i < shelf->answer_count; i++) {
        shelf->old_answers[i] = shelf->answers[i];
        shelf->old_answers[i].request =
            copy(shelf->answers[i].request, shelf->answers[i].size);
    }
}

static void settle(struct shelf *shelf)
{
    for (size_t i = 0; i < shelf->place_count; i++) {
        struct place *place = &shelf->places[i];

        if (place->touched)
            free_row(&place->disk);
        place->touched = false;
        if (place->now.holding.revision > place->had)
            place->had = place->now.holding.revision;
    }
    if (shelf->answers_touched)
        free_answers(shelf->old_answers, shelf->old_count);
    shelf->old_answers = NULL;
    shelf->answers_touched = false;
    shelf->state_touched = false;
    film_settle(&shelf->film);
    shelf->staged = false;
}

void shelf_crash(struct shelf *shelf)
{
    for (size_t i = 0; i < shelf->place_count; i++) {
        struct place *place = &shelf->places[i];

        if (!place->touched)
            continue;
        free_row(&place->now);
        place->now = place->disk;
        memset(&place->disk, 0, sizeof place->disk);
    }
    if (shelf->answers_touched) {
        free_answers(shelf->answers, shelf->answer_count);
        shelf->answers = shelf->old_answers;
        shelf->answer_count = shelf->old_count;
        shelf->answers_touched = false;
    }
    if (shelf->state_touched) {
        shelf->state = shelf->old_state;
        shelf->has_state = shelf->had_state;
    }
    film_crash(&shelf->film);
    settle(shelf);
}

void shelf_free(struct shelf *shelf)
{
    if (shelf == NULL)
        return;
    settle(shelf);
    for (size_t i = 0; i < shelf->place_count; i++)
        free_row(&shelf->places[i].now);
    free(shelf->places);
    free_answers(shelf->answers, shelf->answer_count);
    film_done(&shelf->film);
    free(shelf);
}

/* ---- the port ------------------------------------------------------------ */

static void drop_face(struct row *row)
{
    free(row->face);
    row->face = NULL;
    row->face_size = 0;
}

/* A thumbnail stays with its photograph. */
static bool has_another_picture(const struct row *row,
                                const struct holding *holding)
{
    const struct holding *before = &row->holding;

    return before->picture.size == 0 || holding->picture.size == 0 ||
           memcmp(before->picture.hash, holding->picture.hash,
                  sizeof holding->picture.hash) != 0;
}

static void keep(void *arg, const struct holding *holding, struct blob document)
{
    struct place *place = touch(arg, holding->alert_id);
    struct row *row = &place->now;

    if (row->face != NULL && has_another_picture(row, holding))
        drop_face(row);
    row->there = true;
    row->holding = *holding;
    if (document.data == NULL)
        return;
    free(row->withdrawal);
    row->withdrawal = NULL;
    if (holding->withdrawn) {
        row->withdrawal = copy(document.data, document.size);
        row->withdrawal_size = document.size;
    } else {
        free(row->alert);
        row->alert = copy(document.data, document.size);
        row->alert_size = document.size;
    }
}

static void strip(void *arg, const char *alert_id)
{
    struct row *row = &touch(arg, alert_id)->now;

    free(row->alert);
    free(row->withdrawal);
    row->alert = NULL;
    row->withdrawal = NULL;
    drop_face(row);
    row->holding.bare = true;
}

static void drop(void *arg, const char *alert_id)
{
    free_row(&touch(arg, alert_id)->now);
}

static void keep_thumbnail(void *arg, const char *alert_id, struct blob image)
{
    struct row *row = &touch(arg, alert_id)->now;

    drop_face(row);
    row->face = copy(image.data, image.size);
    row->face_size = image.size;
}

static bool keep_picture(void *arg, const struct holding *holding,
                         struct blob image)
{
    (void)image;
    keep(arg, holding, (struct blob){NULL, 0});
    return true;
}

static void keep_state(void *arg, const struct terminal_state *state)
{
    struct shelf *shelf = arg;

    if (!shelf->state_touched) {
        shelf->old_state = shelf->state;
        shelf->had_state = shelf->has_state;
    }
    shelf->state_touched = true;
    shelf->staged = true;
    shelf->state = *state;
    shelf->has_state = true;
}

static void put(struct shelf *shelf, const struct shelf_answer *answer)
{
    struct shelf_answer *place;

    shelf->answers = must_realloc(shelf->answers, shelf->answer_count + 1,
                                  sizeof *shelf->answers);
    place = &shelf->answers[shelf->answer_count++];
    *place = *answer;
    place->row = shelf->next_row++;
}

static bool load(void *arg, const char *alert_id,
                 void (*give)(void *to, struct blob document,
                              struct blob thumbnail),
                 void *to)
{
    const struct row *row = &touch(arg, alert_id)->now;
    bool over = row->there && row->holding.withdrawn;
    struct blob document = {over ? row->withdrawal : row->alert,
                            over ? row->withdrawal_size : row->alert_size};

    if (!row->there || document.data == NULL)
        return false;
    give(to, document, (struct blob){row->face, row->face_size});
    return true;
}

static void keep_word(void *arg, const struct answer_word *word)
{
    (void)arg;
    (void)word;
}

static void say_again(void *arg)
{
    struct shelf *shelf = arg;

    touch_answers(shelf);
    for (size_t i = 0; i < shelf->answer_count; i++) {
        struct shelf_answer *row = &shelf->answers[i];

        if (!row->personal || row->state == ANSWER_WAITING ||
            (row->state == ANSWER_REFUSED &&
             row->status != TOCSIN__V1__STATUS__STATUS_NOT_FOUND))
            continue;
        row->refused = row->refused || row->state == ANSWER_REFUSED;
        row->state = ANSWER_WAITING;
        if (row->journal != *shelf->journal)
            row->again |= 1U << (*shelf->journal - 1);
    }
    film_again(&shelf->film);
}

static void queue(void *arg, const struct machine_answer *answer)
{
    struct shelf *shelf = arg;
    struct shelf_answer row = {.revision = answer->revision,
                               .rung = answer->rung};

    for (size_t i = 0; i < shelf->answer_count; i++) {
        const struct shelf_answer *other = &shelf->answers[i];

        if (!other->personal && other->revision == answer->revision &&
            other->rung == answer->rung &&
            strcmp(other->alert_id, answer->alert_id) == 0)
            return;
    }
    touch_answers(shelf);
    memcpy(row.alert_id, answer->alert_id, ULID_SIZE);
    memcpy(row.answer_id, answer->answer_id, 16);
    memcpy(row.request_id, answer->request_id, 16);
    row.request = copy(answer->request.data, answer->request.size);
    row.size = answer->request.size;
    put(shelf, &row);
}

static void end_answer(void *arg, const struct answer_end *end)
{
    struct shelf *shelf = arg;
    struct shelf_answer *row = NULL;

    touch_answers(shelf);
    for (size_t i = 0; i < shelf->answer_count && row == NULL; i++) {
        if (shelf->answers[i].row == end->row)
            row = &shelf->answers[i];
    }
    if (row == NULL)
        return;
    if (!end->personal) {
        free(row->request);
        shelf->answer_count--;
        memmove(row, row + 1,
                (size_t)(shelf->answers + shelf->answer_count - row) *
                    sizeof *row);
        return;
    }
    row->state = end->status == TOCSIN__V1__STATUS__STATUS_RECORDED ||
                         end->status == TOCSIN__V1__STATUS__STATUS_DUPLICATE
                     ? ANSWER_RECORDED
                     : ANSWER_REFUSED;
    row->status = end->status;
    row->sequence = end->sequence;
    row->journal = *shelf->journal;
    if (row->state == ANSWER_REFUSED)
        film_answer_refused(&shelf->film, row->answer_id, end->status);
}

static enum lane_of lane_of(const struct shelf_answer *row)
{
    if (!row->personal)
        return LANE_MACHINE;
    return rung_is_urgent(row->rung) ? LANE_URGENT : LANE_CALM;
}

static bool next_answer(void *arg, enum lane_of lane, int64_t after,
                        struct queued_answer *out)
{
    const struct shelf *shelf = arg;

    for (size_t i = 0; i < shelf->answer_count; i++) {
        const struct shelf_answer *row = &shelf->answers[i];

        if (row->state != ANSWER_WAITING || lane_of(row) != lane ||
            row->row <= after)
            continue;
        out->row = row->row;
        memcpy(out->request_id, row->request_id, 16);
        out->request = copy(row->request, row->size);
        out->size = row->size;
        return true;
    }
    return false;
}

static enum status commit(void *arg, struct diag *why)
{
    struct shelf *shelf = arg;
    bool kept = false;

    if (!shelf->staged && !shelf->film.touched)
        return STATUS_OK;
    if (!shelf->fails(shelf->arg, &kept)) {
        settle(shelf);
        return STATUS_OK;
    }
    if (kept)
        settle(shelf);
    return diag_set(why, STATUS_DISK, "the store fails");
}

void shelf_port(struct shelf *shelf, struct terminal_store *port)
{
    *port = (struct terminal_store){.arg = shelf,
                                    .keep = keep,
                                    .strip = strip,
                                    .drop = drop,
                                    .keep_thumbnail = keep_thumbnail,
                                    .keep_picture = keep_picture,
                                    .keep_state = keep_state,
                                    .queue = queue,
                                    .end_answer = end_answer,
                                    .load = load,
                                    .keep_word = keep_word,
                                    .say_again = say_again,
                                    .next_answer = next_answer,
                                    .commit = commit};
    film_port(port);
}

struct film *shelf_film(struct shelf *shelf)
{
    return &shelf->film;
}

/* Only what has a column in the real store comes back. */
static struct holding as_stored(const struct holding *holding)
{
    struct holding out = *holding;

    out.picture_retry_ms = 0;
    out.named = 0;
    out.paged = 0;
    out.line = 0;
    out.counted = false;
    out.dirty = false;
    out.owed = false;
    out.anew = false;
    out.picture_news = false;
    return out;
}

void shelf_load(struct shelf *shelf, struct terminal *terminal,
                struct moment now)
{
    if (shelf->has_state)
        terminal_load_state(terminal, &shelf->state, now);
    for (size_t i = 0; i < shelf->place_count; i++) {
        const struct row *row = &shelf->places[i].now;
        struct holding holding = as_stored(&row->holding);
        struct blob document =
            holding.withdrawn
                ? (struct blob){row->withdrawal, row->withdrawal_size}
                : (struct blob){row->alert, row->alert_size};

        if (row->there)
            (void)terminal_load(terminal, &holding, document, now);
    }
}

static void forget_state(struct shelf *shelf)
{
    struct terminal_state kept = {.has_epoch = shelf->state.has_epoch};

    memcpy(kept.epoch, shelf->state.epoch, sizeof kept.epoch);
    kept.marked = shelf->state.marked;
    memcpy(kept.mark, shelf->state.mark, sizeof kept.mark);
    shelf->state = kept;
}

void shelf_take_key(struct shelf *shelf, const struct keypair *key,
                    unsigned serial, struct chance *chance)
{
    struct arena arena;

    REQUIRE(!shelf->staged);
    forget_state(shelf);
    arena_init(&arena, 65536);
    for (size_t i = 0; i < shelf->answer_count; i++) {
        struct shelf_answer *row = &shelf->answers[i];
        uint8_t *request;

        if (!row->personal)
            continue;
        chance_fill(chance, row->request_id, sizeof row->request_id);
        request =
            sign_request_again(&arena, (struct blob){row->request, row->size},
                               key, row->request_id, &row->size);
        REQUIRE(request != NULL);
        free(row->request);
        row->request = request;
        if (row->state == ANSWER_WAITING)
            row->key_serial = serial;
    }
    arena_done(&arena);
}

uint32_t shelf_had(const struct shelf *shelf, const char *alert_id)
{
    const struct place *place = find(shelf, alert_id);

    return place != NULL ? place->had : 0;
}

const struct holding *shelf_holds(const struct shelf *shelf, size_t number)
{
    for (size_t i = 0; i < shelf->place_count; i++) {
        const struct place *place = &shelf->places[i];
        const struct row *row = place->touched ? &place->disk : &place->now;

        if (row->there && number-- == 0)
            return &row->holding;
    }
    return NULL;
}

struct blob shelf_document(const struct shelf *shelf, const char *alert_id)
{
    const struct place *place = find(shelf, alert_id);

    return place != NULL && place->now.there
               ? (struct blob){place->now.alert, place->now.alert_size}
               : (struct blob){NULL, 0};
}

struct blob shelf_face(const struct shelf *shelf, const char *alert_id)
{
    const struct place *place = find(shelf, alert_id);

    return place != NULL && place->now.there
               ? (struct blob){place->now.face, place->now.face_size}
               : (struct blob){NULL, 0};
}

/* ---- officers ------------------------------------------------------------ */

void shelf_answer(struct shelf *shelf, const struct shelf_answer *answer)
{
    struct shelf_answer *old;

    put(shelf, answer);
    if (answer->photograph != NULL)
        film_add(&shelf->film, answer->photograph);
    if (!shelf->answers_touched)
        return;
    /* a transaction of its own: a crash of the daemon does not undo it */
    shelf->old_answers = must_realloc(shelf->old_answers, shelf->old_count + 1,
                                      sizeof *shelf->old_answers);
    old = &shelf->old_answers[shelf->old_count++];
    *old = shelf->answers[shelf->answer_count - 1];
    old->request = copy(answer->request, answer->size);
}

const struct shelf_answer *shelf_answers(const struct shelf *shelf,
                                         size_t *count)
{
    *count = shelf->answer_count;
    return shelf->answers;
}
