#!/usr/bin/python3
"""Reports that receivers send are read, stored once and summed up on the command line; archives and
XML that are made to exhaust their reader are refused, and cost it little memory."""

import gzip
import io
import json
import os
import subprocess
import zipfile

from harness import run
from harness.server import binary

MOST_MEMORY = 160 << 10  # KiB, where both archives unpack to 256 MiB

REPORT = """<?xml version="1.0"?>
<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">
<report_metadata><org_name>Receiver</org_name><report_id>%s</report_id>
<date_range><begin>%d</begin><end>%d</end></date_range></report_metadata>
<policy_published><domain>sender.test</domain><p>none</p></policy_published>
<record><row><source_ip>192.0.2.1</source_ip><count>3</count><policy_evaluated>
<disposition>none</disposition><dkim>%s</dkim><spf>fail</spf></policy_evaluated></row>
<identifiers><header_from>sender.test</header_from></identifiers></record></feedback>
"""


def report(day, dkim):
    begin = 1767225600 + 86400 * day
    return REPORT % (day, begin, begin + 86399, dkim)


def write(scenario, name, octets):
    path = scenario.path(name)
    with open(path, "wb") as file:
        file.write(octets)
    return path


def verb(*arguments):
    """Exit code, output, and the most memory in KiB."""
    with subprocess.Popen([binary(), "report", *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        output = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, output, usage.ru_maxrss


def zipped(name, octets):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, octets)
    return buffer.getvalue()


def large_zip():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("a.xml", "w") as file:
            for _ in range(256):
                file.write(b"<a/>" * (256 << 10))
    return buffer.getvalue()


def bombs():
    """A name and octets of each. Made in small pieces: a child's most memory begins with ours."""
    yield "many.xml.gz", gzip.compress(b" " * (1 << 20)) * 256  # members one behind the other
    yield "large.zip", large_zip()
    laughs = "".join(f"<!ENTITY l{i} '{f'&l{i - 1};' * 10}'>" for i in range(1, 12))
    yield "laughs.xml", (f"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY l0 'lol'>{laughs}]>"
                         "<feedback>&l11;</feedback>").encode()
    yield "external.xml", b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><feedback/>"
    yield "deep.json", b'{"policies": ' + b"[" * (8 << 20)
    good = gzip.compress(report(0, "pass").encode())
    yield "cut.xml.gz", good[:len(good) // 2]
    yield "mislabelled.xml.gz", zipped("a.xml", report(0, "pass"))


def main(scenario):
    files = [write(scenario, "0.xml", report(0, "pass").encode()),
             write(scenario, "1.xml.gz", gzip.compress(report(1, "fail").encode())),
             write(scenario, "2.zip", zipped("2.xml", report(2, "fail")))]
    code, output, _ = verb("parse", *files)
    lines = [json.loads(line) for line in output.splitlines()]
    assert code == 0 and [line["container"] for line in lines] == ["plain", "gzip", "zip"], output
    assert all(line["kind"] == "dmarc_aggregate" and line["messages"] == 3 for line in lines), lines

    database = scenario.path("reports.db")
    for words in ("stored", "known already"):
        code, output, _ = verb("import", "--db", database, *files)
        assert code == 0 and output.count(words) == 3, output
    code, output, _ = verb("summary", "--db", database, "--days", "36500", "--json")
    sender = json.loads(output)["domains"][0]["senders"][0]
    assert sender["messages"] == 9 and sender["dkim"]["failing_since"] == 1767225600 + 86400, sender
    code, output, _ = verb("summary", "--db", database, "--days", "36500")
    assert code == 0 and "192.0.2.1" in output and "2026-01-02" in output, output
    scenario.say("three reports were read, stored once and summed up")

    for name, octets in bombs():
        code, output, memory = verb("parse", write(scenario, name, octets))
        line = json.loads(output)
        assert code == 1 and line["kind"] == "error" and line["error"], (name, output)
        assert memory < MOST_MEMORY, (name, memory)
        scenario.say(f"{name}: {len(octets)} octets, {memory} KiB: {line['error']}")


if __name__ == "__main__":
    run(main)
