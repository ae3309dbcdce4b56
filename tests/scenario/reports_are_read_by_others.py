#!/usr/bin/python3
"""The reports that we write of failed mail are read right by parsers that others wrote: Python's
email package, flufl.bounce (GNU Mailman) and Mail::DeliveryStatus::BounceParser; and by our own."""

import email
import json
import subprocess

from harness import run, wait_until
from harness.clients import message_text, send
from harness.misbehaving import MisbehavingServer, Step
from harness.scenario import Skip
from harness.server import MINIMAL_CONFIG, Posthaste, posthaste

BLOCKS = """
route "unknown.test" { to = {"[127.0.0.1]:%d"} tls = off }
route "full.test" { to = {"[127.0.0.1]:%d"} tls = off }
route "sender.test" { to = {"[127.0.0.1]:%d"} tls = off }
"""

PERL = """
use Mail::DeliveryStatus::BounceParser;
local $/;
my $bounce = Mail::DeliveryStatus::BounceParser->new(<STDIN>);
print $bounce->is_bounce ? "bounce" : "none", "\\n";
print join("\\t", $_->get("email"), $_->get("std_reason"), $_->get("smtp_code") // ""), "\\n"
    for $bounce->reports;
"""


def read_by_perl(octets):
    """Whether it is a bounce, and (address, reason, code) of each report. Lines end in LF, as in
    mailboxes: that is all this parser knows."""
    octets = octets.replace(b"\r\n", b"\n")
    done = subprocess.run(["perl", "-e", PERL], input=octets, capture_output=True, check=False)
    if b"Can't locate Mail/DeliveryStatus" in done.stderr:
        raise Skip("libmail-deliverystatus-bounceparser-perl is not installed")
    assert done.returncode == 0, done.stderr
    kind, *reports = done.stdout.decode().splitlines()
    return kind, [tuple(line.split("\t")) for line in reports]


def read_by_flufl(octets):
    """The addresses that failed for good."""
    try:
        from flufl.bounce import all_failures
    except ImportError as error:
        raise Skip("python3-flufl.bounce is not installed") from error
    temporary, permanent = all_failures(email.message_from_bytes(octets))
    assert not temporary, temporary
    return {address.decode() for address in permanent}


def read_by_python(octets):
    """(action, status) by recipient."""
    report = email.message_from_bytes(octets)
    part = next(one for one in report.walk()
                if one.get_content_type() == "message/delivery-status")
    return {one["Final-Recipient"].split(";")[1].strip(): (one["Action"], one["Status"])
            for one in part.get_payload()[1:]}


def check(octets, expected, reason):
    """`expected`: status by recipient."""
    assert read_by_python(octets) == {who: ("failed", status) for who, status in expected.items()}
    assert read_by_flufl(octets) == set(expected)
    kind, reports = read_by_perl(octets)
    assert kind == "bounce", kind
    assert {one[0] for one in reports} == set(expected), reports
    assert {one[1] for one in reports} == {reason}, reports
    own = posthaste("bounce", "parse", "-", stdin=octets)
    lines = [json.loads(line) for line in own.stdout.splitlines()]
    assert {one["recipient"]: one["enhanced_status"] for one in lines} == expected, lines
    assert all(one["kind"] == "bounce" and one["action"] == "failed" for one in lines), lines


def main(scenario):
    unknown = scenario.own(MisbehavingServer({"rcpt": Step.reply("550 5.1.1 user unknown")}))
    full = scenario.own(MisbehavingServer({"rcpt": Step.reply("552 5.2.2 mailbox full")}))
    returns = scenario.own(MisbehavingServer())
    server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS % (unknown.port, full.port,
                                                            returns.port)).start()
    port = server.port("smtp")
    send(port, message_text("one"), recipients=["x@unknown.test", "y@unknown.test"])
    wait_until(lambda: len(returns.messages) == 1, 30, "the report of unknown users")
    check(returns.messages[0], {"x@unknown.test": "5.1.1", "y@unknown.test": "5.1.1"},
          "user_unknown")
    scenario.say("four parsers agree on users that are unknown")

    send(port, message_text("two"), recipients=["z@full.test"])
    wait_until(lambda: len(returns.messages) == 2, 30, "the report of a full mailbox")
    check(returns.messages[1], {"z@full.test": "5.2.2"}, "over_quota")
    scenario.say("and on a full mailbox")
    server.stop()


if __name__ == "__main__":
    run(main)
