"""How the other side writes CSV: what stands between values, which characters, which decimal sign."""

from __future__ import annotations

from codecs import BOM_UTF8
from dataclasses import dataclass, replace

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
#: What Python calls them; `utf-8-sig` also writes the mark by which Excel knows UTF-8.
ENCODINGS = {
    "utf-8": "utf-8", "utf-8-bom": "utf-8-sig", "windows-1252": "cp1252", "iso-8859-15": "iso8859-15",
}  # fmt: skip
_SWAPPED = str.maketrans(",.", ".,")


@dataclass(frozen=True)
class CsvStyle:
    """By the names above.

    decimal_comma   1234,50 in place of 1234.50
    is_guarded      what a spreadsheet would take for a formula gets an apostrophe on the way out
    """

    delimiter: str = "comma"
    encoding: str = "utf-8"
    decimal_comma: bool = False
    is_guarded: bool = True

    @property
    def separator(self) -> str:
        """What stands between two values."""
        return DELIMITERS[self.delimiter]

    def encode(self, text: str) -> bytes:
        """Raises ValueError, in words, for a character that there is none of."""
        try:
            return text.encode(ENCODINGS[self.encoding])
        except UnicodeEncodeError as error:
            raise ValueError(
                f"it has the character U+{ord(text[error.start]):04X}, which {self.encoding} lacks"
            ) from error

    def of(self, content: bytes) -> CsvStyle:
        """The same, in UTF-8 where the content begins with its mark."""
        return replace(self, encoding="utf-8") if content.startswith(BOM_UTF8) else self

    def decode(self, content: bytes) -> str:
        """Raises ValueError, in words, for what is not in this encoding."""
        encoding = self.of(content).encoding
        name = ENCODINGS[encoding]
        try:
            return content.decode("utf-8-sig" if name == "utf-8" else name)
        except UnicodeDecodeError as error:
            raise ValueError(f"it is not in {encoding}: byte {error.start + 1} says so") from error

    def write_number(self, text: str) -> str:
        """A decimal number with a point, as the other side writes it."""
        return text.replace(".", ",") if self.decimal_comma else text

    def read_number(self, text: str) -> str:
        """The other way round. Beside decimal commas no point will do: 1.000 may be a thousand, or one."""
        return text.translate(_SWAPPED) if self.decimal_comma else text
