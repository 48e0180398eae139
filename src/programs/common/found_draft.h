/** A found child as it is registered: from a file of JSON and from options. */
#ifndef TOCSIN_PROGRAMS_FOUND_DRAFT_H
#define TOCSIN_PROGRAMS_FOUND_DRAFT_H

#include <tocsin/found.h>

#include "common/options.h"
#include "common/outcome.h"

struct found_flags {
    const char *file;
    const char *officer;
    const char *sex;
    const char *age;
    const char *height;
    const char *name;
    const char *spoken;
    const char *appearance;
    const char *clothing;
    const char *language;
    const char *at;
    const char *division;
    const char *place;
    const char *when;
    const char *text;
    const char *keeper;
    const char *keeper_division;
    const char *keeper_contact;
    const char *kit;
};

#define FOUND_ROW_COUNT 19
void found_rows(struct option_row rows[FOUND_ROW_COUNT],
                struct found_flags *flags);

/* One more than a FoundChild may have, and a new one: too many stay too many.
 */
#define FOUND_TEXTS_ROOM 13

/** Room for what a FoundChild points to. */
struct found_draft {
    Tocsin__V1__FoundChild content;
    Tocsin__V1__Child child;
    Tocsin__V1__AgeRange age;
    Tocsin__V1__HeightRange height;
    Tocsin__V1__Text appearance;
    Tocsin__V1__Text clothing;
    Tocsin__V1__Text *appearances[FOUND_TEXTS_ROOM];
    Tocsin__V1__Text *clothes[FOUND_TEXTS_ROOM];
    Tocsin__V1__Place place;
    Tocsin__V1__Point point;
    Tocsin__V1__Keeper keeper;
    ProtobufCMessage *from_file; /* or NULL */
};

/**
 * From the file, if one is named, else from `before`, if there is one, else
 * empty; the options go before both. Borrows `before` and the options. Done
 * with found_draft_done in any case.
 */
enum outcome found_draft_read(struct found_draft *draft,
                              const struct found_flags *flags,
                              const Tocsin__V1__FoundChild *before);
void found_draft_done(struct found_draft *draft);

#endif
