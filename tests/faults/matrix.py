"""The fault matrix: which test provokes which fault. `test_matrix` holds it to the tests that there are.

A fault without a test of its own would stand in WITHOUT and say what covers it, so that a reader sees what is not
proven.
"""

from __future__ import annotations

WORKERS, REDIS, STAGES = "faults/test_workers.py", "faults/test_redis.py", "faults/test_stages.py"
OUTAGES, START, STORM = "faults/test_outages.py", "faults/test_start.py", "faults/test_storm.py"
LIMITS = "faults/test_limits.py"
RACES, DISK = "processing/test_jobs_races.py", "processing/test_jobs_disk.py"

TESTS: dict[str, tuple[str, ...]] = {
    "F1 a worker's child is killed": (f"{WORKERS}::test_kill_9_in_the_middle_of_a_job",),
    "F2 a whole worker is killed": (
        f"{WORKERS}::test_kill_9_in_the_middle_of_a_job",
        f"{STAGES}::test_a_worker_is_killed_at_every_stage",
    ),
    "F3 a worker is asked to end": (f"{WORKERS}::test_a_worker_that_is_asked_to_end_finishes_its_job",),
    "F4 a worker is frozen and wakes": (
        f"{WORKERS}::test_a_frozen_worker_wakes_up_too_late",
        f"{RACES}::test_a_thawed_worker_loses_its_fence_and_its_files_go",
    ),
    "F5 a photo kills every worker": (
        f"{WORKERS}::test_a_photo_that_kills_every_worker_is_given_up_and_refunded",
        "processing/test_door.py::test_a_greedy_photo_fails_its_job_and_not_its_worker",
    ),
    "F6 native code hangs": ("processing/test_door.py::test_a_decoder_that_does_not_come_back_is_ended",),
    "F7 a message comes more than once": (f"{WORKERS}::test_doubled_messages_are_one_job",),
    "F8, F9 Redis dies and comes back empty": (
        f"{REDIS}::test_redis_is_killed_under_a_worker_and_comes_back_empty",
        f"{OUTAGES}::test_redis_dies_and_comes_back_empty",
        "bgsite/test_redisbroker.py::test_the_next_message_may_come_although_redis_was_away",
    ),
    "F10 Redis is emptied": (
        f"{WORKERS}::test_the_broker_is_emptied_before_a_worker_hears_it",
        f"{WORKERS}::test_the_broker_is_emptied_under_a_worker",
    ),
    "F11, F12 Redis is away or frozen while photos come": (
        f"{REDIS}::test_redis_is_away_while_a_photo_comes",
        f"{REDIS}::test_a_worker_that_starts_before_redis_waits_for_it",
    ),
    "F13 Redis is full": (f"{REDIS}::test_redis_is_away_while_a_photo_comes",),
    "F14 PostgreSQL crashes, hangs, has no connection left": (
        f"{OUTAGES}::test_postgresql_crashes_and_comes_back",
        f"{OUTAGES}::test_the_wire_to_postgresql_hangs_and_is_cut",
        f"{OUTAGES}::test_postgresql_has_no_connection_left",
    ),
    "F15 between written and finished": (f"{STAGES}::test_a_worker_is_killed_at_every_stage",),
    "F16, F17 a web process is killed while it accepts": (
        f"{STAGES}::test_the_web_process_is_killed_while_it_accepts",
        f"{STAGES}::test_the_web_process_is_killed_in_the_middle_of_an_upload",
    ),
    "F18 a client goes in the middle of an upload": (f"{LIMITS}::test_half_an_upload_leaves_nothing",),
    "F19 slow clients": (
        "cluster/test_cluster.py::test_slow_clients_keep_nobody_from_a_page",
        "clients/test_slow.py::test_nobody_else_waits",
    ),
    "F20 the disk is full": (
        f"{DISK}::test_a_full_disk_refuses_an_upload_and_keeps_nothing",
        f"{DISK}::test_a_disk_that_fills_meanwhile_fails_the_job_and_refunds",
    ),
    "F21 the storage fails": (
        "processing/test_storage.py::test_a_storage_that_fails_is_a_refusal_with_a_code",
    ),
    "F22 S3 is away, fails, is slow": (
        f"{OUTAGES}::test_the_store_is_away_while_photos_are_worked_on",
        f"{OUTAGES}::test_the_store_is_slow",
        "access/test_store.py::test_pages_and_polls_ask_the_store_nothing",
    ),
    "F23 SQLite's lock under a storm of writers": (f"{LIMITS}::test_forty_writers_at_once_are_all_served",),
    "F24 SQLite is killed in a commit": (
        "faults/test_commits.py::test_sqlite_is_killed_in_the_middle_of_writing",
    ),
    "F25 two on one data folder": (f"{START}::test_it_serves_refuses_a_second_start_and_ends_on_ctrl_c",),
    "F26 a worker's clock is wrong": (f"{OUTAGES}::test_the_clock_of_a_worker_is_wrong",),
    "F27 weights are missing or wrong": (
        "processing/registry/test_weights.py::test_missing_says_what_to_do",
        "processing/registry/test_weights.py::test_wrong_checksum_is_refused",
    ),
    "F28 a worker at its memory ceiling": (
        f"{WORKERS}::test_a_child_above_its_memory_ceiling_is_replaced_and_its_job_is_done",
    ),
    "F29 no processor is left": (f"{LIMITS}::test_without_a_processor_photos_are_taken_and_worked_on",),
    "F30 file descriptors run out": (f"{LIMITS}::test_it_serves_although_descriptors_ran_out",),
    "F31 Stripe is away": ("accounts/test_billing_pages.py::test_stripe_is_away",),
    "F32 a storm of events": (
        "accounts/test_webhook.py::test_fifty_times_at_once",
        "accounts/test_webhook.py::test_all_events_of_a_plan_at_once_and_shuffled",
    ),
    "F33 a customer's endpoint hangs or fails": (
        "webhooks/test_delivery.py::test_an_answer_that_does_not_come",
        "webhooks/test_delivery.py::test_what_counts_as_failure",
        "faults/test_webhooks.py::test_a_worker_killed_in_the_middle",
    ),
    "F34 names that lead inside or nowhere": (
        "processing/test_fetch_hostile.py::test_names_that_lead_inside",
        "processing/test_fetch_hostile.py::test_a_name_is_asked_for_once_and_its_number_is_used",
    ),
    "F35 a deploy under load": (
        "cluster/test_cluster.py::test_a_rolling_restart_under_traffic_loses_nothing",
    ),
    "F36 the same request many times at once": ("api/test_idempotency.py::test_ten_at_once_make_one_job",),
    "F37 cancelled or deleted while it ends": (
        f"{RACES}::test_cancel_and_claim_at_once_and_one_wins",
        f"{RACES}::test_delete_and_finish_at_once",
    ),
    "F38 an account goes while jobs run": ("editor/test_account.py::test_leaving",),
    "F39 backup and restore": (
        "processing/test_backup.py::test_all_comes_back_after_all_was_lost",
        "processing/test_restore_elsewhere.py::test_all_comes_back_where_nothing_is",
    ),
    "F40 all of it at once": (f"{STORM}::test_nothing_is_lost_doubled_or_charged_wrongly",),
    "a web process is killed whose request holds an Idempotency-Key": (
        "faults/test_keys.py::test_the_key_of_a_process_that_was_killed_is_free_within_seconds",
        "faults/test_keys.py::test_one_that_takes_long_keeps_its_key",
    ),
    "a worker that hears nothing": (f"{WORKERS}::test_a_worker_that_hears_nothing_ends_itself",),
    "a half of `manage.py up` dies": (
        f"{START}::test_one_half_that_dies_is_started_again",
        "faults/test_supervisor.py::test_one_that_never_can_start_ends_all",
    ),
}

WITHOUT: dict[str, str] = {}
