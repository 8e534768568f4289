"""Personal data in text, by its form: what has a pattern, with its check digits where it has any.

What has no pattern is not found: names, relatives, employers, photographs, a story that only one person can have lived.
English first: the words before a date of birth or a record number are English ones. Nothing that is found is kept or
shown whole, only its first character and its shape. Knows nothing about files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from slm.audit import check_digits as checks

BEFORE, AFTER = 80, 80  # characters around a digit or a mark that are looked at
MAY_HOLD = re.compile(r"\d\d|\d[A-Z]? [A-Z\d]|@|://|[\[(]at[\])]")
"""What everything of these kinds has in it."""


@dataclass(frozen=True)
class Kind:
    """A kind of personal data: the part 'v' of `pattern` is what it is, if `check` agrees."""

    name: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool]


@dataclass(frozen=True)
class Found:
    """Something of a kind, from `start` to `end` of the text, and what may be shown of it."""

    kind: str
    start: int
    end: int
    masked: str


def find(text: str) -> Iterator[Found]:
    """What looks like personal data in a text, in its order; of two that overlap the kind that is first in `KINDS`."""
    for start, end in _stretches(text):
        taken: list[Found] = []
        for kind in KINDS:
            for match in kind.pattern.finditer(text, start, end):
                first, last = match.span("v")
                free = all(last <= other.start or other.end <= first for other in taken)
                if free and kind.check(match["v"]):
                    taken.append(Found(kind.name, first, last, masked(match["v"])))
        yield from sorted(taken, key=lambda found: found.start)


def masked(text: str) -> str:
    """'j***.*****@*******.***': the first character and the shape, at most 40 characters of it."""
    return (text[:1] + re.sub(r"\w", "*", text[1:]))[:40]


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """The parts of a text that something may stand in."""
    start = end = 0
    for match in MAY_HOLD.finditer(text):
        if match.start() - BEFORE > end:
            if end:
                yield start, end
            start = match.start() - BEFORE
        if match.end() + AFTER > end:
            space = re.compile(r"\s").search(text, match.end() + AFTER)
            end = space.start() if space else len(text)
    if end:
        yield max(0, start), end


# Parts of patterns

MONTH = (
    r"(?i:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
DATE = (
    r"(?:\d{1,2}(?P<s>[/.-])\d{1,2}(?P=s)(?:\d{4}|\d{2})|\d{4}[/.-]\d{1,2}[/.-]\d{1,2}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?[ -](?:of )?{MONTH},?[ -]\d{{4}}|{MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})"
)
STATE = (
    "(?:A[KLRSZ]|C[AOT]|D[CE]|F[LM]|G[AU]|HI|I[ADLN]|K[SY]|LA|M[ADEHINOPST]|N[CDEHJMVY]|O[HKR]|P[ARW]|RI|S[CD]|T[NX]"
    "|UT|V[AIT]|W[AIVY])"
)
STREET = (
    "(?:Alley|Avenue|Ave|Bend|Boulevard|Blvd|Bridge|Brook|Bypass|Causeway|Circle|Cir|Close|Common|Corner|Courts?|Ct|Cove"
    "|Crescent|Crossing|Crossroad|Drives?|Dr|Estates?|Expressway|Freeway|Gardens?|Gateway|Glen|Greens?|Groves?|Heights"
    "|Highway|Hwy|Hills?|Hollow|Junction|Knolls?|Landing|Lane|Ln|Lodge|Loop|Manors?|Meadows?|Mews|Orchard|Parkways?|Park"
    "|Pkwy|Pass|Path|Pike|Place|Pl|Plaza|Points?|Ridge|Roads?|Rd|Row|Rue|Springs?|Squares?|Sq|Streets?|St|Terrace|Ter"
    "|Trace|Track|Trail|Turnpike|Union|Valley|Views?|Ville|Vista|Walks?|Way|Ways)"
)
ROOM = r"(?:(?:Suite|Ste|Apt|Apartment|Unit|Flat|Studio)\b\.? (?:\d\w{0,4}|[A-Z]\b)|# ?\d{1,5})"
NUMBER = (
    r"(?:\s?(?:number|no\.?|num\.?|nr\.?|id|identifier|code|#)){0,2}(?:\s?\([^)\n]{1,20}\))?"
    r"\s*(?:(?:is|was)\b|[:=#|])?\s{0,3}"
)
"""Between what a number is called and the number."""
IDENTIFIER = r"(?<![\w-])(?=[A-Z0-9/-]*\d[A-Z0-9/-]*\d[A-Z0-9/-]*\d)[A-Z0-9][A-Z0-9/-]{3,23}(?![\w-])"
NUMBERED = (
    r"(?i:\b(?:mrn|m\.r\.n\.|mr ?#|uhid|med rec|health plan|(?:medical|health|hospital|patient|pt)(?:'s)? ?(?:record"
    r"|chart|file|card|identification|id|number|no\b\.?|#)|(?:insurance|insured'?s?|medicare|medicaid|group|record|file|ref"
    r"|reference|admission|case) ?(?:number|no\b\.?|id|#)|chart|accession|specimen|policy"
    r"|member(?:ship)?|subscriber|beneficiary|claim|encounter|visit|account|acct\.?|passport|driver'?s? licen[sc]e"
    r"|licen[sc]e|certificate)"
    rf"{NUMBER})"
)
M = "[AC-HJKMNP-RT-Y]"  # letters of a US Medicare number
HOST = r"[\w-]+(?:(?:\.|\s?[\[(]dot[\])]\s?)[\w-]+)*(?:\.|\s?[\[(]dot[\])]\s?)[A-Za-z]{2,24}"
OF_SOMEBODY = "(?i:[\\w-]*(?:user|patient|person|member|account|session|token|email|mrn|uid|ssn)[\\w-]*)"


def _always(text: str) -> bool:
    return True


def _kind(name: str, pattern: str, check: Callable[[str], bool] = _always) -> Kind:
    return Kind(name, re.compile(pattern), check)


# Where two overlap, the first counts.
KINDS = (
    _kind("email address", rf"(?<![\w.+-])(?P<v>[\w.%+'-]+(?:@|\s?[\[(]at[\])]\s?){HOST})"),
    _kind("web address with an identifier",
          rf"(?P<v>https?://[^\s<>\"]{{1,300}}(?:[?&;]{OF_SOMEBODY}=[^\s<>\"]*[^\s<>\".,;:)]"
          r"|/(?i:patients?|users?|members?|records?)/[\w-]*\d{2}(?:[^\s<>\"]*[^\s<>\".,;:)])?))"),
    _kind("IP address", r"(?<!EC )(?<!EC:)(?<![\w.:])(?P<v>\d{1,3}(?:\.\d{1,3}){3})(?!\w|:\w|\.\d)", checks.ip_address),
    _kind("IP address",
          r"(?<![\w:.])(?P<v>(?:[0-9A-Fa-f]{1,4}:{1,2}){3,7}[0-9A-Fa-f]{1,4})(?!\w|:\w)", checks.ip_address),
    _kind("date of birth",
          r"(?i:\b(?:born|b\.|d\.?\s?o\.?\s?b\b\.?|date of birth|birth ?date|birthday|birth))(?!\w)\W{0,4}"
          rf"(?:\([^)\n]{{1,20}}\)\W{{0,3}})?(?:(?:in [A-Z][\w .-]{{1,20}} )?(?:on|is|was)\W{{1,3}})?(?P<v>{DATE})"),
    _kind("date of birth", rf"(?P<v>{DATE})\W{{1,3}}(?i:d\.?o\.?b\b|date of birth|birth ?date)"),
    _kind("US social security number",
          r"(?<![\w-])(?P<v>(?!000|666|9)\d{3}([- ])(?!00)\d\d\2(?!0000)\d{4})(?![\w-])"),
    _kind("US social security number",
          rf"(?i:\b(?:ssn|social security)){NUMBER}(?P<v>(?!000|666|9)\d{{3}}(?!00)\d\d(?!0000)\d{{4}})(?!\d)"),
    _kind("NHS number", r"\bNHS\b[^\d\n]{0,20}(?P<v>\d{3}[ -]?\d{3}[ -]?\d{4})(?!\d)", checks.nhs),
    _kind("UK national insurance number",
          r"\b(?P<v>(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D])\b"),
    _kind("US Medicare number", rf"\b(?P<v>[1-9]{M}(?:{M}|\d)\d-?{M}(?:{M}|\d)\d-?{M}{{2}}\d\d)\b"),
    _kind("German health insurance number", r"\b(?P<v>[A-Z]\d{9})\b", checks.kvnr),
    _kind("French social security number",
          r"(?<!\d)(?P<v>[12] ?\d\d ?(?:0[1-9]|1[0-2]) ?\d\d ?\d{3} ?\d{3} ?\d\d)(?!\d)", checks.nir),
    _kind("US provider number (NPI)", rf"\bNPI\b{NUMBER}(?P<v>[12]\d{{9}})(?!\d)", checks.npi),
    _kind("US prescriber number (DEA)", r"\b(?P<v>[A-HJ-NPR-UX][A-Z9]\d{7})\b", checks.dea),
    _kind("bank account (IBAN)",
          r"\b(?P<v>[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?)\b", checks.iban),
    _kind("card number",
          r"(?<![\w.-])(?P<v>[1-6]\d{3}(?:[ -]?\d{4}){2}(?:[ -]?\d{1,7})?|3\d{3}[ -]?\d{6}[ -]?\d{5})(?![\w-])",
          checks.card),
    _kind("record or insurance number", rf"{NUMBERED}(?P<v>{IDENTIFIER})"),
    _kind("phone or fax number",
          r"(?<![\w.])(?P<v>\+\d{1,3}[-. (]{0,2}\d{1,4}[-. )]{0,2}(?:\d{1,4}[-. ]?){1,4}\d{2,4}(?:\s?x\s?\d{1,5})?)"
          r"(?![\w-])", checks.phone),
    _kind("phone or fax number",
          r"(?<![\w.-])(?<!\d )(?P<v>(?:(?:\+|00)?1[-. ])?(?:\([2-9]\d\d\)[-. ]?|[2-9]\d\d[-. ])[2-9]\d\d[-. ]\d{4}"
          r"(?:\s?x\s?\d{1,5})?)(?![\w-])", checks.phone),
    _kind("phone or fax number",
          r"(?<![\w.-])(?<!\d )(?P<v>(?:\(0\d{2,4}\)[ -]?|0\d{2,4}[ -])\d{3,4}[ -]?\d{3,4}|0[1-9]\d{8,9})(?![\w-])",
          checks.phone),
    _kind("phone or fax number",
          r"(?i:\b(?:tel|telephone|phone|call|fax|mobile|cell|contact|pager|ph|home|work|office|kin\b[^.\n\d]{0,12})\b)\W{0,3}"
          r"(?i:(?:number|no\.?|is|at|on|:|(?:the |his |her |my )?\w{2,12} (?:at|on))\W{0,3}){0,2}"
          r"(?P<v>[+(]?\d[\d ().-]{6,16}\d)(?![\w-])", checks.phone),
    _kind("postal address",
          r"(?<![\w.,/-])(?P<v>\d{1,5}[A-Z]? (?:[NSEW]\.? )?(?:[A-Z][a-z'’.-]+ |\d{1,3}(?:st|nd|rd|th) ){1,4}"
          rf"(?:{STREET}\b\.?(?:,? {ROOM})?|(?:[A-Z][a-z]+,? )?{ROOM}))"),
    _kind("postal address",
          rf"(?P<v>\b(?:[A-Z][A-Za-z'.-]+ ){{0,3}}[A-Z][A-Za-z'.-]+,? {STATE}\.? \d{{5}}(?:-\d{{4}})?\b)"),
    _kind("postal address", r"(?P<v>\b[ADF]PO,? A[AEP] \d{5}(?:-\d{4})?\b)"),
    _kind("postal address", r"(?P<v>\b(?i:P\. ?O\. ?Box|PO Box|Post Office Box) \d{1,6}\b)"),
    _kind("postal address", r"(?P<v>\b[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}\b)"),
)  # fmt: skip
