/* After the last fault: what must have become whole, and how it must end. */
#include <stdio.h>
#include <string.h>

#include "checks.h"
#include "crew.h"
#include "wire/check.h"
#include "world.h"

/* Clocks that agree within this may be believed about an expiry. */
#define LIFE_MS (40LL * 60 * 1000) /* none is longer */
#define CLOCKS_AGREE_MS (8LL * 60 * 1000)
#define AFTERLIFE_MS (24LL * 3600 * 1000)

static const char *say(const char *who, const char *which, const char *what)
{
    static char text[260];

    snprintf(text, sizeof text, "%s: %s %s", who, which, what);
    return text;
}

/* ---- lacking ------------------------------------------------------------- */

/* For what a restore has lost: an answer, or a revision of a found child whose
 * earlier ones are gone. */
static bool may_wait(const struct errand *errand)
{
    const struct world *world = errand->person->world;

    if (errand->kind == ERRAND_RELAY)
        return past_may_wait(world, errand->alert_id, errand->revision);
    return errand->kind == ERRAND_FOUND && world->host.restores > 0 &&
           !world->weather.patient &&
           errand->revision >
               found_revisions(world->model, errand->foundling->found_id) + 1;
}

static const char *people_lack(struct world *world)
{
    for (size_t i = 0; i < world->people.count; i++) {
        const struct person *person = &world->people.list[i];

        for (size_t j = 0; j < person->errand_count; j++) {
            const struct errand *errand = person->errands[j];

            if (errand->kind != ERRAND_FOLLOW && !errand->answered &&
                !may_wait(errand))
                return say(person->bundle.id, "it", "has no answer");
        }
    }
    return NULL;
}

/* Who follows has heard of everything, in the journal that there is. */
static const char *supervisor_lacks(const struct world *world)
{
    const struct person *supervisor = &world->people.list[SUPERVISOR];

    return supervisor->followed_journal == world->host.restores &&
                   supervisor->followed == world->model->head
               ? NULL
               : say(supervisor->bundle.id, "it", "has not heard of all");
}

static bool answer_may_wait(const struct node *node,
                            const struct shelf_answer *answer)
{
    const struct world *world = node->world;

    if (answer->rung == TOCSIN__V1__RUNG__RUNG_UNSPECIFIED)
        return !world->weather.patient &&
               past_look_is_lost(world, answer->alert_id, node->bundle.id);
    return past_may_wait(world, answer->alert_id, answer->revision);
}

static const char *outbox_lacks(const struct node *node)
{
    size_t count;
    const struct shelf_answer *answers = shelf_answers(node->shelf, &count);

    for (size_t i = 0; i < count; i++) {
        if (answers[i].state == ANSWER_WAITING &&
            !answer_may_wait(node, &answers[i]))
            return say(node->bundle.id, answers[i].alert_id,
                       "has an answer that waits");
    }
    return NULL;
}

static bool agree(int64_t a_ms, int64_t b_ms)
{
    return a_ms - b_ms < CLOCKS_AGREE_MS && b_ms - a_ms < CLOCKS_AGREE_MS;
}

/* A centre was as wrong as the node is, and has signed it. */
static bool is_vouched(const struct node *node)
{
    const struct papers *papers = &node->world->papers;
    int64_t wall_ms = node_moment(node).wall_ms;

    for (size_t i = 0; i < papers->count; i++) {
        int64_t since_ms = wall_ms - papers->list[i]->sent_ms;

        if (since_ms > -CLOCKS_AGREE_MS && since_ms < LIFE_MS)
            return !agree(node->wrong_ms, 0);
    }
    return false;
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
    if (live)
        return is_vouched(node) ? -1 : 1;
    return agree(node->wrong_ms, 0) ? 0 : -1;
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

static const struct paper *paper_held(const struct world *world,
                                      struct blob document)
{
    return document.data != NULL
               ? paper_of_bytes(&world->papers, document.data, document.size)
               : NULL;
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

/* What a restore has lost and nobody has handed back is on no screen. */
static const char *lost_lacks(const struct node *node)
{
    const struct world *world = node->world;

    for (size_t i = 0; i < node->shown_count; i++) {
        const struct shown *shown = &node->shown[i];
        const struct model_alert *alert =
            model_alert(world->model, shown->alert_id);
        const struct paper *paper =
            paper_held(world, shelf_document(node->shelf, shown->alert_id));

        if (!shown->on_screen)
            continue;
        if (alert == NULL)
            return say(node->bundle.id, shown->alert_id,
                       "is shown, and the centre does not know it");
        if (paper != alert->history[alert->revision - 1].paper)
            return say(node->bundle.id, shown->alert_id,
                       "is shown in other words than the centre's");
    }
    return NULL;
}

/* Where the two differ, as far as it is about revisions. */
static const char *picture_lacks(const struct node *node)
{
    const struct model *model = node->world->model;
    static char text[120];

    for (size_t i = 0; i < node->shown_count; i++) {
        const char *id = node->shown[i].alert_id;
        const struct holding *holding = terminal_holding(node->terminal, id);
        const struct model_alert *alert = model_alert(model, id);
        uint32_t ours =
            holding != NULL && !holding->gone ? holding->revision : 0;
        uint32_t theirs = alert != NULL ? alert->revision : 0;

        if (ours == theirs || (alert != NULL && alert->filed) ||
            (ours == 0 &&
             alert->state != TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE))
            continue;
        snprintf(
            text, sizeof text,
            "it has not the centre's picture: r%u of %s, not r%u of state %d",
            ours, id, theirs, alert ? (int)alert->state : 0);
        return text;
    }
    return "it has not the centre's picture";
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
        return say(node->bundle.id, picture_lacks(node), "");
    lacking = outbox_lacks(node);
    if (lacking == NULL)
        lacking = screen_lacks(node);
    if (lacking == NULL)
        lacking = lost_lacks(node);
    if (lacking == NULL && check_back_lacks(node) != NULL)
        lacking = say(node->bundle.id, check_back_lacks(node),
                      "was held, and is not back");
    return lacking;
}

/* Whose enrolment a restore has lost, and who is revoked, has no picture. */
static const char *outcast_lacks(struct node *node)
{
    struct terminal_standing standing;

    if (node->terminal == NULL)
        return NULL;
    terminal_standing(node->terminal, node_moment(node), &standing);
    return standing.complete
               ? say(node->bundle.id, "it", "claims the picture, and is nobody")
               : NULL;
}

/* Everybody in the coverage has said HELD; but what is over or filed away, or
 * was a day ago by the broker's clock, nobody is asked about any more. */
static const char *coverage_lacks(const struct world *world,
                                  const struct model_alert *alert)
{
    if (alert->filed || alert->sealed ||
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
        lacking = world->nodes[i].enrolled ? node_lacks(&world->nodes[i])
                                           : outcast_lacks(&world->nodes[i]);
    }
    for (size_t i = 0; i < world->model->alert_count && lacking == NULL; i++)
        lacking = coverage_lacks(world, world->model->alerts[i]);
    for (size_t i = 0; i < world->model->alert_count && lacking == NULL; i++)
        lacking = rings_lack(world, world->model->alerts[i]);
    if (lacking == NULL)
        lacking = supervisor_lacks(world);
    if (lacking == NULL)
        lacking = crew_lacks(world->people.crew);
    if (lacking == NULL)
        lacking = photographs_lack(world);
    if (lacking == NULL)
        lacking = check_purges_lack(world);
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

/* Its alert was over, and filed away, before its node had a line again, also in
 * a home that was lost; it says no more than that an officer elsewhere has read
 * it; or nobody has handed back what it is about. */
static bool may_be_refused(const struct world *world,
                           const struct shelf_answer *answer)
{
    const struct model_alert *alert =
        model_alert(past_home(world, answer->journal), answer->alert_id);

    if (answer->status == TOCSIN__V1__STATUS__STATUS_NOT_FOUND &&
        answer->rung == TOCSIN__V1__RUNG__RUNG_READ)
        return true;
    if (answer->status == TOCSIN__V1__STATUS__STATUS_NOT_FOUND ||
        answer->status == TOCSIN__V1__STATUS__STATUS_INVALID)
        return past_is_lost(world->model, answer->alert_id, answer->revision);
    return answer->status == TOCSIN__V1__STATUS__STATUS_CONFLICT &&
           ((alert != NULL && alert->filed) ||
            past_was_sealed(world->model, answer->alert_id));
}

/* The gateway brought it, too, when its alert had come to its node again. */
static bool concerned_it_later(const struct shelf_answer *answer)
{
    return answer->relayed && answer->rung == TOCSIN__V1__RUNG__RUNG_READ &&
           answer->status == TOCSIN__V1__STATUS__STATUS_NOT_FOUND;
}

/* By the journal that has its end; that of a home that was lost, for who is not
 * enrolled any more. */
static void check_recorded(struct node *node, const struct shelf_answer *answer,
                           unsigned times, uint64_t sequence)
{
    struct world *world = node->world;
    bool of_old = answer->journal != world->host.restores && !node->enrolled;

    if (of_old ||
        (times <= 1 && (answer->state != ANSWER_RECORDED ||
                        (times == 1 && sequence == answer->sequence))))
        return;
    broken(world, "each officer's answer is in the journal once",
           "%s: %u times", node->bundle.id, times);
}

/* Who is told BUSY, or of a full disk, comes again, and lets the next one pass;
 * so does who was nobody until the next one came. */
static bool keeps_its_order(const struct node *node,
                            const struct shelf_answer *answer)
{
    const struct world *world = node->world;

    return !answer->relayed && !answer->refused && !world->weather.tight &&
           !world->host.was_full && answer->given_ms >= node->readmitted_ms &&
           !past_was_lost(world->model, answer->alert_id, answer->revision);
}

/* What came under a key that was taken away may be refused, and its officer
 * sees that it was; what waits when there is another one is signed anew. What
 * is said again to a restored broker has an order of its own. */
static void check_answers(struct node *node)
{
    struct world *world = node->world;
    uint32_t number = model_number(world->model, node->bundle.id);
    size_t count;
    const struct shelf_answer *answers = shelf_answers(node->shelf, &count);
    uint64_t last[AGAIN][2] = {{0}}; /* of what can wait; of what cannot */

    for (size_t i = 0; i < count; i++) {
        const struct shelf_answer *answer = &answers[i];
        uint64_t sequence = 0;
        unsigned times =
            times_recorded(world->model, number, answer, &sequence);
        uint64_t *before = &last[past_order(world, answer->again, sequence)]
                                [rung_is_urgent(answer->rung)];

        check_recorded(node, answer, times, sequence);
        if (answer->state == ANSWER_REFUSED && node->enrolled &&
            answer->key_serial == node->key_serial &&
            ((times > 0 && !concerned_it_later(answer)) ||
             !may_be_refused(world, answer)))
            broken(world, "no officer's answer is lost",
                   "%s: %d to %s r%u is refused, %d", node->bundle.id,
                   (int)answer->rung, answer->alert_id, answer->revision,
                   (int)answer->status);
        if (times == 0 || !keeps_its_order(node, answer))
            continue;
        if (sequence < *before)
            broken(world, "the answers of a node are recorded in their order",
                   "%s: %llu after %llu", node->bundle.id,
                   (unsigned long long)sequence, (unsigned long long)*before);
        *before = sequence;
    }
}

/* Recorded after the backup, in a home that was lost. */
static bool went_with_its_home(const struct errand *errand)
{
    const struct world *world = errand->person->world;

    return errand->sequence > past_kept(world, errand->journal);
}

static void check_errands(struct world *world)
{
    for (size_t i = 0; i < world->people.count; i++) {
        const struct person *person = &world->people.list[i];

        for (size_t j = 0; j < person->errand_count; j++) {
            const struct errand *errand = person->errands[j];
            const struct model_fact *fact;

            if (errand->sequence == 0 || errand->kind == ERRAND_FOLLOW ||
                errand->kind == ERRAND_RELAY || went_with_its_home(errand))
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
    check_photographs(world);
    for (size_t i = 0; i < world->node_count; i++) {
        if (world->nodes[i].shelf != NULL)
            check_answers(&world->nodes[i]);
    }
}
