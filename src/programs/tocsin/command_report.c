/* tocsin report, tocsin target: before anything is out. */
#include <stdlib.h>
#include <string.h>

#include "common/say.h"
#include "common/table.h"
#include "common/words.h"
#include "tocsin/commands.h"
#include "tocsin/filing.h"

static enum outcome send(struct draft *draft, const char *photo)
{
    ProtobufCBinaryData thumbnail = {0, NULL};
    enum outcome outcome = draft_photo(draft, photo, &thumbnail);

    if (outcome == OUTCOME_DONE)
        outcome = filing_send(draft, &thumbnail);
    free(thumbnail.data);
    return outcome;
}

struct report_flags {
    struct alert_flags alert;
    const char *file;
    bool exercise;
};

static enum outcome report(struct session *session,
                           const struct report_flags *flags)
{
    struct draft draft;
    enum outcome outcome = session_open(session);

    if (outcome != OUTCOME_DONE)
        return outcome;
    draft_new(&draft, session);
    if (flags->file != NULL)
        outcome = draft_load(&draft, session, flags->file);
    if (outcome == OUTCOME_DONE) {
        draft.alert.exercise = draft.alert.exercise || flags->exercise;
        outcome = draft_apply(&draft, &flags->alert);
    }
    if (outcome == OUTCOME_DONE)
        outcome = filing_complete(&draft);
    if (outcome == OUTCOME_DONE)
        outcome = send(&draft, flags->alert.photo);
    draft_done(&draft);
    return outcome;
}

enum outcome command_report(struct session *session, int argc, char **argv)
{
    struct report_flags flags = {0};
    const struct option_row rows[] = {
        ALERT_ROWS(&flags.alert),
        {.name = "file",
         .value = "FILE",
         .text = &flags.file,
         .help = "an Alert in JSON (proto/README.md); flags go before it"},
        {.name = "exercise",
         .flag = &flags.exercise,
         .help = "a drill, marked so on every screen"}};
    struct command_line line = {
        .usage = "tocsin report --sex SEX --age AGE --seen... --seen-time TIME "
                 "[options]",
        .about = "Files a case and raises its alert. Without target flags it "
                 "reaches all nodes within\n100 km of where the child was last "
                 "seen, within 200, 300 and 500 km after one, two\nand three "
                 "hours, and airports, stations and ports as soon as the child "
                 "can be there.\nPrints the case, the alert and how many nodes "
                 "must have it now.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session)};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    return go ? report(session, &flags) : outcome;
}

/* ---- whom a target would reach ---- */

static void print_kinds(const Tocsin__V1__Reach *reach)
{
    static const char *const heads[] = {"KIND", ">NODES"};
    struct table *table = table_new(heads, 2);

    say("%u nodes, on %u topics", reach->nodes, reach->topics);
    for (size_t i = 0; i < reach->n_kinds; i++) {
        table_cell(table, "%s", word_text(words_kind, reach->kinds[i]->kind));
        table_cell(table, "%u", reach->kinds[i]->nodes);
    }
    table_print(table, stdout);
    table_free(table);
}

static void print_list(const Tocsin__V1__Reach *reach)
{
    static const char *const heads[] = {"NODE", "KIND", "DIVISION", "NAME",
                                        "ENGLISH"};
    struct table *table = table_new(heads, 5);

    for (size_t i = 0; i < reach->n_list; i++) {
        const Tocsin__V1__NodeState *node = reach->list[i];

        table_cell(table, "%s", node->node);
        table_cell(table, "%s", word_text(words_kind, node->kind));
        table_cell(table, "%s", node->division);
        table_cell(table, "%s", node->name);
        table_cell(table, "%s", node->name_en);
    }
    table_print(table, stdout);
    table_free(table);
}

static enum page take_reach(struct session *session,
                            Tocsin__V1__Request *request,
                            const Tocsin__V1__Reply *reply,
                            ProtobufCMessage **whole)
{
    Tocsin__V1__Reach page;

    if (reply->body_case != TOCSIN__V1__REPLY__BODY_REACH)
        return PAGE_STRANGE;
    page = *reply->reach;
    if (*whole != NULL)
        page.n_kinds = page.n_unknown_divisions = 0; /* each brings them */
    page_append(whole, &page.base);
    if (!page.more)
        return PAGE_LAST;
    if (page.n_list == 0)
        return PAGE_STRANGE;
    request->resolve_target->after =
        pool_text(&session->pool, page.list[page.n_list - 1]->node);
    return PAGE_MORE;
}

static enum outcome target(struct session *session,
                           const struct target_flags *flags, bool list)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ResolveTarget question = TOCSIN__V1__RESOLVE_TARGET__INIT;
    Tocsin__V1__Target wanted = TOCSIN__V1__TARGET__INIT;
    ProtobufCMessage *whole = NULL;
    enum outcome outcome = target_read(&wanted, flags, &session->pool);

    if (outcome == OUTCOME_DONE)
        outcome = session_open(session);
    request.body_case = TOCSIN__V1__REQUEST__BODY_RESOLVE_TARGET;
    request.resolve_target = &question;
    question.target = &wanted;
    question.list = list;
    if (outcome == OUTCOME_DONE)
        outcome = page_all(session, &request, take_reach, &whole);
    if (outcome == OUTCOME_DONE) {
        const Tocsin__V1__Reach *reach = (Tocsin__V1__Reach *)whole;

        target_warn(reach->unknown_divisions, reach->n_unknown_divisions);
    }
    if (outcome == OUTCOME_DONE && session->json) {
        session_print(whole, false);
    } else if (outcome == OUTCOME_DONE) {
        print_kinds((Tocsin__V1__Reach *)whole);
        if (list)
            print_list((Tocsin__V1__Reach *)whole);
    }
    if (whole != NULL)
        protobuf_c_message_free_unpacked(whole, NULL);
    return outcome;
}

enum outcome command_target(struct session *session, int argc, char **argv)
{
    struct target_flags flags = {0};
    bool list = false;
    const struct option_row rows[] = {
        TARGET_ROWS(&flags),
        {.name = "list", .flag = &list, .help = "name each of the nodes"}};
    struct command_line line = {
        .usage = "tocsin target [--division CODE] [--circle LAT,LON,KM] ...",
        .about = "Whom a target would reach; nothing is sent.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session)};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    if (go &&
        flags.divisions.count + flags.circles.count + flags.polygons.count ==
            0) {
        complain("name an area: --division, --circle or --polygon");
        return OUTCOME_USAGE;
    }
    return go ? target(session, &flags, list) : outcome;
}
