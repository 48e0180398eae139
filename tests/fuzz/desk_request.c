/* One request from anyone, at any desk, the whole way: door, decide, append,
 * apply, reply, feed. The first byte says who, where, and what time does;
 * signatures are made good when it says so. */
#include "fuzz.h"

#include <string.h>

#include "broker_world.h"
#include "wire/document.h"

const struct fuzz_shape fuzz_shape = {&tocsin__v1__request__descriptor, 1,
                                      false};

#define OTHER_GATE 0x10
#define AS_IT_IS 0x20

static void sign_alert(struct arena *arena, Tocsin__V1__SignedAlert *sealed,
                       const struct bundle *who)
{
    static uint8_t signature[SIGNATURE_SIZE];
    const Tocsin__V1__AlertDocument *document =
        decode(arena, &tocsin__v1__alert_document__descriptor,
               sealed->content.data, sealed->content.len, NULL);
    bool exercise =
        document != NULL &&
        ((document->kind_case == TOCSIN__V1__ALERT_DOCUMENT__KIND_ALERT &&
          document->alert->exercise) ||
         (document->kind_case == TOCSIN__V1__ALERT_DOCUMENT__KIND_WITHDRAWAL &&
          document->withdrawal->exercise));

    if (document == NULL || sealed->certificate == NULL)
        return;
    sealed->certificate->content = (ProtobufCBinaryData){
        who->certificate_size, (uint8_t *)(uintptr_t)who->certificate};
    sealed->certificate->signature = (ProtobufCBinaryData){
        SIGNATURE_SIZE, (uint8_t *)(uintptr_t)who->certificate_signature};
    sign(signature, exercise ? CONTEXT_EXERCISE : CONTEXT_ALERT,
         sealed->content.data, sealed->content.len,
         exercise ? &who->exercise_key : &who->key);
    sealed->signature = (ProtobufCBinaryData){SIGNATURE_SIZE, signature};
}

/* As the node that the answer names, if it is one of ours. */
static void sign_answer(struct arena *arena, struct story *story,
                        Tocsin__V1__SignedAnswer *sealed)
{
    static uint8_t signature[SIGNATURE_SIZE];
    const Tocsin__V1__Answer *answer =
        decode(arena, &tocsin__v1__answer__descriptor, sealed->content.data,
               sealed->content.len, NULL);

    for (size_t i = 0; answer != NULL && i < story->cast_count; i++) {
        const struct bundle *who = &story->cast[i].bundle;

        if (strcmp(who->id, answer->node) == 0) {
            sign(signature, CONTEXT_ANSWER, sealed->content.data,
                 sealed->content.len, &who->key);
            sealed->signature =
                (ProtobufCBinaryData){SIGNATURE_SIZE, signature};
        }
    }
}

/* An order carries the request's id, and the time at which it is given. */
static void sign_order(struct arena *arena, const struct world *world,
                       const struct bundle *who, Tocsin__V1__Request *request)
{
    static uint8_t signature[SIGNATURE_SIZE];
    Tocsin__V1__SignedOrder *sealed = request->order->order;
    Tocsin__V1__CaseOrder *order =
        decode(arena, &tocsin__v1__case_order__descriptor, sealed->content.data,
               sealed->content.len, NULL);
    struct fuzz_bytes content;

    if (order == NULL)
        return;
    order->order_id = request->request_id;
    order->at_ms = world->now_ms;
    content = fuzz_pack(arena, &order->base);
    sign(signature, CONTEXT_CASE, content.data, content.size, &who->key);
    sealed->content =
        (ProtobufCBinaryData){content.size, (uint8_t *)(uintptr_t)content.data};
    sealed->signature = (ProtobufCBinaryData){SIGNATURE_SIZE, signature};
}

static void sign_purge(const struct bundle *who,
                       Tocsin__V1__SignedPurge *sealed)
{
    static uint8_t signature[SIGNATURE_SIZE];

    sign(signature, CONTEXT_PURGE, sealed->content.data, sealed->content.len,
         &who->key);
    sealed->signature = (ProtobufCBinaryData){SIGNATURE_SIZE, signature};
}

/* A laboratory's word likewise. */
static void sign_word(struct arena *arena, const struct world *world,
                      const struct bundle *who, Tocsin__V1__Request *request)
{
    static uint8_t signature[SIGNATURE_SIZE];
    Tocsin__V1__SignedLabWord *sealed = request->lab_report->word;
    Tocsin__V1__LabWord *word =
        decode(arena, &tocsin__v1__lab_word__descriptor, sealed->content.data,
               sealed->content.len, NULL);
    struct fuzz_bytes content;

    if (word == NULL)
        return;
    word->report_id = request->request_id;
    word->at_ms = world->now_ms;
    content = fuzz_pack(arena, &word->base);
    sign(signature, CONTEXT_LABORATORY, content.data, content.size, &who->key);
    sealed->content =
        (ProtobufCBinaryData){content.size, (uint8_t *)(uintptr_t)content.data};
    sealed->signature = (ProtobufCBinaryData){SIGNATURE_SIZE, signature};
}

/* As the node that it names, if it is one of ours. */
static void sign_found(struct arena *arena, struct story *story,
                       Tocsin__V1__SignedFound *sealed)
{
    static uint8_t signature[SIGNATURE_SIZE];
    const Tocsin__V1__FoundChild *found =
        decode(arena, &tocsin__v1__found_child__descriptor,
               sealed->content.data, sealed->content.len, NULL);

    for (size_t i = 0; found != NULL && i < story->cast_count; i++) {
        const struct bundle *who = &story->cast[i].bundle;

        if (strcmp(who->id, found->node) == 0) {
            sign(signature, CONTEXT_FOUND, sealed->content.data,
                 sealed->content.len, &who->key);
            sealed->signature =
                (ProtobufCBinaryData){SIGNATURE_SIZE, signature};
        }
    }
}

static void sign_found_order(struct arena *arena, const struct world *world,
                             const struct bundle *who,
                             Tocsin__V1__Request *request)
{
    static uint8_t signature[SIGNATURE_SIZE];
    Tocsin__V1__SignedFoundOrder *sealed = request->resolve_found->order;
    Tocsin__V1__FoundOrder *order =
        decode(arena, &tocsin__v1__found_order__descriptor,
               sealed->content.data, sealed->content.len, NULL);
    struct fuzz_bytes content;

    if (order == NULL)
        return;
    order->order_id = request->request_id;
    order->at_ms = world->now_ms;
    content = fuzz_pack(arena, &order->base);
    sign(signature, CONTEXT_FOUND_ORDER, content.data, content.size, &who->key);
    sealed->content =
        (ProtobufCBinaryData){content.size, (uint8_t *)(uintptr_t)content.data};
    sealed->signature = (ProtobufCBinaryData){SIGNATURE_SIZE, signature};
}

static Tocsin__V1__SignedAlert *alert_of(const Tocsin__V1__Request *request)
{
    switch (request->body_case) {
    case TOCSIN__V1__REQUEST__BODY_REPORT:
        return request->report->alert;
    case TOCSIN__V1__REQUEST__BODY_REVISE:
        return request->revise->alert;
    case TOCSIN__V1__REQUEST__BODY_WITHDRAW:
        return request->withdraw->alert;
    default:
        return NULL;
    }
}

static struct fuzz_bytes signed_again(struct arena *arena, struct world *world,
                                      const struct actor *actor,
                                      struct fuzz_bytes bytes)
{
    Tocsin__V1__Request *request = decode(
        arena, &tocsin__v1__request__descriptor, bytes.data, bytes.size, NULL);

    if (request == NULL)
        return bytes;
    if (alert_of(request) != NULL)
        sign_alert(arena, alert_of(request), &actor->bundle);
    else if (request->body_case == TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE &&
             request->acknowledge->answer != NULL)
        sign_answer(arena, world->story, request->acknowledge->answer);
    else if (request->body_case == TOCSIN__V1__REQUEST__BODY_ORDER &&
             request->order->order != NULL)
        sign_order(arena, world, &actor->bundle, request);
    else if (request->body_case == TOCSIN__V1__REQUEST__BODY_REGISTER_FOUND &&
             request->register_found->found != NULL)
        sign_found(arena, world->story, request->register_found->found);
    else if (request->body_case == TOCSIN__V1__REQUEST__BODY_RESOLVE_FOUND &&
             request->resolve_found->order != NULL)
        sign_found_order(arena, world, &actor->bundle, request);
    else if (request->body_case == TOCSIN__V1__REQUEST__BODY_CONFIRM_PURGE &&
             request->confirm_purge->purge != NULL)
        sign_purge(&actor->bundle, request->confirm_purge->purge);
    else if (request->body_case == TOCSIN__V1__REQUEST__BODY_LAB_REPORT &&
             request->lab_report->word != NULL)
        sign_word(arena, world, &actor->bundle, request);
    else
        return bytes;
    return fuzz_pack(arena, &request->base);
}

static void pass_time(struct world *world, unsigned how)
{
    static const int64_t steps[4] = {0, 250, 250, 3600 * 1000};

    world->paused = how == 2;
    if (how == 0)
        return;
    world->now_ms += steps[how];
    broker_tick(world->broker, world_now(world));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena;
    struct world *world = world_take();
    struct route route = {1, {'f'}};
    struct fuzz_bytes bytes = {data + 1, size - 1};
    const struct actor *actor;
    uint8_t curve[KEY_SIZE];
    enum gate gate;

    if (size < 1)
        return 0;
    if (arena.room == 0)
        arena_init(&arena, 1 << 22);
    arena_reset(&arena);
    actor = &world->story->cast[(data[0] & 0xf) % world->story->cast_count];
    gate = (data[0] & OTHER_GATE) == 0   ? actor->gate
           : actor->gate == GATE_COMMAND ? GATE_FIELD
                                         : GATE_COMMAND;
    if ((data[0] & AS_IT_IS) == 0)
        bytes = signed_again(&arena, world, actor, bytes);
    REQUIRE(key_curve_public(actor->bundle.key.public_key, curve));
    broker_request(world->broker, gate, curve, &route, bytes.data, bytes.size,
                   world_now(world));
    pass_time(world, data[0] >> 6);
    if (!world->paused)
        world_settle(world);
    return 0;
}
