import pytest

from bot.domain.network import Proxies, read_proxy

PROXY = "http://proxy.example.com:3128"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("http://proxy.example.com:3128", "http://proxy.example.com:3128"),
        ("http://proxy.example.com:3128/", "http://proxy.example.com:3128"),
        ("proxy:8123", "http://proxy:8123"),
        ("proxy.example.com", "http://proxy.example.com"),
        ("127.0.0.1:9", "http://127.0.0.1:9"),
        ("[fd00::1]:3128", "http://[fd00::1]:3128"),
        ("https://proxy.example.com", "https://proxy.example.com"),
        ("HTTP://Proxy.Example.com:3128", "http://proxy.example.com:3128"),
        ("http://user:p%23%40@proxy:3128", "http://user:p%23%40@proxy:3128"),
        ("user:word@proxy:3128", "http://user:word@proxy:3128"),
        ("http://proxy_1:3128", "http://proxy_1:3128"),
        ("http://próxy.test:3128", "http://xn--prxy-rqa.test:3128"),
    ],
)
def test_a_proxy_may_be_written_as_curl_takes_it(given: str, expected: str) -> None:
    assert read_proxy(given) == expected


@pytest.mark.parametrize(
    "given",
    [
        "http://user:CANARY#x@proxy:3128",
        "http://user:CANARY/x@proxy:3128",
        "http://user:CANARY?x@proxy:3128",
        "http://user:CANARY@x@proxy:3128",
        "http://user:CANARY\\x@proxy:3128",
        "http://user:CAN ARY@proxy:3128",
        "http://user:CANARY]x@proxy:3128",
        "http://user:CANARY[x@proxy:3128",
        "http://user:[CANARY]@[fd00::1]:3128",
        "http://user:CANARY\u2100@proxy:3128",
        "http://user:CANARY%40\uff10@proxy:3128",
        "http://user:12#CANARY@proxy:3128",
        "http://user:12/CANARY@proxy:3128",
        "user:CANARY#x@proxy:3128",
        "http://proxy:CANARY",
        "http://proxy:0",
        "http://proxy:99999",
        "http://proxy:",
        "http://proxy:3128/CANARY",
        "http://",
        "://CANARY",
        "http://[CANARY",
        "http://[::CANARY]:3128",
        "http://999.1.1.1:3128",
        "http://pro..xy:3128",
        f"http://{'x' * 64}:3128",
        "http://\u200bproxy:3128",
        "http://\x01proxy:3128",
        "socks5://CANARY:1080",
        "socks5h://user:CANARY@proxy:1080",
        "socks://CANARY:9/",
        "ftp://CANARY:21",
    ],
)
def test_an_unsupported_proxy_is_refused_without_showing_its_value(given: str) -> None:
    with pytest.raises(ValueError, match="must be the address of an http proxy") as caught:
        read_proxy(given)
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize(
    ("no_proxy", "host", "is_direct"),
    [
        ("", "whmcs.example.com", False),
        ("*", "whmcs.example.com", True),
        ("localhost, *", "whmcs.example.com", True),
        ("whmcs.example.com", "whmcs.example.com", True),
        ("WHMCS.Example.COM", "whmcs.example.com", True),
        ("whmcs.example.com", "WHMCS.example.com", True),
        ("example.com", "whmcs.example.com", True),
        (".example.com", "whmcs.example.com", True),
        (".example.com", "example.com", True),
        ("*.example.com", "whmcs.example.com", True),
        ("example.com.", "whmcs.example.com", True),
        ("example.com", "whmcs.example.com.", True),
        ("example.com", "notexample.com", False),
        ("whmcs.example.com", "example.com", False),
        (".svc,.cluster.local", "whmcs.billing.svc", True),
        ("localhost,127.0.0.1 example.com", "whmcs.example.com", True),
        ("https://whmcs.example.com", "whmcs.example.com", True),
        ("https://whmcs.example.com/", "whmcs.example.com", True),
        ("whmcs.example.com:443", "whmcs.example.com", True),
        ("whmcs.example.com:8443", "whmcs.example.com", False),
        ("whmcs.example.com:8443", "whmcs.example.com:8443", True),
        ("españa.test", "xn--espaa-rta.test", True),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.3:8443", "10.1.2.3:8443", True),
        ("10.1.2.3", "10.1.2.33", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.9.9.9/8", "10.1.2.3", True),
        ("10.0.0.0/255.0.0.0", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8", "whmcs.example.com", False),
        ("fd07:b51a:cc66:f0::/64", "[fd07:b51a:cc66:f0::9]", True),
        ("[fd07:b51a:cc66:f0::]/64", "[fd07:b51a:cc66:f0::9]", True),
        ("fd07:b51a:cc66:f0::/64", "[fd07:b51a:cc66:f1::9]", False),
        ("fe80::/10", "[fe80::1]", True),
        ("fd00::1", "[fd00::1]", True),
        ("[fd00::1]", "[fd00::1]", True),
        ("[fd00::1]:8443", "[fd00::1]:8443", True),
        ("[fd00::1]:8443", "[fd00::1]", False),
        ("FD00:0:0::1", "[fd00::1]", True),
        ("::/0", "10.1.2.3", False),
        ("10.0.0.0/99,:,.,/,[,[]:1,*.,<local>,fd00::/999,10.0.0.0-10.9.9.9,,", "10.1.2.3", False),
        ("", "127.0.0.1", True),
        ("", "127.9.9.9:8443", True),
        ("", "[::1]", True),
        ("", "localhost", True),
        ("", "whmcs.localhost", True),
    ],
)
def test_no_proxy_exempts_names_addresses_and_networks(no_proxy: str, host: str, *, is_direct: bool) -> None:
    proxies = Proxies.build(PROXY, no_proxy)
    for scheme in ("https", "wss"):
        assert (proxies.find_proxy(f"{scheme}://{host}/path") is None) == is_direct


def test_without_a_proxy_every_host_is_reached_directly() -> None:
    assert Proxies.build(None, "").find_proxy("https://whmcs.example.com") is None


def test_a_proxys_password_is_not_shown() -> None:
    assert "CANARY" not in repr(Proxies.build("http://user:CANARY@proxy:3128", ""))
