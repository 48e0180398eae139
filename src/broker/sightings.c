/* Sightings, as who answers for the child reads them; and the word that goes
 * back to whoever sent one. */
#include "broker/core_private.h"

#include <stdlib.h>
#include <string.h>

#define SIGHTINGS_PER_PAGE 50
#define WORDS_MAX 100
#define PAGE_MARGIN 1000 /* of a reply around its page */

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

/* false: the page is full. */
static bool add_word(Tocsin__V1__SyncPage *page, Tocsin__V1__AnswerWord *word,
                     size_t *room)
{
    size_t size = protobuf_c_message_get_packed_size(&word->base) + 4;

    if (page->n_words == WORDS_MAX || size > *room)
        return false;
    *room -= size;
    page->words[page->n_words++] = word;
    return true;
}

/* Said by it, or by a handheld through it. */
static bool came_by(const struct testimony *testimony,
                    const struct principal *node)
{
    return testimony->node == node->number ||
           strcmp(testimony->relayed_by, node->id) == 0;
}

size_t word_fill(struct broker *broker, const struct principal *node,
                 uint64_t after, Tocsin__V1__SyncPage *page)
{
    const struct book *book = broker->book;
    size_t room = REPLY_BYTES_MAX - PAGE_MARGIN -
                  protobuf_c_message_get_packed_size(&page->base);
    size_t looked_at = 0;

    page->words = arena_take(&broker->arena, WORDS_MAX * sizeof *page->words);
    for (size_t i = 0; i < book->alert_count; i++) {
        const struct alert *alert = book->alerts[i];

        for (size_t j = 0; alert->triaged > after && j < alert->answer_count;
             j++) {
            const struct testimony *testimony = &alert->answers[j];
            Tocsin__V1__AnswerWord *word;

            looked_at++;
            if (testimony->triaged_seq <= after || !came_by(testimony, node))
                continue;
            word = make_word(broker, alert, testimony);
            if (word != NULL && !add_word(page, word, &room))
                return looked_at;
        }
    }
    return looked_at;
}
