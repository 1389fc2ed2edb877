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
    #: What NumPy raises, and what numtile raises for it.
    instead: tuple[type[BaseException], ...] = ()


_STRINGS = Deviation("Strings, objects, dates and structured types are refused.", raises=(TypeError,))

DEVIATIONS = {
    "where": Deviation("Python integers that do not fit raise OverflowError; NumPy lets them wrap.", raises=(OverflowError,)),
    "choose": Deviation("Numbers without a choice are an IndexError when computed.", instead=(ValueError, IndexError)),
    "interp": Deviation("Complex positions are refused with period= too.", raises=(TypeError,)),
    "pad": Deviation(
        "Medians and functions are computed at once, in memory; booleans reflect with reflect_type='odd' up to their own "
        "number only; floats that reflect so further may differ in the last places.",
        raises=(NotImplementedError,),
    ),
    "select": Deviation(
        "Python integers take the type of the arrays beside them; NumPy refuses them beside narrow ones.", answers=(TypeError,)
    ),
    "round": Deviation("Booleans with decimals give floats; NumPy refuses them.", answers=(TypeError,)),
    "around": Deviation("Booleans with decimals give floats; NumPy refuses them.", answers=(TypeError,)),
    "average": Deviation("Weights that sum to zero give infinities or NaN; NumPy raises ZeroDivisionError.", answers=(ZeroDivisionError,)),
    "bincount": Deviation("Lists of floats are refused, which NumPy deprecates.", raises=(TypeError,)),
    "histogram": Deviation(
        "Complex elements are refused, and so are the methods auto, fd and stone (NotImplementedError); the others choose by statistics in float64 where NumPy's are in float16. Boolean weights are taken with any edges.",
        raises=(TypeError, NotImplementedError),
        answers=(TypeError,),
    ),
    "histogram_bin_edges": Deviation("As histogram.", raises=(TypeError, NotImplementedError)),
    "astype": _STRINGS,
    "array": _STRINGS,
    "asarray": _STRINGS,
}


#: Of `reduce` of ufuncs whose order matters.
IN_ORDER = Deviation("Elements are combined in order, and there is no where= (NotImplementedError).", raises=(NotImplementedError,))
_ORDERED = (
    "arctan2 copysign equal floor_divide fmod greater greater_equal heaviside ldexp less less_equal nextafter not_equal remainder"
)
DEVIATIONS |= {f"{name}.reduce": IN_ORDER for name in _ORDERED.split()} | {"ldexp.reduceat": IN_ORDER}


def meant(name, want, got):
    """Whether a result or an exception differs from NumPy's on purpose."""
    deviation = DEVIATIONS.get(name)
    if deviation is None:
        return False
    if isinstance(got, deviation.raises):
        return True
    if isinstance(want, Exception) and isinstance(got, Exception):
        return bool(deviation.instead) and isinstance(want, deviation.instead[0]) and isinstance(got, deviation.instead[1])
    if isinstance(want, Exception):
        return isinstance(want, deviation.answers)
    return False
