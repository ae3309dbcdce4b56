#!/usr/bin/python3
"""What an operator can see of mail that was delivered, that failed and that waits: trace, queue,
metrics, health, the log; figures add up, and stay over a SIGKILL."""

import json

from harness import run, wait_until
from harness.clients import send_each
from harness.server import MINIMAL_CONFIG, Posthaste, Sink

PERSONA = """
persona { name = "choosy" }
rule "unknown" { at = rcpt recipient = "^nobody" reply = "550 5.1.1 No such user" }
rule "full" { at = rcpt recipient = "^full" reply = "452 4.2.2 Mailbox full" }
"""

BLOCKS = """
route "*" { to = {"[127.0.0.1]:%d"} tls = off }
remote_queue "outbound" { retry { first = "1h" ceiling = "1h" jitter = 0 } }
bounce { notify_sender = false }
log "all" { path = "@dir@/events.log" }
"""

METRICS = (
    "posthaste_messages_received_total", "posthaste_messages_delivered_total",
    "posthaste_messages_deferred_total", "posthaste_messages_bounced_total",
    "posthaste_queue_depth", "posthaste_queue_oldest_seconds", "posthaste_delivery_latency_seconds",
    "posthaste_connections_open", "posthaste_spool_bytes", "posthaste_spool_commit_seconds",
)


def metric_sum(text, name):
    return sum(float(line.split()[-1]) for line in text.splitlines()
               if line.startswith(name + "{") or line.startswith(name + " "))


def main(scenario):
    sink = Sink(scenario, scenario.write("choosy.conf", PERSONA))
    server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS % sink.port).start()
    good = [f"good{number}@one.test" for number in range(7)]
    bad = [f"nobody{number}@two.test" for number in range(3)]
    full = [f"full{number}@three.test" for number in range(4)]
    ids = dict(zip(good + bad + full, send_each(server.port("smtp"), good + bad + full)))

    def figures():
        text = server.get("/metrics")[1]
        return {name: metric_sum(text, f"posthaste_{name}")
                for name in ("messages_received_total", "messages_delivered_total",
                             "messages_bounced_total", "messages_deferred_total", "queue_depth")}

    wanted = {"messages_received_total": 14, "messages_delivered_total": 7,
              "messages_bounced_total": 3, "messages_deferred_total": 4, "queue_depth": 4}
    wait_until(lambda: figures() == wanted, 30, "figures that add up")
    text = server.get("/metrics")[1]
    for name in METRICS:
        assert f"# TYPE {name} " in text, name
    assert server.get("/healthz")[0] == 200 and server.get("/readyz")[0] == 200
    scenario.say("accepted = delivered + bounced + waiting")

    def traced(recipient):
        document = json.loads(server.verb("trace", ids[recipient], "--json").stdout)
        return [one["type"] for one in document["events"]]

    def look():
        assert traced(good[0]) == ["reception", "delivery"], traced(good[0])
        assert traced(bad[0]) == ["reception", "bounce"], traced(bad[0])
        assert traced(full[0]) == ["reception", "transient_failure"], traced(full[0])
        listed = json.loads(server.verb("queue", "list", "--json").stdout)
        assert [one["queue"] for one in listed["queues"]] == ["outbound/three.test"], listed
        assert listed["depth"] == 4, listed
        shown = json.loads(server.verb("queue", "show", "outbound/three.test", "--json").stdout)
        assert {one["message_id"] for one in shown["messages"]} == {ids[one] for one in full}
        assert all("452 4.2.2" in one["last_response"] for one in shown["messages"]), shown

    wait_until(lambda: len(server.events()) == 28, 30, "all events in the log")
    look()
    human = server.verb("trace", ids[bad[0]]).stdout.decode()
    assert "550 5.1.1 No such user" in human and "bad_mailbox, hard" in human, human
    numbers = [one["event_id"] for one in server.events()]
    assert len(set(numbers)) == len(numbers), "each event once"
    scenario.say("trace, queue list and queue show agree")

    server.kill()
    server.start()
    wait_until(lambda: figures()["queue_depth"] == 4, 30, "the queue after a SIGKILL")
    look()
    assert server.verb("trace", "01a20b93-1381-7952-aef1-b3b440dcc2a2").returncode == 1
    flushed = json.loads(server.verb("queue", "flush", "--domain", "three.test", "--json").stdout)
    assert flushed["queues"] == 1, flushed
    wait_until(lambda: traced(full[0]).count("transient_failure") == 2, 30, "a second attempt")
    scenario.say("the same after a SIGKILL, and a flush tries again")


if __name__ == "__main__":
    run(main)
