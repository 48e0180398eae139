/** The simulator's own idea of the samples: which there are, where they hang,
 * what a registry office must hear. Read from the journal's facts, by digest.
 */
#ifndef TOCSIN_SIM_KITS_H
#define TOCSIN_SIM_KITS_H

#include "model.h"
#include "wire/kit.h"

struct model_kit {
    uint8_t digest[KIT_DIGEST_SIZE];
    Tocsin__V1__SampleState state;   /* UNSPECIFIED: its case is filed */
    const struct model_alert *alert; /* or NULL */
    unsigned holds;
};

struct model_match {
    uint64_t sequence;
    const struct model_alert *alert;
    uint8_t kits[3][KIT_DIGEST_SIZE]; /* the child's, and the kin's */
    size_t kit_count;
    Tocsin__V1__MatchDecision decision;
};

void kits_done(struct kits *kits);
/** NULL: nobody has spoken of it. */
const struct model_kit *kits_find(const struct kits *kits,
                                  const uint8_t digest[KIT_DIGEST_SIZE]);

/** Steps of a case that are about samples and matches. */
void kits_step(struct model *model, const struct model_alert *alert,
               const Tocsin__V1__CaseChanged *changed);
void kits_report(struct model *model, struct model_fact *note,
                 uint64_t sequence, const Tocsin__V1__LabReported *reported);
void kits_checked(struct model *model,
                  const Tocsin__V1__SampleChecked *checked);
void kits_filed(struct model *model, const struct model_alert *alert);

#endif
