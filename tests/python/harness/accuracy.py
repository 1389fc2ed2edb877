"""How exact each function has to be: NumPy's bits, unless there is a rule for it."""

from . import composite_rules, conversion_rules, elementwise_rules, method_rules, reduction_rules, scan_rules
from .answers import Bits
from .elementwise_rules import BITS

RULES = {**elementwise_rules.RULES, **reduction_rules.RULES, **scan_rules.RULES}
RULES |= conversion_rules.adapted(RULES) | composite_rules.RULES | method_rules.rules(elementwise_rules.RULES)


def answer(name, args, kwargs, want):
    """What `name(*args, **kwargs)` has to give where NumPy gives `want`: an object with a method `check(got)`, or one of
    each of several results."""
    rule = RULES.get(name)
    made = rule.answer(want, *args, **kwargs) if rule else None
    if made is None:
        return tuple(map(Bits, want)) if isinstance(want, (tuple, list)) else Bits(want)
    return made


def text(name):
    """The accuracy of a function in words."""
    return RULES[name].text if name in RULES else BITS
