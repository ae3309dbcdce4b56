"""An SMTP server that keeps to its script and to nothing else."""

import socket
import ssl
import threading

STAGES = ("connect", "ehlo", "starttls", "mail", "rcpt", "data", "body", "rset", "quit")


class Step:
    """What happens at a stage. Exactly one of these, made by name:

    Step.reply("451 4.3.0 later")   Step.hang()   Step.close()   Step.reset()
    Step.garbage(b"\\x00\\xff")       Step.drip("250 ok", seconds=1)   Step.close_after("354 go")
    """

    def __init__(self, kind, value=None, seconds=0.0):
        self.kind, self.value, self.seconds = kind, value, seconds

    @staticmethod
    def reply(text):
        return Step("reply", text)

    @staticmethod
    def hang():
        return Step("hang")

    @staticmethod
    def close():
        return Step("close")

    @staticmethod
    def reset():
        """Closes with RST, so that the peer loses what it had not read yet."""
        return Step("reset")

    @staticmethod
    def garbage(octets=b"\x00\xff\xfe garbage without an end"):
        return Step("garbage", octets)

    @staticmethod
    def drip(text, seconds=0.2):
        """The reply, an octet at a time."""
        return Step("drip", text, seconds)

    @staticmethod
    def close_after(text):
        return Step("close_after", text)


class _End(Exception):
    pass


class MisbehavingServer:
    """Listens on a port of loopback. `script` maps a stage of STAGES to a Step, or to a list: the
    first for the first time the stage is reached over all connections, and so on; the last stays.
    A stage without a step goes well. Messages that it took are in .messages; what it was told, a
    list of lines for each connection, in .dialogues.

        peer = scenario.own(MisbehavingServer({"data": [Step.close(), Step.reply("354 go")]}))
    """

    def __init__(self, script=None, extensions=("PIPELINING", "8BITMIME", "SIZE 10000000"),
                 tls=None, address="127.0.0.1"):
        self._script = {stage: list(steps) if isinstance(steps, (list, tuple)) else [steps]
                        for stage, steps in (script or {}).items()}
        unknown = set(self._script) - set(STAGES)
        assert not unknown, f"no such stages: {unknown}"
        self._extensions = extensions
        self._tls = tls  # (certificate, key)
        self._lock = threading.Lock()
        self._open = set()
        self._ending = threading.Event()
        self.messages = []
        self.envelopes = []
        self.dialogues = []
        self._listener = socket.create_server((address, 0), backlog=100)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def connections(self):
        return len(self.dialogues)

    def close(self):
        self._ending.set()
        # Closing alone leaves a blocked accept() and its port alive.
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def _accept(self):
        while not self._ending.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(connection)
                dialogue = []
                self.dialogues.append(dialogue)
            threading.Thread(target=self._serve, args=(connection, dialogue), daemon=True).start()

    def _next_step(self, stage):
        with self._lock:
            steps = self._script.get(stage)
            if not steps:
                return None
            return steps.pop(0) if len(steps) > 1 else steps[0]

    def _serve(self, connection, dialogue):
        session = _Session(self, connection, dialogue)
        try:
            session.run()
        except (_End, OSError):
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            session.close()


class _Session:
    def __init__(self, server, connection, dialogue):
        self._server = server
        self._socket = connection
        self._dialogue = dialogue
        self._reader = connection.makefile("rb")
        self._sender, self._recipients = "", []

    def close(self):
        try:
            self._reader.close()
            self._socket.close()
        except OSError:
            pass

    def run(self):
        self._at("connect", "220 misbehaving.test ESMTP")
        while True:
            line = self._reader.readline(100000)
            if not line:
                return
            text = line.decode("latin-1").rstrip("\r\n")
            self._dialogue.append(text)
            word = text.split(" ")[0].upper()
            handler = getattr(self, "_" + word.lower(), None) if word in (
                "EHLO", "HELO", "STARTTLS", "MAIL", "RCPT", "DATA", "RSET", "QUIT", "NOOP") else None
            if handler:
                handler(text)
            else:
                self._send("500 5.5.2 what?")

    def _send(self, text):
        self._socket.sendall(text.encode("latin-1") + b"\r\n")

    def _at(self, stage, good):
        """Does what the script says, else replies `good`. True when the dialogue may go on."""
        step = self._server._next_step(stage)
        kind = step.kind if step else "reply"
        text = step.value if step and step.value is not None else good
        if kind == "reply":
            self._send(text)
            return text[:1] in "23"
        if kind == "garbage":
            self._socket.sendall(text)
            return False
        if kind == "drip":
            for octet in text.encode("latin-1") + b"\r\n":
                self._socket.sendall(bytes([octet]))
                if self._server._ending.wait(step.seconds):
                    raise _End
            return text[:1] in "23"
        self._leave(kind, text)
        return False

    def _leave(self, kind, text):
        if kind == "hang":
            self._server._ending.wait()
        elif kind == "reset":
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                    b"\x01\x00\x00\x00\x00\x00\x00\x00")
        elif kind == "close_after":
            self._send(text)
        raise _End

    def _ehlo(self, _):
        offers = list(self._server._extensions) + (["STARTTLS"] if self._server._tls else [])
        lines = ["misbehaving.test"] + offers
        good = "\r\n".join(f"250{'-' if i < len(lines) - 1 else ' '}{line}"
                           for i, line in enumerate(lines))
        self._at("ehlo", good)

    def _helo(self, _):
        self._at("ehlo", "250 misbehaving.test")

    def _starttls(self, _):
        if not self._server._tls:
            self._send("502 5.5.1 no TLS here")
            return
        if not self._at("starttls", "220 go ahead"):
            return
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self._server._tls)
        self._socket = context.wrap_socket(self._socket, server_side=True)
        self._reader = self._socket.makefile("rb")

    def _mail(self, text):
        self._sender, self._recipients = text, []
        self._at("mail", "250 2.1.0 ok")

    def _rcpt(self, text):
        if self._at("rcpt", "250 2.1.5 ok"):
            self._recipients.append(text)

    def _data(self, _):
        if not self._at("data", "354 go ahead"):
            return
        lines = []
        while True:
            line = self._reader.readline(1000000)
            if not line:
                raise _End
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        if self._at("body", "250 2.0.0 taken"):
            with self._server._lock:
                self._server.messages.append(b"".join(lines))
                self._server.envelopes.append((self._sender, list(self._recipients)))

    def _rset(self, _):
        self._at("rset", "250 2.0.0 ok")

    def _noop(self, _):
        self._send("250 2.0.0 ok")

    def _quit(self, _):
        self._at("quit", "221 2.0.0 bye")
        raise _End
