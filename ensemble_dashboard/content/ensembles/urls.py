# SPDX-License-Identifier: Apache-2.0
"""The addresses below project/ensembles/."""

from django.urls import URLPattern, path

from ensemble_dashboard.content.ensembles import (
    adopting,
    catalog,
    changing,
    drilling,
    files,
    following,
    key_pairs,
    listing,
    proxy,
    rebalancing,
    template_editor,
    template_form,
    template_gallery,
    template_pages,
    template_update,
    views,
)


def of_an_ensemble(*, all_projects: bool = False) -> list[URLPattern]:
    """Give the addresses that the scripts of a details page ask, which operators have too.

    Horizon puts a panel's permissions into its patterns, so no two panels may share one.
    """
    return [
        path("<uuid:ensemble_id>/state/", following.StateView.as_view(), name="state"),
        path(
            "<uuid:ensemble_id>/survivability/",
            following.SurvivabilityView.as_view(),
            name="survivability",
        ),
        path(
            "<uuid:ensemble_id>/operations/",
            following.OperationsView.as_view(all_projects=all_projects),
            name="operations",
        ),
        path("<uuid:ensemble_id>/cancel/", following.CancelView.as_view(), name="cancel"),
        path("<uuid:ensemble_id>/repair/", following.RepairView.as_view(), name="repair"),
        path("<uuid:ensemble_id>/delete/", following.DeleteView.as_view(), name="delete"),
        path("<uuid:ensemble_id>/release/", following.ReleaseView.as_view(), name="release"),
        path("<uuid:ensemble_id>/document/", following.DocumentView.as_view(), name="document"),
    ]


_TEMPLATE = "templates/<uuid:template_id>/"

urlpatterns = [
    path("", views.IndexView.as_view(), name="index"),
    path("draw/", views.DrawView.as_view(), name="draw"),
    path("plan/", proxy.PlanView.as_view(), name="plan"),
    path("create/", proxy.CreateView.as_view(), name="create"),
    path("adopt/", adopting.AdoptView.as_view(), name="adopt"),
    path("adopt/sources/", adopting.SourcesView.as_view(), name="adoption_sources"),
    path("adopt/plan/", adopting.PreviewAdoptionView.as_view(), name="preview_adoption"),
    path("adopt/submit/", adopting.SubmitAdoptionView.as_view(), name="submit_adoption"),
    path("choices/<slug:kind>/", listing.ChoicesView.as_view(), name="choices"),
    path("key_pairs/", key_pairs.KeyPairView.as_view(), name="key_pairs"),
    path("write/", files.WriteView.as_view(), name="write"),
    path("read/", files.ReadView.as_view(), name="read"),
    path("words/<slug:language>/", catalog.CatalogView.as_view(), name="words"),
    path("templates/", template_gallery.TemplatesView.as_view(), name="templates"),
    path("templates/draw/", template_editor.DrawTemplateView.as_view(), name="draw_template"),
    path("templates/save/", template_editor.SaveTemplateView.as_view(), name="save_template"),
    path("templates/write/", template_editor.WriteTemplateView.as_view(), name="write_template"),
    path("templates/read/", template_editor.ReadTemplateView.as_view(), name="read_template"),
    path(
        f"{_TEMPLATE}draw/", template_editor.DrawTemplateView.as_view(), name="draw_next_template"
    ),
    path(f"{_TEMPLATE}save/", template_editor.SaveTemplateView.as_view(), name="edit_template"),
    path(_TEMPLATE, template_pages.TemplateView.as_view(), name="template"),
    path(f"{_TEMPLATE}file/", template_pages.TemplateFileView.as_view(), name="template_file"),
    path(f"{_TEMPLATE}use/", template_form.ApplyView.as_view(), name="apply_template"),
    path(
        f"{_TEMPLATE}use/plan/",
        template_form.PreviewTemplateView.as_view(),
        name="preview_template",
    ),
    path(
        f"{_TEMPLATE}use/submit/",
        template_form.SubmitTemplateView.as_view(),
        name="submit_template",
    ),
    path(f"{_TEMPLATE}share/", template_pages.ShareTemplateView.as_view(), name="share_template"),
    path(
        f"{_TEMPLATE}delete/", template_pages.DeleteTemplateView.as_view(), name="delete_template"
    ),
    path("<uuid:ensemble_id>/", views.DetailView.as_view(), name="detail"),
    path("<uuid:ensemble_id>/drill/", drilling.DrillView.as_view(), name="drill"),
    path("<uuid:ensemble_id>/rebalance/", rebalancing.RebalanceView.as_view(), name="rebalance"),
    path("<uuid:ensemble_id>/version/", template_update.ToVersionView.as_view(), name="to_version"),
    path("<uuid:ensemble_id>/change/", changing.ChangeView.as_view(), name="change"),
    path(
        "<uuid:ensemble_id>/change/plan/",
        changing.PreviewChangeView.as_view(),
        name="preview_change",
    ),
    path(
        "<uuid:ensemble_id>/change/submit/",
        changing.SubmitChangeView.as_view(),
        name="submit_change",
    ),
    *of_an_ensemble(),
]
