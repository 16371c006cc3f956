import pytest
from django.test import RequestFactory

from accounts.client_address import client_address

CASES = [
    # (proxies of ours, REMOTE_ADDR, X-Forwarded-For, the address)
    (0, "198.51.100.7", None, "198.51.100.7"),
    (0, "198.51.100.7", "1.2.3.4", "198.51.100.7"),
    (1, "10.0.0.2", "198.51.100.7", "198.51.100.7"),
    (1, "10.0.0.2", "1.2.3.4, 198.51.100.7", "198.51.100.7"),
    (2, "10.0.0.2", "1.2.3.4, 198.51.100.7, 10.0.0.1", "198.51.100.7"),
    (2, "10.0.0.2", "198.51.100.7", "198.51.100.7"),
    (1, "10.0.0.2", None, "10.0.0.2"),
    (1, "10.0.0.2", "<script>", "unknown"),
    (0, "", None, "unknown"),
    (0, "2a00:1450:1:2:3:4:5:6", None, "2a00:1450:1:2::/64"),
    (0, "::ffff:198.51.100.7", None, "198.51.100.7"),
]


@pytest.mark.parametrize(("proxies", "remote", "forwarded", "expected"), CASES)
def test_the_address_that_our_own_proxy_saw(settings, proxies, remote, forwarded, expected):
    settings.TRUSTED_PROXIES = proxies
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    request = RequestFactory().get("/", REMOTE_ADDR=remote, **headers)
    assert client_address(request) == expected
