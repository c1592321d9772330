"""Content-Transfer-Encoding undone (RFC 2045), whatever is wrong with it: never raises."""

import binascii
import re

NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\n]*\n", re.MULTILINE)


def decode(data: bytes, encoding: str) -> bytes:
    """The bytes that *encoding* stands for; unknown encodings are left as they are."""
    if encoding == "base64":
        return base64(data)
    if encoding == "quoted-printable":
        return quoted_printable(data)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return uuencoded(data)
    return data


def base64(data: bytes) -> bytes:
    """Base64 with stray characters dropped and missing padding added, of one piece or of several joined."""
    try:
        return binascii.a2b_base64(data, strict_mode=False) if b"=" not in data.rstrip(b"=\r\n \t") else pieces(data)
    except binascii.Error:
        return pieces(data)


def pieces(data: bytes) -> bytes:
    return b"".join(one_piece(piece) for piece in re.split(rb"=+", data))


def one_piece(piece: bytes) -> bytes:
    """Unpadded base64. A lone last character carries no byte."""
    kept = NOT_BASE64.sub(b"", piece)
    kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
    return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))


def quoted_printable(data: bytes) -> bytes:
    return binascii.a2b_qp(data)


def uuencoded(data: bytes) -> bytes:
    """The lines between begin and end; a line that is none is skipped."""
    begun = UU_BEGIN.search(data)
    out = bytearray()
    for line in data[begun.end() if begun else 0 :].splitlines():
        if line.strip() == b"end":
            break
        out += uu_line(line)
    return bytes(out)


def uu_line(line: bytes) -> bytes:
    """Some encoders pad a line too far; its first character says how long it is."""
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        size = (((line[0] - 32) & 63) * 4 + 5) // 3 if line else 0
    try:
        return binascii.a2b_uu(line[:size])
    except binascii.Error:
        return b""
