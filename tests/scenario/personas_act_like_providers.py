#!/usr/bin/python3
"""The personas of the large providers, and the strict one, as a plain client meets them: strangers
are greylisted, an address gets what its history allows and then the provider's own words, history
earns more, unknown users are named, and a bad list ends in a block, of its address only."""

import os
import re
import socket
import time

from harness import run, wait_until
from harness.server import Sink

PERSONAS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "conf", "personas")

# What is said beyond the allowance, to unknown users' senders, with a low score, and to the blocked.
WORDS = {
    "gmail": ("421-4.7.28 Gmail has detected an unusual rate", "550 5.1.1 The email account that",
              "421-4.7.0 This message is suspicious due to the very low reputation",
              "550-5.7.1 Gmail has detected that this message is likely unsolicited"),
    "yahoo": ("421 4.7.0 [TSS04] Messages from", "554 delivery error: dd This user doesn't have",
              "421 4.7.0 [TSS05] Messages from", "553 5.7.1 [BL21] Connections will not be"),
    "outlook": ("451 4.7.650 The mail server [127.0.0.", "550 5.5.0 Requested action not taken",
                "451 4.7.651 The mail server [127.0.0.", "550 5.7.1 Unfortunately, messages from ["),
    "strict": ("421 4.7.28 Too much mail from 127.0.0.", "550 5.1.1 nobody",
               "421 4.7.0 Too much mail from 127.0.0.", "554 5.7.1 127.0.0."),
}

GOOD, UNKNOWN, BAD, OTHER = "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"


class Client:
    """An SMTP client that sends from one address, and pipelines."""

    def __init__(self, port, source):
        self._socket = socket.create_connection(("127.0.0.1", port), 20, (source, 0))
        self._file = self._socket.makefile("rb")
        assert self.reply().startswith("220")
        self.say("EHLO client.test")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()
        self._socket.close()

    def reply(self):
        lines = []
        while not lines or lines[-1][3:4] == "-":
            lines.append(self._file.readline().decode())
            assert lines[-1], f"the sink hung up after {lines}"
        return "".join(lines)

    def say(self, *commands):
        """The replies to commands that are sent together."""
        self._socket.sendall("".join(command + "\r\n" for command in commands).encode())
        replies = []
        for _ in commands:
            replies.append(self.reply())
            if replies[-1].startswith("421"):
                break
        return replies

    def send(self, recipient):
        """Sends a message; returns the first refusal, or the 250 at its end."""
        for command in ("MAIL FROM:<a@sender.test>", f"RCPT TO:<{recipient}>", "DATA"):
            answer = self.say(command)[0]
            if answer[0] not in "23":
                if not answer.startswith("421"):
                    self.say("RSET")
                return answer
        return self.say("Subject: x\r\n\r\nx\r\n.")[0]


def send_once(port, source, recipient):
    with Client(port, source) as client:
        return client.send(recipient)


def send_until_refused(port, source):
    """How many messages were taken over one connection, and the refusal."""
    with Client(port, source) as client:
        for taken in range(1000):
            answer = client.send("b@recipient.test")
            if not answer.startswith("250"):
                return taken, answer
    raise AssertionError("nothing is ever refused")


def ruin(port, source, refusals_each):
    """Writes to unknown users until MAIL itself is refused for good; returns that refusal."""
    number = 0
    while number < 3000:
        with Client(port, source) as client:
            mail = client.say("MAIL FROM:<a@sender.test>")[0]
            if not mail.startswith("250"):
                return mail
            answers = client.say(*(f"RCPT TO:<nobody{number + i}@recipient.test>"
                                   for i in range(refusals_each)))
            assert all(answer.startswith("55") for answer in answers), answers
            number += refusals_each
    raise AssertionError("an address that writes to unknown users alone was never blocked")


def replaced(text, *changes):
    for old, new in changes:
        assert old in text, f"the persona has no {old}"
        text = text.replace(old, new)
    return text


def persona_text(name):
    with open(os.path.join(PERSONAS, f"{name}.conf"), encoding="utf-8") as file:
        return file.read()


def senders(sink):
    return {one["client"]: one for one in sink.counts()["senders"]}


def meet(sink, name, refusals_each):
    deferral, unknown, _, block = WORDS[name]
    taken, answer = send_until_refused(sink.port, GOOD)
    seen = senders(sink)[GOOD]
    assert answer.startswith(deferral), answer
    assert seen["last_hour"] == seen["hour_allowance"] >= taken > 20, (taken, seen)
    assert seen["deferred"] == 1 and seen["score"] == 1, seen

    answer = send_once(sink.port, UNKNOWN, "nobody@recipient.test")
    assert answer.startswith(unknown), answer
    assert senders(sink)[UNKNOWN]["unknown"] == 1

    answer = ruin(sink.port, BAD, refusals_each)
    assert answer.startswith(block) and BAD in answer, answer
    seen = senders(sink)[BAD]
    assert seen["is_blocked"] and seen["score"] < 0.3 and seen["blocked"] == 1, seen
    with Client(sink.port, OTHER) as client:
        answer = client.say("MAIL FROM:<a@sender.test>")[0]
        assert answer.startswith("250"), f"others are not blocked: {answer}"
    return taken


def strangers_come_again(sink):
    began = time.monotonic()
    answer = send_once(sink.port, GOOD, "b@recipient.test")
    assert answer.startswith("451 4.7.1 Greylisted"), answer
    wait_until(lambda: send_once(sink.port, GOOD, "b@recipient.test").startswith("250"), 20,
               "the end of greylisting")
    assert time.monotonic() - began >= 0.2
    assert send_once(sink.port, GOOD, "c@recipient.test").startswith("451"), "another recipient"
    assert senders(sink)[GOOD]["greylisted"] >= 2


def a_bad_name_is_told(scenario, name):
    """An address whose score is low, but not yet too low, is deferred in other words."""
    text = re.sub(r"first = \d+", "first = 24", persona_text(name))
    text = replaced(re.sub(r"burst = \d+", "burst = 1", text),
                    ("reputation {", "reputation {\n  window = 20"))
    text = re.sub(r"greylist \{.*\}\n", "", text)
    sink = Sink(scenario, scenario.write(f"{name}-low.conf", text), name=f"{name}-low")
    for number in range(40):
        with Client(sink.port, BAD) as client:
            client.say("MAIL FROM:<a@sender.test>", f"RCPT TO:<nobody{number}@recipient.test>")
    assert 0.3 <= senders(sink)[BAD]["score"] < 0.6, senders(sink)
    # Of the allowance 0.4 is left, but one an hour at the least.
    taken, answer = send_until_refused(sink.port, BAD)
    assert taken == 1 and answer.startswith(WORDS[name][2]), (taken, answer)


def history_earns_more(scenario):
    """With days of a second: who sends what it may is allowed twice as much a day later."""
    text = re.sub(r"first = \d+", "first = 5\n  day = 1s", persona_text("gmail"))
    text = re.sub(r"burst = \d+", "burst = 24", text)
    sink = Sink(scenario, scenario.write("growing.conf", text), name="growing")

    def allowance():
        send_until_refused(sink.port, GOOD)
        return senders(sink)[GOOD]["allowance"]

    assert allowance() == 5
    wait_until(lambda: allowance() >= 20, 20, "an allowance of four times the first day's")


def main(scenario):
    for name in ("gmail", "yahoo", "outlook"):
        text = persona_text(name)
        sink = Sink(scenario, name, name=name)
        taken = meet(sink, name, int(re.search(r"tarpit \{ after = (\d+)", text).group(1)))
        a_bad_name_is_told(scenario, name)
        scenario.say(f"{name}: {taken} messages from a new address, then its own words")
    history_earns_more(scenario)
    # As shipped but for its minute of greylisting, and for fewer recipients to judge by.
    text = replaced(persona_text("strict"), ('after = "1m"', 'after = "200ms"'),
                    ("unknown_share", "window = 50\n  unknown_share"))
    sink = Sink(scenario, scenario.write("strict.conf", text), name="strict")
    strangers_come_again(sink)
    taken = meet(sink, "strict", 3)
    a_bad_name_is_told(scenario, "strict")
    scenario.say(f"strict: strangers come again, then {taken} messages from a new address")


if __name__ == "__main__":
    run(main)
