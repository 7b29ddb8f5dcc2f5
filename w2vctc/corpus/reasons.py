"""Every reason code about data: what it means in plain words, and what to do about it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """One reason code; `title` completes "in this row, ..."."""

    title: str
    remedy: str


# E_: the row cannot be trained on. W_: it can, and somebody should look.
REASONS: dict[str, Reason] = {
    # --- files
    "E_MISSING": Reason("the file is not there", "find it, mend the path, or take the row out"),
    "E_LOOP": Reason("the file is a link that leads to itself", "put the recording there instead"),
    "E_NOT_FILE": Reason("a folder or a device stands there, no file", "name the recording itself"),
    "E_NOT_FOLDER": Reason("a file stands where a folder should be", "choose another path"),
    "E_PERM": Reason("reading it is not permitted", "give yourself the right to read it (chmod)"),
    "E_OUTSIDE": Reason(
        "the path leads out of the data's folder", "--allow-outside permits it, if it is meant"
    ),
    "E_CHANGED": Reason("the file was changed meanwhile", "let no other program write there"),
    "E_NAME": Reason(
        "a name that no table can hold (a tab, a line end, bytes that are not UTF-8)",
        "rename the file, or `w2vctc prepare --audio flac`",
    ),
    "W_NAME": Reason(
        "the name is spelled otherwise on the disk (case, or composed letters)",
        "rename one of them: other machines will not find it",
    ),
    # --- sound: headers
    "E_EMPTY": Reason("the file is empty", "copy or record it again"),
    "E_NO_SAMPLES": Reason("there is no sound in the file or piece", "record or cut it again"),
    "E_TRUNCATED": Reason("the recording is cut off", "copy the file again"),
    "E_NOT_AUDIO": Reason("it is no sound file", "find the recording itself"),
    "E_CODEC": Reason("samples without a header, or of a kind that is not read", "convert it"),
    "E_HEADER": Reason("the header cannot be true", "export the recording again"),
    "W_EXTENSION": Reason("the name says another kind of file", "rename it; it is read all right"),
    "W_LOW_RATE": Reason("recorded below 16 kHz", "find the original, if that was finer"),
    "W_TRAILING": Reason("bytes behind the sound belong to nothing", "leave it: they are left out"),
    "W_STREAMING": Reason("the header does not say how long it is", "leave it: it is read through"),
    "W_HEADER": Reason("a header where none was announced", "leave --raw-rate out"),
    # --- sound: samples
    "E_DECODE": Reason("decoding breaks off", "copy or convert the file again"),
    "E_NONFINITE": Reason("samples are no finite numbers", "export it again, as 16-bit PCM"),
    "E_RANGE": Reason("samples are on another scale", "export it again, as 16-bit PCM"),
    "E_SILENT": Reason("there is only silence", "take it out, or find the channel that was on"),
    "W_CLIPPED": Reason("the sound is clipped", "record more quietly next time"),
    "E_CHANNEL": Reason("there is no such channel", "count them from 1, or leave --channels out"),
    "W_ONE_CHANNEL": Reason("one channel is silent", "leave it: the other one is used"),
    "W_ANTIPHASE": Reason("the channels cancel each other", "leave it: the louder one is used"),
    "W_LENGTH": Reason("less sound than the header says", "compare it with the original"),
    # --- length and times
    "E_TOO_SHORT": Reason("shorter than one frame of the model", "take it out"),
    "E_TOO_LONG": Reason("longer than the limit", "cut it, or raise --max-duration"),
    "E_BEYOND": Reason("the piece ends behind the recording's end", "mend the times"),
    "E_INFEASIBLE": Reason(
        "more letters than the model has frames for", "see whether the transcript belongs to it"
    ),
    "W_DURATION": Reason(
        "the table says another duration than the file has",
        "see whether it is still the same recording",
    ),
    "W_RATE": Reason(
        "too many or too few letters for the time",
        "listen whether the transcript belongs to it",
    ),
    # --- tables and annotation
    "E_DUP_ID": Reason("the id stands twice in one split", "give each row an id of its own"),
    "E_EMPTY_MANIFEST": Reason("the table has no rows", "one recording per line, under a heading"),
    "E_COLUMNS": Reason("a column is missing or named otherwise", "name it path, text, speaker"),
    "E_ROW": Reason("the row is not whole", "mend that line"),
    "E_ENCODING": Reason("the text is not UTF-8", "save it as UTF-8"),
    "E_FORMAT": Reason("no format is recognised", "name it with --format"),
    "E_NO_AUDIO": Reason("a transcript without a recording", "find it, or take the text out"),
    "E_NO_TEXT": Reason("a recording without a transcript", "write it, or take the file out"),
    "E_PIPE": Reason("a command stands where a path should be", "make files of it first"),
    "E_TIER": Reason("which tier has the transcripts is not clear", "name it with --tier"),
    "E_ANNOTATION": Reason("the annotation file is not whole", "open it and save it again"),
    "E_DATASET": Reason("the data set's file is not whole", "download or save it again"),
    "E_CONFIG": Reason("several data sets are there", "name the folder of one of them"),
    "E_HUB": Reason("the hub cannot be reached or has no such data", "check the name and the net"),
    "E_LANGUAGE": Reason("several languages lie there", "name the folder of one"),
    "E_PACKAGE": Reason("a library is missing that this format needs", "install it"),
    "E_WORKER": Reason("the machine starts no further process", "try it with --jobs 1"),
    "E_DISK": Reason("the disk is full", "free some space"),
    "W_SAME_NAME": Reason(
        "several recordings or texts of that name", "see whether the right one is taken"
    ),
    "W_NO_TEXT": Reason("a recording that no row names", "add it to the table, if it is meant"),
    "W_SPLIT": Reason("a split that is not train, dev or test", "leave it: it is left out"),
    "W_CACHE": Reason("the cache held a damaged file", "leave it: it was written anew"),
    "W_EMPTY": Reason("annotations without text", "leave it: they are left out"),
    # --- transcripts
    "E_EMPTY_TEXT": Reason("nothing is left of the transcript", "write it, or take the row out"),
    "E_TOO_LONG_TEXT": Reason("the transcript is longer than any clip", "mend that line"),
    "E_RESERVED": Reason(
        "one of the model's own tokens stands in the text", "write what was said, or take it out"
    ),
    "E_CHAR": Reason("a character that nobody spoke", "type that letter again"),
    "W_CHAR": Reason("unusual characters", "see below whether they are dropped or kept"),
    "W_MIXED_SCRIPT": Reason("letters of two scripts in one word", "type that word again"),
    "W_UNEXPECTED": Reason(
        "letters that the language's profile does not have",
        "mend the text, or add them to the profile",
    ),
    "W_DIGITS": Reason("digits that are not spelled out", "write them as they were said"),
    "W_NFD": Reason("letters and accents typed apart", "leave it: they are composed"),
    "E_ALIGN": Reason(
        "the text is not surely what is heard there",
        "listen to it; `w2vctc align --min-score` sets the limit",
    ),
    # --- the same twice
    "E_SEEN": Reason(
        "a sentence to be tested on that train has too",
        "`w2vctc prepare --resplit`, or leave such rows out with --skip-bad",
    ),
    "E_LEAK": Reason("the same sound in two splits", "take it out of one, or the test is no test"),
    "E_SPLIT": Reason("the rows cannot be divided that way", "--split-by sentence, or auto"),
    "E_SPLIT_OVERLAP": Reason(
        "left out, so that the splits share nothing", "leave it, or divide by sentence only"
    ),
    "W_DUP_AUDIO": Reason("the same sound twice", "see which of the transcripts is right"),
    "W_SPLIT_ID": Reason("the id stands in two splits", "see whether the rows are the same"),
    "W_SPLIT_SENTENCE": Reason(
        "the sentence stands in two splits",
        "`w2vctc prepare --resplit` keeps sentences apart; else error rates are too good",
    ),
    "W_SPLIT_SPEAKER": Reason(
        "the speaker is heard in two splits",
        "`w2vctc prepare --resplit` keeps speakers apart; else new voices will do worse",
    ),
}
_UNKNOWN = Reason("see the message", "see the message")


def find_reason(code: str) -> Reason:
    """The words for a code; a code that nobody registered says so."""
    return REASONS.get(code, _UNKNOWN)
