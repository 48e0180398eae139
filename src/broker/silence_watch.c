/* Who should have spoken and has not: a few alerts are looked at in each tick.
 *
 * The time is that of trust_steady_ms: to be told of somebody too early is the
 * lesser wrong, and ends by itself. */
#include "broker/core_private.h"

#include <stdio.h>
#include <string.h>

#include "domain/supervision.h"

#define LOOKED_AT_PER_TICK 20

static void note(struct broker *broker, const struct alert *alert,
                 const Tocsin__V1__Fact *fact)
{
    char locks[LOCKS_PER_COMMAND][72] = {{0}};

    if (command_lock_alert(broker, alert, locks))
        (void)broker_append(broker, fact, NULL, locks);
}

/* What the rules make of what was noted. */
static void supervise(struct broker *broker, const struct alert *alert,
                      const struct silence_clocks *clocks)
{
    char locks[LOCKS_PER_COMMAND][72] = {{0}};
    const Tocsin__V1__Fact *fact;

    if (map_get(broker->locks, SUPERVISION_LOCK, strlen(SUPERVISION_LOCK)) !=
        NULL)
        return;
    fact = decide_supervision(broker->book, alert, &broker->config.silence,
                              clocks, &broker->arena);
    if (fact == NULL)
        return;
    snprintf(locks[0], sizeof locks[0], SUPERVISION_LOCK);
    command_lock(broker, locks);
    (void)broker_append(broker, fact, NULL, locks);
}

static void look_at(struct broker *broker, const struct alert *alert,
                    const struct silence_clocks *clocks)
{
    const Tocsin__V1__Fact *fact;

    if (command_is_locked(broker, alert))
        return;
    arena_reset(&broker->arena);
    fact = decide_silence(broker->book, alert, &broker->config.silence, clocks,
                          &broker->arena);
    if (fact != NULL)
        note(broker, alert, fact);
    else
        supervise(broker, alert, clocks);
}

void silence_tick(struct broker *broker, int64_t now_ms)
{
    const struct book *book = broker->book;
    const struct silence_clocks clocks = {now_ms, trust_steady_ms(broker)};

    if (broker->silence_sweep >= book->alert_count)
        broker->silence_sweep = 0;
    for (size_t left = LOOKED_AT_PER_TICK;
         left > 0 && broker->silence_sweep < book->alert_count; left--)
        look_at(broker, book->alerts[broker->silence_sweep++], &clocks);
}
