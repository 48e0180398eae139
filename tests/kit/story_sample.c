/* The sentences about samples: of those who answer for a case, of laboratories
 * and of registry offices. */
#include "story_inside.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "story_words.h"
#include "wire/lab_word.h"

static const char *const relations[] = {"",        "mother", "father",
                                        "sibling", "kin",    "child"};
static const char *const states[] = {
    "over", "due", "taken", "sent", "in library", "failed", "impossible"};
static const char *const decisions[] = {"waits", "accepted", "rejected",
                                        "again"};

const char *story_sample_state(Tocsin__V1__SampleState state)
{
    return states[state];
}

const char *story_decision(Tocsin__V1__MatchDecision decision)
{
    return decisions[decision];
}

void story_write_samples(struct story *story, const Tocsin__V1__CaseFile *file)
{
    for (size_t i = 0; i < file->n_samples; i++) {
        const Tocsin__V1__CaseSample *sample = file->samples[i];

        story_write(story, "; %s %s %s", relations[sample->relation],
                    sample->kit[0] != '\0' ? sample->kit : "-",
                    states[sample->state]);
    }
    for (size_t i = file->n_matches; i > 0; i--)
        story_write(story, "; match %" PRIu64 " %s",
                    file->matches[i - 1]->sequence,
                    decisions[file->matches[i - 1]->decision]);
}

static char *text(const char *words)
{
    return (char *)(uintptr_t)words;
}

/* The first of the list that is said. */
static int said_of(const struct sentence *sentence, const char *const *words,
                   int count)
{
    for (int i = 1; i < count; i++) {
        if (says(sentence, words[i]))
            return i;
    }
    return 0;
}

static char *reason_of(const struct sentence *sentence)
{
    return text(says(sentence, "speechless") ? "" : "so it is");
}

/* ---- orders -------------------------------------------------------------- */

static void note(struct story *story, const struct sentence *sentence,
                 struct actor *actor)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__NoteSample body = TOCSIN__V1__NOTE_SAMPLE__INIT;

    body.kit =
        text(strcmp(sentence->words[2], "-") == 0 ? "" : sentence->words[2]);
    body.relation = (Tocsin__V1__Relation)said_of(sentence, relations, 6);
    body.state = (Tocsin__V1__SampleState)said_of(sentence, states, 7);
    if (says(sentence, "library"))
        body.state = TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_IN_LIBRARY;
    body.reason = reason_of(sentence);
    order.step_case = TOCSIN__V1__CASE_ORDER__STEP_NOTE_SAMPLE;
    order.note_sample = &body;
    story_order(story, sentence, actor, &order);
}

static void decide(struct story *story, const struct sentence *sentence,
                   struct actor *actor)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__DecideMatch body = TOCSIN__V1__DECIDE_MATCH__INIT;

    body.match = (uint64_t)number_after(sentence, "match", 0);
    body.decision = (Tocsin__V1__MatchDecision)said_of(sentence, decisions, 4);
    body.reason = reason_of(sentence);
    order.step_case = TOCSIN__V1__CASE_ORDER__STEP_DECIDE_MATCH;
    order.decide_match = &body;
    story_order(story, sentence, actor, &order);
}

static void read_file(struct story *story, const struct sentence *sentence,
                      struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ShowCase body = TOCSIN__V1__SHOW_CASE__INIT;

    body.alert = story->alert_ids[alert_number(sentence)];
    request.body_case = TOCSIN__V1__REQUEST__BODY_SHOW_CASE;
    request.show_case = &body;
    story_send(story, actor, &request);
}

/* ---- laboratories ---------------------------------------------------------
 */

/* A field that no version knows: what could carry a genotype. */
static void stuff(Tocsin__V1__LabWord *word)
{
    static uint8_t bytes[] = {3, 'a', 'b', 'c'};
    static ProtobufCMessageUnknownField field = {
        .tag = 500,
        .wire_type = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
        .len = sizeof bytes,
        .data = bytes};

    word->base.n_unknown_fields = 1;
    word->base.unknown_fields = &field;
}

/* A report's name that is written over by the next one, and is signed with it.
 */
static void hide(Tocsin__V1__SignedLabWord *word, const struct keypair *key)
{
    static const uint8_t hidden[] = {3 << 3 | 2, 4, 'A', 'C', 'G', 'T'};
    size_t size = word->content.len + sizeof hidden;
    uint8_t *content = must_calloc(1, size);

    memcpy(content, hidden, sizeof hidden);
    memcpy(content + sizeof hidden, word->content.data, word->content.len);
    sign(word->signature.data, CONTEXT_LABORATORY, content, size, key);
    free(word->content.data);
    word->content = (ProtobufCBinaryData){size, content};
}

static void say_word(struct story *story, const struct sentence *sentence,
                     struct actor *actor, Tocsin__V1__LabWord *word)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__LabReport body = TOCSIN__V1__LAB_REPORT__INIT;
    uint8_t id[REQUEST_ID_SIZE];
    uint8_t *bytes;
    size_t size;

    story_request_id(story, id);
    word->report_id = (ProtobufCBinaryData){sizeof id, id};
    word->at_ms = story->now_ms - (says(sentence, "late") ? 11 * 60000 : 0);
    word->report = text(says(sentence, "nameless") ? "" : "2026-0417");
    if (says(sentence, "stuffed"))
        stuff(word);
    bytes = lab_word_sign(word,
                          says(sentence, "forged")
                              ? &story_actor(story, "sz")->bundle.key
                              : &actor->bundle.key,
                          &size);
    body.word = tocsin__v1__signed_lab_word__unpack(NULL, size, bytes);
    free(bytes);
    if (says(sentence, "hiding"))
        hide(body.word, &actor->bundle.key);
    request.request_id = word->report_id;
    request.body_case = TOCSIN__V1__REQUEST__BODY_LAB_REPORT;
    request.lab_report = &body;
    story_send(story, actor, &request);
    tocsin__v1__signed_lab_word__free_unpacked(body.word, NULL);
}

static void receive(struct story *story, const struct sentence *sentence,
                    struct actor *actor)
{
    Tocsin__V1__LabWord word = TOCSIN__V1__LAB_WORD__INIT;
    Tocsin__V1__LabReceived received = TOCSIN__V1__LAB_RECEIVED__INIT;
    Tocsin__V1__LabFailed failed = TOCSIN__V1__LAB_FAILED__INIT;

    received.kit = failed.kit = sentence->words[2];
    if (strcmp(sentence->words[1], "fails") == 0) {
        word.word_case = TOCSIN__V1__LAB_WORD__WORD_FAILED;
        word.failed = &failed;
    } else {
        word.word_case = TOCSIN__V1__LAB_WORD__WORD_RECEIVED;
        word.received = &received;
    }
    say_word(story, sentence, actor, &word);
}

static void match(struct story *story, const struct sentence *sentence,
                  struct actor *actor)
{
    Tocsin__V1__LabWord word = TOCSIN__V1__LAB_WORD__INIT;
    Tocsin__V1__LabMatch body = TOCSIN__V1__LAB_MATCH__INIT;
    char *kin[2];

    body.child_kit = sentence->words[2];
    body.kin_kits = kin;
    for (int i = 4; i < sentence->count && body.n_kin_kits < 2; i++) {
        if (strchr(sentence->words[i], '-') != NULL)
            kin[body.n_kin_kits++] = sentence->words[i];
    }
    word.word_case = TOCSIN__V1__LAB_WORD__WORD_MATCH;
    word.match = &body;
    say_word(story, sentence, actor, &word);
}

static void look(struct story *story, const struct sentence *sentence,
                 struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ShowSample body = TOCSIN__V1__SHOW_SAMPLE__INIT;

    body.kit = text(after(sentence, "at"));
    request.body_case = TOCSIN__V1__REQUEST__BODY_SHOW_SAMPLE;
    request.show_sample = &body;
    story_send(story, actor, &request);
}

/* ---- registry offices -----------------------------------------------------
 */

static void inquire(struct story *story, const struct sentence *sentence,
                    struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__CheckSample body = TOCSIN__V1__CHECK_SAMPLE__INIT;

    body.kit = sentence->words[2];
    request.body_case = TOCSIN__V1__REQUEST__BODY_CHECK_SAMPLE;
    request.check_sample = &body;
    story_send(story, actor, &request);
}

bool story_tell_sample(struct story *story, const struct sentence *sentence,
                       struct actor *actor)
{
    static const struct {
        const char *verb;
        void (*tell)(struct story *, const struct sentence *, struct actor *);
    } verbs[] = {{"notes", note},       {"decides", decide},
                 {"receives", receive}, {"fails", receive},
                 {"matches", match},    {"looks", look},
                 {"inquires", inquire}};

    if (strcmp(sentence->words[1], "reads") == 0 && says(sentence, "file")) {
        read_file(story, sentence, actor);
        return true;
    }
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verbs[i].verb, sentence->words[1]) == 0) {
            verbs[i].tell(story, sentence, actor);
            return true;
        }
    }
    return false;
}
