"""The disk as a power cut leaves it, from the log of hurt_disk.c.

What was synced is there. What was written and not synced is there, lost or
there in blocks; names that were made, moved or taken away without a sync of
their folder likewise. A new file's name is not made durable by a sync of the
file, nor is a rename by that of what it names.
"""

import fcntl
import shutil
import struct
from pathlib import Path

LINE = struct.Struct("<IIQQII")
MAKE, WRITE, CUT, SYNC, RENAME, REMOVE, FOLDER, SYNC_ALL = range(8)


class File:
    def __init__(self, content=b""):
        self.synced = bytearray(content)
        self.pending = []  # ("write", at, bytes) and ("cut", size)

    def sync(self):
        for change in self.pending:
            self._apply(self.synced, change)
        self.pending.clear()

    @staticmethod
    def _apply(content, change):
        if change[0] == "cut":
            size = change[1]
            del content[size:]
            content.extend(bytes(size - len(content)))
        else:
            _, at, data = change
            if len(content) < at:
                content.extend(bytes(at - len(content)))
            content[at : at + len(data)] = data

    def after_cut(self, luck):
        content = bytearray(self.synced)
        keep = luck.share()
        for change in self.pending:
            for part in luck.parts(change):
                if luck.chance.random() < keep:
                    self._apply(content, part)
        return bytes(content)


class Folder:
    def __init__(self):
        self.now = {}  # name -> File or Folder
        self.synced = {}
        self.pending = []  # {name: node or None}: one change of names each

    def change(self, names):
        self._apply(self.now, names)
        self.pending.append(names)

    def sync(self):
        self.synced = dict(self.now)
        self.pending.clear()

    @staticmethod
    def _apply(entries, names):
        for name, node in names.items():
            if node is None:
                entries.pop(name, None)
            else:
                entries[name] = node

    def after_cut(self, luck):
        entries = dict(self.synced)
        for names in luck.some(self.pending):
            self._apply(entries, names)
        return entries


class Luck:
    """What one power cut spares."""

    MODES = ("nothing", "all", "some", "some", "some")

    def __init__(self, chance, mode=None):
        self.chance = chance
        self.mode = mode or chance.choice(self.MODES)
        self.block = chance.choice((512, 4096))

    def share(self):
        if self.mode == "some":
            return self.chance.choice((0, 0.5, 0.9, 1))
        return 1 if self.mode == "all" else 0

    def some(self, changes):
        if self.chance.random() < 0.5:  # in order, up to a point
            upto = {"nothing": 0, "all": len(changes)}.get(
                self.mode, self.chance.randint(0, len(changes))
            )
            return changes[:upto]
        keep = self.share()
        return [x for x in changes if self.chance.random() < keep]

    def parts(self, change):
        if change[0] == "cut":
            return [change]
        _, at, data = change
        parts = []
        while data:
            size = min(self.block - at % self.block, len(data))
            parts.append(("write", at, data[:size]))
            at, data = at + size, data[size:]
        return parts


class PowerCut:
    """Follows a Disk with a log; cut() leaves in its folder what is left."""

    def __init__(self, disk):
        self.disk = disk
        self.by_inode = {}
        self.pending_bytes = 0  # written and not synced, over all cuts
        self.at = disk.log.stat().st_size if disk.log.exists() else 0
        self.root = self._load(disk.root)

    def _load(self, path):
        """What is there now is safe."""
        path = Path(path)
        if path.is_dir():
            node = Folder()
            node.now = {x.name: self._load(x) for x in path.iterdir()}
            node.sync()
        else:
            node = File(path.read_bytes())
        self.by_inode[path.stat().st_ino] = node
        return node

    # ---- the log ----

    def _follow(self):
        if not self.disk.log.exists():
            return
        with open(self.disk.log, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # no line in the writing
            file.seek(self.at)
            log = file.read()
            self.at += len(log)
        at = 0
        while at < len(log):
            kind, _, inode, where, path_size, data_size = LINE.unpack_from(
                log, at
            )
            at += LINE.size
            path = log[at : at + path_size].decode()
            at += path_size
            data = log[at : at + data_size]
            at += data_size
            self._take(kind, inode, where, path, data)

    def _take(self, kind, inode, where, path, data):
        if kind in (MAKE, FOLDER):
            node = File() if kind == MAKE else Folder()
            self.by_inode[inode] = node
            parent, name = self._parent(path)
            parent.change({name: node})
        elif kind == WRITE:
            self.by_inode[inode].pending.append(("write", where, data))
        elif kind == CUT:
            self.by_inode[inode].pending.append(("cut", where))
        elif kind == SYNC:
            node = self.by_inode.get(inode)  # None: made by the test itself
            if node is not None:
                node.sync()
        elif kind == SYNC_ALL:
            self._sync_all(self.root)
        elif kind == RENAME:
            self._rename(path, data.decode())
        elif kind == REMOVE:
            parent, name = self._parent(path)
            parent.change({name: None})

    def _rename(self, old, new):
        source, before = self._parent(old)
        target, after = self._parent(new)
        if source is not target:
            raise AssertionError("a move between folders is not modelled")
        node = source.now[before]
        source.change({before: None, after: node})

    def _parent(self, path):
        node = self.root
        *folders, name = Path(path).relative_to(self.disk.root).parts
        for part in folders:
            node = node.now[part]
        return node, name

    def _sync_all(self, folder):
        folder.sync()
        for node in folder.now.values():
            if isinstance(node, Folder):
                self._sync_all(node)
            else:
                node.sync()

    # ---- the cut ----

    def cut(self, chance, *machines, mode=None):
        """Power goes at these machines, paths in the disk's folder ("" is
        everything). Their processes are dead already."""
        self._follow()
        luck = Luck(chance, mode)
        for machine in machines:
            self._cut_one(machine, luck)

    def _cut_one(self, machine, luck):
        path = self.disk.root / machine
        parent, name = None, ""
        node = self.root
        if machine:
            parent, name = self._parent(path)
            node = parent.after_cut(luck).get(name)
        if path.exists():
            shutil.rmtree(path)
        if node is not None:
            self._leave(path, node, luck)
            node = self._load(path)
        if parent is None:
            self.root = node
        else:
            parent.change({name: node})
            parent.sync()

    def _leave(self, path, node, luck):
        if isinstance(node, Folder):
            path.mkdir(0o700)
            for name, inner in node.after_cut(luck).items():
                self._leave(path / name, inner, luck)
            return
        self.pending_bytes += sum(
            len(x[2]) for x in node.pending if x[0] == "write"
        )
        path.touch(0o600)
        path.write_bytes(node.after_cut(luck))
