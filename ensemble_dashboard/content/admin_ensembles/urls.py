# SPDX-License-Identifier: Apache-2.0
"""The addresses below admin/ensembles/."""

from django.urls import path

from ensemble_dashboard.content.admin_ensembles import views
from ensemble_dashboard.content.ensembles import proxy

urlpatterns = [
    path("", views.SpreadView.as_view(), name="index"),
    path("all/", views.AllView.as_view(), name="all"),
    path("<uuid:ensemble_id>/", views.DetailView.as_view(), name="detail"),
    path("<uuid:ensemble_id>/state/", proxy.StateView.as_view(), name="state"),
]
