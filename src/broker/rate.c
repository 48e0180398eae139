/* How many requests a principal may send: a bucket that fills at its rate and
 * holds RATE_BURST_S seconds of it. Beyond it requests are told BUSY, as often
 * again, and then dropped: a flood must not become a flood of replies.
 *
 * And how much of what is said at checkpoints and handhelds is kept: that stays
 * in memory until its case is filed away, so that a stolen key must not give as
 * fast as it may ask. */
#include "broker/core_private.h"

#include <string.h>

#define RATE_BURST_S 5
#define THOUSANDTHS 1000
#define GIVING_BURST_MIN 15
#define MINUTE_MS 60000
/* Each is somebody's work for days, and of them nobody finds so many. */
#define SIGHTINGS_PER_FOUND 10
#define ID_FIELD 0x0a /* field 1, bytes: it stands first in a request */

static uint64_t rate_of(const struct broker *broker,
                        const struct principal *who)
{
    return who == NULL || who->role == TOCSIN__V1__ROLE__ROLE_CHECKPOINT
               ? broker->config.node_rate
               : broker->config.peer_rate;
}

/* Milliseconds times requests a second are thousandths of a request. */
static void fill(struct bucket *bucket, uint64_t rate, int64_t now_ms)
{
    uint64_t most = rate * RATE_BURST_S * THOUSANDTHS;
    int64_t passed = now_ms - bucket->at_ms;

    bucket->at_ms = now_ms;
    if (passed >= RATE_BURST_S * 1000) {
        bucket->requests = bucket->refusals = most;
        return;
    }
    bucket->requests += (uint64_t)passed * rate;
    bucket->refusals += (uint64_t)passed * rate;
    if (bucket->requests > most)
        bucket->requests = most;
    if (bucket->refusals > most)
        bucket->refusals = most;
}

static bool take(uint64_t *thousandths)
{
    if (*thousandths < THOUSANDTHS)
        return false;
    *thousandths -= THOUSANDTHS;
    return true;
}

bool rate_allows(struct broker *broker, struct caller *caller,
                 const uint8_t *bytes, size_t size, int64_t now_ms)
{
    const struct principal *who = book_number(broker->book, caller->principal);
    struct bucket *bucket =
        who == NULL ? &broker->strangers
                    : &broker_presence(broker, caller->principal)->bucket;

    fill(bucket, rate_of(broker, who), broker->monotonic_ms);
    if (take(&bucket->requests))
        return true;
    refusal_count(broker, caller->gate, caller->principal, "RATE");
    if (!take(&bucket->refusals))
        return false;
    /* not decoded, which is what it is not to cost; the id stands first */
    if (size >= 2 + REQUEST_ID_SIZE && bytes[0] == ID_FIELD &&
        bytes[1] == REQUEST_ID_SIZE) {
        memcpy(caller->request_id, bytes + 2, REQUEST_ID_SIZE);
        caller->id_size = REQUEST_ID_SIZE;
    }
    reply_later(broker, caller, RATE_RETRY_MS, now_ms);
    return false;
}

static bool is_in_the_field(const struct principal *who)
{
    return who != NULL && (role_is_field(who->role) ||
                           who->role == TOCSIN__V1__ROLE__ROLE_DEVICE);
}

/* Of each kind the time at which all that was given would have been given at
 * the rate: as far as it lies ahead, the burst is used up. */
bool rate_may_give(struct broker *broker, const struct caller *caller,
                   uint32_t giver, enum giving kind, int64_t now_ms)
{
    int64_t each_ms = MINUTE_MS / broker->config.giving_rate *
                      (kind == GIVING_FOUND ? SIGHTINGS_PER_FOUND : 1);
    int64_t burst_ms = GIVING_BURST_MIN * MINUTE_MS;
    int64_t *given = &broker_presence(broker, giver)->given_ms[kind];
    int64_t from_ms =
        *given > broker->monotonic_ms ? *given : broker->monotonic_ms;
    int64_t wait_ms = from_ms + each_ms - burst_ms - broker->monotonic_ms;

    if (!is_in_the_field(book_number(broker->book, giver)))
        return true;
    if (wait_ms <= 0) {
        *given = from_ms + each_ms;
        return true;
    }
    refusal_count(broker, caller->gate, giver, "GIVEN");
    if (wait_ms < RATE_RETRY_MS)
        wait_ms = RATE_RETRY_MS;
    if (giver == caller->principal)
        reply_later(broker, caller, (uint32_t)wait_ms, now_ms);
    else
        reply_later_device(broker, caller, (uint32_t)wait_ms, now_ms);
    return false;
}
