/* A million random lives of a case against its rules, which stand here once
 * more, in other words. TOCSIN_SEED repeats a run, TOCSIN_SEQUENCES says how
 * many. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <check.h>

#include "domain/decide_case.h"

#define STEPS 24
#define PEOPLE 9
#define ALERT "01ARZ3NDEKTSV4RRFFQ69G5FAV"

struct world {
    struct divisions *divisions;
    struct book *book;
    struct principal *people[PEOPLE];
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
};

static uint32_t roll(struct world *world, uint32_t sides)
{
    world->dice ^= world->dice << 13;
    world->dice ^= world->dice >> 7;
    world->dice ^= world->dice << 17;
    return (uint32_t)((world->dice >> 16) % sides);
}

/* ---- the world ----------------------------------------------------------- */

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

static void begin_life(struct world *world)
{
    if (the_alert(world) != NULL)
        book_drop(world->book, the_alert(world));
    for (int i = 0; i < PEOPLE; i++)
        world->people[i]->revoked = false;
    issue(world, false);
    world->lead = world->offered = world->waiting_by = 0;
    world->closed = world->standing = false;
    world->waiting = world->outcome = TOCSIN__V1__OUTCOME__OUTCOME_UNSPECIFIED;
}

/* ---- the rules, once more ------------------------------------------------ */

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
    default:
        ck_abort_msg("no such step here");
        return false;
    }
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
};

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
    };
    Tocsin__V1__CaseOrder *order = &drawn->order;

    tocsin__v1__case_order__init(order);
    tocsin__v1__offer_lead__init(&drawn->offer);
    tocsin__v1__solve__init(&drawn->solve);
    tocsin__v1__confirm_outcome__init(&drawn->confirm);
    drawn->offer.officer = world->people[roll(world, PEOPLE)]->id;
    drawn->solve.outcome = (Tocsin__V1__Outcome)(1 + roll(world, 7));
    drawn->confirm.outcome = (Tocsin__V1__Outcome)(6 + roll(world, 2));
    order->alert_id = (char *)(uintptr_t)ALERT;
    order->step_case = steps[roll(world, 8)];
    if (order->step_case == TOCSIN__V1__CASE_ORDER__STEP_OFFER_LEAD)
        order->offer_lead = &drawn->offer;
    else if (order->step_case == TOCSIN__V1__CASE_ORDER__STEP_SOLVE)
        order->solve = &drawn->solve;
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
    else
        give_order(world);
    check_file(world);
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
