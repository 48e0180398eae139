/* What was refused, counted by who and why, and said once a second: a flood
 * becomes one line, not a flood of lines. */
#include "broker/core_private.h"

#include <stdio.h>
#include <string.h>

#define STRANGERS_NAMED 32 /* in one second */

void refusal_count(struct broker *broker, enum gate gate, uint32_t principal,
                   const char *what)
{
    struct refusal *refusal;

    for (size_t i = 0; i < broker->refusal_count; i++) {
        refusal = &broker->refusals[i];
        if (refusal->principal == principal && refusal->gate == gate &&
            strncmp(refusal->what, what, sizeof refusal->what - 1) == 0) {
            refusal->count++;
            return;
        }
    }
    if (broker->refusal_count == REFUSAL_KINDS_MAX)
        refusal_flush(broker);
    refusal = &broker->refusals[broker->refusal_count++];
    refusal->principal = principal;
    refusal->gate = gate;
    refusal->count = 1;
    snprintf(refusal->what, sizeof refusal->what, "%s", what);
}

void refusal_flush(struct broker *broker)
{
    for (size_t i = 0; i < broker->refusal_count; i++) {
        const struct refusal *refusal = &broker->refusals[i];
        const struct principal *who =
            book_number(broker->book, refusal->principal);
        char text[200];

        snprintf(text, sizeof text, "gate=%s principal=%s reason=%s count=%u",
                 gate_name(refusal->gate), who != NULL ? who->id : "-",
                 refusal->what, refusal->count);
        broker->ports.say(broker->ports.arg, LEVEL_WARN, "peer.refused", text);
    }
    broker->refusal_count = 0;
}

void broker_junk(struct broker *broker, enum gate gate, const uint8_t *curve,
                 const char *what)
{
    const struct principal *who =
        curve != NULL ? map_get(broker->book->by_curve, curve, KEY_SIZE) : NULL;
    char key[40] = "";
    char full[64];

    /* a flood of strangers is one line, not one for each made-up key */
    if (who == NULL && curve != NULL &&
        broker->refusal_count >= STRANGERS_NAMED) {
        snprintf(key, sizeof key, "/many-keys");
    } else if (who == NULL && curve != NULL) {
        char hex[17];

        snprintf(key, sizeof key, "/key-%s", hex_encode(hex, curve, 8));
    }
    snprintf(full, sizeof full, "%.20s%s", what, key);
    refusal_count(broker, gate, who != NULL ? who->number : 0, full);
}
