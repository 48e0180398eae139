/** People and programs at the command desk: centres that report, revise and
 *  withdraw, officers who lead cases, an administrator, a supervisor who
 *  follows, a laboratory, a registry office; and a gateway. They
 * ask again, with the same bytes, until they are answered. */
#ifndef TOCSIN_SIM_PEOPLE_H
#define TOCSIN_SIM_PEOPLE_H

#include "network.h"
#include "papers.h"
#include "wire/seal.h"

struct node;
struct person;
struct shelf_answer;

/** Their places in the list. */
enum { ADMINISTRATOR, SUPERVISOR, GATEWAY, FIRST_CENTRE };

enum errand_kind {
    ERRAND_ISSUE,
    ERRAND_ENROL,
    ERRAND_REKEY,
    ERRAND_REVOKE,
    ERRAND_RELAY,
    ERRAND_FOLLOW,
    ERRAND_ORDER,
    ERRAND_WORD,     /* a laboratory's */
    ERRAND_QUESTION, /* a registry office's */
    ERRAND_FOUND,
    ERRAND_RESOLVE,
    ERRAND_PUT,  /* a piece of an alert's photograph */
    ERRAND_PEEK, /* for a photograph */
    ERRAND_HAND  /* ENROL of a handheld */
};

/** One request, until it is answered. */
struct errand {
    struct person *person;
    enum errand_kind kind;
    uint8_t id[16];
    uint8_t *bytes;
    size_t size;
    const struct paper *paper; /* ISSUE */
    unsigned put_to;     /* ISSUE: the home that its photograph was put to */
    uint64_t put_at;     /* and its head when the last of it was sent */
    struct paper *draft; /* PUT: what is issued after it; or NULL */
    struct node *node;   /* ENROL, REKEY, REVOKE */
    struct keypair key;  /* REKEY */
    struct foundling *foundling;  /* FOUND */
    uint32_t revision;            /* FOUND */
    char alert_id[ULID_SIZE + 1]; /* RELAY, with the revision */
    uint64_t after;               /* FOLLOW */
    bool answered;
    bool twin;        /* another request goes under the same id */
    unsigned journal; /* that the answer came from; FOLLOW: that after is of */
    Tocsin__V1__Status status;
    uint64_t sequence;
    int64_t due_ms;
};

struct person {
    struct world *world;
    struct bundle bundle;
    struct wire wire;
    int64_t wrong_ms;
    struct errand **errands;
    size_t errand_count;
    size_t first_open; /* all before it are answered */
    uint64_t followed; /* the supervisor: complete up to */
    unsigned followed_journal;
    uint8_t followed_epoch[EPOCH_SIZE];
};

/** What the centres know of one alert. */
struct dossier {
    char alert_id[ULID_SIZE + 1];
    uint32_t revision; /* the newest that was confirmed to one of them */
    bool exercise;
    bool withdrawn;
    bool under_way;
};

/** A child of unknown origin, and how far its revisions were confirmed. */
struct foundling {
    char found_id[ULID_SIZE + 1];
    uint32_t revision;
};

#define FOUNDLINGS_MAX 24
#define PEOPLE_MAX_COUNT 16
#define DOSSIERS_MAX 64

struct people {
    struct person list[PEOPLE_MAX_COUNT];
    size_t count;
    struct crew *crew; /* the gateway that is a real one, its handhelds */
    struct dossier dossiers[DOSSIERS_MAX];
    size_t dossier_count;
    struct foundling foundlings[FOUNDLINGS_MAX];
    size_t foundling_count;
};

/** One more of this id and role; its wire is errands'. */
struct person *people_add(struct world *world, const char *id,
                          Tocsin__V1__Role role, const char *division);
/** Make them; nobody is enrolled yet. */
void people_init(struct world *world);
/** Enrol everybody who is there from the start, before life begins. */
void people_enrol_all(struct world *world);
/** Connect, and begin to do things. */
void people_begin(struct world *world);
void people_done(struct world *world);
const struct bundle *people_administrator(const struct world *world);
/** The gateway brings this answer as well. */
void people_relay(struct world *world, const struct shelf_answer *answer);
struct errand *people_errand(struct world *world, const uint8_t id[16]);
/** The broker was restored: what the gateway brought is brought once more. */
void people_say_again(struct world *world);
/** What a restore has lost of enrolments and revocations, mostly; some before
 *  the broker is started. */
void administrator_repeats(struct world *world);
/** The handheld that comes after the backup, if one does. */
void administrator_enrols_hand(struct world *world, int64_t in_ms);

/* ---- what they do, at random ---- */

void centre_acts(struct world *world);
/** The paper as it is, signed and sent. */
void centre_publishes(struct person *centre, const struct paper *paper);
void administrator_acts(struct world *world);
/** cases.c */
void officers_act(struct world *world);
void sealers_act(struct world *world);
/** identity.c */
void laboratory_acts(struct world *world);
void draw_note(struct world *world, Tocsin__V1__NoteSample *note, char room[8]);
/** The case whose match it is; NULL: there is none to decide. */
const struct dossier *draw_decision(struct world *world,
                                    Tocsin__V1__DecideMatch *decide);
/** foundlings.c */
void finders_act(struct world *world);

/* ---- errands.c ---- */

/** Gives the request an id, and packs it. */
struct errand errand_pack(struct world *world, Tocsin__V1__Request *request);
/** The same with an id that is its own already. */
struct errand errand_pack_as(const uint8_t id[16],
                             Tocsin__V1__Request *request);
/** Sends it now and again; takes bytes. */
struct errand *errand_begin(struct person *person, struct errand errand);
void errands_hear(struct person *person, struct parcel *parcel);
void errands_again(struct person *person);
/** As if it had never been answered. */
void errand_repeat(struct errand *errand);
void person_errand_done(struct errand *errand, const Tocsin__V1__Reply *reply);

#endif
