/**
 * The limits that the .proto comments promise, field by field. Pure.
 *
 * Every function returns true when all is well; else the complaint names the
 * path of the field and says what is wrong with it.
 */
#ifndef TOCSIN_WIRE_CHECK_H
#define TOCSIN_WIRE_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "tocsin/v1/desk.pb-c.h"

#define ALERT_CONTENT_MAX 5000
#define ANSWER_CONTENT_MAX 6000
#define CLAIM_CONTENT_MAX 400
#define ADDRESS_MAX 120
#define CASE_ORDER_MAX 4000
#define FOUND_CONTENT_MAX 5000
#define FOUND_ORDER_MAX 4000
#define LAB_WORD_MAX 400
#define THUMBNAIL_MAX 7000
#define PICTURE_MAX (4 * 1024 * 1024)
#define PICTURE_PIECE_MAX 49152
#define SIGHTING_PICTURE_MAX (1024 * 1024)
#define DESK_FRAME_MAX 65536
#define REQUEST_ID_SIZE 16
/** The end of the year 9999; within it, sums of times never overflow. */
#define TIME_MAX_MS 253402300799999
#define EARTH_RADIUS_KM 6371.0088

struct complaint {
    char field[96];
    char reason[160];
};

/** A text of min to max bytes; else the complaint names the field. */
bool check_text(const char *text, size_t min, size_t max, const char *field,
                struct complaint *complaint);
/** It is there, and on the earth. */
bool check_point(const Tocsin__V1__Point *point, const char *field,
                 struct complaint *complaint);
bool check_alert(const Tocsin__V1__Alert *alert, struct complaint *complaint);
bool check_withdrawal(const Tocsin__V1__Withdrawal *withdrawal,
                      struct complaint *complaint);
bool check_target(const Tocsin__V1__Target *target, const char *path,
                  struct complaint *complaint);
/** Complains about "child" and what is in it. */
bool check_child(const Tocsin__V1__Child *child, uint32_t months_max,
                 struct complaint *complaint);
bool check_place(const Tocsin__V1__Place *place, const char *field,
                 struct complaint *complaint);
bool check_answer(const Tocsin__V1__Answer *answer,
                  struct complaint *complaint);
bool check_principal(const Tocsin__V1__Principal *principal,
                     struct complaint *complaint);
bool check_invite(const Tocsin__V1__Invite *invite,
                  struct complaint *complaint);
/** Does it begin as a JPEG or PNG does? Its media type, or NULL. */
const char *picture_type(const uint8_t *bytes, size_t size);
/** Letters, digits, . _ -, at most 40. */
bool principal_id_valid(const char *id);
/** The person's rungs carry a signature. */
bool rung_is_personal(Tocsin__V1__Rung rung);
/** The child was seen, or is here: before all that can wait. */
bool rung_is_urgent(Tocsin__V1__Rung rung);

/** The path of the whole in front of the part's; always false. */
bool complain_inside(struct complaint *complaint, const char *path);
/** Fills the complaint; always false. */
bool complain(struct complaint *complaint, const char *field,
              const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
