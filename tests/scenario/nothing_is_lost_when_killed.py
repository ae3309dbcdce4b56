#!/usr/bin/python3
"""The server is killed with SIGKILL again and again under load. Every message that got its 250
arrives; few arrive twice, no more than can have been under way at the kills.

POSTHASTE_KILLS sets how often (8; script/bench takes 50)."""

import itertools
import os
import random
import socket
import threading

from harness import run, wait_until
from harness.server import MINIMAL_CONFIG, Posthaste, Sink, http_get

RUN_SERIAL = True  # loads the machine

KILLS = int(os.environ.get("POSTHASTE_KILLS", "8"))
SENDERS = 8
CONNECTIONS = 10
BATCH = 8  # messages that a connection has at one time

BLOCKS = """
remote_queue "outbound" { retry { first = "1s" growth = 1 ceiling = "1s" jitter = 0 } }
delivery { connections_per_site = %d site_rest = "1s" site_rest_ceiling = "1s" }
route "*" { to = {"[127.0.0.1]:%d"} tls = off }
"""

BODY = b"x" * 70 + b"\r\n"


class Load:
    """Sends without pause; `acknowledged` holds the ids of all that got their 250."""

    def __init__(self, port):
        self._port = port
        self._ending = threading.Event()
        self.acknowledged = []
        self._threads = [threading.Thread(target=self._send, args=(number,), daemon=True)
                         for number in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._ending.set()
        for thread in self._threads:
            thread.join(60)

    def _send(self, number):
        names = (f"{number}-{count}" for count in itertools.count())  # none is used again
        while not self._ending.is_set():
            try:
                with socket.create_connection(("127.0.0.1", self._port), timeout=20) as connection:
                    self._converse(connection, names)
            except OSError:
                self._ending.wait(0.05)

    def _converse(self, connection, names):
        reader = connection.makefile("rb")

        def expect(code):
            line = reader.readline()
            while line[3:4] == b"-":
                line = reader.readline()
            if not line.startswith(code):
                raise OSError(f"expected {code}, got {line}")

        expect(b"220")
        connection.sendall(b"EHLO load.test\r\n")
        expect(b"250")
        while not self._ending.is_set():
            name = next(names)
            connection.sendall(b"MAIL FROM:<a@sender.test>\r\nRCPT TO:<b@d%d.test>\r\nDATA\r\n" %
                               random.randint(0, 19))
            for code in (b"250", b"250", b"354"):
                expect(code)
            connection.sendall(b"X-Blast-Id: " + name.encode() + b"\r\nSubject: load\r\n\r\n" +
                               BODY * random.randint(1, 100) + b".\r\n")
            expect(b"250")
            self.acknowledged.append(name)


def arrived(sink):
    """How often each id arrived."""
    _, text = http_get(f"http://127.0.0.1:{sink.http}/ids")
    return {line.split()[0]: int(line.split()[1]) for line in text.splitlines() if line.strip()}


def main(scenario):
    random.seed(KILLS)
    sink = Sink(scenario)
    server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS % (CONNECTIONS, sink.port)).start()
    load = Load(server.port("smtp"))
    for kill in range(KILLS):
        goal = len(load.acknowledged) + random.randint(50, 600)
        wait_until(lambda: len(load.acknowledged) >= goal, 60, "more acknowledged messages")
        server.kill()
        server.start()
    load.stop()
    acknowledged = load.acknowledged
    scenario.say(f"{len(acknowledged)} messages got their 250 over {KILLS} kills")
    wait_until(lambda: set(acknowledged) <= set(arrived(sink)), 120, "all of them at the sink")
    server.stop()
    counts = arrived(sink)
    twice = sum(count - 1 for count in counts.values())
    # What was kept without its 250 reaching the client may arrive, too: a sender at each kill.
    unacknowledged = len(set(counts) - set(acknowledged))
    scenario.say(f"all arrived; {twice} came twice, {unacknowledged} without an answer")
    assert twice <= KILLS * CONNECTIONS * BATCH, f"{twice} arrived twice"
    assert unacknowledged <= KILLS * SENDERS, unacknowledged


if __name__ == "__main__":
    run(main)
