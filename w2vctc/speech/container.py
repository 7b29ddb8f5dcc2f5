"""Which kind of file the first bytes are of, and the names that such files go by."""

from pathlib import Path

from w2vctc.speech.remark import Remark

EXTENSIONS: dict[str, tuple[str, ...]] = {
    "WAV": (".wav", ".wave", ".bwf", ".amb"),
    "RF64": (".wav", ".wave", ".bwf", ".rf64"),
    "W64": (".w64",),
    "AIFF": (".aif", ".aiff", ".aifc"),
    "AU": (".au", ".snd"),
    "CAF": (".caf",),
    "FLAC": (".flac", ".fla"),
    "OGG": (".ogg", ".oga", ".opus", ".ogv", ".ogx", ".spx"),
    "MP3": (".mp3", ".mp2", ".mpga", ".mpa"),
    "NIST": (".sph", ".nist", ".wav", ".wv1", ".wv2"),  # TIMIT calls its SPHERE files .wav
    "VOC": (".voc",),
    "MP4": (".mp4", ".m4a", ".m4b", ".m4v", ".mov", ".qt", ".3gp", ".3gpp", ".3g2"),
    "MATROSKA": (".webm", ".mkv", ".mka", ".weba"),
    "ASF": (".wma", ".wmv", ".asf"),
    "AMR": (".amr", ".awb", ".3ga"),
    "AAC": (".aac", ".adts"),
    "AVI": (".avi",),
    "FLV": (".flv", ".f4v"),
    "MPEG": (".mpg", ".mpeg", ".vob", ".m2p"),
    "MPEG-TS": (".ts", ".mts", ".m2ts"),
    "AC3": (".ac3", ".eac3"),
    "WAVPACK": (".wv",),
    "APE": (".ape",),
}
HEADERLESS = (".raw", ".pcm", ".sw", ".s16", ".s16le", ".sln", ".ul", ".al", ".f32", ".vox")
# libsndfile knows nothing of these; asking it first would only cost time.
VIDEO_KIN = {
    *("MP4", "MATROSKA", "ASF", "AMR", "AAC", "AVI", "FLV", "MPEG", "MPEG-TS", "AC3"),
    *("WAVPACK", "APE"),
}

_KNOWN = {extension for extensions in EXTENSIONS.values() for extension in extensions}
_STARTS = (
    (b"fLaC", "FLAC"),
    (b"OggS", "OGG"),
    (b"ID3", "MP3"),
    (b".snd", "AU"),
    (b"caff", "CAF"),
    (b"RF64", "RF64"),
    (b"BW64", "RF64"),
    (b"riff\x2e\x91\xcf\x11", "W64"),
    (b"NIST_1A", "NIST"),
    (b"Creative Voice File", "VOC"),
    (b"\x1a\x45\xdf\xa3", "MATROSKA"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "ASF"),
    (b"#!AMR", "AMR"),
    (b"FLV\x01", "FLV"),
    (b"\x00\x00\x01\xba", "MPEG"),
    (b"\x0b\x77", "AC3"),
    (b"wvpk", "WAVPACK"),
    (b"MAC ", "APE"),
)
_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot")


def sniff_container(head: bytes) -> str:
    """The kind of file by its first bytes, a key of EXTENSIONS, or "" when they say nothing."""
    if head[:4] in (b"RIFF", b"RIFX") and len(head) >= 12:
        return {b"WAVE": "WAV", b"AVI ": "AVI"}.get(head[8:12], "")
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "AIFF"
    if head[4:8] in _BOXES:
        return "MP4"
    if len(head) > 188 and head[0] == head[188] == 0x47:
        return "MPEG-TS"
    for start, name in _STARTS:
        if head.startswith(start):
            return name
    return _sniff_frame_sync(head)


def find_wrong_extension(path: Path, container: str) -> Remark | None:
    """W_EXTENSION where the name promises another kind of file than the content is."""
    extension = path.suffix.lower()
    fitting = EXTENSIONS.get(container, ())
    if not fitting or extension in fitting or extension not in (*_KNOWN, *HEADERLESS):
        return None
    return Remark(
        "W_EXTENSION",
        f"{path}: {container} sound under the name {extension}",
        f"read by its content; rename it to {path.stem}{fitting[0]} for other programs",
    )


def _sniff_frame_sync(head: bytes) -> str:
    """MPEG audio frames start with eleven or twelve set bits; layer 0 there means AAC."""
    if len(head) < 2 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return ""
    layer = head[1] >> 1 & 0b11
    if layer == 0:
        return "AAC" if head[1] & 0xF0 == 0xF0 else ""
    return "MP3"
