/** The inside of the terminal's core, shared by its files and nobody else. */
#ifndef TOCSIN_TERMINAL_CORE_H
#define TOCSIN_TERMINAL_CORE_H

#include "domain/rings.h"
#include "terminal/asks.h"
#include "terminal/chain.h"
#include "terminal/held.h"
#include "terminal/opener.h"
#include "terminal/outbox.h"
#include "terminal/terminal.h"
#include "wire/bundle.h"
#include "wire/check.h"
#include "wire/decode.h"
#include "wire/document.h"

struct sync {
    bool wanted;
    bool from_start; /* ask for everything */
    bool swept;      /* the broker said that its pages are everything */
    bool doubted;    /* a document in it did not verify */
    bool lost;       /* the broker may not have what it recorded of ours */
    bool foreign;    /* its pages are of another journal than ours */
    int64_t at_ms;   /* when to begin */
    struct ask ask;
    uint32_t round;
    unsigned attempts; /* since the picture was last complete */
    uint64_t next;
    uint8_t epoch[EPOCH_SIZE]; /* of its first page */
    struct line_mark mark;     /* of its last page */
    size_t pages;
    unsigned beginnings; /* of one sync, beyond the first; each is a round */
    uint32_t first_round;
    int64_t page_ms; /* the newest page, by the broker's clock */
};

/* What a restored broker has lost goes back to it before its picture is taken
 * over. */
struct hand_back {
    bool under_way;
    uint8_t epoch[EPOCH_SIZE]; /* of the journal that it is for */
    struct ask ask;
    char alert_id[ULID_SIZE + 1];
    size_t cursor;   /* of held_next: each in its turn */
    size_t put_off;  /* in this round */
    int64_t wait_ms; /* before the next one */
    int64_t at_ms;   /* monotonic: no one before */
    bool said;       /* again, what officers said: after the first one */
};

struct fetch {
    bool look; /* there may be a picture to fetch */
    int64_t at_ms;
    struct ask ask;
    char alert_id[ULID_SIZE + 1];
    struct picture_ref picture;
    uint8_t *data;
    uint32_t have;
};

/** A photograph on its way to the broker, piece by piece. */
struct shipment {
    bool look;      /* the store may have one */
    bool open;      /* this one */
    int64_t passed; /* up to this row: what does not open is passed over */
    int64_t told;   /* up to this row it was said so */
    struct photograph photograph;
    uint32_t have; /* as the broker says */
    int64_t at_ms; /* not before */
    struct ask ask;
};

struct beacons {
    int64_t heard_ms; /* monotonic */
    int64_t interval_ms;
    bool missed;
    int64_t behind_since_ms; /* older words than ours are told; 0: not */
};

/* What others say the time is, against our clock that never jumps. */
struct daytime {
    bool told; /* by the broker */
    bool signed_once;
    int64_t told_offset_ms;
    int64_t signed_offset_ms; /* it is not before this */
};

/** Sealed cases that are purged here, until that is said. */
#define PURGES_MAX 64
struct purges {
    char alert_ids[PURGES_MAX][ULID_SIZE + 1];
    size_t count;
};

struct terminal {
    char node[ID_MAX + 1];
    char division[DIVISION_SIZE + 1];
    struct whereabouts place;
    uint8_t authority[KEY_SIZE];
    char software[61];
    bool fetch_pictures;
    bool whole_area;
    uint32_t generation_heard;
    struct terminal_port port;
    struct terminal_store store;

    struct held held;
    struct chain chain;
    struct opener opener;
    struct outbox outbox;
    struct sync sync;
    struct hand_back hand_back;
    struct fetch fetch;
    struct shipment shipment;
    struct beacons beacons;
    struct purges purges;
    const struct keypair *key;
    struct daytime daytime;
    struct ask heartbeat;
    struct ask keys;
    int64_t heartbeat_ms; /* monotonic: when the next is due */
    int64_t keys_ms;      /* INT64_MAX: not wanted */
    int64_t keys_asked_ms;
    int64_t save_ms;
    int64_t purge_ms;
    int64_t send_again_ms; /* the line took no more: not before this */

    uint32_t lines;            /* connections so far, from 1 */
    const uint8_t *feed_epoch; /* of the message that is taken, or NULL */
    bool line_up;
    bool was_up;
    bool revoked;
    uint64_t enrolled;  /* sequence, as the keys said; 0: not told yet */
    uint64_t recorded;  /* the newest sequence of what we said */
    int64_t heard_ms;   /* monotonic: the last reply; 0: none */
    int64_t same_ms;    /* monotonic: when the picture was last complete */
    int64_t picture_ms; /* the same by the wall clock */
    int64_t clock_skew_ms;
    uint64_t rejected;
    uint64_t unopened;
    uint64_t gaps;
    bool standing_changed;
    bool state_changed; /* saved once a minute */
    bool state_urgent;  /* saved with the next commit */

    struct arena frame; /* the message at hand */
    struct arena inner; /* a document in it */
};

/* terminal.c */
void note(struct terminal *terminal, enum log_level level, const char *event,
          const char *format, ...) PRINTF(4, 5);
/** 0 to below bound. */
int64_t draw(struct terminal *terminal, uint32_t bound);
void start_ask(struct terminal *terminal, struct ask *ask,
               Tocsin__V1__Request *request, struct moment now);

/* daytime.c */
int64_t daytime_ms(const struct terminal *terminal, struct moment now);
void daytime_told(struct terminal *terminal, int64_t broker_ms,
                  struct moment now);
/** What it went by before the restart. */
void daytime_loaded(struct terminal *terminal, int64_t correction_ms,
                    struct moment now);
void daytime_signed(struct terminal *terminal, int64_t sent_ms,
                    struct moment now);

/* intake.c */
enum source { BY_FEED, BY_PUSH, BY_SYNC };
/** false: it did not verify. */
bool intake_notice(struct terminal *terminal, const Tocsin__V1__Notice *notice,
                   enum source source, struct moment now);
void intake_thumbnail(struct terminal *terminal,
                      const Tocsin__V1__Thumbnail *thumbnail);

/* purge.c */
void take_purge(struct terminal *terminal, const Tocsin__V1__Purge *purge,
                struct moment now);
/** Say of what is durably purged that it is. */
void purges_send(struct terminal *terminal, struct moment now);

/* settle.c */
/** All of it away but id and revision. */
void holding_strip(struct terminal *terminal, struct holding *holding);

/* words.c */
void take_word(struct terminal *terminal, const Tocsin__V1__AnswerWord *word);

/* feed.c */
void feed_payload(struct terminal *terminal,
                  const Tocsin__V1__FeedPayload *payload, struct moment now);
void feed_retry(struct terminal *terminal, struct moment now);
void want_keys(struct terminal *terminal, int64_t at_ms);

/* complete.c */
/** Its next sync is one with another journal. */
void hear_turned_back(struct terminal *terminal, struct moment now);
/** true: it is the same picture as ours. */
bool hear_stand(struct terminal *terminal, const struct stand *stand,
                struct moment now);
void hear_beacon(struct terminal *terminal, ProtobufCBinaryData epoch,
                 const Tocsin__V1__Beacon *beacon, struct moment now);
void hear_presence(struct terminal *terminal,
                   const Tocsin__V1__Presence *presence, struct moment now);
void watch_beacons(struct terminal *terminal, struct moment now);

/* sync.c */
void sync_want(struct terminal *terminal, bool from_start, int64_t at_ms);
void sync_start(struct terminal *terminal, struct moment now);
void sync_reply(struct terminal *terminal, const Tocsin__V1__Reply *reply,
                struct moment now);
/** What officers said, to a journal that may lack it; false: it is none. */
bool sync_say_again(struct terminal *terminal);

/* handback.c */
/** What we hold of it was recorded in another journal than the one that we are
 *  told of. */
bool is_of_another_journal(const struct terminal *terminal,
                           const struct holding *holding);
/** It may go back to the broker, which has not had its say yet. */
bool hand_back_may(const struct terminal *terminal,
                   const struct holding *holding);
/** The broker has had its say of all that was brought. */
void hand_back_over(struct terminal *terminal);
/** The line is another one, or nothing is to be asked: what is not back is owed
 *  when a sync has told what the broker knows. */
void hand_back_stop(struct terminal *terminal);
/** The first page of a sync is here: of which journal it is. */
void hand_back_page(struct terminal *terminal);
/** A sync of another journal has named what it knows: true when something goes
 *  back first. */
bool hand_back_begin(struct terminal *terminal, struct moment now);
void hand_back_next(struct terminal *terminal, struct moment now);
void hand_back_reply(struct terminal *terminal, const Tocsin__V1__Reply *reply,
                     struct moment now);

/* desk.c */
void desk_pump(struct terminal *terminal, struct moment now);

/* shipment.c */
/** Nothing waits that is more urgent: go on. */
void shipment_next(struct terminal *terminal, struct moment now);
bool shipment_reply(struct terminal *terminal, const Tocsin__V1__Reply *reply,
                    struct moment now);
/** From the beginning, when it is told to look again. */
void shipment_drop(struct terminal *terminal);

/* fetch.c */
void fetch_start(struct terminal *terminal, struct moment now);
void fetch_reply(struct terminal *terminal, const Tocsin__V1__Reply *reply,
                 struct moment now);
void fetch_drop(struct terminal *terminal);

#endif
