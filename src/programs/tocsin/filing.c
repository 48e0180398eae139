#include "tocsin/filing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/interrupt.h"
#include "common/say.h"
#include "tocsin/target.h"

static Tocsin__V1__AlertDetail *
keep_detail(const Tocsin__V1__AlertDetail *detail)
{
    ProtobufCMessage *kept = NULL;

    page_append(&kept, &detail->base);
    return (Tocsin__V1__AlertDetail *)kept;
}

static void open_documents(struct newest *newest,
                           const struct tocsin_bundle *bundle)
{
    if (newest->detail->document != NULL)
        (void)!tocsin_document_open(&newest->document, newest->detail->document,
                                    bundle, &newest->why);
    if (newest->detail->last_alert != NULL)
        (void)!tocsin_document_open(&newest->last_alert,
                                    newest->detail->last_alert, bundle,
                                    &newest->why);
}

enum outcome newest_open(struct newest *newest, struct session *session,
                         const char *alert)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ShowAlert show = TOCSIN__V1__SHOW_ALERT__INIT;
    const Tocsin__V1__Reply *reply;
    enum outcome outcome;

    memset(newest, 0, sizeof *newest);
    request.body_case = TOCSIN__V1__REQUEST__BODY_SHOW_ALERT;
    request.show_alert = &show;
    show.alert = (char *)(uintptr_t)alert;
    outcome = session_ask(session, &request, &reply);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (reply->body_case != TOCSIN__V1__REPLY__BODY_ALERT_DETAIL ||
        reply->alert_detail->summary == NULL) {
        complain("the broker answered something else");
        return OUTCOME_REFUSED;
    }
    newest->detail = keep_detail(reply->alert_detail);
    open_documents(newest, session->bundle);
    return OUTCOME_DONE;
}

void newest_close(struct newest *newest)
{
    tocsin_document_free(newest->document);
    tocsin_document_free(newest->last_alert);
    if (newest->detail != NULL)
        tocsin__v1__alert_detail__free_unpacked(newest->detail, NULL);
    memset(newest, 0, sizeof *newest);
}

static const Tocsin__V1__Alert *
alert_in(const Tocsin__V1__AlertDocument *document)
{
    return document != NULL &&
                   document->kind_case == TOCSIN__V1__ALERT_DOCUMENT__KIND_ALERT
               ? document->alert
               : NULL;
}

const Tocsin__V1__Alert *newest_alert(const struct newest *newest)
{
    const Tocsin__V1__Alert *alert = alert_in(newest->document);

    return alert != NULL ? alert : alert_in(newest->last_alert);
}

enum outcome newest_check_live(const struct newest *newest)
{
    if (newest->detail->summary->state !=
        TOCSIN__V1__ALERT_STATE__ALERT_STATE_WITHDRAWN)
        return OUTCOME_DONE;
    complain("%s is withdrawn", newest->detail->summary->alert_id);
    return OUTCOME_REFUSED;
}

enum outcome newest_revise(struct newest *newest, struct draft *draft,
                           struct session *session, const char *alert)
{
    enum outcome outcome = newest_open(newest, session, alert);

    if (outcome == OUTCOME_DONE)
        outcome = newest_check_live(newest);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (newest_alert(newest) == NULL) {
        complain("the newest revision cannot be trusted: %s", newest->why.text);
        return OUTCOME_REFUSED;
    }
    draft_revise(draft, session, newest_alert(newest));
    return OUTCOME_DONE;
}

/* ---- sending ---- */

/* What the first minute must know, in the words of the command line. */
static enum outcome check_first_minute(const Tocsin__V1__Alert *alert)
{
    const char *missing = NULL;

    if (alert->child == NULL ||
        alert->child->sex == TOCSIN__V1__SEX__SEX_UNSPECIFIED)
        missing = "--sex (female, male or unknown)";
    else if (alert->child->age == NULL)
        missing = "--age (6, 5-7 or 18m)";
    else if (alert->last_seen == NULL || alert->last_seen->place == NULL)
        missing = "--seen-at, --seen or --seen-division";
    else if (alert->last_seen->time_ms == 0)
        missing = "--seen-time (2026-03-01T08:15Z, or -20m)";
    if (missing == NULL)
        return OUTCOME_DONE;
    complain("a report needs %s", missing);
    return OUTCOME_USAGE;
}

static enum outcome check_alert(const Tocsin__V1__Alert *alert)
{
    struct tocsin_diag why = {0};
    enum tocsin_status status = tocsin_alert_check(alert, &why);

    return status == TOCSIN_OK ? OUTCOME_DONE : outcome_say(status, &why, NULL);
}

enum outcome filing_complete(struct draft *draft)
{
    enum outcome outcome = check_first_minute(&draft->alert);

    if (outcome != OUTCOME_DONE)
        return outcome;
    draft_complete(draft);
    return check_alert(&draft->alert);
}

static void print_filed(const struct session *session,
                        const Tocsin__V1__Filed *filed)
{
    if (session->json) {
        session_print(&filed->base, false);
        return;
    }
    say("case      %s", filed->case_number);
    say("alert     %s", filed->alert_id);
    say("revision  %u", filed->revision);
    say("nodes     %u", filed->nodes);
}

/* It is recorded, and still not what whoever has filed it thinks it is. */
static void warn_unheard(const struct session *session,
                         const Tocsin__V1__Request *request,
                         const Tocsin__V1__Filed *filed)
{
    if (filed->nodes == 0 &&
        request->body_case != TOCSIN__V1__REQUEST__BODY_WITHDRAW)
        complain("recorded, but NO NODE IS IN ITS TARGET: nobody is told. See "
                 "tocsin target --help, and reach further with: tocsin widen "
                 "%s",
                 filed->alert_id);
    if (session_is_alone(session))
        complain("recorded, but NO NODE HEARS OF IT until the broker runs: "
                 "tocsind run %s",
                 session->home);
}

static enum outcome ask_filed(struct session *session,
                              Tocsin__V1__Request *request,
                              const char *alert_id,
                              const Tocsin__V1__Filed **filed)
{
    const Tocsin__V1__Reply *reply;
    enum outcome outcome;
    char text[160];

    snprintf(text, sizeof text,
             "tocsin: interrupted; it may have been recorded all the same; "
             "look with: tocsin show %s\n",
             alert_id);
    interrupt_tell(text);
    outcome = session_ask(session, request, &reply);
    interrupt_tell(NULL);
    if (outcome == OUTCOME_UNREACHABLE)
        complain("it may have been recorded all the same; look with: tocsin "
                 "show %s",
                 alert_id);
    if (outcome == OUTCOME_REFUSED && reply != NULL &&
        reply->status == TOCSIN__V1__STATUS__STATUS_CONFLICT &&
        request->body_case != TOCSIN__V1__REQUEST__BODY_REPORT)
        complain("somebody else revised it meanwhile; look with: tocsin show "
                 "%s, and decide anew",
                 alert_id);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (reply->body_case != TOCSIN__V1__REPLY__BODY_FILED) {
        complain("the broker answered something else");
        return OUTCOME_REFUSED;
    }
    *filed = reply->filed;
    target_warn((*filed)->unknown_divisions, (*filed)->n_unknown_divisions);
    warn_unheard(session, request, *filed);
    return OUTCOME_DONE;
}

enum outcome filing_ask(struct session *session, Tocsin__V1__Request *request,
                        const char *alert_id)
{
    const Tocsin__V1__Filed *filed;
    enum outcome outcome = ask_filed(session, request, alert_id, &filed);

    if (outcome == OUTCOME_DONE)
        print_filed(session, filed);
    return outcome;
}

enum outcome filing_quietly(struct draft *draft)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Report report = TOCSIN__V1__REPORT__INIT;
    Tocsin__V1__SignedAlert *sealed;
    const Tocsin__V1__Filed *filed;
    struct tocsin_diag why = {0};
    enum outcome outcome;
    enum tocsin_status status =
        tocsin_sign_alert(&sealed, &draft->alert, draft->session->bundle, &why);

    if (status != TOCSIN_OK)
        return outcome_say(status, &why, NULL);
    report.alert = sealed;
    request.body_case = TOCSIN__V1__REQUEST__BODY_REPORT;
    request.report = &report;
    outcome =
        ask_filed(draft->session, &request, draft->alert.alert_id, &filed);
    tocsin_signed_free(sealed);
    return outcome;
}

enum outcome filing_withdraw(struct session *session,
                             const Tocsin__V1__Withdrawal *withdrawal,
                             bool quiet)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Withdraw withdraw = TOCSIN__V1__WITHDRAW__INIT;
    Tocsin__V1__SignedAlert *sealed;
    const Tocsin__V1__Filed *filed;
    struct tocsin_diag why = {0};
    enum outcome outcome;
    enum tocsin_status status =
        tocsin_sign_withdrawal(&sealed, withdrawal, session->bundle, &why);

    if (status != TOCSIN_OK)
        return outcome_say(status, &why, NULL);
    request.body_case = TOCSIN__V1__REQUEST__BODY_WITHDRAW;
    request.withdraw = &withdraw;
    withdraw.alert = sealed;
    outcome = ask_filed(session, &request, withdrawal->alert_id, &filed);
    if (outcome == OUTCOME_DONE && !quiet)
        print_filed(session, filed);
    tocsin_signed_free(sealed);
    return outcome;
}

enum outcome filing_send(struct draft *draft,
                         const ProtobufCBinaryData *thumbnail)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Report report = TOCSIN__V1__REPORT__INIT;
    Tocsin__V1__Revise revise = TOCSIN__V1__REVISE__INIT;
    Tocsin__V1__SignedAlert *sealed;
    struct tocsin_diag why = {0};
    enum outcome outcome;
    enum tocsin_status status =
        tocsin_sign_alert(&sealed, &draft->alert, draft->session->bundle, &why);

    if (status != TOCSIN_OK)
        return outcome_say(status, &why, NULL);
    report.alert = revise.alert = sealed;
    report.thumbnail = revise.thumbnail = *thumbnail;
    if (draft->alert.revision == 1) {
        request.body_case = TOCSIN__V1__REQUEST__BODY_REPORT;
        request.report = &report;
    } else {
        request.body_case = TOCSIN__V1__REQUEST__BODY_REVISE;
        request.revise = &revise;
        revise.confirms = draft->confirms;
        if (draft->confirms != NULL)
            request.request_id =
                (ProtobufCBinaryData){sizeof draft->order_id, draft->order_id};
    }
    outcome = filing_ask(draft->session, &request, draft->alert.alert_id);
    tocsin_signed_free(sealed);
    return outcome;
}
