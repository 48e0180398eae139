/* What the rules put under supervision. */
#include "domain/supervision.h"

#include <stdlib.h>
#include <string.h>

#include "domain/case_lead.h"

#define FACTS_MAX 8

struct watching {
    const struct book *book;
    const struct alert *alert;
    const struct silence_clocks *clocks;
    struct order order;
    Tocsin__V1__PutUnderSupervision *put;
};

static int compare(const struct supervision *supervision,
                   Tocsin__V1__Supervised kind, const char *subject)
{
    if (supervision->kind != kind)
        return supervision->kind < kind ? -1 : 1;
    return strcmp(supervision->subject, subject);
}

size_t book_supervised_at(const struct book *book, Tocsin__V1__Supervised kind,
                          const char *subject)
{
    size_t low = 0;
    size_t high = book->supervision_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare(book->supervised[middle], kind, subject) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct supervision *book_supervision(const struct book *book,
                                           Tocsin__V1__Supervised kind,
                                           const char *subject)
{
    size_t at = book_supervised_at(book, kind, subject);

    return at < book->supervision_count &&
                   compare(book->supervised[at], kind, subject) == 0
               ? book->supervised[at]
               : NULL;
}

const char *supervision_division(const struct book *book,
                                 Tocsin__V1__Supervised kind,
                                 const char *subject)
{
    const struct principal *node;
    const struct alert *alert;
    const struct division *division;

    switch (kind) {
    case TOCSIN__V1__SUPERVISED__SUPERVISED_CASE:
        alert = book_alert(book, subject);
        return alert != NULL ? alert->division : NULL;
    case TOCSIN__V1__SUPERVISED__SUPERVISED_NODE:
        node = book_principal(book, subject);
        return node != NULL && node->role == TOCSIN__V1__ROLE__ROLE_CHECKPOINT
                   ? node->division
                   : NULL;
    case TOCSIN__V1__SUPERVISED__SUPERVISED_DIVISION:
        division = division_valid(subject)
                       ? divisions_find(book->divisions, subject)
                       : NULL;
        return division != NULL ? division->code : NULL;
    default:
        return NULL;
    }
}

static bool put(struct watching *watching, Tocsin__V1__Supervised kind,
                const char *subject, Tocsin__V1__SupervisionRule rule)
{
    Tocsin__V1__PutUnderSupervision *out;

    if (book_supervision(watching->book, kind, subject) != NULL)
        return false;
    out = order_take(&watching->order, sizeof *out);
    tocsin__v1__put_under_supervision__init(out);
    out->kind = kind;
    out->subject = (char *)(uintptr_t)subject;
    out->rule = rule;
    out->facts = order_take(&watching->order, FACTS_MAX * sizeof *out->facts);
    watching->put = out;
    return true;
}

static void watch_case(struct watching *watching, int64_t lead_ms)
{
    const struct alert *alert = watching->alert;

    if (!case_lead_is_missed(watching->book, alert) ||
        !silence_is_over(watching->clocks, alert->file.silent_ms, lead_ms) ||
        !put(watching, TOCSIN__V1__SUPERVISED__SUPERVISED_CASE, alert->id,
             TOCSIN__V1__SUPERVISION_RULE__SUPERVISION_RULE_NO_LEAD))
        return;
    watching->put->facts[watching->put->n_facts++] = alert->file.silent_seq;
}

/* Of the nodes of a county that must have the alert. */
struct answering {
    uint32_t meant;
    uint32_t silent;
};

/* What is told of all silent nodes at once: there may be tens of thousands. */
struct silent_nodes {
    const struct roll_orders *orders;
    struct answering *counties; /* as in orders */
};

static bool is_forgiven(const struct principal *node)
{
    return node->silences.count == 0;
}

static void count_counties(const struct watching *watching,
                           struct silent_nodes *nodes)
{
    const struct book *book = watching->book;

    for (size_t i = 0; i < watching->alert->cover_count; i++) {
        const struct cover *cover = &watching->alert->cover[i];
        struct answering *county;

        if (cover->extra || !book->roll[cover->node - 1].active)
            continue;
        county = &nodes->counties[nodes->orders->county_of[cover->node - 1]];
        county->meant++;
        county->silent +=
            cover->overdue && !is_forgiven(book_number(book, cover->node));
    }
}

static void watch_node(struct watching *watching, const struct principal *node)
{
    const struct silences *silences = &node->silences;

    if (silences->count < SILENCES_OF_NODE ||
        silences->list[0].time_ms -
                silences->list[SILENCES_OF_NODE - 1].time_ms >
            SILENCES_WITHIN_MS ||
        !put(watching, TOCSIN__V1__SUPERVISED__SUPERVISED_NODE, node->id,
             TOCSIN__V1__SUPERVISION_RULE__SUPERVISION_RULE_NODE_SILENT))
        return;
    for (int i = 0; i < SILENCES_OF_NODE; i++)
        watching->put->facts[watching->put->n_facts++] =
            silences->list[i].sequence;
}

/* The county of a silent node: how many of those that must have the alert are
 * silent about it? Each county is asked for once. */
static void watch_division(struct watching *watching,
                           const struct silent_nodes *nodes,
                           const struct principal *one)
{
    struct answering *county =
        &nodes->counties[nodes->orders->county_of[one->number - 1]];
    uint32_t silent = county->silent;

    if (is_forgiven(one))
        return;
    county->silent = 0;
    if (silent < SILENT_OF_DIVISION || silent * 2 < county->meant ||
        !put(watching, TOCSIN__V1__SUPERVISED__SUPERVISED_DIVISION,
             one->division,
             TOCSIN__V1__SUPERVISION_RULE__SUPERVISION_RULE_DIVISION_SILENT))
        return;
    watching->put->facts[watching->put->n_facts++] =
        one->silences.list[0].sequence;
}

static void watch_nodes(struct watching *watching)
{
    const struct book *book = watching->book;
    const struct alert *alert = watching->alert;
    struct silent_nodes nodes = {.orders = roll_orders(book)};

    nodes.counties =
        must_calloc(nodes.orders->county_count + 1, sizeof *nodes.counties);
    count_counties(watching, &nodes);
    for (size_t i = 0; i < alert->cover_count && watching->put == NULL; i++) {
        uint32_t number = alert->cover[i].node;

        if (!alert->cover[i].overdue || !book->roll[number - 1].active)
            continue;
        watch_node(watching, book_number(book, number));
        if (watching->put == NULL)
            watch_division(watching, &nodes, book_number(book, number));
    }
    free(nodes.counties);
}

Tocsin__V1__Fact *decide_supervision(const struct book *book,
                                     const struct alert *alert,
                                     const struct silence_policy *policy,
                                     const struct silence_clocks *clocks,
                                     struct arena *arena)
{
    struct watching watching = {
        .book = book,
        .alert = alert,
        .clocks = clocks,
        .order = {.arena = arena, .now_ms = clocks->now_ms}};
    Tocsin__V1__Fact *fact;

    if (alert->exercise)
        return NULL; /* a drill is scored, nobody is watched for it */
    if (!case_is_closed(&alert->file))
        watch_case(&watching, policy->lead_ms);
    if (watching.put == NULL && alert->overdue > 0)
        watch_nodes(&watching);
    if (watching.put == NULL)
        return NULL;
    fact =
        own_fact(&watching.order, TOCSIN__V1__FACT__BODY_PUT_UNDER_SUPERVISION);
    fact->put_under_supervision = watching.put;
    return fact;
}
