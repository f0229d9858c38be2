"""The names of a client's variables."""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256


def variable_stem(name: str) -> str:
    """The prefix of a client's variables: "Customer portal" is CUSTOMER_PORTAL, "1Café" is _1CAFE.

    For a name without any ASCII letter or digit, it is CLIENT_ and 8 hexadecimal digits of its SHA-256.
    """
    plain = unicodedata.normalize("NFKD", name.upper()).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Z0-9]+", "_", plain).strip("_")
    if not words:
        return f"CLIENT_{sha256(name.encode(errors='surrogatepass')).hexdigest()[:8].upper()}"
    return f"_{words}" if words[0].isdigit() else words
