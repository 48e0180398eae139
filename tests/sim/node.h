/** A checkpoint: its terminal's process, its disk, its two wires, its clock,
 * and the officer in front of it. */
#ifndef TOCSIN_SIM_NODE_H
#define TOCSIN_SIM_NODE_H

#include "network.h"
#include "shelf.h"
#include "terminal/terminal.h"
#include "wire/bundle.h"

struct world;

/** What its screen has shown of one alert, through all restarts. */
struct shown {
    char alert_id[ULID_SIZE + 1];
    uint32_t newest; /* revision ever shown */
    bool ended;      /* a withdrawal was seen here */
    bool on_screen;
};

/** Of an alert, when the broker lost its home. */
struct held_then {
    char alert_id[ULID_SIZE + 1];
    uint32_t revision;
};

struct inbox {
    struct parcel **parcels;
    size_t count;
    size_t room;
};

struct node {
    struct world *world;
    struct bundle bundle;
    unsigned key_serial;   /* how often it was given another key */
    bool enrolled;         /* and not revoked: as its administrator knows */
    int64_t readmitted_ms; /* with the key that it had; 0: never */
    char topics[OWN_TOPICS][TOPIC_MAX];
    struct terminal *terminal; /* NULL: down */
    struct shelf *shelf;
    struct wire field;
    struct wire feed;
    struct inbox replies;
    struct inbox news; /* of the feed */
    bool connected;    /* since the last step */
    bool lost;
    bool refused;
    bool answers_came;
    bool dying; /* its store has failed */
    bool cut;
    bool fetches; /* the photographs of alerts */
    uint64_t life;
    int64_t step_ms; /* when its next step is planned */
    int64_t wrong_ms;
    struct shown *shown;
    size_t shown_count;
    struct held_then *held_then;
    size_t held_then_count;
    unsigned held_then_serial; /* of its key */
};

/** Switched on for the first time: it has its bundle. */
void node_begin(struct node *node);
void node_start(struct node *node);
void node_crash(struct node *node, const char *why);
/** Its administrator enrolled it again. With another key it begins anew; with
 *  its own it may not even have heard that it was revoked. */
void node_admit(struct node *node, const struct keypair *key);
/** The broker has lost its home: what its disk has must come back. */
void node_note_held(struct node *node);
void node_done(struct node *node);

/** The officer answers something on the screen, if there is anything. */
void node_officer_answers(struct node *node);
/** Something that it says is put into its store. */
void node_put_in(struct node *node, const struct shelf_answer *answer);
struct moment node_moment(const struct node *node);
struct shown *node_shown(struct node *node, const char *alert_id);
void node_cut(struct node *node, bool cut);

#endif
