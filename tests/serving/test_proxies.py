"""Whose address counts behind proxies: never what a client says of itself."""

from __future__ import annotations

import pytest
from serving.conftest import opened, running, wait_for

from slm.errors import ConfigError
from slm.serving.figures import Figures
from slm.serving.limits import Limits
from slm.serving.proxies import client_address, parse_proxy
from slm.serving.security import Rules

INSIDE = (parse_proxy("10.0.0.0/8"), parse_proxy("::1"))


@pytest.mark.parametrize("peer, forwarded, client", [
    ("192.0.2.1", ["203.0.113.9"], "192.0.2.1"),  # no proxy of ours
    ("10.0.0.1", [], "10.0.0.1"),
    ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
    ("10.0.0.1", ["198.51.100.1, 203.0.113.9"], "203.0.113.9"),  # the left one is the client's own word
    ("10.0.0.1", ["198.51.100.1", "203.0.113.9,10.2.2.2"], "203.0.113.9"),  # two of ours, two headers
    ("10.0.0.1", ["10.3.3.3, 10.2.2.2"], "10.3.3.3"),  # ours alone: the farthest
    ("10.0.0.1", ["203.0.113.9, unknown"], "10.0.0.1"),
    ("10.0.0.1", ["203.0.113.9, "], "10.0.0.1"),
    ("10.0.0.1", ["203.0.113.9:4711"], "10.0.0.1"),
    ("::ffff:10.0.0.1", ["2001:db8::9"], "2001:db8::9"),
    ("::1", ["::ffff:203.0.113.9"], "203.0.113.9"),
    ("a socket", ["203.0.113.9"], "a socket"),
])  # fmt: skip
def test_the_nearest_that_is_not_ours(peer, forwarded, client):
    assert client_address(peer, forwarded, INSIDE) == client
    assert client_address(peer, forwarded, ()) == client_address(peer, [], INSIDE)  # nobody is trusted by default


@pytest.mark.parametrize("text", ["proxy.example", "10.0.0.1/8", "0.0.0.0/0", "::/0", "", "10.0.0.0/33"])
def test_what_is_no_proxy_is_refused(text):
    with pytest.raises(ConfigError, match="--trusted-proxy expects"):
        parse_proxy(text)


@pytest.mark.parametrize("proxies, expected", [((), "127.0.0.1"), ((parse_proxy("127.0.0.1"),), "203.0.113.9")])
def test_limits_and_log_count_by_it(folders, proxies, expected):
    figures, limits = Figures(), Limits(tokens_per_minute=60)
    asked = {"prompt": "The cat", "max_tokens": 50, "temperature": 0, "logit_bias": {"5": 100}}
    models = opened({"stories": folders["stories"]}, figures, limits)
    with running(models, figures, limits, Rules(proxies=proxies)) as server:
        addresses = ("203.0.113.9", "203.0.113.10")
        statuses = [
            server.ask("/v1/completions", asked, **{"X-Forwarded-For": each}).status for each in addresses
        ]
        wait_for(lambda: len(server.log) == 2)
    assert statuses == ([200, 200] if proxies else [200, 429])  # a budget each, or one together
    assert server.log[0]["client"] == expected


@pytest.mark.parametrize("proxies, lines", [((), 1), ((parse_proxy("127.0.0.0/8"),), 2)])
def test_who_comes_through_a_proxy_is_no_crowd(folders, proxies, lines):
    figures = Figures()
    models, rules = opened({"stories": folders["stories"]}, figures), Rules(proxies=proxies)
    with running(models, figures, rules=rules) as server, server.connect(), server.connect():
        open_ones = server.server.server_state.connections
        wait_for(lambda: len(open_ones) == 2)
        assert len({each._in_turn_as for each in open_ones}) == lines
