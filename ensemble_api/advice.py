# SPDX-License-Identifier: Apache-2.0
"""What an operator is told of a failure: one line for the log that says what to do.

The texts may name users, addresses and sections of nova.conf, so tenants never see them.
"""

import logging
import re
from typing import Any

from keystoneauth1 import exceptions as keystone
from oslo_config import cfg
from oslo_db import exception as oslo_db
from sqlalchemy import exc as sqlalchemy

from ensemble_api import exception

_DATABASE = "[ensembles] connection"
_REFUSED = re.compile(r"\b(1044|1045|1698)\b|authentication failed|permission denied for database")
_FORBIDDEN = re.compile(r"\b(1142|1143|1227)\b|permission denied|readonly database")
_TABLE = re.compile(r"\b1146\b|no such table|relation .* does not exist")
_URL = re.compile(r"https?://[^\s:]+(?::\d+)?[^\s:]*")


def advice(error: BaseException) -> str | None:
    """The line for a failure that an operator can mend; None for any other, a defect perhaps."""
    match error:
        case exception.EnsembleError() | cfg.Error():
            return _line(error)
        case exception.CloudError():
            line = f"Nova answers: {_line(error)}"
            return f"{line}: give our user the role admin" if error.status in (401, 403) else line
        case keystone.ClientException():
            return _of_service(error)
        case oslo_db.DBError() | sqlalchemy.SQLAlchemyError():
            return _of_database(error)
        case ModuleNotFoundError() if error.name in ("MySQLdb", "pymysql", "psycopg2"):
            return (
                f"{_DATABASE} needs the Python module {error.name}, which is not installed here: "
                "install it, or write mysql+pymysql:// or postgresql+psycopg2:// for another one"
            )
    return None


def log(logger: logging.Logger, what: str, error: BaseException) -> None:
    """Log that ``what`` happened: with advice in one line, or else with the traceback."""
    line = advice(error)
    if line is None:
        logger.error(what, exc_info=error)
    else:
        logger.error("%s: %s", what, line)


def _of_service(error: keystone.ClientException) -> str:
    found = _URL.search(str(error))
    where = found[0] if found else "there"
    match error:
        case keystone.Unauthorized():
            return (
                "Keystone refuses the service user (HTTP 401): see username, password and project "
                "in [ensembles], [placement] and [neutron]"
            )
        case keystone.SSLError():
            return f"The certificate at {where} is not trusted: see cafile of the service's section"
        case keystone.ConnectTimeout():
            return f"{where} does not answer in time: see that the service runs"
        case keystone.ConnectionError() | keystone.DiscoveryFailure():
            return (
                f"{where} cannot be reached: see that the service runs, and that auth_url and "
                "Keystone's catalog are right"
            )
        case keystone.CatalogException():
            return (
                f"{_line(error)}: see region_name, valid_interfaces and service_type of the "
                "service's section, and Keystone's catalog"
            )
    return f"{type(error).__name__}: {_line(error)}"


def _of_database(error: Any) -> str:
    cause = getattr(error, "orig", None) or getattr(error, "inner_exception", None) or error
    cause = getattr(cause, "orig", None) or cause
    said = ": ".join(str(each) for each in cause.args) if len(cause.args) == 2 else _line(cause)
    if isinstance(error, sqlalchemy.ArgumentError):  # which may quote the password
        if isinstance(error, sqlalchemy.NoSuchModuleError):
            return f"{_DATABASE} names a kind of database that SQLAlchemy does not know here"
        return (
            f"{_DATABASE} is not a database's URL, such as mysql+pymysql://USER:PASSWORD@HOST/NAME"
        )
    if isinstance(error, oslo_db.DBNonExistentTable) or _TABLE.search(said):
        return f"The ensembles database lacks a table: run `ensemble-manage db sync` ({said})"
    if _REFUSED.search(said):
        return (
            f"The ensembles database refuses us: see user, password and name of the database in "
            f"{_DATABASE}, and what that user may use ({said})"
        )
    if _FORBIDDEN.search(said):
        return (
            "The ensembles database does not let us: give the user of "
            f"{_DATABASE} all rights in that database ({said})"
        )
    if isinstance(error, oslo_db.DBNonExistentDatabase):
        return f"The ensembles database does not exist: create it, or see {_DATABASE} ({said})"
    if isinstance(error, oslo_db.DBConnectionError):
        return (
            f"The ensembles database cannot be reached: see that it runs, and {_DATABASE} ({said})"
        )
    if isinstance(error, oslo_db.DBDeadlock):
        return f"The ensembles database gave a transaction up for others, again and again ({said})"
    return f"The ensembles database failed: {said}"


def _line(error: object) -> str:
    """The text of an error on one line, without SQL and SQLAlchemy's links."""
    text = str(error).partition("\n[SQL:")[0].partition("\n(Background")[0]
    return " ".join(text.split())[:500]
