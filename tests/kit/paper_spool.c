#include "paper_spool.h"

#include <stdlib.h>
#include <string.h>

#define EXPECTED TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_EXPECTED
#define WAITING TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_WAITING
#define REFUSED TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_REFUSED
#define REVOKED TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_REVOKED

struct paper_spool *paper_spool_new(void)
{
    struct paper_spool *paper = must_calloc(1, sizeof *paper);

    paper->staged = must_calloc(1, sizeof *paper->staged);
    paper->durable = must_calloc(1, sizeof *paper->durable);
    return paper;
}

void paper_spool_free(struct paper_spool *paper)
{
    for (size_t i = 0; i < PAPER_ROWS; i++)
        free(paper->pictures[i]);
    free(paper->staged);
    free(paper->durable);
    free(paper);
}

/* Only what is written on: a page is large. */
static void copy_page(struct paper_page *to, const struct paper_page *from)
{
    memcpy(to->rows, from->rows, from->row_count * sizeof *from->rows);
    memcpy(to->devices, from->devices,
           from->device_count * sizeof *from->devices);
    memcpy(to->looks, from->looks, from->look_count * sizeof *from->looks);
    memcpy(to->looked, from->looked, from->look_count * sizeof *from->looked);
    to->look_count = from->look_count;
    to->row_count = from->row_count;
    to->device_count = from->device_count;
}

void paper_spool_crash(struct paper_spool *paper)
{
    copy_page(paper->staged, paper->durable);
}

static struct paper_row *row_of(struct paper_page *page, const char *device,
                                const uint8_t answer_id[16])
{
    for (size_t i = 0; i < page->row_count; i++) {
        struct paper_row *row = &page->rows[i];

        if (row->used && strcmp(row->fate.device, device) == 0 &&
            memcmp(row->fate.answer_id, answer_id, 16) == 0)
            return row;
    }
    return NULL;
}

static void put(void *arg, struct fate *fate,
                const Tocsin__V1__SignedAnswer *answer)
{
    struct paper_page *page = ((struct paper_spool *)arg)->staged;
    struct paper_row *row = &page->rows[page->row_count];

    REQUIRE(page->row_count < PAPER_ROWS &&
            answer->content.len <= sizeof row->content &&
            answer->signature.len <= sizeof row->signature);
    memset(row, 0, sizeof *row);
    fate->row = (int64_t)++page->row_count;
    row->used = true;
    row->fate = *fate;
    memcpy(row->content, answer->content.data, answer->content.len);
    row->content_size = answer->content.len;
    memcpy(row->signature, answer->signature.data, answer->signature.len);
    row->signature_size = answer->signature.len;
}

static bool is_open(const struct paper_row *row)
{
    return row->fate.picture.state == EXPECTED ||
           row->fate.picture.state == WAITING;
}

static void refuse_picture(struct paper_row *row, Tocsin__V1__Status status,
                           const char *reason)
{
    if (status != TOCSIN__V1__STATUS__STATUS_NOT_FOUND)
        row->pictured = false;
    if (!is_open(row))
        return;
    row->fate.picture.state = REFUSED;
    row->fate.picture.status = status;
    strcpy(row->fate.picture.reason, reason);
}

static void end(void *arg, const struct fate *fate)
{
    struct paper_page *page = ((struct paper_spool *)arg)->staged;
    struct picture_fate picture;

    if (!page->rows[fate->row - 1].used)
        return;
    picture = page->rows[fate->row - 1].fate.picture;
    page->rows[fate->row - 1].fate = *fate;
    page->rows[fate->row - 1].fate.picture = picture;
    if (fate->kind == FATE_FOUND)
        page->rows[fate->row - 1].content_size = 0;
    if (fate->state == TOCSIN__V1__FATE_STATE__FATE_STATE_REFUSED)
        refuse_picture(&page->rows[fate->row - 1], fate->status,
                       "its answer was refused");
}

static void forget(void *arg, const char *device, const uint8_t answer_id[16])
{
    struct paper_row *row =
        row_of(((struct paper_spool *)arg)->staged, device, answer_id);

    if (row != NULL &&
        row->fate.state != TOCSIN__V1__FATE_STATE__FATE_STATE_WAITING &&
        row->fate.picture.state != WAITING)
        row->used = false;
}

static void revoke(void *arg, const char *device, const char *alert_id,
                   int64_t now_ms)
{
    struct paper_page *page = ((struct paper_spool *)arg)->staged;

    for (size_t i = 0; i < page->row_count; i++) {
        struct fate *fate = &page->rows[i].fate;

        if (strcmp(fate->device, device) != 0 ||
            (alert_id != NULL && strcmp(fate->alert_id, alert_id) != 0))
            continue;
        if (is_open(&page->rows[i]))
            fate->picture.state = REVOKED;
        if (fate->state != TOCSIN__V1__FATE_STATE__FATE_STATE_WAITING)
            continue;
        fate->state = TOCSIN__V1__FATE_STATE__FATE_STATE_REVOKED;
        fate->settled_ms = now_ms;
    }
}

static bool is_said_again(const struct fate *fate)
{
    return fate->state == TOCSIN__V1__FATE_STATE__FATE_STATE_RECORDED ||
           (fate->state == TOCSIN__V1__FATE_STATE__FATE_STATE_REFUSED &&
            fate->status == TOCSIN__V1__STATUS__STATUS_NOT_FOUND);
}

static void say_again(void *arg)
{
    struct paper_page *page = ((struct paper_spool *)arg)->staged;

    for (size_t i = 0; i < page->row_count; i++) {
        struct fate *fate = &page->rows[i].fate;

        if (fate->picture.state == REFUSED &&
            fate->picture.status == TOCSIN__V1__STATUS__STATUS_NOT_FOUND)
            fate->picture.state = page->rows[i].pictured ? WAITING : EXPECTED;
        if (!page->rows[i].used || page->rows[i].content_size == 0 ||
            !is_said_again(fate))
            continue;
        fate->state = TOCSIN__V1__FATE_STATE__FATE_STATE_WAITING;
        fate->settled_ms = 0;
        fate->sequence = 0;
        fate->status = TOCSIN__V1__STATUS__STATUS_UNSPECIFIED;
        fate->field[0] = '\0';
        fate->reason[0] = '\0';
    }
    for (size_t i = 0; i < page->look_count; i++) {
        if (page->looked[i])
            page->looks[i].row = (int64_t)i + 1;
        page->looked[i] = false;
    }
}

static void purge(void *arg, int64_t before_ms)
{
    struct paper_page *page = ((struct paper_spool *)arg)->staged;

    for (size_t i = 0; i < page->look_count; i++)
        page->looked[i] = page->looked[i] && page->looks[i].at_ms >= before_ms;
    for (size_t i = 0; i < page->row_count; i++) {
        const struct fate *fate = &page->rows[i].fate;

        if (fate->state == TOCSIN__V1__FATE_STATE__FATE_STATE_RECORDED &&
            fate->settled_ms < before_ms && fate->picture.state != WAITING)
            page->rows[i].used = false;
        if ((fate->state == TOCSIN__V1__FATE_STATE__FATE_STATE_REFUSED ||
             fate->state == TOCSIN__V1__FATE_STATE__FATE_STATE_REVOKED) &&
            fate->settled_ms < before_ms) {
            page->rows[i].content_size = 0;
            page->rows[i].pictured = false;
        }
    }
}

static bool is_over(const struct paper_row *row, const char *device)
{
    return row->used && strcmp(row->fate.device, device) == 0 &&
           row->fate.state != TOCSIN__V1__FATE_STATE__FATE_STATE_WAITING;
}

/* The newest first. */
static void cut(void *arg, const char *device,
                const struct spool_measure *measure)
{
    struct paper_page *page = ((struct paper_spool *)arg)->staged;
    struct spool_measure seen = {0};

    for (size_t i = page->row_count; i-- > 0;) {
        struct paper_row *row = &page->rows[i];

        if (!is_over(row, device))
            continue;
        if (row->fate.picture.state != WAITING && ++seen.fates > measure->fates)
            row->used = row->pictured = false;
        if (row->fate.state != TOCSIN__V1__FATE_STATE__FATE_STATE_RECORDED) {
            seen.refused += row->content_size > 0;
            row->content_size =
                seen.refused > measure->refused ? 0 : row->content_size;
            row->pictured = row->pictured && row->content_size > 0;
        }
        if (row->pictured && row->fate.picture.state != WAITING) {
            seen.picture_bytes += row->fate.picture.size;
            row->pictured = seen.picture_bytes <= measure->picture_bytes;
        }
    }
}

static void strip(void *arg, const char *alert_id)
{
    struct paper_page *page = ((struct paper_spool *)arg)->staged;

    for (size_t i = 0; i < page->row_count; i++) {
        const struct fate *fate = &page->rows[i].fate;

        if (strcmp(fate->alert_id, alert_id) == 0 &&
            fate->state != TOCSIN__V1__FATE_STATE__FATE_STATE_WAITING)
            page->rows[i].content_size = 0;
        if (strcmp(fate->alert_id, alert_id) == 0 &&
            fate->picture.state != WAITING)
            page->rows[i].pictured = false;
    }
    for (size_t i = 0; i < page->look_count; i++)
        page->looked[i] =
            page->looked[i] && strcmp(page->looks[i].alert_id, alert_id) != 0;
}

static void keep_picture(void *arg, const struct fate *fate,
                         const uint8_t *bytes)
{
    struct paper_spool *paper = arg;
    struct paper_row *row = &paper->staged->rows[fate->row - 1];

    free(paper->pictures[fate->row - 1]);
    paper->pictures[fate->row - 1] = must_memdup(bytes, fate->picture.size);
    row->pictured = true;
    row->fate.picture.state = WAITING;
}

static void end_picture(void *arg, const struct fate *fate)
{
    struct paper_page *page = ((struct paper_spool *)arg)->staged;
    struct paper_row *row = &page->rows[fate->row - 1];

    row->fate.picture = fate->picture;
    if (fate->picture.status != TOCSIN__V1__STATUS__STATUS_NOT_FOUND)
        row->pictured = false;
}

static void purge_pictures(void *arg, const char *alert_id)
{
    struct paper_page *page = ((struct paper_spool *)arg)->staged;

    for (size_t i = 0; i < page->row_count; i++) {
        if (strcmp(page->rows[i].fate.alert_id, alert_id) == 0)
            refuse_picture(&page->rows[i], TOCSIN__V1__STATUS__STATUS_CONFLICT,
                           "its case is sealed");
    }
}

static bool comes_before(const struct fate *fate, const struct fate *other,
                         const char *device)
{
    bool past = strcmp(fate->device, device) > 0;
    bool other_past = strcmp(other->device, device) > 0;
    int order = strcmp(fate->device, other->device);

    if (past != other_past)
        return past;
    return order != 0 ? order < 0 : fate->row < other->row;
}

/* ---- questions ----------------------------------------------------------
 */

static bool no_answer(void *arg)
{
    struct paper_spool *paper = arg;

    paper->unread = paper->unreadable;
    return paper->unread;
}

static bool unread(void *arg, struct diag *why)
{
    const struct paper_spool *paper = arg;

    if (paper->unread)
        (void)diag_set(why, paper->torn ? STATUS_CORRUPT : STATUS_DISK,
                       "the paper is wet");
    return paper->unread;
}

static bool next_picture(void *arg, const char *device, struct fate *out)
{
    struct paper_page *page = ((struct paper_spool *)arg)->staged;
    const struct fate *found = NULL;

    if (no_answer(arg))
        return false;
    for (size_t i = 0; i < page->row_count; i++) {
        const struct fate *fate = &page->rows[i].fate;

        if (page->rows[i].used && fate->picture.state == WAITING &&
            fate->state == TOCSIN__V1__FATE_STATE__FATE_STATE_RECORDED &&
            (found == NULL || comes_before(fate, found, device)))
            found = fate;
    }
    if (found != NULL)
        *out = *found;
    return found != NULL;
}

static bool read_picture(void *arg, const struct fate *fate, uint8_t **bytes)
{
    const struct paper_spool *paper = arg;
    size_t at = (size_t)fate->row - 1;
    bool here = paper->staged->rows[at].pictured;

    if (no_answer(arg)) {
        *bytes = NULL;
        return false;
    }
    *bytes = here ? must_memdup(paper->pictures[at], fate->picture.size) : NULL;
    return here;
}

static void each_picture(void *arg,
                         bool (*each)(void *to, const struct fate *fate),
                         void *to)
{
    struct paper_page *page = ((struct paper_spool *)arg)->staged;

    if (no_answer(arg))
        return;
    for (size_t i = 0; i < page->row_count; i++) {
        if (page->rows[i].used && page->rows[i].fate.picture.state == WAITING &&
            !each(to, &page->rows[i].fate))
            return;
    }
}

static void put_look(void *arg, const struct spooled_look *look)
{
    struct paper_page *page = ((struct paper_spool *)arg)->staged;

    REQUIRE(page->look_count < PAPER_LOOKS);
    page->looks[page->look_count] = *look;
    page->looks[page->look_count].row = (int64_t)page->look_count + 1;
    page->look_count++;
}

static void end_look(void *arg, int64_t row)
{
    struct paper_page *page = ((struct paper_spool *)arg)->staged;
    const char *device = page->looks[row - 1].device;
    int kept = 0;

    page->looks[row - 1].row = 0;
    page->looked[row - 1] = true;
    for (size_t i = page->look_count; i-- > 0;) {
        if (page->looked[i] && strcmp(page->looks[i].device, device) == 0 &&
            ++kept > SPOOL_LOOKED_MAX)
            page->looked[i] = false;
    }
}

static void each_look(void *arg, int64_t after,
                      bool (*each)(void *to, const struct spooled_look *look),
                      void *to)
{
    struct paper_page *page = ((struct paper_spool *)arg)->staged;

    if (no_answer(arg))
        return;
    for (size_t i = (size_t)after; i < page->look_count; i++) {
        if (page->looks[i].row != 0 && !each(to, &page->looks[i]))
            return;
    }
}

static bool scrub(void *arg)
{
    struct paper_spool *paper = arg;

    paper->scrubs += !paper->read_by_another;
    return !paper->read_by_another;
}

static void keep_device(void *arg, const struct spooled_device *device)
{
    struct paper_page *page = ((struct paper_spool *)arg)->staged;

    for (size_t i = 0; i < page->device_count; i++) {
        if (strcmp(page->devices[i].id, device->id) == 0) {
            page->devices[i] = *device;
            return;
        }
    }
    REQUIRE(page->device_count < PAPER_DEVICES);
    page->devices[page->device_count++] = *device;
}

static bool find(void *arg, const char *device, const uint8_t answer_id[16],
                 struct fate *out)
{
    const struct paper_row *row =
        row_of(((struct paper_spool *)arg)->staged, device, answer_id);

    if (no_answer(arg))
        return false;
    if (row != NULL)
        *out = row->fate;
    return row != NULL;
}

static void each_fate(void *arg, const struct fate_query *query,
                      bool (*each)(void *to, const struct fate *fate), void *to)
{
    struct paper_page *page = ((struct paper_spool *)arg)->staged;

    if (no_answer(arg))
        return;
    for (size_t i = (size_t)query->after; i < page->row_count; i++) {
        if (page->rows[i].used && page->rows[i].fate.kind == query->kind &&
            strcmp(page->rows[i].fate.device, query->device) == 0 &&
            !each(to, &page->rows[i].fate))
            return;
    }
}

static void each_waiting(void *arg,
                         bool (*each)(void *to, const struct fate *fate),
                         void *to)
{
    struct paper_page *page = ((struct paper_spool *)arg)->staged;

    if (no_answer(arg))
        return;
    ((struct paper_spool *)arg)->searches++;
    for (size_t i = 0; i < page->row_count; i++) {
        if (page->rows[i].used &&
            page->rows[i].fate.state ==
                TOCSIN__V1__FATE_STATE__FATE_STATE_WAITING &&
            !each(to, &page->rows[i].fate))
            return;
    }
}

static void each_device(void *arg,
                        bool (*each)(void *to,
                                     const struct spooled_device *device),
                        void *to)
{
    struct paper_page *page = ((struct paper_spool *)arg)->staged;

    if (no_answer(arg))
        return;
    for (size_t i = 0; i < page->device_count; i++) {
        if (!each(to, &page->devices[i]))
            return;
    }
}

static void each_kept_alert(void *arg,
                            bool (*each)(void *to, const char *alert_id),
                            void *to)
{
    struct paper_page *page = ((struct paper_spool *)arg)->staged;

    if (no_answer(arg))
        return;
    for (size_t i = 0; i < page->row_count; i++) {
        const struct paper_row *row = &page->rows[i];

        if (row->used && row->content_size > 0 &&
            row->fate.kind == FATE_ANSWER &&
            row->fate.state != TOCSIN__V1__FATE_STATE__FATE_STATE_WAITING &&
            !each(to, row->fate.alert_id))
            return;
    }
}

static bool read_row(void *arg, int64_t at, struct fate *fate,
                     Tocsin__V1__SignedAnswer *answer)
{
    struct paper_page *page = ((struct paper_spool *)arg)->staged;
    struct paper_row *row = &page->rows[at - 1];

    if (no_answer(arg))
        return false;
    if (!row->used || row->content_size == 0)
        return false;
    *fate = row->fate;
    tocsin__v1__signed_answer__init(answer);
    answer->content = (ProtobufCBinaryData){row->content_size, row->content};
    answer->signature =
        (ProtobufCBinaryData){row->signature_size, row->signature};
    return true;
}

static enum status commit(void *arg, struct diag *why)
{
    struct paper_spool *paper = arg;

    if (paper->broken)
        return diag_set(why, STATUS_DISK, "the paper is torn");
    if (paper->full) {
        copy_page(paper->staged, paper->durable);
        return diag_set(why, STATUS_FULL, "the paper is full");
    }
    copy_page(paper->durable, paper->staged);
    paper->commits++;
    return STATUS_OK;
}

void paper_spool_port(struct paper_spool *paper, struct gateway_spool *port)
{
    *port = (struct gateway_spool){.arg = paper,
                                   .put = put,
                                   .end = end,
                                   .forget = forget,
                                   .revoke = revoke,
                                   .say_again = say_again,
                                   .purge = purge,
                                   .strip = strip,
                                   .cut = cut,
                                   .scrub = scrub,
                                   .put_look = put_look,
                                   .end_look = end_look,
                                   .each_look = each_look,
                                   .keep_picture = keep_picture,
                                   .end_picture = end_picture,
                                   .purge_pictures = purge_pictures,
                                   .next_picture = next_picture,
                                   .read_picture = read_picture,
                                   .each_picture = each_picture,
                                   .keep_device = keep_device,
                                   .find = find,
                                   .unread = unread,
                                   .each_fate = each_fate,
                                   .each_waiting = each_waiting,
                                   .each_device = each_device,
                                   .each_kept_alert = each_kept_alert,
                                   .read = read_row,
                                   .commit = commit};
}
