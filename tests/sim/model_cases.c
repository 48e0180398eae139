/** How a case goes, and how it ends. */
#include <string.h>

#include "checks.h"
#include "kits.h"
#include "model_inside.h"
#include "world.h"

/* Only who was offered the lead takes it, only the lead ends the case, and only
 * off the screens. */
void model_note_step(struct model *model, struct model_fact *note,
                     const Tocsin__V1__CaseChanged *changed)
{
    struct model_alert *alert = model_alert(model, changed->alert_id);
    const char *wrong = NULL;

    REQUIRE(alert != NULL);
    note->told = true;
    if (alert->closed &&
        changed->step != TOCSIN__V1__CASE_STEP__CASE_STEP_LOG_DUTY &&
        changed->step != TOCSIN__V1__CASE_STEP__CASE_STEP_SEAL &&
        changed->step != TOCSIN__V1__CASE_STEP__CASE_STEP_MATCH)
        wrong = "it is over";
    switch (changed->step) {
    case TOCSIN__V1__CASE_STEP__CASE_STEP_OFFER_LEAD:
        alert->offered = changed->whom;
        break;
    case TOCSIN__V1__CASE_STEP__CASE_STEP_ACCEPT_LEAD:
        if (alert->offered != note->actor)
            wrong = "it was not offered";
        alert->lead = note->actor;
        alert->offered = 0;
        break;
    case TOCSIN__V1__CASE_STEP__CASE_STEP_SOLVE:
        if (alert->lead != note->actor ||
            alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE)
            wrong = "not by its lead, or on the screens";
        alert->closed = true;
        alert->offered = 0;
        break;
    case TOCSIN__V1__CASE_STEP__CASE_STEP_SEAL:
        if (alert->lead != note->actor || !alert->closed || alert->sealed)
            wrong = "not by its lead, or not over, or twice";
        alert->sealed = true;
        alert->face = 0;
        kits_filed(model, alert);
        break;
    case TOCSIN__V1__CASE_STEP__CASE_STEP_SAMPLE: /* by a centre too */
        kits_step(model, alert, changed);
        break;
    case TOCSIN__V1__CASE_STEP__CASE_STEP_MATCH:
        if (alert->lead != note->actor)
            wrong = "not by its lead";
        kits_step(model, alert, changed);
        break;
    default:
        if (alert->lead != note->actor)
            wrong = "not by its lead";
        break;
    }
    if (wrong != NULL)
        broken(model->world, "a case goes the way of its rules", "%s: %s",
               alert->id, wrong);
}

/* Who had spoken when it was decided may not be named; what was heard while it
 * was on its way to the disk is its right to miss. */
void model_note_silence(struct model *model, struct model_fact *note,
                        const Tocsin__V1__FellSilent *silent)
{
    struct model_alert *alert = model_alert(model, silent->alert_id);

    REQUIRE(alert != NULL);
    note->told = true;
    if (silent->revision != alert->revision)
        broken(model->world, "silence is noted of the newest revision", "%s",
               alert->id);
    if (alert->closed &&
        (silent->lead || silent->n_duties > 0 || silent->n_sightings > 0 ||
         silent->sample || silent->n_samples > 0))
        broken(model->world, "nothing is silent about what is over", "%s",
               alert->id);
    if (silent->lead && alert->lead != 0)
        broken(model->world, "only a case without a lead is told to have none",
               "%s", alert->id);
    if (alert->exercise &&
        (silent->sample || silent->n_samples > 0 || silent->n_matches > 0))
        broken(model->world, "a drill has no samples to wait for", "%s",
               alert->id);
}

void model_note_filed(struct model *model, struct model_alert *alert)
{
    if (!alert->exercise && !alert->closed)
        broken(model->world, "no child is filed away before the case is solved",
               "%s", alert->id);
    alert->filed = true;
    kits_filed(model, alert);
}

/* Its key is gone: the copy that was restored is older than its sealing. */
void model_note_forgotten(struct model *model, struct model_fact *note,
                          uint64_t sequence, const char *id)
{
    struct model_alert *alert = model_alert(model, id);

    REQUIRE(alert != NULL);
    if (alert->sealed || model->before == NULL ||
        !past_was_sealed(model->before, id))
        broken(model->world, "only what was sealed is forgotten again", "%s",
               id);
    model_note_expired(model, note, sequence, id);
    alert->offered = 0;
    alert->closed = true;
    alert->sealed = true;
    alert->face = 0;
    kits_filed(model, alert);
    note->told = true;
}

void model_note_purged(struct model *model, struct model_fact *note,
                       const Tocsin__V1__Purged *purged)
{
    const struct model_alert *alert = model_alert(model, purged->alert_id);

    if (alert == NULL || !alert->sealed)
        broken(model->world, "only a sealed case is purged", "%s",
               purged->alert_id);
    note->told = true;
    note->node = purged->node;
}
