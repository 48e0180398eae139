/* Writing the book down. Columns are cut so that an entry stays small. */
#include "domain/keep_parts.h"

#include <stdlib.h>
#include <string.h>

#include "wire/decode.h"
#include "wire/keys.h"

#define LINES_PER_ENTRY 2000

struct seen_columns {
    uint8_t identities[LINES_PER_ENTRY * IDENTITY_SIZE];
    uint8_t digests[LINES_PER_ENTRY * 8];
    uint64_t sequences[LINES_PER_ENTRY];
    uint32_t revisions[LINES_PER_ENTRY];
    uint32_t nodes[LINES_PER_ENTRY];
};

struct cover_columns {
    uint32_t nodes[LINES_PER_ENTRY];
    uint8_t rungs[LINES_PER_ENTRY];
    uint8_t said[LINES_PER_ENTRY];
    uint8_t extra[LINES_PER_ENTRY];
    uint32_t held_ms[LINES_PER_ENTRY];
    uint64_t held_seq[LINES_PER_ENTRY];
    uint64_t shown_seq[LINES_PER_ENTRY];
    uint32_t due_ms[LINES_PER_ENTRY];
    uint8_t overdue[LINES_PER_ENTRY];
    uint8_t purged[LINES_PER_ENTRY];
    uint32_t first_due[LINES_PER_ENTRY];
    uint32_t first_held[LINES_PER_ENTRY];
    uint32_t first_shown[LINES_PER_ENTRY];
    uint32_t first_read[LINES_PER_ENTRY];
};

/* A hundred kilobytes: once for a whole book, not for each principal of
 * thousands. */
union keep_columns {
    struct seen_columns seen;
    struct cover_columns cover;
};

ProtobufCBinaryData keep_borrow(const void *bytes, size_t size)
{
    return (ProtobufCBinaryData){size, (uint8_t *)(uintptr_t)bytes};
}

char *keep_text(const char *text)
{
    return (char *)(uintptr_t)text;
}

void keep_tell(const struct keeping *keeping,
               Tocsin__V1__BookEntry__KindCase kind, void *message)
{
    Tocsin__V1__BookEntry entry = TOCSIN__V1__BOOK_ENTRY__INIT;

    entry.kind_case = kind;
    entry.head = message; /* a union of pointers */
    keeping->each(keeping->arg, &entry);
}

static void keep_head(const struct keeping *keeping, const struct book *book,
                      const uint8_t *chain, size_t chain_size)
{
    Tocsin__V1__BookHead head = TOCSIN__V1__BOOK_HEAD__INIT;

    head.format = BOOK_FORMAT;
    head.sequence = book->head;
    head.chain = keep_borrow(chain, chain_size);
    head.epoch = keep_borrow(book->epoch, EPOCH_SIZE);
    head.authority = keep_borrow(book->authority, KEY_SIZE);
    head.broker_key = keep_borrow(book->broker_key, KEY_SIZE);
    head.generation = book->generation;
    head.serial = book->serial;
    head.restored = book->restored;
    head.ends_invitations = true;
    keep_tell(keeping, TOCSIN__V1__BOOK_ENTRY__KIND_HEAD, &head);
}

/* ---- what was seen ------------------------------------------------------- */

static const struct seen *fill_seen(struct seen_columns *columns,
                                    const struct seen *seen, size_t *count)
{
    for (*count = 0; seen != NULL && *count < LINES_PER_ENTRY; (*count)++) {
        memcpy(columns->identities + *count * IDENTITY_SIZE, seen->identity,
               IDENTITY_SIZE);
        memcpy(columns->digests + *count * 8, seen->digest, 8);
        columns->sequences[*count] = seen->sequence;
        columns->revisions[*count] = seen->revision;
        columns->nodes[*count] = seen->nodes;
        seen = seen->next;
    }
    return seen;
}

static void keep_seen(const struct keeping *keeping, const struct seen *seen)
{
    struct seen_columns *columns = &keeping->columns->seen;

    while (seen != NULL) {
        Tocsin__V1__KeptSeen kept = TOCSIN__V1__KEPT_SEEN__INIT;
        size_t count;

        seen = fill_seen(columns, seen, &count);
        kept.identities =
            keep_borrow(columns->identities, count * IDENTITY_SIZE);
        kept.digests = keep_borrow(columns->digests, count * 8);
        kept.n_sequences = kept.n_revisions = kept.n_nodes = count;
        kept.sequences = columns->sequences;
        kept.revisions = columns->revisions;
        kept.nodes = columns->nodes;
        keep_tell(keeping, TOCSIN__V1__BOOK_ENTRY__KIND_SEEN, &kept);
    }
}

/* ---- principals ---------------------------------------------------------- */

/* ---- alerts -------------------------------------------------------------- */

static void fill_cover(struct cover_columns *columns, const struct cover *cover,
                       size_t count)
{
    uint32_t before = 0;

    for (size_t i = 0; i < count; i++) {
        columns->nodes[i] = cover[i].node - before;
        before = cover[i].node;
        columns->rungs[i] = cover[i].rung;
        columns->said[i] = cover[i].said;
        columns->extra[i] = cover[i].extra;
        columns->held_ms[i] = cover[i].held_ms;
        columns->held_seq[i] = cover[i].held_seq;
        columns->shown_seq[i] = cover[i].shown_seq;
        columns->due_ms[i] = cover[i].due_ms;
        columns->overdue[i] = cover[i].overdue;
        columns->purged[i] = cover[i].purged;
        columns->first_due[i] = cover[i].firsts.due;
        columns->first_held[i] = cover[i].firsts.held;
        columns->first_shown[i] = cover[i].firsts.shown;
        columns->first_read[i] = cover[i].firsts.read;
    }
}

static void keep_firsts(Tocsin__V1__KeptCover *kept,
                        struct cover_columns *columns, size_t count)
{
    kept->n_first_due = kept->n_first_held = count;
    kept->n_first_shown = kept->n_first_read = count;
    kept->first_due = columns->first_due;
    kept->first_held = columns->first_held;
    kept->first_shown = columns->first_shown;
    kept->first_read = columns->first_read;
}

static void keep_cover(const struct keeping *keeping, const struct alert *alert)
{
    struct cover_columns *columns = &keeping->columns->cover;

    for (size_t at = 0; at < alert->cover_count; at += LINES_PER_ENTRY) {
        Tocsin__V1__KeptCover kept = TOCSIN__V1__KEPT_COVER__INIT;
        size_t count = alert->cover_count - at;

        if (count > LINES_PER_ENTRY)
            count = LINES_PER_ENTRY;
        fill_cover(columns, alert->cover + at, count);
        kept.n_nodes = kept.n_held_ms = count;
        kept.n_held_sequence = kept.n_shown_sequence = count;
        kept.nodes = columns->nodes;
        kept.rungs = keep_borrow(columns->rungs, count);
        kept.said = keep_borrow(columns->said, count);
        kept.extra = keep_borrow(columns->extra, count);
        kept.held_ms = columns->held_ms;
        kept.held_sequence = columns->held_seq;
        kept.shown_sequence = columns->shown_seq;
        kept.n_due_ms = alert->ring.steps > 0 ? count : 0;
        kept.due_ms = columns->due_ms;
        if (alert->overdue > 0)
            kept.overdue = keep_borrow(columns->overdue, count);
        if (case_is_sealed(&alert->file))
            kept.purged = keep_borrow(columns->purged, count);
        keep_firsts(&kept, columns, count);
        keep_tell(keeping, TOCSIN__V1__BOOK_ENTRY__KIND_COVER, &kept);
    }
}

static void keep_testimony(const struct keeping *keeping,
                           const struct testimony *testimony)
{
    Tocsin__V1__KeptTestimony kept = TOCSIN__V1__KEPT_TESTIMONY__INIT;

    kept.sequence = testimony->sequence;
    kept.recorded_ms = testimony->recorded_ms;
    kept.node = testimony->node;
    kept.rung = testimony->rung;
    kept.document = keep_borrow(testimony->document, testimony->size);
    kept.relayed_by = keep_text(testimony->relayed_by);
    kept.taken_ms = testimony->taken_ms;
    kept.relayed_ms = testimony->relayed_ms;
    kept.verdict = testimony->verdict;
    kept.duplicate_of = testimony->duplicate_of;
    kept.triaged_by = testimony->triaged_by;
    kept.triaged_ms = testimony->triaged_ms;
    kept.triaged_sequence = testimony->triaged_seq;
    kept.officer = keep_text(testimony->officer);
    kept.unreachable = testimony->unreachable;
    kept.outside = testimony->outside;
    kept.brought_outside = testimony->brought_outside;
    kept.cluster = testimony->cluster;
    kept.overdue = testimony->overdue;
    if (testimony->has_picture)
        kept.picture =
            keep_borrow(testimony->picture, sizeof testimony->picture);
    kept.picture_size = testimony->picture_size;
    kept.pictured_ms = testimony->pictured_ms;
    kept.pictured_sequence = testimony->pictured_seq;
    keep_tell(keeping, TOCSIN__V1__BOOK_ENTRY__KIND_TESTIMONY, &kept);
}

static void keep_look(const struct keeping *keeping, const struct book *book,
                      const struct look *look)
{
    Tocsin__V1__KeptLook kept = TOCSIN__V1__KEPT_LOOK__INIT;
    Tocsin__V1__Looked looked = TOCSIN__V1__LOOKED__INIT;
    const struct principal *gateway = book_number(book, look->relayed_by);

    looked.sighting = look->sighting;
    looked.who = look->who;
    looked.officer = keep_text(look->officer);
    if (gateway != NULL)
        looked.relayed_by = keep_text(gateway->id);
    looked.at_ms = look->at_ms;
    looked.thumbnail = look->thumbnail;
    looked.outside = look->outside;
    kept.sequence = look->sequence;
    kept.recorded_ms = look->recorded_ms;
    kept.look = &looked;
    keep_tell(keeping, TOCSIN__V1__BOOK_ENTRY__KIND_LOOK, &kept);
}

static void fill_alert(Tocsin__V1__KeptAlert *kept, const struct alert *alert)
{
    kept->alert_id = keep_text(alert->id);
    kept->case_number = keep_text(alert->case_number);
    kept->division = keep_text(alert->division);
    kept->owner = alert->owner;
    kept->exercise = alert->exercise;
    kept->state = alert->state;
    kept->revision = alert->revision;
    kept->sequence = alert->sequence;
    kept->report_sequence = alert->report_sequence;
    kept->reported_ms = alert->reported_ms;
    kept->recorded_ms = alert->recorded_ms;
    kept->expires_ms = alert->expires_ms;
    kept->key_id = keep_borrow(alert->key_id, sizeof alert->key_id);
    kept->document = keep_borrow(alert->document, alert->document_size);
    kept->last_alert = keep_borrow(alert->last_alert, alert->last_alert_size);
    kept->thumbnail = keep_borrow(alert->thumbnail, alert->thumbnail_size);
    if (alert->has_picture)
        kept->picture = keep_borrow(alert->picture, sizeof alert->picture);
    kept->n_previous = alert->prefix_count;
    kept->previous = alert->previous;
    kept->n_told = alert->ring.steps > 0 ? alert->prefix_count : 0;
    kept->told = alert->told;
    kept->looks = alert->looks_ever;
    kept->fetches = alert->fetches;
    kept->n_to_ms = sizeof alert->to_ms / sizeof *alert->to_ms;
    kept->to_ms = (int64_t *)(uintptr_t)alert->to_ms;
}

static void fill_ring(Tocsin__V1__RingStand *kept,
                      const struct ring_stand *ring)
{
    kept->from_ms = ring->from_ms;
    kept->reached_ms = ring->reached_ms;
    kept->last_ms = ring->last_ms;
    kept->step = ring->step;
    kept->steps = ring->steps;
    kept->widened_ms = ring->widened_ms;
}

static void keep_alert(const struct keeping *keeping, const struct book *book,
                       const struct alert *alert)
{
    Tocsin__V1__KeptAlert kept = TOCSIN__V1__KEPT_ALERT__INIT;
    Tocsin__V1__RingStand ring = TOCSIN__V1__RING_STAND__INIT;
    char **prefixes = must_calloc(alert->prefix_count + 1, sizeof *prefixes);

    fill_alert(&kept, alert);
    fill_ring(&ring, &alert->ring);
    if (alert->ring.steps > 0)
        kept.ring = &ring;
    for (size_t i = 0; i < alert->prefix_count; i++)
        prefixes[i] = alert->prefixes[i];
    kept.n_prefixes = alert->prefix_count;
    kept.prefixes = prefixes;
    keep_tell(keeping, TOCSIN__V1__BOOK_ENTRY__KIND_ALERT, &kept);
    free(prefixes);
    keep_cover(keeping, alert);
    for (size_t i = 0; i < alert->answer_count; i++)
        keep_testimony(keeping, &alert->answers[i]);
    for (size_t i = 0; i < alert->look_count; i++)
        keep_look(keeping, book, &alert->looks[i]);
    keep_case(keeping, &alert->file);
    keep_alert_samples(keeping, alert);
    keep_seen(keeping, alert->seen);
}

/* ---- topics -------------------------------------------------------------- */

static int by_topic(const void *a, const void *b)
{
    const struct topic_state *left = *(struct topic_state *const *)a;
    const struct topic_state *right = *(struct topic_state *const *)b;

    return strcmp(left->topic, right->topic);
}

static void keep_topics(const struct keeping *keeping, const struct book *book)
{
    struct topic_state **list =
        must_calloc(map_count(book->topics) + 1, sizeof *list);
    size_t count = 0;
    size_t cursor = 0;

    while ((list[count] = map_next(book->topics, &cursor)) != NULL)
        count++;
    qsort(list, count, sizeof *list, by_topic);
    for (size_t i = 0; i < count; i++) {
        Tocsin__V1__KeptTopic kept = TOCSIN__V1__KEPT_TOPIC__INIT;

        kept.topic = list[i]->topic;
        kept.last = list[i]->last;
        kept.count = list[i]->count;
        kept.digest = keep_borrow(list[i]->digest, DIGEST_SIZE);
        keep_tell(keeping, TOCSIN__V1__BOOK_ENTRY__KIND_TOPIC, &kept);
    }
    free(list);
}

static void keep_invitations(const struct keeping *keeping,
                             const struct book *book)
{
    for (size_t i = 0; i < book->invitation_count; i++) {
        const struct invitation *from = &book->invitations[i];
        Tocsin__V1__Invited kept = TOCSIN__V1__INVITED__INIT;

        kept.device = keep_text(from->device);
        kept.gateway = keep_text(from->gateway);
        kept.name = from->name;
        kept.name_en = from->name_en;
        kept.secret_key = keep_borrow(from->secret_key, KEY_SIZE);
        kept.expires_ms = from->expires_ms;
        kept.rekey = from->rekey;
        keep_tell(keeping, TOCSIN__V1__BOOK_ENTRY__KIND_INVITATION, &kept);
    }
}

void book_keep(const struct book *book, const uint8_t *chain, size_t chain_size,
               void (*each)(void *arg, Tocsin__V1__BookEntry *entry), void *arg)
{
    union keep_columns *columns = must_calloc(1, sizeof *columns);
    struct keeping keeping = {each, arg, columns};

    keep_head(&keeping, book, chain, chain_size);
    for (size_t i = 0; i < book->principal_count; i++) {
        keep_principal(&keeping, book->principals[i]);
        keep_seen(&keeping, book->principals[i]->seen);
    }
    for (size_t i = 0; i < book->alert_count; i++)
        keep_alert(&keeping, book, book->alerts[i]);
    keep_topics(&keeping, book);
    keep_invitations(&keeping, book);
    keep_supervisions(&keeping, book);
    for (size_t i = 0; i < book->found_count; i++) {
        keep_found(&keeping, book->found[i]);
        keep_seen(&keeping, book->found[i]->seen);
    }
    keep_loose_samples(&keeping, book);
    free(columns);
}

/* What a state of an earlier version lacks, and yet is what the facts add up
 * to. */
static void drop_later_ones(Tocsin__V1__BookEntry *entry)
{
    if (entry->kind_case == TOCSIN__V1__BOOK_ENTRY__KIND_PRINCIPAL) {
        entry->principal->changed_ms = 0;
        entry->principal->n_silences = 0;
    }
    if (entry->kind_case != TOCSIN__V1__BOOK_ENTRY__KIND_COVER)
        return;
    entry->cover->n_first_due = entry->cover->n_first_held = 0;
    entry->cover->n_first_shown = entry->cover->n_first_read = 0;
}

struct digesting {
    const struct book *book;
    uint8_t *digest;
};

/* Revoking ends an invitation; in earlier versions it did not, and their states
 * have it still. Which ones came after it is not known. */
static bool may_have_ended(const struct book *book,
                           const Tocsin__V1__BookEntry *entry)
{
    const struct principal *whose =
        entry->kind_case == TOCSIN__V1__BOOK_ENTRY__KIND_INVITATION
            ? book_principal(book, entry->invitation->device)
            : NULL;

    return whose != NULL && whose->revoked;
}

static void add_to_digest(void *arg, Tocsin__V1__BookEntry *entry)
{
    const struct digesting *digesting = arg;
    uint8_t both[64];
    uint8_t *packed;
    size_t size;

    if (may_have_ended(digesting->book, entry))
        return;
    drop_later_ones(entry);
    packed = encode(&entry->base, &size);
    memcpy(both, digesting->digest, 32);
    hash_bytes(both + 32, packed, size);
    hash_bytes(digesting->digest, both, sizeof both);
    free(packed);
}

void book_digest(const struct book *book, uint8_t digest[32])
{
    struct digesting digesting = {book, digest};

    memset(digest, 0, 32);
    book_keep(book, NULL, 0, add_to_digest, &digesting);
}
