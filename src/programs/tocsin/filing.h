/** The newest revision of an alert, and the sending of the next one. */
#ifndef TOCSIN_PROGRAM_FILING_H
#define TOCSIN_PROGRAM_FILING_H

#include <tocsin/centre.h>

#include "tocsin/draft.h"

struct newest {
    Tocsin__V1__AlertDetail *detail;
    Tocsin__V1__AlertDocument *document;   /* NULL: its proof failed */
    Tocsin__V1__AlertDocument *last_alert; /* where document is a withdrawal */
    struct tocsin_diag why;                /* why document is NULL */
};

/** By id, case number or the beginning of an id; close it in any case. */
enum outcome newest_open(struct newest *newest, struct session *session,
                         const char *alert);
void newest_close(struct newest *newest);

/** The newest alert content, also of one that was withdrawn since; or NULL. */
const Tocsin__V1__Alert *newest_alert(const struct newest *newest);

/** Refused when it is withdrawn. */
enum outcome newest_check_live(const struct newest *newest);
/** The newest revision as a draft of the next one; close newest in any case. */
enum outcome newest_revise(struct newest *newest, struct draft *draft,
                           struct session *session, const char *alert);

/** Sign the draft, send it as what its revision says, print what came of it. */
enum outcome filing_send(struct draft *draft,
                         const ProtobufCBinaryData *thumbnail);

/** Sign the draft and file it as a new case, without a word of success. */
enum outcome filing_quietly(struct draft *draft);
/** Sign a withdrawal and send it; quiet: likewise. */
enum outcome filing_withdraw(struct session *session,
                             const Tocsin__V1__Withdrawal *withdrawal,
                             bool quiet);

/** What a report must have: the first minute, the defaults, the limits. */
enum outcome filing_complete(struct draft *draft);

/** Send what was signed, and print what came of it. */
enum outcome filing_ask(struct session *session, Tocsin__V1__Request *request,
                        const char *alert_id);

#endif
