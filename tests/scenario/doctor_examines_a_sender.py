#!/usr/bin/python3
"""A new sender asks `posthaste doctor` for its zone, publishes it, and the doctor is content; then
one record is broken, and the doctor says so, in text, in JSON and by its exit code. A configuration
is examined as a whole: its domains, keys, sources and certificates."""

import json

from harness import certificate, run
from harness.server import posthaste

DOMAIN = "sender.example"
ADDRESS = "192.0.2.25"
ZONE = [f"{DOMAIN}. SOA ns1.{DOMAIN}. hostmaster.{DOMAIN}. 1 7200 900 1209600 300",
        f"{DOMAIN}. MX 10 mail.{DOMAIN}."]


def as_answers(lines):
    """Lines of a zone file in the form that --dns takes."""
    answers = {}
    for line in lines:
        name, *words = line.split(None, 2)
        kind, data = words if words[0] != "IN" else words[1].split(None, 1)
        answers.setdefault(f"{name} {kind}", []).append(data)
    return answers


def doctor(scenario, answers, *arguments):
    file = scenario.write("dns.json", json.dumps(answers))
    return posthaste("doctor", "--dns", file, *arguments)


def troubles(result):
    report = json.loads(result.stdout)
    return sorted(f"{finding['severity']} {finding['check']}"
                  for section in report["sections"] for finding in section["findings"]
                  if finding["severity"] not in ("ok", "skipped"))


def main(scenario):
    scenario.say("a key, and the zone of a new sender")
    keys = scenario.folder("dkim")
    made = posthaste("dkim", "keygen", "--domain", DOMAIN, "--selector", "mail", "--out", keys)
    assert made.returncode == 0, made.stderr
    sender = [DOMAIN, "--source", ADDRESS, "--helo", f"mail.{DOMAIN}", "--selector", "mail",
              "--key", f"{keys}/mail.private", "--bounce-domain", f"bounce.{DOMAIN}"]
    zone = posthaste("doctor", "--zone", *sender)
    assert zone.returncode == 0, zone.stderr
    lines = ZONE + [line for line in zone.stdout.decode().splitlines()
                    if line and not line.startswith(";")]

    scenario.say("published, the doctor is content")
    good = as_answers(lines)
    result = doctor(scenario, good, "--json", *sender)
    assert result.returncode == 0, result.stdout
    assert troubles(result) == ["info dmarc-policy"], troubles(result)

    scenario.say("a second SPF record is one fault, and its remedy mends it")
    broken = {name: list(data) for name, data in good.items()}
    broken[f"bounce.{DOMAIN}. TXT"].append('"v=spf1 mx ~all"')
    result = doctor(scenario, broken, *sender)
    assert result.returncode == 1, result.stdout
    text = result.stdout.decode()
    assert "2 SPF records at bounce." + DOMAIN in text, text
    assert "\x1b" not in text, "colours in a file"
    remedy = [line.strip() for line in text.splitlines()]
    after = [line for line in remedy if line.startswith("+ ") and "spf1" in line]
    assert len(after) == 1, after
    broken[f"bounce.{DOMAIN}. TXT"] = as_answers([after[0][2:]])[f"bounce.{DOMAIN}. TXT"]
    assert doctor(scenario, broken, *sender).returncode == 0

    scenario.say("what the servers have and the resolver has not yet")
    broken = dict(good)
    broken[f"mail._domainkey.{DOMAIN}. TXT @authoritative"] = good[f"mail._domainkey.{DOMAIN}. TXT"]
    broken[f"mail._domainkey.{DOMAIN}. TXT"] = "NXDOMAIN"
    result = doctor(scenario, broken, "--json", *sender)
    assert troubles(result) == ["info dmarc-policy", "info propagation"], troubles(result)

    scenario.say("a whole configuration")
    chain, key = certificate(scenario, f"mail.{DOMAIN}")
    config = scenario.write("posthaste.conf", f"""
        server {{ hostname = "mail.{DOMAIN}" data_dir = "{scenario.path("data")}" }}
        listener "in" {{ address = "127.0.0.1:0" tls = opportunistic certificate = "{chain}" key = "{key}" }}
        source "one" {{ address = "{ADDRESS}" hostname = "mail.{DOMAIN}" }}
        dkim {{ domain = "{DOMAIN}" selector = "mail" private_key = "{keys}/mail.private" }}
        """)
    result = doctor(scenario, good, "--json", "-c", config, "--bounce-domain", f"bounce.{DOMAIN}")
    found = troubles(result)
    assert [one for one in found if "certificate" not in one] == ["info dmarc-policy"], found
    other = posthaste("dkim", "keygen", "--domain", DOMAIN, "--selector", "next", "--out", keys)
    assert other.returncode == 0, other.stderr
    config = scenario.write("posthaste.conf", f"""
        server {{ hostname = "mail.{DOMAIN}" data_dir = "{scenario.path("data")}" }}
        dkim {{ domain = "{DOMAIN}" selector = "mail" private_key = "{keys}/next.private" }}
        """)
    result = doctor(scenario, good, "--json", "-c", config, "--bounce-domain", f"bounce.{DOMAIN}")
    assert "error dkim-match" in troubles(result), troubles(result)

    scenario.say("wrong usage")
    for arguments in ([], ["--source", "nonsense", DOMAIN], ["a b"], ["--dns", "/none", DOMAIN]):
        result = posthaste("doctor", *arguments)
        assert result.returncode == 2, (arguments, result)
        assert result.stderr.startswith(b"posthaste doctor: "), result.stderr


if __name__ == "__main__":
    run(main)
