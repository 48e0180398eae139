/**
 * A stage: the terminal core of checkpoint gate-1 (440305) with a real store, a
 * told clock and a scripted broker. A test tells sentences; what the terminal
 * sends, shows and refuses is written into a transcript.
 *
 * Sentences (alerts are A1, A2, ...; they go out on a/4403/ unless said):
 *   the line stands / breaks / is refused
 *   the desk answers       - everything asked so far and what is asked then
 *   the desk answers once  - only what was asked so far
 *   the desk answers BUSY|DENIED|NOT_FOUND|UNAVAILABLE|EARLIER  - once to each;
 *          EARLIER: it is of a version that does not know the question
 *          [role|principal]     - the field that it names
 *   the desk denies everything                 - without decoding it
 *   the desk is quiet      - what was asked so far is forgotten
 *   the feed works / is deaf                   - what is sent is lost
 *   A1 is issued [elsewhere] [exercise] [to the country]
 *                          [with a picture]
 *   A1 is revised [elsewhere] [to the country] [as revision N]
 *                          [without a picture]
 *          [ringed]       - its second ring reaches gate-1, after an hour
 *          [by an old broker]        - which says nothing of rings
 *          [come to us]   - by pushes and syncs gate-1 is told that it has
 *   A1's ring comes        - the second one
 *   A1's ring has come to us                   - as pushes and syncs tell
 *   A1 is withdrawn
 *   A1 is expired          - the broker says so
 *   A1 is forgotten        - the broker knows nothing of it any more
 *   A1 is known as first issued    - and of nothing that came after that
 *   A1 comes again / is pushed                 - the newest revision
 *   A1 comes again as first issued
 *   a thumbnail of A1 comes [for another picture]
 *   A1 is forged|misused|crossed               - see stage_issue.c
 *   a beacon comes         - with what the broker holds
 *   a false beacon comes   - with another digest
 *   the keys change / the old keys are used again
 *   the node is enrolled anew      - revoked, and admitted with the key it has
 *   a new journal begins   - another epoch, the same alerts, no answers
 *   the pages begin anew   - the next after a first is the first once more, of
 *          what there is now
 *   the pages are on their way     - those of the next sync tell what there is
 *          now
 *   the broker turns back to N [and goes on to M]
 *                          - an older copy of its home was put back by hand
 *   the broker knows no marks / knows marks    - of its journal's line
 *   the picture of A1 is damaged
 *   an officer reports A1 [as intercepted] [with a photograph]
 *                          - of 40,000 bytes: three pieces
 *   an officer looks at A1     - at its picture
 *   the photograph is forgotten                - what the desk had of it
 *   A1 is sealed           - the broker asks to purge it
 *   somebody|nobody reads the store - so that a purge takes longer
 *   N ms|s|h|d pass
 *   the terminal restarts / gets another key
 *   the clock jumps N s    - the terminal's, forward or (-N) back
 *   the broker says 2038|1970                  - the same of its clock
 *   the broker's clock jumps N s
 *   all others' clocks jump N s
 *   the clock says DATE    - e.g. 1970-01-01T00:00:00Z
 */
#ifndef TOCSIN_KIT_STAGE_H
#define TOCSIN_KIT_STAGE_H

#include "terminal/store.h"

struct stage;

struct stage *stage_new(void);
void stage_free(struct stage *stage);

void stage_tell(struct stage *stage, const char *sentence);
/** Fails the test when something else has happened since the last look. */
void stage_expect(struct stage *stage, const char *transcript);
/** What has happened since the last look. */
const char *stage_heard(const struct stage *stage);
/** The same, but more may have happened after it. */
void stage_expect_begins(struct stage *stage, const char *transcript);
void stage_skip(struct stage *stage);

struct terminal *stage_terminal(struct stage *stage);
struct store *stage_store(struct stage *stage);
const char *stage_folder(const struct stage *stage);
struct moment stage_now(const struct stage *stage);
void stage_standing(struct stage *stage, struct terminal_standing *out);
/** Its id, in all sentences the same. */
const char *stage_alert_id(const char *name);

/** Throw bytes at the terminal. */
void stage_throw_feed(struct stage *stage, const char *topic,
                      struct blob bytes);
void stage_throw_reply(struct stage *stage, struct blob bytes);
/** The last message of the feed and the last reply, for mutating. */
struct blob stage_last_feed(const struct stage *stage);
struct blob stage_last_reply(const struct stage *stage);
/** Make a mutated reply one to the newest request; reply begins with an id. */
void stage_graft_request_id(const struct stage *stage, uint8_t *reply,
                            size_t size);

#endif
