/* The live book against the model, and against a book rebuilt from the disk.
 * The one file that looks inside the broker. */
#include <stdlib.h>
#include <string.h>

#include "book_lines.h"
#include "broker/core_private.h"
#include "checks.h"
#include "crew.h"
#include "faces.h"
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

static void compare(struct world *world, const struct book *live,
                    const struct book *rebuilt)
{
    struct book_lines of_live = book_lines(live);
    struct book_lines of_rebuilt = book_lines(rebuilt);
    char *what = book_lines_differ(&of_live, &of_rebuilt);

    if (what != NULL)
        broken(world, "a book rebuilt from the journal is the same book",
               "live, and rebuilt: %s", what);
    book_lines_done(&of_live);
    book_lines_done(&of_rebuilt);
}

void check_rebuilt(struct world *world)
{
    const struct broker *live = world->host.broker;
    struct vault *vault = host_vault(&world->host);
    struct broker *other =
        broker_new(&live->config, &live->ports, world->divisions, vault);

    for (size_t i = 0; i < live->book->head; i++)
        REQUIRE(broker_replay(other, &world->host.disk.sheets[i].record,
                              NULL) == STATUS_OK);
    compare(world, live->book, other->book);
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
