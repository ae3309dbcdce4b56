#!/usr/bin/python3
"""An address that bounced gets no more mail: it is refused at the door, over restarts, until it is
taken off the list; what waits for an address that is put on it is never delivered. Mail goes out
from a return path that names it, and returns to the sender that was given."""

import json
import re
import smtplib

from harness import run, wait_until
from harness.clients import message_text, send
from harness.misbehaving import MisbehavingServer, Step
from harness.server import MINIMAL_CONFIG, Posthaste, posthaste

BLOCKS = """
log "all" { path = "@dir@/events.log" }
bounce { domain = "b.sender.test" }
remote_queue "quick" {
  match { recipient_domain = {"deferring.test"} }
  retry { first = "1s" growth = 1 ceiling = "1s" jitter = 0 }
}
route "refusing.test" { to = {"[127.0.0.1]:%d"} tls = off }
route "deferring.test" { to = {"[127.0.0.1]:%d"} tls = off }
route "*" { to = {"[127.0.0.1]:%d"} tls = off }
"""
ACCEPT = """
suppression { at_reception = accept }
"""


def refusal(port, recipient):
    """What the server says to a message for this one recipient; "" when it takes it."""
    try:
        send(port, message_text("again"), recipients=[recipient])
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        return f"{code} {text.decode()}"
    return ""


def main(scenario):
    refusing = scenario.own(MisbehavingServer(
        {"rcpt": [Step.reply("550 5.1.1 no such user"), Step.reply("250 ok")]}))
    deferring = scenario.own(MisbehavingServer({"mail": Step.reply("451 4.3.0 later")}))
    others = scenario.own(MisbehavingServer())
    config = MINIMAL_CONFIG + BLOCKS % (refusing.port, deferring.port, others.port)
    server = Posthaste(scenario, config).start()
    port = server.port("smtp")

    def suppress(*arguments, code=0, stdin=b""):
        done = posthaste("suppress", *arguments, "-c", server.file, stdin=stdin)
        assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
        return done.stdout.decode()

    def taken():
        """What it took: a DATA that was on its way when RCPT was refused ends empty (RFC 2920)."""
        return [one for one in refusing.messages if one]

    def listed():
        return [json.loads(line) for line in suppress("list", "--json").splitlines()]

    assert refusal(port, "User@refusing.test") == ""
    wait_until(lambda: listed(), 30, "the address on the list")
    entry = listed()[0]
    assert entry["address"] == "user@refusing.test" and entry["reason"] == "hard_bounce", entry
    assert entry["text"] == "550 5.1.1" and entry["tenant"] == "", entry
    bounce = wait_until(lambda: server.events("bounce"), 30, "its event")[0]
    assert bounce["event_id"] == entry["event_id"], (bounce, entry)
    said = refusal(port, "user@REFUSING.test")
    assert said.startswith("550 5.1.1 suppressed: hard_bounce since "), said
    assert refusal(port, "other@refusing.test") == "", "its neighbour gets mail"
    wait_until(lambda: len(taken()) == 1, 30, "the neighbour's message")
    wait_until(lambda: server.events("suppressed"), 30, "the event of the refusal")
    assert len(server.events("suppressed")) == 1, server.events("suppressed")
    scenario.say("who bounced is refused, and named in an event")

    mail_from = refusing.dialogues[0][1]
    assert re.match(r"MAIL FROM:<b-[a-z2-7]{48}@b\.sender\.test>", mail_from), mail_from
    assert bounce["sender"] == "a@sender.test", bounce
    wait_until(lambda: others.messages, 30, "the notification")
    assert others.envelopes[0][1][0].startswith("RCPT TO:<a@sender.test>"), others.envelopes
    assert others.envelopes[0][0].startswith("MAIL FROM:<>"), others.envelopes
    scenario.say("it went out from a return path of ours, and came back to its sender")

    server.kill()
    server.start()
    assert refusal(port, "user@refusing.test").startswith("550 5.1.1 suppressed")
    suppress("remove", "user@refusing.test")
    suppress("remove", "user@refusing.test", code=1)
    assert refusal(port, "user@refusing.test") == ""
    # A kill may deliver again what was on its way.
    wait_until(lambda: len(taken()) >= 2, 30, "mail after it was taken off")
    scenario.say("it stays on the list over a kill, until it is taken off")

    assert refusal(port, "waits@deferring.test") == ""
    wait_until(lambda: server.events("transient_failure"), 30, "a first try")
    suppress("add", "waits@deferring.test", "--text", "asked us by phone")
    wait_until(lambda: any(one["recipient"] == "waits@deferring.test"
                           for one in server.events("suppressed")), 30, "mail that waited to end")
    scenario.say("what waited for it is not delivered")

    server.write_config(config + ACCEPT)
    server.restart()
    before = len(others.messages)
    told = len(server.events("suppressed"))
    suppress("add", "gone@elsewhere.test", "--tenant", "", "--reason", "unsubscribe")
    assert refusal(port, "gone@elsewhere.test") == "", "it is accepted"
    wait_until(lambda: len(server.events("suppressed")) == told + 1, 30, "its event")
    send(port, message_text("both"), recipients=["gone@elsewhere.test", "here@elsewhere.test"])
    wait_until(lambda: len(server.events("suppressed")) == told + 2, 30, "the second event")
    wait_until(lambda: len(others.messages) > before, 30, "the other's message")
    assert len(others.messages) == before + 1, others.envelopes[before:]
    assert "gone@" not in str(others.envelopes[before:]), others.envelopes[before:]
    scenario.say("where it is to be accepted, an event tells that nothing was sent")

    rows = "".join(f"user{number}@many.test,complaint,acme,news\r\n" for number in range(12000))
    text = "address,reason,tenant,stream\r\n" + rows + "no address,manual,,\r\n"
    imported = posthaste("suppress", "import", "-", "-c", server.file, stdin=text.encode())
    assert imported.returncode == 1, imported
    assert b"12000 entries imported, 1 lines wrong" in imported.stdout, imported.stdout
    assert b"line 12002: " in imported.stderr, imported.stderr
    exported = suppress("export", "--domain", "many.test").splitlines()
    assert exported[0] == "address,reason,tenant,stream,since,until,text", exported[0]
    assert len(exported) == 12001, len(exported)
    assert exported[1].startswith("user0@many.test,complaint,acme,news,20"), exported[1]
    again = suppress("import", "-", stdin="\n".join(exported).encode())
    assert "12000 entries imported, 0 lines wrong" in again, again
    assert len(suppress("list", "--tenant", "other", "--everybody", "--json").splitlines()) == 2
    scenario.say("lists are imported and exported")
    server.stop()


if __name__ == "__main__":
    run(main)
