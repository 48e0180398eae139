/*
 * The bell itself: from a report to the last of many connected terminals, and
 * the acknowledgements that come back, beside bare libzmq doing the same under
 * the same security, and Redis unencrypted; in turn, in one run.
 */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "contender.h"

#define ROUNDS_MAX 200
#define WARM_UP 2
#define ALERT_GOAL 1.10
#define ANSWER_GOAL 1.25
#define MEMORY_GOAL 1.10

enum who { TOCSIN, BARE_ZMQ, REDIS, BESIDE, WHOS };
static const char *const names[WHOS] = {"tocsin", "bare", "redis", "beside"};

struct bench {
    struct side sides[WHOS];
    bool there[WHOS];   /* Redis when it is installed, another when named */
    const char *beside; /* the program of another broker, or NULL */
    size_t count;
    size_t rounds;
    struct outcome opened[WHOS];
    struct outcome alerts[WHOS][ROUNDS_MAX];
    struct outcome answers[WHOS][ROUNDS_MAX];
    struct outcome syncs;
    FILE *json; /* or NULL */
};

static void do_rounds(struct bench *bench)
{
    size_t message = 0;

    for (size_t i = 0; i < bench->rounds + WARM_UP; i++) {
        size_t at = i < WARM_UP ? 0 : i - WARM_UP;

        for (size_t who = 0; who < WHOS; who++) {
            struct outcome *alert = &bench->alerts[who][at];

            if (!bench->there[who])
                continue;
            side_ask(&bench->sides[who], 'a', message, alert);
            if (who == TOCSIN)
                message = alert->message;
            if ((who == TOCSIN || who == BESIDE) &&
                alert->verified != bench->count)
                give_up("a terminal's message does not verify");
            if (bench->sides[who].contender->acknowledge != NULL)
                side_ask(&bench->sides[who], 'k', 0, &bench->answers[who][at]);
        }
    }
    side_ask(&bench->sides[TOCSIN], 's', 0, &bench->syncs);
}

/* ---- figures ------------------------------------------------------------- */

/* The ratio is taken round by round, since the machine's speed drifts. */
static double middle_ratio(const struct bench *bench,
                           const struct outcome ours[],
                           const struct outcome theirs[], enum when when)
{
    double ratios[ROUNDS_MAX];

    for (size_t i = 0; i < bench->rounds; i++)
        ratios[i] = ours[i].ms[when] / theirs[i].ms[when];
    return median(ratios, bench->rounds);
}

static double middle(const struct bench *bench, const struct outcome outcomes[],
                     enum when when)
{
    double values[ROUNDS_MAX];

    for (size_t i = 0; i < bench->rounds; i++)
        values[i] = outcomes[i].ms[when];
    return median(values, bench->rounds);
}

static double fleet_us(const struct bench *bench,
                       const struct outcome outcomes[])
{
    double sum = 0;

    for (size_t i = 0; i < bench->rounds; i++)
        sum += outcomes[i].fleet_ms;
    return sum * 1000 / (double)bench->rounds / (double)bench->count;
}

static double cpu_us(const struct bench *bench, const struct outcome outcomes[])
{
    double sum = 0;

    for (size_t i = 0; i < bench->rounds; i++)
        sum += outcomes[i].cpu_ms;
    return sum * 1000 / (double)bench->rounds / (double)bench->count;
}

/* ---- telling ------------------------------------------------------------- */

/* Without goals where the terminals are elsewhere: then they are not of the
 * whole, and of no use to compare answers. */
static bool tell_goal(const char *what, double value, double goal)
{
    if (terminals_apart) {
        printf("%-46s %6.2f   terminals elsewhere\n", what, value);
        return true;
    }
    printf("%-46s %6.2f   goal %.2f: %s\n", what, value, goal,
           value <= goal ? "met" : "MISSED");
    return value <= goal;
}

static void tell_side(const struct bench *bench, size_t who)
{
    const char *name = names[who];
    const struct outcome *alerts = bench->alerts[who];

    printf("%-7s alert ms: first %.2f median %.2f p99 %.2f last %.2f;"
           " CPU us per terminal %.1f, of the fleet %.1f",
           name, middle(bench, alerts, FIRST), middle(bench, alerts, MEDIAN),
           middle(bench, alerts, P99), middle(bench, alerts, LAST),
           cpu_us(bench, alerts), fleet_us(bench, alerts));
    if (bench->sides[who].contender->acknowledge != NULL)
        printf("; answers ms %.2f, CPU us each %.1f",
               middle(bench, bench->answers[who], LAST),
               cpu_us(bench, bench->answers[who]));
    printf("; %.0f connections/s, %.1f KiB per terminal\n",
           bench->opened[who].handshakes, bench->opened[who].kib);
}

static void write_json(const struct bench *bench)
{
    if (bench->json == NULL)
        return;
    fprintf(bench->json, "{\"terminals\": %zu, \"rounds\": %zu, \"apart\": %s",
            bench->count, bench->rounds, terminals_apart ? "true" : "false");
    for (size_t who = 0; who < WHOS; who++) {
        const struct outcome *alerts = bench->alerts[who];

        if (!bench->there[who])
            continue;
        fprintf(bench->json,
                ", \"%s\": {\"first\": %.3f, \"median\": %.3f, \"p99\": "
                "%.3f, \"last\": %.3f, \"answers\": %.3f, \"handshakes\": "
                "%.1f, \"kib\": %.2f, \"alert_cpu\": %.2f, "
                "\"fleet_cpu\": %.2f, "
                "\"answer_cpu\": %.2f, \"sync\": %.3f}",
                names[who], middle(bench, alerts, FIRST),
                middle(bench, alerts, MEDIAN), middle(bench, alerts, P99),
                middle(bench, alerts, LAST),
                middle(bench, bench->answers[who], LAST),
                bench->opened[who].handshakes, bench->opened[who].kib,
                cpu_us(bench, alerts), fleet_us(bench, alerts),
                cpu_us(bench, bench->answers[who]),
                who == TOCSIN ? bench->syncs.ms[LAST] : 0);
    }
    fprintf(bench->json, "}\n");
}

/* Against another build, how sure is it? The mean of the rounds' ratios, and
 * what that would differ by if it were measured again. */
static void compare(const struct bench *bench, const char *what,
                    const struct outcome ours[], const struct outcome theirs[])
{
    double count = (double)bench->rounds;
    double sum = 0;
    double squares = 0;

    for (size_t i = 0; i < bench->rounds; i++) {
        double ratio = log(ours[i].ms[LAST] / theirs[i].ms[LAST]);

        sum += ratio;
        squares += ratio * ratio;
    }
    sum /= count;
    printf("%-46s %6.3f   +- %.3f (standard error)\n", what, exp(sum),
           sqrt(fmax(squares / count - sum * sum, 0) / count));
}

static void tell_beside(const struct bench *bench)
{
    compare(bench, "last terminal, of the other broker's",
            bench->alerts[TOCSIN], bench->alerts[BESIDE]);
    compare(bench, "answers, of the other broker's", bench->answers[TOCSIN],
            bench->answers[BESIDE]);
}

static bool tell(const struct bench *bench)
{
    const struct outcome *ours = bench->alerts[TOCSIN];
    bool met;

    printf("%zu terminals, %zu rounds, alert of %zu bytes, all opened and "
           "verified\n",
           bench->count, bench->rounds, ours[0].message);
    for (size_t who = 0; who < WHOS; who++)
        if (bench->there[who])
            tell_side(bench, who);
    printf("all ask for their whole picture at once: answered in %.1f ms, %zu "
           "were asked to wait; whole after %.1f ms\n",
           bench->syncs.ms[FIRST], bench->syncs.put_off, bench->syncs.ms[LAST]);
    met = tell_goal("last terminal, of bare libzmq's",
                    middle_ratio(bench, ours, bench->alerts[BARE_ZMQ], LAST),
                    ALERT_GOAL);
    if (bench->there[REDIS]) {
        met = tell_goal("last terminal, of Redis's",
                        middle_ratio(bench, ours, bench->alerts[REDIS], LAST),
                        1.0) &&
              met;
        printf("%-46s %6.2f   nothing sealed, nothing committed\n",
               "the same of bare libzmq, of Redis's",
               middle_ratio(bench, bench->alerts[BARE_ZMQ],
                            bench->alerts[REDIS], LAST));
    }
    met = tell_goal("answers durable and confirmed, of bare's",
                    middle_ratio(bench, bench->answers[TOCSIN],
                                 bench->answers[BARE_ZMQ], LAST),
                    ANSWER_GOAL) &&
          met;
    met = tell_goal("memory per idle terminal, of bare's",
                    bench->opened[TOCSIN].kib / bench->opened[BARE_ZMQ].kib,
                    MEMORY_GOAL) &&
          met;
    if (bench->there[BESIDE])
        tell_beside(bench);
    write_json(bench);
    return met;
}

/* ---- running ------------------------------------------------------------- */

static bool has_redis(void)
{
    return system("command -v redis-server >/dev/null 2>&1") == 0;
}

static void open_sides(struct bench *bench)
{
    static const struct contender *const contenders[WHOS] = {
        &contender_tocsin, &contender_bare, &contender_redis,
        &contender_tocsin};

    for (size_t who = 0; who < WHOS; who++)
        bench->there[who] = true;
    bench->there[REDIS] = has_redis();
    bench->there[BESIDE] = bench->beside != NULL;
    if (!bench->there[REDIS])
        printf("redis-server is not installed: measured without it\n");
    for (size_t who = 0; who < WHOS; who++) {
        if (who == BESIDE && bench->there[who])
            broker_program = bench->beside;
        if (bench->there[who])
            side_start(&bench->sides[who], contenders[who], bench->count);
    }
    for (size_t who = 0; who < WHOS; who++)
        if (bench->there[who])
            side_ask(&bench->sides[who], 'o', 0, &bench->opened[who]);
}

static bool parse(struct bench *bench, int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--apart") == 0) {
        terminals_apart = true;
        argc--;
        argv++;
    }
    if (argc > 2 && strcmp(argv[1], "--beside") == 0) {
        bench->beside = argv[2];
        argc -= 2;
        argv += 2;
    }
    bench->count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    bench->rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 15;
    if (bench->count < 1 || bench->count > 9500 || bench->rounds < 1 ||
        bench->rounds > ROUNDS_MAX || argc > 4)
        return false;
    if (argc == 4)
        bench->json = fopen(argv[3], "ae");
    return argc < 4 || bench->json != NULL;
}

int main(int argc, char **argv)
{
    struct bench *bench = must_calloc(1, sizeof *bench);
    bool met;

    if (!parse(bench, argc, argv)) {
        fprintf(stderr,
                "usage: alert_bench [--apart] [--beside TOCSIND] "
                "[TERMINALS (1..9500) [ROUNDS (1..%d) [JSON-FILE]]]\n"
                "--apart: the terminals have other processors than the server\n"
                "--beside: another build of the broker takes its turn, too\n",
                ROUNDS_MAX);
        return 2;
    }
    keys_start();
    open_sides(bench);
    do_rounds(bench);
    met = tell(bench);
    for (size_t who = 0; who < WHOS; who++)
        if (bench->there[who])
            side_stop(&bench->sides[who]);
    if (bench->json != NULL)
        (void)fclose(bench->json);
    free(bench);
    return met ? 0 : 1;
}
