"""A real browser: headless Chromium, driven by Selenium."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

#: Seconds for a page or something on it to be there; the servers share one machine.
PATIENCE_SECONDS = 120.0


class NoBrowserError(AssertionError):
    """Chromium or its driver is not on this machine."""


class Browser:
    """One window with its own cookies."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self._driver = driver

    def open(self, url: str) -> None:
        """Load a page to its end."""
        self._driver.get(url)

    @property
    def text(self) -> str:
        """What a reader sees."""
        return self._driver.find_element(By.TAG_NAME, "body").text

    def find(self, selector: str) -> WebElement:
        """The first element of a CSS selector, as soon as it is there."""
        waiting = WebDriverWait(self._driver, PATIENCE_SECONDS)
        return waiting.until(lambda driver: driver.find_element(By.CSS_SELECTOR, selector))

    def fill(self, selector: str, text: str) -> None:
        """Put text into a field, in place of what is there."""
        field = self.find(selector)
        field.clear()
        field.send_keys(text)

    def run(self, script: str, *arguments: object) -> object:
        """Run JavaScript in the page; what it returns."""
        return self._driver.execute_script(script, *arguments)

    def until(self, what: str, script: str) -> None:
        """Wait until a JavaScript expression is true."""
        waiting = WebDriverWait(self._driver, PATIENCE_SECONDS)
        waiting.until(lambda driver: driver.execute_script(f"return {script}"), f"{what} did not happen")

    def press(self, selector: str, *, leads_to: str) -> None:
        """Press a button and wait for an element of the page that comes."""
        button = self.find(selector)
        self._driver.execute_script("arguments[0].click()", button)
        self.find(leads_to)


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A browser with an empty profile, ended at the end. Raises NoBrowserError where there is none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    driver_program = shutil.which("chromedriver")
    if not program or not driver_program:
        said = "this machine has no browser; put it right with:  apt-get install chromium chromium-driver"
        raise NoBrowserError(said)
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for word in (
        "headless=new",
        "no-sandbox",
        "disable-gpu",
        "disable-dev-shm-usage",
        "disable-background-networking",
        "no-proxy-server",
        f"user-data-dir={profile}",
    ):
        options.add_argument(f"--{word}")
    driver = webdriver.Chrome(options=options, service=Service(driver_program))
    driver.set_page_load_timeout(PATIENCE_SECONDS)
    try:
        yield Browser(driver)
    finally:
        driver.quit()
