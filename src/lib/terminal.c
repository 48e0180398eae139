/* The daemon: the core between two lines and a store. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/clock.h"
#include "lib/terminal_daemon.h"
#include "lib/terminal_running.h"
#include "lib/terminal_store.h"
#include "link/client.h"
#include "terminal/terminal.h"
#include "wire/topic.h"

#define LOOK_MS 100 /* how often to look for answers of other processes */
#define BEAT_MS 500
#define BUDGET 64 /* messages of one line in one step */
#define FEED_FRAME_MAX (FEED_MESSAGE_MAX + 512)
#define RECONNECT_MS 1000
#define DEAD_MS 10000 /* a checkpoint is blind until it notices */

/* ---- the core's port ---- */

static bool port_send(void *arg, const uint8_t *bytes, size_t size)
{
    struct tocsin_terminal *terminal = arg;

    return line_send(terminal->lines[FIELD], bytes, size);
}

static void port_random(void *arg, void *out, size_t size)
{
    (void)arg;
    randombytes_buf(out, size);
}

static void port_again(void *arg)
{
    struct tocsin_terminal *terminal = arg;

    if (terminal->hooks.say_again != NULL)
        terminal->hooks.say_again(terminal->hooks.arg);
}

void running_note(void *arg, enum log_level level, const char *event,
                  const char *text)
{
    static const char *const words[] = {[LEVEL_DEBUG] = "debug",
                                        [LEVEL_INFO] = "info",
                                        [LEVEL_WARN] = "warn",
                                        [LEVEL_ERROR] = "error"};
    struct tocsin_terminal *terminal = arg;

    if (terminal->options.log != NULL)
        terminal->options.log(terminal->options.arg, words[level], event, text);
}

/* What is only purged in memory is still on the disk: with room there the core
 * is made anew, the broker asks it again, and it is purged there. What somebody
 * reads is still in the log. */
static bool port_purged(void *arg, const char *alert_id)
{
    struct tocsin_terminal *terminal = arg;
    const struct daemon_hooks *hooks = &terminal->hooks;
    const char *reason = "somebody has the store open";
    char text[100];

    if (store_in_memory(terminal->store->inner)) {
        if (store_is_failing(terminal->store->inner))
            reason = "the disk fails";
        else if (!terminal->held)
            reason = "the disk is full";
    } else if (store_has_damaged(terminal->store->inner)) {
        reason = "a damaged file lies beside it";
        (void)store_forgotten(terminal->store->inner);
        if (hooks->purge != NULL)
            hooks->purge(hooks->arg, alert_id);
    } else if (store_forgotten(terminal->store->inner)) {
        terminal->said_unpurged = false;
        return hooks->purged == NULL || hooks->purged(hooks->arg, alert_id);
    }
    if (!terminal->said_unpurged) {
        snprintf(text, sizeof text, "alert=%s reason=\"%s\"", alert_id, reason);
        running_note(terminal, LEVEL_WARN, "purge.postponed", text);
    }
    terminal->said_unpurged = true;
    return false;
}

struct telling {
    struct tocsin_terminal *terminal;
    enum tocsin_change change;
};

static int tell_item(void *arg, const struct tocsin_item *item)
{
    struct telling *telling = arg;
    struct tocsin_terminal *terminal = telling->terminal;

    terminal->options.changed(terminal->options.arg, telling->change, item);
    return 0;
}

static bool tell_stored(void *arg, const struct stored *stored)
{
    struct telling *telling = arg;
    struct tocsin_store *store = telling->terminal->store;
    struct tocsin_item item = store_item_bare(store, stored);

    if (stored->holding.bare && telling->change == TOCSIN_ALERT_ENDED)
        (void)tell_item(telling, &item); /* sealed: nothing else is left */
    else
        (void)store_item(store, stored, tell_item, telling);
    return false;
}

static enum tocsin_change change_of(enum terminal_change change)
{
    switch (change) {
    case TERMINAL_NEW:
        return TOCSIN_ALERT_NEW;
    case TERMINAL_REVISED:
        return TOCSIN_ALERT_REVISED;
    case TERMINAL_ENDED:
        return TOCSIN_ALERT_ENDED;
    case TERMINAL_PICTURE:
        return TOCSIN_PICTURE_CAME;
    case TERMINAL_STANDING:
        break;
    }
    return TOCSIN_STANDING_CHANGED;
}

static void port_changed(void *arg, enum terminal_change change,
                         const char *alert_id)
{
    struct telling telling = {arg, change_of(change)};
    struct tocsin_terminal *terminal = arg;
    struct store_query query = {.alert_id = alert_id, .everything = true};

    struct diag why = {0};

    if (terminal->hooks.changed != NULL) {
        terminal->hooks.changed(terminal->hooks.arg, change, alert_id);
        return;
    }
    if (terminal->options.changed == NULL)
        return;
    if (alert_id == NULL)
        terminal->options.changed(terminal->options.arg, telling.change, NULL);
    else if (store_each(terminal->store->inner, &query, tell_stored, &telling,
                        &why) != STATUS_OK)
        running_note(arg, LEVEL_ERROR, "store.unreadable", why.text);
}

/* ---- opening ---- */

enum status running_open_core(struct tocsin_terminal *terminal,
                              struct diag *why)
{
    const struct bundle *bundle = terminal->store->bundle;
    struct terminal_setup setup = {
        .node = bundle->id,
        .division = bundle->division,
        .place = {.point = {bundle->latitude, bundle->longitude},
                  .has_point = bundle->has_point,
                  .kind = bundle->kind},
        .authority = bundle->authority,
        .key = bundle->has_seed ? &bundle->key : NULL,
        .software = terminal->software,
        .fetch_pictures = terminal->options.fetch_pictures &&
                          !store_in_memory(terminal->store->inner),
        .whole_area = terminal->hooks.whole_area};
    struct terminal_port port = {.arg = terminal,
                                 .send = port_send,
                                 .changed = port_changed,
                                 .purged = port_purged,
                                 .again = port_again,
                                 .note = running_note,
                                 .random = port_random};
    struct terminal_store store;

    store_port(terminal->store->inner, &store);
    terminal->core = terminal_new(&setup, &port, &store);
    return store_load(terminal->store->inner, terminal->core, clock_now(), why);
}

static int64_t picture_of(const struct tocsin_terminal *terminal)
{
    struct terminal_standing standing;

    terminal_standing(terminal->core, clock_now(), &standing);
    return standing.picture_ms;
}

static enum status open_lines(struct tocsin_terminal *terminal,
                              struct diag *why)
{
    const struct bundle *bundle = terminal->store->bundle;
    char topics[OWN_TOPICS][TOPIC_MAX];
    const char *names[OWN_TOPICS];
    struct line_setup feed = {.kind = LINE_FEED,
                              .endpoint = bundle->feed,
                              .broker_key = bundle->broker_key,
                              .key = &bundle->key,
                              .topics = names,
                              .topic_count = OWN_TOPICS,
                              .frame_max = FEED_FRAME_MAX,
                              .reconnect_ms = RECONNECT_MS,
                              .dead_ms = DEAD_MS};
    struct line_setup field = {.kind = LINE_DESK,
                               .endpoint = bundle->field,
                               .broker_key = bundle->broker_key,
                               .key = &bundle->key,
                               .frame_max = DESK_FRAME_MAX,
                               .reconnect_ms = RECONNECT_MS,
                               .dead_ms = DEAD_MS};
    enum status status;

    topics_of(topics, bundle->division);
    for (int i = 0; i < OWN_TOPICS; i++)
        names[i] = topics[i];
    terminal->context = line_context_new();
    status = line_open(&terminal->lines[FEED], terminal->context, &feed, why);
    if (status == STATUS_OK)
        status =
            line_open(&terminal->lines[FIELD], terminal->context, &field, why);
    return status;
}

static enum status open_store(struct tocsin_terminal *terminal,
                              struct diag *why)
{
    enum status status = store_lock(terminal->store->inner, why);

    if (status == STATUS_OK)
        status = running_mend(terminal, why);
    return status == STATUS_FULL ? running_begin_full(terminal, why) : status;
}

enum tocsin_status
terminal_daemon_open(struct tocsin_terminal **out, struct tocsin_store *store,
                     const struct tocsin_terminal_options *options,
                     const struct daemon_hooks *hooks, struct tocsin_diag *why)
{
    struct tocsin_terminal *terminal = must_calloc(1, sizeof *terminal);
    struct diag inner = {0};
    enum status status;

    *out = NULL;
    terminal->store = store;
    terminal->options = *options;
    if (hooks != NULL)
        terminal->hooks = *hooks;
    snprintf(terminal->software, sizeof terminal->software, "%s",
             options->software != NULL ? options->software
                                       : "libtocsin " TOCSIN_VERSION);
    terminal->pulse.started_ms = clock_wall_ms();
    status = open_store(terminal, &inner);
    if (status == STATUS_OK)
        status = running_open_core(terminal, &inner);
    if (status == STATUS_OK)
        terminal->pulse.kept_ms = picture_of(terminal);
    if (status == STATUS_OK)
        status = open_lines(terminal, &inner);
    if (status != STATUS_OK) {
        tocsin_terminal_close(terminal);
        return lib_told(why, status, &inner);
    }
    *out = terminal;
    return TOCSIN_OK;
}

enum tocsin_status
tocsin_terminal_open(struct tocsin_terminal **out, struct tocsin_store *store,
                     const struct tocsin_terminal_options *options,
                     struct tocsin_diag *why)
{
    return terminal_daemon_open(out, store, options, NULL, why);
}

/* ---- a step ---- */

static void wait(struct tocsin_terminal *terminal, int timeout_ms)
{
    struct moment now = clock_now();
    int64_t wait_ms = terminal_wake_ms(terminal->core, now) - now.monotonic_ms;

    if (wait_ms > LOOK_MS)
        wait_ms = LOOK_MS;
    if (wait_ms > timeout_ms)
        wait_ms = timeout_ms;
    line_wait(terminal->lines, LINES, wait_ms < 0 ? 0 : (int)wait_ms);
}

static void hear_line(struct tocsin_terminal *terminal, struct moment now)
{
    const struct line *field = terminal->lines[FIELD];
    enum line_state state = line_state(field);
    unsigned connects = line_connects(field);

    if (connects != terminal->connects && terminal->state == LINE_UP)
        terminal_lost(terminal->core, false, now);
    if (state != LINE_UP && state != terminal->state)
        terminal_lost(terminal->core, state == LINE_REFUSED, now);
    if (state == LINE_UP && connects != terminal->connects)
        terminal_connected(terminal->core, now);
    terminal->state = state;
    terminal->connects = connects;
}

static void take_replies(struct tocsin_terminal *terminal, struct moment now)
{
    struct line_message message;

    for (int i = 0; i < BUDGET; i++) {
        if (!line_receive(terminal->lines[FIELD], &message))
            return;
        if (terminal->hooks.reply == NULL ||
            !terminal->hooks.reply(terminal->hooks.arg, message.body,
                                   message.size, now))
            terminal_reply(terminal->core,
                           (struct blob){message.body, message.size}, now);
    }
}

static void take_feed(struct tocsin_terminal *terminal, struct moment now)
{
    struct line_message message;

    for (int i = 0; i < BUDGET; i++) {
        struct feed_frames frames;

        if (!line_receive(terminal->lines[FEED], &message))
            return;
        frames.topic = (struct blob){message.topic, message.topic_size};
        frames.body = (struct blob){message.body, message.size};
        terminal_feed(terminal->core, &frames, now);
    }
}

enum tocsin_status terminal_daemon_turn(struct tocsin_terminal *terminal,
                                        struct tocsin_diag *why)
{
    struct diag inner = {0};
    struct moment now = clock_now();
    enum status status;

    line_wait(terminal->lines, LINES, 0); /* reads what the monitors say */
    status = running_look_for_room(terminal, now, &inner);
    if (status != STATUS_OK)
        return lib_told(why, status, &inner);
    hear_line(terminal, now);
    take_replies(terminal, now);
    take_feed(terminal, now);
    if (store_answers_came(terminal->store->inner))
        terminal_answers_queued(terminal->core);
    terminal_tick(terminal->core, now);
    status = terminal_settle(terminal->core, now, &inner);
    status = running_settled(terminal, status, now, &inner);
    if (status != STATUS_OK)
        return lib_told(why, status, &inner);
    if (terminal->beat_ms == 0 ||
        now.monotonic_ms - terminal->beat_ms >= BEAT_MS)
        running_beat(terminal, now);
    return TOCSIN_OK;
}

enum tocsin_status tocsin_terminal_step(struct tocsin_terminal *terminal,
                                        int timeout_ms, struct tocsin_diag *why)
{
    wait(terminal, timeout_ms);
    return terminal_daemon_turn(terminal, why);
}

/* ---- a daemon with a loop of its own ---- */

unsigned terminal_daemon_fds(const struct tocsin_terminal *terminal,
                             int fds[DAEMON_FDS])
{
    unsigned made = 0;

    for (int i = 0; i < LINES; i++) {
        line_fds(terminal->lines[i], fds + 2 * (size_t)i);
        made += line_made(terminal->lines[i]);
    }
    return made;
}

int terminal_daemon_wait_ms(const struct tocsin_terminal *terminal)
{
    struct moment now = clock_now();
    int64_t wait_ms = terminal_wake_ms(terminal->core, now) - now.monotonic_ms;

    for (int i = 0; i < LINES; i++) {
        if (line_ready(terminal->lines[i]))
            return 0;
    }
    if (wait_ms > LOOK_MS)
        return LOOK_MS;
    return wait_ms < 0 ? 0 : (int)wait_ms;
}

bool terminal_daemon_send(struct tocsin_terminal *terminal,
                          const uint8_t *bytes, size_t size)
{
    return line_send(terminal->lines[FIELD], bytes, size);
}

unsigned terminal_daemon_connects(const struct tocsin_terminal *terminal,
                                  bool *up)
{
    *up = terminal->state == LINE_UP;
    return terminal->connects;
}

const struct terminal *
terminal_daemon_core(const struct tocsin_terminal *terminal)
{
    return terminal->core;
}

void tocsin_terminal_close(struct tocsin_terminal *terminal)
{
    struct moment now = clock_now();

    if (terminal == NULL)
        return;
    for (int i = 0; i < LINES; i++)
        line_close(terminal->lines[i]);
    line_context_free(terminal->context);
    if (terminal->core != NULL && terminal->beat_ms != 0) {
        terminal_save(terminal->core, now);
        running_beat(terminal, now);
    }
    terminal_free(terminal->core);
    free(terminal);
}
