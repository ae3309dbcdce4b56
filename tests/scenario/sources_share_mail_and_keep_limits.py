#!/usr/bin/python3
"""Two addresses share a pool's mail by weight, each with its own EHLO name, and neither ever
exceeds what a strict receiver counts for it: connections at one time, and messages in any minute,
over a SIGKILL, too."""

import os
import re
import signal

from harness import run, wait_until
from harness.clients import send_each
from harness.server import MINIMAL_CONFIG, Posthaste, Sink

STRICT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "conf", "personas",
                      "strict.conf")


def strict_persona():
    """The shipped one, but for its greylisting, which has every message wait for a minute."""
    with open(STRICT, encoding="utf-8") as file:
        text = file.read()
    without, count = re.subn(r"greylist \{[^}]*\}", "", text)
    assert count == 1, "conf/personas/strict.conf has one greylist block"
    return without


BLOCKS = """
source "light" { address = "127.0.0.2" hostname = "light.mta.test"
  connections = 2 message_rate = "600/min" }
source "heavy" { address = "127.0.0.3" hostname = "heavy.mta.test"
  connections = 2 message_rate = "600/min" }
source "other" { address = "127.0.0.4" }
pool "default" { source "light" { weight = 1 } source "heavy" { weight = 3 } }
pool "other" { source "other" { } }
remote_queue "elsewhere" { pool = "other" match { recipient_domain = {"elsewhere.test"} } }
delivery { port = %d ip_versions = {"4"} }
dns { local_data = {"recipient.test. MX 10 mx.recipient.test.", "mx.recipient.test. A 127.0.0.1",
                    "elsewhere.test. MX 10 mx.elsewhere.test.", "mx.elsewhere.test. A 127.0.0.1"} }
log "all" { path = "@dir@/events.log" }
"""

COUNT = 160


def recipients(count, domain="recipient.test"):
    return [f"b{number}@{domain}" for number in range(count)]


def deliveries(server):
    return server.events("delivery")


def main(scenario):
    sink = Sink(scenario, scenario.write("strict.conf", strict_persona()))
    server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS % sink.port).start()
    send_each(server.port("smtp"), recipients(COUNT))
    wait_until(lambda: sink.counts()["messages"] >= COUNT // 2, 60, "half of the mail")
    server.kill()
    server.start()
    wait_until(lambda: len(deliveries(server)) >= COUNT, 120, "all of the mail")

    sent = deliveries(server)
    for one in sent:
        wanted = {"light": "127.0.0.2", "heavy": "127.0.0.3"}[one["source"]]
        assert one["source_address"] == wanted and one["pool"] == "default", one
    counts = sink.counts()
    assert counts["violations"] == 0, counts
    assert all(counts["clients"][address]["messages"] > COUNT // 4
               for address in ("127.0.0.2", "127.0.0.3")), counts["clients"]
    scenario.say(f"no limit of the receiver was exceeded: {counts['clients']}")

    send_each(server.port("smtp"), recipients(10, "elsewhere.test"))
    wait_until(lambda: len(deliveries(server)) >= COUNT + 10, 60, "mail of the other pool")
    other = [one for one in deliveries(server) if one["recipient"].endswith("@elsewhere.test")]
    assert {one["source_address"] for one in other} == {"127.0.0.4"}, "pools never borrow"
    names = {text.split(b"Received: from ")[1].split()[0] for text in sink.messages()
             if b"Received: from " in text}
    scenario.say(f"another pool's mail went from its own address; {names}")

    # Where no limit binds, the weights decide.
    free = Sink(scenario, name="free")
    blocks = BLOCKS.replace('message_rate = "600/min"',
                            'message_rate = "10000/s" messages_per_connection = 100000 '
                            'connection_rate = "100/s"')
    blocks = blocks % free.port
    server.write_config(MINIMAL_CONFIG + blocks)
    server.signal(signal.SIGHUP)
    server.wait_for("reloaded")
    send_each(server.port("smtp"), recipients(1200))
    wait_until(lambda: len(deliveries(server)) >= COUNT + 1210, 60, "the rest of the mail")
    rest = deliveries(server)[COUNT + 10:]
    heavy = sum(one["source"] == "heavy" for one in rest)
    scenario.say(f"{heavy} of {len(rest)} from the source with three quarters of the weight")
    assert 0.6 < heavy / len(rest) < 0.9, heavy


if __name__ == "__main__":
    run(main)
