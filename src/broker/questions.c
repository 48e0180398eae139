/* What centres, supervisors and administrators ask: nothing here is recorded.
 */
#include "broker/core_private.h"

#include <stdlib.h>
#include <string.h>

#include "domain/concern.h"
#include "domain/cover.h"

#define ALERTS_PER_PAGE 100
#define PRINCIPALS_PER_PAGE 200
#define DIVISIONS_MAX 50
#define ANSWERS_SHOWN 16
#define NODES_PER_PAGE 400
#define KINDS 11

static void send_ok(struct broker *broker, const struct caller *caller,
                    Tocsin__V1__Reply *reply, int64_t now_ms)
{
    reply->status = TOCSIN__V1__STATUS__STATUS_OK;
    reply_send(broker, caller, reply, now_ms);
}

static const struct principal *asker(const struct broker *broker,
                                     const struct caller *caller)
{
    return book_number(broker->book, caller->principal);
}

/* ---- targets ------------------------------------------------------------- */

static void count_kinds(struct broker *broker, const uint32_t *numbers,
                        size_t count, Tocsin__V1__Reach *reach)
{
    uint32_t nodes[KINDS] = {0};

    for (size_t i = 0; i < count; i++)
        nodes[book_number(broker->book, numbers[i])->kind]++;
    reach->kinds = arena_take(&broker->arena, KINDS * sizeof *reach->kinds);
    for (int kind = 1; kind < KINDS; kind++) {
        Tocsin__V1__KindCount *entry;

        if (nodes[kind] == 0)
            continue;
        entry =
            arena_message(&broker->arena, &tocsin__v1__kind_count__descriptor);
        entry->kind = (Tocsin__V1__NodeKind)kind;
        entry->nodes = nodes[kind];
        reach->kinds[reach->n_kinds++] = entry;
    }
}

static void list_nodes(struct broker *broker, const uint32_t *numbers,
                       size_t count, const char *after,
                       Tocsin__V1__Reach *reach)
{
    const struct principal **nodes = must_calloc(count + 1, sizeof *nodes);
    size_t listed = 0;
    size_t bytes = 0;

    for (size_t i = 0; i < count; i++) {
        const struct principal *node = book_number(broker->book, numbers[i]);

        if (strcmp(node->id, after) > 0)
            nodes[listed++] = node;
    }
    listed = board_sort(nodes, listed, NODES_PER_PAGE + 1);
    reach->list =
        arena_take(&broker->arena, NODES_PER_PAGE * sizeof *reach->list);
    for (size_t i = 0; i < listed && !reach->more; i++) {
        Tocsin__V1__NodeState *state = board_node(broker, nodes[i]);

        bytes += protobuf_c_message_get_packed_size(&state->base) + 8;
        if (reach->n_list == NODES_PER_PAGE || bytes > PAGE_BYTES_MAX)
            reach->more = true;
        else
            reach->list[reach->n_list++] = state;
    }
    free(nodes);
}

static void resolve(struct broker *broker, const struct caller *caller,
                    const Tocsin__V1__ResolveTarget *ask, int64_t now_ms)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__Reach reach = TOCSIN__V1__REACH__INIT;
    struct complaint complaint;
    struct scope scope = {.target = ask->target};
    struct prefix_set set;
    uint32_t *numbers;
    size_t count;

    if (!check_target(ask->target, "target", &complaint)) {
        reply_refused(broker, caller, TOCSIN__V1__STATUS__STATUS_INVALID,
                      &complaint, now_ms);
        return;
    }
    numbers = book_resolve(broker->book, &scope, &count);
    cover_make(&set, broker->book, numbers, count, NULL);
    reach.nodes = (uint32_t)count;
    reach.topics = (uint32_t)set.count;
    reach.n_unknown_divisions =
        unknown_divisions(broker, ask->target, &reach.unknown_divisions);
    count_kinds(broker, numbers, count, &reach);
    if (ask->list)
        list_nodes(broker, numbers, count, ask->after, &reach);
    free(numbers);
    reply.body_case = TOCSIN__V1__REPLY__BODY_REACH;
    reply.reach = &reach;
    send_ok(broker, caller, &reply, now_ms);
}

/* ---- alerts -------------------------------------------------------------- */

static int newest_first(const void *a, const void *b)
{
    const struct alert *left = *(const struct alert *const *)a;
    const struct alert *right = *(const struct alert *const *)b;

    return (left->sequence < right->sequence) -
           (left->sequence > right->sequence);
}

/* Those of the page and after it, newest change first; the caller frees. */
static const struct alert **alerts_to_list(const struct broker *broker,
                                           const struct principal *who,
                                           const Tocsin__V1__ListAlerts *ask,
                                           size_t *count)
{
    const struct book *book = broker->book;
    const struct alert **alerts =
        must_calloc(book->alert_count + 1, sizeof *alerts);

    *count = 0;
    for (size_t i = 0; i < book->alert_count; i++) {
        const struct alert *alert = book->alerts[i];

        if ((ask->before == 0 || alert->sequence < ask->before) &&
            (ask->ended ||
             alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE) &&
            view_of(broker->book, who, alert) != VIEW_NOTHING)
            alerts[(*count)++] = alert;
    }
    qsort(alerts, *count, sizeof *alerts, newest_first);
    return alerts;
}

static void list_alerts(struct broker *broker, const struct caller *caller,
                        const Tocsin__V1__ListAlerts *ask, int64_t now_ms)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__AlertList list = TOCSIN__V1__ALERT_LIST__INIT;
    size_t count;
    const struct alert **alerts =
        alerts_to_list(broker, asker(broker, caller), ask, &count);

    list.alerts =
        arena_take(&broker->arena, ALERTS_PER_PAGE * sizeof *list.alerts);
    list.more = count > ALERTS_PER_PAGE;
    while (list.n_alerts < ALERTS_PER_PAGE && list.n_alerts < count) {
        list.alerts[list.n_alerts] =
            board_summary(broker, alerts[list.n_alerts]);
        list.n_alerts++;
    }
    free(alerts);
    reply.body_case = TOCSIN__V1__REPLY__BODY_ALERT_LIST;
    reply.alert_list = &list;
    send_ok(broker, caller, &reply, now_ms);
}

static void fill_answers(struct broker *broker, const struct principal *who,
                         const struct alert *alert,
                         Tocsin__V1__AlertDetail *detail)
{
    size_t bytes = 0;

    detail->answers_in_all = (uint32_t)alert->answer_count;
    detail->answers =
        arena_take(&broker->arena, ANSWERS_SHOWN * sizeof *detail->answers);
    for (size_t i = alert->answer_count;
         i > 0 && detail->n_answers < ANSWERS_SHOWN; i--) {
        const struct testimony *testimony = &alert->answers[i - 1];
        Tocsin__V1__Sighting *sighting;

        if (!view_holds_answer(broker->book, who, alert, testimony->node))
            continue;
        sighting = sighting_make(broker, testimony);
        bytes += protobuf_c_message_get_packed_size(&sighting->base) + 8;
        if (bytes > PAGE_BYTES_MAX - 12000)
            return; /* the documents need their room too */
        detail->answers[detail->n_answers++] = sighting;
    }
}

static Tocsin__V1__SignedAlert *open_document(struct broker *broker,
                                              const uint8_t *bytes, size_t size)
{
    return bytes == NULL
               ? NULL
               : decode(&broker->arena, &tocsin__v1__signed_alert__descriptor,
                        bytes, size, NULL);
}

static void show_alert(struct broker *broker, const struct caller *caller,
                       const Tocsin__V1__ShowAlert *ask, int64_t now_ms)
{
    const struct alert *alert =
        board_alert(broker, caller, ask->alert, VIEW_ALERT, now_ms);
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__AlertDetail detail = TOCSIN__V1__ALERT_DETAIL__INIT;

    if (alert == NULL)
        return;
    detail.summary = board_summary(broker, alert);
    board_rings(broker, alert, alert_content(alert, &broker->arena),
                detail.summary);
    detail.document =
        open_document(broker, alert->document, alert->document_size);
    detail.last_alert =
        open_document(broker, alert->last_alert, alert->last_alert_size);
    fill_answers(broker, asker(broker, caller), alert, &detail);
    reply.body_case = TOCSIN__V1__REPLY__BODY_ALERT_DETAIL;
    reply.alert_detail = &detail;
    send_ok(broker, caller, &reply, now_ms);
}

/* ---- people and places --------------------------------------------------- */

static Tocsin__V1__Principal *make_principal(struct broker *broker,
                                             const struct principal *from)
{
    Tocsin__V1__Principal *principal =
        arena_message(&broker->arena, &tocsin__v1__principal__descriptor);
    struct presence *presence = broker_presence(broker, from->number);

    principal->id = (char *)(uintptr_t)from->id;
    principal->role = from->role;
    principal->kind = from->kind;
    principal->name = from->name;
    principal->name_en = from->name_en;
    principal->division = (char *)(uintptr_t)from->division;
    principal->public_key = bytes_of(from->key, KEY_SIZE);
    principal->revoked = from->revoked;
    principal->last_heard_ms = presence->heard.wall_ms;
    principal->software = presence->software;
    principal->doubled_ms = presence->doubled_ms;
    if (from->reachable != NULL) {
        principal->address = from->reachable->address;
        principal->gateway = from->reachable->gateway;
        if (principal->address[0] != '\0')
            principal->tls_fingerprint =
                bytes_of(from->reachable->tls_fingerprint, 32);
    }
    if (from->has_point) {
        principal->point =
            arena_message(&broker->arena, &tocsin__v1__point__descriptor);
        principal->point->latitude = from->point.latitude;
        principal->point->longitude = from->point.longitude;
    }
    return principal;
}

/* Nodes are public among the enrolled: a centre may look up any of them. */
static bool is_asked_for(const struct principal *who,
                         const struct principal *principal,
                         const Tocsin__V1__ListPrincipals *ask)
{
    bool node = principal->role == TOCSIN__V1__ROLE__ROLE_CHECKPOINT;

    return (node || division_contains(who->division, principal->division)) &&
           (ask->id[0] == '\0' || strcmp(ask->id, principal->id) == 0) &&
           (ask->role == TOCSIN__V1__ROLE__ROLE_UNSPECIFIED ||
            ask->role == principal->role) &&
           (ask->division[0] == '\0' ||
            division_contains(ask->division, principal->division)) &&
           strcmp(principal->id, ask->after) > 0;
}

static void list_principals(struct broker *broker, const struct caller *caller,
                            const Tocsin__V1__ListPrincipals *ask,
                            int64_t now_ms)
{
    const struct book *book = broker->book;
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__PrincipalList list = TOCSIN__V1__PRINCIPAL_LIST__INIT;
    const struct principal **found =
        must_calloc(book->principal_count + 1, sizeof *found);
    size_t count = 0;
    size_t bytes = 0;

    for (size_t i = 0; i < book->principal_count; i++) {
        if (is_asked_for(asker(broker, caller), book->principals[i], ask))
            found[count++] = book->principals[i];
    }
    count = board_sort(found, count, PRINCIPALS_PER_PAGE + 1);
    list.principals = arena_take(&broker->arena,
                                 PRINCIPALS_PER_PAGE * sizeof *list.principals);
    for (size_t i = 0; i < count && !list.more; i++) {
        Tocsin__V1__Principal *entry = make_principal(broker, found[i]);

        bytes += protobuf_c_message_get_packed_size(&entry->base) + 8;
        if (list.n_principals == PRINCIPALS_PER_PAGE || bytes > PAGE_BYTES_MAX)
            list.more = true;
        else
            list.principals[list.n_principals++] = entry;
    }
    free(found);
    reply.body_case = TOCSIN__V1__REPLY__BODY_PRINCIPAL_LIST;
    reply.principal_list = &list;
    send_ok(broker, caller, &reply, now_ms);
}

static Tocsin__V1__Division *make_division(struct broker *broker,
                                           const struct division *from)
{
    Tocsin__V1__Division *division =
        arena_message(&broker->arena, &tocsin__v1__division__descriptor);

    division->code = (char *)(uintptr_t)from->code;
    division->name = from->name;
    division->name_en = from->name_en;
    if (from->has_point) {
        division->point =
            arena_message(&broker->arena, &tocsin__v1__point__descriptor);
        division->point->latitude = from->point.latitude;
        division->point->longitude = from->point.longitude;
    }
    return division;
}

static void list_divisions(struct broker *broker, const struct caller *caller,
                           const Tocsin__V1__ListDivisions *ask, int64_t now_ms)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__DivisionList list = TOCSIN__V1__DIVISION_LIST__INIT;
    const struct division *division;
    struct complaint complaint;
    size_t cursor = 0;

    if (strlen(ask->match) < 2 || strlen(ask->match) > 100) {
        complain(&complaint, "match", "must have 2 to 100 bytes");
        reply_refused(broker, caller, TOCSIN__V1__STATUS__STATUS_INVALID,
                      &complaint, now_ms);
        return;
    }
    list.divisions =
        arena_take(&broker->arena, DIVISIONS_MAX * sizeof *list.divisions);
    while (list.n_divisions < DIVISIONS_MAX &&
           (division = divisions_match(broker->book->divisions, ask->match,
                                       &cursor)) != NULL)
        list.divisions[list.n_divisions++] = make_division(broker, division);
    reply.body_case = TOCSIN__V1__REPLY__BODY_DIVISION_LIST;
    reply.division_list = &list;
    send_ok(broker, caller, &reply, now_ms);
}

void question_take(struct broker *broker, const struct caller *caller,
                   const Tocsin__V1__Request *request, int64_t now_ms)
{
    switch (request->body_case) {
    case TOCSIN__V1__REQUEST__BODY_RESOLVE_TARGET:
        resolve(broker, caller, request->resolve_target, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_LIST_ALERTS:
        list_alerts(broker, caller, request->list_alerts, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_SHOW_ALERT:
        show_alert(broker, caller, request->show_alert, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_LIST_PRINCIPALS:
        list_principals(broker, caller, request->list_principals, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_LIST_DIVISIONS:
        list_divisions(broker, caller, request->list_divisions, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_LIST_DEVICES:
        device_list(broker, caller, request->list_devices, now_ms);
        return;
    case TOCSIN__V1__REQUEST__BODY_LIST_INVITATIONS:
        invitation_list(broker, caller, request->list_invitations, now_ms);
        return;
    default:
        REQUIRE(!"a command was taken for a question");
    }
}
