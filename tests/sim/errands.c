/* Asking until there is an answer. */
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "wire/decode.h"
#include "world.h"

#define AGAIN_MS 2500

struct errand errand_pack(struct world *world, Tocsin__V1__Request *request)
{
    uint8_t id[16];

    chance_fill(&world->chance, id, sizeof id);
    return errand_pack_as(id, request);
}

struct errand errand_pack_as(const uint8_t id[16], Tocsin__V1__Request *request)
{
    struct errand errand = {0};

    memcpy(errand.id, id, sizeof errand.id);
    request->request_id = (ProtobufCBinaryData){16, errand.id};
    errand.bytes = encode(&request->base, &errand.size);
    return errand;
}

static void send(struct errand *errand)
{
    struct world *world = errand->person->world;

    errand->due_ms = world->now_ms + world_about(world, AGAIN_MS);
    (void)wire_send(&errand->person->wire, errand->bytes, errand->size);
}

static void again(struct world *world, void *what, uint64_t number)
{
    struct errand *errand = what;

    (void)number;
    if (errand->answered)
        return;
    if (world->now_ms >= errand->due_ms)
        send(errand);
    world_plan(world, 500, again, errand, 0);
}

struct errand *errand_begin(struct person *person, struct errand errand)
{
    struct errand *out = must_memdup(&errand, sizeof errand);
    struct world *world = person->world;

    out->person = person;
    person->errands = must_realloc(person->errands, person->errand_count + 1,
                                   sizeof *person->errands);
    person->errands[person->errand_count++] = out;
    send(out);
    if (chance_is(&world->chance, world->weather.doubled) &&
        out->kind != ERRAND_FOLLOW)
        (void)wire_send(&person->wire, out->bytes, out->size);
    world_plan(world, 500, again, out, 0);
    return out;
}

void errand_repeat(struct errand *errand)
{
    errand->answered = false;
    errand->due_ms = 0;
    world_plan(errand->person->world, 500, again, errand, 0);
}

void errands_again(struct person *person)
{
    for (size_t i = 0; i < person->errand_count; i++) {
        struct errand *errand = person->errands[i];

        if (!errand->answered)
            send(errand);
    }
}

struct errand *people_errand(struct world *world, const uint8_t id[16])
{
    for (size_t i = 0; i < world->people.count; i++) {
        const struct person *person = &world->people.list[i];

        for (size_t j = person->errand_count; j > 0; j--) {
            if (memcmp(person->errands[j - 1]->id, id, 16) == 0)
                return person->errands[j - 1];
        }
    }
    return NULL;
}

static void take(struct errand *errand, const Tocsin__V1__Reply *reply)
{
    struct world *world = errand->person->world;

    if (errand->answered)
        return;
    if (reply->status == TOCSIN__V1__STATUS__STATUS_BUSY ||
        reply->status == TOCSIN__V1__STATUS__STATUS_UNAVAILABLE) {
        errand->due_ms = world->now_ms + reply->retry_after_ms + 200;
        return;
    }
    errand->answered = true;
    errand->status = reply->status;
    errand->sequence = reply->sequence;
    person_errand_done(errand, reply);
    errand->journal = world->host.restores;
}

void errands_hear(struct person *person, struct parcel *parcel)
{
    struct arena *reading = &person->world->reading;
    size_t before = reading->used;
    const Tocsin__V1__Reply *reply = tocsin__v1__reply__unpack(
        &reading->allocator, parcel->size, parcel->bytes);
    struct errand *errand = NULL;

    REQUIRE(reply != NULL);
    if (reply->request_id.len == 16)
        errand = people_errand(person->world, reply->request_id.data);
    if (errand != NULL && errand->person == person)
        take(errand, reply);
    reading->used = before;
}
