/* The JSON mapping loses nothing, and says where it is wrong. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "tocsin/v1/fact.pb-c.h"
#include "wire/json.h"
#include "wire/json_field.h"

#define TYPES_MAX 512

static struct arena arena;

static void begin(void)
{
    arena_init(&arena, 1 << 20);
}

static void end(void)
{
    arena_done(&arena);
}

static void *room(size_t size)
{
    void *memory = arena.allocator.alloc(&arena, size);

    ck_assert_ptr_nonnull(memory);
    return memset(memory, 0, size);
}

/* ---- every type, every field ----------------------------------------------
 */

struct types {
    const ProtobufCMessageDescriptor *list[TYPES_MAX];
    size_t count;
};

static void collect(struct types *types, const ProtobufCMessageDescriptor *type)
{
    for (size_t i = 0; i < types->count; i++) {
        if (types->list[i] == type)
            return;
    }
    ck_assert_uint_lt(types->count, TYPES_MAX);
    types->list[types->count++] = type;
    for (unsigned i = 0; i < type->n_fields; i++) {
        if (type->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
            collect(types, type->fields[i].descriptor);
    }
}

static ProtobufCMessage *filled(const ProtobufCMessageDescriptor *type,
                                unsigned turn);

static void fill_value(const ProtobufCFieldDescriptor *field, void *at,
                       unsigned turn)
{
    static const double reals[] = {22.5321, -0.0, 1e300, -113.0625};
    static uint8_t bytes[] = {0, 255, 62, 63, 1, 254};
    const ProtobufCEnumDescriptor *words = field->descriptor;

    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        *(const char **)at =
            turn % 2 == 0 ? "\xe6\xb7\xb1\xe5\x9c\xb3" : "a\"\\\n";
        break;
    case PROTOBUF_C_TYPE_BYTES:
        *(ProtobufCBinaryData *)at =
            (ProtobufCBinaryData){1 + turn % sizeof bytes, bytes};
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        *(ProtobufCMessage **)at = filled(field->descriptor, turn);
        break;
    case PROTOBUF_C_TYPE_ENUM:
        *(int *)at =
            turn == 0 ? 77 : words->values[turn % words->n_values].value;
        break;
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *)at = 1;
        break;
    case PROTOBUF_C_TYPE_DOUBLE:
        *(double *)at = reals[turn % 4];
        break;
    default:
        memset(at, turn == 0 ? 0xff : (int)(turn % 127) + 1,
               json_element_size(field->type));
    }
}

static void fill_list(const ProtobufCFieldDescriptor *field, uint8_t *base,
                      unsigned turn)
{
    size_t size = json_element_size(field->type);
    uint8_t *elements = room(3 * size);

    for (unsigned i = 0; i < 3; i++)
        fill_value(field, elements + i * size, turn + i);
    *(size_t *)(base + field->quantifier_offset) = 3;
    *(uint8_t **)(base + field->offset) = elements;
}

static unsigned alternatives(const ProtobufCMessageDescriptor *type)
{
    unsigned count = 0;

    for (unsigned i = 0; i < type->n_fields; i++)
        count += (type->fields[i].flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
    return count;
}

static ProtobufCMessage *filled(const ProtobufCMessageDescriptor *type,
                                unsigned turn)
{
    uint8_t *base = room(type->sizeof_message);
    unsigned choice = turn % (alternatives(type) + 1);

    protobuf_c_message_init(type, base);
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = type->fields + i;

        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            fill_list(field, base, turn);
            continue;
        }
        if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
            if (choice-- != 0)
                continue;
            *(uint32_t *)(base + field->quantifier_offset) = field->id;
        }
        fill_value(field, base + field->offset, turn);
    }
    return (ProtobufCMessage *)base;
}

static void expect_same(const ProtobufCMessage *one,
                        const ProtobufCMessage *two)
{
    size_t one_size;
    size_t two_size;
    uint8_t *one_bytes = encode(one, &one_size);
    uint8_t *two_bytes = encode(two, &two_size);

    ck_assert_mem_eq(one_bytes, two_bytes, one_size);
    ck_assert_uint_eq(one_size, two_size);
    free(one_bytes);
    free(two_bytes);
}

static void expect_round_trip(const ProtobufCMessage *message)
{
    ProtobufCMessage *back;
    struct diag why = {0};
    json_t *json = json_from_message(message);
    char *text = json_dumps(json, 0);

    json_decref(json);
    json = json_loads(text, 0, NULL);
    ck_assert_msg(json_to_message(&arena, message->descriptor, json, &back,
                                  &why) == STATUS_OK,
                  "%s: %s in %s", message->descriptor->name, why.text, text);
    expect_same(message, back);
    json_decref(json);
    free(text);
}

START_TEST(every_message_of_the_protocol_comes_back_as_it_was)
{
    static struct types types;

    types.count = 0;
    collect(&types, &tocsin__v1__request__descriptor);
    collect(&types, &tocsin__v1__reply__descriptor);
    collect(&types, &tocsin__v1__fact__descriptor);
    collect(&types, &tocsin__v1__feed_message__descriptor);
    collect(&types, &tocsin__v1__alert_document__descriptor);
    collect(&types, &tocsin__v1__certificate__descriptor);
    collect(&types, &tocsin__v1__answer__descriptor);
    collect(&types, &tocsin__v1__found_child__descriptor);
    collect(&types, &tocsin__v1__found_order__descriptor);
    ck_assert_uint_gt(types.count, 60);
    for (size_t i = 0; i < types.count; i++) {
        unsigned turns = alternatives(types.list[i]) + 8;

        for (unsigned turn = 0; turn < turns; turn++) {
            arena_reset(&arena);
            expect_round_trip(filled(types.list[i], turn));
        }
    }
}
END_TEST

/* ---- as proto3 says ---------------------------------------------------------
 */

static ProtobufCMessage *read_as(const ProtobufCMessageDescriptor *type,
                                 const char *text, struct diag *why)
{
    ProtobufCMessage *message = NULL;
    json_t *json = json_loads(text, JSON_ALLOW_NUL, NULL);
    enum status status;

    ck_assert_ptr_nonnull(json);
    status = json_to_message(&arena, type, json, &message, why);
    json_decref(json);
    ck_assert_int_eq(status == STATUS_OK, message != NULL);
    return message;
}

static const Tocsin__V1__Alert *alert(const char *text)
{
    struct diag why = {0};
    ProtobufCMessage *message =
        read_as(&tocsin__v1__alert__descriptor, text, &why);

    ck_assert_msg(message != NULL, "%s", why.text);
    return (const Tocsin__V1__Alert *)message;
}

START_TEST(both_names_of_a_field_are_read)
{
    ck_assert_int_eq(alert("{\"sentMs\": \"7\"}")->sent_ms, 7);
    ck_assert_int_eq(alert("{\"sent_ms\": 7}")->sent_ms, 7);
}
END_TEST

START_TEST(what_is_absent_or_null_keeps_its_default)
{
    const Tocsin__V1__Alert *empty =
        alert("{\"child\": null, \"contact\": null, \"action\": null}");

    ck_assert_ptr_null(empty->child);
    ck_assert_str_eq(empty->contact, "");
    ck_assert_uint_eq(empty->n_action, 0);
}
END_TEST

START_TEST(names_are_lower_camel_case_and_defaults_are_left_out)
{
    Tocsin__V1__AgeRange age = TOCSIN__V1__AGE_RANGE__INIT;
    json_t *json;
    char *text;

    age.max_months = 18;
    json = json_from_message(&age.base);
    text = json_dumps(json, JSON_COMPACT);
    ck_assert_str_eq(text, "{\"maxMonths\":18}");
    json_decref(json);
    free(text);
}
END_TEST

START_TEST(base64_is_read_in_both_alphabets_with_and_without_padding)
{
    static const char *const forms[] = {"+/8=", "+/8", "-_8=", "-_8"};
    static const uint8_t expected[] = {0xfb, 0xff};

    for (size_t i = 0; i < 4; i++) {
        char text[64];
        struct diag why = {0};
        const Tocsin__V1__Picture *picture;

        snprintf(text, sizeof text, "{\"hash\": \"%s\"}", forms[i]);
        picture = (const Tocsin__V1__Picture *)read_as(
            &tocsin__v1__picture__descriptor, text, &why);
        ck_assert_msg(picture != NULL, "%s: %s", forms[i], why.text);
        ck_assert_uint_eq(picture->hash.len, 2);
        ck_assert_mem_eq(picture->hash.data, expected, 2);
    }
}
END_TEST

START_TEST(a_whole_number_is_one_however_it_is_written)
{
    const Tocsin__V1__Alert *alert = (const Tocsin__V1__Alert *)read_as(
        &tocsin__v1__alert__descriptor,
        "{\"child\": {\"age\": {\"minMonths\": 72.0, "
        "\"maxMonths\": 8.3e1}}, \"sentMs\": -1.5e3}",
        NULL);

    ck_assert_ptr_nonnull(alert);
    ck_assert_uint_eq(alert->child->age->min_months, 72);
    ck_assert_uint_eq(alert->child->age->max_months, 83);
    ck_assert_int_eq(alert->sent_ms, -1500);
}
END_TEST

static const struct {
    const char *text;
    const char *complaint;
} broken[] = {
    {"{\"child\": {\"age\": {\"minMonths\": -1}}}",
     "child.age.minMonths: must be a whole number, 0 to 4294967295"},
    {"{\"child\": {\"age\": {\"minMonths\": 4294967296}}}",
     "child.age.minMonths: must be a whole number, 0 to 4294967295"},
    {"{\"child\": {\"age\": {\"minMonths\": 72.5}}}",
     "child.age.minMonths: must be a whole number, 0 to 4294967295"},
    {"{\"sentMs\": 1e17}", "sentMs: must be a whole number of 64 bits"},
    {"{\"child\": {\"sex\": \"SEX_NONE\"}}",
     "child.sex: has a name that is not known"},
    {"{\"target\": {\"circles\": [{}, {\"radiusKm\": \"far\"}]}}",
     "target.circles[1].radiusKm: must be a number"},
    {"{\"target\": {\"divisions\": [\"440300\", 440305]}}",
     "target.divisions[1]: must be a text"},
    {"{\"target\": {\"divisions\": [\"440300\"], \"kind\": []}}",
     "target.kind: no such field"},
    {"{\"sentMs\": 1, \"sent_ms\": 2}", "sentMs: is given twice"},
    {"{\"sentMs\": \"12x\"}", "sentMs: must be a whole number of 64 bits"},
    {"{\"sentMs\": \"9223372036854775808\"}",
     "sentMs: must be a whole number of 64 bits"},
    {"{\"exercise\": 1}", "exercise: must be true or false"},
    {"{\"contact\": \"a\\u0000b\"}", "contact: is not UTF-8, or holds a NUL"},
    {"{\"picture\": {\"hash\": \"!!\"}}", "picture.hash: is not base64"},
    {"{\"child\": []}", "child: must be an object"},
    {"{\"action\": {}}", "action: must be a list"},
    {"[]", "must be an object"},
};

START_TEST(a_complaint_names_the_path)
{
    struct diag why = {0};

    ck_assert_ptr_null(
        read_as(&tocsin__v1__alert__descriptor, broken[_i].text, &why));
    ck_assert_str_eq(why.text, broken[_i].complaint);
    ck_assert_int_eq(why.status, STATUS_MALFORMED);
}
END_TEST

START_TEST(only_one_of_a_oneof_is_taken)
{
    struct diag why = {0};

    ck_assert_ptr_null(read_as(&tocsin__v1__alert_document__descriptor,
                               "{\"alert\": {}, \"withdrawal\": {}}", &why));
    ck_assert_str_eq(why.text,
                     "withdrawal: excludes another field that is there");
}
END_TEST

START_TEST(more_than_the_arena_holds_is_refused)
{
    struct diag why = {0};

    arena_done(&arena);
    arena_init(&arena, 512);
    ck_assert_ptr_null(read_as(&tocsin__v1__target__descriptor,
                               "{\"circles\": [{},{},{},{},{},{},{},{},{}]}",
                               &why));
    ck_assert_int_eq(why.status, STATUS_TOO_BIG);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json");
    TCase *all = tcase_create("mapping");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, all);
    tcase_add_checked_fixture(all, begin, end);
    tcase_add_test(all, every_message_of_the_protocol_comes_back_as_it_was);
    tcase_add_test(all, both_names_of_a_field_are_read);
    tcase_add_test(all, what_is_absent_or_null_keeps_its_default);
    tcase_add_test(all, names_are_lower_camel_case_and_defaults_are_left_out);
    tcase_add_test(all,
                   base64_is_read_in_both_alphabets_with_and_without_padding);
    tcase_add_test(all, a_whole_number_is_one_however_it_is_written);
    tcase_add_loop_test(all, a_complaint_names_the_path, 0,
                        (int)(sizeof broken / sizeof broken[0]));
    tcase_add_test(all, only_one_of_a_oneof_is_taken);
    tcase_add_test(all, more_than_the_arena_holds_is_refused);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
