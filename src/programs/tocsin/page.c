/* Pages of one list. protobuf's own rule does it: packed messages laid end to
 * end are one message, in which lists are joined. Of the earlier pages only
 * the lists are taken, so that all else is the newest page's. */
#include <stdlib.h>
#include <string.h>

#include "common/outcome.h"
#include "common/say.h"
#include "tocsin/session.h"

static size_t value_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    default:
        return 4;
    }
}

static void *must_take(size_t size)
{
    void *memory = malloc(size);

    if (memory == NULL) {
        complain("out of memory");
        exit(OUTCOME_LOCAL);
    }
    return memory;
}

/* A shallow copy that has only the lists; it borrows all that it points to. */
static ProtobufCMessage *lists_of(const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *type = message->descriptor;
    ProtobufCMessage *lists = must_take(type->sizeof_message);

    memcpy(lists, message, type->sizeof_message);
    lists->n_unknown_fields = 0;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = type->fields + i;

        if (field->label != PROTOBUF_C_LABEL_REPEATED)
            memset((uint8_t *)lists + field->offset, 0,
                   value_size(field->type));
    }
    return lists;
}

void page_append(ProtobufCMessage **whole, const ProtobufCMessage *page)
{
    ProtobufCMessage *lists = *whole == NULL ? NULL : lists_of(*whole);
    size_t before =
        lists == NULL ? 0 : protobuf_c_message_get_packed_size(lists);
    size_t after = protobuf_c_message_get_packed_size(page);
    uint8_t *bytes = must_take(before + after + 1);

    if (lists != NULL) {
        (void)protobuf_c_message_pack(lists, bytes);
        free(lists);
        protobuf_c_message_free_unpacked(*whole, NULL);
    }
    (void)protobuf_c_message_pack(page, bytes + before);
    *whole = protobuf_c_message_unpack(page->descriptor, NULL, before + after,
                                       bytes);
    free(bytes);
}

enum outcome page_all(struct session *session, Tocsin__V1__Request *request,
                      page_take *take, ProtobufCMessage **whole)
{
    enum page page = PAGE_MORE;

    *whole = NULL;
    while (page == PAGE_MORE) {
        const Tocsin__V1__Reply *reply;
        enum outcome outcome = session_ask(session, request, &reply);

        if (outcome != OUTCOME_DONE)
            return outcome;
        page = take(session, request, reply, whole);
        if (page == PAGE_STRANGE) {
            complain("the broker's answer is not what was asked for");
            return OUTCOME_REFUSED;
        }
    }
    return OUTCOME_DONE;
}
