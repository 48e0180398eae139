#include "domain/purge.h"

#include <string.h>

#include "wire/case_order.h"

bool purge_is_due(const struct book *book, const struct cover *line)
{
    return !line->purged && book_is_listener(book_number(book, line->node));
}

uint32_t purge_due(const struct book *book, const struct alert *alert,
                   uint32_t *nodes)
{
    uint32_t due = 0;

    *nodes = 0;
    for (size_t i = 0; i < alert->cover_count; i++) {
        due += purge_is_due(book, &alert->cover[i]);
        *nodes +=
            alert->cover[i].purged || purge_is_due(book, &alert->cover[i]);
    }
    return due;
}

static void take_document(const struct order *order, ProtobufCBinaryData *out)
{
    const Tocsin__V1__SignedPurge *sealed =
        order->request->confirm_purge->purge;
    Tocsin__V1__SignedPurge bare = TOCSIN__V1__SIGNED_PURGE__INIT;

    bare.content = sealed->content;
    bare.signature = sealed->signature;
    out->data =
        order_take(order, protobuf_c_message_get_packed_size(&bare.base));
    out->len = protobuf_c_message_pack(&bare.base, out->data);
}

/* The node's own word, over its own connection and signed besides. */
static const Tocsin__V1__PurgeDone *open_purge(struct verdict *verdict,
                                               const struct order *order)
{
    const Tocsin__V1__PurgeDone *done;
    enum status status =
        purge_open(&done, order->arena, order->request->confirm_purge->purge,
                   order->actor->key, &verdict->complaint);

    if (status != STATUS_OK) {
        verdict->status = status == STATUS_FORGED
                              ? TOCSIN__V1__STATUS__STATUS_DENIED
                              : TOCSIN__V1__STATUS__STATUS_INVALID;
        return NULL;
    }
    if (strcmp(done->node, order->actor->id) == 0)
        return done;
    refuse(verdict, TOCSIN__V1__STATUS__STATUS_DENIED, "purge.node",
           "is another node");
    return NULL;
}

void decide_purged(struct verdict *verdict, const struct book *book,
                   const struct order *order)
{
    const Tocsin__V1__PurgeDone *done = open_purge(verdict, order);
    const struct alert *alert;
    const struct cover *line;
    Tocsin__V1__Purged *purged;

    if (done == NULL)
        return;
    alert = book_alert(book, done->alert_id);
    if (alert == NULL || !case_is_sealed(&alert->file)) {
        refuse(verdict, TOCSIN__V1__STATUS__STATUS_NOT_FOUND, "purge.alert_id",
               "there is no such sealed case");
        return;
    }
    line = alert_cover(alert, order->actor->number);
    if (line != NULL && line->purged) {
        verdict->status = TOCSIN__V1__STATUS__STATUS_DUPLICATE;
        verdict->sequence = line->held_seq;
        return;
    }
    purged = order_take(order, sizeof *purged);
    tocsin__v1__purged__init(purged);
    purged->alert_id = done->alert_id;
    purged->node = order->actor->number;
    take_document(order, &purged->document);
    verdict->fact = order_fact(order, TOCSIN__V1__FACT__BODY_PURGED);
    verdict->fact->purged = purged;
    verdict->status = TOCSIN__V1__STATUS__STATUS_RECORDED;
}
