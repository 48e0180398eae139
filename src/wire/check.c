#include "wire/check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "wire/bundle.h"
#include "wire/rings.h"
#include "wire/topic.h"

#define ACTION_LANGUAGES_MAX 11
#define PEOPLE_MAX 4
#define LIFETIME_MAX_MS (30LL * 24 * 3600 * 1000)
#define AGE_MONTHS_MAX 300
#define SEEN_AHEAD_MS (5 * 60 * 1000)

bool complain(struct complaint *complaint, const char *field,
              const char *format, ...)
{
    va_list args;

    snprintf(complaint->field, sizeof complaint->field, "%s", field);
    va_start(args, format);
    vsnprintf(complaint->reason, sizeof complaint->reason, format, args);
    va_end(args);
    return false;
}

bool complain_inside(struct complaint *complaint, const char *path)
{
    char inner[sizeof complaint->field];

    memcpy(inner, complaint->field, sizeof inner);
    snprintf(complaint->field, sizeof complaint->field, "%.40s.%.54s", path,
             inner);
    return false;
}

bool check_text(const char *text, size_t min, size_t max, const char *field,
                struct complaint *complaint)
{
    size_t size = strlen(text);

    if (size >= min && size <= max)
        return true;
    if (min > 0)
        return complain(complaint, field, "must have %zu to %zu bytes", min,
                        max);
    return complain(complaint, field, "longer than %zu bytes", max);
}

static bool check_texts(Tocsin__V1__Text *const *texts, size_t count,
                        const char *field, struct complaint *complaint)
{
    if (count > ACTION_LANGUAGES_MAX)
        return complain(complaint, field, "more than %d texts",
                        ACTION_LANGUAGES_MAX);
    for (size_t i = 0; i < count; i++) {
        const Tocsin__V1__Text *text = texts[i];
        size_t tag = strlen(text->language);

        if (tag < 2 || tag > 35 ||
            strspn(text->language, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
                                   "RSTUVWXYZ0123456789-") != tag)
            return complain(complaint, field,
                            "text %zu: language is not a BCP 47 tag", i + 1);
        if (text->text[0] == '\0' || strlen(text->text) > 2000)
            return complain(complaint, field,
                            "text %zu: must have 1 to 2000 bytes", i + 1);
    }
    return true;
}

bool check_point(const Tocsin__V1__Point *point, const char *field,
                 struct complaint *complaint)
{
    if (point == NULL)
        return complain(complaint, field, "is missing");
    if (!(fabs(point->latitude) <= 90))
        return complain(complaint, field, "latitude is not within -90..90");
    if (!(fabs(point->longitude) <= 180))
        return complain(complaint, field, "longitude is not within -180..180");
    return true;
}

bool check_place(const Tocsin__V1__Place *place, const char *field,
                 struct complaint *complaint)
{
    if (place->point == NULL && place->division[0] == '\0' &&
        place->text[0] == '\0')
        return complain(complaint, field, "is empty");
    if (place->point != NULL && !check_point(place->point, field, complaint))
        return false;
    if (place->division[0] != '\0' && !division_valid(place->division))
        return complain(complaint, field, "division is not 6 digits");
    return check_text(place->text, 0, 400, field, complaint);
}

static bool check_circle(const Tocsin__V1__Circle *circle,
                         struct complaint *complaint)
{
    if (!check_point(circle->centre, "circles", complaint))
        return false;
    if (!(circle->radius_km > 0 && circle->radius_km <= 20016))
        return complain(complaint, "circles",
                        "radius_km is not above 0 and at most 20016");
    return true;
}

static bool check_polygon(const Tocsin__V1__Polygon *polygon,
                          struct complaint *complaint)
{
    if (polygon->n_points < 3 || polygon->n_points > 100)
        return complain(complaint, "polygons", "needs 3 to 100 points");
    for (size_t i = 0; i < polygon->n_points; i++) {
        if (!check_point(polygon->points[i], "polygons", complaint))
            return false;
    }
    return true;
}

static bool check_kinds(const Tocsin__V1__Target *target,
                        struct complaint *complaint)
{
    unsigned seen = 0;

    for (size_t i = 0; i < target->n_kinds; i++) {
        int kind = target->kinds[i];

        if (kind < TOCSIN__V1__NODE_KIND__NODE_KIND_RAILWAY_STATION ||
            kind > TOCSIN__V1__NODE_KIND__NODE_KIND_OTHER)
            return complain(complaint, "kinds", "%d is no kind of node", kind);
        if ((seen & 1U << kind) != 0)
            return complain(complaint, "kinds", "%d is named twice", kind);
        seen |= 1U << kind;
    }
    return true;
}

static bool check_areas(const Tocsin__V1__Target *target,
                        struct complaint *complaint)
{
    if (target->n_divisions > 64 || target->n_circles > 16 ||
        target->n_polygons > 8)
        return complain(complaint, "divisions",
                        "too many areas: at most 64 "
                        "divisions, 16 circles and 8 "
                        "polygons");
    if (target->n_divisions + target->n_circles + target->n_polygons == 0)
        return complain(complaint, "divisions",
                        "no area: name a division, circle or polygon");
    for (size_t i = 0; i < target->n_divisions; i++) {
        if (!division_valid(target->divisions[i]))
            return complain(complaint, "divisions", "entry %zu is not 6 digits",
                            i + 1);
    }
    for (size_t i = 0; i < target->n_circles; i++) {
        if (!check_circle(target->circles[i], complaint))
            return false;
    }
    for (size_t i = 0; i < target->n_polygons; i++) {
        if (!check_polygon(target->polygons[i], complaint))
            return false;
    }
    return true;
}

bool check_target(const Tocsin__V1__Target *target, const char *path,
                  struct complaint *complaint)
{
    if (target == NULL)
        return complain(complaint, path, "is missing");
    return (check_areas(target, complaint) && check_kinds(target, complaint)) ||
           complain_inside(complaint, path);
}

static bool check_measures(const Tocsin__V1__Child *child, uint32_t months_max,
                           struct complaint *complaint)
{
    if (child->age == NULL)
        return complain(complaint, "age", "is missing");
    if (child->age->min_months > child->age->max_months ||
        child->age->max_months > months_max)
        return complain(complaint, "age",
                        "must be 0 <= min_months <= max_months <= %u",
                        months_max);
    if (child->height != NULL &&
        (child->height->min_cm < 20 ||
         child->height->min_cm > child->height->max_cm ||
         child->height->max_cm > 220))
        return complain(complaint, "height",
                        "must be 20 <= min_cm <= max_cm <= 220");
    return true;
}

bool check_child(const Tocsin__V1__Child *child, uint32_t months_max,
                 struct complaint *complaint)
{
    if (child == NULL)
        return complain(complaint, "child", "is missing");
    if (child->sex < TOCSIN__V1__SEX__SEX_FEMALE ||
        child->sex > TOCSIN__V1__SEX__SEX_UNKNOWN)
        complain(complaint, "sex", "is missing; unknown can be said");
    else if (check_measures(child, months_max, complaint) &&
             check_text(child->name, 0, 100, "name", complaint) &&
             check_text(child->languages_spoken, 0, 200, "languages_spoken",
                        complaint) &&
             check_texts(child->clothing, child->n_clothing, "clothing",
                         complaint) &&
             check_texts(child->appearance, child->n_appearance, "appearance",
                         complaint))
        return true;
    return complain_inside(complaint, "child");
}

static bool check_last_seen(const Tocsin__V1__Alert *alert,
                            struct complaint *complaint)
{
    const Tocsin__V1__LastSeen *seen = alert->last_seen;

    if (seen == NULL || seen->place == NULL)
        return complain(complaint, "last_seen.place", "is missing");
    if (!check_place(seen->place, "last_seen.place", complaint) ||
        !check_point(seen->place->point, "last_seen.place.point", complaint))
        return false;
    if (seen->time_ms <= 0)
        return complain(complaint, "last_seen.time_ms", "is missing");
    if (seen->time_ms > alert->sent_ms + 300000)
        return complain(complaint, "last_seen.time_ms", "is in the future");
    return true;
}

static bool check_company(const Tocsin__V1__Alert *alert,
                          struct complaint *complaint)
{
    if (alert->n_companions > PEOPLE_MAX)
        return complain(complaint, "companions", "more than %d", PEOPLE_MAX);
    if (alert->n_vehicles > PEOPLE_MAX)
        return complain(complaint, "vehicles", "more than %d", PEOPLE_MAX);
    for (size_t i = 0; i < alert->n_companions; i++) {
        const Tocsin__V1__Companion *other = alert->companions[i];

        if (!check_text(other->name, 0, 100, "companions", complaint) ||
            !check_text(other->document, 0, 40, "companions", complaint) ||
            !check_texts(other->description, other->n_description, "companions",
                         complaint))
            return false;
    }
    for (size_t i = 0; i < alert->n_vehicles; i++) {
        const Tocsin__V1__Vehicle *vehicle = alert->vehicles[i];

        if (!check_text(vehicle->plate, 0, 20, "vehicles", complaint) ||
            !check_texts(vehicle->description, vehicle->n_description,
                         "vehicles", complaint))
            return false;
    }
    return true;
}

const char *picture_type(const uint8_t *bytes, size_t size)
{
    static const uint8_t jpeg[] = {0xff, 0xd8, 0xff};
    static const uint8_t png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

    if (size > sizeof jpeg && memcmp(bytes, jpeg, sizeof jpeg) == 0)
        return "image/jpeg";
    if (size > sizeof png && memcmp(bytes, png, sizeof png) == 0)
        return "image/png";
    return NULL;
}

static bool check_picture(const Tocsin__V1__Picture *picture, uint32_t max,
                          struct complaint *complaint)
{
    if (picture == NULL)
        return true;
    if (picture->hash.len != 32)
        return complain(complaint, "picture.hash", "is not 32 bytes");
    if (strcmp(picture->media_type, "image/jpeg") != 0 &&
        strcmp(picture->media_type, "image/png") != 0)
        return complain(complaint, "picture.media_type",
                        "is neither image/jpeg nor image/png");
    if (picture->size == 0 || picture->size > max)
        return complain(complaint, "picture.size", "is not within 1..%u", max);
    return true;
}

static bool check_life(const Tocsin__V1__Alert *alert,
                       struct complaint *complaint)
{
    if (!ulid_valid(alert->alert_id))
        return complain(complaint, "alert_id", "is not a ULID");
    if (alert->revision == 0)
        return complain(complaint, "revision", "is missing");
    if (alert->sent_ms <= 0 || alert->sent_ms > TIME_MAX_MS)
        return complain(complaint, "sent_ms", "is missing or no time");
    if (alert->expires_ms <= alert->sent_ms ||
        alert->expires_ms > alert->sent_ms + LIFETIME_MAX_MS ||
        alert->expires_ms > TIME_MAX_MS)
        return complain(complaint, "expires_ms",
                        "is not after sent_ms and within 30 days of it");
    return true;
}

/* Rings are around the place last seen, and who does not know them reaches at
 * once whomever they reach in the end. */
static bool check_alert_rings(const Tocsin__V1__Alert *alert,
                              struct complaint *complaint)
{
    if (alert->rings == NULL)
        return true;
    if (!check_rings(alert->rings, complaint))
        return false;
    if (rings_circle(alert) == NULL)
        return complain(complaint, "rings",
                        "target.circles lacks the last step's circle around "
                        "the place last seen");
    return true;
}

bool check_alert(const Tocsin__V1__Alert *alert, struct complaint *complaint)
{
    if (!check_life(alert, complaint) ||
        !check_child(alert->child, AGE_MONTHS_MAX, complaint) ||
        !check_last_seen(alert, complaint) ||
        !check_target(alert->target, "target", complaint) ||
        !check_alert_rings(alert, complaint) ||
        !check_texts(alert->action, alert->n_action, "action", complaint) ||
        !check_texts(alert->circumstances, alert->n_circumstances,
                     "circumstances", complaint) ||
        !check_company(alert, complaint) ||
        !check_picture(alert->picture, PICTURE_MAX, complaint) ||
        !check_text(alert->contact, 0, 100, "contact", complaint))
        return false;
    if (alert->n_action == 0)
        return complain(complaint, "action",
                        "is missing: say what the officer is to do");
    return true;
}

bool check_withdrawal(const Tocsin__V1__Withdrawal *withdrawal,
                      struct complaint *complaint)
{
    if (!ulid_valid(withdrawal->alert_id))
        return complain(complaint, "alert_id", "is not a ULID");
    if (withdrawal->revision < 2)
        return complain(complaint, "revision", "is below 2");
    if (withdrawal->sent_ms <= 0 || withdrawal->sent_ms > TIME_MAX_MS)
        return complain(complaint, "sent_ms", "is missing or no time");
    if (withdrawal->reason <
            TOCSIN__V1__WITHDRAWAL_REASON__WITHDRAWAL_REASON_CHILD_FOUND ||
        withdrawal->reason >
            TOCSIN__V1__WITHDRAWAL_REASON__WITHDRAWAL_REASON_OTHER)
        return complain(complaint, "reason", "is missing");
    return check_texts(withdrawal->text, withdrawal->n_text, "text", complaint);
}

bool rung_is_personal(Tocsin__V1__Rung rung)
{
    return rung >= TOCSIN__V1__RUNG__RUNG_READ;
}

bool rung_is_urgent(Tocsin__V1__Rung rung)
{
    return rung >= TOCSIN__V1__RUNG__RUNG_SIGHTING;
}

static bool check_search(const Tocsin__V1__Answer *answer,
                         struct complaint *complaint)
{
    const Tocsin__V1__Search *search = answer->search;
    bool negative = answer->rung == TOCSIN__V1__RUNG__RUNG_NEGATIVE;

    if ((search != NULL) != negative)
        return complain(complaint, "search", "is %s",
                        negative ? "missing" : "only for NEGATIVE");
    if (search == NULL)
        return true;
    if (search->what[0] == '\0' || strlen(search->what) > 400)
        return complain(complaint, "search.what", "must have 1 to 400 bytes");
    if (search->when == NULL || search->when->from_ms <= 0 ||
        search->when->from_ms > search->when->to_ms)
        return complain(complaint, "search.when", "is not a stretch of time");
    return true;
}

bool check_answer(const Tocsin__V1__Answer *answer, struct complaint *complaint)
{
    if (answer->answer_id.len != 16)
        return complain(complaint, "answer_id", "is not 16 bytes");
    if (!principal_id_valid(answer->node))
        return complain(complaint, "node", "is not an id");
    if (!ulid_valid(answer->alert_id))
        return complain(complaint, "alert_id", "is not a ULID");
    if (answer->revision == 0)
        return complain(complaint, "revision", "is missing");
    if (answer->rung < TOCSIN__V1__RUNG__RUNG_HELD ||
        answer->rung > TOCSIN__V1__RUNG__RUNG_INTERCEPTED)
        return complain(complaint, "rung", "is missing");
    if (rung_is_personal(answer->rung) && answer->officer[0] == '\0')
        return complain(complaint, "officer", "is missing");
    if (answer->place != NULL &&
        !check_place(answer->place, "place", complaint))
        return false;
    if (answer->at_ms < 0 || answer->at_ms > TIME_MAX_MS)
        return complain(complaint, "at_ms", "is no time");
    if (answer->seen_ms < 0 ||
        (answer->seen_ms > 0 &&
         answer->seen_ms - SEEN_AHEAD_MS > answer->at_ms))
        return complain(complaint, "seen_ms", "is after at_ms");
    if (answer->picture != NULL &&
        answer->rung < TOCSIN__V1__RUNG__RUNG_SIGHTING)
        return complain(complaint, "picture",
                        "is only for SIGHTING and INTERCEPTED");
    return check_picture(answer->picture, SIGHTING_PICTURE_MAX, complaint) &&
           check_search(answer, complaint) &&
           check_text(answer->officer, 0, 40, "officer", complaint) &&
           check_text(answer->text, 0, 2000, "text", complaint) &&
           check_text(answer->direction, 0, 200, "direction", complaint) &&
           check_text(answer->vehicle, 0, 100, "vehicle", complaint) &&
           check_text(answer->companion, 0, 400, "companion", complaint);
}
