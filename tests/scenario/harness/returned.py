"""Mail that comes back to a sender: bounces, complaints, and the messages that they are about."""

import re
import smtplib

from .clients import message_text, send
from .scenario import wait_until

FAILED = """Final-Recipient: rfc822; %s
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

"""

BOUNCE = """From: MAILER-DAEMON@mx.recipient.test
To: <%(path)s>
Subject: Undelivered Mail Returned to Sender
%(extra)sMIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

Your message could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.recipient.test

%(failed)s--b
Content-Type: text/@HEADERS@

%(original)s
--b--
"""

COMPLAINT = """From: feedback@%(domain)s
Subject: complaint
%(extra)sMIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary=x

--x
Content-Type: message/feedback-report

Feedback-Type: %(kind)s
User-Agent: Loop/1
Version: 1
%(fields)s
--x
Content-Type: text/@HEADERS@

%(original)s
--x--
"""


def crlf(text):
    return text.replace("@HEADERS@", "rfc" "822-headers").replace("\n", "\r\n").encode()


def failed(recipient):
    """What a delivery report says of a recipient that does not exist."""
    return FAILED % recipient


def bounce(path, blocks, original="Subject: hello\n", extra=""):
    """A delivery report to a return path; `blocks` as of failed(), fields of header in `extra`."""
    return crlf(BOUNCE % {"path": path, "failed": blocks, "original": original, "extra": extra})


def complaint(domain, fields="", original="", kind="abuse", extra=""):
    """A complaint (ARF) of this domain: its own fields, and those of the message it is about."""
    return crlf(COMPLAINT % {"domain": domain, "fields": fields, "original": original,
                             "kind": kind, "extra": extra})


def hand_in(port, text, recipient, sender="", client="127.0.0.1"):
    """What an MX says: to the connection if it can take none, to the recipient if it refuses that,
    else to the message. `client`: the address of loopback that it comes from."""
    with smtplib.SMTP(timeout=60, source_address=(client, 0)) as connection:
        code, said = connection.connect("127.0.0.1", port)
        if code == 220:
            connection.ehlo("mx.recipient.test")
            connection.mail(sender)
            code, said = connection.rcpt(recipient)
        if code == 250:
            code, said = connection.data(text)
        return f"{code} {said.decode()}"


def sent_to(server, outside, recipient, headers=""):
    """Sends a new message to the MisbehavingServer `outside`: its return path and its id."""
    before = len(outside.messages)
    send(server.port("smtp"), headers.encode() + message_text("hello", recipient=recipient),
         recipients=[recipient])
    wait_until(lambda: len(outside.messages) > before, 30, "the message")

    def delivered():
        return [one for one in server.events("delivery") if one["recipient"] == recipient]

    wait_until(delivered, 30, "its event")
    path = re.match(r"MAIL FROM:<([^>]+)>", outside.envelopes[-1][0]).group(1)
    return path, delivered()[-1]["message_id"]
