"""Programs that hand mail to a server."""

import os
import smtplib
import ssl

from .processes import run_program
from .scenario import need


def message_text(subject="A test", sender="a@sender.test", recipient="b@recipient.test",
                 body="Hello.\r\n"):
    return (f"From: {sender}\r\nTo: {recipient}\r\nSubject: {subject}\r\n"
            f"Date: Thu, 01 Jan 2026 00:00:00 +0000\r\nMessage-ID: <{subject.replace(' ', '.')}"
            f"@sender.test>\r\n\r\n{body}").encode()


def unverified():
    """TLS that believes every certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def send(port, text, sender="a@sender.test", recipients=("b@recipient.test",), user=None,
         password=None, starttls=False, implicit_tls=False):
    """Hands one message over with Python's client; smtplib's exceptions tell refusals."""
    context = unverified() if starttls or implicit_tls else None
    client = (smtplib.SMTP_SSL("127.0.0.1", port, timeout=30, context=context) if implicit_tls
              else smtplib.SMTP("127.0.0.1", port, timeout=30))
    with client:
        if starttls:
            client.starttls(context=context)
        if user:
            client.login(user, password)
        return client.sendmail(sender, list(recipients), text)


def send_each(port, recipients, sender="a@sender.test"):
    """Hands over a message for each recipient, all on one connection: the ids that the server gave
    them."""
    ids = []
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        client.ehlo()
        for recipient in recipients:
            replies = (client.mail(sender), client.rcpt(recipient),
                       client.data(message_text(recipient)))
            assert [code for code, _ in replies] == [250] * 3, replies
            ids.append(replies[-1][1].decode().split()[-1])
    return ids


def swaks(port, *arguments, stdin=b""):
    """Runs swaks against a port of loopback; look at returncode and stdout."""
    return run_program([need("swaks"), "--server", "127.0.0.1", "--port", str(port),
                        "--from", "a@sender.test", "--to", "b@recipient.test", *arguments],
                       stdin=stdin)


def msmtp(scenario, port, text, recipient="b@recipient.test", settings=""):
    """Runs msmtp with `settings` (lines of its configuration, such as "tls on")."""
    configuration = scenario.write(
        "msmtprc", f"account default\nhost 127.0.0.1\nport {port}\nfrom a@sender.test\n{settings}\n",
        mode=0o600)
    return run_program([need("msmtp"), "-C", configuration, recipient], stdin=text)


def certificate(scenario, name="mx.test"):
    """A certificate that signs itself, and its key: (certificate path, key path)."""
    cert, key = scenario.path(f"{name}.crt"), scenario.path(f"{name}.key")
    made = run_program([need("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                        "-keyout", key, "-out", cert, "-days", "30", "-subj", f"/CN={name}",
                        "-addext", f"subjectAltName=DNS:{name}"])
    assert made.returncode == 0, made.stderr.decode()
    os.chmod(key, 0o644)  # peers read it as users of their own; it protects nothing
    return cert, key
