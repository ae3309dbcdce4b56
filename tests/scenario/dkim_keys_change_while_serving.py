#!/usr/bin/python3
"""A key file that is replaced is taken over without a reload; a broken one is refused, logged, and the
old key stays; `keygen --next` makes the next selector, and blocks switch by their dates. The keys of
two blocks that sign at the same time both verify, one of them a feedback loop's."""

import json
import os

from harness import run, wait_until
from harness.clients import message_text, send
from harness.server import MINIMAL_CONFIG, Posthaste, Sink, posthaste

CONFIG = MINIMAL_CONFIG + """
route "*" { to = {"[127.0.0.1]:%d"} tls = off }
dkim { selector = "mail" domain = "sender.test" private_key = "%s" valid_until = "2020-01-01" }
dkim { selector = "mail2" domain = "sender.test" private_key = "%s" valid_from = "2020-01-01" }
dkim { selector = "loop" domain = "fbl.test" private_key = "%s" sign_all = true
       canonicalization = "simple/simple" }
"""


def keygen(folder, *options):
    made = posthaste("dkim", "keygen", "--out", folder, "--json", *options)
    assert made.returncode == 0, made.stderr.decode()
    return json.loads(made.stdout)


class Mail:
    """Sends one message after the other and judges how each was signed."""

    def __init__(self, scenario, server, sink, records):
        self._scenario, self._server, self._sink = scenario, server, sink
        self._records = records
        self._count = 0

    def signatures(self):
        """The next message's: {selector: result}."""
        self._count += 1
        subject = f"number-{self._count}"
        send(self._server.port("smtp"), message_text(subject))
        message = wait_until(lambda: next((m for m in self._sink.messages()
                                           if subject.encode() in m), None), what=subject)
        dns = self._scenario.write("dns.json", json.dumps(
            {name + " TXT": [value] for name, value in self._records.items()}))
        judged = posthaste("dkim", "verify", "--json", "--dns", dns, stdin=message)
        return {one["selector"]: one["result"] for one in json.loads(judged.stdout)["signatures"]}


def main(scenario):
    keys = scenario.folder("keys")
    first = keygen(keys, "--domain", "sender.test", "--ed25519")
    second = keygen(keys, "--domain", "sender.test", "--next")
    loop = keygen(keys, "--domain", "fbl.test", "--selector", "loop", "--ed25519")
    assert [first["selector"], second["selector"]] == ["mail", "mail2"], (first, second)
    records = {one["name"]: one["value"] for one in (first, second, loop)}
    sink = Sink(scenario)
    server = Posthaste(scenario, CONFIG % (sink.port, first["private_key"], second["private_key"],
                                           loop["private_key"])).start()
    mail = Mail(scenario, server, sink, records)
    scenario.say("the block whose time it is signs, and the one that signs all")
    found = mail.signatures()
    assert found == {"mail2": "pass", "loop": "pass"}, found

    scenario.say("a broken key file")
    path = second["private_key"]
    with open(path, encoding="ascii") as file:
        good = file.read()
    with open(path, "w", encoding="ascii") as file:
        file.write(good[:100])
    server.wait_for("a new DKIM key is refused; the old one stays", timeout=60)
    assert mail.signatures() == {"mail2": "pass", "loop": "pass"}

    scenario.say("a new key in its place")
    new = keygen(scenario.folder("new"), "--domain", "sender.test", "--selector", "mail2",
                 "--ed25519")
    os.replace(new["private_key"], path)
    server.wait_for("a DKIM key is replaced", timeout=60)
    records[new["name"]] = new["value"]
    assert mail.signatures() == {"mail2": "pass", "loop": "pass"}


if __name__ == "__main__":
    run(main)
