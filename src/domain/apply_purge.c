/* A sealed case in the book: a tombstone. */
#include "domain/apply_parts.h"

#include <stdlib.h>
#include <string.h>

#include "domain/samples.h"

void apply_wipe(uint8_t **bytes, size_t *size)
{
    if (*bytes != NULL)
        bytes_wipe(*bytes, *size);
    free(*bytes);
    *bytes = NULL;
    *size = 0;
}

static bool hears(const struct book *book, const struct alert *alert,
                  uint32_t number, bool revoked_too)
{
    const struct principal *node = book_number(book, number);

    return role_is_field(node->role) && (revoked_too || !node->revoked) &&
           book_in_scope(node, alert);
}

/* Whoever hears its topics may hold it, whether it was for them or not: each
 * gets a line, so that it is asked to purge until it has said so. Who is
 * revoked is asked when it comes back. */
static void add_hearers(const struct book *book, struct alert *alert,
                        bool revoked_too)
{
    struct cover *cover = must_calloc(book->principal_count + 1, sizeof *cover);
    size_t count = 0;
    size_t from = 0;

    for (uint32_t number = 1; number <= book->principal_count; number++) {
        if (from < alert->cover_count && alert->cover[from].node == number) {
            cover[count++] = alert->cover[from++];
        } else if (hears(book, alert, number, revoked_too)) {
            cover[count].node = number;
            cover[count++].extra = true;
        }
    }
    free(alert->cover);
    alert->cover = must_realloc(cover, count + 1, sizeof *cover);
    alert->cover_count = count;
}

void apply_add_holders(const struct book *book, struct alert *alert,
                       const struct testimony *testimony)
{
    const struct principal *by = book_principal(book, testimony->relayed_by);

    if (testimony->brought_outside && by != NULL)
        (void)apply_cover_for(alert, by->number);
    if (testimony->outside &&
        role_is_field(book_number(book, testimony->node)->role))
        (void)apply_cover_for(alert, testimony->node);
}

/* Nothing personal is left but what its key has sealed elsewhere, and the key
 * is destroyed. */
void apply_forget(struct book *book, struct alert *alert, bool revoked_too)
{
    add_hearers(book, alert, revoked_too);
    apply_wipe(&alert->document, &alert->document_size);
    apply_wipe(&alert->last_alert, &alert->last_alert_size);
    apply_wipe(&alert->thumbnail, &alert->thumbnail_size);
    for (size_t i = 0; i < alert->answer_count; i++) {
        struct testimony *testimony = &alert->answers[i];

        apply_add_holders(book, alert, testimony);
        apply_wipe(&testimony->document, &testimony->size);
        testimony->has_picture = false;
        testimony->picture_size = 0;
        memset(testimony->picture, 0, sizeof testimony->picture);
    }
    for (size_t i = 0; i < alert->file.entry_count; i++)
        apply_wipe(&alert->file.entries[i].document,
                   &alert->file.entries[i].size);
    samples_forget(book, alert);
    alert->file.sample_overdue = false;
    alert->has_picture = false;
    memset(alert->picture, 0, sizeof alert->picture);
}

struct effect apply_forgotten(struct book *book, uint64_t sequence,
                              const Tocsin__V1__Fact *fact)
{
    struct alert *alert = book_alert(book, fact->case_forgotten->alert_id);
    struct effect effect = {.kind = EFFECT_CASE,
                            .alert = alert,
                            .step = TOCSIN__V1__CASE_STEP__CASE_STEP_SEAL};

    REQUIRE(alert != NULL);
    if (case_is_sealed(&alert->file))
        return (struct effect){.kind = EFFECT_NONE};
    (void)apply_end(book, alert, sequence);
    case_file_forget(&alert->file, fact->time_ms);
    apply_forget(book, alert, fact->case_forgotten->revoked_purge);
    apply_forget_found(book, alert, fact->time_ms);
    return effect;
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
