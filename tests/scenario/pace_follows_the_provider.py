#!/usr/bin/python3
"""A provider takes so many messages a second and tells nobody: the server, which begins as fast as it
can, finds the pace, stays below it with few refusals, and says what it does and why."""

import smtplib
import threading

from harness import run, wait_until
from harness.server import MINIMAL_CONFIG, Posthaste, Sink

RUN_SERIAL = True
HIDDEN = 40  # a second
COUNT = 2000

PERSONA = """
persona { name = "tight" }
limit "pace" { of = messages rate = "%d/s"
  reply = "421 4.7.28 Too many messages from {client}, rate limited" }
""" % HIDDEN

BLOCKS = """
provider "tight" { mx = {".tight.test"} message_rate = "10000/s" connections = 10
  connection_rate = "1000/s" messages_per_connection = 10000 }
remote_queue "outbound" { retry { first = "15s" growth = 1 ceiling = "15s" } }
delivery { port = %d ip_versions = {"4"} }
dns { local_data = {"one.test. MX 10 mx.tight.test.", "mx.tight.test. A 127.0.0.1"} }
log "all" { path = "@dir@/events.log" }
"""


def submit(port, count):
    body = b"From: a@sender.test\r\nSubject: x\r\n\r\nx\r\n"
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        client.ehlo()
        for number in range(count):
            client.mail("a@sender.test")
            client.rcpt(f"b{number}@one.test")
            client.data(body)


def second(event):
    hours, minutes, rest = event["time"].split("T")[1].rstrip("Z").split(":")
    return (int(hours) * 60 + int(minutes)) * 60 + int(float(rest))


def main(scenario):
    sink = Sink(scenario, scenario.write("tight.conf", PERSONA))
    server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS % sink.port).start()
    thread = threading.Thread(target=submit, args=(server.port("smtp"), COUNT))
    thread.start()
    wait_until(lambda: server.events("limit_changed"), 60, "the loop closes")
    change = server.events("limit_changed")[0]
    assert change["provider"] == "tight" and "4.7.28" in change["response"], change
    wait_until(lambda: 'posthaste_held_rate{provider="tight",source="default"}' in
               server.get("/metrics")[1], 30, "the pace among the metrics")
    thread.join()
    shown = server.verb("queue", "show", "outbound/one.test").stdout.decode()
    assert "source default: rate " in shown and "4.7.28" in shown, shown
    wait_until(lambda: sink.counts()["messages"] >= COUNT, 180, "all of the mail")
    wait_until(lambda: len(server.events("delivery")) >= COUNT, 30, "the events")

    refused = server.events("transient_failure")[0]["message_id"]
    traced = server.verb("trace", refused).stdout.decode()
    assert "limit changed" in traced and "default to tight: rate " in traced, traced

    events = server.events()
    delivered = [second(one) for one in events if one["type"] == "delivery"]
    deferred = [second(one) for one in events if one["type"] == "transient_failure"]
    first, last = delivered[0], delivered[-1]
    settled = first + (last - first) // 3
    late = [one for one in delivered if settled <= one < last]
    late_refusals = [one for one in deferred if settled <= one < last]
    rate = len(late) / (last - settled)
    share = len(late_refusals) / (len(late) + len(late_refusals))
    scenario.say(f"{len(deferred)} refusals in all; in the last two thirds {rate:.1f} a second of "
                 f"{HIDDEN}, {100 * share:.2f} % refused")
    assert 0.7 * HIDDEN <= rate <= HIDDEN, rate
    assert share < 0.03, share


if __name__ == "__main__":
    run(main)
