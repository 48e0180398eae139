#include "tocsind/fact_print.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/screen.h"
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

/* All signed documents begin alike: content, then signature. */
static void put_signed(json_t *json, struct arena *arena,
                       const ProtobufCMessageDescriptor *type,
                       const ProtobufCBinaryData *document)
{
    const Tocsin__V1__SignedAnswer *sealed =
        document->len > 0
            ? decode(arena, &tocsin__v1__signed_answer__descriptor,
                     document->data, document->len, NULL)
            : NULL;

    if (sealed != NULL)
        put_inner(json, "content", arena, type, &sealed->content);
}

/* What was signed, readable, beside the bytes that were signed. */
static void put_documents(json_t *json, struct arena *arena,
                          const Tocsin__V1__Fact *fact)
{
    if (fact->body_case == TOCSIN__V1__FACT__BODY_ALERT_ISSUED)
        put_signed(json, arena, &tocsin__v1__alert_document__descriptor,
                   &fact->alert_issued->document);
    else if (fact->body_case == TOCSIN__V1__FACT__BODY_ANSWERED)
        put_signed(json, arena, &tocsin__v1__answer__descriptor,
                   &fact->answered->document);
    else if (fact->body_case == TOCSIN__V1__FACT__BODY_CASE_CHANGED)
        put_signed(json, arena, &tocsin__v1__case_order__descriptor,
                   &fact->case_changed->document);
    else if (fact->body_case == TOCSIN__V1__FACT__BODY_FOUND_REGISTERED)
        put_signed(json, arena, &tocsin__v1__found_child__descriptor,
                   &fact->found_registered->document);
    else if (fact->body_case == TOCSIN__V1__FACT__BODY_FOUND_RESOLVED)
        put_signed(json, arena, &tocsin__v1__found_order__descriptor,
                   &fact->found_resolved->document);
    else if (fact->body_case == TOCSIN__V1__FACT__BODY_LAB_REPORTED)
        put_signed(json, arena, &tocsin__v1__lab_word__descriptor,
                   &fact->lab_reported->document);
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
    screen_json(stdout, text);
    free(text);
    json_decref(json);
}
