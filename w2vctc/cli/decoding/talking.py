"""What is said on stderr about recordings while they are decoded, and when all are done."""

from collections import Counter
from collections.abc import Iterable

from w2vctc.cli.screen import SoundBar, say
from w2vctc.decode.transcript import Transcript
from w2vctc.decode.writers import FailedFile, escape_name
from w2vctc.speech.remark import Remark
from w2vctc.words import numbered


class Talk:
    """Failures as they come, each kind of remark and each hint once; what is left at the end."""

    def __init__(self, bar: SoundBar) -> None:
        self.n_done = 0
        self.n_failed = 0
        self.heard_s = 0.0
        self._bar = bar
        self._wordless: list[str] = []
        self._hints: set[str] = set()
        self._n_remarks: Counter[str] = Counter()

    def remark(self, remarks: Iterable[Remark]) -> None:
        """A kind of remark is told of the first recording, and of the others counted."""
        for remark in remarks:
            self._n_remarks[remark.code] += 1
            if self._n_remarks[remark.code] == 1:
                with self._bar.away():
                    say(f"warning: {remark.message} [{remark.code}]")
                    self._hint(remark.hint)

    def fail(self, failed: FailedFile) -> None:
        self.n_failed += 1
        with self._bar.away():
            say(f"error: {failed.message} [{failed.code}]")
            self._hint(failed.hint)

    def finish(self, transcript: Transcript) -> None:
        self.n_done += 1
        self.heard_s += transcript.duration_s
        if not transcript.text:
            self._wordless.append(transcript.file)

    def end(self) -> None:
        """What could only be counted until now."""
        for code, n in self._n_remarks.items():
            if n > 1:
                say(f"warning: the same of {numbered(n - 1, 'more recording')} [{code}]")
        if self._wordless:
            first = escape_name(self._wordless[0])
            n_more = len(self._wordless) - 1
            more = f" and {numbered(n_more, 'more recording')}" if n_more else ""
            say(f"no words were found in {first}{more}")

    def _hint(self, hint: str) -> None:
        if hint and hint not in self._hints:
            self._hints.add(hint)
            say(f"hint:  {hint}")
