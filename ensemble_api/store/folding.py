# SPDX-License-Identifier: Apache-2.0
"""Names as a search compares them: without case in any script, the same on every database."""

import unicodedata

_DOT_ABOVE = "\u0307"  # what the fold of a Turkish capital I with a dot leaves behind
_DOTLESS = str.maketrans({"\u0131": "i"})


def folded(text: str) -> str:
    """Give the text without case; "STRASSE" and "straße" are alike, as are all Turkish i."""
    plain = text.casefold().translate(_DOTLESS).replace(f"i{_DOT_ABOVE}", "i")
    # Composed letters may fold to other ones, and the other way round.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", plain).casefold())
