# SPDX-License-Identifier: Apache-2.0
"""The addresses below admin/ensembles/."""

from django.urls import path

from ensemble_dashboard.content.admin_ensembles import hosts, views
from ensemble_dashboard.content.ensembles import following

urlpatterns = [
    path("", hosts.HostImpactView.as_view(), name="index"),
    path("hosts/<str:host>/", hosts.HostView.as_view(), name="host"),
    path("all/", views.AllView.as_view(), name="all"),
    path("<uuid:ensemble_id>/", views.DetailView.as_view(), name="detail"),
    path("<uuid:ensemble_id>/state/", following.StateView.as_view(), name="state"),
    path(
        "<uuid:ensemble_id>/survivability/",
        following.SurvivabilityView.as_view(),
        name="survivability",
    ),
    path("<uuid:ensemble_id>/cancel/", following.CancelView.as_view(), name="cancel"),
    path("<uuid:ensemble_id>/delete/", following.DeleteView.as_view(), name="delete"),
    path("<uuid:ensemble_id>/document/", following.DocumentView.as_view(), name="document"),
]
