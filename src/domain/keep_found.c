/* Writing found children down, and taking them again. */
#include "domain/keep_parts.h"

#include <stdlib.h>
#include <string.h>

#include "domain/apply_parts.h"

#define DIGEST_BYTES 8

struct columns {
    uint64_t *sequences;
    uint8_t *digests;
    uint32_t *by;
};

static void fill_columns(struct columns *columns,
                         const struct found_child *found)
{
    size_t count = found->revision_count;

    columns->sequences = must_calloc(count + 1, sizeof *columns->sequences);
    columns->digests = must_calloc(count + 1, DIGEST_BYTES);
    columns->by = must_calloc(count + 1, sizeof *columns->by);
    for (size_t i = 0; i < count; i++) {
        columns->sequences[i] = found->revisions[i].sequence;
        columns->by[i] = found->revisions[i].by;
        memcpy(columns->digests + i * DIGEST_BYTES, found->revisions[i].digest,
               DIGEST_BYTES);
    }
}

void keep_found(const struct keeping *keeping, const struct found_child *found)
{
    Tocsin__V1__KeptFound kept = TOCSIN__V1__KEPT_FOUND__INIT;
    struct columns columns;

    fill_columns(&columns, found);
    kept.found_id = keep_text(found->id);
    kept.division = keep_text(found->division);
    kept.state = found->state;
    kept.since_ms = found->since_ms;
    kept.key_id = keep_borrow(found->key_id, sizeof found->key_id);
    kept.document = keep_borrow(found->document, found->size);
    kept.order = keep_borrow(found->order, found->order_size);
    kept.alert_id = keep_text(found->alert_id);
    kept.resolved_by = found->resolved_by;
    kept.resolved_sequence = found->resolved_seq;
    kept.registered_ms = found->registered_ms;
    kept.recorded_ms = found->recorded_ms;
    kept.relayed_by = keep_text(found->relayed_by);
    kept.taken_ms = found->taken_ms;
    kept.relayed_ms = found->relayed_ms;
    kept.n_sequences = kept.n_by = found->revision_count;
    kept.sequences = columns.sequences;
    kept.digests =
        keep_borrow(columns.digests, found->revision_count * DIGEST_BYTES);
    kept.by = columns.by;
    if (found->has_kit)
        kept.kit = keep_borrow(found->kit, sizeof found->kit);
    keep_tell(keeping, TOCSIN__V1__BOOK_ENTRY__KIND_FOUND, &kept);
    free(columns.sequences);
    free(columns.digests);
    free(columns.by);
}

static bool is_sound(const struct book *book, const Tocsin__V1__KeptFound *kept)
{
    const int64_t times[] = {kept->since_ms, kept->registered_ms,
                             kept->recorded_ms};
    bool sound =
        ulid_valid(kept->found_id) &&
        book_found(book, kept->found_id) == NULL &&
        division_valid(kept->division) &&
        kept->state >= TOCSIN__V1__FOUND_STATE__FOUND_STATE_REGISTERED &&
        kept->state <= TOCSIN__V1__FOUND_STATE__FOUND_STATE_SEALED &&
        kept->key_id.len == sizeof((struct found_child *)0)->key_id &&
        (kept->alert_id[0] == '\0' || ulid_valid(kept->alert_id)) &&
        kept->resolved_by <= book->principal_count &&
        strlen(kept->relayed_by) <= ID_MAX && kept->n_sequences > 0 &&
        kept->n_sequences <= FOUND_REVISIONS_MAX &&
        kept->n_by == kept->n_sequences &&
        (kept->kit.len == 0 || kept->kit.len == KIT_DIGEST_SIZE) &&
        kept->digests.len == kept->n_sequences * DIGEST_BYTES &&
        times_are_sound(times, 3);

    for (size_t i = 0; sound && i < kept->n_by; i++)
        sound = book_number(book, kept->by[i]) != NULL;
    return sound;
}

bool keep_take_found(struct book *book, const Tocsin__V1__KeptFound *kept)
{
    struct found_child *found;

    if (!is_sound(book, kept))
        return false;
    found = apply_add_found(book, kept->found_id);
    memcpy(found->division, kept->division, DIVISION_SIZE);
    found->state = kept->state;
    found->since_ms = kept->since_ms;
    memcpy(found->key_id, kept->key_id.data, sizeof found->key_id);
    apply_replace(&found->document, &found->size, &kept->document);
    apply_replace(&found->order, &found->order_size, &kept->order);
    memcpy(found->alert_id, kept->alert_id, strlen(kept->alert_id));
    found->resolved_by = kept->resolved_by;
    found->resolved_seq = kept->resolved_sequence;
    found->registered_ms = kept->registered_ms;
    found->recorded_ms = kept->recorded_ms;
    memcpy(found->relayed_by, kept->relayed_by, strlen(kept->relayed_by));
    found->taken_ms = kept->taken_ms;
    found->relayed_ms = kept->relayed_ms;
    found->has_kit = kept->kit.len > 0;
    if (found->has_kit)
        memcpy(found->kit, kept->kit.data, KIT_DIGEST_SIZE);
    for (size_t i = 0; i < kept->n_sequences; i++) {
        struct found_revision *revision = apply_found_revision(found);

        revision->sequence = kept->sequences[i];
        revision->by = kept->by[i];
        memcpy(revision->digest, kept->digests.data + i * DIGEST_BYTES,
               DIGEST_BYTES);
    }
    return true;
}
