/** What the files of the broker core that answer questions share; through
 *  core_private.h alone. */
#ifndef TOCSIN_BROKER_ANSWERS_H
#define TOCSIN_BROKER_ANSWERS_H

#include "broker/state.h"
#include "domain/view.h"

/* questions.c, board.c */
void question_take(struct broker *broker, const struct caller *caller,
                   const Tocsin__V1__Request *request, int64_t now_ms);
/* unknown.c */
/** Which divisions of a target are not in the table: how many, and which, in
 * the arena and the target's own texts. */
size_t unknown_divisions(struct broker *broker,
                         const Tocsin__V1__Target *target, char ***out);
/** Likewise of the revision that was filed; the arena has them. */
void unknown_fill(struct broker *broker, const struct alert *alert,
                  Tocsin__V1__Filed *filed);

/* sightings.c */
/** In the broker's arena. */
Tocsin__V1__Sighting *sighting_make(struct broker *broker,
                                    const struct testimony *testimony);
void sighting_list(struct broker *broker, const struct caller *caller,
                   const Tocsin__V1__ListSightings *ask, int64_t now_ms);
/** Tell who sent a sighting what was made of it, if its line is up. */
void word_push(struct broker *broker, const struct alert *alert,
               const struct testimony *testimony, int64_t now_ms);
/** What was made of a node's own sightings, oldest first. */
#define WORDS_MAX 100
#define WORD_BYTES_MAX 120 /* packed */
struct told_word {
    uint64_t sequence;
    const struct alert *alert;
    const struct testimony *testimony;
};
struct told_words {
    struct told_word list[WORDS_MAX + 1];
    size_t count;   /* at most WORDS_MAX */
    uint64_t up_to; /* all up to this sequence; UINT64_MAX: all */
    size_t looked_at;
};
/** The oldest ones after a sequence. */
void word_find(struct broker *broker, const struct principal *node,
               uint64_t after, struct told_words *words);
/** Those up to a sequence, into a page. */
void word_fill(struct broker *broker, const struct told_words *words,
               uint64_t up_to, Tocsin__V1__SyncPage *page);

/* case_samples.c */
void sample_show(struct broker *broker, const struct caller *caller,
                 const Tocsin__V1__ShowSample *ask, int64_t now_ms);
/** Samples and matches of a case, as those who answer for it read them. */
void case_fill_samples(struct broker *broker, const struct alert *alert,
                       Tocsin__V1__CaseFile *out);

/* case_board.c */
void case_list(struct broker *broker, const struct caller *caller,
               const Tocsin__V1__ListCases *ask, int64_t now_ms);
void case_show(struct broker *broker, const struct caller *caller,
               const Tocsin__V1__ShowCase *ask, int64_t now_ms);
/** In the broker's arena; NULL: nobody has that number. */
Tocsin__V1__Person *case_person(struct broker *broker, uint32_t number);
/** In the broker's arena. */
Tocsin__V1__CaseFile *case_make(struct broker *broker,
                                const struct alert *alert);

/* devices.c */
void device_list(struct broker *broker, const struct caller *caller,
                 const Tocsin__V1__ListDevices *ask, int64_t now_ms);
void invitation_list(struct broker *broker, const struct caller *caller,
                     const Tocsin__V1__ListInvitations *ask, int64_t now_ms);

/* looks.c */
/** A photograph that somebody may see. */
struct look_asked {
    const struct alert *alert;
    uint64_t sighting; /* whose it is; 0: the alert's own */
    const uint8_t *hash;
    uint32_t offset; /* of the piece that is asked for */
};
/** Once that is durable picture_looked answers. */
void look_record(struct broker *broker, const struct caller *caller,
                 const struct look_asked *asked, int64_t now_ms);
void look_list(struct broker *broker, const struct caller *caller,
               const Tocsin__V1__ListLooks *ask, int64_t now_ms);
void picture_looked(struct broker *broker, const struct caller *caller,
                    const Tocsin__V1__Looked *looked, int64_t now_ms);

void board_take(struct broker *broker, const struct caller *caller,
                const Tocsin__V1__GetBoard *ask, int64_t now_ms);
Tocsin__V1__AlertSummary *board_summary(struct broker *broker,
                                        const struct alert *alert);
/** The alert meant, if the caller may see it; else refuses and gives NULL. */
struct alert *board_alert(struct broker *broker, const struct caller *caller,
                          const char *text, enum view least, int64_t now_ms);
Tocsin__V1__NodeState *board_node(struct broker *broker,
                                  const struct principal *node);
/* board_rings.c; content: the alert's document, or NULL */
void board_arrival(const struct alert *alert, const Tocsin__V1__Alert *content,
                   const struct principal *node, Tocsin__V1__NodeState *state);
void board_rings(struct broker *broker, const struct alert *alert,
                 const Tocsin__V1__Alert *content,
                 Tocsin__V1__AlertSummary *summary);
/** The nodes in each: goes through all. */
void board_count_rings(const struct book *book, const struct alert *alert,
                       const Tocsin__V1__Alert *content,
                       Tocsin__V1__AlertSummary *summary);
/** By id, of which only so many are wanted: returns how many stand there now.
 */
size_t board_sort(const struct principal **nodes, size_t count, size_t most);

#endif
