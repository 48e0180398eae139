/* The JSON of an alert or a target, as `tocsin report --file` reads it. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <tocsin/centre.h>
#include <tocsin/json.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tocsin_diag why = {0};
    ProtobufCMessage *message;
    char *text = must_calloc(1, size + 1);
    bool target = size > 0 && data[0] == 't';
    char *printed;

    if (size > 0)
        memcpy(text, data + target, size - target);
    if (tocsin_from_json(&message,
                         target ? &tocsin__v1__target__descriptor
                                : &tocsin__v1__alert__descriptor,
                         text, &why) == TOCSIN_OK) {
        if (!target)
            (void)!tocsin_alert_check((Tocsin__V1__Alert *)message, &why);
        printed = tocsin_to_json(message, 0);
        free(printed);
        protobuf_c_message_free_unpacked(message, NULL);
    }
    free(text);
    return 0;
}
