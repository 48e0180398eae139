/** The promises, checked whenever something leaves a core. */
#ifndef TOCSIN_SIM_CHECKS_H
#define TOCSIN_SIM_CHECKS_H

#include "journal/journal.h"
#include "model.h"
#include "node.h"
#include "people.h"

/* ---- the broker: check_broker.c, check_feed.c ---- */

/** A request reaches it. */
void check_request(struct world *world, uint32_t connection,
                   const uint8_t *bytes, size_t size);
void check_reply(struct world *world, const struct route *route,
                 const uint8_t *bytes, size_t size);
void check_append(struct world *world, const struct record *record);
void check_publication(struct world *world, const char *topic,
                       const uint8_t *bytes, size_t size);
/** After each thing that it does. */
void check_broker(struct world *world);
/** A sync page, a push: what is told of an alert. */
void check_notice(struct world *world, const Tocsin__V1__Notice *notice);
/** Rings: check_rings.c. */
void check_ring_issued(struct world *world, const struct paper *paper,
                       const Tocsin__V1__RingStand *ring);
void check_widened(struct world *world, const Tocsin__V1__RingWidened *widened);
void check_ring_notice(struct world *world, const struct model_alert *alert,
                       const struct paper *paper,
                       const Tocsin__V1__Notice *notice);
/** What is told to one alone, by a sync page or a push. */
void check_told_to(struct world *world, uint32_t connection,
                   const Tocsin__V1__Notice *notice, bool pushed);
/** Who should have been reached by now; NULL. */
const char *check_rings_lack(const struct world *world,
                             const struct model_alert *alert);
void check_followed(struct errand *errand, const Tocsin__V1__Reply *reply);

/* ---- the book against the model: check_book.c ---- */

void check_book(struct world *world);
/** A book rebuilt from the disk is the same as this one. */
void check_rebuilt(struct world *world);
/** Nothing waits, nothing is locked, everybody is answered. */
const char *check_quiet(struct world *world);

/* ---- terminals: check_node.c ---- */

void check_said(struct node *node, const uint8_t *bytes, size_t size);
void check_screen(struct node *node, enum terminal_change change,
                  const char *alert_id);
void check_standing(struct node *node);
void check_restart(struct node *node);

/* ---- a restored broker: check_restored.c ---- */

/** A fact that brings something back. */
void check_handed_back(struct world *world,
                       const Tocsin__V1__AlertIssued *issued);
/** After the calm: NULL, or what should have come back and has not. */
const char *check_back_lacks(const struct node *node);

/* ---- after the calm: calm.c ---- */

/** NULL: all is as it should be; else what is not yet. */
const char *calm_lacks(struct world *world);
void check_end(struct world *world);

#endif
