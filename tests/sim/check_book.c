/* The live book against the model, and against a book rebuilt from the disk.
 * The one file that looks inside the broker. */
#include <stdarg.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "broker/core_private.h"
#include "checks.h"
#include "crew.h"
#include "faces.h"
#include "domain/keep.h"
#include "domain/purge.h"
#include "domain/samples.h"
#include "kits.h"
#include "world.h"

static void differs(struct world *world, const char *what, const char *which)
{
    broken(world, "the book is what the facts add up to", "%s of %s", what,
           which);
}

static void check_principals(struct world *world, const struct book *book)
{
    const struct model *model = world->model;

    if (book->principal_count != model->principal_count)
        differs(world, "the number", "principals");
    for (size_t i = 0; i < model->principal_count; i++) {
        const struct principal *principal = book->principals[i];
        const struct model_principal *expected = &model->principals[i];

        if (strcmp(principal->id, expected->id) != 0 ||
            principal->revoked != expected->revoked ||
            memcmp(principal->key, expected->key, KEY_SIZE) != 0)
            differs(world, "id, key or revocation", expected->id);
    }
}

/* Who has reached what, counted anew from the model's lines. */
static void check_counts(struct world *world, const struct alert *alert,
                         const struct model_alert *expected)
{
    uint32_t reached[4] = {0};
    uint32_t said[7] = {0};
    uint32_t nodes = 0;

    for (size_t i = 1; i < expected->line_count; i++) {
        const struct model_line *line = &expected->lines[i];
        const struct cover *cover = alert_cover(alert, (uint32_t)i);

        nodes += line->covered;
        if ((cover != NULL) != (line->covered || line->extra) ||
            (cover != NULL &&
             (cover->rung != line->rung || cover->said != line->said ||
              cover->extra != line->extra)))
            differs(world, "a node's line", alert->id);
        for (unsigned rung = 1; line->covered && rung <= line->rung; rung++)
            reached[rung]++;
        for (unsigned rung = 4; line->covered && rung < 7; rung++)
            said[rung] += (line->said & 1U << rung) != 0;
    }
    if (nodes != alert->nodes || expected->sightings != alert->sightings ||
        memcmp(reached + 1, alert->reached + 1, 3 * sizeof *reached) != 0 ||
        memcmp(said + 4, alert->said + 4, 3 * sizeof *said) != 0)
        differs(world, "the board's counts", alert->id);
}

static void check_face(struct world *world, const struct alert *alert,
                       const struct model_alert *expected)
{
    const struct paper *paper = expected->history[expected->revision - 1].paper;
    struct blob face = {alert->thumbnail, alert->thumbnail_size};

    if ((face.data != NULL) != (expected->face != 0) ||
        (face.data != NULL && !paper->withdrawal &&
         face_read(face, paper) != expected->face))
        differs(world, "its thumbnail", expected->id);
}

static void check_alerts(struct world *world, const struct book *book)
{
    const struct model *model = world->model;

    size_t at = 0;

    for (size_t i = 0; i < model->alert_count; i++) {
        const struct model_alert *expected = model->alerts[i];
        const struct alert *alert;

        if (expected->filed)
            continue;
        if (at == book->alert_count)
            differs(world, "the number", "alerts");
        alert = book->alerts[at++];
        if (strcmp(alert->id, expected->id) != 0 ||
            alert->state != expected->state ||
            alert->revision != expected->revision ||
            alert->sequence != expected->sequence ||
            alert->ring.reached_ms != expected->reached_ms ||
            alert->ring.step != expected->step)
            differs(world, "state or revision", expected->id);
        if (alert->file.lead != expected->lead ||
            alert->file.offered != expected->offered ||
            case_is_closed(&alert->file) != expected->closed)
            differs(world, "its lead or its end", expected->id);
        check_face(world, alert, expected);
        if (case_is_sealed(&alert->file) != expected->sealed)
            differs(world, "its sealing", expected->id);
        if (!expected->sealed) /* then whoever may hold it has a line */
            check_counts(world, alert, expected);
    }
    if (at != book->alert_count)
        differs(world, "the number", "alerts");
}

static void check_kits(struct world *world, const struct book *book)
{
    const struct kits *kits = &world->model->kits;

    if (map_count(book->samples) != kits->count)
        differs(world, "the number", "samples");
    for (size_t i = 0; i < kits->count; i++) {
        const struct model_kit *kit = &kits->list[i];
        const struct sample *sample = book_sample_of(book, kit->digest);

        if (sample == NULL || sample->state != kit->state ||
            sample->holds != kit->holds ||
            (sample->alert == NULL) != (kit->alert == NULL) ||
            (sample->alert != NULL &&
             strcmp(sample->alert->id, kit->alert->id) != 0))
            differs(world, "state, case or holds", "a sample");
    }
}

/* Each that was registered and is not filed away is there once, with each of
 * its revisions. */
static void check_found(struct world *world, const struct book *book)
{
    const struct model *model = world->model;

    if (book->found_count != model->found_count)
        differs(world, "the number", "found children");
    for (uint64_t i = 0; i < model->head; i++) {
        const struct model_fact *fact = &model->facts[i];
        const struct found_child *found;

        if (fact->kind != TOCSIN__V1__FACT__BODY_FOUND_REGISTERED)
            continue;
        found = book_found(book, fact->found_id);
        if (fact->filed && found == NULL)
            continue;
        if (fact->filed || found == NULL ||
            found->revision_count < fact->revision ||
            found->revisions[fact->revision - 1].sequence != i + 1)
            differs(world, "a revision", fact->found_id);
    }
}

void check_book(struct world *world)
{
    const struct book *book;

    if (world->host.broker == NULL)
        return;
    book = broker_book(world->host.broker);
    model_read(world->model, book->head);
    if (book->generation != world->model->generation)
        differs(world, "the generation", "the keys");
    check_principals(world, book);
    check_alerts(world, book);
    check_kits(world, book);
    check_found(world, book);
}

/* ---- rebuilt ------------------------------------------------------------- */

struct lines {
    char **list;
    size_t count;
};

static void PRINTF(2, 3) add(struct lines *lines, const char *format, ...)
{
    char text[1000];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    lines->list =
        must_realloc(lines->list, lines->count + 1, sizeof *lines->list);
    lines->list[lines->count++] = must_strdup(text);
}

static const char *hex(const void *bytes, size_t size)
{
    static char text[2 * 64 + 1];
    uint8_t hash[32];

    if (size <= 16)
        return hex_encode(text, bytes, size);
    hash_bytes(hash, bytes, size);
    return hex_encode(text, hash, 8);
}

static void dump_seen(struct lines *lines, const char *owner,
                      const struct seen *seen)
{
    for (; seen != NULL; seen = seen->next)
        add(lines, "seen %s %llu %s %s %u %u", owner,
            (unsigned long long)seen->sequence, hex(seen->digest, 8),
            seen->alert != NULL ? seen->alert->id : "-", seen->revision,
            seen->nodes);
}

static void dump_principal(struct lines *lines,
                           const struct principal *principal)
{
    add(lines, "principal %u %s %d %d %s %s %f %f %d %s %d %s %llu",
        principal->number, principal->id, (int)principal->role,
        (int)principal->kind, principal->name, principal->name_en,
        principal->point.latitude, principal->point.longitude,
        principal->has_point, principal->division, principal->revoked,
        hex(principal->curve, KEY_SIZE),
        (unsigned long long)principal->enrolled);
    dump_seen(lines, principal->id, principal->seen);
}

static void dump_lines(struct lines *lines, const struct alert *alert)
{
    for (size_t i = 0; i < alert->cover_count; i++) {
        const struct cover *cover = &alert->cover[i];

        add(lines, "line %s %u %d %d %d %u %u %llu %llu", alert->id,
            cover->node, cover->rung, cover->said, cover->extra, cover->held_ms,
            cover->due_ms, (unsigned long long)cover->held_seq,
            (unsigned long long)cover->shown_seq);
    }
    for (size_t i = 0; i < alert->answer_count; i++) {
        const struct testimony *answer = &alert->answers[i];

        add(lines, "answer %s %llu %lld %u %d %s %s", alert->id,
            (unsigned long long)answer->sequence,
            (long long)answer->recorded_ms, answer->node, (int)answer->rung,
            answer->relayed_by, hex(answer->document, answer->size));
    }
    for (size_t i = 0; i < alert->prefix_count; i++)
        add(lines, "prefix %s %s %llu %llu", alert->id, alert->prefixes[i],
            (unsigned long long)alert->previous[i],
            (unsigned long long)alert->told[i]);
}

static void dump_alert(struct lines *lines, const struct alert *alert)
{
    add(lines, "alert %s %s %s %u %d %d %u %llu %llu %lld %lld %lld %s",
        alert->id, alert->case_number, alert->division, alert->owner,
        alert->exercise, (int)alert->state, alert->revision,
        (unsigned long long)alert->sequence,
        (unsigned long long)alert->report_sequence,
        (long long)alert->reported_ms, (long long)alert->recorded_ms,
        (long long)alert->expires_ms, hex(alert->key_id, 16));
    add(lines, "triaged %s %llu", alert->id,
        (unsigned long long)alert->triaged);
    add(lines, "document %s %s", alert->id,
        hex(alert->document, alert->document_size));
    add(lines, "last %s %s", alert->id,
        hex(alert->last_alert, alert->last_alert_size));
    add(lines, "counts %s %u %u %u %u %u %u %u %u %lld %lld %lld", alert->id,
        alert->nodes, alert->reached[1], alert->reached[2], alert->reached[3],
        alert->said[4], alert->said[5], alert->said[6], alert->sightings,
        (long long)alert->to_ms[0], (long long)alert->to_ms[1],
        (long long)alert->to_ms[2]);
    add(lines, "ring %s %lld %lld %lld %u %u %lld", alert->id,
        (long long)alert->ring.from_ms, (long long)alert->ring.reached_ms,
        (long long)alert->ring.last_ms, alert->ring.step, alert->ring.steps,
        (long long)alert->ring.widened_ms);
    dump_lines(lines, alert);
    for (size_t i = 0; i < alert->match_count; i++)
        add(lines, "match %s %llu %u %s %zu %d %u %d", alert->id,
            (unsigned long long)alert->matches[i].sequence,
            alert->matches[i].laboratory, hex(alert->matches[i].child, 16),
            alert->matches[i].kin_count, (int)alert->matches[i].decision,
            alert->matches[i].decided_by, alert->matches[i].overdue);
    dump_seen(lines, alert->id, alert->seen);
}

static void dump_found(struct lines *lines, const struct found_child *found)
{
    add(lines, "found %s %s %d %lld %lld %lld %s %s %s %u %llu %s", found->id,
        found->division, (int)found->state, (long long)found->since_ms,
        (long long)found->registered_ms, (long long)found->recorded_ms,
        hex(found->key_id, 16), found->alert_id, found->relayed_by,
        found->resolved_by, (unsigned long long)found->resolved_seq,
        hex(found->document, found->size));
    add(lines, "found order %s %s", found->id,
        hex(found->order, found->order_size));
    for (size_t i = 0; i < found->revision_count; i++)
        add(lines, "found revision %s %llu %u %s", found->id,
            (unsigned long long)found->revisions[i].sequence,
            found->revisions[i].by, hex(found->revisions[i].digest, 8));
    dump_seen(lines, found->id, found->seen);
}

static void dump_rest(struct lines *lines, const struct book *book)
{
    const struct topic_state *topic;
    const struct sample *sample;
    size_t cursor = 0;

    while ((topic = map_next(book->topics, &cursor)) != NULL)
        add(lines, "topic %s %llu %u %s", topic->topic,
            (unsigned long long)topic->last, topic->count,
            hex(topic->digest, DIGEST_SIZE));
    cursor = 0;
    while ((sample = map_next(book->samples, &cursor)) != NULL)
        add(lines, "sample %s %d %s %d %s %s %u %u %llu %lld %u %d %d",
            hex(sample->digest, 16), sample->numberless, sample->kit,
            (int)sample->state, sample->alert != NULL ? sample->alert->id : "-",
            sample->reason != NULL ? sample->reason : "-", sample->by,
            sample->laboratory, (unsigned long long)sample->sequence,
            (long long)sample->since_ms, sample->holds, sample->overdue,
            sample->found_filed);
    add(lines, "book %llu %u %u %s", (unsigned long long)book->head,
        book->generation, book->serial, hex(book->epoch, EPOCH_SIZE));
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct lines dump(const struct book *book)
{
    struct lines lines = {0};

    for (size_t i = 0; i < book->principal_count; i++)
        dump_principal(&lines, book->principals[i]);
    for (size_t i = 0; i < book->alert_count; i++)
        dump_alert(&lines, book->alerts[i]);
    for (size_t i = 0; i < book->found_count; i++)
        dump_found(&lines, book->found[i]);
    dump_rest(&lines, book);
    qsort(lines.list, lines.count, sizeof *lines.list, by_text);
    return lines;
}

static void compare(struct world *world, const struct lines *live,
                    const struct lines *rebuilt)
{
    for (size_t i = 0; i < live->count || i < rebuilt->count; i++) {
        const char *a = i < live->count ? live->list[i] : "nothing";
        const char *b = i < rebuilt->count ? rebuilt->list[i] : "nothing";

        if (strcmp(a, b) != 0)
            broken(world, "a book rebuilt from the journal is the same book",
                   "live: %s; rebuilt: %s", a, b);
    }
}

/* With all that a state has that is written down. */
static void compare_digests(struct world *world, const struct book *live,
                            const struct book *rebuilt)
{
    uint8_t of_live[32];
    uint8_t of_rebuilt[32];

    book_digest(live, of_live);
    book_digest(rebuilt, of_rebuilt);
    if (memcmp(of_live, of_rebuilt, sizeof of_live) != 0)
        broken(world, "a book rebuilt from the journal is the same book",
               "what is written down of them differs");
}

static void lines_done(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->list[i]);
    free(lines->list);
}

void check_rebuilt(struct world *world)
{
    const struct broker *live = world->host.broker;
    struct vault *vault = host_vault(&world->host);
    struct broker *other =
        broker_new(&live->config, &live->ports, world->divisions, vault);
    struct lines of_live = dump(live->book);
    struct lines of_other;

    for (size_t i = 0; i < live->book->head; i++)
        REQUIRE(broker_replay(other, &world->host.disk.sheets[i].record,
                              NULL) == STATUS_OK);
    of_other = dump(other->book);
    compare(world, &of_live, &of_other);
    compare_digests(world, live->book, other->book);
    lines_done(&of_live);
    lines_done(&of_other);
    broker_free(other);
    vault_free(vault);
}

/* ---- purged ---- */

static const char *lack_of(const struct alert *alert,
                           const struct principal *node)
{
    static char text[120];

    snprintf(text, sizeof text, "%s: %s is sealed, and not purged there",
             node->id, alert->id);
    return text;
}

/* Nodes; a gateway that is a person here has no terminal. */
const char *check_purges_lack(const struct world *world)
{
    const struct book *book = broker_book(world->host.broker);

    for (size_t i = 0; i < book->alert_count; i++) {
        const struct alert *alert = book->alerts[i];

        for (size_t j = 0;
             case_is_sealed(&alert->file) && j < alert->cover_count; j++) {
            const struct principal *node =
                book_number(book, alert->cover[j].node);

            if (purge_is_due(book, &alert->cover[j]) &&
                strcmp(node->id, "van") != 0 &&
                !(strcmp(node->id, CREW_GATEWAY) == 0 &&
                  crew_waits_about(world->people.crew, alert->id)))
                return lack_of(alert, node);
        }
    }
    return NULL;
}

/* ---- quiet --------------------------------------------------------------- */

const char *check_quiet(struct world *world)
{
    const struct broker *broker = world->host.broker;

    if (broker->pending_count != 0 || broker->first_pending != NULL)
        return "the broker: a fact is under way";
    if (map_count(broker->inflight) != 0)
        return "the broker: a command is remembered as under way";
    if (map_count(broker->locks) != 0 || broker->queued_count != 0)
        return "the broker: a case is locked";
    for (size_t i = 0; i < broker->presence_room; i++) {
        if (broker->presence[i].under_way != 0)
            return "the broker: it believes that somebody waits";
    }
    if (check_owes(world))
        return "the broker: a request is not answered";
    return NULL;
}
