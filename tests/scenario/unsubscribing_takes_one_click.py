#!/usr/bin/python3
"""Bulk mail goes out with signed links to unsubscribe: looking at one changes nothing, one POST ends
the stream for that address and no other, and forged links do nothing. A class that rejects what
breaks the rules for senders names each rule; one that warns tells them in the event."""

import email
import http.client
import json
import re
import smtplib

from harness import Skip, run, wait_until
from harness.clients import message_text, send
from harness.server import MINIMAL_CONFIG, Posthaste, Sink, posthaste

try:
    import dkim
except ImportError:
    dkim = None

BLOCKS = """
listener "mx" { address = "127.0.0.1:@mx@" role = inbound }
log "all" { path = "@dir@/events.log" }
route "*" { to = {"[127.0.0.1]:%d"} tls = off }
dkim { selector = "mail" domain = "sender.test" private_key = "%s" headers = {"From", "Subject"} }
unsubscribe "lists" {
  url = "https://mail.sender.test/u"
  mailto = "b.sender.test"
  match { stream = {"news", "strict"} }
}
feedback "all" {
  feedback_id = "{campaign}:{tenant}:{stream}:sendertest"
  cfbl_address = "fbl@sender.test"
}
remote_queue "strict" { unaligned = reject bulk = true match { stream = {"strict"} } }
remote_queue "watched" { unaligned = warn match { stream = {"watched"} } }
"""
ADDED = ["list-unsubscribe", "list-unsubscribe-post", "feedback-id", "cfbl-address",
         "cfbl-feedback-id", "x-posthaste-id"]
CLICK = "List-Unsubscribe=One-Click"


def post(server, path, body):
    """The status of a POST without cookies."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port("http"), timeout=20)
    connection.request("POST", path, body,
                       {"Content-Type": "application/x-www-form-urlencoded"})
    reply = connection.getresponse()
    reply.read()
    connection.close()
    return reply.status


def submit(server, stream, subject, recipients=("b@recipient.test",), text=None):
    """What the server says to a message of the stream; "" when it takes it."""
    text = text or message_text(subject, recipient=recipients[0])
    try:
        send(server.port("smtp"), f"X-Stream: {stream}\r\n".encode() + text,
             recipients=recipients)
    except smtplib.SMTPDataError as error:
        return f"{error.smtp_code} {error.smtp_error.decode()}"
    return ""


def main(scenario):
    if dkim is None:
        raise Skip("dkimpy is not installed for this Python: run script/setup")
    made = posthaste("dkim", "keygen", "--domain", "sender.test", "--selector", "mail", "--out",
                     scenario.folder("keys"), "--json")
    assert made.returncode == 0, made.stderr.decode()
    key = json.loads(made.stdout)
    sink = Sink(scenario)
    server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS % (sink.port, key["private_key"])).start()

    def arrived(subject):
        return wait_until(lambda: next((one for one in sink.messages()
                                        if f"Subject: {subject}\r\n".encode() in one), None),
                          30, subject)

    def told(kind, subject=""):
        """The latest event of the kind, once there is one."""
        return wait_until(lambda: next(
            (one for one in reversed(server.events(kind))
             if subject in ("", one.get("subject"))), None), 30, f"{kind} {subject}")

    def wishes():
        return server.events("unsubscribe")

    assert submit(server, "news", "first") == ""
    message = arrived("first")
    fields = email.message_from_bytes(message)
    assert fields["List-Unsubscribe-Post"] == CLICK, fields.items()
    link, address = re.search(r"<https://mail\.sender\.test(/u/[a-z2-7]+)>,\s*<mailto:([^>]+)>",
                              fields["List-Unsubscribe"]).groups()
    assert re.match(r"u-[a-z2-7]{48}@b\.sender\.test\?subject=unsubscribe%20", address), address
    assert fields["Feedback-ID"] == "::news:sendertest", fields["Feedback-ID"]
    reception = told("reception", "first")
    assert fields["X-Posthaste-ID"] == reception["message_id"], reception
    assert reception["meta"]["list_unsubscribe"] == "added", reception

    def lookup(name, timeout=5):
        return key["value"].encode() if name.decode().rstrip(".") == key["name"] else None
    assert dkim.verify(message, dnsfunc=lookup), "dkimpy refuses the signature"
    header = re.sub(r"\s", "", fields["DKIM-Signature"].lower())
    covered = re.search(r";h=([^;]+);", header).group(1).split(":")
    assert set(ADDED) <= set(covered), covered
    scenario.say("the links are there, and dkimpy finds them signed")

    status, page = server.get(link)
    assert status == 200 and "<form method=\"post\">" in page, (status, page)
    assert "recipient.test" not in page, page
    forged = link[:-1] + ("a" if link[-1] != "a" else "b")
    assert post(server, forged, CLICK) == 404
    assert server.get(forged)[0] == 404
    assert post(server, link, "") == 400
    assert post(server, link, "x" * 20_000) == 413
    assert submit(server, "news", "second") == "", "nothing has changed"
    assert not wishes()
    scenario.say("looking at a link, and forging one, changes nothing")

    assert post(server, link, CLICK) == 200
    wish = told("unsubscribe")
    assert wish["recipient"] == "b@recipient.test" and wish["stream"] == "news", wish
    assert wish["message_id"] == reception["message_id"], wish
    wait_until(lambda: submit(server, "news", "third").startswith(
        "550 5.1.1 suppressed: unsubscribe since "), 30, "the stream to end")
    assert submit(server, "receipts", "a receipt") == ""
    assert "List-Unsubscribe" not in email.message_from_bytes(arrived("a receipt"))
    assert submit(server, "news", "to another", ["c@recipient.test"]) == ""
    assert post(server, link, CLICK) == 200
    assert len(wishes()) == 1, "it is told once"
    scenario.say("one click ends this stream for this address, and nothing else")

    mailed = email.message_from_bytes(arrived("to another"))["List-Unsubscribe"]
    address = re.search(r"<mailto:(u-[a-z2-7]+@b\.sender\.test)\?", mailed).group(1)
    with smtplib.SMTP("127.0.0.1", server.port("mx"), timeout=60) as client:
        client.sendmail("anybody@else.test", [address], "Subject: unsubscribe\r\n\r\nplease\r\n")
        assert client.docmd("MAIL", "FROM:<anybody@else.test>")[0] == 250
        code, reply = client.docmd("RCPT", f"TO:<u-{'a' * 48}@b.sender.test>")
        assert code == 550 and b"unsubscribes nobody" in reply, (code, reply)
    wish = wait_until(lambda: next((one for one in wishes() if one["recipient"] ==
                                    "c@recipient.test"), None), 30, "the wish of a mail")
    assert wish["stream"] == "news" and wish["meta"]["way"] == "mailto", wish
    scenario.say("a mail to the address of the link does the same, a forged one is refused")

    assert submit(server, "news", "to both", ["e@recipient.test", "d@recipient.test"]) == ""
    assert "List-Unsubscribe" not in email.message_from_bytes(arrived("to both"))
    assert told("reception", "to both")["meta"]["list_unsubscribe"] == "several_recipients"
    scenario.say("a message for several names none of them")

    assert submit(server, "strict", "as it should be", ["c@recipient.test"]) == ""
    other = message_text("spoofed", sender="a@other.test").replace(b"Thu, 01 Jan", b"Thu, 41 Jan")
    said = submit(server, "strict", "spoofed", text=other)
    assert said.startswith("550 5.7.1 "), said
    for rule in ("valid_date", "from_alignment", "dkim_signature", "one_click_unsubscribe"):
        assert f"5.7.1 {rule}: " in said, (rule, said)
    assert "sign with d=other.test" in said, said
    wait_until(lambda: any("from_alignment" in one["response"]
                           for one in server.events("rejection")), 30, "the rejection's event")
    assert submit(server, "watched", "spoofed", text=other) == ""
    meta = told("reception", "spoofed")["meta"]
    assert meta["broken_rules"] == "valid_date, from_alignment", meta
    assert meta["alignment"] == "dkim=none return_path=none", meta
    wait_until(lambda: server.metric("posthaste_broken_sender_rules_total") == 6, 30, "the counts")
    scenario.say("rules for senders are named, in the reply or in the event")
    server.stop()


if __name__ == "__main__":
    run(main)
