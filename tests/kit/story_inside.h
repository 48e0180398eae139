/** What the two halves of the story kit share. */
#ifndef TOCSIN_KIT_STORY_INSIDE_H
#define TOCSIN_KIT_STORY_INSIDE_H

#include "story.h"
#include "wire/bundle.h"

#define CAST_MAX 32
#define ALERTS_MAX 220
#define PAPER_MAX 4096
#define KEYS 240

struct actor {
    struct bundle bundle;
    enum gate gate;
};

/** A record on the paper disk. */
struct sheet {
    struct record record;
    uint8_t *bytes;
    struct mark *marks;
};

#define FILES_MAX 16

/** A file on the paper disk. */
struct paper_file {
    char name[100];
    uint8_t *bytes;
    size_t size;
    bool durable;
};

struct story {
    struct divisions *divisions;
    struct keypair authority;
    struct actor cast[CAST_MAX];
    size_t cast_count;
    char alert_ids[ALERTS_MAX][27];
    uint32_t revisions[ALERTS_MAX]; /* told so far */
    char found_ids[ALERTS_MAX][27];
    uint32_t found_revisions[ALERTS_MAX];
    int64_t found_said_ms[ALERTS_MAX]; /* what was told last */
    struct case_key keys[KEYS];        /* the keyring */
    uint8_t ended[KEYS][KEY_ID_SIZE];  /* in it: what was destroyed */
    int ended_count;
    struct vault *vault;  /* of the broker that runs */
    unsigned keys_wanted; /* how often; none come by themselves */
    struct broker *broker;
    struct broker_config config;
    struct sheet paper[PAPER_MAX];
    size_t written; /* handed over */
    size_t durable; /* fsynced */
    struct paper_file files[FILES_MAX];
    size_t file_count;
    uint64_t files_asked; /* of the broker that runs */
    bool paused;
    bool unreadable; /* what was filed cannot be looked up */
    bool slow;       /* nor what the chain was, for a while */
    int64_t load_us; /* that reading a picture takes */
    int64_t stopwatch_us;
    bool gathers;      /* the desk's turn goes on from request to request */
    uint8_t *snapshot; /* the book as it was written down */
    size_t snapshot_size;
    int64_t now_ms; /* by the wall */
    int64_t monotonic_ms;
    int64_t centres_ms; /* their clocks, ahead of the broker's */
    unsigned beacons;
    uint32_t feed_generation;     /* of the last message */
    uint64_t page_next;           /* where the last page ended */
    uint64_t marked;              /* the head of the last page, or 0 */
    uint8_t mark[LINE_MARK_SIZE]; /* and the journal's there */
    uint64_t dice;
    char transcript[32768];
    size_t length;
    char clock_log[256];
    char refused[1000]; /* peer.refused, since it was emptied */
    uint32_t retry_ms;  /* of the last reply */
    bool elsewhere;     /* the sentence is of another machine with that key */
    uint8_t *last_request;
    size_t last_size;
    struct actor *last_actor;
};

/** A1 and so on get their id when somebody first speaks of them. */
void story_name_alert(struct story *story, int number);

struct actor *story_actor(struct story *story, const char *id);
struct actor *story_cast(struct story *story, const char *id,
                         Tocsin__V1__Role role, const char *division);
void story_write(struct story *story, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *story_found_name(const struct story *story, const char *id);
/** What a reply tells of found children. */
void story_tell_found_reply(struct story *story,
                            const Tocsin__V1__Reply *reply);
const char *story_alert_name(const struct story *story, const char *id);
/** 16 bytes that no request has had. */
void story_request_id(struct story *story, uint8_t out[16]);
/** Its request_id is made when it has none. */
void story_send(struct story *story, struct actor *actor,
                Tocsin__V1__Request *request);
/** Commit what is on the paper, unless the disk is paused. */
void story_settle(struct story *story);
struct moment story_moment(const struct story *story);
/** Its n'th picture, of PICTURE_BYTES. */
#define PICTURE_BYTES 1000
void story_picture(uint8_t out[PICTURE_BYTES], int n);
/** As an answer or PutPicture names it; hash: 32 bytes that it points to. */
void story_describe(Tocsin__V1__Picture *picture, uint8_t *hash, int n);
/** Which thumbnail the feed shows, of which picture. */
void story_write_thumbnail(struct story *story,
                           const Tocsin__V1__Thumbnail *thumbnail);
void story_start_broker(struct story *story);
/** From so many facts, under another epoch. */
/** A backup of so many facts; numbers go on so far above its own. */
void story_restore(struct story *story, size_t facts, uint32_t skipped);
/** An older copy of the home, of so many facts, put back by hand. */
void story_put_back(struct story *story, size_t facts);
void story_write_down(struct story *story);
/** From the snapshot and what came after it. */
void story_resume_broker(struct story *story);

#endif
