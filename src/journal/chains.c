#include "journal/chains.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/thread.h"

/* Whoever names ever new sequences makes us forget what others named: they ask
 * once more. */
#define KEPT_MAX 16384

enum place_state { PLACE_NEW, PLACE_WANTED, PLACE_KNOWN, PLACE_UNKNOWN };

struct place {
    uint64_t sequence;
    int64_t asked_ms;
    enum place_state state;
    uint8_t chain[CHAIN_SIZE];
    struct place *next; /* of those that are wanted */
};

struct chains {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct journal *journal; /* that thread's only */
    struct place newest;
    /* under the lock: */
    struct map *places; /* by sequence; the thread holds on to none of them */
    struct place *wanted;
    struct place **last_wanted;
    bool stopping;
};

/* ---- the thread that reads ----------------------------------------------- */

static void look_up(struct journal *journal, struct place *place)
{
    enum status status = journal_look_for_base(journal, NULL);

    if (status == STATUS_OK)
        status = journal_chain_at(journal, place->sequence, place->chain, NULL);
    place->state = status == STATUS_OK ? PLACE_KNOWN : PLACE_UNKNOWN;
}

/* It may have been forgotten meanwhile. */
static void answer(struct chains *chains, const struct place *found)
{
    struct place *place =
        map_get(chains->places, &found->sequence, sizeof found->sequence);

    if (place == NULL || place->state != PLACE_WANTED)
        return;
    place->state = found->state;
    memcpy(place->chain, found->chain, CHAIN_SIZE);
}

static void *look_on(void *arg)
{
    struct chains *chains = arg;

    pthread_mutex_lock(&chains->lock);
    while (!chains->stopping) {
        struct place *first = chains->wanted;
        struct place found;

        if (first == NULL) {
            pthread_cond_wait(&chains->work, &chains->lock);
            continue;
        }
        found = *first;
        chains->wanted = first->next;
        if (chains->wanted == NULL)
            chains->last_wanted = &chains->wanted;
        pthread_mutex_unlock(&chains->lock);
        look_up(chains->journal, &found);
        pthread_mutex_lock(&chains->lock);
        answer(chains, &found);
    }
    pthread_mutex_unlock(&chains->lock);
    return NULL;
}

/* ---- beginning and end --------------------------------------------------- */

static void forget_all(struct chains *chains)
{
    struct place *place;
    size_t cursor = 0;

    while ((place = map_next(chains->places, &cursor)) != NULL)
        free(place);
    map_free(chains->places);
    chains->places = map_new();
    chains->wanted = NULL;
    chains->last_wanted = &chains->wanted;
}

static void free_chains(struct chains *chains)
{
    forget_all(chains);
    map_free(chains->places);
    journal_close(chains->journal);
    pthread_mutex_destroy(&chains->lock);
    pthread_cond_destroy(&chains->work);
    free(chains);
}

enum status chains_start(struct chains **out, const char *path,
                         struct diag *why)
{
    struct chains *chains = must_calloc(1, sizeof *chains);
    enum status status;

    *out = NULL;
    chains->places = map_new();
    chains->last_wanted = &chains->wanted;
    pthread_mutex_init(&chains->lock, NULL);
    pthread_cond_init(&chains->work, NULL);
    status = journal_open_reading(&chains->journal, path, why);
    if (status == STATUS_OK) {
        chains->newest.sequence = journal_head(chains->journal);
        journal_chain(chains->journal, chains->newest.chain);
        status = thread_start(&chains->thread, look_on, chains,
                              "thread of the chain's hashes", why);
    }
    if (status == STATUS_OK)
        *out = chains;
    else
        free_chains(chains);
    return status;
}

void chains_stop(struct chains *chains)
{
    if (chains == NULL)
        return;
    pthread_mutex_lock(&chains->lock);
    chains->stopping = true;
    pthread_mutex_unlock(&chains->lock);
    pthread_cond_signal(&chains->work);
    (void)pthread_join(chains->thread, NULL);
    free_chains(chains);
}

/* ---- asking -------------------------------------------------------------- */

void chains_note(struct chains *chains, uint64_t sequence,
                 const uint8_t chain[CHAIN_SIZE])
{
    chains->newest.sequence = sequence;
    memcpy(chains->newest.chain, chain, CHAIN_SIZE);
}

/* Under the lock. */
static struct place *remember(struct chains *chains, uint64_t sequence)
{
    struct place *place = map_get(chains->places, &sequence, sizeof sequence);

    if (place != NULL)
        return place;
    if (map_count(chains->places) == KEPT_MAX)
        forget_all(chains);
    place = must_calloc(1, sizeof *place);
    place->sequence = sequence;
    (void)map_put(chains->places, &sequence, sizeof sequence, place);
    return place;
}

/* Under the lock. What is told as the newest will be asked for. */
static struct place *find(struct chains *chains, uint64_t sequence,
                          int64_t now_ms)
{
    struct place *place = remember(chains, sequence);

    if (place->state != PLACE_NEW)
        return place;
    if (sequence == chains->newest.sequence) {
        place->state = PLACE_KNOWN;
        memcpy(place->chain, chains->newest.chain, CHAIN_SIZE);
        return place;
    }
    place->state = PLACE_WANTED;
    place->asked_ms = now_ms;
    *chains->last_wanted = place;
    chains->last_wanted = &place->next;
    pthread_cond_signal(&chains->work);
    return place;
}

enum status chains_at(struct chains *chains, uint64_t sequence, int64_t now_ms,
                      uint8_t chain[CHAIN_SIZE])
{
    const struct place *place;
    enum status status = STATUS_MISSING;

    pthread_mutex_lock(&chains->lock);
    place = find(chains, sequence, now_ms);
    if (place->state == PLACE_KNOWN) {
        memcpy(chain, place->chain, CHAIN_SIZE);
        status = STATUS_OK;
    } else if (place->state == PLACE_WANTED &&
               now_ms - place->asked_ms < CHAINS_PATIENCE_MS) {
        status = STATUS_BUSY;
    }
    pthread_mutex_unlock(&chains->lock);
    return status;
}
