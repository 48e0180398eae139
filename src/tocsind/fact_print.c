#include "tocsind/fact_print.h"

#include <stdio.h>
#include <stdlib.h>

#include "wire/json.h"

static void put_inner(json_t *json, const char *field, struct arena *arena,
                      const ProtobufCMessageDescriptor *type,
                      const ProtobufCBinaryData *bytes)
{
    ProtobufCMessage *inner =
        bytes->len > 0 ? decode(arena, type, bytes->data, bytes->len, NULL)
                       : NULL;

    if (inner != NULL)
        json_object_set_new(json, field, json_from_message(inner));
}

/* What was signed, readable, beside the bytes that were signed. */
static void put_documents(json_t *json, struct arena *arena,
                          const Tocsin__V1__Fact *fact)
{
    if (fact->body_case == TOCSIN__V1__FACT__BODY_ALERT_ISSUED) {
        const Tocsin__V1__SignedAlert *sealed =
            decode(arena, &tocsin__v1__signed_alert__descriptor,
                   fact->alert_issued->document.data,
                   fact->alert_issued->document.len, NULL);

        if (sealed != NULL)
            put_inner(json, "content", arena,
                      &tocsin__v1__alert_document__descriptor,
                      &sealed->content);
    } else if (fact->body_case == TOCSIN__V1__FACT__BODY_ANSWERED &&
               fact->answered->document.len > 0) {
        const Tocsin__V1__SignedAnswer *sealed = decode(
            arena, &tocsin__v1__signed_answer__descriptor,
            fact->answered->document.data, fact->answered->document.len, NULL);

        if (sealed != NULL)
            put_inner(json, "content", arena, &tocsin__v1__answer__descriptor,
                      &sealed->content);
    }
}

static void put_nodes(json_t *json, const struct book *book,
                      const Tocsin__V1__AnsweredTogether *together)
{
    json_t *nodes = json_array();

    for (size_t i = 0; i < together->n_nodes; i++) {
        const struct principal *node = book_number(book, together->nodes[i]);

        json_array_append_new(nodes, json_string(node != NULL ? node->id : ""));
    }
    json_object_set_new(json, "nodes", nodes);
}

void fact_print(const struct book *book, struct arena *arena, uint64_t sequence,
                const Tocsin__V1__Fact *fact)
{
    json_t *json = json_object();
    char *text;

    json_object_set_new(json, "sequence", json_integer((json_int_t)sequence));
    json_object_set_new(json, "fact", json_from_message(&fact->base));
    if (fact->body_case == TOCSIN__V1__FACT__BODY_ANSWERED) {
        const struct principal *node = book_number(book, fact->answered->node);

        if (node != NULL)
            json_object_set_new(json, "node", json_string(node->id));
    }
    if (fact->body_case == TOCSIN__V1__FACT__BODY_ANSWERED_TOGETHER)
        put_nodes(json, book, fact->answered_together);
    put_documents(json, arena, fact);
    text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(15));
    REQUIRE(text != NULL);
    puts(text);
    free(text);
    json_decref(json);
}
