/* tocsin revoke, principals, invitations. */
#include <string.h>

#include "common/numbers.h"
#include "common/say.h"
#include "common/table.h"
#include "common/words.h"
#include "tocsin/commands.h"

static enum outcome revoke(struct session *session, const char *id,
                           const char *reason)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Revoke order = TOCSIN__V1__REVOKE__INIT;
    const Tocsin__V1__Reply *reply;
    enum outcome outcome = session_open(session);

    if (outcome != OUTCOME_DONE)
        return outcome;
    request.body_case = TOCSIN__V1__REQUEST__BODY_REVOKE;
    request.revoke = &order;
    order.id = (char *)(uintptr_t)id;
    order.reason = (char *)(uintptr_t)reason;
    outcome = session_ask(session, &request, &reply);
    if (outcome == OUTCOME_DONE)
        say("revoked %s", id);
    return outcome;
}

enum outcome command_revoke(struct session *session, int argc, char **argv)
{
    const char *reason = NULL;
    const struct option_row rows[] = {{.name = "reason",
                                       .value = "TEXT",
                                       .text = &reason,
                                       .help = "kept in the journal"}};
    struct command_line line = {
        .usage = "tocsin revoke ID --reason TEXT",
        .about = "Ends a principal at once, its open connections included, "
                 "and the code that\na handheld of this name was given.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session),
        .word_min = 1,
        .word_max = 1};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    if (!go)
        return outcome;
    if (reason == NULL || reason[0] == '\0') {
        complain("--reason is missing: say why, it is kept");
        return OUTCOME_USAGE;
    }
    return revoke(session, line.words[0], reason);
}

/* ---- principals ---- */

static enum page take_principals(struct session *session,
                                 Tocsin__V1__Request *request,
                                 const Tocsin__V1__Reply *reply,
                                 ProtobufCMessage **whole)
{
    const Tocsin__V1__PrincipalList *page;

    if (reply->body_case != TOCSIN__V1__REPLY__BODY_PRINCIPAL_LIST)
        return PAGE_STRANGE;
    page = reply->principal_list;
    page_append(whole, &page->base);
    if (!page->more)
        return PAGE_LAST;
    if (page->n_principals == 0)
        return PAGE_STRANGE;
    request->list_principals->after =
        pool_text(&session->pool, page->principals[page->n_principals - 1]->id);
    return PAGE_MORE;
}

static void print_principals(const Tocsin__V1__PrincipalList *list)
{
    static const char *const heads[] = {
        "ID", "ROLE", "KIND", "DIVISION", "NAME", "ENGLISH", "LAST HEARD"};
    struct table *table = table_new(heads, 7);
    char text[TIME_TEXT_MAX];

    for (size_t i = 0; i < list->n_principals; i++) {
        const Tocsin__V1__Principal *who = list->principals[i];

        table_cell(table, "%s", who->id);
        table_cell(table, "%s", word_text(words_role, who->role));
        table_cell(table, "%s",
                   who->kind == TOCSIN__V1__NODE_KIND__NODE_KIND_UNSPECIFIED
                       ? "-"
                       : word_text(words_kind, who->kind));
        table_cell(table, "%s", who->division);
        table_cell(table, "%s", who->name);
        table_cell(table, "%s", who->name_en);
        table_cell(table, "%s%s",
                   who->revoked ? "revoked"
                                : time_text(who->last_heard_ms, text),
                   who->doubled_ms != 0 ? ", two machines" : "");
    }
    table_print(table, stdout);
    table_free(table);
    say_to(stderr, "%zu principals", list->n_principals);
}

static enum outcome principals(struct session *session, int role,
                               const char *division)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ListPrincipals list = TOCSIN__V1__LIST_PRINCIPALS__INIT;
    ProtobufCMessage *whole = NULL;
    enum outcome outcome = session_open(session);

    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_PRINCIPALS;
    request.list_principals = &list;
    list.role = (Tocsin__V1__Role)role;
    if (division != NULL)
        list.division = (char *)(uintptr_t)division;
    if (outcome == OUTCOME_DONE)
        outcome = page_all(session, &request, take_principals, &whole);
    if (outcome == OUTCOME_DONE && session->json)
        session_print(whole, false);
    else if (outcome == OUTCOME_DONE)
        print_principals((Tocsin__V1__PrincipalList *)whole);
    if (whole != NULL)
        protobuf_c_message_free_unpacked(whole, NULL);
    return outcome;
}

enum outcome command_principals(struct session *session, int argc, char **argv)
{
    const char *role_word = NULL;
    const char *division = NULL;
    const struct option_row rows[] = {
        {.name = "role",
         .value = "ROLE",
         .text = &role_word,
         .help = "only these: centre, checkpoint, ..."},
        {.name = "division",
         .value = "CODE",
         .text = &division,
         .help = "only in this division"}};
    struct command_line line = {.usage = "tocsin principals [options]",
                                .about = "Who is enrolled.",
                                .own = OPTION_TABLE(rows),
                                .shared = session_options(session)};
    bool go;
    int role = 0;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    if (!go)
        return outcome;
    if (role_word != NULL && !word_value(words_role, role_word, &role)) {
        word_complain(words_role, "role");
        return OUTCOME_USAGE;
    }
    return principals(session, role, division);
}

/* ---- invitations ---- */

static enum page take_invitations(struct session *session,
                                  Tocsin__V1__Request *request,
                                  const Tocsin__V1__Reply *reply,
                                  ProtobufCMessage **whole)
{
    const Tocsin__V1__InvitationList *page;

    if (reply->body_case != TOCSIN__V1__REPLY__BODY_INVITATION_LIST)
        return PAGE_STRANGE;
    page = reply->invitation_list;
    page_append(whole, &page->base);
    if (!page->more)
        return PAGE_LAST;
    if (page->n_invitations == 0)
        return PAGE_STRANGE;
    request->list_invitations->after = pool_text(
        &session->pool, page->invitations[page->n_invitations - 1]->device);
    return PAGE_MORE;
}

static void print_invitations(const Tocsin__V1__InvitationList *list)
{
    static const char *const heads[] = {"ID",      "GATEWAY",    "NAME",
                                        "ENGLISH", "GOOD UNTIL", "FOR"};
    struct table *table = table_new(heads, sizeof heads / sizeof *heads);
    char text[TIME_TEXT_MAX];

    for (size_t i = 0; i < list->n_invitations; i++) {
        const Tocsin__V1__Invitation *one = list->invitations[i];

        table_cell(table, "%s", one->device);
        table_cell(table, "%s", one->gateway);
        table_cell(table, "%s", one->name);
        table_cell(table, "%s", one->name_en);
        table_cell(table, "%s", time_text(one->expires_ms, text));
        table_cell(table, "%s", one->rekey ? "another key" : "the first key");
    }
    table_print(table, stdout);
    table_free(table);
    say_to(stderr, "%zu invitations", list->n_invitations);
}

enum outcome command_invitations(struct session *session, int argc, char **argv)
{
    struct command_line line = {
        .usage = "tocsin invitations",
        .about = "The handhelds that may still come with the code that they "
                 "were given.\ntocsin revoke ID ends one of them.",
        .shared = session_options(session)};
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ListInvitations list = TOCSIN__V1__LIST_INVITATIONS__INIT;
    ProtobufCMessage *whole = NULL;
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    if (!go)
        return outcome;
    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_INVITATIONS;
    request.list_invitations = &list;
    outcome = session_open(session);
    if (outcome == OUTCOME_DONE)
        outcome = page_all(session, &request, take_invitations, &whole);
    if (outcome == OUTCOME_DONE && session->json)
        session_print(whole, false);
    else if (outcome == OUTCOME_DONE)
        print_invitations((Tocsin__V1__InvitationList *)whole);
    if (whole != NULL)
        protobuf_c_message_free_unpacked(whole, NULL);
    return outcome;
}
