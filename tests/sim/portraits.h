/** The photograph of an alert: a centre puts it before it reports or revises,
 *  checkpoints fetch it, officers look at it there; and some ask for what they
 *  may not see. */
#ifndef TOCSIN_SIM_PORTRAITS_H
#define TOCSIN_SIM_PORTRAITS_H

#include "people.h"

/** The centre has a new one and puts it; the paper goes out when the broker has
 *  it. false: it has none, or the one before, which is put into the paper.
 *  Copies the paper. */
bool portrait_begin(struct person *centre, struct paper *paper);
/** The one that a paper shows is put once more, and then it goes out as it was
 *  signed. false: it shows none. */
bool portrait_again(struct person *centre, const struct paper *paper);
/** The answer to a piece of it. */
void portrait_heard(struct errand *errand, const Tocsin__V1__Reply *reply);

/** The answer to what is issued: what has a receipt is there. */
void portrait_check(const struct errand *errand,
                    const Tocsin__V1__Reply *reply);

/** An officer looks at one at a checkpoint, or somebody asks the broker for one
 *  of which nobody knows whether it is for them. */
void lookers_act(struct world *world);

#endif
