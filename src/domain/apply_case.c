/* Steps of a case in the book. */
#include "domain/apply_parts.h"

#include <string.h>

static void note(struct case_file *file, uint64_t sequence,
                 const Tocsin__V1__Fact *fact, uint32_t by)
{
    struct case_entry *entry = case_file_entry(file);

    entry->sequence = sequence;
    entry->recorded_ms = fact->time_ms;
    entry->by = by;
    entry->step = fact->case_changed->step;
    apply_replace(&entry->document, &entry->size,
                  &fact->case_changed->document);
}

static void judge(struct alert *alert, const Tocsin__V1__Fact *fact,
                  uint32_t by)
{
    const Tocsin__V1__CaseChanged *changed = fact->case_changed;
    struct testimony *testimony = alert_testimony(alert, changed->sighting);

    if (testimony == NULL)
        return;
    testimony->verdict = changed->verdict;
    testimony->duplicate_of = changed->duplicate_of;
    testimony->triaged_by = by;
    testimony->triaged_ms = fact->time_ms;
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
    if (changed->sighting != 0)
        judge(alert, fact, by->number);
    note(&alert->file, sequence, fact, by->number);
    effect.alert = alert;
    effect.principal = by;
    return effect;
}
