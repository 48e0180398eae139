/* Two machines with one key: a store that was copied, a checkpoint that was
 * moved and whose former machine still runs, a stolen bundle. Each word of the
 * one counts for both, so they are named, and no case is called purged there.
 *
 * A machine beats over one connection to the field desk; what else it asks over
 * others does not count. It makes a new one when the line breaks, and what the
 * one before still had on its way may come later; but the one before does not
 * go on beating. */
#include "broker/core_private.h"

#include <stdio.h>
#include <string.h>

/* Longer than a dead connection stays: see HEARTBEAT_TIMEOUT in link. */
#define SIDE_BY_SIDE_MS (90 * 1000)
#define SILENT_MS (120 * 1000) /* four heartbeats */

static bool is_same(const struct route *one, const struct route *two)
{
    return one->size == two->size &&
           memcmp(one->bytes, two->bytes, one->size) == 0;
}

static struct voice *of_route(struct presence *presence,
                              const struct route *route)
{
    if (is_same(&presence->newer.route, route))
        return &presence->newer;
    return is_same(&presence->older.route, route) ? &presence->older : NULL;
}

/* The older one stays while it speaks beside the newer ones: these are then
 * another machine's, however often that comes anew. */
static void begin(struct presence *presence, const struct route *route,
                  int64_t now_ms)
{
    int64_t since_ms = now_ms;

    if (presence->older.route.size > 0 &&
        presence->older.heard_ms > presence->newer.since_ms &&
        presence->older.heard_ms > now_ms - SILENT_MS)
        since_ms = presence->newer.since_ms;
    else
        presence->older = presence->newer;
    presence->newer = (struct voice){*route, since_ms, now_ms};
}

static void say(struct broker *broker, const struct principal *who)
{
    char text[64];

    snprintf(text, sizeof text, "node=%s", who->id);
    broker->ports.say(broker->ports.arg, LEVEL_WARN, "node.doubled", text);
}

void doubles_note(struct broker *broker, const struct principal *who,
                  const struct route *route, int64_t now_ms)
{
    struct presence *presence = broker_presence(broker, who->number);
    struct voice *voice = of_route(presence, route);
    int64_t monotonic_ms = broker->monotonic_ms;

    if (voice == NULL) {
        begin(presence, route, monotonic_ms);
        return;
    }
    voice->heard_ms = monotonic_ms;
    if (voice != &presence->older ||
        monotonic_ms - presence->newer.since_ms < SIDE_BY_SIDE_MS ||
        monotonic_ms - presence->newer.heard_ms > SILENT_MS)
        return;
    if (presence->doubled_ms == 0)
        say(broker, who);
    presence->doubled_ms = now_ms;
}

void doubles_forget(struct broker *broker, uint32_t number)
{
    struct presence *presence = broker_presence(broker, number);

    presence->older = presence->newer = (struct voice){0};
    presence->doubled_ms = 0;
}

int64_t doubles_ms(struct broker *broker, uint32_t number)
{
    return broker_presence(broker, number)->doubled_ms;
}

bool doubles_refuse(struct broker *broker, const struct caller *caller,
                    int64_t now_ms)
{
    struct complaint complaint;

    if (doubles_ms(broker, caller->principal) == 0)
        return false;
    complain(&complaint, "purge.node",
             "two machines use its key: the word of one is not taken for both");
    reply_refused(broker, caller, TOCSIN__V1__STATUS__STATUS_CONFLICT,
                  &complaint, now_ms);
    return true;
}
