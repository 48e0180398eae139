/**
 * The spool as the gateway's core needs it: answers until the centre has said
 * what it makes of them, and the handhelds that may give them.
 *
 * All but the questions and commit only stage; a failure among them is
 * remembered and comes out of commit, and then nothing of it stands.
 */
#ifndef TOCSIN_GATEWAY_SPOOL_H
#define TOCSIN_GATEWAY_SPOOL_H

#include "base/bytes.h"
#include "base/status.h"
#include "tocsin/v1/gateway.pb-c.h"
#include "wire/bundle.h"

#define FATE_TEXT_MAX 200
#define SPOOL_LOOKED_MAX 100 /* half of what may wait: it can look on */

/** Of the picture that an answer names. */
struct picture_fate {
    Tocsin__V1__PictureState state; /* UNSPECIFIED: it names none */
    uint8_t hash[32];
    uint32_t size;
    uint32_t have; /* while it is EXPECTED; not in the spool */
    uint64_t sequence;
    Tocsin__V1__Status status;
    char reason[FATE_TEXT_MAX];
};

/** What a row is; on disk. */
enum fate_kind {
    FATE_ANSWER,
    FATE_FOUND /* the registration of a found child */
};

/** What became of one answer, or of one registration. */
struct fate {
    int64_t row; /* given by the spool, ascending */
    enum fate_kind kind;
    char device[ID_MAX + 1];
    uint8_t answer_id[16];        /* FOUND: follows from id and revision */
    char alert_id[ULID_SIZE + 1]; /* FOUND: the found_id */
    uint32_t revision;
    Tocsin__V1__Rung rung;
    uint8_t digest[32]; /* of its content: the same id must mean the same */
    Tocsin__V1__FateState state;
    int64_t taken_ms;
    int64_t settled_ms;
    uint64_t sequence;
    Tocsin__V1__Status status;
    char field[64];
    char reason[FATE_TEXT_MAX];
    struct picture_fate picture;
};

/** A handheld's look at a photograph. */
struct spooled_look {
    int64_t row; /* given by the spool, ascending */
    char device[ID_MAX + 1];
    char alert_id[ULID_SIZE + 1];
    int64_t at_ms;
    bool thumbnail;
    uint8_t request_id[16]; /* makes it once at the broker */
};

struct spooled_device {
    char id[ID_MAX + 1];
    uint8_t key[KEY_SIZE];
    bool own;        /* enrolled under this gateway */
    bool introduced; /* by a proof alone */
    bool revoked;
    int64_t lost_ms; /* since when the centre does not know it; 0: it does */
};

/** How much is kept of one handheld that does not wait; the newest of it. */
struct spool_measure {
    size_t refused;       /* or revoked, with what was signed */
    size_t picture_bytes; /* with those */
    size_t fates;         /* of any kind */
};

struct fate_query {
    const char *device;
    enum fate_kind kind;
    int64_t after; /* rows above this one */
};

struct gateway_spool {
    void *arg;
    /** A new one that waits; fate->row is set. What is signed is an Answer or a
     *  FoundChild: their envelopes are packed alike. */
    void (*put)(void *arg, struct fate *fate,
                const Tocsin__V1__SignedAnswer *answer);
    /** state, settled_ms, sequence, status, field, reason of a row. With a
     *  refused answer its picture is refused; of a registration nothing that
     *  was signed stays. */
    void (*end)(void *arg, const struct fate *fate);
    /** Its handheld knows: gone, unless it waits. */
    void (*forget)(void *arg, const char *device, const uint8_t answer_id[16]);
    /** What waits of this handheld, and of this alert (NULL: of any), is
     *  REVOKED from now on, this time. */
    void (*revoke)(void *arg, const char *device, const char *alert_id,
                   int64_t now_ms);
    /** What was recorded, or refused because the centre did not know the
     *  alert, waits once more; looks, too. */
    void (*say_again)(void *arg);
    /** Recorded before this: gone. Refused or revoked before this: its words
     *  and picture are gone, its fate stays. */
    void (*purge)(void *arg, int64_t before_ms);
    /** What is beyond that is gone: words, their picture with them; pictures;
     *  and fates, with all that they are of. */
    void (*cut)(void *arg, const char *device,
                const struct spool_measure *measure);
    /** Of this alert only what waits keeps its content. */
    void (*strip)(void *arg, const char *alert_id);
    /** Its bytes, picture.size of them: it waits from now on. */
    void (*keep_picture)(void *arg, const struct fate *fate,
                         const uint8_t *bytes);
    /** state, sequence, status, reason of its picture, whose bytes go, unless
     *  the centre did not know the answer. */
    void (*end_picture)(void *arg, const struct fate *fate);
    /** Of a sealed case: what waits or is expected is refused, all bytes go. */
    void (*purge_pictures)(void *arg, const char *alert_id);
    void (*put_look)(void *arg, const struct spooled_look *look);
    /** The centre has heard of it. The newest SPOOL_LOOKED_MAX of its handheld
     *  are kept to be said again, as long as a recorded answer is. */
    void (*end_look)(void *arg, int64_t row);
    /** At once: what was stripped is not in the file's log either. false: not
     *  yet, somebody reads it. */
    bool (*scrub)(void *arg);
    void (*keep_device)(void *arg, const struct spooled_device *device);

    /* Questions; each returns false to stop. */
    /** true: the last one was not answered to its end. What it gave is good,
     *  but there may be more. why is set: STATUS_CORRUPT when it is damaged,
     *  and opening it anew would mend it. */
    bool (*unread)(void *arg, struct diag *why);
    bool (*find)(void *arg, const char *device, const uint8_t answer_id[16],
                 struct fate *out);
    void (*each_fate)(void *arg, const struct fate_query *query,
                      bool (*each)(void *to, const struct fate *fate),
                      void *to);
    void (*each_waiting)(void *arg,
                         bool (*each)(void *to, const struct fate *fate),
                         void *to);
    void (*each_device)(void *arg,
                        bool (*each)(void *to,
                                     const struct spooled_device *device),
                        void *to);
    /** Alerts of which content is kept that does not wait. */
    void (*each_kept_alert)(void *arg,
                            bool (*each)(void *to, const char *alert_id),
                            void *to);
    /** What is to be sent: false: there is nothing of it. Valid until the next
     *  call of the spool. */
    bool (*read)(void *arg, int64_t row, struct fate *fate,
                 Tocsin__V1__SignedAnswer *answer);

    /** A picture that waits and whose answer is recorded: the oldest of the
     *  handheld that comes after this one by its id, or else of the first. */
    bool (*next_picture)(void *arg, const char *device, struct fate *out);
    /** Its bytes in heap memory; false: they cannot be read. */
    bool (*read_picture)(void *arg, const struct fate *fate, uint8_t **bytes);
    /** Those that wait. */
    void (*each_picture)(void *arg,
                         bool (*each)(void *to, const struct fate *fate),
                         void *to);

    /** Those after this row, ascending. */
    void (*each_look)(void *arg, int64_t after,
                      bool (*each)(void *to, const struct spooled_look *look),
                      void *to);

    /** Fails: STATUS_FULL, STATUS_DISK. */
    enum status (*commit)(void *arg, struct diag *why);
};

#endif
