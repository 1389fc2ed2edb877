"""Where numtile raises what NumPy does not, or answers where NumPy refuses: on purpose, and written down here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Deviation:
    """A difference between numtile and NumPy."""

    text: str
    #: What numtile raises where NumPy gives a result.
    raises: tuple[type[BaseException], ...] = ()
    #: What NumPy raises where numtile gives a result.
    answers: tuple[type[BaseException], ...] = ()


_STRINGS = Deviation("Strings, objects, dates and structured types are refused.", raises=(TypeError,))

DEVIATIONS = {
    "where": Deviation("Python integers that do not fit raise OverflowError; NumPy lets them wrap.", raises=(OverflowError,)),
    "round": Deviation("Booleans with decimals give floats; NumPy refuses them.", answers=(TypeError,)),
    "around": Deviation("Booleans with decimals give floats; NumPy refuses them.", answers=(TypeError,)),
    "average": Deviation("Weights that sum to zero give infinities or NaN; NumPy raises ZeroDivisionError.", answers=(ZeroDivisionError,)),
    "astype": _STRINGS,
    "array": _STRINGS,
    "asarray": _STRINGS,
}


def meant(name, want, got):
    """Whether a result or an exception differs from NumPy's on purpose."""
    deviation = DEVIATIONS.get(name)
    if deviation is None:
        return False
    if isinstance(want, Exception):
        return isinstance(want, deviation.answers) and not isinstance(got, Exception)
    return isinstance(got, deviation.raises)
