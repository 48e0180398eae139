/* The document that handhelds are written from says what the gateway does:
 * every path and method it serves, every field of every message. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <check.h>
#include <jansson.h>

#include "gateway/gateway.h"
#include "wire/json_field.h"

static json_t *document;

static void setup(void)
{
    json_error_t error;

    document = json_load_file(OPENAPI, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(document != NULL, "line %d: %s", error.line, error.text);
}

static void teardown(void)
{
    json_decref(document);
}

static json_t *operation(const char *route)
{
    char method[16];
    const char *space = strchr(route, ' ');
    json_t *path =
        json_object_get(json_object_get(document, "paths"), space + 1);

    snprintf(method, sizeof method, "%.*s", (int)(space - route), route);
    for (char *at = method; *at != '\0'; at++)
        *at = (char)(*at - 'A' + 'a');
    return json_object_get(path, method);
}

START_TEST(every_path_that_is_served_is_described)
{
    const char *route;

    for (size_t i = 0; (route = gateway_route(i)) != NULL; i++)
        ck_assert_msg(operation(route) != NULL, "%s", route);
}
END_TEST

static bool is_served(const char *path, const char *method)
{
    const char *route;

    for (size_t i = 0; (route = gateway_route(i)) != NULL; i++) {
        size_t size = strlen(method);

        if (strncasecmp(route, method, size) == 0 && route[size] == ' ' &&
            strcmp(route + size + 1, path) == 0)
            return true;
    }
    return false;
}

START_TEST(every_path_that_is_described_is_served)
{
    const char *path;
    json_t *methods;
    size_t count = 0;

    json_object_foreach(json_object_get(document, "paths"), path, methods)
    {
        const char *method;
        json_t *ignored;

        json_object_foreach(methods, method, ignored)
        {
            ck_assert_msg(is_served(path, method), "%s %s", method, path);
            count++;
        }
    }
    ck_assert_uint_gt(count, 10);
}
END_TEST

static const ProtobufCMessageDescriptor *const described[] = {
    &tocsin__v1__gateway_standing__descriptor,
    &tocsin__v1__challenge__descriptor,
    &tocsin__v1__signed_login__descriptor,
    &tocsin__v1__login__descriptor,
    &tocsin__v1__session__descriptor,
    &tocsin__v1__enrolment__descriptor,
    &tocsin__v1__answer_fate__descriptor,
    &tocsin__v1__answer_fates__descriptor,
    &tocsin__v1__alert_page__descriptor,
    &tocsin__v1__problem__descriptor,
    &tocsin__v1__device_event__descriptor,
    &tocsin__v1__signed_answer__descriptor,
    &tocsin__v1__answer__descriptor,
    &tocsin__v1__signed_found__descriptor,
    &tocsin__v1__found_child__descriptor,
    &tocsin__v1__found_fate__descriptor,
    &tocsin__v1__found_fates__descriptor,
    &tocsin__v1__signed_device_proof__descriptor,
    &tocsin__v1__device_proof__descriptor,
    &tocsin__v1__signed_claim__descriptor,
    &tocsin__v1__device_claim__descriptor};

static const char *type_of(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_BOOL:
        return "boolean";
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_INT32:
        return "integer";
    case PROTOBUF_C_TYPE_DOUBLE:
        return "number";
    default:
        return "string";
    }
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

static void check_message(const ProtobufCMessageDescriptor *type);

static void check_enum(const ProtobufCEnumDescriptor *type)
{
    const json_t *schema = json_object_get(
        json_object_get(json_object_get(document, "components"), "schemas"),
        type->short_name);
    const json_t *numbers = json_object_get(schema, "x-proto-numbers");

    ck_assert_uint_eq(json_object_size(numbers), type->n_values);
    for (unsigned i = 0; i < type->n_values; i++)
        ck_assert_int_eq(
            json_integer_value(json_object_get(numbers, type->values[i].name)),
            type->values[i].value);
}

static void check_field(const ProtobufCMessageDescriptor *type,
                        const ProtobufCFieldDescriptor *field,
                        const json_t *property)
{
    bool list = field->label == PROTOBUF_C_LABEL_REPEATED;
    const json_t *one = list ? json_object_get(property, "items") : property;
    const char *ref = strrchr(text_of(one, "$ref"), '/');

    ck_assert_msg(property != NULL, "%s.%s", type->short_name, field->name);
    ck_assert_msg(json_integer_value(
                      json_object_get(property, "x-proto-field")) == field->id,
                  "%s.%s: its number", type->short_name, field->name);
    ck_assert_int_eq(strcmp(text_of(property, "type"), "array") == 0, list);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        const ProtobufCMessageDescriptor *inner = field->descriptor;

        ck_assert_str_eq(ref != NULL ? ref + 1 : "", inner->short_name);
        check_message(inner);
    } else if (field->type == PROTOBUF_C_TYPE_ENUM) {
        const ProtobufCEnumDescriptor *inner = field->descriptor;

        ck_assert_str_eq(ref != NULL ? ref + 1 : "", inner->short_name);
        check_enum(inner);
    } else {
        ck_assert_msg(strcmp(text_of(one, "type"), type_of(field)) == 0,
                      "%s.%s: its type", type->short_name, field->name);
        ck_assert_int_eq(strcmp(text_of(one, "format"), "byte") == 0,
                         field->type == PROTOBUF_C_TYPE_BYTES);
    }
}

static void check_message(const ProtobufCMessageDescriptor *type)
{
    const json_t *schema = json_object_get(
        json_object_get(json_object_get(document, "components"), "schemas"),
        type->short_name);
    const json_t *properties = json_object_get(schema, "properties");

    ck_assert_msg(schema != NULL, "%s", type->short_name);
    ck_assert_msg(json_object_size(properties) == type->n_fields,
                  "%s: its fields", type->short_name);
    for (unsigned i = 0; i < type->n_fields; i++) {
        char name[JSON_NAME_ROOM];

        json_field_name(name, type->fields[i].name);
        check_field(type, &type->fields[i], json_object_get(properties, name));
    }
}

START_TEST(every_message_has_the_fields_that_are_described)
{
    for (size_t i = 0; i < sizeof described / sizeof *described; i++)
        check_message(described[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("openapi");
    TCase *t = tcase_create("document");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, every_path_that_is_served_is_described);
    tcase_add_test(t, every_path_that_is_described_is_served);
    tcase_add_test(t, every_message_has_the_fields_that_are_described);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
