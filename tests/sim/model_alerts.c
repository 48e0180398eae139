/** Revisions, topics, coverage, and who has said what. */
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "faces.h"
#include "model_inside.h"
#include "world.h"

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

void model_note_issued(struct model *model, struct model_fact *note,
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
void model_note_widened(struct model *model, struct model_fact *note,
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

void model_note_expired(struct model *model, struct model_fact *note,
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

void model_note_answered(struct model *model, struct model_fact *note,
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
