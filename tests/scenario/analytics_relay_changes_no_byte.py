#!/usr/bin/python3
"""An analytics relay changes no byte: 10,000 odd messages (8-bit, dots, lines as long as SMTP
allows and far beyond, chunks that end anywhere) go through it by DATA and by BDAT, pipelined, and all that
the next server gets, commands too, is what the client sent. The log tells their sizes."""

import random
import re

from harness import run, wait_until
from harness.pipelining import PipeliningClient, stuffed
from harness.recording import RecordingServer
from harness.scenario import spread
from harness.server import Posthaste, relay_config

IN_LISTENER = """
  upstream_tls = off
  headers = {"Subject", "Message-ID"}
"""
BLOCKS = 'log "events" { path = "@dir@/events.log"  types = {"relayed"} }'

MESSAGES = 10000
CONNECTIONS = 20
LENGTHS = (0, 1, 77, 78, 997, 998, 999, 1000, 1001, 4095, 4096, 4097, 16384, 65535, 65536, 70000)
# What a line may hold: all but CR and LF, which end it.
OCTETS = bytes(set(range(256)) - {10, 13})
OF_LINES = bytes.maketrans(b"\r\n", b"\x0b\x0c")
DOTS = (b".", b"..", b"...", b".x", b". ", b".\x00", b"..\xff", b"x.", b" .")
FIELDS = (b"Subject: hello\r\n", b"Subject: \xe4\xf6\xfc\r\n", b"Message-ID: <x@y>\r\n",
          b"No-Value:\r\n", b"Subject: folded\r\n\tonce\r\n  and again\r\n",
          b"Odd : field\r\n", b"no field at all\r\n",
          b": no name\r\n", b"X: " + b"y" * 2000 + b"\r\n", b"Subject:\r\n \r\n \r\n",
          b"Content-Transfer-Encoding: binary\r\n", b"\x00\xff: \x80\r\n")


def line(dice):
    kind = dice.random()
    if kind < 0.2:
        return dice.choice(DOTS)
    if kind < 0.3:
        return dice.choice((b"", b" ", b"\t", b" " * 80, b"From x", b">From x", b"--b", b"="))
    length = dice.choice(LENGTHS) if kind < 0.36 else dice.randrange(120)
    return dice.randbytes(length).translate(OF_LINES)


def lines(dice):
    """A content of lines that end in CRLF, as DATA carries it; perhaps empty."""
    header = b"".join(dice.choices(FIELDS, k=dice.randrange(5)))
    body = b"".join(line(dice) + b"\r\n" for _ in range(dice.randrange(25)))
    if dice.random() < 0.002:
        body += dice.randbytes(1 << 20).translate(OF_LINES) + b"\r\n"
    return header + dice.choice((b"\r\n", b"")) + body


def anything(dice):
    """A content that only BDAT can carry: bare CR and LF, an end of DATA within, no line end last."""
    pieces = (b"\r", b"\n", b"\r\n.\r\n", b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r\n..\r\n",
              b"\r\r\n", b"\r\nQUIT\r\n", b"\r\nRSET\r\nMAIL FROM:<>\r\n", b"BDAT 0 LAST\r\n",
              b"\x00", b"x")
    text = lines(dice)
    for _ in range(dice.randrange(6)):
        at = dice.randrange(len(text) + 1)
        text = text[:at] + dice.choice(pieces) + text[at:]
    return text


def envelope(dice, number):
    """Commands that lead to a message, in letters of any case and with odd addresses."""
    mail = dice.choice((b"MAIL FROM:<a%d@sender.test>", b"mail from:<a%d@sender.test> body=8bitmime",
                        b"Mail From:<a%d@sender.test> SIZE=12345", b'MAIL FROM:<"a .%d"@sender.test>',
                        b"MAIL FROM:<a%d@[127.0.0.1]>",
                        b"MAIL FROM:<\xc3\xa4%d@sender.test> SMTPUTF8")) % number
    rcpt = dice.choice((b"RCPT TO:<b@recipient.test>", b"rcpt to:<B+%d@RECIPIENT.test>" % number,
                        b'RcPt To:<"b\\"%d"@recipient.test>' % number))
    before = dice.choices((b"NOOP", b"RSET", b"noop x"), k=dice.randrange(-8, 3)) if (
        dice.random() < 0.2) else []
    return [*before, mail, *[rcpt] * dice.choice((1, 1, 1, 2, 3))]


def chunks(dice, text):
    """A content cut anywhere: the commands and octets of BDAT, and how many they are."""
    cuts = sorted(dice.randrange(len(text) + 1) for _ in range(dice.choice((0, 0, 1, 2, 5))))
    parts = [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)])]
    if dice.random() < 0.2:
        parts.append(b"")
    wire = b""
    for number, part in enumerate(parts):
        verb = dice.choice((b"BDAT", b"bdat"))
        last = dice.choice((b" LAST", b" last")) if number == len(parts) - 1 else b""
        wire += b"%s %d%s\r\n" % (verb, len(part), last) + part
    return wire, len(parts)


class Talk:
    """One connection: what was sent, how large its messages are, and the replies that are due."""

    def __init__(self, port, number):
        self.name = f"c{number}.test"
        self.sent = bytearray()
        self.sizes = []
        self._dice = random.Random(number)
        self._client = PipeliningClient(port, self.name)
        assert "CHUNKING" in self._client.offers, self._client.offers
        self._unsent = b""
        self._due = []

    def transact(self, number):
        dice = self._dice
        commands = envelope(dice, number)
        recipients = sum(command[:4].upper() == b"RCPT" for command in commands)
        self._add(b"".join(command + b"\r\n" for command in commands), [250] * len(commands))
        if number % 2:
            text = anything(dice) if dice.random() < 0.5 else lines(dice)
            wire, count = chunks(dice, text)
            self._add(wire, [250] * count)
            size = len(text)
            if dice.random() < 0.3:
                self.hear()
        else:
            text = lines(dice)
            wire = stuffed(text)
            if dice.random() < 0.1:  # a dot that nobody added is not for the relay to judge
                wire = wire.replace(b"\r\n..", b"\r\n.", 1)
            wire = wire[:(b"\r\n" + wire).index(b"\r\n.\r\n") + 3]
            self._add(b"DATA\r\n", [354])
            self.hear()
            self._add(wire, [250])  # the next commands follow at once
            size = len(wire) - 3 - len(re.findall(rb"(?:^|(?<=\r\n))\.", wire[:-3]))
        self.sizes += [size] * recipients

    def _add(self, octets, replies):
        self._unsent += octets
        self._due += replies

    def hear(self):
        """Sends what is there, perhaps in slices, and waits for all replies."""
        octets, self._unsent = self._unsent, b""
        self.sent += octets
        while octets:
            cut = self._dice.choice((1, 2, 3, 100, 4096, len(octets), len(octets), len(octets)))
            self._client.send(octets[:cut])
            octets = octets[cut:]
        for code in self._due:
            reply = self._client.reply()
            assert reply[0] == code, (self.name, reply, code)
        self._due = []

    def end(self):
        self._add(b"QUIT\r\n", [221])
        self.hear()
        self._client.close()


def converse(port, numbers, talks):
    for number in numbers:
        talk = Talk(port, number)
        talks.append(talk)
        for message in range(MESSAGES // CONNECTIONS):
            talk.transact(message)
        talk.end()


def assert_same(name, sent, got):
    if sent == got:
        return
    at = next((i for i, (a, b) in enumerate(zip(sent, got)) if a != b), min(len(sent), len(got)))
    raise AssertionError(f"{name}: {len(sent)} octets sent, {len(got)} arrived; the first that "
                         f"differs is {at}: {bytes(sent[at - 40:at + 40])!r} became "
                         f"{bytes(got[at - 40:at + 40])!r}")


def main(scenario):
    recorder = scenario.own(RecordingServer())
    relay = Posthaste(scenario, relay_config(recorder.port, IN_LISTENER) + BLOCKS,
                      name="relay").start()
    talks = []
    spread(range(CONNECTIONS), lambda numbers: converse(relay.port("smtp"), numbers, talks))
    assert recorder.messages == MESSAGES, recorder.messages
    octets = sum(len(talk.sent) for talk in talks)
    for talk in talks:
        assert_same(talk.name, talk.sent, recorder.streams[talk.name])
    scenario.say(f"{MESSAGES} messages, {octets} octets: all arrived as they were sent")

    told = sorted(size for talk in talks for size in talk.sizes)
    events = wait_until(lambda: len(relay.events()) >= len(told) and relay.events(), 30,
                        "an event for each recipient")
    assert sorted(one.get("size", 0) for one in events) == told
    scenario.say(f"{len(told)} events tell their sizes")
    relay.stop()


if __name__ == "__main__":
    run(main)
