#include "terminal/chain.h"

#include <string.h>

void chain_init(struct chain *chain, const char *division)
{
    memset(chain, 0, sizeof *chain);
    topics_of(chain->topics, division);
}

void chain_forget(struct chain *chain)
{
    memset(chain->epoch, 0, sizeof chain->epoch);
    memset(chain->last, 0, sizeof chain->last);
    chain->has_epoch = false;
    chain->head = 0;
    chain->synced = 0;
    chain->whole = 0;
    chain->newest = 0;
    chain->missing = 0;
    chain->mark.sequence = 0;
}

int chain_index(const struct chain *chain, const void *topic, size_t size)
{
    for (int i = 0; i < OWN_TOPICS; i++) {
        if (strlen(chain->topics[i]) == size &&
            memcmp(chain->topics[i], topic, size) == 0)
            return i;
    }
    return -1;
}

bool chain_same_epoch(const struct chain *chain, ProtobufCBinaryData epoch)
{
    return chain->has_epoch && epoch.len == EPOCH_SIZE &&
           memcmp(chain->epoch, epoch.data, EPOCH_SIZE) == 0;
}

static void miss(struct chain *chain, uint64_t sequence)
{
    if (sequence > chain->missing)
        chain->missing = sequence;
}

bool chain_is_synced(const struct chain *chain,
                     const Tocsin__V1__FeedMessage *message)
{
    return chain_same_epoch(chain, message->epoch) &&
           message->sequence <= chain->synced;
}

enum link chain_take(struct chain *chain, int topic,
                     const Tocsin__V1__FeedMessage *message)
{
    bool gap = message->previous > chain->last[topic];

    if (!chain_same_epoch(chain, message->epoch))
        return LINK_EPOCH;
    if (message->sequence <= chain->last[topic])
        return LINK_OLD;
    if (gap)
        miss(chain, message->previous);
    chain->last[topic] = message->sequence;
    return gap ? LINK_GAP : LINK_NEXT;
}

static enum verdict worse(enum verdict a, enum verdict b)
{
    /* Behind goes before differs: what is missing may be the difference. */
    static const int weight[] = {[VERDICT_SAME] = 0,
                                 [VERDICT_STALE] = 1,
                                 [VERDICT_DIFFERS] = 2,
                                 [VERDICT_BEHIND] = 3};

    return weight[a] >= weight[b] ? a : b;
}

static bool same_tally(const struct tally *tally,
                       const Tocsin__V1__TopicState *state)
{
    static const uint8_t nothing[DIGEST_SIZE];

    if (tally->count != state->count)
        return false;
    if (state->digest.len == 0)
        return memcmp(tally->digest, nothing, DIGEST_SIZE) == 0;
    return state->digest.len == DIGEST_SIZE &&
           memcmp(tally->digest, state->digest.data, DIGEST_SIZE) == 0;
}

static enum verdict compare_topic(struct chain *chain, int i,
                                  const struct held *held,
                                  const Tocsin__V1__TopicState *state)
{
    if (state->last > chain->last[i]) {
        miss(chain, state->last);
        return VERDICT_BEHIND;
    }
    if (state->last < chain->last[i])
        return VERDICT_STALE;
    return same_tally(&held->tallies[i], state) ? VERDICT_SAME
                                                : VERDICT_DIFFERS;
}

enum verdict chain_compare(struct chain *chain, const struct held *held,
                           const struct stand *stand)
{
    enum verdict verdict = VERDICT_SAME;

    if (!chain_same_epoch(chain, stand->epoch))
        return VERDICT_DIFFERS;
    if (stand->head < chain->head || stand->head < chain->newest)
        return VERDICT_STALE;
    if (chain->head < stand->since) {
        miss(chain, stand->since);
        verdict = VERDICT_BEHIND;
    }
    for (size_t i = 0; i < stand->topic_count; i++) {
        const Tocsin__V1__TopicState *state = stand->topics[i];
        int topic = chain_index(chain, state->topic, strlen(state->topic));

        if (topic >= 0 && topic != BEACON_INDEX)
            verdict = worse(verdict, compare_topic(chain, topic, held, state));
    }
    return verdict;
}

void chain_mark(struct chain *chain, const struct stand *stand)
{
    if (stand->mark.len != LINE_MARK_SIZE || stand->head < chain->mark.sequence)
        return;
    chain->mark.sequence = stand->head;
    memcpy(chain->mark.chain, stand->mark.data, LINE_MARK_SIZE);
}

void chain_synced(struct chain *chain, const struct stand *stand)
{
    if (!chain_same_epoch(chain, stand->epoch)) {
        chain_forget(chain);
        memcpy(chain->epoch, stand->epoch.data, EPOCH_SIZE);
        chain->has_epoch = true;
    }
    if (stand->head > chain->head)
        chain->head = stand->head;
    chain_mark(chain, stand);
    chain->synced = stand->head; /* lower when a broker has turned back */
    for (size_t i = 0; i < stand->topic_count; i++) {
        const Tocsin__V1__TopicState *state = stand->topics[i];
        int topic = chain_index(chain, state->topic, strlen(state->topic));

        if (topic >= 0 && topic != BEACON_INDEX &&
            state->last > chain->last[topic])
            chain->last[topic] = state->last;
    }
    if (chain->missing <= chain->head)
        chain->missing = 0;
}
