"""An SMTP client that sends many transactions over one connection, octet for octet."""

import socket


class HungUp(Exception):
    """The server ended the connection."""


def stuffed(content):
    """Lines (that end in CRLF) as they stand after DATA, with the dot that ends them."""
    text = content.replace(b"\r\n.", b"\r\n..")
    return (b"." + text if text.startswith(b".") else text) + b".\r\n"


class PipeliningClient:
    """Says groups of commands at once (RFC 2920) and hears their replies.

        with PipeliningClient(port) as client:
            replies = client.say(b"MAIL FROM:<>", b"RCPT TO:<b@recipient.test>", b"DATA")
            said = client.content(stuffed(b"Subject: x\\r\\n\\r\\nx\\r\\n"))
    """

    def __init__(self, port, helo="client.test", timeout=60):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")
        self.greeting = self.reply()
        assert self.greeting[0] == 220, self.greeting
        _, self.offers = self.say(b"EHLO " + helo.encode())[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._file.close()
        self._socket.close()

    def reply(self):
        """The code and the text of the next reply."""
        text = b""
        while True:
            line = self._file.readline()
            if not line.endswith(b"\n"):
                raise HungUp(text + line)
            text += line
            if line[3:4] != b"-":
                return int(line[:3]), text.decode("latin-1")

    def send(self, octets):
        self._socket.sendall(octets)

    def say(self, *commands):
        """The replies to commands that are sent together."""
        self.send(b"".join(command + b"\r\n" for command in commands))
        return [self.reply() for _ in commands]

    def content(self, octets):
        """The reply to what is sent after 354."""
        self.send(octets)
        return self.reply()

    def transact(self, sender, recipient, octets):
        """The reply to a message (stuffed, with its end), else to the command that was refused."""
        replies = self.say(b"MAIL FROM:<" + sender.encode() + b">",
                           b"RCPT TO:<" + recipient.encode() + b">", b"DATA")
        if replies[2][0] == 354:
            return self.content(octets)
        self.say(b"RSET")
        return next(reply for reply in replies if reply[0] >= 400)
