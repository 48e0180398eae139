/* The rings of an alert in the making, and the circle that they need. */
#include "tocsin/draft.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tocsin/centre.h>

#include "common/files.h"
#include "common/numbers.h"
#include "common/say.h"

#define FIRST_RING_KM 100
#define POLICY_MAX (16 << 10)
/* Two points that are the same place, in degrees. */
#define SAME_PLACE 1e-9

/* ---- which circle is theirs ---- */

static bool same(double one, double two)
{
    return fabs(one - two) < SAME_PLACE;
}

static const Tocsin__V1__Point *seen_at(const Tocsin__V1__Alert *alert)
{
    return alert->last_seen != NULL && alert->last_seen->place != NULL
               ? alert->last_seen->place->point
               : NULL;
}

static double last_km(const Tocsin__V1__Rings *rings)
{
    return rings->steps[rings->n_steps - 1]->radius_km;
}

size_t draft_ring(const Tocsin__V1__Alert *alert)
{
    const Tocsin__V1__Point *seen = seen_at(alert);

    if (alert->rings == NULL || alert->rings->n_steps == 0 ||
        alert->target == NULL || seen == NULL)
        return NO_RING;
    for (size_t i = 0; i < alert->target->n_circles; i++) {
        const Tocsin__V1__Circle *circle = alert->target->circles[i];

        if (same(circle->centre->latitude, seen->latitude) &&
            same(circle->centre->longitude, seen->longitude) &&
            same(circle->radius_km, last_km(alert->rings)))
            return i;
    }
    return NO_RING;
}

/* The target with the circle of the rings as they are now, in the place of the
 * one that it had. */
static void aim(struct draft *draft)
{
    struct pool *pool = &draft->session->pool;
    Tocsin__V1__Alert *alert = &draft->alert;
    Tocsin__V1__Target *target = pool_take(pool, sizeof *target);

    tocsin__v1__target__init(target);
    if (alert->target != NULL)
        *target = *alert->target;
    if (draft->ring < target->n_circles) {
        target->circles = pool_copy(
            pool, target->circles, target->n_circles * sizeof *target->circles);
        target->circles[draft->ring] = target->circles[--target->n_circles];
    }
    target_circle(target, seen_at(alert), last_km(alert->rings), pool);
    alert->target = target;
    draft->ring = target->n_circles - 1;
}

/* ---- the policy ---- */

static Tocsin__V1__Rings *keep(struct pool *pool,
                               const Tocsin__V1__Rings *rings)
{
    Tocsin__V1__Rings *kept = pool_copy(pool, rings, sizeof *rings);

    kept->steps = pool_take(pool, (rings->n_steps + 1) * sizeof *kept->steps);
    for (size_t i = 0; i < rings->n_steps; i++)
        kept->steps[i] =
            pool_copy(pool, rings->steps[i], sizeof *rings->steps[i]);
    return kept;
}

/* policy: its text; NULL: the default one. from names it in a complaint. */
static enum outcome read_policy(struct draft *draft, const char *policy,
                                const char *from)
{
    Tocsin__V1__Rings *rings;
    struct tocsin_diag why = {0};
    enum tocsin_status status = tocsin_rings_read(&rings, policy, &why);

    if (status != TOCSIN_OK)
        return outcome_say(status, &why, from);
    draft->alert.rings = keep(&draft->session->pool, rings);
    tocsin__v1__rings__free_unpacked(rings, NULL);
    return OUTCOME_DONE;
}

/* A policy given in the argument has a step, "100@0"; else it is a file. */
static enum outcome load_policy(struct draft *draft, const char *text)
{
    enum outcome outcome;
    char *policy;

    if (strchr(text, '@') != NULL)
        return read_policy(draft, text, "--rings");
    if (!file_load_text(text, POLICY_MAX, &policy))
        return OUTCOME_LOCAL;
    outcome = read_policy(draft, policy, text);
    free(policy);
    return outcome;
}

enum outcome draft_rings(struct draft *draft, const struct alert_flags *flags)
{
    enum outcome outcome = OUTCOME_DONE;

    if (flags->rings != NULL && flags->no_rings) {
        complain("--rings and --no-rings: one or the other");
        return OUTCOME_USAGE;
    }
    draft->no_rings = flags->no_rings;
    if (flags->no_rings || target_given(&flags->target))
        draft->alert.rings = NULL;
    if (target_given(&flags->target))
        draft->ring = NO_RING;
    if (flags->rings != NULL)
        outcome = load_policy(draft, flags->rings);
    if (outcome == OUTCOME_DONE && draft->alert.rings != NULL &&
        draft->alert.rings->n_steps > 0 && seen_at(&draft->alert) != NULL)
        aim(draft);
    return outcome;
}

void draft_default_target(struct draft *draft)
{
    struct pool *pool = &draft->session->pool;
    Tocsin__V1__Alert *alert = &draft->alert;

    if (alert->target != NULL || seen_at(alert) == NULL)
        return;
    if (!draft->no_rings && read_policy(draft, NULL, "rings") == OUTCOME_DONE) {
        aim(draft);
        return;
    }
    alert->target = pool_take(pool, sizeof *alert->target);
    tocsin__v1__target__init(alert->target);
    target_circle(alert->target, seen_at(alert), FIRST_RING_KM, pool);
}

/* ---- widening by hand ---- */

static size_t steps_in_force(const Tocsin__V1__Alert *alert)
{
    const Tocsin__V1__Rings *rings = alert->rings;
    size_t count = 1; /* the first one is at once */

    while (count < rings->n_steps &&
           rings->steps[count]->after_ms <=
               alert->sent_ms - alert->last_seen->time_ms)
        count++;
    return count;
}

static enum outcome next_km(const Tocsin__V1__Alert *alert, const char *km,
                            double *out)
{
    const Tocsin__V1__Rings *rings = alert->rings;
    size_t force = steps_in_force(alert);
    double now_km = rings->steps[force - 1]->radius_km;

    if (km != NULL) {
        if (number_real(km, out) && *out > now_km)
            return OUTCOME_DONE;
        complain("--km %.20s: must be more than the %g km that it reaches now",
                 km, now_km);
        return OUTCOME_USAGE;
    }
    if (force == rings->n_steps) {
        complain("it reaches %g km, the last ring; say how far with --km, or "
                 "name a target",
                 now_km);
        return OUTCOME_USAGE;
    }
    *out = rings->steps[force]->radius_km;
    return OUTCOME_DONE;
}

enum outcome draft_widen_rings(struct draft *draft, const char *km)
{
    struct pool *pool = &draft->session->pool;
    Tocsin__V1__Alert *alert = &draft->alert;
    size_t force = steps_in_force(alert);
    Tocsin__V1__RingStep *first = pool_take(pool, sizeof *first);
    Tocsin__V1__Rings *rings = keep(pool, alert->rings);
    enum outcome outcome;
    size_t kept = 1;

    tocsin__v1__ring_step__init(first);
    outcome = next_km(alert, km, &first->radius_km);
    if (outcome != OUTCOME_DONE)
        return outcome;
    draft->ring = draft_ring(alert);
    rings->steps[0] = first;
    for (size_t i = force; i < alert->rings->n_steps; i++) {
        if (alert->rings->steps[i]->radius_km > first->radius_km)
            rings->steps[kept++] = alert->rings->steps[i];
    }
    rings->n_steps = kept;
    alert->rings = rings;
    aim(draft);
    return OUTCOME_DONE;
}

/* ---- in words ---- */

static void print_after(FILE *out, int64_t after_ms)
{
    if (after_ms == 0)
        (void)fputs("at once", out);
    else if (after_ms % 3600000 == 0)
        (void)fprintf(out, "after %d h", (int)(after_ms / 3600000));
    else if (after_ms % 60000 == 0)
        (void)fprintf(out, "after %d min", (int)(after_ms / 60000));
    else
        (void)fprintf(out, "after %g s", (double)after_ms / 1000);
}

static void print_speed(FILE *out, const char *name, double kmh)
{
    if (kmh > 0)
        (void)fprintf(out, ", %s %g km/h", name, kmh);
}

char *rings_words(const Tocsin__V1__Rings *rings, struct pool *pool)
{
    char *text = NULL;
    char *copy;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return pool_text(pool, "?");
    for (size_t i = 0; i < rings->n_steps; i++) {
        const Tocsin__V1__RingStep *step = rings->steps[i];

        (void)fprintf(out, "%s%g km ", i == 0 ? "" : ", ", step->radius_km);
        print_after(out, step->after_ms);
    }
    print_speed(out, "by air", rings->air_kmh);
    print_speed(out, "by rail", rings->rail_kmh);
    print_speed(out, "by road", rings->road_kmh);
    print_speed(out, "by water", rings->water_kmh);
    (void)fclose(out);
    copy = pool_text(pool, text);
    free(text);
    return copy;
}
