/* After the last fault: what must have become whole, and how it must end. */
#include <stdio.h>
#include <string.h>

#include "checks.h"
#include "crew.h"
#include "wire/check.h"
#include "world.h"

/* Clocks that agree within this may be believed about an expiry. */
#define CLOCKS_AGREE_MS (8LL * 60 * 1000)
#define AFTERLIFE_MS (24LL * 3600 * 1000)

static const char *say(const char *who, const char *which, const char *what)
{
    static char text[160];

    snprintf(text, sizeof text, "%s: %s %s", who, which, what);
    return text;
}

/* ---- lacking ------------------------------------------------------------- */

static const char *people_lack(struct world *world)
{
    for (size_t i = 0; i < world->people.count; i++) {
        const struct person *person = &world->people.list[i];

        for (size_t j = 0; j < person->errand_count; j++) {
            const struct errand *errand = person->errands[j];

            if (errand->kind != ERRAND_FOLLOW && !errand->answered)
                return say(person->bundle.id, "it", "has no answer");
        }
    }
    return NULL;
}

static const char *outbox_lacks(const struct node *node)
{
    size_t count;
    const struct shelf_answer *answers = shelf_answers(node->shelf, &count);

    for (size_t i = 0; i < count; i++) {
        if (answers[i].state == ANSWER_WAITING)
            return say(node->bundle.id, answers[i].alert_id,
                       "has an answer that waits");
    }
    return NULL;
}

static bool agree(int64_t a_ms, int64_t b_ms)
{
    return a_ms - b_ms < CLOCKS_AGREE_MS && b_ms - a_ms < CLOCKS_AGREE_MS;
}

/* 1: on the screen; 0: not; -1: whose clock is right nobody can say. */
static int must_show(struct node *node, const struct model_alert *alert)
{
    struct world *world = node->world;
    const struct model *model = world->model;
    const struct paper *paper = alert->history[alert->revision - 1].paper;
    bool over = world_wall_ms(world) >= alert->expires_ms;
    bool live = alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE;

    if (alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_WITHDRAWN ||
        !aim_holds(
            &paper->aim,
            &model->principals[model_number(model, node->bundle.id) - 1]))
        return 0;
    if (!agree(world->host.wrong_ms, 0) || live == over)
        return -1;
    return live ? 1 : agree(node->wrong_ms, 0) ? 0 : -1;
}

/* Its ring has come. 0: no; -1: no, but it may show it, having been reached by
 * an earlier revision. */
static int is_reached(struct node *node, const struct model_alert *alert)
{
    const struct model *model = node->world->model;
    const struct paper *paper = alert->history[alert->revision - 1].paper;
    uint32_t number = model_number(model, node->bundle.id);

    if (aim_reaches(&paper->aim, &model->principals[number - 1],
                    alert->reached_ms))
        return 1;
    return (number < alert->line_count && alert->lines[number].covered) ||
                   node_shown(node, alert->id)->newest > 0
               ? -1
               : 0;
}

static const char *screen_lacks(struct node *node)
{
    const struct model *model = node->world->model;

    for (size_t i = 0; i < model->alert_count; i++) {
        const struct model_alert *alert = model->alerts[i];
        const struct shown *shown = node_shown(node, alert->id);
        int must = must_show(node, alert);
        int reached = is_reached(node, alert);

        if (must == 1 && reached < 1)
            must = reached;
        if (must == 1 && !shown->on_screen)
            return say(node->bundle.id, alert->id, "is not shown");
        if (must == 0 && shown->on_screen)
            return say(node->bundle.id, alert->id,
                       "is shown, but over or not for it");
        if (shown->on_screen && shown->newest != alert->revision)
            return say(node->bundle.id, alert->id,
                       "is shown as an older revision");
    }
    return NULL;
}

static const char *node_lacks(struct node *node)
{
    struct terminal_standing standing;
    const char *lacking;

    if (node->terminal == NULL)
        return say(node->bundle.id, "it", "is down");
    terminal_standing(node->terminal, node_moment(node), &standing);
    if (!standing.connected || standing.revoked)
        return say(node->bundle.id, "it", "is not connected");
    if (!standing.complete)
        return say(node->bundle.id, "it", "has not the centre's picture");
    lacking = outbox_lacks(node);
    return lacking != NULL ? lacking : screen_lacks(node);
}

/* Everybody in the coverage has said HELD; but what is over or filed away, or
 * was a day ago by the broker's clock, nobody is asked about any more. */
static const char *coverage_lacks(const struct world *world,
                                  const struct model_alert *alert)
{
    if (alert->filed ||
        alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_EXPIRED ||
        host_moment(world).wall_ms > alert->expires_ms + AFTERLIFE_MS)
        return NULL;
    for (uint32_t i = 1; i < alert->line_count; i++) {
        if (alert->lines[i].covered && model_active_node(world->model, i) &&
            alert->lines[i].rung < TOCSIN__V1__RUNG__RUNG_HELD)
            return say(world->model->principals[i - 1].id, alert->id,
                       "is not HELD there");
    }
    return NULL;
}

static const char *rings_lack(const struct world *world,
                              const struct model_alert *alert)
{
    const char *node = check_rings_lack(world, alert);

    return node != NULL ? say(node, alert->id, "has not come there") : NULL;
}

const char *calm_lacks(struct world *world)
{
    const char *lacking = people_lack(world);

    if (world->host.broker == NULL)
        return "the broker is down";
    for (size_t i = 0; i < world->node_count && lacking == NULL; i++) {
        if (world->nodes[i].enrolled)
            lacking = node_lacks(&world->nodes[i]);
    }
    for (size_t i = 0; i < world->model->alert_count && lacking == NULL; i++)
        lacking = coverage_lacks(world, world->model->alerts[i]);
    for (size_t i = 0; i < world->model->alert_count && lacking == NULL; i++)
        lacking = rings_lack(world, world->model->alerts[i]);
    if (lacking == NULL)
        lacking = crew_lacks(world->people.crew);
    return lacking != NULL ? lacking : check_quiet(world);
}

/* ---- the end ------------------------------------------------------------- */

static unsigned times_recorded(const struct model *model, uint32_t number,
                               const struct shelf_answer *answer,
                               uint64_t *sequence)
{
    unsigned times = 0;

    for (uint64_t i = 1; i <= model->head; i++) {
        const struct model_fact *fact = &model->facts[i - 1];

        if (fact->kind != TOCSIN__V1__FACT__BODY_ANSWERED ||
            fact->node != number ||
            memcmp(fact->answer_id, answer->answer_id, 16) != 0)
            continue;
        times++;
        *sequence = i;
    }
    return times;
}

/* Its alert was over, and filed away, before its node had a line again; or it
 * says no more than that an officer elsewhere has read it. */
static bool may_be_refused(const struct world *world,
                           const struct shelf_answer *answer)
{
    const struct model_alert *alert =
        model_alert(world->model, answer->alert_id);

    if (answer->status == TOCSIN__V1__STATUS__STATUS_NOT_FOUND)
        return answer->rung == TOCSIN__V1__RUNG__RUNG_READ;
    return answer->status == TOCSIN__V1__STATUS__STATUS_CONFLICT &&
           alert != NULL && alert->filed;
}

/* A key that was taken away takes with it what it signed and nobody had yet:
 * such an answer may be refused, and its officer sees that it was. */
static void check_answers(struct node *node)
{
    struct world *world = node->world;
    uint32_t number = model_number(world->model, node->bundle.id);
    size_t count;
    const struct shelf_answer *answers = shelf_answers(node->shelf, &count);
    uint64_t last[2] = {0}; /* of what can wait; of what cannot */

    for (size_t i = 0; i < count; i++) {
        const struct shelf_answer *answer = &answers[i];
        uint64_t sequence = 0;
        unsigned times =
            times_recorded(world->model, number, answer, &sequence);
        bool urgent;

        if (times > 1 || (answer->state == ANSWER_RECORDED &&
                          (times == 0 || sequence != answer->sequence)))
            broken(world, "each officer's answer is in the journal once",
                   "%s: %u times", node->bundle.id, times);
        if (answer->state == ANSWER_REFUSED && node->enrolled &&
            answer->key_serial == node->key_serial &&
            (times > 0 || !may_be_refused(world, answer)))
            broken(world, "no officer's answer is lost", "%s: refused, %d",
                   node->bundle.id, (int)answer->status);
        /* who is told BUSY comes again, and lets the next one pass; so does who
         * was nobody until the next one came */
        if (times == 0 || answer->relayed || world->weather.tight ||
            answer->given_ms < node->readmitted_ms)
            continue;
        urgent = rung_is_urgent(answer->rung);
        if (sequence < last[urgent])
            broken(world, "the answers of a node are recorded in their order",
                   "%s: %llu after %llu", node->bundle.id,
                   (unsigned long long)sequence,
                   (unsigned long long)last[urgent]);
        last[urgent] = sequence;
    }
}

static void check_errands(struct world *world)
{
    for (size_t i = 0; i < world->people.count; i++) {
        const struct person *person = &world->people.list[i];

        for (size_t j = 0; j < person->errand_count; j++) {
            const struct errand *errand = person->errands[j];
            const struct model_fact *fact;

            if (errand->sequence == 0 || errand->kind == ERRAND_FOLLOW ||
                errand->kind == ERRAND_RELAY)
                continue;
            if (errand->sequence > world->model->head)
                broken(world, "recorded means kept", "%llu is gone",
                       (unsigned long long)errand->sequence);
            fact = &world->model->facts[errand->sequence - 1];
            if (errand->kind == ERRAND_FOUND) {
                if (fact->kind != TOCSIN__V1__FACT__BODY_FOUND_REGISTERED ||
                    strcmp(fact->found_id, errand->foundling->found_id) != 0 ||
                    fact->revision != errand->revision)
                    broken(world, "recorded means kept", "%s r%u is another's",
                           errand->foundling->found_id, errand->revision);
                continue;
            }
            /* these are the same when they say the same */
            if (fact->kind != TOCSIN__V1__FACT__BODY_ENROLLED &&
                errand->kind != ERRAND_WORD &&
                memcmp(fact->request_id, errand->id, 16) != 0)
                broken(world, "recorded means kept", "%llu is another's",
                       (unsigned long long)errand->sequence);
        }
    }
}

void check_end(struct world *world)
{
    check_book(world);
    check_rebuilt(world);
    check_errands(world);
    crew_check(world->people.crew);
    for (size_t i = 0; i < world->node_count; i++) {
        if (world->nodes[i].shelf != NULL)
            check_answers(&world->nodes[i]);
    }
}
