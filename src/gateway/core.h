/** The inside of the gateway's core, shared by its files and nobody else. */
#ifndef TOCSIN_GATEWAY_CORE_H
#define TOCSIN_GATEWAY_CORE_H

#include <jansson.h>

#include "base/shared.h"
#include "gateway/state.h"
#include "wire/check.h"

/** The time of day that it goes by. */
int64_t today_ms(const struct gateway *gateway, struct moment now);
void gateway_note(struct gateway *gateway, enum log_level level,
                  const char *event, const char *format, ...) PRINTF(4, 5);
void begin_ask(struct gateway *gateway, struct ask *ask,
               Tocsin__V1__Request *request, struct moment now);
/** false: it is due and the line takes no more. */
bool send_ask(struct gateway *gateway, struct ask *ask, struct moment now);

/* respond.c */
struct asked {
    uint64_t exchange;
    const struct gateway_request *request;
    const char *rest;      /* of the path, where the route says {...} */
    struct device *device; /* whose session it is, where one is needed */
    int64_t session_ms;    /* until when it is good, by our own clock */
    bool protobuf;         /* wanted in return */
};
void respond(struct gateway *gateway, uint64_t exchange,
             const struct gateway_response *response);
void respond_message(struct gateway *gateway, uint64_t exchange, int code,
                     const ProtobufCMessage *message, bool protobuf);
struct problem {
    int code;
    Tocsin__V1__Status status;
    uint32_t retry_after_ms;
};
void respond_problem(struct gateway *gateway, const struct asked *asked,
                     struct problem problem, const char *field,
                     const char *format, ...) PRINTF(5, 6);
int code_of(Tocsin__V1__Status status);
/** The body, in the gateway's arena; NULL: it was answered. */
void *body_of(struct gateway *gateway, const struct asked *asked,
              const ProtobufCMessageDescriptor *type);
char *json_text(const ProtobufCMessage *message, size_t *size);

/* devices.c */
struct device *device_find(const struct gateway *gateway, const char *id);
struct device *device_add(struct gateway *gateway, const char *id);
void devices_load(struct gateway *gateway);
void devices_done(struct gateway *gateway);
/** Nothing is told to it and nothing of it goes on. */
bool device_is_shut(const struct device *device);
/** It is not shut; else that was answered. */
bool device_may(struct gateway *gateway, const struct asked *asked,
                struct device *device, struct moment now);
/** Known, and it may; else it was answered. */
struct device *device_admit(struct gateway *gateway, const struct asked *asked,
                            const char *id, struct moment now);
void device_enrolled(struct gateway *gateway, const char *id,
                     const uint8_t key[KEY_SIZE], struct moment now);
void devices_connected(struct gateway *gateway);
/** The broker refuses what it has given: is it a handheld no more, or not yet
 *  again? false: the broker was asked before, on this line. */
bool device_doubt(struct gateway *gateway, struct device *device);
void devices_tidy(struct gateway *gateway, struct moment now);
/** The broker names it, or does not know it. */
void device_named(struct gateway *gateway, const Tocsin__V1__Device *from,
                  struct moment now);
void device_missing(struct gateway *gateway, struct device *device);
/** Changes into the spool; their number. */
size_t devices_stage(struct gateway *gateway, struct moment now);
void devices_end(struct gateway *gateway, enum status status);

/* roster.c */
/** The broker is asked about all of them anew. */
void roster_want(struct gateway *gateway);
/** About this one, soon. */
void device_ask(struct gateway *gateway, struct device *device);
/** About one that is not known, when it has its turn. */
void roster_look_up(struct gateway *gateway, const char *id);
/** The broker said lately that there is none. */
bool roster_is_stranger(const struct gateway *gateway, const char *id,
                        int64_t now_ms);
void roster_begin(struct gateway *gateway, struct moment now);
int64_t roster_due_ms(const struct gateway *gateway);
bool roster_reply(struct gateway *gateway, const Tocsin__V1__Reply *reply,
                  struct moment now);

/* introductions.c */
void take_proof(struct gateway *gateway, const struct asked *asked,
                struct moment now);
void take_introduction(struct gateway *gateway, const struct asked *asked,
                       struct moment now);
void proof_keep(struct device *device,
                const Tocsin__V1__SignedDeviceProof *proof, int64_t now_ms);

/* session.c */
void take_challenge(struct gateway *gateway, const struct asked *asked,
                    struct moment now);
void take_login(struct gateway *gateway, const struct asked *asked,
                struct moment now);
/** Whose session it is, and how long; false: it was answered. */
bool session_find(struct gateway *gateway, struct asked *asked,
                  struct moment now);

/* intake.c */
void take_answer(struct gateway *gateway, const struct asked *asked,
                 struct moment now);
/** One that is responded to after the commit; NULL: they are too many, and it
 *  was answered. */
struct arrival *arrival_add(struct gateway *gateway, const struct asked *asked,
                            const struct fate *fate);
/** One that is new, in its place: into the spool, and responded to when it is
 *  durable; or one that is here already. */
struct letter {
    const Tocsin__V1__SignedAnswer *sealed;
    struct device *device;
    struct fate fate; /* as it comes; not its digest and times */
    const char *id;   /* the field that makes it the same */
};
void letter_take(struct gateway *gateway, const struct asked *asked,
                 struct letter *letter, struct moment now);
/** The 16 bytes in the path; false: they are none, and it was answered. */
bool answer_id_of(struct gateway *gateway, const struct asked *asked,
                  uint8_t out[16]);
void respond_fate(struct gateway *gateway, uint64_t exchange,
                  const struct fate *fate, bool protobuf);
/** The commit went so: respond, and queue what is durable. */
void arrivals_end(struct gateway *gateway, enum status status);
void arrivals_gone(struct gateway *gateway, uint64_t exchange);
Tocsin__V1__AnswerFate *fate_message(struct arena *arena,
                                     const struct fate *fate);
/** The number after "after=" in the query; 0: none. */
int64_t after_of(const struct asked *asked);
void take_fates(struct gateway *gateway, const struct asked *asked,
                struct moment now);
void take_fate(struct gateway *gateway, const struct asked *asked,
               struct moment now);
void take_known(struct gateway *gateway, const struct asked *asked,
                struct moment now);

/* registrations.c */
void take_registration(struct gateway *gateway, const struct asked *asked,
                       struct moment now);
void take_registered(struct gateway *gateway, const struct asked *asked,
                     struct moment now);
void take_registered_one(struct gateway *gateway, const struct asked *asked,
                         struct moment now);
void take_registered_known(struct gateway *gateway, const struct asked *asked,
                           struct moment now);
Tocsin__V1__FoundFate *found_message(struct arena *arena,
                                     const struct fate *fate);

/* uploads.c */
void take_upload(struct gateway *gateway, const struct asked *asked,
                 struct moment now);
/** How much of its picture is here. */
void upload_tell(const struct gateway *gateway, struct fate *fate);
void uploads_tick(struct gateway *gateway, struct moment now);
/** Those of this alert, or of this handheld; NULL: whatever. */
void uploads_drop(struct gateway *gateway, const char *alert_id,
                  const struct device *device);

/* freight.c */
/** Count what waits, and look again. */
void freight_load(struct gateway *gateway);
void freight_look(struct gateway *gateway);
void freight_connected(struct gateway *gateway, struct moment now);
bool freight_reply(struct gateway *gateway, const Tocsin__V1__Reply *reply,
                   struct moment now);
/** Go on, where nothing more urgent waits. false: the line takes no more. */
bool freight_send(struct gateway *gateway, struct moment now);
int64_t freight_due_ms(const struct gateway *gateway);
/** Its end into the spool; how many. */
size_t freight_stage(struct gateway *gateway);
void freight_end(struct gateway *gateway, enum status status);
/** What is under way is of this alert or handheld: no more. */
void freight_drop(struct gateway *gateway, const char *alert_id,
                  const struct device *device);

/* relay_queue.c */
void relay_load(struct gateway *gateway);
/** How many wait, but for those that are put off with their handheld's first.
 */
size_t relay_hurrying(const struct gateway *gateway);
void relay_add(struct gateway *gateway, struct device *device,
               const struct fate *fate);
/** Its answers do not go on. */
void relay_forget(struct gateway *gateway, struct device *device);
/** What waits in this row goes before all that was not brought ahead, also when
 *  the broker has put that off. */
void relay_bring_ahead(struct gateway *gateway, struct device *device,
                       int64_t row);
/** They do again, from the spool. */
void relay_recall(struct gateway *gateway, struct device *device);
/** Its turn may have come. */
void relay_ready(struct gateway *gateway, struct device *device);
/** The broker takes nothing of it before then: the others have its place. */
void relay_put_off(struct gateway *gateway, struct device *device,
                   int64_t until_ms);
/** Those that were put off until now have their turn. */
void relay_recall_due(struct gateway *gateway, int64_t now_ms);
/** When the first of them has; INT64_MAX: there is none. */
int64_t relay_put_off_ms(const struct gateway *gateway);
/** Whose turn it is, taken out of its queue; NULL: nobody's. */
struct device *relay_next(struct gateway *gateway);
bool relay_has_ready(const struct gateway *gateway);
/** Its oldest answer waits no more. */
void relay_drop_first(struct gateway *gateway, struct device *device);
/** When that which waits longest was taken; 0: nothing waits. */
int64_t relay_oldest_ms(const struct gateway *gateway);
/* relay_pack.c */
/** The request of this slot; its fate and request_id are set. */
void relay_pack(struct slot *slot, const Tocsin__V1__SignedAnswer *sealed,
                int64_t now_ms);
/* relay.c */
void tell_fate(struct gateway *gateway, struct device *device,
               const struct fate *fate);
/** In characters, so that it fits. */
void copy_words(char *out, size_t room, const char *text);
void relay_done(struct gateway *gateway);
/** What is under way of it waits in its row again; false: the broker may have
 *  its reply on the way. */
bool relay_let_wait(struct gateway *gateway, struct device *device);
/** All of it anew from the spool. */
void relay_restart(struct gateway *gateway);
void relay_connected(struct gateway *gateway, struct moment now);
bool relay_reply(struct gateway *gateway, const Tocsin__V1__Reply *reply,
                 struct moment now);
/** Ends into the spool; their number. */
size_t relay_stage(struct gateway *gateway);
void relay_end(struct gateway *gateway, enum status status, struct moment now);
/** false: the line takes no more. */
bool relay_send(struct gateway *gateway, struct moment now);
int64_t relay_due_ms(const struct gateway *gateway);
bool relay_idle(const struct gateway *gateway);

/* reread.c */
#define REREAD_MS 10000
/** To be asked after a question to the spool whose answer may not be taken for
 *  all there is; counted, and said. */
bool spool_unread(struct gateway *gateway);
/** The same; it was answered then. */
bool answered_unread(struct gateway *gateway, const struct asked *asked);
/** The same: what was loaded is loaded anew when it can be read. */
void reread_if_unread(struct gateway *gateway);
/** Fails: STATUS_CORRUPT, something that was read is damaged. */
MUST_USE enum status spool_whole(const struct gateway *gateway,
                                 struct diag *why);
void reread(struct gateway *gateway, struct moment now);

/* claims.c */
void take_claim(struct gateway *gateway, const struct asked *asked,
                struct moment now);
bool claims_reply(struct gateway *gateway, const Tocsin__V1__Reply *reply,
                  struct moment now);
void claims_tick(struct gateway *gateway, struct moment now);
bool claims_send(struct gateway *gateway, struct moment now);
void claims_done(struct gateway *gateway);

/* pictures.c */
void take_picture(struct gateway *gateway, const struct asked *asked,
                  struct moment now);
bool fetches_reply(struct gateway *gateway, const Tocsin__V1__Reply *reply,
                   struct moment now);
bool fetches_send(struct gateway *gateway, struct moment now);
void fetches_tick(struct gateway *gateway, struct moment now);
/** What is fetched for this alert is not wanted any more. */
void fetches_end(struct gateway *gateway, const char *alert_id,
                 const char *reason);
/** What this handheld waits for is not for it any more. */
void fetches_leave(struct gateway *gateway, const struct device *device);
void fetches_gone(struct gateway *gateway, uint64_t exchange);
void fetches_done(struct gateway *gateway);

/* loans.c */
/** An answer to it is under way, until gateway_gone. false: too many are, and
 * it was answered. */
bool loan_begin(struct gateway *gateway, const struct asked *asked);
/** It is to be a photograph of this size. false: as above. */
bool loan_picture(struct gateway *gateway, const struct asked *asked,
                  size_t size);
void loan_gone(struct gateway *gateway, uint64_t exchange);
void loans_done(struct gateway *gateway);

/** One that somebody has under way; NULL: nobody. To be dropped. */
struct photo *photo_get(struct gateway *gateway, const uint8_t hash[32]);
/** For one that nobody has under way, when loan_picture has taken it; false: it
 *  was answered. */
bool photo_has_room(struct gateway *gateway, const struct asked *asked,
                    size_t size);
/** Takes the bytes. NULL: too much is under way. To be dropped. */
struct photo *photo_add(struct gateway *gateway, const uint8_t hash[32],
                        void *bytes, size_t size);
/** For as long as it is under way to this one. */
void photo_lend(struct gateway *gateway, struct photo *photo,
                uint64_t exchange);
void photo_drop(struct gateway *gateway, struct photo *photo);

/* looks.c */
/** Somebody who looks at a photograph. */
struct viewer {
    uint64_t exchange;
    bool protobuf;
    const struct device *device;
    const char *alert_id;
    bool thumbnail;
    int64_t at_ms;
};
/** Once that is noted durably. */
void look_give(struct gateway *gateway, const struct viewer *viewer,
               const char *type, struct shared *bytes);
/** The commit went so: they go out, or do not. */
void looks_given(struct gateway *gateway, enum status status);
void looks_gone(struct gateway *gateway, uint64_t exchange);
void looks_done(struct gateway *gateway);

/* look_relay.c */
void looks_load(struct gateway *gateway);
/** All of them anew from the spool. */
void looks_restart(struct gateway *gateway);
/** Those that were put off have their turn. */
void looks_recall(struct gateway *gateway);
void looks_connected(struct gateway *gateway, struct moment now);
bool looks_reply(struct gateway *gateway, const Tocsin__V1__Reply *reply,
                 struct moment now);
bool looks_send(struct gateway *gateway, struct moment now);
int64_t looks_due_ms(const struct gateway *gateway);
size_t looks_stage(struct gateway *gateway);
void looks_end(struct gateway *gateway, enum status status);

/* kept.c */
/** What became of one of its answers or pictures is in the spool. */
void kept_add(struct gateway *gateway, struct device *device,
              const struct fate *fate);
void kept_tidy(struct gateway *gateway);
size_t kept_stage(struct gateway *gateway);
void kept_end(struct gateway *gateway, enum status status);

/* purge.c */
/** Out of the spool and the cache; their number. */
size_t purging_stage(struct gateway *gateway, struct moment now);
void purging_end(struct gateway *gateway, enum status status);
/** What the new journal has sealed too is asked for again. */
void purging_forget(struct gateway *gateway);

/* alerts.c */
void take_alerts(struct gateway *gateway, const struct asked *asked,
                 struct moment now);
void take_alert(struct gateway *gateway, const struct asked *asked,
                struct moment now);
void take_thumbnail(struct gateway *gateway, const struct asked *asked,
                    struct moment now);
void take_standing(struct gateway *gateway, const struct asked *asked,
                   struct moment now);
void fill_standing(const struct gateway *gateway,
                   Tocsin__V1__GatewayStanding *out, struct moment now);
void pages_drop(struct gateway *gateway);

/* events.c */
void take_events(struct gateway *gateway, const struct asked *asked,
                 struct moment now);
/** device NULL: to all. */
void tell_devices(struct gateway *gateway, struct device *device,
                  const char *kind, const Tocsin__V1__DeviceEvent *event);
void streams_end(struct gateway *gateway, const struct device *device);
void streams_gone(struct gateway *gateway, uint64_t exchange);
void streams_tick(struct gateway *gateway, struct moment now);
void streams_done(struct gateway *gateway);

/* metrics.c */
void take_metrics(struct gateway *gateway, const struct asked *asked,
                  struct moment now);
void take_health(struct gateway *gateway, const struct asked *asked,
                 struct moment now);

#endif
