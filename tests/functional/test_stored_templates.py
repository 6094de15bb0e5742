# SPDX-License-Identifier: Apache-2.0
"""Ensemble templates as they are stored, on every database."""

import uuid
from typing import Any

import pytest

from ensemble_api import exception, limits
from ensemble_api.ensemble_templates.record import TemplateRecord, Visibility
from ensemble_api.store.api import Store
from ensemble_api.store.templates import EnsembleTemplates, TemplatePage

EVERY_DATABASE = True
LARGE = {"parameters": {}, "ensemble": {"description": "ß🙂" * (limits.TEMPLATE_SIZE // 20)}}


def add(templates: EnsembleTemplates, name: str, project: str = "p1", **more: Any) -> str:
    shared = Visibility.SHARED if "projects" in more else Visibility.PRIVATE
    record = TemplateRecord(
        id=str(uuid.uuid4()),
        project_id=project,
        user_id="ada",
        name=name,
        description="🙂",
        visibility=more.get("visibility", shared),
        latest=1,
        projects=frozenset(more.get("projects", ())),
        document=more.get("document", {"parameters": {}, "ensemble": {}}),
    )
    templates.add(record)
    return record.id


def test_what_is_saved_is_read_whatever_it_holds(store: Store) -> None:
    templates = EnsembleTemplates(store)
    added = add(templates, "🙂", document=LARGE, projects=["p2", "p3"])
    found = templates.get(added)
    assert (found.document, found.name, found.description) == (LARGE, "🙂", "🙂")
    assert found.projects == {"p2", "p3"}
    assert [each.number for each in found.versions] == [found.latest] == [1]
    templates.change(added, "bob", {"name": "other"}, ["p3"], {"parameters": {}, "ensemble": {}})
    changed = templates.get(added)
    assert (changed.name, changed.latest, changed.projects) == ("other", 2, {"p3"})
    assert [each.user_id for each in changed.versions] == ["ada", "bob"]
    assert templates.get(added, 1).document == LARGE
    with pytest.raises(exception.NotFound):
        templates.get(str(uuid.uuid4()))


def test_pages_have_each_template_once_in_the_order_that_is_asked_for(store: Store) -> None:
    templates = EnsembleTemplates(store)
    names = ["web", "db", "cache", "Straße", "queue"]
    for name in names:
        add(templates, name)
    add(templates, "of another project", "p2")
    for key, down, order in (
        ("name", False, None),
        ("created_at", True, names[::-1]),
        ("created_at", False, names),
    ):
        seen: list[str] = []
        marker = None
        for _ in range(4):
            page = TemplatePage("p1", limit=2, marker=marker, sort_key=key, descending=down)
            found = templates.select(page)
            seen += [each.name for each in found]
            marker = found[-1].id if found else marker
        assert sorted(seen) == sorted(names), (key, down)
        assert order is None or seen == order
    assert [each.name for each in templates.select(TemplatePage("p1", name="STRASSE"))] == [
        "Straße"
    ]
    foreign = templates.select(TemplatePage("p2"))[0].id
    with pytest.raises(exception.Invalid):
        templates.select(TemplatePage("p1", marker=foreign))


def test_each_project_sees_its_own_what_is_public_and_on_demand_what_is_shared(
    store: Store,
) -> None:
    templates = EnsembleTemplates(store)
    add(templates, "private")
    add(templates, "shared", projects=["p2"])
    add(templates, "shared with another", projects=["p3"])
    add(templates, "public", visibility=Visibility.PUBLIC)

    def seen(project: str | None, visibility: str | None = None) -> set[str]:
        page = TemplatePage(project, visibility=visibility)
        return {each.name for each in templates.select(page)}

    every = {"private", "shared", "shared with another", "public"}
    assert seen("p1") == seen("p1", "all") == seen(None) == every
    assert seen("p1", "shared") == {"shared", "shared with another"}
    assert seen("p2") == {"public"}
    assert seen("p2", "all") == {"public", "shared"}
    assert seen("p2", "shared") == {"shared"}
    assert seen("p4", "all") == {"public"}
    assert seen(None, "private") == {"private"}


def test_what_nobody_was_made_from_goes_at_once_and_takes_its_versions_along(
    store: Store,
) -> None:
    templates = EnsembleTemplates(store)
    added = add(templates, "web", projects=["p2"])
    templates.remove(added)
    templates.remove(added)
    with pytest.raises(exception.NotFound):
        templates.get(added)
    with pytest.raises(exception.NotFound):
        templates.change(added, "ada", {"name": "back"})
    assert templates.select(TemplatePage(None)) == []
