/* tocsin alerts: what is out, newest first. */
#include <string.h>

#include "common/numbers.h"
#include "common/say.h"
#include "common/table.h"
#include "common/words.h"
#include "tocsin/commands.h"

/* What is asked for, the first of a request. */
struct listing {
    Tocsin__V1__ListAlerts ask;
    uint64_t up_to; /* from here on it is there already */
};

static enum page take_alerts(struct session *session,
                             Tocsin__V1__Request *request,
                             const Tocsin__V1__Reply *reply,
                             ProtobufCMessage **whole)
{
    struct listing *listing = (struct listing *)request->list_alerts;
    const Tocsin__V1__AlertList *page;

    (void)session;
    if (reply->body_case != TOCSIN__V1__REPLY__BODY_ALERT_LIST)
        return PAGE_STRANGE;
    page = reply->alert_list;
    page_append(whole, &page->base);
    if (!page->more)
        return PAGE_LAST;
    if (page->n_alerts == 0)
        return PAGE_STRANGE;
    if (page->alerts[page->n_alerts - 1]->sequence <= listing->up_to)
        return PAGE_LAST;
    listing->ask.before = page->alerts[page->n_alerts - 1]->sequence;
    return PAGE_MORE;
}

static void drop_second(Tocsin__V1__AlertList *list, size_t newer)
{
    size_t count = newer;

    for (size_t i = newer; i < list->n_alerts; i++) {
        size_t j = 0;

        while (j < newer && strcmp(list->alerts[j]->alert_id,
                                   list->alerts[i]->alert_id) != 0)
            j++;
        if (j == newer)
            list->alerts[count++] = list->alerts[i];
        else
            tocsin__v1__alert_summary__free_unpacked(list->alerts[i], NULL);
    }
    list->n_alerts = count;
}

/* Whichever changes goes to the front; had it not come yet, it is on none of
 * the later pages. So the front is looked at again, until it is one page. */
static enum outcome look_again(struct session *session,
                               Tocsin__V1__Request *request,
                               ProtobufCMessage **whole)
{
    struct listing *listing = (struct listing *)request->list_alerts;
    enum outcome outcome = OUTCOME_DONE;

    while (outcome == OUTCOME_DONE && listing->ask.before != 0) {
        Tocsin__V1__AlertList *list = (Tocsin__V1__AlertList *)*whole;
        ProtobufCMessage *front;

        listing->up_to = list->n_alerts > 0 ? list->alerts[0]->sequence : 0;
        listing->ask.before = 0;
        outcome = page_all(session, request, take_alerts, &front);
        if (front == NULL)
            break;
        list = (Tocsin__V1__AlertList *)front;
        if (outcome == OUTCOME_DONE) {
            size_t newer = list->n_alerts;

            page_append(&front, *whole);
            drop_second((Tocsin__V1__AlertList *)front, newer);
        }
        protobuf_c_message_free_unpacked(*whole, NULL);
        *whole = front;
    }
    return outcome;
}

static void print_alerts(const Tocsin__V1__AlertList *list)
{
    static const char *const heads[] = {"CASE",  "ALERT",    ">REV",
                                        "STATE", "REPORTED", ">NODES",
                                        ">HELD", ">READ",    ">SEEN"};
    struct table *table = table_new(heads, 9);
    char text[TIME_TEXT_MAX];

    for (size_t i = 0; i < list->n_alerts; i++) {
        const Tocsin__V1__AlertSummary *alert = list->alerts[i];
        const Tocsin__V1__Progress *progress = alert->progress;

        table_cell(table, "%s", alert->case_number);
        table_cell(table, "%s", alert->alert_id);
        table_cell(table, "%u", alert->revision);
        table_cell(table, "%s%s", word_text(words_state, alert->state),
                   alert->exercise ? ", exercise" : "");
        table_cell(table, "%s", time_text(alert->reported_ms, text));
        table_cell(table, "%u", progress == NULL ? 0 : progress->nodes);
        table_cell(table, "%u", progress == NULL ? 0 : progress->held);
        table_cell(table, "%u", progress == NULL ? 0 : progress->read);
        table_cell(table, "%u", alert->sightings);
    }
    table_print(table, stdout);
    table_free(table);
    say_to(stderr, "%zu alerts", list->n_alerts);
}

static enum outcome alerts(struct session *session, bool all)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    struct listing list = {TOCSIN__V1__LIST_ALERTS__INIT, 0};
    ProtobufCMessage *whole = NULL;
    enum outcome outcome = session_open(session);

    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_ALERTS;
    request.list_alerts = &list.ask;
    list.ask.ended = all;
    if (outcome == OUTCOME_DONE)
        outcome = page_all(session, &request, take_alerts, &whole);
    if (outcome == OUTCOME_DONE)
        outcome = look_again(session, &request, &whole);
    if (outcome == OUTCOME_DONE && session->json)
        session_print(whole, false);
    else if (outcome == OUTCOME_DONE)
        print_alerts((Tocsin__V1__AlertList *)whole);
    if (whole != NULL)
        protobuf_c_message_free_unpacked(whole, NULL);
    return outcome;
}

enum outcome command_alerts(struct session *session, int argc, char **argv)
{
    bool all = false;
    const struct option_row rows[] = {
        {.name = "all",
         .flag = &all,
         .help = "withdrawn and expired ones too"}};
    struct command_line line = {.usage = "tocsin alerts [--all]",
                                .about = "What is out, newest first.",
                                .own = OPTION_TABLE(rows),
                                .shared = session_options(session)};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    return go ? alerts(session, all) : outcome;
}
