#include "book_lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/samples.h"
#include "wire/keys.h"

#define LINE_MAX_SIZE 1200
#define U(number) ((unsigned long long)(number))
#define S(number) ((long long)(number))

static void PRINTF(2, 3) add(struct book_lines *lines, const char *format, ...)
{
    char text[LINE_MAX_SIZE];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    lines->list =
        must_realloc(lines->list, lines->count + 1, sizeof *lines->list);
    lines->list[lines->count++] = must_strdup(text);
}

/* What is long by its hash. Good for four in one line. */
static const char *hex(const void *bytes, size_t size)
{
    static char texts[4][2 * 16 + 1];
    static unsigned next;
    char *text = texts[next++ % 4];
    uint8_t hash[32];

    if (bytes == NULL || size == 0)
        return "-";
    if (size <= 16)
        return hex_encode(text, bytes, size);
    hash_bytes(hash, bytes, size);
    return hex_encode(text, hash, 8);
}

static const char *say(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : "-";
}

static void add_seen(struct book_lines *lines, const char *owner,
                     const struct seen *seen)
{
    for (; seen != NULL; seen = seen->next)
        add(lines, "seen %s %s %llu %s %s %u %u", owner,
            hex(seen->identity, IDENTITY_SIZE), U(seen->sequence),
            hex(seen->digest, 8), seen->alert != NULL ? seen->alert->id : "-",
            seen->revision, seen->nodes);
}

/* ---- who there is -------------------------------------------------------- */

static void add_silences(struct book_lines *lines, const char *what,
                         const char *id, const struct silences *silences)
{
    for (size_t i = 0; i < silences->count; i++)
        add(lines, "%s of %s %zu %llu %llu %lld", what, id, i,
            U(silences->list[i].report), U(silences->list[i].sequence),
            S(silences->list[i].time_ms));
}

static void add_principal(struct book_lines *lines,
                          const struct principal *principal)
{
    const struct reachable *reachable = principal->reachable;

    add(lines, "principal %s %u %d %d %d %s %s %s %s", principal->id,
        principal->number, (int)principal->role, (int)principal->kind,
        (int)principal->rank, say(principal->unit), principal->division,
        say(principal->name), say(principal->name_en));
    add(lines, "stand of %s %f %f %d %s %s %d %llu %lld", principal->id,
        principal->point.latitude, principal->point.longitude,
        principal->has_point, hex(principal->key, KEY_SIZE),
        hex(principal->curve, KEY_SIZE), principal->revoked,
        U(principal->enrolled), S(principal->changed_ms));
    if (reachable != NULL)
        add(lines, "reached %s %s %s %s", principal->id,
            say(reachable->address), hex(reachable->tls_fingerprint, 32),
            say(reachable->gateway));
    add_silences(lines, "silence", principal->id, &principal->silences);
    add_silences(lines, "noted", principal->id, &principal->noted);
    add_seen(lines, principal->id, principal->seen);
}

static void add_invitation(struct book_lines *lines,
                           const struct invitation *invitation)
{
    add(lines, "invitation %s %s %s %s %s %lld %d", invitation->device,
        invitation->gateway, say(invitation->name), say(invitation->name_en),
        hex(invitation->secret_key, KEY_SIZE), S(invitation->expires_ms),
        invitation->rekey);
}

static void add_supervision(struct book_lines *lines, size_t number,
                            const struct supervision *supervision)
{
    add(lines, "supervised %zu %d %s %d %s %s %u %llu %lld", number,
        (int)supervision->kind, supervision->subject, (int)supervision->rule,
        say(supervision->reason), say(supervision->officer), supervision->by,
        U(supervision->sequence), S(supervision->since_ms));
    for (size_t i = 0; i < supervision->fact_count; i++)
        add(lines, "supervised %zu for %zu %llu", number, i,
            U(supervision->facts[i]));
}

/* ---- an alert ------------------------------------------------------------ */

static void add_cover(struct book_lines *lines, const char *id,
                      const struct cover *cover)
{
    add(lines, "line %s %u %d %d %d %d %d %u %u %llu %llu", id, cover->node,
        cover->rung, cover->said, cover->extra, cover->overdue, cover->purged,
        cover->held_ms, cover->due_ms, U(cover->held_seq), U(cover->shown_seq));
    add(lines, "firsts %s %u %u %u %u %u", id, cover->node, cover->firsts.due,
        cover->firsts.held, cover->firsts.shown, cover->firsts.read);
}

static void add_testimony(struct book_lines *lines, const char *id,
                          const struct testimony *answer)
{
    unsigned long long sequence = U(answer->sequence);

    add(lines, "answer %s %llu %lld %u %d %s %s %lld %lld %d %d %llu %d", id,
        sequence, S(answer->recorded_ms), answer->node, (int)answer->rung,
        hex(answer->document, answer->size), say(answer->relayed_by),
        S(answer->taken_ms), S(answer->relayed_ms), answer->outside,
        answer->brought_outside, U(answer->cluster), answer->overdue);
    add(lines, "verdict %s %llu %d %llu %u %lld %llu %s %d", id, sequence,
        (int)answer->verdict, U(answer->duplicate_of), answer->triaged_by,
        S(answer->triaged_ms), U(answer->triaged_seq), say(answer->officer),
        answer->unreachable);
    if (answer->has_picture)
        add(lines, "photograph %s %llu %s %u %lld %llu", id, sequence,
            hex(answer->picture, 32), answer->picture_size,
            S(answer->pictured_ms), U(answer->pictured_seq));
}

static void add_match(struct book_lines *lines, const char *id,
                      const struct match *match)
{
    add(lines, "match %s %llu %lld %u %s %s %d %u %lld %d", id,
        U(match->sequence), S(match->recorded_ms), match->laboratory,
        hex(match->child, KIT_DIGEST_SIZE), hex(match->document, match->size),
        (int)match->decision, match->decided_by, S(match->decided_ms),
        match->overdue);
    for (size_t i = 0; i < match->kin_count; i++)
        add(lines, "kin %s %llu %zu %s", id, U(match->sequence), i,
            hex(match->kin[i], KIT_DIGEST_SIZE));
}

static void add_look(struct book_lines *lines, const char *id,
                     const struct look *look)
{
    add(lines, "look %s %llu %lld %lld %llu %u %u %d %d %s", id,
        U(look->sequence), S(look->recorded_ms), S(look->at_ms),
        U(look->sighting), look->who, look->relayed_by, look->thumbnail,
        look->outside, say(look->officer));
}

static void add_file(struct book_lines *lines, const char *id,
                     const struct case_file *file)
{
    add(lines, "file %s %d %lld %u %lld %d %llu %lld %u %lld", id,
        (int)file->state, S(file->since_ms), file->lead, S(file->lead_since_ms),
        file->lead_overdue, U(file->silent_seq), S(file->silent_ms),
        file->offered, S(file->offered_ms));
    add(lines, "outcome %s %d %d %u %d %u", id, (int)file->outcome,
        (int)file->waiting, file->waiting_by, file->sample_overdue,
        file->entries_ever);
    for (size_t i = 0; i < CASE_DUTIES; i++)
        add(lines, "duty %s %zu %u %lld %lld %u %d", id, i,
            file->duties[i].owner, S(file->duties[i].since_ms),
            S(file->duties[i].logged_ms), file->duties[i].entries,
            file->duties[i].overdue);
    for (size_t i = 0; i < file->entry_count; i++)
        add(lines, "entry %s %llu %lld %u %d %s", id,
            U(file->entries[i].sequence), S(file->entries[i].recorded_ms),
            file->entries[i].by, (int)file->entries[i].step,
            hex(file->entries[i].document, file->entries[i].size));
}

static void add_counts(struct book_lines *lines, const struct alert *alert)
{
    add(lines, "counts %s %u %u %u %u %u %u %u %u %u", alert->id, alert->nodes,
        alert->overdue, alert->reached[1], alert->reached[2], alert->reached[3],
        alert->said[4], alert->said[5], alert->said[6], alert->sightings);
    add(lines, "more of %s %lld %lld %lld %llu %u %u", alert->id,
        S(alert->to_ms[0]), S(alert->to_ms[1]), S(alert->to_ms[2]),
        U(alert->triaged), alert->looks_ever, alert->fetches);
    add(lines, "ring %s %lld %lld %lld %u %u %lld", alert->id,
        S(alert->ring.from_ms), S(alert->ring.reached_ms),
        S(alert->ring.last_ms), alert->ring.step, alert->ring.steps,
        S(alert->ring.widened_ms));
}

static void add_words(struct book_lines *lines, const struct alert *alert)
{
    add(lines, "alert %s %s %s %u %d %d %u %llu %llu", alert->id,
        alert->case_number, alert->division, alert->owner, alert->exercise,
        (int)alert->state, alert->revision, U(alert->sequence),
        U(alert->report_sequence));
    add(lines, "times of %s %lld %lld %lld", alert->id, S(alert->reported_ms),
        S(alert->recorded_ms), S(alert->expires_ms));
    add(lines, "words of %s %s %s %s", alert->id, hex(alert->key_id, 16),
        hex(alert->document, alert->document_size),
        hex(alert->last_alert, alert->last_alert_size));
    add(lines, "face of %s %s %s", alert->id,
        hex(alert->thumbnail, alert->thumbnail_size),
        alert->has_picture ? hex(alert->picture, 32) : "-");
    for (size_t i = 0; i < alert->prefix_count; i++)
        add(lines, "prefix %s %s %llu %llu", alert->id, alert->prefixes[i],
            U(alert->previous[i]), U(alert->told[i]));
}

static void add_alert(struct book_lines *lines, const struct alert *alert)
{
    add_words(lines, alert);
    add_counts(lines, alert);
    add_file(lines, alert->id, &alert->file);
    for (size_t i = 0; i < alert->cover_count; i++)
        add_cover(lines, alert->id, &alert->cover[i]);
    for (size_t i = 0; i < alert->answer_count; i++)
        add_testimony(lines, alert->id, &alert->answers[i]);
    for (size_t i = 0; i < alert->match_count; i++)
        add_match(lines, alert->id, &alert->matches[i]);
    for (size_t i = 0; i < alert->look_count; i++)
        add_look(lines, alert->id, &alert->looks[i]);
    for (size_t i = 0; i < alert->sample_count; i++)
        add(lines, "sample of %s %zu %s", alert->id, i,
            hex(alert->samples[i]->digest, KIT_DIGEST_SIZE));
    add_seen(lines, alert->id, alert->seen);
}

/* ---- all of it ----------------------------------------------------------- */

static void add_found(struct book_lines *lines, const struct found_child *found)
{
    add(lines, "found %s %s %d %lld %lld %lld %s %s %s", found->id,
        found->division, (int)found->state, S(found->since_ms),
        S(found->registered_ms), S(found->recorded_ms), hex(found->key_id, 16),
        hex(found->document, found->size),
        hex(found->order, found->order_size));
    add(lines, "found more %s %s %s %u %llu %s %lld %lld", found->id,
        found->has_kit ? hex(found->kit, KIT_DIGEST_SIZE) : "-",
        say(found->alert_id), found->resolved_by, U(found->resolved_seq),
        say(found->relayed_by), S(found->taken_ms), S(found->relayed_ms));
    for (size_t i = 0; i < found->revision_count; i++)
        add(lines, "found revision %s %llu %u %s", found->id,
            U(found->revisions[i].sequence), found->revisions[i].by,
            hex(found->revisions[i].digest, 8));
    add_seen(lines, found->id, found->seen);
}

static void add_sample(struct book_lines *lines, const struct sample *sample)
{
    add(lines, "sample %s %d %s %d %d %s %s %u %u %llu %lld %u %d %d",
        hex(sample->digest, KIT_DIGEST_SIZE), sample->numberless,
        say(sample->kit), (int)sample->relation, (int)sample->state,
        sample->alert != NULL ? sample->alert->id : "-", say(sample->reason),
        sample->by, sample->laboratory, U(sample->sequence),
        S(sample->since_ms), sample->holds, sample->overdue,
        sample->found_filed);
}

static void add_maps(struct book_lines *lines, const struct book *book)
{
    const struct topic_state *topic;
    const struct sample *sample;
    size_t cursor = 0;

    while ((topic = map_next(book->topics, &cursor)) != NULL)
        add(lines, "topic %s %llu %u %s", topic->topic, U(topic->last),
            topic->count, hex(topic->digest, DIGEST_SIZE));
    cursor = 0;
    while ((sample = map_next(book->samples, &cursor)) != NULL)
        add_sample(lines, sample);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct book_lines book_lines(const struct book *book)
{
    struct book_lines lines = {0};

    add(&lines, "book %d %d %llu %u %u %s %s %s", book->founded, book->restored,
        U(book->head), book->generation, book->serial,
        hex(book->epoch, EPOCH_SIZE), hex(book->authority, KEY_SIZE),
        hex(book->broker_key, KEY_SIZE));
    for (size_t i = 0; i < book->principal_count; i++)
        add_principal(&lines, book->principals[i]);
    for (size_t i = 0; i < book->invitation_count; i++)
        add_invitation(&lines, &book->invitations[i]);
    for (size_t i = 0; i < book->supervision_count; i++)
        add_supervision(&lines, i, book->supervisions[i]);
    for (size_t i = 0; i < book->alert_count; i++)
        add_alert(&lines, book->alerts[i]);
    for (size_t i = 0; i < book->found_count; i++)
        add_found(&lines, book->found[i]);
    add_maps(&lines, book);
    qsort(lines.list, lines.count, sizeof *lines.list, by_text);
    return lines;
}

void book_lines_done(struct book_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->list[i]);
    free(lines->list);
    *lines = (struct book_lines){0};
}

char *book_lines_differ(const struct book_lines *left,
                        const struct book_lines *right)
{
    for (size_t i = 0; i < left->count || i < right->count; i++) {
        const char *a = i < left->count ? left->list[i] : "nothing";
        const char *b = i < right->count ? right->list[i] : "nothing";
        char both[2 * LINE_MAX_SIZE + 4];

        if (strcmp(a, b) == 0)
            continue;
        snprintf(both, sizeof both, "%s | %s", a, b);
        return must_strdup(both);
    }
    return NULL;
}
