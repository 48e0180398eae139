/* What terminals show, say and claim. */
#include <string.h>

#include "checks.h"
#include "faces.h"
#include "world.h"

static const struct model_principal *own(const struct node *node)
{
    return past_principal(node->world->model, node->bundle.id);
}

/* ---- what it says -------------------------------------------------------- */

static void check_held(struct node *node, const Tocsin__V1__Answer *answer)
{
    if (shelf_had(node->shelf, answer->alert_id) < answer->revision)
        broken(node->world, "who says HELD has it on its disk", "%s: %s r%u",
               node->bundle.id, answer->alert_id, answer->revision);
}

static void check_purged(struct node *node,
                         const Tocsin__V1__SignedPurge *purge)
{
    Tocsin__V1__PurgeDone *done = tocsin__v1__purge_done__unpack(
        NULL, purge->content.len, purge->content.data);

    REQUIRE(done != NULL);
    if (shelf_document(node->shelf, done->alert_id).data != NULL ||
        shelf_face(node->shelf, done->alert_id).data != NULL)
        broken(node->world, "who says that a case is purged keeps none of it",
               "%s: %s", node->bundle.id, done->alert_id);
    tocsin__v1__purge_done__free_unpacked(done, NULL);
}

void check_said(struct node *node, const uint8_t *bytes, size_t size)
{
    struct arena *reading = &node->world->reading;
    size_t before = reading->used;
    const Tocsin__V1__Request *request =
        tocsin__v1__request__unpack(&reading->allocator, size, bytes);
    const Tocsin__V1__Answer *answer;

    REQUIRE(request != NULL);
    if (request->body_case == TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE) {
        answer = tocsin__v1__answer__unpack(
            &reading->allocator, request->acknowledge->answer->content.len,
            request->acknowledge->answer->content.data);
        REQUIRE(answer != NULL);
        if (answer->rung == TOCSIN__V1__RUNG__RUNG_HELD)
            check_held(node, answer);
    } else if (request->body_case == TOCSIN__V1__REQUEST__BODY_PUT_PICTURE) {
        check_piece(node->world, node->bundle.id, request->put_picture);
    } else if (request->body_case == TOCSIN__V1__REQUEST__BODY_CONFIRM_PURGE) {
        check_purged(node, request->confirm_purge->purge);
    }
    reading->used = before;
}

/* ---- what it shows ------------------------------------------------------- */

/* Its ring had come when this revision was in force, or it stays on the screen
 * for an earlier one. A slow line brings what was so, not what is. */
static bool was_reached(const struct node *node, const struct shown *shown,
                        uint32_t revision, const struct paper *paper)
{
    const struct model *model = node->world->model;

    if (shown->newest > 0)
        return true;
    while ((model = past_with(model, shown->alert_id, revision)) != NULL) {
        const struct model_alert *alert = model_alert(model, shown->alert_id);
        uint32_t number = model_number(model, node->bundle.id);

        if ((number < alert->line_count &&
             (alert->lines[number].covered || alert->lines[number].once)) ||
            aim_reaches(&paper->aim, own(node),
                        alert->history[revision - 1].reached_ms))
            return true;
        model = model->before;
    }
    return false;
}

/* Under one number two may be signed, when the first was lost with its home. */
static const struct paper *paper_shown(const struct node *node,
                                       const char *alert_id)
{
    struct blob document = shelf_document(node->shelf, alert_id);

    return document.data != NULL ? paper_of_bytes(&node->world->papers,
                                                  document.data, document.size)
                                 : NULL;
}

/* It may have been missed; what is there is of the photograph that is shown, of
 * a later revision only when that is lost. */
static void check_face(const struct node *node, const struct paper *paper)
{
    struct blob face = shelf_face(node->shelf, paper->alert_id);

    if (face.data != NULL &&
        (paper->picture == NULL || face_read(face, paper) == 0 ||
         (node->world->host.restores == 0 &&
          face_read(face, paper) > face_number(paper->revision, true))))
        broken(node->world, "a screen shows the thumbnail of its photograph",
               "%s: %s r%u", node->bundle.id, paper->alert_id, paper->revision);
}

/* The journal has no other any more than what is shown now. */
static bool newest_is_lost(const struct model *model, const struct shown *shown,
                           const struct paper *paper)
{
    const char *id = shown->alert_id;

    if (past_is_lost(model, id, shown->newest) ||
        past_is_other(model, id, shown->newest) ||
        past_was_sealed(model->before, id))
        return true;
    /* a page from before its centre revised an exercise once more, or a later
     * one was handed back alone */
    return past_was_lost(model, id, shown->newest) &&
           (paper->exercise || past_with(model, id, shown->newest) != model);
}

static void check_shown(struct node *node, struct shown *shown,
                        uint32_t revision)
{
    struct world *world = node->world;
    const struct paper *paper = paper_shown(node, shown->alert_id);

    if (paper == NULL || paper->withdrawal || paper->revision != revision ||
        past_paper(world->model, shown->alert_id, revision) == NULL)
        broken(world, "a screen shows only what is recorded", "%s: %s r%u",
               node->bundle.id, shown->alert_id, revision);
    if (newest_is_lost(world->model, shown, paper)) {
        shown->newest = revision;
        shown->ended = false;
    }
    if (shown->ended)
        broken(world, "what was withdrawn is not shown again", "%s: %s r%u",
               node->bundle.id, shown->alert_id, revision);
    if (revision < shown->newest)
        broken(world, "no older revision over a newer one",
               "%s: %s r%u after r%u", node->bundle.id, shown->alert_id,
               revision, shown->newest);
    if (own(node) == NULL || !aim_holds(&paper->aim, own(node)))
        broken(world, "a screen shows what is for its node", "%s: %s r%u",
               node->bundle.id, shown->alert_id, revision);
    check_face(node, paper);
    if (!was_reached(node, shown, revision, paper))
        broken(world, "no screen shows what its ring has not come for",
               "%s: %s r%u", node->bundle.id, shown->alert_id, revision);
}

void check_screen(struct node *node, enum terminal_change change,
                  const char *alert_id)
{
    const struct holding *holding = terminal_holding(node->terminal, alert_id);
    struct shown *shown = node_shown(node, alert_id);

    REQUIRE(holding != NULL);
    if (change == TERMINAL_NEW && shown->on_screen)
        broken(node->world, "nobody is woken twice", "%s: %s", node->bundle.id,
               alert_id);
    shown->on_screen = change != TERMINAL_ENDED;
    if (shown->on_screen)
        check_shown(node, shown, holding->revision);
    else if (holding->withdrawn)
        shown->ended = true;
    if (holding->revision > shown->newest)
        shown->newest = holding->revision;
}

/* The screen begins anew with what the store holds as shown. That something was
 * told is stored after it was: a crash in between tells it again, unless it is
 * over by then. */
void check_restart(struct node *node)
{
    for (size_t i = 0; i < node->shown_count; i++) {
        struct shown *shown = &node->shown[i];
        const struct holding *holding =
            terminal_holding(node->terminal, shown->alert_id);

        if (shown->on_screen && holding == NULL)
            broken(node->world, "what a screen has shown survives a restart",
                   "%s: %s", node->bundle.id, shown->alert_id);
        shown->on_screen = holding != NULL && holding->announced != 0;
    }
}

/* ---- what it claims ------------------------------------------------------ */

/* Until it has heard a beacon a terminal takes the interval for this. */
#define INTERVAL_FIRST_MS 2000

/* The head that whoever claims to have the picture must have heard of: what was
 * told longer ago than two beacons and a half, and the longest way. */
static uint64_t least_head(const struct node *node)
{
    const struct world *world = node->world;
    const struct host *host = &world->host;
    int64_t way_ms = world->weather.delay_ms > world->weather.slow_delay_ms
                         ? world->weather.delay_ms
                         : world->weather.slow_delay_ms;
    int64_t interval_ms = world->weather.beacon_ms > INTERVAL_FIRST_MS
                              ? world->weather.beacon_ms
                              : INTERVAL_FIRST_MS;
    int64_t before_ms = world->now_ms - interval_ms * 5 / 2 - way_ms - 100;

    for (size_t i = host->told_count; i > 0; i--) {
        if (host->told[i - 1].at_ms <= before_ms)
            return host->told[i - 1].head;
    }
    return 0;
}

static bool in_scope(const struct node *node, const struct model_alert *alert)
{
    for (size_t i = 0; i < alert->prefix_count; i++) {
        if (prefix_holds(alert->prefixes[i], node->bundle.division))
            return true;
    }
    return false;
}

/* On its own topic nothing is outstanding: whoever was reached has heard it. */
static void check_claimed_ring(const struct node *node,
                               const struct model_alert *alert,
                               const struct holding *holding)
{
    const struct paper *paper = alert->history[alert->revision - 1].paper;

    if (holding->for_us && !holding->reached && !holding->withdrawn &&
        own(node) != NULL &&
        aim_reaches(&paper->aim, own(node), alert->reached_ms))
        broken(node->world, "who claims the centre's picture has its rings",
               "%s: %s r%u", node->bundle.id, alert->id, alert->revision);
}

/* As its officers see it: by its own clock, too. */
static bool has_ended(const struct node *node, const struct holding *holding)
{
    struct moment now = node_moment(node);
    struct terminal_standing standing;

    terminal_standing(node->terminal, now, &standing);
    return holding_state(holding, now.wall_ms + standing.daytime_ms) !=
           HOLDING_LIVE;
}

static void check_claim(struct node *node, const struct model_alert *alert)
{
    const struct holding *holding = terminal_holding(node->terminal, alert->id);
    bool live = alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE;
    bool over = holding == NULL || holding->withdrawn || holding->expired ||
                holding->gone;
    bool same =
        holding != NULL && holding->revision == alert->revision && over != live;

    if (same)
        check_claimed_ring(node, alert, holding);
    if (same || (!live && (holding == NULL || holding->gone)))
        return;
    /* over there, and here by what a restore has lost: a revision, or that its
     * child is forgotten */
    if (!live && over &&
        (past_is_lost(node->world->model, alert->id, holding->revision) ||
         past_was_sealed(node->world->model, alert->id)))
        return;
    /* the end of what was over already is not told any more once it is filed */
    if ((alert->filed || alert->sealed) && (over || has_ended(node, holding)))
        return;
    broken(node->world, "who claims the centre's picture has it",
           "%s: %s r%u, has r%u", node->bundle.id, alert->id, alert->revision,
           holding != NULL ? holding->revision : 0);
}

void check_standing(struct node *node)
{
    const struct model *model;
    struct terminal_standing standing;

    terminal_standing(node->terminal, node_moment(node), &standing);
    if (!standing.complete)
        return;
    model = past_of(node->world->model, standing.epoch);
    if (model == NULL ||
        (model != node->world->model ? 0 : standing.head) < least_head(node))
        broken(node->world, "a gap is noticed within two beacons",
               "%s: complete up to %llu, told %llu", node->bundle.id,
               (unsigned long long)standing.head,
               (unsigned long long)least_head(node));
    for (size_t i = 0; i < model->alert_count; i++) {
        if (model->alerts[i]->sequence <= standing.head &&
            in_scope(node, model->alerts[i]))
            check_claim(node, model->alerts[i]);
    }
}
