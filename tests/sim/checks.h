/** The promises, checked whenever something leaves a core. */
#ifndef TOCSIN_SIM_CHECKS_H
#define TOCSIN_SIM_CHECKS_H

#include "host.h"
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
/** Is anybody not answered yet? */
bool check_owes(const struct world *world);
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
/** What who follows is told: check_follow.c. */
void check_followed(struct errand *errand, const Tocsin__V1__Reply *reply);

/* ---- photographs: check_photographs.c ---- */

/** It was sent the alert, or is where the alert goes. */
bool check_concerns(const struct model *model, const struct model_alert *alert,
                    uint32_t who);
/** check_looks.c: somebody asks for a piece; it is given. */
void check_asked(struct world *world, struct open_request *open,
                 const Tocsin__V1__GetPicture *get);
void check_given(struct world *world, const struct open_request *open,
                 const Tocsin__V1__PictureChunk *chunk);
/** A piece goes to the broker; who NULL: a gateway brings a handheld's. */
void check_piece(struct world *world, const char *who,
                 const Tocsin__V1__PutPicture *put);
/** It comes to the broker; the answer to it names this fact. */
void check_piece_came(struct world *world, struct open_request *open,
                      const Tocsin__V1__PutPicture *put);
void check_piece_named(struct world *world, const struct open_request *open,
                       const struct model_fact *fact);
/** Likewise, of all that a gateway sends. */
void check_brought(struct world *world, const uint8_t *bytes, size_t size);
void check_store(struct world *world, const char *name, const uint8_t *bytes,
                 size_t size);
/** The fact is handed to the journal; it is applied. */
void check_pictured_append(struct world *world,
                           const Tocsin__V1__SightingPictured *pictured);
void check_pictured(struct world *world,
                    const Tocsin__V1__SightingPictured *pictured,
                    uint64_t sequence);
/** After the calm. NULL: all have come that should. */
const char *photographs_lack(const struct world *world);
void check_photographs(struct world *world);

/* ---- the book against the model: check_book.c ---- */

void check_book(struct world *world);
/** After the calm; NULL: whoever may hold a sealed case has purged it. */
const char *check_purges_lack(const struct world *world);
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
