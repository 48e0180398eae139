/* What stands under supervision, in the book. */
#include "domain/apply_parts.h"
#include "domain/supervision.h"

#include <stdlib.h>
#include <string.h>

static void take_out(struct supervision **list, size_t count, size_t at)
{
    memmove(list + at, list + at + 1, (count - at - 1) * sizeof *list);
}

void apply_unsupervise(struct book *book, Tocsin__V1__Supervised kind,
                       const char *subject)
{
    const struct supervision *gone = book_supervision(book, kind, subject);
    size_t at = 0;

    if (gone == NULL)
        return;
    take_out(book->supervised, book->supervision_count,
             book_supervised_at(book, kind, subject));
    while (book->supervisions[at] != gone)
        at++;
    free(book->supervisions[at]->reason);
    free(book->supervisions[at]);
    take_out(book->supervisions, book->supervision_count, at);
    book->supervision_count--;
}

struct supervision *apply_add_supervision(struct book *book,
                                          Tocsin__V1__Supervised kind,
                                          const char *subject)
{
    struct supervision *added = must_calloc(1, sizeof *added);
    size_t count = book->supervision_count;
    size_t at;

    added->kind = kind;
    strncpy(added->subject, subject, SUBJECT_MAX);
    at = book_supervised_at(book, kind, added->subject);
    book->supervisions =
        must_realloc(book->supervisions, count + 1, sizeof *book->supervisions);
    book->supervised =
        must_realloc(book->supervised, count + 1, sizeof *book->supervised);
    memmove(book->supervised + at + 1, book->supervised + at,
            (count - at) * sizeof *book->supervised);
    book->supervised[at] = added;
    book->supervisions[count] = added;
    book->supervision_count++;
    return added;
}

struct effect apply_supervised(struct book *book, uint64_t sequence,
                               const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__PutUnderSupervision *put = fact->put_under_supervision;
    const struct principal *by = book_principal(book, fact->principal);
    struct effect effect = {.kind = EFFECT_SUPERVISION,
                            .subject = put->subject};
    struct supervision *added;

    if (book_supervision(book, put->kind, put->subject) != NULL)
        return (struct effect){.kind = EFFECT_NONE};
    added = apply_add_supervision(book, put->kind, put->subject);
    added->reason = must_strdup(put->reason);
    added->rule = put->rule;
    added->sequence = sequence;
    added->since_ms = fact->time_ms;
    added->by = by != NULL ? by->number : 0;
    strncpy(added->officer, put->officer, OFFICER_MAX);
    for (size_t i = 0; i < put->n_facts && i < SUPERVISION_FACTS_MAX; i++)
        added->facts[added->fact_count++] = put->facts[i];
    effect.principal = book_principal(book, fact->principal);
    return effect;
}

static void forgive(struct principal *node)
{
    memset(&node->silences, 0, sizeof node->silences);
    memset(&node->noted, 0, sizeof node->noted);
}

/* What it was put for counts no more: the rules begin anew. */
static void begin_anew(struct book *book, const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__SupervisionLifted *lifted = fact->supervision_lifted;
    struct alert *alert;

    if (lifted->kind == TOCSIN__V1__SUPERVISED__SUPERVISED_CASE) {
        alert = book_alert(book, lifted->subject);
        if (alert != NULL && alert->file.lead_overdue)
            alert->file.silent_ms = fact->time_ms;
        return;
    }
    for (size_t i = 0; i < book->principal_count; i++) {
        struct principal *node = book->principals[i];

        if (strcmp(lifted->kind == TOCSIN__V1__SUPERVISED__SUPERVISED_NODE
                       ? node->id
                       : node->division,
                   lifted->subject) == 0)
            forgive(node);
    }
}

struct effect apply_lifted(struct book *book, const Tocsin__V1__Fact *fact)
{
    struct effect effect = {.kind = EFFECT_SUPERVISION,
                            .subject = fact->supervision_lifted->subject};

    begin_anew(book, fact);
    apply_unsupervise(book, fact->supervision_lifted->kind,
                      fact->supervision_lifted->subject);
    effect.principal = book_principal(book, fact->principal);
    return effect;
}

/* The newest first. gone: what it replaces; count: nothing, but the oldest one
 * goes when there is no room. */
static void put_first(struct silences *silences, const struct silence *silence,
                      int gone)
{
    if (gone == SILENCES_KEPT)
        gone--;
    else if (gone == silences->count)
        silences->count++;
    memmove(silences->list + 1, silences->list,
            (size_t)gone * sizeof *silences->list);
    silences->list[0] = *silence;
}

/* So many are enough for the rules. */
void apply_note_silence(struct principal *node, const struct silence *silence)
{
    struct silences *silences = &node->silences;
    struct silence noted = *silence;
    int same = 0;

    while (same < silences->count &&
           silences->list[same].report != silence->report)
        same++;
    put_first(silences, silence, same);
    noted.report = 0;
    put_first(&node->noted, &noted, node->noted.count);
}
