#!/usr/bin/python3
"""Ten thousand forged bounces and complaints suppress nobody: return paths that are guessed,
altered, cut or made with another key are refused; what is written in a bounce or in a complaint
that proves nothing counts for nobody. One that is genuine still counts, and mail flows on."""

import base64
import hashlib
import hmac
import random
import re
import uuid

from harness import run, wait_until
from harness.clients import message_text, send
from harness.misbehaving import MisbehavingServer
from harness.pipelining import PipeliningClient, stuffed
from harness.returned import bounce, complaint, crlf, failed
from harness.scenario import spread
from harness.server import MINIMAL_CONFIG, Posthaste

BLOCKS = """
log "all" { path = "@dir@/events.log" }
listener "mx" { address = "127.0.0.1:@mx@"  role = inbound }
bounce { domain = "b.sender.test"  verp = %s }
inbound {
  reports = {"dmarc@b.sender.test"}
  complaints = {"fbl@b.sender.test"}
}
route "*" { to = {"[127.0.0.1]:%d"} tls = off }
dns { local_zones = "."
      local_data = {"fbl.test. TXT \\"v=spf1 ip4:127.0.0.1 -all\\"",
                    "_dmarc.fbl.test. TXT \\"v=DMARC1; p=reject\\"",
                    "provider.test. TXT \\"v=spf1 ip4:192.0.2.1 -all\\"",
                    "_dmarc.provider.test. TXT \\"v=DMARC1; p=reject\\""} }
"""

FORGED = 2500   # of bounces, and of complaints, for each form of return paths
REFUSALS = 19   # of one connection; the twentieth ends it
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
VICTIMS = [f"victim{number}@recipient.test" for number in range(20)]

PROSE = """From: MAILER-DAEMON@mx.recipient.test
To: <%(path)s>
Subject: failure notice

Hi. This is the qmail-send program at mx.recipient.test.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<%(to)s>:
550 5.1.1 no such user
"""

class Sent:
    """A message that has gone out: whom to, by which return path, and its ids."""

    def __init__(self, recipient, path, message_id, header_id):
        self.recipient, self.message_id, self.header_id = recipient, message_id, header_id
        self.local, self.domain = path.split("@")


def token_of_another_key(sent, key=b"0123456789abcdef0123456789abcdef"):
    """A return path for a true message and recipient, as whoever knows all but the key makes it."""
    octets = uuid.UUID(sent.message_id).bytes
    about = b"recipient 1" + octets + sent.recipient.encode()
    octets += hmac.digest(key, about, hashlib.sha256)[:4]
    octets += hmac.digest(key, b"return path 1" + octets, hashlib.sha256)[:10]
    return "b-" + base64.b32encode(octets).decode().lower()


def altered(dice, local):
    """One character of the token is another."""
    at = dice.randrange(2, len(local))
    return local[:at] + dice.choice(ALPHABET.replace(local[at], "")) + local[at + 1:]


def mixed_case(dice, text):
    return "".join(dice.choice((one.upper(), one.lower())) for one in text)


def cut_or_grown(dice, sent):
    """Return paths with too little or too much of a genuine token, or with it somewhere else."""
    local, other = sent.local, sent.recipient.replace("@", "=")
    return dice.choice([
        lambda: local[:dice.randrange(2, len(local))], lambda: "b-" + local[3:],
        lambda: local + dice.choice(ALPHABET), lambda: local + "+" + other,
        lambda: local + "=", lambda: "b-" + local, lambda: local[2:], lambda: "u-" + local[2:],
        lambda: f'"{local} "', lambda: f"{local}.{other}", lambda: f"{local}%{other}",
        lambda: "b-" + "a" * 48, lambda: "b-" + "7" * 48])()


def forged_paths(dice, all_sent, count):
    """(local part, domain) of return paths, none of which may be taken."""
    for number in range(count):
        sent = dice.choice(all_sent)
        local = [lambda: "b-" + "".join(dice.choices(ALPHABET, k=48)),
                 lambda: altered(dice, sent.local),
                 lambda: token_of_another_key(sent),
                 lambda: mixed_case(dice, altered(dice, sent.local)),
                 lambda: cut_or_grown(dice, sent)][number % 5]()
        yield local, mixed_case(dice, sent.domain) if number % 3 == 0 else sent.domain


def unfitting_bounce(dice, sent, path):
    """A well-formed bounce to a genuine return path, about everybody but its recipient."""
    others = dice.sample([one for one in VICTIMS if one != sent.recipient], dice.randrange(1, 6))
    if dice.random() < 0.25:
        return crlf(PROSE % {"path": path, "to": others[0]})
    extra = f"X-Failed-Recipients: {', '.join(others)}\n" if dice.random() < 0.3 else ""
    blocks = "".join(failed(mixed_case(dice, one) if dice.random() < 0.3 else one)
                     for one in others)
    if dice.random() < 0.3:
        blocks = blocks.replace("Final-Recipient", "Original-Recipient: rfc822; " + others[0] +
                                "\nFinal-Recipient")
    return bounce(path, blocks, f"Subject: hello\nTo: {others[0]}\n", extra)


def forged_complaint(dice, all_sent):
    """A complaint of somebody who proves nothing: (content, envelope sender)."""
    sent, victim = dice.choice(all_sent), dice.choice(VICTIMS)
    wrong = next(forged_paths(dice, [sent], 1))[0] if dice.random() < 0.3 else dice.choice(
        [altered(dice, sent.local), token_of_another_key(sent), sent.local[:-1]])
    domain = dice.choice(["nobody.test", "provider.test", "fbl.test.nobody.test", "away.invalid"])
    fields = dice.choice([
        f"Original-Mail-From: <{wrong}@{sent.domain}>\nOriginal-Rcpt-To: <{victim}>\n",
        f"Original-Rcpt-To: {victim}\nRemoval-Recipient: {victim}\n",
        f"Original-Mail-From: <{sent.message_id}@{sent.domain}>\n", ""])
    original = dice.choice([
        f"Message-ID: <{sent.header_id}>\n", f"Message-ID: <{sent.message_id}@mta.test>\n",
        f"X-Posthaste-ID: {sent.message_id}\n", f"X-Posthaste-ID: {sent.message_id.upper()}\n",
        f"CFBL-Feedback-ID: {wrong}\n", f"CFBL-Feedback-ID: {sent.message_id}\n",
        f"Return-Path: <{wrong}@{sent.domain}>\nFeedback-ID: spring:a:b:sender\n",
        f"X-Posthaste-ID: {sent.message_id}\nMessage-ID: <{sent.header_id}>\n"
        f"CFBL-Feedback-ID: {wrong}\n"])
    extra = dice.choice([
        "", f"Authentication-Results: mta.test; dmarc=pass header.from={domain}\n",
        f"DKIM-Signature: v=1; a=rsa-sha256; d={domain}; s=s; h=from:subject;\n"
        f" bh={'A' * 43}=; b={'B' * 44}\n",
        "Return-Path: <feedback@fbl.test>\nReceived-SPF: pass\n"])
    kind = dice.choice(["abuse", "fraud", "virus", "opt-out", "opt-out-list"])
    content = complaint(domain, fields, f"{original}To: {victim}\n", kind, extra)
    return content, dice.choice([f"feedback@{domain}", "", "feedback@fbl.example"])


def offer(port, paths):
    """Offers return paths that are to be refused, as many to a connection as are allowed."""
    for begin in range(0, len(paths), REFUSALS):
        some = paths[begin:begin + REFUSALS]
        with PipeliningClient(port, "mx.recipient.test") as client:
            said = client.say(b"MAIL FROM:<>", *(b"RCPT TO:<%s@%s>" % (local.encode(),
                              domain.encode()) for local, domain in some))
            for (local, domain), (code, text) in zip(some, said[1:]):
                assert code in (501, 550, 553), (local, domain, text)


def hand_in(port, mails):
    """Hands in (content, sender, recipient), of which all are to be taken."""
    with PipeliningClient(port, "mx.recipient.test") as client:
        for content, sender, recipient in mails:
            code, said = client.transact(sender, recipient, stuffed(content))
            assert code == 250, (said, content)


class World:
    """A server that sends, and hears what comes back."""

    def __init__(self, scenario, verp):
        self.outside = scenario.own(MisbehavingServer())
        self.server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS % (verp, self.outside.port),
                                name=verp).start()
        self.mx = self.server.port("mx")

    def sent(self, recipients):
        """Sends a message to each recipient, every other with a Message-ID of the server's."""
        before = len(self.outside.messages)
        for number, recipient in enumerate(recipients):
            text = message_text(f"to {recipient}", recipient=recipient)
            if number % 2:
                text = re.sub(rb"Message-ID: [^\r]*\r\n", b"", text)
            send(self.server.port("smtp"), text, recipients=[recipient])
        wait_until(lambda: len(self.outside.messages) == before + len(recipients), 30, "all mail")

        def delivered():
            found = {one["recipient"]: one for one in self.server.events("delivery")}
            return found if all(one in found for one in recipients) else None
        events = wait_until(delivered, 30, "an event of each")
        found = []
        for text, (sender, to) in zip(self.outside.messages[before:],
                                      self.outside.envelopes[before:]):
            path = re.match(r"MAIL FROM:<([^>]+)>", sender).group(1)
            recipient = re.match(r"RCPT TO:<([^>]+)>", to[0]).group(1)
            header_id = re.search(rb"(?im)^message-id: *<([^>]+)>", text).group(1).decode()
            found.append(Sent(recipient, path, events[recipient]["message_id"], header_id))
        return found

    def returned(self, kind, outcome):
        """How many mails of that kind had that outcome."""
        _, text = self.server.get("/metrics")
        found = re.search(r'^posthaste_inbound_messages_total\{kind="%s",outcome="%s"\} (\d+)' %
                          (kind, outcome), text, re.MULTILINE)
        return int(found.group(1)) if found else 0


def forges_bounces(scenario, world, dice, all_sent):
    refused = 4 * FORGED // 5
    paths = list(forged_paths(dice, all_sent, refused))
    spread(paths, lambda share: offer(world.mx, share))
    assert world.returned("bounce", "acted") == 0 and not world.server.events("oob_bounce")
    assert world.server.metric("posthaste_rejections_total") == refused
    scenario.say(f"{refused} forged return paths are refused")
    mails = []
    for number in range(FORGED - refused):
        sent = dice.choice(all_sent)
        local = mixed_case(dice, sent.local) if number % 2 else sent.local
        path = f"{local}@{sent.domain}"
        mails.append((unfitting_bounce(dice, sent, path), "", path))
    spread(mails, lambda share: hand_in(world.mx, share))
    assert world.returned("bounce", "acted") == len(mails)
    told = wait_until(lambda: len(world.server.events("oob_bounce")) >= len(mails) and
                      world.server.events("oob_bounce"), 60, "their events")
    assert not any(one["hard"] for one in told), [one for one in told if one["hard"]][0]
    assert world.server.suppressed() == set()
    scenario.say(f"{len(mails)} bounces of others' addresses to genuine return paths are told, "
                 "and suppress nobody")


def forges_complaints(scenario, world, dice, all_sent):
    mails = [(*forged_complaint(dice, all_sent), f"{dice.choice(('fbl', 'dmarc'))}@b.sender.test")
             for _ in range(FORGED - 100)]
    spread(mails, lambda share: hand_in(world.mx, share))
    assert world.returned("complaint", "ignored") == len(mails)
    # Equal lines are left out of the log where they are many; the metric counts all.
    assert "a complaint proves nothing" in world.server.output()
    assert not world.server.events("complaint") and not world.server.events("unsubscribe")
    scenario.say(f"{len(mails)} complaints that prove nothing are counted, and no more")
    # Whoever is somebody has to name a message of ours all the same.
    mails = []
    for number in range(100):
        sent, victim = dice.choice(all_sent), dice.choice(VICTIMS)
        guess = uuid.UUID(int=uuid.UUID(sent.message_id).int ^ dice.randrange(1, 1 << 62))
        original = (f"X-Posthaste-ID: {guess}\n" if number % 2
                    else f"Message-ID: <{guess}@mta.test>\n")
        content = complaint("fbl.test", f"Original-Rcpt-To: {victim}\n",
                            f"{original}To: {victim}\n")
        mails.append((content, "feedback@fbl.test", "fbl@b.sender.test"))
    spread(mails, lambda share: hand_in(world.mx, share))
    told = wait_until(lambda: len(world.server.events("complaint")) >= len(mails) and
                      world.server.events("complaint"), 30, "their events")
    assert not any(one.get("recipient") for one in told), told[0]
    assert world.server.suppressed() == set()
    scenario.say("authentic complaints about guessed messages suppress nobody either")


def believes_genuine_ones(scenario, world):
    for sent in world.sent(VICTIMS + ["bounced@recipient.test", "annoyed@recipient.test",
                                      "quiet@recipient.test"]):
        path = f"{sent.local}@{sent.domain}"
        if sent.recipient.startswith("bounced"):
            hand_in(world.mx, [(bounce(path, failed(sent.recipient)), "", path)])
        elif sent.recipient.startswith("annoyed"):
            hand_in(world.mx, [(complaint("nobody.test", f"Original-Mail-From: <{path}>\n"), "",
                                "fbl@b.sender.test")])
        elif sent.recipient.startswith("quiet"):
            original = f"X-Posthaste-ID: {sent.message_id}\nTo: redacted@redacted.test\n"
            hand_in(world.mx, [(complaint("fbl.test", original=original), "feedback@fbl.test",
                                "fbl@b.sender.test")])
    genuine = {f"{name}@recipient.test" for name in ("bounced", "annoyed", "quiet")}
    wait_until(lambda: world.server.suppressed() == genuine, 30, "those who did not want it on the list")
    scenario.say("mail flows on to all, and three genuine returns suppress three addresses")


def main(scenario):
    dice = random.Random(20260101)
    for verp in ("recipient", "message"):
        scenario.say(f"return paths that name a {verp}")
        world = World(scenario, verp)
        all_sent = world.sent(VICTIMS)
        forges_bounces(scenario, world, dice, all_sent)
        forges_complaints(scenario, world, dice, all_sent)
        believes_genuine_ones(scenario, world)
        assert world.server.metric("posthaste_inbound_messages_total") == FORGED // 5 + FORGED + 3
        world.server.stop()


if __name__ == "__main__":
    run(main)
