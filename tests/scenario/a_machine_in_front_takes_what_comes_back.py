#!/usr/bin/python3
"""A machine of its own takes what comes back and passes it on to the sending server while it
arrives: the sender knows the client's address, ties the bounce to its message and suppresses the
address, and its refusals are what the client hears. While the sender is away the client is told to
come again, and then is heard."""

import json
import re
import smtplib

from harness import run, wait_until
from harness.clients import message_text, send
from harness.misbehaving import MisbehavingServer
from harness.server import MINIMAL_CONFIG, Posthaste, posthaste

SENDER = MINIMAL_CONFIG + """
log "all" { path = "@dir@/events.log" }
listener "mx" { address = "127.0.0.1:@mx@"  role = inbound  proxy_from = {"127.0.0.1"} }
bounce { domain = "b.sender.test" }
inbound { complaints = {"fbl@b.sender.test"} }
route "*" { to = {"[127.0.0.1]:%d"} tls = off }
dns { local_zones = "."
      local_data = {"loop.test. TXT \\"v=spf1 ip4:127.0.0.9 -all\\"",
                    "_dmarc.loop.test. TXT \\"v=DMARC1; p=reject\\""} }
"""

FRONT = """
server { hostname = "mx-front.test"  data_dir = "@dir@/data" }
listener "mx" {
  address = "127.0.0.1:@mx@"
  role = analytics_relay
  relay_from = {"0.0.0.0/0", "::/0"}
  upstream = "127.0.0.1:%d"
  tell_client = proxy
}
listener "control" { protocol = http  address = "127.0.0.1:@http@"  role = admin }
log "all" { path = "@dir@/events.log" }
"""

CLIENT = "127.0.0.9"

BOUNCE = """From: MAILER-DAEMON@mx.recipient.test
To: <{path}>
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.recipient.test

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b--
"""

COMPLAINT = """From: feedback@loop.test
Subject: complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary=x

--x
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Loop/1
Version: 1

--x
Content-Type: text/@HEADERS@

X-Posthaste-ID: {message_id}

--x--
"""


def crlf(text):
    return text.replace("@HEADERS@", "rfc" "822-headers").replace("\n", "\r\n").encode()


def hand_in(port, text, recipient, sender=""):
    """What the machine in front says: to the connection if it has no server behind it, to the
    recipient if that is refused, else to the message."""
    client = smtplib.SMTP(timeout=60, source_address=(CLIENT, 0))
    with client:
        code, said = client.connect("127.0.0.1", port)
        if code == 220:
            client.ehlo("mx.recipient.test")
            client.mail(sender)
            code, said = client.rcpt(recipient)
        if code == 250:
            code, said = client.data(text)
        return f"{code} {said.decode()}"


def main(scenario):
    outside = scenario.own(MisbehavingServer())
    server = Posthaste(scenario, SENDER % outside.port).start()
    front = Posthaste(scenario, FRONT % server.port("mx"), name="front").start()
    mx = front.port("mx")

    def sent_to(recipient):
        """The return path and message id of a new message."""
        before = len(outside.messages)
        send(server.port("smtp"), message_text("hello", recipient=recipient),
             recipients=[recipient])
        wait_until(lambda: len(outside.messages) > before, 30, "the message")
        wait_until(lambda: any(one["recipient"] == recipient
                               for one in server.events("delivery")), 30, "its event")
        event = [one for one in server.events("delivery") if one["recipient"] == recipient][-1]
        path = re.match(r"MAIL FROM:<([^>]+)>", outside.envelopes[-1][0]).group(1)
        return path, event["message_id"]

    def listed():
        done = posthaste("suppress", "list", "--json", "-c", server.file)
        assert done.returncode == 0, done
        return {json.loads(line)["address"] for line in done.stdout.splitlines()}

    path, message_id = sent_to("nobody@recipient.test")
    bounce = crlf(BOUNCE.format(path=path, recipient="nobody@recipient.test"))
    forged = path[:10] + ("a" if path[10] != "a" else "b") + path[11:]
    said = hand_in(mx, bounce, forged)
    assert said.startswith("550 5.1.1 ") and "forged" in said, said
    said = hand_in(mx, b"Subject: x\r\n\r\nx\r\n", "somebody@elsewhere.test", "a@elsewhere.test")
    assert said.startswith("550 5.1.1 "), said
    assert not server.events("oob_bounce") and not listed()
    scenario.say("what the sender refuses is refused in front: " + said)

    server.stop()
    said = hand_in(mx, bounce, path)
    assert said.startswith("421 4.3.2 "), said
    server.start()
    said = hand_in(mx, bounce, path)
    assert said.startswith("250 2.0.0 taken as "), said
    wait_until(lambda: server.events("oob_bounce"), 30, "the bounce")
    event, = server.events("oob_bounce")
    assert event["message_id"] == message_id and event["hard"] is True, event
    assert event["peer_address"] == CLIENT, event
    wait_until(lambda: listed() == {"nobody@recipient.test"}, 30, "the address on the list")
    steps = [one["type"] for one in
             json.loads(server.verb("trace", message_id, "--json").stdout)["events"]]
    assert steps == ["reception", "delivery", "oob_bounce"], steps
    scenario.say("a bounce waits for the sender, suppresses the address, and stands in its trace")

    _, message_id = sent_to("quiet@recipient.test")
    complaint = crlf(COMPLAINT.format(message_id=message_id))
    assert hand_in(mx, complaint, "fbl@b.sender.test", "feedback@loop.test").startswith("250 ")
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
