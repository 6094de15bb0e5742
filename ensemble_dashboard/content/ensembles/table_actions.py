# SPDX-License-Identifier: Apache-2.0
"""What can be done from the table of ensembles, by whom, and with which of them."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy, ngettext_lazy
from horizon import exceptions, tables
from novaclient import exceptions as nova_exceptions

from ensemble_dashboard import rights, words
from ensemble_dashboard.api import ensemble as api
from ensemble_dashboard.content.ensembles.links import change_url, like_url


class DrawEnsemble(tables.LinkAction):
    """Opens the page where an ensemble is drawn."""

    name = "draw"
    verbose_name = gettext_lazy("Draw Ensemble")
    url = "horizon:project:ensembles:draw"
    icon = "pencil"
    policy_rules = rights.rules("create", "plan")


class _PlanOnly:
    """An action for somebody who may plan, and no more."""

    def allowed(self, request: HttpRequest, _datum: Any = None) -> bool:
        """Offer it in the place of the one that creates."""
        return not rights.may(request, "create")


class PlanEnsemble(_PlanOnly, DrawEnsemble):
    """Opens the same page for somebody who may plan there, and no more."""

    name = "plan"
    verbose_name = gettext_lazy("Plan Ensemble")
    policy_rules = rights.rules("plan")


class AdoptServers(tables.LinkAction):
    """Opens the page that makes an ensemble of servers that run."""

    name = "adopt"
    verbose_name = gettext_lazy("Adopt Servers")
    url = "horizon:project:ensembles:adopt"
    icon = "plus"
    policy_rules = rights.rules("adopt")


class Templates(tables.LinkAction):
    """Opens the gallery of templates."""

    name = "templates"
    verbose_name = gettext_lazy("Templates")
    url = "horizon:project:ensembles:templates"
    icon = "th-large"
    policy_rules = rights.rules("list_templates")


class _OfIdle:
    """An action for what is built, while nothing else is done with it."""

    def allowed(self, _request: HttpRequest, datum: Any = None) -> bool:
        """Offer it for such an ensemble, and in the head of the table."""
        return datum is None or (datum.status in api.BUILT and datum.settled)


class ChangeEnsemble(_OfIdle, tables.LinkAction):
    """Opens the drawing of an ensemble that runs."""

    name = "change"
    verbose_name = gettext_lazy("Change")
    icon = "pencil"
    policy_rules = rights.rules("change")

    def get_link_url(self, datum: Any = None) -> str:
        """Give the address of the drawing."""
        return change_url(datum)


class DrawAnother(tables.LinkAction):
    """Opens the drawing with the tiers and policies of an ensemble."""

    name = "like"
    verbose_name = gettext_lazy("Draw Another")
    icon = "clone"
    policy_rules = rights.rules("create", "plan")

    def get_link_url(self, datum: Any = None) -> str:
        """Give the address of the drawing; none is asked for without an ensemble."""
        return like_url(datum)


class PlanAnother(_PlanOnly, DrawAnother):
    """Opens the same drawing for somebody who may plan it, and no more."""

    name = "plan_like"
    verbose_name = gettext_lazy("Plan Another")
    policy_rules = rights.rules("plan")


class _OfEach(rights.OfProject, tables.BatchAction):
    """Something that is done with each of the ensembles chosen, after a confirmation."""

    action_type = "danger"  # these are what Horizon has confirmed
    default_message_level = "info"
    refused: words.Text  # what is said of one with which it cannot be done, with its reason

    def action(self, request: HttpRequest, obj_id: str) -> None:
        """Ask the API; say of each that it refuses why."""
        try:
            self.ask(request, obj_id)
        except nova_exceptions.ClientException as error:
            if isinstance(error, nova_exceptions.Unauthorized):
                raise
            values = {
                "name": self.table.get_object_display(self.table.get_object_by_id(obj_id)),
                "reason": words.not_interpolated(str(error.message or error)),
            }
            told = str(self.refused) % values
            exceptions.handle(request, told, escalate=True, details="")

    def ask(self, request: HttpRequest, obj_id: str) -> None:
        """Ask the API to do it."""
        raise NotImplementedError


class DeleteEnsemble(_OfEach):
    """Deletes ensembles after a confirmation that says what goes with them."""

    name = "delete"
    icon = "trash"
    help_text = gettext_lazy(
        "All servers of an ensemble are deleted with it. Deleted servers are not recoverable."
    )
    policy_rules = rights.rules("delete")
    refused = gettext_lazy("“%(name)s” is not deleted: %(reason)s")

    @staticmethod
    def action_present(count: int) -> words.Text:
        """Give the label of the button."""
        return ngettext_lazy("Delete Ensemble", "Delete Ensembles", count)

    @staticmethod
    def action_past(count: int) -> words.Text:
        """Give the beginning of the message afterwards."""
        return ngettext_lazy(
            "Scheduled deletion of Ensemble", "Scheduled deletion of Ensembles", count
        )

    def allowed(self, _request: HttpRequest, datum: Any = None) -> bool:
        """Offer it unless the ensemble is going already."""
        return datum is None or datum.status != "DELETING"

    def ask(self, request: HttpRequest, obj_id: str) -> None:
        """Ask the API to release everything that the ensemble holds."""
        api.ensemble_delete(request, obj_id)


class ReleaseEnsemble(_OfIdle, _OfEach):
    """Gives an ensemble up after a confirmation that says what stays."""

    name = "release"
    icon = "unlink"
    help_text = gettext_lazy(
        "All its servers stay as they are, as plain servers. Its policies are not kept any more."
    )
    policy_rules = rights.rules("release")
    refused = gettext_lazy("“%(name)s” is not released: %(reason)s")

    @staticmethod
    def action_present(count: int) -> words.Text:
        """Give the label of the button."""
        return ngettext_lazy("Release Servers", "Release Servers", count)

    @staticmethod
    def action_past(count: int) -> words.Text:
        """Give the beginning of the message afterwards."""
        return ngettext_lazy("Released the servers of", "Released the servers of", count)

    def ask(self, request: HttpRequest, obj_id: str) -> None:
        """Ask the API to forget the ensemble."""
        api.ensemble_release(request, obj_id)
