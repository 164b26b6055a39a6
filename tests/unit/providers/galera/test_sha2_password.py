"""MySQL 8's form of a password: what its own server made is recognised, what we make has its shape."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.galera.sha2_password import is_form_of, stored_form

# authentication_string of accounts that a MySQL server made; 00A stands for 10000 rounds.
SHORT = "2441243030412418267C5C4C61133C07630367261A407E596732064B43775155752E7578306A66534A66484D3336526538754E4C4B47534D36645369424B516A372F4D554630"  # noqa: E501
LONG = "24412430304124787F3E01237B6B0D14621A5A0161151D2B53324C476C2F42464F756A52396C536C674C542F78515441707147416274646143584A5145674949394E37514235"  # noqa: E501


@pytest.mark.parametrize(
    ("password", "stored"),
    [("se'cret%", SHORT), ("aVeryLongPasswordOfMoreThan32Characters-0123456789", LONG)],
)
def test_what_a_server_made_is_recognised(password: str, stored: str) -> None:
    text = bytes.fromhex(stored).decode()
    assert is_form_of(password, text)
    assert not is_form_of(f"{password} ", text)


@pytest.mark.parametrize(
    "stored", ["", "*5320F21F31FE8019288D0B698E97A3DDE529E4B5", "$A$005$short", "$A$005$" + "a" * 64]
)
def test_anything_else_is_no_form(stored: str) -> None:
    assert not is_form_of("n2", stored)


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=70))
def test_what_is_made_has_the_servers_shape_and_a_salt_of_its_own(password: str) -> None:
    made = stored_form(password)
    assert re.fullmatch(r"\$A\$005\$[./0-9A-Za-z]{63}", made)
    assert made != stored_form(password)
    assert is_form_of(password, made)
