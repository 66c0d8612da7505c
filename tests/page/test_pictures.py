from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.page.demo import run_demo
from tests.page.pictures import FOLDER, LANGUAGES, take_pictures

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]

PNG = b"\x89PNG"


async def test_the_readmes_pictures_can_be_taken_again_and_are_small(browser: Browser, tmp_path: Path) -> None:
    async with run_demo() as address:
        await take_pictures(browser, address, LANGUAGES[0], tmp_path)

    taken = sorted(tmp_path.iterdir())
    assert {picture.name for picture in taken} < {picture.name for picture in FOLDER.iterdir()}
    assert all(picture.read_bytes().startswith(PNG) for picture in taken)
    assert max(picture.stat().st_size for picture in [*taken, *FOLDER.iterdir()]) < 200_000
