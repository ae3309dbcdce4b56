#!/usr/bin/python3
"""Postfix and Exim take a message and return it later: the bounce comes to our own MX, is tied to
its message, and the address gets no more mail; its neighbour does."""

import email
import json
import signal
import smtplib

from harness import run, wait_until
from harness.clients import message_text, send
from harness.peers import Exim, Postfix
from harness.server import MINIMAL_CONFIG, Posthaste

BLOCKS = """
log "all" { path = "@dir@/events.log" }
listener "mx" { address = "127.0.0.1:@mx@"  role = inbound }
bounce { domain = "b.sender.test" }
dns { local_zones = "." }
"""

# The status and words of their reports: Exim gives a bare status, and its reason in prose.
SAID = {"postfix": ("5.1.1", "unknown user"), "exim": ("5.0.0", "no such user here")}


def peers_that_return_to(scenario, port):
    """By the name of their domain; what each returns waits in its queue until it is flushed."""
    return {
        "postfix": Postfix(scenario, "postfix.test", relay_port=port, users=["there"],
                           settings="defer_transports = smtp\n"),
        "exim": Exim(scenario, relay_port=port, domain="exim.test", users=["there"],
                     settings="queue_domains = b.sender.test\n", queue_interval="1h")}


def main(scenario):
    server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS).start()
    peers = peers_that_return_to(scenario, server.port("mx"))
    server.write_config(MINIMAL_CONFIG + BLOCKS + "".join(
        f'route "{name}.test" {{ to = {{"[127.0.0.1]:{peer.port}"}} tls = off }}\n'
        for name, peer in peers.items()))
    server.signal(signal.SIGHUP)
    server.wait_for("the configuration is reloaded")

    def hand_in(subject, recipient):
        """What the server says to a message for this one recipient; "" when it takes it."""
        try:
            send(server.port("smtp"), message_text(subject, recipient=recipient),
                 recipients=[recipient])
        except smtplib.SMTPRecipientsRefused as error:
            code, text = error.recipients[recipient]
            return f"{code} {text.decode()}"
        return ""

    def events(kind, recipient):
        return [one for one in server.events(kind) if one["recipient"] == recipient]

    def traced(message_id):
        return json.loads(server.verb("trace", message_id, "--json").stdout)["events"]

    def flushed(peer, recipient):
        peer.flush()
        return events("oob_bounce", recipient)

    for name, peer in peers.items():
        nobody, there = f"nobody@{name}.test", f"there@{name}.test"
        assert hand_in("lost", nobody) == ""
        wait_until(lambda: events("delivery", nobody), 30, f"the delivery to {nobody}")
        delivery = events("delivery", nobody)[0]
        assert delivery["smtp_code"] == 250 and nobody not in server.suppressed(), delivery
        scenario.say(f"{name} took a message for nobody: {delivery['response']}")

        wait_until(lambda: flushed(peer, nobody), 30, f"the bounce of {nobody}")
        bounce = events("oob_bounce", nobody)[0]
        assert bounce["message_id"] == delivery["message_id"], (bounce, delivery)
        assert bounce["classification"] == "bad_mailbox" and bounce["hard"] is True, bounce
        status, words = SAID[name]
        assert bounce["enhanced_status"] == status and words in bounce["response"], bounce
        assert bounce["meta"]["reporting_mta"] == f"{name}.test", bounce
        assert bounce["subject"] == "lost" and bounce["sender"] == "a@sender.test", bounce
        scenario.say(f"and returned it: {status} {bounce['response']}")

        wait_until(lambda: bounce in traced(bounce["message_id"]), 30, "the bounce in its trace")
        steps = [one["type"] for one in traced(bounce["message_id"])]
        assert steps == ["reception", "delivery", "oob_bounce"], steps
        wait_until(lambda: nobody in server.suppressed(), 30, f"{nobody} on the list")
        refused = hand_in("again", nobody)
        assert refused.startswith("550 5.1.1 suppressed: hard_bounce"), refused
        scenario.say(f"trace shows it, and the next one is refused: {refused}")

        assert hand_in("kept", there) == ""
        taken = peer.wait_for_messages(1)
        assert [email.message_from_bytes(one)["Subject"] for one in taken] == ["kept"], taken
        assert len(events("delivery", nobody)) == len(events("oob_bounce", nobody)) == 1
        scenario.say(f"{there} still gets mail")
    assert server.suppressed() == {"nobody@postfix.test", "nobody@exim.test"}, server.suppressed()
    assert server.metric("posthaste_inbound_messages_total") == 2
    server.stop()


if __name__ == "__main__":
    run(main)
