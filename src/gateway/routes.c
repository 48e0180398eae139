/* Which request leads where, and who may make it. */
#include <string.h>

#include "gateway/core.h"

typedef void take_fn(struct gateway *gateway, const struct asked *asked,
                     struct moment now);

static void take_openapi(struct gateway *gateway, const struct asked *asked,
                         struct moment now)
{
    const struct gateway_response response = {.code = 200,
                                              .type = "application/json",
                                              .body = gateway->openapi->bytes,
                                              .size = gateway->openapi->size,
                                              .shared = gateway->openapi};

    (void)now;
    respond(gateway, asked->exchange, &response);
}

enum access { ANYONE, SESSION, LOCAL };

/* A path that ends in "/" has something behind it, and after that what `tail`
 * says. */
static const struct route {
    const char *method;
    const char *path;
    const char *tail;
    const char *told; /* as the document writes it */
    enum access access;
    take_fn *take;
} routes[] = {
    {"GET", "/healthz", "", "/healthz", ANYONE, take_health},
    {"GET", "/metrics", "", "/metrics", LOCAL, take_metrics},
    {"GET", "/v1/openapi.json", "", "/v1/openapi.json", ANYONE, take_openapi},
    {"GET", "/v1/gateway", "", "/v1/gateway", ANYONE, take_standing},
    {"GET", "/v1/challenge", "", "/v1/challenge", ANYONE, take_challenge},
    {"POST", "/v1/session", "", "/v1/session", ANYONE, take_login},
    {"POST", "/v1/enrolment", "", "/v1/enrolment", ANYONE, take_claim},
    {"POST", "/v1/introduction", "", "/v1/introduction", ANYONE,
     take_introduction},
    {"GET", "/v1/proof", "", "/v1/proof", SESSION, take_proof},
    {"POST", "/v1/answers", "", "/v1/answers", ANYONE, take_answer},
    {"GET", "/v1/answers", "", "/v1/answers", SESSION, take_fates},
    {"POST", "/v1/found", "", "/v1/found", ANYONE, take_registration},
    {"GET", "/v1/found", "", "/v1/found", SESSION, take_registered},
    {"GET", "/v1/found/", "", "/v1/found/{foundId}", SESSION,
     take_registered_one},
    {"DELETE", "/v1/found/", "", "/v1/found/{foundId}", SESSION,
     take_registered_known},
    {"PUT", "/v1/answers/", "/picture", "/v1/answers/{answerId}/picture",
     SESSION, take_upload},
    {"GET", "/v1/answers/", "", "/v1/answers/{answerId}", SESSION, take_fate},
    {"DELETE", "/v1/answers/", "", "/v1/answers/{answerId}", SESSION,
     take_known},
    {"GET", "/v1/alerts", "", "/v1/alerts", SESSION, take_alerts},
    {"GET", "/v1/alerts/", "/thumbnail", "/v1/alerts/{alertId}/thumbnail",
     SESSION, take_thumbnail},
    {"GET", "/v1/alerts/", "", "/v1/alerts/{alertId}", SESSION, take_alert},
    {"GET", "/v1/pictures/", "", "/v1/pictures/{hash}", SESSION, take_picture},
    {"GET", "/v1/events", "", "/v1/events", SESSION, take_events},
};
#define ROUTES (sizeof routes / sizeof routes[0])
#define REST_MAX 80

const char *gateway_route(size_t index)
{
    static char text[ROUTES][80];

    if (index >= ROUTES)
        return NULL;
    snprintf(text[index], sizeof text[index], "%s %s", routes[index].method,
             routes[index].told);
    return text[index];
}

static bool leads(const struct route *route, const char *path,
                  char rest[REST_MAX])
{
    size_t size = strlen(route->path);
    size_t tail = strlen(route->tail);
    size_t left;

    rest[0] = '\0';
    if (route->path[size - 1] != '/')
        return strcmp(path, route->path) == 0;
    if (strncmp(path, route->path, size) != 0)
        return false;
    left = strlen(path + size);
    if (left <= tail || left - tail >= REST_MAX ||
        strcmp(path + size + left - tail, route->tail) != 0)
        return false;
    memcpy(rest, path + size, left - tail);
    rest[left - tail] = '\0';
    return strchr(rest, '/') == NULL;
}

static const struct route *route_of(const struct gateway_request *request,
                                    char rest[REST_MAX], bool *other_method)
{
    const char *method =
        strcmp(request->method, "HEAD") == 0 ? "GET" : request->method;

    *other_method = false;
    for (size_t i = 0; i < ROUTES; i++) {
        if ((routes[i].access == LOCAL && !request->local) ||
            !leads(&routes[i], request->path, rest))
            continue;
        if (strcmp(routes[i].method, method) == 0)
            return &routes[i];
        *other_method = true;
    }
    return NULL;
}

void gateway_request(struct gateway *gateway, uint64_t exchange,
                     const struct gateway_request *request, struct moment now)
{
    char rest[REST_MAX];
    struct asked asked = {
        .exchange = exchange,
        .request = request,
        .rest = rest,
        .protobuf = strstr(request->accept, "application/x-protobuf") != NULL};
    bool other_method;
    const struct route *route = route_of(request, rest, &other_method);

    arena_reset(&gateway->arena);
    arena_reset(&gateway->inner);
    if (route == NULL) {
        respond_problem(
            gateway, &asked,
            (struct problem){other_method ? 405 : 404,
                             TOCSIN__V1__STATUS__STATUS_NOT_FOUND, 0},
            "path", other_method ? "not by this method" : "no such resource");
        return;
    }
    if (route->access == SESSION &&
        (!session_find(gateway, &asked, now) || !loan_begin(gateway, &asked)))
        return;
    route->take(gateway, &asked, now);
}
