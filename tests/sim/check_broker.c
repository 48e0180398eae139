/* What comes to the broker, and what it answers. */
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "world.h"

static bool is_done(Tocsin__V1__Status status)
{
    return status == TOCSIN__V1__STATUS__STATUS_RECORDED ||
           status == TOCSIN__V1__STATUS__STATUS_DUPLICATE;
}

/* ---- requests ------------------------------------------------------------ */

static void note_answer(struct world *world, struct open_request *open,
                        const Tocsin__V1__Request *request)
{
    const Tocsin__V1__Answer *answer = tocsin__v1__answer__unpack(
        &world->reading.allocator, request->acknowledge->answer->content.len,
        request->acknowledge->answer->content.data);

    REQUIRE(answer != NULL);
    strncpy(open->answer_of, answer->node, sizeof open->answer_of - 1);
    memcpy(open->alert_id, answer->alert_id, ULID_SIZE);
    open->revision = answer->revision;
    open->rung = answer->rung;
    memcpy(open->answer_id, answer->answer_id.data, 16);
}

bool check_owes(const struct world *world)
{
    for (const struct open_request *open = world->host.open; open != NULL;
         open = open->next) {
        const struct model_alert *alert =
            open->piece ? model_alert(world->model, open->alert_id) : NULL;

        /* what is sealed goes, and whoever brings it has to ask again */
        if (!open->overtaken && (alert == NULL || !alert->sealed))
            return true;
    }
    return false;
}

void check_request(struct world *world, uint32_t connection,
                   const uint8_t *bytes, size_t size)
{
    size_t before = world->reading.used;
    const Tocsin__V1__Request *request =
        tocsin__v1__request__unpack(&world->reading.allocator, size, bytes);
    struct open_request *open;

    REQUIRE(request != NULL && request->request_id.len == 16);
    if (request->body_case != TOCSIN__V1__REQUEST__BODY_FOLLOW) {
        open = must_calloc(1, sizeof *open);
        open->connection = connection;
        memcpy(open->id, request->request_id.data, 16);
        open->command = request->body_case >= TOCSIN__V1__REQUEST__BODY_REPORT;
        if (request->body_case == TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE)
            note_answer(world, open, request);
        if (request->body_case == TOCSIN__V1__REQUEST__BODY_PUT_PICTURE)
            check_piece_came(world, open, request->put_picture);
        if (request->body_case == TOCSIN__V1__REQUEST__BODY_GET_PICTURE)
            check_asked(world, open, request->get_picture);
        open->next = world->host.open;
        world->host.open = open;
    }
    world->reading.used = before;
}

static struct open_request *take_open(struct world *world, uint32_t connection,
                                      const uint8_t id[16])
{
    for (struct open_request **at = &world->host.open; *at != NULL;
         at = &(*at)->next) {
        struct open_request *open = *at;

        if (open->connection != connection || memcmp(open->id, id, 16) != 0)
            continue;
        *at = open->next;
        return open;
    }
    return NULL;
}

/* ---- replies ------------------------------------------------------------- */

static const struct model_fact *fact_named(struct world *world,
                                           const Tocsin__V1__Reply *reply)
{
    if (reply->sequence == 0 || reply->sequence > world->host.disk.durable)
        broken(world, "recorded means kept",
               "a reply names %llu, %zu are fsynced",
               (unsigned long long)reply->sequence, world->host.disk.durable);
    model_read(world->model, broker_book(world->host.broker)->head);
    if (reply->sequence > world->model->head)
        broken(world, "recorded means kept",
               "a reply names %llu, %llu are applied",
               (unsigned long long)reply->sequence,
               (unsigned long long)world->model->head);
    return &world->model->facts[reply->sequence - 1];
}

static void check_answer_named(struct world *world,
                               const struct open_request *open,
                               const Tocsin__V1__Reply *reply)
{
    const struct model_fact *fact = fact_named(world, reply);
    const struct model_alert *alert = model_alert(world->model, open->alert_id);
    bool same = model_says(fact, model_number(world->model, open->answer_of),
                           open->rung);

    if (open->rung >= TOCSIN__V1__RUNG__RUNG_READ)
        same = same && memcmp(fact->answer_id, open->answer_id, 16) == 0;
    else
        same = same && alert != NULL &&
               world->model->alerts[fact->alert - 1] == alert &&
               fact->revision == open->revision;
    if (!same)
        broken(world, "an answer's reply names the fact that records it",
               "%s %s r%u: %llu", open->answer_of, open->alert_id,
               open->revision, (unsigned long long)reply->sequence);
}

static void check_errand_named(struct world *world, const struct errand *errand,
                               const struct model_fact *fact)
{
    switch (errand->kind) {
    case ERRAND_ISSUE:
        if (fact->kind == TOCSIN__V1__FACT__BODY_ALERT_ISSUED &&
            strcmp(world->model->alerts[fact->alert - 1]->id,
                   errand->paper->alert_id) == 0 &&
            fact->revision == errand->paper->revision)
            return;
        break;
    case ERRAND_ENROL:
    case ERRAND_REKEY:
        if (fact->kind == TOCSIN__V1__FACT__BODY_ENROLLED &&
            strcmp(fact->principal, errand->node->bundle.id) == 0)
            return;
        break;
    case ERRAND_HAND:
        if (fact->kind == TOCSIN__V1__FACT__BODY_ENROLLED)
            return;
        break;
    case ERRAND_REVOKE:
        if (fact->kind == TOCSIN__V1__FACT__BODY_REVOKED &&
            strcmp(fact->principal, errand->node->bundle.id) == 0)
            return;
        break;
    case ERRAND_ORDER:
        if (fact->kind == TOCSIN__V1__FACT__BODY_CASE_CHANGED)
            return;
        break;
    case ERRAND_WORD: /* an officer may have said that it failed */
        if (fact->kind == TOCSIN__V1__FACT__BODY_LAB_REPORTED ||
            fact->kind == TOCSIN__V1__FACT__BODY_CASE_CHANGED)
            return;
        break;
    case ERRAND_QUESTION:
        if (fact->kind == TOCSIN__V1__FACT__BODY_SAMPLE_CHECKED)
            return;
        break;
    case ERRAND_FOUND:
        if (fact->kind == TOCSIN__V1__FACT__BODY_FOUND_REGISTERED &&
            strcmp(fact->found_id, errand->foundling->found_id) == 0 &&
            fact->revision == errand->revision)
            return;
        break;
    case ERRAND_RESOLVE:
        if (fact->kind == TOCSIN__V1__FACT__BODY_FOUND_RESOLVED)
            return;
        break;
    case ERRAND_RELAY:
    case ERRAND_FOLLOW:
    case ERRAND_PUT:
    case ERRAND_PEEK:
        return;
    }
    broken(world, "what was answered has exactly that effect", "%s",
           errand->person->bundle.id);
}

static void check_command_named(struct world *world,
                                const struct open_request *open,
                                const Tocsin__V1__Reply *reply)
{
    const struct model_fact *fact = fact_named(world, reply);
    const struct errand *errand = people_errand(world, open->id);
    /* these are the same when they say the same */
    bool same = fact->kind == TOCSIN__V1__FACT__BODY_ENROLLED ||
                fact->kind == TOCSIN__V1__FACT__BODY_FOUND_REGISTERED ||
                fact->kind == TOCSIN__V1__FACT__BODY_PURGED ||
                (errand != NULL && errand->kind == ERRAND_WORD);

    if (!same &&
        (!fact->has_request || memcmp(fact->request_id, open->id, 16) != 0))
        broken(world, "a command's reply names the fact that records it",
               "%llu is another's", (unsigned long long)reply->sequence);
    if (errand != NULL)
        check_errand_named(world, errand, fact);
}

static void check_body(struct world *world, uint32_t connection,
                       const Tocsin__V1__Reply *reply)
{
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_PUSH &&
        reply->push->kind_case == TOCSIN__V1__FEED_PAYLOAD__KIND_NOTICE) {
        check_notice(world, reply->push->notice);
        check_told_to(world, connection, reply->push->notice, true);
    }
    if (reply->body_case != TOCSIN__V1__REPLY__BODY_SYNC_PAGE)
        return;
    for (size_t i = 0; i < reply->sync_page->n_notices; i++) {
        check_notice(world, reply->sync_page->notices[i]);
        check_told_to(world, connection, reply->sync_page->notices[i], false);
    }
}

static uint32_t connection_of(const struct route *route)
{
    uint32_t connection = 0;

    for (int i = 0; i < 4; i++)
        connection = connection << 8 | route->bytes[1 + i];
    return connection;
}

static void check_answering(struct world *world, const struct route *route,
                            const Tocsin__V1__Reply *reply)
{
    uint32_t connection = connection_of(route);
    struct open_request *open;

    if (connection == 0 || reply->request_id.len != 16 ||
        reply->body_case == TOCSIN__V1__REPLY__BODY_EVENT_LIST)
        return;
    open = take_open(world, connection, reply->request_id.data);
    if (open == NULL) {
        const struct errand *errand =
            people_errand(world, reply->request_id.data);

        if (errand == NULL || errand->kind != ERRAND_FOLLOW)
            broken(world, "each request is answered once",
                   "a reply that nobody waits for");
        return;
    }
    if (is_done(reply->status) && open->answer_of[0] != '\0')
        check_answer_named(world, open, reply);
    else if (is_done(reply->status) && open->piece)
        check_piece_named(world, open, fact_named(world, reply));
    else if (reply->body_case == TOCSIN__V1__REPLY__BODY_PICTURE_CHUNK)
        check_given(world, open, reply->picture_chunk);
    else if (is_done(reply->status) && open->command)
        check_command_named(world, open, reply);
    free(open);
}

void check_reply(struct world *world, const struct route *route,
                 const uint8_t *bytes, size_t size)
{
    size_t before = world->reading.used;
    const Tocsin__V1__Reply *reply =
        tocsin__v1__reply__unpack(&world->reading.allocator, size, bytes);

    REQUIRE(reply != NULL);
    check_answering(world, route, reply);
    check_body(world, connection_of(route), reply);
    world->reading.used = before;
}

/* ---- facts --------------------------------------------------------------- */

static void check_coverage(struct world *world,
                           const Tocsin__V1__AlertIssued *issued,
                           const struct model_alert *before)
{
    const struct model *model = world->model;
    const struct paper *paper = model_paper(world->model, issued);
    bool *expected =
        aim_coverage(model, before, paper,
                     issued->ring != NULL ? issued->ring->reached_ms : 0);
    bool *covered = must_calloc(model->principal_count + 1, sizeof *covered);
    uint32_t number = 0;

    for (size_t i = 0; i < issued->n_coverage; i++) {
        number += issued->coverage[i];
        REQUIRE(number <= model->principal_count);
        covered[number] = true;
    }
    for (number = 1; number <= model->principal_count; number++) {
        if (expected[number] != covered[number])
            broken(world, "the coverage is exactly the target", "%s r%u: %s",
                   issued->alert_id, issued->revision,
                   model->principals[number - 1].id);
    }
    free(expected);
    free(covered);
}

static bool reaches(const Tocsin__V1__AlertIssued *issued, const char *division)
{
    unsigned holders = 0;

    for (size_t i = 0; i < issued->n_prefixes; i++)
        holders += prefix_holds(issued->prefixes[i], division);
    return holders == 1;
}

static void check_topics(struct world *world,
                         const Tocsin__V1__AlertIssued *issued,
                         const struct model_alert *before)
{
    const struct model *model = world->model;
    uint32_t number = 0;

    for (size_t i = 0; i < issued->n_coverage; i++) {
        number += issued->coverage[i];
        if (!reaches(issued, model->principals[number - 1].division))
            broken(world, "the topics hold everybody in the coverage once",
                   "%s r%u: %s", issued->alert_id, issued->revision,
                   model->principals[number - 1].id);
    }
    for (size_t i = 0; before != NULL && i < before->prefix_count; i++) {
        if (!reaches(issued, before->prefixes[i]))
            broken(world, "what was reached once is reached again",
                   "%s r%u: %s", issued->alert_id, issued->revision,
                   before->prefixes[i]);
    }
}

static void check_issued(struct world *world,
                         const Tocsin__V1__AlertIssued *issued)
{
    const struct model_alert *before =
        model_alert(world->model, issued->alert_id);

    if (vault_is_destroyed(world->host.vault, issued->key_id.data))
        broken(world, "nothing is recorded of a child that is forgotten",
               "%s r%u", issued->alert_id, issued->revision);
    if (issued->handed_back_by[0] != '\0')
        check_handed_back(world, issued);
    else if (issued->revision != (before != NULL ? before->revision : 0) + 1)
        broken(world, "revisions follow one another", "%s r%u",
               issued->alert_id, issued->revision);
    if (before != NULL &&
        before->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_WITHDRAWN)
        broken(world, "what is withdrawn stays withdrawn", "%s r%u",
               issued->alert_id, issued->revision);
    check_ring_issued(world, model_paper(world->model, issued), issued->ring);
    check_coverage(world, issued, before);
    check_topics(world, issued, before);
}

static void check_expired(struct world *world, const char *alert_id)
{
    const struct model_alert *alert = model_alert(world->model, alert_id);

    if (alert == NULL ||
        alert->state != TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE ||
        alert->expires_ms > host_moment(world).wall_ms)
        broken(world, "nothing expires before its time", "%s", alert_id);
}

void check_append(struct world *world, const struct record *record)
{
    size_t before = world->reading.used;
    const Tocsin__V1__Fact *fact = tocsin__v1__fact__unpack(
        &world->reading.allocator, record->body_size, record->body);

    REQUIRE(fact != NULL);
    model_read(world->model, broker_book(world->host.broker)->head);
    if (record->time_ms != host_moment(world).wall_ms)
        broken(world, "facts carry the time that the clock tells", "%lld",
               (long long)record->time_ms);
    if (fact->body_case == TOCSIN__V1__FACT__BODY_ALERT_ISSUED)
        check_issued(world, fact->alert_issued);
    else if (fact->body_case == TOCSIN__V1__FACT__BODY_ALERT_EXPIRED)
        check_expired(world, fact->alert_expired->alert_id);
    else if (fact->body_case == TOCSIN__V1__FACT__BODY_RING_WIDENED)
        check_widened(world, fact->ring_widened);
    else if (fact->body_case == TOCSIN__V1__FACT__BODY_SIGHTING_PICTURED)
        check_pictured_append(world, fact->sighting_pictured);
    world->reading.used = before;
}

void check_broker(struct world *world)
{
    if (world->host.broker != NULL)
        model_read(world->model, broker_book(world->host.broker)->head);
}
