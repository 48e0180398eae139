/* Whom the broker keeps at its gates, with real connections and a told clock.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <check.h>

#include "base/status.h"
#include "link/guests.h"

#define LINES 400

/* The n-th key. */
struct key {
    uint8_t curve[KEY_SIZE];
};

static struct key key_of(int n)
{
    struct key key = {{0}};

    key.curve[0] = (uint8_t)n;
    return key;
}

static struct guests *guests;
static int door;        /* listens */
static int near[LINES]; /* the broker's end of each connection */
static int far[LINES];  /* the peer's */
static int lines;
static int64_t now_ms;
static char told[4096];

static void on_cut(void *arg, enum gate gate, const uint8_t *curve,
                   const char *what)
{
    size_t used = strlen(told);

    (void)arg;
    snprintf(told + used, sizeof told - used, "%s %d %s\n", gate_name(gate),
             curve != NULL ? curve[0] : -1, what);
}

static void open_door(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET};

    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    door = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(door, 0);
    ck_assert_int_eq(bind(door, (struct sockaddr *)&here, sizeof here), 0);
    ck_assert_int_eq(listen(door, LINES), 0);
    guests = guests_new(on_cut, NULL);
    now_ms = 1000000;
    lines = 0;
    told[0] = '\0';
}

static void close_door(void)
{
    guests_free(guests);
    close(door);
    for (int i = 0; i < lines; i++) {
        close(near[i]);
        close(far[i]);
    }
}

/* One more connection, accepted at this gate; its number. */
static int come(enum gate gate)
{
    struct sockaddr_in there;
    socklen_t size = sizeof there;

    ck_assert_int_lt(lines, LINES);
    ck_assert_int_eq(getsockname(door, (struct sockaddr *)&there, &size), 0);
    far[lines] = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(
        connect(far[lines], (struct sockaddr *)&there, sizeof there), 0);
    near[lines] = accept(door, NULL, NULL);
    ck_assert_int_ge(near[lines], 0);
    guests_came(guests, gate, near[lines], now_ms);
    return lines++;
}

static int come_and_speak(enum gate gate, int n)
{
    struct key key = key_of(n);
    int line = come(gate);

    guests_spoke(guests, gate, near[line], key.curve, now_ms);
    return line;
}

static void hang_up(int line)
{
    close(near[line]);
    close(far[line]);
    near[line] = far[line] = -1;
}

static bool is_cut(int line)
{
    char byte;

    return recv(far[line], &byte, 1, MSG_DONTWAIT) == 0;
}

/* Time passes, and everything is looked at. */
static void pass(int64_t ms)
{
    for (int64_t until = now_ms + ms; now_ms < until;) {
        now_ms += ms < GUESTS_TICK_MS ? ms : GUESTS_TICK_MS;
        guests_tick(guests, now_ms);
    }
    for (int i = 0; i < 60; i++)
        guests_tick(guests, now_ms);
}

START_TEST(who_says_nothing_for_a_minute_is_cut_off)
{
    int silent = come(GATE_FIELD);
    int spoken = come_and_speak(GATE_FIELD, 1);

    pass(SILENT_MS - 1000);
    ck_assert(!is_cut(silent));
    pass(1000);
    ck_assert(is_cut(silent));
    ck_assert(!is_cut(spoken));
    ck_assert_str_eq(told, "field -1 silent/cut\n");
    ck_assert_uint_eq(guests_count(guests), 1);
}
END_TEST

START_TEST(a_broker_that_stood_still_cuts_nobody_off_for_it)
{
    int silent = come(GATE_FIELD);

    pass(1000);
    now_ms += 2 * SILENT_MS; /* paused */
    pass(SILENT_MS - 2000);
    ck_assert_str_eq(told, "");
    ck_assert(!is_cut(silent));
    pass(2000);
    ck_assert(is_cut(silent));
}
END_TEST

/* The process may have so many descriptors that one in share is left. */
static void leave_one_in(rlim_t share)
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = (guests_count(guests) + NO_GUESTS) * share / (share - 1);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

START_TEST(with_hardly_a_descriptor_left_the_silent_have_three_seconds)
{
    int spoken = come_and_speak(GATE_FIELD, 1);

    while (lines < 40)
        come(GATE_FEED);
    leave_one_in(CROWDED_LEAVES);
    pass(SILENT_CROWDED_MS - 1000);
    ck_assert_str_eq(told, "");
    pass(1000);
    ck_assert_uint_lt(guests_count(guests), 40);
    ck_assert(strstr(told, "feed -1 silent/cut\n") == told);
    ck_assert(!is_cut(spoken));
}
END_TEST

/* Six times across a line of two seconds. */
START_TEST(with_a_twentieth_of_them_left_a_slow_line_comes_in)
{
    struct key key = key_of(1);
    int slow = come(GATE_FIELD);

    while (lines < 40)
        come_and_speak(GATE_FEED, lines + 2);
    leave_one_in(20);
    pass(12000);
    guests_spoke(guests, GATE_FIELD, near[slow], key.curve, now_ms);
    pass(SILENT_MS);
    ck_assert_str_eq(told, "");
    ck_assert(!is_cut(slow));
}
END_TEST

START_TEST(of_one_that_connects_without_end_the_oldest_goes)
{
    struct key key = key_of(1);
    int other = come_and_speak(GATE_FIELD, 2);
    int first = lines;

    for (int i = 0; i < GUESTS_OF_ONE_MAX; i++, now_ms++)
        come_and_speak(GATE_FIELD, 1);
    ck_assert_str_eq(told, "");
    come_and_speak(GATE_FEED, 1); /* another gate is another matter */
    ck_assert_str_eq(told, "");
    come_and_speak(GATE_FIELD, 1);
    ck_assert_str_eq(told, "field 1 connections/cut\n");
    ck_assert(is_cut(first));
    ck_assert(!is_cut(first + 1));
    ck_assert(!is_cut(lines - 1));
    ck_assert(!is_cut(other));
    ck_assert(!guests_may_come(guests, GATE_FIELD, key.curve, now_ms + 999));
    ck_assert(guests_may_come(guests, GATE_FIELD, key.curve, now_ms + 1000));
    ck_assert(guests_may_come(guests, GATE_FEED, key.curve, now_ms));
}
END_TEST

START_TEST(those_that_are_gone_do_not_count)
{
    for (int i = 0; i < 4 * GUESTS_OF_ONE_MAX; i++)
        hang_up(come_and_speak(GATE_FIELD, 1));
    ck_assert_str_eq(told, "");
    pass(3000);
    ck_assert_uint_eq(guests_count(guests), 0);
}
END_TEST

START_TEST(a_centre_may_have_many)
{
    for (int i = 0; i < GUESTS_OF_ONE_CENTRE_MAX; i++)
        come_and_speak(GATE_COMMAND, 1);
    ck_assert_str_eq(told, "");
    come_and_speak(GATE_COMMAND, 1);
    ck_assert_str_eq(told, "command 1 connections/cut\n");
}
END_TEST

START_TEST(a_key_has_few_that_say_nothing_and_each_that_speaks_makes_room)
{
    struct key key = key_of(1);
    struct key other = key_of(2);

    for (int i = 0; i < SILENT_OF_ONE_MAX; i++)
        ck_assert(guests_may_come(guests, GATE_FIELD, key.curve, now_ms));
    ck_assert(!guests_may_come(guests, GATE_FIELD, key.curve, now_ms));
    ck_assert(guests_may_come(guests, GATE_FEED, key.curve, now_ms));
    ck_assert(guests_may_come(guests, GATE_FIELD, other.curve, now_ms));
    come_and_speak(GATE_FIELD, 1);
    ck_assert(guests_may_come(guests, GATE_FIELD, key.curve, now_ms));
    ck_assert(!guests_may_come(guests, GATE_FIELD, key.curve, now_ms));
    now_ms += SILENT_MS / SILENT_OF_ONE_MAX;
    ck_assert(guests_may_come(guests, GATE_FIELD, key.curve, now_ms));
    ck_assert(!guests_may_come(guests, GATE_FIELD, key.curve, now_ms));
    now_ms += SILENT_MS;
    for (int i = 0; i < SILENT_OF_ONE_MAX; i++)
        ck_assert(guests_may_come(guests, GATE_FIELD, key.curve, now_ms));
}
END_TEST

START_TEST(who_subscribes_without_end_is_cut_off_and_kept_out_for_a_while)
{
    struct key key = key_of(1);
    int line = come(GATE_FEED);

    for (int i = 0; i < SUBSCRIPTIONS_MAX; i++)
        ck_assert(guests_subscribed(guests, near[line], key.curve, now_ms));
    ck_assert(!guests_subscribed(guests, near[line], key.curve, now_ms));
    ck_assert(is_cut(line));
    ck_assert(!guests_may_come(guests, GATE_FEED, key.curve,
                               now_ms + COOL_OFF_MS - 1));
    ck_assert(guests_may_come(guests, GATE_FIELD, key.curve, now_ms));
    ck_assert(
        guests_may_come(guests, GATE_FEED, key.curve, now_ms + COOL_OFF_MS));
}
END_TEST

START_TEST(who_does_not_read_the_feed_is_cut_off)
{
    struct key key = key_of(1);
    int line = come(GATE_FEED);
    int reader = come(GATE_FEED);
    uint8_t some[4096] = {0};

    ck_assert(guests_subscribed(guests, near[line], key.curve, now_ms));
    ck_assert(guests_subscribed(guests, near[reader], key.curve, now_ms));
    while (send(near[line], some, sizeof some, MSG_DONTWAIT) > 0)
        continue;
    pass(3000); /* what the kernel took */
    pass(STALLED_MS - 3000);
    ck_assert_str_eq(told, "");
    pass(6000);
    ck_assert_str_eq(told, "feed 1 stalled/cut\n");
    ck_assert(!is_cut(reader));
}
END_TEST

/* libzmq closes descriptors and opens them anew on its own threads. */
START_TEST(a_descriptor_that_is_used_again_is_somebody_else)
{
    struct key key = key_of(2);
    int silent = come(GATE_FIELD);
    int spoken;
    int fd = near[silent];
    int again;

    pass(SILENT_MS - 1000);
    hang_up(silent);
    again = come(GATE_FEED);
    ck_assert_int_eq(near[again], fd);
    pass(5000);
    ck_assert(!is_cut(again));
    /* what the one before had said is read late */
    spoken = come_and_speak(GATE_FIELD, 1);
    fd = near[spoken];
    hang_up(spoken);
    spoken = come(GATE_FIELD);
    ck_assert_int_eq(near[spoken], fd);
    guests_spoke(guests, GATE_FIELD, fd, key_of(1).curve, now_ms);
    guests_spoke(guests, GATE_FIELD, fd, key.curve, now_ms);
    for (int i = 0; i < GUESTS_OF_ONE_MAX; i++)
        come_and_speak(GATE_FIELD, 1);
    ck_assert_str_eq(told, "");
}
END_TEST

START_TEST(what_is_no_connection_is_no_guest)
{
    struct key key = key_of(1);

    guests_came(guests, GATE_FIELD, -1, now_ms);
    guests_came(guests, GATE_FIELD, 999, now_ms);
    guests_came(guests, GATE_FIELD, STDERR_FILENO, now_ms);
    guests_spoke(guests, GATE_FIELD, -1, key.curve, now_ms);
    ck_assert(guests_subscribed(guests, -1, key.curve, now_ms));
    pass(2 * SILENT_MS);
    ck_assert_uint_eq(guests_count(guests), 0);
    ck_assert_str_eq(told, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("who is connected to the gates");
    TCase *tcase = tcase_create("guests");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, open_door, close_door);
    tcase_add_test(tcase, who_says_nothing_for_a_minute_is_cut_off);
    tcase_add_test(tcase, a_broker_that_stood_still_cuts_nobody_off_for_it);
    tcase_add_test(tcase,
                   with_hardly_a_descriptor_left_the_silent_have_three_seconds);
    tcase_add_test(tcase, with_a_twentieth_of_them_left_a_slow_line_comes_in);
    tcase_add_test(tcase, of_one_that_connects_without_end_the_oldest_goes);
    tcase_add_test(tcase, those_that_are_gone_do_not_count);
    tcase_add_test(tcase, a_centre_may_have_many);
    tcase_add_test(
        tcase, a_key_has_few_that_say_nothing_and_each_that_speaks_makes_room);
    tcase_add_test(
        tcase, who_subscribes_without_end_is_cut_off_and_kept_out_for_a_while);
    tcase_add_test(tcase, who_does_not_read_the_feed_is_cut_off);
    tcase_add_test(tcase, a_descriptor_that_is_used_again_is_somebody_else);
    tcase_add_test(tcase, what_is_no_connection_is_no_guest);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
