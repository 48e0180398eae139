/* Rings: what the broker may widen and when, worked out in another way than
 * domain/ does; who is told of it, and who is left in peace. */
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "world.h"

/* ---- when ---------------------------------------------------------------- */

static unsigned step_at(const struct rings *rings, int64_t ms)
{
    unsigned step = 0;

    for (unsigned i = 0; i < rings->count; i++)
        step += rings->steps[i].after_ms <= ms;
    return step;
}

/* A little ahead, a thirty-second part at most, and never into the next step;
 * everything once the last step has come. */
static bool is_allowed(const struct rings *rings, int64_t passed_ms,
                       int64_t reached_ms)
{
    int64_t last_ms = rings->steps[rings->count - 1].after_ms;

    if (passed_ms < 0)
        passed_ms = 0;
    if (passed_ms >= last_ms)
        return reached_ms == last_ms;
    return reached_ms >= passed_ms && reached_ms <= passed_ms * 33 / 32 + 1 &&
           step_at(rings, reached_ms) == step_at(rings, passed_ms);
}

static int64_t passed_ms(const struct world *world, const struct rings *rings)
{
    return host_moment(world).wall_ms - rings->seen_ms;
}

void check_ring_issued(struct world *world, const struct paper *paper,
                       const Tocsin__V1__RingStand *ring)
{
    const struct rings *rings = &paper->aim.rings;

    if ((ring != NULL) != (!paper->withdrawal && rings->count > 0))
        broken(world, "an alert has the rings that its centre signed", "%s r%u",
               paper->alert_id, paper->revision);
    if (ring == NULL)
        return;
    if (!is_allowed(rings, passed_ms(world, rings), ring->reached_ms) ||
        ring->step != step_at(rings, ring->reached_ms) ||
        ring->steps != rings->count || ring->from_ms != rings->seen_ms)
        broken(world, "an alert starts at the ring of its age",
               "%s r%u: %lld after %lld", paper->alert_id, paper->revision,
               (long long)ring->reached_ms, (long long)passed_ms(world, rings));
}

/* ---- widening ------------------------------------------------------------ */

static bool *numbers_in(const struct model *model, const uint32_t *differences,
                        size_t count)
{
    bool *in = must_calloc(model->principal_count + 1, sizeof *in);
    uint32_t number = 0;

    for (size_t i = 0; i < count; i++) {
        number += differences[i];
        REQUIRE(number <= model->principal_count);
        in[number] = true;
    }
    return in;
}

static bool is_covered(const struct model_alert *alert, uint32_t number)
{
    return number < alert->line_count && alert->lines[number].covered;
}

/* Its ring comes with this: it has to hear of it, in the coverage or not. */
static bool is_newly_reached(const struct model *model,
                             const struct model_alert *alert, uint32_t number,
                             int64_t reached_ms)
{
    const struct paper *paper = alert->history[alert->revision - 1].paper;
    const struct model_principal *principal = &model->principals[number - 1];

    return model_active_node(model, number) &&
           aim_reaches(&paper->aim, principal, reached_ms) &&
           (!is_covered(alert, number) ||
            !aim_reaches(&paper->aim, principal, alert->reached_ms));
}

static void check_newly_reached(struct world *world,
                                const struct model_alert *alert,
                                const Tocsin__V1__RingWidened *widened)
{
    const struct model *model = world->model;
    bool *told = numbers_in(model, widened->coverage, widened->n_coverage);

    for (uint32_t number = 1; number <= model->principal_count; number++) {
        bool expected =
            !is_covered(alert, number) &&
            is_newly_reached(model, alert, number, widened->reached_ms);

        if (told[number] != expected)
            broken(world, "a ring brings exactly those whom it reaches",
                   "%s r%u: %s", alert->id, alert->revision,
                   model->principals[number - 1].id);
    }
    free(told);
}

static unsigned holders(char *const *prefixes, size_t count,
                        const char *division)
{
    unsigned holders = 0;

    for (size_t i = 0; i < count; i++)
        holders += prefix_holds(prefixes[i], division);
    return holders;
}

static void check_widened_topics(struct world *world,
                                 const struct model_alert *alert,
                                 const Tocsin__V1__RingWidened *widened)
{
    const struct model *model = world->model;

    for (uint32_t number = 1; number <= model->principal_count; number++) {
        if (is_newly_reached(model, alert, number, widened->reached_ms) &&
            holders(widened->told, widened->n_told,
                    model->principals[number - 1].division) != 1)
            broken(world, "whom a ring reaches is told on one topic", "%s: %s",
                   alert->id, model->principals[number - 1].id);
    }
    for (size_t i = 0; i < alert->prefix_count; i++) {
        if (holders(widened->prefixes, widened->n_prefixes,
                    alert->prefixes[i]) != 1)
            broken(world, "what was reached once is reached again", "%s: %s",
                   alert->id, alert->prefixes[i]);
    }
}

void check_widened(struct world *world, const Tocsin__V1__RingWidened *widened)
{
    const struct model_alert *alert =
        model_alert(world->model, widened->alert_id);
    const struct rings *rings;

    if (alert == NULL || alert->revision != widened->revision ||
        alert->state != TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE)
        broken(world, "only what is live widens, in its newest revision", "%s",
               widened->alert_id);
    rings = &alert->history[alert->revision - 1].paper->aim.rings;
    if (widened->reached_ms <= alert->reached_ms ||
        widened->step != step_at(rings, widened->reached_ms) ||
        (widened->n_told == 0 && widened->step == alert->step))
        broken(world, "rings only widen, and for a reason", "%s r%u", alert->id,
               alert->revision);
    if (!world->weather.broker_clock &&
        !is_allowed(rings, passed_ms(world, rings), widened->reached_ms))
        broken(world, "no ring comes before its time",
               "%s r%u: %lld after %lld", alert->id, alert->revision,
               (long long)widened->reached_ms,
               (long long)passed_ms(world, rings));
    check_newly_reached(world, alert, widened);
    check_widened_topics(world, alert, widened);
}

/* ---- telling ------------------------------------------------------------- */

static uint64_t told_at(const struct model_alert *alert,
                        const Tocsin__V1__Notice *notice)
{
    for (size_t i = 0; notice->n_prefixes == 1 && i < alert->prefix_count;
         i++) {
        if (strcmp(alert->prefixes[i], notice->prefixes[0]) == 0)
            return alert->told[i];
    }
    return alert->sequence;
}

void check_ring_notice(struct world *world, const struct model_alert *alert,
                       const struct paper *paper,
                       const Tocsin__V1__Notice *notice)
{
    bool ringed = !paper->withdrawal && paper->aim.rings.count > 0;

    if (notice->sequence != told_at(alert, notice))
        broken(world, "a notice names what was told last on its topic",
               "%s: %llu", alert->id, (unsigned long long)notice->sequence);
    if ((notice->ring != NULL) != ringed ||
        (ringed && (notice->ring->reached_ms != alert->reached_ms ||
                    notice->ring->step != alert->step)))
        broken(world, "a notice says how far the rings have come", "%s r%u",
               alert->id, alert->revision);
}

/* To this principal alone. */
static uint32_t receiver(const struct world *world, uint32_t connection)
{
    const struct wire *wire = world->network.connections[connection - 1].wire;

    return wire != NULL ? model_number(world->model, wire->who) : 0;
}

void check_told_to(struct world *world, uint32_t connection,
                   const Tocsin__V1__Notice *notice, bool pushed)
{
    const struct paper *paper = paper_of(&world->papers, notice->document);
    const struct model_alert *alert =
        model_alert(world->model, paper->alert_id);
    uint32_t number = receiver(world, connection);

    if (number == 0)
        return;
    if (notice->ring != NULL &&
        notice->ring->reached != is_covered(alert, number))
        broken(world, "each node is told whether its ring has come", "%s: %s",
               alert->id, world->model->principals[number - 1].id);
    if (pushed && (!is_covered(alert, number) ||
                   alert->lines[number].rung >= TOCSIN__V1__RUNG__RUNG_HELD))
        broken(world, "only who has not said HELD is sent it directly",
               "%s: %s", alert->id, world->model->principals[number - 1].id);
}

/* ---- after the calm ------------------------------------------------------ */

/* Time that a look, a tick and a commit may take. */
#define SLACK_MS 4000

const char *check_rings_lack(const struct world *world,
                             const struct model_alert *alert)
{
    const struct model *model = world->model;
    const struct paper *paper = alert->history[alert->revision - 1].paper;
    const struct rings *rings = &paper->aim.rings;
    int64_t due_ms = passed_ms(world, rings) - SLACK_MS;

    if (alert->state != TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE ||
        rings->count == 0 || world->weather.broker_clock || due_ms < 0 ||
        alert->expires_ms <= host_moment(world).wall_ms)
        return NULL;
    for (uint32_t number = 1; number <= model->principal_count; number++) {
        const struct model_principal *principal =
            &model->principals[number - 1];

        /* who was enrolled in a ring that had come is told by its sync */
        if (model_active_node(model, number) && !is_covered(alert, number) &&
            aim_reaches(&paper->aim, principal, due_ms) &&
            !aim_reaches(&paper->aim, principal, alert->reached_ms))
            return principal->id;
    }
    return NULL;
}
