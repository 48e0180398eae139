/* Responses: messages as JSON or Protobuf, refusals in words; and bodies. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/core.h"
#include "wire/json.h"

#define JSON_TYPE "application/json"
#define PROTOBUF_TYPE "application/x-protobuf"

void respond(struct gateway *gateway, uint64_t exchange,
             const struct gateway_response *response)
{
    if (response->code > 0 && response->code < 600)
        gateway->tallies.responses[response->code]++;
    gateway->port.respond(gateway->port.arg, exchange, response);
}

char *json_text(const ProtobufCMessage *message, size_t *size)
{
    json_t *json = json_from_message(message);
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(15));

    REQUIRE(text != NULL);
    json_decref(json);
    *size = strlen(text);
    return text;
}

void respond_message(struct gateway *gateway, uint64_t exchange, int code,
                     const ProtobufCMessage *message, bool protobuf)
{
    struct gateway_response response = {.code = code};
    void *body;

    if (protobuf)
        body = encode(message, &response.size);
    else
        body = json_text(message, &response.size);
    response.type = protobuf ? PROTOBUF_TYPE : JSON_TYPE;
    response.body = body;
    respond(gateway, exchange, &response);
    free(body);
}

int code_of(Tocsin__V1__Status status)
{
    switch (status) {
    case TOCSIN__V1__STATUS__STATUS_OK:
    case TOCSIN__V1__STATUS__STATUS_RECORDED:
    case TOCSIN__V1__STATUS__STATUS_DUPLICATE:
        return 200;
    case TOCSIN__V1__STATUS__STATUS_INVALID:
        return 400;
    case TOCSIN__V1__STATUS__STATUS_DENIED:
        return 403;
    case TOCSIN__V1__STATUS__STATUS_NOT_FOUND:
        return 404;
    case TOCSIN__V1__STATUS__STATUS_CONFLICT:
        return 409;
    case TOCSIN__V1__STATUS__STATUS_BUSY:
        return 429;
    case TOCSIN__V1__STATUS__STATUS_UNAVAILABLE:
    case TOCSIN__V1__STATUS__STATUS_UNSPECIFIED:
    case _TOCSIN__V1__STATUS_IS_INT_SIZE:
        break;
    }
    return 503;
}

void respond_problem(struct gateway *gateway, const struct asked *asked,
                     struct problem problem, const char *field,
                     const char *format, ...)
{
    Tocsin__V1__Problem told = TOCSIN__V1__PROBLEM__INIT;
    struct gateway_response response = {.code = problem.code};
    char reason[300];
    void *body;
    va_list args;

    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    told.status = problem.status;
    told.field = (char *)(uintptr_t)field;
    told.reason = reason;
    told.retry_after_ms = problem.retry_after_ms;
    if (asked->protobuf)
        body = encode(&told.base, &response.size);
    else
        body = json_text(&told.base, &response.size);
    response.type = asked->protobuf ? PROTOBUF_TYPE : JSON_TYPE;
    response.body = body;
    response.retry_after_s = (problem.retry_after_ms + 999) / 1000;
    respond(gateway, asked->exchange, &response);
    free(body);
}

static void *body_of_json(struct gateway *gateway, const struct asked *asked,
                          const ProtobufCMessageDescriptor *type)
{
    const struct gateway_request *request = asked->request;
    const struct problem invalid = {400, TOCSIN__V1__STATUS__STATUS_INVALID, 0};
    json_error_t error;
    struct diag why = {0};
    ProtobufCMessage *message = NULL;
    json_t *json = json_loadb((const char *)request->body, request->size,
                              JSON_REJECT_DUPLICATES, &error);

    if (json == NULL) {
        respond_problem(gateway, asked, invalid, "body", "is no JSON: line %d",
                        error.line);
        return NULL;
    }
    if (json_to_message(&gateway->arena, type, json, &message, &why) !=
        STATUS_OK) {
        message = NULL;
        respond_problem(gateway, asked, invalid, "body", "%s", why.text);
    }
    json_decref(json);
    return message;
}

static void *body_of_protobuf(struct gateway *gateway,
                              const struct asked *asked,
                              const ProtobufCMessageDescriptor *type)
{
    struct diag why = {0};
    void *message = decode(&gateway->arena, type, asked->request->body,
                           asked->request->size, &why);

    if (message == NULL)
        respond_problem(
            gateway, asked,
            (struct problem){400, TOCSIN__V1__STATUS__STATUS_INVALID, 0},
            "body", "%s", why.text);
    return message;
}

static bool type_is(const char *header, const char *type)
{
    size_t size = strlen(type);

    return strncasecmp(header, type, size) == 0 &&
           (header[size] == '\0' || header[size] == ';' || header[size] == ' ');
}

void *body_of(struct gateway *gateway, const struct asked *asked,
              const ProtobufCMessageDescriptor *type)
{
    const char *header = asked->request->content_type;

    if (type_is(header, PROTOBUF_TYPE))
        return body_of_protobuf(gateway, asked, type);
    if (type_is(header, JSON_TYPE))
        return body_of_json(gateway, asked, type);
    respond_problem(
        gateway, asked,
        (struct problem){415, TOCSIN__V1__STATUS__STATUS_INVALID, 0},
        "Content-Type", "is neither %s nor %s", JSON_TYPE, PROTOBUF_TYPE);
    return NULL;
}
