/* Steps of a case in the book. */
#include "domain/apply_parts.h"

#include <string.h>

static void note(struct case_file *file, uint64_t sequence, int64_t time_ms,
                 uint32_t by, Tocsin__V1__CaseStep step,
                 const ProtobufCBinaryData *document)
{
    struct case_entry *entry = case_file_entry(file);

    entry->sequence = sequence;
    entry->recorded_ms = time_ms;
    entry->by = by;
    entry->step = step;
    apply_replace(&entry->document, &entry->size, document);
}

/* What was made of a sighting, and by whom. */
static void judge(struct alert *alert, struct testimony *testimony,
                  uint64_t sequence, int64_t time_ms, uint32_t by,
                  const char *officer)
{
    alert->triaged = sequence;
    testimony->overdue = false;
    testimony->triaged_by = by;
    testimony->triaged_ms = time_ms;
    testimony->triaged_seq = sequence;
    memset(testimony->officer, 0, sizeof testimony->officer);
    strncpy(testimony->officer, officer, OFFICER_MAX);
}

void apply_confirmed(struct alert *alert, uint64_t sequence, int64_t time_ms,
                     uint32_t by, const Tocsin__V1__AlertIssued *issued)
{
    struct testimony *testimony = alert_testimony(alert, issued->confirms);

    if (testimony != NULL) {
        testimony->verdict = TOCSIN__V1__VERDICT__VERDICT_CONFIRMED;
        testimony->duplicate_of = 0;
        judge(alert, testimony, sequence, time_ms, by, issued->officer);
    }
    note(&alert->file, sequence, time_ms, by,
         TOCSIN__V1__CASE_STEP__CASE_STEP_TRIAGE, &issued->order);
}

struct effect apply_case(struct book *book, uint64_t sequence,
                         const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__CaseChanged *changed = fact->case_changed;
    struct effect effect = {.kind = EFFECT_CASE, .step = changed->step};
    struct alert *alert = book_alert(book, changed->alert_id);
    struct principal *by = book_principal(book, fact->principal);
    struct case_move move = {.step = changed->step,
                             .whom = changed->whom,
                             .duty = changed->duty,
                             .outcome = changed->outcome,
                             .waits = changed->waits,
                             .now_ms = fact->time_ms};

    REQUIRE(alert != NULL && by != NULL);
    move.by = by->number;
    case_file_move(&alert->file, &move);
    effect.testimony = alert_testimony(alert, changed->sighting);
    if (effect.testimony != NULL) {
        effect.testimony->verdict = changed->verdict;
        effect.testimony->duplicate_of = changed->duplicate_of;
        judge(alert, effect.testimony, sequence, fact->time_ms, by->number,
              changed->officer);
    }
    if (changed->step == TOCSIN__V1__CASE_STEP__CASE_STEP_SAMPLE)
        apply_noted_sample(book, alert, sequence, fact, by->number);
    else if (changed->step == TOCSIN__V1__CASE_STEP__CASE_STEP_MATCH)
        apply_decided_match(book, alert, fact, by->number);
    note(&alert->file, sequence, fact->time_ms, by->number, changed->step,
         &changed->document);
    if (case_is_sealed(&alert->file)) {
        apply_forget(book, alert, changed->revoked_purge);
        apply_forget_found(book, alert, fact->time_ms);
    }
    effect.alert = alert;
    effect.principal = by;
    return effect;
}
