/* Writing a case's file down, and taking it again. */
#include "domain/keep_parts.h"

#include <string.h>

#include "domain/apply_parts.h"

static void fill(Tocsin__V1__KeptCase *kept, const struct case_file *file)
{
    kept->state = file->state;
    kept->since_ms = file->since_ms;
    kept->lead = file->lead;
    kept->lead_since_ms = file->lead_since_ms;
    kept->offered = file->offered;
    kept->offered_ms = file->offered_ms;
    kept->outcome = file->outcome;
    kept->waiting = file->waiting;
    kept->waiting_by = file->waiting_by;
    kept->entries = file->entries_ever;
}

static void keep_entry(const struct keeping *keeping,
                       const struct case_entry *entry)
{
    Tocsin__V1__KeptCaseEntry kept = TOCSIN__V1__KEPT_CASE_ENTRY__INIT;

    kept.sequence = entry->sequence;
    kept.recorded_ms = entry->recorded_ms;
    kept.by = entry->by;
    kept.step = entry->step;
    kept.document = keep_borrow(entry->document, entry->size);
    keep_tell(keeping, TOCSIN__V1__BOOK_ENTRY__KIND_FILE_ENTRY, &kept);
}

static bool is_overdue(const struct case_file *file)
{
    bool overdue = file->lead_overdue || file->sample_overdue;

    for (int i = 0; i < CASE_DUTIES; i++)
        overdue = overdue || file->duties[i].overdue;
    return overdue;
}

void keep_case(const struct keeping *keeping, const struct case_file *file)
{
    Tocsin__V1__KeptCase kept = TOCSIN__V1__KEPT_CASE__INIT;
    uint32_t owners[CASE_DUTIES];
    int64_t since_ms[CASE_DUTIES];
    int64_t logged_ms[CASE_DUTIES];
    uint32_t entries[CASE_DUTIES];

    if (file->entries_ever == 0 && !is_overdue(file) &&
        file->state == TOCSIN__V1__CASE_STATE__CASE_STATE_OPEN)
        return;
    fill(&kept, file);
    kept.lead_overdue = file->lead_overdue;
    kept.sample_overdue = file->sample_overdue;
    kept.silent_sequence = file->silent_seq;
    kept.silent_ms = file->silent_ms;
    for (int i = 0; i < CASE_DUTIES; i++) {
        owners[i] = file->duties[i].owner;
        since_ms[i] = file->duties[i].since_ms;
        logged_ms[i] = file->duties[i].logged_ms;
        entries[i] = file->duties[i].entries;
        kept.duty_overdue |= (uint32_t)file->duties[i].overdue << i;
    }
    kept.n_duty_owners = kept.n_duty_since_ms = CASE_DUTIES;
    kept.n_duty_logged_ms = kept.n_duty_entries = CASE_DUTIES;
    kept.duty_owners = owners;
    kept.duty_since_ms = since_ms;
    kept.duty_logged_ms = logged_ms;
    kept.duty_entries = entries;
    keep_tell(keeping, TOCSIN__V1__BOOK_ENTRY__KIND_FILE, &kept);
    for (size_t i = 0; i < file->entry_count; i++)
        keep_entry(keeping, &file->entries[i]);
}

static bool is_sound(const struct book *book, const Tocsin__V1__KeptCase *kept)
{
    const int64_t times[] = {kept->since_ms, kept->lead_since_ms,
                             kept->offered_ms, kept->silent_ms};
    bool sound = kept->state >= TOCSIN__V1__CASE_STATE__CASE_STATE_OPEN &&
                 kept->state <= TOCSIN__V1__CASE_STATE__CASE_STATE_SEALED &&
                 kept->lead <= book->principal_count &&
                 kept->offered <= book->principal_count &&
                 kept->waiting_by <= book->principal_count &&
                 kept->n_duty_owners == CASE_DUTIES &&
                 kept->n_duty_since_ms == CASE_DUTIES &&
                 kept->n_duty_logged_ms == CASE_DUTIES &&
                 kept->n_duty_entries == CASE_DUTIES &&
                 times_are_sound(times, 4) &&
                 times_are_sound(kept->duty_since_ms, CASE_DUTIES) &&
                 times_are_sound(kept->duty_logged_ms, CASE_DUTIES);

    for (int i = 0; sound && i < CASE_DUTIES; i++)
        sound = kept->duty_owners[i] <= book->principal_count;
    return sound;
}

bool keep_take_case(const struct book *book, struct alert *alert,
                    const Tocsin__V1__KeptCase *kept)
{
    struct case_file *file = &alert->file;

    if (file->entries_ever > 0 || !is_sound(book, kept))
        return false;
    file->state = kept->state;
    file->since_ms = kept->since_ms;
    file->lead = kept->lead;
    file->lead_since_ms = kept->lead_since_ms;
    file->offered = kept->offered;
    file->offered_ms = kept->offered_ms;
    file->outcome = kept->outcome;
    file->waiting = kept->waiting;
    file->waiting_by = kept->waiting_by;
    file->entries_ever = kept->entries;
    file->lead_overdue = kept->lead_overdue;
    file->sample_overdue = kept->sample_overdue;
    file->silent_seq = kept->silent_sequence;
    file->silent_ms = kept->silent_ms;
    for (int i = 0; i < CASE_DUTIES; i++) {
        file->duties[i].owner = kept->duty_owners[i];
        file->duties[i].since_ms = kept->duty_since_ms[i];
        file->duties[i].logged_ms = kept->duty_logged_ms[i];
        file->duties[i].entries = kept->duty_entries[i];
        file->duties[i].overdue = (kept->duty_overdue >> i & 1U) != 0;
    }
    return true;
}

bool keep_take_case_entry(const struct book *book, struct alert *alert,
                          const Tocsin__V1__KeptCaseEntry *kept)
{
    struct case_file *file = &alert->file;
    uint32_t ever = file->entries_ever;
    struct case_entry *entry;

    if (book_number(book, kept->by) == NULL ||
        file->entry_count >= CASE_ENTRIES_KEPT ||
        !times_are_sound(&kept->recorded_ms, 1))
        return false;
    entry = case_file_entry(file);
    file->entries_ever = ever; /* the file has counted them */
    entry->sequence = kept->sequence;
    entry->recorded_ms = kept->recorded_ms;
    entry->by = kept->by;
    entry->step = kept->step;
    apply_replace(&entry->document, &entry->size, &kept->document);
    return true;
}

/* ---- supervision --------------------------------------------------------- */

static void keep_supervision(const struct keeping *keeping,
                             const struct supervision *supervision)
{
    Tocsin__V1__KeptSupervision kept = TOCSIN__V1__KEPT_SUPERVISION__INIT;

    kept.kind = supervision->kind;
    kept.subject = keep_text(supervision->subject);
    kept.rule = supervision->rule;
    kept.reason = supervision->reason;
    kept.officer = keep_text(supervision->officer);
    kept.n_facts = supervision->fact_count;
    kept.facts = (uint64_t *)(uintptr_t)supervision->facts;
    kept.sequence = supervision->sequence;
    kept.since_ms = supervision->since_ms;
    kept.by = supervision->by;
    keep_tell(keeping, TOCSIN__V1__BOOK_ENTRY__KIND_SUPERVISION, &kept);
}

void keep_supervisions(const struct keeping *keeping, const struct book *book)
{
    for (size_t i = 0; i < book->supervision_count; i++)
        keep_supervision(keeping, book->supervisions[i]);
}

bool keep_take_supervision(struct book *book,
                           const Tocsin__V1__KeptSupervision *kept)
{
    struct supervision *taken;

    if (strlen(kept->subject) > SUBJECT_MAX ||
        strlen(kept->officer) > OFFICER_MAX ||
        kept->n_facts > SUPERVISION_FACTS_MAX ||
        kept->by > book->principal_count ||
        !times_are_sound(&kept->since_ms, 1))
        return false;
    taken = apply_add_supervision(book, kept->kind, kept->subject);
    taken->reason = must_strdup(kept->reason);
    taken->rule = kept->rule;
    memcpy(taken->officer, kept->officer, strlen(kept->officer));
    taken->sequence = kept->sequence;
    taken->since_ms = kept->since_ms;
    taken->by = kept->by;
    taken->fact_count = kept->n_facts;
    for (size_t i = 0; i < kept->n_facts; i++)
        taken->facts[i] = kept->facts[i];
    return true;
}
