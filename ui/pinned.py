"""The places of what the browser adds by itself: a pinned comparison, and what is said of the connection."""

from __future__ import annotations

from html import escape

from ui.language import ENGLISH, Language


def pinned_html(say: Language = ENGLISH) -> str:
    """A pinned comparison's place; hidden until one is pinned."""
    words = {"mark": say("pin.mark"), "style": say("pin.style"), "content": say("pin.content")}
    data = " ".join(f'data-{name}="{escape(text)}"' for name, text in words.items())
    return (
        f'<section hidden aria-label="{say("pin.title")}" {data}><p><b>{say("pin.title")}</b> '
        f'<span class="what"></span><button type="button" class="unpin">{say("pin.remove")}</button></p>'
        '<div class="items"></div></section>'
    )


def pin_button(say: Language = ENGLISH) -> str:
    """What pins the comparison that it stands beside, and the line that says that this one is old."""
    kinds = " ".join(f'data-{kind}="{say(f"old.{kind}")}"' for kind in ("photo", "painting", "both"))
    return (
        f'<span class="old" role="status" {kinds}></span>'
        f'<button type="button" class="pin" aria-label="{say("pin.about")}">{say("pin")}</button>'
    )


def connection_html(say: Language = ENGLISH) -> str:
    """Where it is said that the server does not answer, and that it does again."""
    kinds = ("lost", "lost_running", "back", "back_running")
    data = " ".join(
        f'data-{kind.replace("_", "-")}="{escape(say(f"connection.{kind}", time="{time}"))}"'
        for kind in kinds
    )
    return f'<p role="alert" hidden {data}></p>'
