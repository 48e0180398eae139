/* The sentences about children of unknown origin. */
#include "story_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "story_words.h"
#include "wire/found.h"

static char *text(const char *words)
{
    return (char *)(uintptr_t)words;
}

/* Of the F1, F2, ... in it; 0: there is none. */
static int found_number(const struct sentence *sentence)
{
    for (int i = 0; i < sentence->count; i++) {
        const char *word = sentence->words[i];
        int number = word[0] == 'F' ? atoi(word + 1) : 0;

        if (number > 0 && number < ALERTS_MAX)
            return number;
    }
    return 0;
}

const char *story_found_name(const struct story *story, const char *id)
{
    static char name[16];

    for (int i = 1; i < ALERTS_MAX; i++) {
        if (strcmp(story->found_ids[i], id) == 0) {
            snprintf(name, sizeof name, "F%d", i);
            return name;
        }
    }
    return "F?";
}

/* ---- registering --------------------------------------------------------- */

struct found_draft {
    Tocsin__V1__FoundChild content;
    Tocsin__V1__Child child;
    Tocsin__V1__AgeRange age;
    Tocsin__V1__Text words[2];
    Tocsin__V1__Text *clothing[1];
    Tocsin__V1__Text *appearance[1];
    Tocsin__V1__Place place;
    Tocsin__V1__Point point;
    Tocsin__V1__Keeper keeper;
};

/* Found a minute ago in Nanshan, unless it is said otherwise. */
static void draft_place(struct found_draft *draft, const struct story *story,
                        const struct sentence *sentence)
{
    tocsin__v1__place__init(&draft->place);
    tocsin__v1__point__init(&draft->point);
    draft->point.latitude = says(sentence, "Beijing") ? 39.9 : 22.54;
    draft->point.longitude = says(sentence, "Beijing") ? 116.4 : 113.94;
    draft->place.point = &draft->point;
    if (after(sentence, "in") != NULL)
        draft->place.division = text(after(sentence, "in"));
    draft->content.place = &draft->place;
    draft->content.found_ms =
        draft->content.at_ms -
        (int64_t)(number_after(sentence, "ago", 60) * 1000);
    (void)story;
}

static void draft_child(struct found_draft *draft,
                        const struct sentence *sentence)
{
    tocsin__v1__child__init(&draft->child);
    tocsin__v1__age_range__init(&draft->age);
    draft->age.min_months = (uint32_t)number_after(sentence, "aged", 60);
    draft->age.max_months = draft->age.min_months + 11;
    draft->child.age = &draft->age;
    draft->child.sex = says(sentence, "boy") ? TOCSIN__V1__SEX__SEX_MALE
                                             : TOCSIN__V1__SEX__SEX_FEMALE;
    tocsin__v1__text__init(&draft->words[0]);
    draft->words[0].language = text("en");
    draft->words[0].text = text("red coat");
    draft->clothing[0] = &draft->words[0];
    draft->child.n_clothing = 1;
    draft->child.clothing = draft->clothing;
    draft->content.child = &draft->child;
}

static void draft(struct found_draft *draft, struct story *story,
                  const struct sentence *sentence, const char *node)
{
    int number = found_number(sentence);

    memset(draft, 0, sizeof *draft);
    tocsin__v1__found_child__init(&draft->content);
    draft->content.found_id = story->found_ids[number];
    draft->content.revision = (uint32_t)number_after(
        sentence, "revision", story->found_revisions[number]);
    draft->content.node = text(node);
    if (!says(sentence, "again"))
        story->found_said_ms[number] = story->now_ms;
    draft->content.at_ms = story->found_said_ms[number];
    draft->content.officer = text("000123");
    draft->content.text =
        text(says(sentence, "differently") ? "otherwise" : "alone on a bench");
    if (after(sentence, "kit") != NULL)
        draft->content.kit = text(after(sentence, "kit"));
    draft_child(draft, sentence);
    draft_place(draft, story, sentence);
    tocsin__v1__keeper__init(&draft->keeper);
    draft->keeper.name = text("the children's home");
    draft->keeper.division = text("440305");
    if (!says(sentence, "keeperless"))
        draft->content.keeper = &draft->keeper;
}

/* "again": the revision that was told last, once more. */
static void count_revision(struct story *story, const struct sentence *sentence)
{
    int number = found_number(sentence);
    uint8_t random[10];

    if (story->found_ids[number][0] == '\0') {
        memset(random, 0xf0 + number, sizeof random);
        ulid_make(story->found_ids[number], story->now_ms, random);
    }
    if (after(sentence, "revision") == NULL && !says(sentence, "again"))
        story->found_revisions[number]++;
}

/* As many empty children as fit, which say nothing and are merged into one. */
static void stuff(Tocsin__V1__SignedFound *found, const struct keypair *key)
{
    const uint8_t empty[] = {6 << 3 | 2, 0};
    uint8_t *content = must_calloc(1, FOUND_CONTENT_MAX);
    size_t at = 0;

    while (at + sizeof empty + found->content.len <= FOUND_CONTENT_MAX) {
        memcpy(content + at, empty, sizeof empty);
        at += sizeof empty;
    }
    memcpy(content + at, found->content.data, found->content.len);
    at += found->content.len;
    sign(found->signature.data, CONTEXT_FOUND, content, at, key);
    free(found->content.data);
    found->content = (ProtobufCBinaryData){at, content};
}

static void register_found(struct story *story, const struct sentence *sentence,
                           struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__RegisterFound body = TOCSIN__V1__REGISTER_FOUND__INIT;
    const char *as = after(sentence, "as");
    const char *through = after(sentence, "through");
    struct found_draft drafted;
    uint8_t *bytes;
    size_t size;

    count_revision(story, sentence);
    if (as == NULL || strcmp(as, "revision") == 0)
        as = actor->bundle.id;
    draft(&drafted, story, sentence, as);
    ck_assert(found_sign(&drafted.content, &actor->bundle.key, &bytes, &size,
                         NULL) == STATUS_OK);
    body.found = tocsin__v1__signed_found__unpack(NULL, size, bytes);
    free(bytes);
    if (says(sentence, "stuffed"))
        stuff(body.found, &actor->bundle.key);
    if (says(sentence, "forged"))
        body.found->signature.data[0] ^= 1;
    if (through != NULL)
        body.taken_ms = body.relayed_ms = story->now_ms;
    request.body_case = TOCSIN__V1__REQUEST__BODY_REGISTER_FOUND;
    request.register_found = &body;
    story_send(story, through != NULL ? story_actor(story, through) : actor,
               &request);
    tocsin__v1__signed_found__free_unpacked(body.found, NULL);
}

/* ---- resolving ----------------------------------------------------------- */

struct step_draft {
    Tocsin__V1__IdentifyFound identify;
    Tocsin__V1__CloseFound close;
    Tocsin__V1__ReopenFound reopen;
    Tocsin__V1__SealFound seal;
};

static bool draft_step(struct step_draft *draft, struct story *story,
                       const struct sentence *sentence,
                       Tocsin__V1__FoundOrder *order)
{
    const char *verb = sentence->words[1];

    tocsin__v1__identify_found__init(&draft->identify);
    tocsin__v1__close_found__init(&draft->close);
    tocsin__v1__reopen_found__init(&draft->reopen);
    tocsin__v1__seal_found__init(&draft->seal);
    draft->identify.reason = draft->close.reason = draft->reopen.reason =
        draft->seal.reason = text("so it is");
    if (strcmp(verb, "identifies") == 0) {
        draft->identify.alert_id = story->alert_ids[alert_number(sentence)];
        order->step_case = TOCSIN__V1__FOUND_ORDER__STEP_IDENTIFY;
        order->identify = &draft->identify;
    } else if (strcmp(verb, "closes") == 0) {
        order->step_case = TOCSIN__V1__FOUND_ORDER__STEP_CLOSE;
        order->close = &draft->close;
    } else if (strcmp(verb, "reopens") == 0) {
        order->step_case = TOCSIN__V1__FOUND_ORDER__STEP_REOPEN;
        order->reopen = &draft->reopen;
    } else if (strcmp(verb, "seals") == 0) {
        order->step_case = TOCSIN__V1__FOUND_ORDER__STEP_SEAL;
        order->seal = &draft->seal;
    } else {
        return false;
    }
    return true;
}

static bool resolve(struct story *story, const struct sentence *sentence,
                    struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ResolveFound body = TOCSIN__V1__RESOLVE_FOUND__INIT;
    Tocsin__V1__FoundOrder order = TOCSIN__V1__FOUND_ORDER__INIT;
    uint8_t id[REQUEST_ID_SIZE];
    struct step_draft step;
    uint8_t *bytes;
    size_t size;

    if (!draft_step(&step, story, sentence, &order))
        return false;
    story_request_id(story, id);
    order.order_id = (ProtobufCBinaryData){sizeof id, id};
    order.found_id = story->found_ids[found_number(sentence)];
    order.at_ms = story->now_ms;
    order.officer = text("000042");
    ck_assert(found_order_sign(&order, &actor->bundle.key, &bytes, &size,
                               NULL) == STATUS_OK);
    body.order = tocsin__v1__signed_found_order__unpack(NULL, size, bytes);
    free(bytes);
    if (says(sentence, "forged"))
        body.order->signature.data[0] ^= 1;
    request.request_id = order.order_id;
    request.body_case = TOCSIN__V1__REQUEST__BODY_RESOLVE_FOUND;
    request.resolve_found = &body;
    story_send(story, actor, &request);
    tocsin__v1__signed_found_order__free_unpacked(body.order, NULL);
    return true;
}

/* ---- asking -------------------------------------------------------------- */

static void show(struct story *story, const struct sentence *sentence,
                 struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ShowFound body = TOCSIN__V1__SHOW_FOUND__INIT;

    body.found = story->found_ids[found_number(sentence)];
    request.body_case = TOCSIN__V1__REQUEST__BODY_SHOW_FOUND;
    request.show_found = &body;
    story_send(story, actor, &request);
}

static void list(struct story *story, const struct sentence *sentence,
                 struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ListFound body = TOCSIN__V1__LIST_FOUND__INIT;

    body.closed = says(sentence, "all");
    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_FOUND;
    request.list_found = &body;
    story_send(story, actor, &request);
}

static void likely(struct story *story, const struct sentence *sentence,
                   struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ListLikely body = TOCSIN__V1__LIST_LIKELY__INIT;

    body.alert = story->alert_ids[alert_number(sentence)];
    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_LIKELY;
    request.list_likely = &body;
    story_send(story, actor, &request);
}

bool story_tell_found(struct story *story, const struct sentence *sentence,
                      struct actor *actor)
{
    const char *verb = sentence->words[1];

    if (strcmp(verb, "lists") == 0 && says(sentence, "found")) {
        list(story, sentence, actor);
        return true;
    }
    if (strcmp(verb, "lists") == 0 && says(sentence, "likely")) {
        likely(story, sentence, actor);
        return true;
    }
    if (found_number(sentence) == 0)
        return false;
    if (strcmp(verb, "registers") == 0)
        register_found(story, sentence, actor);
    else if (strcmp(verb, "looks") == 0)
        show(story, sentence, actor);
    else
        return resolve(story, sentence, actor);
    return true;
}

/* ---- what is told -------------------------------------------------------- */

static void tell_summary(struct story *story,
                         const Tocsin__V1__FoundSummary *summary)
{
    static const char *const states[] = {"", "registered", "identified",
                                         "closed", "sealed"};

    story_write(story, " %s r%u %s in %s by %s",
                story_found_name(story, summary->found_id), summary->revision,
                states[summary->state], summary->division, summary->by->id);
    if (summary->relayed_by[0] != '\0')
        story_write(story, " through %s", summary->relayed_by);
    if (summary->alert_id[0] != '\0')
        story_write(story, " as %s",
                    story_alert_name(story, summary->alert_id));
    if (summary->keeper[0] == '\0')
        story_write(story, ", nothing else");
}

static void tell_detail(struct story *story,
                        const Tocsin__V1__FoundDetail *detail)
{
    tell_summary(story, detail->summary);
    for (size_t i = 0; i < detail->n_suggestions; i++)
        story_write(story, " [%s %u]",
                    story_alert_name(story, detail->suggestions[i]->alert_id),
                    detail->suggestions[i]->score);
    if (detail->hidden > 0)
        story_write(story, " and %u hidden", detail->hidden);
    if (detail->sample != TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_UNSPECIFIED)
        story_write(story, " sample %d", (int)detail->sample);
    for (size_t i = 0; i < detail->n_matches; i++)
        story_write(story, " matched %s",
                    story_alert_name(story, detail->matches[i]->alert_id));
    if (detail->matches_hidden > 0)
        story_write(story, " matched elsewhere");
}

static void tell_likely(struct story *story, const Tocsin__V1__LikelyList *list)
{
    for (size_t i = 0; i < list->n_found; i++)
        story_write(story, " [%s %u]",
                    story_found_name(story, list->found[i]->found_id),
                    list->found[i]->score);
    story_write(story, " of %u", list->compared);
}

static void tell_events(struct story *story, const Tocsin__V1__EventList *list)
{
    for (size_t i = 0; i < list->n_events; i++) {
        const Tocsin__V1__Event *event = list->events[i];

        if (event->kind == TOCSIN__V1__EVENT_KIND__EVENT_KIND_FOUND)
            story_write(story, " found %s",
                        story_found_name(story, event->found_id));
        if (event->kind == TOCSIN__V1__EVENT_KIND__EVENT_KIND_LIKELY)
            story_write(story, " likely %s is %s",
                        story_found_name(story, event->found_id),
                        story_alert_name(story, event->alert_id));
    }
}

static void tell_file(struct story *story, const Tocsin__V1__CaseFile *file)
{
    if (file->likely_found > 0)
        story_write(story, " %u likely,", file->likely_found);
    for (size_t i = 0; i < file->n_found_matches; i++)
        story_write(story, " match of %s,",
                    story_found_name(story, file->found_matches[i]->found_id));
    for (size_t i = 0; i < file->n_identified_found; i++)
        story_write(story, " is %s,",
                    story_found_name(story, file->identified_found[i]));
}

void story_tell_found_reply(struct story *story, const Tocsin__V1__Reply *reply)
{
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_FOUND_DETAIL)
        tell_detail(story, reply->found_detail);
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_LIKELY_LIST)
        tell_likely(story, reply->likely_list);
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_EVENT_LIST)
        tell_events(story, reply->event_list);
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_CASE_FILE)
        tell_file(story, reply->case_file);
    if (reply->body_case != TOCSIN__V1__REPLY__BODY_FOUND_LIST)
        return;
    for (size_t i = 0; i < reply->found_list->n_found; i++) {
        story_write(story, "%s", i == 0 ? "" : ",");
        tell_summary(story, reply->found_list->found[i]);
    }
}
