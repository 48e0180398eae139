/** The inside of the stage, shared by its files and nobody else. */
#ifndef TOCSIN_KIT_STAGE_INSIDE_H
#define TOCSIN_KIT_STAGE_INSIDE_H

#include "stage.h"
#include "wire/document.h"
#include "wire/seal.h"
#include "wire/topic.h"

#define ALERTS_MAX 80
#define REQUESTS_MAX 512
#define PICTURE_BYTES 120000
#define PHOTOGRAPH_BYTES 40000
#define NODE "gate-1"
#define DIVISION "440305"

/** One alert as the broker has it. */
struct entry {
    bool known;
    uint32_t revision;
    bool live;
    bool expired;
    bool exercise;
    bool pictured;
    bool ringed;
    bool silent;        /* the broker knows no rings */
    bool come;          /* to gate-1 */
    int64_t reached_ms; /* its rings */
    uint64_t sequence;
    int64_t recorded_ms; /* its revision, by the broker's clock */
    char prefix[8];
    uint8_t *document; /* packed SignedAlert */
    size_t size;
    uint8_t *first; /* the same of revision 1 */
    size_t first_size;
    int64_t first_recorded_ms;
};

struct asked {
    uint8_t *bytes;
    size_t size;
};

struct stage {
    char folder[512];
    struct store *store;
    struct store *officer; /* another process's handle */
    struct terminal *terminal;
    struct moment now; /* as the terminal's clocks say */
    int64_t true_ms;   /* what everybody else's clock says */
    int64_t broker_wrong_ms;
    uint32_t chance;
    char transcript[16384];
    size_t length;

    struct keypair authority;
    struct bundle centre;
    struct bundle node;

    /* the broker */
    uint8_t epoch[EPOCH_SIZE];
    uint8_t master[32];
    uint32_t generation;
    uint64_t head;
    uint8_t line;       /* counts up when an older copy is put back */
    uint64_t line_from; /* the newest that it has in common with the last */
    bool unmarked;      /* the broker is of a version without marks */
    uint64_t since;
    uint64_t last[HELD_TOPICS];
    struct entry entries[ALERTS_MAX];
    uint8_t picture[PICTURE_BYTES]; /* the beginning: the photograph */
    bool sighted;                   /* its answer is in the journal */
    uint32_t photographed;          /* what the desk has of it */
    bool deaf;
    uint32_t retry_ms; /* what the desk says with BUSY and UNAVAILABLE */
    const char *refused_field; /* or NULL */
    bool begins_anew;          /* with the next page after a first */
    bool anew;                 /* it does */
    uint64_t anew_head;        /* as of when it was said that it would */
    uint64_t enrolled;         /* as the keys tell */
    bool desk_silent;
    bool reads;    /* somebody, so that nothing is quite gone */
    bool has_read; /* from then on the end of a purge is told */
    char topics[OWN_TOPICS][TOPIC_MAX];

    /* what the terminal asked */
    struct asked asked[REQUESTS_MAX];
    size_t asked_count;
    uint8_t seen[REQUESTS_MAX][16];
    size_t seen_count;

    uint8_t last_feed[FEED_MESSAGE_MAX];
    size_t last_feed_size;
    uint8_t *last_reply;
    size_t last_reply_size;
    struct arena arena;
};

/* stage.c */
void stage_write(struct stage *stage, const char *format, ...) PRINTF(2, 3);
const char *stage_name_of(const char *alert_id);
void stage_settle(struct stage *stage);
void stage_open_terminal(struct stage *stage);
void stage_close_terminal(struct stage *stage);

/* stage_issue.c */
struct issue {
    int number; /* of the alert */
    uint32_t revision;
    bool elsewhere;
    bool exercise;
    bool pictured;
    bool ringed;
    bool withdrawal;
    const char *prefix;
};
void issue_publish(struct stage *stage, const struct issue *issue);
void issue_twisted(struct stage *stage, int number, const char *how);
/** Send entry's newest document, or the bytes given, on the feed. */
void issue_send(struct stage *stage, const struct entry *entry,
                struct blob document);
void issue_ring(struct stage *stage, struct entry *entry);
void issue_expire(struct stage *stage, struct entry *entry);
/** All but its first revision, as if nothing had come after it. */
void issue_forget(struct stage *stage, struct entry *entry);
void issue_thumbnail(struct stage *stage, int number, bool other);
void issue_fill(const struct entry *entry, struct blob document,
                Tocsin__V1__Notice *notice);

/* stage_desk.c */
void desk_answer(struct stage *stage, Tocsin__V1__Status status, bool once);
void desk_push(struct stage *stage, const struct entry *entry);
void desk_purge(struct stage *stage, int number);
void desk_deny(struct stage *stage);
void desk_beacon(struct stage *stage, bool lie);

#endif
