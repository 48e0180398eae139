/* tocsin found, likely: children of unknown origin, and whose they may be. */
#include <stdlib.h>
#include <string.h>

#include "common/found_draft.h"
#include "common/numbers.h"
#include "common/say.h"
#include "tocsin/commands.h"
#include "tocsin/found_print.h"

/* ---- register, correct ---- */

static enum outcome prepare(struct session *session,
                            Tocsin__V1__FoundChild *content)
{
    struct tocsin_diag why = {0};
    enum tocsin_status status;
    char found_id[27];
    uint8_t *request;
    size_t size;

    if (content->found_id[0] == '\0') {
        tocsin_found_id(found_id);
        content->found_id = found_id;
    }
    status =
        tocsin_found_prepare(&request, &size, content, session->bundle, &why);
    return status == TOCSIN_OK
               ? found_send(session, request, size, content->found_id)
               : outcome_say(status, &why, NULL);
}

static enum outcome file(struct session *session,
                         const struct found_flags *flags)
{
    struct found_draft draft;
    enum outcome outcome = found_draft_read(&draft, flags, NULL);

    if (outcome == OUTCOME_DONE)
        outcome = session_open(session);
    if (outcome == OUTCOME_DONE)
        outcome = prepare(session, &draft.content);
    found_draft_done(&draft);
    return outcome;
}

/* The next revision of what stands there, but for what the options say. */
static enum outcome correct(struct session *session, const char *found,
                            const struct found_flags *flags)
{
    const Tocsin__V1__FoundDetail *detail;
    Tocsin__V1__FoundChild *before = NULL;
    struct found_draft draft = {0};
    enum outcome outcome = session_open(session);

    if (outcome == OUTCOME_DONE)
        outcome = found_ask(session, found, &detail);
    if (outcome == OUTCOME_DONE) {
        before = tocsin_found_open(detail->document);
        if (before == NULL) {
            complain("%s is sealed, or cannot be read", found);
            outcome = OUTCOME_REFUSED;
        }
    }
    if (outcome == OUTCOME_DONE)
        outcome = found_draft_read(&draft, flags, before);
    if (outcome == OUTCOME_DONE) {
        draft.content.found_id = before->found_id;
        draft.content.revision = before->revision + 1;
        draft.content.at_ms = 0;
        outcome = prepare(session, &draft.content);
    }
    found_draft_done(&draft);
    tocsin_found_free(before);
    return outcome;
}

static enum outcome found_register(struct session *session, int argc,
                                   char **argv)
{
    struct found_flags flags = {0};
    struct option_row rows[FOUND_ROW_COUNT];
    bool is_correction = strcmp(argv[0], "correct") == 0;
    struct command_line line = {
        .usage = is_correction
                     ? "tocsin found correct FOUND [options]"
                     : "tocsin found register [--file FILE] --officer NO "
                       "--sex SEX --age AGE --found TIME --keeper NAME "
                       "--keeper-division CODE [options]",
        .about = "A child of unknown origin, as it is seen now, where it was "
                 "found, and which institution\nhas it. It is compared with "
                 "the children who are missed; tocsin found show tells.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session),
        .word_min = is_correction,
        .word_max = is_correction};
    enum outcome outcome;
    bool go;

    found_rows(rows, &flags);
    outcome = command_begin(&line, argc, argv, &go);
    if (!go)
        return outcome;
    return is_correction ? correct(session, line.words[0], &flags)
                         : file(session, &flags);
}

/* ---- list, show ---- */

static enum page take_list(struct session *session,
                           Tocsin__V1__Request *request,
                           const Tocsin__V1__Reply *reply,
                           ProtobufCMessage **whole)
{
    const Tocsin__V1__FoundList *page;

    (void)session;
    if (reply->body_case != TOCSIN__V1__REPLY__BODY_FOUND_LIST)
        return PAGE_STRANGE;
    page = reply->found_list;
    page_append(whole, &page->base);
    if (!page->more)
        return PAGE_LAST;
    if (page->n_found == 0)
        return PAGE_STRANGE;
    request->list_found->before = page->found[page->n_found - 1]->sequence;
    return PAGE_MORE;
}

static enum outcome found_list(struct session *session, int argc, char **argv)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ListFound list = TOCSIN__V1__LIST_FOUND__INIT;
    ProtobufCMessage *whole = NULL;
    bool all = false;
    const struct option_row rows[] = {
        {.name = "all",
         .flag = &all,
         .help = "identified, closed and sealed ones too"}};
    struct command_line line = {
        .usage = "tocsin found list [--all]",
        .about = "The children of unknown origin of this jurisdiction that "
                 "nobody has identified yet, newest first.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session)};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    if (!go)
        return outcome;
    list.closed = all;
    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_FOUND;
    request.list_found = &list;
    outcome = session_open(session);
    if (outcome == OUTCOME_DONE)
        outcome = page_all(session, &request, take_list, &whole);
    if (outcome == OUTCOME_DONE && session->json)
        session_print(whole, false);
    else if (outcome == OUTCOME_DONE)
        found_print_list((Tocsin__V1__FoundList *)whole);
    if (whole != NULL)
        protobuf_c_message_free_unpacked(whole, NULL);
    return outcome;
}

static enum outcome found_show(struct session *session, int argc, char **argv)
{
    struct command_line line = {
        .usage = "tocsin found show FOUND",
        .about = "FOUND: its id, or the beginning of that (4 letters or "
                 "more). What was registered, what became of\nit, and which "
                 "cases it may be of, best first, with what speaks for and "
                 "against each.",
        .shared = session_options(session),
        .word_min = 1,
        .word_max = 1};
    const Tocsin__V1__FoundDetail *detail;
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    if (!go)
        return outcome;
    outcome = session_open(session);
    if (outcome == OUTCOME_DONE)
        outcome = found_ask(session, line.words[0], &detail);
    if (outcome == OUTCOME_DONE && session->json)
        session_print(&detail->base, false);
    else if (outcome == OUTCOME_DONE)
        found_print(detail);
    return outcome;
}

/* ---- all ---- */

enum outcome command_found(struct session *session, int argc, char **argv)
{
    static const struct {
        const char *name;
        command_run *run;
    } verbs[] = {{"register", found_register},
                 {"correct", found_register},
                 {"list", found_list},
                 {"show", found_show},
                 {"resolve", found_resolve}};
    struct command_line line = {
        .usage = "tocsin found register|correct|list|show|resolve [options]",
        .about = "Children of unknown origin: picked up at a station, left in "
                 "a hospital, rescued from a buyer.\nEach of these has its own "
                 "--help.",
        .shared = session_options(session)};
    enum parsed parsed;
    int at;

    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].run(session, argc - 1, argv + 1);
    }
    parsed = options_before(&line, argc, argv, &at);
    if (parsed == PARSED_DONE)
        return OUTCOME_DONE;
    if (parsed == PARSED_GO && at < argc)
        for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
            if (strcmp(argv[at], verbs[i].name) == 0)
                return verbs[i].run(session, argc - at, argv + at);
        }
    if (parsed == PARSED_GO)
        complain("found: say register, correct, list, show or resolve");
    return OUTCOME_USAGE;
}

/* ---- the case's side ---- */

enum outcome command_likely(struct session *session, int argc, char **argv)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ListLikely ask = TOCSIN__V1__LIST_LIKELY__INIT;
    const Tocsin__V1__Reply *reply;
    struct command_line line = {
        .usage = "tocsin likely CASE",
        .about = "Which found children the child of a case may be, best "
                 "first, with what speaks for and against each.",
        .shared = session_options(session),
        .word_min = 1,
        .word_max = 1};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    if (!go)
        return outcome;
    ask.alert = (char *)(uintptr_t)line.words[0];
    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_LIKELY;
    request.list_likely = &ask;
    outcome = session_open(session);
    if (outcome == OUTCOME_DONE)
        outcome = session_ask(session, &request, &reply);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (reply->body_case != TOCSIN__V1__REPLY__BODY_LIKELY_LIST) {
        complain("the broker answered something else");
        return OUTCOME_REFUSED;
    }
    if (session->json) {
        session_print(&reply->likely_list->base, false);
        return OUTCOME_DONE;
    }
    found_print_likely(reply->likely_list->found, reply->likely_list->n_found,
                       true);
    say_to(stderr,
           "case %s, compared with %u found children; an officer "
           "decides, not a figure",
           reply->likely_list->case_number, reply->likely_list->compared);
    return OUTCOME_DONE;
}
