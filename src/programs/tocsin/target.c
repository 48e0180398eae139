#define _GNU_SOURCE
#include "tocsin/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/numbers.h"
#include "common/say.h"
#include "common/words.h"

#define POLYGON_POINTS_MAX 100
#define RADIUS_MAX_KM 20016

bool target_given(const struct target_flags *flags)
{
    return flags->divisions.count + flags->circles.count +
               flags->polygons.count + flags->kinds.count >
           0;
}

/* A longer list in the pool, with what the old one held. */
static void *longer(struct pool *pool, const void *old, size_t count,
                    size_t size)
{
    void *list = pool_take(pool, (count + 1) * size);

    if (count > 0)
        memcpy(list, old, count * size);
    return list;
}

static Tocsin__V1__Point *make_point(struct pool *pool, double latitude,
                                     double longitude)
{
    Tocsin__V1__Point *point = pool_take(pool, sizeof *point);

    tocsin__v1__point__init(point);
    point->latitude = latitude;
    point->longitude = longitude;
    return point;
}

void target_circle(Tocsin__V1__Target *target, const Tocsin__V1__Point *centre,
                   double radius_km, struct pool *pool)
{
    Tocsin__V1__Circle *circle = pool_take(pool, sizeof *circle);

    tocsin__v1__circle__init(circle);
    circle->centre = make_point(pool, centre->latitude, centre->longitude);
    circle->radius_km = radius_km;
    target->circles = longer(pool, target->circles, target->n_circles,
                             sizeof(Tocsin__V1__Circle *));
    target->circles[target->n_circles++] = circle;
}

static enum outcome add_division(Tocsin__V1__Target *target, const char *text,
                                 struct pool *pool)
{
    if (strlen(text) != 6 || strspn(text, "0123456789") != 6) {
        complain("--division %s: must be a code of 6 digits", text);
        return OUTCOME_USAGE;
    }
    target->divisions =
        longer(pool, target->divisions, target->n_divisions, sizeof(char *));
    target->divisions[target->n_divisions++] = pool_text(pool, text);
    return OUTCOME_DONE;
}

static enum outcome add_circle(Tocsin__V1__Target *target, const char *text,
                               struct pool *pool)
{
    double parts[3];
    Tocsin__V1__Point centre = TOCSIN__V1__POINT__INIT;

    if (!number_list(text, parts, 3) || !number_is_place(parts[0], parts[1]) ||
        !(parts[2] > 0 && parts[2] <= RADIUS_MAX_KM)) {
        complain("--circle %s: must be LAT,LON,KM, for instance "
                 "22.53,114.11,100",
                 text);
        return OUTCOME_USAGE;
    }
    centre.latitude = parts[0];
    centre.longitude = parts[1];
    target_circle(target, &centre, parts[2], pool);
    return OUTCOME_DONE;
}

static bool read_corners(Tocsin__V1__Polygon *polygon, char *text,
                         struct pool *pool)
{
    char *rest = text;
    char *corner;

    while ((corner = strsep(&rest, ";")) != NULL) {
        double parts[2];

        if (!number_list(corner, parts, 2) ||
            !number_is_place(parts[0], parts[1]) ||
            polygon->n_points == POLYGON_POINTS_MAX)
            return false;
        polygon->points[polygon->n_points++] =
            make_point(pool, parts[0], parts[1]);
    }
    return polygon->n_points >= 3;
}

static enum outcome add_polygon(Tocsin__V1__Target *target, const char *text,
                                struct pool *pool)
{
    Tocsin__V1__Polygon *polygon = pool_take(pool, sizeof *polygon);

    tocsin__v1__polygon__init(polygon);
    polygon->points =
        pool_take(pool, POLYGON_POINTS_MAX * sizeof *polygon->points);
    if (!read_corners(polygon, pool_text(pool, text), pool)) {
        complain("--polygon %.60s: must be 3 to %d points LAT,LON;LAT,LON;...",
                 text, POLYGON_POINTS_MAX);
        return OUTCOME_USAGE;
    }
    target->polygons = longer(pool, target->polygons, target->n_polygons,
                              sizeof(Tocsin__V1__Polygon *));
    target->polygons[target->n_polygons++] = polygon;
    return OUTCOME_DONE;
}

static enum outcome add_kind(Tocsin__V1__Target *target, const char *text,
                             struct pool *pool)
{
    int kind;

    if (!word_value(words_kind, text, &kind)) {
        word_complain(words_kind, "kind");
        return OUTCOME_USAGE;
    }
    for (size_t i = 0; i < target->n_kinds; i++) {
        if ((int)target->kinds[i] == kind)
            return OUTCOME_DONE;
    }
    target->kinds =
        longer(pool, target->kinds, target->n_kinds, sizeof *target->kinds);
    target->kinds[target->n_kinds++] = (Tocsin__V1__NodeKind)kind;
    return OUTCOME_DONE;
}

typedef enum outcome (*adding)(Tocsin__V1__Target *, const char *,
                               struct pool *);

enum outcome target_read(Tocsin__V1__Target *target,
                         const struct target_flags *flags, struct pool *pool)
{
    const struct {
        const struct texts *texts;
        adding add;
    } all[] = {{&flags->divisions, add_division},
               {&flags->circles, add_circle},
               {&flags->polygons, add_polygon},
               {&flags->kinds, add_kind}};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        for (size_t j = 0; j < all[i].texts->count; j++) {
            enum outcome outcome =
                all[i].add(target, all[i].texts->at[j], pool);

            if (outcome != OUTCOME_DONE)
                return outcome;
        }
    }
    return OUTCOME_DONE;
}

char *target_words(const Tocsin__V1__Target *target, struct pool *pool)
{
    char *text = NULL;
    char *copy;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return pool_text(pool, "?");
    for (size_t i = 0; i < target->n_divisions; i++)
        (void)fprintf(out, ", division %s", target->divisions[i]);
    for (size_t i = 0; i < target->n_circles; i++)
        (void)fprintf(out, ", %g km around %.4f,%.4f",
                      target->circles[i]->radius_km,
                      target->circles[i]->centre->latitude,
                      target->circles[i]->centre->longitude);
    for (size_t i = 0; i < target->n_polygons; i++)
        (void)fprintf(out, ", a polygon of %zu points",
                      target->polygons[i]->n_points);
    for (size_t i = 0; i < target->n_kinds; i++)
        (void)fprintf(out, "%s%s", i == 0 ? "; only " : ", ",
                      word_text(words_kind, target->kinds[i]));
    (void)fclose(out);
    copy = pool_text(pool, size > 2 ? text + 2 : "nobody");
    free(text);
    return copy;
}

void target_warn(char *const *divisions, size_t count)
{
    for (size_t i = 0; i < count; i++)
        complain("division %s: NO SUCH CODE in the broker's table; all else of "
                 "the target counts",
                 divisions[i]);
}
