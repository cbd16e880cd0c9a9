"""Every text of the pages in both languages."""

import re

from api.console.catalogue import messages
from tests.console.texts import texts

_PLACES = re.compile(r"%\(\w+\)s|\{\w+\}")


def test_every_text_of_the_pages_is_there_in_chinese_and_no_other() -> None:
    wanted, known = set(texts()), messages("zh")
    assert wanted - set(known) == set()
    assert set(known) - wanted == set()


def test_a_translation_says_something_and_keeps_the_places_of_values() -> None:
    for english, chinese in messages("zh").items():
        assert chinese.strip(), english
        assert sorted(_PLACES.findall(english)) == sorted(_PLACES.findall(chinese)), english
        assert re.search(r"[\u3000-\u9fff]", chinese), english
