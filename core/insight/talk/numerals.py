"""Words that are numbers, in the languages that models slip into.

"One" and "two" are ordinary words; from three on a word counts, and a count needs a reference.
Words that mean something else in English ("once", "cent", "a double") are left out.
"""

from __future__ import annotations

import re

ENGLISH = (
    "three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety dozen"
    " dozens hundred hundreds thousand thousands million millions billion billions trillion"
    " percent percentage half halves halve halved halving doubled doubling doubly"
    " tripled tripling trebled quadruple quadrupled quintupled twice thrice"
    " twofold threefold fourfold fivefold tenfold hundredfold thirds fifths sixths tenths"
)
GERMAN = (
    "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig dreißig vierzig fünfzig"
    " sechzig siebzig achtzig neunzig hundert tausend million millionen milliarde milliarden"
    " prozent hälfte halb halbiert verdoppelt verdreifacht doppelt dreifach drittel viertel zehntel"
)
FRENCH = (
    "deux trois quatre cinq huit neuf dix onze douze vingt trente quarante cinquante soixante"
    " mille milliard milliards moitié doublé doubler triplé pourcent"
)
SPANISH = (
    "tres cuatro cinco seis siete ocho nueve diez doce veinte treinta cuarenta cincuenta sesenta"
    " cien ciento cientos millón millones mitad duplicó triplicó tercio porciento"
)
ITALIAN = (
    "tre quattro cinque sette otto nove dieci undici dodici venti trenta quaranta cinquanta cento"
    " mila milione milioni miliardo miliardi metà raddoppiato triplicato"
)
PORTUGUESE = "dois três sete oito dez doze vinte trinta milhão milhões metade dobrou triplicou"
LANGUAGES = (ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN, PORTUGUESE)
NUMERALS = frozenset(word for words in LANGUAGES for word in words.split())
WORD = re.compile(r"[^\W\d_]+")
PART = re.compile(  # "the third quarter" is a period, "a third of it" and "three quarters" are not
    r"\b(?:a|one|two)\s+(?:third|fifth|sixth|seventh|eighth|ninth|tenth|hundredth)s?\b"
    r"|\b(?:double|triple)\s+(?:the|that|what|its|their)\b"
    r"|\b(?:a|one)\s+quarter\s+(?:of|less|more|below|above|lower|higher|down|up)\b"
)


def spelled(text: str) -> str:
    """The first number that the text spells, or nothing."""
    low = text.lower()
    word = next((word for word in WORD.findall(low) if word in NUMERALS), "")
    part = PART.search(low)
    return word or (part[0] if part else "")
