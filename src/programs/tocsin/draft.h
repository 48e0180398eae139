/**
 * An alert in the making: from nothing, from a JSON file or from the newest
 * revision, and then changed by flags. What a flag changes is made anew in the
 * pool; all else is borrowed from where it came.
 */
#ifndef TOCSIN_PROGRAM_DRAFT_H
#define TOCSIN_PROGRAM_DRAFT_H

#include "tocsin/session.h"
#include "tocsin/target.h"

struct draft {
    Tocsin__V1__Alert alert;
    struct session *session;
    ProtobufCMessage *from_file; /* or NULL */
    /* A revision that starts from a sighting; signed under this id. */
    Tocsin__V1__SignedOrder *confirms; /* borrowed, or NULL */
    uint8_t order_id[16];
    size_t ring; /* its target's circle that is the rings' */
    bool no_rings;
};

#define NO_RING ((size_t)-1)

struct alert_flags {
    const char *sex;
    const char *age;
    const char *seen_at;
    const char *seen;
    const char *seen_division;
    const char *seen_text;
    const char *seen_time;
    bool grown; /* seen again: draft_grow follows */
    const char *name;
    const char *height;
    const char *clothing;
    const char *appearance;
    const char *circumstances;
    const char *spoken;
    const char *contact;
    const char *photo;
    const char *action;
    const char *language;
    const char *expires;
    const char *rings;
    bool no_rings;
    struct texts companions;
    struct texts suspects;
    struct texts vehicles;
    struct target_flags target;
};

#define ALERT_ROWS(flags)                                                      \
    {.name = "sex",                                                            \
     .value = "SEX",                                                           \
     .text = &(flags)->sex,                                                    \
     .help = "female, male or unknown"},                                       \
        {.name = "age",                                                        \
         .value = "AGE",                                                       \
         .text = &(flags)->age,                                                \
         .help = "6 or 5-7 years, 18m or 12-18m months"},                      \
        {.name = "seen-at",                                                    \
         .value = "NODE",                                                      \
         .text = &(flags)->seen_at,                                            \
         .help = "last seen at this enrolled node"},                           \
        {.name = "seen",                                                       \
         .value = "LAT,LON",                                                   \
         .text = &(flags)->seen,                                               \
         .help = "last seen at this point"},                                   \
        {.name = "seen-division",                                              \
         .value = "CODE",                                                      \
         .text = &(flags)->seen_division,                                      \
         .help = "the division of that; alone: its middle"},                   \
        {.name = "seen-text",                                                  \
         .value = "TEXT",                                                      \
         .text = &(flags)->seen_text,                                          \
         .help = "the place in words"},                                        \
        {.name = "seen-time",                                                  \
         .value = "TIME",                                                      \
         .text = &(flags)->seen_time,                                          \
         .help = "2026-03-01T08:15Z, or -20m: 20 minutes ago"},                \
        {.name = "name",                                                       \
         .value = "NAME",                                                      \
         .text = &(flags)->name,                                               \
         .help = "the child's name"},                                          \
        {.name = "height",                                                     \
         .value = "CM",                                                        \
         .text = &(flags)->height,                                             \
         .help = "115 or 110-120"},                                            \
        {.name = "clothing",                                                   \
         .value = "TEXT",                                                      \
         .text = &(flags)->clothing,                                           \
         .help = "what the child wears"},                                      \
        {.name = "appearance",                                                 \
         .value = "TEXT",                                                      \
         .text = &(flags)->appearance,                                         \
         .help = "hair, build, marks"},                                        \
        {.name = "speaks",                                                     \
         .value = "TEXT",                                                      \
         .text = &(flags)->spoken,                                             \
         .help = "languages that the child speaks"},                           \
        {.name = "circumstances",                                              \
         .value = "TEXT",                                                      \
         .text = &(flags)->circumstances,                                      \
         .help = "why the child is sought"},                                   \
        {.name = "companion",                                                  \
         .value = "TEXT",                                                      \
         .list = &(flags)->companions,                                         \
         .help = "who may be with the child (repeatable)"},                    \
        {.name = "suspect",                                                    \
         .value = "NUMBER[=TEXT]",                                             \
         .list = &(flags)->suspects,                                           \
         .help = "who is sought by an identity document's number "             \
                 "(repeatable)"},                                              \
        {.name = "vehicle",                                                    \
         .value = "PLATE[=TEXT]",                                              \
         .list = &(flags)->vehicles,                                           \
         .help = "a vehicle (repeatable)"},                                    \
        {.name = "contact",                                                    \
         .value = "TEXT",                                                      \
         .text = &(flags)->contact,                                            \
         .help = "who to call"},                                               \
        {.name = "photo",                                                      \
         .value = "FILE",                                                      \
         .text = &(flags)->photo,                                              \
         .help = "a JPEG or PNG of at most 4 MiB"},                            \
        {.name = "action",                                                     \
         .value = "TEXT",                                                      \
         .text = &(flags)->action,                                             \
         .help = "what the officer is to do"},                                 \
        {.name = "language",                                                   \
         .value = "TAG",                                                       \
         .text = &(flags)->language,                                           \
         .help = "of the texts given here (zh-Hans)"},                         \
        {.name = "expires",                                                    \
         .value = "TIME",                                                      \
         .text = &(flags)->expires,                                            \
         .help = "72h, or a time"},                                            \
        {.name = "rings",                                                      \
         .value = "FILE|SPEC",                                                 \
         .text = &(flags)->rings,                                              \
         .help = "how it widens by itself: 100@0,200@1h,300@2h,500@3h,air=850" \
                 ", or a file of that"},                                       \
        {.name = "no-rings",                                                   \
         .flag = &(flags)->no_rings,                                           \
         .help = "it does not widen by itself"},                               \
        TARGET_ROWS(&(flags)->target)

/** A new alert: id, revision 1, 72 hours. */
void draft_new(struct draft *draft, struct session *session);

/** The same from an Alert in JSON; what it does not say is as in draft_new. */
enum outcome draft_load(struct draft *draft, struct session *session,
                        const char *path);

/** The next revision of an alert; borrowed. */
void draft_revise(struct draft *draft, struct session *session,
                  const Tocsin__V1__Alert *alert);
void draft_done(struct draft *draft);

/** Change what the flags say; may ask the broker where a place is. */
enum outcome draft_apply(struct draft *draft, const struct alert_flags *flags);

/** Last seen, from --seen-at, --seen, --seen-division, --seen-text,
 * --seen-time. */
enum outcome draft_place(struct draft *draft, const struct alert_flags *flags);

/** It was seen again, so much later than before, or earlier: age and height go
 * by when it was last seen. Says what has become of them. */
void draft_grow(struct draft *draft, int64_t seen_before_ms);

/** The rings, from --rings, --no-rings and a place that has moved; the last of
 *  draft_apply. */
enum outcome draft_rings(struct draft *draft, const struct alert_flags *flags);
/** Which of its target's circles is the rings'; NO_RING. */
size_t draft_ring(const Tocsin__V1__Alert *alert);
/** Where no target was given: the rings of the default policy, or a circle. */
void draft_default_target(struct draft *draft);
/** The next ring of an alert that has rings now, or so many kilometres. */
enum outcome draft_widen_rings(struct draft *draft, const char *km);
/** One line in words. */
char *rings_words(const Tocsin__V1__Rings *rings, struct pool *pool);

/** What a report must have: default action, default target. */
void draft_complete(struct draft *draft);

/**
 * Upload the photo and put it into the alert.
 * Gives: *thumbnail in heap memory, {0, NULL} when there is none.
 */
enum outcome draft_photo(struct draft *draft, const char *path,
                         ProtobufCBinaryData *thumbnail);

#endif
