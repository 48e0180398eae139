/* Whether to believe this machine's time of day. What ends for good, an alert,
 * a case in the book, a picture nobody named, ends only by a clock that is
 * believed: one that says 2038 for a minute must not end everything. That it
 * ends late harms nobody: checkpoints go by their own clocks too. */
#include "broker/core_private.h"

#include <inttypes.h>
#include <stdio.h>

#define STEADY_MS (60LL * 60 * 1000)
/* No alert lives longer: were this much over since the newest, all would be. */
#define AGES_MS (31LL * 24 * 3600 * 1000)
#define SAY_EVERY_MS (60 * 1000)

static void doubt(struct clock_trust *trust, int64_t now_monotonic_ms)
{
    trust->believed = false;
    trust->steady_since_ms = now_monotonic_ms;
}

static int64_t newest_ms(const struct book *book)
{
    int64_t newest = 0;

    for (size_t i = 0; i < book->alert_count; i++) {
        if (alert_due_ms(book->alerts[i]) > newest)
            newest = alert_due_ms(book->alerts[i]);
    }
    return newest;
}

/* Nobody can say how long it was down; unless the clock is proved wrong it is
 * taken at its word, since rings that came due meanwhile must not wait. Else
 * they go on from where they were. */
static int64_t time_at_start_ms(const struct book *book, int64_t wall_ms)
{
    int64_t newest = newest_ms(book);
    bool proved_wrong =
        wall_ms < newest - CLOCK_TOLERANCE_MS || wall_ms - newest >= AGES_MS;

    return newest > 0 && proved_wrong ? newest : wall_ms;
}

void trust_begin(struct broker *broker, struct moment now)
{
    broker->clock.offset_ms = now.wall_ms - now.monotonic_ms;
    broker->clock.steady_offset_ms =
        time_at_start_ms(broker->book, now.wall_ms) - now.monotonic_ms;
    doubt(&broker->clock, now.monotonic_ms);
}

int64_t trust_steady_ms(const struct broker *broker)
{
    return broker->monotonic_ms + broker->clock.steady_offset_ms;
}

static void say_jump(struct broker *broker, int64_t by_ms)
{
    char text[80];

    snprintf(text, sizeof text, "by_s=%" PRId64, by_ms / 1000);
    broker->ports.say(broker->ports.arg, LEVEL_WARN, "clock.jumped", text);
}

void trust_look(struct broker *broker, struct moment now)
{
    struct clock_trust *trust = &broker->clock;
    int64_t offset_ms = now.wall_ms - now.monotonic_ms;
    int64_t by_ms = offset_ms - trust->offset_ms;

    trust->offset_ms = offset_ms;
    if (by_ms > CLOCK_TOLERANCE_MS || by_ms < -CLOCK_TOLERANCE_MS) {
        doubt(trust, now.monotonic_ms);
        say_jump(broker, by_ms);
    } else if (!trust->believed &&
               now.monotonic_ms - trust->steady_since_ms >= STEADY_MS) {
        trust->believed = now.wall_ms - newest_ms(broker->book) < AGES_MS;
        trust->steady_since_ms = now.monotonic_ms;
    }
    if (trust->believed)
        trust->steady_offset_ms = offset_ms;
}

static void confirm(struct broker *broker, int64_t now_ms)
{
    broker->clock.believed = true;
    broker->clock.offset_ms = now_ms - broker->monotonic_ms;
    broker->clock.contrary_count = 0;
    broker->clock.say_next_ms = 0;
}

static void count_contrary(struct clock_trust *trust, uint32_t centre)
{
    for (size_t i = 0; i < trust->contrary_count; i++) {
        if (trust->contrary[i] == centre)
            return;
    }
    if (trust->contrary_count < CONTRARY_MAX)
        trust->contrary[trust->contrary_count++] = centre;
}

static void say_apart(struct broker *broker, int64_t apart_ms, int64_t now_ms)
{
    struct clock_trust *trust = &broker->clock;
    char here[CLOCK_TEXT_MAX];
    char there[CLOCK_TEXT_MAX];
    char text[160];

    if (broker->monotonic_ms < trust->say_next_ms)
        return;
    trust->say_next_ms = broker->monotonic_ms + SAY_EVERY_MS;
    snprintf(text, sizeof text, "centres=%zu here=%s there=%s",
             trust->contrary_count, clock_text(now_ms, here),
             clock_text(now_ms + apart_ms, there));
    broker->ports.say(broker->ports.arg, LEVEL_ERROR, "clock.wrong", text);
}

/* One against a clock that is believed is wrong itself; two are right. */
static void contradict(struct broker *broker, uint32_t centre, int64_t apart_ms,
                       int64_t now_ms)
{
    struct clock_trust *trust = &broker->clock;

    count_contrary(trust, centre);
    if (trust->believed && trust->contrary_count < 2)
        return;
    doubt(trust, broker->monotonic_ms);
    say_apart(broker, apart_ms, now_ms);
}

/* The operator can look at a clock and see which of the two is wrong. */
static void tell_both(struct verdict *verdict, int64_t now_ms)
{
    char theirs[CLOCK_TEXT_MAX];
    char ours[CLOCK_TEXT_MAX];

    complain(&verdict->complaint, "alert.sent_ms",
             "is %s, the broker's clock says %s, more than 10 minutes apart: "
             "one of the two clocks is wrong",
             clock_text(now_ms + verdict->apart_ms, theirs),
             clock_text(now_ms, ours));
}

void trust_hear(struct broker *broker, const struct caller *caller,
                struct verdict *verdict, int64_t now_ms)
{
    const Tocsin__V1__Fact *fact = verdict->fact;

    if (verdict->apart_ms != 0) {
        tell_both(verdict, now_ms);
        contradict(broker, caller->principal, verdict->apart_ms, now_ms);
    } else if (fact != NULL &&
               fact->body_case == TOCSIN__V1__FACT__BODY_ALERT_ISSUED &&
               fact->alert_issued->handed_back_by[0] == '\0') {
        confirm(broker, now_ms);
    }
}

bool broker_believes_its_clock(const struct broker *broker)
{
    return broker->clock.believed;
}
