#include "domain/sighted.h"

#include <math.h>
#include <stdlib.h>

#include "domain/concern.h"

#define LOOKED_AT 64

bool sighted_at(struct seen_at *out, const Tocsin__V1__Answer *answer,
                const struct principal *node)
{
    out->time_ms = answer->seen_ms != 0 ? answer->seen_ms : answer->at_ms;
    if (answer->place != NULL && answer->place->point != NULL) {
        out->point.latitude = answer->place->point->latitude;
        out->point.longitude = answer->place->point->longitude;
        return true;
    }
    out->point = node->point;
    return answer->place == NULL && node->has_point;
}

/* By clocks that may say anything. */
static double apart_ms(const struct seen_at *one, const struct seen_at *two)
{
    return fabs((double)one->time_ms - (double)two->time_ms);
}

bool sighted_beyond_reach(const struct seen_at *last,
                          const struct seen_at *seen)
{
    double hours = apart_ms(last, seen) / 3600000.0;

    return geo_distance_km(last->point, seen->point) >
           PLACE_SLACK_KM + FASTEST_KMH * hours;
}

bool alert_last_seen(struct seen_at *out, const struct alert *alert,
                     struct arena *arena)
{
    const Tocsin__V1__Alert *content = alert_content(alert, arena);

    if (content == NULL || content->last_seen == NULL ||
        content->last_seen->place == NULL ||
        content->last_seen->place->point == NULL)
        return false;
    out->point.latitude = content->last_seen->place->point->latitude;
    out->point.longitude = content->last_seen->place->point->longitude;
    out->time_ms = content->last_seen->time_ms;
    return true;
}

static bool tells_where(struct seen_at *out, const struct book *book,
                        const struct testimony *testimony, struct arena *arena)
{
    const Tocsin__V1__SignedAnswer *sealed =
        testimony->document == NULL
            ? NULL
            : decode(arena, &tocsin__v1__signed_answer__descriptor,
                     testimony->document, testimony->size, NULL);
    const Tocsin__V1__Answer *answer =
        sealed == NULL
            ? NULL
            : decode(arena, &tocsin__v1__answer__descriptor,
                     sealed->content.data, sealed->content.len, NULL);

    return answer != NULL &&
           sighted_at(out, answer, book_number(book, testimony->node));
}

static bool is_near(const struct seen_at *one, const struct seen_at *two)
{
    return apart_ms(one, two) <= CLUSTER_MS &&
           geo_distance_km(one->point, two->point) <= CLUSTER_KM;
}

uint64_t sighted_cluster(const struct book *book, const struct alert *alert,
                         const struct seen_at *seen, struct arena *arena)
{
    size_t before = arena->used;
    size_t left = LOOKED_AT;
    uint64_t found = 0;

    for (size_t i = alert->answer_count; i > 0 && left > 0 && found == 0; i--) {
        const struct testimony *testimony = &alert->answers[i - 1];
        struct seen_at other;

        if (testimony->rung < TOCSIN__V1__RUNG__RUNG_SIGHTING ||
            testimony->verdict == TOCSIN__V1__VERDICT__VERDICT_DISMISSED)
            continue;
        left--;
        if (tells_where(&other, book, testimony, arena) &&
            is_near(&other, seen))
            found = testimony->cluster != 0 ? testimony->cluster
                                            : testimony->sequence;
        arena->used = before;
    }
    return found;
}
