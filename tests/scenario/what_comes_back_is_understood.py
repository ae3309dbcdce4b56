#!/usr/bin/python3
"""What comes back to the server's own MX is understood: a bounce suppresses the address it is
about, and nobody else; complaints are tied to their message; reports are stored; forged return
paths and everybody else's mail are refused."""

import gzip
import json
import os
import smtplib
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart

from harness import run, wait_until
from harness.clients import message_text, send
from harness.misbehaving import MisbehavingServer
from harness.returned import bounce, complaint, failed, hand_in, sent_to
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

DMARC = """<feedback><report_metadata><org_name>Receiver</org_name><report_id>7</report_id>
<date_range><begin>1767225600</begin><end>1767311999</end></date_range></report_metadata>
<policy_published><domain>sender.test</domain><p>none</p></policy_published>
<record><row><source_ip>192.0.2.1</source_ip><count>3</count><policy_evaluated>
<disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>
<identifiers><header_from>sender.test</header_from></identifiers></record></feedback>
"""


def check_offers(port):
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        client.ehlo("mx.recipient.test")
        assert not client.has_extn("auth") and not client.has_extn("dsn"), client.esmtp_features


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
    check_offers(mx)

    def told(kind, count):
        wait_until(lambda: len(server.events(kind)) >= count, 30, f"{count} events {kind}")
        assert len(server.events(kind)) == count, server.events(kind)
        return server.events(kind)[-1]

    path, message_id = sent_to(server, outside, "victim@recipient.test",
                               "X-Campaign: spring\r\n")
    forged = path[:10] + ("a" if path[10] != "a" else "b") + path[11:]
    said = hand_in(mx, bounce(forged, failed("victim@recipient.test")), forged)
    assert said.startswith("550 5.1.1 ") and "forged" in said, said
    said = hand_in(mx, b"Subject: x\r\n\r\nx\r\n", "somebody@elsewhere.test", "a@elsewhere.test")
    assert said.startswith("550 5.1.1 "), said
    assert not server.events("oob_bounce")
    scenario.say("a forged return path is refused, and so is everybody else's mail")

    said = hand_in(mx, bounce(path, failed("other@recipient.test")), path)
    assert said.startswith("250 2.0.0 taken as "), said
    event = told("oob_bounce", 1)
    assert event["recipient"] == "victim@recipient.test" and event["hard"] is False, event
    assert event["meta"]["reported_recipient"] == "other@recipient.test", event
    said = hand_in(mx, bounce(path, failed("Victim@recipient.test")), path)
    assert said.startswith("250 2.0.0 "), said
    event = told("oob_bounce", 2)
    assert event["message_id"] == message_id and event["campaign"] == "spring", event
    assert event["classification"] == "bad_mailbox" and event["hard"] is True, event
    assert event["smtp_code"] == 550 and event["enhanced_status"] == "5.1.1", event
    assert event["meta"]["authentication_results"].startswith("mta.test; spf="), event
    wait_until(lambda: server.suppressed() == {"victim@recipient.test"}, 30, "the address on the list")
    try:
        send(server.port("smtp"), message_text("again"), recipients=["victim@recipient.test"])
        raise AssertionError("a suppressed address got mail")
    except smtplib.SMTPRecipientsRefused as error:
        code, text = error.recipients["victim@recipient.test"]
        assert code == 550 and b"hard_bounce" in text, (code, text)
    traced = server.verb("trace", message_id, "--json").stdout.decode()
    assert '"oob_bounce"' in traced, traced
    scenario.say("a bounce suppresses the address of its return path, and no other")

    path, _ = sent_to(server, outside, "annoyed@recipient.test", "X-Stream: news\r\n")
    said = hand_in(mx, complaint("nobody.test", f"Original-Mail-From: <{path}>\n"),
                   "fbl@b.sender.test")
    assert said.startswith("250 "), said
    event = told("complaint", 1)
    assert event["recipient"] == "annoyed@recipient.test" and event["stream"] == "news", event
    wait_until(lambda: "annoyed@recipient.test" in server.suppressed(), 30,
               "the complainer on the list")

    _, message_id = sent_to(server, outside, "quiet@recipient.test")
    for domain in ("nobody.test", "fbl.test"):
        said = hand_in(mx, complaint(domain, original=f"X-Posthaste-ID: {message_id}\n"),
                       "FBL@b.sender.test", f"feedback@{domain}")
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
