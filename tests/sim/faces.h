/**
 * Thumbnails of alerts. The bytes of each say whose it is: its alert, its
 * photograph, and by a number which revision it was given with. Nobody signs
 * one; so wherever one is found it is asked whether it belongs there.
 */
#ifndef TOCSIN_SIM_FACES_H
#define TOCSIN_SIM_FACES_H

#include "model.h"
#include "terminal/terminal.h"

/** Its number; twin: of the other one of two requests with one id. */
uint32_t face_number(uint32_t revision, bool twin);
/** Of this number, of the paper's alert and photograph; the caller frees data.
 */
void face_give(ProtobufCBinaryData *out, const struct paper *paper,
               uint32_t number);
/** Whose of this paper's it is; 0: it is no thumbnail of its photograph. */
uint32_t face_read(struct blob image, const struct paper *paper);

/** The number that a fact gives the newest revision, by the rules: what was
 *  given with it, or that of the same photograph before. Called before the
 *  model takes the fact. */
uint32_t face_recorded(struct model *model, const Tocsin__V1__Fact *fact,
                       const struct paper *paper);

#endif
