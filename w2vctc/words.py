"""Numbers with their nouns, as a sentence wants them."""


def numbered(n: int, noun: str) -> str:
    """`1 row`, `2 rows`, `1,000 rows`."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
