#!/usr/bin/python3
"""dkimpy and OpenDKIM accept what `posthaste dkim sign` signs, whatever the message looks like,
and `posthaste dkim verify` agrees with them; all three refuse a message that was changed."""

import json
import os
import random
import re

from harness import Skip, need, run
from harness.processes import run_program
from harness.server import posthaste

try:
    import dkim
except ImportError:
    dkim = None

MESSAGES = 200
SEED = 6376
WORDS = ["alpha", "beta", "Gamma", "délta", "=?utf-8?q?caf=C3=A9?=", "x" * 70, "1,2;3:4", "(note)",
         '"quoted \\" text"', "日本語", "<a@b.test>", "-", "--", ".", "..", "From", "a=b; c=d"]


def random_header(rng):
    """Header fields with odd names, spaces and folds; one From, and sometimes several of others."""
    def value():
        text = ""
        for word in rng.choices(WORDS, k=rng.randint(1, 8)):
            text += rng.choice([" ", "  ", "\t", "\r\n ", "\r\n\t \t", " \r\n  "]) + word
        return text + rng.choice(["", "", " ", "\t", " \t "])
    fields = ["From:" + rng.choice([" ", "", "  ", "\t", "\r\n "]) + "A Sender <a@example.com>"]
    for name in rng.choices(["To", "Cc", "Subject", "subject", "SUBJECT", "Date", "Message-ID",
                             "X-Other", "Received", "List-Unsubscribe", "MIME-Version",
                             "Content-Type", "Reply-To"], k=rng.randint(0, 9)):
        fields.append(name + ":" + value())
    rng.shuffle(fields)
    return "".join(field + "\r\n" for field in fields)


def random_body(rng):
    """Bodies with 8-bit text, bare white space, long lines, and blank lines at either end."""
    lines = []
    for _ in range(rng.choice([0, 0, 1, 2, 10, 60])):
        lines.append(rng.choice([
            "", " ", "\t", " \t  ", ".", "..", "From here", "  indented", "trailing  ", "tab\tin\t",
            "a  b   c", "é" * 30, "x" * rng.randint(1, 900), " ".join(rng.choices(WORDS, k=6))]))
    lines += rng.choice([[], [], [""], ["", "", ""], [" "], ["", "\t", ""]])
    return "".join(line + "\r\n" for line in lines)


def make_keys(scenario):
    """An RSA and an Ed25519 key; the records by name."""
    records = {}
    for selector, options in (("rsa", ["--bits", "2048"]), ("ed", ["--ed25519"])):
        made = posthaste("dkim", "keygen", "--domain", "example.com", "--selector", selector,
                         "--out", scenario.directory, "--json", *options)
        assert made.returncode == 0, made.stderr.decode()
        record = json.loads(made.stdout)
        assert os.stat(record["private_key"]).st_mode & 0o777 == 0o600
        records[record["name"]] = record["value"]
    return records


def sign(scenario, selector, message):
    made = posthaste("dkim", "sign", "--domain", "example.com", "--selector", selector,
                     "--key", scenario.path(selector + ".private"), stdin=message)
    assert made.returncode == 0, made.stderr.decode()
    assert made.stdout.endswith(message), "the message itself was changed"
    return made.stdout


def dkimpy_accepts(message, records):
    def lookup(name, timeout=5):
        return records.get(name.decode().rstrip("."), "").encode() or None
    try:
        return dkim.verify(message, dnsfunc=lookup)
    except dkim.DKIMException as error:
        print(f"dkimpy: {error}")
        return False


def opendkim_accepts(scenario, files, records):
    """The files whose signature OpenDKIM verifies."""
    keys = scenario.write("opendkim.keys", "".join(f"{n} {v}\n" for n, v in records.items()))
    settings = scenario.write("opendkim.conf", f"Mode v\nSyslog no\nTestPublicKeys {keys}\n")
    accepted = set()
    for start in range(0, len(files), 20):
        done = run_program([need("opendkim"), "-x", settings, "-v", "-t",
                            ",".join(files[start:start + 20])])
        text = (done.stdout + done.stderr).decode("utf-8", "replace")
        accepted |= set(re.findall(r"opendkim: (\S+): verification .* succeeded", text))
    return accepted


def main(scenario):
    if dkim is None:
        raise Skip("dkimpy is not installed for this Python: run script/setup")
    opendkim = need("opendkim")
    records = make_keys(scenario)
    dns = scenario.write("dns.json", json.dumps({f"{n} TXT": [v] for n, v in records.items()}))
    rng = random.Random(SEED)
    scenario.say(f"signing {MESSAGES} random messages (seed {SEED}) with RSA and Ed25519 in turn")
    files, signed = [], []
    for number in range(MESSAGES):
        message = (random_header(rng) + "\r\n" + random_body(rng)).encode()
        signed.append(sign(scenario, ("rsa", "ed")[number % 2], message))
        # OpenDKIM's test mode reads lines as files on Unix have them.
        files.append(scenario.write(f"{number:03}.eml", signed[-1].replace(b"\r\n", b"\n")))

    refused = [i for i, text in enumerate(signed) if not dkimpy_accepts(text, records)]
    assert not refused, f"dkimpy refuses messages {refused}"
    scenario.say(f"dkimpy accepts all {MESSAGES}")

    accepted = opendkim_accepts(scenario, files, records)
    missing = [file for file in files if file not in accepted]
    assert not missing, f"{opendkim} refuses {missing}"
    scenario.say(f"OpenDKIM accepts all {MESSAGES}")

    for number, text in enumerate(signed):
        judged = posthaste("dkim", "verify", "--dns", dns, "--json", stdin=text)
        assert judged.returncode == 0, f"message {number}: {judged.stdout.decode()}"
    scenario.say("posthaste accepts them too")

    changed = signed[0].replace(b"A Sender", b"A Stranger")
    assert changed != signed[0]
    assert not dkimpy_accepts(changed, records)
    file = scenario.write("changed.eml", changed.replace(b"\r\n", b"\n"))
    assert not opendkim_accepts(scenario, [file], records)
    judged = posthaste("dkim", "verify", "--dns", dns, "--json", stdin=changed)
    assert judged.returncode == 1 and json.loads(judged.stdout)["result"] == "fail"
    scenario.say("all three refuse a message that was changed")


if __name__ == "__main__":
    run(main)
