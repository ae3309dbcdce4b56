#!/usr/bin/python3
"""Bulk mail of two equal tenants is queued for one provider: both get the same, within a twentieth,
and single urgent messages of a third one overtake all of it.

POSTHASTE_BULK sets how many bulk messages are queued (20,000); script/bench takes a million."""

import os
import smtplib
import threading

from harness import run, wait_until
from harness.server import MINIMAL_CONFIG, Posthaste, Sink

RUN_SERIAL = True
BULK = int(os.environ.get("POSTHASTE_BULK", "20000"))
PACE = 1500  # a second, of the provider as a whole
URGENT = 100

BLOCKS = """
provider "big" { mx = {".big.test"} message_rate = "100000/s" connections = 40
  connection_rate = "1000/s" messages_per_connection = 100000 provider_message_rate = "%d/s" }
tenant "north" { weight = 1 }
tenant "south" { weight = 1 }
remote_queue "urgent" { priority = 9 match { tenant = {"shop"} } }
delivery { port = %d ip_versions = {"4"} }
dns { local_data = {"one.test. MX 10 mx.big.test.", "two.test. MX 10 mx.big.test.",
                    "mx.big.test. A 127.0.0.1"} }
log "all" { path = "@dir@/events.log" types = {"delivery"} max_size = "4GB" }
"""


def text(tenant):
    return (f"From: a@sender.test\r\nSubject: x\r\nX-Tenant: {tenant}\r\n\r\nx\r\n").encode()


def submit(port, tenant, count, domain):
    body = text(tenant)
    with smtplib.SMTP("127.0.0.1", port, timeout=300) as client:
        client.ehlo()
        for number in range(count):
            client.mail("a@sender.test")
            client.rcpt(f"b{number}@{domain}")
            client.data(body)


def main(scenario):
    sink = Sink(scenario)
    server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS % (PACE, sink.port)).start()
    port = server.port("smtp")
    assert server.verb("queue", "suspend", "--domain", "one.test").returncode == 0
    assert server.verb("queue", "suspend", "--domain", "two.test").returncode == 0
    clients = 8
    threads = [threading.Thread(target=submit, args=(port, tenant, BULK // 2 // clients, domain))
               for tenant, domain in (("north", "one.test"), ("south", "two.test"))
               for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    scenario.say(f"{BULK} messages are queued")
    server.verb("queue", "resume", "--domain", "one.test")
    server.verb("queue", "resume", "--domain", "two.test")

    # One by one, all along while the bulk flows.
    measured = min(BULK, 40_000)
    for number in range(URGENT):
        wait_until(lambda: sink.counts()["messages"] >= number * measured // URGENT * 0.7, 120,
                   "the bulk flows")
        submit(port, "shop", 1, "one.test")

    def urgent():
        return [one for one in server.events("delivery") if one["tenant"] == "shop"]

    wait_until(lambda: len(urgent()) == URGENT, 60, "the urgent mail")
    took = sorted(one["queued_seconds"] for one in urgent())
    p99 = took[int(len(took) * 0.99)]
    scenario.say(f"{URGENT} urgent messages in {took[len(took) // 2] * 1000:.0f} ms, "
                 f"p99 {p99 * 1000:.0f} ms, behind {BULK} others")
    assert p99 < 1, took[-5:]

    # While both wait, each gets half.
    wait_until(lambda: sink.counts()["messages"] >= measured * 0.9, 300, "the bulk")
    bulk = [one["tenant"] for one in server.events("delivery") if one["tenant"] != "shop"]
    window = bulk[:int(measured * 0.85)]
    north = window.count("north") / len(window)
    scenario.say(f"{100 * north:.2f} % of {len(window)} for one of two equal tenants")
    assert 0.475 < north < 0.525, north


if __name__ == "__main__":
    run(main)
