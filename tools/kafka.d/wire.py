"""The little of Kafka's protocol that starting and granting need.

Every request here has had the same form since Kafka 2.0 and has it in 4.x.
"""

import base64
import hashlib
import hmac
import os
import socket
import ssl
import struct


class ProtocolError(Exception):
    """Kafka answered, and not what was asked for."""


def string(text):
    encoded = text.encode()
    return struct.pack(">h", len(encoded)) + encoded


def uvarint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def compact(content):
    """Compact bytes or, encoded, a compact string."""
    content = content.encode() if isinstance(content, str) else content
    return uvarint(len(content) + 1) + content


class Reader:
    def __init__(self, content):
        self.content = content
        self.at = 0

    def take(self, count):
        self.at += count
        if self.at > len(self.content):
            raise ProtocolError("the answer ends too early")
        return self.content[self.at - count:self.at]

    def number(self, form):
        return struct.unpack(">" + form, self.take(struct.calcsize(form)))[0]

    def string(self):
        return self.take(max(0, self.number("h"))).decode()

    def uvarint(self):
        number = shift = 0
        while True:
            byte = self.take(1)[0]
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return number

    def compact_string(self):
        return self.take(max(0, self.uvarint() - 1)).decode()


class Connection:
    """One connection to one node. Raises OSError and ProtocolError."""

    def __init__(self, port, ca=None, timeout_s=10.0):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout_s)
        if ca:
            context = ssl.create_default_context(cafile=ca)
            self.socket = context.wrap_socket(self.socket, server_hostname="127.0.0.1")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _receive(self, count):
        content = b""
        while len(content) < count:
            part = self.socket.recv(count - len(content))
            if not part:
                raise ProtocolError("the node closed the connection")
            content += part
        return content

    def ask(self, api, version, body, flexible=False):
        header = struct.pack(">hhi", api, version, 1) + string("tools/kafka")
        message = header + (b"\0" if flexible else b"") + body
        self.socket.sendall(struct.pack(">i", len(message)) + message)
        answer = Reader(self._receive(struct.unpack(">i", self._receive(4))[0]))
        answer.number("i")
        if flexible:
            answer.take(1)
        return answer

    def api_versions(self):
        """Raises unless the node answers as Kafka does."""
        if error := self.ask(18, 0, b"").number("h"):
            raise ProtocolError(f"ApiVersions: error {error}")

    def brokers(self):
        """The ids of the brokers that the node knows to be alive."""
        answer = self.ask(3, 1, struct.pack(">i", 0))
        found = []
        for _ in range(answer.number("i")):
            found.append(answer.number("i"))
            answer.string()
            answer.number("i")
            answer.string()
        return sorted(found)

    def log_in(self, user, password):
        """SASL/SCRAM-SHA-256."""
        if error := self.ask(17, 1, string("SCRAM-SHA-256")).number("h"):
            raise ProtocolError(f"SCRAM-SHA-256 is not to be had: error {error}")
        first = f"n={user},r={base64.b64encode(os.urandom(18)).decode()}"
        server_first = self._authenticate("n,," + first)
        said = dict(part.split("=", 1) for part in server_first.split(","))
        salted = salted_password(password, base64.b64decode(said["s"]), int(said["i"]))
        without_proof = f"c=biws,r={said['r']}"
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        covered = f"{first},{server_first},{without_proof}".encode()
        signature = hmac.digest(hashlib.sha256(client_key).digest(), covered, "sha256")
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        self._authenticate(f"{without_proof},p={base64.b64encode(proof).decode()}")

    def _authenticate(self, message):
        content = message.encode()
        answer = self.ask(36, 0, struct.pack(">i", len(content)) + content)
        error = answer.number("h")
        reason = answer.string()
        if error:
            raise ProtocolError(f"the login failed: {reason or error}")
        return answer.take(answer.number("i")).decode()

    def set_password(self, user, salt, iterations, salted):
        body = (uvarint(1) + uvarint(2) + compact(user) + b"\1" + struct.pack(">i", iterations)
                + compact(salt) + compact(salted) + b"\0\0")
        answer = self.ask(51, 0, body, flexible=True)
        answer.number("i")
        for _ in range(answer.uvarint() - 1):
            answer.compact_string()
            error = answer.number("h")
            reason = answer.compact_string()
            answer.take(1)
            if error:
                raise ProtocolError(f"the password of {user} is not set: {reason or error}")

    def create_acls(self, rules):
        """rules: (resource type, name, pattern type, principal, operation), as numbers."""
        body = struct.pack(">i", len(rules))
        for resource, name, pattern, principal, operation in rules:
            body += (struct.pack(">b", resource) + string(name) + struct.pack(">b", pattern)
                     + string(principal) + string("*") + struct.pack(">bb", operation, 3))
        answer = self.ask(30, 1, body)
        answer.number("i")
        for _ in range(answer.number("i")):
            error = answer.number("h")
            reason = answer.string()
            if error:
                raise ProtocolError(f"an access rule is not made: {reason or error}")

    def set_topic(self, name, settings):
        body = struct.pack(">ib", 1, 2) + string(name) + struct.pack(">i", len(settings))
        for setting, value in settings:
            body += string(setting) + b"\0" + string(value)
        answer = self.ask(44, 0, body + b"\0")
        answer.number("i")
        answer.number("i")
        error = answer.number("h")
        reason = answer.string()
        if error:
            raise ProtocolError(reason or f"error {error}")

    def delete_topic(self, name):
        answer = self.ask(20, 1, struct.pack(">i", 1) + string(name)
                          + struct.pack(">i", 30_000))
        answer.number("i")
        answer.number("i")
        answer.string()
        if error := answer.number("h"):
            raise ProtocolError("there is no such topic" if error == 3 else f"error {error}")

    def count_acls(self, principal):
        """How many rules this node knows of for the principal; it may lag behind."""
        nothing = struct.pack(">h", -1)
        answer = self.ask(29, 1, b"\1" + nothing + b"\1" + string(principal) + nothing
                          + b"\1\1")
        answer.number("i")
        if error := answer.number("h"):
            raise ProtocolError(f"access rules cannot be listed: {answer.string() or error}")
        answer.string()
        count = 0
        for _ in range(answer.number("i")):
            answer.take(1)
            answer.string()
            answer.take(1)
            for _ in range(answer.number("i")):
                answer.string()
                answer.string()
                answer.take(2)
                count += 1
        return count


def salted_password(password, salt, iterations):
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
