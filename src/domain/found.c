#include "domain/found.h"

#include <stdlib.h>
#include <string.h>

#include "domain/book.h"
#include "domain/view.h"
#include "wire/found.h"

#define BEGINNING_MIN 4

#define REGISTERED TOCSIN__V1__FOUND_STATE__FOUND_STATE_REGISTERED
#define IDENTIFIED TOCSIN__V1__FOUND_STATE__FOUND_STATE_IDENTIFIED
#define CLOSED TOCSIN__V1__FOUND_STATE__FOUND_STATE_CLOSED
#define SEALED TOCSIN__V1__FOUND_STATE__FOUND_STATE_SEALED

struct found_child *book_found(const struct book *book, const char *id)
{
    return map_get(book->by_found, id, strlen(id));
}

struct found_child *book_found_meant(const struct book *book, const char *text,
                                     bool *several)
{
    struct found_child *found = book_found(book, text);
    size_t size = strlen(text);

    *several = false;
    if (found != NULL || size < BEGINNING_MIN)
        return found;
    for (size_t i = 0; i < book->found_count; i++) {
        if (strncmp(book->found[i]->id, text, size) != 0)
            continue;
        if (found != NULL) {
            *several = true;
            return NULL;
        }
        found = book->found[i];
    }
    return found;
}

struct found_child *book_found_kit(const struct book *book,
                                   const uint8_t digest[KIT_DIGEST_SIZE])
{
    for (size_t i = 0; i < book->found_count; i++) {
        if (book->found[i]->has_kit &&
            memcmp(book->found[i]->kit, digest, KIT_DIGEST_SIZE) == 0)
            return book->found[i];
    }
    return NULL;
}

void found_free(struct found_child *found)
{
    free(found->document);
    free(found->order);
    free(found->revisions);
    free(found);
}

Tocsin__V1__FoundState found_order_state(const Tocsin__V1__FoundOrder *order)
{
    switch (order->step_case) {
    case TOCSIN__V1__FOUND_ORDER__STEP_IDENTIFY:
        return IDENTIFIED;
    case TOCSIN__V1__FOUND_ORDER__STEP_CLOSE:
        return CLOSED;
    case TOCSIN__V1__FOUND_ORDER__STEP_REOPEN:
        return REGISTERED;
    case TOCSIN__V1__FOUND_ORDER__STEP_SEAL:
        return SEALED;
    case TOCSIN__V1__FOUND_ORDER__STEP__NOT_SET:
    case _TOCSIN__V1__FOUND_ORDER__STEP__CASE_IS_INT_SIZE:
        break;
    }
    return TOCSIN__V1__FOUND_STATE__FOUND_STATE_UNSPECIFIED;
}

bool found_move_fits(Tocsin__V1__FoundState from, Tocsin__V1__FoundState to)
{
    static const bool moves[SEALED + 1][SEALED + 1] = {
        [REGISTERED] = {[IDENTIFIED] = true, [CLOSED] = true},
        [IDENTIFIED] = {[REGISTERED] = true, [SEALED] = true},
        [CLOSED] = {[REGISTERED] = true, [SEALED] = true},
    };

    return from <= SEALED && to <= SEALED && moves[from][to];
}

bool found_is_sealed(const struct found_child *found)
{
    return found->state == SEALED;
}

bool found_is_over(const struct book *book, const struct found_child *found)
{
    const struct alert *alert;

    if (found->state != IDENTIFIED)
        return found->state == CLOSED || found->state == SEALED;
    alert = book_alert(book, found->alert_id);
    return alert == NULL || case_is_sealed(&alert->file);
}

const Tocsin__V1__FoundChild *found_content(const struct found_child *found,
                                            struct arena *arena)
{
    const Tocsin__V1__SignedFound *sealed =
        found->document == NULL
            ? NULL
            : decode(arena, &tocsin__v1__signed_found__descriptor,
                     found->document, found->size, NULL);
    const Tocsin__V1__FoundChild *content;
    struct complaint complaint;

    /* it may come from a disk */
    return sealed != NULL &&
                   found_open(&content, arena, sealed, &complaint) == STATUS_OK
               ? content
               : NULL;
}

static bool has_registered(const struct principal *actor,
                           const struct found_child *found)
{
    for (size_t i = 0; i < found->revision_count; i++) {
        if (found->revisions[i].by == actor->number)
            return true;
    }
    return false;
}

bool found_may_see(const struct book *book, const struct principal *actor,
                   const struct found_child *found)
{
    const struct alert *alert =
        found->state == IDENTIFIED ? book_alert(book, found->alert_id) : NULL;

    return division_contains(actor->division, found->division) ||
           has_registered(actor, found) ||
           (alert != NULL && view_of(book, actor, alert) == VIEW_CASE);
}
