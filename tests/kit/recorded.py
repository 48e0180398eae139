"""A home that an earlier version has left, at an address of the test's own."""

import tarfile
from pathlib import Path

from home import Home


def unpack(case, archive, address):
    """The home and its bundles, from the folder of the test; address stands for
    the broker's in the recording."""
    with tarfile.open(archive) as tar:
        tar.extractall(case.folder)
    bundles = Path(case.folder) / "bundles"
    bundles.rename(bundles.with_name("old-bundles"))
    home = Home(case, case.folder)
    bundles.rmdir()
    bundles.with_name("old-bundles").rename(bundles)
    for path in (home.path / "tocsin.conf", *bundles.glob("*.json")):
        path.write_text(path.read_text().replace(address, home.host))
    return home


def same_without_snapshot(case):
    """What case.book() tells from the snapshot, and from all facts alike."""
    whole = r"journal\.rebuilt facts=\d+ from=1 "
    case.start()
    told = case.book()
    case.home.stop()
    first = case.home.broker.count_err(whole)
    (case.home.path / "book.snapshot").unlink()
    case.start()
    case.assertEqual(told, case.book())
    case.home.stop()
    second = case.home.broker.count_err(whole)
    case.assertEqual((0, 1), (first, second), case.home.broker.tail())
    return told


def missing(was, now, where=""):
    """What of then is not so now; what is told beyond it is welcome."""
    if isinstance(was, dict) and isinstance(now, dict):
        return [
            line
            for key in was
            for line in missing(was[key], now.get(key), f"{where}/{key}")
        ]
    if isinstance(was, list) and isinstance(now, list):
        if len(was) != len(now):
            return [f"{where}: {len(now)} entries, not {len(was)}"]
        return [
            line
            for at, (then, today) in enumerate(zip(was, now, strict=True))
            for line in missing(then, today, f"{where}/{at}")
        ]
    return [] if was == now else [f"{where}: {now!r}, not {was!r}"]
