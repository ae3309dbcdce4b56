#!/usr/bin/python3
"""TLSA records in signed zones decide which hosts get mail (RFC 7672), against a real Postfix and a
signed root, and each domain is told in its TLS report."""

from harness import run
from harness.transport import PLAIN_ADDRESS, TransportWorld, check_report


def build(scenario):
    world = TransportWorld(scenario)
    ca = world.ca

    def one(domain, certificate, tlsa, zone=None, address="127.0.0.1"):
        world.host(f"mx.{domain}", certificate, zone, address, tlsa)
        world.domain(domain, [f"mx.{domain}"], zone)

    good = ca.issue("mx.valid.lab")
    one("valid.lab", good, [good.tlsa()])
    anchor = ca.issue("mx.anchor.lab")
    one("anchor.lab", anchor, [ca.certificate.tlsa(2, 0)])
    wrong = ca.issue("mx.wrong.lab")
    one("wrong.lab", wrong, [good.tlsa()])
    # Another name and over: of a DANE-EE(3) certificate neither matters (RFC 7672 §3.1.1).
    expired = ca.issue("elsewhere.lab", days=-2)
    one("expired.lab", expired, [expired.tlsa()])
    # Of one that a DANE-TA(2) record vouches for both do.
    old = ca.issue("mx.old.lab", days=-2)
    one("old.lab", old, [ca.certificate.tlsa(2, 0)])
    world.unsigned("unsigned.lab")
    one("unsigned.lab", ca.issue("mx.unsigned.lab"), [good.tlsa()], "unsigned.lab")
    # The MX record is forged: its zone does not validate.
    world.bogus("spoofed.lab")
    one("spoofed.lab", ca.issue("mx.spoofed.lab"), [], "spoofed.lab")
    # The addresses validate, the TLSA records do not.
    one("bogus.lab", ca.issue("mx.bogus.lab"), [])
    world.zones.add_bogus("_tcp.mx.bogus.lab")
    one("stripped.lab", ca.issue("mx.stripped.lab"), [good.tlsa()], address=PLAIN_ADDRESS)
    one("unusable.lab", ca.issue("mx.unusable.lab"), [good.tlsa(1, 1)])
    # The first host will not do, the second will.
    second = ca.issue("mx2.second.lab")
    world.host("mx1.second.lab", wrong, tlsa=[good.tlsa()])
    world.host("mx2.second.lab", second, tlsa=[second.tlsa()])
    world.domain("second.lab", ["mx1.second.lab", "mx2.second.lab"])
    # The operator demands DANE, and there is none.
    one("demanded.lab", ca.issue("mx.demanded.lab"), [])
    return world.start('tls_policy "demanded.lab" { mode = "dane" }\n')


def main(scenario):
    world = build(scenario)
    scenario.say("sending to every domain")
    world.send("valid.lab", "anchor.lab", "wrong.lab", "expired.lab", "old.lab", "unsigned.lab",
               "spoofed.lab", "bogus.lab", "stripped.lab", "unusable.lab", "second.lab",
               "demanded.lab")

    event = world.delivered("valid.lab", "dane")
    assert event["tls_version"] == "TLSv1.3" and event["tls_cipher"], event
    assert event["tls_subject"] == "CN=mx.valid.lab" and len(event["tls_fingerprint"]) == 64, event
    world.delivered("anchor.lab", "dane")
    world.delivered("expired.lab", "dane")
    world.delivered("unsigned.lab")
    world.delivered("unusable.lab")
    assert world.delivered("second.lab", "dane")["peer_host"] == "mx2.second.lab"
    world.deferred("wrong.lab", "certificate will not do")
    world.deferred("old.lab", "certificate will not do")
    world.deferred("spoofed.lab", "not known now")
    world.deferred("bogus.lab", "TLSA records")
    world.deferred("stripped.lab", "STARTTLS")
    world.deferred("demanded.lab", "demands DANE")
    scenario.say("delivered or deferred as RFC 7672 says; asking for the reports")

    reports = world.reports()
    for domain in ("valid.lab", "anchor.lab", "expired.lab"):
        policy = check_report(reports[domain], domain, "tlsa", successful=1)
        assert policy["policy"]["policy-domain"] == f"mx.{domain}", policy
        assert len(policy["policy"]["policy-string"]) == 1, policy
    check_report(reports["wrong.lab"], "wrong.lab", "tlsa", 0, 1, "validation-failure")
    check_report(reports["old.lab"], "old.lab", "tlsa", 0, 1, "certificate-expired")
    check_report(reports["unsigned.lab"], "unsigned.lab", "no-policy-found", successful=1)
    check_report(reports["bogus.lab"], "bogus.lab", "tlsa", 0, 1, "dnssec-invalid")
    check_report(reports["stripped.lab"], "stripped.lab", "tlsa", 0, 1, "starttls-not-supported")
    check_report(reports["unusable.lab"], "unusable.lab", "tlsa", 0, 1, "tlsa-invalid")
    check_report(reports["demanded.lab"], "demanded.lab", "no-policy-found", 0, 1, "dane-required")
    # Nobody was spoken to, so that there is nothing to tell.
    assert "bogus.lab" in {one["domain"] for one in world.told}, world.told
    assert "spoofed.lab" not in {one["domain"] for one in world.told}, world.told
    kinds = {one["policy"]["policy-domain"]: one["summary"] for one in
             reports["second.lab"]["policies"]}
    assert kinds["mx1.second.lab"]["total-failure-session-count"] == 1, kinds
    assert kinds["mx2.second.lab"]["total-successful-session-count"] == 1, kinds
    assert world.server.metric("posthaste_tls_sessions_total") >= 12
    scenario.say("each domain has its report")


if __name__ == "__main__":
    run(main)
