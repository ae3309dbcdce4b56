#!/usr/bin/python3
"""`concurrency` and `rate` of a remote_queue, as the receiver sees them: never more deliveries at
one time, never more messages in a second, over several domains and a reload."""

import signal
import threading
import time

from harness import run, wait_until
from harness.clients import send_each
from harness.misbehaving import MisbehavingServer, Step
from harness.server import MINIMAL_CONFIG, Posthaste, Sink

BLOCKS = """
remote_queue "outbound" { concurrency = 3 }
remote_queue "paced" { rate = "20/s" match { recipient_domain = {"paced*.test"} } }
route "paced1.test" { to = {"[127.0.0.1]:%d"} tls = off }
route "paced2.test" { to = {"[127.0.0.1]:%d"} tls = off }
route "*" { to = {"[127.0.0.1]:%d"} tls = off }
"""

PERSONA = """
persona { name = "counting" }
limit "pace" { of = messages per = all rate = "20/s" reply = "421 4.7.0 too fast" }
"""


class Gauge:
    """How many transactions are under way at a slow receiver, and the most there ever were."""

    def __init__(self, server):
        self.most = 0
        self._server = server
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self):
        while not self._ends.is_set():
            busy = sum(1 for lines in list(self._server.dialogues)
                       if lines and lines[-1].upper().startswith("MAIL"))
            self.most = max(self.most, busy)
            time.sleep(0.002)

    def stop(self):
        self._ends.set()
        self._thread.join()


def main(scenario):
    persona = scenario.write("counting.conf", PERSONA)
    paced = Sink(scenario, persona, name="paced")
    # Without PIPELINING each transaction stands at MAIL for a while.
    slow = scenario.own(MisbehavingServer({"mail": Step.drip("250 ok", seconds=0.02)},
                                          extensions=()))
    gauge = Gauge(slow)
    server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS % (paced.port, paced.port,
                                                            slow.port)).start()
    port = server.port("smtp")
    send_each(port, [f"b{number}@slow{number % 5}.test" for number in range(30)])
    send_each(port, [f"b{number}@paced{1 + number % 2}.test" for number in range(60)])
    wait_until(lambda: len(slow.messages) == 30, 60, "all of the slow mail")
    wait_until(lambda: paced.counts()["messages"] == 60, 60, "all of the paced mail")
    gauge.stop()
    assert 1 <= gauge.most <= 3, gauge.most
    counts = paced.counts()
    assert counts["violations"] == 0, counts
    scenario.say(f"at most {gauge.most} deliveries at one time, and no second with more than 20")
    server.signal(signal.SIGHUP)
    server.wait_for("reloaded")
    send_each(port, [f"c{number}@paced{1 + number % 2}.test" for number in range(30)])
    wait_until(lambda: paced.counts()["messages"] == 90, 60, "the rest")
    assert paced.counts()["violations"] == 0, paced.counts()


if __name__ == "__main__":
    run(main)
