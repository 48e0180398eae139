/* Handhelds look at the photographs of alerts: the gateway fetches them, keeps
 * them, and notes each look durably before it gives one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "crew_inside.h"

#define LOOKS_ASKED_MAX 150

/* ---- what the gateway's terminal knows, and its cache -------------------- */

static bool shows(const struct model_alert *alert, const uint8_t hash[32])
{
    const struct shot *shot =
        alert->history[alert->revision - 1].paper->picture;

    return alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE &&
           shot != NULL && memcmp(shot->hash, hash, sizeof shot->hash) == 0;
}

bool crew_find_picture(void *arg, const uint8_t hash[32],
                       struct gateway_picture *out)
{
    const struct crew *crew = arg;
    const struct model *model = crew->world->model;
    uint32_t ferry = model_number(model, CREW_GATEWAY);

    for (size_t i = 0; i < model->alert_count; i++) {
        const struct model_alert *alert = model->alerts[i];

        if (!shows(alert, hash) || !check_concerns(model, alert, ferry))
            continue;
        memset(out, 0, sizeof *out);
        memcpy(out->alert_id, alert->id, ULID_SIZE);
        out->size = alert->history[alert->revision - 1].paper->picture->size;
        return true;
    }
    return false;
}

static struct cached *cached(struct crew *crew, const uint8_t hash[32])
{
    for (size_t i = 0; i < crew->cached_count; i++) {
        if (memcmp(crew->cached[i].hash, hash, 32) == 0)
            return &crew->cached[i];
    }
    return NULL;
}

bool crew_load_picture(void *arg, const uint8_t hash[32], uint8_t **bytes,
                       size_t *size)
{
    const struct cached *file = cached(arg, hash);

    if (file == NULL)
        return false;
    *bytes = must_memdup(file->bytes, file->size);
    *size = file->size;
    return true;
}

void crew_keep_picture(void *arg, const uint8_t hash[32], const char *alert_id,
                       const uint8_t *bytes, size_t size)
{
    struct crew *crew = arg;
    struct cached *file;

    if (cached(crew, hash) != NULL)
        return;
    crew->cached = must_realloc(crew->cached, crew->cached_count + 1,
                                sizeof *crew->cached);
    file = &crew->cached[crew->cached_count++];
    memset(file, 0, sizeof *file);
    memcpy(file->hash, hash, 32);
    memcpy(file->alert_id, alert_id, ULID_SIZE);
    file->bytes = must_memdup(bytes, size);
    file->size = size;
}

bool crew_drop_picture(void *arg, const char *alert_id)
{
    struct crew *crew = arg;

    for (size_t i = crew->cached_count; i > 0; i--) {
        struct cached *at = &crew->cached[i - 1];

        if (strcmp(at->alert_id, alert_id) != 0)
            continue;
        free(at->bytes);
        *at = crew->cached[--crew->cached_count];
    }
    return true;
}

/* ---- looking ------------------------------------------------------------- */

static const struct model_alert *something_to_see(struct crew *crew)
{
    const struct model *model = crew->world->model;
    uint32_t count = (uint32_t)model->alert_count;
    uint32_t from = chance_below(&crew->world->chance, count);

    for (uint32_t i = 0; i < count; i++) {
        const struct model_alert *alert = model->alerts[(from + i) % count];

        if (alert->history[alert->revision - 1].paper->picture != NULL)
            return alert;
    }
    return NULL;
}

void crew_looks(struct crew *crew)
{
    struct world *world = crew->world;
    const struct model_alert *alert = something_to_see(crew);
    int who = (int)chance_below(&world->chance, HANDHELDS);
    struct looking *looking = &crew->lookings[who];
    struct gateway_request request = {.method = "GET",
                                      .query = "",
                                      .accept = "application/x-protobuf",
                                      .content_type = "",
                                      .last_event_id = ""};
    char path[90] = "/v1/pictures/";

    if (alert == NULL || crew->looks_asked == LOOKS_ASKED_MAX)
        return;
    request.authorization = crew_session(crew, who);
    if (request.authorization == NULL)
        return;
    crew->looks_asked++;
    looking->shot = alert->history[alert->revision - 1].paper->picture;
    looking->exchange = ++crew->exchange;
    (void)hex_encode(path + strlen(path), looking->shot->hash, 32);
    request.path = path;
    gateway_request(crew->gateway, looking->exchange, &request, crew_now(crew));
}

static unsigned noted(const struct crew *crew, const char *device)
{
    const struct paper_page *page = crew->paper->durable;
    unsigned count = 0;

    for (size_t i = 0; i < page->look_count; i++)
        count += strcmp(page->looks[i].device, device) == 0;
    return count;
}

bool crew_sees(struct crew *crew, uint64_t exchange,
               const struct gateway_response *response)
{
    for (int who = 0; who < HANDHELDS; who++) {
        struct looking *looking = &crew->lookings[who];
        const char *id = crew->hands[who]->bundle.id;

        if (exchange != looking->exchange)
            continue;
        looking->exchange = 0;
        if (response->code != 200)
            return true;
        tell(crew->world, id, "sees a photograph");
        if (response->size != looking->shot->size ||
            memcmp(response->body, looking->shot->bytes, response->size) != 0)
            broken(crew->world, "a handheld sees what was put", "%s", id);
        if (noted(crew, id) < ++looking->seen)
            broken(crew->world, "a look is durable before it is given", "%s",
                   id);
        return true;
    }
    return false;
}

/* ---- the end ------------------------------------------------------------- */

/* Told to wait, as long as somebody may hand back what it looked at. */
static bool is_put_off(const struct crew *crew, const struct spooled_look *look)
{
    return past_look_is_lost(crew->world, look->alert_id, CREW_GATEWAY);
}

const char *crew_looks_lack(const struct crew *crew)
{
    const struct paper_page *page = crew->paper->durable;

    for (size_t i = 0; i < page->look_count; i++) {
        if (page->looks[i].row != 0 && (crew->world->weather.patient ||
                                        !is_put_off(crew, &page->looks[i])))
            return "a look waits at the gateway";
    }
    return NULL;
}

static unsigned recorded(const struct model *model,
                         const struct spooled_look *at)
{
    unsigned count = 0;

    for (uint64_t i = 1; i <= model->head; i++)
        count +=
            model->facts[i - 1].kind == TOCSIN__V1__FACT__BODY_LOOKED &&
            memcmp(model->facts[i - 1].request_id, at->request_id, 16) == 0;
    return count;
}

/* Recorded after the backup, in a home that was lost: nobody says it again. */
static bool was_lost(const struct model *model, const struct spooled_look *at)
{
    while ((model = model->before) != NULL) {
        if (recorded(model, at) == 1)
            return true;
    }
    return false;
}

void crew_check_looks(const struct crew *crew)
{
    const struct paper_page *page = crew->paper->durable;

    for (size_t i = 0; i < page->look_count; i++) {
        const struct spooled_look *look = &page->looks[i];
        const struct model *model = crew->world->model;
        const struct model_alert *alert = model_alert(model, look->alert_id);
        unsigned times = recorded(model, look);

        if (times != 1 &&
            !(times == 0 &&
              (was_lost(model, look) || is_put_off(crew, look))) &&
            !(alert != NULL && (alert->filed || alert->sealed)))
            broken(crew->world, "each look of a handheld is recorded once",
                   "%s: of %s", look->device, look->alert_id);
    }
}

void crew_looks_done(struct crew *crew)
{
    for (size_t i = 0; i < crew->cached_count; i++)
        free(crew->cached[i].bytes);
    free(crew->cached);
}
