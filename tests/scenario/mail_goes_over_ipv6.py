#!/usr/bin/python3
"""Mail goes to an MX host by IPv6, and by IPv4 where the IPv6 address takes nothing; `ip_versions`
decides the order."""

import socket

from harness import Skip, run, wait_until
from harness.clients import message_text, send
from harness.server import MINIMAL_CONFIG, Posthaste, binary
from harness.processes import Process
from harness.server import accepts

BLOCKS = """
delivery { port = %d ip_versions = {"6", "4"} }
dns { local_data = {"both.test. MX 10 mx.both.test.", "mx.both.test. AAAA ::1",
                    "mx.both.test. A 127.0.0.1",
                    "broken.test. MX 10 mx.broken.test.", "mx.broken.test. AAAA ::2",
                    "mx.broken.test. A 127.0.0.1"} }
log "all" { path = "@dir@/events.log" }
"""


def deliveries(server):
    return {one["recipient"]: one for one in server.events("delivery")}


def main(scenario):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        raise Skip("this machine has no IPv6 on loopback") from error
    port = scenario.free_port()
    for address in ("[::1]", "127.0.0.1"):
        sink = Process(f"sink-{address}", [binary(), "sink", "--listen", f"{address}:{port}"])
        scenario.own(sink)
        sink.wait_for("ready", 20)
    assert accepts(port)
    server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS % port).start()
    for recipient in ("a@both.test", "b@broken.test"):
        send(server.port("smtp"), message_text(recipient), recipients=[recipient])
    wait_until(lambda: len(deliveries(server)) == 2, 60, "both messages")
    by_peer = {who: one["peer_address"] for who, one in deliveries(server).items()}
    assert by_peer == {"a@both.test": "::1", "b@broken.test": "127.0.0.1"}, by_peer
    scenario.say(f"delivered: {by_peer}")


if __name__ == "__main__":
    run(main)
