/* Sightings, as who answers for the child reads them; and the word that goes
 * back to whoever sent one. */
#include "broker/core_private.h"

#include <stdlib.h>
#include <string.h>

#define SIGHTINGS_PER_PAGE 50

static bool is_sighting(const struct testimony *testimony)
{
    return testimony->rung >= TOCSIN__V1__RUNG__RUNG_SIGHTING;
}

static Tocsin__V1__SignedAnswer *document_of(struct broker *broker,
                                             const struct testimony *testimony)
{
    return testimony->document == NULL
               ? NULL
               : decode(&broker->arena, &tocsin__v1__signed_answer__descriptor,
                        testimony->document, testimony->size, NULL);
}

Tocsin__V1__Sighting *sighting_make(struct broker *broker,
                                    const struct testimony *testimony)
{
    Tocsin__V1__Sighting *sighting =
        arena_message(&broker->arena, &tocsin__v1__sighting__descriptor);
    const struct principal *node = book_number(broker->book, testimony->node);
    const struct principal *by =
        book_number(broker->book, testimony->triaged_by);

    sighting->sequence = testimony->sequence;
    sighting->recorded_ms = testimony->recorded_ms;
    sighting->node_name = node->name;
    sighting->node_name_en = node->name_en;
    sighting->relayed_by = (char *)(uintptr_t)testimony->relayed_by;
    sighting->taken_ms = testimony->taken_ms;
    sighting->relayed_ms = testimony->relayed_ms;
    sighting->answer = document_of(broker, testimony);
    sighting->verdict = testimony->verdict;
    sighting->officer = (char *)(uintptr_t)testimony->officer;
    if (by != NULL)
        sighting->triaged_by = (char *)(uintptr_t)by->id;
    sighting->triaged_ms = testimony->triaged_ms;
    sighting->duplicate_of = testimony->duplicate_of;
    sighting->unreachable = testimony->unreachable;
    sighting->outside = testimony->outside;
    sighting->cluster = testimony->cluster;
    sighting->pictured_ms = testimony->pictured_ms;
    return sighting;
}

static bool is_asked_for(const struct testimony *testimony,
                         const Tocsin__V1__ListSightings *ask)
{
    return is_sighting(testimony) &&
           (ask->before == 0 || testimony->sequence < ask->before) &&
           (!ask->open ||
            testimony->verdict == TOCSIN__V1__VERDICT__VERDICT_UNSPECIFIED);
}

static void fill_list(struct broker *broker, const struct principal *who,
                      const struct alert *alert,
                      const Tocsin__V1__ListSightings *ask,
                      Tocsin__V1__SightingList *list)
{
    size_t bytes = 0;

    list->sightings = arena_take(&broker->arena,
                                 SIGHTINGS_PER_PAGE * sizeof *list->sightings);
    for (size_t i = alert->answer_count; i > 0; i--) {
        Tocsin__V1__Sighting *sighting;

        if (!is_asked_for(&alert->answers[i - 1], ask) ||
            !view_holds_answer(broker->book, who, alert,
                               alert->answers[i - 1].node))
            continue;
        sighting = sighting_make(broker, &alert->answers[i - 1]);
        bytes += protobuf_c_message_get_packed_size(&sighting->base) + 8;
        if (list->n_sightings == SIGHTINGS_PER_PAGE || bytes > PAGE_BYTES_MAX) {
            list->more = true;
            return;
        }
        list->sightings[list->n_sightings++] = sighting;
    }
}

void sighting_list(struct broker *broker, const struct caller *caller,
                   const Tocsin__V1__ListSightings *ask, int64_t now_ms)
{
    const struct alert *alert =
        board_alert(broker, caller, ask->alert, VIEW_ALERT, now_ms);
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__SightingList list = TOCSIN__V1__SIGHTING_LIST__INIT;

    if (alert == NULL)
        return;
    fill_list(broker, book_number(broker->book, caller->principal), alert, ask,
              &list);
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_SIGHTING_LIST;
    reply.sighting_list = &list;
    reply_send(broker, caller, &reply, now_ms);
}

/* ---- the word that goes back --------------------------------------------- */

/* NULL: which answer it was cannot be read any more. */
static Tocsin__V1__AnswerWord *make_word(struct broker *broker,
                                         const struct alert *alert,
                                         const struct testimony *testimony)
{
    const Tocsin__V1__SignedAnswer *sealed = document_of(broker, testimony);
    const Tocsin__V1__Answer *answer =
        sealed == NULL
            ? NULL
            : decode(&broker->arena, &tocsin__v1__answer__descriptor,
                     sealed->content.data, sealed->content.len, NULL);
    Tocsin__V1__AnswerWord *word;

    if (answer == NULL)
        return NULL;
    word = arena_message(&broker->arena, &tocsin__v1__answer_word__descriptor);
    word->alert_id = (char *)(uintptr_t)alert->id;
    word->answer_id = answer->answer_id;
    word->sequence = testimony->triaged_seq;
    word->time_ms = testimony->triaged_ms;
    word->verdict = testimony->verdict;
    word->officer = (char *)(uintptr_t)testimony->officer;
    return word;
}

/* Through whoever brought it; a node that is away hears it with its sync. */
void word_push(struct broker *broker, const struct alert *alert,
               const struct testimony *testimony, int64_t now_ms)
{
    const struct principal *by =
        testimony->relayed_by[0] == '\0'
            ? book_number(broker->book, testimony->node)
            : book_principal(broker->book, testimony->relayed_by);
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__FeedPayload payload = TOCSIN__V1__FEED_PAYLOAD__INIT;
    const struct presence *presence;
    size_t size;

    if (by == NULL || by->revoked)
        return;
    presence = broker_presence(broker, by->number);
    arena_reset(&broker->arena);
    payload.kind_case = TOCSIN__V1__FEED_PAYLOAD__KIND_WORD;
    payload.word = make_word(broker, alert, testimony);
    if (presence->route.size == 0 || payload.word == NULL)
        return;
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.time_ms = now_ms;
    reply.body_case = TOCSIN__V1__REPLY__BODY_PUSH;
    reply.push = &payload;
    size = protobuf_c_message_pack(&reply.base, broker->room);
    (void)broker->ports.send(broker->ports.arg, GATE_FIELD, &presence->route,
                             broker->room, size);
}

/* Said by it, or by a handheld through it. */
static bool came_by(const struct testimony *testimony,
                    const struct principal *node)
{
    return testimony->node == node->number ||
           strcmp(testimony->relayed_by, node->id) == 0;
}

/* In its place; of one too many the last one goes. */
static void insert(struct told_words *words, const struct told_word *word)
{
    size_t at = words->count;

    if (words->count == WORDS_MAX + 1 &&
        word->sequence > words->list[WORDS_MAX].sequence)
        return;
    if (words->count == WORDS_MAX + 1)
        at--;
    else
        words->count++;
    while (at > 0 && words->list[at - 1].sequence > word->sequence) {
        words->list[at] = words->list[at - 1];
        at--;
    }
    words->list[at] = *word;
}

void word_find(struct broker *broker, const struct principal *node,
               uint64_t after, struct told_words *words)
{
    const struct book *book = broker->book;

    words->count = 0;
    words->looked_at = 0;
    words->up_to = UINT64_MAX;
    for (size_t i = 0; i < book->alert_count; i++) {
        const struct alert *alert = book->alerts[i];

        for (size_t j = 0; alert->triaged > after && j < alert->answer_count;
             j++) {
            const struct testimony *testimony = &alert->answers[j];
            const struct told_word word = {testimony->triaged_seq, alert,
                                           testimony};

            words->looked_at++;
            if (word.sequence > after && came_by(testimony, node))
                insert(words, &word);
        }
    }
    if (words->count <= WORDS_MAX)
        return;
    words->count = WORDS_MAX;
    words->up_to = words->list[WORDS_MAX].sequence - 1;
}

void word_fill(struct broker *broker, const struct told_words *words,
               uint64_t up_to, Tocsin__V1__SyncPage *page)
{
    page->words =
        arena_take(&broker->arena, (words->count + 1) * sizeof *page->words);
    for (size_t i = 0; i < words->count; i++) {
        const struct told_word *told = &words->list[i];
        Tocsin__V1__AnswerWord *word;

        if (told->sequence > up_to)
            return;
        word = make_word(broker, told->alert, told->testimony);
        if (word != NULL)
            page->words[page->n_words++] = word;
    }
}
