/* What the centre makes of this node's sightings. */
#include "terminal/core.h"

#include <string.h>

#include "wire/check.h"

#define ANSWER_ID_SIZE 16
#define OFFICER_MAX 40

void take_word(struct terminal *terminal, const Tocsin__V1__AnswerWord *word)
{
    struct answer_word kept = {.answer_id = word->answer_id.data,
                               .alert_id = word->alert_id,
                               .time_ms = word->time_ms,
                               .verdict = word->verdict,
                               .officer = word->officer};

    if (word->answer_id.len != ANSWER_ID_SIZE || !ulid_valid(word->alert_id) ||
        strlen(word->officer) > OFFICER_MAX || word->time_ms <= 0 ||
        word->time_ms > TIME_MAX_MS)
        return;
    terminal->store.keep_word(terminal->store.arg, &kept);
    note(terminal, LEVEL_INFO, "answer.word", "alert=%s verdict=%d",
         word->alert_id, (int)word->verdict);
}
