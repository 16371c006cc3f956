# ruff: noqa: E501  (one row of the catalogue is one line)
"""What nobody should send, numbered, and the tests that send it. `test_catalogue` holds it to the tests that there are.

The numbers are those of the list of bad input: files (1 to 34), file names and forms (35 to 45), parameters (46 to 60),
JSON and strokes (61 to 78), keys, headers and HTTP (79 to 103), addresses (104 to 118), webhooks and payment (119 to 131).
What is answered otherwise than that list asks says so beside its name.
"""

from __future__ import annotations

# fmt: off

PROBE, CODEC = "processing/pipeline/test_probe.py", "processing/pipeline/test_codec.py"
ODD_FILES, PIPELINE = "processing/pipeline/test_hostile.py", "processing/pipeline/test_bad_input.py"
THROUGH, DOOR, FUZZ = "processing/test_hostile.py", "processing/test_door.py", "fuzz/test_fuzz.py"
FILES, REQUESTS = "hostile/test_files.py", "hostile/test_requests.py"
API, EDITS, HEADERS = "api/test_bad_input.py", "api/test_bad_edits.py", "api/test_bad_headers.py"
KEYS, IDEMPOTENCY, LIMITS = "api/test_authentication.py", "api/test_idempotency.py", "api/test_limits.py"
REMOVEBG, REMBG = "api/compat/test_removebg.py", "api/compat/test_rembg.py"
MASKS, UPLOAD = "editor/test_mask_editor.py", "editor/test_upload.py"
FRONT, SLOW = "clients/test_front.py", "clients/test_slow.py"
FETCH, FETCHED = "processing/test_fetch.py", "processing/test_fetch_hostile.py"
ABUSE, SITE, ACCESS = "accounts/test_abuse.py", "security/test_headers.py", "access/test_access.py"
STRIPE, BILLING, BUYING = ("accounts/test_webhook.py", "accounts/test_billing.py", "accounts/test_billing_pages.py")

EACH_FILE = (f"{ODD_FILES}::test_each_file_ends_as_expected", f"{THROUGH}::test_through_the_page")
NUMBERS_INSIDE = (f"{FETCHED}::test_numbers_inside_in_any_spelling_are_not_connected", f"{FETCH}::test_a_host_inside_is_never_reached")
NO_ADDRESS = (f"{FETCH}::test_a_spelling_that_is_not_taken", f"{FETCHED}::test_what_is_no_address_is_not_looked_up")

FILES_SENT: dict[int, tuple[str, tuple[str, ...]]] = {
    1: ("no file", (f"{API}::test_bodies", f"{REMOVEBG}::test_refusals")),
    2: ("an empty file", (f"{PROBE}::test_limits_come_before_decoding", f"{REMOVEBG}::test_refusals")),
    3: ("a byte", (f"{PROBE}::test_what_is_no_picture_is_called_by_its_name",)),
    4: ("text or a page named as a picture", (*EACH_FILE, f"{PROBE}::test_what_is_no_picture_is_called_by_its_name")),
    5: ("a JPEG named .png: taken by its content", EACH_FILE),
    6: ("a Content-Type that lies: not believed", (f"{REQUESTS}::test_what_a_file_is_said_to_be_does_not_count",)),
    7: ("cut off", (f"{PROBE}::test_truncated_files_are_refused_at_upload", f"{CODEC}::test_truncated_files_are_never_half_a_picture")),
    8: ("a head without pixels", (f"{CODEC}::test_a_header_without_pixels_is_unreadable", *EACH_FILE)),
    9: ("broken chunks of PNG", (f"{PROBE}::test_a_broken_checksum_is_refused", *EACH_FILE)),
    10: ("a head that claims gigapixels", (f"{PROBE}::test_bombs_are_refused_by_their_header", *EACH_FILE)),
    11: ("a bomb below Pillow's limit", (f"{PROBE}::test_a_bomb_below_pillows_own_limit_is_refused_whatever_the_warning_filter",)),
    12: ("51 megapixels", (f"{FILES}::test_megapixels_at_the_limit",)),
    13: ("50 megapixels: taken", (f"{FILES}::test_megapixels_at_the_limit", f"{PIPELINE}::test_fifty_megapixels_within_two_gigabytes")),
    14: ("a byte too many", (f"{PROBE}::test_limits_come_before_decoding", f"{API}::test_a_file_that_is_too_large")),
    15: ("1 × 1 and 2 × 3: too small", EACH_FILE),
    16: ("1 × 4000 is too small, 8000 × 16 is taken", EACH_FILE),
    17: ("no width", (f"{FILES}::test_a_side_of_nothing",)),
    18: ("many frames: the first counts", (f"{FILES}::test_ten_thousand_frames_cost_no_more_than_one", f"{CODEC}::test_of_many_frames_the_first_counts", *EACH_FILE)),
    19: ("a bomb of text", (f"{PROBE}::test_a_text_bomb_is_refused",)),
    20: ("a huge or broken profile: dropped", (f"{CODEC}::test_srgb_and_broken_and_huge_profiles_change_nothing",)),
    21: ("every orientation, and none that there is", (f"{CODEC}::test_every_orientation_ends_upright", f"{ODD_FILES}::test_turned_files_show_the_same_person_upright", *EACH_FILE)),
    22: ("place and camera: not in results", ("privacy/test_results.py::test_no_trace_in_any_format",)),
    23: ("a script in the artist's name: shown nowhere", (f"{REQUESTS}::test_words_in_a_photo_are_shown_nowhere",)),
    24: ("every mode of colour", (f"{CODEC}::test_modes_become_rgb", f"{CODEC}::test_palettes_become_rgb", f"{ODD_FILES}::test_four_inks_become_the_same_cat", *EACH_FILE)),
    25: ("SVG", (f"{FILES}::test_formats_that_nobody_takes_are_told_by_their_bytes", *EACH_FILE)),
    26: ("formats that nobody takes (TIFF and BMP are taken)", (f"{FILES}::test_formats_that_nobody_takes_are_told_by_their_bytes", f"{PROBE}::test_every_accepted_format_is_told_by_its_bytes")),
    27: ("HEIC and AVIF: taken", (f"{PROBE}::test_heic_of_a_phone_is_accepted", f"{PROBE}::test_every_accepted_format_is_told_by_its_bytes")),
    28: ("two files in one", (f"{FILES}::test_a_jpeg_that_is_an_archive_too", f"{PROBE}::test_garbage_after_the_picture_does_no_harm", "processing/pipeline/test_formats.py::test_nothing_of_the_source_but_its_pixels_gets_out", f"{SITE}::test_pictures_are_shown_and_never_run")),
    29: ("archives and programs", (f"{FILES}::test_formats_that_nobody_takes_are_told_by_their_bytes", f"{PROBE}::test_what_is_no_picture_is_called_by_its_name")),
    30: ("ImageTragick", (f"{FILES}::test_formats_that_nobody_takes_are_told_by_their_bytes",)),
    31: ("WebP with wrong bits", (f"{FILES}::test_webp_whose_bits_are_wrong", f"{FUZZ}::test_seeds_changed_at_random", f"{DOOR}::test_a_poisoned_picture_costs_nobody_else")),
    32: ("a thousand scans", (f"{FILES}::test_a_thousand_scans", f"{DOOR}::test_a_decoder_that_does_not_come_back_is_ended")),
    33: ("nothing to see", (f"{PIPELINE}::test_where_nothing_is_nothing_is_found_however_sure_the_net", f"{PIPELINE}::test_whatever_a_net_answers_the_matte_is_sound", *EACH_FILE)),
    34: ("two files, sixty files", (f"{API}::test_forms_that_are_too_much", "editor/test_errors.py::test_too_many_files")),
}

FORMS: dict[int, tuple[str, tuple[str, ...]]] = {
    35: ("names that are paths", (f"{API}::test_names_are_only_shown", f"{UPLOAD}::test_names_survive")),
    36: ("names with signs that command", (f"{API}::test_names_are_only_shown", "editor/test_files.py::test_the_name_of_the_download")),
    37: ("two endings", (f"{REQUESTS}::test_a_result_is_named_and_typed_by_what_it_is",)),
    38: ("boundaries", (f"{API}::test_bodies", "api/compat/test_bad_input.py::test_bodies")),
    39: ("chunks without a length: 411", (f"{API}::test_bodies_in_other_wrappings", f"{SLOW}::test_nobody_else_waits")),
    40: ("lengths that are none, or two", (f"{FRONT}::test_a_request_in_a_request_is_not_answered", "faults/test_limits.py::test_half_an_upload_leaves_nothing")),
    41: ("too many fields, too large a field", (f"{API}::test_bodies", f"{API}::test_forms_that_are_too_much", "editor/test_errors.py::test_too_many_fields")),
    42: ("a part of white space", (f"{REQUESTS}::test_a_part_of_nothing_but_white_space", f"{API}::test_base64_bombs")),
    43: ("a packed body", (f"{API}::test_bodies_in_other_wrappings",)),
    44: ("byte by byte", (f"{SLOW}::test_nobody_else_waits", f"{SLOW}::test_a_head_that_does_not_end_is_cut", "hostile/test_gathering.py::test_who_is_too_slow_is_cut")),
    45: ("asks first, without a key: 401 after the body, as behind nginx, which gathers it too", (f"{SLOW}::test_who_asks_with_a_key_that_is_none_is_refused",)),
}

PARAMETERS: dict[int, tuple[str, tuple[str, ...]]] = {
    46: ("unknown: named here, ignored in remove.bg's format", (f"{API}::test_an_unknown_field_is_named", f"{REQUESTS}::test_what_removebg_does_not_know_it_ignores")),
    47: ("words that are none of the words", (f"{REMOVEBG}::test_values_that_are_none", f"{API}::test_recipes")),
    48: ("colours", (f"{REMOVEBG}::test_values_that_are_none", f"{API}::test_recipes", f"{REMBG}::test_validation_errors")),
    49: ("regions", (f"{REMOVEBG}::test_values_that_are_none", f"{REMOVEBG}::test_refusals")),
    50: ("margins", (f"{REMOVEBG}::test_values_that_are_none", "processing/pipeline/test_recipe.py::test_bad_values_are_refused_by_name")),
    51: ("scales", (f"{REMOVEBG}::test_values_that_are_none",)),
    52: ("switches in any spelling: taken", (f"{REMOVEBG}::test_switches_in_any_spelling",)),
    53: ("numbers that only Python reads", (f"{API}::test_recipes", f"{API}::test_bodies", f"{REMOVEBG}::test_values_that_are_none")),
    54: ("models that are paths or patterns", (f"{API}::test_other_fields", f"{REMBG}::test_validation_errors")),
    55: ("a parameter twice: refused here, the last counts in remove.bg's format", (f"{API}::test_bodies", f"{HEADERS}::test_two_photos_of_one_name", f"{REMOVEBG}::test_the_last_of_two_counts")),
    56: ("pages and cursors", ("api/test_jobs.py::test_nonsense_in_the_address_is_named", f"{HEADERS}::test_lists_take_what_is_said_and_no_more", "editor/test_gallery.py::test_a_mark_that_makes_no_sense_begins_anew")),
    57: ("orders and lookups of the database", ("api/test_jobs.py::test_nonsense_in_the_address_is_named", f"{HEADERS}::test_lists_take_what_is_said_and_no_more")),
    58: ("signs of SQL, NUL, half characters", (f"{REQUESTS}::test_signs_in_a_search_are_letters", f"{HEADERS}::test_names_are_compared_and_never_patterns")),
    59: ("patterns", (f"{REQUESTS}::test_signs_in_a_search_are_letters", f"{HEADERS}::test_names_are_compared_and_never_patterns")),
    60: ("a file and an address", (f"{API}::test_bodies", f"{REMOVEBG}::test_refusals")),
}

STROKES: dict[int, tuple[str, tuple[str, ...]]] = {
    61: ("what is no JSON", (f"{MASKS}::test_bad_bodies", f"{API}::test_bodies", f"{EDITS}::test_bodies")),
    62: ("nested", (f"{MASKS}::test_bad_bodies", f"{API}::test_bodies")),
    63: ("a key twice", (f"{MASKS}::test_bad_bodies", f"{EDITS}::test_bodies")),
    64: ("NaN and Infinity", (f"{MASKS}::test_bad_bodies", f"{EDITS}::test_bodies")),
    65: ("2 MB", (f"{MASKS}::test_bad_bodies", f"{EDITS}::test_a_body_that_is_too_large")),
    66: ("too many strokes or points", (f"{EDITS}::test_strokes", "processing/pipeline/test_strokes.py::test_it_refuses_more_than_can_be_worked_on")),
    67: ("points that are none", (f"{EDITS}::test_strokes", "processing/pipeline/test_strokes.py::test_it_refuses_what_is_no_stroke")),
    68: ("points far away", (f"{EDITS}::test_strokes", "processing/pipeline/test_strokes.py::test_places_beside_the_picture_are_taken")),
    69: ("brushes of no size", (f"{EDITS}::test_strokes",)),
    70: ("filters of any size", (f"{EDITS}::test_strokes",)),
    71: ("tools that there are not", (f"{EDITS}::test_strokes",)),
    72: ("a stale version", ("api/test_edits.py::test_a_stale_head_is_a_conflict_and_changes_nothing", f"{MASKS}::test_stale_saves_are_told")),
    73: ("somebody else's, deleted, running", (f"{EDITS}::test_revisions_that_are_not_there", f"{EDITS}::test_a_job_that_is_not_finished_is_not_edited", f"{MASKS}::test_nobody_else_reaches_it")),
    74: ("masks", (f"{EDITS}::test_masks",)),
    75: ("undo beyond the beginning", ("editor/test_javascript.py::test_the_modules", f"{EDITS}::test_revisions_that_are_not_there")),
    76: ("fifty saves at once", (f"{EDITS}::test_fifty_at_once_on_one_revision_and_one_is_saved", "editor/test_mask_races.py::test_one_of_many_saves_wins")),
    77: ("a flood of saves", (f"{MASKS}::test_a_flood_is_told_to_wait", "api/test_edits.py::test_floods_of_edits_wait")),
    78: ("another type of body", (f"{MASKS}::test_other_content_types", f"{EDITS}::test_bodies")),
}

HTTP: dict[int, tuple[str, tuple[str, ...]]] = {
    79: ("no key", (f"{KEYS}::test_no_key", f"{REMOVEBG}::test_words_of_an_error")),
    80: ("keys that ended or never were: one answer", (f"{KEYS}::test_ended_keys_are_answered_like_unknown_ones", f"{HEADERS}::test_keys_of_all_kinds_that_are_none_take_no_longer", f"{ABUSE}::test_guessed_keys_are_all_the_same_refusal")),
    81: ("a key in the address", (f"{KEYS}::test_a_key_in_the_address_is_none",)),
    82: ("two keys, a session and a key", (f"{KEYS}::test_keys_of_two_users_are_refused", f"{KEYS}::test_a_session_and_a_key_of_another_user_are_refused")),
    83: ("a scope that does not suffice", (f"{KEYS}::test_scopes",)),
    84: ("keys with NUL, of 10 kB", (f"{KEYS}::test_what_is_no_key_is_refused",)),
    85: ("SQL for a key", (f"{KEYS}::test_what_is_no_key_is_refused",)),
    86: ("sessions that ended", (f"{HEADERS}::test_the_session_of_who_is_switched_off", f"{REQUESTS}::test_other_sessions_end_with_the_password")),
    87: ("forms from elsewhere", (f"{REQUESTS}::test_forms_from_elsewhere_are_refused", f"{UPLOAD}::test_a_form_from_elsewhere_is_refused", f"{KEYS}::test_a_session_works_with_a_csrf_token_only")),
    88: ("hosts that are not ours", (f"{HEADERS}::test_a_host_that_is_not_ours", f"{HEADERS}::test_a_forwarded_host_changes_no_link", f"{FRONT}::test_headers_that_are_refused")),
    89: ("an address that is made up", (f"{LIMITS}::test_a_client_cannot_choose_its_address", "accounts/test_client_address.py::test_the_address_that_our_own_proxy_saw")),
    90: ("methods that are none", (f"{HEADERS}::test_a_method_is_what_it_is", f"{API}::test_methods_that_are_none", f"{FRONT}::test_methods_and_versions_that_are_none")),
    91: ("types that nobody can give", (f"{HEADERS}::test_nothing_fits",)),
    92: ("headers without end", (f"{FRONT}::test_headers_that_are_refused",)),
    93: ("paths", (f"{HEADERS}::test_addresses_that_are_none", f"{FRONT}::test_paths_that_lead_nowhere")),
    94: ("ranges: ignored", (f"{HEADERS}::test_ranges_give_the_whole",)),
    95: ("conditions on somebody else's", (f"{HEADERS}::test_a_condition_tells_nothing_of_anothers",)),
    96: ("a request in a request", (f"{FRONT}::test_a_request_in_a_request_is_not_answered",)),
    97: ("another origin", (f"{HEADERS}::test_no_other_origin_reads_the_native_api", f"{HEADERS}::test_the_drop_ins_let_every_origin_in_but_no_session")),
    98: ("idempotency keys", (f"{IDEMPOTENCY}::test_a_key_that_is_none", f"{IDEMPOTENCY}::test_another_body_is_refused", f"{IDEMPOTENCY}::test_while_the_first_one_runs", f"{HEADERS}::test_idempotency_keys_that_are_none")),
    99: ("guessed passwords", (f"{ABUSE}::test_guessing_one_password_is_stopped_from_anywhere", f"{ABUSE}::test_a_list_of_stolen_passwords_is_stopped_by_address", f"{REQUESTS}::test_who_is_unknown_costs_as_much_as_who_is_known")),
    100: ("a password of somebody unknown", (f"{ABUSE}::test_nobody_learns_who_has_an_account",)),
    101: ("a way on that leads elsewhere", (f"{SITE}::test_signing_in_leads_nowhere_else", "editor/test_gallery.py::test_the_way_back_leads_nowhere_else")),
    102: ("fields that nobody may set", (f"{REQUESTS}::test_nobody_signs_up_as_more_than_they_are", f"{HEADERS}::test_what_nobody_may_set_is_unknown")),
    103: ("operators' pages", (f"{ACCESS}::test_everybody", "editor/test_access.py::test_operators_pages_are_for_operators")),
}

ADDRESSES: dict[int, tuple[str, tuple[str, ...]]] = {
    104: ("schemes", NO_ADDRESS),
    105: ("this machine", NUMBERS_INSIDE),
    106: ("this machine as a number", NUMBERS_INSIDE),
    107: ("this machine in other digits", NUMBERS_INSIDE),
    108: ("this machine in IPv6", (*NUMBERS_INSIDE, f"{FETCH}::test_a_number_that_is_not_public")),
    109: ("networks inside", (*NUMBERS_INSIDE, f"{FETCH}::test_a_number_that_is_not_public")),
    110: ("what a cloud tells its machines", (*NUMBERS_INSIDE, f"{FETCHED}::test_names_that_lead_inside")),
    111: ("this site, and ports of servers", (f"{REMBG}::test_an_address_that_leads_back_here_is_not_followed", *NO_ADDRESS)),
    112: ("names of users, signs, 8 kB", (*NO_ADDRESS, f"{FETCHED}::test_what_looks_like_another_host_is_part_of_the_path", f"{FETCHED}::test_line_breaks_in_escapes_stay_escapes")),
    113: ("names that lead inside", (f"{FETCHED}::test_names_that_lead_inside", f"{FETCH}::test_a_name_with_one_private_number_is_refused")),
    114: ("names that change", (f"{FETCHED}::test_a_name_is_asked_for_once_and_its_number_is_used", f"{FETCH}::test_the_checked_number_is_the_one_that_is_connected")),
    115: ("redirects", (f"{FETCHED}::test_redirects_that_lead_elsewhere", f"{FETCHED}::test_redirects_that_are_followed", f"{FETCHED}::test_a_chain_that_is_too_long", f"{FETCHED}::test_a_redirect_out_of_tls_is_not_followed", f"{FETCH}::test_an_address_without_a_picture")),
    116: ("answers", (f"{FETCHED}::test_answers_that_are_no_picture", f"{FETCHED}::test_a_packed_body_is_not_unpacked", f"{FETCH}::test_a_server_that_drips_is_cut_at_the_deadline", f"{FETCH}::test_a_body_without_end_is_cut_at_the_limit")),
    117: ("certificates", (f"{FETCHED}::test_certificates_are_checked",)),
    118: ("a hundred at once", (f"{FETCHED}::test_a_hundred_at_once_of_one_owner_are_four",)),
}

PAYMENT: dict[int, tuple[str, tuple[str, ...]]] = {
    119: ("signatures", (f"{STRIPE}::test_it_is_refused",)),
    120: ("a body that was changed", (f"{STRIPE}::test_one_space_more_is_another_body", f"{STRIPE}::test_the_body_is_not_believed")),
    121: ("clocks", (f"{STRIPE}::test_a_clock_that_is_off_too_far", f"{STRIPE}::test_a_clock_that_is_a_little_off")),
    122: ("fifty times", (f"{STRIPE}::test_fifty_times_one_after_the_other", f"{STRIPE}::test_fifty_times_at_once")),
    123: ("any order", (f"{STRIPE}::test_every_order_of_the_events_of_a_subscription_ends_alike", f"{STRIPE}::test_an_answer_that_was_on_its_way_for_long_does_not_win")),
    124: ("the other mode", (f"{STRIPE}::test_a_live_site_takes_no_test_event", f"{STRIPE}::test_it_is_refused")),
    125: ("unknown types and customers", (f"{STRIPE}::test_what_is_of_no_interest_is_taken", f"{STRIPE}::test_somebody_we_do_not_know", f"{STRIPE}::test_a_thin_event_of_the_second_api_is_taken")),
    126: ("too large, no JSON, no POST", (f"{STRIPE}::test_it_is_refused", f"{STRIPE}::test_only_posts")),
    127: ("coming back without having paid", (f"{BUYING}::test_coming_back_without_having_paid", f"{BUYING}::test_coming_back_with_somebody_elses_checkout", f"{BUYING}::test_coming_back_with_nonsense")),
    128: ("a price of one's own", (f"{BUYING}::test_prices_and_credits_of_the_form_are_not_believed",)),
    129: ("money back after the credits were spent", (f"{BILLING}::test_a_refund_after_the_credits_were_spent_is_a_debt", f"{STRIPE}::test_jobs_and_refund_at_once")),
    130: ("one customer for two", (f"{BILLING}::test_one_customer_is_never_two_users",)),
    131: ("a secret that is replaced", ("webhooks/test_signing.py::test_two_secrets_give_two_signatures", "webhooks/test_delivery.py::test_rotation_with_overlap")),
}

ENTRIES = FILES_SENT | FORMS | PARAMETERS | STROKES | HTTP | ADDRESSES | PAYMENT
