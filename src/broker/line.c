/* The journal's line: an older copy of the home that was put back by hand has
 * the epoch that everybody knows, and goes on to the sequences that everybody
 * knows, with other facts. The chain's hash tells. */
#include "broker/core_private.h"

#include <stdio.h>
#include <string.h>

ProtobufCBinaryData line_chain(struct broker *broker)
{
    uint8_t chain[CHAIN_SIZE];
    uint8_t *mark;

    if (broker->ports.chain_at == NULL ||
        broker->ports.chain_at(broker->ports.arg, broker->book->head, chain) !=
            STATUS_OK)
        return bytes_of(NULL, 0);
    mark = arena_take(&broker->arena, LINE_MARK_SIZE);
    memcpy(mark, chain, LINE_MARK_SIZE);
    return bytes_of(mark, LINE_MARK_SIZE);
}

Tocsin__V1__Mark *line_mark(struct broker *broker)
{
    ProtobufCBinaryData chain = line_chain(broker);
    Tocsin__V1__Mark *mark;

    if (chain.len == 0)
        return NULL;
    mark = arena_message(&broker->arena, &tocsin__v1__mark__descriptor);
    mark->sequence = broker->book->head;
    mark->chain = chain;
    return mark;
}

static enum line compare(const struct broker *broker,
                         const Tocsin__V1__Mark *mark)
{
    uint8_t chain[CHAIN_SIZE];

    if (mark->sequence > broker->book->head)
        return LINE_OTHER;
    if (broker->ports.chain_at == NULL)
        return LINE_SAME;
    switch (broker->ports.chain_at(broker->ports.arg, mark->sequence, chain)) {
    case STATUS_OK:
        return memcmp(chain, mark->chain.data, LINE_MARK_SIZE) == 0
                   ? LINE_SAME
                   : LINE_OTHER;
    case STATUS_BUSY:
        return LINE_UNDER_WAY;
    default:
        return LINE_SAME;
    }
}

/* One of them may make its mark up: what it says is an error when a second one
 * bears it out. Each is said once, for all of the nodes may come to say it. */
static void hear_older(struct broker *broker, const struct principal *who,
                       const Tocsin__V1__Mark *mark)
{
    bool borne_out = broker->older && who->number != broker->older_by;
    char text[160];

    broker->older_ms = broker->monotonic_ms;
    if (broker->older && (!borne_out || broker->older_borne_out))
        return;
    if (!broker->older)
        broker->older_by = who->number;
    broker->older = true;
    broker->older_borne_out = borne_out;
    snprintf(text, sizeof text, "node=%s sequence=%llu head=%llu", who->id,
             (unsigned long long)mark->sequence,
             (unsigned long long)broker->book->head);
    broker->ports.say(broker->ports.arg, borne_out ? LEVEL_ERROR : LEVEL_WARN,
                      "journal.older", text);
}

enum line line_look(struct broker *broker, const struct principal *who,
                    ProtobufCBinaryData epoch, const Tocsin__V1__Mark *mark)
{
    enum line line;

    if (mark == NULL || mark->sequence == 0 ||
        mark->chain.len != LINE_MARK_SIZE || epoch.len != EPOCH_SIZE ||
        memcmp(epoch.data, broker->book->epoch, EPOCH_SIZE) != 0)
        return LINE_SAME;
    line = compare(broker, mark);
    if (line == LINE_OTHER)
        hear_older(broker, who, mark);
    return line;
}
