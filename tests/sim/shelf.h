/**
 * A terminal's store in memory: what a commit has confirmed survives a crash,
 * nothing else does. It keeps to what terminal/store.h promises of the SQLite
 * one, and is a thousand times faster.
 */
#ifndef TOCSIN_SIM_SHELF_H
#define TOCSIN_SIM_SHELF_H

#include "chance.h"
#include "film.h"
#include "terminal/terminal.h"

struct shelf;

/** fails: asked at each commit that has something to write; true: it fails,
 *  and *kept says whether the write is there afterwards all the same.
 *  journal: which one the broker has, by number. */
struct shelf *shelf_new(bool (*fails)(void *arg, bool *kept), void *arg,
                        const unsigned *journal);
void shelf_free(struct shelf *shelf);

void shelf_port(struct shelf *shelf, struct terminal_store *port);
void shelf_load(struct shelf *shelf, struct terminal *terminal,
                struct moment now);
/** The process has died. */
void shelf_crash(struct shelf *shelf);
/** As a store opened for another key, its node's serial'th: all is forgotten
 * but which journal the broker has, and what its officers said is signed anew.
 */
void shelf_take_key(struct shelf *shelf, const struct keypair *key,
                    unsigned serial, struct chance *chance);

/** The newest revision that was ever fsynced; 0: none. */
uint32_t shelf_had(const struct shelf *shelf, const char *alert_id);
/** The number'th alert that is fsynced, as it stands there; NULL: none is. */
const struct holding *shelf_holds(const struct shelf *shelf, size_t number);
/** What is shown of it: packed SignedAlert, or data NULL. */
struct blob shelf_document(const struct shelf *shelf, const char *alert_id);
/** Its thumbnail, or data NULL. */
struct blob shelf_face(const struct shelf *shelf, const char *alert_id);

enum answer_state { ANSWER_WAITING, ANSWER_RECORDED, ANSWER_REFUSED };

struct shelf_answer {
    int64_t row;
    bool personal;
    char alert_id[ULID_SIZE + 1];
    uint32_t revision;
    Tocsin__V1__Rung rung;
    uint8_t answer_id[16];
    uint8_t request_id[16];
    uint8_t *request;
    size_t size;
    enum answer_state state;
    Tocsin__V1__Status status;
    uint64_t sequence;
    bool relayed;        /* a gateway brings it as well */
    unsigned key_serial; /* of the node's key that signed it when it ended */
    int64_t given_ms;
    unsigned journal; /* that its end came from */
    unsigned again;   /* said once more to this restored one; bits */
    bool refused;     /* and before: the alert was unknown then */
    const struct shot *photograph; /* that follows it, or NULL */
};

/** Put in by an officer's program; durable at once. Takes answer->request. */
void shelf_answer(struct shelf *shelf, const struct shelf_answer *answer);
const struct shelf_answer *shelf_answers(const struct shelf *shelf,
                                         size_t *count);
/** Its photographs. */
struct film *shelf_film(struct shelf *shelf);

#endif
