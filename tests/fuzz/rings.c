/* A policy of rings as somebody writes it: what is read keeps every limit, and
 * is read again the same when it is written down. */
#include "wire/rings.h"
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tocsin/centre.h>

struct policy {
    Tocsin__V1__Rings rings;
    Tocsin__V1__RingStep steps[RING_STEPS_MAX];
    Tocsin__V1__RingStep *list[RING_STEPS_MAX];
};

/* "%.17g" brings every double back as it was. */
static char *written(const Tocsin__V1__Rings *rings)
{
    char *text = must_calloc(1, 1024);
    size_t size = 0;

    for (size_t i = 0; i < rings->n_steps; i++) {
        const Tocsin__V1__RingStep *step = rings->steps[i];

        size +=
            (size_t)snprintf(text + size, 1024 - size, "%.17g@%.17gs,",
                             step->radius_km, (double)step->after_ms / 1000);
    }
    snprintf(text + size, 1024 - size,
             "air=%.17g rail=%.17g; road=%.17g\nwater=%.17g # all",
             rings->air_kmh, rings->rail_kmh, rings->road_kmh,
             rings->water_kmh);
    return text;
}

/* A millisecond more or less is what division by 1,000 may cost. */
static void same(const Tocsin__V1__Rings *one, const Tocsin__V1__Rings *other)
{
    REQUIRE(one->n_steps == other->n_steps);
    for (size_t i = 0; i < one->n_steps; i++) {
        int64_t late = one->steps[i]->after_ms - other->steps[i]->after_ms;

        REQUIRE(one->steps[i]->radius_km >= other->steps[i]->radius_km);
        REQUIRE(one->steps[i]->radius_km <= other->steps[i]->radius_km);
        REQUIRE(late >= -1 && late <= 1);
    }
    REQUIRE(memcmp(&one->air_kmh, &other->air_kmh, sizeof(double)) == 0);
    REQUIRE(memcmp(&one->water_kmh, &other->water_kmh, sizeof(double)) == 0);
}

static void read_again(const struct policy *first)
{
    char *text = written(&first->rings);
    struct complaint complaint = {0};
    struct policy second;

    /* Steps a millisecond apart may fall together on the way. */
    if (rings_read(text, &second.rings, second.steps, second.list, &complaint))
        same(&first->rings, &second.rings);
    free(text);
}

static void in_library(const char *text, bool good)
{
    struct tocsin_diag why = {0};
    Tocsin__V1__Rings *rings = NULL;
    bool read = tocsin_rings_read(&rings, text, &why) == TOCSIN_OK;

    REQUIRE(read == good);
    if (read)
        tocsin__v1__rings__free_unpacked(rings, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct complaint complaint = {0};
    struct policy policy;
    char *text = must_calloc(1, size + 1);
    bool good;

    if (size > 0)
        memcpy(text, data, size);
    good =
        rings_read(text, &policy.rings, policy.steps, policy.list, &complaint);
    if (good) {
        REQUIRE(policy.rings.n_steps >= 1 &&
                policy.rings.n_steps <= RING_STEPS_MAX);
        REQUIRE(check_rings(&policy.rings, &complaint));
        read_again(&policy);
    } else {
        REQUIRE(complaint.field[0] != '\0');
    }
    in_library(text, good);
    free(text);
    return 0;
}
