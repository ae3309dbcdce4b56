#!/usr/bin/python3
"""What comes back to the server's own MX is understood: a bounce suppresses the address it is
about, and nobody else; complaints are tied to their message; reports are stored; forged return
paths and everybody else's mail are refused."""

import gzip
import json
import os
import re
import smtplib
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart

from harness import run, wait_until
from harness.clients import message_text, send
from harness.misbehaving import MisbehavingServer
from harness.server import MINIMAL_CONFIG, Posthaste, posthaste

BLOCKS = """
log "all" { path = "@dir@/events.log" }
listener "mx" { address = "127.0.0.1:@mx@"  role = inbound }
bounce { domain = "b.sender.test" }
inbound {
  reports = {"dmarc@b.sender.test"}
  complaints = {"fbl@b.sender.test"}
}
route "*" { to = {"[127.0.0.1]:%d"} tls = off }
dns { local_zones = "."
      local_data = {"fbl.test. TXT \\"v=spf1 ip4:127.0.0.1 -all\\"",
                    "_dmarc.fbl.test. TXT \\"v=DMARC1; p=reject\\""} }
"""

BOUNCE = """From: MAILER-DAEMON@mx.recipient.test
To: <%(path)s>
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

Your message could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.recipient.test

Final-Recipient: rfc822; %(recipient)s
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: text/@HEADERS@

Subject: hello

--b--
"""

COMPLAINT = """From: feedback@%(domain)s
Subject: complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary=x

--x
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Loop/1
Version: 1
%(fields)s
--x
Content-Type: text/@HEADERS@

%(original)sTo: redacted@redacted.test

--x--
"""

DMARC = """<feedback><report_metadata><org_name>Receiver</org_name><report_id>7</report_id>
<date_range><begin>1767225600</begin><end>1767311999</end></date_range></report_metadata>
<policy_published><domain>sender.test</domain><p>none</p></policy_published>
<record><row><source_ip>192.0.2.1</source_ip><count>3</count><policy_evaluated>
<disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>
<identifiers><header_from>sender.test</header_from></identifiers></record></feedback>
"""


def crlf(text):
    return text.replace("@HEADERS@", "rfc" "822-headers").replace("\n", "\r\n").encode()


def hand_in(port, text, recipient, sender=""):
    """What the MX says to it: its reply to the recipient when that is refused, else to the
    message."""
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        client.ehlo("mx.recipient.test")
        assert not client.has_extn("auth") and not client.has_extn("dsn"), client.esmtp_features
        client.mail(sender)
        code, said = client.rcpt(recipient)
        if code == 250:
            code, said = client.data(text)
        return f"{code} {said.decode()}"


def aggregate_report():
    mail = MIMEMultipart()
    mail["From"], mail["Subject"] = "noreply@receiver.test", "Report Domain: sender.test"
    part = MIMEApplication(gzip.compress(DMARC.encode()), "gzip")
    part.add_header("Content-Disposition", "attachment",
                    filename="receiver.test!sender.test!1767225600!1767311999.xml.gz")
    mail.attach(part)
    return mail.as_bytes().replace(b"\n", b"\r\n")


def main(scenario):
    outside = scenario.own(MisbehavingServer())
    server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS % outside.port).start()
    mx = server.port("mx")

    def sent_to(recipient, **headers):
        """The return path and message id of a new message."""
        before = len(outside.messages)
        text = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        send(server.port("smtp"), text.encode() + message_text("hello", recipient=recipient),
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

    def told(kind, count):
        wait_until(lambda: len(server.events(kind)) >= count, 30, f"{count} events {kind}")
        assert len(server.events(kind)) == count, server.events(kind)
        return server.events(kind)[-1]

    path, message_id = sent_to("victim@recipient.test", X_Campaign="spring")
    forged = path[:10] + ("a" if path[10] != "a" else "b") + path[11:]
    said = hand_in(mx, crlf(BOUNCE % {"path": forged, "recipient": "victim@recipient.test"}), forged)
    assert said.startswith("550 5.1.1 ") and "forged" in said, said
    said = hand_in(mx, b"Subject: x\r\n\r\nx\r\n", "somebody@elsewhere.test", "a@elsewhere.test")
    assert said.startswith("550 5.1.1 "), said
    assert not server.events("oob_bounce")
    scenario.say("a forged return path is refused, and so is everybody else's mail")

    said = hand_in(mx, crlf(BOUNCE % {"path": path, "recipient": "other@recipient.test"}), path)
    assert said.startswith("250 2.0.0 taken as "), said
    event = told("oob_bounce", 1)
    assert event["recipient"] == "victim@recipient.test" and event["hard"] is False, event
    assert event["meta"]["reported_recipient"] == "other@recipient.test", event
    said = hand_in(mx, crlf(BOUNCE % {"path": path, "recipient": "Victim@recipient.test"}), path)
    assert said.startswith("250 2.0.0 "), said
    event = told("oob_bounce", 2)
    assert event["message_id"] == message_id and event["campaign"] == "spring", event
    assert event["classification"] == "bad_mailbox" and event["hard"] is True, event
    assert event["smtp_code"] == 550 and event["enhanced_status"] == "5.1.1", event
    assert event["meta"]["authentication_results"].startswith("mta.test; spf="), event
    wait_until(lambda: listed() == {"victim@recipient.test"}, 30, "the address on the list")
    try:
        send(server.port("smtp"), message_text("again"), recipients=["victim@recipient.test"])
        raise AssertionError("a suppressed address got mail")
    except smtplib.SMTPRecipientsRefused as error:
        code, text = error.recipients["victim@recipient.test"]
        assert code == 550 and b"hard_bounce" in text, (code, text)
    traced = server.verb("trace", message_id, "--json").stdout.decode()
    assert '"oob_bounce"' in traced, traced
    scenario.say("a bounce suppresses the address of its return path, and no other")

    path, _ = sent_to("annoyed@recipient.test", X_Stream="news")
    complaint = COMPLAINT % {"domain": "nobody.test", "original": "",
                             "fields": f"Original-Mail-From: <{path}>\n"}
    assert hand_in(mx, crlf(complaint), "fbl@b.sender.test").startswith("250 ")
    event = told("complaint", 1)
    assert event["recipient"] == "annoyed@recipient.test" and event["stream"] == "news", event
    wait_until(lambda: "annoyed@recipient.test" in listed(), 30, "the complainer on the list")

    _, message_id = sent_to("quiet@recipient.test")
    for domain in ("nobody.test", "fbl.test"):
        complaint = COMPLAINT % {"domain": domain, "fields": "",
                                 "original": f"X-Posthaste-ID: {message_id}\n"}
        said = hand_in(mx, crlf(complaint), "FBL@b.sender.test", f"feedback@{domain}")
        assert said.startswith("250 "), said
    event = told("complaint", 2)
    assert event["recipient"] == "quiet@recipient.test", event
    assert "dmarc=pass" in event["meta"]["authentication_results"], event
    scenario.say("complaints are tied by the return path, else only when their sender is authentic")

    assert hand_in(mx, aggregate_report(), "dmarc@b.sender.test").startswith("250 ")
    summary = posthaste("report", "summary", "-c", server.file, "--days", "36500", "--json")
    assert json.loads(summary.stdout)["domains"][0]["senders"][0]["messages"] == 3, summary
    said = hand_in(mx, b"Subject: hi\r\n\r\nhi\r\n", "dmarc@b.sender.test", "a@b.test")
    assert said.startswith("554 5.6.0 no report is in it"), said
    assert hand_in(mx, b"Subject: hi\r\n\r\nhi\r\n", "Postmaster").startswith("250 ")
    kept = os.listdir(os.path.join(server.directory, "data", "postmaster"))
    assert len(kept) == 1 and kept[0].endswith(".eml"), kept
    assert server.metric("posthaste_inbound_messages_total") == 8
    scenario.say("reports are stored, and mail for people is kept")
    server.stop()


if __name__ == "__main__":
    run(main)
