from django.urls import path

from editor import files, samples, upload, views

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
    path("sample/<str:name>", samples.sample, name="sample"),
]
