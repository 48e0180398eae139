/* What handhelds have asked for in a session and have not wholly taken. Their
 * lines are thin, so it may be long under way: one copy of a photograph is lent
 * to all of them, and how much one handheld, and all, may have is bounded. */
#include <stdlib.h>
#include <string.h>

#include "gateway/core.h"

struct loan {
    uint64_t exchange;
    struct device *device;
    size_t pictured; /* the size of the photograph that was asked for, or 0 */
    struct photo *photo;
};

static struct loan *loan_of(const struct gateway *gateway, uint64_t exchange)
{
    return map_get(gateway->loans, &exchange, sizeof exchange);
}

bool loan_begin(struct gateway *gateway, const struct asked *asked)
{
    const struct problem busy = {429, TOCSIN__V1__STATUS__STATUS_BUSY, 5000};
    struct loan *loan;

    if (asked->device->loans >= DEVICE_LOANS_MAX) {
        respond_problem(gateway, asked, busy, "device",
                        "has %zu answers under way", asked->device->loans);
        return false;
    }
    loan = must_calloc(1, sizeof *loan);
    loan->exchange = asked->exchange;
    loan->device = asked->device;
    asked->device->loans++;
    (void)map_put(gateway->loans, &loan->exchange, sizeof loan->exchange, loan);
    return true;
}

bool loan_picture(struct gateway *gateway, const struct asked *asked,
                  size_t size)
{
    const struct problem busy = {429, TOCSIN__V1__STATUS__STATUS_BUSY, 5000};
    struct loan *loan = loan_of(gateway, asked->exchange);

    if (asked->device->photos >= DEVICE_PHOTOS_MAX) {
        respond_problem(gateway, asked, busy, "device",
                        "has %zu photographs under way", asked->device->photos);
        return false;
    }
    REQUIRE(loan != NULL && loan->pictured == 0 && size > 0);
    loan->pictured = size;
    asked->device->photos++;
    asked->device->photo_bytes += size;
    return true;
}

/* ---- photographs ---------------------------------------------------------
 */

struct photo *photo_get(struct gateway *gateway, const uint8_t hash[32])
{
    struct photo *photo = map_get(gateway->photos, hash, sizeof photo->hash);

    if (photo != NULL)
        photo->holders++;
    return photo;
}

bool photo_has_room(struct gateway *gateway, const struct asked *asked,
                    size_t size)
{
    struct problem later = {503, TOCSIN__V1__STATUS__STATUS_UNAVAILABLE, 10000};
    size_t left = PHOTO_BYTES_MAX - gateway->photo_bytes;
    size_t own = asked->device->photo_bytes; /* with this one */

    if (size <= left && (own == size || own <= left / PHOTO_SHARE))
        return true;
    if (size > left) {
        respond_problem(gateway, asked, later, "picture",
                        "too many photographs are under way");
        return false;
    }
    later.code = 429;
    respond_problem(gateway, asked, later, "device",
                    "has %zu bytes of photographs under way, and others want "
                    "some",
                    own - size);
    return false;
}

struct photo *photo_add(struct gateway *gateway, const uint8_t hash[32],
                        void *bytes, size_t size)
{
    struct shared *shared = shared_new(bytes, size);
    struct photo *photo = photo_get(gateway, hash);

    if (photo != NULL) { /* it could not be read, and was fetched: it can now */
        shared_drop(shared);
        return photo;
    }
    if (gateway->photo_bytes + size > PHOTO_BYTES_MAX) {
        shared_drop(shared);
        return NULL;
    }
    photo = must_calloc(1, sizeof *photo);
    memcpy(photo->hash, hash, sizeof photo->hash);
    photo->bytes = shared;
    photo->holders = 1;
    gateway->photo_bytes += size;
    REQUIRE(map_put(gateway->photos, photo->hash, sizeof photo->hash, photo) ==
            NULL);
    return photo;
}

void photo_lend(struct gateway *gateway, struct photo *photo, uint64_t exchange)
{
    struct loan *loan = loan_of(gateway, exchange);

    REQUIRE(loan != NULL && loan->photo == NULL);
    loan->photo = photo;
    photo->holders++;
}

void photo_drop(struct gateway *gateway, struct photo *photo)
{
    if (photo == NULL || --photo->holders > 0)
        return;
    (void)map_remove(gateway->photos, photo->hash, sizeof photo->hash);
    gateway->photo_bytes -= photo->bytes->size;
    shared_drop(photo->bytes);
    free(photo);
}

/* ---- the end -------------------------------------------------------------
 */

static void end(struct gateway *gateway, struct loan *loan)
{
    loan->device->loans--;
    loan->device->photos -= loan->pictured > 0;
    loan->device->photo_bytes -= loan->pictured;
    photo_drop(gateway, loan->photo);
    free(loan);
}

void loan_gone(struct gateway *gateway, uint64_t exchange)
{
    struct loan *loan = map_remove(gateway->loans, &exchange, sizeof exchange);

    if (loan != NULL)
        end(gateway, loan);
}

void loans_done(struct gateway *gateway)
{
    struct loan *loan;
    size_t cursor = 0;

    while ((loan = map_next(gateway->loans, &cursor)) != NULL)
        end(gateway, loan);
    map_free(gateway->loans);
    map_free(gateway->photos);
}
