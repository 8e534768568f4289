"""Check digits: whether a number that looks like an identifier can be one. Each takes the characters as they stand."""

from __future__ import annotations

import ipaddress
import re


def digits_of(text: str) -> list[int]:
    return [int(character) for character in text if character.isdigit()]


def luhn(text: str) -> bool:
    """ISO/IEC 7812: card numbers, Canadian SIN."""
    total = 0
    for place, digit in enumerate(reversed(digits_of(text))):
        total += sum(divmod(2 * digit, 10)) if place % 2 else digit
    return total % 10 == 0


def card(text: str) -> bool:
    return luhn(text) and len(set(digits_of(text))) > 1


def npi(text: str) -> bool:
    """US National Provider Identifier: Luhn behind the prefix 80840 (45 CFR 162.406)."""
    return luhn("80840" + text)


def nhs(text: str) -> bool:
    """NHS number of England: weights 10 to 2, modulo 11."""
    *digits, last = digits_of(text)
    return (11 - sum(weight * digit for weight, digit in zip(range(10, 1, -1), digits, strict=True)) % 11) % 11 == last


def dea(text: str) -> bool:
    """US prescriber's DEA number: two letters and seven digits."""
    a, b, c, d, e, f, last = digits_of(text[2:])
    return (a + c + e + 2 * (b + d + f)) % 10 == last


def iban(text: str) -> bool:
    """ISO 13616: modulo 97."""
    compact = re.sub(r"\s", "", text)
    moved = compact[4:] + compact[:4]
    return 15 <= len(compact) <= 34 and int("".join(str(int(letter, 36)) for letter in moved)) % 97 == 1


def nir(text: str) -> bool:
    """French social security number: the last two digits are 97 less the rest modulo 97."""
    digits = "".join(map(str, digits_of(text)))
    return 97 - int(digits[:13]) % 97 == int(digits[13:])


def kvnr(text: str) -> bool:
    """German health insurance number: a letter, as two digits, and nine digits; weights 1 and 2 by turns."""
    digits = digits_of(f"{ord(text[0]) - 64:02d}" + text[1:])
    total = sum(sum(divmod(digit * (1 + place % 2), 10)) for place, digit in enumerate(digits[:-1]))
    return total % 10 == digits[-1]


def ip_address(text: str) -> bool:
    """An address that can be somebody's: neither loopback nor unspecified nor multicast."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or address.is_multicast)


def phone(text: str) -> bool:
    """8 to 15 digits (ITU E.164), not all alike, and not a North American toll-free number, which is nobody's own."""
    digits = "".join(map(str, digits_of(text.lower().partition("x")[0])))
    national = digits[2:].removeprefix("1") if digits.startswith("00") else digits.removeprefix("1")
    free = len(national) == 10 and re.match("8(00|33|44|55|66|77|88)", national)
    return 8 <= len(digits) <= 15 and len(set(digits)) > 2 and not free
