/* tocsin looks: who has looked at the photographs of a case. */
#include <stdio.h>

#include "common/numbers.h"
#include "common/say.h"
#include "common/words.h"
#include "tocsin/commands.h"

static void say_look(const Tocsin__V1__LookEntry *look)
{
    char time[TIME_TEXT_MAX];
    char whose[48] = "the alert's";

    if (look->sighting != 0)
        snprintf(whose, sizeof whose, "of sighting %llu",
                 (unsigned long long)look->sighting);
    say("%s  %s%s%s%s%s%s  %s%s",
        time_text(look->at_ms != 0 ? look->at_ms : look->recorded_ms, time),
        look->who != NULL ? look->who->id : "?",
        look->officer[0] != '\0' ? ", officer " : "", look->officer,
        look->relayed_by[0] != '\0' ? ", at gateway " : "", look->relayed_by,
        look->thumbnail ? "  (thumbnail)" : "", whose,
        look->outside ? "  (from outside of where the alert went)" : "");
}

static void print_looks(const Tocsin__V1__LookList *list)
{
    for (size_t i = 0; i < list->n_looks; i++)
        say_look(list->looks[i]);
    say_to(stderr, "%u looks, %zu shown; fetched %u times by nodes",
           list->looks_in_all, list->n_looks, list->fetches);
}

enum outcome command_looks(struct session *session, int argc, char **argv)
{
    struct command_line line = {
        .usage = "tocsin looks CASE",
        .about =
            "Who has looked at the photographs of a case, newest first: the "
            "last 64. Every look\nis in the journal (tocsin journal search "
            "HOME --alert CASE), and so is every fetch\nby a node's machine, "
            "which says later who looks there.",
        .shared = session_options(session),
        .word_min = 1,
        .word_max = 1};
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ListLooks ask = TOCSIN__V1__LIST_LOOKS__INIT;
    const Tocsin__V1__Reply *reply;
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    if (!go)
        return outcome;
    ask.alert = (char *)(uintptr_t)line.words[0];
    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_LOOKS;
    request.list_looks = &ask;
    outcome = session_open(session);
    if (outcome == OUTCOME_DONE)
        outcome = session_ask(session, &request, &reply);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (reply->body_case != TOCSIN__V1__REPLY__BODY_LOOK_LIST) {
        complain("the broker's answer is not one");
        return OUTCOME_REFUSED;
    }
    if (session->json)
        session_print(&reply->look_list->base, false);
    else
        print_looks(reply->look_list);
    return OUTCOME_DONE;
}
