/* The spool's schema and every sentence spoken to it. State is FateState: 1
 * waiting, 2 recorded, 3 refused, 4 revoked. Status 6 is NOT_FOUND. */
#include "spool/inside.h"

const char spool_schema[] =
    "CREATE TABLE IF NOT EXISTS about("
    "  key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS devices("
    "  id TEXT PRIMARY KEY,"
    "  key BLOB NOT NULL,"
    "  own INTEGER NOT NULL,"
    "  revoked INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS answers("
    "  row INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  device TEXT NOT NULL,"
    "  answer_id BLOB NOT NULL,"
    "  alert_id TEXT NOT NULL,"
    "  revision INTEGER NOT NULL,"
    "  rung INTEGER NOT NULL,"
    "  digest BLOB NOT NULL,"
    "  content BLOB, signature BLOB,"
    "  taken_ms INTEGER NOT NULL,"
    "  state INTEGER NOT NULL DEFAULT 1,"
    "  settled_ms INTEGER NOT NULL DEFAULT 0,"
    "  sequence INTEGER NOT NULL DEFAULT 0,"
    "  status INTEGER NOT NULL DEFAULT 0,"
    "  field TEXT NOT NULL DEFAULT '',"
    "  reason TEXT NOT NULL DEFAULT '',"
    "  UNIQUE(device, answer_id));"
    "CREATE INDEX IF NOT EXISTS answers_waiting"
    "  ON answers(row) WHERE state = 1;"
    "CREATE INDEX IF NOT EXISTS answers_of ON answers(device, row);"
    "CREATE INDEX IF NOT EXISTS answers_about ON answers(alert_id)"
    "  WHERE state <> 1 AND content IS NOT NULL;"
    "CREATE INDEX IF NOT EXISTS answers_settled ON answers(settled_ms)"
    "  WHERE state = 2;";

#define FATE                                                                   \
    "SELECT row, device, answer_id, alert_id, revision, rung, digest,"         \
    " taken_ms, state, settled_ms, sequence, status, field, reason"

const char *const spool_sentences[SENTENCES] = {
    [PUT] = "INSERT INTO answers(device, answer_id, alert_id, revision, rung,"
            " digest, content, signature, taken_ms)"
            " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [END] = "UPDATE answers SET state = ?2, settled_ms = ?3, sequence = ?4,"
            " status = ?5, field = ?6, reason = ?7 WHERE row = ?1",
    [FORGET] = "DELETE FROM answers WHERE device = ?1 AND answer_id = ?2"
               " AND state <> 1",
    [REVOKE] = "UPDATE answers SET state = 4 WHERE device = ?1 AND state = 1",
    [SAY_AGAIN] = "UPDATE answers SET state = 1, settled_ms = 0, sequence = 0,"
                  " status = 0, field = '', reason = ''"
                  " WHERE content IS NOT NULL"
                  " AND (state = 2 OR (state = 3 AND status = 6))",
    [PURGE] = "DELETE FROM answers WHERE state = 2 AND settled_ms < ?1",
    [STRIP] = "UPDATE answers SET content = NULL, signature = NULL"
              " WHERE alert_id = ?1 AND state <> 1 AND content IS NOT NULL",
    [KEEP_DEVICE] = "INSERT INTO devices(id, key, own, revoked)"
                    " VALUES(?1, ?2, ?3, ?4) ON CONFLICT(id) DO UPDATE SET"
                    " key = ?2, own = ?3, revoked = ?4",
    [FIND] = FATE " FROM answers WHERE device = ?1 AND answer_id = ?2",
    [EACH_FATE] = FATE " FROM answers WHERE device = ?1 AND row > ?2"
                       " ORDER BY row",
    [EACH_WAITING] = FATE " FROM answers WHERE state = 1 ORDER BY row",
    [EACH_DEVICE] = "SELECT id, key, own, revoked FROM devices",
    [EACH_KEPT_ALERT] = "SELECT DISTINCT alert_id FROM answers"
                        " WHERE state <> 1 AND content IS NOT NULL",
    [READ] = FATE ", content, signature FROM answers"
                  " WHERE row = ?1 AND content IS NOT NULL",
    [COUNT] = "SELECT count(*) FILTER (WHERE state = 1),"
              " count(*) FILTER (WHERE state = 2),"
              " count(*) FILTER (WHERE state = 3),"
              " count(*) FILTER (WHERE state = 4),"
              " coalesce(min(taken_ms) FILTER (WHERE state = 1), 0)"
              " FROM answers",
    [EVERY] = FATE " FROM answers ORDER BY row",
};
