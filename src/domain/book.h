/**
 * The book: what all facts so far add up to. `decide` reads it, `apply` alone
 * changes it; whoever reads the same journal comes to the same book.
 *
 * Pointers into it are valid until the next apply.
 */
#ifndef TOCSIN_DOMAIN_BOOK_H
#define TOCSIN_DOMAIN_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "domain/case_file.h"
#include "domain/divisions.h"
#include "domain/found.h"
#include "domain/geo.h"
#include "domain/rings.h"
#include "domain/roll.h"
#include "tocsin/v1/fact.pb-c.h"
#include "wire/bundle.h"
#include "wire/kit.h"
#include "wire/seal.h"
#include "wire/topic.h"

#define PREFIXES_MAX 128
#define IDENTITY_SIZE 16
#define CASE_NUMBER_MAX 32
#define OFFICER_MAX 40

/** What only gateways and handhelds have. */
struct reachable {
    char *address; /* "": not said */
    uint8_t tls_fingerprint[32];
    char gateway[ID_MAX + 1]; /* of a device */
};

/** A handheld that may come with its own key. */
struct invitation {
    char device[ID_MAX + 1];
    char gateway[ID_MAX + 1];
    char *name;
    char *name_en;
    uint8_t secret_key[KEY_SIZE];
    int64_t expires_ms;
    bool rekey;
};

#define INVITATIONS_MAX 10000

/** The newest facts that noted the silence of a node, newest first. */
#define SILENCES_KEPT 3
struct silence {
    uint64_t report; /* of the alert; 0: in a state of an earlier version */
    uint64_t sequence;
    int64_t time_ms;
};
struct silences {
    struct silence list[SILENCES_KEPT];
    uint8_t count;
};

/** Anyone who was ever enrolled. number is index + 1 and never used again. */
struct principal {
    uint32_t number;
    char id[ID_MAX + 1];
    Tocsin__V1__Role role;
    Tocsin__V1__NodeKind kind;
    char *name;
    char *name_en;
    Tocsin__V1__Rank rank; /* officers only, as the next */
    char *unit;            /* or NULL */
    struct point point;
    bool has_point;
    char division[DIVISION_SIZE + 1];
    uint8_t key[KEY_SIZE];   /* Ed25519 */
    uint8_t curve[KEY_SIZE]; /* the same for CURVE */
    bool revoked;
    uint64_t enrolled;  /* sequence of its newest enrolment */
    int64_t changed_ms; /* when it was enrolled or revoked last; 0: in the
                           time of a snapshot of an earlier version */
    struct reachable *reachable; /* NULL: nothing of it is said */
    struct silences silences;    /* the newest one of each alert */
    struct silences noted; /* whatever the alert, without its report: what a
                              state of an earlier version is compared by */
    struct seen *seen;     /* the newest commands about it */
};

/** When a node came to an alert for the first time, whatever the revision but a
 *  withdrawal: since the report, one more than the milliseconds; 0: not yet. */
struct firsts {
    uint32_t due; /* had to have it */
    uint32_t held;
    uint32_t shown;
    uint32_t read;
};

/** One node's line in the coverage of the newest revision. */
struct cover {
    uint32_t node;      /* number */
    uint8_t rung;       /* HELD, SHOWN, READ; 0: dark */
    uint8_t said;       /* bit 1 << rung for NEGATIVE and above */
    bool extra;         /* answered without being in the coverage */
    bool overdue;       /* silent, and noted */
    bool purged;        /* of a sealed case: it has, and said so */
    uint32_t held_ms;   /* after recorded_ms, or after its ring came */
    uint32_t due_ms;    /* after recorded_ms: when its ring came */
    uint64_t held_seq;  /* the fact that said at least HELD */
    uint64_t shown_seq; /* at least SHOWN */
    struct firsts firsts;
};

/** An answer of a person: NEGATIVE, SIGHTING, INTERCEPTED. */
struct testimony {
    uint64_t sequence;
    int64_t recorded_ms;
    uint32_t node;
    Tocsin__V1__Rung rung;
    uint8_t *document; /* packed SignedAnswer */
    size_t size;
    char relayed_by[ID_MAX + 1];
    int64_t taken_ms; /* by the gateway's clock */
    int64_t relayed_ms;
    Tocsin__V1__Verdict verdict; /* what was made of it; the next go with it */
    uint64_t duplicate_of;
    uint32_t triaged_by; /* number */
    int64_t triaged_ms;
    uint64_t triaged_seq;
    char officer[OFFICER_MAX + 1]; /* service number of who is on it */
    bool unreachable;
    bool outside;         /* from where the alert did not go */
    bool brought_outside; /* its gateway is where the alert did not go */
    uint64_t cluster;     /* the first that tells of the same, or 0 */
    bool overdue;         /* nobody has looked at it, and that is noted */
    bool has_picture;     /* it names one */
    uint8_t picture[32];
    uint32_t picture_size;
    int64_t pictured_ms; /* when that came; 0: not yet */
    uint64_t pictured_seq;
};

/** A person's look at a photograph. */
#define LOOKS_KEPT 64
struct look {
    uint64_t sequence;
    int64_t recorded_ms;
    int64_t at_ms; /* by the looker's clock; 0: not said */
    uint64_t sighting;
    uint32_t who;        /* number */
    uint32_t relayed_by; /* number of a gateway, or 0 */
    bool thumbnail;
    bool outside; /* from where the alert did not go */
    char officer[OFFICER_MAX + 1];
};

/** How far the rings of an alert have come; see domain/rings.h. */
struct ring_stand {
    int64_t from_ms;    /* last seen */
    int64_t reached_ms; /* after that */
    int64_t last_ms;    /* reached_ms when all of the target is told */
    uint32_t step;      /* in force */
    uint32_t steps;     /* 0: it has no rings */
    int64_t widened_ms; /* when the coverage grew last; 0: not since then */
};

struct alert;

/** How far a sample has come; see domain/samples.h. */
struct sample {
    uint8_t digest[KIT_DIGEST_SIZE]; /* of its kit; see numberless */
    bool numberless;       /* no kit was opened: digest is its place */
    char kit[KIT_MAX + 1]; /* upper case; "": not known here */
    Tocsin__V1__Relation relation;
    Tocsin__V1__SampleState state; /* UNSPECIFIED: its case is over */
    struct alert *alert;           /* whose child's kin, or NULL */
    char *reason;                  /* of the newest word, or NULL */
    uint32_t by;                   /* number: whose that is */
    uint32_t laboratory;           /* number: which spoke of it last, or 0 */
    uint64_t sequence;             /* of the newest word */
    int64_t since_ms;
    uint32_t holds;   /* matches that name it and are not rejected */
    bool overdue;     /* silent, and noted */
    bool found_filed; /* of a found child that is filed away */
};

#define KIN_MAX 2
/** What a laboratory takes for parents and child. */
struct match {
    uint64_t sequence;
    int64_t recorded_ms;
    uint32_t laboratory; /* number */
    uint8_t child[KIT_DIGEST_SIZE];
    uint8_t kin[KIN_MAX][KIT_DIGEST_SIZE];
    size_t kin_count;
    uint8_t *document; /* packed SignedLabWord, or NULL */
    size_t size;
    Tocsin__V1__MatchDecision decision;
    uint32_t decided_by; /* number */
    int64_t decided_ms;
    bool overdue; /* waits, and that is noted */
};

struct alert {
    char id[ULID_SIZE + 1];
    char case_number[CASE_NUMBER_MAX];
    char division[DIVISION_SIZE + 1]; /* of the case */
    uint32_t owner;                   /* number of the centre */
    bool exercise;
    Tocsin__V1__AlertState state;
    uint32_t revision;
    uint64_t sequence;        /* newest fact that changed it for receivers */
    uint64_t report_sequence; /* of the report */
    int64_t reported_ms;
    int64_t recorded_ms; /* of the newest revision */
    int64_t expires_ms;
    uint8_t key_id[16];
    uint8_t *document; /* newest packed SignedAlert */
    size_t document_size;
    uint8_t *last_alert; /* the one before a withdrawal, or NULL */
    size_t last_alert_size;
    uint8_t *thumbnail;
    size_t thumbnail_size;
    uint8_t picture[32];
    bool has_picture;
    char (*prefixes)[DIVISION_SIZE + 1];
    uint64_t *previous; /* per prefix: sequence before the newest one there */
    uint64_t *told;     /* per prefix: the newest one there of this alert */
    size_t prefix_count;
    struct ring_stand ring;
    struct cover *cover; /* ascending by node */
    size_t cover_count;
    uint32_t nodes;      /* in the coverage, extras not counted */
    uint32_t overdue;    /* nodes that are silent, and noted */
    uint32_t reached[4]; /* nodes at least HELD, SHOWN, READ ([1]..) */
    uint32_t said[7];    /* nodes that said NEGATIVE and above */
    int64_t to_ms[3]; /* to 50, 95, 100 per cent held; -1; see alert_due_ms */
    struct testimony *answers;
    size_t answer_count;
    uint64_t triaged; /* sequence of what was last made of one of them */
    uint32_t sightings;
    struct case_file file;
    struct sample **samples; /* of the child's kin, oldest first */
    size_t sample_count;
    struct match *matches; /* oldest first */
    size_t match_count;
    struct look *looks; /* the newest, oldest first */
    size_t look_count;
    uint32_t looks_ever;
    uint32_t fetches; /* of a photograph, by machines */
    struct glance glance;
    uint32_t glanced;  /* of which revision it is; 0: of none */
    struct seen *seen; /* commands and answers about it */
};

/** What stands under supervision; see domain/supervision.h. */
#define SUBJECT_MAX ID_MAX
#define SUPERVISION_FACTS_MAX 8
struct supervision {
    Tocsin__V1__Supervised kind;
    char subject[SUBJECT_MAX + 1];
    Tocsin__V1__SupervisionRule rule;
    char *reason;
    char officer[OFFICER_MAX + 1];
    uint32_t by; /* number; 0: the broker */
    uint64_t sequence;
    int64_t since_ms;
    uint64_t facts[SUPERVISION_FACTS_MAX];
    size_t fact_count;
};

/** What the feed has had on one topic. */
struct topic_state {
    char topic[TOPIC_MAX];
    uint64_t last;
    uint32_t count;
    uint8_t digest[DIGEST_SIZE];
};

/** A command or answer that is recorded already. */
struct seen {
    uint8_t identity[IDENTITY_SIZE];
    uint64_t sequence;
    uint8_t digest[8];   /* of its body: the same id must mean the same thing */
    struct alert *alert; /* of a report, revision, withdrawal, or NULL */
    uint32_t revision;
    uint32_t nodes;    /* or what a registry office was answered */
    struct seen *next; /* of the same alert, principal or found child,
                          newer first */
};

struct book {
    const struct divisions *divisions; /* borrowed */
    struct roll_orders *orders;
    bool founded;
    bool restored;              /* from a backup, once at least */
    bool has_ended_invitations; /* begun with a state of an earlier version */
    uint8_t epoch[EPOCH_SIZE];
    uint8_t authority[KEY_SIZE];
    uint8_t broker_key[KEY_SIZE];
    uint64_t head; /* sequence of the last fact applied */
    uint32_t generation;
    uint32_t serial; /* highest case serial used */
    uint64_t
        roll_changes; /* of the roll, counted; not part of what facts say */
    struct principal **principals;
    struct roll_line *roll; /* by number - 1 */
    size_t principal_count;
    struct invitation *invitations; /* in order */
    size_t invitation_count;
    struct alert **alerts; /* in order of report; filed ones are gone */
    size_t alert_count;
    struct supervision **supervisions; /* oldest first */
    struct supervision **supervised;   /* by kind and subject */
    size_t supervision_count;
    struct found_child **found; /* in order of registration */
    size_t found_count;
    struct map *by_found; /* found_id -> found_child */
    struct map *by_id;    /* principal id -> principal */
    struct map *by_curve; /* CURVE key -> principal that has it now */
    struct map *by_alert; /* alert id -> alert */
    struct map *by_case;  /* case number -> alert */
    struct map *topics;   /* topic -> topic_state */
    struct map *seen;     /* identity -> seen */
    struct map *samples;  /* digest of a kit -> sample */
};

/** divisions is borrowed and must outlive the book. */
struct book *book_new(const struct divisions *divisions);
void book_free(struct book *book);

struct principal *book_principal(const struct book *book, const char *id);
struct principal *book_number(const struct book *book, uint32_t number);
/** Who has this CURVE key now and is not revoked; or NULL. */
struct principal *book_curve(const struct book *book,
                             const uint8_t curve[KEY_SIZE]);
struct alert *book_alert(const struct book *book, const char *id);

/** The one that waits for this device, or NULL. */
struct invitation *book_invitation(const struct book *book, const char *device);

/** By id, case number, or a beginning of at least 4 characters that only one
 *  alert has; *several is set when more than one has it. */
struct alert *book_alert_meant(const struct book *book, const char *text,
                               bool *several);

/** Out of the book, with all that hangs on it. */
void book_drop(struct book *book, struct alert *alert);
void book_drop_found(struct book *book, struct found_child *found);

/** NULL when nothing was ever sent on it. */
struct topic_state *book_topic(const struct book *book, const char *topic);
struct seen *book_seen(const struct book *book,
                       const uint8_t identity[IDENTITY_SIZE]);

/** Does it speak for itself on the field desk: a checkpoint, a gateway? */
bool role_is_field(Tocsin__V1__Role role);

/** false: what its enrolment gave as a public key is none. */
bool principal_has_key(const struct principal *principal);

/** A checkpoint that is not revoked. */
bool book_is_active_node(const struct principal *principal);
/** It hears the feed: a checkpoint or a gateway that is not revoked. */
bool book_is_listener(const struct principal *principal);
struct whereabouts book_whereabouts(const struct principal *node);

/** The answer of a person with this sequence, or NULL. */
struct testimony *alert_testimony(const struct alert *alert, uint64_t sequence);

/** Sightings that nobody has looked at. */
uint32_t alert_unanswered(const struct alert *alert);

/** The line of a node, or NULL. */
struct cover *alert_cover(const struct alert *alert, uint32_t node);
/** In its coverage: must have it. */
bool alert_covers(const struct alert *alert, uint32_t node);
/** From when on its shares held are timed: its newest revision, or when rings
 *  brought more nodes since. */
int64_t alert_due_ms(const struct alert *alert);
/** A time of struct firsts; 0: not yet. */
int64_t alert_first_ms(const struct alert *alert, uint32_t first);
/** Have its rings come to nodes that they will reach later still? */
bool alert_widens(const struct alert *alert);
/** Sequence of what was told last in this division: the alert's own when it
 *  lies outside of its topics. */
uint64_t alert_told(const struct alert *alert, const char *division);

/** May this principal see the alert? See "Jurisdiction" in proto/README.md. */
bool book_may_see(const struct principal *actor, const struct alert *alert);
/** Was the alert sent to one of this node's topics? */
bool book_in_scope(const struct principal *node, const struct alert *alert);

#endif
