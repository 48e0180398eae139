/* A description of a child for comparing, out of what was signed. */
#include <string.h>

#include "domain/likeness.h"
#include "wire/topic.h"

static void take_texts(struct described_texts *out,
                       Tocsin__V1__Text *const *texts, size_t count)
{
    for (size_t i = 0; i < count && out->count < TEXTS_COMPARED; i++) {
        struct described_text *text = &out->list[out->count++];
        size_t tag = strcspn(texts[i]->language, "-");

        if (tag > LANGUAGE_TAG_MAX)
            tag = LANGUAGE_TAG_MAX;
        for (size_t k = 0; k < tag; k++)
            text->language[k] = (char)(texts[i]->language[k] | 0x20);
        text->language[tag] = '\0';
        wording_take(&text->wording, texts[i]->text);
    }
}

struct glance glance_at(const Tocsin__V1__Child *child, int64_t when_ms)
{
    return (struct glance){child->sex, child->age->min_months,
                           child->age->max_months, when_ms};
}

static void take_child(struct described *out, const Tocsin__V1__Child *child)
{
    if (child->height != NULL) {
        out->min_cm = child->height->min_cm;
        out->max_cm = child->height->max_cm;
    }
    wording_take(&out->name, child->name);
    wording_take(&out->languages, child->languages_spoken);
    take_texts(&out->appearance, child->appearance, child->n_appearance);
    take_texts(&out->clothing, child->clothing, child->n_clothing);
}

/* Of a county or a prefecture; a province is no place. */
static bool place_of_division(struct point *out, const char *code,
                              const struct divisions *divisions)
{
    const struct division *division = divisions_find(divisions, code);

    if (division == NULL || !division->has_point ||
        division_prefix(division->code) < 4)
        return false;
    *out = division->point;
    return true;
}

/* All but the texts, which are as many as are told. */
static void clear(struct described *out)
{
    out->min_cm = out->max_cm = 0;
    out->has_point = false;
    out->appearance.count = out->clothing.count = 0;
}

void described_missing(struct described *out, const Tocsin__V1__Alert *alert)
{
    const Tocsin__V1__LastSeen *seen = alert->last_seen;

    clear(out);
    take_child(out, alert->child);
    out->glance = glance_at(alert->child, seen->time_ms);
    out->has_point = true;
    out->point = (struct point){seen->place->point->latitude,
                                seen->place->point->longitude};
}

void described_found(struct described *out, const Tocsin__V1__FoundChild *found,
                     const struct divisions *divisions)
{
    const Tocsin__V1__Place *place = found->place;

    clear(out);
    take_child(out, found->child);
    out->glance = glance_at(found->child, found->found_ms);
    out->has_point = place->point != NULL;
    if (out->has_point)
        out->point =
            (struct point){place->point->latitude, place->point->longitude};
    else if (place->division[0] != '\0')
        out->has_point =
            place_of_division(&out->point, place->division, divisions);
}
