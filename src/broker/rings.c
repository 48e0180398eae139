/* Rings that widen by themselves: each live alert whose rings go on is looked
 * at when they next come to somebody.
 *
 * The time is that of trust_steady_ms: of two wrongs, a ring too early and one
 * too late, the early one is the lesser, so rings never stand still because a
 * clock is doubted; but a clock that jumps does not move them. */
#include "broker/core_private.h"

#include <stdlib.h>
#include <string.h>

#include "domain/concern.h"

#define LOOKS_PER_TICK 4   /* each goes through all nodes */
#define LOOK_AGAIN_MS 2000 /* after enrolments */

/* NULL: the end. */
static struct ring_watch **find(struct broker *broker,
                                const struct alert *alert)
{
    struct ring_watch **at = &broker->rings;

    while (*at != NULL && (*at)->alert != alert)
        at = &(*at)->next;
    return at;
}

static void end_watch(struct ring_watch **at)
{
    struct ring_watch *watch = *at;

    *at = watch->next;
    free(watch);
}

void rings_forget(struct broker *broker, const struct alert *alert)
{
    struct ring_watch **at = find(broker, alert);

    if (*at != NULL)
        end_watch(at);
}

void rings_free(struct broker *broker)
{
    while (broker->rings != NULL)
        end_watch(&broker->rings);
}

void rings_watch(struct broker *broker, const struct alert *alert)
{
    struct ring_watch **at = find(broker, alert);

    if (!alert_widens(alert)) {
        if (*at != NULL)
            end_watch(at);
        return;
    }
    if (*at == NULL) {
        *at = must_calloc(1, sizeof **at);
        (*at)->alert = alert;
    }
    (*at)->known = false;
}

/* When they come to somebody, as far as is known. */
static bool has_come(const struct ring_watch *watch, int64_t passed_ms)
{
    return !watch->known || passed_ms >= watch->due_ms;
}

/* Enrolments may have brought somebody nearer. */
static bool is_out_of_date(const struct broker *broker,
                           const struct ring_watch *watch)
{
    return watch->roll_changes != broker->book->roll_changes &&
           broker->monotonic_ms >= watch->looked_ms + LOOK_AGAIN_MS;
}

static void widen(struct broker *broker, struct ring_watch *watch,
                  const struct widening *widening)
{
    char locks[LOCKS_PER_COMMAND][72] = {{0}};
    const Tocsin__V1__Fact *fact =
        decide_widening(broker->book, widening, &broker->arena);

    watch->known = fact == NULL;
    watch->looked_ms = broker->monotonic_ms;
    watch->roll_changes = broker->book->roll_changes;
    if (fact == NULL)
        watch->due_ms = widening_due_ms(broker->book, widening);
    else if (command_lock_alert(broker, watch->alert, locks))
        (void)broker_append(broker, fact, NULL, locks);
}

/* What a disk says of the rings, and what the centre has signed. */
static bool is_of(const struct alert *alert, const Tocsin__V1__Alert *content)
{
    return content != NULL && content->rings != NULL &&
           content->rings->n_steps == alert->ring.steps &&
           rings_last_ms(content->rings) == alert->ring.last_ms;
}

/* false: nothing was to be done. */
static bool look_at(struct broker *broker, struct ring_watch *watch,
                    int64_t now_ms, bool enrolments)
{
    struct widening widening = {.alert = watch->alert,
                                .now_ms = now_ms,
                                .steady_ms = trust_steady_ms(broker)};

    if (!(enrolments ? is_out_of_date(broker, watch)
                     : has_come(watch, widening_passed_ms(&widening))) ||
        command_is_locked(broker, watch->alert))
        return false;
    arena_reset(&broker->arena);
    widening.content = alert_content(watch->alert, &broker->arena);
    if (!is_of(watch->alert, widening.content))
        return false; /* sealed: nobody can tell any more */
    widen(broker, watch, &widening);
    return true;
}

/* Whom it has looked at goes to the end, or the first ones would be looked at
 * again and again while nodes are enrolled. Returns how many are left. */
static int look_through(struct broker *broker, int64_t now_ms, bool enrolments,
                        int left)
{
    struct ring_watch **at = &broker->rings;
    struct ring_watch *looked = NULL;

    while (*at != looked && left > 0) {
        struct ring_watch *watch = *at;

        if (!look_at(broker, watch, now_ms, enrolments)) {
            at = &watch->next;
            continue;
        }
        left--;
        *at = watch->next;
        watch->next = NULL;
        *find(broker, NULL) = watch;
        if (looked == NULL)
            looked = watch;
    }
    return left;
}

void rings_tick(struct broker *broker, int64_t now_ms)
{
    int left = look_through(broker, now_ms, false, LOOKS_PER_TICK);

    (void)look_through(broker, now_ms, true, left);
}

/* ---- what others are told of them ---------------------------------------- */

Tocsin__V1__RingNotice *rings_notice(struct arena *arena,
                                     const struct alert *alert,
                                     const struct principal *node)
{
    Tocsin__V1__RingNotice *notice;

    if (alert->ring.steps == 0 ||
        alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_WITHDRAWN)
        return NULL;
    notice = arena_message(arena, &tocsin__v1__ring_notice__descriptor);
    notice->step = alert->ring.step;
    notice->reached_ms = alert->ring.reached_ms;
    notice->reached = node != NULL && alert_covers(alert, node->number);
    return notice;
}

static const struct ring_watch *watch_of(const struct broker *broker,
                                         const struct alert *alert)
{
    const struct ring_watch *watch = broker->rings;

    while (watch != NULL && watch->alert != alert)
        watch = watch->next;
    return watch;
}

int64_t rings_next_ms(const struct broker *broker, const struct alert *alert,
                      const Tocsin__V1__Alert *content)
{
    const struct ring_watch *watch = watch_of(broker, alert);
    const struct widening widening = {.alert = alert, .content = content};

    if (watch == NULL)
        return 0;
    return alert->ring.from_ms +
           (watch->known ? watch->due_ms
                         : widening_due_ms(broker->book, &widening));
}
