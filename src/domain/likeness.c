#include "domain/likeness.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "domain/growth.h"
#include "domain/sighted.h"

#define HOUR_MS 3600000.0
#define DAY_MS (24 * HOUR_MS)
#define MONTH_MS (30.4375 * DAY_MS)

/* What each aspect can add, of 100. */
static const double weights[LIKENESS_ASPECTS] = {10, 20, 10, 15, 15, 5, 15, 10};
/* An aspect that is not known counts for so much of its weight. */
#define UNKNOWN_SHARE 0.33
/* One that speaks against takes so much of its weight away. */
#define AGAINST_SHARE 0.5

/* By eye an age is known to so many months, and this share of it. */
#define AGE_SLACK_MONTHS 3
#define AGE_SLACK_SHARE 0.15
/* A height that somebody remembers, and one that was estimated. */
#define HEIGHT_SLACK_CM 6
#define GROWTH_SLACK_SHARE 0.25
/* Clothes are changed. */
#define CLOTHING_DAYS 3
/* After so long a child may be anywhere. */
#define PLACE_DAYS 30
#define KM_PER_DAY 100
#define FAR_KM 500
/* Who is seen after it was found is another; clocks and memories differ. */
#define FOUND_BEFORE_MS (24 * HOUR_MS)
/* Younger ones speak no language that could be told. */
#define SPEAKS_FROM_MONTHS 18
#define NAMED_WORDS 4

struct comparing {
    const struct described *missing;
    const struct described *found;
    double passed_ms;
    bool excluded;
    double points; /* of what could be: */
    double could;
    struct likeness_reason *reasons; /* NULL: nobody asks why */
};

/* strength: 0 to 1, of what speaks for it. */
static void say(struct comparing *comparing, Tocsin__V1__Aspect aspect,
                Tocsin__V1__Speaks speaks, double strength)
{
    double weight = weights[aspect - 1];

    switch (speaks) {
    case TOCSIN__V1__SPEAKS__SPEAKS_FOR:
        comparing->points += weight * strength;
        comparing->could += weight;
        break;
    case TOCSIN__V1__SPEAKS__SPEAKS_AGAINST:
        comparing->points -= weight * AGAINST_SHARE * strength;
        comparing->could += weight;
        break;
    case TOCSIN__V1__SPEAKS__SPEAKS_NOT_KNOWN:
        comparing->could += weight * UNKNOWN_SHARE;
        break;
    case TOCSIN__V1__SPEAKS__SPEAKS_UNSPECIFIED:
    case _TOCSIN__V1__SPEAKS_IS_INT_SIZE:
        break;
    }
    if (comparing->reasons != NULL)
        comparing->reasons[aspect - 1].speaks = speaks;
}

static void because(struct comparing *comparing, Tocsin__V1__Aspect aspect,
                    const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void because(struct comparing *comparing, Tocsin__V1__Aspect aspect,
                    const char *format, ...)
{
    struct likeness_reason *reason;
    va_list args;

    if (comparing->reasons == NULL)
        return;
    reason = &comparing->reasons[aspect - 1];
    va_start(args, format);
    vsnprintf(reason->text, sizeof reason->text, format, args);
    va_end(args);
}

/* ---- sex, age, height ---------------------------------------------------- */

#define FOR TOCSIN__V1__SPEAKS__SPEAKS_FOR
#define AGAINST TOCSIN__V1__SPEAKS__SPEAKS_AGAINST
#define NOT_KNOWN TOCSIN__V1__SPEAKS__SPEAKS_NOT_KNOWN

static void compare_sex(struct comparing *comparing)
{
    static const char *const words[] = {"", "female", "male", "not known"};
    const Tocsin__V1__Aspect aspect = TOCSIN__V1__ASPECT__ASPECT_SEX;
    Tocsin__V1__Sex missing = comparing->missing->glance.sex;
    Tocsin__V1__Sex found = comparing->found->glance.sex;

    if (missing == TOCSIN__V1__SEX__SEX_UNKNOWN ||
        found == TOCSIN__V1__SEX__SEX_UNKNOWN) {
        say(comparing, aspect, NOT_KNOWN, 0);
        because(comparing, aspect, "of one of the two it is not known");
        return;
    }
    say(comparing, aspect, FOR, 1);
    because(comparing, aspect, "both %s", words[found]);
}

/* How far apart two ranges are; 0: they meet. */
static double gap(double min, double max, double other_min, double other_max)
{
    if (min > other_max)
        return min - other_max;
    return other_min > max ? other_min - max : 0;
}

static double passed_months(double passed_ms)
{
    return fmax(0, passed_ms / MONTH_MS);
}

/* Between the ages that it would have by then and those that it is taken for.
 */
static double months_apart(const struct glance *missing,
                           const struct glance *found)
{
    double passed = passed_months((double)(found->when_ms - missing->when_ms));

    return gap(missing->min_months + passed, missing->max_months + passed,
               found->min_months, found->max_months);
}

static double age_slack(const struct glance *found)
{
    return AGE_SLACK_MONTHS +
           AGE_SLACK_SHARE * (found->min_months + found->max_months) / 2;
}

bool likeness_possible(const struct glance *missing, const struct glance *found)
{
    bool known = missing->sex != TOCSIN__V1__SEX__SEX_UNKNOWN &&
                 found->sex != TOCSIN__V1__SEX__SEX_UNKNOWN;

    return (!known || missing->sex == found->sex) &&
           (double)(found->when_ms - missing->when_ms) >= -FOUND_BEFORE_MS &&
           months_apart(missing, found) <= 2 * age_slack(found);
}

static void compare_age(struct comparing *comparing)
{
    const Tocsin__V1__Aspect aspect = TOCSIN__V1__ASPECT__ASPECT_AGE;
    const struct glance *missing = &comparing->missing->glance;
    const struct glance *found = &comparing->found->glance;
    double passed = passed_months(comparing->passed_ms);
    double apart = months_apart(missing, found);
    double slack = age_slack(found);

    if (apart <= slack)
        say(comparing, aspect, FOR, 1 - 0.6 * apart / slack);
    else
        say(comparing, aspect, AGAINST, 1);
    because(comparing, aspect,
            "%.1f to %.1f years by then, estimated at %.1f to %.1f%s",
            (missing->min_months + passed) / 12,
            (missing->max_months + passed) / 12, found->min_months / 12.0,
            found->max_months / 12.0,
            apart == 0       ? ""
            : apart <= slack ? ": within what an estimate is worth"
                             : ": more than an estimate is wrong");
}

static void compare_height(struct comparing *comparing)
{
    const Tocsin__V1__Aspect aspect = TOCSIN__V1__ASPECT__ASPECT_HEIGHT;
    const struct described *missing = comparing->missing;
    const struct described *found = comparing->found;
    double age =
        (missing->glance.min_months + missing->glance.max_months) / 2.0;
    double growth = growth_cm(missing->glance.sex, age,
                              passed_months(comparing->passed_ms));
    double min = missing->min_cm + growth;
    double max = missing->max_cm + growth;
    double slack = HEIGHT_SLACK_CM + GROWTH_SLACK_SHARE * growth;
    double apart;

    if (missing->max_cm == 0 || found->max_cm == 0) {
        say(comparing, aspect, NOT_KNOWN, 0);
        because(comparing, aspect, "of one of the two it is not said");
        return;
    }
    apart = gap(min, max, found->min_cm, found->max_cm);
    comparing->excluded = apart > 2 * slack;
    if (apart <= slack)
        say(comparing, aspect, FOR, 1 - 0.6 * apart / slack);
    else
        say(comparing, aspect, AGAINST, 1);
    because(comparing, aspect,
            "%.0f to %.0f cm by then (%.0f cm grown), now %.0f to %.0f cm%s",
            min, max, growth, found->min_cm, found->max_cm,
            apart <= slack ? "" : ": more than children differ in growth");
}

/* ---- place --------------------------------------------------------------- */

static const char *span(char out[40], double ms)
{
    if (ms < 2 * DAY_MS)
        snprintf(out, 40, "%.0f h", fmax(0, ms) / HOUR_MS);
    else if (ms < 60 * DAY_MS)
        snprintf(out, 40, "%.0f days", ms / DAY_MS);
    else
        snprintf(out, 40, "%.1f years", ms / MONTH_MS / 12);
    return out;
}

/* Nearer counts more, and less the more time has passed. */
static double nearness(double km, double days)
{
    if (days <= PLACE_DAYS)
        return 1 - km / (KM_PER_DAY * (1 + days));
    return (1 - km / FAR_KM) / 2;
}

static void compare_place(struct comparing *comparing)
{
    const Tocsin__V1__Aspect aspect = TOCSIN__V1__ASPECT__ASPECT_PLACE;
    const struct seen_at last = {comparing->missing->point,
                                 comparing->missing->glance.when_ms};
    const struct seen_at seen = {comparing->found->point,
                                 comparing->found->glance.when_ms};
    double near;
    double km;
    char time[40];

    if (!comparing->missing->has_point || !comparing->found->has_point) {
        say(comparing, aspect, NOT_KNOWN, 0);
        because(comparing, aspect, "where it was found is not known nearly");
        return;
    }
    km = geo_distance_km(last.point, seen.point);
    near = nearness(km, fmax(0, comparing->passed_ms) / DAY_MS);
    if (sighted_beyond_reach(&last, &seen))
        say(comparing, aspect, AGAINST, 1);
    else if (near > 0)
        say(comparing, aspect, FOR, near);
    else
        say(comparing, aspect, NOT_KNOWN, 0);
    because(comparing, aspect,
            "%.0f km from where it was last seen, %s later%s", km,
            span(time, comparing->passed_ms),
            sighted_beyond_reach(&last, &seen)
                ? ": nobody travels so far in the time"
            : near > 0 ? ""
                       : ": far, but it could be reached");
}

/* ---- words --------------------------------------------------------------- */

static void name_words(char *out, size_t size, const struct word *words,
                       size_t count)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < count && used + words[i].size + 3 < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%.*s",
                                 i == 0 ? "" : ", ", (int)words[i].size,
                                 words[i].at);
}

/* The best of the pairs that are in one language and one script. */
struct agreement {
    bool comparable; /* there is such a pair */
    size_t common;
    size_t of; /* words of the shorter one */
    struct word words[NAMED_WORDS];
};

static void agree(struct agreement *best, const struct wording *missing,
                  const struct wording *found)
{
    struct word words[NAMED_WORDS];
    size_t common = wording_common(found, missing, words, NAMED_WORDS);

    if (common == 0 && !wording_comparable(missing, found))
        return;
    best->comparable = true;
    if (common <= best->common)
        return;
    best->common = common;
    best->of = missing->count < found->count ? missing->count : found->count;
    memcpy(best->words, words, sizeof words);
}

static struct agreement agreement_of(const struct described_texts *missing,
                                     const struct described_texts *found)
{
    struct agreement best = {0};

    for (size_t i = 0; i < missing->count; i++) {
        for (size_t j = 0; j < found->count; j++) {
            if (strcmp(missing->list[i].language, found->list[j].language) == 0)
                agree(&best, &missing->list[i].wording,
                      &found->list[j].wording);
        }
    }
    return best;
}

/* Three words in common are worth all, when they are most of what is said. */
static double agreement_strength(const struct agreement *agreement)
{
    double share = (double)agreement->common / (double)agreement->of;

    return fmin(1, (double)agreement->common / 3) * (0.5 + 0.5 * share);
}

static void say_common(struct comparing *comparing, Tocsin__V1__Aspect aspect,
                       const struct agreement *agreement)
{
    char named[120];

    say(comparing, aspect, FOR, agreement_strength(agreement));
    if (comparing->reasons == NULL)
        return;
    name_words(named, sizeof named, agreement->words,
               agreement->common < NAMED_WORDS ? agreement->common
                                               : NAMED_WORDS);
    because(comparing, aspect, "both say: %s%s", named,
            agreement->common > NAMED_WORDS ? ", ..." : "");
}

static const char *why_not(const struct wording *missing,
                           const struct wording *found)
{
    return missing->count > 0 && found->count > 0
               ? "written in two scripts: compare them by ear"
               : "of one of the two it is not said";
}

static void compare_name(struct comparing *comparing)
{
    const Tocsin__V1__Aspect aspect = TOCSIN__V1__ASPECT__ASPECT_NAME;
    struct agreement names = {0};

    agree(&names, &comparing->missing->name, &comparing->found->name);
    if (!names.comparable) {
        say(comparing, aspect, NOT_KNOWN, 0);
        because(comparing, aspect, "%s",
                why_not(&comparing->missing->name, &comparing->found->name));
    } else if (names.common == 0) {
        say(comparing, aspect, AGAINST, 0);
        because(comparing, aspect,
                "another name; a child may give another, or be given one");
    } else {
        say_common(comparing, aspect, &names);
    }
}

static void compare_language(struct comparing *comparing)
{
    const Tocsin__V1__Aspect aspect = TOCSIN__V1__ASPECT__ASPECT_LANGUAGE;
    struct agreement languages = {0};

    agree(&languages, &comparing->missing->languages,
          &comparing->found->languages);
    if (!languages.comparable ||
        comparing->found->glance.max_months < SPEAKS_FROM_MONTHS) {
        say(comparing, aspect, NOT_KNOWN, 0);
        because(comparing, aspect, "%s",
                languages.comparable ? "too young to speak"
                                     : why_not(&comparing->missing->languages,
                                               &comparing->found->languages));
    } else if (languages.common == 0) {
        say(comparing, aspect, AGAINST, 0.5);
        because(comparing, aspect, "no language in common");
    } else {
        say(comparing, aspect, FOR, 1);
        because(comparing, aspect, "%.*s", (int)languages.words[0].size,
                languages.words[0].at);
    }
}

/* Two who describe the same seldom use the same words: none says nothing. */
static void compare_appearance(struct comparing *comparing)
{
    const Tocsin__V1__Aspect aspect = TOCSIN__V1__ASPECT__ASPECT_APPEARANCE;
    struct agreement marks = agreement_of(&comparing->missing->appearance,
                                          &comparing->found->appearance);

    if (marks.common > 0) {
        say_common(comparing, aspect, &marks);
        return;
    }
    say(comparing, aspect, NOT_KNOWN, 0);
    because(comparing, aspect,
            marks.comparable ? "no words in common: compare them by eye"
                             : "not described in one language");
}

static void compare_clothing(struct comparing *comparing)
{
    const Tocsin__V1__Aspect aspect = TOCSIN__V1__ASPECT__ASPECT_CLOTHING;
    struct agreement clothes = agreement_of(&comparing->missing->clothing,
                                            &comparing->found->clothing);
    char time[40];

    if (comparing->passed_ms > CLOTHING_DAYS * DAY_MS) {
        say(comparing, aspect, NOT_KNOWN, 0);
        because(comparing, aspect, "%s later it says nothing",
                span(time, comparing->passed_ms));
    } else if (!clothes.comparable) {
        say(comparing, aspect, NOT_KNOWN, 0);
        because(comparing, aspect, "not described in one language");
    } else if (clothes.common == 0) {
        say(comparing, aspect, AGAINST, 0);
        because(comparing, aspect,
                "other clothes, or other words; they may have been changed");
    } else {
        say_common(comparing, aspect, &clothes);
    }
}

/* ---- all ----------------------------------------------------------------- */

static bool compare(unsigned *score, struct likeness_reason *reasons,
                    const struct described *missing,
                    const struct described *found)
{
    struct comparing comparing = {
        .missing = missing,
        .found = found,
        .passed_ms = (double)(found->glance.when_ms - missing->glance.when_ms),
        .reasons = reasons};

    if (!likeness_possible(&missing->glance, &found->glance))
        return false;
    compare_sex(&comparing);
    compare_age(&comparing);
    compare_height(&comparing);
    compare_place(&comparing);
    if (comparing.excluded)
        return false;
    compare_name(&comparing);
    compare_language(&comparing);
    compare_appearance(&comparing);
    compare_clothing(&comparing);
    *score =
        (unsigned)lround(fmax(0, 100 * comparing.points) / comparing.could);
    return true;
}

bool likeness_score(unsigned *score, const struct described *missing,
                    const struct described *found)
{
    return compare(score, NULL, missing, found);
}

bool likeness_explain(struct likeness *out, const struct described *missing,
                      const struct described *found)
{
    memset(out, 0, sizeof *out);
    return compare(&out->score, out->reasons, missing, found);
}

void suggestions_offer(struct suggestions *suggestions, const void *what,
                       unsigned score)
{
    size_t at = suggestions->count;

    suggestions->likely += score >= LIKELY_SCORE;
    while (at > 0 && suggestions->list[at - 1].score < score)
        at--;
    if (at == SUGGESTIONS_MAX)
        return;
    if (suggestions->count < SUGGESTIONS_MAX)
        suggestions->count++;
    memmove(suggestions->list + at + 1, suggestions->list + at,
            (suggestions->count - at - 1) * sizeof *suggestions->list);
    suggestions->list[at].what = what;
    suggestions->list[at].score = score;
}
