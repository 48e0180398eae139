"""A bad line between real programs: a TCP proxy that makes them wait, loses,
falls silent or breaks. It sees only bytes, CURVE is end to end.

What loss does to TCP is modelled, not packets: a segment that is lost comes
after a retransmission time-out, 0.2 s and doubling, and holds up what follows
it. After a silence a connection goes on when its next retransmission is due,
up to as long again as the silence was, two minutes at most: as the kernel's
does. The kernel's own netem is not on every machine (`tc qdisc add ... netem`:
"qdisc kind is unknown"), so it is not used.
"""

import asyncio
import random
import threading
import time

from home import PORTS

SEGMENT = 1460
RTO_S = 0.2
RTO_MAX_S = 120
BUFFERED = 45  # segments in flight before the sender is held up


class Line:
    """From an address of its own to a broker's. Change its weather at any
    time, from any thread."""

    def __init__(self, address, broker, seed=0):
        self.address, self.broker = address, broker
        self.chance = random.Random(seed)
        self.latency_s = 0.0  # each way
        self.loss = 0.0  # of segments
        self.bytes_per_s = 0  # both directions alike; 0: no limit
        self.fast = 1  # time runs so much faster for who uses the line
        self.connections = set()
        self.accepted = 0
        self.free_at = {True: 0.0, False: 0.0}  # when the line has sent all
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.ready = threading.Event()
        self.thread.start()
        self.ready.wait()

    # ---- what a test orders ----

    def silence(self):
        """Nothing comes through; nobody is told."""
        self._do(self._silence)

    def speak(self):
        self._do(self._speak)

    def break_off(self):
        """All connections are reset, new ones refused, until mend()."""
        self._do(self._break_off)

    def mend(self):
        task = self._listen_all()
        asyncio.run_coroutine_threadsafe(task, self.loop).result()

    def forget(self):
        """The connections that there are go nowhere, and nobody is told; new
        ones work. So it is when a peer or a box between loses its state."""
        self._do(self._forget)

    def close(self):
        self._do(self._reset)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def _do(self, work):
        done = threading.Event()
        self.loop.call_soon_threadsafe(lambda: (work(), done.set()))
        done.wait()

    # ---- the loop's thread ----

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.clear = asyncio.Event()
        self.clear.set()
        self.quiet_since = self.resume_after = 0.0
        self.loop.run_until_complete(self._listen_all())
        self.ready.set()
        self.loop.run_forever()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.loop.run_until_complete(
            asyncio.gather(*tasks, return_exceptions=True)
        )

    async def _listen_all(self):
        self.servers = [await self._listen(port) for port in PORTS]

    def _listen(self, port):
        async def take(reader, writer):
            await self._take(reader, writer, port)

        return asyncio.start_server(take, self.address, port)

    def _break_off(self):
        for server in self.servers:
            server.close()
        self._reset()

    def _silence(self):
        self.clear.clear()
        self.quiet_since = time.monotonic()

    def _speak(self):
        silence = time.monotonic() - self.quiet_since
        self.resume_after = min(silence, RTO_MAX_S / self.fast)
        for connection in self.connections:
            connection.resume_at = time.monotonic() + self.chance.uniform(
                0, self.resume_after
            )
        self.clear.set()

    def _reset(self):
        for connection in list(self.connections):
            connection.reset()

    def _forget(self):
        for connection in self.connections:
            connection.forgotten = True

    async def _take(self, reader, writer, port):
        self.accepted += 1
        if not self.clear.is_set():
            await self.clear.wait()  # as if the SYN had been lost till now
        try:
            out = await asyncio.open_connection(self.broker, port)
        except OSError:
            writer.transport.abort()
            return
        connection = Connection(self, (reader, writer), out)
        self.connections.add(connection)
        try:
            await connection.serve()
        finally:
            self.connections.discard(connection)
            connection.reset()


class Connection:
    def __init__(self, line, near, far):
        self.line, self.near, self.far = line, near, far
        self.forgotten = False
        self.resume_at = 0.0

    def reset(self):
        for _, writer in (self.near, self.far):
            writer.transport.abort()

    async def serve(self):
        ways = [
            self._way(self.near[0], self.far[1], True),
            self._way(self.far[0], self.near[1], False),
        ]
        tasks = [asyncio.ensure_future(x) for way in ways for x in way]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if self.forgotten:  # the end of one side is no news to the other
            await asyncio.gather(tasks[0], tasks[2])
        for task in tasks:
            task.cancel()

    def _way(self, reader, writer, up):
        queue = asyncio.Queue(BUFFERED)
        return self._read(reader, queue, up), self._write(queue, writer)

    async def _read(self, reader, queue, up):
        last = 0.0
        try:
            while data := await reader.read(SEGMENT):
                last = max(last, self._due(len(data), up))
                await queue.put((last, data))
        except OSError:
            pass

    def _due(self, size, up):
        line, now = self.line, time.monotonic()
        if line.bytes_per_s:
            now = max(now, line.free_at[up]) + size / line.bytes_per_s
            line.free_at[up] = now
        rto = RTO_S
        while line.chance.random() < line.loss:
            now += rto
            rto *= 2
        return now + line.latency_s

    async def _write(self, queue, writer):
        try:
            while True:
                due, data = await queue.get()
                await self._until(due)
                if not self.forgotten:
                    writer.write(data)
                    await writer.drain()
        except OSError:
            pass

    async def _until(self, due):
        while True:
            await self.line.clear.wait()
            left = max(due, self.resume_at) - time.monotonic()
            if left <= 0:
                return
            await asyncio.sleep(left)
