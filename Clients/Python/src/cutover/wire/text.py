"""Text of a peer, made harmless."""


def printable(text: bytes) -> str:
    """The text without anything that a terminal or a log would act on (HELLO-8)."""
    return "".join(c if c.isprintable() else "?" for c in text.decode(errors="replace"))
