/* What became of the handhelds' answers. */
#include "crew_inside.h"

#include <string.h>

#include "checks.h"
#include "world.h"

static uint64_t recorded_in(const struct model *model, const struct crew *crew,
                            const struct given *given, unsigned *times)
{
    uint32_t number = model_number(model, crew->hands[given->who]->bundle.id);
    uint64_t sequence = 0;

    *times = 0;
    for (uint64_t i = 1; i <= model->head; i++) {
        const struct model_fact *fact = &model->facts[i - 1];

        if (fact->kind != TOCSIN__V1__FACT__BODY_ANSWERED ||
            fact->node != number ||
            memcmp(fact->answer_id, given->answer_id, 16) != 0)
            continue;
        ++*times;
        sequence = i;
    }
    return sequence;
}

uint64_t crew_recorded(const struct crew *crew, const struct given *given,
                       unsigned *times)
{
    return recorded_in(crew->world->model, crew, given, times);
}

bool crew_fate(const struct crew *crew, const struct given *given,
               struct fate *fate)
{
    struct gateway_spool spool;

    paper_spool_port(crew->paper, &spool);
    return spool.find(spool.arg, crew->hands[given->who]->bundle.id,
                      given->answer_id, fate);
}

/* Of one handheld the first that waits keeps the others waiting. */
static bool may_all_wait(const struct crew *crew)
{
    bool waits[HANDHELDS] = {false};

    for (size_t i = 0; i < crew->given_count; i++) {
        const struct given *given = &crew->given[i];
        struct fate fate;

        if (waits[given->who] || !crew_fate(crew, given, &fate) ||
            fate.state != TOCSIN__V1__FATE_STATE__FATE_STATE_WAITING)
            continue;
        if (!past_may_wait(crew->world, given->alert_id, given->revision))
            return false;
        waits[given->who] = true;
    }
    return true;
}

/* A photograph waits for its answer, and with it. */
static bool picture_waits(const struct crew *crew,
                          const struct gateway_counts *counts)
{
    if (counts->waiting == 0)
        return counts->pictures > 0;
    for (size_t i = 0; i < crew->given_count; i++) {
        struct fate fate;

        if (crew_fate(crew, &crew->given[i], &fate) &&
            fate.state != TOCSIN__V1__FATE_STATE__FATE_STATE_WAITING &&
            fate.picture.state ==
                TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_WAITING)
            return true;
    }
    return false;
}

static bool waits(const struct crew *crew, const struct given *given)
{
    struct fate fate;

    return crew_fate(crew, given, &fate) &&
           fate.state == TOCSIN__V1__FATE_STATE__FATE_STATE_WAITING;
}

bool crew_waits_about(const struct crew *crew, const char *alert_id)
{
    for (size_t i = 0; i < crew->given_count; i++) {
        if (strcmp(crew->given[i].alert_id, alert_id) == 0 &&
            waits(crew, &crew->given[i]))
            return true;
    }
    return false;
}

bool crew_waits_with(const struct crew *crew, const struct shot *shot)
{
    for (size_t i = 0; i < crew->given_count; i++) {
        if (crew->given[i].shot == shot)
            return waits(crew, &crew->given[i]);
    }
    return false;
}

const char *crew_lacks(struct crew *crew)
{
    struct gateway_counts counts;

    for (size_t i = 0; i < crew->given_count; i++) {
        if (!crew->given[i].has_receipt)
            return "a handheld has no receipt";
    }
    if (crew->journal != crew->world->host.restores)
        return "the gateway goes by a journal that is no more";
    gateway_count(crew->gateway, &counts);
    if (counts.waiting > 0 && !may_all_wait(crew))
        return "an answer waits at the gateway";
    if (picture_waits(crew, &counts))
        return "a photograph waits at the gateway";
    return crew_puts_lack(crew) != NULL ? crew_puts_lack(crew)
                                        : crew_looks_lack(crew);
}

/* ---- the end ---- */

/* Nobody has handed back what it is about. */
static bool was_lost_matter(const struct crew *crew, const struct given *given,
                            const struct fate *fate)
{
    return (fate->status == TOCSIN__V1__STATUS__STATUS_NOT_FOUND ||
            fate->status == TOCSIN__V1__STATUS__STATUS_INVALID) &&
           past_is_lost(crew->world->model, given->alert_id, given->revision);
}

/* In a home that was lost, and its case was sealed before it could be said
 * again, there or here: nothing of it is left to say. */
static bool was_forgotten(const struct crew *crew, const struct given *given)
{
    const struct model *model = crew->world->model;
    unsigned times;

    if (!past_was_sealed(model, given->alert_id))
        return false;
    while ((model = model->before) != NULL) {
        if (recorded_in(model, crew, given, &times) != 0)
            return true;
    }
    return false;
}

/* What waits of a handheld that is lost goes with its sealed case. */
static bool was_given_up(const struct crew *crew, const struct given *given,
                         const struct fate *fate)
{
    return fate->state == TOCSIN__V1__FATE_STATE__FATE_STATE_REVOKED &&
           past_was_sealed(crew->world->model, given->alert_id);
}

/* Not what is said again after a refusal; nor what was brought ahead because
 * its case was sealed, in a home that was lost since. */
static bool keeps_its_order(const struct crew *crew, const struct given *given)
{
    return !given->refused &&
           !past_was_sealed(crew->world->model, given->alert_id);
}

static void check_fate(const struct crew *crew, const struct given *given,
                       const struct fate *fate, uint64_t last[AGAIN])
{
    const char *id = crew->hands[given->who]->bundle.id;
    unsigned times;
    uint64_t sequence = crew_recorded(crew, given, &times);
    bool waits = fate->state == TOCSIN__V1__FATE_STATE__FATE_STATE_WAITING;
    bool refused = fate->state == TOCSIN__V1__FATE_STATE__FATE_STATE_REFUSED;

    if (refused && fate->status != TOCSIN__V1__STATUS__STATUS_CONFLICT &&
        given->rung > TOCSIN__V1__RUNG__RUNG_READ &&
        !was_lost_matter(crew, given, fate))
        broken(crew->world, "no handheld's answer is lost", "%s: refused, %d",
               id, (int)fate->status);
    if ((waits && times <= 1) || was_given_up(crew, given, fate) ||
        (times == 0 && was_forgotten(crew, given)))
        return;
    if (times != (refused ? 0U : 1U) ||
        (!refused && fate->sequence != sequence))
        broken(crew->world,
               "each answer of a handheld is recorded once, as it is told",
               "%s: of %s, %u times, as %llu, told %llu", id, given->alert_id,
               times, (unsigned long long)sequence,
               (unsigned long long)fate->sequence);
    if (refused)
        return;
    crew_check_photograph(crew, given, fate);
    if (!keeps_its_order(crew, given))
        return;
    last += past_order(crew->world, given->again, sequence);
    if (sequence < *last)
        broken(crew->world, "the answers of a handheld keep their order",
               "%s: %llu after %llu", id, (unsigned long long)sequence,
               (unsigned long long)*last);
    *last = sequence;
}

/* It may have been refused, and that forgotten. */
static bool is_about_sealed(const struct crew *crew, const struct given *given)
{
    const struct model_alert *alert =
        model_alert(crew->world->model, given->alert_id);

    return (alert != NULL && alert->sealed) ||
           past_was_sealed(crew->world->model, given->alert_id);
}

/* What is said again to a restored broker has an order of its own: what was
 * still waiting may come before its gateway knows that there is another
 * journal. */
void crew_check(struct crew *crew)
{
    uint64_t last[HANDHELDS][AGAIN] = {{0}};

    crew_check_looks(crew);
    crew_check_purged(crew);
    for (size_t i = 0; i < crew->given_count; i++) {
        const struct given *given = &crew->given[i];
        struct fate fate;
        unsigned times;

        if (crew_fate(crew, given, &fate)) {
            check_fate(crew, given, &fate, last[given->who]);
            continue;
        }
        (void)crew_recorded(crew, given, &times);
        if (!given->forgotten ||
            (times != 1 && !(times == 0 && is_about_sealed(crew, given))))
            broken(crew->world, "what has a receipt is in the spool",
                   "%s: of %s r%u, %u times",
                   crew->hands[given->who]->bundle.id, given->alert_id,
                   given->revision, times);
    }
}
