/* Same picture as the centre? What beacons, presences and syncs say of it. */
#include <string.h>

#include "terminal/core.h"

#define INTERVAL_FIRST_MS 2000
#define INTERVAL_MIN_MS 200
#define INTERVAL_MAX_MS 60000
#define TURNED_BACK_MS 15000

/* What the feed of the lost journal has told is known by an epoch that says
 * nothing any more. */
static void forget_the_feed(struct terminal *terminal)
{
    struct holding *holding;
    size_t cursor = 0;

    while ((holding = held_next(&terminal->held, &cursor)) != NULL) {
        if (holding->line == 0)
            memset(holding->epoch, 0, sizeof holding->epoch);
    }
}

/* It has lost what came after, though its journal is the one that we know. */
void hear_turned_back(struct terminal *terminal, struct moment now)
{
    note(terminal, LEVEL_WARN, "picture.turned_back", "head=%llu",
         (unsigned long long)terminal->chain.head);
    terminal->beacons.behind_since_ms = 0;
    terminal->sync.lost = true;
    forget_the_feed(terminal);
    chain_forget(&terminal->chain);
    sync_want(terminal, true, now.monotonic_ms);
}

/* A broker whose home is an older copy tells older sequences than ours for
 * good; a beacon that was only overtaken by a sync does so for a moment. */
static void hear_older_head(struct terminal *terminal, struct moment now)
{
    if (terminal->beacons.behind_since_ms == 0)
        terminal->beacons.behind_since_ms = now.monotonic_ms;
    if (now.monotonic_ms - terminal->beacons.behind_since_ms >= TURNED_BACK_MS)
        hear_turned_back(terminal, now);
}

/* Without a line a sync has first to name the one that we have. Of what came to
 * us, or is recorded of ours, the mark is to survive a kill. */
static void take_mark(struct terminal *terminal, const struct stand *stand)
{
    struct chain *chain = &terminal->chain;
    uint64_t before = chain->mark.sequence;

    if (!terminal->line_up)
        return;
    chain_mark(chain, stand);
    if (chain->mark.sequence > before &&
        (chain->newest > before || terminal->recorded > before))
        terminal->state_urgent = true;
}

static void hear_same(struct terminal *terminal, const struct stand *stand,
                      struct moment now)
{
    if (stand->head > terminal->chain.head)
        terminal->chain.head = stand->head;
    take_mark(terminal, stand);
    terminal->state_changed = true;
    terminal->same_ms = now.monotonic_ms;
    terminal->picture_ms = now.wall_ms;
}

bool hear_stand(struct terminal *terminal, const struct stand *stand,
                struct moment now)
{
    struct sync *sync = &terminal->sync;
    enum verdict verdict;

    if (sync->wanted || sync->ask.open || terminal->opener.count > 0)
        return false; /* what is under way will change the picture */
    verdict = chain_compare(&terminal->chain, &terminal->held, stand);
    if (verdict != VERDICT_STALE)
        terminal->beacons.behind_since_ms = 0;
    switch (verdict) {
    case VERDICT_SAME:
        hear_same(terminal, stand, now);
        break;
    case VERDICT_STALE:
        hear_older_head(terminal, now);
        break;
    case VERDICT_BEHIND:
        terminal->gaps++;
        note(terminal, LEVEL_WARN, "picture.behind", "head=%llu told=%llu",
             (unsigned long long)terminal->chain.head,
             (unsigned long long)stand->head);
        sync_want(terminal, false, now.monotonic_ms);
        break;
    case VERDICT_DIFFERS:
        note(terminal, LEVEL_WARN, "picture.differs", "head=%llu told=%llu",
             (unsigned long long)terminal->chain.head,
             (unsigned long long)stand->head);
        sync_want(terminal, true, now.monotonic_ms);
        break;
    }
    return verdict == VERDICT_SAME;
}

static int64_t within(int64_t value, int64_t least, int64_t most)
{
    if (value < least)
        return least;
    return value > most ? most : value;
}

void hear_beacon(struct terminal *terminal, ProtobufCBinaryData epoch,
                 const Tocsin__V1__Beacon *beacon, struct moment now)
{
    struct stand stand = {epoch,          beacon->head,     beacon->since,
                          beacon->topics, beacon->n_topics, beacon->chain};

    daytime_told(terminal, beacon->time_ms, now);
    terminal->beacons.heard_ms = now.monotonic_ms;
    terminal->beacons.interval_ms =
        within(beacon->interval_ms, INTERVAL_MIN_MS, INTERVAL_MAX_MS);
    if (terminal->beacons.missed) {
        terminal->beacons.missed = false;
        terminal->standing_changed = true;
        note(terminal, LEVEL_INFO, "beacon.back", "head=%llu",
             (unsigned long long)beacon->head);
    }
    if (hear_stand(terminal, &stand, now))
        terminal->sync.attempts = 0;
}

void hear_presence(struct terminal *terminal,
                   const Tocsin__V1__Presence *presence, struct moment now)
{
    struct stand stand = {
        presence->epoch,  presence->head,     0,
        presence->topics, presence->n_topics, presence->chain};

    if (presence->generation != terminal->opener.now.generation)
        want_keys(terminal, now.monotonic_ms);
    /* While beacons come they are the better word: they cannot overtake the
     * messages of the feed. */
    if (terminal->beacons.missed && hear_stand(terminal, &stand, now))
        terminal->sync.attempts = 0;
}

void watch_beacons(struct terminal *terminal, struct moment now)
{
    struct beacons *beacons = &terminal->beacons;

    if (beacons->heard_ms == 0) {
        beacons->heard_ms = now.monotonic_ms;
        beacons->interval_ms = INTERVAL_FIRST_MS;
    }
    if (beacons->missed ||
        (now.monotonic_ms - beacons->heard_ms) * 2 < beacons->interval_ms * 5)
        return;
    beacons->missed = true;
    terminal->standing_changed = true;
    terminal->heartbeat_ms = now.monotonic_ms;
    note(terminal, LEVEL_WARN, "beacon.missed", "silent_ms=%lld",
         (long long)(now.monotonic_ms - beacons->heard_ms));
}
