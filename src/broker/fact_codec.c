#include "broker/fact_codec.h"

#include <inttypes.h>
#include <stdlib.h>

#include "broker/core_private.h"

#define SEALED_FIELDS_MAX 3

/* The fields of a fact that are personal, and whose key seals them. */
struct personal {
    const uint8_t *key_id;
    ProtobufCBinaryData *fields[SEALED_FIELDS_MAX];
    size_t count;
};

static struct personal find_personal(Tocsin__V1__Fact *fact,
                                     const struct book *book)
{
    struct personal personal = {0};
    const struct alert *alert;
    const struct found_child *found;

    switch (fact->body_case) {
    case TOCSIN__V1__FACT__BODY_ALERT_ISSUED:
        if (fact->alert_issued->key_id.len == KEY_ID_SIZE)
            personal.key_id = fact->alert_issued->key_id.data;
        personal.fields[personal.count++] = &fact->alert_issued->document;
        personal.fields[personal.count++] = &fact->alert_issued->thumbnail;
        personal.fields[personal.count++] = &fact->alert_issued->order;
        break;
    case TOCSIN__V1__FACT__BODY_ANSWERED:
        alert = book_alert(book, fact->answered->alert_id);
        if (alert != NULL)
            personal.key_id = alert->key_id;
        personal.fields[personal.count++] = &fact->answered->document;
        break;
    case TOCSIN__V1__FACT__BODY_CASE_CHANGED:
        alert = book_alert(book, fact->case_changed->alert_id);
        if (alert != NULL)
            personal.key_id = alert->key_id;
        personal.fields[personal.count++] = &fact->case_changed->document;
        break;
    case TOCSIN__V1__FACT__BODY_FOUND_REGISTERED:
        if (fact->found_registered->key_id.len == KEY_ID_SIZE)
            personal.key_id = fact->found_registered->key_id.data;
        personal.fields[personal.count++] = &fact->found_registered->document;
        break;
    case TOCSIN__V1__FACT__BODY_FOUND_RESOLVED:
        found = book_found(book, fact->found_resolved->found_id);
        if (found != NULL)
            personal.key_id = found->key_id;
        personal.fields[personal.count++] = &fact->found_resolved->document;
        break;
    case TOCSIN__V1__FACT__BODY_LAB_REPORTED:
        alert = book_alert(book, fact->lab_reported->alert_id);
        if (alert != NULL)
            personal.key_id = alert->key_id;
        personal.fields[personal.count++] = &fact->lab_reported->document;
        break;
    default:
        break;
    }
    return personal;
}

bool fact_is_personal(const Tocsin__V1__Fact *fact)
{
    if (fact->body_case == TOCSIN__V1__FACT__BODY_ANSWERED)
        return fact->answered->document.len > 0;
    if (fact->body_case == TOCSIN__V1__FACT__BODY_LAB_REPORTED)
        return fact->lab_reported->document.len > 0;
    return fact->body_case == TOCSIN__V1__FACT__BODY_ALERT_ISSUED ||
           fact->body_case == TOCSIN__V1__FACT__BODY_CASE_CHANGED ||
           fact->body_case == TOCSIN__V1__FACT__BODY_FOUND_REGISTERED ||
           fact->body_case == TOCSIN__V1__FACT__BODY_FOUND_RESOLVED;
}

static bool seal_field(const struct personal *personal,
                       const struct vault *vault, ProtobufCBinaryData *field)
{
    uint8_t *sealed;

    if (field->len == 0)
        return true;
    if (personal->key_id != NULL &&
        vault_is_destroyed(vault, personal->key_id)) {
        *field = (ProtobufCBinaryData){0}; /* it could not be read again */
        return true;
    }
    sealed = must_calloc(1, field->len + VAULT_OVERHEAD);
    if (personal->key_id == NULL ||
        !vault_seal(vault, personal->key_id, field->data, field->len, sealed)) {
        free(sealed);
        return false;
    }
    field->data = sealed;
    field->len += VAULT_OVERHEAD;
    return true;
}

uint8_t *fact_for_disk(const Tocsin__V1__Fact *fact, const struct book *book,
                       const struct vault *vault, size_t *size)
{
    Tocsin__V1__Fact *writable = (Tocsin__V1__Fact *)(uintptr_t)fact;
    struct personal personal = find_personal(writable, book);
    ProtobufCBinaryData plain[SEALED_FIELDS_MAX];
    uint8_t *bytes = NULL;
    bool good = true;

    for (size_t i = 0; i < personal.count; i++) {
        plain[i] = *personal.fields[i];
        good = seal_field(&personal, vault, personal.fields[i]) && good;
    }
    if (good)
        bytes = encode(&fact->base, size);
    for (size_t i = 0; i < personal.count; i++) {
        if (personal.fields[i]->data != plain[i].data)
            free(personal.fields[i]->data);
        *personal.fields[i] = plain[i];
    }
    return bytes;
}

/* false: it should open, and does not. */
static bool open_field(const struct personal *personal,
                       const struct vault *vault, struct arena *arena,
                       ProtobufCBinaryData *field)
{
    uint8_t *plain = arena->allocator.alloc(arena, field->len + 1);
    bool sealed = field->len > 0;

    if (field->len >= VAULT_OVERHEAD && plain != NULL &&
        personal->key_id != NULL &&
        vault_open(vault, personal->key_id, field->data, field->len, plain)) {
        field->data = plain;
        field->len -= VAULT_OVERHEAD;
        return true;
    }
    field->len = 0;
    return !sealed || personal->key_id == NULL ||
           vault_is_destroyed(vault, personal->key_id);
}

enum status fact_from_disk(Tocsin__V1__Fact **fact, struct arena *arena,
                           const struct fact_source *source, struct diag *why)
{
    const struct record *record = source->record;
    struct personal personal;
    bool opens = true;

    *fact = decode(arena, &tocsin__v1__fact__descriptor, record->body,
                   record->body_size, why);
    if (*fact == NULL)
        return diag_wrap(why, STATUS_CORRUPT, "record %" PRIu64,
                         record->sequence);
    personal = find_personal(*fact, source->book);
    for (size_t i = 0; i < personal.count; i++)
        opens =
            open_field(&personal, source->vault, arena, personal.fields[i]) &&
            opens;
    return opens ? STATUS_OK
                 : diag_set(why, STATUS_MISSING,
                            "record %" PRIu64
                            " does not open: the keyring lacks its case's key",
                            record->sequence);
}

enum status fact_fits(const struct book *book, uint64_t sequence,
                      const Tocsin__V1__Fact *fact, struct diag *why)
{
    struct complaint complaint;

    return book_takes(book, sequence, fact, &complaint)
               ? STATUS_OK
               : diag_set(why, STATUS_CORRUPT, "record %" PRIu64 ": %s %s",
                          sequence, complaint.field, complaint.reason);
}

enum status fact_has_key(uint64_t sequence, const struct effect *effect,
                         struct diag *why)
{
    return effect->principal == NULL || principal_has_key(effect->principal)
               ? STATUS_OK
               : diag_set(why, STATUS_CORRUPT,
                          "record %" PRIu64 ": no such key", sequence);
}

uint8_t *broker_founding(const struct bundle *administrator,
                         const uint8_t epoch[EPOCH_SIZE], int64_t now_ms,
                         size_t *size)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Founded founded = TOCSIN__V1__FOUNDED__INIT;
    Tocsin__V1__Principal principal = TOCSIN__V1__PRINCIPAL__INIT;

    principal.id = (char *)(uintptr_t)administrator->id;
    principal.role = administrator->role;
    principal.name = (char *)(uintptr_t)administrator->name;
    principal.division = (char *)(uintptr_t)administrator->division;
    principal.public_key = bytes_of(administrator->key.public_key, KEY_SIZE);
    founded.epoch = bytes_of(epoch, EPOCH_SIZE);
    founded.authority = bytes_of(administrator->authority, KEY_SIZE);
    founded.broker_key = bytes_of(administrator->broker_key, KEY_SIZE);
    founded.administrator = &principal;
    fact.time_ms = now_ms;
    fact.body_case = TOCSIN__V1__FACT__BODY_FOUNDED;
    fact.founded = &founded;
    return encode(&fact.base, size);
}
