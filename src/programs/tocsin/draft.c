#include "tocsin/draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tocsin/centre.h>
#include <tocsin/json.h>

#include "common/files.h"
#include "common/measures.h"
#include "common/numbers.h"
#include "common/say.h"
#include "common/words.h"

#define HOUR_MS (3600LL * 1000)
#define LIFETIME_MS (72 * HOUR_MS)
#define ALERT_FILE_MAX (64 << 10)
#define PICTURE_MAX (4 << 20)
#define THUMBNAIL_MAX 7000
#define DEFAULT_LANGUAGE "zh-Hans"

/* Chinese first, as most of those who read it do. */
static const char *const default_action[][2] = {
    {"zh-Hans", "发现疑似该儿童时，请将儿童及同行人员留在身边，核实身份，"
                "并立即通知发出警报的指挥中心。"},
    {"en", "Keep the child and any companion with you, establish who they are, "
           "and tell the centre that raised this alert at once."}};

void draft_new(struct draft *draft, struct session *session)
{
    draft->session = session;
    draft->confirms = NULL;
    draft->from_file = NULL;
    draft->ring = NO_RING;
    draft->no_rings = false;
    tocsin__v1__alert__init(&draft->alert);
    draft->alert.alert_id = pool_take(&session->pool, 27);
    tocsin_alert_id(draft->alert.alert_id);
    draft->alert.revision = 1;
    draft->alert.sent_ms = time_now_ms();
    draft->alert.expires_ms = draft->alert.sent_ms + LIFETIME_MS;
}

enum outcome draft_load(struct draft *draft, struct session *session,
                        const char *path)
{
    struct tocsin_diag why = {0};
    char *text;
    enum tocsin_status status;
    struct draft fresh;

    draft_new(&fresh, session);
    *draft = fresh;
    if (!file_load_text(path, ALERT_FILE_MAX, &text))
        return OUTCOME_LOCAL;
    status = tocsin_from_json(&draft->from_file, &tocsin__v1__alert__descriptor,
                              text, &why);
    free(text);
    if (status != TOCSIN_OK)
        return outcome_say(status, &why, path);
    draft->alert = *(Tocsin__V1__Alert *)draft->from_file;
    if (draft->alert.alert_id[0] == '\0')
        draft->alert.alert_id = fresh.alert.alert_id;
    draft->alert.revision = 1;
    draft->alert.sent_ms = fresh.alert.sent_ms;
    if (draft->alert.expires_ms == 0)
        draft->alert.expires_ms = fresh.alert.expires_ms;
    return OUTCOME_DONE;
}

void draft_revise(struct draft *draft, struct session *session,
                  const Tocsin__V1__Alert *alert)
{
    draft->session = session;
    draft->from_file = NULL;
    draft->confirms = NULL;
    draft->ring = NO_RING;
    draft->no_rings = false;
    draft->alert = *alert;
    draft->alert.revision++;
    draft->alert.sent_ms = time_now_ms();
}

void draft_done(struct draft *draft)
{
    if (draft->from_file != NULL)
        protobuf_c_message_free_unpacked(draft->from_file, NULL);
    draft->from_file = NULL;
}

/* ---- texts ---- */

static Tocsin__V1__Text *make_text(struct pool *pool, const char *language,
                                   const char *words)
{
    Tocsin__V1__Text *text = pool_take(pool, sizeof *text);

    tocsin__v1__text__init(text);
    text->language = pool_text(pool, language);
    text->text = pool_text(pool, words);
    return text;
}

struct text_list {
    Tocsin__V1__Text ***texts;
    size_t *count;
};

/* Replaces the text of this language, or adds it; an empty one takes it out. */
static void put_text(struct pool *pool, struct text_list list,
                     const char *language, const char *words)
{
    Tocsin__V1__Text **texts =
        pool_take(pool, (*list.count + 1) * sizeof(Tocsin__V1__Text *));
    size_t count = 0;

    if (words == NULL)
        return;
    for (size_t i = 0; i < *list.count; i++) {
        if (strcmp((*list.texts)[i]->language, language) != 0)
            texts[count++] = (*list.texts)[i];
    }
    if (words[0] != '\0')
        texts[count++] = make_text(pool, language, words);
    *list.texts = texts;
    *list.count = count;
}

/* ---- the child ---- */

static enum outcome put_age(struct draft *draft, Tocsin__V1__Child *child,
                            const char *text)
{
    Tocsin__V1__AgeRange *age = pool_take(&draft->session->pool, sizeof *age);

    tocsin__v1__age_range__init(age);
    child->age = age;
    return age_read(text, age) ? OUTCOME_DONE : OUTCOME_USAGE;
}

static enum outcome put_height(struct draft *draft, Tocsin__V1__Child *child,
                               const char *text)
{
    Tocsin__V1__HeightRange *height =
        pool_take(&draft->session->pool, sizeof *height);

    tocsin__v1__height_range__init(height);
    child->height = height;
    return height_read(text, height) ? OUTCOME_DONE : OUTCOME_USAGE;
}

static enum outcome put_sex(Tocsin__V1__Child *child, const char *text)
{
    int sex;

    if (!word_value(words_sex, text, &sex)) {
        word_complain(words_sex, "sex");
        return OUTCOME_USAGE;
    }
    child->sex = (Tocsin__V1__Sex)sex;
    return OUTCOME_DONE;
}

static enum outcome put_child(struct draft *draft,
                              const struct alert_flags *flags,
                              const char *language)
{
    struct pool *pool = &draft->session->pool;
    Tocsin__V1__Child *child = pool_take(pool, sizeof *child);
    enum outcome outcome = OUTCOME_DONE;

    tocsin__v1__child__init(child);
    if (draft->alert.child != NULL)
        *child = *draft->alert.child;
    if (flags->sex != NULL)
        outcome = put_sex(child, flags->sex);
    if (outcome == OUTCOME_DONE && flags->age != NULL)
        outcome = put_age(draft, child, flags->age);
    if (outcome == OUTCOME_DONE && flags->height != NULL)
        outcome = put_height(draft, child, flags->height);
    if (flags->name != NULL)
        child->name = pool_text(pool, flags->name);
    if (flags->spoken != NULL)
        child->languages_spoken = pool_text(pool, flags->spoken);
    put_text(pool, (struct text_list){&child->clothing, &child->n_clothing},
             language, flags->clothing);
    put_text(pool, (struct text_list){&child->appearance, &child->n_appearance},
             language, flags->appearance);
    draft->alert.child = child;
    return outcome;
}

/* ---- who and what is with the child ---- */

static Tocsin__V1__Companion *make_companion(struct pool *pool,
                                             const char *document,
                                             const char *words,
                                             const char *language)
{
    Tocsin__V1__Companion *other = pool_take(pool, sizeof *other);

    tocsin__v1__companion__init(other);
    if (document != NULL)
        other->document = pool_text(pool, document);
    put_text(pool,
             (struct text_list){&other->description, &other->n_description},
             language, words);
    return other;
}

/* "NUMBER=TEXT": the number, and what comes after the sign, or NULL. */
static char *split_number(struct pool *pool, const char *text,
                          const char **words)
{
    char *number = pool_text(pool, text);
    char *sign = strchr(number, '=');

    *words = NULL;
    if (sign != NULL) {
        *sign = '\0';
        *words = sign + 1;
    }
    return number;
}

/* They take the place of all that were there; "" is nobody, and alone takes
 * them out, as it does a text. */
static void put_companions(struct draft *draft, const struct alert_flags *flags,
                           const char *language)
{
    struct pool *pool = &draft->session->pool;
    Tocsin__V1__Alert *alert = &draft->alert;
    const struct texts *companions = &flags->companions;
    const struct texts *suspects = &flags->suspects;
    const char *words;

    if (companions->count + suspects->count == 0)
        return;
    alert->companions = pool_take(pool, (companions->count + suspects->count) *
                                            sizeof(Tocsin__V1__Companion *));
    alert->n_companions = 0;
    for (size_t i = 0; i < companions->count; i++) {
        if (companions->at[i][0] != '\0')
            alert->companions[alert->n_companions++] =
                make_companion(pool, NULL, companions->at[i], language);
    }
    for (size_t i = 0; i < suspects->count; i++) {
        const char *number = split_number(pool, suspects->at[i], &words);

        if (suspects->at[i][0] != '\0')
            alert->companions[alert->n_companions++] =
                make_companion(pool, number, words, language);
    }
}

static void put_vehicles(struct draft *draft, const struct texts *flags,
                         const char *language)
{
    struct pool *pool = &draft->session->pool;
    Tocsin__V1__Alert *alert = &draft->alert;

    if (flags->count == 0)
        return;
    alert->vehicles =
        pool_take(pool, flags->count * sizeof(Tocsin__V1__Vehicle *));
    alert->n_vehicles = 0;
    for (size_t i = 0; i < flags->count; i++) {
        Tocsin__V1__Vehicle *vehicle = pool_take(pool, sizeof *vehicle);
        const char *words;

        if (flags->at[i][0] == '\0')
            continue;
        tocsin__v1__vehicle__init(vehicle);
        vehicle->plate = split_number(pool, flags->at[i], &words);
        put_text(
            pool,
            (struct text_list){&vehicle->description, &vehicle->n_description},
            language, words);
        alert->vehicles[alert->n_vehicles++] = vehicle;
    }
}

/* ---- the whole ---- */

static enum outcome put_expiry(struct draft *draft, const char *text)
{
    int64_t distance;

    if (text == NULL)
        return OUTCOME_DONE;
    if (duration_parse(text, &distance)) {
        draft->alert.expires_ms = draft->alert.sent_ms + distance;
        return OUTCOME_DONE;
    }
    if (time_parse(text, draft->alert.sent_ms, &draft->alert.expires_ms))
        return OUTCOME_DONE;
    complain("--expires %.40s: must be a stretch (72h) or a time", text);
    return OUTCOME_USAGE;
}

static enum outcome put_target(struct draft *draft,
                               const struct target_flags *flags)
{
    Tocsin__V1__Target *target;

    if (!target_given(flags))
        return OUTCOME_DONE;
    target = pool_take(&draft->session->pool, sizeof *target);
    tocsin__v1__target__init(target);
    draft->alert.target = target;
    return target_read(target, flags, &draft->session->pool);
}

enum outcome draft_apply(struct draft *draft, const struct alert_flags *flags)
{
    struct pool *pool = &draft->session->pool;
    Tocsin__V1__Alert *alert = &draft->alert;
    const char *language =
        flags->language == NULL ? DEFAULT_LANGUAGE : flags->language;
    enum outcome outcome = put_child(draft, flags, language);

    draft->ring = draft_ring(alert);
    if (outcome == OUTCOME_DONE)
        outcome = put_expiry(draft, flags->expires);
    if (outcome == OUTCOME_DONE)
        outcome = put_target(draft, &flags->target);
    if (outcome != OUTCOME_DONE)
        return outcome;
    put_text(pool,
             (struct text_list){&alert->circumstances, &alert->n_circumstances},
             language, flags->circumstances);
    put_text(pool, (struct text_list){&alert->action, &alert->n_action},
             language, flags->action);
    put_companions(draft, flags, language);
    put_vehicles(draft, &flags->vehicles, language);
    if (flags->contact != NULL)
        alert->contact = pool_text(pool, flags->contact);
    outcome = draft_place(draft, flags);
    return outcome == OUTCOME_DONE ? draft_rings(draft, flags) : outcome;
}

void draft_complete(struct draft *draft)
{
    struct pool *pool = &draft->session->pool;
    Tocsin__V1__Alert *alert = &draft->alert;
    bool said = alert->n_action > 0;

    for (size_t i = 0; !said && i < 2; i++)
        put_text(pool, (struct text_list){&alert->action, &alert->n_action},
                 default_action[i][0], default_action[i][1]);
    draft_default_target(draft);
}

enum outcome draft_photo(struct draft *draft, const char *path,
                         ProtobufCBinaryData *thumbnail)
{
    struct session *session = draft->session;
    Tocsin__V1__Picture *picture = pool_take(&session->pool, sizeof *picture);
    uint8_t *hash = pool_take(&session->pool, 32);
    struct tocsin_diag why = {0};
    enum tocsin_status status;
    uint8_t *bytes;
    size_t size;

    *thumbnail = (ProtobufCBinaryData){0, NULL};
    if (path == NULL)
        return OUTCOME_DONE;
    if (!file_load(path, PICTURE_MAX, &bytes, &size))
        return OUTCOME_LOCAL;
    status = tocsin_picture_put(session->client, draft->alert.alert_id, bytes,
                                size, picture, hash, session->timeout_ms, &why);
    if (status == TOCSIN_OK && strcmp(picture->media_type, "image/jpeg") == 0 &&
        tocsin_thumbnail(bytes, size, THUMBNAIL_MAX, &thumbnail->data,
                         &thumbnail->len, &why) != TOCSIN_OK)
        complain("%s: sent without a small picture: %s", path, why.text);
    free(bytes);
    if (status != TOCSIN_OK)
        return outcome_say(status, &why, path);
    draft->alert.picture = picture;
    return OUTCOME_DONE;
}
