from django.urls import path

from editor import files, mask_views, samples, upload, views

app_name = "editor"
urlpatterns = [
    path("", views.landing, name="landing"),
    path("upload", upload.upload, name="upload"),
    path("gallery", views.gallery, name="gallery"),
    path("gallery/delete", views.delete_selected, name="delete_selected"),
    path("jobs/<uuid:job_id>", views.job, name="job"),
    path("jobs/<uuid:job_id>/card", views.card, name="card"),
    path("jobs/<uuid:job_id>/cell", views.cell, name="cell"),
    path("jobs/<uuid:job_id>/cancel", views.cancel, name="cancel"),
    path("jobs/<uuid:job_id>/retry", views.retry, name="retry"),
    path("jobs/<uuid:job_id>/delete", views.delete, name="delete"),
    path("jobs/<uuid:job_id>/download", files.download, name="download"),
    path("jobs/<uuid:job_id>/files/<str:kind>", files.picture, name="file"),
    path("jobs/<uuid:job_id>/edit", mask_views.edit, name="edit"),
    path("jobs/<uuid:job_id>/mask", mask_views.show, name="mask"),
    path("jobs/<uuid:job_id>/mask/photo", mask_views.photo, name="mask_photo"),
    path("jobs/<uuid:job_id>/mask/draft", mask_views.draft, name="mask_draft"),
    path("jobs/<uuid:job_id>/mask/save", mask_views.save, name="mask_save"),
    path("jobs/<uuid:job_id>/mask/current", mask_views.choose, name="mask_choose"),
    path("jobs/<uuid:job_id>/mask/again", mask_views.again, name="mask_again"),
    path("jobs/<uuid:job_id>/mask/smart", mask_views.smart, name="mask_smart"),
    path("jobs/<uuid:job_id>/mask/<int:revision>.png", mask_views.levels, name="mask_levels"),
    path("sample/<str:name>", samples.sample, name="sample"),
]
