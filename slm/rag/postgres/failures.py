"""What a server and the way to it say when something is wrong, in one line that says what to do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from slm.errors import DataError, NetworkError
from slm.rag.places import Address

ADVICE = {
    "password": "give the password in ~/.pgpass, PGPASSWORD or a service file",
    "no pg_hba.conf entry": "ask for access in the server's pg_hba.conf",
    "role": "name another user",
    "does not exist": "make it first (createdb), or name another",
    "host name": "see the name of the host",
    "resolve host": "see the name of the host",
    "service": "see the service file (PGSERVICEFILE)",
    "refused": "see that the server runs and listens there",
    "No such file": "see that the server runs and listens there",
    "timeout": "see that the server runs and can be reached",
    "too many": "wait, or let the server take more connections",
    "starting up": "try again in a moment",
    "shutting down": "try again when it runs",
}
"""By what a failed connection says, the first that fits. libpq gives no codes here."""
CUT = "the connection was cut, and what was being changed is as it was: start again"


@contextlib.contextmanager
def readable(address: Address) -> Iterator[None]:
    """Turn psycopg's errors into one of ours. What they say comes from the server or from libpq, and holds no
    password: the address was read by us first."""
    import psycopg
    from psycopg import errors

    try:
        yield
    except psycopg.Error as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise _failure(address, error, reason, errors) from None


def _failure(address: Address, error: Exception, reason: str, errors: object) -> DataError | NetworkError:
    match error:
        case errors.InsufficientPrivilege():
            return DataError(f"{address}: {_first(error, reason)}; ask for the right, or name another user")
        case errors.ReadOnlySqlTransaction():
            return DataError(f"{address}: this server can only be read from; write to its primary")
        case errors.DiskFull() | errors.OutOfMemory():
            return DataError(f"{address}: {_first(error, reason)}; make room on the server, the index is as it was")
        case errors.UndefinedTable() | errors.UndefinedColumn() | errors.InvalidSchemaName():
            return DataError(
                f"{address}: expected an index of slm, found it incomplete ({_first(error, reason)}); "
                f"drop the schema {address.schema} and make it anew with slm index"
            )
        case errors.OperationalError() if error.sqlstate is None or error.sqlstate[:2] in ("08", "57"):
            return NetworkError(f"{address}: {_connection_reason(reason)}; {_advice(reason)}")
        case _:
            return DataError(f"{address}: the server refused a statement ({_first(error, reason)})")


def _first(error: Exception, reason: str) -> str:
    """The server's own line, without the place in the statement."""
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    return " ".join(primary.split()) if primary else reason


def _connection_reason(reason: str) -> str:
    """From the last cause on, which is the nearest."""
    for mark in ("FATAL:", "failed:", "error:"):
        reason = reason.rpartition(mark)[2].strip()
    reason = reason.partition(" Is the server running")[0]  # libpq's advice; ours follows
    return reason.removesuffix(".") or "the connection was lost"


def _advice(reason: str) -> str:
    return next((advice for mark, advice in ADVICE.items() if mark in reason), CUT)
