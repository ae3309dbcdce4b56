#!/usr/bin/python3
"""One queue with much mail in memory and deferred mail that falls due meanwhile: all of it arrives,
and the server goes on answering."""

import smtplib

from harness import run, wait_until
from harness.clients import message_text
from harness.server import MINIMAL_CONFIG, Posthaste, Sink

PERSONA = """
persona { name = "slow" }
limit "messages" { of = messages rate = "150/s" reply = "451 4.7.1 Slow down" }
"""

# A pace of its own keeps the mail in memory; the receiver's limit defers some of it.
BLOCKS = """
route "*" { to = {"[127.0.0.1]:%d"} tls = off }
remote_queue "outbound" { retry { first = "1s" growth = 1 ceiling = "1s" jitter = 0 } }
"""

COUNT = 1500


def main(scenario):
    sink = Sink(scenario, scenario.write("slow.conf", PERSONA))
    server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS % sink.port).start()
    text = message_text("x")
    with smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=60) as client:
        client.ehlo()
        for number in range(COUNT):
            client.mail("a@sender.test")
            client.rcpt(f"b{number}@recipient.test")
            client.data(text)
    wait_until(lambda: sink.counts()["messages"] >= COUNT, 120, "all of the mail")
    shown = server.verb("queue", "list")
    assert shown.returncode == 0, "the server still answers"
    assert sink.counts()["refused"] > 0, "some of it was deferred"
    scenario.say(f"{COUNT} arrived, {sink.counts()['refused']} refusals on the way")


if __name__ == "__main__":
    run(main)
