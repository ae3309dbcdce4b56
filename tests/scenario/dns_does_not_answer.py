#!/usr/bin/python3
"""No name server answers: each verb that judges by DNS says soon what it waits for, of whom and what
to do, gives up when nothing answers at all, and judges nothing by answers that nobody gave. Where
other names are answered, the question has its time, and the verdict is that of a failing DNS."""

from harness import message_text, run
from harness.name_servers import SilentNameServer
from harness.server import posthaste

DOMAIN = "sender.test"
TIMEOUT = "1s"
# Signed by nobody: what is looked at is that the key is asked for.
SIGNED = (b"DKIM-Signature: v=1; a=rsa-sha256; d=%s; s=mail; c=relaxed/relaxed; h=from;\r\n"
          b" bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=dGVzdA==\r\n"
          % DOMAIN.encode() + message_text("to be judged"))
SEALED = (b"ARC-Seal: i=1; a=rsa-sha256; cv=none; d=%s; s=mail; b=dGVzdA==\r\n"
          b"ARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/relaxed; d=%s; s=mail; h=from;\r\n"
          b" bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=dGVzdA==\r\n"
          b"ARC-Authentication-Results: i=1; mx.test; none\r\n" % ((DOMAIN.encode(),) * 2)
          + message_text("to be judged"))
KEY = f"mail._domainkey.{DOMAIN}"

SPF = ("spf check", ("--ip", "192.0.2.1", "--from", f"a@{DOMAIN}"), b"", f"{DOMAIN} TXT")


def questions(key_file):
    """Verb, options, standard input, and what is asked first."""
    return (
        SPF,
        ("dmarc check", ("--from-domain", DOMAIN), b"", f"_dmarc.{DOMAIN} TXT"),
        ("dkim verify", (), SIGNED, f"{KEY} TXT"),
        ("arc verify", (), SEALED, f"{KEY} TXT"),
        ("arc seal", ("--key", key_file, "--domain", DOMAIN, "--selector", "mail",
                      "--authserv-id", "mx.test"), SEALED, f"{KEY} TXT"),
    )


def ask(server, verb, options, message):
    return posthaste(*verb.split(), *options, "--dns-server", server.address,
                     "--dns-timeout", TIMEOUT, stdin=message)


def main(scenario):
    made = posthaste("dkim", "keygen", "--domain", DOMAIN, "--selector", "mail",
                     "--out", scenario.directory)
    assert made.returncode == 0, made

    silent = SilentNameServer(scenario)
    for verb, options, message, question in questions(scenario.path("mail.private")):
        done = ask(silent, verb, options, message)
        assert done.returncode == 3 and not done.stdout, done
        waits, ends = done.stderr.decode().splitlines()
        assert waits.startswith(f"posthaste {verb}: no answer for {question} in 250ms from "
                                f"{silent.address}, waiting on: connect this machine"), waits
        assert ends.startswith(f"posthaste {verb}: no name server answers ("), ends
        assert ": connect this machine" in ends and "--dns-server" in ends, ends
        scenario.say(ends)
    assert "com" in silent.asked, silent.asked

    scenario.say("several messages are given up at once, not one after the other")
    files = [scenario.write(f"{number}.eml", SIGNED) for number in range(5)]
    done = ask(silent, "dkim verify", files, b"")
    assert done.returncode == 3 and not done.stdout, done
    assert len(done.stderr.splitlines()) == 2, done

    scenario.say("one domain is silent, others are not")
    half = SilentNameServer(scenario, answered={"com"})
    verb, options, message, question = SPF
    done = ask(half, verb, options, message)
    assert done.returncode == 1, done
    assert done.stdout.startswith(b"temperror "), done
    told, = done.stderr.decode().splitlines()
    assert f"no answer for {question} in 250ms" in told, told

    scenario.say("who answers is not complained of")
    well = SilentNameServer(scenario, answered={DOMAIN})
    done = ask(well, verb, options, message)
    assert done.returncode == 1 and done.stdout.startswith(b"none ") and not done.stderr, done


if __name__ == "__main__":
    run(main)
