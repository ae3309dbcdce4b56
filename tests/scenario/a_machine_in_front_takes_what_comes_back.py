#!/usr/bin/python3
"""A machine of its own takes what comes back and passes it on to the sending server while it
arrives: the sender knows the client's address, ties the bounce to its message and suppresses the
address, and its refusals are what the client hears. While the sender is away the client is told to
come again, and then is heard."""

import json

from harness import run, wait_until
from harness.misbehaving import MisbehavingServer
from harness.returned import bounce, complaint, failed, hand_in, sent_to
from harness.server import MINIMAL_CONFIG, Posthaste, relay_config

LOG = 'log "all" { path = "@dir@/events.log" }'
SENDER = MINIMAL_CONFIG + LOG + """
listener "mx" { address = "127.0.0.1:@mx@"  role = inbound  proxy_from = {"127.0.0.1"} }
bounce { domain = "b.sender.test" }
inbound { complaints = {"fbl@b.sender.test"} }
route "*" { to = {"[127.0.0.1]:%d"} tls = off }
dns { local_zones = "."
      local_data = {"loop.test. TXT \\"v=spf1 ip4:127.0.0.9 -all\\"",
                    "_dmarc.loop.test. TXT \\"v=DMARC1; p=reject\\""} }
"""

IN_FRONT = """
  relay_from = {"0.0.0.0/0", "::/0"}
  tell_client = proxy
"""

CLIENT = "127.0.0.9"


def main(scenario):
    outside = scenario.own(MisbehavingServer())
    server = Posthaste(scenario, SENDER % outside.port).start()
    front = Posthaste(scenario, relay_config(server.port("mx"), IN_FRONT) + LOG, "front").start()
    mx = front.port("smtp")

    path, message_id = sent_to(server, outside, "nobody@recipient.test")
    returned = bounce(path, failed("nobody@recipient.test"))
    forged = path[:10] + ("a" if path[10] != "a" else "b") + path[11:]
    said = hand_in(mx, returned, forged, client=CLIENT)
    assert said.startswith("550 5.1.1 ") and "forged" in said, said
    said = hand_in(mx, b"Subject: x\r\n\r\nx\r\n", "somebody@elsewhere.test", "a@elsewhere.test",
                   CLIENT)
    assert said.startswith("550 5.1.1 "), said
    assert not server.events("oob_bounce") and not server.suppressed()
    scenario.say("what the sender refuses is refused in front: " + said)

    server.stop()
    said = hand_in(mx, returned, path, client=CLIENT)
    assert said.startswith("421 4.3.2 "), said
    server.start()
    said = hand_in(mx, returned, path, client=CLIENT)
    assert said.startswith("250 2.0.0 taken as "), said
    wait_until(lambda: server.events("oob_bounce"), 30, "the bounce")
    event, = server.events("oob_bounce")
    assert event["message_id"] == message_id and event["hard"] is True, event
    assert event["peer_address"] == CLIENT, event
    wait_until(lambda: server.suppressed() == {"nobody@recipient.test"}, 30, "the address on the list")
    steps = [one["type"] for one in
             json.loads(server.verb("trace", message_id, "--json").stdout)["events"]]
    assert steps == ["reception", "delivery", "oob_bounce"], steps
    scenario.say("a bounce waits for the sender, suppresses the address, and stands in its trace")

    _, message_id = sent_to(server, outside, "quiet@recipient.test")
    said = hand_in(mx, complaint("loop.test", original=f"X-Posthaste-ID: {message_id}\n"),
                   "fbl@b.sender.test", "feedback@loop.test", CLIENT)
    assert said.startswith("250 "), said
    wait_until(lambda: server.events("complaint"), 30, "the complaint")
    event, = server.events("complaint")
    assert event["recipient"] == "quiet@recipient.test", event
    assert "spf=pass" in event["meta"]["authentication_results"], event
    scenario.say("the client's address is what SPF is asked about")

    wait_until(lambda: len(front.events("relayed")) == 2, 30, "what the machine in front tells")
    assert len(front.events("rejection")) == 2, front.events("rejection")
    front.stop()
    server.stop()


if __name__ == "__main__":
    run(main)
