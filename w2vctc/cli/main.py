"""The command line's entry."""


def main() -> int:
    return 0
