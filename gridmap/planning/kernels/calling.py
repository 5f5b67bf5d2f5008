"""Kernels that call one another by address.

numba joins all that a kernel calls into it and optimises the whole again, for each kernel above.
A kernel that is called by its address is compiled once, by itself, in any process and in any
order, or not at all where nobody calls it; and its binary is cached by itself. A call costs as
much as any other; only what is called often and does little should be joined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from numba.core import cgutils, types
from numba.core.errors import TypingError
from numba.extending import intrinsic

from gridmap.planning.kernels.compiling import IS_COMPILED

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.planning.kernels.kinds import Kinds

_builders: Any = cgutils
_types: Any = types
"""Without numba's type stubs, which lack most of this."""
REDRAW, SIMMER, CUT_PLAINLY, CUT_FINELY, CUT_LOADED = range(5)
"""Places of the addresses in ``calls``."""
MANY_CALLS = 5


def call_apart(kernel: Callable[..., int], kinds: Kinds) -> Callable[[int, tuple[Any, ...]], int]:
    """Return a function, for kernels only, that calls another kernel by address.

    Parameters
    ----------
    kernel
        What is called: marked `gridmap.planning.kernels.compiling.apart`, returns a whole number.
    kinds
        The types of its arguments.

    Returns
    -------
    callable
        Takes the address (`find_address`) and a tuple of the arguments. An error in the kernel
        called, such as a lack of memory, is an error in the one that calls.

    Raises
    ------
    TypingError
        While the calling kernel is compiled: when its arguments are of other types.
    """
    if not IS_COMPILED:
        return lambda _, arguments: kernel(*arguments)
    name = kernel.__name__

    def type_call(_: Any, address: Any, arguments: Any) -> Any:
        given = tuple(_types.unliteral(kind) for kind in arguments)
        if given != kinds:
            raise TypingError(f"{name} is compiled for {kinds}, called with {given}")
        return types.int64(address, arguments), generate_call

    def generate_call(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        given = _builders.unpack_tuple(builder, values[1])
        fitted = [
            context.cast(builder, value, kind, wanted)
            for value, kind, wanted in zip(given, signature.args[1], kinds, strict=True)
        ]
        convention = context.call_conv
        shape = convention.get_function_type(types.int64, kinds)
        place = builder.inttoptr(values[0], shape.as_pointer())
        status, result = convention.call_function(builder, place, types.int64, kinds, fitted)
        with _builders.if_unlikely(builder, status.is_error):
            convention.return_status_propagate(builder, status)
        return result

    made: Any = intrinsic
    return cast("Callable[[int, tuple[Any, ...]], int]", made(type_call))


def find_address(kernel: Any, kinds: Kinds) -> int:
    """Compile a kernel or load it from the cache, and return its address in this process.

    Raises
    ------
    TypeError
        When it does not return a whole number.
    """
    if not IS_COMPILED:
        return 0
    kernel.compile(kinds)
    made = kernel.overloads[kinds]
    if made.signature.return_type != types.int64:
        raise TypeError(f"{kernel.__name__} returns {made.signature.return_type}")
    return int(made.library.get_pointer_to_function(made.fndesc.llvm_func_name))
