#!/usr/bin/python3
"""What fails for good, or grows too old, comes back to the envelope sender as a report that
Python's email package reads right; a null sender gets nothing, and NOTIFY is honoured."""

import email
import smtplib

from harness import run, wait_until
from harness.clients import message_text, send
from harness.misbehaving import MisbehavingServer, Step
from harness.server import MINIMAL_CONFIG, Posthaste

BLOCKS = """
remote_queue "short" {
  match { recipient_domain = {"old.test"} }
  retry { first = "1s" growth = 1 ceiling = "1s" jitter = 0 }
  max_age = "3s"
}
route "refusing.test" { to = {"[127.0.0.1]:%d"} tls = off }
route "old.test" { to = {"[127.0.0.1]:%d"} tls = off }
route "sender.test" { to = {"[127.0.0.1]:%d"} tls = off }
"""


def status_of(report):
    """The per-recipient fields of a report, by recipient."""
    parts = list(report.walk())
    assert report.get_content_type() == "multipart/report", report
    assert report.get_param("report-type") == "delivery-status"
    assert report["Auto-Submitted"].startswith("auto-")
    groups = next(part for part in parts if part.get_content_type() == "message/delivery-status")
    recipients = groups.get_payload()[1:]
    return {one["Final-Recipient"].split(";")[1].strip(): one for one in recipients}


def main(scenario):
    refusing = scenario.own(MisbehavingServer({"rcpt": Step.reply("550 5.1.1 no such user")}))
    deferring = scenario.own(MisbehavingServer({"mail": Step.reply("451 4.3.0 later")}))
    returns = scenario.own(MisbehavingServer())
    server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS % (refusing.port, deferring.port,
                                                            returns.port)).start()
    port = server.port("smtp")
    send(port, message_text("refused"), recipients=["x@refusing.test", "y@refusing.test"])
    wait_until(lambda: len(returns.messages) == 1, 30, "the report of the refusal")
    report = email.message_from_bytes(returns.messages[0])
    found = status_of(report)
    assert set(found) == {"x@refusing.test", "y@refusing.test"}, found
    for one in found.values():
        assert one["Action"] == "failed" and one["Status"] == "5.1.1"
        assert "550 5.1.1 no such user" in one["Diagnostic-Code"]
    assert returns.envelopes[0][0].startswith("MAIL FROM:<>"), returns.envelopes
    assert returns.envelopes[0][1][0].startswith("RCPT TO:<a@sender.test>")
    original = list(report.walk())[-1].get_payload()
    assert "Subject: refused" in str(original), original
    scenario.say("a refusal came back, from the null sender")

    send(port, message_text("old"), recipients=["z@old.test"])
    wait_until(lambda: len(returns.messages) == 2, 60, "the report of the expiry")
    one = status_of(email.message_from_bytes(returns.messages[1]))["z@old.test"]
    assert one["Action"] == "failed" and one["Status"].startswith("5."), one
    scenario.say("so did a message that was too old")

    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        client.ehlo()
        client.mail("a@sender.test", ["RET=FULL", "ENVID=envelope-7"])
        client.rcpt("never@refusing.test", ["NOTIFY=NEVER"])
        client.rcpt("asked@refusing.test", ["NOTIFY=FAILURE", "ORCPT=rfc822;orig@x.test"])
        client.data(message_text("full", body="the body\r\n"))
    wait_until(lambda: len(returns.messages) == 3, 30, "the report that was asked for")
    report = email.message_from_bytes(returns.messages[2])
    found = status_of(report)
    assert set(found) == {"asked@refusing.test"}, found
    assert found["asked@refusing.test"]["Original-Recipient"] == "rfc822; orig@x.test"
    assert b"Original-Envelope-Id: envelope-7" in returns.messages[2]
    assert b"the body" in returns.messages[2], "RET=FULL returns the content"

    send(port, message_text("silent"), sender="", recipients=["silent@refusing.test"])
    send(port, message_text("last"), recipients=["last@refusing.test"])
    wait_until(lambda: len(returns.messages) == 4, 30, "the last report")
    assert b"Subject: last" in returns.messages[3], "none was sent to the null sender"
    scenario.say("NOTIFY, RET, ENVID and the null sender are honoured")
    server.stop()


if __name__ == "__main__":
    run(main)
