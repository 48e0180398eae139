/* Alerts whose time is over. Their case goes on. */
#include "broker/core_private.h"

#define LOOKED_AT_PER_TICK 200
#define ENDED_PER_TICK 20 /* each is told on up to PREFIXES_MAX topics */

static bool expire(struct broker *broker, const struct alert *alert,
                   int64_t now_ms)
{
    char locks[LOCKS_PER_COMMAND][72] = {{0}};

    if (!command_lock_alert(broker, alert, locks))
        return false;
    arena_reset(&broker->arena);
    (void)broker_append(broker, decide_expiry(alert, now_ms, &broker->arena),
                        NULL, locks);
    return true;
}

void expiry_tick(struct broker *broker, int64_t now_ms)
{
    const struct book *book = broker->book;
    size_t ended = 0;

    if (broker->sweep >= book->alert_count)
        broker->sweep = 0;
    for (size_t left = LOOKED_AT_PER_TICK; left > 0 && ended < ENDED_PER_TICK &&
                                           broker->sweep < book->alert_count;
         left--) {
        const struct alert *alert = book->alerts[broker->sweep++];

        if (alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE &&
            alert->expires_ms <= now_ms)
            ended += expire(broker, alert, now_ms);
    }
}
