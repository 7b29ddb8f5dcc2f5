"""What the levels of a decoded sound mean: faults that no model may see, and warnings."""

from w2vctc.speech.audio import MAX_LEVEL
from w2vctc.speech.levels import Levels
from w2vctc.speech.recording import AudioInfo
from w2vctc.speech.remark import Remark
from w2vctc.words import numbered

MAX_CLIPPED_SHARE = 0.01
MAX_LENGTH_ERROR_S = 0.1

Remarks = tuple[Remark, ...]


def find_remarks(
    info: AudioInfo, levels: Levels, *, start_s: float, end_s: float | None, broken: Remark | None
) -> tuple[Remarks, Remarks]:
    """(faults, warnings) about a piece; `broken` is what the decoder said when it gave up."""
    faults = [broken] if broken else []
    faults += _find_faults(info, levels, whole=broken is None)
    warnings = list(info.remarks)
    if not faults:
        warnings += _find_channel_warnings(info, levels)
        warnings += _find_level_warnings(info, levels)
        warnings += _find_length_warnings(info, levels, start_s, end_s)
    return tuple(faults), tuple(warnings)


def _find_faults(info: AudioInfo, levels: Levels, *, whole: bool) -> list[Remark]:
    path, rate = info.path, info.sample_rate
    faults = []
    if levels.first_nonfinite is not None:
        where = levels.first_nonfinite
        one = levels.n_nonfinite == 1
        what = "is no finite number" if one else "are not finite numbers"
        faults.append(
            Remark(
                "E_NONFINITE",
                f"{path}: {numbered(levels.n_nonfinite, 'sample')} {what},"
                f" the first is sample {where} ({where / rate:.3f} s)",
                "export the recording again, as 16-bit PCM",
            )
        )
    if levels.peak > MAX_LEVEL:
        faults.append(
            Remark(
                "E_RANGE",
                f"{path}: samples reach {levels.peak:.6g}, far beyond the range -1 to 1",
                "whole numbers were saved as floats: divide by 32768, or export as 16-bit PCM",
            )
        )
    if levels.n_samples == 0 and whole:
        faults.append(
            Remark(
                "E_NO_SAMPLES",
                f"{path}: no samples in this stretch",
                "check the start and end times",
            )
        )
    if levels.n_samples and not faults and levels.is_silent:
        what = "digital silence" if levels.peak == 0 else "one constant value"
        faults.append(
            Remark(
                "E_SILENT",
                f"{path}: {what} from the first sample to the last",
                "was the right channel recorded? take it out, or export it again",
            )
        )
    return faults


def _find_channel_warnings(info: AudioInfo, levels: Levels) -> list[Remark]:
    path, n_silent = info.path, levels.n_silent_channels
    if n_silent:
        return [
            Remark(
                "W_ONE_CHANNEL",
                f"{path}: {n_silent} of {info.n_channels} channels are silent",
                "the louder channel is used",
            )
        ]
    if levels.cancels:
        return [
            Remark(
                "W_ANTIPHASE",
                f"{path}: the channels cancel each other (opposite phase)",
                "the louder channel is used; check the microphone's cable",
            )
        ]
    return []


def _find_level_warnings(info: AudioInfo, levels: Levels) -> list[Remark]:
    if levels.clipped_share <= MAX_CLIPPED_SHARE:
        return []
    return [
        Remark(
            "W_CLIPPED",
            f"{info.path}: {levels.clipped_share:.1%} of the samples are at full scale (clipped)",
            "record with less gain; what is cut off cannot be brought back",
        )
    ]


def _find_length_warnings(
    info: AudioInfo, levels: Levels, start_s: float, end_s: float | None
) -> list[Remark]:
    decoded_s = levels.n_samples / info.sample_rate
    return find_length_remarks(info, decoded_s, start_s=start_s, end_s=end_s)


def find_length_remarks(
    info: AudioInfo, decoded_s: float, *, start_s: float = 0.0, end_s: float | None = None
) -> list[Remark]:
    """A warning where the recording, or a piece of it, is not as long as it should be."""
    if not info.n_samples:
        return []
    wanted_s = max(info.duration_s if end_s is None else end_s, start_s) - max(start_s, 0.0)
    if abs(wanted_s - decoded_s) <= MAX_LENGTH_ERROR_S:
        return []
    if end_s is not None and end_s > info.duration_s + MAX_LENGTH_ERROR_S:
        what = f"the piece ends at {end_s:.2f} s, the recording at {info.duration_s:.2f} s"
    else:
        what = f"the header promises {wanted_s:.2f} s, {decoded_s:.2f} s can be decoded"
    return [Remark("W_LENGTH", f"{info.path}: {what}", "was the copy cut off?")]
