/* What was recorded in homes that were lost. */
#include "model.h"

#include <string.h>

#include "checks.h"
#include "world.h"

const struct model *past_of(const struct model *model,
                            const uint8_t epoch[EPOCH_SIZE])
{
    while (model != NULL && memcmp(model->epoch, epoch, EPOCH_SIZE) != 0)
        model = model->before;
    return model;
}

static const struct paper *paper_in(const struct model *model,
                                    const char *alert_id, uint32_t revision)
{
    const struct model_alert *alert = model_alert(model, alert_id);

    return alert != NULL && revision >= 1 && revision <= alert->revision
               ? alert->history[revision - 1].paper
               : NULL;
}

const struct model *past_with(const struct model *model, const char *alert_id,
                              uint32_t revision)
{
    while (model != NULL && paper_in(model, alert_id, revision) == NULL)
        model = model->before;
    return model;
}

const struct paper *past_paper(const struct model *model, const char *alert_id,
                               uint32_t revision)
{
    model = past_with(model, alert_id, revision);
    return model != NULL ? paper_in(model, alert_id, revision) : NULL;
}

const struct model_principal *past_principal(const struct model *model,
                                             const char *id)
{
    uint32_t number = 0;

    while (model != NULL && (number = model_number(model, id)) == 0)
        model = model->before;
    return model != NULL ? &model->principals[number - 1] : NULL;
}

/* With the home before this one, after its backup. */
static bool was_lost_with(const struct model *model, const char *alert_id,
                          uint32_t revision)
{
    return paper_in(model->before, alert_id, revision) != NULL &&
           model_alert(model->before, alert_id)
                   ->history[revision - 1]
                   .sequence > model->kept;
}

bool past_was_lost(const struct model *model, const char *alert_id,
                   uint32_t revision)
{
    for (; model->before != NULL; model = model->before) {
        if (was_lost_with(model, alert_id, revision))
            return true;
    }
    return false;
}

bool past_is_lost(const struct model *model, const char *alert_id,
                  uint32_t revision)
{
    const struct model_alert *alert = model_alert(model, alert_id);

    return (alert == NULL || alert->revision < revision) &&
           past_was_lost(model, alert_id, revision);
}

bool past_was_sealed(const struct model *model, const char *alert_id)
{
    for (; model != NULL; model = model->before) {
        const struct model_alert *alert = model_alert(model, alert_id);

        if (alert != NULL && alert->sealed)
            return true;
    }
    return false;
}

bool past_is_other(const struct model *model, const char *alert_id,
                   uint32_t revision)
{
    const struct paper *paper = paper_in(model, alert_id, revision);

    for (; paper != NULL && model->before != NULL; model = model->before) {
        const struct paper *other = paper_in(model->before, alert_id, revision);

        if (other != NULL && other != paper &&
            was_lost_with(model, alert_id, revision))
            return true;
    }
    return false;
}

bool past_may_wait(const struct world *world, const char *alert_id,
                   uint32_t revision)
{
    return !world->weather.patient &&
           past_is_lost(world->model, alert_id, revision);
}

bool past_look_is_lost(const struct world *world, const char *alert_id,
                       const char *who)
{
    const struct model *model = world->model;
    const struct model_alert *alert = model_alert(model, alert_id);
    uint32_t number = model_number(model, who);

    return world->host.restores > 0 &&
           (alert == NULL || alert->filed || number == 0);
}

const struct model *past_home(const struct world *world, unsigned home)
{
    const struct model *model = world->model;

    for (unsigned at = world->host.restores; at > home; at--)
        model = model->before;
    return model;
}

unsigned past_order(const struct world *world, unsigned again,
                    uint64_t sequence)
{
    const struct model *model = world->model;
    unsigned home = world->host.restores;

    for (; home > 0 && sequence <= model->kept; home--)
        model = model->before;
    return again & ((1U << home) - 1);
}

uint64_t past_kept(const struct world *world, unsigned home)
{
    const struct model *model = world->model;
    uint64_t kept = UINT64_MAX;

    for (unsigned at = world->host.restores; at > home; at--) {
        if (model->kept < kept)
            kept = model->kept;
        model = model->before;
    }
    return kept;
}
