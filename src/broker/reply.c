#include "broker/core_private.h"

#include <stdio.h>
#include <string.h>

#define RETRY_UNAVAILABLE_MS 1000

void *arena_take(struct arena *arena, size_t size)
{
    void *memory = arena->allocator.alloc(arena, size);

    REQUIRE(memory != NULL);
    memset(memory, 0, size);
    return memory;
}

char *arena_text(struct arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(arena_take(arena, size), text, size);
}

void *arena_message(struct arena *arena, const ProtobufCMessageDescriptor *type)
{
    void *message = arena_take(arena, type->sizeof_message);

    protobuf_c_message_init(type, message);
    return message;
}

ProtobufCBinaryData bytes_of(const void *data, size_t size)
{
    return (ProtobufCBinaryData){size, (uint8_t *)(uintptr_t)data};
}

/* A reply that cannot go is not kept: its asker asks again. */
void reply_send(struct broker *broker, const struct caller *caller,
                Tocsin__V1__Reply *reply, int64_t now_ms)
{
    size_t size;

    reply->request_id = bytes_of(caller->request_id, caller->id_size);
    reply->time_ms = now_ms;
    size = protobuf_c_message_get_packed_size(&reply->base);
    REQUIRE(size <= REPLY_BYTES_MAX);
    (void)protobuf_c_message_pack(&reply->base, broker->room);
    (void)broker->ports.send(broker->ports.arg, caller->gate, &caller->route,
                             broker->room, size);
}

void reply_status(struct broker *broker, const struct caller *caller,
                  Tocsin__V1__Status status, int64_t now_ms)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;

    reply.status = status;
    reply_send(broker, caller, &reply, now_ms);
}

void reply_refused(struct broker *broker, const struct caller *caller,
                   Tocsin__V1__Status status, const struct complaint *complaint,
                   int64_t now_ms)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    char what[sizeof complaint->field + 32];
    const char *name = protobuf_c_enum_descriptor_get_value(
                           &tocsin__v1__status__descriptor, status)
                           ->name;

    reply.status = status;
    reply.field = (char *)(uintptr_t)complaint->field;
    reply.reason = (char *)(uintptr_t)complaint->reason;
    snprintf(what, sizeof what, "%s/%s", name + strlen("STATUS_"),
             complaint->field);
    refusal_count(broker, caller->gate, caller->principal, what);
    reply_send(broker, caller, &reply, now_ms);
}

/* Spread, so that all who are put off do not come back at once. */
static void put_off(struct broker *broker, const struct caller *caller,
                    Tocsin__V1__Reply *reply, uint32_t retry_ms, int64_t now_ms)
{
    uint32_t spread;

    broker->ports.random(broker->ports.arg, &spread, sizeof spread);
    reply->retry_after_ms = retry_ms + spread % (retry_ms + 1);
    reply_send(broker, caller, reply, now_ms);
}

/* Named is who has too much under way itself. When thousands come back at once
 * and have to wait for their turn it is nobody's fault, and one line of the
 * log. */
static uint32_t whose_fault(struct broker *broker, const struct caller *caller)
{
    return caller->principal != 0 &&
                   broker_presence(broker, caller->principal)->under_way >=
                       broker->config.peer_requests_max
               ? caller->principal
               : 0;
}

void reply_later(struct broker *broker, const struct caller *caller,
                 uint32_t retry_ms, int64_t now_ms)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;

    reply.status = TOCSIN__V1__STATUS__STATUS_BUSY;
    put_off(broker, caller, &reply, retry_ms, now_ms);
}

void reply_later_device(struct broker *broker, const struct caller *caller,
                        uint32_t retry_ms, int64_t now_ms)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;

    reply.status = TOCSIN__V1__STATUS__STATUS_BUSY;
    reply.field = (char *)(uintptr_t) "device";
    put_off(broker, caller, &reply, retry_ms, now_ms);
}

void reply_busy(struct broker *broker, const struct caller *caller,
                uint32_t retry_ms, int64_t now_ms)
{
    refusal_count(broker, caller->gate, caller->principal, "BUSY");
    reply_later(broker, caller, retry_ms, now_ms);
}

void reply_crowded(struct broker *broker, const struct caller *caller,
                   uint32_t retry_ms, int64_t now_ms)
{
    refusal_count(broker, caller->gate, whose_fault(broker, caller), "BUSY");
    reply_later(broker, caller, retry_ms, now_ms);
}

static void unavailable(struct broker *broker, const struct caller *caller,
                        const char *counted, const char *reason, int64_t now_ms)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;

    reply.status = TOCSIN__V1__STATUS__STATUS_UNAVAILABLE;
    reply.reason = (char *)(uintptr_t)reason;
    refusal_count(broker, caller->gate, caller->principal, counted);
    put_off(broker, caller, &reply, RETRY_UNAVAILABLE_MS, now_ms);
}

void reply_full(struct broker *broker, const struct caller *caller,
                int64_t now_ms)
{
    unavailable(broker, caller, "UNAVAILABLE/full", "the broker's disk is full",
                now_ms);
}

void reply_unread(struct broker *broker, const struct caller *caller,
                  int64_t now_ms)
{
    unavailable(broker, caller, "UNAVAILABLE/journal",
                "the broker's journal cannot be read", now_ms);
}

void reply_pictured(struct broker *broker, const struct caller *caller,
                    uint64_t sequence, uint32_t size, int64_t now_ms)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__PictureReceipt body = TOCSIN__V1__PICTURE_RECEIPT__INIT;

    body.have = size;
    reply.status = TOCSIN__V1__STATUS__STATUS_DUPLICATE;
    reply.sequence = sequence;
    reply.body_case = TOCSIN__V1__REPLY__BODY_PICTURE_RECEIPT;
    reply.picture_receipt = &body;
    reply_send(broker, caller, &reply, now_ms);
}
