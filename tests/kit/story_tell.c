/* The sentences: each becomes one request, or one turn of the world. */
#include "story_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/clock.h"
#include "wire/decode.h"
#include "wire/document.h"
#include "wire/rings.h"

static void split(struct sentence *sentence, const char *text)
{
    char *save = NULL;

    snprintf(sentence->text, sizeof sentence->text, "%s", text);
    sentence->count = 0;
    for (char *word = strtok_r(sentence->text, " ", &save);
         word != NULL && sentence->count < WORDS_MAX;
         word = strtok_r(NULL, " ", &save))
        sentence->words[sentence->count++] = word;
}

bool says(const struct sentence *sentence, const char *word)
{
    for (int i = 0; i < sentence->count; i++) {
        if (strcmp(sentence->words[i], word) == 0)
            return true;
    }
    return false;
}

const char *after(const struct sentence *sentence, const char *word)
{
    for (int i = 0; i + 1 < sentence->count; i++) {
        if (strcmp(sentence->words[i], word) == 0)
            return sentence->words[i + 1];
    }
    return NULL;
}

double number_after(const struct sentence *sentence, const char *word,
                    double otherwise)
{
    const char *text = after(sentence, word);

    return text != NULL ? atof(text) : otherwise;
}

int alert_number(const struct sentence *sentence)
{
    for (int i = 0; i < sentence->count; i++) {
        const char *word = sentence->words[i];
        size_t digits = strspn(word + (word[0] == 'A'), "0123456789");

        if (word[0] == 'A' && digits > 0 && word[1 + digits] == '\0')
            return atoi(word + 1);
    }
    ck_abort_msg("no alert in the sentence");
    return 0;
}

/* ---- what centres do ----------------------------------------------------- */

static Tocsin__V1__SignedAlert *
signed_by(struct story *story, const Tocsin__V1__AlertDocument *document,
          struct actor *centre)
{
    Tocsin__V1__SignedAlert *sealed;
    uint8_t *bytes;
    size_t size;

    (void)story;
    ck_assert(document_sign(document, &centre->bundle, &bytes, &size, NULL) ==
              STATUS_OK);
    sealed = tocsin__v1__signed_alert__unpack(NULL, size, bytes);
    free(bytes);
    return sealed;
}

struct ring_draft {
    Tocsin__V1__Rings rings;
    Tocsin__V1__RingStep steps[RING_STEPS_MAX];
    Tocsin__V1__RingStep *list[RING_STEPS_MAX];
};

/* By the steps alone, unless it names speeds. "askew": the circle that rings
 * need is another one. */
static void draft_rings(const struct sentence *sentence,
                        Tocsin__V1__Alert *alert, struct ring_draft *draft)
{
    const char *policy = after(sentence, "ringed");
    struct complaint complaint;
    char text[160];

    if (policy == NULL)
        return;
    snprintf(text, sizeof text, "air=0,rail=0,road=0,water=0,%s", policy);
    (void)rings_read(text, &draft->rings, draft->steps, draft->list,
                     &complaint);
    alert->rings = &draft->rings;
    if (draft->rings.n_steps > 0 && !says(sentence, "askew"))
        alert->target->circles[0]->radius_km =
            draft->steps[draft->rings.n_steps - 1].radius_km;
}

static Tocsin__V1__SignedAlert *make_alert(struct story *story,
                                           const struct sentence *sentence,
                                           struct actor *centre,
                                           uint32_t revision)
{
    Tocsin__V1__AlertDocument document = TOCSIN__V1__ALERT_DOCUMENT__INIT;
    Tocsin__V1__Alert alert = TOCSIN__V1__ALERT__INIT;
    Tocsin__V1__Child child = TOCSIN__V1__CHILD__INIT;
    Tocsin__V1__AgeRange age = TOCSIN__V1__AGE_RANGE__INIT;
    Tocsin__V1__LastSeen seen = TOCSIN__V1__LAST_SEEN__INIT;
    Tocsin__V1__Place place = TOCSIN__V1__PLACE__INIT;
    Tocsin__V1__Point point = TOCSIN__V1__POINT__INIT;
    Tocsin__V1__Target target = TOCSIN__V1__TARGET__INIT;
    Tocsin__V1__Circle circle = TOCSIN__V1__CIRCLE__INIT;
    Tocsin__V1__Circle *circles[] = {&circle};
    Tocsin__V1__Text action = TOCSIN__V1__TEXT__INIT;
    Tocsin__V1__Text *actions[] = {&action};
    Tocsin__V1__Picture picture;
    uint8_t hash[32];
    struct ring_draft rings;
    const char *division = after(sentence, "in");
    const char *named = after(sentence, "naming");
    char *names[] = {(char *)(uintptr_t) "440306", (char *)(uintptr_t)named};
    bool beijing =
        (division != NULL && division[0] == '1') || says(sentence, "Beijing");

    point.latitude = beijing ? 39.9 : 22.54;
    point.longitude = beijing ? 116.4 : 113.94;
    place.point = &point;
    place.division = (char *)(uintptr_t)(division != NULL ? division : "");
    seen.place = &place;
    seen.time_ms = story->now_ms + story->centres_ms -
                   (int64_t)(number_after(sentence, "ago", 60) * 1000);
    age.min_months = 60;
    age.max_months = 71;
    child.sex = TOCSIN__V1__SEX__SEX_FEMALE;
    child.age = &age;
    circle.centre = &point;
    circle.radius_km = number_after(sentence, "within", 30);
    target.n_circles = 1;
    target.circles = circles;
    target.n_divisions = named != NULL ? 2 : 0;
    target.divisions = names;
    action.language = (char *)(uintptr_t) "en";
    action.text = (char *)(uintptr_t) "Stop and call.";
    alert.alert_id = story->alert_ids[alert_number(sentence)];
    alert.revision = revision;
    alert.exercise = says(sentence, "exercise");
    alert.sent_ms = story->now_ms + story->centres_ms;
    alert.expires_ms =
        alert.sent_ms +
        (int64_t)number_after(sentence, "expiring", 24 * 60) * 60000;
    alert.child = &child;
    alert.last_seen = &seen;
    alert.target = &target;
    alert.n_action = 1;
    alert.action = actions;
    draft_rings(sentence, &alert, &rings);
    if (after(sentence, "picture") != NULL) {
        story_describe(&picture, hash, atoi(after(sentence, "picture")));
        alert.picture = &picture;
    }
    document.kind_case = TOCSIN__V1__ALERT_DOCUMENT__KIND_ALERT;
    document.alert = &alert;
    return signed_by(story, &document, centre);
}

static uint32_t next_revision(struct story *story,
                              const struct sentence *sentence)
{
    uint32_t *told = &story->revisions[alert_number(sentence)];
    double stated = number_after(sentence, "revision", 0);

    if (stated > 0)
        return (uint32_t)stated;
    return ++*told;
}

/* Fields that nobody knows, as a client of a later version would send them. */
static void pad(ProtobufCMessage *message)
{
    static uint8_t bytes[40000];
    static ProtobufCMessageUnknownField field = {
        .tag = 900,
        .wire_type = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
        .len = sizeof bytes,
        .data = bytes};
    static const uint8_t length[] = {0xbd, 0xb8, 0x02}; /* 39,997 */

    memcpy(bytes, length, sizeof length);
    message->n_unknown_fields = 1;
    message->unknown_fields = &field;
}

static void unpad(ProtobufCMessage *message)
{
    message->n_unknown_fields = 0;
    message->unknown_fields = NULL;
}

static void report(struct story *story, const struct sentence *sentence,
                   struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Report body = TOCSIN__V1__REPORT__INIT;

    story_name_alert(story, alert_number(sentence));
    story->revisions[alert_number(sentence)] = 1;
    /* a checkpoint can file only what a centre has signed for it */
    body.alert = make_alert(
        story, sentence,
        actor->gate == GATE_FIELD ? story_actor(story, "sz") : actor, 1);
    if (says(sentence, "forged"))
        body.alert->content.data[body.alert->content.len - 1] ^= 1;
    if (says(sentence, "padded"))
        pad(&body.alert->base);
    request.body_case = TOCSIN__V1__REQUEST__BODY_REPORT;
    request.report = &body;
    story_show(sentence, &body.thumbnail);
    story_send(story, actor, &request);
    unpad(&body.alert->base);
    tocsin__v1__signed_alert__free_unpacked(body.alert, NULL);
}

static void revise(struct story *story, const struct sentence *sentence,
                   struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Revise body = TOCSIN__V1__REVISE__INIT;

    uint8_t id[16];

    body.alert =
        make_alert(story, sentence, actor, next_revision(story, sentence));
    if (after(sentence, "confirming") != NULL) {
        story_request_id(story, id);
        request.request_id = (ProtobufCBinaryData){sizeof id, id};
        body.confirms = story_confirmation(story, sentence, actor, id);
    }
    request.body_case = TOCSIN__V1__REQUEST__BODY_REVISE;
    request.revise = &body;
    story_show(sentence, &body.thumbnail);
    story_send(story, actor, &request);
    tocsin__v1__signed_alert__free_unpacked(body.alert, NULL);
    if (body.confirms != NULL)
        tocsin__v1__signed_order__free_unpacked(body.confirms, NULL);
}

static Tocsin__V1__SignedAlert *make_withdrawal(struct story *story,
                                                const struct sentence *sentence,
                                                struct actor *centre,
                                                uint32_t revision)
{
    Tocsin__V1__AlertDocument document = TOCSIN__V1__ALERT_DOCUMENT__INIT;
    Tocsin__V1__Withdrawal withdrawal = TOCSIN__V1__WITHDRAWAL__INIT;

    withdrawal.alert_id = story->alert_ids[alert_number(sentence)];
    withdrawal.revision = revision;
    withdrawal.exercise = says(sentence, "exercise");
    withdrawal.sent_ms = story->now_ms + story->centres_ms;
    withdrawal.reason =
        TOCSIN__V1__WITHDRAWAL_REASON__WITHDRAWAL_REASON_CHILD_FOUND;
    document.kind_case = TOCSIN__V1__ALERT_DOCUMENT__KIND_WITHDRAWAL;
    document.withdrawal = &withdrawal;
    return signed_by(story, &document, centre);
}

static void withdraw(struct story *story, const struct sentence *sentence,
                     struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Withdraw body = TOCSIN__V1__WITHDRAW__INIT;

    body.alert =
        make_withdrawal(story, sentence, actor, next_revision(story, sentence));
    request.body_case = TOCSIN__V1__REQUEST__BODY_WITHDRAW;
    request.withdraw = &body;
    story_send(story, actor, &request);
    tocsin__v1__signed_alert__free_unpacked(body.alert, NULL);
}

static void hand_back(struct story *story, const struct sentence *sentence,
                      struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__HandBack body = TOCSIN__V1__HAND_BACK__INIT;
    const char *by = after(sentence, "by");
    struct actor *centre = story_actor(story, by != NULL ? by : "sz");
    const char *number = after(sentence, "numbered");
    uint32_t revision = (uint32_t)number_after(
        sentence, "revision", story->revisions[alert_number(sentence)]);

    body.alert = says(sentence, "withdrawn")
                     ? make_withdrawal(story, sentence, centre, revision)
                     : make_alert(story, sentence, centre, revision);
    if (says(sentence, "forged"))
        body.alert->content.data[body.alert->content.len - 1] ^= 1;
    body.case_number = number != NULL
                           ? (char *)(uintptr_t)number
                           : (char *)(uintptr_t) "440305-2026-000001";
    request.body_case = TOCSIN__V1__REQUEST__BODY_HAND_BACK;
    request.hand_back = &body;
    story_show(sentence, &body.thumbnail);
    story_send(story, actor, &request);
    tocsin__v1__signed_alert__free_unpacked(body.alert, NULL);
}

/* ---- what checkpoints do ------------------------------------------------- */

static void fill_answer(Tocsin__V1__Answer *answer, struct story *story,
                        const struct sentence *sentence, uint8_t id[16])
{
    int number = alert_number(sentence);

    for (int i = 0; i < 16; i++)
        id[i] = (uint8_t)(rand() >> 4);
    answer->answer_id = (ProtobufCBinaryData){16, id};
    answer->alert_id = story->alert_ids[number];
    answer->revision =
        (uint32_t)number_after(sentence, "revision", story->revisions[number]);
    answer->at_ms = story->now_ms;
    if (rung_is_personal(answer->rung))
        answer->officer = (char *)(uintptr_t) "000123";
}

static void answer(struct story *story, const struct sentence *sentence,
                   struct actor *node, Tocsin__V1__Rung rung)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Acknowledge body = TOCSIN__V1__ACKNOWLEDGE__INIT;
    Tocsin__V1__Answer content = TOCSIN__V1__ANSWER__INIT;
    Tocsin__V1__Search search = TOCSIN__V1__SEARCH__INIT;
    Tocsin__V1__Interval when = TOCSIN__V1__INTERVAL__INIT;
    Tocsin__V1__Place place = TOCSIN__V1__PLACE__INIT;
    Tocsin__V1__Point point = TOCSIN__V1__POINT__INIT;
    const char *at = after(sentence, "at");
    const char *as = after(sentence, "as");
    const char *through = after(sentence, "through");
    Tocsin__V1__Picture picture;
    uint8_t hash[32];
    uint8_t id[16];
    uint8_t *bytes;
    size_t size;

    content.rung = rung;
    content.node = (char *)(uintptr_t)(as != NULL ? as : node->bundle.id);
    fill_answer(&content, story, sentence, id);
    if (rung == TOCSIN__V1__RUNG__RUNG_NEGATIVE) {
        when.from_ms = story->now_ms - 1000;
        when.to_ms = story->now_ms;
        search.what = (char *)(uintptr_t) "platform 1";
        search.when = &when;
        content.search = &search;
    }
    if (after(sentence, "picture") != NULL) {
        story_describe(&picture, hash, atoi(after(sentence, "picture")));
        content.picture = &picture;
    }
    if (at != NULL &&
        sscanf(at, "%lf,%lf", &point.latitude, &point.longitude) == 2) {
        place.point = &point;
        content.place = &place;
    }
    if (says(sentence, "minutes"))
        content.seen_ms =
            content.at_ms - 60000 * atoll(sentence->words[sentence->count - 3]);
    bytes = answer_sign(&content, &node->bundle.key, &size);
    body.answer = tocsin__v1__signed_answer__unpack(NULL, size, bytes);
    free(bytes);
    if (says(sentence, "forged"))
        body.answer->signature.data[0] ^= 1;
    request.body_case = TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE;
    request.acknowledge = &body;
    story_send(story, through != NULL ? story_actor(story, through) : node,
               &request);
    tocsin__v1__signed_answer__free_unpacked(body.answer, NULL);
}

/* That which was told last. */
static Tocsin__V1__Mark *the_mark(struct story *story, Tocsin__V1__Mark *mark,
                                  bool falsely)
{
    story->mark[0] ^= falsely;
    mark->sequence = story->marked;
    mark->chain = (ProtobufCBinaryData){LINE_MARK_SIZE, story->mark};
    return mark;
}

static void sync_from(struct story *story, const struct sentence *sentence,
                      struct actor *node)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Sync body = TOCSIN__V1__SYNC__INIT;
    Tocsin__V1__Mark mark = TOCSIN__V1__MARK__INIT;
    uint8_t lost[EPOCH_SIZE] = {1}; /* as it was founded */

    body.after = says(sentence, "on")
                     ? story->page_next
                     : (uint64_t)number_after(sentence, "from", 0);
    body.epoch = (ProtobufCBinaryData){
        EPOCH_SIZE, (uint8_t *)(uintptr_t)broker_book(story->broker)->epoch};
    if (says(sentence, "lost"))
        body.epoch.data = lost;
    if (says(sentence, "marked"))
        body.mark = the_mark(story, &mark, says(sentence, "falsely"));
    request.body_case = TOCSIN__V1__REQUEST__BODY_SYNC;
    request.sync = &body;
    story_send(story, node, &request);
}

static void beat(struct story *story, const struct sentence *sentence,
                 struct actor *actor)
{
    const char *software = after(sentence, "as");

    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Heartbeat body = TOCSIN__V1__HEARTBEAT__INIT;

    if (software != NULL)
        body.software = (char *)(uintptr_t)software;
    request.body_case = TOCSIN__V1__REQUEST__BODY_HEARTBEAT;
    request.heartbeat = &body;
    story_send(story, actor, &request);
}

static void follow(struct story *story, const struct sentence *sentence,
                   struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Follow body = TOCSIN__V1__FOLLOW__INIT;
    uint8_t *own = (uint8_t *)(uintptr_t)broker_book(story->broker)->epoch;
    uint8_t lost[EPOCH_SIZE] = {1}; /* as it was founded */

    Tocsin__V1__Mark mark = TOCSIN__V1__MARK__INIT;

    body.wait_ms = 10000;
    body.after = (uint64_t)number_after(sentence, "after", 0);
    if (says(sentence, "journal"))
        body.epoch = (ProtobufCBinaryData){EPOCH_SIZE,
                                           says(sentence, "lost") ? lost : own};
    if (says(sentence, "marked"))
        body.mark = the_mark(story, &mark, says(sentence, "falsely"));
    request.body_case = TOCSIN__V1__REQUEST__BODY_FOLLOW;
    request.follow = &body;
    story_send(story, actor, &request);
}

static void list_overdue(struct story *story, struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ListOverdue body = TOCSIN__V1__LIST_OVERDUE__INIT;

    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_OVERDUE;
    request.list_overdue = &body;
    story_send(story, actor, &request);
}

static void show_board(struct story *story, const struct sentence *sentence,
                       struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__GetBoard body = TOCSIN__V1__GET_BOARD__INIT;

    request.body_case = TOCSIN__V1__REQUEST__BODY_GET_BOARD;
    request.get_board = &body;
    body.alert = story->alert_ids[alert_number(sentence)];
    story_send(story, actor, &request);
}

static Tocsin__V1__Supervised
subject_in(struct story *story, const struct sentence *sentence, char **subject)
{
    const char *word = sentence->words[2];

    if (word[0] == 'A' && word[2] == '\0') {
        *subject = story->alert_ids[alert_number(sentence)];
        return TOCSIN__V1__SUPERVISED__SUPERVISED_CASE;
    }
    *subject = sentence->words[2];
    return word[0] >= '0' && word[0] <= '9'
               ? TOCSIN__V1__SUPERVISED__SUPERVISED_DIVISION
               : TOCSIN__V1__SUPERVISED__SUPERVISED_NODE;
}

static void supervise(struct story *story, const struct sentence *sentence,
                      struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Supervise body = TOCSIN__V1__SUPERVISE__INIT;
    Tocsin__V1__LiftSupervision lift = TOCSIN__V1__LIFT_SUPERVISION__INIT;

    body.kind = lift.kind = subject_in(story, sentence, &body.subject);
    lift.subject = body.subject;
    body.officer = lift.officer = (char *)(uintptr_t) "000042";
    body.reason = lift.reason = (char *)(uintptr_t) "it must be";
    if (says(sentence, "speechless"))
        body.reason = lift.reason = (char *)(uintptr_t) "";
    if (strcmp(sentence->words[1], "lifts") == 0) {
        request.body_case = TOCSIN__V1__REQUEST__BODY_LIFT_SUPERVISION;
        request.lift_supervision = &lift;
    } else {
        request.body_case = TOCSIN__V1__REQUEST__BODY_SUPERVISE;
        request.supervise = &body;
    }
    story_send(story, actor, &request);
}

static void list_supervised(struct story *story, struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ListSupervised body = TOCSIN__V1__LIST_SUPERVISED__INIT;

    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_SUPERVISED;
    request.list_supervised = &body;
    story_send(story, actor, &request);
}

static void ask_keys(struct story *story, struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__GetKeys body = TOCSIN__V1__GET_KEYS__INIT;

    request.body_case = TOCSIN__V1__REQUEST__BODY_GET_KEYS;
    request.get_keys = &body;
    story_send(story, actor, &request);
}

/* ---- what administrators do ---------------------------------------------- */

static Tocsin__V1__NodeKind kind_of(const char *word)
{
    static const char *const words[] = {"",        "railway", "bus",
                                        "airport", "port",    "border"};

    for (int i = 1; i < 6; i++) {
        if (strcmp(word, words[i]) == 0)
            return (Tocsin__V1__NodeKind)i;
    }
    return TOCSIN__V1__NODE_KIND__NODE_KIND_UNSPECIFIED;
}

static Tocsin__V1__Role role_of(const char *word)
{
    static const char *const words[] = {
        "", "centre",  "supervisor", "administrator", "laboratory",
        "", "gateway", "handheld",   "officer",       "registry"};

    for (int i = 1; i < 10; i++) {
        if (words[i][0] != '\0' && strcmp(word, words[i]) == 0)
            return (Tocsin__V1__Role)i;
    }
    return TOCSIN__V1__ROLE__ROLE_CHECKPOINT;
}

static void send_enrol(struct story *story, struct actor *by,
                       struct actor *whom, const struct sentence *sentence,
                       bool rekey)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Enrol body = TOCSIN__V1__ENROL__INIT;
    Tocsin__V1__Principal principal = TOCSIN__V1__PRINCIPAL__INIT;
    Tocsin__V1__Point point = TOCSIN__V1__POINT__INIT;
    Tocsin__V1__SignedCertificate certificate =
        TOCSIN__V1__SIGNED_CERTIFICATE__INIT;
    Tocsin__V1__Officer officer = TOCSIN__V1__OFFICER__INIT;
    struct bundle *bundle = &whom->bundle;
    const char *at = after(sentence, "at");
    const char *under = after(sentence, "under");

    principal.id = bundle->id;
    principal.role = bundle->role;
    principal.kind = bundle->kind;
    principal.name = bundle->name;
    principal.division = bundle->division;
    principal.public_key =
        (ProtobufCBinaryData){KEY_SIZE, bundle->key.public_key};
    if (at != NULL &&
        sscanf(at, "%lf,%lf", &point.latitude, &point.longitude) == 2)
        principal.point = &point;
    else if (bundle->role == TOCSIN__V1__ROLE__ROLE_CHECKPOINT)
        principal.point = &point;
    if (under != NULL)
        principal.gateway = (char *)(uintptr_t)under;
    if (bundle->role == TOCSIN__V1__ROLE__ROLE_OFFICER) {
        officer.rank = (Tocsin__V1__Rank)number_after(sentence, "rank", 2);
        officer.unit = (char *)(uintptr_t) "a unit";
        principal.officer = &officer;
    }
    if (bundle->certificate_size > 0) {
        certificate.content = (ProtobufCBinaryData){bundle->certificate_size,
                                                    bundle->certificate};
        certificate.signature = (ProtobufCBinaryData){
            SIGNATURE_SIZE, bundle->certificate_signature};
        principal.certificate = &certificate;
    }
    body.principal = &principal;
    body.rekey = rekey;
    request.body_case = TOCSIN__V1__REQUEST__BODY_ENROL;
    request.enrol = &body;
    story_send(story, by, &request);
}

static void enrol(struct story *story, const struct sentence *sentence,
                  struct actor *by)
{
    const char *what = sentence->words[3];
    struct actor *whom = story_cast(story, sentence->words[2], role_of(what),
                                    after(sentence, "in"));

    whom->bundle.kind = kind_of(what);
    send_enrol(story, by, whom, sentence, false);
}

static void rekey(struct story *story, const struct sentence *sentence,
                  struct actor *by)
{
    struct actor *whom = story_actor(story, sentence->words[2]);
    const char *division = after(sentence, "in");

    if (division != NULL)
        memcpy(whom->bundle.division, division, DIVISION_SIZE);
    if (strcmp(sentence->words[1], "rekeys") == 0)
        keypair_make(&whom->bundle.key);
    send_enrol(story, by, whom, sentence, true);
}

static void revoke(struct story *story, const struct sentence *sentence,
                   struct actor *by)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Revoke body = TOCSIN__V1__REVOKE__INIT;

    body.id = sentence->words[2];
    body.reason = (char *)(uintptr_t) "lost";
    request.body_case = TOCSIN__V1__REQUEST__BODY_REVOKE;
    request.revoke = &body;
    story_send(story, by, &request);
}

/* ---- turns of the world -------------------------------------------------- */

static void lose_unwritten(struct story *story)
{
    while (story->written > story->durable) {
        free(story->paper[--story->written].bytes);
        free(story->paper[story->written].marks);
    }
}

static void crash(struct story *story)
{
    lose_unwritten(story);
    broker_free(story->broker);
}

static void twist(struct story *story)
{
    Tocsin__V1__Request *request = tocsin__v1__request__unpack(
        NULL, story->last_size, story->last_request);
    Tocsin__V1__Revoke body = TOCSIN__V1__REVOKE__INIT;
    Tocsin__V1__Request other = TOCSIN__V1__REQUEST__INIT;

    body.id = (char *)(uintptr_t) "nobody";
    body.reason = (char *)(uintptr_t) "twisted";
    other.request_id = request->request_id;
    other.body_case = TOCSIN__V1__REQUEST__BODY_REVOKE;
    other.revoke = &body;
    story_send(story, story->last_actor, &other);
    tocsin__v1__request__free_unpacked(request, NULL);
}

static void pass(struct story *story, const struct sentence *sentence)
{
    char unit = sentence->words[1][0];
    int64_t unit_ms = unit == 'd' ? 86400000 : unit == 'h' ? 3600000 : 1000;
    int64_t step = unit == 's' ? BROKER_TICK_MS : 3600000;
    int64_t until = story->monotonic_ms +
                    (int64_t)(atof(sentence->words[0]) * (double)unit_ms);

    while (story->monotonic_ms < until) {
        story->now_ms += step;
        story->monotonic_ms += step;
        broker_tick(story->broker, story_moment(story));
        story_settle(story);
    }
}

static bool turn(struct story *story, const char *text,
                 const struct sentence *sentence)
{
    if (strcmp(text, "requests keep coming") == 0)
        story->gathers = true;
    else if (strcmp(text, "requests pause") == 0) {
        story->gathers = false;
        story_settle(story);
    } else if (strcmp(text, "again") == 0)
        story_throw(story, story->last_actor->bundle.id, story->last_request,
                    story->last_size);
    else if (strcmp(text, "twisted") == 0)
        twist(story);
    else if (strcmp(text, "the journal cannot be read") == 0)
        story->unreadable = true;
    else if (strcmp(text, "the journal can be read again") == 0)
        story->unreadable = false;
    else if (strcmp(text, "the disk pauses") == 0)
        story->paused = true;
    else if (strcmp(text, "the disk commits unseen") == 0)
        story->durable = story->written;
    else if (strcmp(text, "the disk commits one") == 0)
        broker_durable(story->broker, ++story->durable, story_moment(story));
    else if (strcmp(text, "the disk resumes") == 0) {
        story->paused = false;
        story_settle(story);
    } else if (strcmp(text, "the disk is full") == 0) {
        lose_unwritten(story);
        broker_full(story->broker, story->now_ms);
    } else if (strcmp(text, "there is room again") == 0) {
        story->paused = false;
        broker_roomy(story->broker);
    } else if (strcmp(text, "the disk crashes") == 0 ||
               strcmp(text, "the broker restarts") == 0) {
        story->paused = false;
        story->gathers = false;
        crash(story);
        story_start_broker(story);
    } else if (strcmp(text, "the journal is slow") == 0 ||
               strcmp(text, "the journal is fast") == 0) {
        story->slow = says(sentence, "slow");
    } else if (strncmp(text, "pictures take ", 14) == 0) {
        story->load_us = number_after(sentence, "take", 1) * 1000;
    } else if (strncmp(text, "the home is put back to ", 24) == 0) {
        story_put_back(story, (size_t)number_after(sentence, "to", 1));
    } else if (after(sentence, "restored") != NULL) {
        story_restore(story, (size_t)number_after(sentence, "to", 1),
                      (uint32_t)number_after(sentence, "skipping", 1000));
    } else if (strcmp(text, "the broker minds silence") == 0) {
        story->config.silence = (struct silence_policy){.node_ms = 60000,
                                                        .lead_ms = 1800000,
                                                        .duty_ms = 86400000,
                                                        .sighting_ms = 600000};
        crash(story);
        story_start_broker(story);
    } else if (strcmp(text, "the broker minds samples") == 0) {
        story->config.silence =
            (struct silence_policy){.dna_ms = 259200000, .match_ms = 86400000};
        crash(story);
        story_start_broker(story);
    } else if (strcmp(text, "the broker compares slowly") == 0) {
        story->config.compare_us = 500000;
        crash(story);
        story_start_broker(story);
    } else if (strcmp(text, "the book is written down") == 0) {
        story_write_down(story);
    } else if (strcmp(text, "the broker starts from what was written") == 0) {
        crash(story);
        story_resume_broker(story);
    } else if (sentence->count == 3 && strcmp(sentence->words[2], "pass") == 0)
        pass(story, sentence);
    else if (says(sentence, "centres'"))
        story->centres_ms +=
            (int64_t)(number_after(sentence, "jump", 0) * 1000);
    else if (after(sentence, "jumps") != NULL)
        story->now_ms += (int64_t)(number_after(sentence, "jumps", 0) * 1000);
    else if (after(sentence, "says") != NULL)
        ck_assert(clock_parse(after(sentence, "says"), &story->now_ms));
    else
        return false;
    return true;
}

static bool say_answer(struct story *story, const struct sentence *sentence,
                       struct actor *actor)
{
    static const char *const verbs[] = {
        "", "holds", "shows", "reads", "searches", "sights", "intercepts"};

    for (int rung = 1; rung < 7; rung++) {
        if (strcmp(sentence->words[1], verbs[rung]) == 0) {
            answer(story, sentence, actor, (Tocsin__V1__Rung)rung);
            return true;
        }
    }
    return false;
}

void story_tell(struct story *story, const char *text)
{
    struct sentence sentence;
    struct actor *actor;
    const char *verb;

    split(&sentence, text);
    if (turn(story, text, &sentence))
        return;
    actor = story_actor(story, sentence.words[0]);
    verb = sentence.words[1];
    story->elsewhere = says(&sentence, "elsewhere");
    if (strcmp(verb, "reports") == 0 || strcmp(verb, "files") == 0)
        report(story, &sentence, actor);
    else if (strcmp(verb, "revises") == 0)
        revise(story, &sentence, actor);
    else if (strcmp(verb, "withdraws") == 0)
        withdraw(story, &sentence, actor);
    else if (strcmp(verb, "hands") == 0)
        hand_back(story, &sentence, actor);
    else if (strcmp(verb, "syncs") == 0)
        sync_from(story, &sentence, actor);
    else if (strcmp(verb, "beats") == 0)
        beat(story, &sentence, actor);
    else if (strcmp(verb, "follows") == 0)
        follow(story, &sentence, actor);
    else if (story_tell_found(story, &sentence, actor))
        return;
    else if (strcmp(verb, "lists") == 0 && says(&sentence, "overdue"))
        list_overdue(story, actor);
    else if (strcmp(verb, "lists") == 0 && says(&sentence, "board"))
        show_board(story, &sentence, actor);
    else if (strcmp(verb, "lists") == 0 && says(&sentence, "supervised"))
        list_supervised(story, actor);
    else if (strcmp(verb, "supervises") == 0 || strcmp(verb, "lifts") == 0)
        supervise(story, &sentence, actor);
    else if (strcmp(verb, "keys") == 0)
        ask_keys(story, actor);
    else if (strcmp(verb, "enrols") == 0)
        enrol(story, &sentence, actor);
    else if (strcmp(verb, "rekeys") == 0 || strcmp(verb, "readmits") == 0)
        rekey(story, &sentence, actor);
    else if (strcmp(verb, "revokes") == 0)
        revoke(story, &sentence, actor);
    else if (story_tell_invite(story, &sentence, actor))
        return;
    else if (!story_tell_picture(story, &sentence, actor) &&
             !story_tell_sample(story, &sentence, actor) &&
             !story_tell_case(story, &sentence, actor) &&
             !say_answer(story, &sentence, actor))
        ck_abort_msg("what does this mean: %s", text);
}
