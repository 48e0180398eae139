/**
 * Is my picture complete? The epoch, the head and the last message per own
 * topic, and what a message or a list of topic states says about them. Pure.
 */
#ifndef TOCSIN_TERMINAL_CHAIN_H
#define TOCSIN_TERMINAL_CHAIN_H

#include "terminal/held.h"
#include "tocsin/v1/desk.pb-c.h"
#include "wire/topic.h"

#define BEACON_INDEX 8

/** Which journal of an epoch it is: see Mark. */
struct line_mark {
    uint64_t sequence; /* 0: nothing is known of it */
    uint8_t chain[LINE_MARK_SIZE];
};

struct chain {
    char topics[OWN_TOPICS][TOPIC_MAX];
    uint8_t epoch[EPOCH_SIZE];
    bool has_epoch;
    uint64_t head;   /* complete up to; 0: not yet */
    uint64_t synced; /* head of the last finished sync of this run */
    uint64_t whole;  /* of the last one that began from the start */
    uint64_t last[HELD_TOPICS];
    uint64_t newest;  /* of all documents, whichever way they came */
    uint64_t missing; /* a sync has to reach this */
    struct line_mark mark;
};

void chain_init(struct chain *chain, const char *division);
/** Forget all but the topics. */
void chain_forget(struct chain *chain);

/** 0 to 8, or -1: not one of ours. topic need not end in a zero. */
int chain_index(const struct chain *chain, const void *topic, size_t size);
bool chain_same_epoch(const struct chain *chain, ProtobufCBinaryData epoch);

enum link {
    LINK_NEXT, /* in order */
    LINK_OLD,  /* heard before */
    LINK_GAP,  /* something before it is missing */
    LINK_EPOCH /* of another journal */
};

/** Its fact was before the head of the last finished sync. */
bool chain_is_synced(const struct chain *chain,
                     const Tocsin__V1__FeedMessage *message);

/** Take a message of own topic 0 to 7 into the chain. */
enum link chain_take(struct chain *chain, int topic,
                     const Tocsin__V1__FeedMessage *message);

/** What a beacon, a presence or the end of a sync says. */
struct stand {
    ProtobufCBinaryData epoch;
    uint64_t head;
    uint64_t since; /* 0: topics lists all of ours */
    Tocsin__V1__TopicState *const *topics;
    size_t topic_count;
    ProtobufCBinaryData mark; /* the journal's chain at head; empty: not told */
};

enum verdict {
    VERDICT_SAME,
    VERDICT_STALE,  /* older than what we know: says nothing */
    VERDICT_BEHIND, /* we miss something after head */
    VERDICT_DIFFERS /* nothing is missing, yet the pictures differ */
};

enum verdict chain_compare(struct chain *chain, const struct held *held,
                           const struct stand *stand);

/** We are complete up to the head of that: what it says of the journal's line.
 */
void chain_mark(struct chain *chain, const struct stand *stand);

/** A finished sync: heads and lasts, never backwards within one epoch. */
void chain_synced(struct chain *chain, const struct stand *stand);

#endif
