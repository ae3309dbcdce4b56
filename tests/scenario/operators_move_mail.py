#!/usr/bin/python3
"""What operators do to queues: suspend, resume, bounce and rebind, each counted by --dry-run first
and kept over a SIGKILL; and `explain` says why a message is where it is."""

import json

from harness import run, wait_until
from harness.clients import send_each
from harness.server import MINIMAL_CONFIG, Posthaste, Sink

BLOCKS = """
route "away.test" { to = {"[127.0.0.1]:%d"} tls = off }
route "*" { to = {"[127.0.0.1]:%d"} tls = off }
remote_queue "outbound" { retry { first = "1h" ceiling = "1h" jitter = 0 } }
remote_queue "slow" { rate = "1/hour" match { recipient_domain = {"slow.test"} } }
log "all" { path = "@dir@/events.log" }
"""


def main(scenario):
    sink = Sink(scenario)
    nobody = scenario.free_port()
    server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS % (nobody, sink.port)).start()
    port = server.port("smtp")

    def verb(*arguments):
        done = server.verb("queue", *arguments, "--json")
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    # Suspended mail waits, over a SIGKILL, and says why.
    counted = verb("suspend", "--domain", "held.test", "--reason", "a test", "--dry-run")
    assert counted == {"queues": 0, "messages": 0, "dry_run": True}, counted
    verb("suspend", "--domain", "HELD.test", "--reason", "a test")
    held = send_each(port, [f"h{number}@held.test" for number in range(5)])[0]
    send_each(port, ["free@free.test"])
    # The log tells of what is on disk: a SIGKILL before that would send it a second time.
    wait_until(lambda: len(server.events("delivery")) == 1, 30, "mail of another domain")
    server.kill()
    server.start()
    # What is accepted while the queues of before are counted would be counted twice.
    wait_until(lambda: all(one["is_depth_exact"] for one in verb("list")["queues"]), 30, "the count")
    suspended = verb("suspensions")["suspensions"]
    assert [one["scope"] for one in suspended] == [{"domain": "held.test"}], suspended
    wait_until(lambda: server.verb("explain", held).returncode == 0 and
               "suspended (domain=held.test) by operator: a test" in
               server.verb("explain", held).stdout.decode(), 30, "the explanation")
    assert len(sink.messages()) == 1
    assert verb("resume", "--domain", "held.test") == {"suspensions": 1}
    wait_until(lambda: len(sink.messages()) == 6, 30, "the mail that was held")
    assert server.verb("explain", held).returncode == 1, "it waits no more"
    scenario.say("suspended, explained and resumed")

    # A limit with its line in the file.
    slow = send_each(port, ["s1@slow.test", "s2@slow.test"])[1]
    wait_until(lambda: "rate 1/hour" in server.verb("explain", slow).stdout.decode(), 30,
               "the limit")
    text = server.verb("explain", slow).stdout.decode()
    assert "posthaste.conf:" in text and "until 2" in text, text

    # Moved to another queue, it goes.
    moved = verb("rebind", "--queue", "slow", "--to", "outbound", "--dry-run")
    # Both: after a SIGKILL nobody knows that none was sent within the hour.
    assert moved["messages"] == 2, moved
    refused = server.verb("queue", "rebind", "--queue", "slow", "--to", "nowhere")
    assert refused.returncode == 1 and b'"nowhere" is not defined' in refused.stderr, refused
    verb("rebind", "--queue", "slow", "--to", "outbound")
    wait_until(lambda: len(sink.messages()) == 8, 30, "the mail that was moved")
    scenario.say("rebound")

    # Bounced: in memory, on disk, and after a SIGKILL in the middle.
    send_each(port, [f"x{number}@away.test" for number in range(3000)])
    wait_until(lambda: verb("list", "--domain", "away.test")["depth"] == 3000, 60, "the queue")
    everything = server.verb("queue", "bounce")
    assert everything.returncode == 1 and b"give a filter" in everything.stderr, everything.stderr
    wrong = server.verb("queue", "flush", "--domain", "no domain")
    assert wrong.returncode == 1, "a filter that is none is refused, not left out"
    touched = verb("bounce", "--domain", "away.test", "--reason", "the campaign is over")
    assert touched["messages"] == 3000, touched
    server.kill()
    server.start()
    wait_until(lambda: len({one["message_id"] for one in server.events("admin_bounce")}) == 3000,
               60, "all of the bounces")
    wait_until(lambda: verb("list", "--domain", "away.test")["depth"] == 0, 30, "an empty queue")
    one = server.events("admin_bounce")[0]
    assert one["response"] == "the campaign is over" and one["hard"] is False, one
    again = send_each(port, ["later@away.test"])[0]
    wait_until(lambda: server.verb("explain", again).returncode == 0, 30, "new mail")
    wait_until(lambda: "1 attempts" in server.verb("explain", again).stdout.decode(), 30,
               "an attempt: it was accepted after the order")
    scenario.say("bounced what was there, and nothing that came later")


if __name__ == "__main__":
    run(main)
