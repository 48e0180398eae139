#include "domain/book.h"

#include "domain/samples.h"

#include <stdlib.h>
#include <string.h>

#define BEGINNING_MIN 4

struct book *book_new(const struct divisions *divisions)
{
    struct book *book = must_calloc(1, sizeof *book);

    book->divisions = divisions;
    book->orders = roll_orders_new();
    book->by_id = map_new();
    book->by_curve = map_new();
    book->by_alert = map_new();
    book->by_found = map_new();
    book->by_case = map_new();
    book->topics = map_new();
    book->seen = map_new();
    book->samples = map_new();
    return book;
}

static void free_seen(struct seen *seen)
{
    while (seen != NULL) {
        struct seen *next = seen->next;

        free(seen);
        seen = next;
    }
}

static void free_alert(struct alert *alert)
{
    free_seen(alert->seen);
    for (size_t i = 0; i < alert->answer_count; i++)
        free(alert->answers[i].document);
    free(alert->answers);
    free(alert->looks);
    case_file_done(&alert->file);
    samples_done(alert);
    free(alert->cover);
    free(alert->prefixes);
    free(alert->previous);
    free(alert->told);
    free(alert->document);
    free(alert->last_alert);
    free(alert->thumbnail);
    free(alert);
}

static void free_found(struct found_child *found)
{
    free_seen(found->seen);
    found_free(found);
}

static void free_reachable(struct reachable *reachable)
{
    if (reachable != NULL)
        free(reachable->address);
    free(reachable);
}

static void free_invitations(struct book *book)
{
    for (size_t i = 0; i < book->invitation_count; i++) {
        free(book->invitations[i].name);
        free(book->invitations[i].name_en);
    }
    free(book->invitations);
}

static void free_supervisions(struct book *book)
{
    for (size_t i = 0; i < book->supervision_count; i++) {
        free(book->supervisions[i]->reason);
        free(book->supervisions[i]);
    }
    free(book->supervisions);
    free(book->supervised);
}

void book_free(struct book *book)
{
    size_t cursor = 0;
    void *topic;
    struct sample *sample;

    if (book == NULL)
        return;
    for (size_t i = 0; i < book->principal_count; i++) {
        free_seen(book->principals[i]->seen);
        free_reachable(book->principals[i]->reachable);
        free(book->principals[i]->name);
        free(book->principals[i]->name_en);
        free(book->principals[i]->unit);
        free(book->principals[i]);
    }
    for (size_t i = 0; i < book->alert_count; i++)
        free_alert(book->alerts[i]);
    while ((topic = map_next(book->topics, &cursor)) != NULL)
        free(topic);
    cursor = 0;
    while ((sample = map_next(book->samples, &cursor)) != NULL)
        sample_free(sample);
    free_invitations(book);
    free_supervisions(book);
    for (size_t i = 0; i < book->found_count; i++)
        free_found(book->found[i]);
    free(book->found);
    map_free(book->by_found);
    roll_orders_free(book->orders);
    free(book->principals);
    free(book->roll);
    free(book->alerts);
    map_free(book->by_id);
    map_free(book->by_curve);
    map_free(book->by_alert);
    map_free(book->by_case);
    map_free(book->topics);
    map_free(book->seen);
    map_free(book->samples);
    free(book);
}

void book_drop(struct book *book, struct alert *alert)
{
    size_t at = 0;

    while (book->alerts[at] != alert)
        at++;
    book->alert_count--;
    memmove(book->alerts + at, book->alerts + at + 1,
            (book->alert_count - at) * sizeof *book->alerts);
    (void)map_remove(book->by_alert, alert->id, strlen(alert->id));
    (void)map_remove(book->by_case, alert->case_number,
                     strlen(alert->case_number));
    for (const struct seen *seen = alert->seen; seen != NULL; seen = seen->next)
        (void)map_remove(book->seen, seen->identity, IDENTITY_SIZE);
    samples_forget(book, alert);
    free_alert(alert);
}

void book_drop_found(struct book *book, struct found_child *found)
{
    size_t at = 0;

    while (book->found[at] != found)
        at++;
    book->found_count--;
    memmove(book->found + at, book->found + at + 1,
            (book->found_count - at) * sizeof(struct found_child *));
    (void)map_remove(book->by_found, found->id, strlen(found->id));
    for (const struct seen *seen = found->seen; seen != NULL; seen = seen->next)
        (void)map_remove(book->seen, seen->identity, IDENTITY_SIZE);
    free_found(found);
}

struct principal *book_principal(const struct book *book, const char *id)
{
    return map_get(book->by_id, id, strlen(id));
}

struct principal *book_number(const struct book *book, uint32_t number)
{
    return number >= 1 && number <= book->principal_count
               ? book->principals[number - 1]
               : NULL;
}

struct principal *book_curve(const struct book *book,
                             const uint8_t curve[KEY_SIZE])
{
    struct principal *principal = map_get(book->by_curve, curve, KEY_SIZE);

    return principal != NULL && !principal->revoked ? principal : NULL;
}

struct alert *book_alert(const struct book *book, const char *id)
{
    return map_get(book->by_alert, id, strlen(id));
}

struct alert *book_alert_meant(const struct book *book, const char *text,
                               bool *several)
{
    struct alert *found = book_alert(book, text);
    size_t size = strlen(text);

    *several = false;
    if (found == NULL)
        found = map_get(book->by_case, text, size);
    if (found != NULL || size < BEGINNING_MIN)
        return found;
    for (size_t i = 0; i < book->alert_count; i++) {
        if (strncmp(book->alerts[i]->id, text, size) != 0)
            continue;
        if (found != NULL) {
            *several = true;
            return NULL;
        }
        found = book->alerts[i];
    }
    return found;
}

struct topic_state *book_topic(const struct book *book, const char *topic)
{
    return map_get(book->topics, topic, strlen(topic));
}

struct seen *book_seen(const struct book *book,
                       const uint8_t identity[IDENTITY_SIZE])
{
    return map_get(book->seen, identity, IDENTITY_SIZE);
}

bool principal_has_key(const struct principal *principal)
{
    static const uint8_t none[KEY_SIZE];

    return memcmp(principal->curve, none, KEY_SIZE) != 0;
}

bool role_is_field(Tocsin__V1__Role role)
{
    return role == TOCSIN__V1__ROLE__ROLE_CHECKPOINT ||
           role == TOCSIN__V1__ROLE__ROLE_GATEWAY;
}

struct invitation *book_invitation(const struct book *book, const char *device)
{
    for (size_t i = 0; i < book->invitation_count; i++) {
        if (strcmp(book->invitations[i].device, device) == 0)
            return &book->invitations[i];
    }
    return NULL;
}

bool book_is_active_node(const struct principal *principal)
{
    return principal->role == TOCSIN__V1__ROLE__ROLE_CHECKPOINT &&
           !principal->revoked;
}

struct whereabouts book_whereabouts(const struct principal *node)
{
    return (struct whereabouts){node->division, node->point, node->has_point,
                                node->kind};
}

bool alert_covers(const struct alert *alert, uint32_t node)
{
    const struct cover *cover = alert_cover(alert, node);

    return cover != NULL && !cover->extra;
}

int64_t alert_due_ms(const struct alert *alert)
{
    return alert->ring.widened_ms > alert->recorded_ms ? alert->ring.widened_ms
                                                       : alert->recorded_ms;
}

bool alert_widens(const struct alert *alert)
{
    return alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE &&
           alert->ring.steps > 0 &&
           alert->ring.reached_ms < alert->ring.last_ms;
}

uint64_t alert_told(const struct alert *alert, const char *division)
{
    for (size_t i = 0; i < alert->prefix_count; i++) {
        if (prefix_contains(alert->prefixes[i], division))
            return alert->told[i];
    }
    return alert->sequence;
}

struct testimony *alert_testimony(const struct alert *alert, uint64_t sequence)
{
    for (size_t i = alert->answer_count; i > 0; i--) {
        if (alert->answers[i - 1].sequence <= sequence)
            return alert->answers[i - 1].sequence == sequence
                       ? &alert->answers[i - 1]
                       : NULL;
    }
    return NULL;
}

uint32_t alert_unanswered(const struct alert *alert)
{
    uint32_t count = 0;

    for (size_t i = 0; i < alert->answer_count; i++)
        count += alert->answers[i].rung >= TOCSIN__V1__RUNG__RUNG_SIGHTING &&
                 alert->answers[i].verdict ==
                     TOCSIN__V1__VERDICT__VERDICT_UNSPECIFIED;
    return count;
}

struct cover *alert_cover(const struct alert *alert, uint32_t node)
{
    size_t low = 0;
    size_t high = alert->cover_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (alert->cover[middle].node < node)
            low = middle + 1;
        else
            high = middle;
    }
    return low < alert->cover_count && alert->cover[low].node == node
               ? &alert->cover[low]
               : NULL;
}

bool book_is_listener(const struct principal *principal)
{
    return role_is_field(principal->role) && !principal->revoked;
}

bool book_in_scope(const struct principal *node, const struct alert *alert)
{
    for (size_t i = 0; i < alert->prefix_count; i++) {
        if (prefix_contains(alert->prefixes[i], node->division))
            return true;
    }
    return false;
}

bool book_may_see(const struct principal *actor, const struct alert *alert)
{
    char own[DIVISION_SIZE + 1];

    if (division_contains(actor->division, alert->division) ||
        book_in_scope(actor, alert))
        return true;
    memcpy(own, actor->division, sizeof own);
    own[division_prefix(own)] = '\0';
    for (size_t i = 0; i < alert->prefix_count; i++) {
        if (prefix_contains(own, alert->prefixes[i]))
            return true;
    }
    return false;
}
