/* Ask the broker for what is missing, page by page, one sync at a time. */
#include <string.h>

#include "terminal/core.h"

#define DELAY_MAX_MS 60000
#define FAILED_PAUSE_MS 30000

/* The first two tries come at once; a broker whose word never agrees with its
 * pages is asked ever more seldom. */
static int64_t delay_ms(struct terminal *terminal)
{
    unsigned attempts = terminal->sync.attempts;
    int64_t delay;

    if (attempts < 2)
        return 0;
    delay = attempts >= 7 ? DELAY_MAX_MS : 1000LL << (attempts - 1);
    return delay / 2 + draw(terminal, (uint32_t)(delay / 2));
}

void sync_want(struct terminal *terminal, bool from_start, int64_t at_ms)
{
    struct sync *sync = &terminal->sync;

    if (sync->ask.open)
        return; /* its end will show whether it was enough */
    sync->from_start = sync->from_start || from_start;
    at_ms += delay_ms(terminal);
    if (!sync->wanted || at_ms < sync->at_ms)
        sync->at_ms = at_ms;
    sync->wanted = true;
}

/* Of the journal that was told of last: a page before the one that is asked
 * for, or all that we have heard. */
static const struct line_mark *mark_of(const struct terminal *terminal,
                                       ProtobufCBinaryData epoch)
{
    if (terminal->sync.pages > 0)
        return &terminal->sync.mark;
    return chain_same_epoch(&terminal->chain, epoch) ? &terminal->chain.mark
                                                     : NULL;
}

static void ask_page(struct terminal *terminal, const uint8_t *epoch,
                     uint64_t after, struct moment now)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Sync sync = TOCSIN__V1__SYNC__INIT;
    Tocsin__V1__Mark mark = TOCSIN__V1__MARK__INIT;
    const struct line_mark *known;

    if (epoch != NULL)
        sync.epoch =
            (ProtobufCBinaryData){EPOCH_SIZE, (uint8_t *)(uintptr_t)epoch};
    sync.after = after;
    known = mark_of(terminal, sync.epoch);
    if (known != NULL && known->sequence > 0) {
        mark.sequence = known->sequence;
        mark.chain = (ProtobufCBinaryData){LINE_MARK_SIZE,
                                           (uint8_t *)(uintptr_t)known->chain};
        sync.mark = &mark;
    }
    request.body_case = TOCSIN__V1__REQUEST__BODY_SYNC;
    request.sync = &sync;
    start_ask(terminal, &terminal->sync.ask, &request, now);
}

void sync_start(struct terminal *terminal, struct moment now)
{
    struct sync *sync = &terminal->sync;
    const struct chain *chain = &terminal->chain;
    bool all = sync->from_start || !chain->has_epoch;

    sync->wanted = false;
    sync->from_start = false;
    sync->swept = false;
    sync->doubted = false;
    sync->pages = 0;
    sync->next = 0;
    sync->beginnings = 0;
    sync->attempts++;
    sync->first_round = ++sync->round;
    /* a mark is of an epoch, also where all is asked for */
    ask_page(terminal, all && chain->mark.sequence == 0 ? NULL : chain->epoch,
             all ? 0 : chain->head, now);
}

static void abandon(struct terminal *terminal, const char *why,
                    struct moment now)
{
    note(terminal, LEVEL_WARN, "sync.failed", "reason=\"%s\"", why);
    ask_end(&terminal->sync.ask);
    sync_want(terminal, true, now.monotonic_ms + FAILED_PAUSE_MS);
}

static const char *page_fault(const struct terminal *terminal,
                              const Tocsin__V1__SyncPage *page)
{
    const struct sync *sync = &terminal->sync;

    if (page->epoch.len != EPOCH_SIZE)
        return "a page without an epoch";
    if (sync->pages > 0 &&
        memcmp(sync->epoch, page->epoch.data, EPOCH_SIZE) != 0)
        return "the epoch changed between two pages";
    if (page->more && page->next <= sync->next)
        return "a page that does not get on";
    return NULL;
}

/* The pages say how all stood at their head: what came another way meanwhile
 * counts if it is newer. */
static bool still_stands(const struct terminal *terminal,
                         const struct holding *holding, uint64_t head)
{
    const struct sync *sync = &terminal->sync;

    return holding->paged == sync->round ||
           (holding->named >= sync->first_round && holding->sequence > head &&
            !is_of_another_journal(terminal, holding));
}

/* Its end stays known, for the case that a restored broker is told of it again
 * by somebody who has not heard that it has ended. */
static void leave_journal(struct terminal *terminal, struct holding *holding)
{
    struct holding kept;

    if (!terminal->sync.foreign || holding->sequence == 0)
        return;
    holding->sequence = 0;
    kept = *holding;
    if (kept.bare)
        kept.announced = 0; /* no screen begins with it */
    terminal->store.keep(terminal->store.arg, &kept, (struct blob){NULL, 0});
}

/* What was held and not named is gone. When a document in the sync did not
 * verify nobody can say which alert it was: then all stay. */
static void sweep(struct terminal *terminal, uint64_t head)
{
    struct holding *holding;
    size_t cursor = 0;

    if (!terminal->sync.swept || terminal->sync.doubted)
        return;
    while ((holding = held_next(&terminal->held, &cursor)) != NULL) {
        if (still_stands(terminal, holding, head) || holding->gone)
            continue;
        /* what our own clock has stripped the broker may have ended meanwhile
         */
        if ((holding->bare && !holding->counted) || holding->withdrawn) {
            leave_journal(terminal, holding);
            continue;
        }
        held_uncount(&terminal->held, holding);
        holding->gone = true;
        terminal->store.keep(terminal->store.arg, holding,
                             (struct blob){NULL, 0});
        held_touch(&terminal->held, holding);
        note(terminal, LEVEL_INFO, "alert.gone", "alert=%s", holding->alert_id);
    }
}

/* A broker that was restored from a backup lacks what came after it. Whoever
 * has had no whole picture yet cannot know which journal has recorded what it
 * has said so far. The ids of the answers keep them single. */
bool sync_say_again(struct terminal *terminal)
{
    bool foreign = terminal->sync.foreign;

    if (!foreign && terminal->chain.has_epoch)
        return false;
    if (terminal->port.again != NULL)
        terminal->port.again(terminal->port.arg);
    terminal->store.say_again(terminal->store.arg);
    outbox_restart(&terminal->outbox);
    shipment_drop(terminal); /* after its answer, and that goes again */
    if (foreign)
        note(terminal, LEVEL_WARN, "answers.again",
             "reason=\"another journal\"");
    return true;
}

/* Nothing moves our head while a sync is open. */
static bool has_turned_back(const struct terminal *terminal,
                            const Tocsin__V1__SyncPage *page)
{
    return chain_same_epoch(&terminal->chain, page->epoch) &&
           page->head < terminal->chain.head;
}

static void finish(struct terminal *terminal, const Tocsin__V1__SyncPage *page,
                   struct moment now)
{
    struct sync *sync = &terminal->sync;
    struct stand stand = {page->epoch,  page->head,     0,
                          page->topics, page->n_topics, {0, NULL}};

    if (page->mark != NULL && page->mark->sequence == page->head)
        stand.mark = page->mark->chain;
    ask_end(&sync->ask);
    if (has_turned_back(terminal, page)) {
        hear_turned_back(terminal, now); /* and nothing that is held is gone */
        return;
    }
    if (hand_back_begin(terminal, now))
        return; /* and then once more */
    sweep(terminal, page->head);
    hand_back_over(terminal);
    if (sync_say_again(terminal))
        sync->lost = false;
    chain_synced(&terminal->chain, &stand);
    if (sync->swept)
        terminal->chain.whole = page->head;
    terminal->state_urgent = true;
    terminal->standing_changed = true;
    note(terminal, LEVEL_INFO, "sync.done", "head=%llu pages=%zu",
         (unsigned long long)page->head, sync->pages);
    if (terminal->enrolled > terminal->chain.whole)
        sync_want(terminal, true, now.monotonic_ms);
    else if (terminal->chain.missing > terminal->chain.head)
        sync_want(terminal, false, now.monotonic_ms);
    else /* that a sync agrees with itself does not end the attempts */
        (void)hear_stand(terminal, &stand, now);
}

#define BEGINNINGS_MAX 3

/* It asked for a later page: the broker began anew, or was restarted between
 * the two. All of it comes once more. */
static void begin_anew(struct sync *sync, const Tocsin__V1__SyncPage *page)
{
    if (!page->from_start || sync->pages == 0 ||
        sync->beginnings == BEGINNINGS_MAX)
        return;
    sync->beginnings++;
    sync->round++;
    sync->pages = 0;
    sync->next = 0;
}

/* Of another journal than what is held here: as far as that is known, of one
 * that has never given its whole picture. */
static bool is_foreign(const struct terminal *terminal,
                       ProtobufCBinaryData epoch)
{
    return !chain_same_epoch(&terminal->chain, epoch) &&
           (terminal->chain.has_epoch || map_count(terminal->held.alerts) > 0);
}

/* An older copy of the home has come in its place since the page before, or
 * since all that we have heard. */
static bool is_of_another_line(const struct terminal *terminal,
                               const Tocsin__V1__SyncPage *page)
{
    return page->turned_back && page->from_start &&
           (terminal->sync.pages > 0 ||
            chain_same_epoch(&terminal->chain, page->epoch));
}

static void keep_mark(struct sync *sync, const Tocsin__V1__Mark *mark)
{
    bool told = mark != NULL && mark->chain.len == LINE_MARK_SIZE;

    sync->mark.sequence = told ? mark->sequence : 0;
    if (told)
        memcpy(sync->mark.chain, mark->chain.data, LINE_MARK_SIZE);
}

static void take_page(struct terminal *terminal,
                      const Tocsin__V1__SyncPage *page, struct moment now)
{
    struct sync *sync = &terminal->sync;
    const char *fault;

    if (is_of_another_line(terminal, page))
        hear_turned_back(terminal, now);
    begin_anew(sync, page);
    fault = page_fault(terminal, page);
    if (fault != NULL) {
        abandon(terminal, fault, now);
        return;
    }
    if (sync->pages++ == 0) {
        memcpy(sync->epoch, page->epoch.data, EPOCH_SIZE);
        hand_back_page(terminal);
        sync->foreign = sync->lost || is_foreign(terminal, page->epoch);
        if (sync->foreign)
            terminal->purges.count = 0; /* this broker asks for its own */
    }
    if (sync->foreign)
        terminal->same_ms = 0; /* what follows is not the picture that we had */
    sync->swept = sync->swept || page->from_start;
    if (page->generation != terminal->opener.now.generation)
        want_keys(terminal, now.monotonic_ms);
    for (size_t i = 0; i < page->n_notices; i++)
        (void)intake_notice(terminal, page->notices[i], BY_SYNC, now);
    for (size_t i = 0; i < page->n_purges; i++)
        take_purge(terminal, page->purges[i], now);
    for (size_t i = 0; i < page->n_words; i++)
        take_word(terminal, page->words[i]);
    if (!page->more) {
        finish(terminal, page, now);
        return;
    }
    sync->next = page->next;
    keep_mark(sync, page->mark);
    ask_page(terminal, sync->epoch, page->next, now);
}

void sync_reply(struct terminal *terminal, const Tocsin__V1__Reply *reply,
                struct moment now)
{
    if (reply->status == TOCSIN__V1__STATUS__STATUS_OK &&
        reply->body_case == TOCSIN__V1__REPLY__BODY_SYNC_PAGE) {
        terminal->sync.page_ms = reply->time_ms;
        take_page(terminal, reply->sync_page, now);
    } else
        abandon(terminal, reply->reason, now);
}
