/* Who answers for the children: a centre offers the lead, one of two officers
 * takes it, does things, hands it over, and solves what was withdrawn. Not all
 * of it is allowed when it comes; the broker says so. */
#include <stdlib.h>
#include <string.h>

#include "wire/case_order.h"
#include "world.h"

#define OFFICERS 2

static struct person *officer(struct world *world, uint32_t which)
{
    return &world->people.list[world->people.count - 1 - which % OFFICERS];
}

static void give(struct world *world, struct person *by,
                 const struct dossier *dossier, Tocsin__V1__CaseOrder *order)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Order body = TOCSIN__V1__ORDER__INIT;
    struct errand errand;
    uint8_t id[16];
    uint8_t *bytes;
    size_t size;

    chance_fill(&world->chance, id, sizeof id);
    order->order_id = (ProtobufCBinaryData){sizeof id, id};
    order->alert_id = (char *)(uintptr_t)dossier->alert_id;
    order->at_ms = world_moment(world, by->wrong_ms).wall_ms;
    REQUIRE(case_order_sign(order, &by->bundle.key, &bytes, &size, NULL) ==
            STATUS_OK);
    body.order = tocsin__v1__signed_order__unpack(NULL, size, bytes);
    free(bytes);
    request.body_case = TOCSIN__V1__REQUEST__BODY_ORDER;
    request.order = &body;
    errand = errand_pack_as(id, &request);
    errand.kind = ERRAND_ORDER;
    tell(world, by->bundle.id, "gives order %d about %s",
         (int)case_order_step(order), dossier->alert_id);
    (void)errand_begin(by, errand);
    tocsin__v1__signed_order__free_unpacked(body.order, NULL);
}

static void offer(struct world *world, struct person *by,
                  const struct dossier *dossier, struct person *whom)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__OfferLead step = TOCSIN__V1__OFFER_LEAD__INIT;

    step.officer = whom->bundle.id;
    order.step_case = TOCSIN__V1__CASE_ORDER__STEP_OFFER_LEAD;
    order.offer_lead = &step;
    give(world, by, dossier, &order);
}

static void accept_it(struct world *world, struct person *by,
                      const struct dossier *dossier)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__AcceptLead step = TOCSIN__V1__ACCEPT_LEAD__INIT;

    order.step_case = TOCSIN__V1__CASE_ORDER__STEP_ACCEPT_LEAD;
    order.accept_lead = &step;
    give(world, by, dossier, &order);
}

static void log_it(struct world *world, struct person *by,
                   const struct dossier *dossier)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__LogDuty step = TOCSIN__V1__LOG_DUTY__INIT;

    step.duty = TOCSIN__V1__DUTY__DUTY_RESCUE;
    step.text = (char *)(uintptr_t) "searched";
    order.step_case = TOCSIN__V1__CASE_ORDER__STEP_LOG_DUTY;
    order.log_duty = &step;
    give(world, by, dossier, &order);
}

static void solve(struct world *world, struct person *by,
                  const struct dossier *dossier)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__Solve step = TOCSIN__V1__SOLVE__INIT;

    step.outcome = TOCSIN__V1__OUTCOME__OUTCOME_RETURNED_TO_PARENTS;
    step.receiver = (char *)(uintptr_t) "the parents";
    order.step_case = TOCSIN__V1__CASE_ORDER__STEP_SOLVE;
    order.solve = &step;
    give(world, by, dossier, &order);
}

static void seal(struct world *world, struct person *by,
                 const struct dossier *dossier)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__Seal step = TOCSIN__V1__SEAL__INIT;

    step.reason = (char *)(uintptr_t) "its time has come";
    order.step_case = TOCSIN__V1__CASE_ORDER__STEP_SEAL;
    order.seal = &step;
    give(world, by, dossier, &order);
}

static void note(struct world *world, struct person *by,
                 const struct dossier *dossier)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__NoteSample step = TOCSIN__V1__NOTE_SAMPLE__INIT;
    char room[8];

    draw_note(world, &step, room);
    order.step_case = TOCSIN__V1__CASE_ORDER__STEP_NOTE_SAMPLE;
    order.note_sample = &step;
    give(world, by, dossier, &order);
}

/* Mostly whose turn it is: as if they had looked the case up. */
static struct person *whose_turn(struct world *world,
                                 const struct dossier *dossier, bool offered)
{
    const struct model_alert *alert =
        model_alert(world->model, dossier->alert_id);
    uint32_t number = alert == NULL ? 0
                      : offered     ? alert->offered
                                    : alert->lead;

    for (uint32_t i = 0; i < OFFICERS; i++) {
        struct person *person = officer(world, i);

        if (number != 0 && chance_is(&world->chance, 800) &&
            model_number(world->model, person->bundle.id) == number)
            return person;
    }
    return officer(world, chance_below(&world->chance, OFFICERS));
}

static void decide(struct world *world)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__DecideMatch step = TOCSIN__V1__DECIDE_MATCH__INIT;
    const struct dossier *dossier = draw_decision(world, &step);

    if (dossier == NULL)
        return;
    order.step_case = TOCSIN__V1__CASE_ORDER__STEP_DECIDE_MATCH;
    order.decide_match = &step;
    give(world, whose_turn(world, dossier, false), dossier, &order);
}

void officers_act(struct world *world)
{
    struct people *people = &world->people;
    struct chance *chance = &world->chance;
    struct person *centre =
        &people->list[FIRST_CENTRE +
                      chance_below(chance, world->weather.centres)];
    const struct dossier *dossier;
    struct person *by;
    uint32_t what = chance_below(chance, 15);

    if (people->dossier_count == 0)
        return;
    dossier =
        &people
             ->dossiers[chance_below(chance, (uint32_t)people->dossier_count)];
    by = whose_turn(world, dossier, what > 2 && what < 5);
    if (what < 2)
        offer(world, centre, dossier, by);
    else if (what == 2)
        offer(world, by, dossier,
              officer(world, chance_below(chance, OFFICERS)));
    else if (what < 5)
        accept_it(world, by, dossier);
    else if (what < 10)
        note(world, chance_is(chance, 500) ? by : centre, dossier);
    else if (what < 12)
        decide(world);
    else if (dossier->withdrawn)
        solve(world, by, dossier);
    else
        log_it(world, by, dossier);
}

static struct person *numbered(struct world *world, uint32_t number)
{
    for (uint32_t i = 0; i < OFFICERS; i++) {
        struct person *person = officer(world, i);

        if (model_number(world->model, person->bundle.id) == number)
            return person;
    }
    return NULL;
}

/* One step of a case on its way to where its child is forgotten. */
static void go_on(struct world *world, const struct dossier *dossier,
                  const struct model_alert *alert)
{
    struct chance *chance = &world->chance;
    struct person *centre =
        &world->people
             .list[FIRST_CENTRE + chance_below(chance, world->weather.centres)];
    struct person *lead = numbered(world, alert->lead);

    if (alert->offered != 0 && numbered(world, alert->offered) != NULL)
        accept_it(world, numbered(world, alert->offered), dossier);
    else if (lead == NULL)
        offer(world, centre, dossier,
              officer(world, chance_below(chance, OFFICERS)));
    else if (alert->closed)
        seal(world, lead, dossier);
    else if (dossier->withdrawn)
        solve(world, lead, dossier);
}

void sealers_act(struct world *world)
{
    const struct people *people = &world->people;
    const struct dossier *dossier;
    const struct model_alert *alert;

    if (!world->weather.seals || people->dossier_count == 0)
        return;
    dossier = &people->dossiers[chance_below(&world->chance,
                                             (uint32_t)people->dossier_count)];
    alert = model_alert(world->model, dossier->alert_id);
    if (alert != NULL && !alert->sealed && !alert->filed)
        go_on(world, dossier, alert);
}
