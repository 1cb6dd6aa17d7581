"""Which loops run: numba's where it is installed, else NumPy's."""

from loopbook.trace.genealogy.numpy_loops import Kernels


def best_kernels() -> Kernels:
    """Compiled loops if numba is installed."""
    try:
        from loopbook.trace.genealogy.numba_loops import NumbaKernels
    except ModuleNotFoundError as error:
        if error.name != "numba":
            raise
        return Kernels()
    return NumbaKernels()
