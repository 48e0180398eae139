/* The alerts of the area, as handhelds see them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/core.h"
#include "wire/json.h"

#define ALERTS_PER_PAGE 40

/* ---- how the gateway stands ----------------------------------------------
 */

void fill_standing(const struct gateway *gateway,
                   Tocsin__V1__GatewayStanding *out, struct moment now)
{
    tocsin__v1__gateway_standing__init(out);
    out->gateway = (char *)(uintptr_t)gateway->id;
    out->software = (char *)(uintptr_t)gateway->software;
    out->time_ms = today_ms(gateway, now);
    out->connected = gateway->world.connected;
    out->complete = gateway->world.complete;
    out->picture_ms = gateway->world.picture_ms;
    out->generation = gateway->world.generation;
}

void take_standing(struct gateway *gateway, const struct asked *asked,
                   struct moment now)
{
    Tocsin__V1__GatewayStanding standing;

    fill_standing(gateway, &standing, now);
    respond_message(gateway, asked->exchange, 200, &standing.base,
                    asked->protobuf);
}

/* ---- views ----------------------------------------------------------------
 */

static void view(Tocsin__V1__AlertView *out, const struct gateway_alert *alert)
{
    tocsin__v1__alert_view__init(out);
    out->alert_id = (char *)(uintptr_t)alert->alert_id;
    out->revision = alert->revision;
    out->case_number = (char *)(uintptr_t)alert->case_number;
    out->exercise = alert->exercise;
    out->state = alert->state;
    out->recorded_ms = alert->recorded_ms;
    out->received_ms = alert->received_ms;
    out->sequence = alert->sequence;
    out->alert = alert->alert;
    out->withdrawal = alert->withdrawal;
    out->document = alert->document;
    out->has_thumbnail = alert->thumbnail.len > 0;
}

/* Packed as it is given out: an alert's own memory is only lent for a moment.
 */
struct row {
    uint64_t sequence;
    uint8_t *bytes;
    size_t size;
};

/* A page goes on below a sequence. Two alerts have the same one only until what
 * an earlier journal said of one has been set right; they are not parted. */
struct page {
    struct gateway *gateway;
    bool more;
    struct row *rows;
    size_t count;
    size_t room;
};

static void keep_row(struct page *page, const struct gateway_alert *alert)
{
    Tocsin__V1__AlertView out;
    struct row *row;

    if (page->count == page->room) {
        page->room = page->room == 0 ? ALERTS_PER_PAGE : page->room * 2;
        page->rows = must_realloc(page->rows, page->room, sizeof *page->rows);
    }
    row = &page->rows[page->count++];
    view(&out, alert);
    row->sequence = alert->sequence;
    row->bytes = encode(&out.base, &row->size);
}

/* How many stand before those of this sequence, the last ones. */
static size_t count_above(const struct page *page, uint64_t sequence)
{
    size_t count = page->count;

    while (count > 0 && page->rows[count - 1].sequence == sequence)
        count--;
    return count;
}

static void cut(struct page *page, size_t count)
{
    while (page->count > count)
        free(page->rows[--page->count].bytes);
    page->more = true;
}

static bool add_to_page(void *to, const struct gateway_alert *alert)
{
    struct page *page = to;
    size_t above = count_above(page, alert->sequence);

    if (page->count >= ALERTS_PER_PAGE && above > 0) {
        cut(page, above);
        return false;
    }
    keep_row(page, alert);
    return true;
}

static char *render(struct page *page, bool protobuf, size_t *size,
                    struct moment now)
{
    Tocsin__V1__AlertPage out = TOCSIN__V1__ALERT_PAGE__INIT;
    Tocsin__V1__GatewayStanding standing;
    char *body;

    out.alerts = must_calloc(page->count + 1, sizeof *out.alerts);
    for (size_t i = 0; i < page->count; i++) {
        out.alerts[out.n_alerts] = tocsin__v1__alert_view__unpack(
            NULL, page->rows[i].size, page->rows[i].bytes);
        out.n_alerts += out.alerts[out.n_alerts] != NULL;
        free(page->rows[i].bytes);
    }
    out.more = page->more;
    out.next = page->more ? page->rows[page->count - 1].sequence : 0;
    fill_standing(page->gateway, &standing, now);
    out.standing = &standing;
    body =
        protobuf ? (char *)encode(&out.base, size) : json_text(&out.base, size);
    for (size_t i = 0; i < out.n_alerts; i++)
        tocsin__v1__alert_view__free_unpacked(out.alerts[i], NULL);
    free(out.alerts);
    free(page->rows);
    return body;
}

static void send_page(struct gateway *gateway, const struct asked *asked,
                      struct shared *page)
{
    const struct gateway_response response = {
        .code = 200,
        .type = asked->protobuf ? "application/x-protobuf" : "application/json",
        .body = page->bytes,
        .size = page->size,
        .shared = page};

    respond(gateway, asked->exchange, &response);
}

void pages_drop(struct gateway *gateway)
{
    for (int i = 0; i < 2; i++) {
        shared_drop(gateway->page[i]);
        gateway->page[i] = NULL;
    }
}

static const struct problem unread = {
    503, TOCSIN__V1__STATUS__STATUS_UNAVAILABLE, REREAD_MS};

/* Whoever took the rest for all would take alerts from his screen. */
static void respond_unread(struct gateway *gateway, const struct asked *asked)
{
    respond_problem(gateway, asked, unread, "alerts", "cannot all be read now");
}

static uint64_t number_in(const char *query, const char *name)
{
    const char *found = strstr(query, name);

    return found != NULL ? strtoull(found + strlen(name), NULL, 10) : 0;
}

void take_alerts(struct gateway *gateway, const struct asked *asked,
                 struct moment now)
{
    const char *query = asked->request->query;
    const struct alerts_asked those = {.ended =
                                           strstr(query, "ended=true") != NULL,
                                       .below = number_in(query, "before=")};
    struct page page = {.gateway = gateway};
    bool plain = !those.ended && those.below == 0;
    struct shared *shared;
    char *body;
    size_t size;

    if (plain && gateway->page[asked->protobuf] != NULL) {
        send_page(gateway, asked, gateway->page[asked->protobuf]);
        return;
    }
    if (!gateway->port.each_alert(gateway->port.arg, &those, add_to_page,
                                  &page)) {
        cut(&page, 0);
        free(page.rows);
        respond_unread(gateway, asked);
        return;
    }
    body = render(&page, asked->protobuf, &size, now);
    shared = shared_new(body, size);
    send_page(gateway, asked, shared);
    if (plain)
        gateway->page[asked->protobuf] = shared;
    else
        shared_drop(shared);
}

/* ---- one alert ------------------------------------------------------------
 */

struct one {
    struct gateway *gateway;
    const struct asked *asked;
    bool found;
    int64_t at_ms;
};

static bool give_view(void *to, const struct gateway_alert *alert)
{
    struct one *one = to;
    Tocsin__V1__AlertView out;

    one->found = true;
    view(&out, alert);
    respond_message(one->gateway, one->asked->exchange, 200, &out.base,
                    one->asked->protobuf);
    return false;
}

static bool give_thumbnail(void *to, const struct gateway_alert *alert)
{
    struct one *one = to;
    const struct viewer viewer = {.exchange = one->asked->exchange,
                                  .protobuf = one->asked->protobuf,
                                  .device = one->asked->device,
                                  .alert_id = alert->alert_id,
                                  .thumbnail = true,
                                  .at_ms = one->at_ms};
    struct shared *bytes;

    if (alert->thumbnail.len == 0 ||
        alert->state != TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE)
        return false;
    one->found = true;
    bytes = shared_new(must_memdup(alert->thumbnail.data, alert->thumbnail.len),
                       alert->thumbnail.len);
    look_give(one->gateway, &viewer,
              bytes->bytes[0] == 0x89 ? "image/png" : "image/jpeg", bytes);
    shared_drop(bytes);
    return false;
}

static void take_one(struct gateway *gateway, const struct asked *asked,
                     bool (*give)(void *to, const struct gateway_alert *alert),
                     const char *what, struct moment now)
{
    const struct alerts_asked that = {.alert_id = asked->rest, .ended = true};
    struct one one = {gateway, asked, false, today_ms(gateway, now)};
    bool read = !ulid_valid(asked->rest) ||
                gateway->port.each_alert(gateway->port.arg, &that, give, &one);

    if (!one.found && !read)
        respond_unread(gateway, asked);
    else if (!one.found)
        respond_problem(
            gateway, asked,
            (struct problem){404, TOCSIN__V1__STATUS__STATUS_NOT_FOUND, 0},
            "alertId", "no such %s here", what);
}

void take_alert(struct gateway *gateway, const struct asked *asked,
                struct moment now)
{
    take_one(gateway, asked, give_view, "alert", now);
}

void take_thumbnail(struct gateway *gateway, const struct asked *asked,
                    struct moment now)
{
    take_one(gateway, asked, give_thumbnail, "thumbnail", now);
}
