"""Every error that workbench raises, from Python and from the Rust core alike.

An error says what was given, what is allowed and what to do::

    WorkbenchError
    |-- InputError (ValueError)           a value refused at the door; nothing was changed
    |   |-- BarsError                     price data refused, with the row and the reason
    |   |-- DatasetError                  a dataset refused, with the row or column and the reason
    |   |-- NumberError                   NaN, inf, bool, text that is no number, or too many digits
    |   |-- OrderError                    an order, target or cancel that makes no sense
    |   |-- ParameterError                an unknown or badly typed parameter or argument
    |   `-- TimeError                     a naive, unreadable or reversed time
    |-- UnknownAssetError (KeyError)      an asset that is not there; the nearest names are listed
    |-- UnknownNameError (KeyError)       a dataset, column or currency that is not there; the nearest is named
    |-- StrategyError (TypeError)         a strategy class that cannot be run as it is defined
    |-- ContextError (RuntimeError)       a context used outside its moment, `watch` outside `on_start`
    |-- LookaheadError (IndexError)       something later than now was asked for
    |-- UndefinedError (LookupError)      a value that does not exist yet; the reason is given
    |-- UnsupportedError (NotImplementedError)   known to the field, not available in this version
    |-- RangeError (OverflowError)        an exact number left +-(10^38 - 1) at its scale
    |-- LimitError (RuntimeError)         a limit of a run whose breaches end it was breached
    |-- LedgerError                       legs that do not sum to zero: a defect in workbench itself
    |-- StorageError (OSError)            a file that is missing, torn or not one of ours
    |   `-- JournalError                  a journal that was changed, is foreign, or gives another run
    `-- InternalError (RuntimeError)      a panic in the Rust core: a defect in workbench itself

`Interrupted` is a KeyboardInterrupt and stands outside the tree, so that "Run All" stops at it.
"""

from __future__ import annotations

__all__ = [
    "BarsError",
    "ContextError",
    "DatasetError",
    "InputError",
    "InternalError",
    "Interrupted",
    "JournalError",
    "LedgerError",
    "LimitError",
    "LookaheadError",
    "NumberError",
    "OrderError",
    "ParameterError",
    "RangeError",
    "StorageError",
    "StrategyError",
    "TimeError",
    "UndefinedError",
    "UnknownAssetError",
    "UnknownNameError",
    "UnsupportedError",
    "WorkbenchError",
]


class WorkbenchError(Exception):
    """The root of every error that workbench raises on purpose."""


class InputError(WorkbenchError, ValueError):
    """A value was refused at the door; nothing was changed."""


class BarsError(InputError):
    """Price data was refused; the message names the row and the reason."""


class DatasetError(InputError):
    """A dataset was refused; the message names the row or column and the reason."""


class NumberError(InputError):
    """A number was refused: NaN, inf, bool, unreadable text or too many digits."""


class OrderError(InputError):
    """An order, target or cancel makes no sense as it was asked."""


class ParameterError(InputError):
    """An unknown or badly typed parameter or argument."""


class TimeError(InputError):
    """A naive, unreadable or reversed time."""


class UnknownAssetError(WorkbenchError, KeyError):
    """An asset that is not there; the message lists the nearest names."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class UnknownNameError(WorkbenchError, KeyError):
    """A dataset, a column or a currency that is not there; the message names the nearest."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class StrategyError(WorkbenchError, TypeError):
    """A strategy class cannot be run as it is defined."""


class ContextError(WorkbenchError, RuntimeError):
    """A context was used outside its moment."""


class LookaheadError(WorkbenchError, IndexError):
    """Something later than now was asked for."""


class UndefinedError(WorkbenchError, LookupError):
    """A value does not exist yet; the message gives the reason."""


class UnsupportedError(WorkbenchError, NotImplementedError):
    """Known to the field, but not available in this version."""


class RangeError(WorkbenchError, OverflowError):
    """An exact number left +-(10^38 - 1) at its scale."""


class LedgerError(WorkbenchError):
    """Ledger legs do not sum to zero: a defect in workbench itself."""


class LimitError(WorkbenchError, RuntimeError):
    """A limit with `on_breach="raise"` was breached; the message names the bar."""


class StorageError(WorkbenchError, OSError):
    """A file is missing, torn or not one of ours."""


class JournalError(StorageError):
    """A journal was changed, is not one of ours, or does not fit the run rebuilt from it; the message names where."""


class InternalError(WorkbenchError, RuntimeError):
    """The Rust core panicked: a defect in workbench itself."""


class Interrupted(KeyboardInterrupt):
    """A run was stopped by Ctrl-C."""
