#include "kits.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "world.h"

#define NONE TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_UNSPECIFIED
#define IN_LIBRARY TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_IN_LIBRARY
#define FAILED TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_FAILED
#define REJECTED TOCSIN__V1__MATCH_DECISION__MATCH_DECISION_REJECTED

void kits_done(struct kits *kits)
{
    free(kits->list);
    free(kits->matches);
}

const struct model_kit *kits_find(const struct kits *kits,
                                  const uint8_t digest[KIT_DIGEST_SIZE])
{
    for (size_t i = 0; i < kits->count; i++) {
        if (memcmp(kits->list[i].digest, digest, KIT_DIGEST_SIZE) == 0)
            return &kits->list[i];
    }
    return NULL;
}

static struct model_kit *known(struct model *model,
                               const ProtobufCBinaryData *digest)
{
    struct kits *kits = &model->kits;
    struct model_kit *kit;

    REQUIRE(digest->len == KIT_DIGEST_SIZE);
    kit = (struct model_kit *)(uintptr_t)kits_find(kits, digest->data);
    if (kit != NULL)
        return kit;
    kits->list = must_realloc(kits->list, kits->count + 1, sizeof *kits->list);
    kit = &kits->list[kits->count++];
    memset(kit, 0, sizeof *kit);
    memcpy(kit->digest, digest->data, KIT_DIGEST_SIZE);
    return kit;
}

static void hold(struct model *model, const struct model_match *match, int step)
{
    for (size_t i = 0; i < match->kit_count; i++) {
        const ProtobufCBinaryData digest = {
            KIT_DIGEST_SIZE, (uint8_t *)(uintptr_t)match->kits[i]};

        known(model, &digest)->holds += (unsigned)step;
    }
}

static void decide(struct model *model, const struct model_alert *alert,
                   const Tocsin__V1__CaseChanged *changed)
{
    for (size_t i = 0; i < model->kits.match_count; i++) {
        struct model_match *match = &model->kits.matches[i];

        if (match->sequence != changed->match || match->alert != alert)
            continue;
        if (match->decision == changed->decision)
            broken(model->world, "a match is decided so once", "%llu",
                   (unsigned long long)match->sequence);
        hold(model, match, match->decision == REJECTED ? 0 : -1);
        match->decision = changed->decision;
        hold(model, match, match->decision == REJECTED ? 0 : 1);
        return;
    }
    broken(model->world, "only what a laboratory has reported is decided",
           "%llu", (unsigned long long)changed->match);
}

void kits_step(struct model *model, const struct model_alert *alert,
               const Tocsin__V1__CaseChanged *changed)
{
    struct model_kit *kit;

    if (changed->step == TOCSIN__V1__CASE_STEP__CASE_STEP_MATCH) {
        decide(model, alert, changed);
        return;
    }
    kit = known(model, &changed->kit);
    if (kit->alert != NULL && kit->alert != alert)
        broken(model->world, "a kit hangs on one case", "%s and %s", alert->id,
               kit->alert->id);
    if (changed->sample == IN_LIBRARY && kit->state != IN_LIBRARY)
        broken(model->world,
               "a laboratory alone says that it is in the library", "%s",
               alert->id);
    kit->alert = alert;
    kit->state = changed->sample;
}

static void add_match(struct model *model, const struct model_alert *alert,
                      uint64_t sequence,
                      const Tocsin__V1__LabReported *reported)
{
    struct kits *kits = &model->kits;
    struct model_match match = {.sequence = sequence, .alert = alert};
    bool good = known(model, &reported->kit)->alert == NULL &&
                known(model, &reported->kit)->state == IN_LIBRARY;

    memcpy(match.kits[match.kit_count++], reported->kit.data, KIT_DIGEST_SIZE);
    for (size_t i = 0; i < reported->n_kin; i++) {
        const struct model_kit *kin = known(model, &reported->kin[i]);

        good = good && kin->alert == alert && kin->state == IN_LIBRARY;
        memcpy(match.kits[match.kit_count++], kin->digest, KIT_DIGEST_SIZE);
    }
    if (!good)
        broken(model->world, "what is in the library is compared, of one case",
               "%llu", (unsigned long long)sequence);
    kits->matches = must_realloc(kits->matches, kits->match_count + 1,
                                 sizeof *kits->matches);
    kits->matches[kits->match_count++] = match;
    hold(model, &match, 1);
}

void kits_report(struct model *model, struct model_fact *note,
                 uint64_t sequence, const Tocsin__V1__LabReported *reported)
{
    const struct model_alert *alert = model_alert(model, reported->alert_id);
    struct model_kit *kit;

    note->told = alert != NULL;
    if (reported->n_kin > 0) {
        add_match(model, alert, sequence, reported);
        return;
    }
    kit = known(model, &reported->kit);
    if (kit->alert != alert)
        broken(model->world, "a laboratory's word goes to the sample's case",
               "%llu", (unsigned long long)sequence);
    kit->state = reported->state;
}

/* As of this very place in the journal: nothing that was on its way is missed.
 */
void kits_checked(struct model *model, const Tocsin__V1__SampleChecked *checked)
{
    const struct model_kit *kit = kits_find(&model->kits, checked->kit.data);
    Tocsin__V1__SampleAnswer answer =
        TOCSIN__V1__SAMPLE_ANSWER__SAMPLE_ANSWER_NO_SAMPLE;

    if (kit != NULL && kit->holds > 0)
        answer = TOCSIN__V1__SAMPLE_ANSWER__SAMPLE_ANSWER_HOLD;
    else if (kit != NULL && kit->state == IN_LIBRARY)
        answer = TOCSIN__V1__SAMPLE_ANSWER__SAMPLE_ANSWER_CLEAR;
    else if (kit != NULL && kit->state != NONE && kit->state < IN_LIBRARY)
        answer = TOCSIN__V1__SAMPLE_ANSWER__SAMPLE_ANSWER_HOLD;
    if (checked->answer != answer)
        broken(model->world,
               "a registry office hears what the journal says of the sample",
               "%d for %d", (int)checked->answer, (int)answer);
}

void kits_filed(struct model *model, const struct model_alert *alert)
{
    for (size_t i = 0; i < model->kits.count; i++) {
        struct model_kit *kit = &model->kits.list[i];

        if (kit->alert != alert)
            continue;
        kit->alert = NULL;
        kit->state = NONE;
    }
}
