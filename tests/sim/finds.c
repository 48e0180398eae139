/* Children of unknown origin, as the facts have them. */
#include "model.h"

#include <string.h>

#include "world.h"

void found_note(struct model *model, struct model_fact *note, uint64_t sequence,
                const Tocsin__V1__FoundRegistered *registered)
{
    uint32_t before = 0;

    note->told = true;
    note->revision = registered->revision;
    strncpy(note->found_id, registered->found_id, sizeof note->found_id - 1);
    for (uint64_t i = 1; i < sequence; i++) {
        if (model->facts[i - 1].kind ==
                TOCSIN__V1__FACT__BODY_FOUND_REGISTERED &&
            strcmp(model->facts[i - 1].found_id, note->found_id) == 0)
            before++;
    }
    model->found_count += before == 0;
    if (registered->revision != before + 1)
        broken(model->world, "each registration is recorded once, in order",
               "%s r%u after %u", note->found_id, note->revision, before);
}

void found_note_filed(struct model *model, struct model_fact *note,
                      uint64_t sequence, const Tocsin__V1__FoundFiled *filed)
{
    Tocsin__V1__FoundState state =
        TOCSIN__V1__FOUND_STATE__FOUND_STATE_REGISTERED;

    strncpy(note->found_id, filed->found_id, sizeof note->found_id - 1);
    for (uint64_t i = 1; i < sequence; i++) {
        struct model_fact *before = &model->facts[i - 1];

        if (strcmp(before->found_id, note->found_id) != 0)
            continue;
        if (before->filed)
            broken(model->world, "a found child is filed away once", "%s",
                   note->found_id);
        before->filed = true;
        if (before->kind == TOCSIN__V1__FACT__BODY_FOUND_RESOLVED ||
            before->kind == TOCSIN__V1__FACT__BODY_FOUND_FORGOTTEN)
            state = before->found_state;
    }
    if (state == TOCSIN__V1__FOUND_STATE__FOUND_STATE_REGISTERED)
        broken(model->world, "no found child is filed away unresolved", "%s",
               note->found_id);
    note->filed = true;
    model->found_count--;
}

uint32_t found_revisions(const struct model *model, const char *found_id)
{
    uint32_t count = 0;

    for (uint64_t i = 0; i < model->head; i++) {
        const struct model_fact *fact = &model->facts[i];

        count += fact->kind == TOCSIN__V1__FACT__BODY_FOUND_REGISTERED &&
                 strcmp(fact->found_id, found_id) == 0;
    }
    return count;
}
