#!/usr/bin/python3
"""dkimpy, OpenDKIM, rspamd and mailauth accept what `posthaste dkim sign` signs, with RSA, with
Ed25519 and with both, in every canonical form, whatever the message looks like; `posthaste dkim
verify` agrees with them, accepts what they sign, and all refuse a message that was changed.

POSTHASTE_DKIM_MESSAGES (500) sets how many random messages are signed.
"""

import json
import os
import random

from harness import Skip, run
from harness.dkim_peers import Dkimpy, Mailauth, OpenDkim, Rspamd, read, write
from harness.server import posthaste

MESSAGES = int(os.environ.get("POSTHASTE_DKIM_MESSAGES", "500"))
BATCH = 250
SEED = 6376
DOMAIN = "example.com"
FORMS = ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"]
KINDS = [["rsa"], ["ed"], ["rsa", "ed"]]  # the selectors that sign
WORDS = ["alpha", "beta", "Gamma", "délta", "=?utf-8?q?caf=C3=A9?=", "x" * 70, "1,2;3:4", "(note)",
         '"quoted \\" text"', "日本語", "<a@b.test>", "-", "--", ".", "..", "From", "a=b; c=d"]


def random_value(rng, words):
    text = ""
    for word in rng.choices(WORDS, k=words):
        text += rng.choice([" ", "  ", "\t", "\r\n ", "\r\n\t \t", " \r\n  "]) + word
    return text + rng.choice(["", "", " ", "\t", " \t "])


def random_header(rng):
    """Header fields with odd names, spaces and folds; one From, and sometimes several of others."""
    fields = ["From:" + rng.choice([" ", "", "  ", "\t", "\r\n "]) + "A Sender <a@example.com>"]
    for name in rng.choices(["To", "Cc", "Subject", "subject", "SUBJECT", "Date", "Message-ID",
                             "X-Other", "Received", "List-Unsubscribe", "MIME-Version",
                             "Content-Type", "Reply-To"], k=rng.randint(0, 9)):
        fields.append(name + ":" + random_value(rng, rng.randint(1, 8)))
    if rng.random() < 0.05:  # huge: hundreds of fields, and one of tens of thousands of octets
        fields += [f"X-Number-{i}:" + random_value(rng, 3) for i in range(300)]
        fields.append("References:" + random_value(rng, 3000))
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
        made = posthaste("dkim", "keygen", "--domain", DOMAIN, "--selector", selector,
                         "--out", scenario.directory, "--json", *options)
        assert made.returncode == 0, made.stderr.decode()
        record = json.loads(made.stdout)
        assert os.stat(record["private_key"]).st_mode & 0o777 == 0o600
        records[record["name"]] = record["value"]
    return records


def sign(scenario, files, kind, form):
    keys = [word for selector in kind
            for word in ("--selector", selector, "--key", scenario.path(selector + ".private"))]
    folder = scenario.folder("signed")
    made = posthaste("dkim", "sign", "--domain", DOMAIN, *keys, "--canonicalization", form,
                     "--to", folder, *files)
    assert made.returncode == 0, made.stderr.decode()
    signed = [os.path.join(folder, os.path.basename(file)) for file in files]
    for before, after in zip(files, signed):
        assert read(after).endswith(read(before)), "the message itself was changed"
    return signed


def ours_accepts(files, dns, signatures=1):
    judged = posthaste("dkim", "verify", "--dns", dns, "--json", *files)
    accepted = set()
    for line in judged.stdout.splitlines():
        found = json.loads(line)
        results = [one["result"] for one in found["signatures"]]
        if len(results) >= signatures and set(results) == {"pass"}:
            accepted.add(found["file"])
    return accepted


def check_ours(scenario, peers, dns, rng):
    """Signs batches of random messages; every peer and we accept each."""
    counts = {peer.name: 0 for peer in peers}
    for start in range(0, MESSAGES, BATCH):
        number = start // BATCH
        files = [scenario.write(f"plain/{i:05}.eml", random_header(rng) + "\r\n" + random_body(rng))
                 for i in range(start, min(start + BATCH, MESSAGES))]
        # Each share of a batch is signed in another way.
        shares = {}
        for index, file in enumerate(files):
            way = (number + index) % (len(KINDS) * len(FORMS))
            shares.setdefault(way, []).append(file)
        for way, share in shares.items():
            kind, form = KINDS[way % len(KINDS)], FORMS[way // len(KINDS)]
            signed = sign(scenario, share, kind, form)
            missing = set(signed) - ours_accepts(signed, dns, len(kind))
            assert not missing, f"posthaste refuses {missing} ({kind}, {form})"
            for peer in peers:
                judged = [file for file in signed if peer.judges(form, read(file))]
                missing = set(judged) - peer.accepts(judged, len(kind))
                assert not missing, f"{peer.name} refuses {sorted(missing)} ({kind}, {form})"
                counts[peer.name] += len(judged)
            for file in share + signed:
                os.unlink(file)
    for name, count in counts.items():
        scenario.say(f"{name} accepts all {count} that it judges")
    scenario.say("posthaste accepts them too")


def check_theirs(scenario, peers, dns, rng):
    """What others sign is accepted by us."""
    for peer in peers:
        if not hasattr(peer, "sign"):
            continue
        count = 0
        for selector in ("rsa", "ed"):
            if selector == "ed" and peer.name != "mailauth":
                continue  # dkimpy takes no PKCS #8 for Ed25519
            for form in FORMS:
                pairs = [(scenario.write(f"theirs/{i}.eml",
                                         random_header(rng) + "\r\n" + random_body(rng)),
                          scenario.path("theirs", f"{i}.signed")) for i in range(5)]
                peer.sign(pairs, DOMAIN, selector, read(scenario.path(selector + ".private")),
                          form.split("/"))
                signed = [target for _, target in pairs]
                missing = set(signed) - ours_accepts(signed, dns)
                assert not missing, f"posthaste refuses {missing} of {peer.name} ({form})"
                count += len(signed)
        scenario.say(f"posthaste accepts {count} that {peer.name} signed")


def main(scenario):
    records = make_keys(scenario)
    dns = scenario.write("dns.json", json.dumps({f"{n} TXT": [v] for n, v in records.items()}))
    peers = []
    for kind in (Dkimpy, OpenDkim, Rspamd, Mailauth):
        try:
            peers.append(kind(scenario, records))
        except Skip as skip:
            scenario.say(f"without {kind.name}: {skip}")
    if len(peers) < 2:
        raise Skip("fewer than two other programs that verify DKIM: run script/setup")
    rng = random.Random(SEED)
    scenario.say(f"signing {MESSAGES} random messages (seed {SEED})")
    check_ours(scenario, peers, dns, rng)
    check_theirs(scenario, peers, dns, rng)

    message = (random_header(rng) + "\r\n" + random_body(rng)).encode()
    file = sign(scenario, [scenario.write("plain/changed.eml", message)], ["rsa"], FORMS[0])[0]
    write(file, read(file).replace(b"A Sender", b"A Stranger"))
    for peer in peers:
        assert not peer.accepts([file]), f"{peer.name} accepts a message that was changed"
    judged = posthaste("dkim", "verify", "--dns", dns, "--json", stdin=read(file))
    assert judged.returncode == 1 and json.loads(judged.stdout)["result"] == "fail"
    scenario.say("all refuse a message that was changed")


if __name__ == "__main__":
    run(main)
