/* What a gateway promises its handhelds and the centre, in any order of line,
 * disk and death. */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "van.h"

#define READ TOCSIN__V1__RUNG__RUNG_READ
#define NEGATIVE TOCSIN__V1__RUNG__RUNG_NEGATIVE
#define SIGHTING TOCSIN__V1__RUNG__RUNG_SIGHTING
#define RECORDED TOCSIN__V1__STATUS__STATUS_RECORDED

#define DAY_MS 86400000LL

static struct van *van;

static void setup(void)
{
    van = van_new();
}

static void teardown(void)
{
    van_free(van);
}

static void give_many(int who, uint8_t from, uint8_t to)
{
    for (uint8_t number = from; number <= to; number++)
        (void)van_give(van, who, number, READ);
    van_settle(van);
}

static size_t waiting(void)
{
    struct gateway_counts counts;

    gateway_count(van->gateway, &counts);
    return counts.waiting;
}

static const struct van_sent *last_sent(void)
{
    return &van->sent[van->sent_count - 1];
}

static bool holds_content(void)
{
    for (size_t i = 0; i < van->paper->durable->row_count; i++) {
        if (van->paper->durable->rows[i].content_size > 0)
            return true;
    }
    return false;
}

struct kept {
    size_t words;
    size_t pictures;
    size_t fates;
};

static struct kept kept(void)
{
    const struct paper_page *page = van->paper->durable;
    struct kept out = {0};

    for (size_t i = 0; i < page->row_count; i++) {
        const struct paper_row *row = &page->rows[i];

        out.words += row->used && row->content_size > 0;
        out.pictures += row->used && row->pictured;
        out.fates += row->used;
    }
    return out;
}

START_TEST(no_receipt_before_the_answer_is_durable)
{
    uint64_t exchange;

    van_connect(van);
    exchange = van_give(van, 0, 1, READ);
    ck_assert_int_eq(van->codes[exchange], 0);
    ck_assert_uint_eq(van->paper->durable->row_count, 0);
    van_settle(van);
    ck_assert_int_eq(van->codes[exchange], 202);
    ck_assert_uint_eq(van->paper->durable->row_count, 1);
}
END_TEST

START_TEST(on_a_full_disk_nothing_is_half_kept_and_all_are_told)
{
    uint64_t one;
    uint64_t two;

    van_connect(van);
    van->paper->full = true;
    one = van_give(van, 0, 1, READ);
    two = van_give(van, 1, 2, READ);
    van_settle(van);
    ck_assert_int_eq(van->codes[one], 507);
    ck_assert_int_eq(van->codes[two], 507);
    ck_assert_uint_eq(waiting(), 0);
    ck_assert_str_eq(van_answers(van, 0), "");
    ck_assert_int_eq(van->codes[van_ask(van, "GET", "/healthz", "")], 507);
    van->paper->full = false;
    one = van_give(van, 0, 1, READ);
    van_settle(van);
    ck_assert_int_eq(van->codes[one], 202);
    ck_assert_str_eq(van_answers(van, 0), "H0:1 ");
    ck_assert_int_eq(van->codes[van_ask(van, "GET", "/healthz", "")], 200);
}
END_TEST

START_TEST(a_fate_that_finds_the_disk_full_is_kept_when_there_is_room)
{
    size_t at;

    van_connect(van);
    give_many(0, 1, 2);
    at = van->sent_count - 1;
    van->paper->full = true;
    van_reply(van, at, RECORDED);
    ck_assert_uint_eq(waiting(), 2);
    ck_assert_str_eq(van_answers(van, 0), "H0:1 ");
    van->paper->full = false;
    van_pass(van, 2000);
    ck_assert_uint_eq(waiting(), 1);
    ck_assert_str_eq(van_answers(van, 0), "H0:1 H0:2 ");
}
END_TEST

START_TEST(a_broken_disk_ends_the_gateway_and_nobody_is_told_a_lie)
{
    struct diag why = {0};
    uint64_t exchange;

    van_connect(van);
    exchange = van_give(van, 0, 1, READ);
    van->paper->broken = true;
    ck_assert(gateway_settle(van->gateway, van->now, &why) == STATUS_DISK);
    ck_assert_int_eq(van->codes[exchange], 0);
}
END_TEST

START_TEST(of_one_handheld_the_second_waits_for_the_first)
{
    size_t from;

    van_connect(van);
    from = van->sent_count;
    give_many(0, 1, 3);
    ck_assert_str_eq(van_answers(van, from), "H0:1 ");
    van_reply(van, from, TOCSIN__V1__STATUS__STATUS_BUSY);
    van_pass(van, 50);
    ck_assert_str_eq(van_answers(van, from), "H0:1 ");
    van_pass(van, 100); /* the same again, and no other before it */
    ck_assert_str_eq(van_answers(van, from), "H0:1 H0:1 ");
    ck_assert_mem_eq(van->sent[from].request_id, van->sent[from + 1].request_id,
                     16);
    van_reply(van, from, RECORDED);
    ck_assert_str_eq(van_answers(van, from), "H0:1 H0:1 H0:2 ");
}
END_TEST

#define WINDOW 128      /* answers under way */
#define PUT_OFF_MS 5000 /* what a restored broker says */

/* After a restore it says so for ten minutes, and of as many handhelds as may
 * have an answer under way. */
START_TEST(whom_the_broker_puts_off_keeps_no_other_handheld_waiting)
{
    const struct van_piece piece = {
        .who = WINDOW, .number = 1, .size = VAN_PICTURE};
    size_t from;

    van->handhelds = WINDOW + 1;
    van->retry_ms = PUT_OFF_MS;
    van_connect(van);
    van->picture_known = van->picture_cached = true;
    from = van->sent_count;
    for (int who = 0; who < WINDOW; who++)
        (void)van_give(van, who, 1, READ);
    van_settle(van);
    ck_assert_uint_eq(van->sent_count, from + WINDOW);
    for (size_t at = from; at < from + WINDOW; at++)
        van_reply(van, at, TOCSIN__V1__STATUS__STATUS_BUSY);
    from = van->sent_count;
    (void)van_give_pictured(van, WINDOW, 1);
    (void)van_look(van, WINDOW);
    van_settle(van);
    ck_assert_str_eq(van_answers(van, from), "H128:1 ");
    ck_assert_int_eq(last_sent()->kind, TOCSIN__V1__REQUEST__BODY_NOTE_LOOK);
    van_reply(van, from, RECORDED);
    van_reply(van, from + 1, RECORDED);
    (void)van_put(van, &piece);
    van_settle(van);
    ck_assert_str_eq(van_answers(van, from), "H128:1 @0 ");
    van_receipt(van, van->sent_count - 1, VAN_PICTURE);
    from = van->sent_count;
    van_pass(van, PUT_OFF_MS);
    ck_assert_uint_eq(van->sent_count, from + WINDOW);
    for (size_t at = from; at < from + WINDOW; at++)
        van_reply(van, at, RECORDED);
    ck_assert_uint_eq(waiting(), 0);
}
END_TEST

START_TEST(nobody_waits_for_anothers_hundredth_and_sightings_go_first)
{
    size_t from;

    van_connect(van);
    van_lose(van);
    from = van->sent_count;
    give_many(0, 1, 5);
    give_many(1, 11, 12);
    (void)van_give(van, 2, 21, NEGATIVE);
    (void)van_give(van, 3, 31, SIGHTING);
    van_settle(van);
    van_connect(van);
    ck_assert_ptr_nonnull(
        strstr(van_answers(van, from), "H3:31 H0:1 H1:11 H2:21 "));
}
END_TEST

START_TEST(an_urgent_answer_does_not_overtake_its_own_handhelds_earlier_one)
{
    size_t from;

    van_connect(van);
    van_lose(van);
    from = van->sent_count;
    (void)van_give(van, 1, 11, NEGATIVE);
    (void)van_give(van, 0, 1, NEGATIVE);
    (void)van_give(van, 0, 2, SIGHTING);
    van_settle(van);
    van_connect(van);
    ck_assert_ptr_nonnull(strstr(van_answers(van, from), "H0:1 H1:11 "));
}
END_TEST

START_TEST(what_was_on_its_way_when_the_line_broke_goes_again)
{
    size_t from;

    van_connect(van);
    from = van->sent_count;
    give_many(0, 1, 1);
    van_lose(van);
    van_connect(van);
    ck_assert_str_eq(van_answers(van, from), "H0:1 H0:1 ");
    van_reply(van, from, TOCSIN__V1__STATUS__STATUS_DUPLICATE);
    ck_assert_uint_eq(waiting(), 0);
}
END_TEST

START_TEST(a_killed_gateway_goes_on_with_what_was_durable)
{
    size_t from;
    uint64_t lost;

    van_connect(van);
    van_lose(van);
    give_many(0, 1, 3);
    lost = van_give(van, 0, 4, READ);
    van_crash(van);
    ck_assert_int_eq(van->codes[lost], 0);
    ck_assert_uint_eq(waiting(), 3);
    from = van->sent_count;
    van_connect(van);
    for (size_t at = from; at < van->sent_count; at++) {
        if (van->sent[at].kind == TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE)
            van_reply(van, at, RECORDED);
    }
    ck_assert_str_eq(van_answers(van, from), "H0:1 H0:2 H0:3 ");
    ck_assert_uint_eq(waiting(), 0);
}
END_TEST

START_TEST(a_death_before_the_fate_was_durable_sends_once_more)
{
    size_t from;

    van_connect(van);
    give_many(0, 1, 1);
    van_crash(van); /* the broker has recorded it, nobody here knows */
    from = van->sent_count;
    van_pass(van, 10);
    ck_assert_uint_eq(waiting(), 1);
    van_connect(van);
    ck_assert_ptr_nonnull(strstr(van_answers(van, from - 1), "H0:1 "));
}
END_TEST

START_TEST(the_same_answer_is_one_and_another_under_its_id_is_refused)
{
    uint64_t first;
    uint64_t second;
    uint64_t third;

    van_connect(van);
    first = van_give(van, 0, 1, READ);
    second = van_give(van, 0, 1, READ);
    third = van_give(van, 0, 1, SIGHTING);
    van_settle(van);
    ck_assert_int_eq(van->codes[first], 202);
    ck_assert_int_eq(van->codes[second], 202);
    ck_assert_int_eq(van->codes[third], 409);
    ck_assert_uint_eq(waiting(), 1);
}
END_TEST

START_TEST(a_strangers_or_a_forgers_word_is_not_taken)
{
    uint64_t exchange = van_give(van, 0, 1, READ);

    ck_assert_int_eq(van->codes[exchange], 503); /* not known, line down */
    van_connect(van);
    exchange = van_forge(van, 0, 1);
    ck_assert_int_eq(van->codes[exchange], 403);
    van_settle(van);
    ck_assert_uint_eq(waiting(), 0);
}
END_TEST

START_TEST(a_revoked_handheld_is_refused_and_what_waits_of_it_is_marked)
{
    size_t from;
    uint64_t exchange;

    van_connect(van);
    van_lose(van);
    give_many(0, 1, 2);
    give_many(1, 11, 11);
    van->revoked[0] = true;
    van->generation = 2; /* a beacon names it */
    from = van->sent_count;
    van->blocked = true;
    van->up = true;
    van->connects++;
    van_settle(van);
    van->blocked = false;
    van_pass(van, 100);
    van_roster(van);
    exchange = van_give(van, 0, 3, SIGHTING);
    van_settle(van);
    ck_assert_int_eq(van->codes[exchange], 403);
    ck_assert_int_eq(van->paper->durable->rows[1].fate.state,
                     TOCSIN__V1__FATE_STATE__FATE_STATE_REVOKED);
    ck_assert_ptr_nonnull(strstr(van_answers(van, from), "H1:11 "));
    ck_assert_ptr_null(strstr(van_answers(van, from), "H0:2 "));
    van_crash(van);
    exchange = van_give(van, 0, 4, SIGHTING);
    ck_assert_int_eq(van->codes[exchange], 403);
}
END_TEST

/* A broker that was restored from before its enrolment names no reason to doubt
 * it: it is enrolled once more, and what it said is still to be heard. */
START_TEST(what_waits_of_a_handheld_that_a_restore_lost_goes_on_in_the_end)
{
    size_t from;

    van_connect(van);
    van_lose(van);
    (void)van_give(van, 0, 1, SIGHTING);
    (void)van_give(van, 0, 2, SIGHTING);
    van_settle(van);
    van->lost[0] = true;
    van->generation = 2;
    van->blocked = true; /* the question comes before the answer */
    van->up = true;
    van->connects++;
    van_settle(van);
    van->blocked = false;
    van_pass(van, 100);
    from = van->sent_count;
    van_roster(van);
    van->lost[0] = false;
    van->generation = 3;
    van_settle(van);
    van_roster(van);
    van_pass(van, 5000);
    ck_assert_str_eq(van_answers(van, from), "H0:1 ");
    van_reply(van, van->sent_count - 1, RECORDED);
    ck_assert_str_eq(van_answers(van, from), "H0:1 H0:2 ");
}
END_TEST

/* The broker that is restored names it no more; the gateway asks and hears so.
 */
static void restore_without(int who)
{
    van->lost[who] = true;
    van->generation++;
    van_connect(van);
}

/* It is enrolled again, and a beacon says that there is news. */
static void enrol_again(int who)
{
    van->lost[who] = false;
    van->generation++;
    van_settle(van);
    van_roster(van);
}

/* _i: in between the gateway is killed. */
START_TEST(what_a_restored_broker_refuses_of_a_handheld_it_lost_goes_on_too)
{
    size_t from;

    van_connect(van);
    give_many(0, 1, 2);
    van->lost[0] = true;
    van_refuse(van, van->sent_count - 1, TOCSIN__V1__STATUS__STATUS_DENIED,
               "answer.node");
    from = van->sent_count;
    van_roster(van);
    van_pass(van, 60000);
    ck_assert_str_eq(van_answers(van, from), "");
    if (_i == 1)
        van_crash(van);
    from = van->sent_count;
    enrol_again(0);
    ck_assert_str_eq(van_answers(van, from), "H0:1 ");
    van_reply(van, van->sent_count - 1, RECORDED);
    van_reply(van, van->sent_count - 1, RECORDED);
    ck_assert_str_eq(van_answers(van, from), "H0:1 H0:2 ");
    ck_assert_uint_eq(waiting(), 0);
}
END_TEST

/* The first one has named it again, and its answer was on the way to it. _i:
 * the second refuses that before it says whom it knows. */
START_TEST(what_is_refused_by_a_second_restored_broker_is_not_given_up)
{
    size_t answer;
    size_t from;

    van_connect(van);
    give_many(0, 1, 2);
    van_refuse(van, van->sent_count - 1, TOCSIN__V1__STATUS__STATUS_DENIED,
               "answer.node");
    from = van->sent_count;
    van_roster(van);
    ck_assert_str_eq(van_answers(van, from), "H0:1 ");
    answer = from;
    while (van->sent[answer].device[0] == '\0')
        answer++;
    van_lose(van);
    van->lost[0] = true;
    van->up = true;
    van->connects++;
    van_settle(van);
    if (_i == 0)
        van_roster(van);
    van_refuse(van, answer, TOCSIN__V1__STATUS__STATUS_DENIED, "answer.node");
    van_roster(van);
    ck_assert_uint_eq(waiting(), 0);
    from = van->sent_count;
    enrol_again(0);
    ck_assert_str_eq(van_answers(van, from), "H0:1 ");
}
END_TEST

/* No generation is raised, no line breaks, and it does not come itself. */
START_TEST(what_waits_of_a_lost_handheld_hears_that_it_was_enrolled_elsewhere)
{
    size_t from;

    van_connect(van);
    van_lose(van);
    give_many(0, 1, 2);
    restore_without(0);
    van_settle(van);
    from = van->sent_count;
    van->lost[0] = false;
    van_pass(van, 120000);
    van_roster(van);
    van_pass(van, 1000);
    ck_assert_str_eq(van_answers(van, from), "H0:1 ");
    van_reply(van, van->sent_count - 1, RECORDED);
    ck_assert_str_eq(van_answers(van, from), "H0:1 H0:2 ");
}
END_TEST

START_TEST(a_handheld_that_a_restore_lost_is_told_nothing_until_it_is_back)
{
    uint64_t stream;
    uint64_t exchange;

    van_connect(van);
    stream = van_listen(van, 0);
    restore_without(0);
    ck_assert(van->ended[stream]);
    exchange = van_give(van, 0, 1, READ);
    ck_assert_int_eq(van->codes[exchange], 503); /* it keeps it, and asks */
    van->lost[0] = false;
    van_settle(van);
    van_roster(van); /* for it has come */
    exchange = van_give(van, 0, 1, READ);
    van_settle(van);
    ck_assert_int_eq(van->codes[exchange], 202);
    ck_assert_int_eq(van->codes[van_listen(van, 0)], 200);
}
END_TEST

/* _i: or nobody has enrolled it for a month. */
START_TEST(a_lost_handheld_that_is_revoked_is_shut_out_for_good)
{
    size_t from;

    van_connect(van);
    van_lose(van);
    give_many(0, 1, 2);
    restore_without(0);
    from = van->sent_count;
    van->revoked[0] = _i == 0;
    if (_i == 0)
        enrol_again(0);
    else
        van_pass(van, 31LL * 24 * 3600 * 1000);
    ck_assert_int_eq(van->codes[van_give(van, 0, 3, READ)], 403);
    van_pass(van, 60000);
    ck_assert_str_eq(van_answers(van, from), "");
    ck_assert_int_eq(van->paper->durable->rows[1].fate.state,
                     TOCSIN__V1__FATE_STATE__FATE_STATE_REVOKED);
}
END_TEST

START_TEST(of_a_sealed_case_nothing_waits_for_a_handheld_that_is_lost)
{
    van_connect(van);
    give_many(0, 1, 2);
    van_refuse(van, van->sent_count - 1, TOCSIN__V1__STATUS__STATUS_DENIED,
               "answer.node");
    restore_without(0);
    ck_assert(holds_content());
    ck_assert(!gateway_purged(van->gateway, VAN_ALERT));
    van_pass(van, 5000);
    ck_assert(gateway_purged(van->gateway, VAN_ALERT));
    ck_assert(!holds_content());
}
END_TEST

/* Nobody asks in a circle. */
START_TEST(whom_a_broker_names_and_refuses_all_the_same_is_refused)
{
    size_t from;

    van_connect(van);
    from = van->sent_count;
    give_many(0, 1, 1);
    for (int i = 0; i < 2; i++) {
        van_refuse(van, van->sent_count - 1, TOCSIN__V1__STATUS__STATUS_DENIED,
                   "answer.node");
        van_roster(van);
        van_pass(van, 1000);
    }
    ck_assert_str_eq(van_answers(van, from), "H0:1 H0:1 ");
    ck_assert_int_eq(van->paper->durable->rows[0].fate.state,
                     TOCSIN__V1__FATE_STATE__FATE_STATE_REFUSED);
}
END_TEST

START_TEST(another_journal_is_told_again_in_order)
{
    size_t from;

    van_connect(van);
    give_many(0, 1, 1);
    van_reply(van, van->sent_count - 1, RECORDED);
    give_many(0, 2, 2);
    van_reply(van, van->sent_count - 1, RECORDED);
    ck_assert_uint_eq(waiting(), 0);
    from = van->sent_count;
    gateway_say_again(van->gateway, van->now);
    van_settle(van);
    ck_assert_str_eq(van_answers(van, from), "H0:1 ");
    van_reply(van, from, RECORDED);
    ck_assert_str_eq(van_answers(van, from), "H0:1 H0:2 ");
}
END_TEST

/* It may never have come here: its officer has come from elsewhere. */
START_TEST(another_journal_is_told_again_until_the_alert_is_over)
{
    size_t from;

    van_connect(van);
    give_many(0, 1, 1);
    van_reply(van, van->sent_count - 1,
              _i == 0 ? RECORDED : TOCSIN__V1__STATUS__STATUS_NOT_FOUND);
    for (int over = 0; over < 2; over++) {
        van->alert_over = over != 0;
        van_pass(van, 61000);
        from = van->sent_count;
        gateway_say_again(van->gateway, van->now);
        van_settle(van);
        ck_assert_str_eq(van_answers(van, from), over ? "" : "H0:1 ");
        van_reply(van, from, RECORDED);
    }
}
END_TEST

/* Who its handhelds are came while there was no room, and was not tried again.
 */
START_TEST(an_answer_that_finds_room_takes_its_handheld_along)
{
    van->paper->full = true;
    van_connect(van);
    van->paper->full = false;
    give_many(0, 1, 1);
    ck_assert_uint_eq(waiting(), 1);
    van_crash(van);
    ck_assert_uint_eq(waiting(), 1);
}
END_TEST

START_TEST(a_refusal_is_kept_until_its_handheld_knows)
{
    struct fate fate;
    struct gateway_spool spool;
    const uint8_t id[16] = {[15] = 1};

    van_connect(van);
    give_many(0, 1, 1);
    van_reply(van, van->sent_count - 1, TOCSIN__V1__STATUS__STATUS_NOT_FOUND);
    van_pass(van, 30LL * 24 * 3600 * 1000);
    paper_spool_port(van->paper, &spool);
    ck_assert(spool.find(spool.arg, "H0", id, &fate));
    ck_assert_int_eq(fate.state, TOCSIN__V1__FATE_STATE__FATE_STATE_REFUSED);
    ck_assert_uint_eq(waiting(), 0);
}
END_TEST

START_TEST(what_is_recorded_goes_after_a_week_and_not_by_our_clock_alone)
{
    const int64_t day = 24LL * 3600 * 1000;
    const int64_t years = 12LL * 365 * day;

    van_connect(van);
    give_many(0, 1, 1);
    van_reply(van, van->sent_count - 1, RECORDED);
    van_pass(van, 6 * day);
    van_lose(van);
    van->now.wall_ms += years; /* nobody is there to say that this is wrong */
    van_pass(van, 61000);
    van->now.wall_ms -= years;
    van_connect(van);
    van_pass(van, day / 2);
    ck_assert(van->paper->staged->rows[0].used);
    van_pass(van, day / 2 + 60000);
    ck_assert(!van->paper->staged->rows[0].used);
}
END_TEST

START_TEST(a_sealed_case_is_purged_when_nothing_of_it_is_left_or_waits)
{
    van_connect(van);
    give_many(0, 1, 1);
    ck_assert(!gateway_purged(van->gateway, VAN_ALERT));
    van_pass(van, 5000);
    ck_assert(!gateway_purged(van->gateway, VAN_ALERT));
    van_reply(van, van->sent_count - 1, TOCSIN__V1__STATUS__STATUS_CONFLICT);
    van->paper->full = true;
    van_pass(van, 2000);
    ck_assert(!gateway_purged(van->gateway, VAN_ALERT));
    ck_assert(holds_content());
    van->paper->full = false;
    van->paper->read_by_another = true;
    van_pass(van, 60000);
    van_pass(van, 2000);
    ck_assert(!holds_content());
    ck_assert(!gateway_purged(van->gateway, VAN_ALERT)); /* nor in its log? */
    van->paper->read_by_another = false;
    van_pass(van, 2000);
    ck_assert_uint_eq(van->paper->scrubs, 1);
    ck_assert(gateway_purged(van->gateway, VAN_ALERT));
    /* asked once more: it is looked for once more */
    ck_assert(!gateway_purged(van->gateway, VAN_ALERT));
    van_settle(van);
    ck_assert(gateway_purged(van->gateway, VAN_ALERT));
}
END_TEST

static void give_about(const char *alert_id, uint8_t number)
{
    van->about = alert_id;
    give_many(0, number, number);
    van->about = NULL;
}

#define LOST_ALERT "01ARZ3NDEKTSV4RRFFQ69G5F0A"

/* The first of its handheld's words is of an alert that a restored broker
 * lacks: it says for ten minutes that somebody may hand it back yet. */
START_TEST(of_a_sealed_case_nothing_waits_behind_what_the_centre_puts_off)
{
    size_t from;

    van->retry_ms = PUT_OFF_MS;
    van_connect(van);
    from = van->sent_count;
    give_about(LOST_ALERT, 1);
    give_about(VAN_ALERT, 2);
    give_about(LOST_ALERT, 3);
    give_about(VAN_ALERT, 4);
    van_reply(van, from, TOCSIN__V1__STATUS__STATUS_BUSY);
    ck_assert(!gateway_purged(van->gateway, VAN_ALERT));
    van_settle(van);
    ck_assert_str_eq(van_answers(van, from), "H0:1 H0:2 ");
    van_reply(van, from + 1, TOCSIN__V1__STATUS__STATUS_CONFLICT);
    ck_assert_str_eq(van_answers(van, from), "H0:1 H0:2 H0:4 ");
    give_about(VAN_ALERT, 5);
    van_reply(van, from + 2, TOCSIN__V1__STATUS__STATUS_CONFLICT);
    van_reply(van, from + 3, TOCSIN__V1__STATUS__STATUS_BUSY);
    van_pass(van, 2000);
    ck_assert_ptr_nonnull(strstr(van_answers(van, from), "H0:5"));
    van_reply(van, van->sent_count - 1, RECORDED);
    van_pass(van, 2000);
    ck_assert(gateway_purged(van->gateway, VAN_ALERT));
    for (int i = 0; i < 2; i++)
        van_reply(van, van->sent_count - 1, RECORDED);
    ck_assert_ptr_nonnull(strstr(van_answers(van, from), "H0:1 H0:3 "));
    ck_assert_uint_eq(waiting(), 0);
}
END_TEST

/* Its reply may be on the way: it comes first. _i: it is put off, or not. */
/* What it had put ahead for that may wait now for what is lost as well. */
START_TEST(what_only_a_lost_journal_has_sealed_is_not_put_ahead)
{
    size_t from;

    van->retry_ms = PUT_OFF_MS;
    van_connect(van);
    from = van->sent_count;
    give_about(LOST_ALERT, 1);
    give_about(VAN_ALERT, 2);
    van_reply(van, from, TOCSIN__V1__STATUS__STATUS_BUSY);
    ck_assert(!gateway_purged(van->gateway, VAN_ALERT));
    van_settle(van);
    ck_assert_str_eq(van_answers(van, from), "H0:1 H0:2 ");
    from = van->sent_count;
    gateway_say_again(van->gateway, van->now);
    van_pass(van, 2000);
    ck_assert_str_eq(van_answers(van, from), "H0:1 ");
    van_reply(van, from, RECORDED);
    ck_assert_str_eq(van_answers(van, from), "H0:1 H0:2 ");
}
END_TEST

START_TEST(what_is_under_way_is_not_passed_by_a_sealed_case)
{
    size_t from;

    van->retry_ms = PUT_OFF_MS;
    van_connect(van);
    from = van->sent_count;
    give_about(LOST_ALERT, 1);
    give_about(VAN_ALERT, 2);
    ck_assert(!gateway_purged(van->gateway, VAN_ALERT));
    van_settle(van);
    ck_assert_str_eq(van_answers(van, from), "H0:1 ");
    van_reply(van, from, _i == 0 ? TOCSIN__V1__STATUS__STATUS_BUSY : RECORDED);
    van_pass(van, 2000);
    ck_assert_ptr_nonnull(strstr(van_answers(van, from), "H0:2 "));
    ck_assert_uint_eq(waiting(), _i == 0 ? 2 : 1);
}
END_TEST

START_TEST(
    nobody_says_of_a_photograph_that_is_still_in_the_cache_that_it_is_gone)
{
    van_connect(van);
    van->picture_stuck = true;
    ck_assert(!gateway_purged(van->gateway, VAN_ALERT));
    van_settle(van);
    van_pass(van, 2000);
    ck_assert(!gateway_purged(van->gateway, VAN_ALERT));
    van->picture_stuck = false;
    van_pass(van, 2000);
    ck_assert(gateway_purged(van->gateway, VAN_ALERT));
}
END_TEST

START_TEST(a_photograph_that_is_fetched_when_its_alert_ends_is_not_kept)
{
    uint64_t exchange;
    size_t piece;

    van_connect(van);
    van->picture_known = true;
    exchange = van_look(van, 0);
    van_settle(van);
    piece = van->sent_count - 1;
    gateway_alert_changed(
        van->gateway, TOCSIN__V1__CHANGE_KIND__CHANGE_KIND_ENDED, VAN_ALERT);
    ck_assert_int_eq(van->codes[exchange], 404);
    van_show(van, piece);
    van_settle(van);
    ck_assert_uint_eq(van->pictures_kept, 0);
    ck_assert_uint_eq(van->paper->durable->look_count, 0);
}
END_TEST

START_TEST(many_sealed_cases_are_searched_for_at_once)
{
    char other[] = "01ARZ3NDEKTSV4RRFFQ69G5F0A";

    van_connect(van);
    give_many(0, 1, 1);
    for (char last = 'A'; last <= 'H'; last++) {
        other[sizeof other - 2] = last;
        ck_assert(!gateway_purged(van->gateway, other));
    }
    ck_assert(!gateway_purged(van->gateway, VAN_ALERT));
    van->paper->searches = 0;
    van_settle(van);
    ck_assert_uint_eq(van->paper->searches, 1);
    ck_assert(gateway_purged(van->gateway, other));
    ck_assert(!gateway_purged(van->gateway, VAN_ALERT));
}
END_TEST

START_TEST(one_handheld_cannot_fill_the_spool)
{
    int full = 0;

    van_connect(van);
    van_lose(van);
    for (uint8_t number = 1; number <= 60; number++) {
        uint64_t exchange;

        van_pass(van, 1000);
        exchange = van_give(van, 0, number, READ);
        van_settle(van);
        full += van->codes[exchange] == 429;
    }
    ck_assert_int_eq(full, 10);
    ck_assert_uint_eq(waiting(), 50);
}
END_TEST

/* Of alerts that nobody has heard of, say: each is refused at once, and so
 * never one of those that wait. */
START_TEST(what_was_refused_of_one_handheld_cannot_fill_the_disk)
{
    size_t most =
        2 * VAN_MAY_WAIT; /* even of an outage's all is kept, and more */

    van_connect(van);
    for (uint8_t number = 1; number <= 200; number++) {
        van_pass(van, 1000);
        (void)van_give(van, 0, number, READ);
        van_settle(van);
        van_reply(van, van->sent_count - 1,
                  TOCSIN__V1__STATUS__STATUS_NOT_FOUND);
        ck_assert_uint_le(kept().words, most + VAN_MAY_WAIT / 4);
        ck_assert_uint_ge(kept().words, number < most ? number : most);
        ck_assert_uint_le(kept().fates, VAN_FATES + VAN_FATES / 4);
    }
    van_pass(van, 60000);
    ck_assert_uint_eq(kept().words, most);
    ck_assert_uint_eq(kept().fates, VAN_FATES);
    ck_assert(!van->paper->durable->rows[0].used); /* the oldest is gone */
    ck_assert_uint_gt(van->paper->durable->rows[199].content_size, 0);
}
END_TEST

/* And what another has given, or it has said that it knows, counts for nothing.
 */
START_TEST(what_is_kept_of_one_handheld_is_cut_for_itself_and_through_death)
{
    van_connect(van);
    (void)van_give(van, 1, 1, READ);
    van_settle(van);
    van_reply(van, van->sent_count - 1, TOCSIN__V1__STATUS__STATUS_NOT_FOUND);
    for (uint8_t number = 1; number <= 120; number++) {
        van_pass(van, 1000);
        (void)van_give(van, 0, number, READ);
        van_settle(van);
        van_reply(van, van->sent_count - 1,
                  TOCSIN__V1__STATUS__STATUS_NOT_FOUND);
        if (number % 10 == 0)
            van_crash(van); /* and has counted nothing */
    }
    van_pass(van, 61000);
    ck_assert_uint_eq(kept().words, 2 * VAN_MAY_WAIT + 1);
    ck_assert_uint_gt(van->paper->durable->rows[0].content_size, 0);
}
END_TEST

/* ---- photographs ---- */

static void give_pictured(int who, uint8_t number)
{
    uint64_t exchange = van_give_pictured(van, who, number);

    van_settle(van);
    ck_assert_int_eq(van->codes[exchange], 202);
    ck_assert_ptr_nonnull(
        strstr(van->bodies[exchange], "PICTURE_STATE_EXPECTED"));
}

static int put_whole(int who, uint8_t number)
{
    const struct van_piece piece = {
        .who = who, .number = number, .size = VAN_PICTURE};
    uint64_t exchange = van_put(van, &piece);

    van_settle(van);
    return van->codes[exchange];
}

static size_t pictures(void)
{
    struct gateway_counts counts;

    gateway_count(van->gateway, &counts);
    return counts.pictures;
}

/* The number of the last answer that was sent, recorded. */
static void record_last(void)
{
    van_reply(van, van->sent_count - 1, RECORDED);
}

START_TEST(a_picture_is_durable_before_its_receipt_and_follows_its_answer)
{
    const struct van_piece piece = {.number = 1, .size = VAN_PICTURE};
    uint64_t exchange;
    size_t from;

    van_connect(van);
    from = van->sent_count;
    give_pictured(0, 1);
    exchange = van_put(van, &piece);
    ck_assert_int_eq(van->codes[exchange], 0);
    van_settle(van);
    ck_assert_int_eq(van->codes[exchange], 202);
    ck_assert_str_eq(van_answers(van, from), "H0:1 ");
    record_last();
    ck_assert_str_eq(van_answers(van, from), "H0:1 @0 ");
    van_receipt(van, van->sent_count - 1, 32);
    ck_assert_str_eq(van_answers(van, from), "H0:1 @0 @32 ");
    van_receipt(van, van->sent_count - 1, VAN_PICTURE);
    ck_assert_str_eq(van_answers(van, from), "H0:1 @0 @32 ");
    ck_assert_uint_eq(pictures(), 0);
    ck_assert(!van->paper->durable->rows[0].pictured);
    ck_assert_int_eq(put_whole(0, 1), 200); /* it is there */
}
END_TEST

/* The piece that is under way then is refused for an answer that goes again. */
START_TEST(a_picture_under_way_to_another_journal_waits_for_its_answer_again)
{
    size_t from;
    size_t piece;

    van_connect(van);
    give_pictured(0, 1);
    ck_assert_int_eq(put_whole(0, 1), 202);
    record_last();
    piece = van->sent_count - 1;
    gateway_say_again(van->gateway, van->now);
    van_settle(van);
    van_reply(van, piece, TOCSIN__V1__STATUS__STATUS_NOT_FOUND);
    ck_assert_uint_eq(pictures(), 1);
    from = van->sent_count;
    record_last();
    ck_assert_str_eq(van_answers(van, from), "@0 ");
    van_receipt(van, van->sent_count - 1, VAN_PICTURE);
    ck_assert_uint_eq(pictures(), 0);
}
END_TEST

START_TEST(a_picture_comes_in_pieces_and_what_breaks_off_leaves_nothing)
{
    struct van_piece piece = {.number = 1, .size = 40};
    uint64_t exchange;

    van_connect(van);
    give_pictured(0, 1);
    exchange = van_put(van, &piece);
    van_settle(van);
    ck_assert_int_eq(van->codes[exchange], 200);
    ck_assert_ptr_nonnull(strstr(van->bodies[exchange], "\"pictureHave\":40"));
    piece.offset = 40;
    piece.size = VAN_PICTURE - 40;
    van_pass(van, 4 * 60 * 1000);
    exchange = van_put(van, &piece); /* too late: from the beginning */
    van_settle(van);
    ck_assert_int_eq(van->codes[exchange], 200);
    ck_assert_ptr_null(strstr(van->bodies[exchange], "pictureHave"));
    ck_assert_uint_eq(pictures(), 0);
    piece.size = VAN_PICTURE;
    exchange = van_put(van, &piece);
    ck_assert_int_eq(van->codes[exchange], 413);
    ck_assert_int_eq(put_whole(0, 1), 202);
}
END_TEST

START_TEST(only_the_picture_that_an_answer_names_is_taken_and_from_its_handheld)
{
    const struct van_piece damaged = {
        .number = 1, .size = VAN_PICTURE, .damaged = true};

    van_connect(van);
    give_pictured(0, 1);
    (void)van_give(van, 0, 2, SIGHTING);
    van_settle(van);
    ck_assert_int_eq(van->codes[van_put(van, &damaged)], 400);
    ck_assert_int_eq(put_whole(1, 1), 404);
    ck_assert_int_eq(put_whole(0, 2), 400);
    ck_assert_int_eq(put_whole(0, 3), 404);
    ck_assert_uint_eq(pictures(), 0);
}
END_TEST

START_TEST(an_answer_waits_for_no_piece_of_a_picture)
{
    size_t from;

    van_connect(van);
    give_pictured(0, 1);
    record_last();
    van_lose(van);
    ck_assert_int_eq(put_whole(0, 1), 202);
    give_many(1, 11, 13);
    from = van->sent_count + 1; /* a question about handhelds comes first */
    van_connect(van);
    ck_assert_str_eq(van_answers(van, from - 1), "H1:11 @0 ");
    van_reply(van, from, RECORDED); /* and the piece is not answered */
    ck_assert_str_eq(van_answers(van, from), "H1:11 @0 H1:12 ");
    van_receipt(van, from + 1, 32);
    (void)van_give(van, 2, 21, READ);
    van_settle(van);
    ck_assert_str_eq(van_answers(van, from), "H1:11 @0 H1:12 @32 H2:21 ");
}
END_TEST

START_TEST(past_the_mark_pictures_wait_first)
{
    size_t from;

    van_connect(van);
    give_pictured(0, 1);
    record_last();
    van_lose(van);
    ck_assert_int_eq(put_whole(0, 1), 202);
    give_many(1, 11, 14); /* the mark is three */
    give_pictured(2, 21);
    ck_assert_int_eq(put_whole(2, 21), 503);
    from = van->sent_count;
    van_connect(van);
    while (waiting() > 3) {
        ck_assert_ptr_null(strchr(van_answers(van, from), '@'));
        for (size_t at = from; at < van->sent_count; at++)
            van_reply(van, at, RECORDED);
    }
    van_pass(van, 1000);
    ck_assert_ptr_nonnull(strchr(van_answers(van, from), '@'));
}
END_TEST

START_TEST(a_kill_loses_no_picture_and_a_full_disk_keeps_none)
{
    size_t from;

    van_connect(van);
    give_pictured(0, 1);
    record_last();
    van->paper->full = true;
    ck_assert_int_eq(put_whole(0, 1), 507);
    van->paper->full = false;
    ck_assert_uint_eq(pictures(), 0);
    van_lose(van);
    ck_assert_int_eq(put_whole(0, 1), 202);
    van_crash(van);
    ck_assert_uint_eq(pictures(), 1);
    from = van->sent_count;
    van_connect(van);
    van_pass(van, 100);
    ck_assert_ptr_nonnull(strstr(van_answers(van, from), "@0 "));
}
END_TEST

START_TEST(a_picture_of_a_sealed_case_goes_nowhere_any_more)
{
    van_connect(van);
    give_pictured(0, 1);
    record_last();
    van_lose(van);
    ck_assert_int_eq(put_whole(0, 1), 202);
    ck_assert(!gateway_purged(van->gateway, VAN_ALERT));
    van_pass(van, 1100);
    ck_assert(gateway_purged(van->gateway, VAN_ALERT));
    ck_assert_uint_eq(pictures(), 0);
    ck_assert(!van->paper->durable->rows[0].pictured);
    ck_assert_int_eq(put_whole(0, 1), 409);
}
END_TEST

/* ---- who is not known here ---- */

/* Its picture came while it waited. */
START_TEST(pictures_of_what_was_refused_cannot_fill_the_disk)
{
    van_connect(van);
    van_lose(van);
    for (uint8_t number = 1; number <= 40; number++) {
        van_pass(van, 1000);
        give_pictured(0, number);
        ck_assert_int_eq(put_whole(0, number), 202);
        van_connect(van);
        van_reply(van, van->sent_count - 1,
                  TOCSIN__V1__STATUS__STATUS_NOT_FOUND);
        ck_assert_uint_eq(pictures(), 0); /* that wait */
        ck_assert_uint_le(kept().pictures, 2 * VAN_PICTURES + VAN_PICTURES / 4);
        ck_assert_uint_ge(kept().pictures, number < 2 * VAN_PICTURES
                                               ? number
                                               : 2 * VAN_PICTURES);
        van_lose(van);
    }
    van_connect(van);
    van_pass(van, 61000);
    ck_assert_uint_eq(kept().pictures, 2 * VAN_PICTURES);
}
END_TEST

START_TEST(without_a_line_a_stranger_answers_by_the_brokers_proof)
{
    size_t from;

    van_connect(van);
    van_lose(van);
    ck_assert_int_eq(van->codes[van_give_as(van, "GUEST", 1)], 503);
    ck_assert_int_eq(van->codes[van_introduce(van, "GUEST", true)], 403);
    ck_assert_int_eq(van->codes[van_introduce(van, "GUEST", false)], 204);
    ck_assert_int_eq(van->codes[van_introduce(van, "GUEST", false)], 204);
    (void)van_give_as(van, "GUEST", 1);
    van_settle(van);
    ck_assert_uint_eq(waiting(), 1);
    van_crash(van);
    ck_assert_uint_eq(waiting(), 1);
    ck_assert(van->paper->durable->devices[VAN_HANDHELDS].introduced);
    from = van->sent_count;
    van_connect(van);
    ck_assert_ptr_nonnull(strstr(van_answers(van, from), "GUEST:1 "));
}
END_TEST

START_TEST(an_introduction_changes_nothing_that_is_known)
{
    van_connect(van);
    van_lose(van);
    ck_assert_int_eq(van->codes[van_introduce(van, "H1", false)], 403);
    ck_assert_int_eq(van->codes[van_give_as(van, "H1", 1)], 403);
    van->revoked[2] = true;
    van->generation++;
    van_connect(van);
    van_lose(van);
    ck_assert_int_eq(van->codes[van_introduce(van, "H2", false)], 403);
}
END_TEST

START_TEST(an_old_proof_is_none)
{
    van_connect(van);
    van_lose(van);
    van_pass(van, 31LL * 24 * 3600 * 1000);
    ck_assert_int_eq(van->codes[van_introduce(van, "GUEST", false)], 403);
    ck_assert_int_eq(van->codes[van_give_as(van, "GUEST", 1)], 503);
}
END_TEST

/* A proof is the broker's own word: whom it does not know any more was enrolled
 * after the copy that it was restored from. _i: nobody enrols it for a month,
 * or it comes back with its key. */
START_TEST(whom_a_restore_lost_with_no_more_than_a_proof_here_waits_too)
{
    const uint8_t seed[KEY_SIZE] = {77};
    size_t from;

    keypair_from_seed(&van->keys[1], seed);
    van->elsewhere[1] = true;
    van->lost[1] = true;
    van_connect(van);
    van_lose(van);
    (void)van_introduce(van, "H1", false);
    (void)van_give_as(van, "H1", 1);
    (void)van_give_as(van, "H1", 2);
    van_settle(van);
    van_connect(van); /* the broker answers that there is no such handheld */
    van_roster(van);
    van_pass(van, 100);
    ck_assert_int_eq(van->codes[van_give_as(van, "H1", 3)], 503);
    from = van->sent_count;
    if (_i == 0) {
        van_pass(van, 31LL * 24 * 3600 * 1000);
        ck_assert_int_eq(van->codes[van_give_as(van, "H1", 3)], 403);
        ck_assert_int_eq((int)van->paper->durable->rows[1].fate.state,
                         TOCSIN__V1__FATE_STATE__FATE_STATE_REVOKED);
        ck_assert_str_eq(van_answers(van, from), "");
        return;
    }
    enrol_again(1);
    van_pass(van, 100);
    van_roster(van);
    van_pass(van, 5000);
    ck_assert_str_eq(van_answers(van, from), "H1:1 ");
    van_reply(van, van->sent_count - 1, RECORDED);
    van_reply(van, van->sent_count - 1, RECORDED);
    ck_assert_str_eq(van_answers(van, from), "H1:1 H1:2 ");
    ck_assert_uint_eq(waiting(), 0);
}
END_TEST

/* ---- found children ---- */

START_TEST(a_registration_is_durable_before_its_receipt_and_goes_once)
{
    uint64_t exchange;
    size_t from;

    van_connect(van);
    van_lose(van);
    exchange = van_register(van, 0, 1, 1);
    ck_assert_int_eq(van->codes[exchange], 0);
    van_settle(van);
    ck_assert_int_eq(van->codes[exchange], 202);
    ck_assert_ptr_nonnull(strstr(van->bodies[exchange], "FATE_STATE_WAITING"));
    van_crash(van);
    exchange = van_register(van, 0, 1, 1);
    van_settle(van);
    ck_assert_int_eq(van->codes[exchange], 202);
    from = van->sent_count;
    van_connect(van);
    ck_assert_str_eq(van_answers(van, from), "H0:f1r1 ");
    ck_assert_uint_gt(van->paper->durable->rows[0].content_size, 0);
    record_last();
    van_pass(van, 6000);
    ck_assert_str_eq(van_answers(van, from), "H0:f1r1 ");
    /* what was signed is not kept: it may be sealed later */
    ck_assert_uint_eq(van->paper->durable->rows[0].content_size, 0);
    exchange = van_register(van, 0, 1, 1);
    van_settle(van);
    ck_assert_int_eq(van->codes[exchange], 200);
    ck_assert_ptr_nonnull(strstr(van->bodies[exchange], "FATE_STATE_RECORDED"));
}
END_TEST

START_TEST(registrations_keep_their_order_with_the_answers)
{
    size_t from;

    van_connect(van);
    van_lose(van);
    give_many(0, 1, 1);
    (void)van_register(van, 0, 1, 1);
    (void)van_register(van, 0, 1, 2);
    van_settle(van);
    give_many(0, 2, 2);
    give_many(1, 11, 11);
    from = van->sent_count + 1; /* a question about handhelds comes first */
    van_connect(van);
    ck_assert_str_eq(van_answers(van, from), "H0:1 H1:11 ");
    van_reply(van, from, RECORDED);
    record_last();
    record_last();
    ck_assert_str_eq(van_answers(van, from),
                     "H0:1 H1:11 H0:f1r1 H0:f1r2 H0:2 ");
}
END_TEST

START_TEST(what_is_refused_of_a_registration_is_kept_with_its_reason)
{
    uint64_t exchange;

    van_connect(van);
    (void)van_register(van, 0, 1, 3);
    van_settle(van);
    van_reply(van, van->sent_count - 1, TOCSIN__V1__STATUS__STATUS_CONFLICT);
    exchange = van_register(van, 0, 1, 3);
    van_settle(van);
    ck_assert_int_eq(van->codes[exchange], 200);
    ck_assert_ptr_nonnull(strstr(van->bodies[exchange], "FATE_STATE_REFUSED"));
    ck_assert_ptr_nonnull(strstr(van->bodies[exchange], "STATUS_CONFLICT"));
}
END_TEST

START_TEST(a_stolen_handhelds_registrations_are_marked_and_gone_in_a_week)
{
    van_connect(van);
    van_lose(van);
    (void)van_register(van, 0, 1, 1);
    van_settle(van);
    van->revoked[0] = true;
    van->generation++;
    van_connect(van);
    van_settle(van);
    ck_assert_int_eq((int)van->paper->durable->rows[0].fate.state,
                     TOCSIN__V1__FATE_STATE__FATE_STATE_REVOKED);
    van_pass(van, 6 * DAY_MS);
    ck_assert_uint_gt(van->paper->durable->rows[0].content_size, 0);
    ck_assert_int_eq(van->codes[van_register(van, 0, 2, 1)], 403);
    van_pass(van, 2 * DAY_MS);
    ck_assert_uint_eq(van->paper->durable->rows[0].content_size, 0);
}
END_TEST

/* ---- looks ---- */

#define GIVEN 64 /* photographs that wait for one commit, at most */

/* The newest thing that was sent. */
START_TEST(a_look_is_durable_before_the_photograph_is_given)
{
    uint64_t exchange;

    van_connect(van);
    van->picture_known = van->picture_cached = true;
    exchange = van_look(van, 0);
    ck_assert_int_eq(van->codes[exchange], 0);
    ck_assert_uint_eq(van->paper->durable->look_count, 0);
    van_settle(van);
    ck_assert_int_eq(van->codes[exchange], 200);
    ck_assert_uint_eq(van->paper->durable->look_count, 1);
    van->paper->full = true;
    exchange = van_look(van, 0);
    van_settle(van);
    ck_assert_int_eq(van->codes[exchange], 507);
    ck_assert_uint_eq(van->paper->durable->look_count, 1);
}
END_TEST

static unsigned looks_sent(size_t from)
{
    unsigned count = 0;

    for (size_t at = from; at < van->sent_count; at++)
        count += van->sent[at].kind == TOCSIN__V1__REQUEST__BODY_NOTE_LOOK;
    return count;
}

static void look_and_tell(int who)
{
    size_t from = van->sent_count;

    (void)van_look(van, who);
    van_settle(van);
    ck_assert_uint_eq(looks_sent(from), 1);
    van_reply(van, van->sent_count - 1, RECORDED);
}

/* One that was told, one that is under way; what is over is not told again. */
START_TEST(a_look_is_told_again_to_another_journal)
{
    size_t from;

    van_connect(van);
    van->picture_known = van->picture_cached = true;
    look_and_tell(0);
    (void)van_look(van, 1);
    van_settle(van);
    if (_i == 1) {
        van_crash(van);
        van_connect(van);
    }
    from = van->sent_count;
    gateway_say_again(van->gateway, van->now);
    van_settle(van);
    ck_assert_uint_eq(looks_sent(from), 2);
    van_reply(van, van->sent_count - 1, RECORDED);
    van_reply(van, van->sent_count - 2, RECORDED);
    van_pass(van, 8LL * 24 * 3600 * 1000);
    from = van->sent_count;
    gateway_say_again(van->gateway, van->now);
    van_settle(van);
    ck_assert_uint_eq(looks_sent(from), 0);
}
END_TEST

START_TEST(a_look_of_a_sealed_case_is_told_no_more)
{
    size_t from;

    van_connect(van);
    van->picture_known = van->picture_cached = true;
    look_and_tell(0);
    ck_assert(!gateway_purged(van->gateway, VAN_ALERT));
    van_settle(van);
    ck_assert(gateway_purged(van->gateway, VAN_ALERT));
    from = van->sent_count;
    gateway_say_again(van->gateway, van->now);
    van_settle(van);
    ck_assert_uint_eq(looks_sent(from), 0);
}
END_TEST

START_TEST(photographs_between_two_commits_are_bounded)
{
    int busy = 0;

    van_connect(van);
    van->picture_known = van->picture_cached = true;
    for (int i = 0; i < GIVEN + 3; i++)
        busy += van->codes[van_look(van, i % VAN_HANDHELDS)] == 503;
    ck_assert_int_eq(busy, 3);
    van_settle(van);
    ck_assert_int_eq(van->codes[van_look(van, 0)], 0);
    ck_assert_uint_eq(van->paper->durable->look_count, GIVEN);
}
END_TEST

#define PHOTOGRAPHS 4 /* of one handheld that it has not taken, at most */
#define ANSWERS 16

/* _i: they are in the cache, or waited for. */
START_TEST(photographs_that_a_handheld_does_not_take_are_bounded)
{
    uint64_t asked[PHOTOGRAPHS];

    van_connect(van);
    van->deaf = true;
    van->picture_known = true;
    van->picture_cached = _i == 0;
    for (int i = 0; i < PHOTOGRAPHS; i++) {
        asked[i] = van_look(van, 0);
        ck_assert_int_eq(van->codes[asked[i]], 0);
    }
    ck_assert_int_eq(van->codes[van_look(van, 0)], 429);
    van_settle(van);
    ck_assert_int_eq(van->codes[asked[0]], _i == 0 ? 200 : 0);
    ck_assert_int_eq(van->codes[van_look(van, 0)], 429);
    ck_assert_int_eq(van->codes[van_look(van, 1)], 0);
    gateway_gone(van->gateway, asked[0]);
    ck_assert_int_eq(van->codes[van_look(van, 0)], 0);
    ck_assert_int_eq(van->codes[van_look(van, 0)], 429);
}
END_TEST

#define THIEVES 4

/* Each of another photograph of the largest kind. */
START_TEST(photographs_that_a_few_do_not_take_leave_room_for_the_others)
{
    uint8_t number = 0;
    int given = 0;

    van_connect(van);
    van->deaf = true;
    van->picture_known = van->picture_cached = true;
    van->picture_size = 4u << 20;
    for (int who = 0; who < THIEVES; who++) {
        for (int i = 0; i < PHOTOGRAPHS; i++)
            given += van->codes[van_look_at(van, who, ++number)] == 0;
    }
    van_settle(van);
    ck_assert_int_ge(given, THIEVES);
    for (int who = THIEVES; who < 2 * THIEVES; who++)
        ck_assert_int_eq(van->codes[van_look_at(van, who, ++number)], 0);
}
END_TEST

START_TEST(who_fetches_photographs_leaves_a_place_to_others)
{
    van_connect(van);
    van->picture_known = true;
    for (uint8_t number = 1; number < PHOTOGRAPHS; number++)
        ck_assert_int_eq(van->codes[van_look_at(van, 0, number)], 0);
    ck_assert_int_eq(van->codes[van_look_at(van, 0, PHOTOGRAPHS)], 503);
    ck_assert_int_eq(van->codes[van_look_at(van, 1, PHOTOGRAPHS)], 0);
    ck_assert_int_eq(van->codes[van_look_at(van, 0, PHOTOGRAPHS)], 0);
    ck_assert_int_eq(van->codes[van_look_at(van, 1, PHOTOGRAPHS + 1)], 503);
}
END_TEST

START_TEST(answers_that_a_handheld_does_not_take_are_bounded)
{
    unsigned seen[VAN_ALERTS] = {0};
    uint64_t first;

    van_connect(van);
    van->deaf = true;
    (void)van_page(van, 0, seen);
    first = van->exchange;
    for (int i = 1; i < ANSWERS; i++)
        (void)van_page(van, 0, seen);
    ck_assert_int_eq(van->codes[van->exchange], 200);
    (void)van_page(van, 0, seen);
    ck_assert_int_eq(van->codes[van->exchange], 429);
    gateway_gone(van->gateway, first);
    (void)van_page(van, 0, seen);
    ck_assert_int_eq(van->codes[van->exchange], 200);
}
END_TEST

START_TEST(a_look_is_told_until_the_centre_has_it_through_death_and_dead_spots)
{
    uint8_t id[16];

    van_connect(van);
    van_lose(van);
    van->picture_known = van->picture_cached = true;
    (void)van_look(van, 1);
    van_settle(van);
    van_crash(van);
    van_connect(van);
    van_pass(van, 1000);
    ck_assert_int_eq(last_sent()->kind, TOCSIN__V1__REQUEST__BODY_NOTE_LOOK);
    ck_assert_str_eq(last_sent()->device, "H1");
    memcpy(id, last_sent()->request_id, sizeof id);
    van_reply(van, van->sent_count - 1, TOCSIN__V1__STATUS__STATUS_BUSY);
    van_pass(van, 1000);
    ck_assert_mem_eq(last_sent()->request_id, id, sizeof id);
    van_reply(van, van->sent_count - 1, TOCSIN__V1__STATUS__STATUS_DUPLICATE);
    ck_assert_int_eq((int)van->paper->durable->looks[0].row, 0);
    van_crash(van);
    van_connect(van);
    van_pass(van, 5000);
    ck_assert_int_ne(last_sent()->kind, TOCSIN__V1__REQUEST__BODY_NOTE_LOOK);
}
END_TEST

/* Of how many handhelds the looks at the lost alert are noted first. */
#define LOOKS_OF_LOST 12

static void look_at_lost_and_other(void)
{
    van->picture_known = van->picture_cached = true;
    van->pictured = LOST_ALERT;
    for (int who = 0; who < LOOKS_OF_LOST; who++)
        (void)van_look(van, who);
    van->pictured = NULL;
    (void)van_look(van, LOOKS_OF_LOST);
    van_settle(van);
}

/* A restored broker says for ten minutes that the alert may come back yet. The
 * look at another one goes on; when the time comes one of them asks for all,
 * and when the alert is back all go. */
START_TEST(a_look_that_the_centre_puts_off_holds_no_other_up)
{
    size_t at;
    size_t from;

    van_connect(van);
    at = van->sent_count;
    look_at_lost_and_other();
    for (; at < van->sent_count; at++) {
        bool lost = strcmp(van->sent[at].device, "H12") != 0;

        ck_assert_int_eq(van->sent[at].kind,
                         TOCSIN__V1__REQUEST__BODY_NOTE_LOOK);
        van_reply(van, at, lost ? TOCSIN__V1__STATUS__STATUS_BUSY : RECORDED);
    }
    ck_assert_int_eq((int)van->paper->durable->looks[LOOKS_OF_LOST].row, 0);
    ck_assert_int_ne((int)van->paper->durable->looks[0].row, 0);
    from = van->sent_count;
    van_pass(van, 1000);
    ck_assert_uint_eq(looks_sent(from), 1);
    van_reply(van, from, TOCSIN__V1__STATUS__STATUS_BUSY);
    van_pass(van, 1000);
    ck_assert_uint_eq(looks_sent(from), 2);
    for (at = from + 1; at < van->sent_count; at++)
        van_reply(van, at, RECORDED);
    for (int who = 0; who < LOOKS_OF_LOST; who++)
        ck_assert_int_eq((int)van->paper->durable->looks[who].row, 0);
    ck_assert_uint_eq(looks_sent(from), 1 + LOOKS_OF_LOST);
}
END_TEST

/* As the broker says of one that looks without end. */
START_TEST(whose_looks_the_centre_puts_off_holds_no_others_up)
{
    size_t at;
    size_t from;

    van_connect(van);
    van->picture_known = van->picture_cached = true;
    at = van->sent_count;
    for (int i = 0; i < PHOTOGRAPHS; i++)
        (void)van_look(van, 0);
    (void)van_look(van, 1);
    van_settle(van);
    for (; at < van->sent_count; at++) {
        if (strcmp(van->sent[at].device, "H0") == 0)
            van_refuse(van, at, TOCSIN__V1__STATUS__STATUS_BUSY, "device");
        else
            van_reply(van, at, RECORDED);
    }
    ck_assert_uint_eq(van->paper->durable->look_count, PHOTOGRAPHS + 1);
    ck_assert_int_eq((int)van->paper->durable->looks[PHOTOGRAPHS].row, 0);
    ck_assert_int_ne((int)van->paper->durable->looks[0].row, 0);
    from = van->sent_count;
    van_pass(van, 1000);
    ck_assert_uint_eq(looks_sent(from), 1);
    for (at = from; at < van->sent_count; at++)
        van_reply(van, at, RECORDED);
    ck_assert_uint_eq(looks_sent(from), PHOTOGRAPHS);
}
END_TEST

START_TEST(a_look_waits_for_a_broker_that_knows_of_looks)
{
    van_connect(van);
    van_lose(van);
    van->picture_known = van->picture_cached = true;
    (void)van_look(van, 1);
    van_settle(van);
    van_connect(van);
    van_pass(van, 1000);
    van_refuse(van, van->sent_count - 1, TOCSIN__V1__STATUS__STATUS_INVALID,
               "body");
    van_pass(van, 1000);
    ck_assert_int_ne((int)van->paper->durable->looks[0].row, 0);
    van_pass(van, 60000);
    ck_assert_int_eq(last_sent()->kind, TOCSIN__V1__REQUEST__BODY_NOTE_LOOK);
    van_reply(van, van->sent_count - 1, TOCSIN__V1__STATUS__STATUS_RECORDED);
    ck_assert_int_eq((int)van->paper->durable->looks[0].row, 0);
}
END_TEST

START_TEST(a_look_of_a_handheld_that_a_restore_lost_waits_until_it_is_back)
{
    size_t from;

    van_connect(van);
    van_lose(van);
    van->picture_known = van->picture_cached = true;
    (void)van_look(van, 1);
    van_settle(van);
    van_connect(van);
    van_pass(van, 1000);
    van->lost[1] = true;
    van_refuse(van, van->sent_count - 1, TOCSIN__V1__STATUS__STATUS_NOT_FOUND,
               "device");
    van_roster(van);
    from = van->sent_count;
    van_pass(van, 60000);
    for (size_t at = from; at < van->sent_count; at++)
        ck_assert_int_ne(van->sent[at].kind,
                         TOCSIN__V1__REQUEST__BODY_NOTE_LOOK);
    ck_assert_int_ne((int)van->paper->durable->looks[0].row, 0);
    enrol_again(1);
    van_pass(van, 1000);
    ck_assert_int_eq(last_sent()->kind, TOCSIN__V1__REQUEST__BODY_NOTE_LOOK);
    van_reply(van, van->sent_count - 1, TOCSIN__V1__STATUS__STATUS_RECORDED);
    ck_assert_int_eq((int)van->paper->durable->looks[0].row, 0);
}
END_TEST

START_TEST(what_an_earlier_broker_does_not_know_waits_for_a_later_one)
{
    size_t from;

    van_connect(van);
    from = van->sent_count;
    (void)van_register(van, 0, 1, 1);
    van_settle(van);
    van_refuse(van, van->sent_count - 1, TOCSIN__V1__STATUS__STATUS_INVALID,
               "body");
    van_pass(van, 1000);
    ck_assert_str_eq(van_answers(van, from), "H0:f1r1 ");
    van_pass(van, 60000);
    ck_assert_str_eq(van_answers(van, from), "H0:f1r1 H0:f1r1 ");
    record_last();
    from = van->sent_count;
    give_pictured(0, 1);
    (void)put_whole(0, 1);
    record_last();
    van_refuse(van, van->sent_count - 1, TOCSIN__V1__STATUS__STATUS_DENIED,
               "role");
    van_pass(van, 1000);
    ck_assert_uint_eq(pictures(), 1);
    van_pass(van, 60000);
    van_receipt(van, van->sent_count - 1, VAN_PICTURE);
    ck_assert_uint_eq(pictures(), 0);
}
END_TEST

/* Its own key is revoked or replaced: nobody has refused what handhelds said.
 */
START_TEST(what_handhelds_said_waits_while_the_gateway_is_revoked)
{
    size_t from;

    van_connect(van);
    from = van->sent_count;
    give_many(0, 1, 1);
    van_refuse(van, from, TOCSIN__V1__STATUS__STATUS_DENIED, "principal");
    ck_assert_uint_eq(waiting(), 1);
    van->outcast = true; /* its terminal has heard it too */
    van_pass(van, 10000);
    give_many(1, 2, 2);
    ck_assert_uint_eq(waiting(), 2);
    ck_assert_str_eq(van_answers(van, from), "H0:1 ");
    van->outcast = false;
    van_connect(van);
    ck_assert_str_eq(van_answers(van, from), "H0:1 H0:1 H1:2 ");
    van_reply(van, van->sent_count - 2, RECORDED);
    van_reply(van, van->sent_count - 1, RECORDED);
    ck_assert_uint_eq(waiting(), 0);
}
END_TEST

/* A phone breaks, or is stolen: its key is replaced while what it said waits.
 * The centre takes nothing that the key before has signed. Who has the new one
 * is told that it has to be said again. */
START_TEST(who_has_another_key_is_told_what_the_one_before_has_said_in_vain)
{
    const uint8_t seed[KEY_SIZE] = {201};
    uint64_t exchange;
    size_t from;

    van_connect(van);
    van_lose(van);
    if (_i == 0)
        give_many(0, 1, 1);
    else
        (void)van_register(van, 0, 1, 1);
    van_settle(van);
    keypair_from_seed(&van->keys[0], seed);
    from = van->sent_count;
    van_connect(van);
    for (size_t at = from; at < van->sent_count; at++) {
        if (van->sent[at].kind == TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE ||
            van->sent[at].kind == TOCSIN__V1__REQUEST__BODY_REGISTER_FOUND)
            van_refuse(van, at, TOCSIN__V1__STATUS__STATUS_DENIED,
                       _i == 0 ? "answer.signature" : "found.signature");
    }
    ck_assert_uint_eq(waiting(), 0);
    exchange = van_read(van, 0, _i == 0 ? "/v1/answers" : "/v1/found");
    ck_assert_int_eq(van->codes[exchange], 200);
    ck_assert_ptr_nonnull(strstr(van->body, "FATE_STATE_REFUSED"));
    ck_assert_ptr_nonnull(strstr(van->body, "has to be said again"));
    give_many(0, 2, 2); /* as it is, with the new key */
    ck_assert_str_eq(last_sent()->device, "H0");
    ck_assert_uint_eq(last_sent()->number, 2);
}
END_TEST

START_TEST(what_is_recorded_while_the_clock_says_1970_is_kept_for_its_week)
{
    int64_t today_ms = van->now.wall_ms;

    van_connect(van);
    give_many(0, 1, 1);
    van->now.wall_ms = 1000;
    van->broker_ahead_ms = today_ms;
    van_reply(van, van->sent_count - 1, TOCSIN__V1__STATUS__STATUS_DUPLICATE);
    van->now.wall_ms = today_ms;
    van->broker_ahead_ms = 0;
    van_pass(van, 6 * 86400000LL);
    ck_assert(van->paper->staged->rows[0].used);
    van_pass(van, 2 * 86400000LL);
    ck_assert(!van->paper->staged->rows[0].used);
}
END_TEST

/* ---- who reads ---- */

START_TEST(whoever_reads_with_a_key_that_is_replaced_here_reads_no_further)
{
    uint64_t stolen;
    uint64_t other;
    uint64_t fresh;

    van_connect(van);
    stolen = van_listen(van, 0);
    other = van_listen(van, 1);
    (void)van_claim(van, 0, 99);
    van_settle(van);
    ck_assert(!van->ended[stolen]); /* the broker has not said so */
    van_reply(van, van->sent_count - 1, RECORDED);
    ck_assert(van->ended[stolen]);
    ck_assert(!van->ended[other]);
    fresh = van_listen(van, 0);
    ck_assert_int_eq(van->codes[fresh], 200);
    van->generation++; /* the roster says the same */
    van_settle(van);
    van_roster(van);
    ck_assert(!van->ended[fresh]);
}
END_TEST

START_TEST(whoever_reads_with_a_key_that_is_replaced_elsewhere_reads_no_further)
{
    const uint8_t seed[KEY_SIZE] = {99};
    uint64_t stolen;

    van_connect(van);
    stolen = van_listen(van, 0);
    keypair_from_seed(&van->keys[0], seed);
    van->generation++;
    van_settle(van);
    van_roster(van);
    ck_assert(van->ended[stolen]);
}
END_TEST

/* _i: its key is replaced, or it is revoked. */
START_TEST(a_picture_that_is_on_its_way_is_not_for_a_stolen_handheld)
{
    const uint8_t seed[KEY_SIZE] = {99};
    uint64_t stolen;
    uint64_t other;

    van_connect(van);
    van->picture_known = true;
    stolen = van_look(van, 0);
    other = van_look(van, 1);
    van_settle(van);
    if (_i == 0)
        keypair_from_seed(&van->keys[0], seed);
    else
        van->revoked[0] = true;
    van->generation++;
    van_settle(van);
    van_roster(van);
    ck_assert_int_eq(van->codes[stolen], 401);
    ck_assert_int_eq(van->codes[other], 0);
}
END_TEST

/* Its file could not be read for a moment: it is fetched, and read meanwhile.
 */
START_TEST(a_photograph_that_is_fetched_and_read_at_once_is_given_to_both)
{
    uint64_t waits;
    uint64_t reads;

    van_connect(van);
    van->picture_known = true;
    waits = van_look(van, 0);
    van_settle(van);
    ck_assert_int_eq(last_sent()->kind, TOCSIN__V1__REQUEST__BODY_GET_PICTURE);
    van->picture_cached = true;
    reads = van_look(van, 1);
    van_show(van, van->sent_count - 1);
    van_settle(van);
    ck_assert_int_eq(van->codes[waits], 200);
    ck_assert_int_eq(van->codes[reads], 200);
}
END_TEST

/* Whoever can reach the port asks for strangers, as fast as they are looked up.
 */
static void ask_as_stranger(unsigned number)
{
    char name[20];

    snprintf(name, sizeof name, "STRANGER-%u", number);
    (void)van_give_as(van, name, 1);
}

START_TEST(strangers_do_not_keep_a_guests_revocation_out)
{
    unsigned strangers = 0;
    uint64_t stolen;

    van->elsewhere[3] = true;
    van_connect(van);
    ck_assert_int_eq(van->codes[van_give(van, 3, 1, READ)], 503);
    van_settle(van);
    van_roster(van);
    stolen = van_listen(van, 3);
    ck_assert_int_eq(van->codes[stolen], 200);
    while (strangers < 64)
        ask_as_stranger(strangers++);
    van->revoked[3] = true;
    van->generation++;
    van_settle(van);
    for (int i = 0; i < 200 && !van->ended[stolen]; i++) {
        ask_as_stranger(strangers++);
        van_pass(van, 50);
        ck_assert(van_roster_one(van));
    }
    ck_assert(van->ended[stolen]);
}
END_TEST

/* In years many guests pass by, and each is asked about by itself. */
START_TEST(a_guest_who_is_here_is_asked_about_before_those_who_were)
{
    uint64_t stolen;

    for (unsigned i = 0; i < 100; i++) {
        char name[20];

        snprintf(name, sizeof name, "FORMER-%u", i);
        ck_assert_int_eq(van->codes[van_introduce(van, name, false)], 204);
    }
    van->elsewhere[3] = true;
    van_connect(van);
    ck_assert_int_eq(van->codes[van_give(van, 3, 1, READ)], 503);
    van_settle(van);
    van_roster(van);
    stolen = van_listen(van, 3);
    ck_assert_int_eq(van->codes[stolen], 200);
    van->revoked[3] = true;
    van->generation++;
    van_settle(van);
    for (int i = 0; i < 3 && !van->ended[stolen]; i++) {
        van_pass(van, 50);
        ck_assert(van_roster_one(van));
    }
    ck_assert(van->ended[stolen]);
}
END_TEST

START_TEST(strangers_do_not_keep_a_guest_out)
{
    unsigned strangers = 0;
    uint64_t told;

    van->elsewhere[3] = true;
    van_connect(van);
    while (strangers < 64)
        ask_as_stranger(strangers++);
    for (int i = 0; i < 100; i++) {
        ask_as_stranger(strangers++);
        ask_as_stranger(strangers++);
        told = van_give(van, 3, 1, SIGHTING);
        ask_as_stranger(strangers++);
        van_pass(van, 50);
        if (van->codes[told] == 202)
            return;
        ck_assert_int_eq(van->codes[told], 503);
        ck_assert(van_roster_one(van));
    }
    ck_abort_msg("in 100 questions there was none about the guest");
}
END_TEST

START_TEST(strangers_cost_the_centre_few_questions)
{
    unsigned strangers = 0;
    int asked = 0;

    van_connect(van);
    for (int ms = 0; ms < 1000; ms += 10) {
        ask_as_stranger(strangers++);
        van_pass(van, 10);
        asked += van_roster_one(van);
    }
    ck_assert_int_gt(asked, 0);
    ck_assert_int_le(asked, 20);
}
END_TEST

START_TEST(a_stream_lasts_no_longer_than_its_session)
{
    uint64_t early;
    uint64_t late;

    van_connect(van);
    early = van_listen(van, 0);
    van_pass(van, DAY_MS / 2);
    late = van_listen(van, 0);
    van_pass(van, DAY_MS / 2);
    ck_assert(!van->ended[early]);
    van_pass(van, 1);
    ck_assert(van->ended[early]);
    ck_assert(!van->ended[late]);
}
END_TEST

/* ---- pages of alerts ---- */

#define PAGE 40

/* How many alerts have one sequence, so that the parting of two pages would, or
 * would not, fall between them. */
static const unsigned alike[] = {1, 2, 3, 7, 40, 41, VAN_ALERTS};

START_TEST(every_live_alert_is_on_one_page_whatever_its_sequence_is)
{
    unsigned seen[VAN_ALERTS] = {0};
    uint64_t before = 0;
    unsigned in_all = 0;

    van_connect(van);
    van->alert_count = VAN_ALERTS;
    for (unsigned i = 0; i < VAN_ALERTS; i++)
        van->sequences[i] = VAN_ALERTS - i / alike[_i];
    do {
        unsigned before_page = in_all;

        van->alerts_opened = 0;
        before = van_page(van, before, seen);
        in_all = 0;
        for (int i = 0; i < VAN_ALERTS; i++)
            in_all += seen[i];
        ck_assert_uint_gt(in_all, before_page);
        ck_assert(alike[_i] > PAGE || in_all - before_page <= PAGE);
        /* each is verified: no more of them than tell where the page ends */
        ck_assert_uint_le(van->alerts_opened, in_all - before_page + alike[_i]);
    } while (before != 0);
    for (int i = 0; i < VAN_ALERTS; i++)
        ck_assert_uint_eq(seen[i], 1);
}
END_TEST

START_TEST(a_session_is_needed_to_read_and_the_figures_are_local)
{
    van_connect(van);
    ck_assert_int_eq(van->codes[van_ask(van, "GET", "/v1/alerts", "")], 401);
    ck_assert_int_eq(
        van->codes[van_ask(van, "GET", "/v1/answers", "Bearer H0~9~0")], 401);
    ck_assert_int_eq(van->codes[van_ask(van, "GET", "/metrics", "")], 404);
    ck_assert_int_eq(van->codes[van_ask(van, "PUT", "/v1/gateway", "")], 405);
    ck_assert_int_eq(van->codes[van_ask(van, "GET", "/v1/gateway", "")], 200);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway");
    TCase *t = tcase_create("story");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, no_receipt_before_the_answer_is_durable);
    tcase_add_test(t, on_a_full_disk_nothing_is_half_kept_and_all_are_told);
    tcase_add_test(t,
                   a_fate_that_finds_the_disk_full_is_kept_when_there_is_room);
    tcase_add_test(t, a_broken_disk_ends_the_gateway_and_nobody_is_told_a_lie);
    tcase_add_test(t, of_one_handheld_the_second_waits_for_the_first);
    tcase_add_test(t, whom_the_broker_puts_off_keeps_no_other_handheld_waiting);
    tcase_add_test(t,
                   nobody_waits_for_anothers_hundredth_and_sightings_go_first);
    tcase_add_test(
        t, an_urgent_answer_does_not_overtake_its_own_handhelds_earlier_one);
    tcase_add_test(t, what_was_on_its_way_when_the_line_broke_goes_again);
    tcase_add_test(t, a_killed_gateway_goes_on_with_what_was_durable);
    tcase_add_test(t, a_death_before_the_fate_was_durable_sends_once_more);
    tcase_add_test(t,
                   the_same_answer_is_one_and_another_under_its_id_is_refused);
    tcase_add_test(t, a_strangers_or_a_forgers_word_is_not_taken);
    tcase_add_test(
        t, a_revoked_handheld_is_refused_and_what_waits_of_it_is_marked);
    tcase_add_test(
        t, what_waits_of_a_handheld_that_a_restore_lost_goes_on_in_the_end);
    tcase_add_loop_test(
        t, what_a_restored_broker_refuses_of_a_handheld_it_lost_goes_on_too, 0,
        2);
    tcase_add_loop_test(
        t, what_is_refused_by_a_second_restored_broker_is_not_given_up, 0, 2);
    tcase_add_test(
        t, what_waits_of_a_lost_handheld_hears_that_it_was_enrolled_elsewhere);
    tcase_add_test(
        t, a_handheld_that_a_restore_lost_is_told_nothing_until_it_is_back);
    tcase_add_loop_test(t, a_lost_handheld_that_is_revoked_is_shut_out_for_good,
                        0, 2);
    tcase_add_test(t,
                   of_a_sealed_case_nothing_waits_for_a_handheld_that_is_lost);
    tcase_add_test(t, whom_a_broker_names_and_refuses_all_the_same_is_refused);
    tcase_add_test(t, another_journal_is_told_again_in_order);
    tcase_add_test(t, an_answer_that_finds_room_takes_its_handheld_along);
    tcase_add_loop_test(
        t, another_journal_is_told_again_until_the_alert_is_over, 0, 2);
    tcase_add_test(t, a_refusal_is_kept_until_its_handheld_knows);
    tcase_add_test(
        t, what_is_recorded_goes_after_a_week_and_not_by_our_clock_alone);
    tcase_add_test(t,
                   a_sealed_case_is_purged_when_nothing_of_it_is_left_or_waits);
    tcase_add_test(
        t, of_a_sealed_case_nothing_waits_behind_what_the_centre_puts_off);
    tcase_add_test(t, what_only_a_lost_journal_has_sealed_is_not_put_ahead);
    tcase_add_loop_test(t, what_is_under_way_is_not_passed_by_a_sealed_case, 0,
                        2);
    tcase_add_test(
        t,
        nobody_says_of_a_photograph_that_is_still_in_the_cache_that_it_is_gone);
    tcase_add_test(
        t, a_photograph_that_is_fetched_when_its_alert_ends_is_not_kept);
    tcase_add_test(t, many_sealed_cases_are_searched_for_at_once);
    tcase_add_test(t, one_handheld_cannot_fill_the_spool);
    tcase_add_test(t, what_was_refused_of_one_handheld_cannot_fill_the_disk);
    tcase_add_test(
        t, what_is_kept_of_one_handheld_is_cut_for_itself_and_through_death);
    tcase_add_test(
        t, a_picture_is_durable_before_its_receipt_and_follows_its_answer);
    tcase_add_test(
        t, a_picture_under_way_to_another_journal_waits_for_its_answer_again);
    tcase_add_test(
        t, a_picture_comes_in_pieces_and_what_breaks_off_leaves_nothing);
    tcase_add_test(
        t,
        only_the_picture_that_an_answer_names_is_taken_and_from_its_handheld);
    tcase_add_test(t, an_answer_waits_for_no_piece_of_a_picture);
    tcase_add_test(t, past_the_mark_pictures_wait_first);
    tcase_add_test(t, a_kill_loses_no_picture_and_a_full_disk_keeps_none);
    tcase_add_test(t, pictures_of_what_was_refused_cannot_fill_the_disk);
    tcase_add_test(t, a_picture_of_a_sealed_case_goes_nowhere_any_more);
    tcase_add_test(t, without_a_line_a_stranger_answers_by_the_brokers_proof);
    tcase_add_test(t, an_introduction_changes_nothing_that_is_known);
    tcase_add_test(t, an_old_proof_is_none);
    tcase_add_loop_test(
        t, whom_a_restore_lost_with_no_more_than_a_proof_here_waits_too, 0, 2);
    tcase_add_test(t,
                   a_registration_is_durable_before_its_receipt_and_goes_once);
    tcase_add_test(t, registrations_keep_their_order_with_the_answers);
    tcase_add_test(t,
                   what_is_refused_of_a_registration_is_kept_with_its_reason);
    tcase_add_test(
        t, a_stolen_handhelds_registrations_are_marked_and_gone_in_a_week);
    tcase_add_test(t, photographs_between_two_commits_are_bounded);
    tcase_add_loop_test(
        t, photographs_that_a_handheld_does_not_take_are_bounded, 0, 2);
    tcase_add_test(
        t, photographs_that_a_few_do_not_take_leave_room_for_the_others);
    tcase_add_test(t, who_fetches_photographs_leaves_a_place_to_others);
    tcase_add_test(t, answers_that_a_handheld_does_not_take_are_bounded);
    tcase_add_test(t, a_look_is_durable_before_the_photograph_is_given);
    tcase_add_loop_test(t, a_look_is_told_again_to_another_journal, 0, 2);
    tcase_add_test(t, a_look_of_a_sealed_case_is_told_no_more);
    tcase_add_test(
        t, a_look_is_told_until_the_centre_has_it_through_death_and_dead_spots);
    tcase_add_test(t, a_look_that_the_centre_puts_off_holds_no_other_up);
    tcase_add_test(t, whose_looks_the_centre_puts_off_holds_no_others_up);
    tcase_add_test(t, a_look_waits_for_a_broker_that_knows_of_looks);
    tcase_add_test(
        t, a_look_of_a_handheld_that_a_restore_lost_waits_until_it_is_back);
    tcase_add_test(t,
                   what_an_earlier_broker_does_not_know_waits_for_a_later_one);
    tcase_add_test(t, what_handhelds_said_waits_while_the_gateway_is_revoked);
    tcase_add_loop_test(
        t, who_has_another_key_is_told_what_the_one_before_has_said_in_vain, 0,
        2);
    tcase_add_test(
        t, what_is_recorded_while_the_clock_says_1970_is_kept_for_its_week);
    tcase_add_test(
        t, whoever_reads_with_a_key_that_is_replaced_here_reads_no_further);
    tcase_add_test(
        t,
        whoever_reads_with_a_key_that_is_replaced_elsewhere_reads_no_further);
    tcase_add_test(
        t, a_photograph_that_is_fetched_and_read_at_once_is_given_to_both);
    tcase_add_loop_test(
        t, a_picture_that_is_on_its_way_is_not_for_a_stolen_handheld, 0, 2);
    tcase_add_test(t, strangers_do_not_keep_a_guests_revocation_out);
    tcase_add_test(t, a_guest_who_is_here_is_asked_about_before_those_who_were);
    tcase_add_test(t, strangers_do_not_keep_a_guest_out);
    tcase_add_test(t, strangers_cost_the_centre_few_questions);
    tcase_add_test(t, a_stream_lasts_no_longer_than_its_session);
    tcase_add_loop_test(
        t, every_live_alert_is_on_one_page_whatever_its_sequence_is, 0,
        sizeof alike / sizeof alike[0]);
    tcase_add_test(t, a_session_is_needed_to_read_and_the_figures_are_local);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
