/* What machines say: many of it may stand in one fact. */
#include "model.h"

#include "base/status.h"
#include "world.h"

#define READ TOCSIN__V1__RUNG__RUNG_READ

static void note_word(struct model *model, struct model_alert *alert,
                      const Tocsin__V1__AnsweredTogether *together, size_t at,
                      struct model_word *word)
{
    struct model_line *line;

    word->node = together->nodes[at];
    word->rung = together->rungs[at];
    if (word->rung >= READ || word->node == 0 ||
        word->node > model->principal_count)
        broken(model->world, "only what machines say is recorded together",
               "%u says %d", word->node, (int)word->rung);
    if (together->revision != alert->revision)
        return;
    line = model_line(alert, word->node);
    line->extra = !line->covered;
    word->told = model_climb(line, word->rung);
}

void words_note(struct model *model, struct model_fact *note,
                const Tocsin__V1__AnsweredTogether *together)
{
    struct model_alert *alert = model_alert(model, together->alert_id);

    REQUIRE(alert != NULL && together->n_rungs == together->n_nodes &&
            together->n_at_ms == together->n_nodes);
    note->revision = together->revision;
    note->word_count = together->n_nodes;
    note->words = must_calloc(note->word_count, sizeof *note->words);
    for (size_t i = 0; i < note->word_count; i++)
        note_word(model, alert, together, i, &note->words[i]);
}

bool model_says(const struct model_fact *fact, uint32_t node,
                Tocsin__V1__Rung rung)
{
    if (fact->words == NULL)
        return fact->kind == TOCSIN__V1__FACT__BODY_ANSWERED &&
               fact->node == node && fact->rung >= rung;
    for (size_t i = 0; i < fact->word_count; i++) {
        if (fact->words[i].node == node && fact->words[i].rung >= rung)
            return true;
    }
    return false;
}

static unsigned times_said(const struct model_fact *fact, uint32_t node,
                           Tocsin__V1__Rung rung)
{
    unsigned times = fact->kind == TOCSIN__V1__FACT__BODY_ANSWERED &&
                     fact->node == node && fact->rung == rung;

    for (size_t i = 0; i < fact->word_count; i++)
        times += fact->words[i].node == node && fact->words[i].rung == rung;
    return times;
}

/* What a machine says, alone or together with others'. */
static void word_once(struct model *model, uint64_t sequence, uint32_t node,
                      Tocsin__V1__Rung rung)
{
    const struct model_fact *note = &model->facts[sequence - 1];
    unsigned times = 0;

    for (uint64_t i = 1; i <= sequence; i++) {
        const struct model_fact *other = &model->facts[i - 1];

        if (other->alert == note->alert && other->revision == note->revision)
            times += times_said(other, node, rung);
    }
    if (times != 1)
        broken(model->world, "each answer is recorded once",
               "%u says %d %u times up to %llu", node, (int)rung, times,
               (unsigned long long)sequence);
}

void words_once(struct model *model, uint64_t sequence)
{
    const struct model_fact *note = &model->facts[sequence - 1];

    if (note->kind == TOCSIN__V1__FACT__BODY_ANSWERED && note->rung < READ)
        word_once(model, sequence, note->node, note->rung);
    for (size_t i = 0; i < note->word_count; i++)
        word_once(model, sequence, note->words[i].node, note->words[i].rung);
}
