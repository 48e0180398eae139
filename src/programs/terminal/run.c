/* run: the daemon. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/numbers.h"
#include "common/say.h"
#include "terminal/hook.h"
#include "terminal/item.h"
#include "terminal/shown.h"
#include "terminal/terminal.h"

#define STEP_MS 100
#define OFFLINE_AFTER_MS 3000

struct daemon_state {
    struct place place;
    struct tocsin_terminal *terminal;
    struct hook *hook;
    struct shown *shown; /* with it */
    bool said_ready;
    bool said_offline;
    int64_t started_ms;
};

static volatile sig_atomic_t stopping;

static void stop(int signal_number)
{
    (void)signal_number;
    stopping = 1;
}

static void watch_signals(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = stop;
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &action, NULL);
    (void)sigaction(SIGHUP, &action, NULL); /* its shell was closed */
}

/* Whoever does not read the log holds up no alert. */
static bool log_is_read(void)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};

    return poll(&out, 1, 0) != 0;
}

static void log_line(void *arg, const char *level, const char *event,
                     const char *text)
{
    static unsigned dropped; /* one thread logs */
    struct timespec now;
    struct tm parts;
    char time[40];

    (void)arg;
    if (!log_is_read()) {
        dropped++;
        return;
    }
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &parts);
    (void)strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%S", &parts);
    if (dropped > 0)
        say_to(stderr, "%s.%03ldZ warn log.dropped lines=%u", time,
               now.tv_nsec / 1000000, dropped);
    dropped = 0;
    say_to(stderr, "%s.%03ldZ %s %s %s", time, now.tv_nsec / 1000000, level,
           event, text);
}

static void log_job(const char *level, const char *event,
                    const struct hook_job *job, const char *text)
{
    char line[300];

    snprintf(line, sizeof line, "alert=%s revision=%u %.200s", job->alert_id,
             job->revision, text);
    log_line(NULL, level, event, line);
}

/* ---- the command on alerts ---- */

static void hook_done(void *arg, const struct hook_job *job, int status,
                      bool killed)
{
    struct daemon_state *state = arg;
    char text[60];

    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        log_job("info", "command.done", job, "exit=0");
        shown_say(state->shown, job);
        return;
    }
    if (killed)
        snprintf(text, sizeof text, "reason=\"took too long\"");
    else if (WIFEXITED(status))
        snprintf(text, sizeof text, "exit=%d", WEXITSTATUS(status));
    else
        snprintf(text, sizeof text, "signal=%d", WTERMSIG(status));
    log_job("warn", "command.failed", job, text);
}

static void hook_failed(void *arg, const struct hook_job *job, const char *why)
{
    (void)arg;
    log_job("error", "command.failed", job, why);
}

/* It would be told at every start for ever. */
static void hook_given_up(void *arg, const struct hook_job *job)
{
    struct daemon_state *state = arg;

    log_job("error", "command.given_up", job, "change=ENDED");
    shown_say(state->shown, job);
}

static void run_hook(struct daemon_state *state, enum tocsin_change change,
                     const struct tocsin_item *item)
{
    struct hook_job job = {.change = change, .revision = item->revision};

    if (state->hook == NULL)
        return;
    snprintf(job.alert_id, sizeof job.alert_id, "%s", item->alert_id);
    hook_add(state->hook, &job, item_json(item));
}

static void changed(void *arg, enum tocsin_change change,
                    const struct tocsin_item *item)
{
    char text[120];

    if (change == TOCSIN_STANDING_CHANGED || change == TOCSIN_PICTURE_CAME)
        return;
    snprintf(text, sizeof text, "alert=%s revision=%u change=%s%s",
             item->alert_id, item->revision, hook_word(change),
             item->exercise ? " EXERCISE" : "");
    log_line(NULL, "info", "screen.changed", text);
    if (change != TOCSIN_ALERT_ENDED && item_falls_back(item))
        log_line(NULL, "info", "text.fallback", text);
    run_hook(arg, change, item);
}

/* The daemon or the command was ended too early. */
static void tell_untold(void *arg, enum tocsin_change change,
                        const struct tocsin_item *item)
{
    run_hook(arg, change, item);
}

/* ---- the loop ---- */

static void say_first(struct daemon_state *state)
{
    struct tocsin_standing standing;
    const char *node = tocsin_bundle_id(state->place.bundle);

    if (state->said_ready ||
        tocsin_store_standing(state->place.store, &standing, NULL) != TOCSIN_OK)
        return;
    if (standing.connected) {
        say("ready node=%s", node);
        state->said_ready = true;
    } else if (!state->said_offline &&
               time_steady_ms() - state->started_ms >= OFFLINE_AFTER_MS) {
        say("offline node=%s", node);
        state->said_offline = true;
    }
    (void)fflush(stdout);
}

static enum tocsin_status loop(struct daemon_state *state,
                               struct tocsin_diag *why)
{
    enum tocsin_status status = TOCSIN_OK;

    while (!stopping && status == TOCSIN_OK) {
        status = tocsin_terminal_step(state->terminal, STEP_MS, why);
        if (state->hook != NULL) {
            hook_turn(state->hook, time_steady_ms());
            shown_turn(state->shown, time_steady_ms());
        }
        say_first(state);
    }
    return status;
}

/* `enrol --rekey` leaves the bundles before beside the new one. What cannot be
 * sealed anew now, on a full disk, is kept and is at the next start. */
static void reseal(const struct place *place)
{
    struct tocsin_diag why = {0};

    for (int i = 1; i <= TOCSIN_FORMERS_MAX; i++) {
        struct tocsin_bundle *former = NULL;

        if (tocsin_bundle_load_former(&former, place->path, i, NULL) ==
                TOCSIN_OK &&
            strcmp(tocsin_bundle_id(former), tocsin_bundle_id(place->bundle)) ==
                0 &&
            tocsin_store_reseal(place->store, former, &why) != TOCSIN_OK)
            log_line(NULL, "warn", "photographs.of_former_key", why.text);
        tocsin_bundle_free(former);
    }
}

static enum tocsin_status begin(struct daemon_state *state, const char *command,
                                bool pictures, struct tocsin_diag *why)
{
    struct tocsin_terminal_options options = {.changed = changed,
                                              .log = log_line,
                                              .arg = state,
                                              .fetch_pictures = pictures};
    struct hook_events events = {hook_done, hook_failed, hook_given_up, state};
    char software[60];
    enum tocsin_status status;

    snprintf(software, sizeof software, "tocsin-terminal %s", tocsin_version());
    options.software = software;
    state->started_ms = time_steady_ms();
    if (command != NULL) {
        state->hook = hook_new(command, &events);
        state->shown = shown_new(state->place.store, log_job);
    }
    reseal(&state->place);
    status = tocsin_terminal_open(&state->terminal, state->place.store,
                                  &options, why);
    if (status == TOCSIN_OK && state->hook != NULL)
        status =
            tocsin_store_untold(state->place.store, tell_untold, state, why);
    return status;
}

static enum outcome serve(struct daemon_state *state, const char *command,
                          bool pictures)
{
    struct tocsin_diag why = {0};
    enum tocsin_status status;
    char text[100];

    snprintf(text, sizeof text, "node=%s version=%s",
             tocsin_bundle_id(state->place.bundle), tocsin_version());
    log_line(NULL, "info", "terminal.started", text);
    status = begin(state, command, pictures, &why);
    if (status == TOCSIN_OK)
        status = loop(state, &why);
    hook_free(state->hook);
    shown_free(state->shown);
    tocsin_terminal_close(state->terminal);
    log_line(NULL, status == TOCSIN_OK ? "info" : "error", "terminal.stopped",
             status == TOCSIN_OK ? text : why.text);
    return outcome_of(status);
}

int command_run(int argc, char **argv, struct shared_options *shared)
{
    const char *command = NULL;
    bool no_pictures = false;
    const struct option_row rows[] = {
        {.name = "on-alert",
         .value = "COMMAND",
         .help = "run by sh on each change, the alert as JSON on its input",
         .text = &command},
        {.name = "no-pictures",
         .help = "do not fetch full pictures",
         .flag = &no_pictures}};
    struct command_line line = {
        .usage = "tocsin-terminal run [--on-alert COMMAND] [--no-pictures]",
        .about = "Holds the feed: verifies, stores and answers alerts, sends "
                 "what officers said.\nPrints `ready node=ID` when the centre "
                 "answers, `offline node=ID` when it does not\nfor a while. "
                 "Logs on standard error. An exit of 0 of the command on a NEW "
                 "or\nREVISED alert answers that it was shown. It is killed "
                 "after 60 s; what did not end with\n0 is run again, after 1 s "
                 "and then less often, also after a restart.",
        .own = OPTION_TABLE(rows),
        .shared = shared_table(shared)};
    struct daemon_state state = {0};
    enum parsed parsed = options_parse(&line, argc, argv);
    enum outcome outcome;

    if (parsed != PARSED_GO)
        return parsed == PARSED_DONE ? OUTCOME_DONE : OUTCOME_USAGE;
    watch_signals();
    outcome = place_open(&state.place, shared);
    if (outcome == OUTCOME_DONE)
        outcome = serve(&state, command, !no_pictures);
    place_close(&state.place);
    return (int)outcome;
}
