/** The photographs in a terminal's store, until the broker has them or will not
 *  have them: part of shelf.h, and durable with it. */
#ifndef TOCSIN_SIM_FILM_H
#define TOCSIN_SIM_FILM_H

#include "terminal/store.h"

struct shot;

struct exposure {
    int64_t row;
    const struct shot *shot;
    bool here; /* its bytes are */
    enum photograph_state state;
    Tocsin__V1__Status status;
};

struct film {
    struct exposure *list;
    size_t count;
    struct exposure *old; /* as the disk has them, once touched */
    size_t old_count;
    bool touched;
};

/** With its answer; durable at once. */
void film_add(struct film *film, const struct shot *shot);
/** Its answer is refused, and so is it. */
void film_answer_refused(struct film *film, const uint8_t answer_id[16],
                         Tocsin__V1__Status status);
/** What was refused and is still here waits once more. */
void film_again(struct film *film);
/** Its four of the port, whose arg is the shelf. */
void film_port(struct terminal_store *port);

void film_settle(struct film *film);
void film_crash(struct film *film);
void film_done(struct film *film);

#endif
