"""Outgoing connections: proxies, and trusted certificate authorities."""

import os
import ssl
from functools import cache
from pathlib import Path

from pydantic import SecretStr, ValidationInfo, field_validator

from bot.domain.network import Proxies, read_proxy
from bot.environment import EnvironmentSettings


class OutgoingSettings(EnvironmentSettings):
    """Settings with names that many programs read from the environment."""

    https_proxy: SecretStr | None = None
    all_proxy: str = ""
    no_proxy: str = ""
    ssl_cert_file: str = ""
    ssl_cert_dir: str = ""

    @property
    def proxies(self) -> Proxies:
        address = self.https_proxy.get_secret_value() if self.https_proxy is not None else None
        return Proxies.build(address, self.no_proxy)

    @property
    def certificates(self) -> ssl.SSLContext | None:
        """Return a context that trusts these certificate authorities; None: the usual public ones."""
        return _trust(self.ssl_cert_file, self.ssl_cert_dir) if self.ssl_cert_file or self.ssl_cert_dir else None

    @field_validator("https_proxy")
    @classmethod
    def _is_proxy(cls, value: SecretStr | None) -> SecretStr | None:
        return SecretStr(read_proxy(value.get_secret_value())) if value is not None else None

    @field_validator("all_proxy")
    @classmethod
    def _is_not_the_only_proxy(cls, value: str, info: ValidationInfo) -> str:
        """Drop the value, which can hold a password: it is never used."""
        # An invalid HTTPS_PROXY is missing from `data`, and is reported on its own.
        if value and info.data.get("https_proxy", value) is None:
            raise ValueError("is not read: set HTTPS_PROXY to the address of an http proxy, or unset ALL_PROXY")
        return ""

    @field_validator("ssl_cert_file")
    @classmethod
    def _holds_certificates(cls, value: str) -> str:
        try:
            if value:
                _trust(value, "")
        except ssl.SSLError:
            raise ValueError("the file holds no certificate in PEM format: correct or unset it") from None
        except OSError as error:
            raise ValueError(f"the file can't be read: {error.strerror}: correct or unset it") from None
        return value

    @field_validator("ssl_cert_dir")
    @classmethod
    def _is_folder(cls, value: str, info: ValidationInfo) -> str:
        # As in OpenSSL, there may be several.
        is_used = bool(value) and not info.data.get("ssl_cert_file", value)
        if is_used and not any(Path(folder).is_dir() for folder in value.split(os.pathsep)):
            raise ValueError("is not a folder: correct or unset it")
        return value


@cache
def _trust(file: str, folder: str) -> ssl.SSLContext:
    """Read the certificate authorities of a file or, without one, of a folder.

    Raises: OSError, which for a file that is not PEM is an ssl.SSLError.
    """
    return ssl.create_default_context(cafile=file or None, capath=None if file else folder)
