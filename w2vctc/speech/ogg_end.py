"""The last page of an Ogg file: a copy that broke off lacks the mark that it bears."""

from pathlib import Path

_MAX_PAGE_BYTES = 65_307  # a header of 27 bytes, 255 lengths, 255 segments of 255 bytes
_END_OF_STREAM = 4


def lacks_last_page(path: Path, n_bytes: int) -> bool:
    """Whether the file ends before the page that is marked as the last one (RFC 3533)."""
    with path.open("rb") as stream:
        stream.seek(max(n_bytes - 2 * _MAX_PAGE_BYTES, 0))
        tail = stream.read()
    at = tail.rfind(b"OggS\0")
    if at < 0 or at + 27 > len(tail):
        return True
    n_segments = tail[at + 26]
    lengths = tail[at + 27 : at + 27 + n_segments]
    is_whole = len(lengths) == n_segments and at + 27 + n_segments + sum(lengths) <= len(tail)
    return not (is_whole and tail[at + 5] & _END_OF_STREAM)
