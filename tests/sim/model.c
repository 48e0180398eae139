#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "faces.h"
#include "kits.h"
#include "world.h"

#define HELD TOCSIN__V1__RUNG__RUNG_HELD
#define READ TOCSIN__V1__RUNG__RUNG_READ

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
        model->generation = fact->revoked->generation;
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
            model->generation = fact->enrolled->generation;
    }
    enrol(model, principal);
    strncpy(note->principal, principal->id, sizeof note->principal - 1);
    memcpy(note->key, principal->public_key.data, KEY_SIZE);
}

/* ---- alerts -------------------------------------------------------------- */

static struct model_alert *add_alert(struct model *model, const char *id)
{
    struct model_alert *alert = must_calloc(1, sizeof *alert);

    model->alerts = must_realloc(model->alerts, model->alert_count + 1,
                                 sizeof *model->alerts);
    model->alerts[model->alert_count++] = alert;
    memcpy(alert->id, id, ULID_SIZE);
    return alert;
}

static void link_topic(struct model *model, struct model_alert *alert, size_t i,
                       uint64_t sequence)
{
    char topic[TOPIC_MAX];
    size_t at = 0;

    alert->told[i] = sequence;
    topic_make(topic, alert->exercise, alert->prefixes[i]);
    while (at < model->topic_count &&
           strcmp(model->topics[at].topic, topic) != 0)
        at++;
    if (at == model->topic_count) {
        model->topics = must_realloc(model->topics, ++model->topic_count,
                                     sizeof *model->topics);
        memset(&model->topics[at], 0, sizeof *model->topics);
        memcpy(model->topics[at].topic, topic, strlen(topic));
    }
    model->topics[at].before = model->topics[at].last;
    model->topics[at].last = sequence;
}

static void link_topics(struct model *model, struct model_alert *alert,
                        uint64_t sequence)
{
    alert->sequence = sequence;
    for (size_t i = 0; i < alert->prefix_count; i++)
        link_topic(model, alert, i, sequence);
}

/* What is sealed on the disk, opened with the case's key. When that is gone, as
 * it was read before. */
const struct paper *model_paper(struct model *model,
                                const Tocsin__V1__AlertIssued *issued)
{
    struct world *world = model->world;
    size_t size = issued->document.len - VAULT_OVERHEAD;
    const struct paper *paper = NULL;
    uint8_t *plain = must_calloc(1, size + 1);

    if (vault_open(world->host.vault, issued->key_id.data,
                   issued->document.data, issued->document.len, plain))
        paper = paper_of_bytes(&world->papers, plain, size);
    else if (vault_is_destroyed(world->host.vault, issued->key_id.data))
        paper = past_paper(model->before, issued->alert_id, issued->revision);
    free(plain);
    if (paper == NULL || strcmp(paper->alert_id, issued->alert_id) != 0 ||
        paper->revision != issued->revision ||
        paper->withdrawal != issued->withdrawal)
        broken(world, "what is recorded is what a centre has signed", "%s r%u",
               issued->alert_id, issued->revision);
    return paper;
}

static void cover(struct model *model, struct model_alert *alert,
                  const Tocsin__V1__AlertIssued *issued)
{
    struct model_line *before = alert->lines;
    size_t before_count = alert->line_count;
    uint32_t number = 0;

    alert->line_count = model->principal_count + 1;
    alert->lines = must_calloc(alert->line_count, sizeof *alert->lines);
    for (size_t i = 0; i < before_count && i < alert->line_count; i++)
        alert->lines[i].once = before[i].once || before[i].covered;
    free(before);
    for (size_t i = 0; i < issued->n_coverage; i++) {
        number += issued->coverage[i];
        alert->lines[number].covered = true;
    }
}

/* What is handed back leaves out what nobody held any more. */
static void add_revision(struct model *model, struct model_alert *alert,
                         uint64_t sequence,
                         const Tocsin__V1__AlertIssued *issued)
{
    bool handed_back = issued->handed_back_by[0] != '\0';

    if (issued->revision <= alert->revision ||
        (issued->revision != alert->revision + 1 && !handed_back))
        broken(model->world, "revisions follow one another", "%s r%u after r%u",
               alert->id, issued->revision, alert->revision);
    alert->history =
        must_realloc(alert->history, issued->revision, sizeof *alert->history);
    while (alert->revision < issued->revision)
        alert->history[alert->revision++] =
            (struct model_revision){sequence, NULL, 0};
}

static void note_issued(struct model *model, struct model_fact *note,
                        uint64_t sequence, const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__AlertIssued *issued = fact->alert_issued;
    const struct paper *paper = model_paper(model, issued);
    uint32_t face = face_recorded(model, fact, paper);
    struct model_alert *alert = model_alert(model, issued->alert_id);

    if (alert == NULL)
        alert = add_alert(model, issued->alert_id);
    add_revision(model, alert, sequence, issued);
    alert->history[alert->revision - 1] =
        (struct model_revision){sequence, paper, 0};
    if (!issued->withdrawal) {
        alert->face = face;
        alert->reached_ms = issued->ring != NULL ? issued->ring->reached_ms : 0;
        alert->step = issued->ring != NULL ? issued->ring->step : 0;
    }
    alert->history[alert->revision - 1].reached_ms = alert->reached_ms;
    alert->exercise = issued->exercise;
    alert->state = issued->withdrawal
                       ? TOCSIN__V1__ALERT_STATE__ALERT_STATE_WITHDRAWN
                       : TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE;
    alert->expires_ms = issued->expires_ms;
    memcpy(alert->key_id, issued->key_id.data, 16);
    alert->prefix_count = issued->n_prefixes;
    for (size_t i = 0; i < issued->n_prefixes; i++)
        strncpy(alert->prefixes[i], issued->prefixes[i], 6);
    cover(model, alert, issued);
    link_topics(model, alert, sequence);
    note->told = true;
    note->revision = issued->revision;
}

struct model_line *model_line(struct model_alert *alert, uint32_t number)
{
    if (number >= alert->line_count) {
        alert->lines =
            must_realloc(alert->lines, number + 1, sizeof *alert->lines);
        memset(alert->lines + alert->line_count, 0,
               (number + 1 - alert->line_count) * sizeof *alert->lines);
        alert->line_count = number + 1;
    }
    return &alert->lines[number];
}

/* Those that were there keep what they have reached. */
static void note_widened(struct model *model, struct model_fact *note,
                         uint64_t sequence,
                         const Tocsin__V1__RingWidened *widened)
{
    struct model_alert *alert = model_alert(model, widened->alert_id);
    struct model_alert before = *alert;
    uint32_t number = 0;

    for (size_t i = 0; i < widened->n_coverage; i++) {
        struct model_line *line;

        number += widened->coverage[i];
        line = model_line(alert, number);
        line->covered = true;
        line->extra = false;
    }
    alert->reached_ms = widened->reached_ms;
    alert->step = widened->step;
    alert->history[alert->revision - 1].reached_ms = widened->reached_ms;
    alert->sequence = sequence;
    alert->prefix_count = widened->n_prefixes;
    for (size_t i = 0; i < widened->n_prefixes; i++) {
        memset(alert->prefixes[i], 0, sizeof alert->prefixes[i]);
        memcpy(alert->prefixes[i], widened->prefixes[i],
               strlen(widened->prefixes[i]));
        for (size_t j = 0; j < before.prefix_count; j++) {
            if (strcmp(before.prefixes[j], alert->prefixes[i]) == 0)
                alert->told[i] = before.told[j];
        }
        for (size_t j = 0; j < widened->n_told; j++) {
            if (strcmp(widened->told[j], alert->prefixes[i]) == 0)
                link_topic(model, alert, i, sequence);
        }
    }
    note->told = true;
    note->revision = widened->revision;
}

static void note_expired(struct model *model, struct model_fact *note,
                         uint64_t sequence, const char *id)
{
    struct model_alert *alert = model_alert(model, id);

    REQUIRE(alert != NULL);
    if (alert->state != TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE)
        return;
    alert->state = TOCSIN__V1__ALERT_STATE__ALERT_STATE_EXPIRED;
    link_topics(model, alert, sequence);
    note->told = true;
}

/* ---- answers ------------------------------------------------------------- */

bool model_climb(struct model_line *line, Tocsin__V1__Rung rung)
{
    Tocsin__V1__Rung to = rung > READ ? READ : rung;

    if (line->rung >= to)
        return false;
    line->rung = to;
    return true;
}

static void note_answered(struct model *model, struct model_fact *note,
                          const Tocsin__V1__Answered *answered)
{
    struct model_alert *alert = model_alert(model, answered->alert_id);
    bool personal = answered->rung >= READ;

    REQUIRE(alert != NULL);
    note->told = personal;
    note->node = answered->node;
    note->rung = answered->rung;
    note->revision = answered->revision;
    if (personal)
        memcpy(note->answer_id, answered->answer_id.data, 16);
    if (answered->rung >= TOCSIN__V1__RUNG__RUNG_SIGHTING)
        alert->sightings++;
    if (!answered->outside && answered->revision == alert->revision &&
        model->principals[answered->node - 1].role !=
            TOCSIN__V1__ROLE__ROLE_DEVICE) {
        struct model_line *line = model_line(alert, answered->node);

        line->extra = !line->covered;
        note->told = model_climb(line, answered->rung) || note->told;
        if (answered->rung > READ)
            line->said |= 1U << answered->rung;
    }
}

/* ---- cases --------------------------------------------------------------- */

/* Only who was offered the lead takes it, only the lead ends the case, and only
 * off the screens. */
static void note_step(struct model *model, struct model_fact *note,
                      const Tocsin__V1__CaseChanged *changed)
{
    struct model_alert *alert = model_alert(model, changed->alert_id);
    const char *wrong = NULL;

    REQUIRE(alert != NULL);
    note->told = true;
    if (alert->closed &&
        changed->step != TOCSIN__V1__CASE_STEP__CASE_STEP_LOG_DUTY &&
        changed->step != TOCSIN__V1__CASE_STEP__CASE_STEP_SEAL &&
        changed->step != TOCSIN__V1__CASE_STEP__CASE_STEP_MATCH)
        wrong = "it is over";
    switch (changed->step) {
    case TOCSIN__V1__CASE_STEP__CASE_STEP_OFFER_LEAD:
        alert->offered = changed->whom;
        break;
    case TOCSIN__V1__CASE_STEP__CASE_STEP_ACCEPT_LEAD:
        if (alert->offered != note->actor)
            wrong = "it was not offered";
        alert->lead = note->actor;
        alert->offered = 0;
        break;
    case TOCSIN__V1__CASE_STEP__CASE_STEP_SOLVE:
        if (alert->lead != note->actor ||
            alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE)
            wrong = "not by its lead, or on the screens";
        alert->closed = true;
        alert->offered = 0;
        break;
    case TOCSIN__V1__CASE_STEP__CASE_STEP_SEAL:
        if (alert->lead != note->actor || !alert->closed || alert->sealed)
            wrong = "not by its lead, or not over, or twice";
        alert->sealed = true;
        alert->face = 0;
        kits_filed(model, alert);
        break;
    case TOCSIN__V1__CASE_STEP__CASE_STEP_SAMPLE: /* by a centre too */
        kits_step(model, alert, changed);
        break;
    case TOCSIN__V1__CASE_STEP__CASE_STEP_MATCH:
        if (alert->lead != note->actor)
            wrong = "not by its lead";
        kits_step(model, alert, changed);
        break;
    default:
        if (alert->lead != note->actor)
            wrong = "not by its lead";
        break;
    }
    if (wrong != NULL)
        broken(model->world, "a case goes the way of its rules", "%s: %s",
               alert->id, wrong);
}

/* Who had spoken when it was decided may not be named; what was heard while it
 * was on its way to the disk is its right to miss. */
static void note_silence(struct model *model, struct model_fact *note,
                         const Tocsin__V1__FellSilent *silent)
{
    struct model_alert *alert = model_alert(model, silent->alert_id);

    REQUIRE(alert != NULL);
    note->told = true;
    if (silent->revision != alert->revision)
        broken(model->world, "silence is noted of the newest revision", "%s",
               alert->id);
    if (alert->closed &&
        (silent->lead || silent->n_duties > 0 || silent->n_sightings > 0 ||
         silent->sample || silent->n_samples > 0))
        broken(model->world, "nothing is silent about what is over", "%s",
               alert->id);
    if (silent->lead && alert->lead != 0)
        broken(model->world, "only a case without a lead is told to have none",
               "%s", alert->id);
    if (alert->exercise &&
        (silent->sample || silent->n_samples > 0 || silent->n_matches > 0))
        broken(model->world, "a drill has no samples to wait for", "%s",
               alert->id);
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

static void note_filed(struct model *model, struct model_alert *alert)
{
    if (!alert->exercise && !alert->closed)
        broken(model->world, "no child is filed away before the case is solved",
               "%s", alert->id);
    alert->filed = true;
    kits_filed(model, alert);
}

/* Its key is gone: the copy that was restored is older than its sealing. */
static void note_forgotten(struct model *model, struct model_fact *note,
                           uint64_t sequence, const char *id)
{
    struct model_alert *alert = model_alert(model, id);

    REQUIRE(alert != NULL);
    if (alert->sealed || model->before == NULL ||
        !past_was_sealed(model->before, id))
        broken(model->world, "only what was sealed is forgotten again", "%s",
               id);
    note_expired(model, note, sequence, id);
    alert->offered = 0;
    alert->closed = true;
    alert->sealed = true;
    alert->face = 0;
    kits_filed(model, alert);
    note->told = true;
}

static void note_purged(struct model *model, struct model_fact *note,
                        const Tocsin__V1__Purged *purged)
{
    const struct model_alert *alert = model_alert(model, purged->alert_id);

    if (alert == NULL || !alert->sealed)
        broken(model->world, "only a sealed case is purged", "%s",
               purged->alert_id);
    note->told = true;
    note->node = purged->node;
}

static void note_body(struct model *model, struct model_fact *note,
                      uint64_t sequence, const Tocsin__V1__Fact *fact)
{
    switch (fact->body_case) {
    case TOCSIN__V1__FACT__BODY_ALERT_ISSUED:
        note_issued(model, note, sequence, fact);
        break;
    case TOCSIN__V1__FACT__BODY_ALERT_EXPIRED:
        note_expired(model, note, sequence, fact->alert_expired->alert_id);
        break;
    case TOCSIN__V1__FACT__BODY_ANSWERED:
        note_answered(model, note, fact->answered);
        break;
    case TOCSIN__V1__FACT__BODY_ANSWERED_TOGETHER:
        words_note(model, note, fact->answered_together);
        break;
    case TOCSIN__V1__FACT__BODY_RING_WIDENED:
        note_widened(model, note, sequence, fact->ring_widened);
        break;
    case TOCSIN__V1__FACT__BODY_ALERT_FILED:
        note_filed(model, model_alert(model, fact->alert_filed->alert_id));
        break;
    case TOCSIN__V1__FACT__BODY_RESTORED:
        memcpy(model->epoch, fact->restored->epoch.data, EPOCH_SIZE);
        model->generation = fact->restored->generation;
        break;
    case TOCSIN__V1__FACT__BODY_PUT_UNDER_SUPERVISION:
    case TOCSIN__V1__FACT__BODY_SUPERVISION_LIFTED:
        break;
    case TOCSIN__V1__FACT__BODY_FELL_SILENT:
        note_silence(model, note, fact->fell_silent);
        break;
    case TOCSIN__V1__FACT__BODY_CASE_CHANGED:
        note_step(model, note, fact->case_changed);
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
        note_purged(model, note, fact->purged);
        break;
    case TOCSIN__V1__FACT__BODY_CASE_FORGOTTEN:
        note_forgotten(model, note, sequence, fact->case_forgotten->alert_id);
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
