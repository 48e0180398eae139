/* What stands under supervision, with the facts behind it. */
#include "broker/core_private.h"

#include "domain/supervision.h"

#define ENTRIES_PER_PAGE 100

static const char *name_of(const struct book *book,
                           const struct supervision *supervision)
{
    const struct alert *alert;
    const struct division *division;

    switch (supervision->kind) {
    case TOCSIN__V1__SUPERVISED__SUPERVISED_CASE:
        alert = book_alert(book, supervision->subject);
        return alert != NULL ? alert->case_number : "";
    case TOCSIN__V1__SUPERVISED__SUPERVISED_NODE:
        return book_principal(book, supervision->subject)->name;
    default:
        division = divisions_find(book->divisions, supervision->subject);
        return division != NULL ? division->name : "";
    }
}

static Tocsin__V1__SupervisedEntry *
make_entry(struct broker *broker, const struct supervision *supervision)
{
    const struct principal *by = book_number(broker->book, supervision->by);
    Tocsin__V1__SupervisedEntry *entry = arena_message(
        &broker->arena, &tocsin__v1__supervised_entry__descriptor);

    entry->kind = supervision->kind;
    entry->subject = (char *)(uintptr_t)supervision->subject;
    entry->name = (char *)(uintptr_t)name_of(broker->book, supervision);
    entry->rule = supervision->rule;
    entry->reason = supervision->reason;
    entry->officer = (char *)(uintptr_t)supervision->officer;
    if (by != NULL)
        entry->by = (char *)(uintptr_t)by->id;
    entry->since_ms = supervision->since_ms;
    entry->sequence = supervision->sequence;
    entry->n_facts = supervision->fact_count;
    entry->facts = (uint64_t *)(uintptr_t)supervision->facts;
    return entry;
}

static bool is_asked_for(const struct book *book, const struct principal *who,
                         const struct supervision *supervision, uint64_t after)
{
    const char *division =
        supervision_division(book, supervision->kind, supervision->subject);

    return supervision->sequence > after && division != NULL &&
           division_contains(who->division, division);
}

void supervised_list(struct broker *broker, const struct caller *caller,
                     const Tocsin__V1__ListSupervised *ask, int64_t now_ms)
{
    const struct book *book = broker->book;
    const struct principal *who = book_number(book, caller->principal);
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__SupervisedList list = TOCSIN__V1__SUPERVISED_LIST__INIT;

    size_t bytes = 0;

    list.entries =
        arena_take(&broker->arena, ENTRIES_PER_PAGE * sizeof *list.entries);
    for (size_t i = 0; i < book->supervision_count && !list.more; i++) {
        Tocsin__V1__SupervisedEntry *entry;

        if (!is_asked_for(book, who, book->supervisions[i], ask->after))
            continue;
        entry = make_entry(broker, book->supervisions[i]);
        bytes += protobuf_c_message_get_packed_size(&entry->base) + 8;
        if (list.n_entries == ENTRIES_PER_PAGE || bytes > PAGE_BYTES_MAX)
            list.more = true;
        else
            list.entries[list.n_entries++] = entry;
    }
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_SUPERVISED_LIST;
    reply.supervised_list = &list;
    reply_send(broker, caller, &reply, now_ms);
}
