#include "model_inside.h"

#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "kits.h"
#include "world.h"

struct model *model_new(struct world *world)
{
    struct model *model = must_calloc(1, sizeof *model);

    model->world = world;
    return model;
}

struct model *model_after(struct model *before, uint64_t kept)
{
    struct model *model = model_new(before->world);

    model->before = before;
    model->kept = kept;
    return model;
}

void model_free(struct model *model)
{
    if (model == NULL)
        return;
    model_free(model->before);
    for (size_t i = 0; i < model->alert_count; i++) {
        free(model->alerts[i]->lines);
        free(model->alerts[i]->history);
        free(model->alerts[i]);
    }
    free(model->alerts);
    kits_done(&model->kits);
    for (uint64_t i = 0; i < model->head; i++)
        free(model->facts[i].words);
    free(model->principals);
    free(model->facts);
    free(model->topics);
    free(model);
}

/* ---- questions ----------------------------------------------------------- */

struct model_alert *model_alert(const struct model *model, const char *id)
{
    for (size_t i = 0; i < model->alert_count; i++) {
        if (strcmp(model->alerts[i]->id, id) == 0)
            return model->alerts[i];
    }
    return NULL;
}

uint32_t model_number(const struct model *model, const char *id)
{
    for (size_t i = 0; i < model->principal_count; i++) {
        if (strcmp(model->principals[i].id, id) == 0)
            return (uint32_t)i + 1;
    }
    return 0;
}

bool model_active_node(const struct model *model, uint32_t number)
{
    const struct model_principal *principal = &model->principals[number - 1];

    return number >= 1 && number <= model->principal_count &&
           principal->role == TOCSIN__V1__ROLE__ROLE_CHECKPOINT &&
           !principal->revoked;
}

const struct model_topic *model_topic(const struct model *model,
                                      const char *topic)
{
    for (size_t i = 0; i < model->topic_count; i++) {
        if (strcmp(model->topics[i].topic, topic) == 0)
            return &model->topics[i];
    }
    return NULL;
}

void model_look_up(const struct model *model, const char *id,
                   uint32_t *revision, bool *withdrawn)
{
    const struct model_alert *alert = model_alert(model, id);

    if (alert == NULL)
        return;
    *revision = alert->revision;
    *withdrawn = alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_WITHDRAWN;
}

uint32_t model_revision_at(const struct model_alert *alert, uint64_t sequence)
{
    uint32_t revision = 0;

    while (revision < alert->revision &&
           alert->history[revision].sequence <= sequence)
        revision++;
    return revision;
}

/* ---- principals ---------------------------------------------------------- */

static void enrol(struct model *model, const Tocsin__V1__Principal *from)
{
    uint32_t number = model_number(model, from->id);
    struct model_principal *principal;

    if (number == 0) {
        model->principals =
            must_realloc(model->principals, model->principal_count + 1,
                         sizeof *model->principals);
        number = (uint32_t)++model->principal_count;
    }
    principal = &model->principals[number - 1];
    memset(principal, 0, sizeof *principal);
    strncpy(principal->id, from->id, sizeof principal->id - 1);
    principal->role = from->role;
    principal->kind = from->kind;
    memcpy(principal->division, from->division, 6);
    principal->has_point = from->point != NULL;
    if (from->point != NULL) {
        principal->latitude = from->point->latitude;
        principal->longitude = from->point->longitude;
    }
    memcpy(principal->key, from->public_key.data, KEY_SIZE);
}

/* What was known before opens nothing that comes after. */
static void take_new_keys(struct model *model, uint32_t generation)
{
    if (generation != model->generation + 1)
        broken(model->world,
               "who is revoked or gets another key reads no further",
               "generation %u after %u", generation, model->generation);
    model->generation = generation;
}

static void revoke(struct model *model, const char *id)
{
    uint32_t number = model_number(model, id);

    REQUIRE(number != 0);
    model->principals[number - 1].revoked = true;
}

static void note_principal(struct model *model, struct model_fact *note,
                           const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__Principal *principal = NULL;

    note->told = true;
    if (fact->body_case == TOCSIN__V1__FACT__BODY_REVOKED) {
        revoke(model, fact->revoked->id);
        take_new_keys(model, fact->revoked->generation);
        strncpy(note->principal, fact->revoked->id, sizeof note->principal - 1);
        return;
    }
    if (fact->body_case == TOCSIN__V1__FACT__BODY_FOUNDED) {
        principal = fact->founded->administrator;
        memcpy(model->epoch, fact->founded->epoch.data, EPOCH_SIZE);
        model->generation = 1;
        note->told = false;
    } else {
        principal = fact->enrolled->principal;
        if (fact->enrolled->rekey)
            take_new_keys(model, fact->enrolled->generation);
    }
    enrol(model, principal);
    strncpy(note->principal, principal->id, sizeof note->principal - 1);
    memcpy(note->key, principal->public_key.data, KEY_SIZE);
}

/* ---- all of them --------------------------------------------------------- */

static void note_once(struct model *model, const struct model_fact *note,
                      uint64_t sequence)
{
    for (uint64_t i = 1; i < sequence; i++) {
        const struct model_fact *other = &model->facts[i - 1];

        if (other->kind != note->kind)
            continue;
        if (note->kind != TOCSIN__V1__FACT__BODY_ANSWERED) {
            if (note->has_request && other->actor == note->actor &&
                memcmp(other->request_id, note->request_id, 16) == 0)
                broken(model->world, "each command is recorded once",
                       "as %llu and %llu", (unsigned long long)i,
                       (unsigned long long)sequence);
            continue;
        }
        if (other->node != note->node || other->rung != note->rung)
            continue;
        if (note->rung >= READ &&
            memcmp(other->answer_id, note->answer_id, 16) == 0)
            broken(model->world, "each answer is recorded once",
                   "as %llu and %llu", (unsigned long long)i,
                   (unsigned long long)sequence);
    }
}

static const char *alert_in(const Tocsin__V1__Fact *fact)
{
    switch (fact->body_case) {
    case TOCSIN__V1__FACT__BODY_ALERT_ISSUED:
        return fact->alert_issued->alert_id;
    case TOCSIN__V1__FACT__BODY_ALERT_EXPIRED:
        return fact->alert_expired->alert_id;
    case TOCSIN__V1__FACT__BODY_ANSWERED:
        return fact->answered->alert_id;
    case TOCSIN__V1__FACT__BODY_ANSWERED_TOGETHER:
        return fact->answered_together->alert_id;
    case TOCSIN__V1__FACT__BODY_ALERT_FILED:
        return fact->alert_filed->alert_id;
    case TOCSIN__V1__FACT__BODY_RING_WIDENED:
        return fact->ring_widened->alert_id;
    case TOCSIN__V1__FACT__BODY_CASE_CHANGED:
        return fact->case_changed->alert_id;
    case TOCSIN__V1__FACT__BODY_FELL_SILENT:
        return fact->fell_silent->alert_id;
    case TOCSIN__V1__FACT__BODY_LAB_REPORTED:
        return fact->lab_reported->alert_id;
    case TOCSIN__V1__FACT__BODY_SIGHTING_PICTURED:
        return fact->sighting_pictured->alert_id;
    case TOCSIN__V1__FACT__BODY_LOOKED:
        return fact->looked->alert_id;
    case TOCSIN__V1__FACT__BODY_PURGED:
        return fact->purged->alert_id;
    case TOCSIN__V1__FACT__BODY_CASE_FORGOTTEN:
        return fact->case_forgotten->alert_id;
    default:
        return NULL;
    }
}

static void note_body(struct model *model, struct model_fact *note,
                      uint64_t sequence, const Tocsin__V1__Fact *fact)
{
    switch (fact->body_case) {
    case TOCSIN__V1__FACT__BODY_ALERT_ISSUED:
        model_note_issued(model, note, sequence, fact);
        break;
    case TOCSIN__V1__FACT__BODY_ALERT_EXPIRED:
        model_note_expired(model, note, sequence,
                           fact->alert_expired->alert_id);
        break;
    case TOCSIN__V1__FACT__BODY_ANSWERED:
        model_note_answered(model, note, fact->answered);
        break;
    case TOCSIN__V1__FACT__BODY_ANSWERED_TOGETHER:
        words_note(model, note, fact->answered_together);
        break;
    case TOCSIN__V1__FACT__BODY_RING_WIDENED:
        model_note_widened(model, note, sequence, fact->ring_widened);
        break;
    case TOCSIN__V1__FACT__BODY_ALERT_FILED:
        model_note_filed(model,
                         model_alert(model, fact->alert_filed->alert_id));
        break;
    case TOCSIN__V1__FACT__BODY_RESTORED:
        memcpy(model->epoch, fact->restored->epoch.data, EPOCH_SIZE);
        model->generation = fact->restored->generation;
        break;
    case TOCSIN__V1__FACT__BODY_PUT_UNDER_SUPERVISION:
    case TOCSIN__V1__FACT__BODY_SUPERVISION_LIFTED:
        break;
    case TOCSIN__V1__FACT__BODY_FELL_SILENT:
        model_note_silence(model, note, fact->fell_silent);
        break;
    case TOCSIN__V1__FACT__BODY_CASE_CHANGED:
        model_note_step(model, note, fact->case_changed);
        break;
    case TOCSIN__V1__FACT__BODY_LAB_REPORTED:
        kits_report(model, note, sequence, fact->lab_reported);
        break;
    case TOCSIN__V1__FACT__BODY_SAMPLE_CHECKED:
        kits_checked(model, fact->sample_checked);
        break;
    case TOCSIN__V1__FACT__BODY_SIGHTING_PICTURED:
        check_pictured(model->world, fact->sighting_pictured, sequence);
        note->told =
            !model_alert(model, fact->sighting_pictured->alert_id)->sealed;
        note->sighting = fact->sighting_pictured->sighting;
        break;
    case TOCSIN__V1__FACT__BODY_PURGED:
        model_note_purged(model, note, fact->purged);
        break;
    case TOCSIN__V1__FACT__BODY_CASE_FORGOTTEN:
        model_note_forgotten(model, note, sequence,
                             fact->case_forgotten->alert_id);
        break;
    case TOCSIN__V1__FACT__BODY_LOOKED:
        note->node = fact->looked->who;
        if (fact->looked->picture.len == sizeof note->picture)
            memcpy(note->picture, fact->looked->picture.data,
                   sizeof note->picture);
        break;
    case TOCSIN__V1__FACT__BODY_FOUND_REGISTERED:
        found_note(model, note, sequence, fact->found_registered);
        break;
    case TOCSIN__V1__FACT__BODY_FOUND_FILED:
        found_note_filed(model, note, sequence, fact->found_filed);
        break;
    case TOCSIN__V1__FACT__BODY_FOUND_FORGOTTEN:
        note->told = true;
        note->found_state = TOCSIN__V1__FOUND_STATE__FOUND_STATE_SEALED;
        strncpy(note->found_id, fact->found_forgotten->found_id,
                sizeof note->found_id - 1);
        break;
    case TOCSIN__V1__FACT__BODY_FOUND_RESOLVED:
        note->told = true;
        note->found_state = fact->found_resolved->state;
        strncpy(note->found_id, fact->found_resolved->found_id,
                sizeof note->found_id - 1);
        break;
    default:
        note_principal(model, note, fact);
        break;
    }
}

static void read_one(struct model *model, uint64_t sequence)
{
    struct arena *reading = &model->world->reading;
    size_t before = reading->used;
    const Tocsin__V1__Fact *fact = host_read(model->world, sequence);
    struct model_fact *note;

    REQUIRE(fact != NULL);
    if (sequence > model->fact_room) {
        model->fact_room = model->fact_room * 2 + 64;
        model->facts =
            must_realloc(model->facts, model->fact_room, sizeof *model->facts);
    }
    note = &model->facts[sequence - 1];
    memset(note, 0, sizeof *note);
    note->kind = fact->body_case;
    note->actor = model_number(model, fact->principal);
    note->has_request = fact->request_id.len == 16;
    if (note->has_request)
        memcpy(note->request_id, fact->request_id.data, 16);
    note_body(model, note, sequence, fact);
    for (size_t i = 0; alert_in(fact) != NULL && i < model->alert_count; i++) {
        if (strcmp(model->alerts[i]->id, alert_in(fact)) == 0)
            note->alert = (uint32_t)i + 1;
    }
    note_once(model, note, sequence);
    words_once(model, sequence);
    reading->used = before;
}

void model_read(struct model *model, uint64_t head)
{
    if (head > model->world->host.disk.durable)
        broken(model->world, "nothing is applied that is not recorded",
               "%llu is applied, %zu are fsynced", (unsigned long long)head,
               model->world->host.disk.durable);
    while (model->head < head)
        read_one(model, ++model->head);
}
