"""The mistakes that mutations.py makes: a name, a file, what stands there, what
is put in its place."""
from typing import NamedTuple


class Mutation(NamedTuple):
    name: str
    path: str
    before: str
    after: str


BROKER = "src/broker/"
DOMAIN = "src/domain/"
TERMINAL = "src/terminal/"
GATEWAY = "src/gateway/"

MUTATIONS = [
    Mutation(
        "a reply before its commit",
        BROKER + "command.c",
        "        broker_inflight(broker, pending, verdict->identity,\n",
        "        {\n"
        "            Tocsin__V1__Reply early = TOCSIN__V1__REPLY__INIT;\n"
        "            early.status = verdict->status;\n"
        "            early.sequence = pending->sequence;\n"
        "            reply_send(broker, caller, &early, order->now_ms);\n"
        "        }\n"
        "        broker_inflight(broker, pending, verdict->identity,\n",
    ),
    Mutation(
        "published before its commit",
        BROKER + "pending.c",
        "broker->first_pending->sequence <= sequence)",
        "broker->first_pending->sequence <= sequence + 1)",
    ),
    Mutation(
        "the same command under way is not joined",
        BROKER + "command.c",
        "    if (pending == NULL)\n        return false;\n    if (memcmp",
        "    if (pending == NULL || pending->sequence > 0)\n"
        "        return false;\n    if (memcmp",
    ),
    Mutation(
        "a person's answer is recorded twice",
        DOMAIN + "decide_answer.c",
        "    if (seen == NULL)\n        return true;",
        "    if (seen == NULL || seen->sequence > 0)\n        return true;",
    ),
    Mutation(
        "a time that a centre signed outweighs two clocks that go together",
        TERMINAL + "daytime.c",
        "                             go_together(told_ms, now.wall_ms))",
        "                             told_ms > INT64_MAX / 2)",
    ),
    Mutation(
        "what waits is not signed with the node's new key",
        TERMINAL + "resign.c",
        "answer_request(answer, by->key,",
        "answer_request(answer, NULL,",
    ),
    Mutation(
        "what a clock brings comes before a lost case is sealed again",
        BROKER + "core.c",
        "    purge_end_keys(broker, now.wall_ms); /* before what a clock brings */\n",
        "",
    ),
    Mutation(
        "a machine's answer is recorded twice",
        DOMAIN + "decide_answer.c",
        "    if (cover == NULL || cover->rung < answer->rung)",
        "    if (cover == NULL || cover->rung <= answer->rung)",
    ),
    Mutation(
        "a command is recorded twice",
        DOMAIN + "decide.c",
        "    if (seen == NULL)\n        return false;",
        "    if (seen == NULL || seen->sequence > 0)\n        return false;",
    ),
    Mutation(
        "a duplicate's reply names another sequence",
        BROKER + "command.c",
        "    reply.sequence = verdict->sequence;",
        "    reply.sequence = broker->book->head;",
    ),
    Mutation(
        "a lock forgets who waits for it",
        BROKER + "locks.c",
        "        while ((queued = lock->first) != NULL) {",
        "        while ((queued = lock->first) != NULL && false) {",
    ),
    Mutation(
        "commands of one case do not wait",
        BROKER + "locks.c",
        "    if (lock == NULL)\n        return false;",
        "    if (lock == NULL || true)\n        return false;",
    ),
    Mutation(
        "an older revision is accepted",
        TERMINAL + "intake.c",
        "    return document->revision > holding->revision ||",
        "    return document->revision != holding->revision ||",
    ),
    Mutation(
        "the digest is not compared",
        TERMINAL + "chain.c",
        "    return same_tally(&held->tallies[i], state) ? VERDICT_SAME\n"
        "                                                : VERDICT_DIFFERS;",
        "    (void)held;\n    (void)same_tally;\n    return VERDICT_SAME;",
    ),
    Mutation(
        "a gap that a beacon shows is not noticed",
        TERMINAL + "chain.c",
        "    if (state->last > chain->last[i]) {",
        "    if (state->last > chain->last[i] && state->last == 0) {",
    ),
    Mutation(
        "a gap in a topic's chain is not noticed",
        TERMINAL + "chain.c",
        "    bool gap = message->previous > chain->last[topic];",
        "    bool gap = false;",
    ),
    Mutation(
        "the epoch is ignored",
        TERMINAL + "chain.c",
        "    return chain->has_epoch && epoch.len == EPOCH_SIZE &&\n"
        "           memcmp(chain->epoch, epoch.data, EPOCH_SIZE) == 0;",
        "    return chain->has_epoch && epoch.len == EPOCH_SIZE;",
    ),
    Mutation(
        "a withdrawal does not overtake its alert",
        TERMINAL + "intake.c",
        "    if (holding == NULL && long_over(terminal, document, notice, now))",
        "    if (holding == NULL && (document->withdrawal != NULL ||\n"
        "        long_over(terminal, document, notice, now)))",
    ),
    Mutation(
        "nothing is taken off after a sync from the start",
        TERMINAL + "sync.c",
        "        holding->gone = true;",
        "        holding->gone = false;",
    ),
    Mutation(
        "HELD is said before it is stored",
        TERMINAL + "settle.c",
        "    save_state(terminal, now);\n"
        "    status = terminal->store.commit(terminal->store.arg, why);",
        "    save_state(terminal, now);\n"
        "    desk_pump(terminal, now);\n"
        "    status = terminal->store.commit(terminal->store.arg, why);",
    ),
    Mutation(
        "the outbox is forgotten at a restart",
        TERMINAL + "outbox.c",
        "        outbox->lanes[i].of = (enum lane_of)i;\n    outbox_look(outbox);",
        "        outbox->lanes[i].of = (enum lane_of)i;",
    ),
    Mutation(
        "what was seen is sent after all that can wait",
        TERMINAL + "desk.c",
        "    return lane_send(&lanes[LANE_URGENT], &terminal->port, now_ms) &&\n"
        "           lane_send(&lanes[LANE_CALM], &terminal->port, now_ms) &&\n",
        "    return lane_send(&lanes[LANE_CALM], &terminal->port, now_ms) &&\n"
        "           lane_send(&lanes[LANE_URGENT], &terminal->port, now_ms) &&\n",
    ),
    Mutation(
        "a stolen key gives as fast as it asks",
        BROKER + "rate.c",
        "    if (wait_ms <= 0) {",
        "    if (wait_ms <= 0 || kind != GIVING_LOOK) {",
    ),
    Mutation(
        "a word of a lost revision is refused for good",
        BROKER + "untimely.c",
        "           answer->revision > alert->revision;",
        "           answer->revision < alert->revision;",
    ),
    Mutation(
        "the next revision of a lost found child is refused for good",
        BROKER + "untimely.c",
        "    case TOCSIN__V1__REQUEST__BODY_REGISTER_FOUND:\n"
        "        if (!corrects_what_is_lost",
        "    case TOCSIN__V1__REQUEST__BODY_REGISTER_FOUND:\n"
        "        if (corrects_what_is_lost",
    ),
    Mutation(
        "a case that is opened again is not compared",
        BROKER + "likely.c",
        "effect->step == TOCSIN__V1__CASE_STEP__CASE_STEP_REOPEN))",
        "effect->step == TOCSIN__V1__CASE_STEP__CASE_STEP_SEAL))",
    ),
    Mutation(
        "a lead who is lost was missing since it led",
        DOMAIN + "case_lead.c",
        "    return last != NULL && last->changed_ms > since_ms ?",
        "    return last != NULL && last->changed_ms < 0 ?",
    ),
    Mutation(
        "a sync says no more than a hundred words",
        BROKER + "sightings.c",
        "    words->up_to = words->list[WORDS_MAX].sequence - 1;",
        "    words->up_to = UINT64_MAX;",
    ),
    Mutation(
        "who brings an answer gives it",
        BROKER + "command.c",
        "rate_may_give(broker, caller, fact->answered->node,",
        "rate_may_give(broker, caller, caller->principal,",
    ),
    Mutation(
        "a push for another node is not answered",
        TERMINAL + "intake.c",
        "holding->withdrawn || source == BY_PUSH;",
        "holding->withdrawn;",
    ),
    Mutation(
        "who is admitted again asks only for news",
        TERMINAL + "desk.c",
        "        want_keys(terminal, now.monotonic_ms);\n"
        "        sync_want(terminal, true, now.monotonic_ms);",
        "        want_keys(terminal, now.monotonic_ms);\n"
        "        sync_want(terminal, false, now.monotonic_ms);",
    ),
    Mutation(
        "what an officer said is over when the node is refused at the door",
        TERMINAL + "desk.c",
        "    if (ask_is_outcast(reply)) {",
        "    if (ask_is_outcast(reply) && reply->request_id.len == 0) {",
    ),
    Mutation(
        "what handhelds said is over when the gateway is refused at the door",
        "src/gateway/gateway.c",
        "reply->request_id.len == 0 || ask_is_outcast(reply))",
        "reply->request_id.len == 0)",
    ),
    Mutation(
        "who was revoked for a moment goes on as if nothing had been",
        TERMINAL + "desk.c",
        "    if (terminal->enrolled > terminal->chain.whole)\n",
        "    if (terminal->enrolled == UINT64_MAX)\n",
    ),
    Mutation(
        "what officers said comes in another order after a revocation",
        TERMINAL + "desk.c",
        "        outbox_again(&terminal->outbox, now.monotonic_ms); /* in its order */\n",
        "",
    ),
    Mutation(
        "a terminal believes its own clock",
        TERMINAL + "daytime.c",
        "    return daytime->told && (told_ms >=",
        "    if (daytime != NULL)\n"
        "        return now.wall_ms;\n"
        "    return daytime->told && (told_ms >=",
    ),
    Mutation(
        "silent nodes are sent nothing directly",
        BROKER + "direct.c",
        "        if (broker->monotonic_ms < chase->next_ms ||",
        "        if (broker->monotonic_ms < chase->next_ms || left.sends > 0 ||",
    ),
    Mutation(
        "a step of the clock moves the direct sending",
        BROKER + "direct.c",
        "    chase->pause_ms = broker->config.direct_ms;\n"
        "    chase->next_ms = broker->monotonic_ms + chase->pause_ms;",
        "    chase->pause_ms = broker->config.direct_ms;\n"
        "    chase->next_ms = now_ms + chase->pause_ms;",
    ),
    Mutation(
        "the coverage is one short",
        DOMAIN + "decide_issue.c",
        "    issued->n_coverage = count;",
        "    issued->n_coverage = count > 1 ? count - 1 : count;",
    ),
    Mutation(
        "a narrower revision forgets who had the wider one",
        DOMAIN + "decide_issue.c",
        "        numbers = with_earlier(book, document, numbers, &count, before);",
        "        (void)with_earlier;",
    ),
    Mutation(
        "a later revision forgets who was enrolled since",
        DOMAIN + "decide_issue.c",
        "        numbers = with_late(book, order, numbers, &count, before);",
        "        (void)with_late;",
    ),
    Mutation(
        "a new node syncs before what was decided without it",
        BROKER + "sync.c",
        "        if (pending->issues || pending->widens)\n",
        "        if (pending->widens)\n",
    ),
    Mutation(
        "who is readmitted with its key is told only what came after its head",
        BROKER + "sync.c",
        "    if (sync->after >= node->enrolled ||\n",
        "    if (sync->after > 0 ||\n",
    ),
    Mutation(
        "a second page for who was readmitted begins from the start",
        BROKER + "sync.c",
        "sync->after == syncing->began || sync->after == syncing->ended",
        "sync->after == UINT64_MAX",
    ),
    Mutation(
        "a page that is asked for again is the first one",
        BROKER + "sync.c",
        "sync->after == syncing->began || ",
        "",
    ),
    Mutation(
        "readmitted between two pages it gets the second one",
        BROKER + "sync.c",
        "(syncing->enrolled == node->enrolled &&",
        "(syncing->enrolled > 0 &&",
    ),
    Mutation(
        "a large page of a sync costs no more than a small one",
        BROKER + "sync_budget.c",
        "    size_t us = BASE_US + bytes / BYTES_PER_US + looked_at / LOOKED_AT_PER_US;",
        "    size_t us = bytes + looked_at > 0 ? BASE_US : BASE_US;",
    ),
    Mutation(
        "who waits for a sync is told the same, however many wait",
        BROKER + "sync_budget.c",
        "budget->waiting * budget->page_us * 500 / a_second;",
        "budget->waiting * budget->page_us * 0 / a_second;",
    ),
    Mutation(
        "one that asks without end takes the syncs of those who wait",
        BROKER + "sync_budget.c",
        "(broker->sync_budget.waiting == 0 || syncing->served_ms == 0 ||",
        "(broker->sync_budget.waiting < UINT64_MAX || syncing->served_ms == 0 ||",
    ),
    Mutation(
        "who waits for his turn is named as if it were his fault",
        BROKER + "reply.c",
        "refusal_count(broker, caller->gate, whose_fault(broker, caller), \"BUSY\");",
        "refusal_count(broker, caller->gate, caller->principal, \"BUSY\");",
    ),
    Mutation(
        "a sync leaves out what has ended",
        BROKER + "sync.c",
        "            (!from_start ||\n",
        "            (",
    ),
    Mutation(
        "the board counts those who were never meant",
        DOMAIN + "apply_answer.c",
        "        alert->reached[step] += !cover->extra;",
        "        alert->reached[step]++;",
    ),
    Mutation(
        "a topic counts what was withdrawn",
        DOMAIN + "apply_alert.c",
        "    else if (alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE)\n"
        "        apply_toggle(book, alert, -1);\n    /* what was",
        "    else if (issued->withdrawal == 0)\n"
        "        apply_toggle(book, alert, -1);\n    /* what was",
    ),
    Mutation(
        "replay takes each answer for HELD",
        BROKER + "start.c",
        "    note_key(broker, fact);\n",
        "    note_key(broker, fact);\n"
        "    if (fact->body_case == TOCSIN__V1__FACT__BODY_ANSWERED)\n"
        "        fact->answered->rung = TOCSIN__V1__RUNG__RUNG_HELD;\n",
    ),
    Mutation(
        "replay skips the last record",
        "src/journal/read.c",
        '"WHERE sequence >= ? ORDER BY sequence";',
        '"WHERE sequence >= ? AND sequence < "\n'
        '        "(SELECT max(sequence) FROM journal) ORDER BY sequence";',
    ),
    Mutation(
        "a photograph under another key than its case's is taken",
        BROKER + "pictures.c",
        "    return good && is_of_its_case(broker, alert_id, hash, key_id);",
        "    return good || is_of_its_case(broker, alert_id, hash, key_id);",
    ),
    Mutation(
        "a photograph of a sealed case is put again after a restore",
        BROKER + "uploads.c",
        "                         : purge_was_sealed(broker, alert_id);",
        "                         : false;",
    ),
    Mutation(
        "a photograph whose fact is under way is recorded again",
        BROKER + "uploads.c",
        "        if (pending == NULL)\n            return true;",
        "        if (pending == NULL || pending->sequence > 0)\n"
        "            return true;",
    ),
    Mutation(
        "a photograph that a full disk has lost is still counted",
        BROKER + "uploads.c",
        "    broker->files_asked = broker->files_stored;\n",
        "",
    ),
    Mutation(
        "a photograph is given again without a look",
        BROKER + "pictures.c",
        "    else if (get->offset == 0 || !is_viewing(",
        "    else if (!is_viewing(",
    ),
    Mutation(
        "a photograph that had come before is lost at the gateway",
        GATEWAY + "freight.c",
        "    bool good = status == TOCSIN__V1__STATUS__STATUS_RECORDED ||\n"
        "                status == TOCSIN__V1__STATUS__STATUS_DUPLICATE;",
        "    bool good = status == TOCSIN__V1__STATUS__STATUS_RECORDED;",
    ),
    Mutation(
        "a photograph's answer that is recorded is refused under another key",
        DOMAIN + "decide_answer.c",
        "    if (person_has_news(verdict, book, order) ||\n"
        "        verdict->status != TOCSIN__V1__STATUS__STATUS_DUPLICATE)",
        "    if (verdict->fact == NULL)",
    ),
    Mutation(
        "a registration that is recorded is refused under another key",
        DOMAIN + "decide_found.c",
        "    if (found != NULL && content->revision <= found->revision_count)\n",
        "    if (found != NULL && content->revision == 0)\n",
    ),
    Mutation(
        "an answer that is recorded is refused when its case is sealed",
        DOMAIN + "decide_answer.c",
        "                     !person_has_news(verdict, book, order)))\n"
        "        return;\n",
        "                     (book_alert(book, answer->alert_id) != NULL &&\n"
        "                      !case_is_sealed(\n"
        "                          &book_alert(book, answer->alert_id)->file) &&\n"
        "                      !person_has_news(verdict, book, order))))\n"
        "        return;\n",
    ),
    Mutation(
        "that a sealed case is over is not kept",
        TERMINAL + "purge.c",
        "    terminal->store.keep(terminal->store.arg, &kept, (struct blob){NULL, 0});\n",
        "",
    ),
    Mutation(
        "a photograph's answer under way is refused under another key",
        BROKER + "command.c",
        "        if (!is_on_its_way(broker, caller, verdict, order))\n",
        "        if (!is_on_its_way(broker, caller, verdict, order) ||\n"
        "            order->now_ms > 0)\n",
    ),
    Mutation(
        "a case goes though a match waits",
        DOMAIN + "decide.c",
        " && !matches_wait(alert) &&",
        " &&",
    ),
    Mutation(
        "a node that is revoked is waited for",
        DOMAIN + "silence.c",
        "hearing->policy->node_ms) &&\n"
        "           book_is_active_node("
        "book_number(hearing->book, cover->node));",
        "hearing->policy->node_ms);",
    ),
    Mutation(
        "supervision does not wait for its case",
        BROKER + "locks.c",
        "SUPERVISED_CASE && ulid_valid(subject))",
        "SUPERVISED_CASE && !ulid_valid(subject))",
    ),
    Mutation(
        "who is revoked at the sealing is not to purge",
        DOMAIN + "apply_purge.c",
        "(revoked_too || !node->revoked)",
        "!node->revoked",
    ),
    Mutation(
        "what a snapshot's alert says may be missing",
        BROKER + "snapshot_seal.c",
        "    return says_something(sealing, entry);",
        "    return true || says_something(sealing, entry);",
    ),
    Mutation(
        "a rebuilt book knows only the keys of when it began",
        "src/tocsind/shadow.c",
        "    if (status != STATUS_MISSING)\n        return status;\n",
        "    if (status != STATUS_OK || shadow != NULL)\n"
        "        return status;\n",
    ),
    Mutation(
        "the revoked are still admitted",
        DOMAIN + "book.c",
        "    return principal != NULL && !principal->revoked ? principal : NULL;",
        "    return principal;",
    ),
    Mutation(
        "revoking changes no keys",
        DOMAIN + "decide_people.c",
        "    revoked->generation = book->generation + 1;",
        "    revoked->generation = book->generation;",
    ),
    Mutation(
        "who follows loses its place",
        BROKER + "follow.c",
        "        follower->after = list.last; /* not to be looked through again */",
        "        follower->after = list.last + 1;",
    ),
    Mutation(
        "alerts expire a second early",
        BROKER + "expiry.c",
        "            alert->expires_ms <= now_ms)",
        "            alert->expires_ms <= now_ms + 1000)",
    ),
    Mutation(
        "an answer is taken behind the filing of its alert",
        BROKER + "filing.c",
        "    return broker->filing != NULL &&",
        "    return broker->stopping && broker->filing != NULL &&",
    ),
    Mutation(
        "what is filed away is not known again",
        BROKER + "filing.c",
        "        marks[(*count)++] = mark_seen(seen);",
        "        (void)mark_seen(seen);",
    ),
    Mutation(
        "a found child that is filed away is registered anew",
        BROKER + "untimely.c",
        "        return book_found(broker->book, lock + 2) == NULL &&\n"
        "               filing_answers_found(",
        "        return book_found(broker->book, lock + 2) != NULL &&\n"
        "               filing_answers_found(",
    ),
    Mutation(
        "a child who is not found is filed away",
        DOMAIN + "decide.c",
        "(case_is_closed(&alert->file) &&",
        "(alert->revision > 0 &&",
    ),
    Mutation(
        "anybody takes the lead that was offered to another",
        DOMAIN + "decide_case.c",
        "    if (matter->file->offered != matter->actor->number)",
        "    if (matter->file->offered == 0)",
    ),
    Mutation(
        "a case is solved while its alert is on the screens",
        DOMAIN + "decide_case.c",
        "    if (!is_off_screens(matter))\n        return false;\n"
        "    matter->changed->outcome = matter->asked",
        "    matter->changed->outcome = matter->asked",
    ),
    Mutation(
        "who said a death first confirms it",
        DOMAIN + "decide_case.c",
        "    if (file->waiting_by == matter->actor->number)",
        "    if (file->waiting_by == 0)",
    ),
    Mutation(
        "orders of one case do not wait in line",
        BROKER + "locks.c",
        "        lock_case(broker, request->order->order, locks);",
        "        locks[0][0] = 0;",
    ),
    Mutation(
        "two cases take one kit at once",
        BROKER + "locks.c",
        "        kit_digest(digest, order->note_sample->kit);\n"
        "        lock_digest(digest, name);",
        "        (void)digest;",
    ),
    Mutation(
        "a registry office's question overtakes a match",
        BROKER + "locks.c",
        "        lock_kit(broker, request->check_sample->kit, locks);",
        "        locks[0][0] = 0;",
    ),
    Mutation(
        "a laboratory speaks of any case's samples",
        DOMAIN + "decide_sample.c",
        "        return division_contains(lab->division, "
        "sample->alert->division);",
        "        return true;",
    ),
    Mutation(
        "a rejected match goes on holding its child",
        DOMAIN + "apply_sample.c",
        "    match_hold(book, match, (int)holds(match) - (int)held);",
        "    (void)book;\n    (void)held;",
    ),
    Mutation(
        "a forgotten match holds its child no more",
        DOMAIN + "samples.c",
        "    struct sample kept = {.holds = sample->holds};",
        "    struct sample kept = {.holds = 0};",
    ),
    Mutation(
        "a snapshot forgets what holds a sample",
        DOMAIN + "keep_sample.c",
        "    kept.holds = sample->holds;",
        "    kept.holds = 0;",
    ),
    Mutation(
        "a case is sealed while a match waits",
        DOMAIN + "decide_case.c",
        "is_off_screens(matter) && has_no_match_waiting(matter);",
        "is_off_screens(matter) || has_no_match_waiting(matter);",
    ),
    Mutation(
        "a sample that was taken goes on being overdue",
        DOMAIN + "apply_sample.c",
        "        alert->file.sample_overdue = false;",
        "        alert->file.sample_overdue = !settled;",
    ),
    Mutation(
        "a snapshot forgets who was offered the lead",
        DOMAIN + "keep_case.c",
        "    kept->offered = file->offered;",
        "    kept->offered = 0;",
    ),
    Mutation(
        "a snapshot forgets who was revoked",
        DOMAIN + "keep_principal.c",
        "    kept.revoked = principal->revoked;",
        "    kept.revoked = false;",
    ),
    Mutation(
        "a start from a snapshot takes keys in use for spares",
        BROKER + "start.c",
        "        vault_used(broker->vault, book->alerts[i]->key_id);",
        "        (void)broker->vault;",
    ),
    Mutation(
        "a terminal hands nothing back to a broker that was restored",
        TERMINAL + "handback.c",
        "    return count > 0;\n",
        "    return false;\n",
    ),
    Mutation(
        "a copy put back by hand takes back nothing that it lacks",
        DOMAIN + "decide_handback.c",
        "    if (centre == NULL ||\n        !issue_thumbnail",
        "    if (centre == NULL || !book->restored ||\n        !issue_thumbnail",
    ),
    Mutation(
        "a copy put back by hand that lacks several revisions starts no more",
        DOMAIN + "sound.c",
        "!= newest + 1 && issued->handed_back_by[0] == '\\0'))",
        "!= newest + 1 && !book->restored))",
    ),
    Mutation(
        "a terminal lets go of what a copy put back by hand lacks",
        TERMINAL + "sync.c",
        "           page->head < terminal->chain.head;\n",
        "           page->head < 1;\n",
    ),
    Mutation(
        "a message made ready is sent though another alert came between",
        BROKER + "ahead.c",
        "                   message->previous == alert->previous[number]\n",
        "                   message->previous <= alert->previous[number]\n",
    ),
    Mutation(
        "a message made ready under older keys is sent",
        BROKER + "ahead.c",
        "    if (ahead->sequence != alert->sequence ||\n"
        "        ahead->generation != broker->book->generation)",
        "    if (ahead->sequence != alert->sequence)",
    ),
    Mutation(
        "what a full disk did not keep is sent in place of another",
        BROKER + "ahead.c",
        "    if (ahead->sequence != sequence)\n        return;",
        "    if (ahead->sequence != sequence || broker->full)\n"
        "        return;",
    ),
    Mutation(
        "a fact for many forgets the last one who waits for it",
        BROKER + "gather.c",
        "    pending_await(broker, pending, caller);\n",
        "    if (at == 0 || at % 2 == 0)\n"
        "        pending_await(broker, pending, caller);\n",
    ),
    Mutation(
        "a fact for many forgets the last one who said it",
        BROKER + "gather.c",
        "together.n_at_ms = gathering->count;",
        "together.n_at_ms =\n        gathering->count - 1;",
    ),
    Mutation(
        "what gathers under way is not joined",
        BROKER + "gather.c",
        "    (void)map_put(broker->inflight, identity, IDENTITY_SIZE, pending);\n",
        "",
    ),
    Mutation(
        "a fact for many counts for whoever is first in it",
        DOMAIN + "apply_answer.c",
        "        cover = apply_cover_for(effect.alert, together->nodes[i]);",
        "        cover = apply_cover_for(effect.alert, together->nodes[0]);",
    ),
    Mutation(
        "a fact for many counts for a later revision",
        DOMAIN + "apply_answer.c",
        "        if (together->revision != effect.alert->revision)",
        "        if (together->revision > effect.alert->revision)",
    ),
    Mutation(
        "a command overtakes what has gathered",
        BROKER + "pending.c",
        "    gather_close(broker, fact->time_ms);\n    pending->count = 1;",
        "    pending->count = 1;",
    ),
    Mutation(
        "a full disk forgets what has gathered",
        BROKER + "pending.c",
        "    while (broker->gathering_count > 0) {",
        "    while (broker->gathering_count > GATHERINGS_MAX) {",
    ),
    Mutation(
        "a page of events ends within a fact",
        BROKER + "follow.c",
        "            end_before(list, entry->sequence);",
        "            list->last = entry->sequence - 1;",
    ),
    Mutation(
        "rings stand still after a restart",
        BROKER + "start.c",
        "        rings_watch(broker, book->alerts[i]);\n",
        "",
    ),
    Mutation(
        "enrolments let the rings of the first alerts go before all others",
        BROKER + "rings.c",
        "        *at = watch->next;\n"
        "        watch->next = NULL;\n"
        "        *find(broker, NULL) = watch;\n"
        "        if (looked == NULL)\n"
        "            looked = watch;",
        "        at = &watch->next;",
    ),
    Mutation(
        "a ring that came under a wrong clock counts by that clock",
        DOMAIN + "apply_widened.c",
        "    int64_t at_ms = apply_at_ms(fact, widened->at_ms);",
        "    int64_t at_ms = apply_at_ms(fact, 0);",
    ),
    Mutation(
        "what was told by a wrong clock is waited for until that time",
        DOMAIN + "silence.c",
        "since_ms - later_ms > CLOCK_TOLERANCE_MS);",
        "since_ms - later_ms > INT64_MAX / 2);",
    ),
    Mutation(
        "a ring counts before its commit",
        BROKER + "rings.c",
        "    watch->known = fact == NULL;\n",
        "    watch->known = fact == NULL;\n"
        "    if (fact != NULL)\n"
        "        ((struct alert *)(uintptr_t)watch->alert)->ring.step =\n"
        "            fact->ring_widened->step;\n",
    ),
    Mutation(
        "who held it before its ring came is asked again",
        DOMAIN + "apply_widened.c",
        "            lines[used] = alert->cover[at++];\n        else",
        "            lines[used] = (struct cover){\n"
        "                .node = alert->cover[at++].node, .extra = true};\n"
        "        else",
    ),
    Mutation(
        "a terminal shows what its ring has not come for",
        TERMINAL + "intake.c",
        "    return scope_holds(&scope, &terminal->place);",
        "    return scope_holds(&scope, &terminal->place) || true;",
    ),
    Mutation(
        "a terminal never hears that its ring has come",
        TERMINAL + "intake.c",
        "    bool waited = !holding->reached;\n\n"
        "    take_ring(terminal, holding, document, notice, source);\n",
        "    bool waited = !holding->reached;\n\n"
        "    (void)document;\n    (void)source;\n",
    ),
    Mutation(
        "a restart puts on the screen what waits",
        TERMINAL + "store_alerts.c",
        "(holding->reached ? 0 : MARK_WAITS)",
        "0",
    ),
    Mutation(
        "rings go by a clock that has jumped",
        BROKER + "clock_trust.c",
        "    return broker->monotonic_ms + broker->clock.steady_offset_ms;",
        "    return broker->monotonic_ms + broker->clock.offset_ms;",
    ),
    Mutation(
        "a start with a clock that is proved wrong widens by it",
        BROKER + "clock_trust.c",
        "    return newest > 0 && proved_wrong ? newest : wall_ms;",
        "    return newest > 0 && proved_wrong ? wall_ms : wall_ms;",
    ),
    Mutation(
        "who is reached is not told on its topic",
        DOMAIN + "decide_widening.c",
        "        told[at] = true;",
        "        told[at] = count > 99;",
    ),
    Mutation(
        "who waits for its ring is in the coverage of the next revision",
        DOMAIN + "decide_issue.c",
        "                 !waits_for_its_ring(book, &alert->cover[i], document))",
        "                 (!waits_for_its_ring(book, &alert->cover[i], document)"
        " || true))",
    ),
    Mutation(
        "a speed reaches beyond the last ring",
        DOMAIN + "rings.c",
        "    return fmin(fmax(km, travelled), last_km(rings));",
        "    return fmax(km, travelled);",
    ),
    Mutation(
        "a late report starts at the first ring",
        DOMAIN + "decide_issue.c",
        "    ring->reached_ms = rings_reach(rings, order->now_ms - ring->from_ms);",
        "    ring->reached_ms = rings_reach(rings, 0);",
    ),
    Mutation(
        "a gateway's receipt on a full disk",
        GATEWAY + "intake.c",
        "        if (status != STATUS_OK) {\n"
        "            respond_full(gateway, arrival);\n",
        "        if (status != STATUS_OK && status != STATUS_FULL) {\n"
        "            respond_full(gateway, arrival);\n",
    ),
    Mutation(
        "a gateway sends two answers of one handheld at a time",
        GATEWAY + "relay.c",
        "    relay_pack(slot, &answer, today_ms(gateway, now));\n"
        "    device->under_way = true;\n",
        "    relay_pack(slot, &answer, today_ms(gateway, now));\n"
        "    relay_drop_first(gateway, device);\n"
        "    relay_ready(gateway, device);\n",
    ),
    Mutation(
        "a gateway forgets what was on its way when the line broke",
        GATEWAY + "relay.c",
        "        slot->due_ms = now.monotonic_ms + ASK_AGAIN_MS;\n",
        "        slot->due_ms = INT64_MAX - 1;\n",
    ),
    Mutation(
        "a gateway takes BUSY for an end",
        GATEWAY + "relay.c",
        "    if (reply->status == TOCSIN__V1__STATUS__STATUS_BUSY ||\n"
        "        reply->status == TOCSIN__V1__STATUS__STATUS_UNAVAILABLE)\n"
        "        pause_ms =",
        "    if (reply->status == TOCSIN__V1__STATUS__STATUS_UNAVAILABLE)\n"
        "        pause_ms =",
    ),
    Mutation(
        "a message that a sync has overtaken is believed",
        TERMINAL + "chain.c",
        "           message->sequence <= chain->synced;",
        "           message->sequence < chain->synced / 2;",
    ),
    Mutation(
        "a new node syncs while a ring is under way that knows nothing of it",
        BROKER + "sync.c",
        "        if (pending->issues || pending->widens)",
        "        if (pending->issues)",
    ),
    Mutation(
        "a gateway forgets by its own clock alone",
        GATEWAY + "gateway.c",
        "    if (gateway->world.connected) {\n        gateway->spool.purge(",
        "    if (gateway->tidy_ms > 0) {\n        gateway->spool.purge(",
    ),
    Mutation(
        "a handheld's answer covers, as if a gateway were a checkpoint",
        DOMAIN + "apply_answer.c",
        "book_number(book, answered->node)->role !=\n"
        "                                     TOCSIN__V1__ROLE__ROLE_DEVICE;",
        "book_number(book, answered->node)->role !=\n"
        "                                     TOCSIN__V1__ROLE__ROLE_CENTRE;",
    ),
    Mutation(
        "a restored broker refuses words of what may be handed back yet",
        BROKER + "untimely.c",
        "#define HAND_BACK_MS (10LL * 60 * 1000)",
        "#define HAND_BACK_MS 0",
    ),
    Mutation(
        "what an officer saw where the alert never went is refused",
        DOMAIN + "decide_answer.c",
        "         !concerns(order, alert, node)))",
        "         !concerns(order, alert, node)) || !alert_concerns(\n"
        "             alert, node, order->arena))",
    ),
    Mutation(
        "who speaks from outside is counted as if it had been told",
        DOMAIN + "apply_answer.c",
        "    return !answered->outside && book_number(",
        "    return book_number(",
    ),
    Mutation(
        "a found child's other words pass for what was registered",
        DOMAIN + "decide_found.c",
        "    if (memcmp(revision->digest, digest, sizeof digest) != 0) {",
        "    if (false && memcmp(revision->digest, digest, 8) != 0) {",
    ),
    Mutation(
        "what concerns one found child does not wait in line",
        BROKER + "locks.c",
        "    snprintf(locks[0], sizeof locks[0], \"f:%s\", found_id);\n",
        "",
    ),
    Mutation(
        "the roll's orders outlive a revocation",
        DOMAIN + "roll.c",
        "        return from->active != to->active;",
        "        return to->active;",
    ),
    Mutation(
        "a target's circle is looked through as far as air goes",
        DOMAIN + "roll.c",
        "        degrees = fmax(degrees, geo_band_degrees(km));",
        "        degrees = i == BY_AIR ? geo_band_degrees(km) : degrees;",
    ),
    Mutation(
        "a report names its topics by the nodes of a year ago",
        DOMAIN + "roll.c",
        "    drop(orders);\n    orders->by_division",
        "    if (orders->by_division != NULL)\n"
        "        return orders;\n"
        "    orders->by_division",
    ),
    Mutation(
        "a lead who was admitted again and is gone again is not missed anew",
        DOMAIN + "case_lead.c",
        "(last == NULL || last->enrolled < alert->file.silent_seq);",
        "(last == NULL || last->enrolled > 0);",
    ),
    Mutation(
        "a snapshot forgets since when a case has no lead",
        DOMAIN + "keep_principal.c",
        "    kept.changed_ms = principal->changed_ms;\n",
        "",
    ),
    Mutation(
        "who does not purge keeps others from being asked",
        BROKER + "purges.c",
        "    bool goes_on = broker->purge_sweep < broker->book->alert_count;",
        "    bool goes_on = false;",
    ),
    Mutation(
        "who is gone is asked to purge",
        BROKER + "purges.c",
        "           broker_is_present(broker, line->node) &&",
        "           broker_presence(broker, line->node)->route.size != 0 &&",
    ),
    Mutation(
        "who led a case and was moved away sees its file",
        DOMAIN + "view.c",
        "    return who->number == alert->owner ||\n",
        "    return who->number == alert->owner ||\n"
        "           who->number == alert->file.lead ||\n",
    ),
    Mutation(
        "the list of who is overdue names who was revoked",
        BROKER + "overdue.c",
        "    return owner != NULL && !owner->revoked &&\n",
        "    return owner != NULL &&\n",
    ),
    Mutation(
        "who had a duty and was moved away speaks of the case",
        DOMAIN + "decide_case.c",
        "matter->actor->number &&\n           in_reach(matter->actor, matter->alert);",
        "matter->actor->number;",
    ),
    Mutation(
        "silent about three revisions is silent about three alerts",
        DOMAIN + "apply_supervision.c",
        "           silences->list[same].report != silence->report)",
        "           silences->list[same].sequence != silence->sequence)",
    ),
    Mutation(
        "a snapshot does not say which alerts a node was silent about",
        DOMAIN + "keep_principal.c",
        "    kept->n_silences = silences->count;",
        "    kept->n_silences = 0;",
    ),
    Mutation(
        "nodes beside the target count for a county's silence",
        DOMAIN + "supervision.c",
        "        if (cover->extra || !book->roll[cover->node - 1].active)",
        "        if (!book->roll[cover->node - 1].active)",
    ),
    Mutation(
        "a case number that is still to be given out is handed back",
        DOMAIN + "decide_handback.c",
        "&year, &serial) != 2 ||\n        serial > book->serial)",
        "&year, &serial) != 2)",
    ),
    Mutation(
        "whom a restore lost with a proof alone is revoked",
        GATEWAY + "devices.c",
        "    if (!device_is_shut(device))\n        lose(gateway, device);",
        "    if (device->introduced)\n"
        "        set_revoked(gateway, device, true);\n"
        "    else if (!device_is_shut(device))\n"
        "        lose(gateway, device);",
    ),
    Mutation(
        "purged is said while the log has it",
        GATEWAY + "purge.c",
        "    gone = status == STATUS_OK && gateway->spool.scrub(",
        "    gone = status == STATUS_OK;\n"
        "    (void)gateway->spool.scrub(",
    ),
    Mutation(
        "restored: what is pushed meanwhile keeps a lost revision from going back",
        TERMINAL + "intake.c",
        "    if (source == BY_SYNC)\n        holding->owed = document",
        "    holding->owed = source == BY_SYNC && document",
    ),
    Mutation(
        "restored: what came while a sync was under way counts as named",
        TERMINAL + "handback.c",
        "    return holding->line != 0",
        "    return holding->named < terminal->sync.first_round;\n"
        "    return holding->line != 0",
    ),
    Mutation(
        "restored: a page that was overtaken takes the place of what is new",
        TERMINAL + "handback.c",
        "    return holding->line != 0",
        "    return true;\n    return holding->line != 0",
    ),
    Mutation(
        "unhanded: what was under way when the key was taken away is lost",
        TERMINAL + "handback.c",
        "    if (hand_back->ask.open && holding != NULL) {",
        "    if (false && holding != NULL) {",
    ),
    Mutation(
        "unhanded: a new line waits for what was put off on the one before",
        TERMINAL + "desk.c",
        "    hand_back_stop(terminal);\n    ask_again(&terminal->shipment",
        "    ask_again(&terminal->shipment",
    ),
    Mutation(
        "unhanded: what the disk does not give is not asked of it again",
        TERMINAL + "handback.c",
        "    bool last = ++holding->unread == UNREAD_MAX;",
        "    bool last = ++holding->unread > 0;",
    ),
    Mutation(
        "restored: an exercise stays as a lost revision had it",
        TERMINAL + "intake.c",
        "           (source == BY_SYNC && other && !hand_back_may(",
        "           (false && other && !hand_back_may(",
    ),
    Mutation(
        "restored: other words under one number are not noticed",
        TERMINAL + "intake.c",
        "    return known && !comparison.same;",
        "    return false && known && !comparison.same;",
    ),
    Mutation(
        "restored: a lost withdrawal is forgotten with its journal",
        TERMINAL + "sync.c",
        "    if (!terminal->sync.foreign || holding->sequence == 0)\n"
        "        return;",
        "    if (terminal->held.alerts != NULL)\n        return;",
    ),
    Mutation(
        "restored: what had expired there is never live again",
        TERMINAL + "intake.c",
        "(holding->expired && source != BY_SYNC);",
        "holding->expired;",
    ),
    Mutation(
        "restored: the old picture is claimed while it is handed back",
        TERMINAL + "sync.c",
        "        terminal->same_ms = 0; /* what",
        "        terminal->same_ms += 0; /* what",
    ),
    Mutation(
        "restored: another key forgets which journal the broker had",
        TERMINAL + "store_tables.c",
        "        kept.has_epoch = state.has_epoch;",
        "        kept.has_epoch = false;",
    ),
    Mutation(
        "restored: what came before the first sync is swept away",
        TERMINAL + "sync.c",
        "(terminal->chain.has_epoch || map_count(terminal->held.alerts) > 0);",
        "terminal->chain.has_epoch;",
    ),
    Mutation(
        "restored: officers' words are not said again",
        TERMINAL + "sync.c",
        "    terminal->store.say_again(terminal->store.arg);\n",
        "",
    ),
    Mutation(
        "restored: a revision that is over is needless where an older one is live",
        DOMAIN + "decide_handback.c",
        "           (over &&\n            alert->state == TOCSIN",
        "           (over &&\n            alert->state <= TOCSIN",
    ),
    Mutation(
        "restored: a case moves with its child, away from who may speak of it",
        DOMAIN + "decide_handback.c",
        "    if (numbered != NULL)\n        return numbered;",
        "    if (numbered != NULL && order == NULL)\n        return numbered;",
    ),
    Mutation(
        "restored: a lost revision is refused for where the child is now",
        DOMAIN + "decide_handback.c",
        "        return centre->division;\n    refuse(",
        "        seen = centre->division;\n    refuse(",
    ),
    Mutation(
        "restored: a lost report belongs where its number says",
        DOMAIN + "decide_handback.c",
        "    if (document->revision > 1)\n        numbered =",
        "    if (document->revision > 0)\n        numbered =",
    ),
    Mutation(
        "restored: a photograph under way does not wait for its answer again",
        TERMINAL + "sync.c",
        "    shipment_drop(terminal); /* after its answer",
        "    /* after its answer",
    ),
    Mutation(
        "restored: what was said before the first sync is not said again",
        TERMINAL + "sync.c",
        "    if (!foreign && terminal->chain.has_epoch)",
        "    if (!foreign)",
    ),
    Mutation(
        "restored: who follows goes on at its number in another journal",
        BROKER + "follow.c",
        "        follower->after = broker->epoch_from;",
        "        follower->after = follow->after;",
    ),
    Mutation(
        "restored: who follows is not told that its journal is no more",
        BROKER + "follow.c",
        "epoch_from;\n        follower->anew = true;\n        follower->missed = true;",
        "epoch_from;\n        follower->anew = true;",
    ),
    Mutation(
        "restored: who follows another journal waits until something happens",
        BROKER + "follow.c",
        "epoch_from;\n        follower->anew = true;\n",
        "epoch_from;\n",
    ),
    Mutation(
        "restored: what is over by a clock that may be wrong stays lost",
        DOMAIN + "decide_handback.c",
        "document->alert != NULL && !order->clock_doubted &&",
        "document->alert != NULL &&",
    ),
    Mutation(
        "restored: a word of a sealed child waits for who hands it back",
        BROKER + "untimely.c",
        "           answers_what_was_sealed(broker, caller, verdict, order) ||\n",
        "           (order == NULL &&\n"
        "            answers_what_was_sealed(broker, caller, verdict, order)) ||\n",
    ),
    Mutation(
        "restored: who still has something of a sealed child is not asked to purge",
        BROKER + "untimely.c",
        "    if (caller->gate == GATE_FIELD)\n        purge_ask(",
        "    if (caller->gate != GATE_FIELD)\n        purge_ask(",
    ),
    Mutation(
        "gateway: a word of a sealed case waits behind what the centre puts off",
        GATEWAY + "purge.c",
        "    if (device != NULL)\n        relay_bring_ahead(",
        "    if (device != NULL && device->lost_ms != 0)\n        relay_bring_ahead(",
    ),
    Mutation(
        "gateway: what is under way is passed by a sealed case",
        GATEWAY + "relay.c",
        "slot->device == device &&\n            slot->put_off) {",
        "slot->device == device) {",
    ),
    Mutation(
        "gateway: what the centre puts off keeps its place in the window",
        GATEWAY + "relay.c",
        "    if (pause_ms <= ASK_CROWD_MS)\n        return true;\n",
        "    if (pause_ms > 0)\n        return true;\n",
    ),
    Mutation(
        "gateway: a look that the centre puts off holds the others up",
        GATEWAY + "look_relay.c",
        "    if (pause == NULL)\n        return;\n    pause->of_device",
        "    if (pause == NULL || until_ms != 0)\n        return;\n    pause->of_device",
    ),
    Mutation(
        "an answer that is put off holds up a checkpoint's photographs",
        TERMINAL + "outbox.c",
        "    slot->put_off = pause_ms > ASK_CROWD_MS;",
        "    slot->put_off = pause_ms < 0;",
    ),
    Mutation(
        "unhanded: many answers that are put off hold up those after them",
        TERMINAL + "outbox.c",
        "        if (slot->put_off && slot->due_ms > now_ms)\n",
        "        if (slot->put_off && slot->due_ms < 0)\n",
    ),
    Mutation(
        "unhanded: answers that made room for others are not asked again",
        TERMINAL + "outbox.c",
        "    if (!lane->look && lane->again_ms != 0 && now_ms >= lane->again_ms)",
        "    if (now_ms < 0)",
    ),
    Mutation(
        "gateway: what is unread in the spool counts as nothing",
        GATEWAY + "reread.c",
        "    if (!gateway->spool.unread(gateway->spool.arg, &why))",
        "    if (why.status == STATUS_OK)",
    ),
    Mutation(
        "gateway: a spool that is damaged while it runs is never mended",
        GATEWAY + "reread.c",
        "why.status == STATUS_CORRUPT",
        "why.status == STATUS_OK",
    ),
    Mutation(
        "gateway: photographs of a few handhelds take all the room",
        GATEWAY + "loans.c",
        "(own == size || own <= left / PHOTO_SHARE)",
        "own > 0",
    ),
    Mutation(
        "what a handheld looks at through a gateway has no bound",
        BROKER + "command.c",
        "        return rate_may_give(broker, caller, fact->looked->who, GIVING_LOOK,\n",
        "        return fact->looked->who != caller->principal ||\n               rate_may_give(broker, caller, fact->looked->who, GIVING_LOOK,\n",
    ),
    Mutation(
        "what its own clock has stripped counts for ever as live",
        TERMINAL + "sync.c",
        "(holding->bare && !holding->counted)",
        "holding->bare",
    ),
    Mutation(
        "restored twice: what went back to the lost one does not go once more",
        TERMINAL + "handback.c",
        "    if (memcmp(terminal->hand_back.epoch, terminal->sync.epoch, EPOCH_SIZE) !=\n"
        "        0)",
        "    if (false)",
    ),
    Mutation(
        "restored twice: a report under way and what comes back get one number",
        DOMAIN + "decide_handback.c",
        "serial > book->serial)",
        "serial >= order->serial)",
    ),
    Mutation(
        "restored: two that come back at once get one number",
        BROKER + "locks.c",
        '        snprintf(name, 72, "n:%.60s", request->hand_back->case_number);',
        "        name[0] = '\\0';",
    ),
    Mutation(
        "whom a restore lost and somebody enrols elsewhere is not asked for",
        GATEWAY + "devices.c",
        "                 now.monotonic_ms - device->asked_ms >= LOST_LOOK_MS)",
        "                 false)",
    ),
    Mutation(
        "restored: a gateway goes on purging what the lost journal had sealed",
        GATEWAY + "purge.c",
        "    gateway->purging_count = 0;",
        "    (void)gateway;",
    ),
    Mutation(
        "restored: a purge that the lost journal asked for is confirmed",
        TERMINAL + "sync.c",
        "            terminal->purges.count = 0;",
        "            terminal->purges.count += 0;",
    ),
    Mutation(
        "restored: looks at a gateway are not told again",
        GATEWAY + "gateway.c",
        "        looks_restart(gateway);\n",
        "",
    ),
    Mutation(
        "restored: looks at a checkpoint are not told again",
        TERMINAL + "store_sql.c",
        "(state = 3 OR (personal = 1",
        "(state = 4 OR (personal = 1",
    ),
    Mutation(
        "a look from where the alert did not go is refused",
        DOMAIN + "looks.c",
        "    if (alert == NULL) {",
        "    if (alert == NULL ||\n"
        "        !alert_concerns(alert, order->actor, order->arena)) {",
    ),
    Mutation(
        "looks from outside push out all others",
        DOMAIN + "looks.c",
        "return count >= LOOKS_KEPT / 2 ? oldest : 0;",
        "return count > LOOKS_KEPT ? oldest : 0;",
    ),
    Mutation(
        "restored: a gateway's look at a lost alert is refused for good",
        BROKER + "untimely.c",
        "        if (!looks_at_what_is_lost(broker, verdict, order))",
        "        if (order != NULL ||\n"
        "            !looks_at_what_is_lost(broker, verdict, order))",
    ),
    Mutation(
        "a look of a handheld that a restore lost is dropped",
        GATEWAY + "look_relay.c",
        "        if (is_of_lost(gateway, slot, reply))",
        "        if (false && is_of_lost(gateway, slot, reply))",
    ),
    Mutation(
        "a look of a handheld that a restore lost stays put off",
        GATEWAY + "devices.c",
        "    if (was_lost || device->look_put_off)",
        "    if (false)",
    ),
    Mutation(
        "restored: what waited for keys counts as told by the new broker",
        TERMINAL + "intake.c",
        "terminal->feed_epoch == NULL ? terminal->lines : 0;",
        "terminal->lines;",
    ),
    Mutation(
        "restored: when something was handed back nothing else goes back any more",
        TERMINAL + "handback.c",
        "    return !terminal->whole_area && !holding->brought &&",
        "    return !terminal->whole_area && terminal->hand_back.alert_id[0] == '\\0' &&",
    ),
    Mutation(
        "a photograph that nobody named can be read when its case is sealed",
        BROKER + "purges.c",
        "    if (broker->ports.each_key != NULL &&",
        "    if (broker == NULL &&",
    ),
    Mutation(
        "who is revoked comes back with a code that was given before",
        DOMAIN + "apply.c",
        "    apply_invitation_used(book, revoked->id);\n",
        "",
    ),
    Mutation(
        "a code that was withdrawn is good",
        DOMAIN + "apply_device.c",
        "    if (invited->withdrawn[0] == '\\0')\n",
        "",
    ),
    Mutation(
        "a code is replaced from another jurisdiction",
        DOMAIN + "decide_device.c",
        "    if (waits == NULL || waits->expires_ms <= order->now_ms)\n"
        "        return true;",
        "    if (device != NULL)\n        return true;",
    ),
    Mutation(
        "restored: what was purged here stays over where it is live again",
        TERMINAL + "intake.c",
        "               (source == BY_SYNC && is_live_there(holding, document));",
        "               (false && is_live_there(holding, document));",
    ),
    Mutation(
        "what comes after its case was sealed is taken where it never was",
        TERMINAL + "purge.c",
        "        holding = foresee(terminal, purge->alert_id);\n",
        "        (void)foresee;\n",
    ),
    Mutation(
        "what comes after its case was sealed is taken again",
        TERMINAL + "intake.c",
        "    if (is_ended(holding) && !other)",
        "    if (false && !other)",
    ),
    Mutation(
        "a thumbnail stays when its photograph is another",
        DOMAIN + "decide_alert.c",
        "        !shows_the_same(order, alert, document->alert->picture))\n",
        "        !alert->has_picture)\n",
    ),
    Mutation(
        "a thumbnail is not kept with its photograph",
        DOMAIN + "decide_alert.c",
        "    if (issued->thumbnail.len > 0 || alert->thumbnail_size == 0 ||",
        "    if (issued->thumbnail.len > 0 || alert->thumbnail_size > 0 ||",
    ),
    Mutation(
        "restored: a thumbnail whose photograph is lost names none",
        BROKER + "feed.c",
        "    thumbnail.hash = content->picture->hash;",
        "    thumbnail.hash = bytes_of(alert->picture, sizeof alert->picture);",
    ),
    Mutation(
        "restored: who hands back without a thumbnail takes it away",
        DOMAIN + "decide_handback.c",
        "        issue_keep_thumbnail(order, alert, document, issued);\n",
        "",
    ),
    Mutation(
        "a thumbnail is on the disk as it is",
        BROKER + "fact_codec.c",
        "        personal.fields[personal.count++] = &fact->alert_issued->thumbnail;\n",
        "",
    ),
    Mutation(
        "a thumbnail outlives its sealed case in the book",
        DOMAIN + "apply_purge.c",
        "    apply_wipe(&alert->thumbnail, &alert->thumbnail_size);\n",
        "",
    ),
    Mutation(
        "a thumbnail goes out on no topic but the first",
        BROKER + "feed.c",
        "        if (is_news(alert, i))\n            publish_on(broker, alert, i, &payload, alert->sequence);",
        "        if (is_news(alert, i) && i == 0)\n            publish_on(broker, alert, i, &payload, alert->sequence);",
    ),
    Mutation(
        "a thumbnail is taken whatever picture the alert names",
        TERMINAL + "intake.c",
        "        memcmp(thumbnail->hash.data, holding->picture.hash,\n               sizeof holding->picture.hash) != 0 ||\n",
        "",
    ),
    Mutation(
        "handing back: what is put off holds the others up",
        TERMINAL + "handback.c",
        "            if (holding->owed && !holding->put_off)\n",
        "            if (holding->owed)\n",
    ),
    Mutation(
        "handing back: what is put off comes back without a pause",
        TERMINAL + "handback.c",
        "            hand_back->at_ms = now.monotonic_ms + hand_back->wait_ms;\n",
        "",
    ),
    Mutation(
        "handing back: a crowd is met with everything else",
        TERMINAL + "handback.c",
        "ask_pause_ms(reply) > ASK_CROWD_MS)",
        "ask_pause_ms(reply) > 0)",
    ),
    Mutation(
        "what a broker restored a second time refuses of a handheld is given up",
        GATEWAY + "devices.c",
        "        device->vouched = false;\n",
        "        (void)device;\n",
    ),
    Mutation(
        "two machines with one key are taken for one",
        BROKER + "doubles.c",
        "    if (voice != &presence->older ||\n",
        "    if (voice != &presence->newer ||\n",
    ),
    Mutation(
        "a line that is made anew is taken for another machine",
        BROKER + "doubles.c",
        "monotonic_ms - presence->newer.since_ms < SIDE_BY_SIDE_MS",
        "monotonic_ms - presence->newer.since_ms < 1",
    ),
    Mutation(
        "an older copy that has gone on as far is taken for the journal",
        BROKER + "line.c",
        "                   : LINE_OTHER;\n",
        "                   : LINE_SAME;\n",
    ),
    Mutation(
        "the journal's line: what is looked up is taken for the same meanwhile",
        BROKER + "sync.c",
        "    if (line == LINE_UNDER_WAY || is_too_early(broker, node)) {\n",
        "    if (is_too_early(broker, node)) {\n",
    ),
    Mutation(
        "the journal's line: a broker that has turned back is believed",
        TERMINAL + "sync.c",
        "    return page->turned_back && page->from_start &&\n",
        "    return page->turned_back && !page->from_start &&\n",
    ),
    Mutation(
        "the journal's line: a beacon that comes before the desk hides it",
        TERMINAL + "complete.c",
        "    if (!terminal->line_up)\n        return;\n    chain_mark(",
        "    chain_mark(",
    ),
    Mutation(
        "the journal's line: a kill forgets it",
        TERMINAL + "complete.c",
        "        (chain->newest > before || terminal->recorded > before))\n        terminal->state_urgent = true;\n",
        "        (chain->newest > before || terminal->recorded > before))\n        terminal->state_changed = true;\n",
    ),
    Mutation(
        "the journal's line: one sync takes pages of two",
        TERMINAL + "sync.c",
        "    keep_mark(sync, page->mark);\n",
        "    keep_mark(sync, NULL);\n",
    ),
    Mutation(
        "the journal's line: a restart forgets it",
        TERMINAL + "settle.c",
        "    state.marked = chain->mark.sequence;\n",
        "",
    ),
    Mutation(
        "the journal's line: who asks from the start does not name it",
        TERMINAL + "sync.c",
        "all && chain->mark.sequence == 0 ? NULL",
        "all ? NULL",
    ),
    Mutation(
        "the journal's line: what the lost one's feed told is this one's",
        TERMINAL + "complete.c",
        "    forget_the_feed(terminal);\n",
        "    (void)forget_the_feed;\n",
    ),
    Mutation(
        "the journal's line: who follows another is not told so",
        BROKER + "follow.c",
        "OTHER:\n        follower->anew = true;\n        follower->missed = true;",
        "OTHER:\n        follower->anew = true;",
    ),
    Mutation(
        "the journal's line: who follows loses its mark while it is looked up",
        BROKER + "follow.c",
        "        follower->unmarked = true;\n",
        "        follower->unmarked = false;\n",
    ),
    Mutation(
        "the journal's line: a mark that one has made up is an error",
        BROKER + "line.c",
        "broker->older && who->number != broker->older_by",
        "!broker->older || who->number != broker->older_by",
    ),
    Mutation(
        "restored: what was purged and is pushed is called held, and never shown",
        TERMINAL + "intake.c",
        "== holding->revision &&\n               !is_live_there(holding, document)) {",
        "== holding->revision) {",
    ),
]
