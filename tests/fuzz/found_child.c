/* A registration of a found child. First what its reader makes of the bytes,
 * and how alike it is to the children of the cases that the broker has, in
 * words; then the whole way through that broker, signed by a true principal,
 * and what it tells of it. Prefix: who registers and how; what time does. */
#include "wire/found.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "broker_world.h"
#include "domain/concern.h"
#include "domain/likeness.h"

const struct fuzz_shape fuzz_shape = {&tocsin__v1__found_child__descriptor, 2,
                                      false};

#define RAW 0x20     /* the bytes themselves, whatever they are */
#define FORGED 0x40  /* by another's key */
#define RESOLVE 0x80 /* then say what becomes of it */

/* Whatever two descriptions say: the two ways of asking agree, within bounds.
 */
static void compare(struct world *world, struct arena *arena,
                    const Tocsin__V1__FoundChild *found)
{
    const struct book *book = broker_book(world->broker);
    static struct described missing;
    static struct described described;
    static struct likeness likeness;
    unsigned score = 0;

    described_found(&described, found, world->story->divisions);
    for (size_t i = 0; i < book->alert_count; i++) {
        const Tocsin__V1__Alert *content =
            alert_content(book->alerts[i], arena);

        if (content == NULL)
            continue;
        described_missing(&missing, content);
        if (!likeness_score(&score, &missing, &described)) {
            REQUIRE(!likeness_explain(&likeness, &missing, &described));
            continue;
        }
        REQUIRE(likeness_possible(&missing.glance, &described.glance));
        REQUIRE(likeness_explain(&likeness, &missing, &described));
        REQUIRE(likeness.score == score && score <= 100);
        for (int k = 0; k < LIKENESS_ASPECTS; k++)
            REQUIRE(likeness.reasons[k].text[0] != '\0' &&
                    likeness.reasons[k].speaks !=
                        TOCSIN__V1__SPEAKS__SPEAKS_UNSPECIFIED);
    }
}

static Tocsin__V1__SignedFound *
seal(struct arena *arena, const struct keypair *key, struct fuzz_bytes content)
{
    Tocsin__V1__SignedFound *sealed =
        arena->allocator.alloc(arena, sizeof *sealed);
    uint8_t *signature = arena->allocator.alloc(arena, SIGNATURE_SIZE);

    tocsin__v1__signed_found__init(sealed);
    sign(signature, CONTEXT_FOUND, content.data, content.size, key);
    sealed->content =
        (ProtobufCBinaryData){content.size, (uint8_t *)(uintptr_t)content.data};
    sealed->signature = (ProtobufCBinaryData){SIGNATURE_SIZE, signature};
    return sealed;
}

static void open_it(struct world *world, struct arena *arena,
                    const struct actor *actor, struct fuzz_bytes content)
{
    const Tocsin__V1__SignedFound *sealed =
        seal(arena, &actor->bundle.key, content);
    const Tocsin__V1__FoundChild *found = NULL;
    struct complaint complaint = {0};
    uint8_t *packed;
    size_t size;

    REQUIRE(found_verify(sealed, actor->bundle.key.public_key));
    if (found_open(&found, arena, sealed, &complaint) != STATUS_OK) {
        REQUIRE(complaint.field[0] != '\0');
        return;
    }
    REQUIRE(found_check(found, &complaint));
    compare(world, arena, found);
    if (found_sign(found, &actor->bundle.key, &packed, &size, NULL) ==
        STATUS_OK)
        free(packed);
}

static void post(struct world *world, struct arena *arena,
                 const struct actor *actor, Tocsin__V1__Request *request)
{
    static uint8_t count;
    uint8_t id[REQUEST_ID_SIZE] = {9, ++count};
    struct route route = {1, {'f'}};
    struct fuzz_bytes bytes;
    uint8_t curve[KEY_SIZE];

    if (request->request_id.len == 0)
        request->request_id = (ProtobufCBinaryData){sizeof id, id};
    bytes = fuzz_pack(arena, &request->base);
    REQUIRE(key_curve_public(actor->bundle.key.public_key, curve));
    broker_request(world->broker, actor->gate, curve, &route, bytes.data,
                   bytes.size, world_now(world));
    world_settle(world);
}

static void ask(struct world *world, struct arena *arena,
                const struct actor *actor, char *found_id)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ShowFound show = TOCSIN__V1__SHOW_FOUND__INIT;
    Tocsin__V1__ListLikely likely = TOCSIN__V1__LIST_LIKELY__INIT;
    Tocsin__V1__ListFound list = TOCSIN__V1__LIST_FOUND__INIT;

    show.found = found_id;
    request.body_case = TOCSIN__V1__REQUEST__BODY_SHOW_FOUND;
    request.show_found = &show;
    post(world, arena, actor, &request);
    request.request_id.len = 0;
    likely.alert = world->story->alert_ids[1];
    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_LIKELY;
    request.list_likely = &likely;
    post(world, arena, actor, &request);
    request.request_id.len = 0;
    list.closed = true;
    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_FOUND;
    request.list_found = &list;
    post(world, arena, actor, &request);
}

static void resolve(struct world *world, struct arena *arena,
                    const struct actor *actor, char *found_id, unsigned what)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ResolveFound body = TOCSIN__V1__RESOLVE_FOUND__INIT;
    Tocsin__V1__SignedFoundOrder sealed = TOCSIN__V1__SIGNED_FOUND_ORDER__INIT;
    Tocsin__V1__FoundOrder order = TOCSIN__V1__FOUND_ORDER__INIT;
    Tocsin__V1__IdentifyFound identify = TOCSIN__V1__IDENTIFY_FOUND__INIT;
    Tocsin__V1__CloseFound close = TOCSIN__V1__CLOSE_FOUND__INIT;
    uint8_t id[REQUEST_ID_SIZE] = {8, (uint8_t)what};
    uint8_t signature[SIGNATURE_SIZE];
    struct fuzz_bytes content;

    order.order_id = (ProtobufCBinaryData){sizeof id, id};
    order.found_id = found_id;
    order.at_ms = world->now_ms;
    order.officer = (char *)(uintptr_t) "7";
    identify.alert_id = world->story->alert_ids[1 + what % 4];
    identify.reason = close.reason = (char *)(uintptr_t) "so it is";
    order.step_case = what < 8 ? TOCSIN__V1__FOUND_ORDER__STEP_IDENTIFY
                               : TOCSIN__V1__FOUND_ORDER__STEP_CLOSE;
    if (what < 8)
        order.identify = &identify;
    else
        order.close = &close;
    content = fuzz_pack(arena, &order.base);
    sign(signature, CONTEXT_FOUND_ORDER, content.data, content.size,
         &actor->bundle.key);
    sealed.content =
        (ProtobufCBinaryData){content.size, (uint8_t *)(uintptr_t)content.data};
    sealed.signature = (ProtobufCBinaryData){sizeof signature, signature};
    body.order = &sealed;
    request.request_id = order.order_id;
    request.body_case = TOCSIN__V1__REQUEST__BODY_RESOLVE_FOUND;
    request.resolve_found = &body;
    post(world, arena, actor, &request);
}

static void try_it(struct world *world, struct arena *arena,
                   const uint8_t how[2], struct fuzz_bytes bytes)
{
    size_t at = (how[0] & 0x1f) % world->story->cast_count;
    const struct actor *actor = &world->story->cast[at];
    const struct actor *next =
        &world->story->cast[(at + 1) % world->story->cast_count];
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__RegisterFound body = TOCSIN__V1__REGISTER_FOUND__INIT;
    Tocsin__V1__FoundChild *found =
        decode(arena, &tocsin__v1__found_child__descriptor, bytes.data,
               bytes.size, NULL);

    open_it(world, arena, actor, bytes);
    if (found != NULL && (how[0] & RAW) == 0) {
        found->node = (char *)(uintptr_t)actor->bundle.id;
        bytes = fuzz_pack(arena, &found->base);
    }
    body.found = seal(
        arena, (how[0] & FORGED) != 0 ? &next->bundle.key : &actor->bundle.key,
        bytes);
    request.body_case = TOCSIN__V1__REQUEST__BODY_REGISTER_FOUND;
    request.register_found = &body;
    post(world, arena, actor, &request);
    if (found == NULL)
        return;
    if ((how[0] & RESOLVE) != 0)
        resolve(world, arena, actor, found->found_id, how[1] >> 4);
    ask(world, arena, actor, found->found_id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t pauses[4] = {0, 250, 60000, 3600000};
    static struct arena arena;
    struct world *world = world_take();

    if (size < 2)
        return 0;
    if (arena.room == 0)
        arena_init(&arena, 1 << 23);
    arena_reset(&arena);
    try_it(world, &arena, data, (struct fuzz_bytes){data + 2, size - 2});
    if ((data[1] & 3) != 0) {
        world->now_ms += pauses[data[1] & 3];
        broker_tick(world->broker, world_now(world));
    }
    world_settle(world);
    return 0;
}
