/* What a fuzzer of plain bytes would take ages to find through varints and
 * lengths. Bytes that are a packed message themselves (a signed document) are
 * changed the same way. */
#include "mutate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tocsin/v1/book.pb-c.h"
#include "tocsin/v1/fact.pb-c.h"
#include "tocsin/v1/feed.pb-c.h"

#define BLOB_MAX 4096
#define LIST_MAX 300

static uint64_t dice;

void mutate_seed(unsigned seed)
{
    dice = seed * 2654435761u + 1;
}

uint32_t mutate_draw(uint32_t bound)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dice >> 33) % bound;
}

/* ---- single values ------------------------------------------------------- */

static const char *const words[] = {"",
                                    "gate-1",
                                    "gate-2",
                                    "gate-4",
                                    "van",
                                    "sz",
                                    "440305",
                                    "440300",
                                    "440000",
                                    "000000",
                                    "110101",
                                    "a/440305/",
                                    "a/4403",
                                    "a//",
                                    "x//",
                                    "b/",
                                    "administrator",
                                    "4403",
                                    "44",
                                    "en",
                                    "zh-Hans",
                                    "01M3250V00040G2081040G2081",
                                    "01M3250V00081040G2081040G2",
                                    "440300-2026-000001",
                                    "lead-1",
                                    "sup",
                                    "P-17",
                                    "image/jpeg"};

static const uint64_t numbers[] = {0,
                                   1,
                                   2,
                                   3,
                                   7,
                                   12,
                                   100,
                                   255,
                                   INT32_MAX,
                                   UINT32_MAX,
                                   (uint64_t)INT32_MAX + 1,
                                   INT64_MAX,
                                   UINT64_MAX,
                                   1790000000000,
                                   1790000100000,
                                   1790086400000,
                                   1800000000000};

static const double reals[] = {0,   22.54, 113.94, 39.9,  116.4,
                               -90, 90,    180,    -180,  1e308,
                               -1,  30,    1e-9,   20016, 20017};

static uint64_t any_number(uint64_t old)
{
    switch (mutate_draw(5)) {
    case 0:
        return old + mutate_draw(16);
    case 1:
        return old - mutate_draw(16);
    case 2:
        return old ^ (uint64_t)1 << mutate_draw(64);
    case 3:
        return mutate_draw(40);
    default:
        return numbers[mutate_draw(sizeof numbers / sizeof *numbers)];
    }
}

static double any_real(double old)
{
    switch (mutate_draw(6)) {
    case 0:
        return old + (mutate_draw(2001) - 1000.0) / 1000;
    case 1:
        return NAN;
    case 2:
        return INFINITY;
    default:
        return reals[mutate_draw(sizeof reals / sizeof *reals)];
    }
}

static int any_enum(const ProtobufCEnumDescriptor *type)
{
    return mutate_draw(8) == 0
               ? (int)mutate_draw(300)
               : type->values[mutate_draw(type->n_values)].value;
}

static char *any_text(const char *old)
{
    size_t size = strnlen(old, BLOB_MAX - 64);
    char *text = calloc(1, BLOB_MAX + 1);

    if (mutate_draw(2) == 0) {
        strcpy(text, words[mutate_draw(sizeof words / sizeof *words)]);
        return text;
    }
    memcpy(text, old, size);
    size = LLVMFuzzerMutate((uint8_t *)text, size, BLOB_MAX);
    text[size] = '\0';
    return text;
}

/* ---- messages ------------------------------------------------------------ */

/* What is inside these bytes, if it is a message. */
static const ProtobufCMessageDescriptor *
inside(const ProtobufCMessageDescriptor *holder, const char *field)
{
    static const struct {
        const ProtobufCMessageDescriptor *holder;
        const char *field;
        const ProtobufCMessageDescriptor *inner;
    } known[] = {{&tocsin__v1__signed_alert__descriptor, "content",
                  &tocsin__v1__alert_document__descriptor},
                 {&tocsin__v1__signed_answer__descriptor, "content",
                  &tocsin__v1__answer__descriptor},
                 {&tocsin__v1__signed_certificate__descriptor, "content",
                  &tocsin__v1__certificate__descriptor},
                 {&tocsin__v1__alert_issued__descriptor, "document",
                  &tocsin__v1__signed_alert__descriptor},
                 {&tocsin__v1__answered__descriptor, "document",
                  &tocsin__v1__signed_answer__descriptor},
                 {&tocsin__v1__signed_order__descriptor, "content",
                  &tocsin__v1__case_order__descriptor},
                 {&tocsin__v1__signed_purge__descriptor, "content",
                  &tocsin__v1__purge_done__descriptor},
                 {&tocsin__v1__signed_lab_word__descriptor, "content",
                  &tocsin__v1__lab_word__descriptor},
                 {&tocsin__v1__lab_reported__descriptor, "document",
                  &tocsin__v1__signed_lab_word__descriptor},
                 {&tocsin__v1__case_changed__descriptor, "document",
                  &tocsin__v1__signed_order__descriptor},
                 {&tocsin__v1__kept_sample__descriptor, "words",
                  &tocsin__v1__sample_words__descriptor}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].holder == holder && strcmp(known[i].field, field) == 0)
            return known[i].inner;
    }
    return NULL;
}

static bool change_inside(const ProtobufCMessageDescriptor *inner,
                          ProtobufCBinaryData *bytes)
{
    ProtobufCMessage *message =
        protobuf_c_message_unpack(inner, NULL, bytes->len, bytes->data);

    if (message == NULL)
        return false;
    mutate_message(message);
    free(bytes->data);
    bytes->data = malloc(protobuf_c_message_get_packed_size(message) + 1);
    bytes->len = protobuf_c_message_pack(message, bytes->data);
    protobuf_c_message_free_unpacked(message, NULL);
    return true;
}

static void change_bytes(const ProtobufCMessageDescriptor *holder,
                         const char *field, ProtobufCBinaryData *bytes)
{
    static const size_t sizes[] = {0, 8, 16, 24, 32, 64};
    const ProtobufCMessageDescriptor *inner = inside(holder, field);
    uint8_t *room;

    if (inner != NULL && mutate_draw(8) > 0 && change_inside(inner, bytes))
        return;
    room = calloc(1, BLOB_MAX);
    if (bytes->len > BLOB_MAX - 64)
        bytes->len = BLOB_MAX - 64;
    if (bytes->len > 0)
        memcpy(room, bytes->data, bytes->len);
    free(bytes->data);
    bytes->data = room;
    bytes->len = mutate_draw(2) == 0
                     ? sizes[mutate_draw(6)]
                     : LLVMFuzzerMutate(room, bytes->len, BLOB_MAX);
}

static size_t size_of(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    default:
        return 4;
    }
}

static ProtobufCMessage *fresh(const ProtobufCMessageDescriptor *type)
{
    ProtobufCMessage *message = calloc(1, type->sizeof_message);

    protobuf_c_message_init(type, message);
    if (type->n_fields > 0)
        mutate_message(message);
    return message;
}

static void change_value(const ProtobufCMessageDescriptor *holder,
                         const ProtobufCFieldDescriptor *field, void *value)
{
    uint64_t number = 0;
    double real = 0;
    char *text;

    switch (field->type) {
    case PROTOBUF_C_TYPE_MESSAGE:
        if (*(ProtobufCMessage **)value == NULL)
            *(ProtobufCMessage **)value = fresh(field->descriptor);
        else
            mutate_message(*(ProtobufCMessage **)value);
        return;
    case PROTOBUF_C_TYPE_STRING:
        text = any_text(*(char **)value);
        if (*(char **)value != protobuf_c_empty_string &&
            *(const void **)value != field->default_value)
            free(*(char **)value);
        *(char **)value = text;
        return;
    case PROTOBUF_C_TYPE_BYTES:
        change_bytes(holder, field->name, value);
        return;
    case PROTOBUF_C_TYPE_DOUBLE:
        memcpy(&real, value, sizeof real);
        real = any_real(real);
        memcpy(value, &real, sizeof real);
        return;
    case PROTOBUF_C_TYPE_ENUM:
        *(int *)value = any_enum(field->descriptor);
        return;
    case PROTOBUF_C_TYPE_BOOL:
        *(int *)value = !*(int *)value;
        return;
    default:
        memcpy(&number, value, size_of(field));
        number = any_number(number);
        memcpy(value, &number, size_of(field));
        return;
    }
}

static void clear_value(const ProtobufCFieldDescriptor *field, void *value)
{
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        if (*(ProtobufCMessage **)value != NULL)
            protobuf_c_message_free_unpacked(*(ProtobufCMessage **)value, NULL);
        *(void **)value = NULL;
    } else if (field->type == PROTOBUF_C_TYPE_STRING) {
        if (*(char **)value != protobuf_c_empty_string &&
            *(const void **)value != field->default_value)
            free(*(char **)value);
        *(const char **)value = protobuf_c_empty_string;
    } else {
        if (field->type == PROTOBUF_C_TYPE_BYTES)
            free(((ProtobufCBinaryData *)value)->data);
        memset(value, 0, size_of(field));
    }
}

static void new_value(const ProtobufCMessageDescriptor *holder,
                      const ProtobufCFieldDescriptor *field, void *value)
{
    memset(value, 0, size_of(field));
    if (field->type == PROTOBUF_C_TYPE_STRING)
        *(const char **)value = protobuf_c_empty_string;
    change_value(holder, field, value);
}

static void change_list(ProtobufCMessage *message,
                        const ProtobufCFieldDescriptor *field)
{
    char *base = (char *)message;
    size_t *count = (size_t *)(void *)(base + field->quantifier_offset);
    char **list = (char **)(void *)(base + field->offset);
    size_t each = size_of(field);
    size_t at = *count > 0 ? mutate_draw((uint32_t)*count) : 0;

    if (*count > 0 && mutate_draw(3) > 0) {
        change_value(message->descriptor, field, *list + at * each);
    } else if (*count > 0 && mutate_draw(3) == 0) {
        clear_value(field, *list + at * each);
        memmove(*list + at * each, *list + (at + 1) * each,
                (*count - at - 1) * each);
        --*count;
    } else if (*count < LIST_MAX) {
        char *longer = realloc(*list, (*count + 1) * each);

        if (longer == NULL)
            return;
        *list = longer;
        new_value(message->descriptor, field, longer + *count * each);
        ++*count;
    }
}

static const ProtobufCFieldDescriptor *
chosen(const ProtobufCMessageDescriptor *type,
       const ProtobufCFieldDescriptor *of, uint32_t now)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(type, now);

    return field != NULL && field->quantifier_offset == of->quantifier_offset &&
                   (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0
               ? field
               : NULL;
}

static void change_choice(ProtobufCMessage *message,
                          const ProtobufCFieldDescriptor *field)
{
    char *base = (char *)message;
    uint32_t *now = (uint32_t *)(void *)(base + field->quantifier_offset);
    const ProtobufCFieldDescriptor *old =
        chosen(message->descriptor, field, *now);

    if (old != NULL && (old == field || mutate_draw(4) > 0)) {
        change_value(message->descriptor, old, base + old->offset);
        return;
    }
    if (old != NULL)
        clear_value(old, base + old->offset);
    *now = field->id;
    new_value(message->descriptor, field, base + field->offset);
}

void mutate_message(ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    const ProtobufCFieldDescriptor *field;
    void *value;

    if (type->n_fields == 0)
        return;
    field = &type->fields[mutate_draw(type->n_fields)];
    value = (char *)message + field->offset;
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        change_list(message, field);
    else if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0)
        change_choice(message, field);
    else if (mutate_draw(12) == 0)
        clear_value(field, value);
    else
        change_value(type, field, value);
}
