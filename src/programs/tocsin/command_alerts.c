/* tocsin alerts: what is out, newest first. */
#include "common/numbers.h"
#include "common/say.h"
#include "common/table.h"
#include "common/words.h"
#include "tocsin/commands.h"

static enum page take_alerts(struct session *session,
                             Tocsin__V1__Request *request,
                             const Tocsin__V1__Reply *reply,
                             ProtobufCMessage **whole)
{
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
    request->list_alerts->before = page->alerts[page->n_alerts - 1]->sequence;
    return PAGE_MORE;
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
    Tocsin__V1__ListAlerts list = TOCSIN__V1__LIST_ALERTS__INIT;
    ProtobufCMessage *whole = NULL;
    enum outcome outcome = session_open(session);

    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_ALERTS;
    request.list_alerts = &list;
    list.ended = all;
    if (outcome == OUTCOME_DONE)
        outcome = page_all(session, &request, take_alerts, &whole);
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
