"""Photographs of nobody."""

import random
import struct
import zlib


def noise_png(side, seed):
    """A picture too large for one piece: noise does not compress."""
    chance = random.Random(seed)
    rows = b"".join(
        b"\0" + chance.randbytes(side * 3) for _ in range(side)
    )

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(
            ">I", zlib.crc32(body)
        )

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
