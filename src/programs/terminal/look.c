/* list, show, status: what is in the store. */
#include <stdio.h>
#include <unistd.h>

#include "common/numbers.h"
#include "common/say.h"
#include "common/table.h"
#include "common/words.h"
#include "terminal/item.h"
#include "terminal/terminal.h"

/* ---- list -------------------------------------------------------------------
 */

/* In words where the centre gave some. */
static void place_cell(struct table *table, const struct tocsin_item *item)
{
    const Tocsin__V1__Place *place =
        item->alert == NULL ? NULL : item->alert->last_seen->place;

    if (place == NULL)
        table_cell(table, "-");
    else if (place->text[0] != '\0')
        table_cell(table, "%s", place->text);
    else
        table_cell(table, "%.4f,%.4f", place->point->latitude,
                   place->point->longitude);
}

static int list_row(void *arg, const struct tocsin_item *item)
{
    struct table *table = arg;
    char text[200];

    table_cell(table, "%s", item_kind(item));
    table_cell(table, "%s", item->case_number);
    table_cell(table, "%s", item->alert_id);
    table_cell(table, "%u", item->revision);
    table_cell(table, "%s%s", word_text(words_state, (int)item->state),
               !item->for_us ? ", not for us"
               : item->waits ? ", waits for its ring"
                             : "");
    item_child(item, text, sizeof text);
    table_cell(table, "%s", text);
    place_cell(table, item);
    table_cell(table, "%s",
               duration_text(time_now_ms() - item->received_ms, text));
    table_cell(table, "%s", word_text(words_rung, (int)item->rung));
    return 1;
}

static int list_json(void *arg, const struct tocsin_item *item)
{
    json_array_append_new(arg, item_json(item));
    return 1;
}

static const char *where(const struct tocsin_standing *standing)
{
    return standing->disk_full ? "disk" : "screen";
}

static enum tocsin_status list_table(struct tocsin_store *store, bool all,
                                     struct tocsin_diag *why)
{
    static const char *const heads[] = {"kind",      "case",  "alert",
                                        ">rev",      "state", "child",
                                        "last seen", ">age",  "answered"};
    struct tocsin_standing standing;
    struct table *table = table_new(heads, sizeof heads / sizeof heads[0]);
    char text[STANDING_TEXT_MAX];
    enum tocsin_status status = tocsin_store_standing(store, &standing, why);

    if (status == TOCSIN_OK)
        status = tocsin_store_list(store, all, list_row, table, why);
    if (status == TOCSIN_OK) {
        standing_sentence(&standing, text, sizeof text);
        say("%u alerts on the %s; %s", standing.live, where(&standing), text);
        table_print(table, stdout);
    }
    table_free(table);
    return status;
}

int command_list(int argc, char **argv, struct shared_options *shared)
{
    bool all = false;
    const struct option_row rows[] = {
        {.name = "all",
         .help = "ended ones too, and those for other nodes",
         .flag = &all}};
    struct command_line line = {.usage = "tocsin-terminal list [--all]",
                                .about = "The alerts on this node's screen, "
                                         "newest first.",
                                .own = OPTION_TABLE(rows),
                                .shared = shared_table(shared)};
    struct place place;
    struct tocsin_diag why = {0};
    enum parsed parsed = options_parse(&line, argc, argv);
    enum tocsin_status status;
    enum outcome outcome;

    if (parsed != PARSED_GO)
        return parsed == PARSED_DONE ? OUTCOME_DONE : OUTCOME_USAGE;
    outcome = place_open(&place, shared);
    if (outcome != OUTCOME_DONE)
        return (int)outcome;
    if (shared->json) {
        json_t *json = json_array();

        warn_of_full_disk(place.store);
        status = tocsin_store_list(place.store, all, list_json, json, &why);
        json_print(json);
    } else {
        status = list_table(place.store, all, &why);
    }
    place_close(&place);
    return status == TOCSIN_OK ? OUTCOME_DONE
                               : (int)outcome_say(status, &why, "list");
}

/* ---- show -------------------------------------------------------------------
 */

struct showing {
    bool json;
    bool unseen; /* this revision was never on a screen */
    uint32_t revision;
};

static int show_item(void *arg, const struct tocsin_item *item)
{
    struct showing *showing = arg;

    showing->revision = item->revision;
    showing->unseen =
        item->rung < TOCSIN__V1__RUNG__RUNG_SHOWN &&
        item->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE &&
        item->for_us;
    if (showing->json)
        json_print(item_json(item));
    else
        item_print(item);
    return 0;
}

/* A person had it before the eyes: that is what SHOWN means. */
static enum tocsin_status say_shown(struct tocsin_store *store,
                                    const char *alert, uint32_t revision,
                                    struct tocsin_diag *why)
{
    Tocsin__V1__Answer answer = TOCSIN__V1__ANSWER__INIT;
    uint8_t answer_id[16];

    answer.rung = TOCSIN__V1__RUNG__RUNG_SHOWN;
    answer.revision = revision;
    return tocsin_store_answer(store, alert, &answer, answer_id, why);
}

int command_show(int argc, char **argv, struct shared_options *shared)
{
    struct command_line line = {
        .usage = "tocsin-terminal show ALERT",
        .about = "ALERT is an alert's id, its case number, or the beginning "
                 "of its id.\nOn a terminal this also answers that the alert "
                 "was shown.",
        .shared = shared_table(shared),
        .word_min = 1,
        .word_max = 1};
    struct showing showing = {0};
    struct place place;
    struct tocsin_diag why = {0};
    enum parsed parsed = options_parse(&line, argc, argv);
    enum tocsin_status status;
    enum outcome outcome;

    if (parsed != PARSED_GO)
        return parsed == PARSED_DONE ? OUTCOME_DONE : OUTCOME_USAGE;
    outcome = place_open(&place, shared);
    if (outcome != OUTCOME_DONE)
        return (int)outcome;
    warn_of_full_disk(place.store);
    showing.json = shared->json;
    status = tocsin_store_show(place.store, line.words[0], show_item, &showing,
                               &why);
    if (status == TOCSIN_OK && showing.unseen && !shared->json &&
        isatty(STDOUT_FILENO))
        status = say_shown(place.store, line.words[0], showing.revision, &why);
    place_close(&place);
    return status == TOCSIN_OK ? OUTCOME_DONE
                               : (int)outcome_say(status, &why, "show");
}

/* ---- status -----------------------------------------------------------------
 */

/* Alerts on the screen that nobody has written in our language. */
static int count_fallback(void *arg, const struct tocsin_item *item)
{
    *(int *)arg += item_falls_back(item);
    return 1;
}

static void status_json(const char *node,
                        const struct tocsin_standing *standing, int fallbacks)
{
    char epoch[33] = "";

    for (size_t i = 0; i < sizeof standing->epoch; i++)
        snprintf(epoch + 2 * i, 3, "%02x", standing->epoch[i]);
    json_print(json_pack(
        "{ss sb sb sb sb sb sb sI sI ss sI sI sI si si si si sI sI sI si}",
        "node", node, "running", (int)standing->running, "otherVersion",
        (int)standing->other_version, "diskFull", (int)standing->disk_full,
        "connected", (int)standing->connected, "complete",
        (int)standing->complete, "revoked", (int)standing->revoked, "pictureMs",
        (json_int_t)standing->picture_ms, "startedMs",
        (json_int_t)standing->started_ms, "epoch", epoch, "head",
        (json_int_t)standing->head, "generation",
        (json_int_t)standing->generation, "clockSkewMs",
        (json_int_t)standing->clock_skew_ms, "live", (int)standing->live,
        "waiting", (int)standing->waiting, "refused", (int)standing->refused,
        "fallbacks", fallbacks, "rejected", (json_int_t)standing->rejected,
        "unopened", (json_int_t)standing->unopened, "gaps",
        (json_int_t)standing->gaps, "pictures", (int)standing->photographs));
}

static void status_lines(const char *node,
                         const struct tocsin_standing *standing, int fallbacks)
{
    char text[STANDING_TEXT_MAX];

    standing_sentence(standing, text, sizeof text);
    say("%s: %s", node, text);
    say("  daemon         %s", !standing->running        ? "not running"
                               : standing->other_version ? "another version"
                                                         : "running");
    say("  field desk     %s", standing->other_version ? "not known"
                               : standing->connected   ? "answers"
                                                       : "does not answer");
    say("  alerts         %u on the %s, %d not in our language", standing->live,
        where(standing), fallbacks);
    say("  answers        %u waiting, %u refused, %u pictures waiting",
        standing->waiting, standing->refused, standing->photographs);
    say("  picture        up to %llu, keys of generation %u",
        (unsigned long long)standing->head, standing->generation);
    say("  clock          the centre's is %+.1f s from ours",
        (double)standing->clock_skew_ms / 1000);
    say("  refused        %llu documents whose proof failed, %llu messages "
        "that no key opened",
        (unsigned long long)standing->rejected,
        (unsigned long long)standing->unopened);
    say("  gaps           %llu noticed", (unsigned long long)standing->gaps);
}

int command_status(int argc, char **argv, struct shared_options *shared)
{
    struct command_line line = {.usage = "tocsin-terminal status",
                                .about = "How fresh this node's picture is, "
                                         "and what waits to be sent.",
                                .shared = shared_table(shared)};
    int fallbacks = 0;
    struct tocsin_standing standing;
    struct place place;
    struct tocsin_diag why = {0};
    enum parsed parsed = options_parse(&line, argc, argv);
    enum tocsin_status status;
    enum outcome outcome;

    if (parsed != PARSED_GO)
        return parsed == PARSED_DONE ? OUTCOME_DONE : OUTCOME_USAGE;
    outcome = place_open(&place, shared);
    if (outcome != OUTCOME_DONE)
        return (int)outcome;
    status = tocsin_store_standing(place.store, &standing, &why);
    if (status == TOCSIN_OK)
        status = tocsin_store_list(place.store, false, count_fallback,
                                   &fallbacks, &why);
    if (status == TOCSIN_OK && shared->json)
        status_json(tocsin_bundle_id(place.bundle), &standing, fallbacks);
    else if (status == TOCSIN_OK)
        status_lines(tocsin_bundle_id(place.bundle), &standing, fallbacks);
    place_close(&place);
    return status == TOCSIN_OK ? OUTCOME_DONE
                               : (int)outcome_say(status, &why, "status");
}
