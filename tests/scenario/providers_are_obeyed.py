#!/usr/bin/python3
"""A receiver that speaks as a large provider does is treated by that provider's rules: its MX hosts
tell who it is, its words what they mean. Mail that it calls unauthenticated is held, not lost; bad
addresses fail; suspensions outlast a SIGKILL; an operator resumes."""

import json
import os

from harness import run, wait_until
from harness.clients import send_each
from harness.server import MINIMAL_CONFIG, Posthaste, Sink

PERSONAS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "conf", "personas")

BLOCKS = """
delivery { port = %d ip_versions = {"4"} }
dns { local_data = {"gmail.test. MX 10 alt1.gmail-smtp-in.l.google.com.",
                    "alt1.gmail-smtp-in.l.google.com. A 127.0.0.1"} }
bounce { notify_sender = false }
remote_queue "outbound" { retry { first = "1s" growth = 1 ceiling = "1s" jitter = 0 } }
log "all" { path = "@dir@/events.log" }
"""


def main(scenario):
    sink = Sink(scenario, os.path.join(PERSONAS, "gmail.conf"))
    server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS % sink.port).start()
    port = server.port("smtp")
    send_each(port, ["good@gmail.test", "nobody@gmail.test", "inactive@gmail.test"])
    wait_until(lambda: len(server.events("bounce")) == 2 and server.events("delivery"), 30,
               "a delivery and two bounces")
    delivery = server.events("delivery")[0]
    assert delivery["provider"] == "google", delivery
    assert delivery["tls_version"].startswith("TLSv1."), "this provider wants TLS"
    bounced = {one["recipient"]: one for one in server.events("bounce")}
    assert bounced["nobody@gmail.test"]["classification"] == "bad_mailbox"
    assert bounced["inactive@gmail.test"]["classification"] == "inactive_mailbox"
    assert all(one["hard"] for one in bounced.values()), bounced
    scenario.say("bad addresses failed as the provider's rules say")

    # "FIX": deferred although the reply is a 5yz, never hard, and held after three.
    send_each(port, [f"b{number}@gmail.test" for number in range(3)], "a@unauthenticated.test")
    wait_until(lambda: any("held until" in one["response"]
                           for one in server.events("limit_changed")), 60, "the hold")
    deferred = server.events("transient_failure")
    assert all(one["classification"] == "authentication" and not one["hard"]
               for one in deferred), deferred
    assert len(server.events("bounce")) == 2, "a throttle or a policy never bounces"
    server.kill()
    server.start()
    send_each(port, ["later@gmail.test"])
    shown = json.loads(server.verb("queue", "list", "--json").stdout)
    reasons = json.dumps(shown)
    assert "authentication" in reasons and "suspended" in reasons, reasons
    assert len(server.events("delivery")) == 1, "nothing goes out while it is held"
    scenario.say("the hold outlasted a SIGKILL, and the queue says why it waits")


if __name__ == "__main__":
    run(main)
