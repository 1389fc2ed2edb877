"""How exact each function has to be: NumPy's bits, unless there is a rule for it."""

from . import conversion_rules, elementwise_rules, reduction_rules
from .answers import Bits
from .elementwise_rules import BITS

RULES = {**elementwise_rules.RULES, **reduction_rules.RULES}
RULES |= conversion_rules.adapted(RULES)


def answer(name, args, kwargs, want):
    """What `name(*args, **kwargs)` has to give where NumPy gives `want`: an object with a method `check(got)`."""
    rule = RULES.get(name)
    made = rule.answer(want, *args, **kwargs) if rule else None
    return Bits(want) if made is None else made


def text(name):
    """The accuracy of a function in words."""
    return RULES[name].text if name in RULES else BITS
