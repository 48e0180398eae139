/* One request and its answer; or a stream of events. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sys/socket.h>

#include "base/shared.h"
#include "http/inside.h"

#define STREAM_KERNEL_BYTES (32 * 1024)

/* ---- the way in ----------------------------------------------------------
 */

static const char *method_of(const struct evhttp_request *request)
{
    switch (evhttp_request_get_command(request)) {
    case EVHTTP_REQ_GET:
        return "GET";
    case EVHTTP_REQ_POST:
        return "POST";
    case EVHTTP_REQ_HEAD:
        return "HEAD";
    case EVHTTP_REQ_PUT:
        return "PUT";
    case EVHTTP_REQ_DELETE:
        return "DELETE";
    default:
        return "";
    }
}

static const char *header(struct evhttp_request *request, const char *name)
{
    const char *value =
        evhttp_find_header(evhttp_request_get_input_headers(request), name);

    return value != NULL ? value : "";
}

/* Two lengths, or a length and chunks: two servers on the way would not agree
 * on where the request ends. */
static bool ends_in_one_way(struct evhttp_request *request)
{
    const struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
    int lengths = 0;
    int codings = 0;

    for (const struct evkeyval *at = headers->tqh_first; at != NULL;
         at = at->next.tqe_next) {
        lengths += strcasecmp(at->key, "Content-Length") == 0;
        if (strcasecmp(at->key, "Transfer-Encoding") == 0) {
            codings++;
            if (strcasecmp(at->value, "chunked") != 0)
                return false;
        }
    }
    return lengths + codings <= 1;
}

static void refuse(struct evhttp_request *request, int code)
{
    (void)evhttp_add_header(evhttp_request_get_output_headers(request),
                            "Connection", "close");
    evhttp_send_reply(request, code, NULL, NULL);
}

static void drop(struct exchange *exchange)
{
    struct http *http = exchange->http;

    (void)map_remove(http->exchanges, &exchange->number,
                     sizeof exchange->number);
    http->counts.streams -= exchange->streaming;
    exchange->conn->exchange = NULL;
    free(exchange);
}

static void end(struct exchange *exchange)
{
    struct http *http = exchange->http;
    uint64_t number = exchange->number;

    drop(exchange);
    if (!http->closing)
        http->setup.gone(http->setup.arg, number);
}

/* The connection is going down. Its request is freed with it, but for one that
 * evhttp has let go of. */
static void on_closed(struct evhttp_connection *connection, void *arg)
{
    struct exchange *exchange = arg;
    struct evhttp_request *request = exchange->request;

    (void)connection;
    if (!exchange->answered && evhttp_request_get_connection(request) == NULL)
        evhttp_request_free(request);
    end(exchange);
}

static void on_answered(struct evhttp_request *request, void *arg)
{
    struct http *http = arg;
    struct evhttp_connection *connection =
        evhttp_request_get_connection(request);
    struct conn *conn;

    if (connection == NULL)
        return;
    conn = conn_of(http, evhttp_connection_get_bufferevent(connection));
    if (conn == NULL)
        return;
    conn_answered(conn);
    if (conn->exchange == NULL)
        return;
    evhttp_connection_set_closecb(connection, NULL, NULL);
    end(conn->exchange);
}

static struct exchange *begin(struct http *http, struct evhttp_request *request,
                              struct conn *conn)
{
    struct exchange *exchange = must_calloc(1, sizeof *exchange);

    exchange->number = ++http->next_exchange;
    exchange->http = http;
    exchange->request = request;
    exchange->conn = conn;
    conn->exchange = exchange;
    (void)map_put(http->exchanges, &exchange->number, sizeof exchange->number,
                  exchange);
    evhttp_connection_set_closecb(evhttp_request_get_connection(request),
                                  on_closed, exchange);
    return exchange;
}

static void give(struct http *http, const struct door *door,
                 struct evhttp_request *request,
                 const struct exchange *exchange)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
    const char *query = uri != NULL ? evhttp_uri_get_query(uri) : NULL;
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    char *decoded = evhttp_uridecode(path != NULL ? path : "", 0, NULL);
    struct http_request told = {
        .method = method_of(request),
        .path = decoded != NULL ? decoded : "",
        .query = query != NULL ? query : "",
        .authorization = header(request, "Authorization"),
        .accept = header(request, "Accept"),
        .content_type = header(request, "Content-Type"),
        .last_event_id = header(request, "Last-Event-ID"),
        .size = evbuffer_get_length(input),
        .local = door->local};

    told.body = evbuffer_pullup(input, -1);
    http->setup.request(http->setup.arg, exchange->number, &told);
    free(decoded);
}

void exchange_take(struct evhttp_request *request, void *arg)
{
    struct door *door = arg;
    struct http *http = door->http;
    struct conn *conn =
        conn_of(http, evhttp_connection_get_bufferevent(
                          evhttp_request_get_connection(request)));
    bool in_time;

    REQUIRE(conn != NULL);
    in_time = conn_request(conn);
    http->counts.requests++;
    evhttp_request_set_on_complete_cb(request, on_answered, http);
    if (!ends_in_one_way(request)) {
        http->counts.malformed++;
        conn_takes(conn);
        refuse(request, HTTP_BADREQUEST);
    } else if (!in_time) {
        http->counts.hurried++;
        (void)evhttp_add_header(evhttp_request_get_output_headers(request),
                                "Retry-After", "1");
        conn_takes(conn);
        refuse(request, 429);
    } else {
        give(http, door, request, begin(http, request, conn));
    }
}

/* ---- the way out ----------------------------------------------------------
 */

static struct exchange *find(const struct http *http, uint64_t number)
{
    struct exchange *exchange =
        map_get(http->exchanges, &number, sizeof number);

    return exchange != NULL && !exchange->answered ? exchange : NULL;
}

static void common_headers(struct evkeyvalq *headers)
{
    (void)evhttp_add_header(headers, "Cache-Control", "no-store");
    (void)evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
}

static const char *phrase(int code)
{
    switch (code) {
    case 200:
        return "OK";
    case 202:
        return "Accepted";
    case 204:
        return "No Content";
    case 304:
        return "Not Modified";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 409:
        return "Conflict";
    case 413:
        return "Content Too Large";
    case 415:
        return "Unsupported Media Type";
    case 429:
        return "Too Many Requests";
    case 503:
        return "Service Unavailable";
    case 507:
        return "Insufficient Storage";
    default:
        return code >= 500 ? "Server Error" : "Bad Request";
    }
}

static void let_go(const void *bytes, size_t size, void *shared)
{
    (void)bytes;
    (void)size;
    shared_drop(shared);
}

static struct evbuffer *body_of(const struct http_response *response)
{
    struct evbuffer *body = evbuffer_new();

    REQUIRE(body != NULL);
    if (response->size == 0)
        return body;
    if (response->shared == NULL)
        REQUIRE(evbuffer_add(body, response->body, response->size) == 0);
    else
        REQUIRE(evbuffer_add_reference(body, response->body, response->size,
                                       let_go,
                                       shared_hold(response->shared)) == 0);
    return body;
}

void http_respond(struct http *http, uint64_t number,
                  const struct http_response *response)
{
    struct exchange *exchange = find(http, number);
    struct evhttp_request *request;
    struct evkeyvalq *headers;
    struct evbuffer *body;
    char text[16];

    if (exchange == NULL)
        return;
    request = exchange->request;
    exchange->answered = true;
    conn_takes(exchange->conn);
    headers = evhttp_request_get_output_headers(request);
    common_headers(headers);
    if (response->type != NULL)
        (void)evhttp_add_header(headers, "Content-Type", response->type);
    if (response->code == 401)
        (void)evhttp_add_header(headers, "WWW-Authenticate", "Bearer");
    if (response->retry_after_s > 0) {
        snprintf(text, sizeof text, "%u", response->retry_after_s);
        (void)evhttp_add_header(headers, "Retry-After", text);
    }
    body = body_of(response);
    evhttp_send_reply(request, response->code, phrase(response->code), body);
    evbuffer_free(body);
}

bool http_stream(struct http *http, uint64_t number)
{
    struct exchange *exchange = find(http, number);
    struct evkeyvalq *headers;
    struct timeval patience = {30, 0};
    int kernel_bytes = STREAM_KERNEL_BYTES;

    if (exchange == NULL)
        return false;
    headers = evhttp_request_get_output_headers(exchange->request);
    common_headers(headers);
    (void)evhttp_add_header(headers, "Content-Type", "text/event-stream");
    exchange->streaming = true;
    http->counts.streams++;
    /* what the kernel holds for a reader that stalls is bounded as well */
    (void)setsockopt(bufferevent_getfd(exchange->conn->bev), SOL_SOCKET,
                     SO_SNDBUF, &kernel_bytes, sizeof kernel_bytes);
    /* quiet is not dead; but what does not take what it is sent is */
    bufferevent_set_timeouts(exchange->conn->bev, NULL, &patience);
    evhttp_send_reply_start(exchange->request, 200, "OK");
    return find(http, number) != NULL;
}

static void close_slow(struct http *http, struct exchange *exchange)
{
    http->counts.slow++;
    evhttp_connection_free(evhttp_request_get_connection(exchange->request));
}

bool http_push(struct http *http, uint64_t number, const char *text,
               size_t size)
{
    struct exchange *exchange = find(http, number);
    struct evbuffer *output;
    struct evbuffer *piece;

    if (exchange == NULL)
        return false;
    output = bufferevent_get_output(exchange->conn->bev);
    if (evbuffer_get_length(output) + size > http->setup.limits.stream_bytes) {
        close_slow(http, exchange);
        return false;
    }
    piece = evbuffer_new();
    REQUIRE(piece != NULL && evbuffer_add(piece, text, size) == 0);
    evhttp_send_reply_chunk(exchange->request, piece);
    evbuffer_free(piece);
    return find(http, number) != NULL;
}

void http_stream_end(struct http *http, uint64_t number)
{
    struct exchange *exchange = find(http, number);

    if (exchange == NULL)
        return;
    exchange->answered = true;
    conn_takes(exchange->conn);
    evhttp_send_reply_end(exchange->request);
}
