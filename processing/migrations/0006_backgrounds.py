from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("processing", "0005_jobs_by_end"),
    ]

    operations = [
        migrations.AddField(
            model_name="source",
            name="kept_until",
            field=models.DateTimeField(editable=False, help_text="As a background, without a job.", null=True),
        ),
    ]
