/* Samples: officers and centres note those of the child's kin, a laboratory
 * says what became of them and what matches, a lead decides, a registry office
 * asks. Few kits, so that they get in each other's way; not all is allowed when
 * it comes, and the broker says so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kits.h"
#include "wire/lab_word.h"
#include "world.h"

#define KIN_KITS 6
#define CHILD_KITS 3

static struct person *by_role(struct world *world, Tocsin__V1__Role role)
{
    for (size_t i = 0; i < world->people.count; i++) {
        if (world->people.list[i].bundle.role == role)
            return &world->people.list[i];
    }
    REQUIRE(!"nobody has that role");
    return NULL;
}

/* Written in one way or another. */
static char *draw_kit(struct world *world, bool child, char room[8])
{
    uint32_t number =
        chance_below(&world->chance, child ? CHILD_KITS : KIN_KITS);

    snprintf(room, 8, "%c-%u", chance_is(&world->chance, 500) ? 'k' : 'K',
             child ? 100 + number : number);
    return room;
}

/* ---- orders -------------------------------------------------------------- */

void draw_note(struct world *world, Tocsin__V1__NoteSample *note, char room[8])
{
    static const Tocsin__V1__SampleState states[] = {
        TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_DUE,
        TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_TAKEN,
        TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_TAKEN,
        TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_SENT,
        TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_SENT,
        TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_FAILED,
        TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_IMPOSSIBLE};

    note->kit = draw_kit(world, false, room);
    note->relation = TOCSIN__V1__RELATION__RELATION_MOTHER;
    note->state =
        states[chance_below(&world->chance, sizeof states / sizeof *states)];
    note->reason = (char *)(uintptr_t) "so it is";
}

const struct dossier *draw_decision(struct world *world,
                                    Tocsin__V1__DecideMatch *decide)
{
    const struct people *people = &world->people;
    const struct kits *kits = &world->model->kits;
    const struct model_match *match;
    size_t i = 0;

    if (kits->match_count == 0)
        return NULL;
    match = &kits->matches[chance_below(&world->chance,
                                        (uint32_t)kits->match_count)];
    while (i < people->dossier_count &&
           strcmp(match->alert->id, people->dossiers[i].alert_id) != 0)
        i++;
    if (i == people->dossier_count)
        return NULL;
    decide->match = match->sequence;
    decide->decision =
        (Tocsin__V1__MatchDecision)(1 + chance_below(&world->chance, 3));
    decide->reason = (char *)(uintptr_t) "so it is";
    return &people->dossiers[i];
}

/* ---- the laboratory -------------------------------------------------------
 */

static void say_word(struct world *world, struct person *lab,
                     Tocsin__V1__LabWord *word)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__LabReport body = TOCSIN__V1__LAB_REPORT__INIT;
    struct errand errand;
    uint8_t id[16];
    uint8_t *bytes;
    size_t size;

    chance_fill(&world->chance, id, sizeof id);
    word->report_id = (ProtobufCBinaryData){sizeof id, id};
    word->at_ms = world_moment(world, lab->wrong_ms).wall_ms;
    word->report = (char *)(uintptr_t) "17";
    bytes = lab_word_sign(word, &lab->bundle.key, &size);
    body.word = tocsin__v1__signed_lab_word__unpack(NULL, size, bytes);
    free(bytes);
    request.body_case = TOCSIN__V1__REQUEST__BODY_LAB_REPORT;
    request.lab_report = &body;
    errand = errand_pack_as(id, &request);
    errand.kind = ERRAND_WORD;
    tell(world, lab->bundle.id, "says word %d", (int)word->word_case);
    (void)errand_begin(lab, errand);
    tocsin__v1__signed_lab_word__free_unpacked(body.word, NULL);
}

static void speak(struct world *world)
{
    Tocsin__V1__LabWord word = TOCSIN__V1__LAB_WORD__INIT;
    Tocsin__V1__LabReceived received = TOCSIN__V1__LAB_RECEIVED__INIT;
    Tocsin__V1__LabFailed failed = TOCSIN__V1__LAB_FAILED__INIT;
    Tocsin__V1__LabMatch match = TOCSIN__V1__LAB_MATCH__INIT;
    uint32_t what = chance_below(&world->chance, 10);
    char rooms[2][8];
    char *kin = draw_kit(world, false, rooms[1]);

    received.kit = failed.kit =
        draw_kit(world, chance_is(&world->chance, 500), rooms[0]);
    word.word_case = TOCSIN__V1__LAB_WORD__WORD_RECEIVED;
    word.received = &received;
    if (what == 0) {
        word.word_case = TOCSIN__V1__LAB_WORD__WORD_FAILED;
        word.failed = &failed;
    } else if (what < 5) {
        match.child_kit = draw_kit(world, true, rooms[0]);
        match.n_kin_kits = 1;
        match.kin_kits = &kin;
        word.word_case = TOCSIN__V1__LAB_WORD__WORD_MATCH;
        word.match = &match;
    }
    say_word(world, by_role(world, TOCSIN__V1__ROLE__ROLE_LABORATORY), &word);
}

/* ---- the registry office ---------------------------------------------------
 */

static void inquire(struct world *world)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__CheckSample body = TOCSIN__V1__CHECK_SAMPLE__INIT;
    struct errand errand;
    char room[8];

    body.kit = draw_kit(world, chance_is(&world->chance, 700), room);
    request.body_case = TOCSIN__V1__REQUEST__BODY_CHECK_SAMPLE;
    request.check_sample = &body;
    errand = errand_pack(world, &request);
    errand.kind = ERRAND_QUESTION;
    (void)errand_begin(by_role(world, TOCSIN__V1__ROLE__ROLE_REGISTRY), errand);
}

void laboratory_acts(struct world *world)
{
    if (chance_is(&world->chance, 600))
        speak(world);
    else
        inquire(world);
}
