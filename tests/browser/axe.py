"""What axe says of a page: all its rules once, and again those that colours can break after the theme was switched."""

from axe_playwright_python.sync_playwright import Axe

TAGS = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
HOW = {"resultTypes": ["violations"], "preload": False, "iframes": False}
RUN = "how => axe.run(how).then(({ violations }) => violations.map(({ id, nodes }) => `${id} at ${nodes[0].target}`))"
SWITCH = "theme => document.documentElement.dataset.bsTheme = theme"
OTHER = {"light": "dark", "dark": "light"}


def violations(page, theme) -> list[str]:
    """What is wrong in the *theme* that the page came in, and in the other."""
    page.evaluate(Axe().axe_script)
    found = page.evaluate(RUN, {**HOW, "runOnly": TAGS})
    page.evaluate(SWITCH, OTHER[theme])
    return found + [f"{one} in {OTHER[theme]}" for one in page.evaluate(RUN, {**HOW, "runOnly": COLOURS})]
