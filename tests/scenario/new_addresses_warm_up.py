#!/usr/bin/python3
"""A new address sends its share of the day's cap and no more: mail above it goes from the warm source
of the pool, and waits where there is none; it says so, and counts on over a SIGKILL."""

import json

from harness import run, wait_until
from harness.clients import send_each
from harness.server import MINIMAL_CONFIG, Posthaste, Sink

BLOCKS = """
source "cold" { address = "127.0.0.2" warmup { schedule = {48, 100} } }
source "warm" { address = "127.0.0.3" }
source "lone" { address = "127.0.0.4" warmup { schedule = {24} mode = step min_daily = 1 } }
pool "default" { source "cold" { } source "warm" { } }
pool "alone" { source "lone" { } }
remote_queue "alone" { pool = "alone" match { recipient_domain = {"alone.test"} } }
delivery { port = %d ip_versions = {"4"} }
dns { local_data = {"recipient.test. MX 10 mx.recipient.test.", "mx.recipient.test. A 127.0.0.1",
                    "alone.test. MX 10 mx.alone.test.", "mx.alone.test. A 127.0.0.1"} }
log "all" { path = "@dir@/events.log" }
"""


def main(scenario):
    sink = Sink(scenario)
    server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS % sink.port).start()
    port = server.port("smtp")

    def sent_from(source):
        return [one for one in server.events("delivery") if one["source"] == source]

    send_each(port, [f"b{number}@recipient.test" for number in range(60)])
    wait_until(lambda: len(server.events("delivery")) == 60, 60, "all of the mail")
    # The first may go at once, each further one half an hour later.
    assert 1 <= len(sent_from("cold")) <= 2, len(sent_from("cold"))
    assert len(sent_from("warm")) == 60 - len(sent_from("cold"))
    scenario.say("what was above the cap went from the warm source of the pool")

    ids = send_each(port, [f"b{number}@alone.test" for number in range(5)])
    wait_until(lambda: len(sent_from("lone")) == 1, 30, "the first of the lone source")
    waiting = [one for one in ids
               if one not in {event["message_id"] for event in sent_from("lone")}]
    assert len(waiting) == 4, waiting

    def explanation():
        return server.verb("explain", waiting[-1]).stdout.decode()

    wait_until(lambda: 'warm-up of source "lone" to others on day 1' in explanation(), 30,
               "the explanation")
    assert "posthaste.conf:" in explanation() and "until 2" in explanation(), explanation()

    def status(source):
        rows = json.loads(server.verb("warmup", "status", "--json").stdout)["warmup"]
        return [one for one in rows if one["source"] == source][0]

    assert status("lone")["cap"] == 24 and status("lone")["sent"] == 1, status("lone")
    assert status("cold")["day"] == 1 and status("cold")["provider"] == "others", status("cold")
    assert "SOURCE" in server.verb("warmup", "status").stdout.decode()

    server.kill()
    server.start()
    port = server.port("smtp")
    wait_until(lambda: 'warm-up of source "lone"' in explanation(), 30, "the cap after a SIGKILL")
    # At most one more: the day's pace is known again, what was granted before is not forgotten.
    assert len(sent_from("lone")) <= 2, sent_from("lone")
    wait_until(lambda: status("lone")["sent"] >= 1, 30, "the count")
    scenario.say("the cap outlasted a SIGKILL")



if __name__ == "__main__":
    run(main)
