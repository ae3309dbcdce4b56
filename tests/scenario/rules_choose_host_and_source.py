#!/usr/bin/python3
"""A rule may leave an MX host out for a time, and send the next attempt from another source;
greylisted mail comes back from the address that asked first."""


from harness import run, wait_until
from harness.clients import message_text, send
from harness.misbehaving import MisbehavingServer, Step
from harness.server import MINIMAL_CONFIG, Posthaste

BLOCKS = """
source "a" { address = "127.0.0.2" }
source "b" { address = "127.0.0.3" }
remote_queue "outbound" { retry { first = "1s" growth = 1 ceiling = "1s" jitter = 0 } }
route "grey.test" { to = {"[127.0.0.1]:%d"} tls = off }
route "other.test" { to = {"[127.0.0.1]:%d"} tls = off }
route "host.test" { to = {"[127.0.0.1]:%d", "[127.0.0.5]:%d"} tls = off }
provider "default" {
  rule "elsewhere" { pattern = {"use another address"} action = {other_source} }
  rule "bad-host" { pattern = {"this host is broken"} action = {skip_host} duration = "1h" }
}
log "all" { path = "@dir@/events.log" }
"""


def events_of(server, recipient):
    return [one for one in server.events() if one.get("recipient") == recipient and "attempt" in one]


def main(scenario):
    grey = scenario.own(MisbehavingServer(
        {"rcpt": [Step.reply("450 4.7.1 greylisted, come back later")] * 2 +
                 [Step.reply("250 ok")]}))
    other = scenario.own(MisbehavingServer(
        {"rcpt": [Step.reply("450 4.7.1 use another address"), Step.reply("250 ok")]}))
    broken = scenario.own(MisbehavingServer(
        {"rcpt": Step.reply("451 4.3.0 this host is broken")}))
    good = scenario.own(MisbehavingServer(address="127.0.0.5"))
    server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS % (grey.port, other.port, broken.port,
                                                            good.port)).start()
    port = server.port("smtp")

    send(port, message_text("grey"), recipients=["x@grey.test"])
    wait_until(lambda: len(grey.messages) == 1, 60, "the greylisted message")
    wait_until(lambda: len(events_of(server, "x@grey.test")) == 3, 30, "its events")
    sources = [one["source"] for one in events_of(server, "x@grey.test")]
    assert len(set(sources)) == 1, sources
    scenario.say(f"greylisted mail came from {sources}")

    send(port, message_text("other"), recipients=["x@other.test"])
    wait_until(lambda: len(other.messages) == 1, 60, "the message from another source")
    wait_until(lambda: len(events_of(server, "x@other.test")) == 2, 30, "its events")
    sources = [one["source"] for one in events_of(server, "x@other.test")]
    assert len(set(sources)) == 2, sources
    scenario.say(f"a rule chose another source: {sources}")

    # Both hosts of the site: the second is a name of the same machine.
    send(port, message_text("host"), recipients=["x@host.test"])
    wait_until(lambda: len(good.messages) == 1, 60, "the message by the other host")
    connections = broken.connections
    send(port, message_text("host again"), recipients=["y@host.test"])
    wait_until(lambda: len(good.messages) == 2, 60, "the next message")
    assert broken.connections == connections, "the broken host is left out"
    scenario.say("a rule left a host out")


if __name__ == "__main__":
    run(main)
