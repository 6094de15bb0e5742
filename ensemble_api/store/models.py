# SPDX-License-Identifier: Apache-2.0
"""The tables of the ensembles database."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api.planning.message import Message
from ensemble_api.store.columns import JsonText, MessageText, Text, UtcDateTime


class Base(orm.DeclarativeBase):
    """What all tables share."""


class Ensemble(Base):
    """One row an ensemble; the lease says which worker may act on it until when.

    ``unjudged`` is whether something has changed since it was last seen what of it holds.
    """

    __tablename__ = "ensembles"
    __table_args__ = (
        sa.Index("ensembles_project_created_idx", "project_id", "created_at", "id"),
        sa.Index("ensembles_status_lease_idx", "status", "lease_until"),
        sa.Index("ensembles_unjudged_idx", "unjudged"),
        sa.Index("ensembles_template_idx", "template_id", "project_id"),
    )

    id: orm.Mapped[str] = orm.mapped_column(sa.String(36), primary_key=True)
    project_id: orm.Mapped[str] = orm.mapped_column(sa.String(255))
    user_id: orm.Mapped[str] = orm.mapped_column(sa.String(255))
    name: orm.Mapped[str] = orm.mapped_column(sa.String(255))
    folded_name: orm.Mapped[str | None] = orm.mapped_column(sa.Text)
    status: orm.Mapped[str] = orm.mapped_column(sa.String(16))
    body: orm.Mapped[Any] = orm.mapped_column(JsonText)
    plan: orm.Mapped[Any] = orm.mapped_column(JsonText)
    exclusive: orm.Mapped[bool] = orm.mapped_column(sa.Boolean)
    auto_repair: orm.Mapped[bool] = orm.mapped_column(sa.Boolean, server_default=sa.false())
    auto_rebalance: orm.Mapped[bool] = orm.mapped_column(sa.Boolean, server_default=sa.false())
    reserve: orm.Mapped[bool] = orm.mapped_column(sa.Boolean, server_default=sa.false())
    reserve_state: orm.Mapped[Any] = orm.mapped_column(JsonText, nullable=True)
    fault: orm.Mapped[Any] = orm.mapped_column(JsonText, nullable=True)
    blocked: orm.Mapped[Message | None] = orm.mapped_column(MessageText)
    unjudged: orm.Mapped[bool] = orm.mapped_column(sa.Boolean, server_default=sa.true())
    reasons: orm.Mapped[Any] = orm.mapped_column(JsonText, nullable=True)
    degraded_at: orm.Mapped[datetime | None] = orm.mapped_column(UtcDateTime)
    generation: orm.Mapped[int] = orm.mapped_column(sa.Integer, server_default="1")
    created_at: orm.Mapped[datetime] = orm.mapped_column(UtcDateTime)
    updated_at: orm.Mapped[datetime] = orm.mapped_column(UtcDateTime)
    lease_owner: orm.Mapped[str | None] = orm.mapped_column(sa.String(255))
    lease_until: orm.Mapped[datetime | None] = orm.mapped_column(UtcDateTime)
    template_id: orm.Mapped[str | None] = orm.mapped_column(sa.String(36))


class Member(Base):
    """One row a member; ``position`` keeps the order of the plan."""

    __tablename__ = "members"
    __table_args__ = (
        sa.Index("members_status_idx", "status"),
        sa.Index("members_server_idx", "server_id", unique=True),
        sa.Index("members_untold_idx", "untold"),
    )

    id: orm.Mapped[str] = orm.mapped_column(sa.String(36), primary_key=True)
    ensemble_id: orm.Mapped[str] = orm.mapped_column(
        sa.ForeignKey("ensembles.id", ondelete="CASCADE"), index=True
    )
    position: orm.Mapped[int] = orm.mapped_column(sa.Integer)
    tier: orm.Mapped[str] = orm.mapped_column(sa.String(32))
    number: orm.Mapped[int] = orm.mapped_column(sa.Integer)
    host: orm.Mapped[str] = orm.mapped_column(sa.String(255))
    provider: orm.Mapped[str] = orm.mapped_column(sa.String(36))
    resources: orm.Mapped[Any] = orm.mapped_column(JsonText)
    domains: orm.Mapped[Any] = orm.mapped_column(JsonText)
    status: orm.Mapped[str] = orm.mapped_column(sa.String(16))
    server_id: orm.Mapped[str | None] = orm.mapped_column(sa.String(36))
    asked_at: orm.Mapped[datetime | None] = orm.mapped_column(UtcDateTime)
    tries: orm.Mapped[int] = orm.mapped_column(sa.Integer, server_default="0")
    refusal: orm.Mapped[str | None] = orm.mapped_column(Text)
    retry_at: orm.Mapped[datetime | None] = orm.mapped_column(UtcDateTime)
    current_host: orm.Mapped[str | None] = orm.mapped_column(sa.String(255))
    server_status: orm.Mapped[str | None] = orm.mapped_column(sa.String(32))
    failed_hosts: orm.Mapped[Any] = orm.mapped_column(JsonText, nullable=True)
    lost_hosts: orm.Mapped[Any] = orm.mapped_column(JsonText, nullable=True)
    discarded_servers: orm.Mapped[Any] = orm.mapped_column(JsonText, nullable=True)
    volume_id: orm.Mapped[str | None] = orm.mapped_column(sa.String(36))
    owns_volume: orm.Mapped[bool] = orm.mapped_column(sa.Boolean, server_default=sa.false())
    hints: orm.Mapped[Any] = orm.mapped_column(JsonText, nullable=True)
    server_flavor: orm.Mapped[str | None] = orm.mapped_column(sa.String(255))
    pinned_zone: orm.Mapped[str | None] = orm.mapped_column(sa.String(255))
    addresses: orm.Mapped[Any] = orm.mapped_column(JsonText, nullable=True)
    template: orm.Mapped[str | None] = orm.mapped_column(sa.String(64))
    leaving: orm.Mapped[bool] = orm.mapped_column(sa.Boolean, server_default=sa.false())
    # Of its domains in the server's metadata: None of a key that is the tenant's by now.
    told: orm.Mapped[Any] = orm.mapped_column(JsonText, nullable=True)
    untold: orm.Mapped[bool] = orm.mapped_column(sa.Boolean, server_default=sa.false())
    signal_awaited: orm.Mapped[bool] = orm.mapped_column(sa.Boolean, server_default=sa.false())


class Signal(Base):
    """One row a secret that a member's guest has not used, known by its digest."""

    __tablename__ = "signals"
    __table_args__ = (sa.Index("signals_until_idx", "until"),)

    id: orm.Mapped[str] = orm.mapped_column(sa.String(64), primary_key=True)
    member_id: orm.Mapped[str] = orm.mapped_column(
        sa.ForeignKey("members.id", ondelete="CASCADE"), index=True
    )
    until: orm.Mapped[datetime] = orm.mapped_column(UtcDateTime)


class Operation(Base):
    """One row an operation of an ensemble; that under way, of which there is one, has no end."""

    __tablename__ = "operations"
    __table_args__ = (
        sa.Index("operations_ensemble_started_idx", "ensemble_id", "started_at", "id"),
        sa.Index("operations_ended_idx", "ended_at"),
    )

    id: orm.Mapped[str] = orm.mapped_column(sa.String(36), primary_key=True)
    ensemble_id: orm.Mapped[str] = orm.mapped_column(
        sa.ForeignKey("ensembles.id", ondelete="CASCADE")
    )
    type: orm.Mapped[str] = orm.mapped_column(sa.String(16))
    status: orm.Mapped[str] = orm.mapped_column(sa.String(16))
    requester: orm.Mapped[Any] = orm.mapped_column(JsonText)
    goals: orm.Mapped[Any] = orm.mapped_column(JsonText)
    attempts: orm.Mapped[int] = orm.mapped_column(sa.Integer)
    reason: orm.Mapped[Message | None] = orm.mapped_column(MessageText)
    plan: orm.Mapped[Any] = orm.mapped_column(JsonText, nullable=True)
    before: orm.Mapped[Any] = orm.mapped_column(JsonText, nullable=True)
    started_at: orm.Mapped[datetime] = orm.mapped_column(UtcDateTime)
    ended_at: orm.Mapped[datetime | None] = orm.mapped_column(UtcDateTime)


class Event(Base):
    """One row a thing that happened to an ensemble."""

    __tablename__ = "events"

    id: orm.Mapped[int] = orm.mapped_column(sa.Integer, primary_key=True, autoincrement=True)
    ensemble_id: orm.Mapped[str] = orm.mapped_column(
        sa.ForeignKey("ensembles.id", ondelete="CASCADE"), index=True
    )
    at: orm.Mapped[datetime] = orm.mapped_column(UtcDateTime)
    type: orm.Mapped[str] = orm.mapped_column(sa.String(32))
    message: orm.Mapped[Message] = orm.mapped_column(MessageText)


class SavedPlan(Base):
    """One row a plan that may still be built by its id."""

    __tablename__ = "saved_plans"
    __table_args__ = (
        sa.Index("saved_plans_project_created_idx", "project_id", "created_at"),
        sa.Index("saved_plans_created_idx", "created_at"),
    )

    id: orm.Mapped[str] = orm.mapped_column(sa.String(36), primary_key=True)
    project_id: orm.Mapped[str] = orm.mapped_column(sa.String(255))
    digest: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    content: orm.Mapped[Any] = orm.mapped_column(JsonText)
    created_at: orm.Mapped[datetime] = orm.mapped_column(UtcDateTime)


class CreateRequest(Base):
    """One row a create that is done once; ``usecases/idempotency.py`` knows what its id digests.

    A digest tells capitals apart, on any database, and is short enough for any key.
    """

    __tablename__ = "create_requests"
    __table_args__ = (
        sa.Index("create_requests_project_created_idx", "project_id", "created_at"),
        sa.Index("create_requests_created_idx", "created_at"),
    )

    id: orm.Mapped[str] = orm.mapped_column(sa.String(64), primary_key=True)
    project_id: orm.Mapped[str] = orm.mapped_column(sa.String(255))
    digest: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    ensemble_id: orm.Mapped[str | None] = orm.mapped_column(sa.String(36), index=True)
    reserved: orm.Mapped[bool] = orm.mapped_column(sa.Boolean)
    answer: orm.Mapped[Any] = orm.mapped_column(JsonText, nullable=True)
    created_at: orm.Mapped[datetime] = orm.mapped_column(UtcDateTime)


class Host(Base):
    """One row a host as it was last observed: its domains above the host level, and its state.

    ``selectors`` are the values that its aggregates give to each key that policies may ask for.
    ``down_since`` is when it was first seen down, null while it is up or where that is not known,
    and ``back_at`` when it was seen to be up again, null while it is down or if it never was.

    While its cell does not answer it is ``silent``, and the rest is as it was before.
    """

    __tablename__ = "hosts"

    name: orm.Mapped[str] = orm.mapped_column(sa.String(255), primary_key=True)
    above: orm.Mapped[Any] = orm.mapped_column(JsonText)
    up: orm.Mapped[bool] = orm.mapped_column(sa.Boolean)
    silent: orm.Mapped[bool] = orm.mapped_column(sa.Boolean, server_default=sa.false())
    disabled: orm.Mapped[bool] = orm.mapped_column(sa.Boolean, server_default=sa.false())
    selectors: orm.Mapped[Any] = orm.mapped_column(JsonText, nullable=True)
    down_since: orm.Mapped[datetime | None] = orm.mapped_column(UtcDateTime)
    back_at: orm.Mapped[datetime | None] = orm.mapped_column(UtcDateTime)
    provider: orm.Mapped[str | None] = orm.mapped_column(sa.String(36))


class Move(Base):
    """One row a host that the scheduler has given to a server of ours, until that is over."""

    __tablename__ = "moves"

    server_id: orm.Mapped[str] = orm.mapped_column(sa.String(36), primary_key=True)
    ensemble_id: orm.Mapped[str] = orm.mapped_column(
        sa.ForeignKey("ensembles.id", ondelete="CASCADE"), index=True
    )
    target: orm.Mapped[str] = orm.mapped_column(sa.String(255), primary_key=True)
    source: orm.Mapped[str | None] = orm.mapped_column(sa.String(255))
    at: orm.Mapped[datetime] = orm.mapped_column(UtcDateTime)


class Guard(Base):
    """One row a member that is handed over, whose host is closed to the servers of others.

    ``id`` tells its server's request to the scheduler, ``server_id`` is the one that was told.
    """

    __tablename__ = "guards"
    __table_args__ = (sa.Index("guards_until_idx", "until"),)

    id: orm.Mapped[str] = orm.mapped_column(sa.String(36), primary_key=True)
    ensemble_id: orm.Mapped[str] = orm.mapped_column(
        sa.ForeignKey("ensembles.id", ondelete="CASCADE"), index=True
    )
    member_id: orm.Mapped[str] = orm.mapped_column(sa.String(36), unique=True)
    project_id: orm.Mapped[str] = orm.mapped_column(sa.String(255))
    host: orm.Mapped[str] = orm.mapped_column(sa.String(255))
    flavor: orm.Mapped[str] = orm.mapped_column(sa.String(255))
    until: orm.Mapped[datetime] = orm.mapped_column(UtcDateTime)
    server_id: orm.Mapped[str | None] = orm.mapped_column(sa.String(36))


class RecoveryHold(Base):
    """One row what an ensemble has held on a host for recovery; it outlives the ensemble's.

    Until its end the host is closed to all but ``servers`` while it is in use.
    """

    __tablename__ = "recovery_holds"
    __table_args__ = (
        sa.Index("recovery_holds_ensemble_idx", "ensemble_id"),
        sa.Index("recovery_holds_project_idx", "project_id"),
        sa.Index("recovery_holds_status_idx", "status"),
    )

    id: orm.Mapped[str] = orm.mapped_column(sa.String(36), primary_key=True)
    ensemble_id: orm.Mapped[str] = orm.mapped_column(sa.String(36))
    project_id: orm.Mapped[str] = orm.mapped_column(sa.String(255))
    host: orm.Mapped[str] = orm.mapped_column(sa.String(255))
    provider: orm.Mapped[str] = orm.mapped_column(sa.String(36))
    resources: orm.Mapped[Any] = orm.mapped_column(JsonText)
    status: orm.Mapped[str] = orm.mapped_column(sa.String(16))
    servers: orm.Mapped[Any] = orm.mapped_column(JsonText, nullable=True)
    until: orm.Mapped[datetime | None] = orm.mapped_column(UtcDateTime)


class EndedRequest(Base):
    """One row a request for a server whose member is gone, by which one that comes late is found.

    ``id`` is its hint, ``kept_server`` what the member had when it went, which is nobody's now.
    """

    __tablename__ = "ended_requests"
    __table_args__ = (
        sa.Index("ended_requests_project_idx", "project_id"),
        sa.Index("ended_requests_ended_idx", "ended_at"),
    )

    id: orm.Mapped[str] = orm.mapped_column(sa.String(36), primary_key=True)
    project_id: orm.Mapped[str] = orm.mapped_column(sa.String(255))
    ensemble_id: orm.Mapped[str] = orm.mapped_column(sa.String(36))
    ensemble_name: orm.Mapped[str] = orm.mapped_column(sa.String(255))
    requester: orm.Mapped[Any] = orm.mapped_column(JsonText, nullable=True)
    kept_server: orm.Mapped[str | None] = orm.mapped_column(sa.String(36))
    ended_at: orm.Mapped[datetime] = orm.mapped_column(UtcDateTime)


class GuardTurn(Base):
    """The one row that is locked by whoever counts the closed hosts, so that one at a time does."""

    __tablename__ = "guard_turns"

    id: orm.Mapped[int] = orm.mapped_column(sa.Integer, primary_key=True, autoincrement=False)


class Template(Base):
    """One row an ensemble template; one that was deleted is kept while it has instances."""

    __tablename__ = "templates"
    __table_args__ = (
        sa.Index("templates_project_created_idx", "project_id", "created_at", "id"),
        sa.Index("templates_visibility_created_idx", "visibility", "created_at", "id"),
        sa.Index("templates_deleted_idx", "deleted_at"),
    )

    id: orm.Mapped[str] = orm.mapped_column(sa.String(36), primary_key=True)
    project_id: orm.Mapped[str] = orm.mapped_column(sa.String(255))
    user_id: orm.Mapped[str] = orm.mapped_column(sa.String(255))
    name: orm.Mapped[str] = orm.mapped_column(sa.String(255))
    folded_name: orm.Mapped[str] = orm.mapped_column(sa.Text)
    description: orm.Mapped[str] = orm.mapped_column(sa.Text)
    visibility: orm.Mapped[str] = orm.mapped_column(sa.String(16))
    latest: orm.Mapped[int] = orm.mapped_column(sa.Integer)
    created_at: orm.Mapped[datetime] = orm.mapped_column(UtcDateTime)
    updated_at: orm.Mapped[datetime] = orm.mapped_column(UtcDateTime)
    deleted_at: orm.Mapped[datetime | None] = orm.mapped_column(UtcDateTime)


class TemplateVersion(Base):
    """One row a version of a template, which is never written again; ``size`` is in bytes."""

    __tablename__ = "template_versions"

    template_id: orm.Mapped[str] = orm.mapped_column(
        sa.ForeignKey("templates.id", ondelete="CASCADE"), primary_key=True
    )
    number: orm.Mapped[int] = orm.mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    document: orm.Mapped[Any] = orm.mapped_column(JsonText)
    size: orm.Mapped[int] = orm.mapped_column(sa.Integer)
    user_id: orm.Mapped[str] = orm.mapped_column(sa.String(255))
    created_at: orm.Mapped[datetime] = orm.mapped_column(UtcDateTime)


class TemplateProject(Base):
    """One row a project that a template is shared with."""

    __tablename__ = "template_projects"
    __table_args__ = (sa.Index("template_projects_project_idx", "project_id"),)

    template_id: orm.Mapped[str] = orm.mapped_column(
        sa.ForeignKey("templates.id", ondelete="CASCADE"), primary_key=True
    )
    project_id: orm.Mapped[str] = orm.mapped_column(sa.String(64), primary_key=True)


class Metric(Base):
    """One row a sample that was counted or measured; ``labels`` are its values, with commas."""

    __tablename__ = "metrics"

    name: orm.Mapped[str] = orm.mapped_column(sa.String(64), primary_key=True)
    labels: orm.Mapped[str] = orm.mapped_column(sa.String(128), primary_key=True)
    value: orm.Mapped[float] = orm.mapped_column(sa.Double)
    updated_at: orm.Mapped[datetime] = orm.mapped_column(UtcDateTime)


class Trust(Base):
    """One row what a user has delegated to the service user in a project, known by Keystone's id.

    The id is no secret: only the service user can use it. It is empty where that was of no use any
    more, until the user asks for something again. ``created_at`` is when it was made, or about when
    it was needed last.
    """

    __tablename__ = "trusts"

    user_id: orm.Mapped[str] = orm.mapped_column(sa.String(64), primary_key=True)
    project_id: orm.Mapped[str] = orm.mapped_column(sa.String(64), primary_key=True)
    trust_id: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    created_at: orm.Mapped[datetime] = orm.mapped_column(UtcDateTime)


class Observation(Base):
    """One row what one process at a time observes: who does, until when, and how far it is.

    ``since`` is when its present owner began, or began again after nobody had looked for a while.
    """

    __tablename__ = "observations"

    name: orm.Mapped[str] = orm.mapped_column(sa.String(32), primary_key=True)
    owner: orm.Mapped[str | None] = orm.mapped_column(sa.String(255))
    until: orm.Mapped[datetime | None] = orm.mapped_column(UtcDateTime)
    since: orm.Mapped[datetime | None] = orm.mapped_column(UtcDateTime)
    watermark: orm.Mapped[datetime | None] = orm.mapped_column(UtcDateTime)
    compared_at: orm.Mapped[datetime | None] = orm.mapped_column(UtcDateTime)
    observed_at: orm.Mapped[datetime | None] = orm.mapped_column(UtcDateTime)
    hosts_version: orm.Mapped[int] = orm.mapped_column(sa.Integer)
