"""The web browser of the user."""

from __future__ import annotations


def open_page(url: str) -> bool:
    """Open a page in the browser that the system, or the variable BROWSER, names."""
    import webbrowser  # 20 ms, and rarely needed

    try:
        return webbrowser.open(url)
    except (webbrowser.Error, OSError):
        return False
