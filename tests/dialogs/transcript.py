"""A transcript: the text of a dialog file taken apart. The format is told in tests/README.md."""

import re
from dataclasses import dataclass, field

# Letter (and number) of who speaks, then how the text is meant.
STEP = re.compile(r"^([CSNnL])(\d?)([:~=*!+-])(?: (.*))?$")
KINDS = {"C": ":=!", "S": ":~*!", "N": ":~*!+", "n": ":=!-", "L": "~!"}
NEEDS_TEXT = "~*="
WORDS = ("greet", "quit", "pause", "within", "open", "tls", "stop", "freeze",
         "thaw")
ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|([rnt0\\]))")
ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "\\": b"\\"}


class BadTranscript(Exception):
    """A line that means nothing."""


@dataclass
class Step:
    line: int        # of the file, for people
    who: str         # C, S, N, n, L, or "" for a word
    kind: str        # the sign behind it, or the word
    text: str = ""
    number: int = 1  # which client


@dataclass
class Transcript:
    path: str
    story: str = ""
    sections: dict = field(default_factory=dict)  # section → lines of TOML
    options: dict = field(default_factory=dict)   # "next hop", "delivered", "from", "cut", …
    steps: list = field(default_factory=list)

    def scripted_hop(self):
        """Whether the file tells all that the next hop sees and says."""
        return any(s.who in ("N", "n") for s in self.steps)


OPTIONS = ("next hop", "greeting", "delivered", "from", "cut", "domain")


def octets(text):
    r"""The octets of a text with \r \n \t \0 \\ and \xNN; anything else is UTF-8."""
    found, done = b"", 0
    for one in ESCAPE.finditer(text):
        found += text[done:one.start()].encode()
        found += bytes([int(one[1], 16)]) if one[1] else ESCAPES[one[2]]
        done = one.end()
    return found + text[done:].encode()


def _header_line(transcript, line):
    name, colon, value = line.partition(":")
    value = value.strip()
    if not colon:
        raise BadTranscript(f"not a header line: {line!r}")
    if name in OPTIONS:
        transcript.options[name] = value
    elif re.fullmatch(r"[a-z_]+(\.[a-z_]+)?", name) and "=" in value:
        transcript.sections.setdefault(name, []).append(value)
    else:
        raise BadTranscript(f"neither SECTION: KEY = VALUE nor one of {OPTIONS}: {line!r}")


def _step(number, line):
    found = STEP.match(line)
    if found:
        who, client, kind, text = found.groups()
        if kind not in KINDS[who] or (client and who not in "CS"):
            raise BadTranscript(f"{who}{client}{kind} means nothing")
        if kind in NEEDS_TEXT and text is None and who + kind != "N*":
            raise BadTranscript(f"{who}{kind} needs a text")
        return Step(number, who, kind, text or "", int(client or 1))
    word, _, rest = line.partition(" ")
    if word not in WORDS:
        raise BadTranscript(f"not a step: {line!r}")
    client = re.fullmatch(r"(\d)(?: (.*))?", rest) if word in ("greet", "quit", "open", "tls") else None
    return Step(number, "", word, (client[2] or "") if client else rest,
                int(client[1]) if client else 1)


def read(path):
    """Comment lines (the story), header lines, an empty line, steps."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    transcript = Transcript(path)
    in_header = True
    for number, line in enumerate(lines, 1):
        try:
            if line.startswith("#"):
                if in_header and not transcript.sections and not transcript.options:
                    transcript.story += line.lstrip("# ") + " "
            elif not line.strip():
                in_header = False
            elif in_header:
                _header_line(transcript, line)
            else:
                transcript.steps.append(_step(number, line))
        except BadTranscript as bad:
            raise BadTranscript(f"{path}:{number}: {bad}") from None
    if not transcript.story or not transcript.steps:
        raise BadTranscript(f"{path}: a story (# …), an empty line and steps are wanted")
    return transcript
