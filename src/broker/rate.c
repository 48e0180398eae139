/* How many requests a principal may send: a bucket that fills at its rate and
 * holds RATE_BURST_S seconds of it. Beyond it requests are told BUSY, as often
 * again, and then dropped: a flood must not become a flood of replies. */
#include "broker/core_private.h"

#include <string.h>

#define RATE_BURST_S 5
#define THOUSANDTHS 1000
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
