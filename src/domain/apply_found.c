/* Children of unknown origin, in the book. */
#include <stdlib.h>
#include <string.h>

#include "domain/apply_parts.h"
#include "domain/samples.h"

#define IDENTIFIED TOCSIN__V1__FOUND_STATE__FOUND_STATE_IDENTIFIED

struct found_child *apply_add_found(struct book *book, const char *id)
{
    struct found_child *found = must_calloc(1, sizeof *found);
    size_t count = book->found_count++;

    if ((count & (count - 1)) == 0)
        book->found =
            must_realloc(book->found, count * 2 + 1, sizeof *book->found);
    book->found[count] = found;
    memcpy(found->id, id, ULID_SIZE);
    (void)map_put(book->by_found, found->id, ULID_SIZE, found);
    return found;
}

struct found_revision *apply_found_revision(struct found_child *found)
{
    struct found_revision *revision;

    found->revisions = must_realloc(found->revisions, found->revision_count + 1,
                                    sizeof *found->revisions);
    revision = &found->revisions[found->revision_count++];
    memset(revision, 0, sizeof *revision);
    return revision;
}

/* Its sample is taken, unless a laboratory has it already. */
static void take_kit(struct book *book, struct found_child *found,
                     uint64_t sequence, int64_t time_ms,
                     const ProtobufCBinaryData *kit)
{
    struct sample *sample;

    found->has_kit = kit->len == KIT_DIGEST_SIZE;
    memset(found->kit, 0, sizeof found->kit);
    if (!found->has_kit)
        return;
    memcpy(found->kit, kit->data, KIT_DIGEST_SIZE);
    sample = sample_add(book, found->kit);
    if (sample->alert == NULL)
        sample->relation = TOCSIN__V1__RELATION__RELATION_CHILD;
    if (!sample_is_spent(sample))
        return;
    sample->state = TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_TAKEN;
    sample->sequence = sequence;
    sample->since_ms = time_ms;
    sample->by = found->revisions[found->revision_count - 1].by;
}

struct effect apply_found_registered(struct book *book, uint64_t sequence,
                                     const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__FoundRegistered *registered = fact->found_registered;
    struct effect effect = {.kind = EFFECT_FOUND};
    struct found_child *found = book_found(book, registered->found_id);
    struct found_revision *revision;

    if (found == NULL) {
        REQUIRE(registered->key_id.len == sizeof found->key_id);
        found = apply_add_found(book, registered->found_id);
        found->state = TOCSIN__V1__FOUND_STATE__FOUND_STATE_REGISTERED;
        found->since_ms = found->registered_ms = fact->time_ms;
        memcpy(found->key_id, registered->key_id.data, sizeof found->key_id);
    }
    REQUIRE(!found_is_sealed(found) &&
            registered->document_digest.len == sizeof revision->digest);
    revision = apply_found_revision(found);
    revision->sequence = sequence;
    revision->by = registered->by;
    memcpy(revision->digest, registered->document_digest.data,
           sizeof revision->digest);
    memcpy(found->division, registered->division, DIVISION_SIZE);
    found->recorded_ms = fact->time_ms;
    found->taken_ms = registered->taken_ms;
    found->relayed_ms = registered->relayed_ms;
    memset(found->relayed_by, 0, sizeof found->relayed_by);
    strncpy(found->relayed_by, registered->relayed_by, ID_MAX);
    apply_replace(&found->document, &found->size, &registered->document);
    take_kit(book, found, sequence, fact->time_ms, &registered->kit);
    effect.found = found;
    effect.principal = book_number(book, registered->by);
    return effect;
}

/* A tombstone is left: its id, who, when. */
static void forget(struct found_child *found, int64_t now_ms)
{
    apply_wipe(&found->document, &found->size);
    apply_wipe(&found->order, &found->order_size);
    found->state = TOCSIN__V1__FOUND_STATE__FOUND_STATE_SEALED;
    found->since_ms = now_ms;
}

struct effect apply_found_resolved(struct book *book, uint64_t sequence,
                                   const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__FoundResolved *resolved = fact->found_resolved;
    struct found_child *found = book_found(book, resolved->found_id);
    struct principal *by = book_principal(book, fact->principal);
    struct effect effect = {
        .kind = EFFECT_FOUND, .found = found, .principal = by};

    REQUIRE(found != NULL && by != NULL);
    REQUIRE(found_move_fits(found->state, resolved->state));
    found->state = resolved->state;
    found->since_ms = fact->time_ms;
    found->resolved_by = by->number;
    found->resolved_seq = sequence;
    if (found_is_sealed(found)) {
        forget(found, fact->time_ms);
        return effect;
    }
    memset(found->alert_id, 0, sizeof found->alert_id);
    strncpy(found->alert_id, resolved->alert_id, ULID_SIZE);
    apply_replace(&found->order, &found->order_size, &resolved->document);
    return effect;
}

struct effect apply_found_forgotten(struct book *book,
                                    const Tocsin__V1__Fact *fact)
{
    struct found_child *found =
        book_found(book, fact->found_forgotten->found_id);

    REQUIRE(found != NULL);
    if (found_is_sealed(found))
        return (struct effect){.kind = EFFECT_NONE};
    forget(found, fact->time_ms);
    return (struct effect){.kind = EFFECT_FOUND, .found = found};
}

/* Its kit is not used again, and a registry office hears of it as before. */
static void leave_kit(struct book *book, const struct found_child *found)
{
    struct sample *sample =
        found->has_kit ? book_sample_of(book, found->kit) : NULL;

    if (sample != NULL)
        sample->found_filed = true;
}

struct effect apply_found_filed(struct book *book,
                                const Tocsin__V1__FoundFiled *filed)
{
    struct found_child *found = book_found(book, filed->found_id);

    REQUIRE(found != NULL && found_is_over(book, found));
    leave_kit(book, found);
    book_drop_found(book, found);
    return (struct effect){.kind = EFFECT_NONE};
}

void apply_forget_found(struct book *book, const struct alert *alert,
                        int64_t now_ms)
{
    for (size_t i = 0; i < book->found_count; i++) {
        if (book->found[i]->state == IDENTIFIED &&
            strcmp(book->found[i]->alert_id, alert->id) == 0)
            forget(book->found[i], now_ms);
    }
}
