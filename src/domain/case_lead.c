#include "domain/case_lead.h"

bool officer_may_lead(const struct principal *who, const struct alert *alert)
{
    return who != NULL && !who->revoked &&
           who->role == TOCSIN__V1__ROLE__ROLE_OFFICER &&
           who->rank >= TOCSIN__V1__RANK__RANK_COUNTY &&
           division_contains(who->division, alert->division);
}

const struct principal *case_lead(const struct book *book,
                                  const struct alert *alert)
{
    const struct principal *lead = book_number(book, alert->file.lead);

    return officer_may_lead(lead, alert) ? lead : NULL;
}

uint32_t case_answering(const struct book *book, const struct alert *alert)
{
    const struct principal *lead = case_lead(book, alert);

    return lead != NULL ? lead->number : alert->owner;
}

int64_t case_leaderless_ms(const struct book *book, const struct alert *alert)
{
    const struct principal *last = book_number(book, alert->file.lead);
    int64_t since_ms = alert->file.lead_since_ms != 0
                           ? alert->file.lead_since_ms
                           : alert->reported_ms;

    return last != NULL && last->changed_ms > since_ms ? last->changed_ms
                                                       : since_ms;
}

bool case_lead_is_missed(const struct book *book, const struct alert *alert)
{
    const struct principal *last = book_number(book, alert->file.lead);

    return alert->file.lead_overdue &&
           (last == NULL || last->enrolled < alert->file.silent_seq);
}

int64_t case_unsampled_ms(const struct alert *alert)
{
    int64_t again_ms = case_sought_again_ms(&alert->file);

    return again_ms != 0 ? again_ms : alert->reported_ms;
}
