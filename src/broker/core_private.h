/** What the files of the broker core share; nobody else includes it. */
#ifndef TOCSIN_BROKER_CORE_PRIVATE_H
#define TOCSIN_BROKER_CORE_PRIVATE_H

#include "broker/state.h"
#include "domain/view.h"
#include "wire/case_order.h"

/** Lines of coverages that a timer goes through in one turn, about: what is
 * more waits for the next one, and the desk answers in between. */
#define LINES_PER_TURN 50000

/* core.c */
/** A request that rate_allows has let in, now or before it had to wait. */
void broker_take(struct broker *broker, struct caller *caller,
                 const uint8_t curve[KEY_SIZE], const uint8_t *bytes,
                 size_t size, int64_t now_ms);
/** Who was let in with that. */
const struct principal *broker_caller(const struct broker *broker,
                                      const struct caller *caller);
struct presence *broker_presence(struct broker *broker, uint32_t number);
/** It is connected and was heard within four heartbeats. */
bool broker_is_present(struct broker *broker, uint32_t number);

/* doubles.c */
/** Its heartbeat has just come over this connection of the field desk. */
void doubles_note(struct broker *broker, const struct principal *who,
                  const struct route *route, int64_t now_ms);
/** It is enrolled anew: whoever spoke with the key before does not count. */
void doubles_forget(struct broker *broker, uint32_t number);
/** When two machines that use its key were heard last, by the wall; 0: never
 *  since the start, or since it was enrolled. */
int64_t doubles_ms(struct broker *broker, uint32_t number);
/** true: the caller is such a one, and was told that its word is not taken. */
bool doubles_refuse(struct broker *broker, const struct caller *caller,
                    int64_t now_ms);

/* sync_budget.c */
/** false: put it off for sync_retry_ms. */
bool sync_may(struct broker *broker, const struct principal *node);
uint32_t sync_retry_ms(struct broker *broker, const struct principal *node);
/** For a page of so many bytes, and what was looked at for it. */
void sync_pay(struct broker *broker, const struct principal *node, size_t bytes,
              size_t looked_at);

/* line.c */
enum line {
    LINE_SAME, /* or nobody can tell */
    LINE_OTHER,
    LINE_UNDER_WAY /* it is being looked up */
};
/** Is the journal that it was told of the one that we have? */
enum line line_look(struct broker *broker, const struct principal *who,
                    ProtobufCBinaryData epoch, const Tocsin__V1__Mark *mark);
/** The chain at our head, in the arena; empty: it cannot be told. */
ProtobufCBinaryData line_chain(struct broker *broker);
/** Likewise, with the head; NULL: it cannot be told. */
Tocsin__V1__Mark *line_mark(struct broker *broker);

/* pending.c */
/** Hand a fact to the journal. caller may be NULL; locks may be NULL or
 *  LOCKS_PER_COMMAND names, "" for none, which are taken already. */
struct pending *broker_append(struct broker *broker,
                              const Tocsin__V1__Fact *fact,
                              const struct caller *caller, char (*locks)[72]);
/** Hand its fact to the journal. */
void pending_append(struct broker *broker, struct pending *pending,
                    const Tocsin__V1__Fact *fact);
/** It will be told what becomes of it. */
void pending_await(struct broker *broker, struct pending *pending,
                   const struct caller *caller);
/** Until it is durable, the same command or answer joins this one. */
void broker_inflight(struct broker *broker, struct pending *pending,
                     const uint8_t identity[IDENTITY_SIZE],
                     const uint8_t digest[8]);
void pending_free(struct broker *broker, struct pending *pending);

/* reply.c */
void reply_send(struct broker *broker, const struct caller *caller,
                Tocsin__V1__Reply *reply, int64_t now_ms);
void reply_status(struct broker *broker, const struct caller *caller,
                  Tocsin__V1__Status status, int64_t now_ms);
void reply_refused(struct broker *broker, const struct caller *caller,
                   Tocsin__V1__Status status, const struct complaint *complaint,
                   int64_t now_ms);
/** BUSY, and counted as refused: what the broker cannot take now. */
void reply_busy(struct broker *broker, const struct caller *caller,
                uint32_t retry_ms, int64_t now_ms);
/** The same where it is nobody's fault, but for one that has too much under
 * way. */
void reply_crowded(struct broker *broker, const struct caller *caller,
                   uint32_t retry_ms, int64_t now_ms);
/** BUSY, of what is counted already. */
void reply_later(struct broker *broker, const struct caller *caller,
                 uint32_t retry_ms, int64_t now_ms);
/** The same of one whose words another principal brings: only it has to wait.
 */
void reply_later_device(struct broker *broker, const struct caller *caller,
                        uint32_t retry_ms, int64_t now_ms);

/** A sighting's picture is here, as this sequence says: DUPLICATE. */
void reply_pictured(struct broker *broker, const struct caller *caller,
                    uint64_t sequence, uint32_t size, int64_t now_ms);

/** UNAVAILABLE: there is no space for what was asked; again later. */
void reply_full(struct broker *broker, const struct caller *caller,
                int64_t now_ms);
/** UNAVAILABLE: whether it was recorded long ago cannot be told. */
void reply_unread(struct broker *broker, const struct caller *caller,
                  int64_t now_ms);

/* say.c */
/** One log line, when this is worth one. */
void say_done(struct broker *broker, uint64_t sequence,
              const Tocsin__V1__Fact *fact, const struct effect *effect);
/** That the certificate of a centre, which has just signed, ends within half a
 *  year: once a day. */
void say_certified(struct broker *broker, const struct caller *caller,
                   const struct verdict *verdict, int64_t now_ms);

/* refusals.c */
void refusal_count(struct broker *broker, enum gate gate, uint32_t principal,
                   const char *what);
void refusal_flush(struct broker *broker);

/* rate.c */
/** false: it was one too many, and all that is to be said has been. */
bool rate_allows(struct broker *broker, struct caller *caller,
                 const uint8_t *bytes, size_t size, int64_t now_ms);
/** May this principal, who need not be the caller, give one more of this kind?
 *  false: the caller was told to come back. */
bool rate_may_give(struct broker *broker, const struct caller *caller,
                   uint32_t giver, enum giving kind, int64_t now_ms);

/* command.c */
void command_take(struct broker *broker, const struct caller *caller,
                  const Tocsin__V1__Request *request, const uint8_t *bytes,
                  size_t size, int64_t now_ms);
void command_done(struct broker *broker, struct pending *pending,
                  const Tocsin__V1__Fact *fact, const struct effect *effect,
                  int64_t now_ms);
/** It was not kept: tell whoever waits for it. */
void command_undone(struct broker *broker, const struct pending *pending,
                    int64_t now_ms);
/** Asks for spare case keys when they run low. */
void command_want_keys(struct broker *broker);
/* untimely.c */
/** Before it is decided: true, it comes too late and was answered. */
bool untimely_command(struct broker *broker, const struct caller *caller,
                      const char *lock, const uint8_t identity[IDENTITY_SIZE],
                      const struct order *order);
/** When it is decided: true, it comes too late, or too early, and was answered
 *  otherwise. */
bool untimely_verdict(struct broker *broker, const struct caller *caller,
                      const struct verdict *verdict, const struct order *order);
/* locks.c */
/** What it is about, before it is verified: only a queue hangs on it. */
void command_lock_names(struct broker *broker,
                        const Tocsin__V1__Request *request,
                        char locks[LOCKS_PER_COMMAND][72]);
/** true: it waits behind another command, or was told to come back. */
bool command_must_wait(struct broker *broker, const struct caller *caller,
                       char locks[LOCKS_PER_COMMAND][72], const uint8_t *bytes,
                       size_t size, int64_t now_ms);
void command_lock(struct broker *broker, char locks[LOCKS_PER_COMMAND][72]);
/** Lock an alert for the broker's own fact about it; false: a command is under
 *  way, look again later. */
bool command_lock_alert(struct broker *broker, const struct alert *alert,
                        char locks[LOCKS_PER_COMMAND][72]);
/** The same for a found child, and the case that it is identified with. */
bool command_lock_found(struct broker *broker, const struct found_child *found,
                        char locks[LOCKS_PER_COMMAND][72]);
bool command_is_locked(const struct broker *broker, const struct alert *alert);
/** Likewise of an alert that need not be in the book yet. */
bool command_is_about(const struct broker *broker, const char *alert_id);
void command_unlock(struct broker *broker, const struct pending *pending,
                    int64_t now_ms);

/* gather.c */
/** Does such a fact gather with others? */
bool gather_takes(const Tocsin__V1__Fact *fact);
void gather(struct broker *broker, const Tocsin__V1__Fact *fact,
            const struct caller *caller, const uint8_t identity[IDENTITY_SIZE]);
/** What has gathered goes to the journal. */
void gather_close(struct broker *broker, int64_t now_ms);

/* ahead.c */
/** The journal has just been handed a revision: seal its messages while it is
 *  synced, unless those of another one are ready already. */
void ahead_seal(struct broker *broker, uint64_t sequence,
                const Tocsin__V1__Fact *fact);
/** The message on the alert's topic of this number, if it came out as it was
 *  foreseen; else NULL: seal it now. */
const struct sealed_message *ahead_message(const struct broker *broker,
                                           const struct alert *alert,
                                           size_t number);
/** What was sealed for this fact is published by now, or never will be. */
void ahead_drop(struct broker *broker, uint64_t sequence);

/* feed.c */
/** Heap memory, or NULL: too large for the feed, which is said. */
uint8_t *feed_seal_payload(struct broker *broker, const char *topic,
                           const struct feed_header *header,
                           const Tocsin__V1__FeedPayload *payload,
                           size_t *size);
/** Forgets the keys that it has made. */
void feed_free(struct broker *broker);
void feed_alert(struct broker *broker, const struct alert *alert);
void feed_beacon(struct broker *broker, int64_t now_ms);
void feed_second(struct broker *broker);
/** A notice of the newest document for receivers of this division (or prefix),
 *  in the arena. node: for it alone; or NULL. */
Tocsin__V1__Notice *feed_notice(struct arena *arena, const struct alert *alert,
                                const char *division,
                                const struct principal *node);
void feed_topic_state(const struct broker *broker, const char *topic,
                      Tocsin__V1__TopicState *out);

/* sync.c */
void sync_take(struct broker *broker, const struct caller *caller,
               const Tocsin__V1__Sync *sync, int64_t now_ms);
void sync_keys(struct broker *broker, const struct caller *caller,
               int64_t now_ms);
void sync_heartbeat(struct broker *broker, const struct caller *caller,
                    const Tocsin__V1__Heartbeat *heartbeat, int64_t now_ms);

/* direct.c */
void direct_watch(struct broker *broker, struct alert *alert, int64_t now_ms);
void direct_tick(struct broker *broker, int64_t now_ms);
void direct_forget(struct broker *broker, const struct alert *alert);
uint32_t direct_tries(const struct broker *broker, const struct alert *alert,
                      uint32_t node);

/* clock_trust.c */
void trust_begin(struct broker *broker, struct moment now);
/** At every tick: does the time of day go on as the monotonic clock does? */
void trust_look(struct broker *broker, struct moment now);
/** What a command that a centre signed tells about our clock; a refusal for it
 *  names both times. */
void trust_hear(struct broker *broker, const struct caller *caller,
                struct verdict *verdict, int64_t now_ms);

/** The time of day that rings go by: this machine's as long as it is believed,
 *  then by the clock that never jumps, on from where it was. */
int64_t trust_steady_ms(const struct broker *broker);

/** One fact about supervision at a time. */
#define SUPERVISION_LOCK "supervision"
/* silence_note.c */
void silence_note(struct event_entry *entry,
                  const Tocsin__V1__FellSilent *silent);
/** As much of it as the actor may see; in the broker's arena. */
Tocsin__V1__FellSilent *silence_event(struct broker *broker,
                                      const struct principal *actor,
                                      const struct event_entry *entry);
/* silence_watch.c */
void silence_tick(struct broker *broker, int64_t now_ms);

/* purges.c */
/** Its case is sealed, and that is durable: the key goes. */
void purge_seal(struct broker *broker, const struct alert *alert);
/** The same of a found child by itself. */
void purge_seal_found(struct broker *broker, const struct found_child *found);
/** An alert or found child was, whatever the journal knows: it does not come
 *  back. */
bool purge_was_sealed(const struct broker *broker, const char *id);
/** This node, which is there, is to purge it, whatever the journal knows. */
void purge_ask(struct broker *broker, uint32_t node, const char *alert_id,
               int64_t now_ms);
/** Before any request: what a stop left between a sealing and its end. */
void purge_end_keys(struct broker *broker, int64_t now_ms);
void purge_tick(struct broker *broker, int64_t now_ms);
/** What this node has yet to purge. */
void purge_fill(struct broker *broker, const struct principal *node,
                Tocsin__V1__SyncPage *page);

/* supervised.c */
void supervised_list(struct broker *broker, const struct caller *caller,
                     const Tocsin__V1__ListSupervised *ask, int64_t now_ms);

/* found_children.c */
/** In the broker's arena; who asks may see it. */
Tocsin__V1__FoundSummary *found_summary(struct broker *broker,
                                        const struct principal *who,
                                        const struct found_child *found);
/** A match of the alert that names the found child's kit. */
Tocsin__V1__FoundMatch *found_match(struct broker *broker,
                                    const struct alert *alert,
                                    const struct match *match,
                                    const struct found_child *found);
void found_list(struct broker *broker, const struct caller *caller,
                const Tocsin__V1__ListFound *ask, int64_t now_ms);
void found_show(struct broker *broker, const struct caller *caller,
                const Tocsin__V1__ShowFound *ask, int64_t now_ms);

/* likely.c */
#define IDENTIFIED_SHOWN 8
/** The cases that it may be, as far as who asks may see them. */
void likely_fill_found(struct broker *broker, const struct principal *who,
                       struct found_child *found,
                       Tocsin__V1__FoundDetail *detail);
/** Is it likely to be the child of a case whose file this one may see? */
bool likely_may_see(struct broker *broker, const struct principal *who,
                    struct found_child *found);
/** How many found children are likely, and which are identified with it. */
void likely_fill_case(struct broker *broker, struct alert *alert,
                      Tocsin__V1__CaseFile *file);
void likely_list(struct broker *broker, const struct caller *caller,
                 const Tocsin__V1__ListLikely *ask, int64_t now_ms);
/** A fact is applied and answered: tell those whose case it may be about. */
/** The last registration was much to compare: the next is told BUSY for as long
 *  as config.compare_us says for each case that was opened, so that nobody
 * keeps the desk from the rest with registrations. */
bool likely_rests(const struct broker *broker);
void likely_look(struct broker *broker, uint64_t sequence,
                 const Tocsin__V1__Fact *fact, const struct effect *effect);

/* overdue.c */
void overdue_list(struct broker *broker, const struct caller *caller,
                  const Tocsin__V1__ListOverdue *ask, int64_t now_ms);

/* expiry.c */
void expiry_tick(struct broker *broker, int64_t now_ms);

/* rings.c */
/** Its rings may have changed: from now on they widen, or do not. */
void rings_watch(struct broker *broker, const struct alert *alert);
void rings_forget(struct broker *broker, const struct alert *alert);
void rings_free(struct broker *broker);
void rings_tick(struct broker *broker, int64_t now_ms);
/** How far they have come, for everybody, or for this node alone; NULL: the
 *  alert has none. */
Tocsin__V1__RingNotice *rings_notice(struct arena *arena,
                                     const struct alert *alert,
                                     const struct principal *node);
/** When they come to more nodes; 0: never. */
int64_t rings_next_ms(const struct broker *broker, const struct alert *alert,
                      const Tocsin__V1__Alert *content);

/* filing.c */
void filing_tick(struct broker *broker, int64_t now_ms);
/** No answer about it may be taken until it is filed. */
bool filing_is_under_way(const struct broker *broker, const char *alert_id);
/** Before apply: nothing here points to it any more. */
void filing_release(struct broker *broker, const char *alert_id,
                    int64_t now_ms);
/** Reply to a command or answer about an alert that is filed, or of which it
 *  cannot be told; false: it is not filed, or it is urgent, as a report is, and
 *  does not wait until that can be told. */
bool filing_answers(struct broker *broker, const struct caller *caller,
                    const char *alert_id, const uint8_t identity[IDENTITY_SIZE],
                    const uint8_t digest[8], bool urgent, int64_t now_ms);
/** The same for an answer that decide has found no alert for. */
bool filing_answers_late(struct broker *broker, const struct caller *caller,
                         const struct verdict *verdict,
                         const struct order *order);
/** Likewise to a registration of a found child, or an order about one. */
bool filing_answers_found(struct broker *broker, const struct caller *caller,
                          const char *found_id,
                          const uint8_t identity[IDENTITY_SIZE],
                          const struct order *order);
void filing_release_found(struct broker *broker, const char *found_id);
/** A filed found child of this id, in the jurisdiction of who asks. */
bool filing_knows_found(const struct broker *broker,
                        const struct principal *who, const char *text);
/** A filed alert or case of this name, in the jurisdiction of who asks. */
bool filing_knows(const struct broker *broker, const struct principal *who,
                  const char *text);

/* follow.c */
void follow_forget(struct broker *broker, const struct alert *alert,
                   int64_t now_ms);
void follow_forget_found(struct broker *broker,
                         const struct found_child *found);
void follow_note(struct broker *broker, uint64_t sequence,
                 const Tocsin__V1__Fact *fact, const struct effect *effect);
struct likely_note {
    uint64_t sequence;
    int64_t time_ms;
    struct alert *alert;
    struct found_child *found;
    unsigned score;
};
/** A found child is likely to be that of the case. */
void follow_likely(struct broker *broker, const struct likely_note *note);
void follow_wake(struct broker *broker, int64_t now_ms);
void follow_take(struct broker *broker, const struct caller *caller,
                 const Tocsin__V1__Follow *follow, int64_t now_ms);

/* uploads.c */
void upload_tick(struct broker *broker);
/** Those that wait for the disk are refused: they are not kept. */
void upload_full(struct broker *broker, int64_t now_ms);
/** Those of this alert. */
void upload_drop(struct broker *broker, const char *alert_id);
void upload_free(struct broker *broker);
void picture_put(struct broker *broker, const struct caller *caller,
                 const Tocsin__V1__PutPicture *put, int64_t now_ms);
/* pictures.c */
#define PICTURE_HASH_SIZE 32
#define PICTURE_NAME_SIZE 96
/** Of its file. */
void picture_name(char name[PICTURE_NAME_SIZE], const char *alert_id,
                  const uint8_t hash[PICTURE_HASH_SIZE]);
void picture_get(struct broker *broker, const struct caller *caller,
                 const Tocsin__V1__GetPicture *get, int64_t now_ms);
/** The key that a picture put for this alert is sealed with; false: it is not
 *  there, or with a key that would not end with its case. */
bool picture_key(struct broker *broker, const char *alert_id,
                 const ProtobufCBinaryData *hash, uint8_t key_id[KEY_ID_SIZE]);
/* picture_cache.c */
struct cached_picture {
    uint8_t *bytes;
    size_t size;
};
/** It is in memory, or may be loaded now for who asks; false: told to come
 *  back. */
bool picture_may_load(struct broker *broker, const struct caller *caller,
                      const char *name, int64_t now_ms);
/** From memory, or the disk; valid until the next call. NULL: there is none
 *  that opens. */
const struct cached_picture *
picture_fetch(struct broker *broker, uint32_t principal, const char *name);
/** Nothing of this alert stays in memory. */
void picture_drop(struct broker *broker, const char *alert_id);
void picture_free(struct broker *broker);

/** Zeroed memory in the arena. */
void *arena_take(struct arena *arena, size_t size);
char *arena_text(struct arena *arena, const char *text);
ProtobufCBinaryData bytes_of(const void *data, size_t size);
/** An initialised message of this type in the arena. */
void *arena_message(struct arena *arena,
                    const ProtobufCMessageDescriptor *type);

#include "broker/answers.h"

#endif
