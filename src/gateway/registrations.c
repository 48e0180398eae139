/* Children of unknown origin, registered by a handheld: they go the way of its
 * answers, in one row with them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/core.h"
#include "wire/found.h"

#define FATES_PER_PAGE 100

static const struct problem invalid = {400, TOCSIN__V1__STATUS__STATUS_INVALID,
                                       0};
static const struct problem denied = {403, TOCSIN__V1__STATUS__STATUS_DENIED,
                                      0};
static const struct problem unknown = {404,
                                       TOCSIN__V1__STATUS__STATUS_NOT_FOUND, 0};

Tocsin__V1__FoundFate *found_message(struct arena *arena,
                                     const struct fate *fate)
{
    Tocsin__V1__FoundFate *out = arena->allocator.alloc(arena, sizeof *out);

    REQUIRE(out != NULL);
    tocsin__v1__found_fate__init(out);
    out->found_id = (char *)(uintptr_t)fate->alert_id;
    out->device = (char *)(uintptr_t)fate->device;
    out->revision = fate->revision;
    out->state = fate->state;
    out->taken_ms = fate->taken_ms;
    out->settled_ms = fate->settled_ms;
    out->sequence = fate->sequence;
    out->status = fate->status;
    out->field = (char *)(uintptr_t)fate->field;
    out->reason = (char *)(uintptr_t)fate->reason;
    return out;
}

/* ---- taking one in --------------------------------------------------------
 */

/* What makes a registration the same: its id and revision. */
static void name_it(uint8_t out[16], const Tocsin__V1__FoundChild *found)
{
    char text[ULID_SIZE + 24];
    uint8_t hash[32];
    int size = snprintf(text, sizeof text, "found %.26s %u", found->found_id,
                        found->revision);

    hash_bytes(hash, (const uint8_t *)text, (size_t)size);
    memcpy(out, hash, 16);
}

/* Packed like an answer's: content, then signature. */
static const Tocsin__V1__FoundChild *open_found(struct gateway *gateway,
                                                const struct asked *asked,
                                                Tocsin__V1__SignedFound *sealed)
{
    const Tocsin__V1__FoundChild *found;
    struct complaint complaint = {0};

    if (found_open(&found, &gateway->inner, sealed, &complaint) == STATUS_OK)
        return found;
    respond_problem(gateway, asked, invalid, complaint.field, "%s",
                    complaint.reason);
    return NULL;
}

void take_registration(struct gateway *gateway, const struct asked *asked,
                       struct moment now)
{
    Tocsin__V1__SignedFound *sealed =
        body_of(gateway, asked, &tocsin__v1__signed_found__descriptor);
    Tocsin__V1__SignedAnswer alike = TOCSIN__V1__SIGNED_ANSWER__INIT;
    struct letter letter = {
        .sealed = &alike, .fate = {.kind = FATE_FOUND}, .id = "found.revision"};
    const Tocsin__V1__FoundChild *found;

    if (sealed == NULL)
        return;
    found = open_found(gateway, asked, sealed);
    if (found == NULL)
        return;
    letter.device = device_admit(gateway, asked, found->node, now);
    if (letter.device == NULL)
        return;
    if (!found_verify(sealed, letter.device->key)) {
        respond_problem(gateway, asked, denied, "found.signature",
                        "does not verify");
        return;
    }
    alike.content = sealed->content;
    alike.signature = sealed->signature;
    letter.fate.revision = found->revision;
    name_it(letter.fate.answer_id, found);
    snprintf(letter.fate.alert_id, sizeof letter.fate.alert_id, "%s",
             found->found_id);
    letter_take(gateway, asked, &letter, now);
}

/* ---- asking after them ----------------------------------------------------
 */

struct page {
    struct gateway *gateway;
    Tocsin__V1__FoundFates fates;
    struct fate kept[FATES_PER_PAGE];
};

static bool list_one(void *to, const struct fate *fate)
{
    struct page *page = to;
    size_t at = page->fates.n_fates;

    page->fates.more = at == FATES_PER_PAGE;
    if (page->fates.more)
        return false;
    page->kept[at] = *fate;
    page->fates.fates[at] =
        found_message(&page->gateway->inner, &page->kept[at]);
    page->fates.n_fates++;
    page->fates.next = (uint64_t)fate->row;
    return true;
}

void take_registered(struct gateway *gateway, const struct asked *asked,
                     struct moment now)
{
    const struct fate_query query = {.device = asked->device->id,
                                     .kind = FATE_FOUND,
                                     .after = after_of(asked)};
    Tocsin__V1__FoundFate *list[FATES_PER_PAGE];
    struct page *page = must_calloc(1, sizeof *page);

    (void)now;
    arena_reset(&gateway->inner);
    page->gateway = gateway;
    tocsin__v1__found_fates__init(&page->fates);
    page->fates.fates = list;
    gateway->spool.each_fate(gateway->spool.arg, &query, list_one, page);
    if (!answered_unread(gateway, asked))
        respond_message(gateway, asked->exchange, 200, &page->fates.base,
                        asked->protobuf);
    free(page);
}

/* Every revision of one, the newest last. */
struct search {
    const char *found_id;
    struct fate newest;
    bool found;
    bool waits;
    uint8_t (*ids)[16];
    size_t count;
};

static bool look_at(void *to, const struct fate *fate)
{
    struct search *search = to;

    if (strcmp(fate->alert_id, search->found_id) != 0)
        return true;
    if (!search->found || fate->revision >= search->newest.revision)
        search->newest = *fate;
    search->found = true;
    search->waits = search->waits ||
                    fate->state == TOCSIN__V1__FATE_STATE__FATE_STATE_WAITING;
    search->ids =
        must_realloc(search->ids, search->count + 1, sizeof *search->ids);
    memcpy(search->ids[search->count++], fate->answer_id, 16);
    return true;
}

/* false: it cannot be told now, and it was answered. */
static bool find(struct gateway *gateway, const struct asked *asked,
                 struct search *search)
{
    const struct fate_query query = {.device = asked->device->id,
                                     .kind = FATE_FOUND};

    memset(search, 0, sizeof *search);
    search->found_id = asked->rest;
    gateway->spool.each_fate(gateway->spool.arg, &query, look_at, search);
    return !answered_unread(gateway, asked);
}

void take_registered_one(struct gateway *gateway, const struct asked *asked,
                         struct moment now)
{
    struct search search;

    (void)now;
    if (!find(gateway, asked, &search)) {
        free(search.ids);
        return;
    }
    if (search.found)
        respond_fate(gateway, asked->exchange, &search.newest, asked->protobuf);
    else
        respond_problem(gateway, asked, unknown, "foundId",
                        "no such registration of this handheld is known here");
    free(search.ids);
}

/* The handheld knows what became of it, and of its revisions. */
void take_registered_known(struct gateway *gateway, const struct asked *asked,
                           struct moment now)
{
    const struct gateway_response done = {.code = 204};
    struct search search;

    (void)now;
    if (!find(gateway, asked, &search)) {
        free(search.ids);
        return;
    }
    if (search.waits) {
        respond_problem(
            gateway, asked,
            (struct problem){409, TOCSIN__V1__STATUS__STATUS_CONFLICT, 0},
            "foundId", "is waiting still");
    } else {
        for (size_t i = 0; i < search.count; i++)
            gateway->spool.forget(gateway->spool.arg, asked->device->id,
                                  search.ids[i]);
        respond(gateway, asked->exchange, &done);
    }
    free(search.ids);
}
