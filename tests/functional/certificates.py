# SPDX-License-Identifier: Apache-2.0
"""A certificate authority of the tests' own, and its certificates for a server and a client."""

import datetime
import ipaddress
import ssl
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT = "the-service-user"


class Certificates:
    """PEM files in a directory: ``ca``, and certificate and key of ``server`` and ``client``."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._authority = rsa.generate_private_key(65537, 2048)
        self._issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
        authority = self._sign(self._issuer, self._authority, authority=True)
        self.ca = self._write("ca.pem", authority)
        for name, common in (("server", "127.0.0.1"), ("client", CLIENT)):
            key = rsa.generate_private_key(65537, 2048)
            subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])
            private = key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            certificate = self._sign(subject, key)
            self._write(f"{name}.crt", certificate)
            self._write(f"{name}.key", private)
            self._write(f"{name}.pem", certificate + private)

    def path(self, name: str) -> str:
        """One of the files, such as ``client.key``; ``client.pem`` has both parts."""
        return str(self._directory / name)

    def server(self) -> ssl.SSLContext:
        """What a server speaks: TLS 1.2, and it asks for a client's certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path("server.pem"))
        context.load_verify_locations(self.ca)
        context.verify_mode = ssl.CERT_OPTIONAL
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        return context

    def _write(self, name: str, content: bytes) -> str:
        path = self._directory / name
        path.write_bytes(content)
        return str(path)

    def _sign(self, subject: x509.Name, key: Any, *, authority: bool = False) -> bytes:
        now = datetime.datetime.now(datetime.UTC)
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        usage = x509.KeyUsage(*(flag in (0, 2, 5) for flag in range(9)))
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30))
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
            .add_extension(x509.SubjectAlternativeName([address]), critical=False)
            .add_extension(usage, critical=True)
            .sign(self._authority, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM)
