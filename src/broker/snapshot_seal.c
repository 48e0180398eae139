#include "broker/snapshot_seal.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define SEALED_MAX 3

static size_t personal(const Tocsin__V1__BookEntry *entry,
                       ProtobufCBinaryData *fields[SEALED_MAX])
{
    switch (entry->kind_case) {
    case TOCSIN__V1__BOOK_ENTRY__KIND_ALERT:
        fields[0] = &entry->alert->document;
        fields[1] = &entry->alert->last_alert;
        fields[2] = &entry->alert->thumbnail;
        return 3;
    case TOCSIN__V1__BOOK_ENTRY__KIND_TESTIMONY:
        fields[0] = &entry->testimony->document;
        return 1;
    case TOCSIN__V1__BOOK_ENTRY__KIND_FILE_ENTRY:
        fields[0] = &entry->file_entry->document;
        return 1;
    case TOCSIN__V1__BOOK_ENTRY__KIND_FOUND:
        fields[0] = &entry->found->document;
        fields[1] = &entry->found->order;
        return 2;
    case TOCSIN__V1__BOOK_ENTRY__KIND_SAMPLE:
        fields[0] = &entry->sample->words;
        return 1;
    case TOCSIN__V1__BOOK_ENTRY__KIND_MATCH:
        fields[0] = &entry->match->document;
        return 1;
    default:
        return 0;
    }
}

static void note_key(struct sealing *sealing,
                     const Tocsin__V1__BookEntry *entry)
{
    const ProtobufCBinaryData *id;

    if (entry->kind_case == TOCSIN__V1__BOOK_ENTRY__KIND_ALERT)
        id = &entry->alert->key_id;
    else if (entry->kind_case == TOCSIN__V1__BOOK_ENTRY__KIND_FOUND)
        id = &entry->found->key_id;
    else
        return;
    sealing->has_key = id->len == KEY_ID_SIZE;
    if (sealing->has_key)
        memcpy(sealing->key_id, id->data, KEY_ID_SIZE);
}

static bool can_seal(const struct sealing *sealing,
                     ProtobufCBinaryData *const *fields, size_t count)
{
    size_t bytes = 0;

    for (size_t i = 0; i < count; i++)
        bytes += fields[i]->len;
    return bytes == 0 ||
           (sealing->has_key && vault_has(sealing->vault, sealing->key_id));
}

static void seal_field(const struct sealing *sealing,
                       ProtobufCBinaryData *field)
{
    uint8_t *sealed;

    if (field->len == 0) {
        field->data = NULL;
        return;
    }
    sealed = must_calloc(1, field->len + VAULT_OVERHEAD);
    REQUIRE(vault_seal(sealing->vault, sealing->key_id, field->data, field->len,
                       sealed));
    field->data = sealed;
    field->len += VAULT_OVERHEAD;
}

bool entry_seal(struct sealing *sealing, Tocsin__V1__BookEntry *entry)
{
    ProtobufCBinaryData *fields[SEALED_MAX];
    size_t count = personal(entry, fields);

    note_key(sealing, entry);
    if (!can_seal(sealing, fields, count))
        return false;
    for (size_t i = 0; i < count; i++)
        seal_field(sealing, fields[i]);
    return true;
}

void entry_sealed_free(Tocsin__V1__BookEntry *entry)
{
    ProtobufCBinaryData *fields[SEALED_MAX];
    size_t count = personal(entry, fields);

    for (size_t i = 0; i < count; i++)
        free(fields[i]->data);
}

static bool open_field(const struct sealing *sealing, struct arena *arena,
                       ProtobufCBinaryData *field)
{
    uint8_t *plain;

    if (field->len == 0)
        return true;
    if (sealing->has_key &&
        vault_is_destroyed(sealing->vault, sealing->key_id)) {
        field->len = 0;
        return true;
    }
    if (field->len < VAULT_OVERHEAD || !sealing->has_key)
        return false;
    plain = arena->allocator.alloc(arena, field->len);
    if (plain == NULL || !vault_open(sealing->vault, sealing->key_id,
                                     field->data, field->len, plain))
        return false;
    field->data = plain;
    field->len -= VAULT_OVERHEAD;
    return true;
}

/* An alert or a found child of which only the name was kept could never be told
 * to anybody; only a destroyed key leaves that. */
static bool says_something(const struct sealing *sealing,
                           const Tocsin__V1__BookEntry *entry)
{
    bool says = true;

    if (entry->kind_case == TOCSIN__V1__BOOK_ENTRY__KIND_ALERT)
        says = entry->alert->document.len > 0;
    else if (entry->kind_case == TOCSIN__V1__BOOK_ENTRY__KIND_FOUND)
        says = entry->found->document.len > 0;
    return says || (sealing->has_key &&
                    vault_is_destroyed(sealing->vault, sealing->key_id));
}

bool entry_open(struct sealing *sealing, struct arena *arena,
                Tocsin__V1__BookEntry *entry)
{
    ProtobufCBinaryData *fields[SEALED_MAX];
    size_t count = personal(entry, fields);

    note_key(sealing, entry);
    for (size_t i = 0; i < count; i++) {
        if (!open_field(sealing, arena, fields[i]))
            return false;
    }
    return says_something(sealing, entry);
}
