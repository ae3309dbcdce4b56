#!/usr/bin/python3
"""MTA-STS policies, fetched over HTTPS, decide which hosts get mail (RFC 8461), in testing and in
enforce mode, against a real Postfix; each domain is told in its TLS report."""

from harness import run, wait_until
from harness.authority import Authority
from harness.transport import PLAIN_ADDRESS, TransportWorld, check_report


def policy(mode, *mx, max_age=86400):
    return "\n".join(["version: STSv1", f"mode: {mode}", *(f"mx: {one}" for one in mx),
                      f"max_age: {max_age}", ""])


def build(scenario):
    world = TransportWorld(scenario)
    ca, other = world.ca, Authority(scenario, "other")
    faults = {
        "valid": (ca.issue, ["mx.{}"], {}, "127.0.0.1"),
        "wrong": (ca.issue, ["elsewhere.lab"], {}, "127.0.0.1"),
        "expired": (ca.issue, ["mx.{}"], {"days": -2}, "127.0.0.1"),
        "untrusted": (other.issue, ["mx.{}"], {}, "127.0.0.1"),
        "stripped": (ca.issue, ["mx.{}"], {}, PLAIN_ADDRESS),
        "spoofed": (ca.issue, ["mx.{}"], {}, "127.0.0.1"),
    }
    for mode in ("enforce", "testing"):
        for fault, (issue, names, options, address) in faults.items():
            domain = f"{fault}-{mode}.lab"
            host = f"mx.{domain}"
            world.host(host, issue(*[name.format(domain) for name in names], file=host, **options),
                       address=address)
            world.domain(domain, [host])
            # A forged MX record leads to a host that the policy does not name.
            named = f"mx.real-{domain}" if fault == "spoofed" else host
            world.policy(domain, policy(mode, named))
    for domain, options in {
            "nowhere.lab": {"certificate": other.issue("mta-sts.nowhere.lab")},
            "redirect.lab": {"status": 301},
            "html.lab": {"kind": "text/html"}}.items():
        world.host(f"mx.{domain}", ca.issue(f"mx.{domain}"))
        world.domain(domain, [f"mx.{domain}"])
        world.policy(domain, policy("enforce", f"mx.{domain}"), **options)
    # A zone without DNSSEC, and one whose TLSA records say yes where the policy says no.
    dane = ca.issue("mx.dane.lab")
    world.host("mx.dane.lab", dane, tlsa=[dane.tlsa()])
    world.domain("dane.lab", ["mx.dane.lab"])
    world.policy("dane.lab", policy("enforce", "mx.real.lab"))
    world.unsigned("plainzone.lab")
    world.host("mx.plainzone.lab", ca.issue("mx.plainzone.lab"), "plainzone.lab")
    world.domain("plainzone.lab", ["mx.plainzone.lab"], "plainzone.lab")
    # A policy needs no DNSSEC; but where DNSSEC says that an answer is forged, there is none.
    def one(domain, named, zone=None):
        world.host(f"mx.{domain}", ca.issue(f"mx.{domain}"), zone)
        world.domain(domain, [f"mx.{domain}"], zone)
        world.policy(domain, policy("enforce", named))

    world.unsigned("plain.lab")
    one("plain.lab", "mx.plain.lab", "plain.lab")
    world.unsigned("plainwrong.lab")
    one("plainwrong.lab", "mx.real.lab", "plainwrong.lab")
    world.bogus("forgedzone.lab")
    one("forgedzone.lab", "mx.forgedzone.lab", "forgedzone.lab")
    world.bogus("_mta-sts.forgedrecord.lab")
    one("forgedrecord.lab", "mx.real.lab")
    world.bogus("mta-sts.forgedhost.lab")
    one("forgedhost.lab", "mx.real.lab")
    return world.start()


def main(scenario):
    world = build(scenario)
    faults = ("valid", "wrong", "expired", "untrusted", "stripped", "spoofed")
    scenario.say("sending to every domain")
    world.send(*[f"{fault}-{mode}.lab" for mode in ("enforce", "testing") for fault in faults],
               "nowhere.lab", "redirect.lab", "html.lab", "dane.lab", "plainzone.lab", "plain.lab",
               "plainwrong.lab", "forgedrecord.lab", "forgedhost.lab", "forgedzone.lab")

    world.delivered("valid-enforce.lab", "mta-sts")
    for fault in ("wrong", "expired", "untrusted"):
        world.deferred(f"{fault}-enforce.lab", "certificate will not do")
    world.deferred("stripped-enforce.lab", "STARTTLS")
    world.deferred("spoofed-enforce.lab", "does not name the host")
    world.delivered("valid-testing.lab", "mta-sts")
    for fault in faults[1:]:
        world.delivered(f"{fault}-testing.lab")
    for domain in ("nowhere.lab", "redirect.lab", "html.lab", "plainzone.lab", "forgedrecord.lab",
                   "forgedhost.lab"):
        world.delivered(domain)
    world.delivered("plain.lab", "mta-sts")
    world.deferred("plainwrong.lab", "does not name the host")
    world.deferred("forgedzone.lab", "not known now")
    world.delivered("dane.lab", "dane")
    scenario.say("delivered or deferred as RFC 8461 says; asking for the reports")

    reports = world.reports()
    for mode in ("enforce", "testing"):
        found = check_report(reports[f"valid-{mode}.lab"], mode, "sts", successful=1)
        assert found["policy"]["policy-domain"] == f"valid-{mode}.lab", found
        assert found["policy"]["mx-host"] == [f"mx.valid-{mode}.lab"], found
        assert found["policy"]["policy-string"][:2] == ["version: STSv1", f"mode: {mode}"], found
        for fault, kind in {"wrong": "certificate-host-mismatch", "expired": "certificate-expired",
                            "untrusted": "certificate-not-trusted",
                            "stripped": "starttls-not-supported",
                            "spoofed": "validation-failure"}.items():
            check_report(reports[f"{fault}-{mode}.lab"], f"{fault}-{mode}", "sts", 0, 1, kind)
    for domain, kind in {"nowhere.lab": "sts-webpki-invalid", "redirect.lab": "sts-policy-fetch-error",
                         "html.lab": "sts-policy-invalid",
                         "forgedhost.lab": "sts-policy-fetch-error"}.items():
        # No session failed by it.
        check_report(reports[domain], domain, "sts", 0, 0, kind)
        check_report(reports[domain], domain, "no-policy-found", successful=1)
    check_report(reports["dane.lab"], "dane.lab", "tlsa", successful=1)
    for domain in ("plainzone.lab", "forgedrecord.lab"):
        check_report(reports[domain], domain, "no-policy-found", successful=1)
    check_report(reports["plain.lab"], "plain.lab", "sts", successful=1)
    scenario.say("each domain has its report")

    # The policy host has gone, and a restart has come: the policy holds all the same.
    world.server.stop()
    world.https.pages.clear()
    asked = len(world.https.asked)

    def seen(domain, kind):
        return [one for one in world.server.events(kind) if one["recipient_domain"] == domain]

    delivered = len(seen("valid-enforce.lab", "delivery"))
    deferred = len(seen("stripped-enforce.lab", "transient_failure"))
    world.server.start()
    world.send("valid-enforce.lab", "stripped-enforce.lab")
    later = wait_until(lambda: seen("valid-enforce.lab", "delivery")[delivered:], 60,
                       "the mail after the restart")
    assert later[0]["tls_verified"] == "mta-sts", later
    later = wait_until(lambda: seen("stripped-enforce.lab", "transient_failure")[deferred:], 60,
                       "what the policy still forbids")
    assert "STARTTLS" in later[0]["response"], later
    assert not seen("stripped-enforce.lab", "delivery")
    assert len(world.https.asked) == asked, "a policy that is known was fetched again"
    scenario.say("policies outlive a restart")


if __name__ == "__main__":
    run(main)
