/** What the model notes of a fact, shared by its files and nobody else. */
#ifndef TOCSIN_SIM_MODEL_INSIDE_H
#define TOCSIN_SIM_MODEL_INSIDE_H

#include "model.h"

#define READ TOCSIN__V1__RUNG__RUNG_READ

/* ---- model_alerts.c ---- */

void model_note_issued(struct model *model, struct model_fact *note,
                       uint64_t sequence, const Tocsin__V1__Fact *fact);
void model_note_widened(struct model *model, struct model_fact *note,
                        uint64_t sequence,
                        const Tocsin__V1__RingWidened *widened);
void model_note_expired(struct model *model, struct model_fact *note,
                        uint64_t sequence, const char *id);
void model_note_answered(struct model *model, struct model_fact *note,
                         const Tocsin__V1__Answered *answered);

/* ---- model_cases.c ---- */

void model_note_step(struct model *model, struct model_fact *note,
                     const Tocsin__V1__CaseChanged *changed);
void model_note_silence(struct model *model, struct model_fact *note,
                        const Tocsin__V1__FellSilent *silent);
void model_note_filed(struct model *model, struct model_alert *alert);
void model_note_forgotten(struct model *model, struct model_fact *note,
                          uint64_t sequence, const char *id);
void model_note_purged(struct model *model, struct model_fact *note,
                       const Tocsin__V1__Purged *purged);

#endif
