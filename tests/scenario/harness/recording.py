"""An SMTP server that takes everything, and keeps every octet of it."""

import socket
import threading


class _End(Exception):
    pass


class RecordingServer:
    """Listens on a port of loopback; speaks PIPELINING, 8BITMIME, SMTPUTF8 and CHUNKING (RFC 3030).
    What came behind the last EHLO of a connection is in .streams, by the name that was said there;
    .messages counts what was taken."""

    OFFERS = ("PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "SIZE 100000000")

    def __init__(self, offers=OFFERS):
        lines = ["recording.test", *offers]
        self._hello = "".join(f"250{'-' if i < len(lines) - 1 else ' '}{line}\r\n"
                              for i, line in enumerate(lines)).encode()
        self._lock = threading.Lock()
        self._open = set()
        self.streams = {}
        self.messages = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        for one in (self._listener, *list(self._open)):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            _Recording(self, connection, self._hello).run()
        except (_End, OSError):
            pass
        finally:
            self._open.discard(connection)
            connection.close()

    def note(self, name, stream, is_message):
        with self._lock:
            self.streams[name] = stream
            self.messages += is_message


class _Recording:
    def __init__(self, server, connection, hello):
        self._server, self._socket, self._hello = server, connection, hello
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = bytearray()  # all behind EHLO
        self._at = 0                # so much of it is understood
        self._name = ""

    def run(self):
        self._socket.sendall(b"220 recording.test ESMTP\r\n")
        while True:
            line = self._read_to(b"\r\n", self._at)
            verb, _, rest = line.partition(b" ")
            getattr(self, "_" + verb.decode("latin-1").lower(), self._other)(rest.strip())

    def _more(self):
        octets = self._socket.recv(1 << 17)
        if not octets:
            raise _End
        self._stream += octets

    def _read_to(self, mark, begin):
        """What stands between `begin` and the mark, behind which it goes on."""
        searched = begin
        while (end := self._stream.find(mark, searched)) < 0:
            searched = max(begin, len(self._stream) - len(mark) + 1)
            self._more()
        self._at = end + len(mark)
        return bytes(self._stream[begin:end])

    def _say(self, text):
        self._socket.sendall(text)

    def _taken(self, is_message):
        self._server.note(self._name, self._stream, is_message)
        self._say(b"250 2.0.0 ok\r\n")

    def _ehlo(self, name):
        self._name = name.decode("latin-1")
        del self._stream[:self._at]
        self._at = 0
        self._say(self._hello)

    def _data(self, _):
        self._say(b"354 go ahead\r\n")
        # The line end of DATA may be the one before the dot.
        self._read_to(b"\r\n.\r\n", self._at - 2)
        self._taken(True)

    def _bdat(self, arguments):
        size, _, last = arguments.partition(b" ")
        while len(self._stream) < self._at + int(size):
            self._more()
        self._at += int(size)
        self._taken(last.upper() == b"LAST")

    def _quit(self, _):
        self._server.note(self._name, self._stream, False)
        self._say(b"221 2.0.0 bye\r\n")
        raise _End

    def _other(self, _):
        self._say(b"250 2.0.0 ok\r\n")
