/** Target flags, which report, revise, widen and target share. */
#ifndef TOCSIN_PROGRAM_TARGET_H
#define TOCSIN_PROGRAM_TARGET_H

#include <stdbool.h>

#include <tocsin/v1/desk.pb-c.h>

#include "common/options.h"
#include "common/outcome.h"
#include "tocsin/pool.h"

struct target_flags {
    struct texts divisions;
    struct texts circles;
    struct texts polygons;
    struct texts kinds;
};

/** The rows of a command's option table, by position. */
#define TARGET_ROWS(flags)                                                     \
    {.name = "division",                                                       \
     .value = "CODE",                                                          \
     .list = &(flags)->divisions,                                              \
     .help = "nodes in this division (repeatable, as all four)"},              \
        {.name = "circle",                                                     \
         .value = "LAT,LON,KM",                                                \
         .list = &(flags)->circles,                                            \
         .help = "nodes within so many kilometres"},                           \
        {.name = "polygon",                                                    \
         .value = "LAT,LON;...",                                               \
         .list = &(flags)->polygons,                                           \
         .help = "nodes inside, 3 to 100 points"},                             \
    {                                                                          \
        .name = "kind", .value = "KIND", .list = &(flags)->kinds,              \
        .help = "only railway, bus, airport, port, border, toll, police, "     \
                "hospital, registry, other"                                    \
    }

bool target_given(const struct target_flags *flags);

/** Adds what the flags say to *target; wrong flags are said on stderr. */
enum outcome target_read(Tocsin__V1__Target *target,
                         const struct target_flags *flags, struct pool *pool);

/** Adds a circle. */
void target_circle(Tocsin__V1__Target *target, const Tocsin__V1__Point *centre,
                   double radius_km, struct pool *pool);

/** One line in words. */
char *target_words(const Tocsin__V1__Target *target, struct pool *pool);

/** Says on stderr which of a target's divisions the broker does not know. */
void target_warn(char *const *divisions, size_t count);

#endif
