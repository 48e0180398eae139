/* Who should have spoken and has not: a few alerts are looked at in each tick.
 *
 * The time is that of trust_steady_ms: to be told of somebody too early is the
 * lesser wrong, and ends by itself. */
#include "broker/core_private.h"

#include <stdio.h>
#include <string.h>

#include "domain/supervision.h"

#define LOOKED_AT_PER_TICK 200
#define FACTS_PER_TICK 20

static bool note(struct broker *broker, const struct alert *alert,
                 const Tocsin__V1__Fact *fact)
{
    char locks[LOCKS_PER_COMMAND][72] = {{0}};

    if (!command_lock_alert(broker, alert, locks))
        return false;
    (void)broker_append(broker, fact, NULL, locks);
    return true;
}

/* What the rules make of what was noted. */
static bool supervise(struct broker *broker, const struct alert *alert,
                      const struct silence_clocks *clocks)
{
    char locks[LOCKS_PER_COMMAND][72] = {{0}};
    const Tocsin__V1__Fact *fact;

    if (map_get(broker->locks, SUPERVISION_LOCK, strlen(SUPERVISION_LOCK)) !=
        NULL)
        return false;
    fact = decide_supervision(broker->book, alert, &broker->config.silence,
                              clocks, &broker->arena);
    if (fact == NULL)
        return false;
    snprintf(locks[0], sizeof locks[0], SUPERVISION_LOCK);
    command_lock(broker, locks);
    (void)broker_append(broker, fact, NULL, locks);
    return true;
}

/* true: there was something to note. */
static bool look_at(struct broker *broker, const struct alert *alert,
                    const struct silence_clocks *clocks)
{
    const Tocsin__V1__Fact *fact;

    if (command_is_locked(broker, alert))
        return false;
    arena_reset(&broker->arena);
    fact = decide_silence(broker->book, alert, &broker->config.silence, clocks,
                          &broker->arena);
    return fact != NULL ? note(broker, alert, fact)
                        : supervise(broker, alert, clocks);
}

/* Lines of its coverage that a look goes through. */
static size_t lines_of(const struct alert *alert)
{
    bool waits = alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE &&
                 alert->reached[TOCSIN__V1__RUNG__RUNG_HELD] < alert->nodes;

    return waits || alert->overdue > 0 ? alert->cover_count : 0;
}

void silence_tick(struct broker *broker, int64_t now_ms)
{
    const struct book *book = broker->book;
    const struct silence_clocks clocks = {now_ms, trust_steady_ms(broker)};
    size_t lines = 0;
    size_t facts = 0;

    if (broker->silence_sweep >= book->alert_count)
        broker->silence_sweep = 0;
    for (size_t left = LOOKED_AT_PER_TICK;
         left > 0 && facts < FACTS_PER_TICK && lines < LINES_PER_TURN &&
         broker->silence_sweep < book->alert_count;
         left--) {
        const struct alert *alert = book->alerts[broker->silence_sweep++];

        lines += lines_of(alert);
        facts += look_at(broker, alert, &clocks);
    }
}
