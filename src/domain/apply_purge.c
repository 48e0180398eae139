/* A sealed case in the book: a tombstone. */
#include "domain/apply_parts.h"

#include <stdlib.h>
#include <string.h>

static void wipe(uint8_t **bytes, size_t *size)
{
    if (*bytes != NULL)
        bytes_wipe(*bytes, *size);
    free(*bytes);
    *bytes = NULL;
    *size = 0;
}

/* Nothing personal is left but what its key has sealed elsewhere, and the key
 * is destroyed. */
void apply_forget(struct alert *alert)
{
    wipe(&alert->document, &alert->document_size);
    wipe(&alert->last_alert, &alert->last_alert_size);
    wipe(&alert->thumbnail, &alert->thumbnail_size);
    for (size_t i = 0; i < alert->answer_count; i++)
        wipe(&alert->answers[i].document, &alert->answers[i].size);
    for (size_t i = 0; i < alert->file.entry_count; i++)
        wipe(&alert->file.entries[i].document, &alert->file.entries[i].size);
    alert->has_picture = false;
    memset(alert->picture, 0, sizeof alert->picture);
}

struct effect apply_purged(struct book *book, uint64_t sequence,
                           const Tocsin__V1__Purged *purged)
{
    struct alert *alert = book_alert(book, purged->alert_id);
    struct effect effect = {.kind = EFFECT_PURGED, .alert = alert};
    struct cover *line;

    REQUIRE(alert != NULL && book_number(book, purged->node) != NULL);
    line = apply_cover_for(alert, purged->node);
    line->purged = true;
    line->held_seq = sequence;
    effect.principal = book_number(book, purged->node);
    return effect;
}
