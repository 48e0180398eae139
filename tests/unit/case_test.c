/* A million random lives of a case against its rules, which stand here once
 * more, in other words. TOCSIN_SEED repeats a run, TOCSIN_SEQUENCES says how
 * many. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <check.h>

#include "domain/decide_case.h"
#include "domain/samples.h"

#define STEPS 30
#define PEOPLE 9 /* who give orders */
#define ALERT "01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define KIN 3
#define CHILDREN 2
#define KITS (KIN + CHILDREN)
#define MATCHES 4

/* What the rules say of a kit of this life; the last ones are children's. */
struct kit {
    int state; /* as SampleState; 0: nobody has spoken of it */
    int relation;
    bool noted; /* by the case */
};

struct told_match {
    uint64_t sequence;
    int child;
    int kin;
    int decision;
};

struct world {
    struct divisions *divisions;
    struct book *book;
    struct principal *people[PEOPLE + 1]; /* the last: a laboratory */
    struct arena arena;
    uint64_t dice;
    int64_t now_ms;
    /* what the rules say must be so */
    uint32_t lead;
    uint32_t offered;
    bool closed;
    bool standing;
    Tocsin__V1__Outcome waiting;
    uint32_t waiting_by;
    Tocsin__V1__Outcome outcome;
    uint64_t taken;
    uint64_t closings[8]; /* by outcome */
    struct kit kits[KITS];
    uint8_t digests[KITS][KIT_DIGEST_SIZE];
    struct told_match matches[MATCHES];
    int match_count;
    uint64_t samplings[7]; /* by state */
    uint64_t decisions[4]; /* by decision */
};

static uint32_t roll(struct world *world, uint32_t sides)
{
    world->dice ^= world->dice << 13;
    world->dice ^= world->dice >> 7;
    world->dice ^= world->dice << 17;
    return (uint32_t)((world->dice >> 16) % sides);
}

/* ---- the world ----------------------------------------------------------- */

static const char *kit_name(int kit)
{
    static const char *const names[KITS] = {"K-0", "K-1", "K-2", "C-0", "C-1"};

    return names[kit];
}

static void tell(struct world *world, Tocsin__V1__Fact *fact)
{
    fact->time_ms = ++world->now_ms;
    (void)book_apply(world->book, world->book->head + 1, fact);
}

static void enrol(struct world *world, int place, Tocsin__V1__Role role,
                  Tocsin__V1__Rank rank, const char *division)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Enrolled enrolled = TOCSIN__V1__ENROLLED__INIT;
    Tocsin__V1__Principal principal = TOCSIN__V1__PRINCIPAL__INIT;
    Tocsin__V1__Officer officer = TOCSIN__V1__OFFICER__INIT;
    struct keypair key;
    char id[16];

    keypair_make(&key);
    snprintf(id, sizeof id, "p%d", place);
    officer.rank = rank;
    officer.unit = id;
    principal.id = id;
    principal.name = id;
    principal.role = role;
    principal.division = (char *)(uintptr_t)division;
    principal.public_key = (ProtobufCBinaryData){KEY_SIZE, key.public_key};
    if (role == TOCSIN__V1__ROLE__ROLE_OFFICER)
        principal.officer = &officer;
    enrolled.principal = &principal;
    fact.body_case = TOCSIN__V1__FACT__BODY_ENROLLED;
    fact.enrolled = &enrolled;
    tell(world, &fact);
    world->people[place] = book_principal(world->book, id);
}

static void found(struct world *world)
{
    static uint8_t bytes[32] = {1};
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Founded founded = TOCSIN__V1__FOUNDED__INIT;
    Tocsin__V1__Principal principal = TOCSIN__V1__PRINCIPAL__INIT;

    principal.id = (char *)(uintptr_t) "administrator";
    principal.name = principal.id;
    principal.role = TOCSIN__V1__ROLE__ROLE_ADMINISTRATOR;
    principal.division = (char *)(uintptr_t) "000000";
    principal.public_key = (ProtobufCBinaryData){32, bytes};
    founded.epoch = (ProtobufCBinaryData){16, bytes};
    founded.authority = founded.broker_key = principal.public_key;
    founded.administrator = &principal;
    fact.body_case = TOCSIN__V1__FACT__BODY_FOUNDED;
    fact.founded = &founded;
    tell(world, &fact);
}

static void open_world(struct world *world)
{
    static const char table[] = "code,name_zh,name_en,level,parent,lat,lon\n";
    const char *seed = getenv("TOCSIN_SEED");

    memset(world, 0, sizeof *world);
    keys_start();
    ck_assert(divisions_parse(&world->divisions, table, sizeof table - 1,
                              NULL) == STATUS_OK);
    world->dice = seed != NULL ? strtoull(seed, NULL, 10) | 1
                               : (uint64_t)time(NULL) * 2 + 1;
    world->now_ms = 1800000000000;
    world->book = book_new(world->divisions);
    arena_init(&world->arena, 1 << 16);
    for (int i = 0; i < KITS; i++)
        kit_digest(world->digests[i], kit_name(i));
    found(world);
    enrol(world, 0, TOCSIN__V1__ROLE__ROLE_CENTRE, 0, "440300");
    enrol(world, 1, TOCSIN__V1__ROLE__ROLE_CENTRE, 0, "110000");
    enrol(world, 2, TOCSIN__V1__ROLE__ROLE_SUPERVISOR, 0, "440000");
    enrol(world, 3, TOCSIN__V1__ROLE__ROLE_OFFICER, 2, "440300");
    enrol(world, 4, TOCSIN__V1__ROLE__ROLE_OFFICER, 3, "440300");
    enrol(world, 5, TOCSIN__V1__ROLE__ROLE_OFFICER, 4, "440000");
    enrol(world, 6, TOCSIN__V1__ROLE__ROLE_OFFICER, 1, "440305");
    enrol(world, 7, TOCSIN__V1__ROLE__ROLE_OFFICER, 3, "110000");
    enrol(world, 8, TOCSIN__V1__ROLE__ROLE_OFFICER, 2, "440305");
    enrol(world, 9, TOCSIN__V1__ROLE__ROLE_LABORATORY, 0, "000000");
}

static void close_world(struct world *world)
{
    arena_done(&world->arena);
    book_free(world->book);
    divisions_free(world->divisions);
}

/* ---- one life ------------------------------------------------------------ */

static struct alert *the_alert(const struct world *world)
{
    return book_alert(world->book, ALERT);
}

static void issue(struct world *world, bool withdrawal)
{
    static uint8_t key_id[16];
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__AlertIssued issued = TOCSIN__V1__ALERT_ISSUED__INIT;
    const struct alert *before = the_alert(world);

    issued.alert_id = (char *)(uintptr_t)ALERT;
    issued.revision = before == NULL ? 1 : before->revision + 1;
    issued.case_number = (char *)(uintptr_t) "440305-2026-000001";
    issued.division = (char *)(uintptr_t) "440305";
    issued.key_id = (ProtobufCBinaryData){16, key_id};
    issued.withdrawal = withdrawal;
    fact.principal = world->people[0]->id;
    fact.body_case = TOCSIN__V1__FACT__BODY_ALERT_ISSUED;
    fact.alert_issued = &issued;
    tell(world, &fact);
    if (withdrawal)
        return;
    world->standing = false;
    world->waiting = TOCSIN__V1__OUTCOME__OUTCOME_UNSPECIFIED;
    world->waiting_by = 0;
}

static void expire(struct world *world)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__AlertExpired expired = TOCSIN__V1__ALERT_EXPIRED__INIT;

    expired.alert_id = (char *)(uintptr_t)ALERT;
    fact.body_case = TOCSIN__V1__FACT__BODY_ALERT_EXPIRED;
    fact.alert_expired = &expired;
    tell(world, &fact);
}

/* Of a case that is over the numbers stay used, and no child that was matched
 * is clear. Then they are taken out of the world, for the next life. */
static void end_kits(struct world *world)
{
    for (int i = 0; i < KITS; i++) {
        struct sample *sample = book_sample_of(world->book, world->digests[i]);

        if (sample == NULL)
            continue;
        if (world->kits[i].noted &&
            (!sample_is_spent(sample) || sample->kit[0] != '\0' ||
             sample->alert != NULL || sample->reason != NULL))
            ck_abort_msg("%s outlives its case", kit_name(i));
        (void)map_remove(world->book->samples, sample->digest, KIT_DIGEST_SIZE);
        sample_free(sample);
    }
    memset(world->kits, 0, sizeof world->kits);
    world->match_count = 0;
}

static void begin_life(struct world *world)
{
    if (the_alert(world) != NULL)
        book_drop(world->book, the_alert(world));
    end_kits(world);
    for (int i = 0; i < PEOPLE; i++)
        world->people[i]->revoked = false;
    issue(world, false);
    world->lead = world->offered = world->waiting_by = 0;
    world->closed = world->standing = false;
    world->waiting = world->outcome = TOCSIN__V1__OUTCOME__OUTCOME_UNSPECIFIED;
}

/* ---- the rules, once more ------------------------------------------------ */

/* A sample goes forward; it comes back by failing or by being possible again.
 */
static bool may_become(int from, int to)
{
    switch (from) {
    case 0: /* new */
        return to != 5;
    case 1: /* due */
        return to > 1;
    case 2: /* taken */
        return to > 2 && to != 6;
    case 3: /* sent */
        return to > 3 && to != 6;
    case 5: /* failed */
        return to != 5;
    case 6: /* impossible */
        return to < 5;
    default: /* in the library */
        return false;
    }
}

static int kit_number(const char *name)
{
    for (int i = 0; i < KITS; i++) {
        if (strcmp(kit_name(i), name) == 0)
            return i;
    }
    return -1;
}

static bool sample_rule(const struct world *world,
                        const Tocsin__V1__NoteSample *note)
{
    const struct kit *kit = &world->kits[kit_number(note->kit)];
    int to = (int)note->state;

    if (!kit->noted && kit->state != 0) /* the laboratory had it first */
        return kit->relation == 0 && (to == 2 || to == 3);
    if (kit->noted && kit->relation != (int)note->relation)
        return false;
    return to != 4 && may_become(kit->state, to);
}

static const struct told_match *told(const struct world *world, uint64_t match)
{
    for (int i = 0; i < world->match_count; i++) {
        if (world->matches[i].sequence == match)
            return &world->matches[i];
    }
    return NULL;
}

static bool leads(const struct world *world, const struct principal *who)
{
    return !who->revoked && who->number == world->lead;
}

/* People 3, 4, 5 and 8 are of county rank or above, and of this place. */
static bool can_lead(const struct world *world, const struct principal *who)
{
    return !who->revoked &&
           (who == world->people[3] || who == world->people[4] ||
            who == world->people[5] || who == world->people[8]);
}

static bool is_above(const struct world *world, const struct principal *who)
{
    const struct principal *lead = book_number(world->book, world->lead);

    return who == world->people[2] ||
           (can_lead(world, who) && (lead == NULL || who->rank > lead->rank));
}

static bool live(const struct world *world)
{
    return the_alert(world)->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE;
}

static bool has_lead(const struct world *world)
{
    const struct principal *lead = book_number(world->book, world->lead);

    return lead != NULL && !lead->revoked;
}

static bool rule(const struct world *world, const struct principal *by,
                 const Tocsin__V1__CaseOrder *order)
{
    const struct principal *named;
    bool open = !world->closed;

    if (by == world->people[1] || by == world->people[7])
        return false; /* of another place */
    switch (order->step_case) {
    case TOCSIN__V1__CASE_ORDER__STEP_OFFER_LEAD:
        named = book_principal(world->book, order->offer_lead->officer);
        return open && named != NULL && can_lead(world, named) &&
               named->number != world->lead &&
               (leads(world, by) || is_above(world, by) ||
                (!has_lead(world) && by == world->people[0]));
    case TOCSIN__V1__CASE_ORDER__STEP_ACCEPT_LEAD:
        return open && by->number == world->offered && can_lead(world, by);
    case TOCSIN__V1__CASE_ORDER__STEP_DECLINE_LEAD:
        return open && by->number == world->offered;
    case TOCSIN__V1__CASE_ORDER__STEP_STAND:
        return open && !world->standing && leads(world, by) && !live(world);
    case TOCSIN__V1__CASE_ORDER__STEP_REOPEN:
        return (world->closed && (leads(world, by) || is_above(world, by))) ||
               (world->standing && leads(world, by));
    case TOCSIN__V1__CASE_ORDER__STEP_SOLVE:
        return open && leads(world, by) && !live(world);
    case TOCSIN__V1__CASE_ORDER__STEP_CONFIRM_OUTCOME:
        return open && world->waiting != 0 &&
               order->confirm_outcome->outcome == world->waiting &&
               by->number != world->waiting_by && !live(world) &&
               by != world->people[6];
    case TOCSIN__V1__CASE_ORDER__STEP_NOTE_SAMPLE:
        return open && (leads(world, by) || by == world->people[0]) &&
               sample_rule(world, order->note_sample);
    case TOCSIN__V1__CASE_ORDER__STEP_DECIDE_MATCH:
        return leads(world, by) &&
               told(world, order->decide_match->match) != NULL &&
               told(world, order->decide_match->match)->decision !=
                   (int)order->decide_match->decision;
    default:
        ck_abort_msg("no such step here");
        return false;
    }
}

static void follow_sample(struct world *world,
                          const Tocsin__V1__NoteSample *note)
{
    struct kit *kit = &world->kits[kit_number(note->kit)];

    if (kit->noted || kit->state == 0)
        kit->state = (int)note->state;
    kit->noted = true;
    kit->relation = (int)note->relation;
    world->samplings[kit->state]++;
}

static void follow_decision(struct world *world,
                            const Tocsin__V1__DecideMatch *decide)
{
    struct told_match *match =
        (struct told_match *)(uintptr_t)told(world, decide->match);

    match->decision = (int)decide->decision;
    world->decisions[decide->decision]++;
}

static void follow(struct world *world, const struct principal *by,
                   const Tocsin__V1__CaseOrder *order)
{
    Tocsin__V1__Outcome said = TOCSIN__V1__OUTCOME__OUTCOME_UNSPECIFIED;

    switch (order->step_case) {
    case TOCSIN__V1__CASE_ORDER__STEP_OFFER_LEAD:
        world->offered =
            book_principal(world->book, order->offer_lead->officer)->number;
        return;
    case TOCSIN__V1__CASE_ORDER__STEP_ACCEPT_LEAD:
        world->lead = by->number;
        world->offered = world->waiting_by = 0;
        world->waiting = said; /* it was the former lead's word */
        return;
    case TOCSIN__V1__CASE_ORDER__STEP_DECLINE_LEAD:
        world->offered = 0;
        return;
    case TOCSIN__V1__CASE_ORDER__STEP_STAND:
        world->standing = true;
        return;
    case TOCSIN__V1__CASE_ORDER__STEP_NOTE_SAMPLE:
        follow_sample(world, order->note_sample);
        return;
    case TOCSIN__V1__CASE_ORDER__STEP_DECIDE_MATCH:
        follow_decision(world, order->decide_match);
        return;
    case TOCSIN__V1__CASE_ORDER__STEP_REOPEN:
        world->standing = world->closed = false;
        world->outcome = world->waiting = said;
        world->waiting_by = 0;
        return;
    case TOCSIN__V1__CASE_ORDER__STEP_SOLVE:
        said = order->solve->outcome;
        if (said == TOCSIN__V1__OUTCOME__OUTCOME_DEATH ||
            said == TOCSIN__V1__OUTCOME__OUTCOME_FALSE_REPORT) {
            world->waiting = said;
            world->waiting_by = by->number;
            return;
        }
        break;
    default:
        said = world->waiting;
        break;
    }
    world->closed = true;
    world->standing = false;
    world->offered = world->waiting_by = 0;
    world->waiting = TOCSIN__V1__OUTCOME__OUTCOME_UNSPECIFIED;
    world->outcome = said;
    world->closings[said]++;
}

/* ---- steps --------------------------------------------------------------- */

/* Every order that this world gives, with random contents. */
struct orders {
    Tocsin__V1__CaseOrder order;
    Tocsin__V1__OfferLead offer;
    Tocsin__V1__AcceptLead accept;
    Tocsin__V1__DeclineLead decline;
    Tocsin__V1__Stand stand;
    Tocsin__V1__Reopen reopen;
    Tocsin__V1__Solve solve;
    Tocsin__V1__ConfirmOutcome confirm;
    Tocsin__V1__NoteSample note;
    Tocsin__V1__DecideMatch decide;
};

/* Children's kits too: no case may take one that was matched. */
static void draw_samples(struct world *world, struct orders *drawn)
{
    tocsin__v1__note_sample__init(&drawn->note);
    tocsin__v1__decide_match__init(&drawn->decide);
    drawn->note.kit = (char *)(uintptr_t)kit_name((int)roll(world, KITS));
    drawn->note.relation = (Tocsin__V1__Relation)(1 + roll(world, 2));
    drawn->note.state = (Tocsin__V1__SampleState)(1 + roll(world, 6));
    drawn->note.reason = (char *)(uintptr_t) "so it is";
    if (drawn->note.state == TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_IN_LIBRARY)
        drawn->note.state = TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_SENT;
    drawn->decide.match =
        world->match_count > 0
            ? world->matches[roll(world, (uint32_t)world->match_count)].sequence
            : 1;
    drawn->decide.decision = (Tocsin__V1__MatchDecision)(1 + roll(world, 3));
}

static void draw(struct world *world, struct orders *drawn)
{
    static const Tocsin__V1__CaseOrder__StepCase steps[] = {
        TOCSIN__V1__CASE_ORDER__STEP_OFFER_LEAD,
        TOCSIN__V1__CASE_ORDER__STEP_ACCEPT_LEAD,
        TOCSIN__V1__CASE_ORDER__STEP_ACCEPT_LEAD,
        TOCSIN__V1__CASE_ORDER__STEP_DECLINE_LEAD,
        TOCSIN__V1__CASE_ORDER__STEP_STAND,
        TOCSIN__V1__CASE_ORDER__STEP_REOPEN,
        TOCSIN__V1__CASE_ORDER__STEP_SOLVE,
        TOCSIN__V1__CASE_ORDER__STEP_CONFIRM_OUTCOME,
        TOCSIN__V1__CASE_ORDER__STEP_NOTE_SAMPLE,
        TOCSIN__V1__CASE_ORDER__STEP_NOTE_SAMPLE,
        TOCSIN__V1__CASE_ORDER__STEP_DECIDE_MATCH,
    };
    Tocsin__V1__CaseOrder *order = &drawn->order;

    tocsin__v1__case_order__init(order);
    tocsin__v1__offer_lead__init(&drawn->offer);
    tocsin__v1__solve__init(&drawn->solve);
    tocsin__v1__confirm_outcome__init(&drawn->confirm);
    draw_samples(world, drawn);
    drawn->offer.officer = world->people[roll(world, PEOPLE)]->id;
    drawn->solve.outcome = (Tocsin__V1__Outcome)(1 + roll(world, 7));
    drawn->confirm.outcome = (Tocsin__V1__Outcome)(6 + roll(world, 2));
    order->alert_id = (char *)(uintptr_t)ALERT;
    order->step_case = steps[roll(world, sizeof steps / sizeof steps[0])];
    if (order->step_case == TOCSIN__V1__CASE_ORDER__STEP_OFFER_LEAD)
        order->offer_lead = &drawn->offer;
    else if (order->step_case == TOCSIN__V1__CASE_ORDER__STEP_SOLVE)
        order->solve = &drawn->solve;
    else if (order->step_case == TOCSIN__V1__CASE_ORDER__STEP_NOTE_SAMPLE)
        order->note_sample = &drawn->note;
    else if (order->step_case == TOCSIN__V1__CASE_ORDER__STEP_DECIDE_MATCH)
        order->decide_match = &drawn->decide;
    else
        order->confirm_outcome = &drawn->confirm; /* read by that step alone */
}

/* Mostly who could, so that lives get far. */
static struct principal *draw_actor(struct world *world,
                                    const Tocsin__V1__CaseOrder *order)
{
    uint32_t likely =
        order->step_case == TOCSIN__V1__CASE_ORDER__STEP_ACCEPT_LEAD
            ? world->offered
        : world->lead != 0 ? world->lead
                           : world->people[0]->number;

    if (likely != 0 && roll(world, 2) == 0)
        return book_number(world->book, likely);
    return world->people[roll(world, PEOPLE)];
}

/* One assertion for all: each that holds costs a system call. */
static void check_file(const struct world *world)
{
    const struct case_file *file = &the_alert(world)->file;
    int state = world->closed ? 3 : world->standing ? 2 : 1;

    if (file->lead != world->lead || file->offered != world->offered ||
        file->waiting != world->waiting || file->outcome != world->outcome ||
        (int)file->state != state || (file->outcome != 0) != world->closed)
        ck_abort_msg("state %d for %d, lead %u for %u, outcome %d for %d",
                     (int)file->state, state, file->lead, world->lead,
                     (int)file->outcome, (int)world->outcome);
}

static uint32_t holds_of(const struct world *world, int kit)
{
    uint32_t holds = 0;

    for (int i = 0; i < world->match_count; i++)
        holds +=
            world->matches[i].decision != 2 &&
            (world->matches[i].child == kit || world->matches[i].kin == kit);
    return holds;
}

/* What a registry office would hear: 1 clear, 2 hold, 3 no sample. */
static int answer_of(const struct world *world, int kit)
{
    int state = world->kits[kit].state;

    if (holds_of(world, kit) > 0)
        return 2;
    return state == 4 ? 1 : state >= 1 && state <= 3 ? 2 : 3;
}

static void check_kits(const struct world *world)
{
    for (int i = 0; i < KITS; i++) {
        const struct sample *sample =
            book_sample_of(world->book, world->digests[i]);

        if ((sample == NULL) != (world->kits[i].state == 0) ||
            (int)sample_answer(sample) != answer_of(world, i) ||
            (sample != NULL &&
             ((int)sample->state != world->kits[i].state ||
              (sample->alert != NULL) != world->kits[i].noted ||
              sample->holds != holds_of(world, i))))
            ck_abort_msg("%s: state %d for %d, answer %d for %d", kit_name(i),
                         sample != NULL ? (int)sample->state : -1,
                         world->kits[i].state, (int)sample_answer(sample),
                         answer_of(world, i));
    }
}

/* The journal's own document, as the book reads it; nobody signs here. */
static void pack_document(const Tocsin__V1__CaseOrder *order,
                          ProtobufCBinaryData *out)
{
    static uint8_t bytes[2][512];
    Tocsin__V1__SignedOrder sealed = TOCSIN__V1__SIGNED_ORDER__INIT;

    sealed.content.data = bytes[0];
    sealed.content.len = tocsin__v1__case_order__pack(order, bytes[0]);
    out->data = bytes[1];
    out->len = tocsin__v1__signed_order__pack(&sealed, bytes[1]);
}

/* ---- what laboratories say ------------------------------------------------
 */

static void report(struct world *world, Tocsin__V1__LabReported *reported,
                   int kit)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;

    reported->kit = (ProtobufCBinaryData){KIT_DIGEST_SIZE, world->digests[kit]};
    fact.principal = world->people[9]->id;
    fact.body_case = TOCSIN__V1__FACT__BODY_LAB_REPORTED;
    fact.lab_reported = reported;
    tell(world, &fact);
}

static void say_state(struct world *world)
{
    Tocsin__V1__LabReported reported = TOCSIN__V1__LAB_REPORTED__INIT;
    int kit = (int)roll(world, KITS);
    int state = roll(world, 4) == 0 ? 5 : 4;

    if (!may_become(world->kits[kit].state, state) &&
        !(world->kits[kit].state == 4 && state == 5))
        return;
    reported.state = (Tocsin__V1__SampleState)state;
    if (world->kits[kit].noted)
        reported.alert_id = (char *)(uintptr_t)ALERT;
    report(world, &reported, kit);
    world->kits[kit].state = state;
}

static void say_match(struct world *world)
{
    Tocsin__V1__LabReported reported = TOCSIN__V1__LAB_REPORTED__INIT;
    int child = KIN + (int)roll(world, CHILDREN);
    int kin = (int)roll(world, KIN);
    ProtobufCBinaryData list = {KIT_DIGEST_SIZE, world->digests[kin]};

    if (world->match_count == MATCHES || world->kits[child].state != 4 ||
        world->kits[child].noted || world->kits[kin].state != 4 ||
        !world->kits[kin].noted)
        return;
    reported.alert_id = (char *)(uintptr_t)ALERT;
    reported.n_kin = 1;
    reported.kin = &list;
    report(world, &reported, child);
    world->kits[child].relation = 5;
    world->matches[world->match_count++] =
        (struct told_match){world->book->head, child, kin, 0};
    world->decisions[0]++;
}

static void give_order(struct world *world)
{
    struct orders drawn;
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    struct order order = {.request = &request, .arena = &world->arena};
    struct verdict verdict;
    bool allowed;

    draw(world, &drawn);
    order.actor = draw_actor(world, &drawn.order);
    if (order.actor->revoked)
        return; /* nobody hears it */
    order.now_ms = world->now_ms;
    memset(&verdict, 0, sizeof verdict);
    arena_reset(&world->arena);
    allowed = rule(world, order.actor, &drawn.order);
    decide_case_step(&verdict, world->book, &order, &drawn.order);
    if ((verdict.fact != NULL) != allowed)
        ck_abort_msg("step %d by %s: %s %s", (int)drawn.order.step_case,
                     order.actor->id, verdict.complaint.field,
                     verdict.complaint.reason);
    if (!allowed)
        return;
    if (drawn.order.step_case == TOCSIN__V1__CASE_ORDER__STEP_NOTE_SAMPLE)
        pack_document(&drawn.order, &verdict.fact->case_changed->document);
    tell(world, verdict.fact);
    follow(world, order.actor, &drawn.order);
    world->taken++;
}

static void live_on(struct world *world)
{
    const struct alert *alert = the_alert(world);
    uint32_t what = roll(world, 24);

    if (what == 0)
        world->people[3 + roll(world, 6)]->revoked = roll(world, 2) == 0;
    else if (what == 1)
        expire(world);
    else if (what < 4 &&
             alert->state != TOCSIN__V1__ALERT_STATE__ALERT_STATE_WITHDRAWN)
        issue(world, roll(world, 3) != 0);
    else if (what < 7)
        say_state(world);
    else if (what < 9)
        say_match(world);
    else
        give_order(world);
    check_file(world);
    check_kits(world);
}

START_TEST(a_million_random_lives_of_a_case_keep_its_rules)
{
    const char *text = getenv("TOCSIN_SEQUENCES");
    long sequences = text != NULL ? strtol(text, NULL, 10) : 1000000;
    struct world world;

    open_world(&world);
    printf("TOCSIN_SEED=%llu\n", (unsigned long long)world.dice);
    for (long i = 0; i < sequences; i++) {
        begin_life(&world);
        for (int step = 0; step < STEPS; step++)
            live_on(&world);
    }
    printf("%ld lives, %llu orders taken\n", sequences,
           (unsigned long long)world.taken);
    for (int outcome = 1; sequences >= 10000 && outcome <= 7; outcome++)
        ck_assert_uint_gt(world.closings[outcome], 0);
    for (int state = 1; sequences >= 10000 && state <= 6; state++)
        ck_assert_uint_gt(world.samplings[state], 0);
    for (int decision = 0; sequences >= 10000 && decision <= 3; decision++)
        ck_assert_uint_gt(world.decisions[decision], 0);
    close_world(&world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("case");
    TCase *t = tcase_create("lives");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(t, 400);
    tcase_add_test(t, a_million_random_lives_of_a_case_keep_its_rules);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
