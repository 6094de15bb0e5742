# SPDX-License-Identifier: Apache-2.0
"""The addresses below admin/ensembles/."""

from django.urls import path

from ensemble_dashboard.content.admin_ensembles import (
    breaking,
    headroom,
    hosts,
    maintaining,
    views,
)
from ensemble_dashboard.content.ensembles.urls import of_an_ensemble

urlpatterns = [
    path("", hosts.HostImpactView.as_view(), name="index"),
    path("now/", hosts.HostsNowView.as_view(), name="hosts_now"),
    path("break/", breaking.BreakView.as_view(), name="break"),
    path("maintain/", maintaining.MaintainView.as_view(), name="maintain"),
    path("hosts/<str:host>/", hosts.HostView.as_view(), name="host"),
    path("headroom/", headroom.HeadroomView.as_view(), name="headroom"),
    path("all/", views.AllView.as_view(), name="all"),
    path("<uuid:ensemble_id>/", views.DetailView.as_view(), name="detail"),
    path("<uuid:ensemble_id>/drill/", views.DrillView.as_view(), name="drill"),
    *of_an_ensemble(all_projects=True),
]
