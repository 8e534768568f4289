"""How much of the personal data in made-up records `slm audit --personal` finds, and what it finds in public text.

    pip install faker
    PYTHONPATH=. python bench/personal.py --public medquad_valid.jsonl.gz --public stories_valid.jsonl.gz

The values are made by faker (en_US, en_GB), which knows nothing of the patterns, or, where it has none of a kind, here
by the rule of whoever gives them out. The first sentences around them were written before the patterns were tried, and
the patterns mended by what was missed; those of `UNSEEN` were written when the patterns were done. A value counts as
found where it lies in what was found, an address where a part of it does. --misses and --examples show which.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from faker import Faker

from slm.audit.personal import find

US, UK = Faker("en_US"), Faker("en_GB")
LETTERS = "ABCEGHJKLMNPRSTWXYZ"


def date(draw: random.Random) -> str:
    day = US.date_of_birth(maximum_age=95)
    return day.strftime(draw.choice(
        ("%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d.%m.%Y", "%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%b %d %Y", "%m/%d/%y")
    ))


def identifier(draw: random.Random) -> str:
    return draw.choice((
        f"{draw.randrange(10**8):08d}", f"{draw.randrange(10**6):06d}",
        f"{draw.choice(LETTERS)}{draw.choice(LETTERS)}-{draw.randrange(10**6):06d}",
        f"{draw.randrange(10**3):03d}-{draw.randrange(10**4):04d}", f"H{draw.randrange(10**9):09d}",
    ))  # fmt: skip


def nhs(draw: random.Random) -> str:
    while True:
        digits = [draw.randrange(10) for _ in range(9)]
        check = 11 - sum(weight * digit for weight, digit in zip(range(10, 1, -1), digits, strict=True)) % 11
        if check != 10:
            text = "".join(map(str, [*digits, check % 11]))
            return draw.choice((text, f"{text[:3]} {text[3:6]} {text[6:]}", f"{text[:3]}-{text[3:6]}-{text[6:]}"))


def insurance_uk(draw: random.Random) -> str:
    text = f"{draw.choice('ABCEGHJKLMNPRSTWXY')}{draw.choice('ABCEGHJKLMPRSTWXY')}"
    text = "AB" if text in ("GB", "BG", "KN", "NK", "TN", "NT") else text
    digits = f"{draw.randrange(10**6):06d}"
    last = draw.choice("ABCD")
    return draw.choice((text + digits + last, f"{text} {digits[:2]} {digits[2:4]} {digits[4:]} {last}"))


def medicare(draw: random.Random) -> str:
    form = "9A09-A09-AA00"  # the letter of the second and fifth place may be a digit too
    made = {"9": "123456789", "A": "ACDEFGHJKMNPQRTUVWXY", "0": "0123456789"}
    text = "".join(draw.choice(made.get(place, place)) for place in form.replace("09-", "00-"))
    return draw.choice((text, text.replace("-", "")))


def portal(draw: random.Random) -> str:
    return draw.choice((
        f"https://{US.domain_name()}/view?patient_id={draw.randrange(10**6)}",
        f"https://{US.domain_name()}/patients/{draw.randrange(10**5)}/labs",
        f"http://{UK.domain_name()}/login?lang=en&session={US.md5()[:16]}",
        f"https://{US.domain_name()}/reset?email={US.user_name()}%40{US.domain_name()}&x=1",
    ))  # fmt: skip


# Kind -> how a value is made, and sentences around it.
MADE: dict[str, Callable[[random.Random], str]] = {
    "email address": lambda draw: draw.choice((US.email(), UK.company_email(), US.free_email())),
    "phone, US": lambda draw: US.phone_number(),
    "phone, UK": lambda draw: UK.phone_number(),
    "date of birth": date,
    "US social security number": lambda draw: US.ssn(),
    "NHS number": nhs,
    "UK national insurance number": insurance_uk,
    "US Medicare number": medicare,
    "record or insurance number": identifier,
    "postal address, US": lambda draw: US.address(),
    "postal address, UK": lambda draw: UK.address(),
    "bank account (IBAN)": lambda draw: UK.iban(),
    "card number": lambda draw: US.credit_card_number(),
    "IP address": lambda draw: draw.choice((US.ipv4(), US.ipv6())),
    "web address with an identifier": portal,
}
SEEN = {
    "email address": (
        "Please send the results to {}.", "Contact: {}", "e-mail {}; prefers mornings", "<{}>", "daughter ({}) is told",
    ),
    "phone, US": (
        "Phone: {}", "Call the patient at {} after 5 pm.", "Home {}, no work number", "Next of kin (wife), {}",
        "tel. {}",
    ),
    "phone, UK": (
        "Phone: {}", "Call the patient on {} after five.", "Home {}, no work", "Next of kin (wife), {}", "Mobile: {}",
    ),
    "date of birth": (
        "DOB: {}", "D.O.B. {}", "Date of birth: {}", "The patient was born on {} in Leeds.", "Born {}, male",
        "Birth date: {}", "Date of Birth (dd/mm/yyyy): {}", "Date of birth:\n{}",
    ),
    "US social security number": ("SSN {}", "Social Security No.: {}", "ID shown: {}.", "(SSN: {})"),
    "NHS number": ("NHS number: {}", "NHS No {}", "NHS: {}", "her NHS number is {}"),
    "UK national insurance number": ("NI number {}", "National Insurance: {}", "NINO {}."),
    "US Medicare number": ("Medicare {}", "MBI: {}", "covered under {} since June"),
    "record or insurance number": (
        "MRN: {}", "MRN {}", "Medical record number: {}", "Patient ID: {}", "Hospital no. {}", "Policy number {}",
        "Insurance ID: {}", "Member ID {}", "Account #: {}", "chart no {}", "Medical Record #{}", "Claim number is {}",
        "Passport no. {}", "Driver's license {}", "Specimen {}",
    ),
    "postal address, US": ("Address: {}", "Lives at {}.", "Home address\n{}\n", "moved to {} in May"),
    "postal address, UK": ("Address: {}", "Lives at {}.", "Home address\n{}\n"),
    "bank account (IBAN)": ("IBAN {}", "pay to {}.", "account: {}"),
    "card number": ("card {}", "paid by card no. {} today", "Visa: {}"),
    "IP address": ("logged in from {}", "client {} refused", "IP: {}"),
    "web address with an identifier": ("see {}", "Portal: {} (ask the nurse)", "link <{}>"),
}  # fmt: skip
UNSEEN = {
    "email address": ("cc'd {} on 3 May", "GP's secretary = {}", "mailto:{}"),
    "phone, US": ("Ask for the son, {}.", "reachable under {} in the evening", "Pharmacy {} faxed", "Contact no: {}"),
    "phone, UK": ("Ask for the son, {}.", "reachable under {} in the evening", "Carer ({})", "Contact no: {}"),
    "date of birth": ("b. {}", "{} (DOB)", "DoB {}; lives alone", "Pt birthdate = {}", "He was born in Ohio on {}."),
    "US social security number": ("social {}", "tax id {}", "SS# {}"),
    "NHS number": ("N.H.S. no. {}", "NHS no: {} (verified)", "NHS ID - {}"),
    "UK national insurance number": ("her NI is {}", "NIno:{}", "benefits claimed under {}"),
    "US Medicare number": ("card shows {}", "beneficiary {} was billed", "HICN/MBI {}"),
    "record or insurance number": (
        "Med rec {}", "record no. {}", "Ref {}", "Pt #{}", "health plan: {}", "admission number {}", "Insured's ID {}",
        "MR# {}", "file number: {}", "UHID {}",
    ),
    "postal address, US": ("discharged to {}", "Mail: {}"),
    "postal address, UK": ("discharged to {}", "Mail: {}"),
    "bank account (IBAN)": ("refund via {}", "Bank: {}"),
    "card number": ("deposit taken, {}", "Mastercard ending {}"),
    "IP address": ("host {}:", "from={}"),
    "web address with an identifier": ("{} - expired", "results at {}"),
}  # fmt: skip


def recall(title: str, sentences: dict[str, tuple[str, ...]], count: int, seed: int, shown: int) -> None:
    draw = random.Random(seed)
    Faker.seed(seed)
    everything = Counter()
    print(title)
    for name, make in MADE.items():
        counts, missed = Counter(), []
        for _ in range(count):
            value, sentence = make(draw), draw.choice(sentences[name])
            text = f"{US.sentence()} {sentence.format(value)} {UK.sentence()}"
            start = text.index(value)
            found = list(find(text))
            if name.startswith("postal"):  # in part: the name of a street has no form, its town and code do
                hit = any(one.start < start + len(value) and start < one.end for one in found)
            else:
                hit = any(one.start <= start + 1 and one.end >= start + len(value) - 1 for one in found)
            counts[hit] += 1
            missed += [] if hit else [text]
        everything += counts
        print(f"{name:32} {counts[True]:6,} of {counts.total():6,}  {100 * counts[True] / counts.total():6.2f} %")
        for text in missed[:shown]:
            print(f"    {text!r}")
    print(f"{'all':32} {everything[True]:6,} of {everything.total():6,}  "
          f"{100 * everything[True] / everything.total():6.2f} %")  # fmt: skip


def public(path: Path, shown: int) -> None:
    """What is found in a file of records with nobody's data: count, and examples to be judged by a person."""
    began = time.process_time()
    counts, documents, examples, size, number = Counter(), Counter(), {}, 0, 0
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):  # noqa: B007
            text = "\n".join(value for value in json.loads(line).values() if isinstance(value, str))
            size += len(text)
            kinds = set()
            for one in find(text):
                counts[one.kind] += 1
                kinds.add(one.kind)
                around = re.sub(r"\s+", " ", text[max(0, one.start - 40) : one.end + 20])
                examples.setdefault(one.kind, {})[around] = None
            documents.update(kinds | ({"any"} if kinds else set()))
    seconds = time.process_time() - began
    print(f"\n{path.name}: {documents['any']:,} of {number:,} documents ({100 * documents['any'] / number:.2f} %), "
          f"{size / seconds / 1e6:.1f} MB/s")  # fmt: skip
    for kind, count in counts.most_common():
        print(f"    {kind:32} {count:6,} in {documents[kind]:,} documents")
        for around in list(examples[kind])[:shown]:
            print(f"        {around}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--public", type=Path, action="append", default=[], metavar="FILE")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--misses", type=int, default=0)
    parser.add_argument("--examples", type=int, default=0)
    given = parser.parse_args()
    recall("sentences that the patterns were mended by", SEEN, given.count, given.seed, given.misses)
    recall("sentences that they had not seen", UNSEEN, given.count, given.seed, given.misses)
    for path in given.public:
        public(path, given.examples)


if __name__ == "__main__":
    main()
