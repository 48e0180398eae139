/* What a broker that was restored gets back. */
#include <string.h>

#include "checks.h"
#include "world.h"

static const struct paper *paper_issued(struct world *world,
                                        const Tocsin__V1__AlertIssued *issued)
{
    return model_paper(world->model, issued);
}

void check_handed_back(struct world *world,
                       const Tocsin__V1__AlertIssued *issued)
{
    const struct model *model = world->model;
    const struct model_alert *alert = model_alert(model, issued->alert_id);
    const struct paper *paper = paper_issued(world, issued);
    const struct model *past = model->before;

    while (past != NULL &&
           past_paper(past, issued->alert_id, issued->revision) != paper)
        past = past->before;
    if (past == NULL || issued->exercise)
        broken(world, "what is handed back was recorded once, and no exercise",
               "%s r%u", issued->alert_id, issued->revision);
    if (alert != NULL && alert->revision >= issued->revision)
        broken(world, "only what is missing is taken back", "%s r%u",
               issued->alert_id, issued->revision);
    if (!model_active_node(model, model_number(model, issued->handed_back_by)))
        broken(world, "only who is enrolled hands back", "%s",
               issued->handed_back_by);
}

/* ---- after the calm ------------------------------------------------------ */

/* It is on screens, and this node hears of it. What is over is not handed back
 * to a broker that knows nothing of it, nor when what that knows is over too,
 * until another node hands that back; a withdrawal is, once it does. To whom a
 * ring has told of it only since, it was not alive. */
static bool is_missed(const struct node *node, const struct model_alert *alert,
                      bool withdrawal)
{
    if (alert == NULL ||
        alert->state != TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE ||
        (!withdrawal && alert->history[alert->revision - 1].sequence >
                            node->world->model->kept))
        return false;
    for (size_t i = 0; i < alert->prefix_count; i++) {
        if (prefix_holds(alert->prefixes[i], node->bundle.division))
            return withdrawal || alert->told[i] <= node->world->model->kept;
    }
    return false;
}

static bool is_back(const struct node *node, const struct held_then *then)
{
    const struct world *world = node->world;
    const struct model_alert *alert = model_alert(world->model, then->alert_id);
    const struct paper *paper =
        past_paper(world->model, then->alert_id, then->revision);

    if (paper == NULL || paper->exercise)
        return true;
    if ((paper->withdrawal || world_wall_ms(world) >= paper->expires_ms) &&
        !is_missed(node, alert, paper->withdrawal))
        return true;
    if (alert == NULL)
        return false;
    return alert->revision >= then->revision || alert->filed || alert->sealed ||
           alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_WITHDRAWN;
}

const char *check_back_lacks(const struct node *node)
{
    const struct world *world = node->world;

    if (world->weather.broker_clock ||
        node->held_then_serial != node->key_serial)
        return NULL;
    for (size_t i = 0; i < node->held_then_count; i++) {
        if (node->held_then[i].revision > 0 &&
            !is_back(node, &node->held_then[i]))
            return node->held_then[i].alert_id;
    }
    return NULL;
}
