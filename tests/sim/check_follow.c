/* Those who follow. */
#include <string.h>

#include "checks.h"
#include "world.h"

static bool is_event_of(const Tocsin__V1__Event *event,
                        const struct world *world, uint64_t sequence)
{
    const struct model_fact *fact = &world->model->facts[sequence - 1];
    bool alert = event->alert_id[0] != '\0';

    return event->sequence == sequence && alert == (fact->alert != 0) &&
           (!alert || strcmp(event->alert_id,
                             world->model->alerts[fact->alert - 1]->id) == 0);
}

/* Of an alert or found child that has left the book meanwhile. */
static bool is_filed(const struct world *world, uint64_t sequence)
{
    const struct model_fact *fact = &world->model->facts[sequence - 1];

    return fact->filed ||
           (fact->alert != 0 && world->model->alerts[fact->alert - 1]->filed);
}

/* A start from the state that was written down has no events before it, and
 * says so; nor are there those of what has left the book. */
static bool may_be_missed(const struct world *world, uint64_t sequence)
{
    return sequence <= world->host.resumed || is_filed(world, sequence);
}

/* How many events a fact is. */
static size_t events_of(const struct model_fact *fact)
{
    size_t count = fact->told;

    for (size_t i = 0; i < fact->word_count; i++)
        count += fact->words[i].told;
    return count;
}

/* Of answers together, the next one that is told. */
static bool is_word_of(const Tocsin__V1__Event *event,
                       const struct world *world, const struct model_fact *fact,
                       size_t *word)
{
    if (fact->words == NULL)
        return true;
    while (!fact->words[*word].told)
        ++*word;
    ++*word;
    return event->rung == fact->words[*word - 1].rung &&
           model_number(world->model, event->principal) ==
               fact->words[*word - 1].node;
}

/* The events of one fact, from *next on. */
static void check_events_of(struct world *world,
                            const Tocsin__V1__EventList *list,
                            uint64_t sequence, size_t *next)
{
    const struct model_fact *fact = &world->model->facts[sequence - 1];
    size_t word = 0;

    for (size_t left = events_of(fact); left > 0; left--, ++*next) {
        bool heard = *next < list->n_events &&
                     is_event_of(list->events[*next], world, sequence);

        if (list->missed && may_be_missed(world, sequence) && !heard)
            return;
        if (!heard || !is_word_of(list->events[*next], world, fact, &word))
            broken(world, "who follows misses nothing", "%llu",
                   (unsigned long long)sequence);
    }
}

/* Where its list begins: where it has heard up to, or, when that was in a
 * journal that is no more, with the restore. */
static uint64_t begins_after(const struct errand *errand,
                             const Tocsin__V1__EventList *list)
{
    struct world *world = errand->person->world;

    if (list->epoch.len != EPOCH_SIZE ||
        memcmp(list->epoch.data, world->model->epoch, EPOCH_SIZE) != 0)
        broken(world, "who follows is told which journal it is", "up to %llu",
               (unsigned long long)list->last);
    if (errand->journal == world->host.restores)
        return errand->after;
    if (!list->missed)
        broken(world, "who follows is told when its journal is no more",
               "after %llu: up to %llu", (unsigned long long)errand->after,
               (unsigned long long)list->last);
    return world->model->kept + 1;
}

void check_followed(struct errand *errand, const Tocsin__V1__Reply *reply)
{
    struct world *world = errand->person->world;
    struct person *person = errand->person;
    const Tocsin__V1__EventList *list = reply->event_list;
    bool may_miss = errand->journal != world->host.restores;
    uint64_t after;
    size_t next = 0;

    if (reply->body_case != TOCSIN__V1__REPLY__BODY_EVENT_LIST)
        return;
    after = begins_after(errand, list);
    if (list->last > world->model->head || list->last < after)
        broken(world, "who follows misses nothing", "after %llu: up to %llu",
               (unsigned long long)after, (unsigned long long)list->last);
    for (uint64_t i = after + 1; i <= list->last; i++) {
        may_miss = may_miss || may_be_missed(world, i);
        check_events_of(world, list, i, &next);
    }
    if (list->missed && !may_miss)
        broken(world, "who follows misses nothing", "it is told that it does");
    if (next != list->n_events)
        broken(world, "who follows hears nothing twice", "%zu of %zu", next,
               list->n_events);
    person->followed = list->last;
    person->followed_journal = world->host.restores;
    memcpy(person->followed_epoch, list->epoch.data, EPOCH_SIZE);
}
