#!/usr/bin/python3
"""dkimpy accepts the chains that `posthaste arc seal` makes, with one set and with several, also
around messages that a list has changed; `posthaste arc verify` agrees, and both see a broken one."""

import json

from harness import Skip, run
from harness.server import posthaste

try:
    import dkim
except ImportError:
    dkim = None

MESSAGE = b"""From: A Sender <a@example.com>\r
To: list@lists.test\r
Subject: A  folded\r
\t subject\r
Date: Thu, 01 Jan 2026 00:00:00 +0000\r
Message-ID: <1@example.com>\r
\r
Text with trailing space \r
\r
\r
"""


class Hops:
    """Sealers of several domains, with their keys published."""

    def __init__(self, scenario, domains):
        self._scenario = scenario
        self._keys = {}
        self.records = {}
        for domain in domains:
            made = posthaste("dkim", "keygen", "--domain", domain, "--selector", "arc",
                             "--out", scenario.folder(domain), "--json")
            assert made.returncode == 0, made.stderr.decode()
            record = json.loads(made.stdout)
            self._keys[domain] = record["private_key"]
            self.records[record["name"]] = record["value"]
        self._dns = scenario.write("dns.json", json.dumps(
            {name + " TXT": [value] for name, value in self.records.items()}))

    def receive(self, domain, message):
        """What the domain's border writes on a message that comes in."""
        result = self.ours(message)
        return (f"Authentication-Results: mx.{domain}; arc={result};\r\n"
                f" spf=pass smtp.mailfrom=a@example.com\r\n").encode() + message

    def seal(self, domain, message):
        done = posthaste("arc", "seal", "--key", self._keys[domain], "--domain", domain,
                         "--selector", "arc", "--authserv-id", "mx." + domain,
                         "--dns", self._dns, stdin=message)
        assert done.returncode == 0, done.stderr.decode()
        assert done.stdout.endswith(message), "the message itself was changed"
        return done.stdout

    def ours(self, message):
        judged = posthaste("arc", "verify", "--json", "--dns", self._dns, stdin=message)
        return json.loads(judged.stdout)["result"]

    def dkimpys(self, message):
        def lookup(name, timeout=5):
            return self.records.get(name.decode().rstrip("."), "").encode() or None
        verdict, _, _ = dkim.arc_verify(message, dnsfunc=lookup)
        return verdict.decode() if verdict else "ended"


def main(scenario):
    if dkim is None:
        raise Skip("dkimpy is not installed for this Python: run script/setup")
    domains = ["one.test", "two.test", "three.test"]
    hops = Hops(scenario, domains)
    message = MESSAGE
    for number, domain in enumerate(domains, 1):
        message = hops.receive(domain, message)
        message += f"-- \r\nfooter of {domain}\r\n".encode()
        message = hops.seal(domain, message)
        found = (hops.ours(message), hops.dkimpys(message))
        assert found == ("pass", "pass"), (number, found)
    scenario.say("dkimpy and posthaste accept a chain of three lists")

    broken = message.replace(b"footer of three", b"footer of nobody")
    found = (hops.ours(broken), hops.dkimpys(broken))
    assert found == ("fail", "fail"), found
    ended = hops.seal("one.test", hops.receive("one.test", broken))
    assert b"cv=fail" in ended
    found = (hops.ours(ended), hops.dkimpys(ended))
    assert found == ("fail", "ended"), found
    scenario.say("both see a broken chain, and one that was ended")


if __name__ == "__main__":
    run(main)
