#define _GNU_SOURCE
#include "contender.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

struct order {
    char what;
    size_t message;
};

static void carry_out(const struct contender *contender, void **self,
                      size_t count, const struct order *order,
                      struct outcome *outcome)
{
    switch (order->what) {
    case 'o':
        *self = contender->open(count, outcome);
        return;
    case 'a':
        contender->alert(*self, order->message, outcome);
        return;
    case 'k':
        contender->acknowledge(*self, outcome);
        return;
    case 's':
        contender->sync(*self, outcome);
        return;
    default:
        give_up("an order that makes no sense");
    }
}

_Noreturn static void serve(const struct contender *contender, size_t count,
                            int orders, int outcomes)
{
    struct order order;
    void *self = NULL;

    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    while (read(orders, &order, sizeof order) == sizeof order &&
           order.what != 'q') {
        struct outcome outcome = {0};

        carry_out(contender, &self, count, &order, &outcome);
        if (write(outcomes, &outcome, sizeof outcome) != sizeof outcome)
            break;
    }
    if (self != NULL)
        contender->close(self);
    exit(0);
}

void side_start(struct side *side, const struct contender *contender,
                size_t count)
{
    int orders[2];
    int outcomes[2];

    if (pipe2(orders, O_CLOEXEC) != 0 || pipe2(outcomes, O_CLOEXEC) != 0)
        give_up("pipe");
    (void)fflush(NULL);
    side->contender = contender;
    side->pid = fork();
    if (side->pid == 0) {
        (void)close(orders[1]);
        (void)close(outcomes[0]);
        serve(contender, count, orders[0], outcomes[1]);
    }
    (void)close(orders[0]);
    (void)close(outcomes[1]);
    side->orders = orders[1];
    side->outcomes = outcomes[0];
}

void side_ask(const struct side *side, char what, size_t message,
              struct outcome *outcome)
{
    const struct order order = {.what = what, .message = message};

    if (write(side->orders, &order, sizeof order) != sizeof order ||
        read(side->outcomes, outcome, sizeof *outcome) != sizeof *outcome)
        give_up(side->contender->name);
}

void side_stop(struct side *side)
{
    const struct order order = {.what = 'q'}; /* others hold this pipe, too */

    if (write(side->orders, &order, sizeof order) != sizeof order)
        give_up(side->contender->name);
    (void)close(side->orders);
    (void)waitpid(side->pid, NULL, 0);
    (void)close(side->outcomes);
}

/* ---- figures ------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

void outcome_times(struct outcome *outcome, int64_t *got_us, size_t count,
                   int64_t start_us)
{
    const size_t at[WHENS] = {[FIRST] = 0,
                              [MEDIAN] = count / 2,
                              [P99] = count * 99 / 100,
                              [LAST] = count - 1};

    qsort(got_us, count, sizeof *got_us, by_time);
    for (int i = 0; i < WHENS; i++)
        outcome->ms[i] = (double)(got_us[at[i]] - start_us) / 1000;
}

static double cpu_ms(pid_t pid)
{
    clockid_t clock;
    struct timespec time;

    if (clock_getcpuclockid(pid, &clock) != 0 ||
        clock_gettime(clock, &time) != 0)
        give_up("CPU time");
    return (double)time.tv_sec * 1000 + (double)time.tv_nsec / 1e6;
}

struct effort effort_begin(pid_t server)
{
    return (struct effort){server, cpu_ms(server), cpu_ms(getpid())};
}

void effort_end(const struct effort *effort, struct outcome *outcome)
{
    outcome->cpu_ms = cpu_ms(effort->server) - effort->server_ms;
    outcome->fleet_ms = cpu_ms(getpid()) - effort->fleet_ms;
}

/* ---- terminals elsewhere ------------------------------------------------- */

bool terminals_apart;

void note_arrivals(int fd)
{
    int on = 1;

    if (terminals_apart &&
        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0)
        give_up("the kernel notes no arrivals");
}

/* The kernel's stamp is of the wall clock. */
static int64_t arrival_us(struct msghdr *message, int64_t now_us)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
         part = CMSG_NXTHDR(message, part)) {
        struct timespec came;
        struct timespec now;

        if (part->cmsg_level != SOL_SOCKET ||
            part->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        memcpy(&came, CMSG_DATA(part), sizeof came);
        (void)clock_gettime(CLOCK_REALTIME, &now);
        return now_us - ((now.tv_sec - came.tv_sec) * 1000000 +
                         (now.tv_nsec - came.tv_nsec) / 1000);
    }
    return now_us;
}

ssize_t receive(int fd, void *room, size_t size, int64_t *at_us)
{
    char control[256];
    struct iovec vector = {room, size};
    struct msghdr message = {.msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t got = terminals_apart ? recvmsg(fd, &message, MSG_DONTWAIT)
                                  : recv(fd, room, size, MSG_DONTWAIT);

    *at_us = clock_monotonic_us();
    if (got > 0 && terminals_apart)
        *at_us = arrival_us(&message, *at_us);
    return got;
}

/* ---- turns --------------------------------------------------------------- */

#define REST_US 20000   /* for so long */
#define REST_CPU_MS 0.2 /* no more than this */

void await_rest(pid_t server)
{
    double before;

    do {
        before = cpu_ms(server);
        (void)usleep(REST_US);
    } while (cpu_ms(server) - before > REST_CPU_MS);
}

void stand_still(pid_t server)
{
    if (kill(server, SIGSTOP) != 0)
        give_up("a server is gone");
}

void go_on(pid_t server)
{
    if (kill(server, SIGCONT) != 0)
        give_up("a server is gone");
}

double process_kib(pid_t pid)
{
    char path[40];
    unsigned long pages = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    file = fopen(path, "re");
    if (file == NULL || fscanf(file, "%*u %lu", &pages) != 1)
        give_up("memory");
    (void)fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1024;
}
