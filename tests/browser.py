"""The system's browser as readers have it, and what no page may do there: say a word on the console, ask anybody else.

This module alone knows how the browser is started, and what it tells of what goes wrong in a page.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, WebError, sync_playwright

CHROMIUM = shutil.which("chromium")
PHONE, DESK = 360, 1200  # pixels

# No name but this machine's is looked up, whatever the browser or a page wants.
_HERE_ONLY = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


@contextmanager
def browsing() -> Iterator[Browser]:
    """Start the browser, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[_HERE_ONLY])
        yield browser
        browser.close()


class Visits:
    """Visits to the pages of the site at *origin*, each in a profile of its own; ``faults`` is what went wrong in any.

    A fault is whatever the console says, violations of the Content-Security-Policy and files that are missing among it;
    an error that a script leaves; a request to another host; and another status than the one expected.
    """

    def __init__(self, browser: Browser, origin: str) -> None:
        self.faults: list[str] = []
        self._browser = browser
        self._origin = origin
        self._contexts: list[BrowserContext] = []
        self._errors: set[str] = set()  # addresses of pages that are expected to be one, of which the console complains

    def __call__(
        self,
        path: str,
        *,
        width: int = DESK,
        language: str = "en",
        dark: bool = False,
        javascript: bool = True,
        status: int = 200,
    ) -> Page:
        """Open the page at *path*, answered with *status*, in a window *width* pixels wide, for a reader of *language*
        in Japan.
        """
        context = self._browser.new_context(
            base_url=self._origin,
            viewport={"width": width, "height": 800},
            locale=language,
            timezone_id="Asia/Tokyo",
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
        )
        self._contexts.append(context)
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("request", self._on_request)
        if status >= 400:
            self._errors.add(f"{self._origin}{path}")
        page = context.new_page()
        response = page.goto(path)
        if response is None or response.status != status:
            self.faults.append(f"{page.url}: expected an answer {status}")
        return page

    def end(self) -> None:
        for context in self._contexts:
            context.close()

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.location["url"] not in self._errors:
            self.faults.append(f"{_where(message.page)}: the console said: {message.text}")

    def _on_error(self, error: WebError) -> None:
        self.faults.append(f"{_where(error.page)}: a script failed: {error.error}")

    def _on_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme != "data" and f"{address.scheme}://{address.netloc}" != self._origin:
            self.faults.append(f"{request.frame.url}: asked for {request.url}")


def _where(page: Page | None) -> str:
    return page.url if page else "a page"
