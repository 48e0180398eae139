/* Starting: the journal's records, or the book as it was written down and the
 * records after it. */
#include "broker/core_private.h"

#include <string.h>

#include "broker/fact_codec.h"
#include "wire/check.h"

static void note_key(struct broker *broker, const Tocsin__V1__Fact *fact)
{
    if (fact->body_case == TOCSIN__V1__FACT__BODY_ALERT_ISSUED &&
        fact->alert_issued->key_id.len == KEY_ID_SIZE)
        vault_used(broker->vault, fact->alert_issued->key_id.data);
    if (fact->body_case == TOCSIN__V1__FACT__BODY_FOUND_REGISTERED &&
        fact->found_registered->key_id.len == KEY_ID_SIZE)
        vault_used(broker->vault, fact->found_registered->key_id.data);
}

enum status broker_replay(struct broker *broker, const struct record *record,
                          struct diag *why)
{
    struct fact_source source = {record, broker->book, broker->vault};
    Tocsin__V1__Fact *fact;
    struct effect effect;
    enum status status;

    arena_reset(&broker->second);
    status = fact_from_disk(&fact, &broker->second, &source, why);
    if (status != STATUS_OK)
        return diag_wrap(why, STATUS_CORRUPT, "replaying");
    status = fact_fits(broker->book, record->sequence, fact, why);
    if (status != STATUS_OK)
        return status;
    note_key(broker, fact);
    if (fact->body_case == TOCSIN__V1__FACT__BODY_ALERT_FILED)
        filing_release(broker, fact->alert_filed->alert_id, 0);
    if (fact->body_case == TOCSIN__V1__FACT__BODY_FOUND_FILED)
        filing_release_found(broker, fact->found_filed->found_id);
    effect = book_apply(broker->book, record->sequence, fact);
    status = fact_has_key(record->sequence, &effect, why);
    if (status != STATUS_OK)
        return status;
    follow_note(broker, record->sequence, fact, &effect);
    if (fact->body_case == TOCSIN__V1__FACT__BODY_RESTORED)
        broker->epoch_from = record->sequence;
    return STATUS_OK;
}

void broker_resume(struct broker *broker, struct book *book)
{
    book_free(broker->book);
    broker->book = book;
    broker->events_from = book->head;
    for (size_t i = 0; i < book->alert_count; i++)
        vault_used(broker->vault, book->alerts[i]->key_id);
    for (size_t i = 0; i < book->found_count; i++)
        vault_used(broker->vault, book->found[i]->key_id);
}

/* Who has its key has its home. */
static void know_owner(struct broker *broker)
{
    struct principal *owner = &broker->owner;

    owner->number = OWNER_NUMBER;
    owner->role = TOCSIN__V1__ROLE__ROLE_ADMINISTRATOR;
    strcpy(owner->division, "000000");
    memcpy(owner->key, broker->book->broker_key, KEY_SIZE);
    if (!key_curve_public(owner->key, owner->curve))
        broker->ports.random(broker->ports.arg, owner->curve, KEY_SIZE);
}

enum status broker_begin(struct broker *broker, struct moment now,
                         struct diag *why)
{
    const struct book *book = broker->book;

    broker->monotonic_ms = broker->started_ms = now.monotonic_ms;
    trust_begin(broker, now);
    if (!book->founded)
        return diag_set(why, STATUS_CORRUPT,
                        "the journal is empty: no broker was founded here");
    know_owner(broker);
    broker->begun = true;
    broker->keys_to_end = true;
    broker->next_sequence = book->head + 1;
    broker->next_serial = book->serial + 1;
    for (size_t i = 0; i < book->alert_count; i++) {
        direct_watch(broker, book->alerts[i], now.wall_ms);
        rings_watch(broker, book->alerts[i]);
    }
    return STATUS_OK;
}
