/** A sentence of a story, in words. */
#ifndef TOCSIN_KIT_STORY_WORDS_H
#define TOCSIN_KIT_STORY_WORDS_H

#include "story_inside.h"

#define WORDS_MAX 20

struct sentence {
    char text[200];
    char *words[WORDS_MAX];
    int count;
};

bool says(const struct sentence *sentence, const char *word);
/** The word after this one, or NULL. */
const char *after(const struct sentence *sentence, const char *word);
double number_after(const struct sentence *sentence, const char *word,
                    double otherwise);
/** Of the A1, A2, ... in it; ends the test when there is none. */
int alert_number(const struct sentence *sentence);

/** The order that confirms the sighting after "confirming". */
Tocsin__V1__SignedOrder *story_confirmation(struct story *story,
                                            const struct sentence *sentence,
                                            struct actor *actor,
                                            uint8_t id[16]);

/** The thumbnail that the sentence shows, or none; its bytes are lent. */
void story_show(const struct sentence *sentence,
                ProtobufCBinaryData *thumbnail);
/** The pictures of sightings; false: it is about something else. */
bool story_tell_picture(struct story *story, const struct sentence *sentence,
                        struct actor *actor);

/** What is said and asked about samples, of story_sample.c; false: it is not.
 */
bool story_tell_sample(struct story *story, const struct sentence *sentence,
                       struct actor *actor);
const char *story_sample_state(Tocsin__V1__SampleState state);
const char *story_decision(Tocsin__V1__MatchDecision decision);
/** A case's samples and matches, in a reply. */
void story_write_samples(struct story *story, const Tocsin__V1__CaseFile *file);
/** Give an order, signed by the actor. */
void story_order(struct story *story, const struct sentence *sentence,
                 struct actor *actor, Tocsin__V1__CaseOrder *order);

/** The orders of story_case.c; false: it is none. */
bool story_tell_case(struct story *story, const struct sentence *sentence,
                     struct actor *actor);

/** The sentences of story_invite.c; false: it is none. */
bool story_tell_invite(struct story *story, const struct sentence *sentence,
                       struct actor *actor);

/** The sentences of story_found.c; false: it is none. */
bool story_tell_found(struct story *story, const struct sentence *sentence,
                      struct actor *actor);

#endif
