#include "common/found_draft.h"

#include <stdlib.h>
#include <string.h>

#include <tocsin/json.h>

#include "common/files.h"
#include "common/measures.h"
#include "common/numbers.h"
#include "common/say.h"
#include "common/words.h"

#define FILE_MAX (64 << 10)
#define DEFAULT_LANGUAGE "zh-Hans"

void found_rows(struct option_row rows[FOUND_ROW_COUNT],
                struct found_flags *flags)
{
    const struct option_row all[FOUND_ROW_COUNT] = {
        {.name = "file",
         .value = "FILE",
         .text = &flags->file,
         .help = "a FoundChild in JSON (proto/README.md); options go before "
                 "it; - is standard input"},
        {.name = "officer",
         .value = "NO",
         .text = &flags->officer,
         .help = "service number of who registers"},
        {.name = "sex",
         .value = "SEX",
         .text = &flags->sex,
         .help = "female, male or unknown"},
        {.name = "age",
         .value = "AGE",
         .text = &flags->age,
         .help = "as estimated: 6 or 5-7 (years), 18m or 12-18m (months)"},
        {.name = "height",
         .value = "CM",
         .text = &flags->height,
         .help = "115 or 110-120"},
        {.name = "name",
         .value = "NAME",
         .text = &flags->name,
         .help = "as the child gives it"},
        {.name = "speaks",
         .value = "TEXT",
         .text = &flags->spoken,
         .help = "languages that the child speaks"},
        {.name = "appearance",
         .value = "TEXT",
         .text = &flags->appearance,
         .help = "hair, build, marks"},
        {.name = "clothing",
         .value = "TEXT",
         .text = &flags->clothing,
         .help = "what the child wears"},
        {.name = "language",
         .value = "TAG",
         .text = &flags->language,
         .help = "of these two texts (" DEFAULT_LANGUAGE ")"},
        {.name = "at",
         .value = "LAT,LON",
         .text = &flags->at,
         .help = "where it was found"},
        {.name = "division",
         .value = "CODE",
         .text = &flags->division,
         .help = "the division of that; instead of a point or beside it"},
        {.name = "place",
         .value = "TEXT",
         .text = &flags->place,
         .help = "where, in words"},
        {.name = "found",
         .value = "TIME",
         .text = &flags->when,
         .help = "when: 2026-03-01T08:15Z, or -20m: 20 minutes ago"},
        {.name = "text",
         .value = "TEXT",
         .text = &flags->text,
         .help = "how it came about"},
        {.name = "keeper",
         .value = "NAME",
         .text = &flags->keeper,
         .help = "the institution that has the child now"},
        {.name = "keeper-division",
         .value = "CODE",
         .text = &flags->keeper_division,
         .help = "and the division where that is"},
        {.name = "keeper-contact",
         .value = "TEXT",
         .text = &flags->keeper_contact,
         .help = "who to call there"},
        {.name = "kit",
         .value = "NUMBER",
         .text = &flags->kit,
         .help = "of the DNA sample that was taken"},
    };

    memcpy(rows, all, sizeof all);
}

static void put(char **field, const char *text)
{
    if (text != NULL)
        *field = (char *)(uintptr_t)text;
}

/* ---- the child ----------------------------------------------------------- */

/* A field's texts, room for as many as they may become, and for the new one. */
struct text_field {
    Tocsin__V1__Text ***texts;
    size_t *count;
    Tocsin__V1__Text **room;
    Tocsin__V1__Text *fresh;
};

/* Replaces the text of this language, or adds it; an empty one takes it out. */
static void put_text(const struct text_field *field, const char *language,
                     const char *words)
{
    const char *tag = language != NULL ? language : DEFAULT_LANGUAGE;
    size_t kept = 0;

    if (words == NULL)
        return;
    for (size_t i = 0; i < *field->count && kept + 1 < FOUND_TEXTS_ROOM; i++) {
        if (strcmp((*field->texts)[i]->language, tag) != 0)
            field->room[kept++] = (*field->texts)[i];
    }
    if (words[0] != '\0') {
        tocsin__v1__text__init(field->fresh);
        field->fresh->language = (char *)(uintptr_t)tag;
        field->fresh->text = (char *)(uintptr_t)words;
        field->room[kept++] = field->fresh;
    }
    *field->texts = field->room;
    *field->count = kept;
}

static void put_words(struct found_draft *draft,
                      const struct found_flags *flags)
{
    Tocsin__V1__Child *child = &draft->child;
    const struct text_field appearance = {
        &child->appearance, &child->n_appearance, draft->appearances,
        &draft->appearance};
    const struct text_field clothing = {&child->clothing, &child->n_clothing,
                                        draft->clothes, &draft->clothing};

    put(&child->name, flags->name);
    put(&child->languages_spoken, flags->spoken);
    put_text(&appearance, flags->language, flags->appearance);
    put_text(&clothing, flags->language, flags->clothing);
}

static bool put_child(struct found_draft *draft,
                      const struct found_flags *flags)
{
    Tocsin__V1__Child *child = &draft->child;
    int sex;

    tocsin__v1__child__init(child);
    if (draft->content.child != NULL)
        *child = *draft->content.child;
    draft->content.child = child;
    if (flags->sex != NULL) {
        if (!word_value(words_sex, flags->sex, &sex)) {
            word_complain(words_sex, "sex");
            return false;
        }
        child->sex = (Tocsin__V1__Sex)sex;
    }
    tocsin__v1__age_range__init(&draft->age);
    tocsin__v1__height_range__init(&draft->height);
    if (flags->age != NULL)
        child->age = &draft->age;
    if (flags->height != NULL)
        child->height = &draft->height;
    put_words(draft, flags);
    return (flags->age == NULL || age_read(flags->age, &draft->age)) &&
           (flags->height == NULL ||
            height_read(flags->height, &draft->height));
}

/* ---- place, time, keeper ------------------------------------------------- */

static bool put_place(struct found_draft *draft,
                      const struct found_flags *flags)
{
    double at[2];

    if (flags->at == NULL && flags->division == NULL && flags->place == NULL)
        return true;
    tocsin__v1__place__init(&draft->place);
    if (draft->content.place != NULL)
        draft->place = *draft->content.place;
    draft->content.place = &draft->place;
    put(&draft->place.division, flags->division);
    put(&draft->place.text, flags->place);
    if (flags->at == NULL)
        return true;
    if (!number_list(flags->at, at, 2) || !number_is_place(at[0], at[1])) {
        complain("--at %.40s: must be LAT,LON in degrees", flags->at);
        return false;
    }
    tocsin__v1__point__init(&draft->point);
    draft->point.latitude = at[0];
    draft->point.longitude = at[1];
    draft->place.point = &draft->point;
    return true;
}

static bool put_time(struct found_draft *draft, const struct found_flags *flags)
{
    if (flags->when == NULL ||
        time_parse(flags->when, time_now_ms(), &draft->content.found_ms))
        return true;
    complain("--found %.40s: must be RFC 3339 or \"-20m\"", flags->when);
    return false;
}

static void put_keeper(struct found_draft *draft,
                       const struct found_flags *flags)
{
    if (flags->keeper == NULL && flags->keeper_division == NULL &&
        flags->keeper_contact == NULL)
        return;
    tocsin__v1__keeper__init(&draft->keeper);
    if (draft->content.keeper != NULL)
        draft->keeper = *draft->content.keeper;
    draft->content.keeper = &draft->keeper;
    put(&draft->keeper.name, flags->keeper);
    put(&draft->keeper.division, flags->keeper_division);
    put(&draft->keeper.contact, flags->keeper_contact);
}

/* ---- all ----------------------------------------------------------------- */

static enum outcome load(struct found_draft *draft, const char *path)
{
    struct tocsin_diag why = {0};
    enum tocsin_status status;
    char *text;

    if (!file_load_text(path, FILE_MAX, &text))
        return OUTCOME_LOCAL;
    status = tocsin_from_json(&draft->from_file,
                              &tocsin__v1__found_child__descriptor, text, &why);
    free(text);
    if (status != TOCSIN_OK)
        return outcome_say(status, &why, path);
    draft->content = *(Tocsin__V1__FoundChild *)draft->from_file;
    return OUTCOME_DONE;
}

enum outcome found_draft_read(struct found_draft *draft,
                              const struct found_flags *flags,
                              const Tocsin__V1__FoundChild *before)
{
    enum outcome outcome = OUTCOME_DONE;

    memset(draft, 0, sizeof *draft);
    tocsin__v1__found_child__init(&draft->content);
    if (before != NULL)
        draft->content = *before;
    if (flags->file != NULL)
        outcome = load(draft, flags->file);
    if (outcome != OUTCOME_DONE)
        return outcome;
    put(&draft->content.officer, flags->officer);
    put(&draft->content.text, flags->text);
    put(&draft->content.kit, flags->kit);
    put_keeper(draft, flags);
    return put_child(draft, flags) && put_place(draft, flags) &&
                   put_time(draft, flags)
               ? OUTCOME_DONE
               : OUTCOME_USAGE;
}

void found_draft_done(struct found_draft *draft)
{
    if (draft->from_file != NULL)
        protobuf_c_message_free_unpacked(draft->from_file, NULL);
    draft->from_file = NULL;
}
