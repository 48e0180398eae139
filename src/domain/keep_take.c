/* A book out of what was written down. Everything is checked before it is
 * taken: a snapshot that is damaged must only be useless. */
#include "domain/keep_parts.h"

#include <stdlib.h>
#include <string.h>

#include "domain/apply_parts.h"
#include "domain/looks.h"
#include "wire/check.h"

static bool take_head(struct book *book, const Tocsin__V1__BookHead *head)
{
    if (book->founded || head->format != BOOK_FORMAT || head->sequence == 0 ||
        head->generation == 0 || head->epoch.len != EPOCH_SIZE ||
        head->authority.len != KEY_SIZE || head->broker_key.len != KEY_SIZE)
        return false;
    book->founded = true;
    book->head = head->sequence;
    book->generation = head->generation;
    book->serial = head->serial;
    book->restored = head->restored;
    book->has_ended_invitations = !head->ends_invitations;
    memcpy(book->epoch, head->epoch.data, EPOCH_SIZE);
    memcpy(book->authority, head->authority.data, KEY_SIZE);
    memcpy(book->broker_key, head->broker_key.data, KEY_SIZE);
    return true;
}

/* ---- alerts -------------------------------------------------------------- */

static bool alert_is_sound(const struct book *book,
                           const Tocsin__V1__KeptAlert *kept)
{
    const int64_t times[] = {kept->reported_ms, kept->recorded_ms,
                             kept->expires_ms};
    bool sound = ulid_valid(kept->alert_id) &&
                 book_alert(book, kept->alert_id) == NULL &&
                 strlen(kept->case_number) < CASE_NUMBER_MAX &&
                 division_valid(kept->division) &&
                 book_number(book, kept->owner) != NULL &&
                 kept->key_id.len == 16 &&
                 (kept->picture.len == 0 || kept->picture.len == 32) &&
                 kept->n_prefixes == kept->n_previous &&
                 kept->n_prefixes <= PREFIXES_MAX && kept->n_to_ms == 3 &&
                 (kept->n_told == 0 || kept->n_told == kept->n_prefixes) &&
                 ring_is_sound(kept->ring) && times_are_sound(times, 3) &&
                 kept->sequence > 0 && kept->sequence <= book->head;

    for (size_t i = 0; sound && i < kept->n_prefixes; i++)
        sound = prefix_valid(kept->prefixes[i]);
    return sound;
}

static void take_documents(struct alert *alert,
                           const Tocsin__V1__KeptAlert *kept)
{
    apply_replace(&alert->document, &alert->document_size, &kept->document);
    apply_replace(&alert->last_alert, &alert->last_alert_size,
                  &kept->last_alert);
    apply_replace(&alert->thumbnail, &alert->thumbnail_size, &kept->thumbnail);
    alert->has_picture = kept->picture.len > 0;
    if (alert->has_picture)
        memcpy(alert->picture, kept->picture.data, sizeof alert->picture);
}

static bool take_alert(struct book *book, const Tocsin__V1__KeptAlert *kept)
{
    struct alert *alert;

    if (!alert_is_sound(book, kept))
        return false;
    alert = apply_add_alert(book, kept->alert_id, kept->case_number);
    memcpy(alert->division, kept->division, DIVISION_SIZE);
    alert->owner = kept->owner;
    alert->exercise = kept->exercise;
    alert->state = kept->state;
    alert->revision = kept->revision;
    alert->sequence = kept->sequence;
    alert->report_sequence = kept->report_sequence;
    alert->reported_ms = kept->reported_ms;
    alert->recorded_ms = kept->recorded_ms;
    alert->expires_ms = kept->expires_ms;
    case_file_begin(&alert->file, kept->reported_ms);
    memcpy(alert->key_id, kept->key_id.data, sizeof alert->key_id);
    take_documents(alert, kept);
    apply_take_prefixes(alert, kept->prefixes, kept->n_prefixes);
    for (size_t i = 0; i < kept->n_previous; i++) {
        alert->previous[i] = kept->previous[i];
        alert->told[i] = kept->n_told > 0 ? kept->told[i] : kept->sequence;
    }
    apply_take_ring(alert, kept->ring);
    for (int i = 0; i < 3; i++)
        alert->to_ms[i] = kept->to_ms[i];
    alert->looks_ever = kept->looks;
    alert->fetches = kept->fetches;
    return true;
}

static struct alert *newest(const struct book *book)
{
    return book->alert_count > 0 ? book->alerts[book->alert_count - 1] : NULL;
}

static void count_line(struct alert *alert, const struct cover *cover)
{
    if (cover->extra)
        return;
    alert->nodes++;
    alert->overdue += cover->overdue;
    for (int rung = 1; rung <= cover->rung; rung++)
        alert->reached[rung]++;
    for (int rung = TOCSIN__V1__RUNG__RUNG_NEGATIVE; rung < 7; rung++)
        alert->said[rung] += cover->said >> rung & 1U;
}

static bool take_line(const struct book *book, struct alert *alert,
                      const struct cover *cover)
{
    const struct cover *before =
        alert->cover_count > 0 ? &alert->cover[alert->cover_count - 1] : NULL;

    if (book_number(book, cover->node) == NULL ||
        cover->rung > TOCSIN__V1__RUNG__RUNG_READ ||
        (before != NULL && before->node >= cover->node))
        return false;
    alert->cover[alert->cover_count++] = *cover;
    count_line(alert, cover);
    return true;
}

static bool fits_firsts(const Tocsin__V1__KeptCover *kept)
{
    size_t count = kept->n_first_due;

    return (count == 0 || count == kept->n_nodes) &&
           kept->n_first_held == count && kept->n_first_shown == count &&
           kept->n_first_read == count;
}

static bool take_cover(const struct book *book,
                       const Tocsin__V1__KeptCover *kept)
{
    struct alert *alert = newest(book);
    size_t count = kept->n_nodes;
    uint32_t node = 0;

    if (alert == NULL || kept->rungs.len != count || kept->said.len != count ||
        kept->extra.len != count || kept->n_held_ms != count ||
        kept->n_held_sequence != count || kept->n_shown_sequence != count ||
        (kept->n_due_ms != 0 && kept->n_due_ms != count) ||
        (kept->overdue.len != 0 && kept->overdue.len != count) ||
        (kept->purged.len != 0 && kept->purged.len != count) ||
        !fits_firsts(kept))
        return false;
    alert->cover = must_realloc(alert->cover, alert->cover_count + count + 1,
                                sizeof *alert->cover);
    for (size_t i = 0; i < count; i++) {
        struct cover cover = {.node = node += kept->nodes[i],
                              .rung = kept->rungs.data[i],
                              .said = kept->said.data[i],
                              .extra = kept->extra.data[i] != 0,
                              .held_ms = kept->held_ms[i],
                              .held_seq = kept->held_sequence[i],
                              .shown_seq = kept->shown_sequence[i]};

        if (kept->n_due_ms > 0)
            cover.due_ms = kept->due_ms[i];
        if (kept->overdue.len > 0)
            cover.overdue = kept->overdue.data[i] != 0;
        if (kept->purged.len > 0)
            cover.purged = kept->purged.data[i] != 0;
        if (kept->n_first_due > 0)
            cover.firsts =
                (struct firsts){kept->first_due[i], kept->first_held[i],
                                kept->first_shown[i], kept->first_read[i]};

        if (!take_line(book, alert, &cover))
            return false;
    }
    return true;
}

static bool testimony_is_sound(const struct book *book,
                               const Tocsin__V1__KeptTestimony *kept)
{
    const int64_t times[] = {kept->recorded_ms, kept->triaged_ms,
                             kept->pictured_ms};

    return book_number(book, kept->node) != NULL &&
           strlen(kept->relayed_by) <= ID_MAX &&
           kept->triaged_by <= book->principal_count &&
           strlen(kept->officer) <= OFFICER_MAX &&
           (kept->picture.len == 0 ||
            kept->picture.len == sizeof((struct testimony *)0)->picture) &&
           times_are_sound(times, 3);
}

static bool take_testimony(const struct book *book,
                           const Tocsin__V1__KeptTestimony *kept)
{
    struct alert *alert = newest(book);
    struct testimony *testimony;

    if (alert == NULL || !testimony_is_sound(book, kept))
        return false;
    testimony = apply_testimony(alert);
    testimony->sequence = kept->sequence;
    testimony->recorded_ms = kept->recorded_ms;
    testimony->node = kept->node;
    testimony->rung = kept->rung;
    apply_replace(&testimony->document, &testimony->size, &kept->document);
    testimony->taken_ms = kept->taken_ms;
    testimony->relayed_ms = kept->relayed_ms;
    testimony->verdict = kept->verdict;
    testimony->duplicate_of = kept->duplicate_of;
    testimony->triaged_by = kept->triaged_by;
    testimony->triaged_ms = kept->triaged_ms;
    testimony->triaged_seq = kept->triaged_sequence;
    memcpy(testimony->officer, kept->officer, strlen(kept->officer));
    testimony->unreachable = kept->unreachable;
    testimony->outside = kept->outside;
    testimony->brought_outside = kept->brought_outside;
    testimony->cluster = kept->cluster;
    testimony->overdue = kept->overdue;
    apply_take_picture(testimony, &kept->picture, kept->picture_size);
    testimony->pictured_ms = kept->pictured_ms;
    testimony->pictured_seq = kept->pictured_sequence;
    memcpy(testimony->relayed_by, kept->relayed_by, strlen(kept->relayed_by));
    alert->sightings += kept->rung >= TOCSIN__V1__RUNG__RUNG_SIGHTING;
    if (kept->triaged_sequence > alert->triaged)
        alert->triaged = kept->triaged_sequence;
    return true;
}

static bool take_look(const struct book *book, const Tocsin__V1__KeptLook *kept)
{
    struct alert *alert = newest(book);
    struct look *look;

    if (alert == NULL || kept->look == NULL ||
        !look_is_sound(book, kept->look) ||
        !times_are_sound(&kept->recorded_ms, 1))
        return false;
    look = alert_add_look(alert, kept->look->outside);
    look_fill(look, book, kept->look);
    look->sequence = kept->sequence;
    look->recorded_ms = kept->recorded_ms;
    return true;
}

/* ---- what was seen ------------------------------------------------------- */

static struct seen **end_of(struct seen **at)
{
    while (*at != NULL)
        at = &(*at)->next;
    return at;
}

/* Whose it is: the newest found child's, or before the first the newest
 * alert's, or before the first alert the newest principal's. */
static struct seen **owner_of_seen(struct book *book)
{
    if (book->found_count > 0)
        return &book->found[book->found_count - 1]->seen;
    return newest(book) != NULL
               ? &newest(book)->seen
               : &book->principals[book->principal_count - 1]->seen;
}

static bool take_seen(struct book *book, const Tocsin__V1__KeptSeen *kept)
{
    struct alert *alert = book->found_count > 0 ? NULL : newest(book);
    size_t count = kept->n_sequences;
    struct seen **at;

    if (book->principal_count == 0 ||
        kept->identities.len != count * IDENTITY_SIZE ||
        kept->digests.len != count * 8 || kept->n_revisions != count ||
        kept->n_nodes != count)
        return false;
    at = end_of(owner_of_seen(book));
    for (size_t i = 0; i < count; i++, at = &(*at)->next) {
        const ProtobufCBinaryData digest = {8, kept->digests.data + i * 8};
        struct seen *seen =
            apply_remember(book, at, kept->identities.data + i * IDENTITY_SIZE,
                           kept->sequences[i], &digest);

        seen->revision = kept->revisions[i];
        seen->nodes = kept->nodes[i];
        seen->alert = seen->revision > 0 ? alert : NULL;
    }
    return true;
}

static bool take_topic(struct book *book, const Tocsin__V1__KeptTopic *kept)
{
    struct topic_state *state;

    if (strlen(kept->topic) >= TOPIC_MAX || kept->digest.len != DIGEST_SIZE)
        return false;
    state = apply_topic(book, kept->topic);
    state->last = kept->last;
    state->count = kept->count;
    memcpy(state->digest, kept->digest.data, DIGEST_SIZE);
    return true;
}

/* Whoever has a code that should have ended with its handheld must not get in
 * by it; one that was given since is given again. */
static bool has_ended(const struct book *book, const Tocsin__V1__Invited *kept)
{
    const struct principal *whose = book_principal(book, kept->device);

    return book->has_ended_invitations && whose != NULL && whose->revoked;
}

static bool take_invitation(struct book *book, const Tocsin__V1__Invited *kept)
{
    if (!principal_id_valid(kept->device) ||
        !principal_id_valid(kept->gateway) ||
        kept->secret_key.len != KEY_SIZE ||
        book_invitation(book, kept->device) != NULL ||
        !times_are_sound(&kept->expires_ms, 1))
        return false;
    if (!has_ended(book, kept))
        apply_add_invitation(book, kept);
    return true;
}

static bool take(struct book *book, const Tocsin__V1__BookEntry *entry)
{
    if (!book->founded && entry->kind_case != TOCSIN__V1__BOOK_ENTRY__KIND_HEAD)
        return false;
    switch (entry->kind_case) {
    case TOCSIN__V1__BOOK_ENTRY__KIND_HEAD:
        return take_head(book, entry->head);
    case TOCSIN__V1__BOOK_ENTRY__KIND_PRINCIPAL:
        return keep_take_principal(book, entry->principal);
    case TOCSIN__V1__BOOK_ENTRY__KIND_ALERT:
        return take_alert(book, entry->alert);
    case TOCSIN__V1__BOOK_ENTRY__KIND_COVER:
        return take_cover(book, entry->cover);
    case TOCSIN__V1__BOOK_ENTRY__KIND_TESTIMONY:
        return take_testimony(book, entry->testimony);
    case TOCSIN__V1__BOOK_ENTRY__KIND_LOOK:
        return take_look(book, entry->look);
    case TOCSIN__V1__BOOK_ENTRY__KIND_FILE:
        return newest(book) != NULL &&
               keep_take_case(book, newest(book), entry->file);
    case TOCSIN__V1__BOOK_ENTRY__KIND_FILE_ENTRY:
        return newest(book) != NULL &&
               keep_take_case_entry(book, newest(book), entry->file_entry);
    case TOCSIN__V1__BOOK_ENTRY__KIND_SAMPLE:
        return keep_take_sample(book, newest(book), entry->sample);
    case TOCSIN__V1__BOOK_ENTRY__KIND_MATCH:
        return keep_take_match(book, newest(book), entry->match);
    case TOCSIN__V1__BOOK_ENTRY__KIND_SUPERVISION:
        return keep_take_supervision(book, entry->supervision);
    case TOCSIN__V1__BOOK_ENTRY__KIND_FOUND:
        return keep_take_found(book, entry->found);
    case TOCSIN__V1__BOOK_ENTRY__KIND_SEEN:
        return take_seen(book, entry->seen);
    case TOCSIN__V1__BOOK_ENTRY__KIND_TOPIC:
        return take_topic(book, entry->topic);
    case TOCSIN__V1__BOOK_ENTRY__KIND_INVITATION:
        return take_invitation(book, entry->invitation);
    case TOCSIN__V1__BOOK_ENTRY__KIND__NOT_SET:
    case _TOCSIN__V1__BOOK_ENTRY__KIND__CASE_IS_INT_SIZE:
        break;
    }
    return false;
}

enum status book_take(struct book *book, const Tocsin__V1__BookEntry *entry,
                      struct diag *why)
{
    if (take(book, entry))
        return STATUS_OK;
    return diag_set(why, STATUS_CORRUPT, "entry of kind %d makes no sense",
                    (int)entry->kind_case);
}
