"""A TLS server whose certificate it signed itself."""

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path


@contextlib.asynccontextmanager
async def serve_tls(folder: Path) -> AsyncIterator[int]:
    """Greet whoever comes, on the port that this gives; nobody who checks certificates gets as far as speaking."""

    async def close(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(close, "127.0.0.1", 0, ssl=self_signed(folder))
    async with server:
        yield int(server.sockets[0].getsockname()[1])


def self_signed(folder: Path, *names: str) -> ssl.SSLContext:
    """Make a server's side of TLS for which nobody vouches; key and certificate are left in the folder.

    `names`: the hosts for which it is valid where `certificate.pem` is trusted.
    """
    valid_for = ["-addext", f"subjectAltName={','.join(f'DNS:{name}' for name in names)}"] if names else []
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(  # noqa: S603 - a fixed command, done in milliseconds
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-subj", "/CN=localhost", "-days", "1", "-keyout", str(key), "-out", str(certificate)),
            *valid_for,
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
