#!/usr/bin/python3
"""A domain that wants its TLS reports by mail gets them (RFC 8460): counted over a restart, signed
by DKIM, and delivered although its own TLS is what is broken."""

import email
import gzip
import json

from harness import need, run
from harness.processes import run_program
from harness.transport import TransportWorld, check_report


def main(scenario):
    world = TransportWorld(scenario)
    wrong = world.ca.issue("elsewhere.lab")
    world.host("mx.a.lab", wrong)
    world.domain("a.lab", ["mx.a.lab"])
    world.domain("b.lab", ["mx.a.lab"], rua="mailto:tls%2Drpt@a.lab")
    for domain in ("a.lab", "b.lab"):
        world.policy(domain, "version: STSv1\nmode: enforce\nmx: mx.a.lab\nmax_age: 86400\n")
    key = scenario.path("dkim.pem")
    made = run_program([need("openssl"), "genpkey", "-algorithm", "RSA", "-out", key])
    assert made.returncode == 0, made.stderr.decode()
    world.start(f'dkim {{ selector = "s1" domain = "mta.lab" private_key = "{key}" }}\n')

    world.send("b.lab")
    world.deferred("b.lab", "certificate will not do")
    world.server.restart()
    scenario.say("counted, and restarted; asking for the reports")
    world.reports()
    taken = [email.message_from_bytes(one) for one in world.postfix.wait_for_messages(1)]
    reports = [one for one in taken if one["TLS-Report-Domain"] == "b.lab"]
    assert len(reports) == 1, [one["Subject"] for one in taken]
    report = reports[0]
    assert report["TLS-Report-Submitter"] == "mta.test", report.items()
    assert " ".join(report["Subject"].split()).startswith(
        "Report Domain: b.lab Submitter: mta.test Report-ID: <"), report["Subject"]
    assert report["TLS-Required"] == "No"
    assert "d=mta.lab" in report["DKIM-Signature"]
    assert report.get_content_type() == "multipart/report", report.get_content_type()
    assert report.get_param("report-type") == "tlsrpt"
    document = report.get_payload()[1]
    assert document.get_content_type() == "application/tlsrpt+gzip"
    assert document.get_filename().startswith("mta.test!b.lab!"), document.get_filename()
    content = json.loads(gzip.decompress(document.get_payload(decode=True)))
    assert content["contact-info"] == "tls-reports@mta.lab"
    check_report(content, "b.lab", "sts", 0, 1, "certificate-host-mismatch")
    scenario.say("the report came by mail, signed")


if __name__ == "__main__":
    run(main)
