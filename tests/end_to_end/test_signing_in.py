"""Rules of `tenure member password`, `sessions` and `tokens`, as installed."""

from __future__ import annotations

from tests.end_to_end.installed import House


def test_the_console_sets_a_password_and_sees_who_is_signed_in(open_house: House) -> None:
    open_house.run(
        "member", "add", "li", "--name", "李娜", "--role", "seller", "--department", "一部"
    )
    said = open_house.run("member", "password", "li").stdout
    assert len(said.split()[-1]) == len("k7mq-2vxd-p4ja-w9ty")
    assert open_house.json("member", "password", "li")["password"] != said.split()[-1]
    assert open_house.json("member", "sessions", "li") == {"items": [], "ended": False}
    open_house.run("member", "sessions", "li", "--end")
    open_house.run("token", "li", "--name", "报表", "--scope", "read", "--scope", "claim")
    (token,) = open_house.json("member", "tokens", "li")["items"]
    assert (token["name"], token["scopes"]) == ("报表", ["claim", "read"])
    assert token["last_used_at"] is None
    assert "报表" in open_house.run("member", "tokens", "li").stdout


def test_nobody_has_no_password_and_no_such_scope(open_house: House) -> None:
    open_house.run("member", "password", "nobody", status=1)
    open_house.run("member", "sessions", "nobody", status=1)
    open_house.run("member", "tokens", "nobody", status=1)
    open_house.run("token", "console", "--scope", "everything", status=1)
