"""What a disk does to a database: one page of it is another one's."""

import sqlite3

PAGE = 4096


def leaf(path, table, middle=False):
    """Where the last leaf of this table lies in the file, or one in the middle
    of the table, in bytes. All of the log is in the file then."""
    db = sqlite3.connect(path, timeout=10)
    pages = [
        number
        for (number,) in db.execute(
            "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'"
            " ORDER BY path",
            (table,),
        )
    ]
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    page = pages[len(pages) // 2] if middle else max(pages)
    return (page - 1) * PAGE


def overwrite(path, at=0):
    """The page there; the file begins with the one that it cannot do without."""
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(b"\xff" * PAGE)
