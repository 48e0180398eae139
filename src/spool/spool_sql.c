/* The spool's schema and every sentence spoken to it. State is FateState: 1
 * waiting, 2 recorded, 3 refused, 4 revoked. Status 6 is NOT_FOUND. Picture is
 * PictureState: 1 expected, 2 waiting, 3 recorded, 4 refused, 5 revoked. */
#include "spool/inside.h"

/* What version 2 has brought. */
#define COLUMNS_2                                                              \
    "  kind INTEGER NOT NULL DEFAULT 0,"                                       \
    "  picture INTEGER NOT NULL DEFAULT 0,"                                    \
    "  picture_hash BLOB,"                                                     \
    "  picture_size INTEGER NOT NULL DEFAULT 0,"                               \
    "  picture_sequence INTEGER NOT NULL DEFAULT 0,"                           \
    "  picture_status INTEGER NOT NULL DEFAULT 0,"                             \
    "  picture_reason TEXT NOT NULL DEFAULT '',"
#define TABLES_2                                                               \
    "CREATE TABLE IF NOT EXISTS pictures("                                     \
    "  row INTEGER PRIMARY KEY, sealed BLOB NOT NULL);"                        \
    "CREATE TRIGGER IF NOT EXISTS answers_gone AFTER DELETE ON answers"        \
    " BEGIN DELETE FROM pictures WHERE row = old.row; END;"                    \
    "CREATE INDEX IF NOT EXISTS answers_pictures ON answers(device, row)"      \
    "  WHERE picture = 2;"

const char spool_lift[] =
    "ALTER TABLE answers ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE answers ADD COLUMN picture INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE answers ADD COLUMN picture_hash BLOB;"
    "ALTER TABLE answers ADD COLUMN picture_size INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE answers ADD COLUMN"
    " picture_sequence INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE answers ADD COLUMN picture_status INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE answers ADD COLUMN picture_reason TEXT NOT NULL DEFAULT "
    "'';" TABLES_2 "UPDATE about SET value = '2' WHERE key = 'schema';";

#define LOOKS                                                                  \
    "CREATE TABLE IF NOT EXISTS looks("                                        \
    "  row INTEGER PRIMARY KEY AUTOINCREMENT,"                                 \
    "  device TEXT NOT NULL, alert_id TEXT NOT NULL,"                          \
    "  at_ms INTEGER NOT NULL, thumbnail INTEGER NOT NULL,"                    \
    "  request_id BLOB NOT NULL);"                                             \
    "CREATE TABLE IF NOT EXISTS looked(" /* the centre knows of it */          \
    "  row INTEGER PRIMARY KEY,"                                               \
    "  device TEXT NOT NULL, alert_id TEXT NOT NULL,"                          \
    "  at_ms INTEGER NOT NULL, thumbnail INTEGER NOT NULL,"                    \
    "  request_id BLOB NOT NULL);"                                             \
    "CREATE INDEX IF NOT EXISTS looked_by ON looked(device, row);"

#define LOOK "device, alert_id, at_ms, thumbnail, request_id"

/* What goes after its time, although nobody has said that it knows. */
#define FADES "state IN (3, 4) AND content IS NOT NULL"

const char spool_schema[] =
    LOOKS "CREATE TABLE IF NOT EXISTS about("
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
          "  content BLOB, signature BLOB," /* sealed, the signature within */
          "  taken_ms INTEGER NOT NULL,"
          "  state INTEGER NOT NULL DEFAULT 1,"
          "  settled_ms INTEGER NOT NULL DEFAULT 0,"
          "  sequence INTEGER NOT NULL DEFAULT 0,"
          "  status INTEGER NOT NULL DEFAULT 0,"
          "  field TEXT NOT NULL DEFAULT '',"
          "  reason TEXT NOT NULL DEFAULT ''," COLUMNS_2
          "  UNIQUE(device, answer_id));" TABLES_2
          "CREATE INDEX IF NOT EXISTS answers_waiting"
          "  ON answers(row) WHERE state = 1;"
          "CREATE INDEX IF NOT EXISTS answers_of ON answers(device, row);"
          "CREATE INDEX IF NOT EXISTS answers_about ON answers(alert_id)"
          "  WHERE state <> 1 AND content IS NOT NULL;"
          "CREATE INDEX IF NOT EXISTS answers_settled ON answers(settled_ms)"
          "  WHERE state = 2;"
          "DROP INDEX IF EXISTS answers_refused;" /* of earlier versions */
          "CREATE INDEX IF NOT EXISTS answers_fading ON answers(settled_ms)"
          "  WHERE " FADES ";"
          "CREATE INDEX IF NOT EXISTS answers_kept ON answers(device, row)"
          "  WHERE " FADES ";";

#define FATE                                                                   \
    "SELECT row, device, answer_id, alert_id, revision, rung, digest,"         \
    " taken_ms, state, settled_ms, sequence, status, field, reason,"           \
    " picture, picture_hash, picture_size, picture_sequence, picture_status,"  \
    " picture_reason, kind"

const char *const spool_sentences[SENTENCES] = {
    [PUT] = "INSERT INTO answers(device, answer_id, alert_id, revision, rung,"
            " digest, content, taken_ms, kind, picture, picture_hash,"
            " picture_size)"
            " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [END] = "UPDATE answers SET state = ?2, settled_ms = ?3, sequence = ?4,"
            " status = ?5, field = ?6, reason = ?7,"
            " content = CASE WHEN kind = 0 THEN content END WHERE row = ?1",
    [FORGET] = "DELETE FROM answers WHERE device = ?1 AND answer_id = ?2"
               " AND state <> 1 AND picture <> 2",
    [REVOKE] = "UPDATE answers SET state = 4, settled_ms = ?3"
               " WHERE device = ?1 AND state = 1"
               " AND (?2 IS NULL OR alert_id = ?2)",
    [SAY_AGAIN] = "UPDATE answers SET state = 1, settled_ms = 0, sequence = 0,"
                  " status = 0, field = '', reason = ''"
                  " WHERE content IS NOT NULL"
                  " AND (state = 2 OR (state = 3 AND status = 6))",
    [PURGE] = "DELETE FROM answers WHERE state = 2 AND settled_ms < ?1"
              " AND picture <> 2",
    [FADE] = "UPDATE answers SET content = NULL, signature = NULL"
             " WHERE " FADES " AND settled_ms < ?1",
    [FADE_PICTURES] = "DELETE FROM pictures WHERE EXISTS("
                      "SELECT 1 FROM answers WHERE answers.row = pictures.row"
                      " AND state IN (3, 4) AND settled_ms < ?1)",
    [STRIP] = "UPDATE answers SET content = NULL, signature = NULL"
              " WHERE alert_id = ?1 AND state <> 1 AND content IS NOT NULL",
    [CUT_WORDS] = "UPDATE answers SET content = NULL, signature = NULL"
                  " WHERE row IN (SELECT row FROM answers WHERE device = ?1"
                  " AND " FADES " ORDER BY row DESC LIMIT -1 OFFSET ?2)",
    [CUT_PICTURES] = "DELETE FROM pictures WHERE row IN (SELECT row FROM"
                     " answers WHERE device = ?1 AND state IN (3, 4)"
                     " AND content IS NULL)",
    [CUT_BYTES] = "DELETE FROM pictures WHERE row IN (SELECT row FROM ("
                  "SELECT answers.row AS row,"
                  " sum(picture_size) OVER (ORDER BY answers.row DESC) AS bytes"
                  " FROM answers JOIN pictures ON pictures.row = answers.row"
                  " WHERE device = ?1 AND picture <> 2) WHERE bytes > ?2)",
    [CUT_FATES] = "DELETE FROM answers WHERE row IN (SELECT row FROM answers"
                  " WHERE device = ?1 AND state <> 1 AND picture <> 2"
                  " ORDER BY row DESC LIMIT -1 OFFSET ?2)",
    [KEEP_DEVICE] = "INSERT INTO devices(id, key, own, revoked)"
                    " VALUES(?1, ?2, ?3, ?4) ON CONFLICT(id) DO UPDATE SET"
                    " key = ?2, own = ?3, revoked = ?4",
    [FIND] = FATE " FROM answers WHERE device = ?1 AND answer_id = ?2",
    [EACH_FATE] = FATE " FROM answers WHERE device = ?1 AND row > ?2"
                       " AND kind = ?3 ORDER BY row",
    [EACH_WAITING] = FATE " FROM answers WHERE state = 1 ORDER BY row",
    [EACH_DEVICE] = "SELECT id, key, own, revoked FROM devices",
    [EACH_KEPT_ALERT] = "SELECT DISTINCT alert_id FROM answers"
                        " WHERE state <> 1 AND content IS NOT NULL"
                        " AND kind = 0",
    [READ] = FATE ", content FROM answers"
                  " WHERE row = ?1 AND content IS NOT NULL",
    [COUNT] = "SELECT count(*) FILTER (WHERE state = 1),"
              " count(*) FILTER (WHERE state = 2),"
              " count(*) FILTER (WHERE state = 3),"
              " count(*) FILTER (WHERE state = 4),"
              " coalesce(min(taken_ms) FILTER (WHERE state = 1), 0),"
              " count(*) FILTER (WHERE picture = 2),"
              " coalesce(sum(picture_size) FILTER (WHERE picture = 2), 0)"
              " FROM answers",
    [EVERY] = FATE " FROM answers WHERE row > ?1 ORDER BY row LIMIT ?2",
    [END_PICTURE_OF] = "UPDATE answers SET picture = 4, picture_status = ?2,"
                       " picture_reason = 'its answer was refused'"
                       " WHERE row = ?1 AND picture IN (1, 2)",
    [END_PICTURES_OF] = "UPDATE answers SET picture = 5 WHERE device = ?1"
                        " AND picture IN (1, 2)"
                        " AND (?2 IS NULL OR alert_id = ?2)",
    [AGAIN_PICTURES] = "UPDATE answers SET picture_status = 0,"
                       " picture_reason = '', picture = CASE WHEN EXISTS("
                       "SELECT 1 FROM pictures WHERE pictures.row ="
                       " answers.row) THEN 2 ELSE 1 END"
                       " WHERE picture = 4 AND picture_status = 6",
    [KEEP_PICTURE] = "INSERT OR REPLACE INTO pictures(row, sealed)"
                     " VALUES(?1, ?2)",
    [PICTURE_WAITS] = "UPDATE answers SET picture = 2 WHERE row = ?1",
    [END_PICTURE] = "UPDATE answers SET picture = ?2, picture_sequence = ?3,"
                    " picture_status = ?4, picture_reason = ?5 WHERE row = ?1",
    [DROP_PICTURE] = "DELETE FROM pictures WHERE row = ?1",
    [PURGE_PICTURES] = "UPDATE answers SET picture = 4, picture_status = 7,"
                       " picture_reason = 'its case is sealed'"
                       " WHERE alert_id = ?1 AND picture IN (1, 2)",
    [DROP_PICTURES] = "DELETE FROM pictures WHERE row IN"
                      " (SELECT row FROM answers WHERE alert_id = ?1)",
    [STRIP_PICTURES] = "DELETE FROM pictures WHERE row IN"
                       " (SELECT row FROM answers WHERE alert_id = ?1"
                       " AND picture <> 2)",
    [NEXT_PICTURE] = FATE " FROM answers WHERE picture = 2 AND state = 2"
                          " ORDER BY device <= ?1, device, row LIMIT 1",
    [READ_PICTURE] = "SELECT sealed FROM pictures WHERE row = ?1",
    [EACH_PICTURE] = FATE " FROM answers WHERE picture = 2",
    [PUT_LOOK] = "INSERT INTO looks(" LOOK ") VALUES(?1, ?2, ?3, ?4, ?5)",
    [KEEP_LOOK] = "INSERT OR REPLACE INTO looked(row, " LOOK ")"
                  " SELECT row, " LOOK " FROM looks WHERE row = ?1",
    [CUT_LOOKS] = "DELETE FROM looked WHERE row IN (SELECT row FROM looked"
                  " WHERE device = (SELECT device FROM looks WHERE row = ?1)"
                  " ORDER BY row DESC LIMIT -1 OFFSET ?2)",
    [AGAIN_LOOKS] =
        "INSERT INTO looks(" LOOK ") SELECT " LOOK " FROM looked ORDER BY row",
    [DROP_LOOKS] = "DELETE FROM looked",
    [FADE_LOOKS] = "DELETE FROM looked WHERE at_ms < ?1",
    [STRIP_LOOKS] = "DELETE FROM looked WHERE alert_id = ?1",
    [END_LOOK] = "DELETE FROM looks WHERE row = ?1",
    [EACH_LOOK] = "SELECT row, " LOOK " FROM looks WHERE row > ?1 ORDER BY row",
};
